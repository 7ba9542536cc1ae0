//! The decision log: why this agent, or why none.

use crate::domain::conversation::names;
use crate::domain::ids::{AgentId, ConversationId};
use crate::domain::time::Timestamp;

/// What was decided about a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Given to the agent.
    Assigned,
    /// Offered to the agent.
    Offered,
    /// Put into, or left in, the queue.
    Queued,
    /// The agent said no.
    Declined,
    /// The agent did not answer.
    TimedOut,
    /// An offer was withdrawn.
    Rescinded,
    /// Back to the queue after its agent was lost.
    Requeued,
    /// Handed on by its owner.
    Transferred,
    /// Given back by its owner.
    Released,
    /// A person gave it another priority.
    Prioritized,
    /// Not taken: outside business hours.
    OutsideHours,
    /// Not taken: nobody could serve it, or the queue was full.
    Refused,
    /// The customer gave up, or waited too long.
    Ended,
}
names!(Outcome {
    Assigned = "assigned", Offered = "offered", Queued = "queued", Declined = "declined",
    TimedOut = "timed_out", Rescinded = "rescinded", Requeued = "requeued", Transferred = "transferred",
    Released = "released", Prioritized = "prioritized",
    OutsideHours = "outside_hours", Refused = "refused", Ended = "ended",
});

/// Why an agent was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassedOver {
    /// Not connected.
    NotConnected,
    /// Away, draining or offline by choice.
    NotAvailable,
    /// Missed an offer.
    NotResponding,
    /// No free unit.
    AtCapacity,
    /// Lacks a skill.
    LacksSkill,
    /// Declined or missed this entry.
    Excluded,
    /// Could have served; somebody else came first under R7.
    RankedLower,
    /// The entry is kept for its last agent for a while (R8).
    KeptForSticky,
}
names!(PassedOver {
    NotConnected = "not_connected", NotAvailable = "not_available", NotResponding = "not_responding",
    AtCapacity = "at_capacity", LacksSkill = "lacks_skill", Excluded = "excluded",
    RankedLower = "ranked_lower", KeptForSticky = "kept_for_sticky",
});

/// One agent that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The agent.
    pub agent_id: AgentId,
    /// Free units at that moment.
    pub free: i32,
    /// Chosen maximum.
    pub limit: i32,
    /// Why not this one; none for the chosen one.
    pub passed_over: Option<PassedOver>,
}

/// One stored decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// About which conversation.
    pub conversation_id: ConversationId,
    /// What.
    pub outcome: Outcome,
    /// For or about which agent.
    pub agent_id: Option<AgentId>,
    /// The agents looked at, chosen first; at most 32.
    pub candidates: Vec<Candidate>,
    /// Agents that were not listed one by one.
    pub candidates_left_out: i32,
    /// The rule that decided (`R1` … `R16`).
    pub rule: u8,
    /// A person overrode an automatic rule.
    pub manual: bool,
    /// In words, for people.
    pub note: Option<String>,
}
