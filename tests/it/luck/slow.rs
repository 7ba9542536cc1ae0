//! A client that does not read: its pump stands still (DESIGN §1.5), so it is cut from outside.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use switchboard::domain::time::Millis;
use switchboard::engine::User;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::client::Client;
use crate::support::server::Server;

const CONTENT: usize = 8_000;
/// More than the kernels of both ends take for a socket whose reader has a small buffer, bytes.
const KERNEL: usize = 6 << 20;

/// A socket with a small receive buffer, on which nothing is read after the answer to its join.
async fn stuck(server: &Server, token: &str, conversation_id: &str) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.address.parse().unwrap()).await.unwrap();
    let mut request = format!("ws://{}/ws", server.address).into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let (mut ws, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let join = json!({ "type": "join", "data": { "conversationId": conversation_id }, "id": 1 });
    ws.send(Message::text(join.to_string())).await.unwrap();
    loop {
        let Message::Text(text) = ws.next().await.unwrap().unwrap() else { continue };
        if serde_json::from_str::<Value>(&text).unwrap()["id"] == 1 {
            return ws;
        }
    }
}

/// What every test here begins with: a customer who writes, an agent who reads, an admin who does not.
struct Scene {
    server: Server,
    cleo: Client,
    ann: Client,
    id: String,
    sent: i64,
}

impl Scene {
    async fn new(outbound_bytes: usize) -> (Self, WebSocketStream<TcpStream>) {
        let server = Server::with(|config| config.limits.outbound_bytes = outbound_bytes).await;
        let token = server.token(&User::customer("cleo", "Cleo")).await;
        let mut cleo = Client::connect(&server, &token).await;
        let started = cleo.ack("start_conversation", json!({ "clientId": "first" })).await;
        let id = started["conversationId"].as_str().unwrap().to_owned();
        let token = server.token(&User::admin("ann", "Ann")).await;
        let mut ann = Client::connect(&server, &token).await;
        ann.ack("join", json!({ "conversationId": id })).await;
        let token = server.token(&User::admin("sam", "Sam")).await;
        let sam = stuck(&server, &token, &id).await;
        let mut scene = Self { server, cleo, ann, id, sent: 0 };
        assert!(scene.sees_sam(true).await);
        (scene, sam)
    }

    /// One full-size message, durable and read by its sender and by Ann.
    async fn write(&mut self) {
        self.sent += 1;
        let mut content = format!("{}:", self.sent);
        content.push_str(&"x".repeat(CONTENT - content.len()));
        let data = json!({ "conversationId": self.id, "content": content, "clientId": self.sent.to_string() });
        assert_eq!(self.cleo.ack("send_message", data).await["seq"], self.sent);
        let sent = self.sent;
        self.ann.expect_where(|event| event["type"] == "new_message" && event["data"]["seq"] == sent).await;
    }

    fn bytes(&self) -> usize {
        usize::try_from(self.sent).unwrap() * CONTENT
    }

    /// Waits for the news that Sam came or went.
    async fn sees_sam(&mut self, online: bool) -> bool {
        let fits = |event: &Value| event["type"] == "presence" && event["data"]["userId"] == "sam";
        let event = self.ann.expect_where(fits).await;
        event["data"]["online"] == online
    }

    fn saw_sam_go(&self) -> bool {
        self.ann.seen.iter().any(|event| {
            event["type"] == "presence" && event["data"]["userId"] == "sam" && event["data"]["online"] == false
        })
    }

    /// Sam's old connection ends, though nothing more is written to it; on a new one he gets everything.
    async fn comes_back(mut self, mut sam: WebSocketStream<TcpStream>) {
        let patience = std::time::Duration::from_secs(20);
        let rest =
            tokio::time::timeout(patience, async { while sam.next().await.is_some_and(|frame| frame.is_ok()) {} });
        rest.await.expect("the server kept the connection of a client that does not read");
        self.write().await;
        let token = self.server.token(&User::admin("sam", "Sam")).await;
        let mut sam = Client::connect(&self.server, &token).await;
        sam.ack("join", json!({ "conversationId": self.id, "lastSeq": 0 })).await;
        let sent = self.sent;
        sam.expect_where(|event| event["type"] == "new_message" && event["data"]["seq"] == sent).await;
        self.cleo.expect_where(|event| event["type"] == "new_message" && event["data"]["seq"] == sent).await;
        for client in [&sam, &self.ann, &self.cleo] {
            let numbers: Vec<i64> = client.messages(&self.id).into_iter().map(|(seq, _)| seq).collect();
            assert_eq!(numbers, (1..=self.sent).collect::<Vec<_>>());
        }
        self.server.stop().await;
    }
}

#[actix_web::test]
async fn a_client_that_does_not_read_is_cut_when_too_much_waits_for_it() {
    let window = 16_384;
    let (mut scene, sam) = Scene::new(window).await;
    // What the engine keeps for a client is bounded: 64 windows. The kernels' buffers come on top.
    while !scene.saw_sam_go() {
        scene.write().await;
        assert!(scene.bytes() < 64 * window + KERNEL, "nothing ends the growth");
    }
    scene.comes_back(sam).await;
}

#[actix_web::test]
async fn a_client_that_does_not_read_is_cut_after_five_seconds_without_progress() {
    let (mut scene, sam) = Scene::new(262_144).await;
    while scene.bytes() < KERNEL {
        scene.write().await;
    }
    assert!(!scene.saw_sam_go(), "64 windows were not full");
    scene.server.clock.advance(Millis::from_secs(6));
    assert!(!scene.sees_sam(true).await);
    scene.comes_back(sam).await;
}

#[actix_web::test]
async fn what_waits_for_a_client_that_does_not_read_does_not_count_as_handed_over() {
    let server = Server::start().await;
    let token = server.token(&User::agent("ann", "Ann")).await;
    let mut ann = Client::connect(&server, &token).await;
    server.settle().await;
    let token = server.token(&User::customer("cleo", "Cleo")).await;
    let mut cleo = Client::connect(&server, &token).await;
    let started = cleo.ack("start_conversation", json!({ "clientId": "first" })).await;
    let id = started["conversationId"].as_str().unwrap().to_owned();
    cleo.ack("escalate", json!({ "conversationId": id })).await;
    cleo.expect("agent_joined").await;
    ann.ack("join", json!({ "conversationId": id })).await;
    let stuck = stuck(&server, &token, &id).await;
    cleo.close().await;
    let (mut last, mut bytes) = (0, 0);
    while bytes < KERNEL {
        let data = json!({ "conversationId": id, "content": "x".repeat(CONTENT), "clientId": bytes.to_string() });
        last = ann.ack("send_message", data).await["seq"].as_i64().unwrap();
        bytes += CONTENT;
    }
    server.clock.advance(Millis::from_secs(6));
    let gone = |event: &Value| {
        event["type"] == "presence" && event["data"]["userId"] == "cleo" && event["data"]["online"] == false
    };
    ann.expect_where(gone).await;
    let told: Vec<i64> = ann
        .seen
        .iter()
        .filter(|event| event["type"] == "message_delivered")
        .map(|event| event["data"]["seq"].as_i64().unwrap())
        .collect();
    assert!(!told.is_empty(), "what the kernels took was handed over");
    assert!(told.iter().all(|seq| *seq < last), "{told:?}, and {last} were sent");
    drop(stuck);
    server.stop().await;
}
