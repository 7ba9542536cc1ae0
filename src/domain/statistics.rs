//! How the service did: arrivals, waits, answers, ratings, over the hours, days or weeks of a time zone.
//!
//! Every figure about a conversation belongs to the moment at which the conversation began, so that rates are parts of
//! what came in. Waits belong to the moment at which the wait began.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use super::conversation::names;
use super::escalation::{EntryStatus, WaitSample};
use super::ids::AgentId;
use super::time::Timestamp;
use super::wait::{Accuracy, Forecast, accuracy};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long one bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// An hour.
    Hour,
    /// A day, from midnight to midnight.
    Day,
    /// A week, from Monday.
    Week,
}
names!(Bucket { Hour = "hour", Day = "day", Week = "week" });

impl Bucket {
    /// The longest range that is reported in buckets of this length, milliseconds.
    pub const fn longest_range_ms(self) -> i64 {
        match self {
            Self::Hour => 31 * DAY_MS,
            Self::Day => 400 * DAY_MS,
            Self::Week => 1_200 * DAY_MS,
        }
    }

    /// When the bucket began in which `at` lies.
    pub fn start(self, zone: Tz, at: Timestamp) -> Timestamp {
        match self {
            Self::Hour => {
                // By the offset in force: the hour that comes twice in autumn is two buckets.
                let local = at.as_millis() + offset_ms(zone, at);
                Timestamp::from_millis(at.as_millis() - local.rem_euclid(HOUR_MS))
            }
            Self::Day => midnight(zone, local_date(zone, at)),
            Self::Week => midnight(zone, monday(local_date(zone, at))),
        }
    }

    fn next(self, zone: Tz, start: Timestamp) -> Timestamp {
        let later = |days| {
            let date = local_date(zone, start);
            midnight(zone, date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX))
        };
        match self {
            Self::Hour => self.start(zone, Timestamp::from_millis(start.as_millis() + HOUR_MS)),
            Self::Day => later(1),
            Self::Week => later(7),
        }
    }
}

fn utc(at: Timestamp) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(at.as_millis()).unwrap_or_default()
}

fn offset_ms(zone: Tz, at: Timestamp) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&utc(at).naive_utc()).fix().local_minus_utc()) * 1000
}

fn local_date(zone: Tz, at: Timestamp) -> NaiveDate {
    utc(at).with_timezone(&zone).date_naive()
}

fn monday(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date)
}

/// The first moment of a local day; where clocks jump over midnight, the moment after the jump.
fn midnight(zone: Tz, date: NaiveDate) -> Timestamp {
    let at = (0..3).find_map(|hour| zone.from_local_datetime(&date.and_hms_opt(hour, 0, 0)?).earliest());
    Timestamp::from_millis(at.map_or(i64::MAX, |at| at.timestamp_millis()))
}

/// What is known of one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationFact {
    /// When it began.
    pub started_at: Timestamp,
    /// A human was asked for.
    pub escalated: bool,
    /// When it was first queued, offered or assigned.
    pub escalated_at: Option<Timestamp>,
    /// The last agent who had it.
    pub agent_id: Option<AgentId>,
    /// When that agent got it.
    pub assigned_at: Option<Timestamp>,
    /// An agent's first message.
    pub first_response_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// 1 to 5.
    pub score: Option<i32>,
}

/// A span in which an agent had a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentFact {
    /// Who.
    pub agent_id: AgentId,
    /// Since.
    pub assigned_at: Timestamp,
    /// Until.
    pub ended_at: Option<Timestamp>,
}

/// Middle and upper end of many spans, milliseconds; none when there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// How many.
    pub count: i64,
    /// Half are at most this.
    pub p50: Option<i64>,
    /// Nine of ten are at most this.
    pub p90: Option<i64>,
}

impl Spread {
    /// By nearest rank.
    pub fn of(mut values: Vec<i64>) -> Self {
        values.sort_unstable();
        let rank = |percent: usize| {
            let place = (values.len() * percent).div_ceil(100).checked_sub(1)?;
            values.get(place).copied()
        };
        Self { count: int(values.len()), p50: rank(50), p90: rank(90) }
    }
}

/// The figures of one bucket, or of the whole range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Conversations that began.
    pub arrivals: i64,
    /// Of those, where a human was asked for.
    pub escalations: i64,
    /// Of those, which an agent got.
    pub assigned: i64,
    /// Of those that ended: without a human asked for.
    pub assistant_only: i64,
    /// Conversations of these that ended.
    pub closed: i64,
    /// Waits until an agent had it.
    pub waits: Spread,
    /// The p50 that was said at the beginning of these waits.
    pub predicted_p50: Spread,
    /// The p90 that was said.
    pub predicted_p90: Spread,
    /// What was said against what it came to.
    pub accuracy: Accuracy,
    /// Waits that ended because the customer went away.
    pub abandoned: i64,
    /// Waits that the customer took back.
    pub canceled: i64,
    /// Waits that came to the longest allowed, or to closing time.
    pub expired: i64,
    /// From the wish for a human (else the start) to an agent's first message.
    pub first_response: Spread,
    /// From start to end.
    pub resolution: Spread,
    /// How many gave 1, 2, 3, 4, 5.
    pub ratings: [i64; 5],
}

impl Figures {
    /// Abandoned of all waits that ended, in thousandths.
    pub fn abandonment_permille(&self) -> Option<i64> {
        let ended = self.waits.count + self.abandoned + self.canceled + self.expired;
        (self.abandoned * 1000).checked_div(ended)
    }

    /// Ended without a human asked for, of all that ended, in thousandths.
    pub fn assistant_only_permille(&self) -> Option<i64> {
        (self.assistant_only * 1000).checked_div(self.closed)
    }

    /// The mean rating in hundredths.
    pub fn mean_rating_hundredths(&self) -> Option<i64> {
        let sum: i64 = (1..).zip(&self.ratings).map(|(score, count)| score * count).sum();
        (sum * 100).checked_div(self.ratings.iter().sum())
    }
}

/// One agent's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFigures {
    /// Who.
    pub agent_id: AgentId,
    /// Conversations that the agent got, each time counted.
    pub assigned: i64,
    /// How long the agent had them.
    pub handling: Spread,
    /// Where the agent was the last: from the wish for a human to the first message.
    pub first_response: Spread,
    /// Where the agent was the last: how many gave 1, 2, 3, 4, 5.
    pub ratings: [i64; 5],
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Over the whole range.
    pub total: Figures,
    /// By bucket, none left out, each with its beginning.
    pub buckets: Vec<(Timestamp, Figures)>,
    /// By agent, by id.
    pub agents: Vec<AgentFigures>,
}

/// Which part of time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// In pieces of this length.
    pub bucket: Bucket,
    /// Whose midnight.
    pub zone: Tz,
}

#[derive(Default)]
struct Gathered<'a> {
    conversations: Vec<&'a ConversationFact>,
    waits: Vec<&'a WaitSample>,
}

/// Counts.
pub fn report(
    range: Range,
    conversations: &[ConversationFact],
    waits: &[WaitSample],
    assignments: &[AssignmentFact],
) -> Report {
    let mut gathered: BTreeMap<Timestamp, Gathered<'_>> = BTreeMap::new();
    let mut start = range.bucket.start(range.zone, range.from);
    while start < range.to {
        gathered.insert(start, Gathered::default());
        let next = range.bucket.next(range.zone, start);
        if next <= start {
            break;
        }
        start = next;
    }
    let bucket = |at| range.bucket.start(range.zone, at);
    for fact in conversations {
        gathered.entry(bucket(fact.started_at)).or_default().conversations.push(fact);
    }
    for wait in waits {
        gathered.entry(bucket(wait.queued_at)).or_default().waits.push(wait);
    }
    let all = Gathered { conversations: conversations.iter().collect(), waits: waits.iter().collect() };
    Report {
        total: figures(&all),
        buckets: gathered.iter().map(|(start, gathered)| (*start, figures(gathered))).collect(),
        agents: agents(conversations, assignments),
    }
}

fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_millis() - from.as_millis()).max(0)
}

fn first_response(fact: &ConversationFact) -> Option<i64> {
    Some(between(fact.escalated_at.unwrap_or(fact.started_at), fact.first_response_at?))
}

fn ratings<'a>(facts: impl Iterator<Item = &'a ConversationFact>) -> [i64; 5] {
    let mut counts = [0; 5];
    for score in facts.filter_map(|fact| fact.score) {
        let place = usize::try_from(score).ok().and_then(|score| score.checked_sub(1));
        if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
            *count += 1;
        }
    }
    counts
}

fn figures(gathered: &Gathered<'_>) -> Figures {
    let facts = &gathered.conversations;
    let count = |fits: fn(&ConversationFact) -> bool| int(facts.iter().filter(|fact| fits(fact)).count());
    let ended = |outcome| int(gathered.waits.iter().filter(|wait| wait.outcome == outcome).count());
    let served = || gathered.waits.iter().filter(|wait| wait.outcome == EntryStatus::Assigned);
    let seconds = |said: fn(&WaitSample) -> Option<i64>| {
        Spread::of(served().filter_map(|wait| said(wait)).map(|s| s.saturating_mul(1000)).collect())
    };
    Figures {
        arrivals: int(facts.len()),
        escalations: count(|fact| fact.escalated),
        assigned: count(|fact| fact.assigned_at.is_some()),
        assistant_only: count(|fact| fact.closed_at.is_some() && !fact.escalated && fact.assigned_at.is_none()),
        closed: count(|fact| fact.closed_at.is_some()),
        waits: Spread::of(served().map(|wait| wait.waited_ms).collect()),
        predicted_p50: seconds(|wait| wait.predicted_s),
        predicted_p90: seconds(|wait| wait.predicted_p90_s),
        accuracy: accuracy(gathered.waits.iter().filter_map(|wait| Forecast::of(wait))),
        abandoned: ended(EntryStatus::Abandoned),
        canceled: ended(EntryStatus::Canceled),
        expired: ended(EntryStatus::Expired),
        first_response: Spread::of(facts.iter().filter_map(|fact| first_response(fact)).collect()),
        resolution: Spread::of(
            facts.iter().filter_map(|fact| Some(between(fact.started_at, fact.closed_at?))).collect(),
        ),
        ratings: ratings(facts.iter().copied()),
    }
}

fn agents(conversations: &[ConversationFact], assignments: &[AssignmentFact]) -> Vec<AgentFigures> {
    let mut by_agent: BTreeMap<&AgentId, (Vec<&AssignmentFact>, Vec<&ConversationFact>)> = BTreeMap::new();
    for assignment in assignments {
        by_agent.entry(&assignment.agent_id).or_default().0.push(assignment);
    }
    for fact in conversations {
        if let Some(agent_id) = &fact.agent_id {
            by_agent.entry(agent_id).or_default().1.push(fact);
        }
    }
    let one = |(agent_id, (had, last)): (&AgentId, (Vec<&AssignmentFact>, Vec<&ConversationFact>))| AgentFigures {
        agent_id: agent_id.clone(),
        assigned: int(had.len()),
        handling: Spread::of(had.iter().filter_map(|a| Some(between(a.assigned_at, a.ended_at?))).collect()),
        first_response: Spread::of(last.iter().filter_map(|fact| first_response(fact)).collect()),
        ratings: ratings(last.iter().copied()),
    };
    by_agent.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: Tz = Tz::Europe__Berlin;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(DateTime::parse_from_rfc3339(text).map_or(0, |at| at.timestamp_millis()))
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(Spread::of(vec![7]), Spread { count: 1, p50: Some(7), p90: Some(7) });
        assert_eq!(Spread::of((1..=10).rev().collect()), Spread { count: 10, p50: Some(5), p90: Some(9) });
    }

    #[test]
    fn days_and_weeks_are_those_of_the_zone_also_when_the_clocks_change() {
        let start = |bucket: Bucket, text: &str| bucket.start(BERLIN, at(text));
        assert_eq!(start(Bucket::Day, "2026-11-22T23:30:00Z"), at("2026-11-22T23:00:00Z"));
        assert_eq!(start(Bucket::Week, "2026-11-22T22:30:00Z"), at("2026-11-15T23:00:00Z"));
        // 2026-10-25 has 25 hours in Berlin; both hours from two to three are buckets.
        let day = at("2026-10-24T22:00:00Z");
        assert_eq!(Bucket::Day.next(BERLIN, day), at("2026-10-25T23:00:00Z"));
        let range = Range { from: day, to: at("2026-10-25T23:00:00Z"), bucket: Bucket::Hour, zone: BERLIN };
        assert_eq!(report(range, &[], &[], &[]).buckets.len(), 25);
        let kolkata = Bucket::Hour.start(Tz::Asia__Kolkata, at("2026-11-23T10:10:00Z"));
        assert_eq!(kolkata, at("2026-11-23T09:30:00Z"));
    }

    #[test]
    fn rates_are_none_when_there_is_nothing_to_divide() {
        let nothing = Figures::default();
        let rates = (nothing.abandonment_permille(), nothing.assistant_only_permille());
        assert_eq!((rates, nothing.mean_rating_hundredths()), ((None, None), None));
        let some = Figures { ratings: [1, 0, 0, 0, 2], abandoned: 1, expired: 2, ..Figures::default() };
        assert_eq!((some.mean_rating_hundredths(), some.abandonment_permille()), (Some(366), Some(333)));
    }
}
