//! What has to hold for any bytes. The fuzz targets and the ordinary test over the corpora call the same functions;
//! each says in a line how its input was taken.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use switchboard::domain::command::Command;
use switchboard::domain::time::Timestamp;
use switchboard::protocol::dialect::socket_io::{Defaults, decode_event, greeting};
use switchboard::protocol::dialect::{KeyStyle, Request, decode, encode_error, encode_pong, read_body};
use switchboard::protocol::engine_io::{self, Packet};
use switchboard::protocol::error::{ErrorCode, WireError};
use switchboard::protocol::frames::{Decoder, FrameFault, FrameLimits, Inbound};
use switchboard::protocol::socket_io::{self, Fault, Kind};

const MESSAGE_BYTES: usize = 4096;
const DEPTH: usize = 32;

/// No refusal may repeat a value that holds this word.
const SECRET: &str = "SECRET";

/// What a decoder says when the bytes come in pieces.
fn heard<'a>(pieces: impl Iterator<Item = &'a [u8]>, binary: bool) -> (Vec<Inbound>, Option<FrameFault>) {
    let mut decoder = Decoder::new(FrameLimits { message_bytes: MESSAGE_BYTES, binary });
    let (mut said, mut fault) = (Vec::new(), None);
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next() {
                Ok(Some(inbound)) => {
                    assert!(fault.is_none(), "the decoder went on after a fault");
                    assert!(!matches!(said.last(), Some(Inbound::Close(_))), "the decoder went on after a close");
                    said.push(inbound);
                }
                Ok(None) => break,
                Err(found) => {
                    assert!(fault.replace(found).is_none(), "a second fault");
                }
            }
        }
    }
    (said, fault)
}

/// However the bytes are cut, the same is heard; nothing is larger than allowed.
pub fn frames(data: &[u8]) -> String {
    for binary in [false, true] {
        let whole = heard(std::iter::once(data), binary);
        assert_eq!(whole, heard(data.chunks(1), binary), "cut into bytes");
        assert_eq!(whole, heard(data.chunks(7), binary), "cut into sevens");
        for inbound in &whole.0 {
            match inbound {
                Inbound::Text(text) => assert!(text.len() <= MESSAGE_BYTES),
                Inbound::Binary(bytes) => assert!(binary && bytes.len() <= MESSAGE_BYTES),
                Inbound::Ping(bytes) => assert!(bytes.len() <= 125),
                Inbound::Pong | Inbound::Close(_) => {}
            }
        }
    }
    let (said, fault) = heard(std::iter::once(data), false);
    let names = said.iter().map(|inbound| match inbound {
        Inbound::Text(text) => format!("text of {}", text.len()),
        Inbound::Binary(bytes) => format!("binary of {}", bytes.len()),
        Inbound::Ping(bytes) => format!("ping of {}", bytes.len()),
        Inbound::Pong => "pong".to_owned(),
        Inbound::Close(code) => code.map_or_else(|| "close".to_owned(), |code| format!("close {code}")),
    });
    let end = fault.map(|fault| format!("{}: {fault}", fault.close_code()));
    let story: Vec<String> = names.chain(end).collect();
    if story.is_empty() { "waits for more".to_owned() } else { story.join(", ") }
}

/// A refusal is one of the decoder's, names the field if it is about one, and repeats nothing.
fn refusal(error: &WireError, keys: KeyStyle, secret: bool) -> String {
    let told = encode_error(None, error, keys);
    let frame: Value = serde_json::from_str(&told).expect("an error is JSON");
    assert!(!secret || !told.contains(SECRET), "{told} repeats a value");
    let field = error.details.as_ref().and_then(|details| details.get("field")).and_then(Value::as_str);
    match (error.code, field) {
        (ErrorCode::Invalid, Some(field)) => {
            assert!(error.message.starts_with(&format!("{field}: ")), "{} does not name {field}", error.message);
            assert!(frame["data"]["field"].is_string());
        }
        (ErrorCode::Invalid, None) => panic!("{} names no field", error.message),
        (ErrorCode::InvalidJson | ErrorCode::UnknownType, None) => {}
        (code, field) => panic!("{code:?} about {field:?} is no refusal of a decoder"),
    }
    format!("{}: {}", error.code.as_str(), error.message)
}

/// What a client may have back later is the text that it sent.
fn kept(request: &Request, text: &str) {
    let opaque = match request {
        Request::Command(Command::SendMessage(send)) => send.metadata.as_deref(),
        Request::Command(Command::StartConversation(start)) => start.metadata.as_deref(),
        Request::Ping(data) => data.as_deref(),
        _ => None,
    };
    let Some(opaque) = opaque else { return };
    assert!(text.contains(opaque), "{opaque} was not sent");
    serde_json::from_str::<serde::de::IgnoredAny>(opaque).expect("what is kept is JSON");
    let pong = encode_pong(None, Some(opaque), Timestamp::from_millis(0), &[], KeyStyle::Snake);
    serde_json::from_str::<serde::de::IgnoredAny>(&pong).expect("a pong is JSON");
}

/// A token does not stand in what a log would show.
fn redacted(request: &Request) {
    let token = match request {
        Request::Register { token: Some(token), user_id, .. } => {
            Some(token).filter(|token| user_id.as_ref().is_none_or(|id| !id.as_str().contains(token.as_str())))
        }
        Request::RefreshToken { token } => Some(token),
        _ => None,
    };
    let shown = format!("{request:?}");
    if let Some(token) = token.filter(|token| token.contains(SECRET)) {
        assert!(!shown.contains(token.as_str()), "{shown}");
    }
}

/// The name of what was asked.
fn variant(value: &impl std::fmt::Debug) -> String {
    let shown = format!("{value:?}");
    shown.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

/// Any text is read or refused, in both key styles.
pub fn plain(data: &[u8]) -> String {
    // The frame decoder lets nothing else through.
    let Ok(text) = std::str::from_utf8(data) else { return "no text".to_owned() };
    let secret = text.contains(SECRET);
    let tell = |keys| match decode(text, keys, DEPTH) {
        Ok(inbound) => {
            kept(&inbound.request, text);
            redacted(&inbound.request);
            match inbound.request {
                Request::Command(command) => variant(&command),
                other => variant(&other),
            }
        }
        Err(refused) => {
            if let Some(id) = &refused.id {
                assert!(text.contains(id.as_json()), "the id is another");
            }
            refusal(&refused.error, keys, secret)
        }
    };
    let (camel, snake) = (tell(KeyStyle::Camel), tell(KeyStyle::Snake));
    if camel == snake { camel } else { format!("{camel} | {snake}") }
}

/// A body with everything that the bodies of our calls have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read, never looked at")]
struct Body {
    conversation_id: Option<String>,
    name: String,
    #[serde(alias = "maxConcurrentChats")]
    capacity: Option<i32>,
    seq: Option<i64>,
    #[serde(default)]
    internal: bool,
    #[serde(default)]
    skills: Vec<String>,
    hours: Option<Hours>,
    metadata: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read, never looked at")]
struct Hours {
    time_zone: String,
    weekly: [Day; 2],
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read, never looked at")]
struct Day {
    #[serde(default)]
    intervals: Vec<Span>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read, never looked at")]
struct Span {
    from_minute: u16,
}

/// Any body is read or refused.
pub fn rest_body(data: &[u8]) -> String {
    let secret = std::str::from_utf8(data).is_ok_and(|text| text.contains(SECRET));
    match read_body::<Body>(data, DEPTH) {
        Ok(body) => {
            let raw = body.metadata.as_deref().map(RawValue::get);
            let text = std::str::from_utf8(data).expect("a body that was read is text");
            assert!(raw.is_none_or(|raw| text.contains(raw)), "{raw:?} was not sent");
            "read".to_owned()
        }
        Err(error) => refusal(&error, KeyStyle::Camel, secret),
    }
}

/// One whole packet of a Socket.IO client, or what it still waits for.
fn socket_io_packet(packet: Result<Option<socket_io::Packet>, Fault>, secret: bool) -> String {
    let packet = match packet {
        Ok(Some(packet)) => packet,
        Ok(None) => return "waits for attachments".to_owned(),
        Err(fault) => return fault.to_string(),
    };
    assert!(packet.attachments.iter().map(|bytes| bytes.len()).sum::<usize>() <= MESSAGE_BYTES);
    match packet.kind {
        Kind::Event => {
            let active = "active".into();
            let defaults = Defaults { client_id: "fresh", conversation_id: Some(&active) };
            match decode_event(&packet, DEPTH, &defaults) {
                Ok(request) => {
                    redacted(&request);
                    match request {
                        Request::Command(command) => variant(&command),
                        other => variant(&other),
                    }
                }
                Err(error) => refusal(&error, KeyStyle::Camel, secret),
            }
        }
        Kind::Connect => {
            let greeting = greeting(&packet.data);
            if let Some(token) = greeting.token.as_ref().filter(|token| token.contains(SECRET)) {
                assert!(!format!("{greeting:?}").contains(token.as_str()), "a token is shown");
            }
            format!("Connect with {} conversations", greeting.conversations.len())
        }
        kind => format!("{kind:?}"),
    }
}

/// Any body of a polling client is read or refused, and so is every packet in it.
pub fn socket_io(data: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(data) else { return "no text".to_owned() };
    let secret = text.contains(SECRET);
    let Ok(packets) = engine_io::decode_payload(&text.to_owned().into()) else { return "no payload".to_owned() };
    let mut decoder = socket_io::Decoder::new(MESSAGE_BYTES);
    let said: Vec<String> = packets
        .into_iter()
        .map(|packet| match packet {
            Packet::Message(text) => socket_io_packet(decoder.text(&text), secret),
            Packet::Binary(bytes) => socket_io_packet(decoder.binary(bytes), secret),
            other => variant(&other),
        })
        .collect();
    said.join(", ")
}
