//! When an idle conversation is warned about and closed (R11).

use super::time::{Millis, Timestamp};

/// The two spans of R11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdleSettings {
    /// Without a message for this long a conversation closes itself; zero or less = never.
    pub timeout: Millis,
    /// The warning comes this long before; zero or less = no warning. Longer than `timeout` counts as `timeout`.
    pub warning: Millis,
}

/// What to do about a conversation now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing before this moment.
    Wait(Timestamp),
    /// Give the warning and keep its time.
    Warn,
    /// Close.
    Close,
}

/// The next step for a conversation whose newest message came at `last_activity`.
///
/// A warning older than that message is void. Nobody is closed without having been warned the whole `warning` ahead:
/// after a long downtime the warning comes first, and the close that much later.
pub fn next_step(
    last_activity: Timestamp,
    warned_at: Option<Timestamp>,
    settings: IdleSettings,
    now: Timestamp,
) -> Step {
    if settings.timeout <= Millis::ZERO {
        return Step::Wait(Timestamp::from_millis(i64::MAX));
    }
    let closes = last_activity + settings.timeout;
    let warning = settings.warning.clamp(Millis::ZERO, settings.timeout);
    let closes = match warned_at.filter(|at| *at >= last_activity) {
        Some(warned_at) => closes.max(warned_at + warning),
        None if warning == Millis::ZERO => closes,
        None if now >= closes - warning => return Step::Warn,
        None => return Step::Wait(closes - warning),
    };
    if now >= closes { Step::Close } else { Step::Wait(closes) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTINGS: IdleSettings = IdleSettings { timeout: Millis::from_mins(30), warning: Millis::from_mins(2) };

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_millis(n * 60_000)
    }

    #[test]
    fn a_conversation_is_warned_at_28_minutes_and_closed_at_30() {
        assert_eq!(next_step(minute(0), None, SETTINGS, minute(0)), Step::Wait(minute(28)));
        assert_eq!(next_step(minute(0), None, SETTINGS, minute(28)), Step::Warn);
        assert_eq!(next_step(minute(0), Some(minute(28)), SETTINGS, minute(28)), Step::Wait(minute(30)));
        assert_eq!(next_step(minute(0), Some(minute(28)), SETTINGS, minute(30)), Step::Close);
    }

    #[test]
    fn a_message_after_the_warning_starts_again() {
        assert_eq!(next_step(minute(29), Some(minute(28)), SETTINGS, minute(30)), Step::Wait(minute(57)));
    }

    #[test]
    fn after_a_downtime_the_warning_still_comes_first() {
        assert_eq!(next_step(minute(0), None, SETTINGS, minute(500)), Step::Warn);
        assert_eq!(next_step(minute(0), Some(minute(500)), SETTINGS, minute(501)), Step::Wait(minute(502)));
    }

    #[test]
    fn no_timeout_never_closes_and_no_warning_closes_without() {
        let never = IdleSettings { timeout: Millis::ZERO, ..SETTINGS };
        assert_eq!(next_step(minute(0), None, never, minute(9999)), Step::Wait(Timestamp::from_millis(i64::MAX)));
        let quiet = IdleSettings { warning: Millis::ZERO, ..SETTINGS };
        assert_eq!(next_step(minute(0), None, quiet, minute(29)), Step::Wait(minute(30)));
        assert_eq!(next_step(minute(0), None, quiet, minute(30)), Step::Close);
    }

    proptest! {
        #[test]
        fn following_the_steps_warns_once_and_closes_in_time(
            timeout in 1i64..100_000, warning in 0i64..200_000, late in prop::collection::vec(0i64..5000, 6),
        ) {
            let settings = IdleSettings { timeout: Millis::new(timeout), warning: Millis::new(warning) };
            let start = minute(1);
            let (mut now, mut warned_at, mut late) = (start, None, late.into_iter());
            let mut lateness = 0;
            for _ in 0..5 {
                match next_step(start, warned_at, settings, now) {
                    Step::Wait(until) => {
                        prop_assert!(until > now, "waiting must not spin");
                        let delay = late.next().unwrap();
                        lateness += delay;
                        now = until + Millis::new(delay);
                    }
                    Step::Warn => {
                        prop_assert_eq!(warned_at, None);
                        warned_at = Some(now);
                    }
                    Step::Close => {
                        let idle = now.since(start).get();
                        prop_assert!(timeout <= idle && idle <= timeout + lateness);
                        let ahead = warning.min(timeout);
                        prop_assert!(ahead == 0 || warned_at.is_some_and(|at| now.since(at).get() >= ahead));
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "never closed");
        }

        #[test]
        fn activity_always_puts_the_close_off(
            activity in 0i64..1_000_000, warned in prop::option::of(0i64..1_000_000), ahead in 0i64..1_800_000,
        ) {
            let activity = Timestamp::from_millis(activity);
            let step = next_step(activity, warned.map(Timestamp::from_millis), SETTINGS, activity + Millis::new(ahead));
            prop_assert!(step != Step::Close || ahead >= SETTINGS.timeout.get());
        }
    }
}
