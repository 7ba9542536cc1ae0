//! SQLite, bundled: one writing connection and a few reading ones, WAL, every commit on the disk.

use std::future::Future;
use std::path::Path;

use async_trait::async_trait;
use deadpool::Runtime;
use diesel::RunQueryDsl;
use diesel::sqlite::SqliteConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt;

use crate::domain::agent::Agent;
use crate::domain::chatbot::Chatbot;
use crate::domain::conversation::{Conversation, Participant};
use crate::domain::escalation::{Assignment, Offer, QueueEntry, WaitSample};
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, DecisionId, MessageId, OfferId, UserId};
use crate::domain::message::{Message, Note};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, User};

use super::threads::Threads;
use super::verbs::store_verbs;
use super::{
    ConversationFilter, Credential, Cursor, Failed, IdleCandidate, Options, Rating, RefreshOutcome, RefreshToken,
    Result, Store, StoreError, failure, not_done,
};

/// What the queries run on: they are run to their end on the blocking thread that holds it.
pub(super) type Conn = SqliteConnection;
type Wrapped = SyncConnectionWrapper<SqliteConnection>;

/// On this database a query is a call.
macro_rules! run {
    ($query:expr) => {
        $query
    };
}

#[expect(clippy::unused_async, reason = "the same source is awaited on PostgreSQL")]
#[path = "queries/mod.rs"]
mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// WAL keeps readers out of the writer's way; FULL puts every commit on the disk before it is acknowledged.
/// The wait for a lock comes first, because the other lines may meet one.
const SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                     PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;";

/// A SQLite file.
pub struct SqliteStore {
    threads: Threads,
    writer: Pool<Wrapped>,
    readers: Pool<Wrapped>,
}

impl SqliteStore {
    /// Opens the file, makes it when it is not there, and checks that it is whole.
    ///
    /// # Errors
    /// `Aborted` when it cannot be opened, `Corrupt` when it is damaged.
    pub async fn open(path: &str) -> Result<Self> {
        Self::open_with(path, Options::default()).await
    }

    /// The same with other waits and another number of readers.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(path: &str, options: Options) -> Result<Self> {
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Aborted(format!("{}: {error}", folder.display())))?;
        }
        let store = Self {
            threads: Threads::new()?,
            writer: pool(path, 1, options)?,
            readers: pool(path, options.pool_size.max(1), options)?,
        };
        store.write(check).await?;
        Ok(store)
    }

    /// Runs queries on a reading connection.
    async fn read<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: FnOnce(&mut Conn) -> Result<R> + Send + 'static,
    {
        self.threads.run(blocking(self.readers.clone(), query)).await
    }

    /// Runs queries on a reading connection as one transaction: all of them see the same state.
    async fn snapshot<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: FnOnce(&mut Conn) -> Result<R> + Send + 'static,
    {
        self.read(move |conn| {
            diesel::sql_query("BEGIN").execute(conn).failed()?;
            let done = query(conn);
            // Nothing was changed: how it ends makes no difference.
            let _ = diesel::sql_query("ROLLBACK").execute(conn);
            done
        })
        .await
    }

    /// Runs queries on the writing connection, each statement a transaction of its own.
    async fn write<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: FnOnce(&mut Conn) -> Result<R> + Send + 'static,
    {
        self.threads.run(blocking(self.writer.clone(), query)).await
    }

    /// Runs queries on the writing connection as one transaction.
    async fn transact<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: FnOnce(&mut Conn) -> Result<R> + Send + 'static,
    {
        self.write(move |conn| {
            diesel::sql_query("BEGIN IMMEDIATE").execute(conn).failed()?;
            let done = query(conn).and_then(|answer| end(conn).map(|()| answer));
            if done.is_err() {
                // Without a transaction there is nothing to roll back, which is what we want.
                let _ = diesel::sql_query("ROLLBACK").execute(conn);
            }
            done
        })
        .await
    }
}

/// A commit that fails was rolled back, unless the disk itself failed in the middle of it.
fn end(conn: &mut Conn) -> Result<()> {
    diesel::sql_query("COMMIT").execute(conn).map(|_| ()).map_err(|error| {
        let text = error.to_string();
        if text.contains("disk I/O") { StoreError::OutcomeUnknown(text) } else { not_done(text) }
    })
}

fn check(conn: &mut Conn) -> Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        quick_check: String,
    }
    let lines: Vec<Line> = diesel::sql_query("PRAGMA quick_check(1)")
        .load(conn)
        .map_err(|error| StoreError::Corrupt(format!("the database file: {error}")))?;
    match lines.first() {
        Some(line) if line.quick_check != "ok" => Err(StoreError::Corrupt(line.quick_check.clone())),
        _ => Ok(()),
    }
}

fn pool(path: &str, size: usize, options: Options) -> Result<Pool<Wrapped>> {
    let mut config = ManagerConfig::default();
    let setup = format!("PRAGMA busy_timeout = {}; {SETUP}", options.busy_timeout.as_millis());
    config.custom_setup = Box::new(move |path| {
        let (path, setup) = (path.to_owned(), setup.clone());
        async move {
            let mut conn = <Wrapped as diesel_async::AsyncConnection>::establish(&path).await?;
            conn.spawn_blocking(move |conn| {
                use diesel::connection::SimpleConnection;
                conn.batch_execute(&setup)
            })
            .await
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(conn)
        }
        .boxed()
    });
    let manager = AsyncDieselConnectionManager::<Wrapped>::new_with_config(path, config);
    let wait = Some(options.acquire_timeout);
    let builder =
        Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1).wait_timeout(wait).create_timeout(wait);
    builder.build().map_err(|error| StoreError::Aborted(error.to_string()))
}

/// One hop to the blocking thread for all of `query`.
async fn blocking<R, Q>(pool: Pool<Wrapped>, query: Q) -> Result<R>
where
    R: Send + 'static,
    Q: FnOnce(&mut Conn) -> Result<R> + Send + 'static,
{
    let mut conn = pool.get().await.map_err(|error| StoreError::Busy(error.to_string()))?;
    conn.spawn_blocking(move |conn| Ok(query(conn))).await.map_err(failure)?
}

/// Here a query's future never waits: it is done when it is first looked at.
fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    future.now_or_never().unwrap_or_else(|| Err(StoreError::Aborted("a query waited".into())))
}

/// What differs between the databases on the write path: here, statements written out for all rows of a batch.
///
/// Diesel prepares an update or insert anew for every row on this database, and that costs more than running it.
mod batch {
    #![expect(clippy::unused_async, reason = "the same calls are awaited on PostgreSQL")]

    use diesel::prelude::*;
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

    use super::Conn;
    use super::queries::search::{reach_sql, reach_who};
    use super::queries::write::{Claim, MessageKey};
    use crate::store::rows::{DeliveryRow, FoundRow, MessageRow};
    use crate::store::schema::{conversations, webhooks};
    use crate::store::{Failed, Reach, Result};

    /// Rows in one statement; 18 values each stay far below SQLite's 32,766.
    const ROWS: usize = 256;

    /// `(?,?),(?,?)` for this many rows of this many values.
    fn places(rows: usize, values: usize) -> String {
        let row = format!("({})", vec!["?"; values].join(","));
        vec![row; rows].join(",")
    }

    pub(super) async fn known_messages(conn: &mut Conn, keys: &[MessageKey]) -> Result<Vec<MessageRow>> {
        let mut found = Vec::new();
        for some in keys.chunks(ROWS) {
            let text = format!(
                "WITH k (c, s, i) AS (VALUES {}) SELECT m.* FROM k CROSS JOIN messages m \
                 ON m.conversation_id = k.c AND m.sender_id = k.s AND m.client_id = k.i",
                places(some.len(), 3)
            );
            let mut query = diesel::sql_query(text).into_boxed();
            for (conversation_id, sender_id, client_id) in some {
                query = query.bind::<Text, _>(conversation_id).bind::<Text, _>(sender_id).bind::<Text, _>(client_id);
            }
            found.extend(query.load::<MessageRow>(conn).failed()?);
        }
        Ok(found)
    }

    /// Webhooks that are on.
    pub(super) async fn listening(conn: &mut Conn) -> Result<Vec<(String, String)>> {
        webhooks::table
            .filter(webhooks::disabled.is_null())
            .filter(webhooks::removed_at.is_null())
            .order(webhooks::id.asc())
            .select((webhooks::id, webhooks::events))
            .load(conn)
            .failed()
    }

    pub(super) async fn insert_deliveries(conn: &mut Conn, rows: &[DeliveryRow]) -> Result<()> {
        for some in rows.chunks(ROWS) {
            let text = format!(
                "INSERT INTO webhook_deliveries (number, id, webhook_id, event_id, event, conversation_id, body, state, \
                 tries, asked, due_at, created_at, ended_at, last_at, last_took_ms, last_status, last_error, \
                 last_excerpt) VALUES {}",
                places(some.len(), 18)
            );
            let mut query = diesel::sql_query(text).into_boxed();
            for row in some {
                query = query
                    .bind::<BigInt, _>(row.number)
                    .bind::<Text, _>(&row.id)
                    .bind::<Text, _>(&row.webhook_id)
                    .bind::<Text, _>(&row.event_id)
                    .bind::<Text, _>(&row.event)
                    .bind::<Nullable<Text>, _>(&row.conversation_id)
                    .bind::<Text, _>(&row.body)
                    .bind::<Text, _>(&row.state)
                    .bind::<Integer, _>(row.tries)
                    .bind::<Integer, _>(row.asked)
                    .bind::<BigInt, _>(row.due_at)
                    .bind::<BigInt, _>(row.created_at)
                    .bind::<Nullable<BigInt>, _>(row.ended_at)
                    .bind::<Nullable<BigInt>, _>(row.last_at)
                    .bind::<Nullable<BigInt>, _>(row.last_took_ms)
                    .bind::<Nullable<Integer>, _>(row.last_status)
                    .bind::<Nullable<Text>, _>(&row.last_error)
                    .bind::<Nullable<Text>, _>(&row.last_excerpt);
            }
            query.execute(conn).failed()?;
        }
        Ok(())
    }

    pub(super) async fn owners(conn: &mut Conn, ids: Vec<&str>) -> Result<Vec<(String, String, String)>> {
        conversations::table
            .filter(conversations::id.eq_any(ids))
            .select((conversations::id, conversations::status, conversations::handler))
            .load(conn)
            .failed()
    }

    #[derive(QueryableByName)]
    struct Head {
        #[diesel(sql_type = Text)]
        id: String,
        #[diesel(sql_type = BigInt)]
        last_seq: i64,
    }

    pub(super) async fn take_numbers(conn: &mut Conn, claims: &[Claim]) -> Result<Vec<(String, i64)>> {
        let mut taken = Vec::with_capacity(claims.len());
        for some in claims.chunks(ROWS) {
            let text = format!(
                "WITH w (id, n, touched, answered) AS (VALUES {}) \
                 UPDATE conversations SET last_seq = last_seq + w.n, \
                     last_message_at = coalesce(w.touched, last_message_at), \
                     idle_warned_at = CASE WHEN w.touched IS NULL THEN idle_warned_at ELSE NULL END, \
                     first_response_at = coalesce(first_response_at, w.answered) \
                 FROM w WHERE conversations.id = w.id AND conversations.status <> 'CLOSED' \
                 RETURNING conversations.id AS id, conversations.last_seq AS last_seq",
                places(some.len(), 4)
            );
            let mut query = diesel::sql_query(text).into_boxed();
            for claim in some {
                query = query
                    .bind::<Text, _>(&claim.conversation_id)
                    .bind::<BigInt, _>(claim.count)
                    .bind::<Nullable<BigInt>, _>(claim.touched_at)
                    .bind::<Nullable<BigInt>, _>(claim.answered_at);
            }
            let heads: Vec<Head> = query.load(conn).failed()?;
            taken.extend(heads.into_iter().map(|head| (head.id, head.last_seq)));
        }
        Ok(taken)
    }

    /// Every word of the query begins a word of the text; letters, digits and marks alone come here, so that quotes are
    /// safe.
    fn matching(terms: &[String]) -> String {
        terms.iter().map(|term| format!("\"{term}\"*")).collect::<Vec<_>>().join(" ")
    }

    /// Hits that may be committed between a message and one that is older.
    const OUT_OF_ORDER: i64 = 100;

    pub(super) async fn found_messages(
        conn: &mut Conn,
        terms: &[String],
        reach: &Reach,
        (at, id): (i64, &str),
        limit: i64,
    ) -> Result<Vec<FoundRow>> {
        // The index is walked from its newest entry and left when enough is found. Entries stand in the order of commits,
        // which is that of the moments but for a little; so some more are taken and put in order.
        let text = format!(
            "SELECT * FROM (SELECT m.*, c.customer_name, c.status FROM search_messages s \
                 CROSS JOIN messages m ON m.id = s.message_id CROSS JOIN conversations c ON c.id = m.conversation_id \
                 WHERE s.search_messages MATCH ?1 AND m.deleted_at IS NULL AND {} \
                 AND (m.created_at < ?3 OR (m.created_at = ?3 AND m.id < ?4)) \
                 ORDER BY s.rowid DESC LIMIT ?5 + {OUT_OF_ORDER}) \
             ORDER BY created_at DESC, id DESC LIMIT ?5",
            reach_sql(reach, "?2")
        );
        diesel::sql_query(text)
            .bind::<Text, _>(matching(terms))
            .bind::<Text, _>(reach_who(reach))
            .bind::<BigInt, _>(at)
            .bind::<Text, _>(id)
            .bind::<BigInt, _>(limit)
            .load(conn)
            .failed()
    }

    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = Text)]
        id: String,
    }

    pub(super) async fn found_names(
        conn: &mut Conn,
        terms: &[String],
        reach: &Reach,
        limit: i64,
    ) -> Result<Vec<String>> {
        let text = format!(
            "SELECT DISTINCT c.id, c.last_message_at FROM search_names s JOIN conversations c ON c.id = s.conversation_id \
             WHERE s.search_names MATCH ?1 AND c.kind = 'support' AND {} ORDER BY c.last_message_at DESC, c.id DESC LIMIT ?3",
            reach_sql(reach, "?2")
        );
        let found: Vec<Id> = diesel::sql_query(text)
            .bind::<Text, _>(matching(terms))
            .bind::<Text, _>(reach_who(reach))
            .bind::<BigInt, _>(limit)
            .load(conn)
            .failed()?;
        Ok(found.into_iter().map(|row| row.id).collect())
    }

    /// Messages of one's own are no news: `(conversation, sender, how many)`.
    pub(super) async fn count_own(conn: &mut Conn, own: &[(String, String, i64)]) -> Result<()> {
        for some in own.chunks(ROWS) {
            let text = format!(
                "WITH w (c, u, n) AS (VALUES {}) UPDATE participants SET uncounted = uncounted + w.n \
                 FROM w WHERE participants.conversation_id = w.c AND participants.user_id = w.u",
                places(some.len(), 3)
            );
            let mut query = diesel::sql_query(text).into_boxed();
            for (id, sender, count) in some {
                query = query.bind::<Text, _>(id).bind::<Text, _>(sender).bind::<BigInt, _>(*count);
            }
            query.execute(conn).failed()?;
        }
        Ok(())
    }

    /// Conversations move up in the lists of those who take part: `(conversation, when)`.
    pub(super) async fn touch_lists(conn: &mut Conn, touched: &[(String, i64)]) -> Result<()> {
        for some in touched.chunks(ROWS) {
            let text = format!(
                "WITH w (c, t) AS (VALUES {}) UPDATE participants SET activity_at = w.t \
                 FROM w WHERE participants.conversation_id = w.c",
                places(some.len(), 2)
            );
            let mut query = diesel::sql_query(text).into_boxed();
            for (id, at) in some {
                query = query.bind::<Text, _>(id).bind::<BigInt, _>(*at);
            }
            query.execute(conn).failed()?;
        }
        Ok(())
    }

    #[derive(QueryableByName)]
    struct Place {
        #[diesel(sql_type = BigInt)]
        place: i64,
    }

    /// The index of words holds no texts, so the old entry is found by the words of the old text.
    pub(super) async fn reword(conn: &mut Conn, old: &MessageRow, content: Option<&str>) -> Result<()> {
        let terms = crate::domain::search::first_words(&old.content);
        let mut place = None;
        if !terms.is_empty() {
            let found: Option<Place> = diesel::sql_query(
                "SELECT s.rowid AS place FROM search_messages s WHERE s.search_messages MATCH ?1 AND s.message_id = ?2 \
                 ORDER BY s.rowid DESC LIMIT 1",
            )
            .bind::<Text, _>(matching(&terms))
            .bind::<Text, _>(&old.id)
            .get_result(conn)
            .optional()
            .failed()?;
            place = found.map(|found| found.place);
            diesel::sql_query("DELETE FROM search_messages WHERE rowid = ?1")
                .bind::<Nullable<BigInt>, _>(place)
                .execute(conn)
                .failed()?;
        }
        if let Some(content) = content {
            // In its old place: the entries stand in the order of commits.
            diesel::sql_query("INSERT INTO search_messages (rowid, content, message_id) VALUES (?1, ?2, ?3)")
                .bind::<Nullable<BigInt>, _>(place)
                .bind::<Text, _>(content)
                .bind::<Text, _>(&old.id)
                .execute(conn)
                .failed()?;
        }
        Ok(())
    }

    pub(super) async fn insert_messages(conn: &mut Conn, rows: &[MessageRow]) -> Result<()> {
        for some in rows.chunks(ROWS) {
            let text = format!(
                "INSERT INTO messages (id, conversation_id, seq, sender_id, sender_name, sender_role, kind, content, \
                 ai_generated, client_id, reply_to, metadata, created_at, edited_at, deleted_at) VALUES {}",
                places(some.len(), 15)
            );
            let mut query = diesel::sql_query(text).into_boxed();
            for row in some {
                query = query
                    .bind::<Text, _>(&row.id)
                    .bind::<Text, _>(&row.conversation_id)
                    .bind::<BigInt, _>(row.seq)
                    .bind::<Nullable<Text>, _>(&row.sender_id)
                    .bind::<Text, _>(&row.sender_name)
                    .bind::<Text, _>(&row.sender_role)
                    .bind::<Text, _>(&row.kind)
                    .bind::<Text, _>(&row.content)
                    .bind::<Bool, _>(row.ai_generated)
                    .bind::<Nullable<Text>, _>(&row.client_id)
                    .bind::<Nullable<Text>, _>(&row.reply_to)
                    .bind::<Nullable<Text>, _>(&row.metadata)
                    .bind::<BigInt, _>(row.created_at)
                    .bind::<Nullable<BigInt>, _>(row.edited_at)
                    .bind::<Nullable<BigInt>, _>(row.deleted_at);
            }
            query.execute(conn).failed()?;
        }
        Ok(())
    }
}

fn migrate(conn: &mut Conn) -> Result<()> {
    conn.run_pending_migrations(MIGRATIONS).map(|_| ()).map_err(|error| StoreError::Aborted(error.to_string()))
}

fn revert(conn: &mut Conn) -> Result<()> {
    conn.revert_all_migrations(MIGRATIONS).map(|_| ()).map_err(|error| StoreError::Aborted(error.to_string()))
}

impl SqliteStore {
    async fn migrate_now(&self) -> Result<()> {
        self.write(migrate).await
    }

    async fn revert_now(&self) -> Result<()> {
        self.write(revert).await
    }

    /// Takes the write lock, so that a database that cannot be written says so.
    async fn ping_now(&self) -> Result<()> {
        self.transact(|_| Ok(())).await
    }
}

/// One verb: runs a query on a connection of the right kind.
macro_rules! ask {
    ($store:ident.$way:ident, $conn:ident => $query:expr) => {
        $store.$way(move |$conn: &mut Conn| now($query)).await
    };
}

store_verbs!(SqliteStore);
