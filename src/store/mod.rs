//! Where everything durable lives: one trait with the domain's verbs, two databases behind it.

mod desk;
mod host_events;
mod kept;
mod messaging;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod threads;
mod verbs;
mod webhooks;
mod writer;

pub use desk::{
    AuditFilter, Change, Changed, DecisionFilter, Facts, FactsFilter, Found, LoggedDecision, Overview, OverviewFilter,
    Preview, Reach, Recorded,
};
pub use host_events::{NotificationFilter, PublishedEvent, Reader};
pub use messaging::{Blocked, MessagingFilter, MessagingOverview, MessagingStats};
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
pub use webhooks::{Backlog, Render, Tried};
pub use writer::{Full, OnCommitted, Telling, Writer, WriterSettings};

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::agent::Agent;
use crate::domain::audit::AuditEntry;
use crate::domain::canned::CannedResponse;
use crate::domain::chatbot::Chatbot;
use crate::domain::conversation::{Conversation, ConversationStatus, Participant};
use crate::domain::escalation::{Assignment, Decision, Offer, Op, QueueEntry, State, WaitSample};
use crate::domain::host_event::{HostEvent, Notification, Read};
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, DecisionId, MessageId, OfferId, UserId};
use crate::domain::message::{Message, NewMessage, NewNote, Note};
use crate::domain::messaging::{Alteration, Altered, Attachment, Post, Reaction};
use crate::domain::page_view::PageView;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::user::{Role, User};
use crate::domain::webhook::{Delivery, DeliveryState, Disabled, Told, Webhook, lane::Waiting};

/// Why the store could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Surely not done. The same call may work later.
    #[error("the store did not take it: {0}")]
    Aborted(String),
    /// The database as a whole takes nothing at the moment (locked by somebody else, no connection to be had). Surely
    /// not done; the same call may work later, another one would wait as long in vain.
    #[error("the store is not to be had: {0}")]
    Busy(String),
    /// May have been done: the connection was lost during the commit. Whoever holds state derived from the store
    /// must load it again.
    #[error("the store's answer was lost: {0}")]
    OutcomeUnknown(String),
    /// What is stored cannot be read as what it should be. Never retryable.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// An error of the database whose transaction is rolled back.
fn failure(error: diesel::result::Error) -> StoreError {
    match error {
        diesel::result::Error::DeserializationError(error) => StoreError::Corrupt(error.to_string()),
        other => not_done(other.to_string()),
    }
}

/// What the database says when it did nothing. SQLite's library keeps no code of a lock, only its words.
fn not_done(text: String) -> StoreError {
    match text.contains("is locked") {
        true => StoreError::Busy(text),
        false => StoreError::Aborted(text),
    }
}

/// Turns a database's error into the store's.
trait Failed<T> {
    fn failed(self) -> Result<T>;
}

impl<T> Failed<T> for std::result::Result<T, diesel::result::Error> {
    fn failed(self) -> Result<T> {
        self.map_err(failure)
    }
}

/// How a database is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Connections (PostgreSQL) or readers (SQLite).
    pub pool_size: usize,
    /// How long somebody waits for a free connection, or for a new one to be made.
    pub acquire_timeout: Duration,
    /// How long a writer waits for a lock that another process holds (SQLite).
    pub busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { pool_size: 8, acquire_timeout: Duration::from_secs(5), busy_timeout: Duration::from_secs(5) }
    }
}

/// Opens the database that a URL names: `sqlite:PATH`, `postgres://…` or `postgresql://…`.
///
/// # Errors
/// `Aborted` when it cannot be opened or the URL is of no known kind, `Corrupt` when it is damaged.
pub async fn open(database_url: &str, options: Options) -> Result<Arc<dyn Store>> {
    if let Some(path) = database_url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Arc::new(SqliteStore::open_with(path, options).await?));
    }
    if database_url.starts_with("postgres://") || database_url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresStore::connect_with(database_url, options).await?));
    }
    Err(StoreError::Aborted("the database URL must begin with sqlite: or postgres://".into()))
}

/// A started conversation on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConversation {
    /// The row. `last_seq`, `version` and the like start at their first values.
    pub conversation: Conversation,
    /// Who takes part from the start.
    pub participants: Vec<Participant>,
}

/// One item of the write path. A batch of them is one durable commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Appends a message with the next number of its conversation. Clears the idle warning, sets `last_message_at`,
    /// and for an agent's first message `first_response_at`.
    Append(NewMessage),
    /// Appends a message of a conversation of people: with the rest of what [`Post`] says, or not at all.
    Post(Box<Post>),
    /// Changes a conversation of people; answered with [`Written::Altered`].
    Alter(Box<Alteration>),
    /// Appends an internal note with the next note number.
    AppendNote(NewNote),
    /// Creates a conversation; a repeat by (customer, client id) finds the first one.
    Create(Box<NewConversation>),
    /// All ops, or none. The transactions of one lineage are applied in order, and once one has failed, every later
    /// one of the same lineage fails as well, because it was decided on a state that never came to be.
    Apply(Transaction),
    /// Moves a participant's read mark forward (never back); creates the participant row of a staff reader who has none.
    MarkRead {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// Their name, for a new row.
        name: String,
        /// Up to which number.
        seq: i64,
        /// When.
        at: Timestamp,
    },
    /// Stores a rating; a repeat replaces it.
    Rate {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: UserId,
        /// 1 to 5.
        score: i32,
        /// In words.
        comment: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Remembers that the idle warning was given.
    MarkIdleWarned {
        /// Where.
        conversation_id: ConversationId,
        /// When.
        at: Timestamp,
    },
    /// Keeps a page that the customer looks at, and forgets the oldest beyond [`crate::domain::page_view::KEPT`].
    ViewPage(PageView),
}

/// Decided together, durable together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Which chain of decisions this belongs to: one life of the supervisor.
    pub lineage: u64,
    /// The row changes, in order.
    pub ops: Vec<Op>,
    /// Who did it, when that is to be read afterwards.
    pub audit: Option<AuditEntry>,
    /// What webhooks are told of it, besides its messages and notes.
    pub told: Vec<Told>,
}

/// What became of one [`Write`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The message is durable (or was already: `duplicate`).
    Appended {
        /// As stored.
        message: Message,
        /// The client id was known; `message` is the first one's.
        duplicate: bool,
    },
    /// The change is durable.
    Altered(Box<Altered>),
    /// The note is durable (or was already).
    NoteAppended {
        /// As stored.
        note: Note,
        /// The client id was known; `note` is the first one's.
        duplicate: bool,
    },
    /// The conversation is durable (or was already).
    Created {
        /// As stored.
        conversation: Box<Conversation>,
        /// The client id was known.
        duplicate: bool,
    },
    /// All ops are durable. The messages and notes they appended, with their numbers, in order.
    Applied {
        /// Messages of the engine.
        messages: Vec<Message>,
        /// Notes of the engine.
        notes: Vec<Note>,
    },
    /// The read mark now stands here.
    ReadMarked {
        /// Up to which number.
        seq: i64,
        /// It moved.
        moved: bool,
    },
    /// Done.
    Done,
    /// Not done, for a reason that a retry does not change.
    Refused(WriteRefusal),
}

/// Why one item of a batch was not done, while the others were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteRefusal {
    /// What a message answers is no message of its conversation.
    UnknownReply,
    /// No such conversation.
    NotFound,
    /// The conversation is closed.
    Closed,
    /// The assistant's reply comes too late: a human has the conversation, or is asked for.
    TakenOver,
    /// Compare-and-set or a CHECK said no, or an earlier transaction of the lineage failed.
    Conflict,
}

/// Which conversations to list, newest activity first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Of this customer.
    pub customer_id: Option<UserId>,
    /// Owned by this agent.
    pub assigned_agent_id: Option<AgentId>,
    /// In one of these states; empty = any.
    pub statuses: Vec<ConversationStatus>,
    /// Only those where a human was asked for.
    pub escalated_only: bool,
}

/// A place in a list, opaque to clients: the sort key of the last item seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Sort key: milliseconds.
    pub at: Timestamp,
    /// Tie-break.
    pub id: String,
}

/// A stored way to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose.
    pub user_id: UserId,
    /// Lower case, unique.
    pub email: String,
    /// PHC string (argon2id).
    pub password_hash: String,
}

/// A refresh token's row. The token itself is never stored, only its SHA-256 in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// The login (family) that it belongs to: reuse of a used token ends the whole family.
    pub login_id: String,
    /// Whose.
    pub user_id: UserId,
    /// Made.
    pub created_at: Timestamp,
    /// Ends.
    pub expires_at: Timestamp,
}

/// What became of a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The old token is used up and the new one stored; whose it is and of which login.
    Rotated {
        /// Whose.
        user_id: UserId,
        /// Which login.
        login_id: String,
    },
    /// A used token came again: the family is revoked.
    Reused {
        /// Which login ended.
        login_id: String,
    },
    /// Unknown, expired or revoked.
    Invalid,
}

/// What became of a merge of two customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeOutcome {
    /// These conversations moved.
    Merged(Vec<ConversationId>),
    /// They had moved to the same person before.
    Repeated,
    /// One of them is unknown, or no customer, or the anonymous one became somebody else before.
    Refused,
}

/// A conversation that may be idle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleCandidate {
    /// Which.
    pub conversation_id: ConversationId,
    /// Its newest message's time, or its start.
    pub last_message_at: Timestamp,
    /// When it was warned.
    pub idle_warned_at: Option<Timestamp>,
}

/// A rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Who.
    pub user_id: UserId,
    /// 1 to 5.
    pub score: i32,
    /// In words.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// An unsafe REST call that wants to be carried out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyWish {
    /// Whose key; empty for the host's server.
    pub user_id: UserId,
    /// The `Idempotency-Key`.
    pub key: String,
    /// What tells the request from others.
    pub fingerprint: String,
    /// Names this attempt; never used before.
    pub holder: String,
    /// Now.
    pub at: Timestamp,
    /// Reservations made before this count no longer.
    pub since: Timestamp,
}

/// What became of a [`KeyWish`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The request is the caller's to carry out.
    Held,
    /// It was carried out before, with this answer.
    Answered {
        /// HTTP status.
        status: i32,
        /// As it was sent.
        body: String,
    },
    /// The key was used for another request.
    Mismatch,
}

/// The verbs. Every list is bounded by its `limit`.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // --- life ---
    /// Brings the schema up to date; running it again does nothing.
    async fn migrate(&self) -> Result<(), StoreError>;
    /// Takes every migration back (for tests and operators).
    async fn revert_all(&self) -> Result<(), StoreError>;
    /// Whether the database answers and takes writes.
    async fn ping(&self) -> Result<(), StoreError>;
    /// The identity of this database's history, made at first migration.
    async fn epoch(&self) -> Result<String, StoreError>;

    // --- the write path; called by the group-commit writer only ---
    /// Commits a batch durably as one transaction. The answers are in the order of the items. `Err` means nothing of
    /// it was done (`Aborted`), or nobody knows (`OutcomeUnknown`).
    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError>;
    /// The same, and in the same transaction what webhooks are to be told of it.
    async fn commit_telling(&self, batch: &[Write], render: Render) -> Result<Vec<Written>, StoreError>;

    // --- routing ---
    /// The live routing rows, for the supervisor's start.
    async fn load_routing(&self) -> Result<State, StoreError>;
    /// A conversation's decisions, oldest first.
    async fn decisions(
        &self,
        conversation_id: &ConversationId,
        limit: i64,
    ) -> Result<Vec<(DecisionId, Decision)>, StoreError>;
    /// Decisions about any conversation, newest first, after the cursor.
    async fn decision_log(
        &self,
        filter: &DecisionFilter,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<LoggedDecision>, StoreError>;
    /// An offer, open or ended.
    async fn offer(&self, id: &OfferId) -> Result<Option<Offer>, StoreError>;
    /// Offers to an agent, newest first.
    async fn offers_of(&self, agent_id: &AgentId, limit: i64) -> Result<Vec<Offer>, StoreError>;
    /// A conversation's newest queue entry, open or ended.
    async fn queue_entry(&self, conversation_id: &ConversationId) -> Result<Option<QueueEntry>, StoreError>;
    /// A conversation's assignments, oldest first.
    async fn assignments(&self, conversation_id: &ConversationId) -> Result<Vec<Assignment>, StoreError>;
    /// The last agent who served this customer in a closed conversation (R8).
    async fn last_agent_of(&self, customer_id: &UserId) -> Result<Option<AgentId>, StoreError>;
    /// Wait samples since a moment, oldest first.
    async fn wait_samples(&self, since: Timestamp, limit: i64) -> Result<Vec<WaitSample>, StoreError>;
    /// An agent's row, also when it is not live.
    async fn agent(&self, id: &AgentId) -> Result<Option<Agent>, StoreError>;

    // --- conversations ---
    /// One conversation.
    async fn conversation(&self, id: &ConversationId) -> Result<Option<Conversation>, StoreError>;
    /// Its participants, by join time.
    async fn participants(&self, id: &ConversationId) -> Result<Vec<Participant>, StoreError>;
    /// Conversations by filter, newest activity first, after the cursor.
    async fn conversations(
        &self,
        filter: &ConversationFilter,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<Conversation>, StoreError>;
    /// The open support conversation of a customer with the newest message.
    async fn current_conversation_of(&self, customer_id: &UserId) -> Result<Option<Conversation>, StoreError>;
    /// Messages with `seq > after`, ascending.
    async fn messages_after(&self, id: &ConversationId, after: i64, limit: i64) -> Result<Vec<Message>, StoreError>;
    /// Messages with `seq < before`, the newest of them, ascending.
    async fn messages_before(&self, id: &ConversationId, before: i64, limit: i64) -> Result<Vec<Message>, StoreError>;
    /// One message.
    async fn message(&self, id: &MessageId) -> Result<Option<Message>, StoreError>;
    /// Notes with `note_seq > after`, ascending.
    async fn notes_after(&self, id: &ConversationId, after: i64, limit: i64) -> Result<Vec<Note>, StoreError>;
    /// A conversation's rating.
    async fn rating(&self, id: &ConversationId) -> Result<Option<Rating>, StoreError>;
    /// Open support conversations whose last message is older than `before`, oldest first.
    async fn idle_candidates(&self, before: Timestamp, limit: i64) -> Result<Vec<IdleCandidate>, StoreError>;
    /// Conversations with the assistant whose newest message is a customer's, written at `since` or later; oldest
    /// first. After a restart somebody has to answer them.
    async fn unanswered(&self, since: Timestamp, limit: i64) -> Result<Vec<ConversationId>, StoreError>;
    /// The oldest `last_message_at` of all open support conversations.
    async fn oldest_activity(&self) -> Result<Option<Timestamp>, StoreError>;
    /// The newest number of each of these conversations (the sweep after a lost hint).
    async fn heads(&self, ids: &[ConversationId]) -> Result<Vec<(ConversationId, i64)>, StoreError>;

    // --- console and admin board ---
    /// Conversations with what a list shows beside them, newest activity first (the queue: the longest waiting first),
    /// after the cursor. `unread` is counted for `reader`.
    async fn overviews(
        &self,
        filter: &OverviewFilter,
        reader: &UserId,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<Overview>, StoreError>;
    /// Messages with words that begin with all of `terms` (lower case, letters and digits), newest first. System lines
    /// and deleted messages are not found.
    async fn search_messages(
        &self,
        terms: &[String],
        reach: &Reach,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<Found>, StoreError>;
    /// Conversations whose customer's name has words that begin with all of `terms`, newest activity first.
    async fn search_names(
        &self,
        terms: &[String],
        reach: &Reach,
        limit: i64,
    ) -> Result<Vec<ConversationId>, StoreError>;
    /// The shared canned responses and the reader's own, by shortcut.
    async fn canned_responses(&self, reader: &UserId) -> Result<Vec<CannedResponse>, StoreError>;
    /// One canned response.
    async fn canned_response(&self, id: &str) -> Result<Option<CannedResponse>, StoreError>;
    /// Pages that the customer looked at in a conversation, newest first.
    async fn page_views(&self, id: &ConversationId, limit: i64) -> Result<Vec<PageView>, StoreError>;
    /// Pages that a customer looked at in any conversation, newest first.
    async fn page_trail(&self, customer_id: &UserId, limit: i64) -> Result<Vec<PageView>, StoreError>;
    /// Records of the audit log, newest first, after the cursor.
    async fn audit_log(
        &self,
        filter: &AuditFilter,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError>;
    /// Does a change and keeps its record, in one transaction.
    async fn record(&self, recorded: &Recorded) -> Result<Changed, StoreError>;
    /// People who may not log in.
    async fn disabled_users(&self) -> Result<Vec<UserId>, StoreError>;
    /// What statistics are made of, as one state of the database.
    async fn facts(&self, filter: &FactsFilter) -> Result<Facts, StoreError>;

    // --- in-app messages ---
    /// A person's conversations, newest activity first, `offset` of them left out.
    async fn messaging_list(
        &self,
        user_id: &UserId,
        filter: &MessagingFilter,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<MessagingOverview>, StoreError>;
    /// A person's conversations in numbers.
    async fn messaging_stats(&self, user_id: &UserId) -> Result<MessagingStats, StoreError>;
    /// The reactions to these messages, the first one first.
    async fn reactions_to(&self, ids: &[MessageId]) -> Result<Vec<Reaction>, StoreError>;
    /// The files of these messages, the first one first.
    async fn attachments_of(&self, ids: &[MessageId]) -> Result<Vec<Attachment>, StoreError>;
    /// One file's row.
    async fn attachment(&self, id: &str) -> Result<Option<Attachment>, StoreError>;
    /// Keeps a new file's row.
    async fn add_attachment(&self, attachment: &Attachment) -> Result<(), StoreError>;
    /// Forgets files brought before a moment that no message has; which they were, so that their bytes can go as well.
    async fn drop_unused_attachments(&self, before: Timestamp, limit: i64) -> Result<Vec<Attachment>, StoreError>;
    /// Whom a person has blocked, the newest first.
    async fn blocked_by(&self, user_id: &UserId, limit: i64) -> Result<Vec<Blocked>, StoreError>;
    /// Blocks somebody, or no longer.
    async fn set_block(&self, user_id: &UserId, blocked_id: &UserId, on: bool, at: Timestamp)
    -> Result<(), StoreError>;
    /// Whether any of `by` has blocked a person.
    async fn is_blocked(&self, by: &[UserId], user_id: &UserId) -> Result<bool, StoreError>;

    // --- people ---
    /// One user.
    async fn user(&self, id: &UserId) -> Result<Option<User>, StoreError>;
    /// Creates the user when unknown; otherwise updates name, role and e-mail if they changed. A new agent gets an
    /// agent row with `default_capacity`. Answers the stored user.
    async fn ensure_user(&self, user: &User, default_capacity: i32) -> Result<User, StoreError>;
    /// How many users have this role.
    async fn count_users(&self, role: Role) -> Result<i64, StoreError>;
    /// Inserts or replaces a credential.
    async fn put_credential(&self, credential: &Credential) -> Result<(), StoreError>;
    /// By e-mail (lower case).
    async fn credential(&self, email: &str) -> Result<Option<Credential>, StoreError>;
    /// Stores a new login's first refresh token.
    async fn put_refresh_token(&self, token: &RefreshToken) -> Result<(), StoreError>;
    /// Uses up the old token and stores the new one, or finds out that it was used before. One transaction.
    /// `next.login_id` and `next.user_id` are replaced by the old token's. A token that was used less than `grace` ago
    /// is answered as the first time when `next` is what it was exchanged for, and that is unused itself.
    async fn rotate_refresh_token(
        &self,
        old_hash: &str,
        next: &RefreshToken,
        now: Timestamp,
        grace: Millis,
    ) -> Result<RefreshOutcome, StoreError>;
    /// The login that a refresh token belongs to, used or not; none when it is unknown.
    async fn login_of_refresh_token(&self, token_hash: &str) -> Result<Option<String>, StoreError>;
    /// Ends a login: its refresh tokens are refused and its access tokens count as revoked until `until`.
    async fn revoke_login(&self, login_id: &str, until: Timestamp) -> Result<(), StoreError>;
    /// Logins revoked and not yet past their `until`.
    async fn revoked_logins(&self, now: Timestamp) -> Result<Vec<String>, StoreError>;

    /// Makes an anonymous customer's conversations those of a known one, once, and disables the anonymous user. One
    /// transaction: conversations, participants, messages, notes, ratings.
    async fn merge_customer(
        &self,
        from: &UserId,
        into: &UserId,
        name: &str,
        at: Timestamp,
    ) -> Result<MergeOutcome, StoreError>;

    // --- the host's events ---
    /// Makes an event durable and gives it its number, or finds the one with the same id.
    async fn publish_event(&self, event: &HostEvent, expires_at: Timestamp) -> Result<PublishedEvent, StoreError>;
    /// The number of the newest durable event; 0 = none yet.
    async fn newest_event(&self) -> Result<i64, StoreError>;
    /// Events for a person that have not ended, oldest first: those after a number, or after what was delivered to any
    /// of their devices.
    async fn events_for(
        &self,
        reader: &Reader,
        after: Option<i64>,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<HostEvent>, StoreError>;
    /// Up to these numbers, events have reached these people. A mark never goes back.
    async fn mark_events_delivered(&self, marks: &[(UserId, i64)]) -> Result<(), StoreError>;
    /// A person's notifications that have not ended, newest first.
    async fn notifications(
        &self,
        reader: &Reader,
        filter: NotificationFilter,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Notification>, StoreError>;
    /// How many of them are not read.
    async fn unread_notifications(&self, reader: &Reader, now: Timestamp) -> Result<i64, StoreError>;
    /// Marks some of them read; how many are left, none when there is no such notification.
    async fn read_notifications(&self, reader: &Reader, what: &Read, now: Timestamp)
    -> Result<Option<i64>, StoreError>;
    /// Forgets events that have ended; how many.
    async fn forget_events(&self, now: Timestamp) -> Result<usize, StoreError>;

    // --- webhooks ---
    /// All webhooks, the oldest first; removed ones are not among them.
    async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError>;
    /// Switches a webhook off that is on.
    async fn disable_webhook(&self, id: &str, why: Disabled, at: Timestamp) -> Result<(), StoreError>;
    /// How much waits for a webhook, and how much was given up.
    async fn webhook_backlog(&self, webhook_id: &str) -> Result<Backlog, StoreError>;
    /// What is to be delivered to a webhook, by number, after a number. What is not seen yet has a higher one than
    /// everything that was ever seen.
    async fn waiting_deliveries(&self, webhook_id: &str, after: i64, limit: i64) -> Result<Vec<Waiting>, StoreError>;
    /// One delivery.
    async fn delivery(&self, id: &str) -> Result<Option<Delivery>, StoreError>;
    /// A webhook's deliveries with a lower number than `before`, the newest first.
    async fn deliveries(
        &self,
        webhook_id: &str,
        state: Option<DeliveryState>,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError>;
    /// Keeps how a try of a pending delivery went, unless it was asked for again since the try began; whether it did.
    async fn delivery_tried(&self, id: &str, tried: &Tried) -> Result<bool, StoreError>;
    /// Forgets deliveries of a webhook that was removed, at most `limit` of them, and with the last ones the webhook;
    /// whether there was anything to forget.
    async fn forget_removed(&self, limit: i64) -> Result<bool, StoreError>;
    /// Forgets deliveries that came to this end before a moment, at most `limit` of them; how many.
    async fn forget_deliveries(&self, state: DeliveryState, before: Timestamp, limit: i64)
    -> Result<usize, StoreError>;

    // --- chatbots ---
    /// All chatbots, by id.
    async fn chatbots(&self) -> Result<Vec<Chatbot>, StoreError>;
    /// Inserts or replaces a chatbot with its hours and holidays, in one transaction.
    async fn put_chatbot(&self, chatbot: &Chatbot) -> Result<(), StoreError>;
    /// Removes a chatbot without conversations; whether it was there.
    async fn delete_chatbot(&self, id: &ChatbotId) -> Result<bool, StoreError>;

    // --- idempotency ---
    /// Reserves a key for a request, before it is carried out. The caller sees to it that nobody else of its own process
    /// carries out a request with this key: a reservation found without an answer is one that was left behind.
    async fn reserve_key(&self, wish: &KeyWish) -> Result<Reservation, StoreError>;
    /// Keeps the answer of the request that `holder` reserved the key for; nothing when it is no longer the holder.
    async fn keep_answer(
        &self,
        user_id: &UserId,
        key: &str,
        holder: &str,
        status: i32,
        body: &str,
    ) -> Result<(), StoreError>;
    /// Gives a reservation of `holder` back, so that the request can be tried again.
    async fn free_key(&self, user_id: &UserId, key: &str, holder: &str) -> Result<(), StoreError>;
    /// Forgets answers and revocations older than `before`.
    async fn sweep(&self, before: Timestamp) -> Result<(), StoreError>;
}
