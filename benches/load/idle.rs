//! Many authenticated sockets that have said something once and then say nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::sync::Semaphore;

use super::client::{Frame, Socket};
use super::figures::{count, row};
use super::program::{Program, token};

const SOCKETS: u32 = 15_000;
const AT_ONCE: usize = 64;
const WATCHED: Duration = Duration::from_secs(20);

pub async fn measure(folder: &std::path::Path) {
    let url = format!("sqlite:{}/idle.db", folder.display());
    let program = Program::start(folder, &url, &[("SWITCHBOARD__LIMITS__ROOM_IDLE_MS", "1000")]).await;
    let content = Arc::new("x".repeat(4096));
    let before = program.resident();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let began = Instant::now();
    let mut opening = Vec::new();
    for n in 0..SOCKETS {
        let slot = Arc::clone(&slots).acquire_owned().await.expect("a slot");
        let (address, content) = (program.address.clone(), Arc::clone(&content));
        opening.push(tokio::spawn(async move {
            let bearer = token(&format!("idle-{n}"), Role::Customer);
            let mut socket = Socket::open(&address, &bearer).await.expect("a socket");
            socket.expect("connected").await.expect("a welcome");
            drop(slot);
            (socket, content)
        }));
    }
    let mut sockets = Vec::new();
    for socket in opening {
        sockets.push(socket.await.expect("a socket"));
    }
    let connected = began.elapsed();
    let silent = program.resident();
    // Every socket passes one message of 4 KiB through: a ping whose data come back.
    let mut idle = Vec::new();
    for (mut socket, content) in sockets {
        let slot = Arc::clone(&slots).acquire_owned().await.expect("a slot");
        idle.push(tokio::spawn(async move {
            socket.ask("ping", &format!("{{\"x\":\"{content}\"}}")).await.expect("a pong");
            drop(slot);
            socket
        }));
    }
    let mut readers = Vec::new();
    for socket in idle {
        let mut socket = socket.await.expect("a pong");
        readers.push(tokio::spawn(async move {
            while let Ok(frame) = socket.frames.next().await {
                if matches!(frame, Frame::Ping) && socket.sender.pong().await.is_err() {
                    break;
                }
            }
        }));
    }
    // Heartbeats go on: what is measured is the price of keeping them.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (cpu, at) = (program.processor(), Instant::now());
    tokio::time::sleep(WATCHED).await;
    let busy = program.processor().saturating_sub(cpu).as_secs_f64() / at.elapsed().as_secs_f64();
    let per_socket = |bytes: u64| bytes.saturating_sub(before) / u64::from(SOCKETS);
    let kib = |bytes: u64| format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024);
    row(
        &format!("{} authenticated idle sockets after one 4 KiB message: memory a socket", count(f64::from(SOCKETS))),
        &kib(per_socket(program.resident())),
        "28 KiB (the goal; 24.7 KiB for a bare actor of this lane)",
        &format!("{} before the message", kib(per_socket(silent))),
    );
    row(
        "the same: processor time while idle, heartbeats included",
        &format!("{:.2} % of a core", busy * 100.0),
        "—",
        &format!("{:.1} µs a socket and second", busy * 1e6 / f64::from(SOCKETS)),
    );
    row(
        &format!("the same: time to connect all, {AT_ONCE} at once"),
        &format!("{:.1} s", connected.as_secs_f64()),
        "—",
        &format!("{}/s", count(f64::from(SOCKETS) / connected.as_secs_f64())),
    );
    for reader in readers {
        reader.abort();
    }
}
