//! `[routing]`: how a waiting conversation reaches an agent. The rules R1–R16 are in the routing paper.

use crate::domain::chatbot::{FallbackPolicy, RoutingMode, RoutingSettings};
use crate::domain::time::Millis;

use super::{Kind, millis, section};

const DAY_MS: i64 = 86_400_000;
const POLICIES: Kind = Kind::Choice(&["offline_message", "ai", "queue_anyway"]);

section! {
    /// `[routing]`. [`Routing::settings`] gives it in the domain's terms.
    pub struct Routing in "routing" {
        /// For chatbots that set none: assign at once, offer, or wait until an agent takes it.
        #[serde(deserialize_with = "read_mode")]
        mode: RoutingMode = RoutingMode::Auto, Kind::Choice(&["auto", "offer", "manual"]);
        /// An agent's time to answer an offer, milliseconds.
        offer_timeout_ms: u64 = 30_000, Kind::Int(1, DAY_MS);
        /// How many agents are asked at once in mode `offer`; the first accept wins.
        broadcast_offers: usize = 1, Kind::Int(1, 100);
        /// Missed offers until an agent counts as not responding.
        missed_offers_limit: i32 = 1, Kind::Int(1, 1_000);
        /// Waiting this long raises the priority by one, milliseconds.
        ageing_step_ms: u64 = 300_000, Kind::Int(1, DAY_MS);
        /// The highest priority that waiting reaches.
        top_priority: i32 = 10, Kind::Int(0, 1_000);
        /// How long a returning customer waits for the last agent, milliseconds.
        sticky_wait_ms: u64 = 0, Kind::Int(0, DAY_MS);
        /// After this long the next needed skill is dropped, milliseconds; 0 = never.
        relax_after_ms: u64 = 120_000, Kind::Int(0, DAY_MS);
        /// An agent may be unconnected this long, milliseconds.
        agent_grace_ms: u64 = 30_000, Kind::Int(0, DAY_MS);
        /// An agent whose last sign of life is older than this is gone, milliseconds.
        agent_heartbeat_timeout_ms: u64 = 120_000, Kind::Int(1, DAY_MS);
        /// A waiting customer may be unconnected this long, milliseconds.
        customer_grace_ms: u64 = 180_000, Kind::Int(0, DAY_MS);
        /// A conversation without a message for this long closes itself, milliseconds.
        idle_timeout_ms: u64 = 1_800_000, Kind::Int(1, 365 * DAY_MS);
        /// The warning comes this long before, milliseconds; never more than half of `idle_timeout_ms`.
        idle_warning_ms: u64 = 120_000, Kind::Int(0, 365 * DAY_MS);
        /// An agent's time for paperwork after a close, milliseconds.
        wrap_up_ms: u64 = 0, Kind::Int(0, DAY_MS);
        /// Entries that may wait; none = no bound.
        max_queue: Option<usize> = None, Kind::Int(0, 1_000_000);
        /// The longest wait, milliseconds; none = no bound.
        max_wait_ms: Option<u64> = None, Kind::Int(1, 365 * DAY_MS);
        /// Outside business hours.
        #[serde(deserialize_with = "read_policy")]
        closed_policy: FallbackPolicy = FallbackPolicy::OfflineMessage, POLICIES;
        /// When `max_queue` entries wait.
        #[serde(deserialize_with = "read_policy")]
        queue_full_policy: FallbackPolicy = FallbackPolicy::OfflineMessage, POLICIES;
        /// When `max_wait_ms` is over.
        #[serde(deserialize_with = "read_policy")]
        max_wait_policy: FallbackPolicy = FallbackPolicy::QueueAnyway, POLICIES;
        /// When no eligible agent is connected inside hours.
        #[serde(deserialize_with = "read_policy")]
        no_agents_policy: FallbackPolicy = FallbackPolicy::QueueAnyway, POLICIES;
        /// When the hours end while customers wait.
        #[serde(deserialize_with = "read_policy")]
        closing_policy: FallbackPolicy = FallbackPolicy::QueueAnyway, POLICIES;
        /// The first guess of how long a conversation takes, milliseconds.
        default_handle_time_ms: u64 = 480_000, Kind::Int(1, DAY_MS);
        /// Conversations at a time of an agent whose record sets none.
        default_capacity: i32 = 5, Kind::Int(0, 1_000);
        /// Agents may take waiting conversations themselves.
        queue_pick: bool = true, Kind::Bool;
    }
}

impl Routing {
    /// The same in the domain's terms.
    pub fn settings(&self) -> RoutingSettings {
        RoutingSettings {
            mode: self.mode,
            offer_timeout: millis(self.offer_timeout_ms),
            broadcast_offers: self.broadcast_offers,
            missed_offers_limit: self.missed_offers_limit,
            ageing_step: millis(self.ageing_step_ms),
            top_priority: self.top_priority,
            sticky_wait: millis(self.sticky_wait_ms),
            relax_after: millis(self.relax_after_ms),
            agent_grace: millis(self.agent_grace_ms),
            agent_heartbeat_timeout: millis(self.agent_heartbeat_timeout_ms),
            customer_grace: millis(self.customer_grace_ms),
            idle_timeout: millis(self.idle_timeout_ms),
            idle_warning: self.idle_warning(),
            wrap_up: millis(self.wrap_up_ms),
            max_queue: self.max_queue,
            max_wait: self.max_wait_ms.map(millis),
            closed_policy: self.closed_policy,
            queue_full_policy: self.queue_full_policy,
            max_wait_policy: self.max_wait_policy,
            no_agents_policy: self.no_agents_policy,
            closing_policy: self.closing_policy,
            default_handle_time: millis(self.default_handle_time_ms),
            default_capacity: self.default_capacity,
            queue_pick: self.queue_pick,
        }
    }

    /// A short `idle_timeout_ms` (seed 002's variable goes down to one minute) must not make the warning come at once.
    fn idle_warning(&self) -> Millis {
        millis(self.idle_warning_ms.min(self.idle_timeout_ms / 2))
    }
}

fn read_mode<'de, D: serde::Deserializer<'de>>(from: D) -> Result<RoutingMode, D::Error> {
    read_word(from, RoutingMode::parse)
}

fn read_policy<'de, D: serde::Deserializer<'de>>(from: D) -> Result<FallbackPolicy, D::Error> {
    read_word(from, FallbackPolicy::parse)
}

fn read_word<'de, D: serde::Deserializer<'de>, T>(from: D, parse: fn(&str) -> Option<T>) -> Result<T, D::Error> {
    let word: String = serde::Deserialize::deserialize(from)?;
    parse(&word).ok_or_else(|| serde::de::Error::custom("no such word"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_domains_defaults() {
        assert_eq!(Routing::default().settings(), RoutingSettings::default());
    }

    #[test]
    fn a_short_idle_timeout_shortens_the_warning() {
        let routing = Routing { idle_timeout_ms: 60_000, ..Routing::default() };
        assert_eq!(routing.settings().idle_warning, Millis::new(30_000));
    }
}
