//! What an answer means, and when to try again.

use crate::domain::time::{Millis, Timestamp};

/// A delivery is tried this often, then it is given up.
pub const TRIES: u32 = 12;
/// The upper end of the first pause; it triples.
const FIRST: Millis = Millis::from_secs(5);
/// No pause is longer, whoever asks for it.
pub const LONGEST: Millis = Millis::from_secs(3_600);
/// And none is shorter.
const SHORTEST: Millis = Millis::from_secs(1);

/// How a try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was an answer.
    Answered {
        /// Its HTTP status.
        status: u16,
        /// What its `Retry-After` asked for.
        asked: Option<Millis>,
    },
    /// There was none, or nobody was to be asked.
    Failed,
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The webhook has it.
    Delivered,
    /// To be tried again then.
    Again {
        /// When.
        at: Timestamp,
    },
    /// Tried often enough.
    Dead,
    /// The webhook says that it is gone for good: this one is given up, and nothing more is sent.
    Gone,
}

/// The upper end of the pause after this many tries.
fn ceiling(tries: u32) -> Millis {
    let grown = 3_i64.saturating_pow(tries.saturating_sub(1)).saturating_mul(FIRST.get());
    Millis::new(grown.min(LONGEST.get()))
}

/// What follows from a try; `tries` counts this one. The pause is drawn evenly by `luck` from a second to the ceiling
/// ("full jitter"), and is as long as the receiver asked for if that is longer.
pub fn judge(tries: u32, outcome: Outcome, now: Timestamp, luck: u32) -> Verdict {
    let asked = match outcome {
        Outcome::Answered { status: 200..=299, .. } => return Verdict::Delivered,
        Outcome::Answered { status: 410, .. } => return Verdict::Gone,
        Outcome::Answered { asked, .. } => asked.unwrap_or_default(),
        Outcome::Failed => Millis::ZERO,
    };
    if tries >= TRIES {
        return Verdict::Dead;
    }
    let span = i128::from(ceiling(tries).get() - SHORTEST.get());
    let drawn = span * i128::from(luck) / i128::from(u32::MAX);
    let pause = SHORTEST + Millis::new(i64::try_from(drawn).unwrap_or(0));
    Verdict::Again { at: now + pause.max(asked).min(LONGEST) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn status(status: u16) -> Outcome {
        Outcome::Answered { status, asked: None }
    }

    fn pause(verdict: Verdict) -> Option<i64> {
        match verdict {
            Verdict::Again { at } => Some(at.since(NOW).get()),
            _ => None,
        }
    }

    #[test]
    fn the_pauses_grow_from_five_seconds_to_an_hour_and_end_after_twelve_tries() {
        let longest: Vec<Option<i64>> =
            (1..=13).map(|tries| pause(judge(tries, Outcome::Failed, NOW, u32::MAX)).map(|ms| ms / 1000)).collect();
        let hour = Some(3_600);
        let wanted = [Some(5), Some(15), Some(45), Some(135), Some(405), Some(1215), hour, hour, hour, hour, hour];
        assert_eq!(longest[..11], wanted);
        assert_eq!(longest[11..], [None, None]);
        assert_eq!(judge(12, status(500), NOW, 7), Verdict::Dead);
    }

    #[test]
    fn only_a_2xx_is_an_arrival_and_only_410_is_the_end() {
        for code in [200, 201, 204, 299] {
            assert_eq!(judge(1, status(code), NOW, 0), Verdict::Delivered);
        }
        for code in [100, 301, 302, 307, 400, 401, 404, 429, 500, 503] {
            assert!(pause(judge(1, status(code), NOW, 0)).is_some(), "{code}");
        }
        assert_eq!(judge(1, status(410), NOW, 0), Verdict::Gone);
    }

    proptest! {
        #[test]
        fn a_pause_is_within_its_bounds_and_no_shorter_than_asked(tries in 1_u32..12, luck: u32, asked in 0_i64..10_000_000) {
            let plain = pause(judge(tries, status(503), NOW, luck)).unwrap();
            prop_assert!((1_000..=ceiling(tries).get()).contains(&plain));
            let outcome = Outcome::Answered { status: 429, asked: Some(Millis::new(asked)) };
            let polite = pause(judge(tries, outcome, NOW, luck)).unwrap();
            prop_assert!(polite >= plain && polite >= asked.min(3_600_000) && polite <= 3_600_000);
        }

        #[test]
        fn more_luck_is_never_a_shorter_pause(tries in 1_u32..12, one: u32, other: u32) {
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(judge_pause(tries, less) <= judge_pause(tries, more));
        }
    }

    fn judge_pause(tries: u32, luck: u32) -> Option<i64> {
        pause(judge(tries, Outcome::Failed, NOW, luck))
    }
}
