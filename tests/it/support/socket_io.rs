//! A client of the Socket.IO dialect over a WebSocket, and bare Engine.IO for what it must not do.

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

/// An Engine.IO WebSocket.
pub struct Wire {
    ws: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub closed: Option<CloseFrame>,
}

impl Wire {
    /// Opens a socket; `query` after `?EIO=4&transport=websocket`.
    pub async fn open(address: &str, path: &str, query: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let url = format!("ws://{address}{path}?EIO=4&transport=websocket{query}");
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (ws, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { ws, closed: None })
    }

    /// The next message; none once it is closed.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.ws.next()).await;
            match next.expect("nothing came") {
                Some(Ok(Message::Close(frame))) => self.closed = frame,
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => return Some(message),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    pub async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.as_str().to_owned(),
            other => panic!("no text but {other:?} ({:?})", self.closed),
        }
    }

    /// The same, past the server's pings, which are left unanswered.
    pub async fn text_but_ping(&mut self) -> String {
        loop {
            let text = self.text().await;
            if text != "2" {
                return text;
            }
        }
    }

    pub async fn bytes(&mut self) -> Vec<u8> {
        match self.next().await {
            Some(Message::Binary(bytes)) => bytes.to_vec(),
            other => panic!("no bytes but {other:?}"),
        }
    }

    pub async fn send(&mut self, text: &str) {
        self.ws.send(Message::text(text)).await.unwrap();
    }

    /// Sends where the server may have closed already.
    pub async fn try_send(&mut self, text: &str) {
        // It says so by its close.
        let _ = self.ws.send(Message::text(text)).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.ws.send(Message::binary(bytes.to_vec())).await.unwrap();
    }

    /// Reads until the server has closed; the close code.
    pub async fn end(&mut self) -> Option<u16> {
        while self.next().await.is_some() {}
        self.closed.as_ref().map(|frame| frame.code.into())
    }
}

/// A client that has entered the main namespace.
pub struct SocketIo {
    pub wire: Wire,
    /// The answer to its entrance.
    pub entered: Value,
    next_id: u64,
    /// Events in the order they came: name, data, offset.
    pub seen: Vec<(String, Value, Option<String>)>,
    acks: Vec<(u64, Value)>,
    looked: usize,
}

impl SocketIo {
    /// Enters with an `auth` object.
    pub async fn enter(address: &str, auth: Value) -> Self {
        let mut wire = Wire::open(address, "/socket.io/", "", &[]).await.unwrap();
        assert!(wire.text().await.starts_with('0'));
        wire.send(&format!("40{auth}")).await;
        let answer = wire.text().await;
        let entered = answer.strip_prefix("40").unwrap_or_else(|| panic!("{answer}"));
        let entered = serde_json::from_str(entered).unwrap();
        Self { wire, entered, next_id: 0, seen: Vec::new(), acks: Vec::new(), looked: 0 }
    }

    /// Enters with a token and waits until it is known.
    pub async fn connect(server: &Server, token: &str) -> Self {
        let mut client = Self::enter(&server.address, json!({ "token": token })).await;
        client.expect("connected").await;
        client
    }

    /// Reads one packet; false when the connection has ended.
    pub async fn read(&mut self) -> bool {
        let Some(Message::Text(text)) = self.wire.next().await else { return false };
        let text = text.as_str();
        if text == "2" {
            self.wire.try_send("3").await;
        } else if let Some(event) = text.strip_prefix("42") {
            let event: Vec<Value> = serde_json::from_str(event).unwrap();
            let offset = event.get(2).and_then(Value::as_str).map(str::to_owned);
            self.seen.push((event[0].as_str().unwrap().to_owned(), event[1].clone(), offset));
        } else if let Some(ack) = text.strip_prefix("43") {
            let (id, data) = ack.split_at(ack.find('[').unwrap());
            self.acks.push((id.parse().unwrap(), serde_json::from_str::<Value>(data).unwrap()[0].clone()));
        } else {
            assert_eq!(text, "41", "what is this?");
        }
        true
    }

    pub fn names(&self) -> Vec<&str> {
        self.seen.iter().map(|(name, _, _)| name.as_str()).collect()
    }

    /// The next event that fits, from where the last look ended.
    pub async fn expect_where(&mut self, fits: impl Fn(&str, &Value) -> bool) -> Value {
        loop {
            while self.looked < self.seen.len() {
                self.looked += 1;
                let (name, data, _) = &self.seen[self.looked - 1];
                if fits(name, data) {
                    return data.clone();
                }
            }
            assert!(self.read().await, "the connection ended ({:?}); seen: {:?}", self.wire.closed, self.names());
        }
    }

    /// The data of the next event of a name.
    pub async fn expect(&mut self, wanted: &str) -> Value {
        self.expect_where(|name, _| name == wanted).await
    }

    pub async fn emit(&mut self, name: &str, data: Value) {
        self.wire.send(&format!("42{}", json!([name, data]))).await;
    }

    /// Emits and waits for the acknowledgement.
    pub async fn ask(&mut self, name: &str, data: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.wire.send(&format!("42{id}{}", json!([name, data]))).await;
        loop {
            if let Some((_, answer)) = self.acks.iter().find(|(known, _)| *known == id) {
                return answer.clone();
            }
            assert!(self.read().await, "the connection ended ({:?}); seen: {:?}", self.wire.closed, self.names());
        }
    }

    /// The numbers and texts of a conversation's messages that came by themselves.
    pub fn messages(&self) -> Vec<(i64, String)> {
        let messages = self.seen.iter().filter(|(name, _, _)| name == "new_message" || name == "ai_message");
        messages
            .map(|(_, data, _)| (data["seq"].as_i64().unwrap(), data["content"].as_str().unwrap().to_owned()))
            .collect()
    }
}
