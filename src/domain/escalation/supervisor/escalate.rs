//! `escalate`: one idempotent operation, whoever calls it, always answered (R15 and the paragraph after R16).

use super::*;
use crate::domain::escalation::decision::Outcome;
use crate::domain::escalation::op::EscalationFlag;
use crate::domain::escalation::request::ConversationFacts;
use crate::domain::escalation::state::EntryStatus;
use crate::domain::event::QueuePlace;

impl Supervisor {
    pub(super) fn escalate(
        &mut self,
        now: Timestamp,
        facts: ConversationFacts,
        reason: Option<String>,
        priority: Option<i32>,
        skills: Vec<String>,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let id = facts.case.conversation_id.clone();
        let status = self.state.cases.get(&id).unwrap_or(&facts.case).status;
        match status {
            ConversationStatus::Closed | ConversationStatus::WrapUp => return Err(Rejection::ConversationClosed),
            ConversationStatus::Active => {}
            _ => {
                // Who asks is there, with or without a link (R11).
                self.customer_seen(now, &id, out)?;
                return Ok(Reply::Escalation(self.status_again(now, &id)));
            }
        }
        let mut facts = facts;
        facts.case.priority = priority.unwrap_or(facts.case.priority);
        if !skills.is_empty() {
            facts.case.skills = skills;
        }
        facts.case.reason = reason.or(facts.case.reason);
        self.trace_supply(now, &facts, out);
        match self.refusal(now, &facts) {
            Some(refusal) => Ok(Reply::Escalation(self.refuse(now, facts, refusal, out))),
            None => {
                let place = self.enqueue(now, facts, out);
                Ok(Reply::Escalation(self.status_with(&id, place)))
            }
        }
    }

    /// What a repeat is answered with: the same as before, but an owner that was there already is said as such.
    fn status_again(&self, now: Timestamp, id: &ConversationId) -> EscalationStatus {
        match self.status(now, id) {
            EscalationStatus::Assigned { agent_id, agent_name } => {
                EscalationStatus::AlreadyAssigned { agent_id, agent_name }
            }
            other => other,
        }
    }

    fn trace_supply(&self, now: Timestamp, facts: &ConversationFacts, out: &mut Effects) {
        let (open, _) = self.opening(facts.case.chatbot_id.as_ref(), now);
        let conversation_id = facts.case.conversation_id.clone();
        out.push(Effect::Trace(Trace::HoursChecked { conversation_id: conversation_id.clone(), open }));
        out.push(Effect::Trace(Trace::AgentsCounted {
            conversation_id,
            total: self.state.agents.len(),
            online: self.index.connected,
            available: self.index.free.len(),
        }));
    }

    /// Why it cannot be queued in the ordinary way, unless the policy for that is to queue anyway.
    fn refusal(&self, now: Timestamp, facts: &ConversationFacts) -> Option<EscalationStatus> {
        let (open, next_opening) = self.opening(facts.case.chatbot_id.as_ref(), now);
        let closed_policy = self.closed_policy_of(facts.case.chatbot_id.as_ref());
        if !open && closed_policy != FallbackPolicy::QueueAnyway {
            return Some(EscalationStatus::OutsideHours { next_opening, policy: closed_policy });
        }
        let policy = self.settings.no_agents_policy;
        if policy != FallbackPolicy::QueueAnyway && !self.anyone_eligible(&facts.case.skills) {
            return Some(EscalationStatus::NoAgents { policy });
        }
        let policy = self.settings.queue_full_policy;
        let full = self.settings.max_queue.is_some_and(|max| self.state.entries.len() >= max);
        if full && policy != FallbackPolicy::QueueAnyway && !self.could_serve_at_once(&facts.case) {
            return Some(EscalationStatus::QueueFull { policy });
        }
        None
    }

    /// Somebody with the skills is connected and takes new work, now or when a unit comes free.
    fn anyone_eligible(&self, skills: &[String]) -> bool {
        self.supply(skills).agents > 0
    }

    fn could_serve_at_once(&self, case: &Case) -> bool {
        self.mode_of(case.chatbot_id.as_ref()) != RoutingMode::Manual && self.supply(&case.skills).free > 0
    }

    /// The wish is recorded (seed 000), the conversation goes on without a human for now.
    fn refuse(
        &mut self,
        now: Timestamp,
        facts: ConversationFacts,
        refusal: EscalationStatus,
        out: &mut Effects,
    ) -> EscalationStatus {
        let id = facts.case.conversation_id.clone();
        let reason = facts.case.reason.clone();
        let outcome = match &refusal {
            EscalationStatus::OutsideHours { .. } => Outcome::OutsideHours,
            _ => Outcome::Refused,
        };
        let entry = self.new_entry(now, &facts.case, now);
        let decision = self.decide(now, &entry, outcome, None, 15);
        self.log(decision, out);
        let case = facts.case.clone();
        self.track(facts.case, out);
        self.change(&id, now, out, |change| {
            change.escalation = Some(EscalationFlag { reason: reason.clone(), at: now });
            // Whatever the policy asks of the customer, somebody goes on answering.
            change.handler = Some(Handler::Ai);
        });
        out.push(to_room(&id, Event::EscalationRequested { conversation_id: id.clone(), reason }));
        self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
        out.push(to_customer(&case, Event::EscalationStatus { conversation_id: id, status: refusal.clone() }));
        refusal
    }

    /// Nobody is called; the record says that a human is wanted, and everybody in the room hears of it.
    pub(super) fn flag(
        &mut self,
        now: Timestamp,
        facts: ConversationFacts,
        reason: Option<String>,
        out: &mut Effects,
    ) -> Reply {
        let id = facts.case.conversation_id.clone();
        let tracked = self.state.cases.contains_key(&id);
        if !tracked && facts.case.status == ConversationStatus::Active && !facts.escalation_requested {
            self.track(facts.case, out);
            self.change(&id, now, out, |change| {
                change.escalation = Some(EscalationFlag { reason: reason.clone(), at: now });
            });
            self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
        }
        if !tracked {
            out.push(to_room(&id, Event::EscalationRequested { conversation_id: id.clone(), reason }));
        }
        Reply::Escalation(self.status(now, &id))
    }

    fn enqueue(&mut self, now: Timestamp, facts: ConversationFacts, out: &mut Effects) -> Option<QueuePlace> {
        let id = facts.case.conversation_id.clone();
        let reason = facts.case.reason.clone();
        let mut entry = self.new_entry(now, &facts.case, now);
        entry.sticky_agent_id = facts.last_agent_id;
        if entry.sticky_agent_id.is_some() && self.settings.sticky_wait > Millis::ZERO {
            entry.sticky_until = Some(now + self.settings.sticky_wait);
        }
        if !facts.customer_online {
            self.unlinked.insert(id.clone());
            entry.abandon_at = Some(now + self.settings.customer_grace);
        }
        let (priority, skills) = (facts.case.priority, facts.case.skills.clone());
        self.track(facts.case, out);
        self.apply(Op::PutEntry(entry), out);
        self.change(&id, now, out, |change| {
            change.status = ConversationStatus::WaitingForAgent;
            change.handler = Some(Handler::Human);
            change.escalation = Some(EscalationFlag { reason: reason.clone(), at: now });
            change.priority = Some(priority);
            change.skills = Some(skills);
        });
        let line = reason.as_ref().map_or_else(
            || "Requesting a human agent.".to_owned(),
            |reason| format!("Requesting a human agent: {reason}"),
        );
        self.say(&id, now, line, out);
        out.push(to_room(&id, Event::EscalationRequested { conversation_id: id.clone(), reason }));
        self.dispatch(now, out);
        self.after_enqueue(now, &id, out)
    }

    /// Only who really has to wait is announced as waiting. The place, for whoever has one.
    fn after_enqueue(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) -> Option<QueuePlace> {
        let place = self.place(now, id)?;
        if let Ok(range) = place.wait {
            self.edit_entry(id, out, |entry| {
                (entry.predicted_wait_s, entry.predicted_p90_s) = (Some(range.p50_s), Some(range.p90_s));
            });
        }
        let entry = self.state.entries.get(id)?;
        if entry.status == EntryStatus::Waiting {
            let decision = self.decide(now, entry, Outcome::Queued, None, 6);
            self.log(decision, out);
            out.push(Effect::Trace(Trace::Enqueued { conversation_id: id.clone(), position: place.position }));
            self.tell_queued(now, id, place, out);
        }
        Some(place)
    }

    /// A fresh entry for a case, as old as `queued_at`.
    pub(super) fn new_entry(&self, now: Timestamp, case: &Case, queued_at: Timestamp) -> QueueEntry {
        let settings = &self.settings;
        let ages = case.priority < settings.top_priority && settings.ageing_step > Millis::ZERO;
        let relaxes = !case.skills.is_empty() && settings.relax_after > Millis::ZERO;
        QueueEntry {
            conversation_id: case.conversation_id.clone(),
            status: EntryStatus::Waiting,
            queued_at,
            base_priority: case.priority,
            effective_priority: case.priority.min(settings.top_priority),
            skills: case.skills.clone(),
            excluded: Vec::new(),
            resets: 0,
            sticky_agent_id: None,
            sticky_until: None,
            age_at: ages.then_some(now + settings.ageing_step),
            relax_at: relaxes.then_some(now + settings.relax_after),
            retry_at: None,
            // From now on: who comes back from a lost agent is not sent away for having been served.
            max_wait_at: settings.max_wait.map(|wait| now + wait),
            abandon_at: None,
            predicted_wait_s: None,
            predicted_p90_s: None,
        }
    }

    pub(super) fn cancel_escalation(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let case = self.state.cases.get(id).cloned().ok_or(Rejection::NotWaiting)?;
        if !matches!(case.status, ConversationStatus::WaitingForAgent | ConversationStatus::Offered) {
            return Err(Rejection::NotWaiting);
        }
        self.cancel_offers(now, id, out);
        self.end_entry(now, id, EntryStatus::Canceled, out);
        self.change(id, now, out, |change| {
            change.status = ConversationStatus::Active;
            change.handler = Some(Handler::Ai);
        });
        self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
        let status = EscalationStatus::Canceled;
        out.push(to_customer(&case, Event::EscalationStatus { conversation_id: id.clone(), status: status.clone() }));
        self.dispatch(now, out);
        Ok(Reply::Escalation(status))
    }
}
