//! The conversation record: what is stored, and which changes of it are legal.

use super::ids::{AgentId, ChatbotId, ConversationId, UserId};
use super::time::Timestamp;

/// Who talks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConversationKind {
    /// A customer with the assistant or an agent: the only kind that is routed.
    Support,
    /// In-app messages between a customer and staff.
    GuestStaff,
    /// In-app messages among staff.
    StaffStaff,
    /// In-app messages among customers.
    GuestGuest,
    /// In-app messages among many.
    Group,
}

/// Where a conversation stands. Wire names are upper snake case (`WAITING_FOR_AGENT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConversationStatus {
    /// With the assistant, or nobody yet.
    Active,
    /// In the queue.
    WaitingForAgent,
    /// In the queue, and an agent is being asked.
    Offered,
    /// An agent owns it.
    AgentAssigned,
    /// Ended for the customer; the agent finishes the paperwork.
    WrapUp,
    /// Over.
    Closed,
}

/// Who answers the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handler {
    /// The assistant.
    Ai,
    /// An agent (or the wish for one).
    Human,
}

/// A closed vocabulary: an enum whose every value has one name on the wire.
pub trait Word: Copy {
    /// What the vocabulary is called.
    const NAME: &'static str;
    /// All its words, in order.
    const WORDS: &'static [&'static str];

    /// This one's.
    fn word(self) -> &'static str;
}

macro_rules! names {
    ($type:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $crate::domain::conversation::Word for $type {
            const NAME: &'static str = stringify!($type);
            const WORDS: &'static [&'static str] = &[$($text),+];

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl $type {
            /// The name on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the name that `as_str` writes.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use names;

impl ConversationKind {
    /// In-app messages: everything but support. Nobody is assigned, nothing is queued, no assistant answers.
    pub const fn is_messaging(self) -> bool {
        !matches!(self, Self::Support)
    }
}

names!(ConversationKind {
    Support = "support", GuestStaff = "guest_staff", StaffStaff = "staff_staff",
    GuestGuest = "guest_guest", Group = "group",
});
names!(ConversationStatus {
    Active = "ACTIVE", WaitingForAgent = "WAITING_FOR_AGENT", Offered = "OFFERED",
    AgentAssigned = "AGENT_ASSIGNED", WrapUp = "WRAP_UP", Closed = "CLOSED",
});
names!(Handler { Ai = "ai", Human = "human" });

/// A stored conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its id; no credential.
    pub id: ConversationId,
    /// Who talks to whom.
    pub kind: ConversationKind,
    /// Where it stands.
    pub status: ConversationStatus,
    /// Who answers.
    pub handler: Handler,
    /// The entrance it came through.
    pub chatbot_id: Option<ChatbotId>,
    /// The customer of a support conversation; the creator of another kind.
    pub customer_id: UserId,
    /// The customer's name when it began.
    pub customer_name: String,
    /// Title, for messaging kinds.
    pub subject: Option<String>,
    /// The client's id of the start, so that a retry finds the same conversation.
    pub client_id: Option<String>,
    /// The owner.
    pub assigned_agent_id: Option<AgentId>,
    /// Somebody or something asked for a human (seed 000).
    pub escalation_requested: bool,
    /// Why.
    pub escalation_reason: Option<String>,
    /// When it was asked for.
    pub escalation_requested_at: Option<Timestamp>,
    /// When it was first queued, offered or assigned.
    pub escalated_at: Option<Timestamp>,
    /// When the present owner got it.
    pub assigned_at: Option<Timestamp>,
    /// The first message of an agent.
    pub first_response_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Why it ended.
    pub close_reason: Option<String>,
    /// Base priority, 0 (normal) and up.
    pub priority: i32,
    /// Skills a human needs, in the order in which they may be dropped.
    pub skills: Vec<String>,
    /// The newest message's number; 0 when there is none.
    pub last_seq: i64,
    /// The newest internal note's number; 0 when there is none.
    pub last_note_seq: i64,
    /// The newest message's time, or the start.
    pub last_message_at: Timestamp,
    /// The start.
    pub created_at: Timestamp,
    /// When the idle warning was given; cleared by the next message.
    pub idle_warned_at: Option<Timestamp>,
    /// Grows with every change of status or owner; compare-and-set works on it.
    pub version: i64,
    /// JSON text from the client, opaque here.
    pub metadata: Option<String>,
}

/// A person's part in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The person.
    pub user_id: UserId,
    /// The part.
    pub role: ParticipantRole,
    /// Shown to the others.
    pub name: String,
    /// Everything up to here was read by this person. Moves forward only.
    pub last_read_seq: i64,
    /// Messages after that which are no news to this person: their own, and those taken back. Counted for in-app
    /// messages only; see [`super::messaging::unread`].
    pub uncounted: i64,
    /// No notifications wanted.
    pub muted: bool,
    /// Hidden from the person's list.
    pub archived: bool,
    /// When the person came in.
    pub joined_at: Timestamp,
    /// When the person went out.
    pub left_at: Option<Timestamp>,
}

/// The part a person has in a conversation (seed 003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParticipantRole {
    /// Started it.
    Owner,
    /// Was invited.
    Participant,
    /// Serves it.
    Staff,
}
names!(ParticipantRole { Owner = "owner", Participant = "participant", Staff = "staff" });
