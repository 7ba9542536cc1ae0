//! A database file that another process has locked, or that has no room to grow.

use diesel::prelude::*;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use switchboard::domain::user::Role;
use switchboard::engine::User;
use switchboard::store::StoreError;
use tokio::process::{Child, Command};

use crate::support::client::Client;
use crate::support::program::{Program, token};
use crate::support::server::Server;

/// The write lock, held by somebody else until it is dropped.
struct Lock(SqliteConnection);

impl Lock {
    fn take(server: &Server) -> Self {
        let url = server.engine.node().config().database.url.expose().to_owned();
        let mut conn = SqliteConnection::establish(url.strip_prefix("sqlite:").unwrap()).unwrap();
        diesel::sql_query("PRAGMA busy_timeout = 20000").execute(&mut conn).unwrap();
        diesel::sql_query("BEGIN EXCLUSIVE").execute(&mut conn).unwrap();
        Self(conn)
    }

    fn release(mut self) {
        diesel::sql_query("ROLLBACK").execute(&mut self.0).unwrap();
    }
}

async fn started(server: &Server, name: &str) -> (Client, String, String) {
    let token = server.token(&User::customer(name, name)).await;
    let mut client = Client::connect(server, &token).await;
    let started = client.ack("start_conversation", json!({ "clientId": "first" })).await;
    (client, started["conversationId"].as_str().unwrap().to_owned(), token)
}

fn message(id: &str, client_id: &str) -> Value {
    json!({ "conversationId": id, "content": client_id, "clientId": client_id })
}

/// What the database holds, as REST tells it.
async fn stored(server: &Server, id: &str, token: &str) -> Vec<String> {
    let (status, page) = server.get(&format!("/api/v1/conversations/{id}/messages"), token).await;
    assert_eq!(status, 200, "{page}");
    let items = page["messages"].as_array().or(page["items"].as_array()).unwrap().clone();
    items.iter().map(|item| item["content"].as_str().unwrap().to_owned()).collect()
}

async fn supervisor_is_back(server: &Server) {
    while server.engine.handle().routing_state().await.is_err() {}
}

#[actix_web::test]
async fn a_locked_database_is_a_retryable_error_to_the_writer_and_to_nobody_else() {
    let server = Server::with(|config| config.database.busy_timeout_ms = 0).await;
    let (mut cleo, id, cleo_token) = started(&server, "cleo").await;
    let (mut dora, other, dora_token) = started(&server, "dora").await;
    cleo.ack("send_message", message(&id, "before")).await;
    server.settle().await;
    let lock = Lock::take(&server);
    for (kind, data) in
        [("send_message", message(&id, "during")), ("escalate", json!({ "conversationId": id, "reason": "help" }))]
    {
        let answer = cleo.ask(kind, data).await;
        assert_eq!((&answer["data"]["code"], &answer["data"]["retryable"]), (&json!("unavailable"), &json!(true)));
    }
    assert_eq!(server.get("/health/ready", "").await.0, 503);
    // Nobody else notices: reading goes on, and the socket of the one concerned as well.
    assert_eq!(stored(&server, &id, &cleo_token).await, ["before"]);
    assert_eq!(dora.ask("ping", json!({})).await["type"], "pong");
    assert!(stored(&server, &other, &dora_token).await.is_empty());
    lock.release();
    supervisor_is_back(&server).await;
    assert_eq!(cleo.ack("send_message", message(&id, "during")).await["seq"], 2);
    assert_eq!(dora.ack("send_message", message(&other, "hello")).await["seq"], 1);
    assert_eq!(cleo.ack("escalate", json!({ "conversationId": id, "reason": "help" })).await["status"], "QUEUED");
    assert_eq!(stored(&server, &id, &cleo_token).await[..2], ["before", "during"]);
    assert_eq!(server.get("/health/ready", "").await.0, 200);
    server.stop().await;
}

#[actix_web::test]
async fn a_writer_waits_for_the_lock_as_long_as_the_settings_say() {
    let server = Server::with(|config| config.database.busy_timeout_ms = 600_000).await;
    let (mut cleo, id, token) = started(&server, "cleo").await;
    let lock = Lock::take(&server);
    cleo.tell("send_message", message(&id, "patient")).await;
    assert!(stored(&server, &id, &token).await.is_empty());
    lock.release();
    cleo.expect_where(|event| event["type"] == "new_message" && event["data"]["seq"] == 1).await;
    assert_eq!(stored(&server, &id, &token).await, ["patient"]);
    server.stop().await;
}

#[actix_web::test]
async fn whoever_finds_no_free_connection_is_told_after_the_time_that_the_settings_say() {
    let server = Server::with(|config| {
        config.database.busy_timeout_ms = 600_000;
        config.database.acquire_timeout_ms = 1_000;
    })
    .await;
    let (mut cleo, id, _) = started(&server, "cleo").await;
    let lock = Lock::take(&server);
    // One of these holds the only writing connection for as long as the lock is held; the others find none.
    cleo.tell("send_message", message(&id, "patient")).await;
    let store = std::sync::Arc::clone(server.engine.node().store());
    let mut pings = futures_util::stream::FuturesUnordered::new();
    pings.extend((0..3).map(|_| store.ping()));
    let refused = pings.next().await.unwrap().unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)) && refused.to_string().contains("imeout"), "{refused}");
    lock.release();
    while pings.next().await.is_some() {}
    // The message had its turn as well, or is told that there was none.
    cleo.expect_where(|event| event["id"] == 2).await;
    cleo.ack("send_message", message(&id, "patient")).await;
    server.stop().await;
}

#[actix_web::test]
async fn a_locked_file_is_busy_and_says_so() {
    let server = Server::with(|config| config.database.busy_timeout_ms = 0).await;
    let lock = Lock::take(&server);
    let refused = server.engine.node().store().ping().await.unwrap_err();
    assert!(matches!(refused, StoreError::Busy(_)), "{refused}");
    lock.release();
    server.engine.node().store().ping().await.unwrap();
    server.stop().await;
}

/// How large a file the program may write, bytes; none = any.
async fn room(child: &Child, bytes: Option<u64>) {
    let limit = bytes.map_or("unlimited".to_owned(), |bytes| format!("{bytes}:unlimited"));
    let pid = child.id().unwrap().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}")]).status().await.unwrap();
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_is_a_retryable_error_until_there_is_room_again() {
    let mut program = Program::on_sqlite();
    // A write beyond the limit of file sizes fails instead of ending it.
    program.first = Some("trap '' XFSZ");
    let (child, address) = program.start().await;
    let bearer = format!("Bearer {}", token("cleo", Role::Customer));
    let mut cleo = Client::open(&address, "/ws", &[("authorization", &bearer)]).await.unwrap();
    let started = cleo.ack("start_conversation", json!({ "clientId": "first" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    cleo.ack("send_message", message(&id, "before")).await;
    room(&child, Some(1)).await;
    for _ in 0..3 {
        let refused = cleo.ask("send_message", message(&id, "during")).await;
        assert_eq!((&refused["type"], &refused["data"]["retryable"]), (&json!("error"), &json!(true)), "{refused}");
    }
    assert_eq!(cleo.ask("ping", json!({})).await["type"], "pong");
    room(&child, None).await;
    // The room reads its rows again after a lost outcome; until then the answer is a retryable error as well.
    let seq = loop {
        let answer = cleo.ask("send_message", message(&id, "during")).await;
        if answer["type"] == "ack" {
            break answer["data"]["seq"].clone();
        }
        assert_eq!(answer["data"]["retryable"], true, "{answer}");
    };
    assert_eq!(seq, 2);
    drop(child);
    let (_again, address) = program.start().await;
    let mut cleo = Client::open(&address, "/ws", &[("authorization", &bearer)]).await.unwrap();
    cleo.ack("resume", json!({ "conversations": [{ "conversationId": id, "lastSeq": 0 }] })).await;
    assert_eq!(cleo.messages(&id), [(1, "before".to_owned()), (2, "during".to_owned())]);
}
