//! The whole engine with providers that speak the vendors' interfaces, well and badly, from socket to socket.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::config::{Config, Provider, Secret};
use switchboard::domain::time::Millis;
use switchboard::engine::User;
use tokio::sync::Notify;

use super::FALLBACK;
use super::counts::counted;
use crate::providers::formats::{anthropic_end, anthropic_start, anthropic_text, openai_chunk, tool_call};
use crate::providers::server::{self as vendor, Step, chunk, last_chunk, stream, stream_head, whole};
use crate::providers::{BOTH, KEY, Vendor, sse};
use crate::support::client::Client;
use crate::support::server::Server;

/// An engine whose assistant is a server on this machine, and a customer in a conversation with it.
struct Shop {
    server: Server,
    vendor: vendor::Server,
    cleo: Client,
    id: String,
}

fn settings(config: &mut Config, of: Vendor, base_url: &str) {
    let assistant = &mut config.assistant;
    assistant.provider = match of {
        Vendor::OpenAi => Provider::OpenAi,
        Vendor::Anthropic => Provider::Anthropic,
    };
    assistant.openai_base_url = format!("{base_url}/v1");
    assistant.anthropic_base_url = base_url.to_owned();
    assistant.openai_api_key = Some(Secret::new(KEY));
    assistant.anthropic_api_key = Some(Secret::new(KEY));
    assistant.retries = 0;
}

impl Shop {
    async fn open(of: Vendor, scripts: Vec<Vec<Step>>) -> Self {
        let vendor = vendor::Server::start(scripts).await;
        let base_url = vendor.base_url.clone();
        // One thread for all actors: the tests move the time of the providers' limits.
        let server = Server::built(|config| settings(config, of, &base_url), |builder| builder.on_this_thread()).await;
        let token = server.token(&User::customer("cleo", "Cleo")).await;
        let mut cleo = Client::connect(&server, &token).await;
        let started = cleo.ack("start_conversation", json!({ "clientId": "c1" })).await;
        let id = started["conversationId"].as_str().unwrap().to_owned();
        // From the greeting on, the socket is in the room: a later one would get the text so far, and no deltas.
        cleo.expect("ai_message").await;
        Self { server, vendor, cleo, id }
    }

    async fn says(&mut self, client_id: &str, text: &str) {
        let data = json!({ "conversationId": self.id, "content": text, "clientId": client_id });
        self.cleo.ack("send_message", data).await;
    }

    /// The assistant's next stored message after the greeting.
    async fn reply(&mut self) -> Value {
        let text = |event: &Value| event["type"] == "ai_message" && event["data"]["messageType"] == "text";
        self.cleo.expect_where(text).await["data"].clone()
    }

    /// All deltas put together.
    fn deltas(&self) -> String {
        let deltas = self.cleo.seen.iter().filter(|event| event["type"] == "ai_message_delta");
        deltas.map(|event| event["data"]["delta"].as_str().unwrap()).collect()
    }

    /// What stands on the disk, under a path of the conversation, as an admin reads it.
    async fn stored(&self, what: &str) -> Value {
        self.server.settle().await;
        let admin = self.server.token(&User::admin("root", "Root")).await;
        let (status, page) = self.server.get(&format!("/api/v1/conversations/{}/{what}", self.id), &admin).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    /// The customer hears the fallback text, once, and waits for a person; the provider is not asked again.
    async fn gives_up(&mut self) {
        assert_eq!(self.reply().await["content"], FALLBACK);
        assert_eq!(self.cleo.expect("escalation_status").await["status"], "QUEUED");
        self.says("late", "Hello?").await;
        let stored = self.stored("messages").await;
        let lines = stored["items"].as_array().unwrap();
        assert_eq!(lines.iter().filter(|line| line["content"] == FALLBACK).count(), 1, "{stored}");
        let asked = self.cleo.types().iter().filter(|kind| *kind == "escalation_requested").count();
        assert_eq!(asked, 1);
        assert_eq!(self.vendor.unseen(), 0, "the conversation is the agents' now");
    }
}

/// A stream that says these pieces, each a chunk of its own, and ends well.
fn pieces(of: Vendor, pieces: &[&str]) -> Vec<Vec<u8>> {
    let last = pieces.len().saturating_sub(1);
    let events = pieces.iter().enumerate().map(|(place, piece)| match of {
        Vendor::OpenAi => {
            let mut events = vec![openai_chunk(json!({ "content": piece }), None)];
            if place == last {
                let usage = json!({ "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29 });
                events.push(openai_chunk(json!({}), Some("stop")));
                events.push(("", json!({ "id": "chatcmpl-1", "choices": [], "usage": usage })));
            }
            sse(&events)
        }
        Vendor::Anthropic => {
            let mut events = if place == 0 { vec![anthropic_start()] } else { Vec::new() };
            events.push(anthropic_text(0, piece));
            if place == last {
                events.extend(anthropic_end("end_turn"));
            }
            sse(&events)
        }
    });
    events.map(String::into_bytes).collect()
}

/// The word "Well", and no end.
fn beginning(of: Vendor) -> Vec<Step> {
    let text = match of {
        Vendor::OpenAi => sse(&[openai_chunk(json!({ "content": "Well" }), None)]),
        Vendor::Anthropic => sse(&[anthropic_start(), anthropic_text(0, "Well")]),
    };
    vec![stream_head(), chunk(text.as_bytes())]
}

#[actix_web::test]
async fn a_streamed_answer_reaches_the_socket_in_pieces_and_is_stored_whole() {
    for (of, path, read) in
        [(Vendor::OpenAi, "POST /v1/chat/completions", 19), (Vendor::Anthropic, "POST /v1/messages", 24)]
    {
        let gate = Arc::new(Notify::new());
        let parts = pieces(of, &["It is", " on its", " wäy. 🦀"]);
        let script = vec![
            stream_head(),
            chunk(&parts[0]),
            Step::Wait(Arc::clone(&gate)),
            chunk(&parts[1]),
            Step::Wait(Arc::clone(&gate)),
            chunk(&parts[2]),
            last_chunk(),
        ];
        // Each piece is shown before the next is made.
        let mut shop = Shop::open(of, vec![script]).await;
        shop.says("m1", "Where is my order?").await;
        let heard = shop.vendor.next().await;
        assert_eq!(heard.target, path);
        let newest = heard.body["messages"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(newest, json!({ "role": "user", "content": "Where is my order?" }), "{of:?}");
        let begun = shop.cleo.expect("ai_message_start").await;
        let first = shop.cleo.expect("ai_message_delta").await;
        assert_eq!((&first["delta"], &first["index"]), (&json!("It is"), &json!(0)), "{of:?}");
        gate.notify_one();
        shop.server.clock.advance(Millis::new(34));
        let second = shop.cleo.expect("ai_message_delta").await;
        assert_eq!((&second["delta"], &second["index"]), (&json!(" on its"), &json!(1)), "{of:?}");
        gate.notify_one();
        let said = shop.reply().await;
        assert_eq!((&said["content"], &said["messageId"]), (&json!("It is on its wäy. 🦀"), &begun["messageId"]));
        assert!("It is on its wäy. 🦀".starts_with(&shop.deltas()), "{}", shop.deltas());
        let stored = shop.stored("messages").await;
        let lines = stored["items"].as_array().unwrap();
        let line = lines.iter().find(|line| line["messageId"] == begun["messageId"]).unwrap();
        assert_eq!((&line["content"], &line["seq"]), (&said["content"], &said["seq"]));
        let counted = counted(&shop.server, 1).await;
        assert_eq!((&counted["answered"], &counted["inputTokens"]), (&json!(1), &json!(read)), "{of:?}");
        assert_eq!((&counted["outputTokens"], &counted["firstDeltaMs"]["count"]), (&json!(10), &json!(1)));
        shop.server.stop().await;
    }
}

#[actix_web::test]
async fn a_tool_call_brings_a_person_with_the_summary_in_front_of_them() {
    for of in BOTH {
        for (words, said) in [("One moment.", "One moment."), ("", "Of course. I am passing you on to a person.")] {
            let mut shop = Shop::open(of, vec![stream(&tool_call(of, words))]).await;
            let ann = shop.server.token(&User::agent("ann", "ann")).await;
            let mut agent = Client::connect(&shop.server, &ann).await;
            agent.expect("staff_data").await;
            shop.says("m1", "Where is order 7?").await;
            let reply = shop.reply().await;
            assert_eq!(
                (&reply["content"], &reply["metadata"]["escalationReason"]),
                (&json!(said), &json!("wants a refund"))
            );
            assert_eq!(shop.cleo.expect("escalation_requested").await["reason"], "wants a refund");
            assert_eq!(shop.cleo.expect("agent_joined").await["agentName"], "ann");
            agent.notice("NEW_CONVERSATION_ASSIGNED").await;
            let path = format!("/api/v1/conversations/{}/notes", shop.id);
            let (_, page) = shop.server.get(&path, &ann).await;
            let note = page["items"][0]["content"].as_str().unwrap_or_default().to_owned();
            assert!(note.contains("Order 7 is late") && note.contains("wants a refund"), "{of:?}: {page}");
            let counted = counted(&shop.server, 1).await;
            assert_eq!((&counted["handOffs"], &counted["turns"]), (&json!(1), &json!(1)));
            shop.server.stop().await;
        }
    }
}

#[actix_web::test]
async fn a_marker_split_over_chunks_is_never_seen_by_anyone() {
    let cases: [(&[&str], &str); 2] = [
        (&["Sure. [ESCAL", "ATION_REQ", "UESTED]"], "the assistant asked for a human"),
        (&["Sure. TRANSF", "ER_TO_HU", "MAN: angry about ", "order 7"], "angry about order 7"),
    ];
    for of in BOTH {
        for (parts, reason) in cases {
            let chunks = pieces(of, parts);
            let script = [stream_head()].into_iter().chain(chunks.iter().map(|it| chunk(it))).chain([last_chunk()]);
            let mut shop = Shop::open(of, vec![script.collect()]).await;
            let ann = shop.server.token(&User::agent("ann", "ann")).await;
            let mut agent = Client::connect(&shop.server, &ann).await;
            agent.expect("staff_data").await;
            shop.says("m1", "Where is order 7?").await;
            let reply = shop.reply().await;
            assert_eq!((&reply["content"], &reply["metadata"]["escalationReason"]), (&json!("Sure."), &json!(reason)));
            shop.cleo.expect("agent_joined").await;
            agent.notice("NEW_CONVERSATION_ASSIGNED").await;
            assert!("Sure. ".starts_with(&shop.deltas()), "{}", shop.deltas());
            let stored = [shop.stored("messages").await, shop.stored("notes").await, shop.stored("transcript").await];
            assert!(stored[1]["items"][0]["content"].as_str().unwrap().contains(reason), "{}", stored[1]);
            for event in shop.cleo.seen.iter().chain(&agent.seen).chain(&stored) {
                let shown = event.to_string();
                let parts = ["[ESCAL", "UESTED]", "ATION_REQ", "TRANSF", "ER_TO_HU"];
                assert!(!parts.iter().any(|part| shown.contains(part)), "{of:?}: {shown}");
            }
            shop.server.stop().await;
        }
    }
}

#[actix_web::test]
async fn silence_of_the_provider_ends_in_the_fallback_and_a_person() {
    for of in BOTH {
        for (in_the_middle, seconds) in [(true, 31), (false, 11)] {
            let mut script = if in_the_middle { beginning(of) } else { Vec::new() };
            script.push(Step::Hang);
            let mut shop = Shop::open(of, vec![script]).await;
            shop.says("m1", "Where is my order?").await;
            shop.vendor.next().await;
            if in_the_middle {
                assert_eq!(shop.cleo.expect("ai_message_delta").await["delta"], "Well");
            }
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(seconds)).await;
            tokio::time::resume();
            shop.gives_up().await;
            shop.vendor.left.recv().await.unwrap();
            let counted = counted(&shop.server, 1).await;
            assert_eq!(counted["failures"], json!([{ "reason": "timed_out", "count": 1 }]), "{of:?}");
            shop.server.stop().await;
        }
    }
}

#[actix_web::test]
async fn a_cut_a_refusal_and_a_broken_answer_end_in_the_fallback_and_a_person() {
    for of in BOTH {
        let mut cut = beginning(of);
        cut.push(Step::Close);
        let repeats_the_key = json!({ "error": { "message": format!("no such key {KEY}") } }).to_string();
        for (script, word) in [
            (cut, "unreachable"),
            (whole(500, "", "oops"), "unavailable"),
            (whole(401, "", &repeats_the_key), "refused"),
            (whole(200, "", "{\"no\": \"answer\"}"), "unreadable"),
        ] {
            let mut shop = Shop::open(of, vec![script]).await;
            shop.says("m1", "Where is my order?").await;
            shop.vendor.next().await;
            shop.gives_up().await;
            let counted = counted(&shop.server, 1).await;
            assert_eq!(counted["failures"], json!([{ "reason": word, "count": 1 }]), "{of:?}");
            let stored = [shop.stored("messages").await, shop.stored("notes").await, counted];
            for event in shop.cleo.seen.iter().chain(&stored) {
                assert!(!event.to_string().contains(KEY), "{event}");
            }
            shop.server.stop().await;
        }
    }
}

/// The child's part of the test below; it does nothing when it is run by itself.
#[actix_web::test]
async fn child_whose_provider_fails_while_everything_is_logged() {
    if std::env::var_os("CHILD_LOGS_EVERYTHING").is_none() {
        return;
    }
    let log = switchboard::config::Log { format: switchboard::config::LogFormat::Text, filter: "trace".to_owned() };
    switchboard::logging::start(&log).unwrap();
    for of in BOTH {
        let mut cut = beginning(of);
        cut.push(Step::Close);
        let repeats_the_key = json!({ "error": { "message": format!("no such key {KEY}") } }).to_string();
        for script in [cut, whole(401, "", &repeats_the_key), whole(500, "", &repeats_the_key)] {
            let mut shop = Shop::open(of, vec![script]).await;
            shop.says("m1", "Where is my order?").await;
            assert!(format!("{:?}", shop.vendor.next().await.headers).contains(KEY), "the provider does get it");
            shop.gives_up().await;
            shop.server.stop().await;
        }
    }
}

#[test]
fn the_key_is_in_no_log_line_whatever_fails() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "assistant::vendors::child_whose_provider_fails_while_everything_is_logged", "--nocapture"])
        .env("CHILD_LOGS_EVERYTHING", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert_eq!(printed.matches("the assistant failed").count(), 6, "{printed}");
    let line = printed.lines().find(|line| line.contains(KEY));
    assert_eq!(line, None);
}

#[actix_web::test]
async fn an_answer_with_nul_is_stored_on_postgresql_without_it_and_asked_for_once() {
    let vendor = vendor::Server::start(vec![stream_of(Vendor::OpenAi, &["Ten\0 ", "\0euro.\u{7}"])]).await;
    let base_url = vendor.base_url.clone();
    let url = crate::support::postgres::fresh_database().await;
    let change = |config: &mut Config| {
        settings(config, Vendor::OpenAi, &base_url);
        config.database.url = switchboard::config::PrivateUrl::new(url);
    };
    let server = Server::built(change, |builder| builder.on_this_thread()).await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = Client::connect(&server, &token).await;
    let started = cleo.ack("start_conversation", json!({ "clientId": "c1" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    cleo.expect("ai_message").await;
    let mut shop = Shop { server, vendor, cleo, id };
    shop.says("m1", "What does it cost?").await;
    assert_eq!(shop.reply().await["content"], "Ten euro.");
    // The whole reply may overtake its last piece.
    assert!("Ten euro.".starts_with(shop.deltas().trim_end()), "{}", shop.deltas());
    let stored = shop.stored("messages").await;
    assert!(stored["items"].as_array().unwrap().iter().any(|line| line["content"] == "Ten euro."), "{stored}");
    assert_eq!(shop.vendor.unseen(), 1, "asked once");
    shop.server.stop().await;
}

fn stream_of(of: Vendor, words: &[&str]) -> Vec<Step> {
    let mut steps = vec![stream_head()];
    steps.extend(pieces(of, words).iter().map(|piece| chunk(piece)));
    steps.push(last_chunk());
    steps
}
