//! Messages and internal notes as they are stored and shown.

use super::conversation::names;
use super::ids::{ConversationId, MessageId, UserId};
use super::time::Timestamp;

/// Who a message is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SenderRole {
    /// The customer.
    Customer,
    /// A human agent or admin.
    Agent,
    /// The assistant.
    Ai,
    /// The engine itself.
    System,
}
names!(SenderRole { Customer = "customer", Agent = "agent", Ai = "ai", System = "system" });

/// What a message is (seeds 002, 003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// Typed by a person or the assistant.
    Text,
    /// A line of the engine ("Sam has joined").
    System,
    /// Sent by a host application or a rule.
    Automated,
    /// A transfer, as a line.
    TransferRequest,
}
names!(MessageKind {
    Text = "text", System = "system", Automated = "automated", TransferRequest = "transfer_request",
});

/// Keys of a message's metadata that the engine writes: what readers find there is true.
pub const OWN_METADATA: [&str; 2] = ["attachments", "forwarded_from"];

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Where it stands.
    pub conversation_id: ConversationId,
    /// Its number, gapless from 1 in each conversation.
    pub seq: i64,
    /// The person; none for the assistant and the engine.
    pub sender_id: Option<UserId>,
    /// Shown to the readers.
    pub sender_name: String,
    /// Who it is from.
    pub sender_role: SenderRole,
    /// What it is.
    pub kind: MessageKind,
    /// The text; empty once deleted.
    pub content: String,
    /// Written by the assistant.
    pub ai_generated: bool,
    /// The sender's own id, unique per (conversation, sender).
    pub client_id: Option<String>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// JSON text, opaque here.
    pub metadata: Option<String>,
    /// When it was committed.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub edited_at: Option<Timestamp>,
    /// When it was taken back; the number stays.
    pub deleted_at: Option<Timestamp>,
}

/// A message on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Chosen by the engine before the commit.
    pub id: MessageId,
    /// Where it goes.
    pub conversation_id: ConversationId,
    /// The person; none for the assistant and the engine.
    pub sender_id: Option<UserId>,
    /// Shown to the readers.
    pub sender_name: String,
    /// Who it is from.
    pub sender_role: SenderRole,
    /// What it is.
    pub kind: MessageKind,
    /// The text.
    pub content: String,
    /// Written by the assistant.
    pub ai_generated: bool,
    /// The sender's own id; a repeat finds the first one.
    pub client_id: Option<String>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// JSON text, opaque here.
    pub metadata: Option<String>,
    /// When it was taken in.
    pub created_at: Timestamp,
}

/// An internal note: seen by staff only, with a sequence of its own (`noteSeq`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its id.
    pub id: MessageId,
    /// Where it stands.
    pub conversation_id: ConversationId,
    /// Its number, gapless from 1 among the conversation's notes.
    pub note_seq: i64,
    /// Who wrote it; none for the engine (a hand-over summary).
    pub author_id: Option<UserId>,
    /// Shown to the readers.
    pub author_name: String,
    /// The text.
    pub content: String,
    /// The author's own id; a repeat finds the first one.
    pub client_id: Option<String>,
    /// When it was committed.
    pub created_at: Timestamp,
}

/// A note on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNote {
    /// Chosen by the engine before the commit.
    pub id: MessageId,
    /// Where it goes.
    pub conversation_id: ConversationId,
    /// Who wrote it; none for the engine.
    pub author_id: Option<UserId>,
    /// Shown to the readers.
    pub author_name: String,
    /// The text.
    pub content: String,
    /// The author's own id.
    pub client_id: Option<String>,
    /// When it was taken in.
    pub created_at: Timestamp,
}
