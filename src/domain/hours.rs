//! Business hours (R15): IANA time zone, several intervals a day, past midnight, dated exceptions, DST-correct.
//!
//! One rule decides everything: a moment is open when the clock on the chatbot's wall shows a time inside an interval.
//! So a skipped hour (spring) is never shown and opens nothing, an interval that lies inside it does not happen that
//! day, and a repeated hour (autumn) counts both times it is shown. An interval past midnight belongs to the day it
//! starts on: an exception replaces what starts on its date, never what spills in from the day before.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use super::rejection::Rejection;
use super::time::Timestamp;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1440;
const DAY_MS: i64 = DAY_MINUTES * MINUTE_MS;
/// How far [`BusinessHours::next_opening`] and [`BusinessHours::next_closing`] look ahead.
const HORIZON_MS: i64 = 400 * DAY_MS;
/// The most intervals that one day may have.
pub const MAX_INTERVALS_PER_DAY: usize = 14;
/// The most dated exceptions that one plan may have.
pub const MAX_EXCEPTIONS: usize = 1000;
/// The longest name of a dated exception, in characters.
pub const MAX_EXCEPTION_NAME_CHARS: usize = 200;

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
///
/// Run [`BusinessHours::validate`] before a plan is stored. A plan that was not validated never panics: an unknown
/// zone counts as UTC, a date that is none matches no day.
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
    pub fn is_open(&self, at: Timestamp) -> bool {
        let wall = Wall::at(self.zone(), at.as_millis());
        self.day(wall.day).is_open(wall.minute())
    }

    /// The first moment after `at` (or `at` itself) that is open; none when there is none within 400 days.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        if self.weekly.iter().all(Vec::is_empty) && self.exceptions.iter().all(|day| day.intervals.is_empty()) {
            return None;
        }
        self.first_moment(at, true)
    }

    /// The first moment after `at` at which open turns into closed; none when closed now or always open.
    pub fn next_closing(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.is_open(at) {
            return None;
        }
        self.first_moment(at, false)
    }

    /// Checks what a person may have typed.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] with the path of the field inside this plan, as it is named on the wire: `timeZone`,
    /// `weekly[0][1].toMinute`, `exceptions[3].date`.
    pub fn validate(&self) -> Result<(), Rejection> {
        if Tz::from_str(&self.time_zone).is_err() {
            return Err(invalid("timeZone", "is not an IANA time zone such as Europe/Berlin"));
        }
        for (weekday, intervals) in self.weekly.iter().enumerate() {
            validate_day(&format!("weekly[{weekday}]"), intervals)?;
        }
        if self.exceptions.len() > MAX_EXCEPTIONS {
            return Err(invalid("exceptions", &format!("has more than {MAX_EXCEPTIONS} dates")));
        }
        let mut dates = std::collections::BTreeSet::new();
        for (place, exception) in self.exceptions.iter().enumerate() {
            let path = format!("exceptions[{place}]");
            if !is_iso_date(&exception.date) {
                return Err(invalid(&format!("{path}.date"), "is not a date such as 2026-12-25"));
            }
            if !dates.insert(exception.date.as_str()) {
                return Err(invalid(&format!("{path}.date"), "is there twice"));
            }
            if exception.name.chars().count() > MAX_EXCEPTION_NAME_CHARS {
                let message = format!("is longer than {MAX_EXCEPTION_NAME_CHARS} characters");
                return Err(invalid(&format!("{path}.name"), &message));
            }
            validate_day(&format!("{path}.intervals"), &exception.intervals)?;
        }
        Ok(())
    }

    fn zone(&self) -> Tz {
        Tz::from_str(&self.time_zone).unwrap_or(Tz::UTC)
    }

    /// The intervals that start on a day, counted from 1970-01-01.
    fn starting_on(&self, day: i64) -> &[Interval] {
        if !self.exceptions.is_empty()
            && let Some(date) = date_of(day)
        {
            let text = date.to_string();
            if let Some(exception) = self.exceptions.iter().find(|one| one.date == text) {
                return &exception.intervals;
            }
        }
        // 1970-01-01 was a Thursday, and the week's list begins with Monday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        self.weekly.get(weekday).map_or(&[], Vec::as_slice)
    }

    fn day(&self, day: i64) -> Day<'_> {
        Day { own: self.starting_on(day), spill: self.starting_on(day - 1) }
    }

    /// The first moment from `at` on whose state is `open`, within the horizon.
    ///
    /// Walks in steps that each stay inside one local day and one offset, so that inside a step the wall clock runs
    /// evenly and the next change can be read off the plan.
    fn first_moment(&self, at: Timestamp, open: bool) -> Option<Timestamp> {
        let zone = self.zone();
        let horizon = at.as_millis().saturating_add(HORIZON_MS);
        let mut now = at.as_millis();
        let mut wall = Wall::at(zone, now);
        let mut day = self.day(wall.day);
        while now <= horizon {
            if day.is_open(wall.minute()) == open {
                return Some(Timestamp::from_millis(now));
            }
            let change = day.next_change(wall.minute(), open) * MINUTE_MS;
            let there = now.saturating_add(change - wall.ms_of_day);
            if there == now {
                return None; // the end of time itself
            }
            let even = offset_ms(zone, there) == wall.offset_ms;
            now = if even { there } else { transition(zone, now, there) };
            let known = wall.day;
            wall = Wall::at(zone, now);
            if wall.day != known {
                day = self.day(wall.day);
            }
        }
        None
    }
}

/// What the clock on the wall shows.
#[derive(Clone, Copy)]
struct Wall {
    /// Local date as days from 1970-01-01.
    day: i64,
    /// Milliseconds from local midnight, by the clock's face.
    ms_of_day: i64,
    offset_ms: i64,
}

impl Wall {
    fn at(zone: Tz, utc_ms: i64) -> Self {
        let offset_ms = offset_ms(zone, utc_ms);
        let local = utc_ms.saturating_add(offset_ms);
        Self { day: local.div_euclid(DAY_MS), ms_of_day: local.rem_euclid(DAY_MS), offset_ms }
    }

    fn minute(self) -> i64 {
        self.ms_of_day / MINUTE_MS
    }
}

/// What opens a local day: the intervals that start on it, and those of the day before that reach into it.
#[derive(Clone, Copy)]
struct Day<'a> {
    own: &'a [Interval],
    spill: &'a [Interval],
}

impl Day<'_> {
    /// All intervals in minutes of this day, `[from, to)`; those of the day before start below zero.
    fn spans(&self) -> impl Iterator<Item = (i64, i64)> {
        let own = self.own.iter().map(|one| (i64::from(one.from_minute), i64::from(one.to_minute)));
        let spill = self
            .spill
            .iter()
            .map(|one| (i64::from(one.from_minute) - DAY_MINUTES, i64::from(one.to_minute) - DAY_MINUTES));
        own.chain(spill)
    }

    fn is_open(&self, minute: i64) -> bool {
        self.spans().any(|(from, to)| from <= minute && minute < to)
    }

    /// The next minute after `minute` at which the day may turn to `open`, or the end of the day.
    fn next_change(&self, minute: i64, open: bool) -> i64 {
        let changes = self.spans().map(|(from, to)| if open { from } else { to });
        changes.filter(|change| *change > minute && *change < DAY_MINUTES).min().unwrap_or(DAY_MINUTES)
    }
}

/// The first millisecond in `(from, to]` with another offset than `from`; both ends are known to differ.
///
/// No zone changes its offset twice within one step (at most a day), so the two ends hold exactly one change.
fn transition(zone: Tz, from: i64, to: i64) -> i64 {
    let before = offset_ms(zone, from);
    let (mut low, mut high) = (from, to);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset_ms(zone, middle) == before {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Local minus universal time. Zero beyond the calendar's range (262,000 years).
fn offset_ms(zone: Tz, utc_ms: i64) -> i64 {
    DateTime::from_timestamp_millis(utc_ms).map_or(0, |moment| {
        i64::from(zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()) * 1000
    })
}

fn date_of(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(day).ok()?)
}

fn is_iso_date(text: &str) -> bool {
    // The round trip refuses spellings that a comparison of texts would never find: `2026-1-5`, `+2026-01-05`.
    NaiveDate::from_str(text).is_ok_and(|date| date.to_string() == text)
}

fn validate_day(path: &str, intervals: &[Interval]) -> Result<(), Rejection> {
    if intervals.len() > MAX_INTERVALS_PER_DAY {
        return Err(invalid(path, &format!("has more than {MAX_INTERVALS_PER_DAY} intervals")));
    }
    for (place, interval) in intervals.iter().enumerate() {
        let (from, to) = (i64::from(interval.from_minute), i64::from(interval.to_minute));
        if from >= DAY_MINUTES {
            return Err(invalid(&format!("{path}[{place}].fromMinute"), "is not from 0 to 1439"));
        }
        if to <= from || to > from + DAY_MINUTES {
            let message = format!("is not from {} to {}", from + 1, from + DAY_MINUTES);
            return Err(invalid(&format!("{path}[{place}].toMinute"), &message));
        }
        let overlapping =
            |other: &&Interval| other.from_minute < interval.to_minute && interval.from_minute < other.to_minute;
        if intervals.iter().take(place).any(|other| overlapping(&other)) {
            return Err(invalid(&format!("{path}[{place}]"), "overlaps another interval of the day"));
        }
    }
    Ok(())
}

fn invalid(field: &str, message: &str) -> Rejection {
    Rejection::Invalid { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests;
