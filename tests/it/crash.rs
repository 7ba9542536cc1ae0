//! The real program, killed again and again under writing sockets: what was acknowledged is there, once, in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::RngExt;
use serde_json::json;
use switchboard::domain::user::Role;
use tokio::sync::watch;

use crate::support::client::Client;
use crate::support::postgres;
use crate::support::program::{Program, token};

const SOCKETS: usize = 50;
const KILLS: usize = 20;

/// What a client knows to be durable.
#[derive(Default)]
struct Record {
    conversation: String,
    /// Number by client id.
    acknowledged: BTreeMap<String, i64>,
}

/// Writes until told to stop, through every crash, retrying what was not acknowledged with the same client id.
async fn write(
    name: String,
    mut addresses: watch::Receiver<String>,
    stop: watch::Receiver<bool>,
    acks: Arc<AtomicU64>,
) -> Record {
    let mut record = Record::default();
    let mut number = 0;
    while !*stop.borrow() {
        let address = addresses.borrow_and_update().clone();
        let ended = session(&name, &address, &stop, &mut record, &mut number, &acks).await;
        if !ended && !*stop.borrow() {
            // The server is gone; its next life says where it is. A change may have been published already.
            tokio::select! {
                changed = addresses.changed() => changed.unwrap(),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    record
}

/// One connection's life. True when told to stop.
async fn session(
    name: &str,
    address: &str,
    stop: &watch::Receiver<bool>,
    record: &mut Record,
    number: &mut u64,
    acks: &AtomicU64,
) -> bool {
    let bearer = format!("Bearer {}", token(name, Role::Customer));
    let Ok(mut client) = Client::open(address, "/ws", &[("authorization", &bearer)]).await else { return false };
    if record.conversation.is_empty() {
        let Some(answer) = client.try_ask("start_conversation", json!({ "clientId": "only" })).await else {
            return false;
        };
        let Some(id) = answer["data"]["conversationId"].as_str() else { return false };
        record.conversation = id.to_owned();
    }
    while !*stop.borrow() {
        let client_id = format!("m{number}");
        let data = json!({ "conversationId": record.conversation, "content": client_id, "clientId": client_id });
        let Some(answer) = client.try_ask("send_message", data).await else { return false };
        if answer["type"] == "ack" {
            let seq = answer["data"]["seq"].as_i64().unwrap();
            record.acknowledged.insert(client_id, seq);
            *number += 1;
            acks.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_eq!(answer["data"]["retryable"], true, "{answer}");
        }
    }
    true
}

/// Reads a whole conversation as its customer would.
async fn read_back(address: &str, name: &str, record: &Record) -> Vec<(i64, String)> {
    let bearer = format!("Bearer {}", token(name, Role::Customer));
    let mut client = Client::open(address, "/ws", &[("authorization", &bearer)]).await.unwrap();
    client.expect("connected").await;
    client.expect("chat_session_restored").await;
    let before = client.seen.len();
    client.ack("resume", json!({ "conversations": [{ "conversationId": record.conversation, "lastSeq": 0 }] })).await;
    client.seen.drain(..before);
    client.messages(&record.conversation)
}

async fn killed_under_load(database_url: String, folder: tempfile::TempDir) {
    let program = Program::new(database_url, folder);
    let (mut child, address) = program.start().await;
    let (announce, addresses) = watch::channel(address);
    let (stop, stopped) = watch::channel(false);
    let acks = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..SOCKETS)
        .map(|place| tokio::spawn(write(format!("c{place}"), addresses.clone(), stopped.clone(), Arc::clone(&acks))))
        .collect();
    for _ in 0..KILLS {
        let target = acks.load(Ordering::Relaxed) + rand::rng().random_range(1..400);
        while acks.load(Ordering::Relaxed) < target {
            tokio::task::yield_now().await;
        }
        child.start_kill().unwrap();
        child.wait().await.unwrap();
        let (next, address) = program.start().await;
        child = next;
        announce.send(address).unwrap();
    }
    stop.send(true).unwrap();
    let address = addresses.borrow().clone();
    let mut total = 0;
    for (place, writer) in writers.into_iter().enumerate() {
        let record = writer.await.unwrap();
        let found = read_back(&address, &format!("c{place}"), &record).await;
        let numbers: Vec<i64> = found.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(
            numbers,
            (1..=i64::try_from(found.len()).unwrap()).collect::<Vec<_>>(),
            "c{place}: a hole or a double"
        );
        for (client_id, seq) in &record.acknowledged {
            let times = found.iter().filter(|(_, content)| content == client_id).count();
            assert_eq!(times, 1, "c{place}: {client_id} is there {times} times");
            assert!(found.contains(&(*seq, client_id.clone())), "c{place}: {client_id} is not at {seq}");
        }
        let order: Vec<u64> = found.iter().map(|(_, content)| content[1..].parse().unwrap()).collect();
        assert!(order.is_sorted(), "c{place}: out of order");
        total += record.acknowledged.len();
    }
    assert!(total > KILLS, "only {total} messages were acknowledged");
    println!("{total} acknowledged messages, {KILLS} kills");
    child.start_kill().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/crash.db", folder.path().display());
    killed_under_load(url, folder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_program_is_killed_on_postgres() {
    let url = postgres::fresh_database().await;
    killed_under_load(url, tempfile::tempdir().unwrap()).await;
}
