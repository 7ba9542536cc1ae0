//! A WebSocket client of the plain dialect.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::server::Server;

/// Nothing in the tests takes this long; it turns a hang into a failure.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Client {
    ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: i64,
    /// Everything that came, in order.
    pub seen: Vec<Value>,
    /// How far `expect` has looked.
    looked: usize,
    pub closed: Option<CloseFrame>,
    pub gone: bool,
}

impl Client {
    /// Opens a socket with request headers.
    pub async fn open(address: &str, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (ws, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { ws, next_id: 0, seen: Vec::new(), looked: 0, closed: None, gone: false })
    }

    /// Opens a socket with a token and waits until it is known.
    pub async fn connect(server: &Server, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let mut client = Self::open(&server.address, "/ws", &[("authorization", &bearer)]).await.unwrap();
        client.expect("connected").await;
        client
    }

    /// Reads one frame; false when the connection has ended.
    pub async fn read(&mut self) -> bool {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await;
            match next.unwrap_or_else(|_| panic!("nothing came; seen: {:#?}", self.types())) {
                Some(Ok(Message::Text(text))) => {
                    self.seen.push(serde_json::from_str(&text).unwrap());
                    return true;
                }
                Some(Ok(Message::Close(frame))) => self.closed = frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    self.gone = true;
                    return false;
                }
            }
        }
    }

    pub fn types(&self) -> Vec<String> {
        self.seen.iter().map(|event| event["type"].as_str().unwrap_or("?").to_owned()).collect()
    }

    /// The next event that fits, from where the last look ended.
    pub async fn expect_where(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            while self.looked < self.seen.len() {
                self.looked += 1;
                if fits(&self.seen[self.looked - 1]) {
                    return self.seen[self.looked - 1].clone();
                }
            }
            assert!(self.read().await, "the connection ended ({:?}); seen: {:?}", self.closed, self.types());
        }
    }

    /// The data of the next event of a type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_where(|event| event["type"] == kind).await["data"].clone()
    }

    /// The data of the next notification of a kind.
    pub async fn notice(&mut self, kind: &str) -> Value {
        let fits = |event: &Value| {
            event["type"].as_str().is_some_and(|t| t.ends_with("_notification")) && event["data"]["type"] == kind
        };
        self.expect_where(fits).await["data"].clone()
    }

    pub async fn send_raw(&mut self, text: &str) {
        self.ws.send(Message::text(text)).await.unwrap();
    }

    /// Sends without waiting; the id that the answer will carry.
    pub async fn tell(&mut self, kind: &str, data: Value) -> i64 {
        self.next_id += 1;
        self.send_raw(&json!({ "type": kind, "data": data, "id": self.next_id }).to_string()).await;
        self.next_id
    }

    /// Sends and waits for the answer: `ack`, `registered`, `pong` or `error`, whole.
    pub async fn ask(&mut self, kind: &str, data: Value) -> Value {
        let id = self.tell(kind, data).await;
        loop {
            if let Some(answer) = self.seen.iter().find(|event| event["id"] == id) {
                return answer.clone();
            }
            assert!(self.read().await, "the connection ended ({:?}); seen: {:?}", self.closed, self.types());
        }
    }

    /// The same where the server may go away: none then.
    pub async fn try_ask(&mut self, kind: &str, data: Value) -> Option<Value> {
        self.next_id += 1;
        let text = json!({ "type": kind, "data": data, "id": self.next_id }).to_string();
        self.ws.send(Message::text(text)).await.ok()?;
        let id = self.next_id;
        while self.read().await {
            if self.seen.last().is_some_and(|event| event["id"] == id) {
                return self.seen.pop();
            }
            // What else comes is read back at the end.
            self.seen.pop();
        }
        None
    }

    /// The data of an ack.
    pub async fn ack(&mut self, kind: &str, data: Value) -> Value {
        let answer = self.ask(kind, data).await;
        assert_eq!(answer["type"], "ack", "{answer}");
        answer["data"].clone()
    }

    /// The code of an error.
    pub async fn error(&mut self, kind: &str, data: Value) -> String {
        let answer = self.ask(kind, data).await;
        assert_eq!(answer["type"], "error", "{answer}");
        answer["data"]["code"].as_str().unwrap().to_owned()
    }

    /// Reads until the server has closed; the close code.
    pub async fn close_code(&mut self) -> Option<u16> {
        while self.read().await {}
        self.closed.as_ref().map(|frame| frame.code.into())
    }

    /// The numbers and texts of the messages seen in a conversation, in the order they came.
    pub fn messages(&self, conversation_id: &str) -> Vec<(i64, String)> {
        self.seen
            .iter()
            .filter(|event| event["type"] == "new_message" && event["data"]["conversationId"] == conversation_id)
            .filter(|event| event["data"]["seq"].is_i64())
            .map(|event| {
                (event["data"]["seq"].as_i64().unwrap(), event["data"]["content"].as_str().unwrap().to_owned())
            })
            .collect()
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        // It may be closed already.
        let _ = self.ws.close(None).await;
        while self.ws.next().await.is_some_and(|frame| frame.is_ok()) {}
    }
}
