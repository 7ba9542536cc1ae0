//! The database server goes away under the whole engine and comes back half a minute later.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::config::PrivateUrl;
use switchboard::domain::time::Millis;
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::postgres;
use crate::support::server::Server;

fn message(id: &str, client_id: &str) -> Value {
    json!({ "conversationId": id, "content": client_id, "clientId": client_id })
}

async fn started(server: &Server, name: &str) -> (Client, String, String) {
    let token = server.token(&User::customer(name, name)).await;
    let mut client = Client::connect(server, &token).await;
    let started = client.ack("start_conversation", json!({ "clientId": "first" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    client.ack("send_message", message(&id, "hello")).await;
    (client, id, token)
}

/// Seconds pass, and every client gives its signs of life.
async fn pass(server: &Server, seconds: u64, clients: &mut [&mut Client]) {
    for _ in 0..seconds {
        server.clock.advance(Millis::from_secs(1));
        for client in clients.iter_mut() {
            assert_eq!(client.ask("ping", json!({})).await["type"], "pong");
        }
    }
}

fn assert_retryable(answer: &Value) {
    let code = answer["data"]["code"].as_str().unwrap_or_default();
    assert!(matches!(code, "unavailable" | "outcome_unknown"), "{answer}");
    assert_eq!(answer["data"]["retryable"], true, "{answer}");
}

#[actix_web::test]
async fn a_database_that_is_gone_for_half_a_minute_costs_errors_and_nothing_else() {
    let database = postgres::Server::start();
    let url = postgres::fresh_database_in(&database.url).await;
    let server = Server::with(move |config| config.database.url = PrivateUrl::new(url)).await;
    let ann_token = server.token(&User::agent("ann", "Ann")).await;
    let mut ann = Client::connect(&server, &ann_token).await;
    server.settle().await;
    let (mut cleo, served, cleo_token) = started(&server, "cleo").await;
    assert_eq!(cleo.ack("escalate", json!({ "conversationId": served })).await["status"], "ASSIGNED");
    ann.notice("NEW_CONVERSATION_ASSIGNED").await;
    ann.ack("agent_status", json!({ "status": "away" })).await;
    let (mut dora, waiting, dora_token) = started(&server, "dora").await;
    assert_eq!(dora.ack("escalate", json!({ "conversationId": waiting })).await["status"], "QUEUED");
    let (mut eve, asking, _) = started(&server, "eve").await;

    let mut boss = Client::connect(&server, &server.token(&User::admin("boss", "Boss")).await).await;
    boss.ack("join", json!({ "conversationId": served })).await;

    database.stop();
    // As after a commit whose answer was lost.
    server.engine.node().distrust([served.as_str().into()]);
    assert_retryable(&cleo.ask("send_message", message(&served, "lost")).await);
    assert_retryable(&eve.ask("escalate", json!({ "conversationId": asking })).await);
    assert_retryable(&dora.ask("start_conversation", json!({ "clientId": "second" })).await);
    let (status, answer) = server.get(&format!("/api/v1/conversations/{served}/messages"), &cleo_token).await;
    assert_eq!((status, &answer["error"]["retryable"]), (503, &json!(true)), "{answer}");
    assert_eq!(server.get("/health/ready", "").await.0, 503);
    assert_eq!(server.get("/health/live", "").await.0, 200);
    pass(&server, 30, &mut [&mut ann, &mut boss, &mut cleo, &mut dora, &mut eve]).await;
    assert_retryable(&cleo.ask("send_message", message(&served, "lost")).await);

    database.start_again();
    // The supervisor asks the store again each half second.
    let handle = server.engine.handle();
    while !matches!(tokio::time::timeout(Duration::from_millis(200), handle.routing_state()).await, Ok(Ok(_))) {
        pass(&server, 1, &mut [&mut ann, &mut boss, &mut cleo, &mut dora, &mut eve]).await;
    }
    assert_eq!(server.get("/health/ready", "").await.0, 200);
    // On the same sockets: what was refused, news for each other, the queue and the agent's load as they were.
    // The room of the first is read again each half second as well.
    let seq = loop {
        let answer = cleo.ask("send_message", message(&served, "lost")).await;
        if answer["type"] == "ack" {
            break answer["data"]["seq"].clone();
        }
        assert_retryable(&answer);
        pass(&server, 1, &mut [&mut ann, &mut boss, &mut cleo, &mut dora, &mut eve]).await;
    };
    ann.expect_where(|event| event["type"] == "new_message" && event["data"]["content"] == "lost").await;
    ann.ack("send_message", message(&served, "not-at-all")).await;
    for client in [&mut cleo, &mut boss] {
        client.expect_where(|event| event["type"] == "new_message" && event["data"]["content"] == "not-at-all").await;
    }
    let (_, queue) = server.get(&format!("/conversations/queue-status/{waiting}"), &dora_token).await;
    assert_eq!((&queue["status"], &queue["position"]), (&json!("QUEUED"), &json!(1)), "{queue}");
    assert_eq!(eve.ack("escalate", json!({ "conversationId": asking })).await["position"], 2);
    let state = handle.routing_state().await.unwrap();
    assert_eq!(state.agents[&"ann".into()].capacity.used, 1);
    ann.ack("agent_status", json!({ "status": "available" })).await;
    assert_eq!(dora.expect("agent_joined").await["agentId"], "ann");
    assert_eq!(eve.expect("agent_joined").await["agentId"], "ann");
    // Everything that was acknowledged, once and in order.
    let mut again = Client::connect(&server, &cleo_token).await;
    again.expect("chat_session_restored").await;
    again.seen.clear();
    again.ack("resume", json!({ "conversations": [{ "conversationId": served, "lastSeq": 0 }] })).await;
    let found = again.messages(&served);
    let (numbers, texts): (Vec<i64>, Vec<&str>) = found.iter().map(|(seq, text)| (*seq, text.as_str())).unzip();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!((texts[0], texts[3], texts[4], seq), ("hello", "lost", "not-at-all", json!(4)));
    server.stop().await;
}
