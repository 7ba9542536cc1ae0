//! Owning a conversation: assign, take, transfer, release, close (R1, R2, R12).

use super::dispatch::{Assigning, has_skills};
use super::*;
use crate::domain::agent::Availability;
use crate::domain::command::{ReleaseTo, TransferTarget};
use crate::domain::escalation::decision::Outcome;
use crate::domain::escalation::op::{Assignment, WaitSample};
use crate::domain::escalation::request::{AgentProfile, ConversationFacts};
use crate::domain::escalation::state::{EntryStatus, OfferStatus};
use crate::domain::event::QueuePlace;
use crate::domain::ids::AssignmentId;
use crate::domain::user::Role;

impl Supervisor {
    /// Gives a tracked, unowned conversation to an agent. Its queue entry, if any, ends; its pending offers as well.
    pub(super) fn assign(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        agent_id: &AgentId,
        how: Assigning,
        out: &mut Effects,
    ) {
        let Some(agent) = self.state.agents.get(agent_id).cloned() else { return };
        let Some(case) = self.state.cases.get(id).cloned() else { return };
        self.log_assignment(now, &case, agent_id, how, out);
        self.end_offers_of(now, id, OfferStatus::Rescinded, "taken", None, out);
        self.end_entry(now, id, EntryStatus::Assigned, out);
        self.move_load(agent_id, 1, 0, out);
        self.put_agent(now, Agent { last_assigned_at: Some(now), ..agent.clone() }, out);
        self.change(id, now, out, |change| {
            change.status = ConversationStatus::AgentAssigned;
            change.handler = Some(Handler::Human);
            change.assigned_agent_id = Some(Some(agent_id.clone()));
        });
        let assignment = Assignment {
            id: AssignmentId::from(self.ids.next(now)),
            conversation_id: id.clone(),
            agent_id: agent_id.clone(),
            assigned_at: now,
            manual: how.manual,
        };
        self.apply(Op::PutAssignment(assignment), out);
        self.apply(
            Op::AddParticipant {
                conversation_id: id.clone(),
                user_id: agent_id.clone(),
                name: agent.name.clone(),
                at: now,
            },
            out,
        );
        self.say(id, now, format!("{} joined the conversation.", agent.name), out);
        self.tell_assigned(now, &case, &agent, out);
        self.start_grace_if_unconnected(now, agent_id, out);
    }

    fn log_assignment(&mut self, now: Timestamp, case: &Case, agent_id: &AgentId, how: Assigning, out: &mut Effects) {
        let entry = self.state.entries.get(&case.conversation_id).cloned();
        let mut decision = match &entry {
            Some(entry) => self.decide(now, entry, Outcome::Assigned, Some(agent_id), how.rule),
            None => Decision {
                at: now,
                conversation_id: case.conversation_id.clone(),
                outcome: Outcome::Assigned,
                agent_id: Some(agent_id.clone()),
                candidates: Vec::new(),
                candidates_left_out: 0,
                rule: how.rule,
                manual: false,
                note: None,
            },
        };
        decision.manual = how.manual;
        self.log(decision, out);
    }

    fn tell_assigned(&self, now: Timestamp, case: &Case, agent: &Agent, out: &mut Effects) {
        let id = &case.conversation_id;
        let load = self.state.agents.get(&agent.id).map_or(agent.capacity, |agent| agent.capacity);
        out.push(Effect::Trace(Trace::AgentChosen {
            conversation_id: id.clone(),
            agent_id: agent.id.clone(),
            used: load.used,
            limit: load.limit,
        }));
        let notice = AgentNotice::NewConversationAssigned {
            conversation_id: id.clone(),
            user_id: case.customer_id.clone(),
            user_name: case.customer_name.clone(),
            summary: case.reason.clone(),
        };
        out.push(to_agent(&agent.id, now, notice));
        let (agent_id, agent_name) = (agent.id.clone(), agent.name.clone());
        let status = EscalationStatus::Assigned { agent_id: agent_id.clone(), agent_name: agent_name.clone() };
        out.push(to_customer(case, Event::EscalationStatus { conversation_id: id.clone(), status }));
        let joined = Event::AgentJoined {
            conversation_id: id.clone(),
            agent_id: agent_id.clone(),
            agent_name: agent_name.clone(),
            at: now,
        };
        out.push(to_room(id, joined));
        out.push(to_admins(
            now,
            AdminNotice::ConversationAssigned { conversation_id: id.clone(), agent_id, agent_name },
        ));
        self.tell_load(now, &agent.id, out);
        out.push(Effect::QueueChanged);
    }

    /// Ends the open queue entry and learns from how long it waited.
    pub(super) fn end_entry(&mut self, now: Timestamp, id: &ConversationId, outcome: EntryStatus, out: &mut Effects) {
        let Some(entry) = self.state.entries.get(id).cloned() else { return };
        self.apply(Op::EndEntry { conversation_id: id.clone(), outcome, at: now }, out);
        let waited = now.since(entry.queued_at);
        let sample = WaitSample {
            conversation_id: id.clone(),
            queued_at: entry.queued_at,
            waited_ms: waited.get(),
            predicted_s: entry.predicted_wait_s,
            predicted_p90_s: entry.predicted_p90_s,
            outcome,
        };
        self.apply(Op::RecordWait(sample), out);
        if entry.effective_priority > self.settings.top_priority {
            // Its age is from before it was served (R10), so it says nothing about waiting.
            out.push(Effect::QueueChanged);
            return;
        }
        let learnt = &self.state.stats;
        let stats = match (outcome, entry.predicted_wait_s) {
            (EntryStatus::Assigned, Some(predicted)) => {
                learnt.assigned(waited).prediction(Millis::from_secs(predicted), waited)
            }
            (EntryStatus::Assigned, None) => learnt.assigned(waited),
            (EntryStatus::Abandoned, _) => learnt.abandoned(waited),
            _ => learnt.waited(waited),
        };
        self.apply(Op::PutStats(stats), out);
        out.push(Effect::QueueChanged);
    }

    /// Takes the owner out of an assigned or wrapping-up conversation, with everything that hangs on it but the
    /// conversation's own row.
    pub(super) fn end_ownership(&mut self, now: Timestamp, id: &ConversationId, reason: &str, out: &mut Effects) {
        let Some(case) = self.state.cases.get(id).cloned() else { return };
        let Some(agent_id) = case.assigned_agent_id.clone() else { return };
        if let Some(assignment_id) = case.assignment_id {
            let reason = reason.to_owned();
            self.apply(Op::EndAssignment { conversation_id: id.clone(), assignment_id, at: now, reason }, out);
        }
        self.apply(Op::RemoveParticipant { conversation_id: id.clone(), user_id: agent_id.clone(), at: now }, out);
        self.move_load(&agent_id, -1, 0, out);
        if let Some(since) = case.assigned_at {
            let stats = self.state.stats.served(now.since(since));
            self.apply(Op::PutStats(stats), out);
        }
        let notice = AgentNotice::ConversationUnassigned { conversation_id: id.clone(), reason: reason.to_owned() };
        out.push(to_agent(&agent_id, now, notice));
        self.finish_draining(now, &agent_id, out);
        self.tell_load(now, &agent_id, out);
    }

    /// Puts an owned conversation back at the head of the queue with its original age (R3, R10).
    pub(super) fn requeue(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        reason: &str,
        exclude: Option<AgentId>,
        out: &mut Effects,
    ) {
        let Some(case) = self.state.cases.get(id).cloned() else { return };
        let Some(owner) = case.assigned_agent_id.clone() else { return };
        let owner_name = self.agent_name(&owner);
        self.end_offers_of(now, id, OfferStatus::Canceled, "canceled", None, out);
        self.end_ownership(now, id, reason, out);
        let queued_at = case.escalated_at.unwrap_or(now);
        let mut entry = self.new_entry(now, &case, queued_at);
        entry.effective_priority = self.settings.top_priority.saturating_add(1);
        entry.age_at = None;
        entry.excluded.extend(exclude);
        if self.unlinked.contains(id) {
            entry.abandon_at = Some(now + self.settings.customer_grace);
        }
        let (outcome, rule) = if reason == "released" { (Outcome::Released, 12) } else { (Outcome::Requeued, 10) };
        let decision = self.decide(now, &entry, outcome, Some(&owner), rule);
        self.log(decision, out);
        self.apply(Op::PutEntry(entry), out);
        self.change(id, now, out, |change| {
            change.status = ConversationStatus::WaitingForAgent;
            change.assigned_agent_id = Some(None);
        });
        self.say(id, now, format!("{owner_name} left. Reconnecting you to another agent."), out);
        let left = Event::AgentLeft { conversation_id: id.clone(), agent_id: owner, reason: reason.to_owned() };
        out.push(to_room(id, left));
        if let Some(place) = self.place(now, id) {
            self.tell_queued(now, id, place, out);
        }
    }

    /// To customer and admins: the conversation waits.
    pub(super) fn tell_queued(&self, now: Timestamp, id: &ConversationId, place: QueuePlace, out: &mut Effects) {
        let Some(case) = self.state.cases.get(id) else { return };
        let notice = AdminNotice::NewQueueEntry { conversation_id: id.clone(), position: place.position };
        out.push(to_admins(now, notice));
        let status = self.status_with(id, Some(place));
        out.push(to_customer(case, Event::EscalationStatus { conversation_id: id.clone(), status }));
        out.push(Effect::QueueChanged);
    }

    pub(super) fn assign_to_me(
        &mut self,
        now: Timestamp,
        facts: ConversationFacts,
        profile: AgentProfile,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let id = facts.case.conversation_id.clone();
        let agent_id = profile.id.clone();
        let case = self.state.cases.get(&id).unwrap_or(&facts.case);
        match case.status {
            ConversationStatus::Closed | ConversationStatus::WrapUp => return Err(Rejection::ConversationClosed),
            ConversationStatus::AgentAssigned => return self.owned_reply(case, &agent_id),
            ConversationStatus::Active if !facts.escalation_requested => return Err(Rejection::NotWaiting),
            ConversationStatus::Active | ConversationStatus::WaitingForAgent | ConversationStatus::Offered => {}
        }
        let own_offer = self
            .index
            .offers_of
            .get(&id)
            .into_iter()
            .flatten()
            .find(|offer| self.state.offers.get(*offer).is_some_and(|offer| offer.agent_id == agent_id))
            .cloned();
        if let Some(offer_id) = own_offer {
            return self.accept(now, &offer_id, &agent_id, out);
        }
        self.know_agent(now, profile, out);
        self.own_action(now, &agent_id, out);
        let capacity = self.state.agents.get(&agent_id).map(|agent| agent.capacity).unwrap_or_default();
        let full = capacity.free() == 0;
        if !full {
            self.track(facts.case, out);
            self.assign(now, &id, &agent_id, Assigning { rule: 1, manual: true }, out);
        }
        // The agent may have been not responding until now, and others who were asked have a unit back.
        self.dispatch(now, out);
        if full {
            Err(Rejection::AtCapacity { limit: capacity.limit })
        } else {
            Ok(self.assigned_reply(&id, &agent_id))
        }
    }

    pub(super) fn assign_by_admin(
        &mut self,
        now: Timestamp,
        facts: ConversationFacts,
        agent_id: &AgentId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let id = facts.case.conversation_id.clone();
        let case = self.state.cases.get(&id).unwrap_or(&facts.case).clone();
        if !self.state.agents.contains_key(agent_id) {
            return Err(Rejection::Unreachable);
        }
        match case.status {
            ConversationStatus::Closed | ConversationStatus::WrapUp => return Err(Rejection::ConversationClosed),
            ConversationStatus::AgentAssigned if case.assigned_agent_id.as_ref() == Some(agent_id) => {
                return Ok(self.assigned_reply(&id, agent_id));
            }
            _ => {}
        }
        self.track(facts.case, out);
        self.take_from_owner(now, &id, "reassigned", out);
        self.assign(now, &id, agent_id, Assigning { rule: 2, manual: true }, out);
        self.dispatch(now, out);
        Ok(self.assigned_reply(&id, agent_id))
    }

    /// Ends the present ownership, if there is one, ahead of another assignment.
    fn take_from_owner(&mut self, now: Timestamp, id: &ConversationId, reason: &str, out: &mut Effects) {
        let Some(owner) = self.state.cases.get(id).and_then(|case| case.assigned_agent_id.clone()) else { return };
        self.end_ownership(now, id, reason, out);
        let left = Event::AgentLeft { conversation_id: id.clone(), agent_id: owner, reason: reason.to_owned() };
        out.push(to_room(id, left));
    }

    pub(super) fn transfer(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        by: &Actor,
        target: TransferTarget,
        note: Option<String>,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let owner = self.owner_for(id, by)?;
        if self.index.offers_of.contains_key(id) {
            return Err(Rejection::TransferPending);
        }
        let (agent_id, team) = match target {
            TransferTarget::Agent(agent_id) => (self.reachable(&agent_id, &owner)?, None),
            TransferTarget::Team(team) => {
                let member = self.team_member(&team, std::slice::from_ref(&owner)).ok_or(Rejection::Unreachable)?;
                (member, Some(team))
            }
        };
        let author_id = by.user_id.clone().unwrap_or_else(|| owner.clone());
        let author_name = self.agent_name(&author_id);
        if let Some(text) = &note {
            self.note(id, Some((author_id, author_name)), now, text.clone(), out);
        }
        let offer_id = self.make_transfer_offer(now, id, &owner, agent_id, team, note, Vec::new(), out);
        Ok(Reply::TransferOffered { offer_id })
    }

    fn reachable(&self, agent_id: &AgentId, owner: &AgentId) -> Result<AgentId, Rejection> {
        let agent = self.state.agents.get(agent_id).filter(|agent| {
            agent.id != *owner && agent.presence == Presence::Connected && agent.availability == Availability::Available
        });
        let agent = agent.ok_or(Rejection::Unreachable)?;
        if agent.capacity.free() == 0 {
            return Err(Rejection::AtCapacity { limit: agent.capacity.limit });
        }
        Ok(agent.id.clone())
    }

    /// The next member of a team (or with a skill) who could take one more, in R7's order.
    pub(super) fn team_member(&self, team: &str, without: &[AgentId]) -> Option<AgentId> {
        self.index
            .free
            .iter()
            .filter_map(|(_, _, id)| self.state.agents.get(id))
            .find(|agent| !without.contains(&agent.id) && has_skills(agent, &[team.to_owned()]))
            .map(|agent| agent.id.clone())
    }

    pub(super) fn release(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        by: &Actor,
        to: ReleaseTo,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let owner = self.owner_for(id, by)?;
        match to {
            ReleaseTo::Queue => self.requeue(now, id, "released", Some(owner), out),
            ReleaseTo::Ai => {
                self.end_offers_of(now, id, OfferStatus::Canceled, "canceled", None, out);
                let name = self.agent_name(&owner);
                self.end_ownership(now, id, "released", out);
                self.change(id, now, out, |change| {
                    change.status = ConversationStatus::Active;
                    change.handler = Some(Handler::Ai);
                    change.assigned_agent_id = Some(None);
                });
                self.say(id, now, format!("{name} left the conversation."), out);
                let left =
                    Event::AgentLeft { conversation_id: id.clone(), agent_id: owner, reason: "released".to_owned() };
                out.push(to_room(id, left));
                self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
            }
        }
        self.dispatch(now, out);
        Ok(Reply::Done)
    }

    /// The owner of an assigned conversation, if `by` may act for it.
    fn owner_for(&self, id: &ConversationId, by: &Actor) -> Result<AgentId, Rejection> {
        let case = self.state.cases.get(id).ok_or(Rejection::NotWaiting)?;
        if case.status != ConversationStatus::AgentAssigned {
            return Err(Rejection::NotWaiting);
        }
        let owner = case.assigned_agent_id.clone().ok_or(Rejection::NotWaiting)?;
        if by.role != Role::Admin && by.user_id.as_ref() != Some(&owner) {
            return Err(Rejection::Forbidden);
        }
        Ok(owner)
    }

    pub(super) fn close(
        &mut self,
        now: Timestamp,
        facts: ConversationFacts,
        by: &Actor,
        reason: String,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let id = facts.case.conversation_id.clone();
        let status = self.state.cases.get(&id).unwrap_or(&facts.case).status;
        match status {
            ConversationStatus::Closed => return Ok(Reply::Done),
            ConversationStatus::WrapUp => {
                // The paperwork is the agent's: a customer's second click does not end it.
                if by.role != Role::Customer {
                    self.end_wrap_up(now, &id, out);
                }
                return Ok(Reply::Done);
            }
            _ => {}
        }
        self.track(facts.case, out);
        self.end_offers_of(now, &id, OfferStatus::Canceled, "canceled", None, out);
        self.end_entry(now, &id, EntryStatus::Canceled, out);
        let paperwork = status == ConversationStatus::AgentAssigned && self.settings.wrap_up > Millis::ZERO;
        self.say(&id, now, format!("Conversation closed by {}.", closer(by)), out);
        if paperwork {
            let until = now + self.settings.wrap_up;
            self.change(&id, now, out, |change| {
                change.status = ConversationStatus::WrapUp;
                change.close_reason = Some(reason.clone());
                change.wrap_up_until = Some(Some(until));
            });
            self.tell_closed(now, &id, reason, out);
        } else {
            self.end_ownership(now, &id, "closed", out);
            self.close_row(now, &id, Some(reason.clone()), out);
            self.tell_closed(now, &id, reason, out);
            self.apply(Op::ForgetCase { conversation_id: id }, out);
        }
        self.dispatch(now, out);
        Ok(Reply::Done)
    }

    pub(super) fn end_wrap_up(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        self.end_ownership(now, id, "closed", out);
        self.close_row(now, id, None, out);
        self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
        self.dispatch(now, out);
    }

    /// The owner stays in the row: the history says who served it.
    pub(super) fn close_row(&mut self, now: Timestamp, id: &ConversationId, reason: Option<String>, out: &mut Effects) {
        self.change(id, now, out, |change| {
            change.status = ConversationStatus::Closed;
            change.close_reason = reason;
            change.wrap_up_until = Some(None);
        });
    }

    pub(super) fn tell_closed(&self, now: Timestamp, id: &ConversationId, reason: String, out: &mut Effects) {
        out.push(to_room(id, Event::ConversationClosed { conversation_id: id.clone(), reason: reason.clone() }));
        out.push(to_admins(now, AdminNotice::ConversationClosed { conversation_id: id.clone(), reason }));
    }

    /// Begins to follow a conversation that the supervisor did not know.
    pub(super) fn track(&mut self, case: Case, out: &mut Effects) {
        if !self.state.cases.contains_key(&case.conversation_id) {
            self.apply(Op::TrackCase(case), out);
        }
    }

    fn owned_reply(&self, case: &Case, agent_id: &AgentId) -> Result<Reply, Rejection> {
        match &case.assigned_agent_id {
            Some(owner) if owner == agent_id => Ok(self.assigned_reply(&case.conversation_id, agent_id)),
            Some(owner) => {
                Err(Rejection::AlreadyAssigned { agent_id: owner.clone(), agent_name: self.agent_name(owner) })
            }
            None => Err(Rejection::NotWaiting),
        }
    }

    pub(super) fn assigned_reply(&self, id: &ConversationId, agent_id: &AgentId) -> Reply {
        Reply::Assigned {
            conversation_id: id.clone(),
            agent_id: agent_id.clone(),
            agent_name: self.agent_name(agent_id),
        }
    }
}

fn closer(by: &Actor) -> &'static str {
    match (&by.user_id, by.role) {
        (None, _) => "the system",
        (Some(_), Role::Customer) => "the customer",
        (Some(_), Role::Agent | Role::Admin) => "an agent",
    }
}
