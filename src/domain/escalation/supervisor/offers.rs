//! Asking agents (R1–R5): make, accept, decline, time out, withdraw.

use super::dispatch::Assigning;
use super::*;
use crate::domain::agent::Availability;
use crate::domain::escalation::decision::Outcome;
use crate::domain::escalation::state::{EntryStatus, OfferStatus};

impl Supervisor {
    /// Offers a waiting entry to one agent, or to several in broadcast mode. Each offer holds a unit (R2).
    pub(super) fn offer_to(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        agents: &[AgentId],
        rule: u8,
        out: &mut Effects,
    ) {
        for agent_id in agents {
            let Some(entry) = self.state.entries.get(id) else { return };
            let decision = self.decide(now, entry, Outcome::Offered, Some(agent_id), rule);
            self.log(decision, out);
            let offer = Offer {
                id: OfferId::from(self.ids.next(now)),
                conversation_id: id.clone(),
                agent_id: agent_id.clone(),
                from_agent_id: None,
                team: None,
                note: None,
                excluded: Vec::new(),
                status: OfferStatus::Pending,
                created_at: now,
                expires_at: now + self.settings.offer_timeout,
            };
            self.put_offer(now, offer, out);
        }
        self.edit_entry(id, out, |entry| entry.status = EntryStatus::Offered);
        self.change(id, now, out, |change| change.status = ConversationStatus::Offered);
        self.tell_customer_status(now, id, out);
        out.push(Effect::QueueChanged);
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one offer, named at the two call sites")]
    pub(super) fn make_transfer_offer(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        owner: &AgentId,
        agent_id: AgentId,
        team: Option<String>,
        note: Option<String>,
        excluded: Vec<AgentId>,
        out: &mut Effects,
    ) -> OfferId {
        let offer = Offer {
            id: OfferId::from(self.ids.next(now)),
            conversation_id: id.clone(),
            agent_id,
            from_agent_id: Some(owner.clone()),
            team,
            note,
            excluded,
            status: OfferStatus::Pending,
            created_at: now,
            expires_at: now + self.settings.offer_timeout,
        };
        let offer_id = offer.id.clone();
        self.log_of_offer(now, &offer, Outcome::Transferred, 12, offer.note.clone(), out);
        self.put_offer(now, offer, out);
        offer_id
    }

    fn put_offer(&mut self, now: Timestamp, offer: Offer, out: &mut Effects) {
        let case = self.state.cases.get(&offer.conversation_id);
        let asked_last = || self.state.entries.get(&offer.conversation_id).and_then(|entry| entry.excluded.last());
        let notice = AgentNotice::NewTransferRequest {
            offer_id: offer.id.clone(),
            conversation_id: offer.conversation_id.clone(),
            reason: case.and_then(|case| case.reason.clone()),
            note: offer.note.clone(),
            expires_at: offer.expires_at,
            from_agent_id: offer.from_agent_id.clone(),
            declined_by: offer.excluded.last().or_else(asked_last).cloned(),
        };
        let agent_id = offer.agent_id.clone();
        out.push(Effect::Trace(Trace::OfferMade {
            conversation_id: offer.conversation_id.clone(),
            offer_id: offer.id.clone(),
            agent_id: agent_id.clone(),
        }));
        self.move_load(&agent_id, 0, 1, out);
        self.apply(Op::PutOffer(offer), out);
        out.push(to_agent(&agent_id, now, notice));
        self.tell_load(now, &agent_id, out);
    }

    /// Ends one pending offer and gives its unit back.
    fn end_offer(
        &mut self,
        now: Timestamp,
        offer: &Offer,
        outcome: OfferStatus,
        reason: Option<String>,
        out: &mut Effects,
    ) {
        let (offer_id, conversation_id) = (offer.id.clone(), offer.conversation_id.clone());
        self.apply(Op::EndOffer { offer_id, conversation_id, outcome, reason, at: now }, out);
        self.move_load(&offer.agent_id, 0, -1, out);
        self.remember_ended(offer);
        self.tell_load(now, &offer.agent_id, out);
    }

    /// Ends the pending offers of a conversation (but `keep`), telling each agent why.
    pub(super) fn end_offers_of(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        outcome: OfferStatus,
        why: &'static str,
        keep: Option<&OfferId>,
        out: &mut Effects,
    ) {
        let Some(ids) = self.index.offers_of.get(id).cloned() else { return };
        for offer_id in ids.iter().filter(|offer_id| Some(*offer_id) != keep) {
            let Some(offer) = self.state.offers.get(offer_id).cloned() else { continue };
            self.end_offer(now, &offer, outcome, None, out);
            out.push(rescinded(&offer, now, why));
        }
    }

    pub(super) fn accept(
        &mut self,
        now: Timestamp,
        offer_id: &OfferId,
        agent_id: &AgentId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let Some(offer) = self.state.offers.get(offer_id).filter(|offer| offer.agent_id == *agent_id).cloned() else {
            return self.late_answer(offer_id, agent_id);
        };
        let id = offer.conversation_id.clone();
        self.own_action(now, agent_id, out);
        self.end_offer(now, &offer, OfferStatus::Accepted, None, out);
        if let Some(owner) = &offer.from_agent_id {
            self.end_ownership(now, &id, "transferred", out);
            let left = Event::AgentLeft {
                conversation_id: id.clone(),
                agent_id: owner.clone(),
                reason: "transferred".to_owned(),
            };
            out.push(to_room(&id, left));
        }
        let rule = if offer.from_agent_id.is_some() { 12 } else { 1 };
        self.assign(now, &id, agent_id, Assigning { rule, manual: false }, out);
        self.dispatch(now, out);
        Ok(self.assigned_reply(&id, agent_id))
    }

    /// R1: a late answer is told who has the conversation. A second accept by the one who has it is a yes.
    fn late_answer(&self, offer_id: &OfferId, agent_id: &AgentId) -> Result<Reply, Rejection> {
        let known = self.conversation_of_offer(offer_id).cloned();
        let owner =
            known.as_ref().and_then(|id| self.state.cases.get(id)).and_then(|case| case.assigned_agent_id.clone());
        match (known, owner) {
            (Some(id), Some(owner)) if owner == *agent_id => Ok(self.assigned_reply(&id, agent_id)),
            (_, owner) => {
                let taken_by = owner.map(|owner| (owner.clone(), self.agent_name(&owner)));
                Err(Rejection::OfferGone { taken_by })
            }
        }
    }

    pub(super) fn decline(
        &mut self,
        now: Timestamp,
        offer_id: &OfferId,
        agent_id: &AgentId,
        reason: Option<String>,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let Some(offer) = self.state.offers.get(offer_id).filter(|offer| offer.agent_id == *agent_id).cloned() else {
            return self.late_answer(offer_id, agent_id).and(Err(Rejection::OfferGone { taken_by: None }));
        };
        self.own_action(now, agent_id, out);
        self.log_of_offer(now, &offer, Outcome::Declined, 4, reason.clone(), out);
        self.end_offer(now, &offer, OfferStatus::Declined, reason, out);
        self.after_refusal(now, &offer, true, out);
        self.dispatch(now, out);
        Ok(Reply::Done)
    }

    /// R5: a missed offer counts; after N the agent is not responding until it does something itself.
    pub(super) fn offer_timed_out(&mut self, now: Timestamp, offer_id: &OfferId, out: &mut Effects) {
        let Some(offer) = self.state.offers.get(offer_id).cloned() else { return };
        self.log_of_offer(now, &offer, Outcome::TimedOut, 5, None, out);
        self.end_offer(now, &offer, OfferStatus::TimedOut, None, out);
        out.push(rescinded(&offer, now, "timed_out"));
        if let Some(mut agent) = self.state.agents.get(&offer.agent_id).cloned() {
            // Who had no link was not there to answer: the grace decides about that one (R10).
            let missed = i32::from(agent.presence == Presence::Connected);
            agent.missed_offers = agent.missed_offers.saturating_add(missed);
            let silent = missed > 0 && agent.missed_offers >= self.settings.missed_offers_limit;
            if silent && agent.availability == Availability::Available {
                agent.availability = Availability::NotResponding;
            }
            if missed > 0 {
                self.put_agent(now, agent, out);
            }
            if silent {
                self.withdraw_offers(now, &offer.agent_id, out);
                self.tell_status(now, &offer.agent_id, out);
            }
        }
        self.after_refusal(now, &offer, true, out);
    }

    /// Takes back every pending offer to an agent who can no longer answer (R5).
    pub(super) fn withdraw_offers(&mut self, now: Timestamp, agent_id: &AgentId, out: &mut Effects) {
        let Some(ids) = self.index.offers_to.get(agent_id).cloned() else { return };
        for offer_id in &ids {
            self.withdraw(now, offer_id, out);
        }
    }

    /// Takes back one pending offer; its entry or its owner goes on without it.
    pub(super) fn withdraw(&mut self, now: Timestamp, offer_id: &OfferId, out: &mut Effects) {
        let Some(offer) = self.state.offers.get(offer_id).cloned() else { return };
        self.log_of_offer(now, &offer, Outcome::Rescinded, 5, None, out);
        self.end_offer(now, &offer, OfferStatus::Rescinded, None, out);
        out.push(rescinded(&offer, now, "unavailable"));
        self.after_refusal(now, &offer, false, out);
    }

    fn log_of_offer(
        &mut self,
        now: Timestamp,
        offer: &Offer,
        outcome: Outcome,
        rule: u8,
        note: Option<String>,
        out: &mut Effects,
    ) {
        let decision = Decision {
            at: now,
            conversation_id: offer.conversation_id.clone(),
            outcome,
            agent_id: Some(offer.agent_id.clone()),
            candidates: Vec::new(),
            candidates_left_out: 0,
            rule,
            manual: false,
            note,
        };
        self.log(decision, out);
    }

    /// What follows when an agent did not take it: the next one, with the entry's place unchanged (R3).
    fn after_refusal(&mut self, now: Timestamp, offer: &Offer, exclude: bool, out: &mut Effects) {
        if let Some(owner) = &offer.from_agent_id {
            self.transfer_refused(now, offer, owner, out);
            return;
        }
        let id = &offer.conversation_id;
        let none_left = !self.index.offers_of.contains_key(id);
        self.edit_entry(id, out, |entry| {
            if exclude && !entry.excluded.contains(&offer.agent_id) {
                entry.excluded.push(offer.agent_id.clone());
            }
            // R8: nobody is kept waiting for somebody who said no.
            if exclude && entry.sticky_agent_id.as_ref() == Some(&offer.agent_id) {
                entry.sticky_until = None;
            }
            if none_left {
                entry.status = EntryStatus::Waiting;
            }
        });
        if none_left && self.state.entries.contains_key(id) {
            self.change(id, now, out, |change| change.status = ConversationStatus::WaitingForAgent);
            self.tell_customer_status(now, id, out);
        }
        out.push(Effect::QueueChanged);
    }

    /// R12: a team is asked member by member; when nobody takes it, it stays with its owner.
    fn transfer_refused(&mut self, now: Timestamp, offer: &Offer, owner: &AgentId, out: &mut Effects) {
        let id = &offer.conversation_id;
        let mut excluded = offer.excluded.clone();
        excluded.push(offer.agent_id.clone());
        if let Some(team) = &offer.team {
            let mut without = excluded.clone();
            without.push(owner.clone());
            if let Some(next) = self.team_member(team, &without) {
                self.make_transfer_offer(now, id, owner, next, Some(team.clone()), offer.note.clone(), excluded, out);
                return;
            }
        }
        let name = self.agent_name(&offer.agent_id);
        self.note(id, None, now, format!("The transfer to {name} was not taken; the conversation stays here."), out);
        let notice = AgentNotice::TransferRescinded {
            offer_id: offer.id.clone(),
            conversation_id: id.clone(),
            reason: "not_taken",
        };
        out.push(to_agent(owner, now, notice));
    }

    pub(super) fn tell_customer_status(&self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        if let Some(case) = self.state.cases.get(id) {
            let status = self.status(now, id);
            out.push(to_customer(case, Event::EscalationStatus { conversation_id: id.clone(), status }));
        }
    }
}

fn rescinded(offer: &Offer, now: Timestamp, reason: &'static str) -> Effect {
    let notice = AgentNotice::TransferRescinded {
        offer_id: offer.id.clone(),
        conversation_id: offer.conversation_id.clone(),
        reason,
    };
    to_agent(&offer.agent_id, now, notice)
}
