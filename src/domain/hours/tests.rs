use proptest::prelude::*;

use super::*;
use crate::domain::time::Millis;

fn span(from: u16, to: u16) -> Interval {
    Interval { from_minute: from, to_minute: to }
}

fn every_day(zone: &str, intervals: &[Interval]) -> BusinessHours {
    BusinessHours {
        time_zone: zone.to_owned(),
        weekly: std::array::from_fn(|_| intervals.to_vec()),
        exceptions: Vec::new(),
    }
}

fn utc(text: &str) -> Timestamp {
    Timestamp::from_millis(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

/// The rule again in other words: chrono tells the local date and time, the plan is read day by day.
fn shown_inside(plan: &BusinessHours, at: Timestamp) -> bool {
    use chrono::{Datelike, Timelike};
    let zone: Tz = plan.time_zone.parse().unwrap();
    let local = DateTime::from_timestamp_millis(at.as_millis()).unwrap().with_timezone(&zone);
    let minute = local.hour() * 60 + local.minute();
    let starts = |date: NaiveDate| -> Vec<Interval> {
        let iso = date.format("%Y-%m-%d").to_string();
        match plan.exceptions.iter().find(|exception| exception.date == iso) {
            Some(exception) => exception.intervals.clone(),
            None => plan.weekly[usize::try_from(date.weekday().num_days_from_monday()).unwrap()].clone(),
        }
    };
    let today = local.date_naive();
    let holds = |intervals: Vec<Interval>, minute: u32| {
        intervals.iter().any(|one| u32::from(one.from_minute) <= minute && minute < u32::from(one.to_minute))
    };
    holds(starts(today), minute) || holds(starts(today.pred_opt().unwrap()), minute + 1440)
}

/// Compares all three answers with a scan of every minute of `days` days.
fn agrees_with_a_scan(plan: &BusinessHours, from: Timestamp, days: i64) {
    let minutes: Vec<Timestamp> = (0..days * 1440).map(|n| from + Millis::from_mins(n)).collect();
    let open: Vec<bool> = minutes.iter().map(|at| shown_inside(plan, *at)).collect();
    let (mut opening, mut closing) = (None, None);
    let last = minutes.len() - 1;
    for (place, at) in minutes.iter().enumerate().rev() {
        let is_open = open[place];
        assert_eq!(plan.is_open(*at), is_open, "{plan:?} at {at:?}");
        if is_open {
            opening = Some(*at);
        } else {
            closing = Some(*at);
        }
        // Beyond the scan's end nothing is known; inside it everything must match.
        if let Some(expected) = opening {
            assert_eq!(plan.next_opening(*at), Some(expected), "{plan:?} opening after {at:?}");
        } else if place + 1440 > last {
            assert!(plan.next_opening(*at).is_none_or(|found| found > minutes[last]));
        }
        match (is_open, closing) {
            (false, _) => assert_eq!(plan.next_closing(*at), None, "{plan:?} closing after {at:?}"),
            (true, Some(expected)) => assert_eq!(plan.next_closing(*at), Some(expected), "{plan:?} {at:?}"),
            (true, None) => assert!(plan.next_closing(*at).is_none_or(|found| found > minutes[last])),
        }
    }
}

#[test]
fn an_office_day_opens_and_closes_to_the_minute() {
    let plan = every_day("Europe/Berlin", &[span(540, 1020)]);
    let before = utc("2026-07-01T06:59:59.999Z");
    let open = utc("2026-07-01T07:00:00Z");
    let close = utc("2026-07-01T15:00:00Z");
    assert!(!plan.is_open(before));
    assert!(plan.is_open(open));
    assert_eq!(plan.next_opening(before), Some(open));
    assert_eq!(plan.next_opening(open + Millis::new(1)), Some(open + Millis::new(1)));
    assert_eq!(plan.next_closing(open), Some(close));
    assert!(plan.is_open(close - Millis::new(1)));
    assert!(!plan.is_open(close));
    assert_eq!(plan.next_closing(close), None);
    assert_eq!(plan.next_opening(close), Some(utc("2026-07-02T07:00:00Z")));
}

#[test]
fn the_skipped_hour_opens_nothing_and_the_repeated_hour_counts_twice() {
    let night = every_day("Europe/Berlin", &[span(120, 180)]);
    // 2026-03-29: 02:00–03:00 is not shown on any clock.
    assert_eq!(night.next_opening(utc("2026-03-29T00:00:00Z")), Some(utc("2026-03-30T00:00:00Z")));
    // 2026-10-25: 02:00–03:00 is shown twice.
    let opened = utc("2026-10-25T00:00:00Z");
    assert_eq!(night.next_opening(opened), Some(opened));
    assert_eq!(night.next_closing(opened), Some(utc("2026-10-25T02:00:00Z")));
    // An interval that begins inside the gap begins when the clock jumps past it.
    let late = every_day("Europe/Berlin", &[span(150, 240)]);
    assert_eq!(late.next_opening(utc("2026-03-29T00:00:00Z")), Some(utc("2026-03-29T01:00:00Z")));
}

#[test]
fn sunday_past_midnight_spills_into_a_holiday_and_the_holiday_itself_stays_closed() {
    let mut plan = every_day("Europe/Berlin", &[]);
    plan.weekly[6] = vec![span(1320, 1560)];
    plan.weekly[0] = vec![span(540, 1020)];
    plan.exceptions =
        vec![DatedException { date: "2026-04-06".into(), name: "Easter Monday".into(), intervals: Vec::new() }];
    assert!(plan.validate().is_ok());
    let sunday_night = utc("2026-04-05T21:00:00Z");
    assert!(plan.is_open(sunday_night));
    assert_eq!(plan.next_closing(sunday_night), Some(utc("2026-04-06T00:00:00Z")));
    assert_eq!(plan.next_opening(utc("2026-04-06T00:00:00Z")), Some(utc("2026-04-12T20:00:00Z")));
    agrees_with_a_scan(&plan, utc("2026-04-04T00:00:00Z"), 14);

    // An exception on the start day replaces what would have spilled over.
    plan.exceptions[0].date = "2026-04-05".into();
    assert!(!plan.is_open(utc("2026-04-05T23:00:00Z")));
    assert_eq!(plan.next_opening(utc("2026-04-05T00:00:00Z")), Some(utc("2026-04-06T07:00:00Z")));
}

#[test]
fn touching_intervals_are_one_opening_also_across_midnight() {
    let plan = every_day("America/New_York", &[span(0, 600), span(600, 1440)]);
    assert_eq!(plan.next_closing(utc("2026-01-01T12:00:00Z")), None, "always open");
    let mut week = plan.clone();
    week.weekly[2] = vec![span(0, 600), span(600, 900)];
    assert_eq!(week.next_closing(utc("2026-01-02T12:00:00Z")), Some(utc("2026-01-07T20:00:00Z")));
}

#[test]
fn never_open_and_far_openings_are_told_apart() {
    let mut plan = every_day("UTC", &[]);
    assert_eq!(plan.next_opening(utc("2026-01-01T00:00:00Z")), None);
    plan.exceptions =
        vec![DatedException { date: "2027-01-31".into(), name: "Fair".into(), intervals: vec![span(60, 61)] }];
    assert_eq!(plan.next_opening(utc("2026-01-01T00:00:00Z")), Some(utc("2027-01-31T01:00:00Z")), "395 days on");
    assert_eq!(plan.next_opening(utc("2025-12-01T00:00:00Z")), None, "426 days on");
}

#[test]
fn the_ends_of_time_and_nonsense_do_not_panic() {
    let mut plan = every_day("Mars/Olympus", &[span(540, 1020)]);
    plan.exceptions = vec![DatedException { date: "soon".into(), name: String::new(), intervals: Vec::new() }];
    for at in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        let at = Timestamp::from_millis(at);
        let _ = (plan.is_open(at), plan.next_opening(at), plan.next_closing(at));
    }
    assert!(plan.is_open(utc("2026-01-05T09:00:00Z")), "an unknown zone counts as UTC");
}

#[test]
fn validation_names_the_field() {
    let good = every_day("Europe/Berlin", &[span(0, 1440), span(1440 - 1, 1440)]);
    let field = |plan: &BusinessHours| match plan.validate() {
        Err(Rejection::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(&good), "weekly[0][1]");
    let day = |date: &str| DatedException { date: date.into(), name: String::new(), intervals: Vec::new() };
    let with = |change: &dyn Fn(&mut BusinessHours)| {
        let mut plan = every_day("Europe/Berlin", &[span(540, 1020)]);
        assert_eq!(plan.validate(), Ok(()));
        change(&mut plan);
        field(&plan)
    };
    assert_eq!(with(&|plan| plan.time_zone = "Europe/Nowhere".into()), "timeZone");
    assert_eq!(with(&|plan| plan.weekly[3].push(span(1440, 1500))), "weekly[3][1].fromMinute");
    assert_eq!(with(&|plan| plan.weekly[3] = vec![span(600, 600)]), "weekly[3][0].toMinute");
    assert_eq!(with(&|plan| plan.weekly[6] = vec![span(600, 2041)]), "weekly[6][0].toMinute");
    assert_eq!(with(&|plan| plan.weekly[1] = (0..15).map(|n| span(n * 10, n * 10 + 5)).collect()), "weekly[1]");
    assert_eq!(with(&|plan| plan.exceptions = vec![day("2026-02-29")]), "exceptions[0].date");
    assert_eq!(with(&|plan| plan.exceptions = vec![day("2026-2-09")]), "exceptions[0].date");
    assert_eq!(with(&|plan| plan.exceptions = vec![day("2026-02-01"), day("2026-02-01")]), "exceptions[1].date");
    assert_eq!(
        with(&|plan| {
            plan.exceptions = vec![day("2026-02-01")];
            plan.exceptions[0].intervals = vec![span(5, 4)];
        }),
        "exceptions[0].intervals[0].toMinute"
    );
    assert_eq!(with(&|plan| plan.exceptions = vec![day("2026-02-01"); 1001]), "exceptions");
}

#[test]
fn repeated_half_hours_missing_days_and_ramadan_agree_with_a_scan() {
    let cases = [
        ("Europe/Berlin", "2026-03-25T00:00:00Z"),
        ("Europe/Berlin", "2026-10-21T00:00:00Z"),
        ("America/New_York", "2026-03-04T00:00:00Z"),
        ("America/New_York", "2026-10-28T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-01T00:00:00Z"),
        ("Australia/Lord_Howe", "2026-09-30T00:00:00Z"),
        ("Africa/Casablanca", "2026-02-11T00:00:00Z"),
        ("Africa/Casablanca", "2026-03-18T00:00:00Z"),
        ("Pacific/Apia", "2011-12-26T00:00:00Z"),
        ("America/Havana", "2026-10-28T00:00:00Z"),
        ("Asia/Beirut", "2026-03-25T00:00:00Z"),
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z"),
    ];
    let shapes: [&[Interval]; 5] = [
        &[span(540, 1020)],
        &[span(90, 150), span(150, 165), span(1320, 1575)],
        &[span(0, 30), span(110, 119), span(130, 200), span(1380, 1440)],
        &[span(120, 180)],
        &[span(30, 1470)],
    ];
    for (zone, from) in cases {
        for shape in shapes {
            let mut plan = every_day(zone, shape);
            plan.weekly[2].clear();
            assert!(plan.validate().is_ok());
            agrees_with_a_scan(&plan, utc(from), 9);
        }
    }
}

fn day_plan() -> impl Strategy<Value = Vec<Interval>> {
    prop::collection::vec((0u16..1440, 1u16..=1440), 0..4)
        .prop_map(|spans| spans.into_iter().map(|(from, length)| span(from, from + length.min(1440))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_plan_agrees_with_a_scan_around_a_clock_change(
        zone in prop::sample::select(vec![
            ("Europe/Berlin", "2026-03-28T00:00:00Z"), ("Europe/Berlin", "2026-10-24T00:00:00Z"),
            ("America/New_York", "2026-03-07T00:00:00Z"), ("America/New_York", "2026-10-31T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
            ("Africa/Casablanca", "2026-02-14T00:00:00Z"), ("Pacific/Apia", "2011-12-28T00:00:00Z"),
        ]),
        weekly in prop::array::uniform7(day_plan()),
        special in prop::collection::btree_map(0i64..5, day_plan(), 0..3),
    ) {
        let from = utc(zone.1);
        let exceptions = special.into_iter().map(|(day, intervals)| DatedException {
            date: date_of(from.as_millis() / DAY_MS + day).unwrap().to_string(),
            name: String::new(),
            intervals,
        }).collect();
        let plan = BusinessHours { time_zone: zone.0.to_owned(), weekly, exceptions };
        agrees_with_a_scan(&plan, from, 5);
    }

    #[test]
    fn answers_at_any_millisecond_are_consistent(
        weekly in prop::array::uniform7(day_plan()),
        at in 0i64..4_000_000_000_000,
        zone in prop::sample::select(vec!["Europe/Berlin", "Asia/Tehran", "Antarctica/Troll", "America/St_Johns"]),
    ) {
        let plan = BusinessHours { time_zone: zone.to_owned(), weekly, exceptions: Vec::new() };
        let at = Timestamp::from_millis(at);
        let before = |moment: Timestamp| moment - Millis::new(1);
        match plan.next_opening(at) {
            Some(opens) => {
                prop_assert!(opens >= at && plan.is_open(opens));
                prop_assert_eq!(plan.is_open(at), opens == at);
                prop_assert!(opens == at || !plan.is_open(before(opens)));
                if let Some(closes) = plan.next_closing(opens) {
                    prop_assert!(closes > opens && !plan.is_open(closes) && plan.is_open(before(closes)));
                }
            }
            None => prop_assert!(!plan.is_open(at)),
        }
    }
}
