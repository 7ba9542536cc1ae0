//! Who gets it: R7, replaceable by a host.

use crate::domain::agent::Agent;
use crate::domain::ids::AgentId;

use super::state::QueueEntry;

/// Chooses among the agents who could take an entry now.
///
/// `candidates` yields eligible agents with a free unit in R7's order: most free units relative to the limit, then
/// longest since the last assignment, then id. Answering `None` leaves the entry in the queue until something
/// changes. The choice must be a pure function of its arguments: it is made again after a crash.
pub trait RoutingPolicy: Send + Sync + 'static {
    /// The chosen agent, one of `candidates`.
    fn choose(&self, entry: &QueueEntry, candidates: &mut dyn Iterator<Item = &Agent>) -> Option<AgentId>;
}

/// R7 as it stands: the first in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct MostFreeFirst;

impl RoutingPolicy for MostFreeFirst {
    fn choose(&self, _entry: &QueueEntry, candidates: &mut dyn Iterator<Item = &Agent>) -> Option<AgentId> {
        candidates.next().map(|agent| agent.id.clone())
    }
}
