//! The types of the TypeScript client, made of what the encoders write and the readers ask for.
//! `SWITCHBOARD_BLESS=1 cargo test --lib typescript` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::domain::conversation::Word;
use crate::protocol::dialect::encode::{
    Connected, connected_data, error_data, event_data, event_type, pong_data, registered_data, reply_data,
};
use crate::protocol::dialect::{KeyStyle, REQUEST_TYPES, decode};
use crate::protocol::error::{CLOSE_CODES, ErrorCode};
use crate::protocol::json::seen::{Atom, add};
use crate::protocol::json::shape;

use super::paper::{errors, here, hold, principal};
use super::*;

pub(in crate::protocol::dialect) mod probe;
mod render;

use render::{Named, Side, comment, definition, kinds, union};

const PATH: &str = "web/packages/client/src/protocol.generated.ts";

const HEAD: &str = r"// Generated from the Rust code; do not edit.
// Write it anew with: SWITCHBOARD_BLESS=1 cargo test --lib typescript
//
// These are the camelCase keys of `/ws` and REST. Under `/api/v1/ws` the same keys are snake_case
// (`conversation_id`), and the `content` of a message or note is `message_text`.
// A server may send more keys, events and words than this file knows: pass them over.

/** RFC 3339, UTC, with milliseconds: `2026-11-23T09:00:00.000Z`. */
export type Timestamp = string;
";

type Map = BTreeMap<String, Vec<Atom>>;

fn events_seen() -> Map {
    let mut map = Map::new();
    let connected = Connected {
        session_id: &"s".into(),
        principal: &principal(),
        server_time: at(0),
        heartbeat_ms: 20_000,
        epoch: "e",
    };
    map.insert("connected".to_owned(), vec![Atom::Object(shape(|o| connected_data(o, &connected)))]);
    for event in events() {
        let kinds = map.entry(event_type(&event).to_owned()).or_default();
        match &event {
            // The host knows what is in it.
            Event::Host(_) => add(kinds, Atom::Any),
            event => add(kinds, Atom::Object(shape(|o| event_data(o, event)))),
        }
    }
    map
}

fn replies_seen() -> Map {
    let mut map = Map::new();
    for (_, reply) in replies() {
        let kinds = map.entry(reply_name(&reply).to_owned()).or_default();
        add(kinds, Atom::Object(shape(|o| reply_data(o, &reply))));
    }
    let registered = shape(|o| registered_data(o, &principal(), &["user_cleo".to_owned()]));
    map.insert("Registered".to_owned(), vec![Atom::Object(registered)]);
    let pong = shape(|o| pong_data(o, None, at(0), &[(conversation(), 2)]));
    map.insert("Pong".to_owned(), vec![Atom::Object(pong)]);
    map
}

fn error_seen() -> Vec<Atom> {
    let mut kinds = Vec::new();
    errors().iter().for_each(|error| add(&mut kinds, Atom::Object(shape(|o| error_data(o, error)))));
    kinds
}

/// Which of the replies answer a request.
fn answers(request: &str) -> &'static [&'static str] {
    match request {
        "register_user" | "register_agent" | "register_admin" => &["Registered"],
        "ping" => &["Pong"],
        "start_conversation" => &["Started"],
        "join" => &["Joined"],
        "resume" => &["Resumed"],
        "send_message" => &["Sent", "NoteSent"],
        "escalate" | "request_staff" | "request_agent" | "cancel_escalation" => &["Escalation"],
        "assign_to_me" | "assign" | "accept_transfer" => &["Assigned"],
        "transfer" => &["TransferOffered"],
        // Nobody answers.
        "typing_start" | "typing_stop" => &[],
        "subscribe" => &["Subscribed"],
        _ => &["Done"],
    }
}

/// Text of which only some words are read, and the rest of a request that holds it. A test holds them against the reader.
const LISTED: &[(&str, &str, &[&str], &str)] = &[
    ("send_message", "messageType", MessageKind::WORDS, r#""conversationId":"c","content":"x","clientId":"k","#),
    ("agent_status", "status", &["available", "away", "draining", "offline"], ""),
    ("subscribe", "topics", Topic::WORDS, ""),
    ("unsubscribe", "topics", Topic::WORDS, ""),
];

/// What a request's reader asks of its `data`.
fn request_seen(kind: &str) -> Vec<Atom> {
    let text = format!(r#"{{"type":"{kind}","data":{{}}}}"#);
    let Some(mut shape) = probe::watch(|| drop(decode(&text, KeyStyle::Camel, 8))) else { return vec![Atom::Any] };
    for (_, key, words, _) in LISTED.iter().filter(|(of, ..)| *of == kind) {
        let field = shape.fields.iter_mut().find(|field| field.key == *key).unwrap();
        let words: Vec<Atom> = words.iter().map(|word| Atom::Tag(word)).collect();
        field.kinds = if matches!(field.kinds[..], [Atom::List(_)]) { vec![Atom::List(words)] } else { words };
    }
    vec![Atom::Object(shape)]
}

#[test]
fn of_a_listed_text_every_word_is_read_and_no_other() {
    let every = [Availability::WORDS, MessageKind::WORDS, Topic::WORDS, &["other"]].concat();
    for (kind, key, words, rest) in LISTED {
        for word in &every {
            let value = if *key == "topics" { format!(r#"["{word}"]"#) } else { format!(r#""{word}""#) };
            let text = format!(r#"{{"type":"{kind}","data":{{{rest}"{key}":{value}}}}}"#);
            assert_eq!(decode(&text, KeyStyle::Camel, 8).is_ok(), words.contains(word), "{text}");
        }
    }
}

fn type_name(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn close_codes() -> String {
    let mut out = comment(
        "",
        "What to do after a close code: come back, go on from the numbers one has, only with another token.",
    );
    out.push_str("export const CLOSE_CODES = {\n");
    for code in CLOSE_CODES {
        writeln!(
            out,
            "  {}: {{ name: \"{}\", reconnect: {}, resume: {}, newToken: {} }},",
            code.code, code.name, code.reconnect, code.resume, code.new_token
        )
        .unwrap();
    }
    out + "} as const;\n"
}

fn error_codes() -> String {
    let mut out = "export const ERROR_CODES = {\n".to_owned();
    for code in ErrorCode::ALL {
        out += &comment("  ", code.meaning());
        writeln!(out, "  {}: {{ status: {}, retryable: {} }},", code.as_str(), code.status(), code.retryable())
            .unwrap();
    }
    out + "} as const;\n\nexport type ErrorCode = keyof typeof ERROR_CODES;\n"
}

fn generated() -> String {
    let (events, replies, error) = (events_seen(), replies_seen(), error_seen());
    let requests: Vec<(&str, Vec<Atom>)> = REQUEST_TYPES.iter().map(|kind| (*kind, request_seen(kind))).collect();
    let mut named = Named::default();
    events.values().chain(replies.values()).for_each(|kinds| named.learn(kinds));
    named.learn(&error);
    let mut out = HEAD.to_owned();
    for (name, words) in &named.words {
        write!(out, "\nexport type {name} = {};\n", union(words)).unwrap();
    }
    for (name, kinds) in &named.shapes {
        write!(out, "\n{}", definition(name, kinds, Side::Server)).unwrap();
    }
    write!(out, "\n{}", comment("", "The `data` of each event, by its `type`.")).unwrap();
    out.push_str("export interface ServerEvents {\n");
    for (name, of) in &events {
        writeln!(out, "  {name}: {};", kinds(of, Side::Server, "  ")).unwrap();
    }
    out.push_str("}\n\nexport type ServerEventType = keyof ServerEvents;\n\n");
    out.push_str(&comment("", "Told without being asked for."));
    out.push_str("export type ServerEvent = {\n  [K in ServerEventType]: { type: K; data: ServerEvents[K] };\n}[ServerEventType];\n");
    for (name, of) in &replies {
        write!(out, "\n{}", definition(&format!("{name}Reply"), of, Side::Server)).unwrap();
    }
    write!(out, "\n{}\n{}", error_codes(), definition("ErrorBody", &error, Side::Server)).unwrap();
    for (name, of) in &requests {
        write!(out, "\n{}", definition(&format!("{}Data", type_name(name)), of, Side::Client)).unwrap();
    }
    write!(
        out,
        "\n{}",
        comment("", "What a client can ask for: the `data` of each `type`, and the `data` of its answer.")
    )
    .unwrap();
    out.push_str("export interface Commands {\n");
    for (name, _) in &requests {
        let replies: Vec<String> = answers(name).iter().map(|name| format!("{name}Reply")).collect();
        let reply = if replies.is_empty() { "never".to_owned() } else { replies.join(" | ") };
        writeln!(out, "  {name}: {{ data: {}Data; reply: {reply} }};", type_name(name)).unwrap();
    }
    out.push_str("}\n\nexport type CommandType = keyof Commands;\n\n");
    out + &close_codes()
}

#[test]
fn the_typescript_client_has_the_types_of_what_is_written_and_read() {
    hold(PATH, &std::fs::read_to_string(here(PATH)).unwrap_or_default(), &generated());
}
