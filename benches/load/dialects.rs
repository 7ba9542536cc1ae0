//! Socket.IO beside the plain dialect on the same program: sent, stored, and told to the sender's own session.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::sync::Semaphore;

use super::client::{Frame, Frames, Sender, open};
use super::figures::{Sample, count, ms, row};
use super::program::{Program, token};

const CUSTOMERS: usize = 50;
const IN_FLIGHT: usize = 16;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(4);
/// Each dialect in turn, so that what changes on the machine meanwhile meets both.
const TURNS: usize = 3;
const CONTENT: &str = "Where is my order? It was to arrive on Monday, and the tracking page has not changed since.";

#[derive(Clone, Copy)]
enum Dialect {
    Plain,
    SocketIo,
}

impl Dialect {
    async fn open(self, address: &str, bearer: &str) -> io::Result<(Sender, Frames, String)> {
        let path = match self {
            Self::Plain => "/ws",
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        };
        let (mut sender, mut frames) = open(address, path, bearer).await?;
        let (hello, wanted, key) = match self {
            Self::Plain => {
                let start = "{\"type\":\"start_conversation\",\"data\":{\"clientId\":\"only\"}}";
                (start, "{\"type\":\"ack\"", "\"conversationId\":\"")
            }
            Self::SocketIo => ("40", "42[\"chat_session_started\"", "\"sessionUuid\":\""),
        };
        sender.text(hello).await?;
        loop {
            if let Frame::Text(text) = frames.next().await?
                && text.starts_with(wanted)
            {
                let id = text.split(key).nth(1).and_then(|rest| rest.split('"').next());
                let id = id.ok_or_else(|| io::Error::other(text.clone()))?.to_owned();
                return Ok((sender, frames, id));
            }
        }
    }

    fn message(self, conversation: &str, number: u64) -> String {
        match self {
            Self::Plain => format!(
                "{{\"type\":\"send_message\",\"id\":{number},\"data\":{{\"conversationId\":\"{conversation}\",\
                 \"clientId\":\"m{number}\",\"content\":\"{CONTENT}\"}}}}"
            ),
            Self::SocketIo => format!(
                "42{number}[\"send_message\",{{\"sessionUuid\":\"{conversation}\",\
                 \"clientId\":\"m{number}\",\"content\":\"{CONTENT}\"}}]"
            ),
        }
    }

    /// Whether a text tells of a message, or of a fault.
    fn reads(self, text: &str) -> io::Result<bool> {
        let (told, fault) = match self {
            Self::Plain => ("{\"type\":\"new_message\"", "{\"type\":\"error\""),
            Self::SocketIo => ("42[\"new_message\"", "42[\"error\""),
        };
        if text.starts_with(fault) { Err(io::Error::other(text.to_owned())) } else { Ok(text.starts_with(told)) }
    }
}

async fn customer(dialect: Dialect, address: String, name: String) -> io::Result<Vec<Duration>> {
    let (mut sender, mut frames, conversation) = dialect.open(&address, &token(&name, Role::Customer)).await?;
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    let (began, free) = (Instant::now(), Arc::clone(&slots));
    let (sent_at, mut sent) = tokio::sync::mpsc::unbounded_channel::<Instant>();
    let writing = tokio::spawn(async move {
        for number in 0.. {
            let Ok(slot) = free.acquire().await else { break };
            slot.forget();
            let text = dialect.message(&conversation, number);
            if sent_at.send(Instant::now()).is_err() || sender.text(&text).await.is_err() {
                break;
            }
        }
    });
    let mut trips = Vec::new();
    loop {
        let left = (WARM_UP + MEASURED).saturating_sub(began.elapsed());
        let Ok(frame) = tokio::time::timeout(left, frames.next()).await else { break };
        match frame? {
            Frame::Text(text) if dialect.reads(&text)? => {
                let Some(at) = sent.recv().await else { break };
                if began.elapsed() > WARM_UP {
                    trips.push(at.elapsed());
                }
                slots.add_permits(1);
            }
            Frame::Close(code) => return Err(io::Error::other(format!("closed {code}"))),
            _ => {}
        }
    }
    writing.abort();
    Ok(trips)
}

pub async fn measure(folder: &std::path::Path) {
    let url = format!("sqlite:{}/dialects.db", folder.display());
    let program = Program::start(folder, &url, &[("SWITCHBOARD__ASSISTANT__PROVIDER", "off")]).await;
    let mut trips = [Vec::new(), Vec::new()];
    for turn in 0..TURNS {
        for (place, dialect) in [Dialect::Plain, Dialect::SocketIo].into_iter().enumerate() {
            let all: Vec<_> = (0..CUSTOMERS)
                .map(|n| tokio::spawn(customer(dialect, program.address.clone(), format!("c-{turn}-{place}-{n}"))))
                .collect();
            for one in all {
                trips[place].extend(one.await.expect("a customer").expect("no errors"));
            }
        }
    }
    let seconds = MEASURED.as_secs_f64() * f64::from(u32::try_from(TURNS).expect("fits"));
    let [plain, socket_io] =
        trips.map(|trips| (f64::from(u32::try_from(trips.len()).expect("fits")) / seconds, Sample::new(trips)));
    row(
        &format!("Socket.IO: sent → stored → told, {CUSTOMERS} customers × {IN_FLIGHT} in flight"),
        &format!("{}/s, p99 {}", count(socket_io.0), ms(socket_io.1.at(99))),
        &format!("{}/s, p99 {} (plain dialect)", count(plain.0), ms(plain.1.at(99))),
        &format!("{:.2}×", socket_io.0 / plain.0),
    );
}
