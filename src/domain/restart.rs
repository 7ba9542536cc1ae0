//! How often something may be restarted: 5 times in 10 seconds, then it has to wait (DESIGN §1.1).

use std::collections::VecDeque;

use super::time::{Millis, Timestamp};

/// Restarts in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intensity {
    limit: usize,
    window: Millis,
    recent: VecDeque<Timestamp>,
}

impl Default for Intensity {
    fn default() -> Self {
        Self::new(5, Millis::from_secs(10))
    }
}

impl Intensity {
    /// At most `limit` restarts in any `window`.
    pub fn new(limit: usize, window: Millis) -> Self {
        Self { limit, window, recent: VecDeque::new() }
    }

    /// Counts one end and says when the restart may happen: `now`, or once the window has room again.
    pub fn admit(&mut self, now: Timestamp) -> Timestamp {
        while self.recent.front().is_some_and(|at| *at + self.window <= now) {
            self.recent.pop_front();
        }
        let at = match self.recent.len().checked_sub(self.limit) {
            None => now,
            Some(place) => self.recent.get(place).map_or(now, |earlier| (*earlier + self.window).max(now)),
        };
        self.recent.push_back(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_window_ever_holds_more_restarts_than_the_limit(steps in proptest::collection::vec(0_i64..4000, 1..200)) {
            let mut intensity = Intensity::default();
            let mut now = Timestamp::from_millis(0);
            let mut admitted = Vec::new();
            for step in steps {
                now = now + Millis::new(step);
                let at = intensity.admit(now);
                prop_assert!(at >= now);
                admitted.push(at);
            }
            for at in &admitted {
                let end = *at + Millis::from_secs(10);
                let within = admitted.iter().filter(|other| **other >= *at && **other < end).count();
                prop_assert!(within <= 5, "{within} restarts from {at:?}");
            }
        }
    }

    #[test]
    fn a_lone_end_is_restarted_at_once() {
        let mut intensity = Intensity::default();
        assert_eq!(intensity.admit(Timestamp::from_millis(7)), Timestamp::from_millis(7));
    }
}
