//! "At most n in any window of t", to the letter: a log of what was let through, not an average.

use std::collections::VecDeque;

use crate::domain::time::{Millis, Timestamp};

/// At most `count` in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// How many.
    pub count: u32,
    /// In how long; at most 49 days.
    pub window: Millis,
}

/// The answer to one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// Go ahead.
    Yes,
    /// Too fast.
    No {
        /// After exactly this long the next one goes through, if none does before.
        retry_after: Millis,
    },
    /// Too fast, and refused so often that it looks like intent.
    Abuse {
        /// As in [`Taken::No`].
        retry_after: Millis,
    },
}

/// A sliding window. Costs 4 bytes for each event it remembers and 56 when idle; refused attempts are not remembered
/// one by one. Also fit for one shared limit over several sessions of a sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limiter {
    /// Events are kept as milliseconds from here.
    base: Timestamp,
    taken: VecDeque<u32>,
    refused: u32,
    refused_from: Timestamp,
}

/// An idle log larger than this gives its memory back.
const KEPT_CAPACITY: usize = 16;

impl Limiter {
    /// Tries to let one event through at `now`. A `now` before the last event counts as that event's time.
    ///
    /// `abuse_factor` × `limit.count` refusals within one window (counted in windows that begin with a first refusal)
    /// are abuse; 0 = never.
    pub fn take(&mut self, now: Timestamp, limit: RateLimit, abuse_factor: u32) -> Taken {
        let now = self.taken.back().map_or(now, |newest| now.max(self.time(*newest)));
        self.forget(now, limit.window);
        let count = usize::try_from(limit.count).unwrap_or(usize::MAX);
        if self.taken.len() < count {
            self.remember(now);
            return Taken::Yes;
        }
        // The one whose leaving makes room: the oldest, unless the limit was lowered in the meantime.
        let blocking = self.taken.get(self.taken.len() - count).map_or(now, |event| self.time(*event));
        let retry_after = Millis::new((blocking + limit.window).since(now).get().max(1));
        if self.is_abuse(now, limit, abuse_factor) { Taken::Abuse { retry_after } } else { Taken::No { retry_after } }
    }

    /// Whether [`Limiter::take`] would let one event through; nothing is counted.
    pub fn has_room(&self, now: Timestamp, limit: RateLimit) -> bool {
        let now = self.taken.back().map_or(now, |newest| now.max(self.time(*newest)));
        let over = self.taken.partition_point(|event| now.since(self.time(*event)) >= limit.window);
        self.taken.len() - over < usize::try_from(limit.count).unwrap_or(usize::MAX)
    }

    fn is_abuse(&mut self, now: Timestamp, limit: RateLimit, abuse_factor: u32) -> bool {
        if self.refused == 0 || now.since(self.refused_from) >= limit.window {
            self.refused = 0;
            self.refused_from = now;
        }
        self.refused = self.refused.saturating_add(1);
        abuse_factor > 0 && self.refused >= abuse_factor.saturating_mul(limit.count.max(1))
    }

    fn forget(&mut self, now: Timestamp, window: Millis) {
        while self.taken.front().is_some_and(|oldest| now.since(self.time(*oldest)) >= window) {
            self.taken.pop_front();
        }
        let (kept, capacity) = (self.taken.len(), self.taken.capacity());
        if capacity > KEPT_CAPACITY && kept < capacity / 8 {
            self.taken.shrink_to(kept * 2);
        }
    }

    fn remember(&mut self, now: Timestamp) {
        if self.taken.is_empty() {
            self.base = now;
        }
        let offset = now.since(self.base).get();
        if let Ok(offset) = u32::try_from(offset) {
            self.taken.push_back(offset);
            return;
        }
        // 49 days without a pause: count from the oldest event on.
        let shift = self.taken.front().copied().unwrap_or(0);
        self.base = self.base + Millis::new(i64::from(shift));
        for event in &mut self.taken {
            *event -= shift;
        }
        self.taken.push_back(u32::try_from(offset - i64::from(shift)).unwrap_or(u32::MAX));
    }

    fn time(&self, event: u32) -> Timestamp {
        self.base + Millis::new(i64::from(event))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: RateLimit = RateLimit { count: 20, window: Millis::from_secs(10) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_twenty_first_within_ten_seconds_is_refused_with_the_exact_time_to_wait() {
        let mut limiter = Limiter::default();
        for n in 0..20 {
            assert_eq!(limiter.take(at(n * 100), LIMIT, 3), Taken::Yes);
        }
        assert_eq!(limiter.take(at(2000), LIMIT, 3), Taken::No { retry_after: Millis::new(8000) });
        assert_eq!(limiter.take(at(9999), LIMIT, 3), Taken::No { retry_after: Millis::new(1) });
        assert_eq!(limiter.take(at(10_000), LIMIT, 3), Taken::Yes);
        assert_eq!(limiter.take(at(10_000), LIMIT, 3), Taken::No { retry_after: Millis::new(100) });
    }

    #[test]
    fn three_times_the_limit_refused_within_a_window_is_abuse() {
        let mut limiter = Limiter::default();
        let outcomes: Vec<Taken> = (0..80).map(|n| limiter.take(at(n), LIMIT, 3)).collect();
        assert_eq!(outcomes.iter().filter(|taken| **taken == Taken::Yes).count(), 20);
        assert!(outcomes[..79].iter().all(|taken| !matches!(taken, Taken::Abuse { .. })));
        assert!(matches!(outcomes[79], Taken::Abuse { .. }));
        // The same number of refusals, spread over more than a window each.
        let mut patient = Limiter::default();
        for n in 0..400 {
            assert!(!matches!(patient.take(at(n * 300), RateLimit { count: 10, ..LIMIT }, 3), Taken::Abuse { .. }));
        }
        let mut never = Limiter::default();
        assert!((0..5000).all(|_| !matches!(never.take(at(0), LIMIT, 0), Taken::Abuse { .. })));
    }

    #[test]
    fn a_quiet_limiter_gives_its_memory_back() {
        let mut limiter = Limiter::default();
        let wide = RateLimit { count: 1000, ..LIMIT };
        for n in 0..1000 {
            assert_eq!(limiter.take(at(n), wide, 3), Taken::Yes);
        }
        assert_eq!(limiter.take(at(60_000), wide, 3), Taken::Yes);
        assert!(limiter.taken.capacity() <= KEPT_CAPACITY);
        assert!(size_of::<Limiter>() <= 64);
    }

    #[test]
    fn it_stays_exact_after_49_days_without_a_pause() {
        let mut limiter = Limiter::default();
        let slow = RateLimit { count: 2, window: Millis::from_mins(60 * 24 * 20) };
        let day = 86_400_000;
        for n in 0..10 {
            assert_eq!(limiter.take(at(n * 15 * day), slow, 3), Taken::Yes, "{n}");
        }
        assert_eq!(limiter.take(at(9 * 15 * day + 1), slow, 3), Taken::No { retry_after: Millis::new(5 * day - 1) });
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_plain_log(
            count in 0u32..8, window in 1i64..500, steps in prop::collection::vec(-5i64..80, 1..200),
            abuse_factor in 0u32..4,
        ) {
            let limit = RateLimit { count, window: Millis::new(window) };
            let (mut limiter, mut log, mut now) = (Limiter::default(), Vec::<i64>::new(), 1000);
            let mut refusals: Option<(i64, u32)> = None;
            for step in steps {
                now += step;
                let effective = log.last().map_or(now, |last| now.max(*last));
                let recent: Vec<i64> = log.iter().copied().filter(|event| effective - event < window).collect();
                let room = limiter.has_room(at(now), limit);
                let taken = limiter.take(at(now), limit, abuse_factor);
                prop_assert_eq!(room, taken == Taken::Yes);
                if recent.len() < usize::try_from(count).unwrap() {
                    prop_assert_eq!(taken, Taken::Yes);
                    log.push(effective);
                    continue;
                }
                let (from, seen) = refusals.filter(|(from, _)| (effective - from).max(0) < window).unwrap_or((effective, 0));
                refusals = Some((from, seen + 1));
                let abusive = abuse_factor > 0 && seen + 1 >= abuse_factor * count.max(1);
                let retry = Millis::new(recent.first().map_or(window, |oldest| oldest + window - effective));
                let expected =
                    if abusive { Taken::Abuse { retry_after: retry } } else { Taken::No { retry_after: retry } };
                prop_assert_eq!(taken, expected);
                if count > 0 {
                    // One millisecond less is too early, exactly that much is enough.
                    let then = at(effective) + retry;
                    prop_assert!(limiter.clone().take(then - Millis::new(1), limit, 0) != Taken::Yes);
                    prop_assert_eq!(limiter.clone().take(then, limit, 0), Taken::Yes);
                }
            }
        }
    }
}
