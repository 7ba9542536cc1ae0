//! The supervisor's tables: exactly what the database holds about live routing, row for row.
//!
//! Nothing changes a table except [`State::apply`], and every applied [`Op`](super::Op) is handed to the store.
//! So what is in memory after a commit and what a restart loads are the same by construction.

use std::collections::BTreeMap;

use crate::domain::agent::Agent;
use crate::domain::conversation::{ConversationStatus, names};
use crate::domain::ids::{AgentId, AssignmentId, ChatbotId, ConversationId, OfferId, UserId};
use crate::domain::time::Timestamp;

/// A support conversation that is waiting, offered, assigned or in wrap-up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Its customer.
    pub customer_id: UserId,
    /// Shown to agents.
    pub customer_name: String,
    /// The entrance it came through; decides mode and hours.
    pub chatbot_id: Option<ChatbotId>,
    /// Where it stands.
    pub status: ConversationStatus,
    /// The owner.
    pub assigned_agent_id: Option<AgentId>,
    /// The row's version, for compare-and-set.
    pub version: i64,
    /// Base priority.
    pub priority: i32,
    /// Skills in dropping order.
    pub skills: Vec<String>,
    /// Why a human is wanted.
    pub reason: Option<String>,
    /// When it first entered the queue or was assigned: its age when it has to queue again (R10).
    pub escalated_at: Option<Timestamp>,
    /// When the present owner got it.
    pub assigned_at: Option<Timestamp>,
    /// In wrap-up: when it ends by itself.
    pub wrap_up_until: Option<Timestamp>,
    /// The open assignment's row.
    pub assignment_id: Option<AssignmentId>,
}

/// Where a queue entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryStatus {
    /// Nobody is being asked.
    Waiting,
    /// One agent (k in broadcast mode) is being asked; the place is kept.
    Offered,
    /// Served.
    Assigned,
    /// The customer changed their mind, or somebody closed it.
    Canceled,
    /// The customer went away.
    Abandoned,
    /// Waited longer than allowed, or the hours ended.
    Expired,
}
names!(EntryStatus {
    Waiting = "waiting", Offered = "offered", Assigned = "assigned", Canceled = "canceled",
    Abandoned = "abandoned", Expired = "expired",
});

/// A conversation's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueueEntry {
    /// The conversation; it has at most one open entry.
    pub conversation_id: ConversationId,
    /// Where it stands.
    pub status: EntryStatus,
    /// The original time; kept through declines, time-outs and lost agents (R3).
    pub queued_at: Timestamp,
    /// Base priority.
    pub base_priority: i32,
    /// Priority with ageing (R6), or the head's after an agent was lost (R10).
    pub effective_priority: i32,
    /// Skills still asked for (R9).
    pub skills: Vec<String>,
    /// Agents who declined or missed it (R4).
    pub excluded: Vec<AgentId>,
    /// How often the exclusions were reset; decides the next back-off.
    pub resets: i32,
    /// The returning customer's last agent (R8).
    pub sticky_agent_id: Option<AgentId>,
    /// Until when it is kept for that agent alone.
    pub sticky_until: Option<Timestamp>,
    /// When the effective priority grows next.
    pub age_at: Option<Timestamp>,
    /// When the next skill is dropped.
    pub relax_at: Option<Timestamp>,
    /// When the exclusions are reset (back-off).
    pub retry_at: Option<Timestamp>,
    /// When the longest wait is over.
    pub max_wait_at: Option<Timestamp>,
    /// When the lost customer counts as gone (R11).
    pub abandon_at: Option<Timestamp>,
    /// The estimate (p50, seconds) given first, for its accuracy.
    pub predicted_wait_s: Option<i64>,
    /// The same estimate's p90.
    pub predicted_p90_s: Option<i64>,
}

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OfferStatus {
    /// The agent is being asked.
    Pending,
    /// Taken.
    Accepted,
    /// Refused.
    Declined,
    /// No answer in time.
    TimedOut,
    /// Withdrawn because somebody else has it or the agent left.
    Rescinded,
    /// The conversation no longer wants it.
    Canceled,
}
names!(OfferStatus {
    Pending = "pending", Accepted = "accepted", Declined = "declined", TimedOut = "timed_out",
    Rescinded = "rescinded", Canceled = "canceled",
});

/// An offer of a conversation to one agent; on the wire a transfer request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The agent who is asked.
    pub agent_id: AgentId,
    /// In a transfer: the owner, who stays responsible until acceptance (R12).
    pub from_agent_id: Option<AgentId>,
    /// A team transfer goes on to the next member when one declines.
    pub team: Option<String>,
    /// In a transfer: what the owner wants the next one to know.
    pub note: Option<String>,
    /// In a team transfer: members who declined or missed it already.
    pub excluded: Vec<AgentId>,
    /// Where it stands.
    pub status: OfferStatus,
    /// Made.
    pub created_at: Timestamp,
    /// Times out.
    pub expires_at: Timestamp,
}

/// What the estimator has learnt, as integers so that it can be stored, compared and hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceStats {
    /// Holding times seen.
    pub served: i64,
    /// EWMA of the holding time in milliseconds (0 until the first).
    pub holding_time_ewma_ms: i64,
    /// Customers who gave up.
    pub abandoned: i64,
    /// Sum of all time spent waiting, in milliseconds.
    pub waited_total_ms: i64,
    /// EWMA of (predicted − actual) / actual of the main estimator, in thousandths.
    pub bias_ewma_permille: i64,
    /// Served chats in that EWMA.
    pub bias_samples: i64,
    /// How long the last assigned entry had waited, in milliseconds.
    pub last_wait_ms: Option<i64>,
}

/// All live routing rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// Agents by id.
    pub agents: BTreeMap<AgentId, Agent>,
    /// Waiting, offered, assigned and wrapping-up conversations.
    pub cases: BTreeMap<ConversationId, Case>,
    /// Open queue entries (waiting and offered) only.
    pub entries: BTreeMap<ConversationId, QueueEntry>,
    /// Pending offers only.
    pub offers: BTreeMap<OfferId, Offer>,
    /// What the estimator has learnt.
    pub stats: ServiceStats,
}
