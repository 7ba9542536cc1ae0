//! What clients may ask for, over every dialect, REST and the library: one vocabulary.

use super::agent::Availability;
use super::ids::{AgentId, ChatbotId, ConversationId, MessageId, OfferId};
use super::message::MessageKind;

/// Where a conversation begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartMode {
    /// With the assistant.
    #[default]
    Ai,
    /// Escalated at once.
    Human,
}

/// Starts a support conversation. Idempotent by `client_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartConversation {
    /// The entrance; the default chatbot when absent.
    pub chatbot_id: Option<ChatbotId>,
    /// The client's own id of this start.
    pub client_id: String,
    /// Sent right away when present.
    pub first_message: Option<String>,
    /// With the assistant or a human.
    pub mode: StartMode,
    /// Base priority.
    pub priority: Option<i32>,
    /// Skills a human needs, in dropping order.
    pub skills: Vec<String>,
    /// JSON text, opaque.
    pub metadata: Option<String>,
    /// Why a human is wanted, in mode human.
    pub reason: Option<String>,
}

/// Sends a message or (`internal`) a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendMessage {
    /// Where to.
    pub conversation_id: ConversationId,
    /// The text.
    pub content: String,
    /// The sender's own id; a repeat is answered with the first one's number.
    pub client_id: String,
    /// Text unless said otherwise.
    pub kind: MessageKind,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// A note for staff only.
    pub internal: bool,
    /// JSON text, opaque.
    pub metadata: Option<String>,
}

/// Points at a message by number or id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadMark {
    /// By number.
    Seq(i64),
    /// By id.
    Message(MessageId),
}

/// Asks for a human. Idempotent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalate {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Why.
    pub reason: Option<String>,
    /// Base priority.
    pub priority: Option<i32>,
    /// Skills in dropping order; empty = as the conversation says.
    pub skills: Vec<String>,
}

/// Who shall get a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TransferTarget {
    /// A person.
    Agent(AgentId),
    /// Any member of a team (or with a skill).
    Team(String),
}

/// Where a released conversation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReleaseTo {
    /// Back to the assistant.
    Ai,
    /// Back to the queue, at its head.
    Queue,
}

/// What a session can watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The queue's entries.
    Queue,
    /// Agents and their load.
    Agents,
    /// Counters.
    Metrics,
    /// One's own notifications.
    Notifications,
    /// Whether people can be reached, at one's own chatbot.
    Availability,
}
super::conversation::names!(Topic {
    Queue = "queue", Agents = "agents", Metrics = "metrics", Notifications = "notifications",
    Availability = "availability",
});

/// Everything a client can ask for once it is known who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a support conversation.
    StartConversation(StartConversation),
    /// Take part in, or watch, a conversation.
    Join {
        /// Which.
        conversation_id: ConversationId,
        /// The newest number the client has; messages after it follow.
        last_seq: Option<i64>,
    },
    /// Stop watching.
    Leave {
        /// Which.
        conversation_id: ConversationId,
    },
    /// After a reconnect: join each and get what was missed.
    Resume {
        /// Each with the newest number the client has.
        conversations: Vec<(ConversationId, i64)>,
    },
    /// Send.
    SendMessage(SendMessage),
    /// Typing began or ended.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Began.
        on: bool,
    },
    /// Everything up to here is read.
    MarkRead {
        /// Where.
        conversation_id: ConversationId,
        /// Up to which.
        mark: ReadMark,
    },
    /// Ask for a human.
    Escalate(Escalate),
    /// Take the wish back.
    CancelEscalation {
        /// Where.
        conversation_id: ConversationId,
    },
    /// Take an offered conversation.
    AcceptOffer {
        /// The offer.
        offer_id: OfferId,
    },
    /// Refuse an offered conversation.
    DeclineOffer {
        /// The offer.
        offer_id: OfferId,
        /// Why.
        reason: Option<String>,
    },
    /// Take a waiting conversation.
    AssignToMe {
        /// Which.
        conversation_id: ConversationId,
    },
    /// Give a conversation to anyone (override).
    Assign {
        /// Which.
        conversation_id: ConversationId,
        /// To whom.
        agent_id: AgentId,
    },
    /// Offer a conversation to a colleague or team.
    Transfer {
        /// Which.
        conversation_id: ConversationId,
        /// To whom.
        target: TransferTarget,
        /// What they should know.
        note: Option<String>,
    },
    /// Let a waiting conversation come sooner or later.
    SetPriority {
        /// Which.
        conversation_id: ConversationId,
        /// The new base priority, 0 to the top of the settings.
        priority: i32,
    },
    /// Give a conversation back.
    Release {
        /// Which.
        conversation_id: ConversationId,
        /// Where to.
        to: ReleaseTo,
    },
    /// End a conversation.
    CloseConversation {
        /// Which.
        conversation_id: ConversationId,
        /// Why.
        reason: Option<String>,
    },
    /// Choose availability.
    SetAgentStatus {
        /// The choice; never `NotResponding`.
        status: Availability,
        /// Why.
        reason: Option<String>,
    },
    /// Rate a conversation.
    Rate {
        /// Which.
        conversation_id: ConversationId,
        /// 1 to 5.
        score: u8,
        /// In words.
        comment: Option<String>,
    },
    /// Tell which page one looks at.
    ViewPage {
        /// In which conversation.
        conversation_id: ConversationId,
        /// The page's address.
        url: String,
        /// Its title.
        title: Option<String>,
    },
    /// Something in a conversation of in-app messages.
    Messaging(Box<super::messaging::Request>),
    /// Watch topics.
    Subscribe {
        /// Which.
        topics: Vec<Topic>,
    },
    /// Stop watching topics.
    Unsubscribe {
        /// Which.
        topics: Vec<Topic>,
    },
}

impl Command {
    /// Whether it is for conversations of in-app messages alone (yes) or for support alone (no); none = for both.
    pub fn is_about_people(&self) -> Option<bool> {
        match self {
            Self::Messaging(_) => Some(true),
            Self::SendMessage(message) => message.internal.then_some(false),
            Self::Join { .. }
            | Self::Leave { .. }
            | Self::Resume { .. }
            | Self::Typing { .. }
            | Self::MarkRead { .. }
            | Self::Subscribe { .. }
            | Self::Unsubscribe { .. } => None,
            _ => Some(false),
        }
    }
}
