//! What in-app messages ask the store for.

use crate::domain::conversation::{Conversation, ConversationKind, Participant};
use crate::domain::ids::UserId;
use crate::domain::messaging::View;

use super::Preview;

/// Which of a person's conversations a list holds; newest activity first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagingFilter {
    /// Of this kind.
    pub kind: Option<ConversationKind>,
    /// Looking like this to the person; none = all that are not put away.
    pub view: Option<View>,
    /// Only with something unread.
    pub unread_only: bool,
}

/// A conversation as a person's list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagingOverview {
    /// The row.
    pub conversation: Conversation,
    /// The person's own part.
    pub mine: Participant,
    /// All who take part now.
    pub participants: Vec<Participant>,
    /// The newest message.
    pub last_message: Option<Preview>,
}

/// A person's in-app messages in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessagingStats {
    /// Conversations that the person takes part in.
    pub conversations: i64,
    /// Those of them that are neither closed nor put away.
    pub active: i64,
    /// Those that are put away and not closed.
    pub archived: i64,
    /// Those that are closed.
    pub closed: i64,
    /// Those with something unread.
    pub unread_conversations: i64,
    /// Unread messages in all of them.
    pub unread_messages: i64,
    /// Messages in all of them.
    pub messages: i64,
}

/// Somebody whom a person does not want to hear from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Since when.
    pub at: crate::domain::time::Timestamp,
}
