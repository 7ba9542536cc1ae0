//! The Socket.IO dialect: what it says otherwise than the plain one, and how it is read.

use bytestring::ByteString;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::paper::{Example, errors, principal};
use super::*;
use crate::domain::command::{Command, SendMessage};
use crate::protocol::dialect::socket_io::{
    Defaults, Greeting, Joined, decode_event, encode_asked, encode_entered, encode_joined, encode_left,
    encode_not_entered, encode_started, greeting, numbered,
};
use crate::protocol::dialect::{
    Connected, KeyStyle, Request, WireId, encode_connected, encode_error, encode_event, encode_pong, encode_reply,
};
use crate::protocol::error::WireError;
use crate::protocol::socket_io::{Decoder, Packet};

const KEYS: KeyStyle = KeyStyle::SocketIo;

/// The name and the arguments of an event.
fn said(text: &ByteString) -> Vec<Value> {
    serde_json::from_str(text.strip_prefix("42").unwrap_or_else(|| panic!("{text}"))).unwrap()
}

fn joined() -> ByteString {
    encode_joined(&Joined {
        conversation_id: &conversation(),
        user_id: &cleo(),
        user_name: "Cleo",
        summary: Some("refund"),
        history: &[message(SenderRole::Customer)],
    })
}

fn told() -> Vec<ByteString> {
    let connected = Connected {
        session_id: &"0199e7d0-0001-7000-8000-00000000a001".into(),
        principal: &principal(),
        server_time: at(0),
        heartbeat_ms: 25_000,
        epoch: "0199e7d0-0001-7000-8000-00000000e001",
    };
    let asked = encode_asked(&conversation(), &EscalationStatus::Offered(place()), Some("refund"));
    let started = numbered(&encode_started(&conversation()), &conversation(), 0);
    let mut texts = vec![encode_connected(&connected, KEYS), started, joined(), asked];
    // As to the customer whose active conversation it is.
    texts.extend(events().iter().map(|event| match event {
        Event::NewMessage(message) => numbered(&encode_event(event, KEYS), &message.conversation_id, message.seq),
        Event::ChatSessionRestored { conversation_id, history, .. } => {
            let newest = history.iter().map(|message| message.seq).max().unwrap_or_default();
            numbered(&encode_event(event, KEYS), conversation_id, newest)
        }
        event => encode_event(event, KEYS),
    }));
    texts
}

/// What the paper shows: each event that has another name or other keys here, once.
pub(super) fn examples() -> Vec<Example> {
    const SHOWN: &[&str] = &[
        "connected",
        "chat_session_started",
        "chat_session_restored",
        "new_message",
        "ai_message",
        "message_read",
        "transfer_requested",
        "transfer_failed",
        "transfer_accepted",
        "new_transfer_request",
        "staff_chat_joined",
        "workload_updated",
        "staff_online",
        "staff_status_updated",
        "staff_data",
    ];
    let texts = told();
    let example = |name: &&str| {
        let text = texts.iter().find(|text| said(text)[0] == **name).unwrap_or_else(|| panic!("no {name}"));
        Example { title: (*name).to_owned(), text: text.strip_prefix("42").unwrap().to_owned() }
    };
    SHOWN.iter().map(example).collect()
}

#[test]
fn everything_that_is_told_is_an_event_with_the_keys_of_seed_002() {
    for text in told() {
        let parts = said(&text);
        assert!(parts[0].is_string() && parts[1].is_object(), "{text}");
        for ours in ["\"conversationId\"", "\"agentId\"", "\"agentName\"", "\"agent_joined\""] {
            assert!(!text.contains(ours), "{ours} in {text}");
        }
        let message = matches!(parts[0].as_str(), Some("new_message" | "ai_message")) && parts[1]["seq"].is_i64();
        let session = matches!(parts[0].as_str(), Some("chat_session_started" | "chat_session_restored"));
        let of_host = parts.get(2).is_some_and(Value::is_object);
        assert_eq!(parts.len(), if message || session || of_host { 3 } else { 2 }, "{text}");
        if message {
            let offset = format!("{}:{}", parts[1]["sessionUuid"].as_str().unwrap(), parts[1]["seq"]);
            assert_eq!((&parts[2], &parts[1]["timestamp"]), (&json!(offset), &parts[1]["createdAt"]));
        }
    }
}

#[test]
fn the_wish_for_a_human_is_told_in_the_words_of_seed_002() {
    let names: Vec<String> = statuses()
        .into_iter()
        .map(|status| {
            let parts = said(&encode_event(&Event::EscalationStatus { conversation_id: conversation(), status }, KEYS));
            assert_eq!(parts[1]["transferRequestId"], parts[1]["sessionUuid"]);
            assert_eq!(parts[0] == "transfer_failed", parts[1]["reason"].is_string(), "{parts:?}");
            parts[0].as_str().unwrap().to_owned()
        })
        .collect();
    let (own, asked, failed) = ("escalation_status", "transfer_requested", "transfer_failed");
    assert_eq!(names, [own, own, asked, asked, failed, failed, failed, failed, failed, own, own]);
}

#[test]
fn answers_are_acknowledgements_when_one_was_asked_for() {
    let id = WireId::of_ack(7);
    for (_, reply) in replies() {
        assert_eq!(encode_reply(None, &reply, KEYS), "", "{reply:?}");
        let text = encode_reply(Some(&id), &reply, KEYS);
        let parts: Vec<Value> = serde_json::from_str(text.strip_prefix("437").unwrap()).unwrap();
        assert!(parts.len() == 1 && parts[0].is_object() && parts[0].get("error").is_none(), "{text}");
    }
    for error in errors() {
        let parts = said(&encode_error(None, &error, KEYS));
        assert_eq!((&parts[0], &parts[1]["code"]), (&json!("error"), &json!(error.code.as_str())));
        let text = encode_error(Some(&id), &error, KEYS);
        let parts: Vec<Value> = serde_json::from_str(text.strip_prefix("437").unwrap()).unwrap();
        assert_eq!(parts[0]["error"]["code"], error.code.as_str());
    }
    assert_eq!(said(&encode_pong(None, None, at(0), &[], KEYS))[0], "pong");
    let session = "s-1".into();
    assert_eq!(encode_entered(&session, Some("p-1")), r#"40{"sid":"s-1","pid":"p-1"}"#);
    assert_eq!(encode_entered(&session, None), r#"40{"sid":"s-1"}"#);
    assert_eq!(encode_not_entered("/x", None), r#"44/x,{"message":"Invalid namespace"}"#);
    let refused = encode_not_entered("/", Some(&WireError::invalid("data.token", "is missing")));
    assert!(refused.starts_with(r#"44{"message":"data.token: is missing","data":{"code":"invalid""#), "{refused}");
    assert_eq!(encode_left(), "41");
}

fn packet(text: &str) -> Packet {
    Decoder::new(100).text(&ByteString::from(text)).unwrap().unwrap()
}

fn read(text: &str, active: Option<&str>) -> Result<Request, WireError> {
    let id = active.map(ConversationId::from);
    decode_event(&packet(text), 16, &Defaults { client_id: "fresh", conversation_id: id.as_ref() })
}

fn sends(text: &str, active: Option<&str>) -> (String, String, String) {
    match read(text, active) {
        Ok(Request::Command(Command::SendMessage(SendMessage { conversation_id, client_id, content, .. }))) => {
            (conversation_id.to_string(), client_id, content)
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_seed_002s_clients_leave_out_is_filled_in() {
    let message = |id: &str, client_id: &str| (id.to_owned(), client_id.to_owned(), "x".to_owned());
    for (text, wanted) in [
        (r#"2["send_message",{"sessionUuid":"c","content":"x","messageType":"text"}]"#, message("c", "fresh")),
        (r#"2["send_message",{"sessionUuid":null,"content":"x"}]"#, message("active", "fresh")),
        (r#"2["send_message",{"content":"x"},"second"]"#, message("active", "second")),
        (r#"2["send_message",{ "content":"x","clientId":"own"},"second"]"#, message("active", "own")),
        (r#"2["send_message",{"content":"x","clientOffset":"off"}]"#, message("active", "off")),
        (r#"2["send_message",{"conversationId":"c","content":"x"}]"#, message("c", "fresh")),
        (r#"27["send_message",{"content":"x","clientId":null},{"not":"text"}]"#, message("active", "fresh")),
    ] {
        assert_eq!(sends(text, Some("active")), wanted, "{text}");
    }
    let typing = Command::Typing { conversation_id: "active".into(), on: true };
    assert_eq!(read(r#"2["typing_start"]"#, Some("active")), Ok(Request::Command(typing)));
    let field = |text: &str| read(text, None).unwrap_err().details.unwrap()["field"].clone();
    assert_eq!(field(r#"2["send_message",{"content":"x"}]"#), "data.sessionUuid");
    assert_eq!(field(r#"2["assign",{"sessionUuid":"c","staffId":7}]"#), "data.staffId");
    assert_eq!(field(r#"2["send_message","SECRET"]"#), "data");
}

#[test]
fn requests_of_other_dialects_and_deep_ones_are_refused() {
    for text in [r#"2["register_user",{"token":"t"}]"#, r#"2["dance",{}]"#, "2[7,{}]"] {
        assert_eq!(read(text, None).unwrap_err().code.as_str(), "unknown_type", "{text}");
    }
    let deep = format!(r#"2["ping",{}{}]"#, "[".repeat(50), "]".repeat(50));
    assert_eq!(read(&deep, None).unwrap_err().code.as_str(), "invalid_json");
}

#[test]
fn a_greeting_says_who_it_is_and_what_it_has() {
    let exact = |id: &str, seq: i64| vec![(ConversationId::from(id), seq)];
    for (auth, wanted) in [
        ("", Greeting::default()),
        (r#"{"token":"t"}"#, Greeting { token: Some("t".into()), ..Greeting::default() }),
        (r#"{"token":"Bearer t"}"#, Greeting { token: Some("t".into()), ..Greeting::default() }),
        (r#"{"token":7,"offset":"x"}"#, Greeting::default()),
        (r#"{"offset":7}"#, Greeting { offset: Some(7), ..Greeting::default() }),
        (r#"{"serverOffset":"7"}"#, Greeting { offset: Some(7), ..Greeting::default() }),
        (
            r#"{"pid":"p","offset":"c:7"}"#,
            Greeting { pid: Some("p".into()), conversations: exact("c", 7), ..Greeting::default() },
        ),
        (r#"{"pid":"p p","offset":"c:x"}"#, Greeting::default()),
        (r#"{"offset":7,"sessionUuid":"c"}"#, Greeting { conversations: exact("c", 7), ..Greeting::default() }),
        (
            r#"{"conversations":[{"sessionUuid":"c","offset":7},{"offset":1},{"sessionUuid":"d"},5]}"#,
            Greeting { conversations: exact("c", 7), ..Greeting::default() },
        ),
    ] {
        assert_eq!(greeting(auth), wanted, "{auth}");
    }
    let both = Greeting { offset: Some(3), conversations: exact("c", 7), ..Greeting::default() };
    assert_eq!(both.offset_in(&"c".into(), true), Some(7));
    assert_eq!((both.offset_in(&"d".into(), true), both.offset_in(&"d".into(), false)), (Some(3), None));
    assert!(!format!("{:?}", greeting(r#"{"token":"SECRET"}"#)).contains("SECRET"));
}

proptest! {
    #[test]
    fn whatever_an_event_says_is_read_or_refused(name in "(send_message|mark_read|join|ping|[a-z_]{0,9})", data in r#"[{\["a-z:,0-9}\]]{0,30}"#) {
        let text = format!("2[\"{name}\",{data}]");
        if let Ok(Some(packet)) = Decoder::new(10).text(&ByteString::from(text)) {
            let active = "active".into();
            // Either is fine; a panic is not.
            let _ = decode_event(&packet, 16, &Defaults { client_id: "fresh", conversation_id: Some(&active) });
        }
        let _ = greeting(&data);
    }
}
