//! A room whose facts are older than the database's.

use diesel::prelude::*;
use serde_json::{Value, json};
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

async fn customer(server: &Server, name: &str) -> (Client, String) {
    let token = server.token(&User::customer(name, name)).await;
    let mut client = Client::connect(server, &token).await;
    let started = client.ack("start_conversation", json!({ "clientId": "first" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    // The answer comes from the room, so the room has read its rows.
    client.ack("send_message", json!({ "conversationId": id, "content": "Hi", "clientId": "hi" })).await;
    (client, id)
}

/// Changes rows behind the engine's back, as a commit does whose answer was lost.
fn behind_its_back(server: &Server, statement: &str) {
    let url = server.engine.node().config().database.url.expose().to_owned();
    let mut conn = SqliteConnection::establish(url.strip_prefix("sqlite:").unwrap()).unwrap();
    assert_eq!(diesel::sql_query(statement).execute(&mut conn).unwrap(), 1);
}

/// Asks until the supervisor has an opinion: between two of its lives nobody knows.
async fn ask(server: &Server, client: &mut Client, kind: &str, data: Value) -> Value {
    loop {
        let answer = client.ask(kind, data.clone()).await;
        while server.engine.handle().routing_state().await.is_err() {}
        if answer["data"]["code"] != "outcome_unknown" {
            return answer;
        }
    }
}

#[actix_web::test]
async fn a_room_with_stale_facts_costs_one_refusal_and_not_one_for_each_click() {
    let server = Server::start().await;
    let (mut cleo, id) = customer(&server, "cleo").await;
    behind_its_back(&server, &format!("UPDATE conversations SET version = version + 1 WHERE id = '{id}'"));
    let first = ask(&server, &mut cleo, "escalate", json!({ "conversationId": id })).await;
    assert_eq!((&first["data"]["code"], &first["data"]["retryable"]), (&json!("unavailable"), &json!(true)), "{first}");
    let second = ask(&server, &mut cleo, "escalate", json!({ "conversationId": id })).await;
    assert_eq!(second["data"]["status"], "QUEUED", "{second}");
    server.stop().await;
}

#[actix_web::test]
async fn a_room_that_missed_the_end_says_so_after_one_refusal() {
    let server = Server::start().await;
    let (mut cleo, id) = customer(&server, "cleo").await;
    let closed =
        format!("UPDATE conversations SET version = version + 1, status = 'CLOSED', closed_at = 1 WHERE id = '{id}'");
    behind_its_back(&server, &closed);
    let first = ask(&server, &mut cleo, "escalate", json!({ "conversationId": id })).await;
    assert_eq!(first["data"]["code"], "unavailable", "{first}");
    let second = ask(&server, &mut cleo, "escalate", json!({ "conversationId": id })).await;
    assert_eq!(second["data"]["code"], "conversation_closed", "{second}");
    let (mut dora, other) = customer(&server, "dora").await;
    assert_eq!(dora.ack("escalate", json!({ "conversationId": other })).await["status"], "QUEUED");
    server.stop().await;
}
