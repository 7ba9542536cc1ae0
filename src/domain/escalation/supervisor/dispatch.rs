//! Matching waiting entries with free agents (R4, R6–R9), on events only (R16).

use std::ops::Bound;

use super::super::index::{Lane, LaneKey, QueueKey, takes_one_more};
use super::*;
use crate::domain::agent::Availability;
use crate::domain::escalation::decision::{Candidate, Outcome, PassedOver};
use crate::domain::escalation::state::EntryStatus;

/// Agents listed one by one in a decision.
const CANDIDATES_LISTED: usize = 32;
/// The longest back-off between two resets of the exclusions (R4).
const BACKOFF_MAX_S: i64 = 30;

impl Supervisor {
    /// Serves whoever can be served, in R6's order.
    pub(super) fn dispatch(&mut self, now: Timestamp, out: &mut Effects) {
        // Only entries that refused everybody free are walked past: lanes that nobody free can serve are not entered,
        // and the walk ends with the last free agent.
        let mut walked: BTreeMap<LaneKey, QueueKey> = BTreeMap::new();
        while !self.index.free.is_empty() {
            let Some((lane, key)) = self.next_ready(&walked) else { break };
            let id = key.2.clone();
            walked.insert(lane, key);
            self.serve(now, &id, out);
        }
        for id in self.index.excluding.clone() {
            self.back_off(now, &id, out);
        }
    }

    /// The first entry, among those not yet walked past, whom somebody free could serve.
    fn next_ready(&self, walked: &BTreeMap<LaneKey, QueueKey>) -> Option<(LaneKey, QueueKey)> {
        let next = |(key, lane): (&'_ LaneKey, &'_ Lane)| {
            let from = walked.get(key).map_or(Bound::Unbounded, Bound::Excluded);
            let first = lane.ready.range::<QueueKey, _>((from, Bound::Unbounded)).next()?;
            let served = self.mode_of(key.chatbot_id.as_ref()) != RoutingMode::Manual;
            (served && self.supply(&key.skills).free > 0).then(|| (key.clone(), first.clone()))
        };
        self.index.lanes.iter().filter_map(next).min_by(|(_, one), (_, other)| one.cmp(other))
    }

    fn wants_service(&self, entry: &QueueEntry) -> bool {
        entry.status == EntryStatus::Waiting
            && entry.retry_at.is_none()
            && self.mode_for(&entry.conversation_id) != RoutingMode::Manual
    }

    pub(super) fn mode_for(&self, id: &ConversationId) -> RoutingMode {
        self.mode_of(self.state.cases.get(id).and_then(|case| case.chatbot_id.as_ref()))
    }

    /// Tries to serve one waiting entry.
    fn serve(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        let Some(entry) = self.state.entries.get(id) else { return };
        let Some(chosen) = self.choose(entry, &[]) else { return };
        let rule = if entry.sticky_agent_id.as_ref() == Some(&chosen) { 8 } else { 7 };
        if self.mode_for(id) == RoutingMode::Auto {
            self.assign(now, id, &chosen, Assigning { rule, manual: false }, out);
            return;
        }
        let mut asked = vec![chosen];
        while asked.len() < self.settings.broadcast_offers.max(1) {
            let Some(entry) = self.state.entries.get(id) else { break };
            let Some(next) = self.choose(entry, &asked) else { break };
            asked.push(next);
        }
        self.offer_to(now, id, &asked, rule, out);
    }

    /// The agent for an entry, if anyone free may take it now.
    fn choose(&self, entry: &QueueEntry, asked: &[AgentId]) -> Option<AgentId> {
        if let Some(sticky) = &entry.sticky_agent_id
            && !asked.contains(sticky)
            && let Some(agent) = self.state.agents.get(sticky)
            && agent.capacity.free() > 0
            && obstacle(agent, entry).is_none()
        {
            return Some(sticky.clone());
        }
        if entry.sticky_until.is_some() {
            return None;
        }
        let mut candidates = self
            .index
            .free
            .iter()
            .filter_map(|(_, _, agent_id)| self.state.agents.get(agent_id))
            .filter(|agent| !asked.contains(&agent.id) && obstacle(agent, entry).is_none());
        let chosen = self.policy.choose(entry, &mut candidates)?;
        // A host's policy may answer anything; only somebody who can take it now is taken at its word.
        let agent = self.state.agents.get(&chosen)?;
        (agent.capacity.free() > 0 && !asked.contains(&chosen) && obstacle(agent, entry).is_none()).then_some(chosen)
    }

    /// R4: nobody but excluded agents is left, so the exclusions end after 1, 2, 4 … 30 s.
    fn back_off(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        let Some(entry) = self.state.entries.get(id) else { return };
        if !self.wants_service(entry) {
            return;
        }
        // Whoever lost the link a moment ago may be back in a moment, after a restart all of them.
        let only_excluded = self
            .state
            .agents
            .values()
            .filter(|agent| agent.presence != Presence::Gone && agent.availability == Availability::Available)
            .filter(|agent| has_skills(agent, &entry.skills))
            .all(|agent| entry.excluded.contains(&agent.id));
        if only_excluded {
            let wait = 1_i64.checked_shl(u32::try_from(entry.resets).unwrap_or(0)).unwrap_or(BACKOFF_MAX_S);
            let retry_at = now + Millis::from_secs(wait.clamp(1, BACKOFF_MAX_S));
            self.edit_entry(id, out, |entry| {
                entry.retry_at = Some(retry_at);
                entry.resets = entry.resets.saturating_add(1).min(30);
            });
        }
    }

    /// Every agent looked at for an entry and why it was passed over; the chosen one first.
    pub(super) fn candidates(&self, entry: &QueueEntry, chosen: Option<&AgentId>) -> (Vec<Candidate>, i32) {
        let mut listed: Vec<Candidate> = Vec::with_capacity(CANDIDATES_LISTED);
        let chosen_agent = chosen.and_then(|id| self.state.agents.get(id));
        if let Some(agent) = chosen_agent {
            listed.push(candidate(agent, None));
        }
        // Who could take it, and then the rest: the two do not overlap, so nobody has to be looked for in the list.
        let free = || self.index.free.iter().filter_map(|(_, _, id)| self.state.agents.get(id));
        let (best, others) = (free().take(CANDIDATES_LISTED / 2), free().skip(CANDIDATES_LISTED / 2));
        let rest = self.state.agents.values().take(CANDIDATES_LISTED).filter(|agent| !takes_one_more(agent));
        for agent in best.chain(rest).chain(others) {
            if listed.len() == CANDIDATES_LISTED {
                break;
            }
            if chosen != Some(&agent.id) {
                listed.push(candidate(agent, Some(self.passed_over(agent, entry))));
            }
        }
        let left_out = self.state.agents.len().saturating_sub(listed.len());
        (listed, i32::try_from(left_out).unwrap_or(i32::MAX))
    }

    fn passed_over(&self, agent: &Agent, entry: &QueueEntry) -> PassedOver {
        if let Some(why) = obstacle(agent, entry) {
            return why;
        }
        if agent.capacity.free() == 0 {
            return PassedOver::AtCapacity;
        }
        if entry.sticky_until.is_some() && entry.sticky_agent_id.as_ref() != Some(&agent.id) {
            return PassedOver::KeptForSticky;
        }
        PassedOver::RankedLower
    }

    /// A decision about an entry, with its candidates.
    pub(super) fn decide(
        &self,
        now: Timestamp,
        entry: &QueueEntry,
        outcome: Outcome,
        agent_id: Option<&AgentId>,
        rule: u8,
    ) -> Decision {
        let (candidates, candidates_left_out) = self.candidates(entry, agent_id);
        Decision {
            at: now,
            conversation_id: entry.conversation_id.clone(),
            outcome,
            agent_id: agent_id.cloned(),
            candidates,
            candidates_left_out,
            rule,
            manual: false,
            note: None,
        }
    }
}

/// How an assignment came about.
#[derive(Clone, Copy)]
pub(super) struct Assigning {
    /// The rule that decided.
    pub rule: u8,
    /// A person overrode the automatic ones.
    pub manual: bool,
}

fn candidate(agent: &Agent, passed_over: Option<PassedOver>) -> Candidate {
    Candidate { agent_id: agent.id.clone(), free: agent.capacity.free(), limit: agent.capacity.limit, passed_over }
}

/// Why an agent may not take an entry, capacity aside.
pub(super) fn obstacle(agent: &Agent, entry: &QueueEntry) -> Option<PassedOver> {
    if agent.presence != Presence::Connected {
        return Some(PassedOver::NotConnected);
    }
    match agent.availability {
        Availability::Available => {}
        Availability::NotResponding => return Some(PassedOver::NotResponding),
        Availability::Away | Availability::Draining | Availability::Offline => return Some(PassedOver::NotAvailable),
    }
    if !has_skills(agent, &entry.skills) {
        return Some(PassedOver::LacksSkill);
    }
    entry.excluded.contains(&agent.id).then_some(PassedOver::Excluded)
}

/// R9: an agent has all the skills; a team's name counts as a skill.
pub(super) fn has_skills(agent: &Agent, skills: &[String]) -> bool {
    skills.iter().all(|skill| agent.skills.contains(skill) || agent.teams.contains(skill))
}
