//! An agent: chosen availability, observed presence, and capacity.

use super::conversation::names;
use super::ids::AgentId;
use super::time::Timestamp;

/// What an agent chose to be. "At capacity" is derived, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Availability {
    /// Takes new conversations.
    Available,
    /// Takes no new ones and keeps the present ones (R13).
    Away,
    /// Goes offline by itself once empty (R13).
    Draining,
    /// Not at work.
    Offline,
    /// Missed an offer; only the agent's own action ends this (R5).
    NotResponding,
}
names!(Availability {
    Available = "available", Away = "away", Draining = "draining", Offline = "offline",
    NotResponding = "not_responding",
});

/// What the connections say about an agent, over all devices (R10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Presence {
    /// At least one session is linked and alive.
    Connected,
    /// The last link was lost a moment ago; keeps everything until `grace_until`.
    Grace,
    /// Not here.
    Gone,
}
names!(Presence { Connected = "connected", Grace = "grace", Gone = "gone" });

/// How many units of work an agent takes. One support conversation is one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Capacity {
    /// Chosen maximum.
    pub limit: i32,
    /// Units of owned conversations (wrap-up included).
    pub used: i32,
    /// Units reserved by pending offers.
    pub held: i32,
    /// Units above the limit that a manual override, or a lowered limit, has let stand. The database checks
    /// `used + held <= limit + over`.
    pub over: i32,
}

impl Capacity {
    /// Units that may still be given out; never negative.
    pub fn free(&self) -> i32 {
        (self.limit - self.used - self.held).max(0)
    }
}

/// An agent's row in the supervisor's tables and in the database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent {
    /// The user.
    pub id: AgentId,
    /// Shown to customers.
    pub name: String,
    /// Chosen.
    pub availability: Availability,
    /// Why away, in the agent's words.
    pub reason: Option<String>,
    /// Observed.
    pub presence: Presence,
    /// While in grace: when it ends.
    pub grace_until: Option<Timestamp>,
    /// Units.
    pub capacity: Capacity,
    /// Languages, topics: what an entry may need (R9).
    pub skills: Vec<String>,
    /// Teams, targets of a transfer; also usable as skills.
    pub teams: Vec<String>,
    /// Since when availability, and being here or not, are as they are. None when it is not known.
    pub status_since: Option<Timestamp>,
    /// Offers missed since the agent's last own action (R5).
    pub missed_offers: i32,
    /// The clock of R7; not touched by presence.
    pub last_assigned_at: Option<Timestamp>,
    /// The last sign of life.
    pub last_seen_at: Option<Timestamp>,
}
