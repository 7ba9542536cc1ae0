//! Looks at queue, agents and failures whenever something changed, and every few seconds besides; tells admins.

use std::sync::{Arc, Weak};

use crate::domain::agent::{Availability, Presence};
use crate::domain::alerts::{Alert, AlertChange, Alerts, Observation, Routing};
use crate::domain::event::{AdminNotice, Audience, Event};
use crate::domain::time::Millis;

use super::super::messages::RouterMessage;
use super::{Node, Published};

/// Without any event the rules are looked at this often.
const EVERY: Millis = Millis::from_secs(10);

/// Answers to keys, ended logins and used tokens are forgotten this long after they were last good.
const KEPT: Millis = Millis::from_mins(24 * 60);
/// How often that is seen to.
const SWEEP_EVERY: Millis = Millis::from_mins(60);

/// What the watch shares with the rest of the node.
#[derive(Default)]
pub(super) struct Watching {
    alerts: std::sync::Mutex<Alerts>,
    poke: tokio::sync::Notify,
    socket_failures: std::sync::atomic::AtomicU64,
}

impl Watching {
    /// Whether this event may change what the rules say.
    pub fn saw(&self, published: &Published) {
        if let Event::AdminNotification {
            notice: AdminNotice::QueueUpdated { .. } | AdminNotice::AgentStatus { .. },
            ..
        } = &published.event
        {
            self.poke.notify_one();
        }
    }
}

impl Node {
    /// A socket ended by a fault: it broke, did not read, or spoke no WebSocket.
    pub fn count_socket_failure(&self) {
        self.watching.socket_failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// The alerts that stand.
    pub fn alerts(&self) -> Vec<Alert> {
        self.watching.alerts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).active().cloned().collect()
    }

    /// Looks now.
    pub async fn look_for_alerts(&self) {
        let routing = self.routing_state().await.ok().map(|(_, state)| self.routing_seen(&state));
        let now = self.now();
        let seen = Observation {
            routing,
            socket_failures: self.watching.socket_failures.load(std::sync::atomic::Ordering::Relaxed),
            database_failures: self.writer.failures(),
        };
        let settings = self.config.alerts.settings();
        let changes = {
            let mut alerts = self.watching.alerts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            alerts.observe(&settings, now, &seen)
        };
        for change in changes {
            let (alert, severity) = match change {
                AlertChange::Raised(alert) => {
                    let severity = alert.rule.severity();
                    (alert, severity)
                }
                AlertChange::Cleared(alert) => (alert, "cleared"),
            };
            let rule = alert.rule.as_str();
            log::warn!("alert.rule" = rule, "alert.severity" = severity; "an alert changed");
            let notice = AdminNotice::Alert { rule, severity, message: alert.message, since: alert.since };
            let event = Event::AdminNotification { notice, at: now };
            self.router(RouterMessage::Publish { to: Audience::Admins, event });
        }
    }

    fn routing_seen(&self, state: &crate::domain::escalation::State) -> Routing {
        let now = self.now();
        let online = |agent: &crate::domain::agent::Agent| {
            agent.presence != Presence::Gone && agent.availability != Availability::Offline
        };
        let open = self.chatbots().iter().any(|bot| bot.hours.as_ref().is_none_or(|hours| hours.is_open(now)));
        Routing {
            waiting: u64::try_from(state.entries.len()).unwrap_or(u64::MAX),
            oldest_queued_at: state.entries.values().map(|entry| entry.queued_at).min(),
            agent_online: state.agents.values().any(online),
            open,
        }
    }

    /// Looks until the node is gone.
    pub(super) fn start_watch(self: &Arc<Self>) {
        let node = Arc::downgrade(self);
        actix_rt::spawn(async move {
            let mut next_sweep = None;
            while let Some(wait) = next_look(&node) {
                wait.await;
                let Some(node) = node.upgrade() else { break };
                if next_sweep.is_none_or(|at| node.now() >= at) {
                    next_sweep = Some(node.now() + SWEEP_EVERY);
                    sweep(&node).await;
                }
                node.look_for_alerts().await;
            }
        });
    }
}

/// Forgets what is over, now and then; a failure is tried again at the next round.
async fn sweep(node: &Node) {
    if let Err(error) = node.store().sweep(node.now() - KEPT).await {
        log::warn!(error:display; "what is over was not swept up");
    }
    if let Err(error) = node.store().forget_events(node.now()).await {
        log::warn!(error:display; "events that have ended were not forgotten");
    }
}

/// Until something changed, or the next round.
fn next_look(node: &Weak<Node>) -> Option<impl Future<Output = ()>> {
    let strong = node.upgrade()?;
    let round = strong.clock.sleep_until(strong.now() + EVERY);
    let watching = Arc::clone(&strong.watching);
    Some(async move {
        tokio::select! {
            () = round => {}
            () = watching.poke.notified() => {}
        }
    })
}
