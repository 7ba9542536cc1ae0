//! Durable messages a second through real sockets, beside a bare loop that commits the same rows.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::sync::Semaphore;

use super::client::{Frame, Socket};
use super::figures::{Sample, count, ms, row};
use super::floor::{self, Bare};
use super::program::{Program, token};

const CUSTOMERS: usize = 50;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
const CONTENT: &str = "Where is my order? It was to arrive on Monday, and the tracking page has not changed since.";

/// One customer with `in_flight` messages on their way; the round trips that ended in the measured time.
async fn customer(address: String, n: usize, in_flight: usize) -> io::Result<Vec<Duration>> {
    let mut socket = Socket::open(&address, &token(&format!("customer-{in_flight}-{n}"), Role::Customer)).await?;
    socket.expect("connected").await?;
    let answer = socket.ask("start_conversation", "{\"clientId\":\"only\"}").await?;
    let conversation = answer["data"]["conversationId"].as_str().unwrap_or_default().to_owned();
    let Socket { mut sender, mut frames, .. } = socket;
    let slots = Arc::new(Semaphore::new(in_flight));
    let (began, free) = (Instant::now(), Arc::clone(&slots));
    let (sent_at, sent) = tokio::sync::mpsc::unbounded_channel::<Instant>();
    let writing = tokio::spawn(async move {
        let mut number = 0_u64;
        while began.elapsed() < WARM_UP + MEASURED {
            let Ok(slot) = free.acquire().await else { break };
            slot.forget();
            let text = format!(
                "{{\"type\":\"send_message\",\"id\":\"{number}\",\"data\":{{\"conversationId\":\"{conversation}\",\
                 \"clientId\":\"m{number}\",\"content\":\"{CONTENT}\"}}}}"
            );
            if sent_at.send(Instant::now()).is_err() || sender.text(&text).await.is_err() {
                break;
            }
            number += 1;
        }
        sender
    });
    let mut sent = sent;
    let mut trips = Vec::new();
    loop {
        let left = (WARM_UP + MEASURED).saturating_sub(began.elapsed());
        let Ok(frame) = tokio::time::timeout(left, frames.next()).await else { break };
        match frame? {
            Frame::Text(text) if text.starts_with("{\"type\":\"ack\"") => {
                // One conversation's acknowledgements come in the order of its messages.
                let Some(at) = sent.recv().await else { break };
                if began.elapsed() > WARM_UP {
                    trips.push(at.elapsed());
                }
                slots.add_permits(1);
            }
            Frame::Text(text) if text.starts_with("{\"type\":\"error\"") => return Err(io::Error::other(text)),
            Frame::Close(code) => return Err(io::Error::other(format!("closed {code}"))),
            _ => {}
        }
    }
    drop(slots);
    writing.abort();
    Ok(trips)
}

async fn through_sockets(address: &str, in_flight: usize) -> (f64, Sample) {
    let customers: Vec<_> = (0..CUSTOMERS).map(|n| tokio::spawn(customer(address.to_owned(), n, in_flight))).collect();
    let mut trips = Vec::new();
    for customer in customers {
        trips.extend(customer.await.expect("a customer").expect("no errors"));
    }
    (f64::from(u32::try_from(trips.len()).expect("fits")) / MEASURED.as_secs_f64(), Sample::new(trips))
}

/// Both loads on one database.
pub async fn measure(name: &str, database_url: &str, bare: &mut dyn Bare, folder: &std::path::Path) {
    for in_flight in [1, 16] {
        let program = Program::start(folder, database_url, &[("SWITCHBOARD__ASSISTANT__PROVIDER", "off")]).await;
        let (ours, trips) = through_sockets(&program.address, in_flight).await;
        drop(program);
        let batch = (CUSTOMERS * in_flight).min(floor::LARGEST_BATCH);
        let (floor, commits) = floor::run(bare, batch, CONTENT, Duration::from_secs(5)).await;
        row(
            &format!("{name}: durable messages/s, {CUSTOMERS} customers × {in_flight} in flight"),
            &format!("{}/s", count(ours)),
            &format!("{}/s (bare Diesel loop, batches of {batch})", count(floor)),
            &format!("{:.2}×", ours / floor),
        );
        row(
            &format!("{name}: acknowledged after, {CUSTOMERS} × {in_flight}: p50, p99"),
            &format!("{}, {}", ms(trips.at(50)), ms(trips.at(99))),
            &format!("{}, {} (one bare commit)", ms(commits.at(50)), ms(commits.at(99))),
            &format!("{:.1}× at p99", trips.at(99).as_secs_f64() / commits.at(99).as_secs_f64()),
        );
    }
}
