//! A WebSocket client that costs next to nothing, so that what is measured is the server.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// The receiving half: frames one after the other.
pub struct Frames {
    stream: OwnedReadHalf,
    buffer: Vec<u8>,
    start: usize,
}

/// The sending half.
pub struct Sender {
    stream: OwnedWriteHalf,
    frame: Vec<u8>,
}

/// Opens a socket; the bearer is optional so that a bare floor server can be used as well.
pub async fn open(address: &str, path: &str, bearer: &str) -> io::Result<(Sender, Frames)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer {bearer}\r\n\r\n"
    );
    write.write_all(request.as_bytes()).await?;
    let mut frames = Frames { stream: read, buffer: Vec::new(), start: 0 };
    loop {
        if let Some(end) = find(&frames.buffer, b"\r\n\r\n") {
            if !frames.buffer.starts_with(b"HTTP/1.1 101") {
                return Err(io::Error::other(String::from_utf8_lossy(&frames.buffer).into_owned()));
            }
            frames.start = end + 4;
            return Ok((Sender { stream: write, frame: Vec::new() }, frames));
        }
        frames.fill().await?;
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

impl Sender {
    /// Sends a text. The mask is zero, which RFC 6455 allows on the wire and costs no work.
    pub async fn text(&mut self, text: &str) -> io::Result<()> {
        self.frame(0x81, text.as_bytes()).await
    }

    /// Answers a ping.
    pub async fn pong(&mut self) -> io::Result<()> {
        self.frame(0x8a, &[]).await
    }

    async fn frame(&mut self, first: u8, payload: &[u8]) -> io::Result<()> {
        self.frame.clear();
        self.frame.push(first);
        match payload.len() {
            len @ 0..=125 => self.frame.push(0x80 | u8::try_from(len).unwrap_or(0)),
            len @ 126..=65_535 => {
                self.frame.push(0x80 | 126);
                self.frame.extend(u16::try_from(len).unwrap_or(0).to_be_bytes());
            }
            len => {
                self.frame.push(0x80 | 127);
                self.frame.extend(u64::try_from(len).unwrap_or(0).to_be_bytes());
            }
        }
        self.frame.extend([0; 4]);
        self.frame.extend(payload);
        self.stream.write_all(&self.frame).await
    }
}

/// What came in.
pub enum Frame {
    Text(String),
    Ping,
    Close(u16),
}

impl Frames {
    async fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let mut chunk = [0; 4096];
        let count = self.stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(())
    }

    /// The next frame; pongs are passed over.
    pub async fn next(&mut self) -> io::Result<Frame> {
        loop {
            if let Some((first, from, to)) = self.whole() {
                let payload = &self.buffer[from..to];
                let frame = match first & 0x0f {
                    1 => Some(Frame::Text(String::from_utf8_lossy(payload).into_owned())),
                    9 => Some(Frame::Ping),
                    8 => Some(Frame::Close(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)))),
                    _ => None,
                };
                self.start = to;
                if self.start == self.buffer.len() {
                    self.buffer = Vec::new();
                    self.start = 0;
                }
                if let Some(frame) = frame {
                    return Ok(frame);
                }
                continue;
            }
            self.fill().await?;
        }
    }

    /// First byte and payload bounds of the frame at the front, if all of it is there.
    fn whole(&self) -> Option<(u8, usize, usize)> {
        let bytes = &self.buffer[self.start..];
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        let (head, len) = match second & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
            len => (2, usize::from(len)),
        };
        (bytes.len() >= head + len).then_some((first, self.start + head, self.start + head + len))
    }
}

/// A socket with both halves, for those who ask one thing after the other.
pub struct Socket {
    pub sender: Sender,
    pub frames: Frames,
    asked: u64,
}

impl Socket {
    pub async fn open(address: &str, bearer: &str) -> io::Result<Self> {
        let (sender, frames) = open(address, "/ws", bearer).await?;
        Ok(Self { sender, frames, asked: 0 })
    }

    /// The next text; pings are answered.
    pub async fn text(&mut self) -> io::Result<String> {
        loop {
            match self.frames.next().await? {
                Frame::Text(text) => return Ok(text),
                Frame::Ping => self.sender.pong().await?,
                Frame::Close(code) => return Err(io::Error::other(format!("closed {code}"))),
            }
        }
    }

    /// Waits for an event by its name.
    pub async fn expect(&mut self, kind: &str) -> io::Result<String> {
        let want = format!("{{\"type\":\"{kind}\"");
        loop {
            let text = self.text().await?;
            if text.starts_with(&want) {
                return Ok(text);
            }
        }
    }

    /// Asks and waits for the answer to it.
    pub async fn ask(&mut self, kind: &str, data: &str) -> io::Result<serde_json::Value> {
        self.asked += 1;
        let id = format!("a{}", self.asked);
        self.sender.text(&format!("{{\"type\":\"{kind}\",\"id\":\"{id}\",\"data\":{data}}}")).await?;
        loop {
            let value: serde_json::Value = serde_json::from_str(&self.text().await?)?;
            if value["id"] == id {
                if value["type"] == "error" {
                    return Err(io::Error::other(value.to_string()));
                }
                return Ok(value);
            }
        }
    }
}
