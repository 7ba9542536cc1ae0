//! The floor under durable messages: a bare loop that commits the same rows in batches of the same size.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use super::figures::Sample;

/// The writer gathers at most this many.
pub const LARGEST_BATCH: usize = 256;
const CONVERSATIONS: usize = 50;

diesel::table! {
    messages (id) {
        id -> Text,
        conversation_id -> Text,
        seq -> BigInt,
        sender_id -> Nullable<Text>,
        sender_name -> Text,
        sender_role -> Text,
        kind -> Text,
        content -> Text,
        ai_generated -> Bool,
        client_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    conversations (id) {
        id -> Text,
        last_seq -> BigInt,
        last_message_at -> BigInt,
    }
}

/// One message as it is stored.
#[derive(Clone, Insertable)]
#[diesel(table_name = messages)]
pub struct Row {
    id: String,
    conversation_id: String,
    seq: i64,
    sender_id: String,
    sender_name: &'static str,
    sender_role: &'static str,
    kind: &'static str,
    content: String,
    ai_generated: bool,
    client_id: String,
    created_at: i64,
}

/// A database without an engine around it.
#[async_trait(?Send)]
pub trait Bare {
    /// Runs statements one after the other.
    async fn run(&mut self, sql: &str);
    /// Commits a batch: each conversation's new head, and the rows.
    async fn commit(&mut self, heads: &[(String, i64)], rows: &[Row]);
}

pub struct BareSqlite(pub SqliteConnection);

#[async_trait(?Send)]
impl Bare for BareSqlite {
    async fn run(&mut self, sql: &str) {
        self.0.batch_execute(sql).expect("a statement");
    }

    async fn commit(&mut self, heads: &[(String, i64)], rows: &[Row]) {
        self.0
            .immediate_transaction(|conn| {
                for (id, head) in heads {
                    diesel::update(conversations::table.find(id))
                        .set((conversations::last_seq.eq(head), conversations::last_message_at.eq(head)))
                        .execute(conn)?;
                }
                for row in rows {
                    diesel::insert_into(messages::table).values(row).execute(conn)?;
                }
                diesel::QueryResult::Ok(())
            })
            .expect("a commit");
    }
}

pub struct BarePostgres(pub AsyncPgConnection);

#[async_trait(?Send)]
impl Bare for BarePostgres {
    async fn run(&mut self, sql: &str) {
        self.0.batch_execute(sql).await.expect("a statement");
    }

    async fn commit(&mut self, heads: &[(String, i64)], rows: &[Row]) {
        use diesel::sql_types::{Array, BigInt, Text};
        use diesel_async::RunQueryDsl;
        let (ids, numbers): (Vec<&str>, Vec<i64>) = heads.iter().map(|(id, head)| (id.as_str(), *head)).unzip();
        self.0
            .transaction(async |conn| {
                let update = diesel::sql_query(
                    "UPDATE conversations c SET last_seq = w.n, last_message_at = w.n \
                     FROM UNNEST($1, $2) AS w (id, n) WHERE c.id = w.id",
                )
                .bind::<Array<Text>, _>(ids)
                .bind::<Array<BigInt>, _>(numbers);
                RunQueryDsl::execute(update, conn).await?;
                RunQueryDsl::execute(diesel::insert_into(messages::table).values(rows), conn).await?;
                diesel::QueryResult::Ok(())
            })
            .await
            .expect("a commit");
    }
}

/// Commits for `span`; rows a second, and how long the commits took.
pub async fn run(bare: &mut dyn Bare, batch: usize, content: &str, span: Duration) -> (f64, Sample) {
    let run = uuid::Uuid::now_v7();
    bare.run(&format!("INSERT INTO users (id, role, name, created_at) VALUES ('{run}', 'customer', 'Floor', 0);"))
        .await;
    for n in 0..CONVERSATIONS {
        bare.run(&format!(
            "INSERT INTO conversations (id, kind, status, handler, customer_id, customer_name, skills, last_message_at, \
             created_at) VALUES ('{run}-{n}', 'support', 'ACTIVE', 'ai', '{run}', 'Floor', '[]', 0, 0);"
        ))
        .await;
    }
    let mut heads = vec![0_i64; CONVERSATIONS];
    let (began, mut commits, mut total, mut next) = (Instant::now(), Vec::new(), 0_u32, 0_usize);
    while began.elapsed() < span {
        let mut rows = Vec::with_capacity(batch);
        let mut touched = std::collections::BTreeMap::new();
        for _ in 0..batch {
            let place = next % CONVERSATIONS;
            next += 1;
            heads[place] += 1;
            touched.insert(place, heads[place]);
            rows.push(Row {
                id: uuid::Uuid::now_v7().to_string(),
                conversation_id: format!("{run}-{place}"),
                seq: heads[place],
                sender_id: run.to_string(),
                sender_name: "Floor",
                sender_role: "customer",
                kind: "text",
                content: content.to_owned(),
                ai_generated: false,
                client_id: format!("m{next}"),
                created_at: 0,
            });
        }
        let touched: Vec<(String, i64)> = touched.into_iter().map(|(n, head)| (format!("{run}-{n}"), head)).collect();
        let at = Instant::now();
        bare.commit(&touched, &rows).await;
        commits.push(at.elapsed());
        total += u32::try_from(batch).expect("fits");
    }
    (f64::from(total) / began.elapsed().as_secs_f64(), Sample::new(commits))
}
