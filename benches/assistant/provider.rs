//! A provider in this process that speaks Chat Completions: twenty tokens at a fixed pace for every request, and the
//! moment at which the first of them was written. And a client that reads it without anything in between.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Tokens of one answer.
pub const TOKENS: u32 = 20;
/// What every answer begins with.
pub const FIRST_WORD: &str = "Well";

/// What is known of the turns, by their numbers.
#[derive(Default)]
pub struct Book {
    written: Mutex<HashMap<u64, Instant>>,
    live: AtomicUsize,
}

impl Book {
    /// When the first token of a turn was written; once.
    pub fn first_byte(&self, turn: u64) -> Instant {
        self.written.lock().expect("no panic").remove(&turn).expect("the provider was asked")
    }

    /// Answers under way.
    pub fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }
}

/// The provider.
pub struct Provider {
    pub address: String,
    pub book: Arc<Book>,
}

impl Provider {
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let book = Arc::new(Book::default());
        let kept = Arc::clone(&book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept)));
            }
        });
        Ok(Self { address, book })
    }
}

/// Answers one request after the other; the error is the client's going away.
async fn serve(mut stream: TcpStream, book: Arc<Book>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let (turn, pace) = asked(&read_request(&mut stream, &mut buffer).await?);
        book.live.fetch_add(1, Ordering::Relaxed);
        let told = answer(&mut stream, &book, turn, pace).await;
        book.live.fetch_sub(1, Ordering::Relaxed);
        told?;
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<String> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|it| it.trim().parse().ok()).unwrap_or(0);
            let whole = end + 4 + length;
            while buffer.len() < whole {
                fill(stream, buffer).await?;
            }
            let body = String::from_utf8_lossy(&buffer[end + 4..whole]).into_owned();
            buffer.drain(..whole);
            return Ok(body);
        }
        fill(stream, buffer).await?;
    }
}

async fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// What a customer says so that the provider knows which turn it is, and at which pace to answer.
pub fn question(turn: u64, pace: Duration) -> String {
    format!("Question {turn} at {} please", pace.as_millis())
}

fn asked(body: &str) -> (u64, Duration) {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let last = body["messages"].as_array().and_then(|messages| messages.last());
    let text = last.and_then(|message| message["content"].as_str()).expect("words");
    let numbers: Vec<u64> = text.split(' ').filter_map(|word| word.parse().ok()).collect();
    (numbers[0], Duration::from_millis(numbers[1]))
}

async fn answer(stream: &mut TcpStream, book: &Book, turn: u64, pace: Duration) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let began = tokio::time::Instant::now();
    for token in 0..TOKENS {
        tokio::time::sleep_until(began + pace * (token + 1)).await;
        let word = if token == 0 { FIRST_WORD } else { " then" };
        let event = format!("{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}}}}]}}");
        if token == 0 {
            book.written.lock().expect("no panic").insert(turn, Instant::now());
        }
        chunk(stream, &format!("data: {event}\n\n")).await?;
    }
    let stop = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    chunk(stream, &format!("data: {stop}\n\ndata: [DONE]\n\n")).await?;
    stream.write_all(b"0\r\n\r\n").await
}

async fn chunk(stream: &mut TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await
}

/// Reads the provider's stream itself: the floor.
pub struct Direct {
    stream: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

impl Direct {
    pub async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address: address.to_owned(), buffer: Vec::new() })
    }

    /// One turn: when its first token was read, and when its end.
    pub async fn turn(&mut self, turn: u64, pace: Duration) -> io::Result<(Instant, Instant)> {
        let body = serde_json::json!({ "messages": [{ "role": "user", "content": question(turn, pace) }] }).to_string();
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\n", self.address);
        let request = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.stream.write_all(request.as_bytes()).await?;
        self.until(FIRST_WORD.as_bytes()).await?;
        let first = Instant::now();
        self.until(b"\r\n0\r\n\r\n").await?;
        Ok((first, Instant::now()))
    }

    /// Reads and forgets everything up to and including `mark`.
    async fn until(&mut self, mark: &[u8]) -> io::Result<()> {
        loop {
            if let Some(place) = self.buffer.windows(mark.len()).position(|window| window == mark) {
                self.buffer.drain(..place + mark.len());
                return Ok(());
            }
            fill(&mut self.stream, &mut self.buffer).await?;
        }
    }
}
