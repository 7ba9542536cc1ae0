//! What the console and the admin board ask the store for, and the changes that leave a record.

use crate::domain::audit::{AuditAction, AuditEntry};
use crate::domain::canned::CannedResponse;
use crate::domain::chatbot::Chatbot;
use crate::domain::conversation::{Conversation, ConversationStatus};
use crate::domain::escalation::{Decision, Outcome, WaitSample};
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, DecisionId, UserId};
use crate::domain::message::{Message, SenderRole};
use crate::domain::statistics::{AssignmentFact, ConversationFact};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::domain::webhook::{Edit, Told, Webhook};

use super::{ConversationFilter, Credential, RefreshToken, Render};

/// A conversation as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The row.
    pub conversation: Conversation,
    /// Its newest message of a person or the assistant.
    pub last_message: Option<Preview>,
    /// Messages of others, system lines left out, after the reader's mark.
    pub unread: i64,
    /// Since when it waits, while it does.
    pub waiting_since: Option<Timestamp>,
    /// The owner's name.
    pub agent_name: Option<String>,
    /// 1 to 5.
    pub score: Option<i32>,
}

/// The beginning of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its number.
    pub seq: i64,
    /// Who wrote it.
    pub sender_role: SenderRole,
    /// Their name.
    pub sender_name: String,
    /// At most 160 characters of it; empty when it was deleted.
    pub text: String,
    /// When.
    pub created_at: Timestamp,
}

/// Which conversations a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverviewFilter {
    /// As for plain lists.
    pub plain: ConversationFilter,
    /// Only what this agent may see: owned, waiting, taking part.
    pub in_reach_of: Option<AgentId>,
    /// Not the ended ones.
    pub open_only: bool,
    /// Only entries of the queue, the longest waiting first; the cursor is by the moment it was queued.
    pub queued: bool,
    /// The customer's name has this in it, in any case.
    pub name: Option<String>,
    /// Through this entrance.
    pub chatbot_id: Option<ChatbotId>,
    /// Only these.
    pub ids: Option<Vec<ConversationId>>,
}

/// Whose conversations are searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All.
    All,
    /// What an agent may see.
    Agent(AgentId),
    /// A customer's own, and the in-app messages that the customer takes part in.
    Customer(UserId),
    /// In-app messages alone, those that somebody takes part in.
    People(UserId),
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The message.
    pub message: Message,
    /// The conversation's customer.
    pub customer_name: String,
    /// Where the conversation stands.
    pub status: ConversationStatus,
}

/// Which records of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this person.
    pub actor_id: Option<UserId>,
    /// Of this kind.
    pub action: Option<AuditAction>,
}

/// Which records of the decision log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// For or about this agent.
    pub agent_id: Option<AgentId>,
    /// Of this kind.
    pub outcome: Option<Outcome>,
    /// Through this rule (1 to 16).
    pub rule: Option<u8>,
    /// Only those of a person (true), only automatic ones (false).
    pub manual: Option<bool>,
}

/// A record of the decision log, as the log over all conversations shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedDecision {
    /// Its id, which grows with time, and what was decided.
    pub decision: (DecisionId, Decision),
    /// The conversation's customer.
    pub customer_name: String,
}

/// Which part of the past statistics are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsFilter {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// Through this entrance.
    pub chatbot_id: Option<ChatbotId>,
    /// At most so many conversations, and as many waits and assignments.
    pub limit: i64,
}

/// What statistics are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Conversations that began in the range.
    pub conversations: Vec<ConversationFact>,
    /// Waits that began in the range.
    pub waits: Vec<WaitSample>,
    /// Who had conversations of the range.
    pub assignments: Vec<AssignmentFact>,
    /// There is more than the limit.
    pub cut: bool,
}

/// A change of settings or people. It and its record are one transaction.
#[derive(Clone, Debug)]
pub enum Change {
    /// Nothing but the record.
    Nothing,
    /// A login's first refresh token.
    LogIn(RefreshToken),
    /// A chatbot, new or changed.
    PutChatbot(Box<Chatbot>),
    /// A chatbot without conversations goes.
    DeleteChatbot(ChatbotId),
    /// A person who can log in.
    PutLogin {
        /// Who.
        user: User,
        /// With what.
        credential: Credential,
        /// A new agent's limit.
        default_capacity: i32,
    },
    /// A canned response, new or changed.
    PutCanned(CannedResponse),
    /// A canned response goes.
    DeleteCanned(String),
    /// A webhook more, unless there are [`MOST`](crate::domain::webhook::MOST).
    CreateWebhook(Box<Webhook>),
    /// A webhook changes, from what it is in that moment.
    ChangeWebhook {
        /// Which.
        id: String,
        /// What of it.
        edit: Box<Edit>,
        /// When.
        at: Timestamp,
    },
    /// A webhook is there for nobody any more. Its deliveries go bit by bit: [`Store::forget_removed`](super::Store).
    DeleteWebhook {
        /// Which.
        id: String,
        /// When.
        at: Timestamp,
    },
    /// Something is to be delivered to one webhook alone.
    TellWebhook {
        /// To which.
        webhook_id: String,
        /// What.
        told: Box<Told>,
        /// How it is written.
        render: Render,
    },
    /// A delivery is to be made again, whatever became of it.
    Redeliver {
        /// To which webhook.
        webhook_id: String,
        /// Which delivery.
        delivery_id: String,
        /// When.
        at: Timestamp,
    },
    /// Another password; all of the person's logins end.
    SetPassword {
        /// Whose.
        user_id: UserId,
        /// PHC string.
        password_hash: String,
        /// Access tokens of the ended logins are refused until then.
        until: Timestamp,
    },
    /// Whether a person may log in; if not, all of their logins end.
    SetActive {
        /// Who.
        user_id: UserId,
        /// May.
        active: bool,
        /// Access tokens of the ended logins are refused until then.
        until: Timestamp,
    },
}

/// What became of a [`Change`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is durable, and so is its record.
    Done {
        /// The logins that it ended.
        ended_logins: Vec<String>,
    },
    /// A webhook is durable as it is now, and so is its record.
    Webhook(Box<Webhook>),
    /// There was nothing to change, so nothing was recorded.
    NotThere,
    /// Something else has this name.
    Taken,
    /// There are as many as may be.
    Full,
}

/// A change with its record.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What changes.
    pub change: Change,
    /// Who did it.
    pub entry: AuditEntry,
}
