//! The routing rows of the database with their constraints, in memory: what the checks use in a database's place.
//!
//! It keeps a conversation's row when the supervisor is done with it, skips what the store skips, and refuses what
//! the database refuses. So "the supervisor's tables are what a restart loads" can be checked without a database.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::conversation::ConversationStatus;
use crate::domain::ids::{AgentId, AssignmentId, ConversationId};

use super::op::{ConversationChange, Op};
use super::request::ConversationFacts;
use super::state::{Case, State};

/// Why a transaction would have been rolled back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{constraint}: {about}")]
pub struct Refused {
    /// The constraint.
    pub constraint: &'static str,
    /// The row.
    pub about: String,
}

/// A conversation's row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Row {
    case: Case,
    escalation_requested: bool,
}

/// The rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    conversations: BTreeMap<ConversationId, Row>,
    assignments: BTreeMap<ConversationId, AssignmentId>,
    ended: BTreeSet<String>,
    /// Agents, open entries, pending offers, statistics; cases are derived.
    rows: State,
}

type Done = Result<(), Refused>;

impl Ledger {
    /// Inserts a new conversation's row.
    pub fn open(&mut self, case: Case) {
        let id = case.conversation_id.clone();
        self.conversations.insert(id, Row { case, escalation_requested: false });
    }

    /// A conversation as its room would read it now.
    pub fn facts(&self, id: &ConversationId, customer_online: bool) -> Option<ConversationFacts> {
        let row = self.conversations.get(id)?;
        let last_agent_id = self
            .conversations
            .values()
            .filter(|other| other.case.customer_id == row.case.customer_id)
            .filter(|other| other.case.status == ConversationStatus::Closed)
            .filter_map(|other| other.case.assigned_agent_id.clone())
            .next_back();
        Some(ConversationFacts {
            case: self.case_of(row),
            escalation_requested: row.escalation_requested,
            customer_online,
            last_agent_id,
        })
    }

    /// What a restart loads.
    pub fn load(&self) -> State {
        let mut state = self.rows.clone();
        let live = |status| !matches!(status, ConversationStatus::Active | ConversationStatus::Closed);
        state.cases = self
            .conversations
            .iter()
            .filter(|(_, row)| live(row.case.status))
            .map(|(id, row)| (id.clone(), self.case_of(row)))
            .collect();
        state
    }

    fn case_of(&self, row: &Row) -> Case {
        let mut case = row.case.clone();
        case.assignment_id = self.assignments.get(&case.conversation_id).cloned();
        if case.assigned_agent_id.is_none() {
            case.assigned_at = None;
        }
        case
    }

    /// Applies one transaction, or nothing of it.
    ///
    /// # Errors
    /// The constraint that one of its steps breaks.
    pub fn commit<'a>(&mut self, ops: impl IntoIterator<Item = &'a Op>) -> Done {
        let mut next = self.clone();
        for op in ops {
            next.apply(op)?;
        }
        *self = next;
        Ok(())
    }

    fn apply(&mut self, op: &Op) -> Done {
        match op {
            Op::TrackCase(_) | Op::ForgetCase { .. } => return Ok(()),
            Op::ChangeConversation(change) => return self.change(change),
            Op::PutAgent(_) | Op::AdjustLoad { .. } => {
                self.rows.apply(op);
                return self.check_load(op);
            }
            Op::EndEntry { conversation_id, .. } => {
                let open = self.rows.entries.contains_key(conversation_id);
                demand(open, "the entry that ends is open", conversation_id)?;
            }
            Op::PutEntry(entry) => self.known(&entry.conversation_id)?,
            Op::PutOffer(offer) => {
                self.known(&offer.conversation_id)?;
                demand(self.rows.agents.contains_key(&offer.agent_id), "the agent is known", &offer.agent_id)?;
                let twice =
                    self.rows.offers.values().any(|other| {
                        other.conversation_id == offer.conversation_id && other.agent_id == offer.agent_id
                    });
                demand(!twice, "one pending offer per conversation and agent", &offer.conversation_id)?;
                demand(!self.ended.contains(offer.id.as_str()), "an id is never used again", &offer.id)?;
            }
            Op::EndOffer { offer_id, .. } => {
                demand(self.rows.offers.contains_key(offer_id), "the offer that ends is pending", offer_id)?;
                self.ended.insert(offer_id.to_string());
            }
            Op::PutAssignment(assignment) => {
                let id = &assignment.conversation_id;
                demand(!self.assignments.contains_key(id), "one open assignment per conversation", id)?;
                demand(!self.ended.contains(assignment.id.as_str()), "an id is never used again", &assignment.id)?;
                self.assignments.insert(id.clone(), assignment.id.clone());
            }
            Op::EndAssignment { conversation_id, assignment_id, .. } => {
                let open = self.assignments.remove(conversation_id);
                demand(open.as_ref() == Some(assignment_id), "the assignment that ends is open", conversation_id)?;
                self.ended.insert(assignment_id.to_string());
            }
            Op::LogDecision { decision, .. } => self.known(&decision.conversation_id)?,
            _ => {}
        }
        self.rows.apply(op);
        Ok(())
    }

    fn change(&mut self, change: &ConversationChange) -> Done {
        self.known(&change.conversation_id)?;
        let Some(row) = self.conversations.get_mut(&change.conversation_id) else { return Ok(()) };
        let same = row.case.version == change.expected_version;
        demand(same, "the conversation did not change meanwhile", &change.conversation_id)?;
        // The same code as the supervisor's tables; that the database does the same is the store's conformance suite.
        let mut table = State::default();
        table.cases.insert(change.conversation_id.clone(), row.case.clone());
        table.apply(&Op::ChangeConversation(change.clone()));
        if let Some(case) = table.cases.remove(&change.conversation_id) {
            row.case = case;
        }
        row.escalation_requested |= change.escalation.is_some();
        Ok(())
    }

    fn known(&self, id: &ConversationId) -> Done {
        demand(self.conversations.contains_key(id), "the conversation is known", id)
    }

    /// `used + held <= limit + over`, none negative, after every single step.
    fn check_load(&self, op: &Op) -> Done {
        let agent_id: &AgentId = match op {
            Op::PutAgent(agent) => &agent.id,
            Op::AdjustLoad { agent_id, .. } => agent_id,
            _ => return Ok(()),
        };
        let agent = self.rows.agents.get(agent_id);
        demand(agent.is_some(), "the agent is known", agent_id)?;
        let load = agent.map(|agent| agent.capacity).unwrap_or_default();
        let positive = load.limit >= 0 && load.used >= 0 && load.held >= 0 && load.over >= 0;
        demand(positive, "no units below zero", agent_id)?;
        demand(load.used + load.held <= load.limit + load.over, "used + held <= limit + over", agent_id)
    }
}

fn demand(holds: bool, constraint: &'static str, about: &impl ToString) -> Done {
    if holds { Ok(()) } else { Err(Refused { constraint, about: about.to_string() }) }
}
