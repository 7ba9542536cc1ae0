//! Seed 002's events by long polling, and on the way to a WebSocket.

use serde_json::{Value, json};
use switchboard::engine::User;

use crate::support::server::Server;
use crate::support::socket_io::Wire;

/// A client that polls.
struct Polls<'a> {
    server: &'a Server,
    at: String,
}

impl<'a> Polls<'a> {
    async fn open(server: &'a Server) -> Self {
        let at = format!("http://{}/socket.io/?EIO=4&transport=polling", server.address);
        let body = server.http.get(&at).send().await.unwrap().text().await.unwrap();
        let opened: Value = serde_json::from_str(&body[1..]).unwrap();
        Self { server, at: format!("{at}&sid={}", opened["sid"].as_str().unwrap()) }
    }

    async fn post(&self, body: String) -> u16 {
        self.server.http.post(&self.at).body(body).send().await.unwrap().status().as_u16()
    }

    async fn poll(&self) -> Vec<String> {
        let answer = self.server.http.get(&self.at).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap().split('\u{1e}').map(str::to_owned).collect()
    }

    /// Polls until a packet has come that holds a text.
    async fn until(&self, text: &str) -> Vec<String> {
        let mut all = Vec::new();
        while !all.iter().any(|packet: &String| packet.contains(text)) {
            all.extend(self.poll().await);
        }
        all
    }

    async fn entered(server: &'a Server, token: &str) -> Self {
        let polls = Self::open(server).await;
        assert_eq!(polls.post(format!("40{}", json!({ "token": token }))).await, 200);
        let all = polls.until("chat_session_").await;
        assert!(all[0].starts_with("40{"), "{all:?}");
        polls
    }
}

#[actix_web::test]
async fn a_polling_customer_sends_and_hears_in_order_and_is_told_what_arrived() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let polls = Polls::entered(&server, &token).await;
    let packets: Vec<String> = (1..=5)
        .map(|number| format!("42{number}{}", json!(["send_message", { "content": format!("m{number}") }])))
        .collect();
    assert_eq!(polls.post(packets.join("\u{1e}")).await, 200);
    let mut all = Vec::new();
    while all.iter().filter(|packet: &&String| packet.starts_with("43")).count() < 5
        || all.iter().filter(|packet| packet.starts_with("42[\"new_message\"")).count() < 5
    {
        all.extend(polls.poll().await);
    }
    let seqs: Vec<i64> = all
        .iter()
        .filter_map(|packet| packet.strip_prefix("42[\"new_message\","))
        .map(|rest| rest.split("\"seq\":").nth(1).unwrap().split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    server.stop().await;
}

#[actix_web::test]
async fn messages_that_cross_an_upgrade_come_once_and_in_order() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let polls = Polls::entered(&server, &token).await;
    let sid = polls.at.split("&sid=").nth(1).unwrap().to_owned();
    let mut wire = Wire::open(&server.address, "/socket.io/", &format!("&sid={sid}"), &[]).await.unwrap();
    wire.send("2probe").await;
    assert_eq!(wire.text().await, "3probe");
    assert_eq!(polls.poll().await, ["6"]);
    assert_eq!(polls.post(format!("42{}", json!(["send_message", { "content": "before" }]))).await, 200);
    wire.send("5").await;
    wire.send(&format!("42{}", json!(["send_message", { "content": "after" }]))).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let text = wire.text().await;
        if text.starts_with("42[\"new_message\"") {
            seen.push(text.contains("before"));
        }
    }
    assert_eq!(seen, [true, false]);
    server.stop().await;
}

#[actix_web::test]
async fn a_draining_server_says_goodbye_to_who_polls() {
    let server = Server::start().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let polls = Polls::entered(&server, &token).await;
    server.engine.node().drain().await;
    polls.until("server_draining").await;
    server.clock.advance(switchboard::domain::time::Millis::from_secs(2));
    assert_eq!(polls.poll().await, ["1"]);
    assert_eq!(polls.post("3".to_owned()).await, 400);
    server.stop().await;
}
