//! What admins are warned of: rules over the queue, the agents and the failures of the last minutes.
//!
//! A rule is raised at one bound and cleared at a lower one, so that a figure that hovers around the bound warns once.
//! Nothing of it is stored: after a restart the rules are looked at again, and what still holds is raised again.

use std::collections::{BTreeMap, VecDeque};

use super::conversation::names;
use super::time::{Millis, Timestamp};

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertRule {
    /// More customers wait than should.
    QueueLength,
    /// One customer waits longer than anybody should.
    OldestWait,
    /// Within business hours, and nobody is there.
    NoAgentOnline,
    /// Sockets break.
    SocketFailures,
    /// The database does not take what it is given.
    DatabaseFailures,
}
names!(AlertRule {
    QueueLength = "queue_length", OldestWait = "oldest_wait", NoAgentOnline = "no_agent_online",
    SocketFailures = "socket_failures", DatabaseFailures = "database_failures",
});

impl AlertRule {
    /// `warning` or `critical`.
    pub const fn severity(self) -> &'static str {
        match self {
            Self::QueueLength | Self::OldestWait | Self::SocketFailures => "warning",
            Self::NoAgentOnline | Self::DatabaseFailures => "critical",
        }
    }
}

/// The bounds; 0 switches a rule off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertSettings {
    /// More than so many waiting.
    pub queue_length: u64,
    /// Waiting longer than this.
    pub oldest_wait: Millis,
    /// Nobody there for this long.
    pub no_agent_after: Millis,
    /// So many broken sockets in the window.
    pub socket_failures: u64,
    /// So many failed commits in the window.
    pub database_failures: u64,
    /// How far back failures count.
    pub failures_window: Millis,
}

/// What is seen of queue and agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routing {
    /// Customers in the queue.
    pub waiting: u64,
    /// When the first of them came into it.
    pub oldest_queued_at: Option<Timestamp>,
    /// An agent is connected (or was a moment ago), and has not chosen to be offline.
    pub agent_online: bool,
    /// At least one entrance is within its hours.
    pub open: bool,
}

/// What is seen at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// None while nobody can say: what stands then goes on standing.
    pub routing: Option<Routing>,
    /// Broken sockets since the start.
    pub socket_failures: u64,
    /// Failed commits since the start.
    pub database_failures: u64,
}

/// A rule that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Which.
    pub rule: AlertRule,
    /// In words, with the figure of the last look.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}

/// What a look changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertChange {
    /// It holds now.
    Raised(Alert),
    /// It holds no more.
    Cleared(Alert),
}

/// A counter's growth within a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Growth {
    /// When it grew, and by how much.
    steps: VecDeque<(Timestamp, u64)>,
    seen: u64,
}

impl Growth {
    fn within(&mut self, now: Timestamp, window: Millis, total: u64) -> u64 {
        let more = total.saturating_sub(self.seen);
        self.seen = total;
        if more > 0 {
            self.steps.push_back((now, more));
        }
        while self.steps.front().is_some_and(|(at, _)| *at + window <= now) {
            self.steps.pop_front();
        }
        self.steps.iter().map(|(_, more)| more).sum()
    }
}

/// The watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    active: BTreeMap<AlertRule, Alert>,
    alone_since: Option<Timestamp>,
    sockets: Growth,
    database: Growth,
}

/// What a rule says of the present.
struct Finding {
    rule: AlertRule,
    /// The bound is passed.
    raise: bool,
    /// It is well below the bound again.
    clear: bool,
    message: String,
    since: Timestamp,
}

impl Alerts {
    /// What stands, by rule.
    pub fn active(&self) -> impl Iterator<Item = &Alert> {
        self.active.values()
    }

    /// Looks.
    pub fn observe(&mut self, settings: &AlertSettings, now: Timestamp, seen: &Observation) -> Vec<AlertChange> {
        let mut findings = Vec::new();
        if let Some(routing) = &seen.routing {
            findings.push(queue_length(settings, now, routing));
            findings.push(oldest_wait(settings, now, routing));
            findings.push(self.no_agent(settings, now, routing));
        }
        let window = settings.failures_window;
        let sockets = self.sockets.within(now, window, seen.socket_failures);
        findings.push(failures(AlertRule::SocketFailures, sockets, settings.socket_failures, now, "connections broke"));
        let database = self.database.within(now, window, seen.database_failures);
        findings.push(failures(
            AlertRule::DatabaseFailures,
            database,
            settings.database_failures,
            now,
            "writes to the database failed",
        ));
        findings.into_iter().filter_map(|finding| self.take(finding)).collect()
    }

    fn take(&mut self, finding: Finding) -> Option<AlertChange> {
        let Finding { rule, raise, clear, message, since } = finding;
        match self.active.get_mut(&rule) {
            Some(_) if clear => self.active.remove(&rule).map(AlertChange::Cleared),
            Some(alert) => {
                alert.message = message;
                None
            }
            None if raise => {
                let alert = Alert { rule, message, since };
                self.active.insert(rule, alert.clone());
                Some(AlertChange::Raised(alert))
            }
            None => None,
        }
    }

    fn no_agent(&mut self, settings: &AlertSettings, now: Timestamp, routing: &Routing) -> Finding {
        let alone = routing.open && !routing.agent_online && settings.no_agent_after > Millis::ZERO;
        let since = if alone { *self.alone_since.get_or_insert(now) } else { now };
        if !alone {
            self.alone_since = None;
        }
        Finding {
            rule: AlertRule::NoAgentOnline,
            raise: alone && now.since(since) >= settings.no_agent_after,
            clear: !alone,
            message: "No agent is online, and it is within business hours".to_owned(),
            since,
        }
    }
}

fn queue_length(settings: &AlertSettings, now: Timestamp, routing: &Routing) -> Finding {
    let (bound, waiting) = (settings.queue_length, routing.waiting);
    Finding {
        rule: AlertRule::QueueLength,
        raise: bound > 0 && waiting > bound,
        // Four fifths of the bound.
        clear: bound == 0 || waiting.saturating_mul(5) <= bound.saturating_mul(4),
        message: format!("{waiting} customers are waiting"),
        since: now,
    }
}

fn oldest_wait(settings: &AlertSettings, now: Timestamp, routing: &Routing) -> Finding {
    let bound = settings.oldest_wait.get();
    let waited = routing.oldest_queued_at.map_or(0, |at| now.since(at).get());
    Finding {
        rule: AlertRule::OldestWait,
        raise: bound > 0 && waited > bound,
        clear: bound == 0 || waited.saturating_mul(5) <= bound.saturating_mul(4),
        message: format!("A customer has been waiting for {} minutes", waited / 60_000),
        since: now,
    }
}

fn failures(rule: AlertRule, count: u64, bound: u64, now: Timestamp, what: &str) -> Finding {
    Finding {
        rule,
        raise: bound > 0 && count >= bound,
        clear: bound == 0 || count.saturating_mul(2) < bound,
        message: format!("{count} {what} in the last minutes"),
        since: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: AlertSettings = AlertSettings {
        queue_length: 10,
        oldest_wait: Millis::from_mins(10),
        no_agent_after: Millis::from_mins(1),
        socket_failures: 20,
        database_failures: 1,
        failures_window: Millis::from_mins(5),
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + seconds * 1000)
    }

    fn quiet() -> Routing {
        Routing { waiting: 0, oldest_queued_at: None, agent_online: true, open: true }
    }

    fn look(alerts: &mut Alerts, seconds: i64, routing: Routing, failures: (u64, u64)) -> Vec<(&'static str, bool)> {
        let seen = Observation { routing: Some(routing), socket_failures: failures.0, database_failures: failures.1 };
        let changes = alerts.observe(&SETTINGS, at(seconds), &seen);
        changes
            .into_iter()
            .map(|change| match change {
                AlertChange::Raised(alert) => (alert.rule.as_str(), true),
                AlertChange::Cleared(alert) => (alert.rule.as_str(), false),
            })
            .collect()
    }

    #[test]
    fn a_queue_around_the_bound_warns_once() {
        let mut alerts = Alerts::default();
        let waiting = |waiting| Routing { waiting, ..quiet() };
        assert!(look(&mut alerts, 0, waiting(10), (0, 0)).is_empty(), "ten are not more than ten");
        assert_eq!(look(&mut alerts, 1, waiting(11), (0, 0)), [("queue_length", true)]);
        for (second, count) in [(2, 10), (3, 11), (4, 9)] {
            assert!(look(&mut alerts, second, waiting(count), (0, 0)).is_empty());
        }
        let standing: Vec<_> = alerts.active().map(|alert| (alert.message.clone(), alert.since)).collect();
        assert_eq!(standing, [("9 customers are waiting".to_owned(), at(1))]);
        assert_eq!(look(&mut alerts, 5, waiting(8), (0, 0)), [("queue_length", false)]);
    }

    #[test]
    fn nobody_there_warns_after_a_while_and_only_within_hours() {
        let mut alerts = Alerts::default();
        let alone = Routing { agent_online: false, ..quiet() };
        assert!(look(&mut alerts, 0, alone, (0, 0)).is_empty());
        assert!(look(&mut alerts, 30, quiet(), (0, 0)).is_empty(), "somebody came by");
        assert!(look(&mut alerts, 40, alone, (0, 0)).is_empty());
        assert!(look(&mut alerts, 99, alone, (0, 0)).is_empty());
        assert_eq!(look(&mut alerts, 100, alone, (0, 0)), [("no_agent_online", true)]);
        assert_eq!(alerts.active().next().map(|alert| alert.since), Some(at(40)));
        let closed = Routing { open: false, ..alone };
        assert_eq!(look(&mut alerts, 101, closed, (0, 0)), [("no_agent_online", false)]);
    }

    #[test]
    fn the_longest_wait_warns_until_it_is_well_below() {
        let mut alerts = Alerts::default();
        let since = |seconds| Routing { oldest_queued_at: Some(at(seconds)), ..quiet() };
        assert!(look(&mut alerts, 600, since(0), (0, 0)).is_empty());
        assert_eq!(look(&mut alerts, 601, since(0), (0, 0)), [("oldest_wait", true)]);
        assert!(look(&mut alerts, 602, since(100), (0, 0)).is_empty());
        assert_eq!(look(&mut alerts, 603, since(200), (0, 0)), [("oldest_wait", false)]);
    }

    #[test]
    fn failures_count_within_the_window() {
        let mut alerts = Alerts::default();
        assert!(look(&mut alerts, 0, quiet(), (19, 0)).is_empty());
        assert_eq!(look(&mut alerts, 10, quiet(), (20, 1)), [("socket_failures", true), ("database_failures", true)]);
        assert!(look(&mut alerts, 299, quiet(), (20, 1)).is_empty());
        assert_eq!(look(&mut alerts, 300, quiet(), (20, 1)), [("socket_failures", false)]);
        assert_eq!(look(&mut alerts, 310, quiet(), (20, 1)), [("database_failures", false)]);
    }

    #[test]
    fn while_nobody_can_say_what_stands_goes_on_standing() {
        let mut alerts = Alerts::default();
        look(&mut alerts, 0, Routing { waiting: 11, ..quiet() }, (0, 0));
        let blind = Observation { routing: None, socket_failures: 0, database_failures: 0 };
        assert!(alerts.observe(&SETTINGS, at(1), &blind).is_empty());
        assert_eq!(alerts.active().count(), 1);
    }
}
