//! Messages between people (seed 003), on both databases.

use serde_json::{Value, json};
use switchboard::engine::User;

use crate::support::client::Client;
use crate::support::server::Server;

mod changes;
mod files;
mod people;
mod store;
mod walk;

const CONVERSATIONS: &str = "/api/v1/messages/conversations";
const MESSAGES: &str = "/api/v1/messages/messages";

/// Opens a device of the client that seed 003 describes.
async fn device(server: &Server, token: &str) -> Client {
    let mut client = Client::open(&server.address, &format!("/api/v1/ws?token={token}"), &[]).await.unwrap();
    client.expect("connected").await;
    client
}

async fn guest(server: &Server, id: &str) -> String {
    server.token(&User::customer(id, id)).await
}

async fn agent(server: &Server, id: &str) -> String {
    server.token(&User::agent(id, id)).await
}

async fn admin(server: &Server) -> String {
    server.token(&User::admin("boss", "Boss")).await
}

/// Begins a conversation; its id.
async fn begin(server: &Server, token: &str, kind: &str, others: &[&str]) -> String {
    let body = json!({ "type": kind, "subject": "Room Service Request", "participant_ids": others });
    let (status, begun) = server.post(CONVERSATIONS, token, body).await;
    assert_eq!(status, 201, "{begun}");
    begun["id"].as_str().unwrap().to_owned()
}

/// Sends a message; the whole answer.
async fn send(server: &Server, token: &str, id: &str, text: &str) -> Value {
    let body = json!({ "conversation_id": id, "message_text": text });
    let (status, sent) = server.post(MESSAGES, token, body).await;
    assert_eq!(status, 201, "{sent}");
    sent
}

fn of(id: &str) -> String {
    format!("{CONVERSATIONS}/{id}")
}

/// What is unread in a conversation, as a person's list says.
async fn unread(server: &Server, token: &str, id: &str) -> i64 {
    let (status, list) = server.get(CONVERSATIONS, token).await;
    assert_eq!(status, 200, "{list}");
    let row = list.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{list}")).clone();
    row["unread_count"].as_i64().unwrap()
}
