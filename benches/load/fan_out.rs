//! One message to many sessions of one room, beside a bare loop that writes the same bytes to as many sockets.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, mpsc};

use super::client::{Frame, Socket, open};
use super::figures::{Sample, ms, row};
use super::program::{Program, token};

const ROUNDS: usize = 30;
const CONTENT: &str = "We are closing the counter for ten minutes; everybody in the line keeps their place.";

/// Says when a message with the content was read.
async fn reader(
    address: String,
    bearer: String,
    ready: Arc<Barrier>,
    read: mpsc::UnboundedSender<()>,
) -> io::Result<()> {
    let (mut sender, mut frames) = open(&address, "/ws", &bearer).await?;
    let mut waiting = Some(ready);
    loop {
        match frames.next().await? {
            Frame::Text(text) if text.contains(CONTENT) && text.starts_with("{\"type\":\"new_message\"") => {
                if read.send(()).is_err() {
                    return Ok(());
                }
            }
            // Its own conversation is entered by itself, and said so.
            Frame::Text(text) if text.starts_with("{\"type\":\"chat_session_restored\"") => {
                if let Some(ready) = waiting.take() {
                    ready.wait().await;
                }
            }
            Frame::Text(_) => {}
            Frame::Ping => sender.pong().await?,
            Frame::Close(code) => return Err(io::Error::other(format!("closed {code}"))),
        }
    }
}

async fn ours(address: &str, sessions: usize) -> (Sample, usize) {
    let bearer = token(&format!("fan-out-{sessions}"), Role::Customer);
    let mut socket = Socket::open(address, &bearer).await.expect("a socket");
    let answer = socket.ask("start_conversation", "{\"clientId\":\"only\"}").await.expect("a conversation");
    let conversation = answer["data"]["conversationId"].as_str().expect("an id").to_owned();
    let ready = Arc::new(Barrier::new(sessions + 1));
    let (read, mut reads) = mpsc::unbounded_channel();
    for _ in 0..sessions {
        tokio::spawn(reader(address.to_owned(), bearer.clone(), Arc::clone(&ready), read.clone()));
        // The system's queue of new connections is not what is measured.
        tokio::task::yield_now().await;
    }
    ready.wait().await;
    let (mut all, mut bytes) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let began = Instant::now();
        let data =
            format!("{{\"conversationId\":\"{conversation}\",\"clientId\":\"f{round}\",\"content\":\"{CONTENT}\"}}");
        socket.ask("send_message", &data).await.expect("an acknowledgement");
        for _ in 0..sessions {
            reads.recv().await.expect("a reader");
        }
        all.push(began.elapsed());
        if round == 0 {
            bytes = socket.expect("new_message").await.map_or(0, |text| text.len());
        }
    }
    (Sample::new(all), bytes)
}

/// As many sockets, as many bytes, nothing else: a loop of writes on one thread, readers on the other.
pub async fn floor(sessions: usize, bytes: usize) -> Sample {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its number");
    let (order, mut orders) = mpsc::channel::<()>(1);
    let writing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let mut sockets: Vec<TcpStream> = Vec::new();
            while sockets.len() < sessions {
                let (socket, _) = listener.accept().await.expect("a socket");
                sockets.push(socket);
            }
            let frame = vec![b'x'; bytes];
            while orders.recv().await.is_some() {
                for socket in &mut sockets {
                    socket.write_all(&frame).await.expect("a write");
                }
            }
        });
    });
    let (read, mut reads) = mpsc::unbounded_channel();
    for _ in 0..sessions {
        let mut stream = TcpStream::connect(address).await.expect("a socket");
        let read = read.clone();
        tokio::spawn(async move {
            let mut frame = vec![0; bytes];
            while stream.read_exact(&mut frame).await.is_ok() && read.send(()).is_ok() {}
        });
    }
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        order.send(()).await.expect("the writer");
        for _ in 0..sessions {
            reads.recv().await.expect("a reader");
        }
        all.push(began.elapsed());
    }
    drop(order);
    writing.join().expect("the writer");
    Sample::new(all)
}

pub async fn measure(folder: &std::path::Path) {
    let url = format!("sqlite:{}/fan-out.db", folder.display());
    let program = Program::start(folder, &url, &[("SWITCHBOARD__ASSISTANT__PROVIDER", "off")]).await;
    for sessions in [1, 100, 5_000] {
        let (ours, bytes) = ours(&program.address, sessions).await;
        let bare = floor(sessions, bytes).await;
        let ratio = ours.at(50).as_secs_f64() / bare.at(50).as_secs_f64().max(Duration::from_micros(1).as_secs_f64());
        row(
            &format!("one durable message to {sessions} sessions of a room, sent → read by all: p50, p99"),
            &format!("{}, {}", ms(ours.at(50)), ms(ours.at(99))),
            &format!("{}, {} (bare write loop, {bytes} bytes each)", ms(bare.at(50)), ms(bare.at(99))),
            &format!("{ratio:.1}× at p50"),
        );
    }
}
