//! What the console and the admin board work with, on both databases.

use serde_json::{Value, json};
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

mod board;
mod connections;
mod lists;

async fn connect(server: &Server, user: &User) -> (Client, String) {
    let token = server.token(user).await;
    (Client::connect(server, &token).await, token)
}

async fn start(client: &mut Client, client_id: &str) -> String {
    let started = client.ack("start_conversation", json!({ "clientId": client_id, "firstMessage": "Hi" })).await;
    started["conversationId"].as_str().unwrap().to_owned()
}

/// The whole of a list, with the ids alone.
fn ids(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}
