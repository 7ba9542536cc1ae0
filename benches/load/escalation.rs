//! From `escalate` to `agent_joined`, and a thousand at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::sync::Barrier;

use super::client::Socket;
use super::figures::{Sample, ms, row};
use super::program::{Program, token};

const AGENTS: usize = 50;
const CAPACITY: usize = 5;
const ROUNDS: usize = 300;
const AT_ONCE: usize = 1_000;

async fn agent(address: &str, n: usize) -> tokio::task::JoinHandle<()> {
    let mut socket = Socket::open(address, &token(&format!("agent-{n}"), Role::Agent)).await.expect("a socket");
    socket.expect("connected").await.expect("a welcome");
    // Acknowledged means that the supervisor knows of it.
    socket.ask("agent_status", "{\"status\":\"available\"}").await.expect("a status");
    tokio::spawn(async move { while socket.text().await.is_ok() {} })
}

async fn customer(address: &str, n: usize) -> (Socket, String) {
    let bearer = token(&format!("caller-{n}"), Role::Customer);
    let mut socket = Socket::open(address, &bearer).await.expect("a socket");
    let answer = socket.ask("start_conversation", "{\"clientId\":\"only\"}").await.expect("a conversation");
    let id = answer["data"]["conversationId"].as_str().expect("an id").to_owned();
    (socket, id)
}

async fn one_by_one(address: &str) -> Sample {
    let mut trips = Vec::new();
    for n in 0..ROUNDS {
        let (mut socket, id) = customer(address, n).await;
        let began = Instant::now();
        socket
            .sender
            .text(&format!("{{\"type\":\"escalate\",\"data\":{{\"conversationId\":\"{id}\"}}}}"))
            .await
            .expect("sent");
        socket.expect("agent_joined").await.expect("an agent");
        trips.push(began.elapsed());
        socket.ask("close_conversation", &format!("{{\"conversationId\":\"{id}\"}}")).await.expect("closed");
    }
    Sample::new(trips)
}

/// The bare echo over the same lane in the same run.
async fn echo(address: &str) -> Sample {
    let mut socket = Socket::open(address, &token("echo", Role::Customer)).await.expect("a socket");
    let mut trips = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        socket.ask("ping", "{}").await.expect("a pong");
        trips.push(began.elapsed());
    }
    Sample::new(trips)
}

async fn all_at_once(address: &str) -> (usize, usize, Duration, bool) {
    let mut customers = Vec::new();
    for n in 0..AT_ONCE {
        customers.push(customer(address, ROUNDS + n).await);
    }
    let ready = Arc::new(Barrier::new(AT_ONCE + 1));
    let mut running = Vec::new();
    for (mut socket, id) in customers {
        let ready = Arc::clone(&ready);
        running.push(tokio::spawn(async move {
            ready.wait().await;
            let answer = socket.ask("escalate", &format!("{{\"conversationId\":\"{id}\"}}")).await.expect("an answer");
            (answer["data"]["status"].as_str().unwrap_or_default().to_owned(), socket)
        }));
    }
    ready.wait().await;
    let began = Instant::now();
    let (mut assigned, mut queued, mut kept) = (0, 0, Vec::new());
    for customer in running {
        let (status, socket) = customer.await.expect("an answer");
        match status.as_str() {
            "ASSIGNED" => assigned += 1,
            "QUEUED" => queued += 1,
            other => panic!("{other}"),
        }
        kept.push(socket);
    }
    let took = began.elapsed();
    // The queue as an admin sees it: places without a hole, nobody before somebody who came earlier.
    let mut admin = Socket::open(address, &token("boss", Role::Admin)).await.expect("a socket");
    let answer = admin.ask("subscribe", "{\"topics\":[\"queue\"]}").await.expect("the queue");
    let rows = answer["data"]["topics"][0]["queue"].as_array().cloned().unwrap_or_default();
    let places = rows.iter().map(|row| row["position"].as_u64());
    let ages: Vec<&str> = rows.iter().filter_map(|row| row["queuedAt"].as_str()).collect();
    let in_order = rows.len() == queued && places.eq((1..).map(Some).take(queued)) && ages.is_sorted();
    (assigned, queued, took, in_order)
}

pub async fn measure(folder: &std::path::Path) {
    let url = format!("sqlite:{}/escalation.db", folder.display());
    let program = Program::start(folder, &url, &[("SWITCHBOARD__ASSISTANT__PROVIDER", "off")]).await;
    let mut agents = Vec::new();
    for n in 0..AGENTS {
        agents.push(agent(&program.address, n).await);
    }
    let trips = one_by_one(&program.address).await;
    let echoes = echo(&program.address).await;
    row(
        &format!("escalate sent → agent_joined received, {AGENTS} agents: p50, p99"),
        &format!("{}, {}", ms(trips.at(50)), ms(trips.at(99))),
        &format!("{}, {} (ping → pong on the same lane)", ms(echoes.at(50)), ms(echoes.at(99))),
        &format!("{:.1}× at p50", trips.at(50).as_secs_f64() / echoes.at(50).as_secs_f64()),
    );
    let (assigned, queued, took, in_order) = all_at_once(&program.address).await;
    assert_eq!(assigned, AGENTS * CAPACITY, "all units are used");
    row(
        &format!("{AT_ONCE} escalations at once, {AGENTS} agents × {CAPACITY}: until the last answer"),
        &ms(took),
        "—",
        &format!(
            "{assigned} assigned, {queued} queued, places {}",
            if in_order { "1 to n in the order of their coming" } else { "WRONG" }
        ),
    );
    agents.iter().for_each(tokio::task::JoinHandle::abort);
}
