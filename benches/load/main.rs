//! What the engine costs, through real sockets, each figure beside a floor of the same run.
//!
//! `scripts/bench` runs it; `cargo bench --bench load -- idle` runs one part. The program runs in a process of its own.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, clippy::panic, clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "real time is what is measured")]

mod announcement;
mod client;
mod dialects;
mod escalation;
mod fan_out;
mod figures;
mod floor;
mod idle;
mod program;
mod throughput;

use diesel::Connection;
use diesel_async::{AsyncConnection, SimpleAsyncConnection};

async fn sqlite(folder: &std::path::Path) {
    let url = format!("sqlite:{}/throughput.db", folder.display());
    let bare_path = format!("{}/floor.db", folder.display());
    switchboard::store::open(&format!("sqlite:{bare_path}"), switchboard::store::Options::default())
        .await
        .expect("a store")
        .migrate()
        .await
        .expect("tables");
    let mut bare = floor::BareSqlite(diesel::SqliteConnection::establish(&bare_path).expect("a database"));
    floor::Bare::run(
        &mut bare,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;",
    )
    .await;
    throughput::measure("SQLite", &url, &mut bare, folder).await;
}

async fn postgres(folder: &std::path::Path) {
    let Ok(maintenance) = std::env::var("SWITCHBOARD_TEST_POSTGRES") else {
        println!("| PostgreSQL | not measured: SWITCHBOARD_TEST_POSTGRES names no server | | |");
        return;
    };
    let mut admin = diesel_async::AsyncPgConnection::establish(&maintenance).await.expect("a server");
    let base = maintenance.rsplit_once('/').expect("a database").0.to_owned();
    let names = ["bench_ours", "bench_floor"];
    for name in names {
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("dropped");
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("made");
    }
    let (ours, floor) = (format!("{base}/{}", names[0]), format!("{base}/{}", names[1]));
    switchboard::store::open(&floor, switchboard::store::Options::default())
        .await
        .expect("a store")
        .migrate()
        .await
        .expect("tables");
    let mut bare = floor::BarePostgres(diesel_async::AsyncPgConnection::establish(&floor).await.expect("a connection"));
    throughput::measure("PostgreSQL", &ours, &mut bare, folder).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|it| it == part);
    let folder = tempfile::tempdir_in("target").expect("a folder on this disk");
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).expect("a limit");
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, limit.1.min(20_000), limit.1)
        .expect("room for sockets");
    println!("| what | ours | floor of the same run | ratio |\n|---|---|---|---|");
    if is_wanted("sqlite") {
        sqlite(folder.path()).await;
    }
    if is_wanted("postgres") {
        postgres(folder.path()).await;
    }
    if is_wanted("dialects") {
        dialects::measure(folder.path()).await;
    }
    if is_wanted("fan_out") {
        fan_out::measure(folder.path()).await;
    }
    if is_wanted("announcement") {
        announcement::measure(folder.path()).await;
    }
    if is_wanted("escalation") {
        escalation::measure(folder.path()).await;
    }
    if is_wanted("idle") {
        idle::measure(folder.path()).await;
    }
}
