//! What the supervisor is asked, and what it answers with besides the reply.

use crate::domain::agent::Availability;
use crate::domain::chatbot::Chatbot;
use crate::domain::command::{ReleaseTo, TransferTarget};
use crate::domain::event::{Audience, Event};
use crate::domain::ids::{AgentId, ChatbotId, ConversationId, OfferId, UserId};
use crate::domain::user::Role;

use super::op::Op;
use super::state::Case;

/// A conversation as its room knows it. Used only while the supervisor has no case of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConversationFacts {
    /// The row's facts.
    pub case: Case,
    /// A human was asked for already (seed 000's badge).
    pub escalation_requested: bool,
    /// The customer has a link right now.
    pub customer_online: bool,
    /// The customer's last agent (R8).
    pub last_agent_id: Option<AgentId>,
}

/// Who does something to a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The person; none for the engine itself (idle time-out).
    pub user_id: Option<UserId>,
    /// What they are.
    pub role: Role,
}

/// What an agent's record says, when it connects or is changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AgentProfile {
    /// The user.
    pub id: AgentId,
    /// Shown to customers.
    pub name: String,
    /// Units; none = keep, or the installation's default for a new agent.
    pub limit: Option<i32>,
    /// None = keep.
    pub skills: Option<Vec<String>>,
    /// None = keep.
    pub teams: Option<Vec<String>>,
}

/// One thing asked of the supervisor. Access was checked before.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// A human is wanted, and the customer will be asked before anybody is called (seed 000): the flag alone.
    /// Idempotent.
    FlagEscalation {
        /// The conversation.
        facts: ConversationFacts,
        /// Why.
        reason: Option<String>,
    },
    /// Ask for a human. Idempotent.
    Escalate {
        /// The conversation.
        facts: ConversationFacts,
        /// Why.
        reason: Option<String>,
        /// Overrides the conversation's.
        priority: Option<i32>,
        /// Overrides the conversation's when not empty.
        skills: Vec<String>,
    },
    /// Take the wish back.
    CancelEscalation {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Take an offered conversation.
    Accept {
        /// The offer.
        offer_id: OfferId,
        /// Who says so.
        agent_id: AgentId,
    },
    /// Refuse an offered conversation.
    Decline {
        /// The offer.
        offer_id: OfferId,
        /// Who says so.
        agent_id: AgentId,
        /// Why.
        reason: Option<String>,
    },
    /// Take a waiting conversation.
    AssignToMe {
        /// The conversation.
        facts: ConversationFacts,
        /// Who.
        agent: AgentProfile,
    },
    /// Give a conversation to anyone (override).
    Assign {
        /// The conversation.
        facts: ConversationFacts,
        /// To whom.
        agent_id: AgentId,
    },
    /// Offer a conversation to a colleague or team.
    Transfer {
        /// The conversation.
        conversation_id: ConversationId,
        /// Who says so.
        by: Actor,
        /// To whom.
        target: TransferTarget,
        /// What they should know.
        note: Option<String>,
    },
    /// Let a waiting conversation come sooner or later (R6).
    SetPriority {
        /// The conversation.
        conversation_id: ConversationId,
        /// The new base priority, 0 to the top.
        priority: i32,
    },
    /// Give a conversation back.
    Release {
        /// The conversation.
        conversation_id: ConversationId,
        /// Who says so.
        by: Actor,
        /// Where to.
        to: ReleaseTo,
    },
    /// End a conversation.
    Close {
        /// The conversation.
        facts: ConversationFacts,
        /// Who says so.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// An agent's first link is up.
    AgentConnected(AgentProfile),
    /// An agent's last link is lost.
    AgentDisconnected {
        /// Who.
        agent_id: AgentId,
    },
    /// A sign of life.
    AgentSeen {
        /// Who.
        agent_id: AgentId,
    },
    /// The agent chose an availability: an action of its own, so it ends not-responding (R5).
    SetAvailability {
        /// Who.
        agent_id: AgentId,
        /// The choice.
        availability: Availability,
        /// Why.
        reason: Option<String>,
    },
    /// Limit, skills or teams were changed.
    ChangeAgent(AgentProfile),
    /// The customer's last link is lost.
    CustomerLost {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// The customer has a link again.
    CustomerBack {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// The customer without a link gave a sign of life (polled its queue status).
    CustomerSeen {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// An anonymous customer turned out to be somebody: the store holds the conversations under the other id already.
    CustomerIdentified {
        /// Who it was.
        from: UserId,
        /// Who it is.
        into: UserId,
        /// Their name.
        name: String,
        /// Whether they have a link; known to the shell only.
        online: bool,
    },
    /// A chatbot is new or changed.
    PutChatbot(Chatbot),
    /// A chatbot is gone.
    RemoveChatbot {
        /// Which.
        chatbot_id: ChatbotId,
    },
    /// Time has passed; deadlines that are due are handled. So does every other request first.
    Tick,
}

/// A step worth a log line: the checkpoints of seed 001 that only the core knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Trace {
    /// Business hours were checked.
    HoursChecked {
        /// The conversation.
        conversation_id: ConversationId,
        /// Inside hours (or no hours set).
        open: bool,
    },
    /// Agents were looked at.
    AgentsCounted {
        /// The conversation.
        conversation_id: ConversationId,
        /// All known.
        total: usize,
        /// Connected.
        online: usize,
        /// Connected, available and with a free unit.
        available: usize,
    },
    /// An agent was found.
    AgentChosen {
        /// The conversation.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
        /// Units in use, this one included.
        used: i32,
        /// The limit.
        limit: i32,
    },
    /// Nobody could take it; it waits.
    Enqueued {
        /// The conversation.
        conversation_id: ConversationId,
        /// Its place.
        position: usize,
    },
    /// An agent is asked.
    OfferMade {
        /// The conversation.
        conversation_id: ConversationId,
        /// The offer.
        offer_id: OfferId,
        /// Who.
        agent_id: AgentId,
    },
}

/// What shall happen because of a request, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Store this row change. All ops of one request are one transaction.
    Op(Op),
    /// Once the ops are durable, tell this.
    Notify {
        /// Whom.
        to: Audience,
        /// What.
        event: Event,
    },
    /// Write a log line.
    Trace(Trace),
    /// Ranks or supply changed: estimates are to be pushed (coalesced by the shell).
    QueueChanged,
}

/// The list that a request's effects are written to.
pub type Effects = Vec<Effect>;
