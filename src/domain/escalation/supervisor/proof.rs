//! The brain's own invariants: the orders in memory against the tables, found the slow way.

use super::dispatch::has_skills;
use super::*;
use crate::domain::agent::Availability;
use crate::domain::escalation::invariant::{Broken, Invariant, check_tables, demand};
use crate::domain::escalation::state::EntryStatus;

/// The longest back-off (R4).
const BACKOFF_MAX: Millis = Millis::from_secs(30);

impl Supervisor {
    /// Checks the tables, and that memory agrees with them, after a request that was handled at `now`.
    ///
    /// Costs a walk over all tables: for tests and debugging.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn verify(&self, now: Timestamp) -> Result<(), Broken> {
        check_tables(&self.state, &self.settings)?;
        let mut index = Index::build(&self.state);
        index.timers.extend(self.hours_at.iter().map(|(id, at)| (*at, TimerKey::Hours(id.clone()))));
        index.timers.extend(self.silent_at.iter().map(|(id, at)| (*at, TimerKey::AgentHeartbeat(id.clone()))));
        demand(index == self.index, Invariant::DeadlinesIndexed, || "the orders differ from the tables".to_owned())?;
        let watched = |agent: &Agent| (agent.presence == Presence::Connected) == self.silent_at.contains_key(&agent.id);
        let unwatched = self.state.agents.values().find(|agent| !watched(agent));
        demand(unwatched.is_none(), Invariant::DeadlinesIndexed, || format!("{unwatched:?}"))?;
        let due = self.index.timers.first().filter(|(at, _)| *at <= now);
        demand(due.is_none(), Invariant::R14DeadlinesStored, || format!("left at {now:?}: {due:?}"))?;
        self.state.entries.values().try_for_each(|entry| self.verify_waiting(now, entry))
    }

    fn verify_waiting(&self, now: Timestamp, entry: &QueueEntry) -> Result<(), Broken> {
        if let Some(retry_at) = entry.retry_at {
            let bounded = retry_at > now && retry_at <= now + BACKOFF_MAX;
            demand(bounded, Invariant::R4BackOffBounded, || format!("at {now:?}: {entry:?}"))?;
        }
        let automatic = self.mode_for(&entry.conversation_id) != RoutingMode::Manual;
        if entry.status != EntryStatus::Waiting || !automatic || entry.retry_at.is_some() {
            return Ok(());
        }
        let eligible = || self.state.agents.values().filter(|agent| takes(agent, entry));
        let here = |agent: &&Agent| agent.presence == Presence::Connected;
        let kept = |agent: &Agent| entry.sticky_until.is_some() && entry.sticky_agent_id.as_ref() != Some(&agent.id);
        let overlooked =
            eligible().filter(here).find(|it| it.capacity.free() > 0 && !entry.excluded.contains(&it.id) && !kept(it));
        demand(overlooked.is_none(), Invariant::R16NothingLeftUndone, || {
            format!("{overlooked:?} could take {entry:?}")
        })?;
        let stuck = !entry.excluded.is_empty() && eligible().all(|agent| entry.excluded.contains(&agent.id));
        demand(!stuck, Invariant::R4BackOffBounded, || format!("nobody is left and no reset is set: {entry:?}"))
    }
}

/// Has or may soon have a link, and would take it.
fn takes(agent: &Agent, entry: &QueueEntry) -> bool {
    agent.presence != Presence::Gone
        && agent.availability == Availability::Available
        && has_skills(agent, &entry.skills)
}
