//! Agents: presence, chosen availability, limits (R5, R10, R13).

use super::*;
use crate::domain::agent::{Availability, Capacity};
use crate::domain::escalation::request::AgentProfile;
use crate::domain::escalation::state::OfferStatus;

/// Units that an agent may have at most.
const LIMIT_MAX: i32 = 1000;

impl Supervisor {
    pub(super) fn agent_connected(
        &mut self,
        now: Timestamp,
        profile: AgentProfile,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let agent_id = profile.id.clone();
        self.know_agent(now, profile, out);
        let Some(agent) = self.state.agents.get(&agent_id).cloned() else { return Err(Rejection::Unreachable) };
        let was_gone = agent.presence == Presence::Gone;
        self.silent.remove(&agent_id);
        self.watch_agent(&agent_id, Some(now + self.settings.agent_heartbeat_timeout));
        if agent.presence != Presence::Connected {
            let name = agent.name.clone();
            let here = Agent { presence: Presence::Connected, grace_until: None, last_seen_at: Some(now), ..agent };
            self.put_agent(here, out);
            if was_gone {
                let online = Event::StaffOnline { agent_id: agent_id.clone(), name };
                out.push(Effect::Notify { to: Audience::Staff, event: online });
            }
            self.tell_status(now, &agent_id, out);
        }
        self.tell_staff_data(&agent_id, out);
        self.dispatch(now, out);
        Ok(Reply::Done)
    }

    fn tell_staff_data(&self, agent_id: &AgentId, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id) else { return };
        let event = Event::StaffData {
            current_chats: agent.capacity.used,
            max_concurrent_chats: agent.capacity.limit,
            is_available: takes_new(agent),
            status: agent.availability,
            online_staff_count: self.index.connected,
        };
        out.push(Effect::Notify { to: Audience::User(agent_id.clone()), event });
    }

    /// Takes an agent's record in, or what changed of it.
    pub(super) fn know_agent(&mut self, now: Timestamp, profile: AgentProfile, out: &mut Effects) {
        let known = self.state.agents.get(&profile.id);
        let limit = profile.limit.map(|limit| limit.clamp(0, LIMIT_MAX));
        let agent = match known {
            None => Agent {
                id: profile.id,
                name: profile.name,
                availability: Availability::Available,
                reason: None,
                presence: Presence::Gone,
                grace_until: None,
                capacity: Capacity { limit: limit.unwrap_or(self.settings.default_capacity), ..Capacity::default() },
                skills: profile.skills.unwrap_or_default(),
                teams: profile.teams.unwrap_or_default(),
                missed_offers: 0,
                last_assigned_at: None,
                last_seen_at: Some(now),
            },
            Some(known) => {
                let mut agent = known.clone();
                agent.name = profile.name;
                agent.skills = profile.skills.unwrap_or(agent.skills);
                agent.teams = profile.teams.unwrap_or(agent.teams);
                agent.capacity.limit = limit.unwrap_or(agent.capacity.limit);
                agent
            }
        };
        if known != Some(&agent) {
            self.put_agent_with_limit(now, agent, out);
        }
    }

    /// A lowered limit takes pending offers back until the rest fits; what is still above it is let stand (R2).
    fn put_agent_with_limit(&mut self, now: Timestamp, agent: Agent, out: &mut Effects) {
        let (id, limit) = (agent.id.clone(), agent.capacity.limit);
        let excess = |this: &Self| {
            this.state.agents.get(&id).map_or(0, |known| known.capacity.used + known.capacity.held - limit)
        };
        while excess(self) > 0 {
            let newest = self.index.offers_to.get(&id).and_then(|offers| offers.last()).cloned();
            let Some(offer_id) = newest else { break };
            self.withdraw(now, &offer_id, out);
        }
        // The units above the new limit are granted before the limit goes down, and taken back after it went up:
        // the database checks every single step.
        let over = excess(self).max(0) - self.state.agents.get(&id).map_or(0, |known| known.capacity.over);
        if over > 0 {
            self.apply(Op::AdjustLoad { agent_id: id.clone(), used: 0, held: 0, over }, out);
        }
        self.put_agent(agent, out);
        self.move_load(&id, 0, 0, out);
    }

    pub(super) fn change_agent(
        &mut self,
        now: Timestamp,
        profile: AgentProfile,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let agent_id = profile.id.clone();
        if profile.limit.is_some_and(|limit| !(0..=LIMIT_MAX).contains(&limit)) {
            return Err(Rejection::Invalid { field: "capacity".into(), message: "must be 0 to 1000".into() });
        }
        let before = self.state.agents.get(&agent_id).cloned();
        self.know_agent(now, profile, out);
        if self.state.agents.get(&agent_id) != before.as_ref() {
            self.tell_load(now, &agent_id, out);
            self.tell_status(now, &agent_id, out);
        }
        self.dispatch(now, out);
        Ok(Reply::Done)
    }

    pub(super) fn agent_disconnected(
        &mut self,
        now: Timestamp,
        agent_id: &AgentId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        self.watch_agent(agent_id, None);
        self.silent.remove(agent_id);
        let Some(agent) = self.state.agents.get(agent_id).cloned() else { return Ok(Reply::Done) };
        if agent.presence == Presence::Connected {
            let until = now + self.settings.agent_grace;
            let leaving =
                Agent { presence: Presence::Grace, grace_until: Some(until), last_seen_at: Some(now), ..agent };
            self.put_agent(leaving, out);
            self.tell_status(now, agent_id, out);
            // Those who stay may all have declined something that this one could still have taken (R4).
            self.dispatch(now, out);
            out.push(Effect::QueueChanged);
        }
        Ok(Reply::Done)
    }

    pub(super) fn agent_seen(
        &mut self,
        now: Timestamp,
        agent_id: &AgentId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let Some(agent) = self.state.agents.get(agent_id) else { return Ok(Reply::Done) };
        if agent.presence == Presence::Connected {
            self.watch_agent(agent_id, Some(now + self.settings.agent_heartbeat_timeout));
        } else if self.silent.contains(agent_id) {
            // The link outlived the silence (a laptop that slept): nothing else would ever say that it is back.
            let (id, name) = (agent.id.clone(), agent.name.clone());
            return self.agent_connected(now, AgentProfile { id, name, limit: None, skills: None, teams: None }, out);
        }
        Ok(Reply::Done)
    }

    /// R10: the grace is over, or the heartbeat is too old.
    pub(super) fn agent_gone(&mut self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        self.watch_agent(agent_id, None);
        let Some(agent) = self.state.agents.get(agent_id).cloned() else { return };
        if agent.presence == Presence::Connected {
            self.silent.insert(agent_id.clone());
        }
        self.put_agent(Agent { presence: Presence::Gone, grace_until: None, ..agent }, out);
        self.withdraw_offers(now, agent_id, out);
        let owned: Vec<_> = self.owned_by(agent_id).cloned().collect();
        for id in owned {
            let status = self.state.cases.get(&id).map(|case| case.status);
            match status {
                Some(ConversationStatus::WrapUp) => self.end_wrap_up(now, &id, out),
                _ => self.requeue(now, &id, "connection_lost", None, out),
            }
        }
        self.tell_status(now, agent_id, out);
        out.push(Effect::QueueChanged);
    }

    /// An assignment to somebody without a link starts the grace, so that the conversation cannot be orphaned.
    pub(super) fn start_grace_if_unconnected(&mut self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id).cloned() else { return };
        if agent.presence == Presence::Gone {
            let until = now + self.settings.agent_grace;
            self.put_agent(Agent { presence: Presence::Grace, grace_until: Some(until), ..agent }, out);
        }
    }

    /// After a restart no link is left: everybody who was connected, and everybody who owns something, gets a grace.
    pub(super) fn begin_graces(&mut self, now: Timestamp, out: &mut Effects) {
        let until = now + self.settings.agent_grace;
        let holders: Vec<Agent> = self
            .state
            .agents
            .values()
            .filter(|agent| {
                let busy = agent.capacity.used > 0 || agent.capacity.held > 0;
                agent.presence == Presence::Connected || (busy && agent.presence == Presence::Gone)
            })
            .cloned()
            .collect();
        for agent in holders {
            self.put_agent(Agent { presence: Presence::Grace, grace_until: Some(until), ..agent }, out);
        }
        self.unlinked = self.state.cases.keys().cloned().collect();
        let abandon_at = now + self.settings.customer_grace;
        let waiting: Vec<_> = self.state.entries.keys().cloned().collect();
        for id in waiting {
            if self.state.entries.get(&id).is_some_and(|entry| entry.abandon_at.is_none()) {
                self.edit_entry(&id, out, |entry| entry.abandon_at = Some(abandon_at));
            }
        }
    }

    pub(super) fn set_availability(
        &mut self,
        now: Timestamp,
        agent_id: &AgentId,
        availability: Availability,
        reason: Option<String>,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        if availability == Availability::NotResponding {
            return Err(Rejection::Invalid { field: "status".into(), message: "cannot be chosen".into() });
        }
        let agent = self.state.agents.get(agent_id).cloned().ok_or(Rejection::NotFound)?;
        let chosen = Agent { availability, reason, missed_offers: 0, last_seen_at: Some(now), ..agent };
        self.put_agent(chosen, out);
        if availability != Availability::Available {
            self.withdraw_offers(now, agent_id, out);
        }
        self.finish_draining(now, agent_id, out);
        self.tell_status(now, agent_id, out);
        self.tell_load(now, agent_id, out);
        self.dispatch(now, out);
        out.push(Effect::QueueChanged);
        Ok(Reply::Done)
    }

    /// R5: whatever an agent does itself ends not-responding and the count of missed offers.
    pub(super) fn own_action(&mut self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id) else { return };
        if agent.missed_offers == 0 && agent.availability != Availability::NotResponding {
            return;
        }
        let mut agent = agent.clone();
        let silent = agent.availability == Availability::NotResponding;
        agent.missed_offers = 0;
        if silent {
            agent.availability = Availability::Available;
        }
        self.put_agent(agent, out);
        if silent {
            self.tell_status(now, agent_id, out);
        }
    }

    /// R13: draining goes offline once empty.
    pub(super) fn finish_draining(&mut self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id) else { return };
        if agent.availability == Availability::Draining && agent.capacity.used == 0 && agent.capacity.held == 0 {
            let agent = Agent { availability: Availability::Offline, ..agent.clone() };
            self.put_agent(agent, out);
            self.tell_status(now, agent_id, out);
        }
    }

    /// To the agent itself: load and limit.
    pub(super) fn tell_load(&self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id) else { return };
        let notice = AgentNotice::WorkloadUpdated {
            current_chats: agent.capacity.used,
            max_concurrent_chats: agent.capacity.limit,
            is_available: takes_new(agent),
            status: agent.availability,
        };
        out.push(to_agent(agent_id, now, notice));
        out.push(to_admins(now, AdminNotice::AgentStatus { agent: Box::new(agent.clone()) }));
    }

    /// To all staff: availability and presence.
    pub(super) fn tell_status(&self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        let Some(agent) = self.state.agents.get(agent_id) else { return };
        let event = Event::StaffStatusUpdated {
            agent_id: agent_id.clone(),
            is_online: is_online(agent),
            is_available: takes_new(agent),
            status: agent.availability,
        };
        out.push(Effect::Notify { to: Audience::Staff, event });
        out.push(to_admins(now, AdminNotice::AgentStatus { agent: Box::new(agent.clone()) }));
    }

    /// Offers an agent had when its entry went away are ended with the entry; used by the part that ends entries.
    pub(super) fn cancel_offers(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        self.end_offers_of(now, id, OfferStatus::Canceled, "canceled", None, out);
    }
}

/// Whether new conversations may come to this agent now.
fn takes_new(agent: &Agent) -> bool {
    agent.presence == Presence::Connected && agent.availability == Availability::Available && agent.capacity.free() > 0
}
