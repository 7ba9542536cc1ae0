//! Where an entry stands, how long it may take, and why it still waits.

use super::*;
use crate::domain::escalation::state::EntryStatus;
use crate::domain::event::{QueuePlace, QueueRow};
use crate::domain::wait::WaitInput;

/// Who may serve one kind of entry.
#[derive(Clone, Copy, Default)]
pub(super) struct Supply {
    /// Connected and available.
    pub agents: usize,
    /// Their limits together.
    pub serving: i64,
    /// What is free of it.
    pub free: i64,
}

/// Entries with the same skills while the queue is walked.
#[derive(Default)]
struct Group {
    supply: Supply,
    /// The kinds that some agent could serve as well as this one.
    meets: Vec<usize>,
    seen: usize,
    /// Rank and age of the first.
    head: Option<(usize, Timestamp)>,
}

impl Supervisor {
    /// The customer's standing.
    pub fn status(&self, now: Timestamp, id: &ConversationId) -> EscalationStatus {
        self.status_with(id, self.place(now, id))
    }

    /// The same, by a place that is known already: an estimate costs more than all the rest.
    pub(super) fn status_with(&self, id: &ConversationId, place: Option<QueuePlace>) -> EscalationStatus {
        let Some(case) = self.state.cases.get(id) else { return EscalationStatus::None };
        match (&case.assigned_agent_id, place) {
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
        let (mut ahead, mut head) = (0, None);
        for (lane, entries) in &self.index.lanes {
            if self.lanes_meet(&lane.skills, &entry.skills) {
                ahead += entries.open.rank(&key);
                head = head.into_iter().chain(entries.open.first().filter(|first| **first < key)).min();
            }
        }
        let position = self.index.queue.rank(&key) + 1;
        let head = head.map(|(_, queued_at, _)| *queued_at);
        let wait = self.estimate(now, entry, ahead, supply, head.unwrap_or(entry.queued_at));
        Some(QueuePlace { position, wait })
    }

    /// Whether any agent is connected and takes new conversations, now or when a unit comes free.
    pub fn anyone_available(&self) -> bool {
        !self.index.pools.is_empty()
    }

    /// Every open entry's place, in order, in one walk.
    pub fn places(&self, now: Timestamp) -> Vec<(ConversationId, QueuePlace)> {
        let kinds: BTreeSet<&[String]> = self.index.lanes.keys().map(|lane| lane.skills.as_slice()).collect();
        let kinds: Vec<&[String]> = kinds.into_iter().collect();
        let mut groups: Vec<Group> = kinds
            .iter()
            .map(|skills| Group {
                supply: self.supply(skills),
                meets: (0..).zip(&kinds).filter(|(_, other)| self.lanes_meet(other, skills)).map(|it| it.0).collect(),
                ..Group::default()
            })
            .collect();
        let mut places = Vec::with_capacity(kinds.len());
        for (rank, (_, queued_at, id)) in self.index.queue.iter().enumerate() {
            let Some(entry) = self.state.entries.get(id) else { continue };
            let Ok(kind) = kinds.binary_search(&entry.skills.as_slice()) else { continue };
            let Some(group) = groups.get(kind) else { continue };
            let met = || group.meets.iter().filter_map(|other| groups.get(*other));
            let ahead = met().map(|other| other.seen).sum();
            let head = met().filter_map(|other| other.head).min_by_key(|(rank, _)| *rank).map(|(_, at)| at);
            let supply = Supply { free: group.supply.free + self.units_kept_for(id), ..group.supply };
            let wait = self.estimate(now, entry, ahead, supply, head.unwrap_or(*queued_at));
            places.push((id.clone(), QueuePlace { position: rank + 1, wait }));
            if let Some(group) = groups.get_mut(kind) {
                group.seen += 1;
                group.head = group.head.or(Some((rank, *queued_at)));
            }
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
        entry: &QueueEntry,
        entries_ahead: usize,
        supply: Supply,
        head_queued_at: Timestamp,
    ) -> Result<crate::domain::event::WaitRange, crate::domain::event::WaitUnknown> {
        let chatbot_id = self.state.cases.get(&entry.conversation_id).and_then(|case| case.chatbot_id.as_ref());
        let (open, _) = self.opening(chatbot_id, now);
        // A free unit does not serve it at once: somebody has to take it, or it is kept for the last agent (R8).
        let kept_back = entry.sticky_until.is_some() || self.mode_of(chatbot_id) == RoutingMode::Manual;
        self.estimator.estimate(&WaitInput {
            entries_ahead: u32::try_from(entries_ahead).unwrap_or(u32::MAX),
            serving_units: u32::try_from(supply.serving).unwrap_or(0),
            free_units: if kept_back { 0 } else { u32::try_from(supply.free).unwrap_or(0) },
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
    pub(super) fn supply(&self, skills: &[String]) -> Supply {
        let mut supply = Supply::default();
        for (abilities, pool) in &self.index.pools {
            if has_all(abilities, skills) {
                supply.agents += pool.agents;
                supply.serving += pool.limit;
                supply.free += pool.free;
            }
        }
        supply
    }

    /// Whether some connected, available agent could serve both.
    fn lanes_meet(&self, one: &[String], other: &[String]) -> bool {
        one == other || self.index.pools.keys().any(|abilities| has_all(abilities, one) && has_all(abilities, other))
    }
}

/// R9, for a whole pool.
fn has_all(abilities: &BTreeSet<String>, skills: &[String]) -> bool {
    skills.iter().all(|skill| abilities.contains(skill))
}
