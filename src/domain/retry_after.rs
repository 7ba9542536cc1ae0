//! What a server asks for that does not want to be called again at once.

use chrono::DateTime;

use super::time::{Millis, Timestamp};

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
}
