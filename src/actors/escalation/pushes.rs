//! Estimates pushed to who waits, coalesced: at most one a second, and a heartbeat every 30 s (ROUTING).

use std::collections::HashMap;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use crate::domain::command::Topic;
use crate::domain::escalation::Supervisor;
use crate::domain::event::{AdminNotice, Audience, Event, QueuePlace, TopicBody};
use crate::domain::ids::ConversationId;
use crate::domain::time::{Millis, Timestamp};
use crate::domain::{idle, wait};
use crate::store::Write;

use super::super::messages::RouterMessage;
use super::SupervisorActor;

const PUSH_EVERY: Millis = Millis::from_secs(1);
const HEARTBEAT: Millis = Millis::from_secs(30);
/// Rows in one push to staff; whoever wants more pages over REST.
const ROWS_PUSHED: usize = 500;
/// Idle conversations handled in one turn.
const SWEEP_BATCH: i64 = 200;

/// What was last shown to whom.
#[derive(Default)]
pub(super) struct Pushes {
    armed: bool,
    last: Option<Timestamp>,
    heartbeat_armed: bool,
    shown: HashMap<ConversationId, QueuePlace>,
}

impl SupervisorActor {
    pub(super) fn queue_changed(&mut self, ctx: &mut Context<Self>) {
        if self.pushes.armed {
            return;
        }
        self.pushes.armed = true;
        let now = self.node.now();
        let at = self.pushes.last.map_or(now, |last| last + PUSH_EVERY);
        let sleep = self.node.clock().sleep_until(at);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.pushes.armed = false;
            this.push(false, ctx);
        }));
    }

    fn push(&mut self, to_all: bool, ctx: &mut Context<Self>) {
        let Some(brain) = &self.brain else { return };
        let now = self.node.now();
        self.pushes.last = Some(now);
        let mut shown = HashMap::new();
        for (conversation_id, place) in brain.places(now) {
            let before = self.pushes.shown.get(&conversation_id);
            let place = smooth(before, place);
            if let Some(case) = brain.state().cases.get(&conversation_id)
                && (to_all || before != Some(&place))
            {
                let event = Event::QueueUpdate { conversation_id: conversation_id.clone(), place };
                self.node.router(RouterMessage::Publish { to: Audience::User(case.customer_id.clone()), event });
            }
            shown.insert(conversation_id, place);
        }
        self.pushes.shown = shown;
        self.queue_number += 1;
        let (notice, delta) = staff_view(brain, now, self.queue_number);
        let at = now;
        self.node
            .router(RouterMessage::Publish { to: Audience::Admins, event: Event::AdminNotification { notice, at } });
        self.node.router(RouterMessage::Publish { to: Audience::Topic(Topic::Queue), event: delta });
        self.arm_heartbeat(ctx);
    }

    fn arm_heartbeat(&mut self, ctx: &mut Context<Self>) {
        if self.pushes.heartbeat_armed || self.pushes.shown.is_empty() {
            return;
        }
        self.pushes.heartbeat_armed = true;
        let sleep = self.node.clock().sleep_until(self.node.now() + HEARTBEAT);
        ctx.spawn(sleep.into_actor(self).map(|(), this, ctx| {
            this.pushes.heartbeat_armed = false;
            this.push(true, ctx);
        }));
    }

    /// R11: conversations without a message for long are warned, then closed. The moment is derived from the stored
    /// time of the newest message, so a restart changes nothing.
    pub(super) fn arm_idle_sweep(&mut self, ctx: &mut Context<Self>) {
        let store = std::sync::Arc::clone(self.node.store());
        let oldest = async move { store.oldest_activity().await };
        ctx.spawn(oldest.into_actor(self).map(|oldest, this, ctx| {
            let routing = this.node.routing();
            let lead = Millis::new(routing.idle_timeout.get() - routing.idle_warning.get());
            let now = this.node.now();
            // A conversation that begins now is due no sooner than `lead` from now; one that was warned waits for its
            // close, which is at most the warning time away.
            let soonest = now + Millis::from_secs(1);
            let at = match oldest {
                Ok(Some(oldest)) if oldest + lead > now => oldest + lead,
                Ok(Some(oldest)) => {
                    (oldest + routing.idle_timeout).max(soonest).min(now + routing.idle_warning).max(soonest)
                }
                Ok(None) => now + lead,
                Err(_) => now + Millis::from_secs(5),
            };
            let sleep = this.node.clock().sleep_until(at);
            ctx.spawn(sleep.into_actor(this).map(|(), this, ctx| this.idle_sweep(ctx)));
        }));
    }

    fn idle_sweep(&mut self, ctx: &mut Context<Self>) {
        let node = std::sync::Arc::clone(&self.node);
        let work = async move {
            let now = node.now();
            let routing = node.routing();
            let before = now - Millis::new(routing.idle_timeout.get() - routing.idle_warning.get());
            let candidates = node.store().idle_candidates(before, SWEEP_BATCH).await?;
            for candidate in candidates {
                let (last, warned) = (candidate.last_message_at, candidate.idle_warned_at);
                let spans = idle::IdleSettings { timeout: routing.idle_timeout, warning: routing.idle_warning };
                match idle::next_step(last, warned, spans, now) {
                    idle::Step::Wait(_) => {}
                    idle::Step::Warn => {
                        let conversation_id = candidate.conversation_id.clone();
                        node.writer()
                            .write(Write::MarkIdleWarned { conversation_id: conversation_id.clone(), at: now })
                            .await?;
                        let minutes = (routing.idle_warning.get() + 59_999) / 60_000;
                        let text = format!("Still there? This conversation closes in {minutes} minutes.");
                        node.say(&conversation_id, text);
                    }
                    idle::Step::Close => node.close_idle(&candidate.conversation_id).await,
                }
            }
            Ok::<_, crate::store::StoreError>(())
        };
        ctx.spawn(work.into_actor(self).map(|done, this, ctx| {
            if let Err(error) = done {
                log::warn!(error:display; "idle conversations were not looked through");
            }
            this.arm_idle_sweep(ctx);
        }));
    }
}

fn smooth(before: Option<&QueuePlace>, now: QueuePlace) -> QueuePlace {
    match (before.map(|place| place.wait), now.wait) {
        (Some(Ok(shown)), Ok(fresh)) => QueuePlace { wait: Ok(wait::smoothed(Some(shown), fresh)), ..now },
        _ => now,
    }
}

fn staff_view(brain: &Supervisor, now: Timestamp, number: u64) -> (AdminNotice, Event) {
    let mut rows = brain.queue_rows(now);
    let notice = AdminNotice::QueueUpdated { waiting: rows.len(), oldest_queued_at: brain.oldest_queued_at() };
    rows.truncate(ROWS_PUSHED);
    (notice, Event::TopicDelta { topic: Topic::Queue, number, body: TopicBody::Queue(rows) })
}
