//! The real program is told to stop: everybody hears of it, and what was acknowledged is there afterwards.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use switchboard::domain::user::Role;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::client::Client;
use crate::support::program::{Program, token};

/// Turns a program that does not end into a failure.
const PATIENCE: Duration = Duration::from_secs(60);

async fn connect(address: &str, name: &str) -> Client {
    let bearer = format!("Bearer {}", token(name, Role::Customer));
    let mut client = Client::open(address, "/ws", &[("authorization", &bearer)]).await.unwrap();
    client.expect("connected").await;
    client
}

async fn terminate(child: &Child) {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
}

/// What a writer had acknowledged when its connection ended.
struct Told {
    conversation: String,
    acknowledged: Vec<(i64, String)>,
    types: Vec<String>,
    reconnect_after_ms: i64,
    code: Option<u16>,
}

/// Writes with one message in flight until the server says goodbye; `busy` hears of the first answer.
async fn write_until_goodbye(address: String, name: String, busy: tokio::sync::mpsc::Sender<()>) -> Told {
    let mut client = connect(&address, &name).await;
    let started = client.ack("start_conversation", json!({ "clientId": "only" })).await;
    let conversation = started["conversationId"].as_str().unwrap().to_owned();
    let mut told =
        Told { conversation, acknowledged: Vec::new(), types: Vec::new(), reconnect_after_ms: 0, code: None };
    let mut number = 0;
    loop {
        let content = format!("m{number}");
        let data = json!({ "conversationId": told.conversation, "content": content, "clientId": content });
        let id = client.tell("send_message", data).await;
        // The answer, or goodbye.
        let fits = |event: &Value| event["id"] == id || event["type"] == "server_draining";
        let event = client.expect_where(fits).await;
        if event["type"] == "server_draining" {
            told.reconnect_after_ms = event["data"]["reconnectAfterMs"].as_i64().unwrap();
            told.code = client.close_code().await;
            told.types = client.types();
            // The last one may have been answered in between.
            let late = client.seen.iter().find(|event| event["id"] == id && event["type"] == "ack");
            told.acknowledged.extend(late.map(|event| (event["data"]["seq"].as_i64().unwrap(), content)));
            return told;
        }
        told.acknowledged.push((event["data"]["seq"].as_i64().unwrap(), content));
        // The test listens only until it has heard enough.
        let _ = busy.try_send(());
        number += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_the_program_says_goodbye_keeps_its_word_and_ends_well() {
    let program = Program::on_sqlite();
    let (mut child, address) = program.start().await;
    let (busy, mut first) = tokio::sync::mpsc::channel(1);
    let writers: Vec<_> = (0..10)
        .map(|place| tokio::spawn(write_until_goodbye(address.clone(), format!("c{place}"), busy.clone())))
        .collect();
    drop(busy);
    for _ in 0..50 {
        first.recv().await.unwrap();
    }
    terminate(&child).await;
    let mut told = Vec::new();
    for writer in writers {
        told.push(writer.await.unwrap());
    }
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    let (_again, address) = program.start().await;
    for (place, told) in told.into_iter().enumerate() {
        assert_eq!(told.code, Some(1012), "c{place}: {:?}", told.types);
        assert!((5000..=10_000).contains(&told.reconnect_after_ms), "c{place}: {}", told.reconnect_after_ms);
        assert!(!told.acknowledged.is_empty());
        let mut client = connect(&address, &format!("c{place}")).await;
        let resume = json!({ "conversations": [{ "conversationId": told.conversation, "lastSeq": 0 }] });
        client.ack("resume", resume).await;
        let found = client.messages(&told.conversation);
        for known in &told.acknowledged {
            assert!(found.contains(known), "c{place}: {known:?} is not there");
        }
        // At most the one that was in flight was stored without being acknowledged.
        assert!(found.len() <= told.acknowledged.len() + 1, "c{place}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_answers_does_not_keep_the_program_from_ending() {
    let program = Program::on_sqlite();
    let (mut child, address) = program.start().await;
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    let bearer = format!("Bearer {}", token("deaf", Role::Customer));
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    // It is open, and nothing is read from it any more: not even the close frame is answered.
    let (mut deaf, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    deaf.send(tokio_tungstenite::tungstenite::Message::text("{\"type\":\"ping\"}")).await.unwrap();
    let mut other = connect(&address, "other").await;
    terminate(&child).await;
    other.expect("server_draining").await;
    let refused = Client::open(&address, "/ws", &[]).await.err();
    let known = matches!(
        &refused,
        Some(tokio_tungstenite::tungstenite::Error::Http(response)) if response.status().as_u16() == 503
    );
    assert!(known, "{refused:?}");
    assert_eq!(other.close_code().await, Some(1012));
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    drop(deaf);
}
