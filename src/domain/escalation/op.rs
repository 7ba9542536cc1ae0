//! Row changes: the only way the supervisor's tables change, in memory and in the database.

use crate::domain::agent::Agent;
use crate::domain::conversation::{ConversationStatus, Handler};
use crate::domain::ids::{AgentId, AssignmentId, ConversationId, DecisionId, OfferId, UserId};
use crate::domain::message::{NewMessage, NewNote};
use crate::domain::time::Timestamp;

use super::decision::Decision;
use super::state::Case;
use super::state::{EntryStatus, Offer, OfferStatus, QueueEntry, ServiceStats, State};

/// The change of a conversation row, by compare-and-set on its version.
///
/// Fields that are `None` stay as they are. The row's version becomes `expected_version + 1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConversationChange {
    /// The row.
    pub conversation_id: ConversationId,
    /// The version it must have.
    pub expected_version: i64,
    /// The new status.
    pub status: ConversationStatus,
    /// The new handler.
    pub handler: Option<Handler>,
    /// The new owner; `Some(None)` takes the owner away.
    pub assigned_agent_id: Option<Option<AgentId>>,
    /// Sets `escalation_requested` with its time, once; a repeat keeps the first time and brings its own reason, if any.
    pub escalation: Option<EscalationFlag>,
    /// When the change happened. Sets `escalated_at` (first time in the queue or assigned), `assigned_at` (new owner)
    /// and `closed_at` (closed).
    pub at: Timestamp,
    /// Why it ended.
    pub close_reason: Option<String>,
    /// New base priority.
    pub priority: Option<i32>,
    /// New skills.
    pub skills: Option<Vec<String>>,
    /// When wrap-up ends by itself; `Some(None)` clears it.
    pub wrap_up_until: Option<Option<Timestamp>>,
}

/// The flag of seed 000.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EscalationFlag {
    /// Why a human is wanted.
    pub reason: Option<String>,
    /// When it was asked for.
    pub at: Timestamp,
}

/// An assignment's row (seed 001 `ConversationAssignment`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The owner.
    pub agent_id: AgentId,
    /// When the agent got it.
    pub assigned_at: Timestamp,
    /// A person overrode the limit or the queue.
    pub manual: bool,
}

/// A served entry's prediction beside what happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WaitSample {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// How long it waited, in milliseconds.
    pub waited_ms: i64,
    /// The first estimate (p50, seconds), if one was given.
    pub predicted_s: Option<i64>,
    /// The same estimate's p90.
    pub predicted_p90_s: Option<i64>,
    /// How the wait ended.
    pub outcome: EntryStatus,
}

/// One row change. Applied in order; all ops of one decision are one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Inserts or replaces an agent's row, except its load (`used`, `held`).
    PutAgent(Agent),
    /// Moves units. The database refuses `used < 0`, `held < 0` and `used + held > limit + over`.
    AdjustLoad {
        /// The agent.
        agent_id: AgentId,
        /// Added to `used`.
        used: i32,
        /// Added to `held`.
        held: i32,
        /// Added to `over`.
        over: i32,
    },
    /// Changes a conversation by compare-and-set.
    ChangeConversation(ConversationChange),
    /// Takes a conversation into the supervisor's tables, or replaces what they say of it. No row of its own: the
    /// database keeps these facts in `conversations` and `assignments`, so the store skips it.
    TrackCase(Case),
    /// The supervisor is done with a conversation. Skipped by the store as well.
    ForgetCase {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Inserts or replaces an open queue entry.
    PutEntry(QueueEntry),
    /// Ends the open queue entry.
    EndEntry {
        /// The conversation.
        conversation_id: ConversationId,
        /// How it ended: assigned, canceled, abandoned or expired.
        outcome: EntryStatus,
        /// When.
        at: Timestamp,
    },
    /// Inserts a pending offer.
    PutOffer(Offer),
    /// Ends a pending offer.
    EndOffer {
        /// The offer.
        offer_id: OfferId,
        /// Its conversation.
        conversation_id: ConversationId,
        /// How it ended.
        outcome: OfferStatus,
        /// In the agent's words.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Inserts an assignment.
    PutAssignment(Assignment),
    /// Ends an assignment.
    EndAssignment {
        /// The conversation.
        conversation_id: ConversationId,
        /// The assignment.
        assignment_id: AssignmentId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Lets a person take part (the assigned agent), as staff; a repeat clears `left_at`.
    AddParticipant {
        /// The conversation.
        conversation_id: ConversationId,
        /// The person.
        user_id: UserId,
        /// Shown to the others.
        name: String,
        /// When.
        at: Timestamp,
    },
    /// Ends a person's part.
    RemoveParticipant {
        /// The conversation.
        conversation_id: ConversationId,
        /// The person.
        user_id: UserId,
        /// When.
        at: Timestamp,
    },
    /// A person has another name from now on: what a login says of them.
    RenamePerson {
        /// The person.
        user_id: UserId,
        /// Shown to the others.
        name: String,
    },
    /// Appends a message of the engine with the next `seq`.
    Append(NewMessage),
    /// Appends an internal note with the next `noteSeq`.
    AppendNote(NewNote),
    /// Stores a routing decision.
    LogDecision {
        /// Its id.
        id: DecisionId,
        /// What was decided.
        decision: Decision,
    },
    /// Stores how a wait ended.
    RecordWait(WaitSample),
    /// Replaces what the estimator has learnt.
    PutStats(ServiceStats),
}

impl State {
    /// Applies one op to the tables. Ops that only the database keeps (messages, decisions …) change nothing here.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::PutAgent(agent) => {
                let load = self.agents.get(&agent.id).map(|known| known.capacity);
                let mut agent = agent.clone();
                if let Some(load) = load {
                    agent.capacity.used = load.used;
                    agent.capacity.held = load.held;
                    agent.capacity.over = load.over;
                }
                self.agents.insert(agent.id.clone(), agent);
            }
            Op::AdjustLoad { agent_id, used, held, over } => {
                if let Some(agent) = self.agents.get_mut(agent_id) {
                    agent.capacity.used += used;
                    agent.capacity.held += held;
                    agent.capacity.over += over;
                }
            }
            Op::ChangeConversation(change) => self.apply_change(change),
            Op::TrackCase(case) => {
                self.cases.insert(case.conversation_id.clone(), case.clone());
            }
            Op::ForgetCase { conversation_id } => {
                self.cases.remove(conversation_id);
            }
            Op::PutEntry(entry) => {
                self.entries.insert(entry.conversation_id.clone(), entry.clone());
            }
            Op::EndEntry { conversation_id, .. } => {
                self.entries.remove(conversation_id);
            }
            Op::PutOffer(offer) => {
                self.offers.insert(offer.id.clone(), offer.clone());
            }
            Op::EndOffer { offer_id, .. } => {
                self.offers.remove(offer_id);
            }
            Op::PutAssignment(assignment) => {
                if let Some(case) = self.cases.get_mut(&assignment.conversation_id) {
                    case.assignment_id = Some(assignment.id.clone());
                }
            }
            Op::EndAssignment { conversation_id, assignment_id, .. } => {
                if let Some(case) = self.cases.get_mut(conversation_id)
                    && case.assignment_id.as_ref() == Some(assignment_id)
                {
                    case.assignment_id = None;
                }
            }
            Op::PutStats(stats) => self.stats = stats.clone(),
            Op::AddParticipant { .. }
            | Op::RemoveParticipant { .. }
            | Op::RenamePerson { .. }
            | Op::Append(_)
            | Op::AppendNote(_)
            | Op::LogDecision { .. }
            | Op::RecordWait(_) => {}
        }
    }

    fn apply_change(&mut self, change: &ConversationChange) {
        let Some(case) = self.cases.get_mut(&change.conversation_id) else { return };
        case.status = change.status;
        case.version = change.expected_version + 1;
        let escalated = matches!(
            change.status,
            ConversationStatus::WaitingForAgent | ConversationStatus::Offered | ConversationStatus::AgentAssigned
        );
        if escalated && case.escalated_at.is_none() {
            case.escalated_at = Some(change.at);
        }
        if let Some(owner) = &change.assigned_agent_id {
            case.assigned_agent_id = owner.clone();
            case.assigned_at = owner.as_ref().map(|_| change.at);
        }
        if let Some(reason) = change.escalation.as_ref().and_then(|flag| flag.reason.clone()) {
            case.reason = Some(reason);
        }
        if let Some(priority) = change.priority {
            case.priority = priority;
        }
        if let Some(skills) = &change.skills {
            case.skills.clone_from(skills);
        }
        if let Some(until) = change.wrap_up_until {
            case.wrap_up_until = until;
        }
    }
}
