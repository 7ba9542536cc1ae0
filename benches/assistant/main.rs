//! What the assistant's way costs: from the provider's first token to the customer's first delta, and many turns at
//! once. The provider is a server in this process; the program runs in one of its own. Each figure stands beside a
//! client that reads the same provider directly, in the same run.
//!
//! `cargo bench --bench assistant`; it takes less than a minute, and gives up after one.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, clippy::panic, clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "real time is what is measured")]

#[expect(dead_code, reason = "the load benchmark uses more of it")]
#[path = "../load/client.rs"]
mod client;
#[path = "../load/figures.rs"]
mod figures;
#[expect(dead_code, reason = "the load benchmark uses more of it")]
#[path = "../load/program.rs"]
mod program;
mod provider;

use std::sync::Arc;
use std::time::{Duration, Instant};

use switchboard::domain::user::Role;
use tokio::sync::Semaphore;

use client::Socket;
use figures::{Sample, ms, row};
use program::{Program, token};
use provider::{Direct, FIRST_WORD, Provider, TOKENS, question};

/// Turns one after the other; each takes 20 × 5 ms.
const ONE_BY_ONE: u64 = 60;
const QUICK: Duration = Duration::from_millis(5);
/// Turns in parallel; each takes 20 × 100 ms, and each customer has so many.
const SOME: usize = 500;
const ROUNDS: u64 = 3;
const STEADY: Duration = Duration::from_millis(100);
/// Turns in parallel for memory and fairness; each takes 20 × 250 ms, so that all are under way at one moment.
const MANY: usize = 1_000;
const SLOW: Duration = Duration::from_millis(250);
/// Sockets that are opened at a time.
const AT_ONCE: usize = 64;
const WHOLE_RUN: Duration = Duration::from_secs(60);

/// One turn as somebody saw it.
struct Seen {
    /// From the provider's first token to the reader's first text.
    added: Duration,
    /// From the question to the end of the answer.
    whole: Duration,
}

struct Customer {
    socket: Socket,
    id: String,
}

impl Customer {
    async fn open(address: &str, name: &str) -> Self {
        let bearer = token(name, Role::Customer);
        let mut socket = Socket::open(address, &bearer).await.expect("a socket");
        let start = "{\"type\":\"start_conversation\",\"id\":\"start\",\"data\":{\"clientId\":\"only\"}}";
        socket.sender.text(start).await.expect("sent");
        // With the greeting the socket is in the room; it and the answer come in any order.
        let (mut id, mut greeted) = (None, false);
        while id.is_none() || !greeted {
            let event: serde_json::Value = serde_json::from_str(&socket.text().await.expect("an event")).expect("JSON");
            match event["type"].as_str() {
                Some("ack") => id = event["data"]["conversationId"].as_str().map(str::to_owned),
                Some("ai_message") => greeted = true,
                Some("error") => panic!("{event}"),
                _ => {}
            }
        }
        Self { socket, id: id.expect("an id") }
    }

    async fn turn(&mut self, provider: &Provider, turn: u64, pace: Duration) -> Seen {
        let (id, words) = (&self.id, question(turn, pace));
        let began = Instant::now();
        let message = format!("{{\"conversationId\":\"{id}\",\"content\":\"{words}\",\"clientId\":\"{turn}\"}}");
        self.socket.sender.text(&format!("{{\"type\":\"send_message\",\"data\":{message}}}")).await.expect("sent");
        let delta = self.socket.expect("ai_message_delta").await.expect("a delta");
        let first = Instant::now();
        assert!(delta.contains(FIRST_WORD), "{delta}");
        let said = self.socket.expect("ai_message").await.expect("an answer");
        assert!(said.contains(FIRST_WORD), "{said}");
        Seen { added: first.saturating_duration_since(provider.book.first_byte(turn)), whole: began.elapsed() }
    }
}

/// Numbers of turns, each used once.
fn numbers(part: u64, reader: usize) -> u64 {
    part * 100_000_000 + u64::try_from(reader).expect("few") * 1_000
}

async fn ours_alone(provider: &Provider, customer: &mut Customer) -> Vec<Seen> {
    let mut seen = Vec::new();
    for round in 0..ONE_BY_ONE {
        seen.push(customer.turn(provider, numbers(1, 0) + round, QUICK).await);
    }
    seen
}

async fn floor_alone(provider: &Provider) -> Vec<Seen> {
    let mut direct = Direct::open(&provider.address).await.expect("a connection");
    let mut seen = Vec::new();
    for round in 0..ONE_BY_ONE {
        seen.push(read(&mut direct, provider, numbers(2, 0) + round, QUICK).await);
    }
    seen
}

async fn read(direct: &mut Direct, provider: &Provider, turn: u64, pace: Duration) -> Seen {
    let began = Instant::now();
    let (first, end) = direct.turn(turn, pace).await.expect("an answer");
    let added = first.saturating_duration_since(provider.book.first_byte(turn));
    Seen { added, whole: end.duration_since(began) }
}

/// When the reader begins, so that the beginnings are spread evenly over one turn.
async fn stagger(reader: usize, of: usize, pace: Duration) {
    let turn = (pace * TOKENS).as_secs_f64();
    let share = u32::try_from(reader).map_or(0.0, f64::from) / u32::try_from(of).map_or(1.0, f64::from);
    tokio::time::sleep(Duration::from_secs_f64(turn * share)).await;
}

/// What is asked of so many readers at once.
#[derive(Clone, Copy)]
struct Load {
    part: u64,
    rounds: u64,
    pace: Duration,
    /// The beginnings are spread over a turn of this pace.
    spread: Duration,
}

async fn ours_at_once(provider: &Arc<Provider>, customers: Vec<Customer>, load: Load) -> Vec<Seen> {
    let of = customers.len();
    let turning = customers.into_iter().enumerate().map(|(n, mut customer)| {
        let provider = Arc::clone(provider);
        tokio::spawn(async move {
            stagger(n, of, load.spread).await;
            let mut seen = Vec::new();
            for round in 0..load.rounds {
                seen.push(customer.turn(&provider, numbers(load.part, n) + round, load.pace).await);
            }
            seen
        })
    });
    let mut seen = Vec::new();
    for turned in turning.collect::<Vec<_>>() {
        seen.extend(turned.await.expect("turns"));
    }
    seen
}

async fn floor_at_once(provider: &Arc<Provider>, of: usize, load: Load) -> Vec<Seen> {
    let mut reading = Vec::new();
    for n in 0..of {
        let mut direct = Direct::open(&provider.address).await.expect("a connection");
        let provider = Arc::clone(provider);
        reading.push(tokio::spawn(async move {
            stagger(n, of, load.spread).await;
            let mut seen = Vec::new();
            for round in 0..load.rounds {
                seen.push(read(&mut direct, &provider, numbers(load.part, n) + round, load.pace).await);
            }
            seen
        }));
    }
    let mut seen = Vec::new();
    for read in reading {
        seen.extend(read.await.expect("turns"));
    }
    seen
}

/// New customers for each part: a socket that nobody reads meanwhile loses its heartbeat.
async fn open_all(address: &str, part: &str, of: usize) -> Vec<Customer> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let opening: Vec<_> = (0..of)
        .map(|n| {
            let (address, name, slots) = (address.to_owned(), format!("{part}-{n}"), Arc::clone(&slots));
            tokio::spawn(async move {
                let _slot = slots.acquire().await.expect("a slot");
                Customer::open(&address, &name).await
            })
        })
        .collect();
    let mut customers = Vec::new();
    for customer in opening {
        customers.push(customer.await.expect("a customer"));
    }
    customers
}

fn print_added(what: &str, ours: &[Seen], floor: &[Seen]) {
    let added = |seen: &[Seen]| Sample::new(seen.iter().map(|turn| turn.added).collect());
    let (ours, floor) = (added(ours), added(floor));
    for percent in [50, 99] {
        let (mine, bare) = (ours.at(percent), floor.at(percent));
        let ratio = mine.as_secs_f64() / bare.as_secs_f64().max(1e-6);
        row(&format!("{what}, p{percent}"), &ms(mine), &ms(bare), &format!("{ratio:.1}"));
    }
}

/// Slowest against median, of whole turns.
fn fairness(seen: &[Seen]) -> f64 {
    let whole = Sample::new(seen.iter().map(|turn| turn.whole).collect());
    whole.at(100).as_secs_f64() / whole.at(50).as_secs_f64().max(1e-6)
}

/// The program's memory at the moment at which all turns are under way, and before.
async fn memory(program: &Program, provider: &Provider) -> (usize, u64) {
    let (mut most, mut resident) = (0, 0);
    let end = Instant::now() + SLOW * TOKENS + Duration::from_secs(2);
    while Instant::now() < end && most < MANY {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if provider.book.live() > most {
            (most, resident) = (provider.book.live(), program.resident());
        }
    }
    (most, resident)
}

async fn many(program: &Program, provider: &Arc<Provider>) {
    // Begun within a fifth of a turn: for the rest of it all of them run.
    let load = Load { part: 5, rounds: 1, pace: SLOW, spread: SLOW / 5 };
    let floor = floor_at_once(provider, MANY, Load { part: 6, ..load }).await;
    let customers = open_all(&program.address, "many", MANY).await;
    let before = program.resident();
    let ((most, during), ours) = tokio::join!(memory(program, provider), ours_at_once(provider, customers, load));
    let per_turn = during.saturating_sub(before) / u64::try_from(most.max(1)).expect("few");
    let kib = format!("{}.{} KiB", per_turn / 1024, per_turn % 1024 * 10 / 1024);
    row(&format!("memory for each of {most} turns under way at once"), &kib, "", "");
    let (mine, bare) = (fairness(&ours), fairness(&floor));
    let what = format!("{MANY} turns at once, slowest against median");
    row(&what, &format!("{mine:.3}"), &format!("{bare:.3}"), &format!("{:.2}", mine / bare));
    print_added(&format!("{MANY} turns at once, first token to first delta"), &ours, &floor);
}

async fn run(folder: &std::path::Path) {
    let provider = Arc::new(Provider::start().await.expect("a port"));
    let settings = [
        ("SWITCHBOARD__ASSISTANT__PROVIDER", "openai"),
        ("SWITCHBOARD__ASSISTANT__OPENAI_BASE_URL", &format!("http://{}/v1", provider.address)),
        ("SWITCHBOARD__ASSISTANT__TURNS_AT_ONCE", "2000"),
        ("SWITCHBOARD__ASSISTANT__TURNS_PER_ENGAGEMENT", "10000"),
        ("SWITCHBOARD__ASSISTANT__TURNS_PER_VISITOR_HOUR", "0"),
        ("SWITCHBOARD__ASSISTANT__TURNS_PER_CHATBOT_MINUTE", "0"),
        ("SWITCHBOARD__ASSISTANT__UNHAPPY_TURNS", "0"),
    ];
    let url = format!("sqlite:{}/assistant.db", folder.display());
    let program = Program::start(folder, &url, &settings).await;
    let what = "first token to first delta";
    let floor = floor_alone(&provider).await;
    let mut customer = Customer::open(&program.address, "alone").await;
    print_added(&format!("1 turn at a time, {what}"), &ours_alone(&provider, &mut customer).await, &floor);
    let load = Load { part: 3, rounds: ROUNDS, pace: STEADY, spread: STEADY };
    let floor = floor_at_once(&provider, SOME, Load { part: 4, ..load }).await;
    let customers = open_all(&program.address, "some", SOME).await;
    let ours = ours_at_once(&provider, customers, load).await;
    print_added(&format!("{SOME} turns at once, {what}"), &ours, &floor);
    many(&program, &provider).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir_in("target").expect("a folder on this disk");
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).expect("a limit");
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, limit.1.min(20_000), limit.1)
        .expect("room for sockets");
    println!("| what | ours | floor of the same run | ratio |\n|---|---|---|---|");
    tokio::time::timeout(WHOLE_RUN, run(folder.path())).await.expect("the run ends in time");
}
