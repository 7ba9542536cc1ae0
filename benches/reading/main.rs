//! Lists and search where there is much: one person in 10,000 conversations with 1,000,000 messages, on both databases,
//! each figure beside the barest query that answers a part of the question, on the same tables in the same run.
//!
//! `cargo bench --bench reading`; PostgreSQL needs `SWITCHBOARD_TEST_POSTGRES` (`scripts/bench` starts one).
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, clippy::panic, clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "real time is what is measured")]

#[path = "../load/figures.rs"]
mod figures;
mod rows;

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use figures::{Sample, ms, row};
use rows::{CONVERSATIONS, MESSAGES, OTHERS, Words};
use switchboard::domain::conversation::ConversationKind;
use switchboard::domain::messaging::View;
use switchboard::domain::search::terms;
use switchboard::store::{MessagingFilter, Reach, Store};

const ROUNDS: usize = 200;
/// The expression of PostgreSQL's index, as in the migration.
const INDEXED: &str = r"to_tsvector('simple'::regconfig, regexp_replace(content, '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u2000-\u206F\u2190-\u2BFF\u3000-\u303F\uFF00-\uFF0F]+', ' ', 'g'))";

/// A plain query, prepared by nobody, whose answer is thrown away.
enum Bare {
    Sqlite(SqliteConnection),
    Postgres(Box<AsyncPgConnection>),
}

impl Bare {
    async fn run(&mut self, sqlite: &str, postgres: &str) {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sqlite).expect("an answer"),
            Self::Postgres(connection) => connection.batch_execute(postgres).await.expect("an answer"),
        }
    }

    async fn time(&mut self, queries: &[(String, String)]) -> Sample {
        let mut all = Vec::new();
        for (sqlite, postgres) in queries {
            let began = Instant::now();
            self.run(sqlite, postgres).await;
            all.push(began.elapsed());
        }
        Sample::new(all)
    }
}

fn print(what: &str, ours: &Sample, floor: &Sample, of: &str) {
    let ratio = ours.at(99).as_secs_f64() / floor.at(99).as_secs_f64().max(Duration::from_micros(1).as_secs_f64());
    row(
        what,
        &format!("{}, {}", ms(ours.at(50)), ms(ours.at(99))),
        &format!("{}, {} ({of})", ms(floor.at(50)), ms(floor.at(99))),
        &format!("{ratio:.1}× at p99"),
    );
}

async fn lists(name: &str, store: &dyn Store, bare: &mut Bare) {
    let all = MessagingFilter::default();
    let unread = MessagingFilter { unread_only: true, ..MessagingFilter::default() };
    let groups =
        MessagingFilter { kind: Some(ConversationKind::Group), view: Some(View::Active), ..MessagingFilter::default() };
    let last = i64::try_from(CONVERSATIONS).expect("fits") - 50;
    for (what, filter, offset) in [
        ("first page of 50", &all, 0),
        ("last page of 50", &all, last),
        ("first page with something unread", &unread, 0),
        ("first page of open groups", &groups, 0),
    ] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let page = store.messaging_list(&rows::ME.into(), filter, 50, offset).await.expect("a page");
            times.push(began.elapsed());
            assert_eq!(page.len(), 50);
        }
        let query = format!(
            "SELECT conversation_id FROM participants WHERE user_id = '{}' AND left_at IS NULL AND activity_at IS NOT NULL \
             ORDER BY activity_at DESC, conversation_id DESC LIMIT 50 OFFSET {offset}",
            rows::ME
        );
        let floor = bare.time(&vec![(query.clone(), query); ROUNDS]).await;
        let what = format!("{name}, list of 10,000 conversations with unread counts: {what}, p50, p99");
        print(&what, &Sample::new(times), &floor, "the ids alone");
    }
    let mut times = Vec::new();
    for _ in 0..ROUNDS / 4 {
        let began = Instant::now();
        store.messaging_stats(&rows::ME.into()).await.expect("numbers");
        times.push(began.elapsed());
    }
    let query = format!("SELECT count(*) FROM participants WHERE user_id = '{}'", rows::ME);
    let floor = bare.time(&vec![(query.clone(), query); ROUNDS / 4]).await;
    print(&format!("{name}, numbers of 10,000 conversations: p50, p99"), &Sample::new(times), &floor, "one count");
}

async fn search(name: &str, store: &dyn Store, bare: &mut Bare) {
    let words = Words::default();
    for (what, queries) in words.questions(ROUNDS) {
        for (who, reach) in [("in all conversations", rows::ME), ("in ten of them", OTHERS[0])] {
            let mut times = Vec::new();
            let mut hits = 0;
            for query in &queries {
                let terms = terms(query);
                let began = Instant::now();
                let found = store.search_messages(&terms, &Reach::People(reach.into()), None, 50).await;
                times.push(began.elapsed());
                hits += found.expect("an answer").len();
            }
            let bare_queries: Vec<(String, String)> = queries
                .iter()
                .map(|query| {
                    let (lite, pg) = (query.replace(' ', " AND "), query.replace(' ', " & "));
                    let lite = format!("SELECT rowid FROM search_messages WHERE search_messages MATCH '{lite}' LIMIT 50");
                    let pg = format!(
                        "SELECT id FROM messages WHERE sender_role <> 'system' AND {INDEXED} @@ to_tsquery('simple', '{pg}') LIMIT 50"
                    );
                    (lite, pg)
                })
                .collect();
            let floor = bare.time(&bare_queries).await;
            let mean = hits / queries.len();
            let what = format!("{name}, search in 1,000,000 messages for {what}, by one who is {who}: p50, p99");
            print(&what, &Sample::new(times), &floor, &format!("any 50 of the index; {mean} found on average"));
        }
    }
}

async fn measure(name: &str, store: &dyn Store, mut bare: Bare) {
    let began = Instant::now();
    rows::fill(store).await;
    bare.run("ANALYZE", "VACUUM ANALYZE").await;
    let seconds = began.elapsed().as_secs_f64();
    row(&format!("{name}: {MESSAGES} messages written"), &format!("{seconds:.0} s"), "—", "");
    lists(name, store, &mut bare).await;
    search(name, store, &mut bare).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|it| it == part);
    let folder = tempfile::tempdir_in("target").expect("a folder on this disk");
    let options = switchboard::store::Options::default;
    println!("| what | ours | floor of the same run | ratio |\n|---|---|---|---|");
    if is_wanted("sqlite") {
        let path = format!("{}/reading.db", folder.path().display());
        let store = switchboard::store::open(&format!("sqlite:{path}"), options()).await.expect("a store");
        store.migrate().await.expect("tables");
        let bare = SqliteConnection::establish(&path).expect("a connection");
        measure("SQLite", store.as_ref(), Bare::Sqlite(bare)).await;
    }
    if is_wanted("postgres") {
        let Ok(maintenance) = std::env::var("SWITCHBOARD_TEST_POSTGRES") else {
            println!("| PostgreSQL | not measured: SWITCHBOARD_TEST_POSTGRES names no server | | |");
            return;
        };
        let mut admin = AsyncPgConnection::establish(&maintenance).await.expect("a server");
        admin.batch_execute("DROP DATABASE IF EXISTS bench_reading").await.expect("dropped");
        admin.batch_execute("CREATE DATABASE bench_reading").await.expect("made");
        let url = format!("{}/bench_reading", maintenance.rsplit_once('/').expect("a database").0);
        let store = switchboard::store::open(&url, options()).await.expect("a store");
        store.migrate().await.expect("tables");
        let bare = AsyncPgConnection::establish(&url).await.expect("a connection");
        measure("PostgreSQL", store.as_ref(), Bare::Postgres(Box::new(bare))).await;
    }
}
