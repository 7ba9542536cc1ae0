//! When to try again, and after how long. Pure.

use chrono::DateTime;

use crate::assistant::AssistantError;
use crate::domain::time::{Millis, Timestamp};

/// The longest pause that we choose ourselves.
const LONGEST: Millis = Millis::from_secs(8);

/// Whether another try may help: the provider is busy or broken, or was not reached.
pub const fn may_help(error: &AssistantError) -> bool {
    match error {
        AssistantError::Unavailable { status } => matches!(status, 429 | 500 | 502 | 503 | 504 | 529),
        AssistantError::Unreachable(_) => true,
        AssistantError::TimedOut(limit) => matches!(limit.as_bytes(), b"connect"),
        _ => false,
    }
}

/// The upper end of the pause before try number `retry` (0 is the first one again): doubled each time. The pause is
/// drawn evenly from nothing to here ("full jitter").
pub fn ceiling(base: Millis, retry: u32) -> Millis {
    let doubled = base.get().saturating_mul(1_i64.checked_shl(retry.min(30)).unwrap_or(i64::MAX));
    Millis::new(doubled.clamp(0, LONGEST.get()))
}

/// What `Retry-After` asks for (RFC 9110 §10.2.3): seconds or a date. Anything else asks for nothing.
pub fn asked_pause(header: &str, now: Timestamp) -> Option<Millis> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Millis::from_secs(header.parse().unwrap_or(i64::MAX)));
    }
    let date = DateTime::parse_from_rfc2822(header).ok()?;
    Some(Timestamp::from_millis(date.timestamp_millis()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_a_bound() {
        let base = Millis::new(250);
        let ceilings: Vec<i64> = (0..7).map(|retry| ceiling(base, retry).get()).collect();
        assert_eq!(ceilings, [250, 500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(ceiling(base, u32::MAX), LONGEST);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // RFC 9110's own example: Sun, 06 Nov 1994 08:49:37 GMT is 784,111,777 s after the epoch.
        let now = Timestamp::from_millis(784_111_770_000);
        assert_eq!(asked_pause(" 3 ", now), Some(Millis::from_secs(3)));
        assert_eq!(asked_pause("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Millis::from_secs(7)));
        assert_eq!(asked_pause("Sat, 05 Nov 1994 08:49:37 GMT", now), Some(Millis::ZERO), "already past");
        assert_eq!(asked_pause("99999999999999999999999", now), Some(Millis::from_secs(i64::MAX)));
        for nothing in ["", "soon", "-1", "1.5"] {
            assert_eq!(asked_pause(nothing, now), None, "{nothing}");
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for status in [429, 500, 502, 503, 504, 529] {
            assert!(may_help(&AssistantError::Unavailable { status }), "{status}");
        }
        assert!(may_help(&AssistantError::Unreachable(String::new())));
        assert!(may_help(&AssistantError::TimedOut("connect")));
        let hopeless = [AssistantError::Refused(401), AssistantError::Unavailable { status: 501 }];
        assert!(hopeless.iter().all(|error| !may_help(error)));
        assert!(!may_help(&AssistantError::TimedOut("first_token")));
    }
}
