use proptest::prelude::*;
use serde_json::{Value, json};

use crate::domain::command::Command;
use crate::protocol::dialect::{KeyStyle, REQUEST_TYPES, encode_error};

use super::*;

const STYLES: [KeyStyle; 2] = [KeyStyle::Camel, KeyStyle::Snake];

fn refused(text: &str, keys: KeyStyle) -> Refused {
    decode(text, keys, 32).expect_err(text)
}

fn field(error: &WireError) -> &str {
    error.details.as_ref().and_then(|details| details.get("field")).and_then(Value::as_str).unwrap_or("")
}

/// A request of each type with every field it knows, camelCase.
fn full(kind: &str) -> Value {
    let c = json!("c");
    match kind {
        "register_user" => json!({ "userId": "u", "token": "t" }),
        "register_agent" => json!({ "agentId": 5, "token": "t" }),
        "register_admin" => json!({ "adminId": "u", "token": "t" }),
        "refresh_token" => json!({ "token": "t" }),
        "ping" => json!({ "at": 1 }),
        "start_conversation" => json!({
            "chatbotId": "b", "clientId": "k", "firstMessage": "hi", "mode": "human", "priority": 1, "skills": ["de"],
            "metadata": { "a": 1 }, "reason": "r",
        }),
        "join" => json!({ "conversationId": c, "lastSeq": 4 }),
        "resume" => json!({ "conversations": [{ "conversationId": c, "lastSeq": 4 }] }),
        "send_message" => json!({
            "conversationId": c, "content": "x", "clientId": "k", "messageType": "text", "replyTo": "m",
            "internal": false, "metadata": { "a": 1 },
        }),
        "mark_read" => json!({ "conversationId": c, "messageId": "m", "seq": 3 }),
        "escalate" | "request_staff" | "request_agent" => {
            json!({ "conversationId": c, "reason": "r", "priority": 1, "skills": ["de"] })
        }
        "accept_transfer" | "decline_transfer" => json!({ "transferRequestId": "t", "reason": "r" }),
        "assign" => json!({ "conversationId": c, "agentId": "a" }),
        "transfer" => json!({ "conversationId": c, "agentId": "a", "note": "n" }),
        "release" => json!({ "conversationId": c, "to": "queue" }),
        "close_conversation" => json!({ "conversationId": c, "reason": "r" }),
        "agent_status" => json!({ "status": "away", "reason": "r" }),
        "staff_status_change" => json!({ "isOnline": true, "isAvailable": false }),
        "rate_conversation" => json!({ "conversationId": c, "score": 5, "comment": "n" }),
        "page_view" => json!({ "conversationId": c, "url": "https://shop.example/", "title": "Shop" }),
        "subscribe" | "unsubscribe" => json!({ "topics": ["queue"] }),
        _ => json!({ "conversationId": c }),
    }
}

fn snake_key(key: &str) -> String {
    crate::protocol::json::wire_name(key, KeyStyle::Snake).into_owned()
}

/// The keys of `data` as a client of the style writes them; what stands in `metadata` is its own.
fn in_style(value: Value, keys: KeyStyle) -> Value {
    match (value, keys) {
        (Value::Object(fields), KeyStyle::Snake) => fields
            .into_iter()
            .map(|(key, value)| (snake_key(&key), if key == "metadata" { value } else { in_style(value, keys) }))
            .collect(),
        (Value::Array(items), _) => items.into_iter().map(|item| in_style(item, keys)).collect(),
        (other, _) => other,
    }
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| places(value, &format!("{at}/{place}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_full_request_of_every_type_is_read_in_both_styles_to_the_same() {
    for kind in REQUEST_TYPES {
        let read = |keys| {
            let text = json!({ "type": kind, "data": in_style(full(kind), keys), "id": 7 }).to_string();
            decode(&text, keys, 32).unwrap_or_else(|refused| panic!("{kind}: {refused:?}"))
        };
        let (camel, snake) = (read(KeyStyle::Camel), read(KeyStyle::Snake));
        assert_eq!(camel.id.as_ref().map(WireId::as_json), Some("7"));
        assert_eq!(camel, snake, "{kind}");
    }
}

#[test]
fn a_list_is_no_object_at_any_depth() {
    for (text, path) in [
        (r#"{"type":"join","data":["c",4]}"#, "data"),
        (r#"{"type":"resume","data":{"conversations":[["c",4]]}}"#, "data.conversations[0]"),
        (r#"{"type":"refresh_token","data":["t"]}"#, "data"),
    ] {
        let refused = refused(text, KeyStyle::Camel);
        assert_eq!((refused.error.code, field(&refused.error)), (ErrorCode::Invalid, path), "{text}");
        assert_eq!(refused.error.message, format!("{path}: must be an object"));
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    name: String,
    #[serde(default)]
    inner_parts: Vec<Part>,
    pair: Option<[Part; 2]>,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Part {
    minute: u16,
}

#[test]
fn a_rest_body_is_read_by_the_same_rules() {
    let body: Body = read_body(br#" {"name":"n","innerParts":[{"minute":1}],"pair":null} "#, 8).unwrap();
    assert_eq!(body, Body { name: "n".into(), inner_parts: vec![Part { minute: 1 }], pair: None });
    for (text, code, path) in [
        (r#"["n"]"#, ErrorCode::Invalid, "data"),
        ("", ErrorCode::Invalid, "data.name"),
        (r#"{"name":"n","innerParts":[[1]]}"#, ErrorCode::Invalid, "data.innerParts[0]"),
        (r#"{"name":"n","innerParts":[{"minute":65536}]}"#, ErrorCode::Invalid, "data.innerParts[0].minute"),
        (r#"{"name":"n","innerParts":[{}]}"#, ErrorCode::Invalid, "data.innerParts[0].minute"),
        (r#"{"name":"n","pair":[{"minute":1}]}"#, ErrorCode::Invalid, "data.pair"),
        (r#"{"name":"n","name":"m"}"#, ErrorCode::Invalid, "data.name"),
        (r#"{"name":"\ud800"}"#, ErrorCode::Invalid, "data.name"),
        (r#"{"name":"n"} x"#, ErrorCode::InvalidJson, ""),
        (r#"{"name":"n","x":[[[[[[[[[]]]]]]]]]}"#, ErrorCode::InvalidJson, ""),
    ] {
        let error = read_body::<Body>(text.as_bytes(), 8).unwrap_err();
        assert_eq!((error.code, field(&error)), (code, path), "{text}");
    }
}

#[test]
fn metadata_keeps_every_byte_in_both_styles() {
    let raw = r#"{ "snake_key":1.00,"snakeKey" :1e400, "b":12345678901234567890123, "a":1,"a":2 , "\u0041":"\ud83d"}"#;
    for keys in STYLES {
        let of = |kind: &str, rest: Value| {
            let mut data = in_style(rest, keys).to_string();
            data.pop();
            let text = format!(r#"{{"type":"{kind}","data":{data},"metadata":{raw}}}}}"#);
            decode(&text, keys, 32).unwrap().request
        };
        let sent = of("send_message", json!({ "conversationId": "c", "content": "x", "clientId": "k" }));
        let Request::Command(Command::SendMessage(sent)) = sent else { panic!("{sent:?}") };
        assert_eq!(sent.metadata.as_deref(), Some(raw));
        let started = of("start_conversation", json!({ "clientId": "k" }));
        let Request::Command(Command::StartConversation(started)) = started else { panic!("{started:?}") };
        assert_eq!(started.metadata.as_deref(), Some(raw));
    }
}

#[test]
fn a_wrong_field_is_named_as_the_client_names_it() {
    for (text, path) in [
        (r#"{"type":"send_message","data":{"conversation_id":"c","message_text":5}}"#, "data.message_text"),
        (r#"{"type":"send_message","data":{"conversation_id":"c","client_id":"k"}}"#, "data.message_text"),
        (r#"{"type":"join","data":{"conversation_id":"c","last_seq":"4"}}"#, "data.last_seq"),
        (r#"{"type":"resume","data":{"conversations":[{"last_seq":1}]}}"#, "data.conversations[0].conversation_id"),
        (r#"{"type":"mark_read","data":{"conversation_id":"c"}}"#, "data.seq"),
        (r#"{"type":"register_agent","data":{"agent_id":true}}"#, "data.agent_id"),
        (r#"{"type":"register_agent","data":{"agent_id":1,"agent_id":2}}"#, "data.agent_id"),
        (r#"{"type":"leave","data":{"\ud800":1}}"#, "data"),
        (r#"{"type":"accept_transfer"}"#, "data.transfer_request_id"),
        (r#"{"type":"transfer","data":{"conversation_id":"c"}}"#, "data.agent_id"),
        (
            r#"{"type":"send_message","data":{"conversation_id":"c","message_text":"","client_id":"k","message_type":"x"}}"#,
            "data.message_type",
        ),
    ] {
        let error = refused(text, KeyStyle::Snake).error;
        assert_eq!(field(&error), path, "{text}");
        assert!(error.message.starts_with(&format!("{path}: ")), "{}", error.message);
        assert!(!error.message.contains(|c: char| c.is_ascii_uppercase()), "{}", error.message);
    }
}

#[test]
fn an_error_from_further_in_is_told_in_the_client_s_words() {
    let error = WireError::invalid("data.content", "is empty");
    let text = encode_error(None, &error, KeyStyle::Snake);
    assert!(text.contains(r#""message":"data.message_text: is empty""#), "{text}");
    assert!(text.contains(r#""field":"data.message_text""#), "{text}");
    let taken = crate::domain::rejection::Rejection::OfferGone { taken_by: Some(("a".into(), "Ann".into())) };
    let text = encode_error(None, &WireError::from(taken), KeyStyle::Snake);
    assert!(text.contains(r#""taken_by":{"agent_id":"a","agent_name":"Ann"}"#), "{text}");
}

#[test]
fn the_client_s_id_comes_back_whenever_it_can_be_read() {
    let deep = format!(r#"{{"id":"a","type":"ping","data":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    for (text, code, path) in [
        (r#"{"type":5,"id":"a"}"#, ErrorCode::Invalid, "type"),
        (r#"{"type":["ping"],"id":"a"}"#, ErrorCode::Invalid, "type"),
        (r#"{"type":null,"id":"a"}"#, ErrorCode::Invalid, "type"),
        (r#"{"id":"a"}"#, ErrorCode::Invalid, "type"),
        (r#"{"type":"ping","event":"join","id":"a"}"#, ErrorCode::Invalid, "type"),
        (r#"{"type":"ping","data":1,"data":2,"id":"a"}"#, ErrorCode::Invalid, "data"),
        (r#"{"type":"join","data":"x","id":"a"}"#, ErrorCode::Invalid, "data"),
        (r#"{"type":"nothing","id":"a"}"#, ErrorCode::UnknownType, ""),
        (&deep, ErrorCode::InvalidJson, ""),
    ] {
        let refused = refused(text, KeyStyle::Camel);
        assert_eq!((refused.error.code, field(&refused.error)), (code, path), "{text:.80}");
        assert_eq!(refused.id.as_ref().map(WireId::as_json), Some("\"a\""), "{text:.80}");
    }
    for id in ["{}", "[1]", "true", &format!("{:?}", "x".repeat(127))] {
        let refused = refused(&format!(r#"{{"type":"ping","id":{id}}}"#), KeyStyle::Camel);
        assert_eq!((refused.id, field(&refused.error)), (None, "id"), "{id}");
    }
}

#[test]
fn null_is_as_good_as_absent() {
    for kind in REQUEST_TYPES {
        let full = full(kind);
        for key in full.as_object().unwrap().keys().filter(|_| *kind != "ping") {
            let with = |value: Option<Value>| {
                let mut data = full.clone();
                match value {
                    Some(value) => data[key] = value,
                    None => drop(data.as_object_mut().unwrap().remove(key)),
                }
                decode(&json!({ "type": kind, "data": data }).to_string(), KeyStyle::Camel, 32)
            };
            assert_eq!(with(Some(Value::Null)), with(None), "{kind}.{key}");
        }
        let nothing = decode(&json!({ "type": kind }).to_string(), KeyStyle::Camel, 32);
        assert_eq!(decode(&json!({ "type": kind, "data": null }).to_string(), KeyStyle::Camel, 32), nothing);
    }
    let nulls = r#"{"type":"send_message","data":{"conversationId":"c","content":"x","clientId":"k","internal":null}}"#;
    assert!(decode(nulls, KeyStyle::Camel, 32).is_ok());
}

#[test]
fn a_person_s_number_is_its_text_and_one_too_big_is_told_the_range() {
    let read = |id: &str| {
        let text = format!(r#"{{"type":"register_user","data":{{"userId":{id}}}}}"#);
        decode(&text, KeyStyle::Camel, 32)
    };
    for (id, wanted) in [("5", "5"), ("-9223372036854775808", "-9223372036854775808"), ("\"5\"", "5")] {
        let Request::Register { user_id, .. } = read(id).unwrap().request else { panic!("{id}") };
        assert_eq!(user_id, Some(UserId::from(wanted)));
    }
    let wanted = "data.userId: must be text, or a whole number from -9223372036854775808 to 9223372036854775807";
    for id in ["9223372036854775808", "1e400", "5.5", "true", "[5]", "{}"] {
        assert_eq!(read(id).unwrap_err().error.message, wanted, "{id}");
    }
}

#[test]
fn a_token_does_not_stand_in_a_request_s_debug_text() {
    for kind in ["register_user", "refresh_token"] {
        let text = json!({ "type": kind, "data": { "userId": "u", "token": "eyJ.SECRET" } }).to_string();
        let shown = format!("{:?}", decode(&text, KeyStyle::Camel, 32).unwrap());
        assert!(!shown.contains("SECRET") && shown.contains("<redacted>"), "{shown}");
    }
}

/// A secret in shapes one of which is wrong in any place.
fn disguises(secret: &str) -> [Value; 5] {
    [
        json!(secret),
        json!([secret]),
        json!({ secret: secret }),
        json!([[{ "x": secret }], secret]),
        json!({ "type": secret, "conversationId": [secret] }),
    ]
}

/// How often a text with the secret in some place of a full request was refused; no refusal tells the secret.
fn refusals_with(secret: &str, kind: &str, keys: KeyStyle) -> usize {
    let whole = json!({ "type": kind, "data": in_style(full(kind), keys), "id": 1 });
    let (mut found, mut refusals) = (Vec::new(), 0);
    places(&whole, "", &mut found);
    for (place, disguise) in found.iter().flat_map(|place| disguises(secret).map(|disguise| (place, disguise))) {
        let mut text = whole.clone();
        *text.pointer_mut(place).unwrap() = disguise;
        let Err(refused) = decode(&text.to_string(), keys, 32) else { continue };
        let told = format!("{} {refused:?}", encode_error(None, &refused.error, keys));
        assert!(!told.contains(secret), "{told}");
        refusals += 1;
    }
    refusals
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn no_refusal_repeats_a_client_s_value(secret in "eyJ[A-Za-z0-9]{12,24}") {
        for (kind, keys) in REQUEST_TYPES.iter().flat_map(|kind| STYLES.map(|keys| (kind, keys))) {
            prop_assert!(refusals_with(&secret, kind, keys) >= 5, "{}", kind);
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_decoder_panic(text in ".{0,80}", cut in any::<prop::sample::Index>()) {
        for keys in STYLES {
            let _ = decode(&text, keys, 32);
            let whole = json!({ "type": "send_message", "data": full("send_message"), "id": text }).to_string();
            let end = (0..=cut.index(whole.len())).rev().find(|end| whole.is_char_boundary(*end)).unwrap();
            prop_assert!(decode(&whole[..end], keys, 32).is_err());
        }
    }
}
