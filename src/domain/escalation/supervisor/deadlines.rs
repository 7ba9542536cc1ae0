//! What happens by itself when its moment comes (R14). The moments are stored on the rows; a timer is only a cache.

use super::*;
use crate::domain::escalation::decision::Outcome;
use crate::domain::escalation::state::EntryStatus;

impl Supervisor {
    /// Handles every deadline up to `now`, earliest first, each at the moment it was due for.
    pub(super) fn fire_due(&mut self, now: Timestamp, out: &mut Effects) {
        let mut fired = false;
        while let Some((at, key)) = self.index.timers.first().cloned() {
            if at > now {
                break;
            }
            // Decisions carry the present: after a restart a deadline may have passed long ago.
            self.fire(now, at, &key, out);
            // A row that its own deadline does not change would be due for ever.
            self.index.timers.remove(&(at, key));
            fired = true;
        }
        if fired {
            self.dispatch(now, out);
        }
    }

    fn fire(&mut self, now: Timestamp, due: Timestamp, key: &TimerKey, out: &mut Effects) {
        match key {
            TimerKey::OfferDeadline(id) => self.offer_timed_out(now, id, out),
            TimerKey::AgentGrace(id) | TimerKey::AgentHeartbeat(id) => self.agent_gone(now, id, out),
            TimerKey::Age(id) => self.age(id, due, out),
            TimerKey::Relax(id) => self.relax(id, due, out),
            TimerKey::Retry(id) => self.edit_entry(id, out, |entry| {
                entry.retry_at = None;
                entry.excluded.clear();
            }),
            TimerKey::Sticky(id) => self.edit_entry(id, out, |entry| entry.sticky_until = None),
            TimerKey::MaxWait(id) => self.max_wait_over(now, id, out),
            TimerKey::Abandon(id) => self.abandoned(now, id, out),
            TimerKey::WrapUp(id) => self.end_wrap_up(now, id, out),
            TimerKey::Hours(id) => self.hours_changed(now, due, id, out),
        }
    }

    /// R6: waiting raises the effective priority step by step up to the top.
    fn age(&mut self, id: &ConversationId, due: Timestamp, out: &mut Effects) {
        let (step, top) = (self.settings.ageing_step, self.settings.top_priority);
        self.edit_entry(id, out, |entry| {
            entry.effective_priority =
                entry.effective_priority.saturating_add(1).min(top.max(entry.effective_priority));
            entry.age_at = (entry.effective_priority < top).then_some(due + step);
        });
        out.push(Effect::QueueChanged);
    }

    /// R9: skills are dropped in the given order.
    fn relax(&mut self, id: &ConversationId, due: Timestamp, out: &mut Effects) {
        let after = self.settings.relax_after;
        self.edit_entry(id, out, |entry| {
            if !entry.skills.is_empty() {
                entry.skills.remove(0);
            }
            entry.relax_at = (!entry.skills.is_empty()).then_some(due + after);
        });
        out.push(Effect::QueueChanged);
    }

    fn max_wait_over(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        if self.settings.max_wait_policy == FallbackPolicy::QueueAnyway {
            self.edit_entry(id, out, |entry| entry.max_wait_at = None);
            return;
        }
        self.expire(now, id, self.settings.max_wait_policy, None, out);
    }

    /// Ends a wait that the settings do not allow to go on; the conversation itself stays open.
    fn expire(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        policy: FallbackPolicy,
        next_opening: Option<Timestamp>,
        out: &mut Effects,
    ) {
        let Some(case) = self.state.cases.get(id).cloned() else { return };
        self.log_end(now, id, 15, "the wait ended by rule", out);
        self.cancel_offers(now, id, out);
        self.end_entry(now, id, EntryStatus::Expired, out);
        self.change(id, now, out, |change| {
            change.status = ConversationStatus::Active;
            change.handler = Some(Handler::Ai);
        });
        self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
        let status = EscalationStatus::Expired { policy, next_opening };
        out.push(to_customer(&case, Event::EscalationStatus { conversation_id: id.clone(), status }));
    }

    /// R11: the customer did not come back.
    fn abandoned(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        self.log_end(now, id, 11, "the customer went away", out);
        self.cancel_offers(now, id, out);
        self.end_entry(now, id, EntryStatus::Abandoned, out);
        let reason = "abandoned".to_owned();
        self.close_row(now, id, Some(reason.clone()), out);
        self.tell_closed(now, id, reason, out);
        self.apply(Op::ForgetCase { conversation_id: id.clone() }, out);
    }

    fn log_end(&mut self, now: Timestamp, id: &ConversationId, rule: u8, note: &str, out: &mut Effects) {
        let Some(entry) = self.state.entries.get(id).cloned() else { return };
        let mut decision = self.decide(now, &entry, Outcome::Ended, None, rule);
        decision.note = Some(note.to_owned());
        self.log(decision, out);
    }

    /// R14, after a restart: what would have happened had there been a life to see it.
    pub(super) fn catch_up(&mut self, now: Timestamp, out: &mut Effects) {
        // Nobody could answer these, so nobody missed them (R5).
        let overdue: Vec<_> =
            self.state.offers.values().filter(|offer| offer.expires_at <= now).map(|offer| offer.id.clone()).collect();
        for offer_id in &overdue {
            self.withdraw(now, offer_id, out);
        }
        let policy = self.settings.closing_policy;
        if policy == FallbackPolicy::QueueAnyway {
            return;
        }
        let closed: Vec<_> =
            self.state.entries.values().filter(|entry| self.closed_since(entry, now)).cloned().collect();
        for entry in closed {
            let bot = self.state.cases.get(&entry.conversation_id).and_then(|case| case.chatbot_id.as_ref());
            let (_, next_opening) = self.opening(bot, now);
            self.expire(now, &entry.conversation_id, policy, next_opening, out);
        }
    }

    /// Whether the hours ended since somebody began to wait. Who comes back from a lost agent began before.
    ///
    /// Hours that were changed meanwhile count from the change on: nobody is sent away for an evening that, when they
    /// waited through it, was not one. A restart must see it the same way (R14).
    fn closed_since(&self, entry: &QueueEntry, now: Timestamp) -> bool {
        let case = self.state.cases.get(&entry.conversation_id);
        let bot = case.and_then(|case| case.chatbot_id.as_ref()).and_then(|id| self.chatbots.get(id));
        let Some((bot, hours)) = bot.and_then(|bot| Some((bot, bot.hours.as_ref()?))) else { return false };
        entry.effective_priority <= self.settings.top_priority
            && hours
                .next_opening(entry.queued_at.max(bot.updated_at))
                .and_then(|opening| hours.next_closing(opening))
                .is_some_and(|closing| closing <= now)
    }

    /// R15: a chatbot opened or closed.
    fn hours_changed(&mut self, now: Timestamp, due: Timestamp, id: &ChatbotId, out: &mut Effects) {
        self.hours_at.remove(id);
        self.index.timers.remove(&(due, TimerKey::Hours(id.clone())));
        self.arm_hours(id, now);
        out.push(Effect::QueueChanged);
        let (open, next_opening) = self.opening(Some(id), now);
        if self.settings.closing_policy == FallbackPolicy::QueueAnyway {
            return;
        }
        // A late timer may find it open again.
        let waiting: Vec<_> = self
            .state
            .entries
            .values()
            .filter(|entry| {
                let case = self.state.cases.get(&entry.conversation_id);
                let here = case.is_some_and(|case| case.chatbot_id.as_ref() == Some(id));
                here && (!open || self.closed_since(entry, now))
            })
            .map(|entry| entry.conversation_id.clone())
            .collect();
        for conversation_id in waiting {
            self.expire(now, &conversation_id, self.settings.closing_policy, next_opening, out);
        }
    }

    /// The rows are the other person's already; memory follows, so that a restart would load the same.
    pub(super) fn customer_identified(
        &mut self,
        now: Timestamp,
        from: &UserId,
        into: &UserId,
        name: &str,
        online: bool,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let cases: Vec<ConversationId> = self.cases_of(from).cloned().collect();
        for id in cases {
            let Some(case) = self.state.cases.get(&id).cloned() else { continue };
            self.apply(Op::TrackCase(Case { customer_id: into.clone(), customer_name: name.to_owned(), ..case }), out);
            if online {
                self.customer_back(&id, now, out)?;
            } else {
                self.customer_lost(now, &id, out)?;
            }
        }
        Ok(Reply::Done)
    }

    pub(super) fn customer_lost(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        if self.state.cases.contains_key(id) {
            self.unlinked.insert(id.clone());
        }
        let abandon_at = now + self.settings.customer_grace;
        self.edit_entry(id, out, |entry| entry.abandon_at = Some(abandon_at));
        self.tell_owner(now, id, AgentNotice::CustomerLeft { conversation_id: id.clone() }, out);
        Ok(Reply::Done)
    }

    pub(super) fn customer_back(
        &mut self,
        id: &ConversationId,
        now: Timestamp,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        self.unlinked.remove(id);
        if self.state.entries.get(id).is_some_and(|entry| entry.abandon_at.is_some()) {
            self.edit_entry(id, out, |entry| entry.abandon_at = None);
        }
        self.tell_owner(now, id, AgentNotice::CustomerReturned { conversation_id: id.clone() }, out);
        Ok(Reply::Done)
    }

    /// A customer without a link who polls keeps its place (seed 001 polls every 30 s).
    pub(super) fn customer_seen(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let abandon_at = now + self.settings.customer_grace;
        if self.state.entries.get(id).is_some_and(|entry| entry.abandon_at.is_some_and(|at| at < abandon_at)) {
            self.edit_entry(id, out, |entry| entry.abandon_at = Some(abandon_at));
        }
        Ok(Reply::Done)
    }

    fn tell_owner(&self, now: Timestamp, id: &ConversationId, notice: AgentNotice, out: &mut Effects) {
        if let Some(owner) = self.state.cases.get(id).and_then(|case| case.assigned_agent_id.as_ref()) {
            out.push(to_agent(owner, now, notice));
        }
    }
}
