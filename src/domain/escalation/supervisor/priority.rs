//! A person lets somebody who waits come sooner or later (R6).

use super::*;
use crate::domain::escalation::decision::Outcome;

impl Supervisor {
    /// Gives a waiting conversation another base priority. What it has aged stays: the effective priority is what it
    /// would be, had it come with the new one. Somebody who is back from a lost agent stays at the head (R10).
    pub(super) fn set_priority(
        &mut self,
        now: Timestamp,
        id: &ConversationId,
        priority: i32,
        out: &mut Effects,
    ) -> Result<Reply, Rejection> {
        let top = self.settings.top_priority;
        if !(0..=top).contains(&priority) {
            let message = format!("must be 0 to {top}");
            return Err(Rejection::Invalid { field: "priority".into(), message });
        }
        let Some(entry) = self.state.entries.get(id).cloned() else { return Err(Rejection::NotWaiting) };
        let before = entry.base_priority;
        if before == priority {
            return Ok(Reply::Done);
        }
        let mut decision = self.decide(now, &entry, Outcome::Prioritized, None, 6);
        decision.manual = true;
        decision.note = Some(format!("priority {before} became {priority}"));
        self.log(decision, out);
        self.edit_entry(id, out, |entry| entry.base_priority = priority);
        if entry.effective_priority <= top {
            self.age_anew(now, id, out);
        }
        self.change(id, now, out, |change| change.priority = Some(priority));
        self.dispatch(now, out);
        out.push(Effect::QueueChanged);
        Ok(Reply::Done)
    }

    /// R6 from the beginning: base priority and the steps since it was queued.
    fn age_anew(&mut self, now: Timestamp, id: &ConversationId, out: &mut Effects) {
        let (step, top) = (self.settings.ageing_step, self.settings.top_priority);
        self.edit_entry(id, out, |entry| {
            let steps = if step > Millis::ZERO { now.since(entry.queued_at).get() / step.get() } else { 0 };
            let aged = i64::from(entry.base_priority).saturating_add(steps).min(i64::from(top));
            entry.effective_priority = i32::try_from(aged).unwrap_or(top);
            let ages = entry.effective_priority < top && step > Millis::ZERO;
            let next = Millis::new(step.get().saturating_mul(steps.saturating_add(1)));
            entry.age_at = ages.then_some(entry.queued_at + next);
        });
    }
}
