//! Holds the examples against their snapshot and against `docs/protocol.md`. `SWITCHBOARD_BLESS=1` writes both anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::domain::rejection::Rejection;
use crate::domain::time::Millis;
use crate::domain::user::{Principal, Role};
use crate::protocol::dialect::{
    Connected, KeyStyle, REQUEST_TYPES, WireId, decode, encode_connected, encode_error, encode_event, encode_pong,
    encode_registered, encode_reply,
};
use crate::protocol::error::{ErrorCode, WireError};

use super::*;

/// An example under its title.
pub(super) struct Example {
    pub(super) title: String,
    pub(super) text: String,
}

pub(super) fn principal() -> Principal {
    Principal {
        user_id: cleo(),
        role: Role::Customer,
        name: "Cleo".to_owned(),
        chatbot_id: None,
        expires_at: at(3600),
        login_id: None,
    }
}

/// The id that all examples of answers carry, read as a client's.
fn id() -> WireId {
    decode(r#"{"type":"ping","id":"7"}"#, KeyStyle::Camel, 8).unwrap().id.unwrap()
}

/// What says which kind of an event it is, after its type.
fn title(text: &str) -> String {
    let frame: Value = serde_json::from_str(text).unwrap();
    let kind = frame["type"].as_str().unwrap();
    let part = match kind {
        "agent_notification" | "admin_notification" => &frame["data"]["type"],
        "escalation_status" => &frame["data"]["status"],
        "topic_update" => &frame["data"]["topic"],
        _ => &Value::Null,
    };
    part.as_str().map_or_else(|| kind.to_owned(), |part| format!("{kind}: {part}"))
}

fn event_examples(keys: KeyStyle) -> Vec<Example> {
    let connected = Connected {
        session_id: &"0199e7d0-0001-7000-8000-00000000a001".into(),
        principal: &principal(),
        server_time: at(0),
        heartbeat_ms: 20_000,
        epoch: "0199e7d0-0001-7000-8000-00000000e001",
    };
    let mut texts = vec![encode_connected(&connected, keys)];
    texts.extend(events().iter().map(|event| encode_event(event, keys)));
    texts.into_iter().map(|text| Example { title: title(&text), text: text.to_string() }).collect()
}

fn reply_examples(keys: KeyStyle) -> Vec<Example> {
    let example =
        |title: &str, text: bytestring::ByteString| Example { title: format!("to {title}"), text: text.to_string() };
    let id = id();
    let mut examples = vec![
        example("register_user", encode_registered(Some(&id), &principal(), &["user_cleo".to_owned()], keys)),
        example("ping", encode_pong(Some(&id), Some(r#"{"n":1}"#), at(0), &[(conversation(), 2)], keys)),
    ];
    let of_reply = |(title, reply): (&str, Reply)| example(title, encode_reply(Some(&id), &reply, keys));
    examples.extend(replies().into_iter().map(of_reply));
    examples
}

/// One of every code; those that carry more than code and message come from the refusal that they are made of.
pub(super) fn errors() -> Vec<WireError> {
    let told = [
        Rejection::Invalid { field: "data.content".to_owned(), message: "is empty".to_owned() },
        Rejection::OfferGone { taken_by: Some(("bob".into(), "Bob".to_owned())) },
        Rejection::OfferGone { taken_by: None },
        Rejection::AlreadyAssigned { agent_id: "bob".into(), agent_name: "Bob".to_owned() },
        Rejection::AtCapacity { limit: 5 },
        Rejection::RateLimited { retry_after: Millis::new(1200) },
        Rejection::LimitReached { what: "rooms_per_socket", limit: 64 },
    ];
    let mut errors: Vec<WireError> = told.into_iter().map(WireError::from).collect();
    let had: Vec<ErrorCode> = errors.iter().map(|error| error.code).collect();
    let plain = ErrorCode::ALL.iter().filter(|code| !had.contains(code));
    errors.extend(plain.map(|code| WireError::new(*code, code.meaning())));
    errors
}

fn error_examples(keys: KeyStyle) -> Vec<Example> {
    let example = |error: WireError| Example {
        title: format!("error: {}", error.code.as_str()),
        text: encode_error(Some(&id()), &error, keys).to_string(),
    };
    errors().into_iter().map(example).collect()
}

pub(super) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn bless() -> bool {
    std::env::var_os("SWITCHBOARD_BLESS").is_some_and(|value| value == "1")
}

/// The lines in which two texts differ.
fn difference(held: &str, made: &str) -> String {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (held.lines().collect(), made.lines().collect());
    let mut out = String::new();
    held.lines().filter(|line| !new.contains(line)).for_each(|line| writeln!(out, "-{line}").unwrap());
    made.lines().filter(|line| !old.contains(line)).for_each(|line| writeln!(out, "+{line}").unwrap());
    if out.is_empty() { "the same lines in another order".to_owned() } else { out }
}

pub(super) fn hold(path: &str, held: &str, made: &str) {
    if held == made {
        return;
    }
    if bless() {
        std::fs::write(here(path), made).unwrap();
        return;
    }
    panic!("{path} differs from the code (SWITCHBOARD_BLESS=1 rewrites it):\n{}", difference(held, made));
}

/// The bytes that are sent, broken into lines after commas.
fn lines(text: &str) -> String {
    let (mut pieces, mut start, mut in_string, mut escaped) = (Vec::new(), 0, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b',' if !in_string => {
                pieces.push(&text[start..=place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    let (mut out, mut width) = (String::new(), 0);
    for piece in pieces {
        if width > 0 && width + piece.len() > 116 {
            out.push_str("\n  ");
            width = 2;
        }
        out.push_str(piece);
        width += piece.len();
    }
    out
}

fn section(examples: &[Example]) -> String {
    let mut out = "\n".to_owned();
    for Example { title, text } in examples {
        write!(out, "`{title}`\n```json\n{}\n```\n\n", lines(text)).unwrap();
    }
    out
}

/// The text between a section's marks replaced.
fn replaced(paper: &str, name: &str, section: &str) -> String {
    let (begin, end) = (format!("<!-- examples: {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = paper.split_once(&begin).unwrap_or_else(|| panic!("docs/protocol.md has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/protocol.md has no {end}"));
    format!("{before}{begin}{section}{end}{after}")
}

fn names<'a, T: 'a>(values: impl IntoIterator<Item = &'a T>, name: fn(&T) -> &'static str) -> BTreeSet<&'static str> {
    values.into_iter().map(name).collect()
}

fn all(names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().collect()
}

#[test]
fn every_variant_of_what_is_told_has_an_example() {
    let (agents, admins) = (agent_notices(), admin_notices());
    assert_eq!(names(&events(), event_name), all(EVENTS));
    assert_eq!(names(&agents, agent_notice_name), all(AGENT_NOTICES));
    assert_eq!(names(&admins, admin_notice_name), all(ADMIN_NOTICES));
    assert_eq!(names(&statuses(), status_name), all(STATUSES));
    assert_eq!(names(bodies().iter().map(|(_, body)| body), body_name), all(BODIES));
    assert_eq!(names(replies().iter().map(|(_, reply)| reply), reply_name), all(REPLIES));
    let codes: BTreeSet<&str> = errors().iter().map(|error| error.code.as_str()).collect();
    assert_eq!(codes, ErrorCode::ALL.iter().map(|code| code.as_str()).collect());
}

#[test]
fn every_example_is_what_the_snapshot_holds_in_both_styles() {
    const PATH: &str = "src/protocol/dialect/examples/snapshot.txt";
    let of = |keys| {
        let mut found = event_examples(keys);
        found.extend(reply_examples(keys));
        found.extend(error_examples(keys));
        found
    };
    let mut made = String::new();
    for (camel, snake) in of(KeyStyle::Camel).into_iter().zip(of(KeyStyle::Snake)) {
        write!(made, "# {}\n{}\n{}\n\n", camel.title, camel.text, snake.text).unwrap();
    }
    hold(PATH, &std::fs::read_to_string(here(PATH)).unwrap_or_default(), &made);
}

#[test]
fn the_protocol_paper_shows_every_example() {
    const PATH: &str = "docs/protocol.md";
    let paper = std::fs::read_to_string(here(PATH)).unwrap();
    let mut made = replaced(&paper, "events", &section(&event_examples(KeyStyle::Camel)));
    made = replaced(&made, "replies", &section(&reply_examples(KeyStyle::Camel)));
    made = replaced(&made, "errors", &section(&error_examples(KeyStyle::Camel)[..7]));
    made = replaced(&made, "socket_io", &section(&socket_io::examples()));
    hold(PATH, &paper, &made);
}

/// The requests that the paper shows.
fn shown_requests() -> Vec<Value> {
    let paper = std::fs::read_to_string(here("docs/protocol.md")).unwrap();
    let (_, rest) = paper.split_once("### Requests\n").unwrap();
    let (part, _) = rest.split_once("\n### ").unwrap();
    let blocks = part.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))).collect()
}

#[test]
fn the_protocol_paper_shows_a_request_of_every_type_that_is_read() {
    let shown = shown_requests();
    for request in &shown {
        decode(&request.to_string(), KeyStyle::Camel, 32).unwrap_or_else(|refused| panic!("{request}: {refused:?}"));
    }
    let types: Vec<&str> = shown.iter().map(|request| request["type"].as_str().unwrap()).collect();
    let mut wanted = REQUEST_TYPES.to_vec();
    let mut found = types.clone();
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
}

/// A field that is passed over could be shown with any name.
#[test]
fn every_field_that_a_shown_request_has_is_read() {
    for request in shown_requests() {
        let Some(data) = request["data"].as_object() else { panic!("{request}") };
        let own = |key: &&String| request["type"] != "ping" && *key != "metadata";
        for key in data.keys().filter(own) {
            let mut wrong = request.clone();
            wrong["data"][key] = serde_json::json!({ "wrong": true });
            let refused = decode(&wrong.to_string(), KeyStyle::Camel, 32).expect_err(&wrong.to_string());
            let field = refused.error.details.unwrap()["field"].clone();
            assert_eq!(field, format!("data.{key}"), "{wrong}");
        }
    }
}

#[test]
fn snake_style_has_no_camel_case_key_left() {
    for example in event_examples(KeyStyle::Snake).into_iter().chain(error_examples(KeyStyle::Snake)) {
        let mut left = vec![serde_json::from_str::<Value>(&example.text).unwrap()];
        while let Some(value) = left.pop() {
            match value {
                Value::Object(fields) => {
                    for (key, value) in fields {
                        assert!(!key.contains(|c: char| c.is_ascii_uppercase()), "{key} in {}", example.title);
                        left.push(value);
                    }
                }
                Value::Array(items) => left.extend(items),
                _ => {}
            }
        }
    }
}
