//! When to try again, and after how long. Pure.

use crate::assistant::AssistantError;
pub use crate::domain::retry_after::asked_pause;
use crate::domain::time::Millis;

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
