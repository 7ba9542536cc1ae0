//! A server that says exactly what a test wants, byte by byte, and tells what it heard.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What the server does after a request came.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends bytes and has them leave the machine at once.
    Write(Vec<u8>),
    /// Says nothing until the client goes away, and tells so.
    Hang,
    /// Says nothing until the test allows it.
    Wait(Arc<tokio::sync::Notify>),
    /// Goes away.
    Close,
}

/// One request as it came.
#[derive(Debug)]
pub struct Heard {
    /// Which connection it came over, counted from 0.
    pub connection: usize,
    /// `POST /v1/messages`.
    pub target: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

/// The server.
pub struct Server {
    /// Without a path.
    pub base_url: String,
    /// What came, in order.
    pub heard: mpsc::UnboundedReceiver<Heard>,
    /// One for each client that left a hanging answer.
    pub left: mpsc::UnboundedReceiver<()>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type Scripts = Arc<Mutex<VecDeque<Vec<Step>>>>;

impl Server {
    /// Answers the first request with the first script, and so on; what comes after the last is refused with 418.
    pub async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let scripts: Scripts = Arc::new(Mutex::new(scripts.into()));
        let (tell_heard, heard) = mpsc::unbounded_channel();
        let (tell_left, left) = mpsc::unbounded_channel();
        let accepting = tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else { return };
                stream.set_nodelay(true).unwrap();
                tokio::spawn(serve(stream, connection, scripts.clone(), tell_heard.clone(), tell_left.clone()));
            }
        });
        Self { base_url, heard, left, accepting }
    }

    /// The next request.
    pub async fn next(&mut self) -> Heard {
        self.heard.recv().await.unwrap()
    }

    /// How many requests came that nobody looked at.
    pub fn unseen(&mut self) -> usize {
        std::iter::from_fn(|| self.heard.try_recv().ok()).count()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    scripts: Scripts,
    heard: mpsc::UnboundedSender<Heard>,
    left: mpsc::UnboundedSender<()>,
) {
    while let Some(request) = read_request(&mut stream, connection).await {
        heard.send(request).ok();
        let script = scripts.lock().unwrap().pop_front();
        for step in script.unwrap_or_else(|| whole(418, "", "")) {
            match step {
                Step::Write(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Hang => {
                    while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
                    left.send(()).ok();
                    return;
                }
                Step::Wait(gate) => gate.notified().await,
                Step::Close => return,
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream, connection: usize) -> Option<Heard> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let target = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = serde_json::from_slice(&bytes[head_end + 4..]).unwrap();
    Some(Heard { connection, target, headers, body })
}

/// A whole answer; `headers` are lines that each end with CRLF.
pub fn whole(status: u16, headers: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n");
    vec![Step::Write(format!("{head}\r\n{body}").into_bytes())]
}

/// The head of a stream of events in chunks.
pub fn stream_head() -> Step {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n";
    Step::Write(head.into())
}

/// One chunk.
pub fn chunk(bytes: &[u8]) -> Step {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    Step::Write(framed)
}

/// The end of the chunks.
pub fn last_chunk() -> Step {
    Step::Write(b"0\r\n\r\n".to_vec())
}

/// A stream of events from its first byte to its last, one chunk.
pub fn stream(events: &str) -> Vec<Step> {
    vec![stream_head(), chunk(events.as_bytes()), last_chunk()]
}
