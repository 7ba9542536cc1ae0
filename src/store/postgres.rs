//! PostgreSQL through diesel-async, pooled by deadpool.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use deadpool::Runtime;
use deadpool::managed::{Hook, HookError, Metrics};
use diesel::result::{DatabaseErrorKind, Error};
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt as _;

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
    Result, Store, StoreError,
};

/// What the queries run on.
pub(super) type Conn = AsyncPgConnection;

/// On this database a query is awaited.
macro_rules! run {
    ($query:expr) => {
        $query.await
    };
}

#[path = "queries/mod.rs"]
mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Prepared statements are planned for what they are given. A plan that is kept was made for tables that were empty
/// when the server came up, and becomes four times slower as those grow (measured).
const SETUP: &str = "SET plan_cache_mode = force_custom_plan";

/// A connection that was used within this is not asked whether it is still there before it is used again.
const FRESH: Duration = Duration::from_secs(1);

/// What a query answers, with the connection borrowed.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A PostgreSQL database.
pub struct PostgresStore {
    threads: Threads,
    url: String,
    pool: Pool<AsyncPgConnection>,
}

impl PostgresStore {
    /// A pool of `pool_size` connections. They are made when they are needed.
    ///
    /// # Errors
    /// `Aborted` when the database cannot be reached.
    pub async fn connect(url: &str, pool_size: usize) -> Result<Self> {
        Self::connect_with(url, Options { pool_size, ..Options::default() }).await
    }

    /// The same with other waits.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_with(url: &str, options: Options) -> Result<Self> {
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| {
            let url = url.to_owned();
            async move {
                let mut conn = AsyncPgConnection::establish(&url).await?;
                let set = conn.batch_execute(SETUP).await;
                set.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(options.pool_size.max(2))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.acquire_timeout))
            .create_timeout(Some(options.acquire_timeout))
            .recycle_timeout(Some(options.acquire_timeout))
            .pre_recycle(Hook::async_fn(|conn: &mut AsyncPgConnection, metrics: &Metrics| {
                let idle = metrics.last_used() > FRESH;
                Box::pin(async move {
                    match idle {
                        true => {
                            conn.batch_execute("SELECT 1").await.map_err(|error| HookError::message(error.to_string()))
                        }
                        false => Ok(()),
                    }
                })
            }))
            .build()
            .map_err(|error| StoreError::Aborted(error.to_string()))?;
        let store = Self { threads: Threads::new()?, url: url.to_owned(), pool };
        store.ping_now().await?;
        Ok(store)
    }

    /// Runs queries, each statement a transaction of its own.
    async fn read<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: for<'c> FnOnce(&'c mut Conn) -> Answer<'c, R> + Send + 'static,
    {
        let pool = self.pool.clone();
        self.threads
            .run(async move {
                let mut conn = get(&pool).await?;
                query(&mut conn).await
            })
            .await
    }

    /// Runs queries as one transaction that sees one state.
    async fn snapshot<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: for<'c> FnOnce(&'c mut Conn) -> Answer<'c, R> + Send + 'static,
    {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.threads.run(within(self.pool.clone(), begin, query)).await
    }

    /// Runs queries as one transaction.
    async fn transact<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: for<'c> FnOnce(&'c mut Conn) -> Answer<'c, R> + Send + 'static,
    {
        self.threads.run(within(self.pool.clone(), "BEGIN", query)).await
    }

    async fn migrate_now(&self) -> Result<()> {
        on_own_runtime(self.url.clone(), |harness| harness.run_pending_migrations(MIGRATIONS).map(|_| ())).await
    }

    async fn revert_now(&self) -> Result<()> {
        on_own_runtime(self.url.clone(), |harness| harness.revert_all_migrations(MIGRATIONS).map(|_| ())).await
    }

    async fn ping_now(&self) -> Result<()> {
        let pool = self.pool.clone();
        self.threads.run(async move { get(&pool).await?.batch_execute("SELECT 1").await.failed() }).await
    }
}

async fn get(pool: &Pool<AsyncPgConnection>) -> Result<Object<AsyncPgConnection>> {
    pool.get().await.map_err(|error| StoreError::Busy(error.to_string()))
}

async fn within<R, Q>(pool: Pool<AsyncPgConnection>, begin: &str, query: Q) -> Result<R>
where
    R: Send,
    Q: for<'c> FnOnce(&'c mut Conn) -> Answer<'c, R> + Send,
{
    let mut conn = get(&pool).await?;
    conn.batch_execute(begin).await.failed()?;
    let ended = match query(&mut conn).await {
        Ok(answer) => conn.batch_execute("COMMIT").await.map(|()| answer).map_err(commit_failed),
        Err(error) => {
            if conn.batch_execute("ROLLBACK").await.is_err() {
                // A connection in an unknown state goes no further.
                drop(Object::take(conn));
            }
            return Err(error);
        }
    };
    if ended.is_err() {
        drop(Object::take(conn));
    }
    ended
}

/// An answer of the server is a refusal; anything else was lost on the way, and nobody knows.
fn commit_failed(error: Error) -> StoreError {
    match &error {
        Error::DatabaseError(
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::CheckViolation,
            _,
        ) => StoreError::Aborted(error.to_string()),
        _ => StoreError::OutcomeUnknown(error.to_string()),
    }
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;
type MigrationResult = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Migrations block on their queries, which only a runtime with several threads allows; the caller's may have one.
async fn on_own_runtime(url: String, work: fn(&mut Harness) -> MigrationResult) -> Result<()> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async move {
            let conn = AsyncPgConnection::establish(&url).await?;
            work(&mut AsyncMigrationHarness::new(conn))
        })
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Aborted(error.to_string()))?
        .map_err(|error: Box<dyn std::error::Error + Send + Sync>| StoreError::Aborted(error.to_string()))
}

/// What differs between the databases on the write path: here, a round trip for many rows.
///
/// The statements are kept prepared, and planned anew each time (see [`SETUP`]).
mod batch {
    use diesel::prelude::QueryableByName;
    use diesel::sql_types::{BigInt, Text};
    use diesel_async::RunQueryDsl;

    use super::Conn;
    use super::queries::search::{reach_sql, reach_who};
    use super::queries::write::{Claim, MessageKey};
    use crate::store::kept::{Column, Kept};
    use crate::store::rows::{DeliveryRow, FoundRow, MessageRow};
    use crate::store::schema::{conversations, webhook_deliveries, webhooks};
    use crate::store::{Failed, Reach, Result};

    pub(super) async fn known_messages(conn: &mut Conn, keys: &[MessageKey]) -> Result<Vec<MessageRow>> {
        let conversations: Vec<&str> = keys.iter().map(|(conversation, _, _)| conversation.as_str()).collect();
        let senders: Vec<&str> = keys.iter().map(|(_, sender, _)| sender.as_str()).collect();
        let clients: Vec<&str> = keys.iter().map(|(_, _, client)| client.as_str()).collect();
        let text = "SELECT m.* FROM messages m JOIN UNNEST(?, ?, ?) AS k (c, s, i) \
                    ON m.conversation_id = k.c AND m.sender_id = k.s AND m.client_id = k.i";
        let columns = [conversations, senders, clients].map(Column::Texts).into();
        Kept::new(text, columns).load(conn).await.failed()
    }

    #[derive(QueryableByName)]
    struct Head {
        #[diesel(sql_type = Text)]
        id: String,
        #[diesel(sql_type = BigInt)]
        last_seq: i64,
    }

    pub(super) async fn owners(conn: &mut Conn, ids: Vec<&str>) -> Result<Vec<(String, String, String)>> {
        use diesel::prelude::{ExpressionMethods as _, QueryDsl as _};
        conversations::table
            .filter(conversations::id.eq_any(ids))
            .order(conversations::id.asc())
            .select((conversations::id, conversations::status, conversations::handler))
            .for_update()
            .load(conn)
            .await
            .failed()
    }

    /// The rows are locked in the order of their ids first, so that two writers cannot wait for each other.
    pub(super) async fn take_numbers(conn: &mut Conn, claims: &[Claim]) -> Result<Vec<(String, i64)>> {
        let ids: Vec<&str> = claims.iter().map(|claim| claim.conversation_id.as_str()).collect();
        let counts: Vec<i64> = claims.iter().map(|claim| claim.count).collect();
        let touched: Vec<Option<i64>> = claims.iter().map(|claim| claim.touched_at).collect();
        let answered: Vec<Option<i64>> = claims.iter().map(|claim| claim.answered_at).collect();
        let text = "WITH wanted AS (SELECT * FROM UNNEST(?, ?, ?, ?) AS w (id, n, touched, answered)), \
             locked AS (SELECT c.id FROM conversations c JOIN wanted w ON w.id = c.id \
                        WHERE c.status <> 'CLOSED' ORDER BY c.id FOR UPDATE OF c) \
             UPDATE conversations c SET last_seq = c.last_seq + w.n, \
                 last_message_at = coalesce(w.touched, c.last_message_at), \
                 idle_warned_at = CASE WHEN w.touched IS NULL THEN c.idle_warned_at ELSE NULL END, \
                 first_response_at = coalesce(c.first_response_at, w.answered) \
             FROM wanted w JOIN locked l ON l.id = w.id WHERE c.id = w.id RETURNING c.id, c.last_seq";
        let columns = vec![
            Column::Texts(ids),
            Column::Numbers(counts),
            Column::MaybeNumbers(touched),
            Column::MaybeNumbers(answered),
        ];
        let heads: Vec<Head> = Kept::new(text, columns).load(conn).await.failed()?;
        Ok(heads.into_iter().map(|head| (head.id, head.last_seq)).collect())
    }

    /// Every word of the query begins a word of the text; letters, digits and marks alone come here, so that quotes
    /// are safe.
    fn matching(terms: &[String]) -> String {
        terms.iter().map(|term| format!("'{term}':*")).collect::<Vec<_>>().join(" & ")
    }

    /// The marks and signs between words, as in the migration.
    const APART: &str = r"[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u2000-\u206F\u2190-\u2BFF\u3000-\u303F\uFF00-\uFF0F]+";

    /// The expression of the index.
    fn words_of(column: &str) -> String {
        format!("to_tsvector('simple'::regconfig, regexp_replace({column}, '{APART}', ' ', 'g'))")
    }

    pub(super) async fn found_messages(
        conn: &mut Conn,
        terms: &[String],
        reach: &Reach,
        (at, id): (i64, &str),
        limit: i64,
    ) -> Result<Vec<FoundRow>> {
        let text = format!(
            "SELECT m.*, c.customer_name, c.status FROM messages m JOIN conversations c ON c.id = m.conversation_id \
             WHERE m.sender_role <> 'system' AND {} @@ to_tsquery('simple'::regconfig, $1) \
             AND m.deleted_at IS NULL AND {} AND (m.created_at < $3 OR (m.created_at = $3 AND m.id < $4)) \
             ORDER BY m.created_at DESC, m.id DESC LIMIT $5",
            words_of("m.content"),
            reach_sql(reach, "$2")
        );
        diesel::sql_query(text)
            .bind::<Text, _>(matching(terms))
            .bind::<Text, _>(reach_who(reach))
            .bind::<BigInt, _>(at)
            .bind::<Text, _>(id)
            .bind::<BigInt, _>(limit)
            .load(conn)
            .await
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
            "SELECT c.id FROM conversations c WHERE {} @@ to_tsquery('simple'::regconfig, $1) AND c.kind = 'support' AND {} \
             ORDER BY c.last_message_at DESC, c.id DESC LIMIT $3",
            words_of("c.customer_name"),
            reach_sql(reach, "$2")
        );
        let found: Vec<Id> = diesel::sql_query(text)
            .bind::<Text, _>(matching(terms))
            .bind::<Text, _>(reach_who(reach))
            .bind::<BigInt, _>(limit)
            .load(conn)
            .await
            .failed()?;
        Ok(found.into_iter().map(|row| row.id).collect())
    }

    /// Messages of one's own are no news: `(conversation, sender, how many)`.
    pub(super) async fn count_own(conn: &mut Conn, own: &[(String, String, i64)]) -> Result<()> {
        let ids: Vec<&str> = own.iter().map(|(id, _, _)| id.as_str()).collect();
        let senders: Vec<&str> = own.iter().map(|(_, sender, _)| sender.as_str()).collect();
        let counts: Vec<i64> = own.iter().map(|(_, _, count)| *count).collect();
        let text = "UPDATE participants p SET uncounted = p.uncounted + w.n FROM UNNEST(?, ?, ?) AS w (c, u, n) \
                    WHERE p.conversation_id = w.c AND p.user_id = w.u";
        let columns = vec![Column::Texts(ids), Column::Texts(senders), Column::Numbers(counts)];
        Kept::new(text, columns).execute(conn).await.failed().map(|_| ())
    }

    /// Conversations move up in the lists of those who take part: `(conversation, when)`.
    pub(super) async fn touch_lists(conn: &mut Conn, touched: &[(String, i64)]) -> Result<()> {
        let ids: Vec<&str> = touched.iter().map(|(id, _)| id.as_str()).collect();
        let moments: Vec<i64> = touched.iter().map(|(_, at)| *at).collect();
        let text = "UPDATE participants p SET activity_at = w.t FROM UNNEST(?, ?) AS w (c, t) \
                    WHERE p.conversation_id = w.c";
        Kept::new(text, vec![Column::Texts(ids), Column::Numbers(moments)]).execute(conn).await.failed().map(|_| ())
    }

    /// Webhooks that are on. None of them goes before the transaction has ended.
    pub(super) async fn listening(conn: &mut Conn) -> Result<Vec<(String, String)>> {
        use diesel::prelude::{ExpressionMethods as _, QueryDsl as _};
        webhooks::table
            .filter(webhooks::disabled.is_null())
            .filter(webhooks::removed_at.is_null())
            .order(webhooks::id.asc())
            .select((webhooks::id, webhooks::events))
            .for_key_share()
            .load(conn)
            .await
            .failed()
    }

    pub(super) async fn insert_deliveries(conn: &mut Conn, rows: &[DeliveryRow]) -> Result<()> {
        // 18 values each stay below the 65,535 of one statement.
        for some in rows.chunks(1000) {
            diesel::insert_into(webhook_deliveries::table).values(some).execute(conn).await.failed()?;
        }
        Ok(())
    }

    /// The index of words follows the texts by itself here.
    #[expect(clippy::unused_async, reason = "the other database has something to do")]
    pub(super) async fn reword(_: &mut Conn, _: &MessageRow, _: Option<&str>) -> Result<()> {
        Ok(())
    }

    pub(super) async fn insert_messages(conn: &mut Conn, rows: &[MessageRow]) -> Result<()> {
        let text = "INSERT INTO messages (id, conversation_id, seq, sender_id, sender_name, sender_role, kind, \
                    content, ai_generated, client_id, reply_to, metadata, created_at, edited_at, deleted_at) \
                    SELECT * FROM UNNEST(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let texts = |of: fn(&MessageRow) -> &str| Column::Texts(rows.iter().map(of).collect());
        let perhaps = |of: fn(&MessageRow) -> Option<&str>| Column::MaybeTexts(rows.iter().map(of).collect());
        let moments = |of: fn(&MessageRow) -> Option<i64>| Column::MaybeNumbers(rows.iter().map(of).collect());
        let columns = vec![
            texts(|row| &row.id),
            texts(|row| &row.conversation_id),
            Column::Numbers(rows.iter().map(|row| row.seq).collect()),
            perhaps(|row| row.sender_id.as_deref()),
            texts(|row| &row.sender_name),
            texts(|row| &row.sender_role),
            texts(|row| &row.kind),
            texts(|row| &row.content),
            Column::Flags(rows.iter().map(|row| row.ai_generated).collect()),
            perhaps(|row| row.client_id.as_deref()),
            perhaps(|row| row.reply_to.as_deref()),
            perhaps(|row| row.metadata.as_deref()),
            Column::Numbers(rows.iter().map(|row| row.created_at).collect()),
            moments(|row| row.edited_at),
            moments(|row| row.deleted_at),
        ];
        Kept::new(text, columns).execute(conn).await.failed()?;
        Ok(())
    }
}

/// One verb: runs a query on a connection of the right kind.
macro_rules! ask {
    ($store:ident.$way:ident, $conn:ident => $query:expr) => {
        $store.$way(move |$conn: &mut Conn| -> Answer<'_, _> { Box::pin(async move { $query.await }) }).await
    };
}

store_verbs!(PostgresStore);
