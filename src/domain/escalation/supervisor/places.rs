//! Where an entry stands, how long it may take, and why it still waits.

use super::dispatch::has_skills;
use super::*;
use crate::domain::agent::Availability;
use crate::domain::escalation::state::EntryStatus;
use crate::domain::event::{QueuePlace, QueueRow};
use crate::domain::wait::WaitInput;

/// Units that may serve one kind of entry.
#[derive(Clone, Copy, Default)]
struct Supply {
    serving: i64,
    free: i64,
}

impl Supervisor {
    /// The customer's standing.
    pub fn status(&self, now: Timestamp, id: &ConversationId) -> EscalationStatus {
        let Some(case) = self.state.cases.get(id) else { return EscalationStatus::None };
        match (&case.assigned_agent_id, self.place(now, id)) {
            (Some(agent_id), _) => {
                EscalationStatus::Assigned { agent_id: agent_id.clone(), agent_name: self.agent_name(agent_id) }
            }
            (None, Some(place)) if case.status == ConversationStatus::Offered => EscalationStatus::Offered(place),
            (None, Some(place)) => EscalationStatus::Queued(place),
            (None, None) => EscalationStatus::None,
        }
    }

    /// An open entry's position and estimate.
    pub fn place(&self, now: Timestamp, id: &ConversationId) -> Option<QueuePlace> {
        let entry = self.state.entries.get(id)?;
        let key = super::super::index::queue_key(entry);
        let supply = self.supply_for(entry);
        let (mut position, mut ahead, mut head) = (1, 0, None);
        for (_, queued_at, other_id) in self.index.queue.range(..&key) {
            position += 1;
            let other = self.state.entries.get(other_id);
            if other.is_some_and(|other| self.competes(other, &entry.skills)) {
                ahead += 1;
                head = head.or(Some(*queued_at));
            }
        }
        let wait = self.estimate(now, id, ahead, supply, head.unwrap_or(entry.queued_at));
        Some(QueuePlace { position, wait })
    }

    /// Every open entry's place, in order, in one walk.
    pub fn places(&self, now: Timestamp) -> Vec<(ConversationId, QueuePlace)> {
        let mut lanes: BTreeMap<&[String], Supply> = BTreeMap::new();
        let mut seen: BTreeMap<&[String], usize> = BTreeMap::new();
        let mut heads: BTreeMap<&[String], Timestamp> = BTreeMap::new();
        let mut places = Vec::with_capacity(self.index.queue.len());
        for (rank, (_, _, id)) in self.index.queue.iter().enumerate() {
            let Some(entry) = self.state.entries.get(id) else { continue };
            let skills = entry.skills.as_slice();
            let mut supply = *lanes.entry(skills).or_insert_with(|| self.supply(skills));
            supply.free += self.units_kept_for(id);
            let ahead: usize =
                seen.iter().filter(|(other, _)| self.lanes_meet(other, skills)).map(|(_, count)| count).sum();
            let head = heads
                .iter()
                .filter(|(other, _)| self.lanes_meet(other, skills))
                .map(|(_, at)| *at)
                .min()
                .unwrap_or(entry.queued_at);
            let wait = self.estimate(now, id, ahead, supply, head);
            places.push((id.clone(), QueuePlace { position: rank + 1, wait }));
            *seen.entry(skills).or_default() += 1;
            heads.entry(skills).or_insert(entry.queued_at);
        }
        places
    }

    /// The queue as staff see it, in order.
    pub fn queue_rows(&self, now: Timestamp) -> Vec<QueueRow> {
        let places = self.places(now);
        places.into_iter().filter_map(|(id, place)| self.queue_row(&id, place)).collect()
    }

    fn queue_row(&self, id: &ConversationId, place: QueuePlace) -> Option<QueueRow> {
        let entry = self.state.entries.get(id)?;
        let case = self.state.cases.get(id)?;
        Some(QueueRow {
            conversation_id: id.clone(),
            user_id: case.customer_id.clone(),
            user_name: case.customer_name.clone(),
            place,
            queued_at: entry.queued_at,
            status: entry.status,
            priority: entry.base_priority,
            effective_priority: entry.effective_priority,
            skills: entry.skills.clone(),
            reason: case.reason.clone(),
            why_waiting: self.why_waiting(entry),
        })
    }

    /// Why an entry still waits, as a code for staff.
    pub fn why_waiting(&self, entry: &QueueEntry) -> &'static str {
        if entry.status == EntryStatus::Offered {
            return "offered";
        }
        if self.mode_for(&entry.conversation_id) == RoutingMode::Manual {
            return "manual_mode";
        }
        if entry.retry_at.is_some() {
            return "all_declined";
        }
        if entry.sticky_until.is_some() {
            return "kept_for_last_agent";
        }
        let supply = self.supply(&entry.skills);
        match (supply.serving, supply.free) {
            (0, _) if self.supply(&[]).serving > 0 => "no_agent_with_skills",
            (0, _) => "no_agents",
            (_, 0) => "agents_at_capacity",
            _ if !entry.excluded.is_empty() => "remaining_agents_at_capacity",
            _ => "next",
        }
    }

    /// The first open entry's time of entry, in age.
    pub fn oldest_queued_at(&self) -> Option<Timestamp> {
        self.state.entries.values().map(|entry| entry.queued_at).min()
    }

    fn estimate(
        &self,
        now: Timestamp,
        id: &ConversationId,
        entries_ahead: usize,
        supply: Supply,
        head_queued_at: Timestamp,
    ) -> Result<crate::domain::event::WaitRange, crate::domain::event::WaitUnknown> {
        let chatbot_id = self.state.cases.get(id).and_then(|case| case.chatbot_id.as_ref());
        let (open, _) = self.opening(chatbot_id, now);
        self.estimator.estimate(&WaitInput {
            entries_ahead: u32::try_from(entries_ahead).unwrap_or(u32::MAX),
            serving_units: u32::try_from(supply.serving).unwrap_or(0),
            free_units: u32::try_from(supply.free).unwrap_or(0),
            stats: self.state.stats.clone(),
            default_handle_time: self.settings.default_handle_time,
            has_prior: self.settings.default_handle_time > Millis::ZERO,
            open,
            head_waited: Some(now.since(head_queued_at)),
        })
    }

    /// What may serve an entry: the unit that its own offer keeps for it is free for it.
    fn supply_for(&self, entry: &QueueEntry) -> Supply {
        let supply = self.supply(&entry.skills);
        Supply { free: supply.free + self.units_kept_for(&entry.conversation_id), ..supply }
    }

    fn units_kept_for(&self, id: &ConversationId) -> i64 {
        self.index.offers_of.get(id).map_or(0, |offers| i64::try_from(offers.len()).unwrap_or(0))
    }

    /// Units of connected, available agents who have the skills.
    fn supply(&self, skills: &[String]) -> Supply {
        let mut supply = Supply::default();
        for agent in self.state.agents.values() {
            let serves = agent.presence == Presence::Connected
                && agent.availability == Availability::Available
                && has_skills(agent, skills);
            if serves {
                supply.serving += i64::from(agent.capacity.limit);
                supply.free += i64::from(agent.capacity.free());
            }
        }
        supply
    }

    /// Whether an entry competes for agents who could serve `skills`.
    fn competes(&self, other: &QueueEntry, skills: &[String]) -> bool {
        other.skills == skills || self.lanes_meet(&other.skills, skills)
    }

    /// Whether some connected, available agent could serve both.
    fn lanes_meet(&self, one: &[String], other: &[String]) -> bool {
        one == other
            || self.state.agents.values().any(|agent| {
                agent.presence == Presence::Connected
                    && agent.availability == Availability::Available
                    && has_skills(agent, one)
                    && has_skills(agent, other)
            })
    }
}
