//! One announcement to everybody who is connected, beside a bare loop that writes the same bytes to as many sockets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::client::{Frame, Socket};
use super::fan_out::floor;
use super::figures::{Sample, ms, row};
use super::program::{Program, token};

const PEOPLE: usize = 10_000;
/// The bare loop has both ends of its sockets in this process, which may have 20,000 files open.
const BARE: usize = 9_000;
const AT_ONCE: usize = 64;
const ROUNDS: usize = 30;
const TEXT: &str = "We are closing the counter for ten minutes; everybody in the line keeps their place.";

/// Connects many people, each once; whenever one of them hears the announcement, its length is told.
async fn people(address: &str) -> (mpsc::UnboundedReceiver<usize>, JoinSet<()>) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let (heard, hears) = mpsc::unbounded_channel();
    let (ready, mut all_ready) = mpsc::unbounded_channel();
    let mut everybody = JoinSet::new();
    for n in 0..PEOPLE {
        let slot = Arc::clone(&slots).acquire_owned().await.expect("a slot");
        let (address, heard, ready) = (address.to_owned(), heard.clone(), ready.clone());
        everybody.spawn(async move {
            let bearer = token(&format!("listener-{n}"), Role::Customer);
            let mut socket = Socket::open(&address, &bearer).await.expect("a socket");
            socket.expect("connected").await.expect("a welcome");
            drop(slot);
            ready.send(()).expect("the measurement");
            loop {
                match socket.frames.next().await {
                    Ok(Frame::Text(text)) if text.contains(TEXT) => {
                        if heard.send(text.len()).is_err() {
                            return;
                        }
                    }
                    Ok(Frame::Ping) => socket.sender.pong().await.expect("a pong"),
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
    }
    for _ in 0..PEOPLE {
        all_ready.recv().await.expect("somebody");
    }
    (hears, everybody)
}

async fn ours(address: &str) -> (Sample, usize) {
    let (mut hears, mut everybody) = people(address).await;
    let (client, bearer) = (reqwest::Client::new(), token("boss", Role::Admin));
    let (mut all, mut bytes) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let request = client
            .post(format!("http://{address}/api/v1/announcements"))
            .bearer_auth(&bearer)
            .json(&serde_json::json!({ "audience": "everyone", "text": TEXT }));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201);
        for _ in 0..PEOPLE {
            bytes = hears.recv().await.expect("somebody");
        }
        all.push(began.elapsed());
    }
    // Their sockets are closed before others are opened.
    everybody.shutdown().await;
    (Sample::new(all), bytes)
}

pub async fn measure(folder: &std::path::Path) {
    let url = format!("sqlite:{}/announcement.db", folder.display());
    let program = Program::start(folder, &url, &[("SWITCHBOARD__ASSISTANT__PROVIDER", "off")]).await;
    let (ours, bytes) = ours(&program.address).await;
    let bare = floor(BARE, bytes).await;
    let each =
        |sample: &Sample, sockets: u32| sample.at(50).max(Duration::from_micros(1)).as_secs_f64() / f64::from(sockets);
    let ratio = each(&ours, 10_000) / each(&bare, 9_000);
    row(
        "one announcement to 10,000 people, each with a socket: posted → read by all: p50, p99",
        &format!("{}, {}", ms(ours.at(50)), ms(ours.at(99))),
        &format!("{}, {} (bare write loop to {BARE} sockets, {bytes} bytes each)", ms(bare.at(50)), ms(bare.at(99))),
        &format!("{ratio:.1}× at p50, per socket"),
    );
}
