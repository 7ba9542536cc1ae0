//! What is asked of a conversation of in-app messages, what is written for it, and what became of it.

use super::super::command::SendMessage;
use super::super::conversation::{Conversation, Participant, ParticipantRole};
use super::super::ids::{ConversationId, MessageId, UserId};
use super::super::message::{Message, NewMessage};
use super::super::time::Timestamp;
use super::rules::Person;

/// Something asked for in one conversation, beyond what every conversation knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub deed: Deed,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A message with files, or one that was said elsewhere.
    Post {
        /// The message.
        message: SendMessage,
        /// Files of the sender that no message has yet.
        attachments: Vec<String>,
    },
    /// Another title, closed or open again (for all); put away, silent (for oneself).
    Update {
        /// The new title; an empty one takes it away.
        subject: Option<String>,
        /// Closed, or open again.
        closed: Option<bool>,
        /// Put away in one's own list.
        archived: Option<bool>,
        /// No notifications for oneself.
        muted: Option<bool>,
    },
    /// People come and go.
    People {
        /// Known people who come in, with the part they shall have.
        add: Vec<Joining>,
        /// Who goes out; oneself to leave.
        remove: Vec<UserId>,
    },
    /// One's own message with another text.
    Edit {
        /// Which.
        message_id: MessageId,
        /// The new text.
        content: String,
    },
    /// A message is taken back.
    Delete {
        /// Which.
        message_id: MessageId,
    },
    /// An emoji to a message, or no longer.
    React {
        /// Which.
        message_id: MessageId,
        /// What.
        emoji: String,
        /// Put, or taken away.
        on: bool,
    },
}

/// Somebody who comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    /// Who.
    pub person: Person,
    /// The part; what fits the person when not said.
    pub part: Option<ParticipantRole>,
}

/// A message of a conversation of people, on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The message.
    pub message: NewMessage,
    /// Refused when one of the others has blocked the sender.
    pub guarded: bool,
    /// Files that the message takes; all of them are the sender's and free, or it is refused.
    pub attachments: Vec<String>,
}

/// A change of a conversation of people, on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alteration {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who does it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: AlterationWhat,
}

/// What changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterationWhat {
    /// Title and state.
    Conversation {
        /// The new title (none = without one), when it changes.
        subject: Option<Option<String>>,
        /// Closed or open again, when that changes.
        closed: Option<bool>,
    },
    /// One's own marks.
    Own {
        /// Put away.
        archived: Option<bool>,
        /// Silent.
        muted: Option<bool>,
    },
    /// People come in (or come back) and go out.
    People {
        /// Who comes in.
        add: Vec<Participant>,
        /// Who goes out.
        remove: Vec<UserId>,
        /// Who is the owner from now on.
        heir: Option<UserId>,
    },
    /// Everything up to here is read.
    Read {
        /// Up to which number.
        seq: i64,
    },
    /// Another text.
    Edit {
        /// Which message.
        message_id: MessageId,
        /// The new text.
        content: String,
    },
    /// Taken back: the text goes, the number stays.
    Delete {
        /// Which message.
        message_id: MessageId,
    },
    /// An emoji.
    React {
        /// To which message.
        message_id: MessageId,
        /// What.
        emoji: String,
        /// Put, or taken away.
        on: bool,
    },
}

impl AlterationWhat {
    /// Whether the others are shown something of whoever does it.
    pub fn says_something(&self) -> bool {
        match self {
            Self::Conversation { subject, .. } => subject.is_some(),
            Self::Edit { .. } => true,
            Self::React { on, .. } => *on,
            Self::Own { .. } | Self::People { .. } | Self::Read { .. } | Self::Delete { .. } => false,
        }
    }
}

/// A change that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Altered {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What is so now.
    pub what: AlteredWhat,
}

/// What is so now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlteredWhat {
    /// Nothing was changed by it.
    Nothing,
    /// The rows as they are now.
    Rows {
        /// The conversation.
        conversation: Box<Conversation>,
        /// All who take part or did.
        participants: Vec<Participant>,
        /// It concerns the marks of the person alone who did it.
        own: bool,
    },
    /// The read mark moved.
    Read {
        /// Up to which number.
        seq: i64,
        /// Messages after it that are no news to the reader.
        uncounted: i64,
    },
    /// A message has another text.
    Edited(Box<Message>),
    /// A message was taken back.
    Deleted(Box<Message>),
    /// An emoji was put or taken away.
    Reacted {
        /// To which message.
        message_id: MessageId,
        /// Its number.
        seq: i64,
        /// What.
        emoji: String,
        /// Put.
        on: bool,
    },
}

/// An emoji that somebody put to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// To which.
    pub message_id: MessageId,
    /// Who.
    pub user_id: UserId,
    /// What.
    pub emoji: String,
    /// When.
    pub at: Timestamp,
}

/// A stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id, and its name where the bytes lie.
    pub id: String,
    /// Who brought it.
    pub owner_id: UserId,
    /// The message that has it.
    pub message_id: Option<MessageId>,
    /// As its owner calls it.
    pub name: String,
    /// What it was found to be, `image/png`.
    pub media_type: String,
    /// How large.
    pub bytes: i64,
    /// Of an image: how wide, in pixels.
    pub width: Option<i32>,
    /// Of an image: how high, in pixels.
    pub height: Option<i32>,
    /// There is a small picture of it.
    pub thumbnail: bool,
    /// When it was brought.
    pub created_at: Timestamp,
}
