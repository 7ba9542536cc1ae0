use proptest::prelude::*;

use super::*;
use crate::domain::escalation::{EntryStatus, WaitSample};
use crate::domain::time::Timestamp;

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() < tolerance, "{got} is not {expected}");
}

/// ROUTING's vectors are given to three decimals (probabilities to six).
const THREE: f64 = 0.000_501;
const SIX: f64 = 0.000_000_501;

#[test]
fn vector_ql_4_6_is_400_seconds() {
    close(ql(4, 6, 480.0).mean, 400.0, THREE);
}

#[test]
fn vectors_qlm_hold_to_three_decimals() {
    for (n, s, aht, patience, mean, deviation) in [
        (4, 6, 480.0, 600.0, 323.063, Some(146.147)),
        (0, 6, 480.0, 600.0, 80.0, None),
        (9, 30, 480.0, 600.0, 143.531, Some(45.496)),
        (29, 30, 480.0, 900.0, 387.496, Some(71.294)),
    ] {
        let moments = qlm(n, s, aht, patience);
        close(moments.mean, mean, THREE);
        if let Some(deviation) = deviation {
            close(moments.variance.sqrt(), deviation, THREE);
        }
    }
}

#[test]
fn vectors_erlang_c_hold_to_three_decimals() {
    for (s, a, p_wait, mean) in
        [(6, 5.0, 0.587_516, 282.008), (10, 8.0, 0.409_180, 98.203), (30, 27.0, 0.471_408, 75.425)]
    {
        let queue = erlang_c(s, a, 480.0);
        close(queue.p_wait, p_wait, SIX);
        close(queue.mean_wait_s, mean, THREE);
    }
    close(erlang_c(6, 5.0, 480.0).within(60.0), 0.481_519, SIX);
    assert!(erlang_c(6, 6.0, 480.0).mean_wait_s.is_infinite());
    close(erlang_c(0, 0.0, 480.0).p_wait, 1.0, SIX);
}

#[test]
fn vectors_erlang_a_hold_to_three_decimals() {
    for (a, s, p_wait, p_abandon, mean) in [
        (7.5, 6, 0.788_344, 0.253_552, 152.131),
        (5.0, 6, 0.399_589, 0.091_120, 54.672),
        (33.0, 30, 0.755_724, 0.119_235, 71.541),
    ] {
        let queue = erlang_a(s, a, 480.0, 600.0);
        close(queue.p_wait, p_wait, SIX);
        close(queue.p_abandon, p_abandon, SIX);
        close(queue.mean_wait_s, mean, THREE);
    }
}

#[test]
fn erlang_a_survives_extremes_and_meets_erlang_c_when_nobody_gives_up() {
    let flooded = erlang_a(1, 5000.0, 480.0, 600.0);
    close(flooded.p_wait, 1.0, 1e-9);
    close(flooded.p_abandon, 4999.0 / 5000.0, 1e-6);
    let none = erlang_a(6, 0.0, 480.0, 600.0);
    close(none.p_wait + none.p_abandon + none.mean_wait_s, 0.0, 1e-12);
    let patient = erlang_a(6, 5.0, 480.0, 1e12);
    close(patient.mean_wait_s, erlang_c(6, 5.0, 480.0).mean_wait_s, 1e-3);
    close(erlang_a(0, 2.0, 480.0, 600.0).p_abandon, 1.0, 1e-9);
}

fn input(entries_ahead: u32, serving_units: u32) -> WaitInput {
    WaitInput {
        entries_ahead,
        serving_units,
        free_units: 0,
        stats: ServiceStats::default(),
        default_handle_time: Millis::from_mins(8),
        has_prior: true,
        open: true,
        head_waited: None,
    }
}

fn estimate(input: &WaitInput) -> Result<WaitRange, WaitUnknown> {
    QlmEstimator.estimate(input)
}

#[test]
fn the_estimator_says_the_gamma_percentiles_of_qlm() {
    // One ahead of nobody: exponential with mean 80 s. ln 2 × 80 = 55.45, ln 10 × 80 = 184.2.
    assert_eq!(estimate(&input(0, 6)), Ok(WaitRange { p50_s: 56, p90_s: 185 }));
    // Five exponential gaps of 80 s: gamma(5) has p50 4.670909 and p90 7.993590.
    assert_eq!(estimate(&input(4, 6)), Ok(WaitRange { p50_s: 374, p90_s: 640 }));
}

#[test]
fn unknown_is_said_as_such() {
    assert_eq!(estimate(&WaitInput { open: false, ..input(0, 0) }), Err(WaitUnknown::Closed));
    assert_eq!(estimate(&input(0, 0)), Err(WaitUnknown::NoAgents));
    let mut bare = WaitInput { has_prior: false, ..input(2, 3) };
    for _ in 0..4 {
        bare.stats = bare.stats.served(Millis::from_secs(300));
        assert_eq!(estimate(&bare), Err(WaitUnknown::TooFewSamples));
    }
    bare.stats = bare.stats.served(Millis::from_secs(300));
    let known = WaitInput { default_handle_time: Millis::from_secs(300), ..input(2, 3) };
    assert_eq!(estimate(&bare), estimate(&known));
}

#[test]
fn a_free_unit_and_nobody_ahead_is_no_wait() {
    let free = WaitInput { free_units: 1, has_prior: false, ..input(0, 1) };
    assert_eq!(estimate(&free), Ok(WaitRange { p50_s: 0, p90_s: 0 }));
    assert!(estimate(&WaitInput { free_units: 1, ..input(1, 1) }).unwrap().p50_s > 0);
}

#[test]
fn the_prior_is_worth_twenty_conversations() {
    let mut served = input(0, 1);
    for _ in 0..20 {
        served.stats = served.stats.served(Millis::from_mins(16));
    }
    close(served.mean_holding_s().unwrap(), 720.0, 1e-9);
    for _ in 0..2000 {
        served.stats = served.stats.served(Millis::from_mins(16));
    }
    close(served.mean_holding_s().unwrap(), 955.0, 1.0);
}

#[test]
fn the_holding_time_is_a_mean_first_and_then_forgets() {
    let mut stats = ServiceStats::default();
    for (holding, mean) in [(100, 100), (300, 200), (200, 200), (400, 250)] {
        stats = stats.served(Millis::new(holding));
        assert_eq!(stats.holding_time_ewma_ms, mean);
    }
    for _ in 0..700 {
        stats = stats.served(Millis::new(100_000));
    }
    assert!(stats.holding_time_ewma_ms > 99_800, "{stats:?}");
}

#[test]
fn patience_is_all_waiting_over_those_who_gave_up() {
    let stats = ServiceStats::default().assigned(Millis::from_secs(60)).waited(Millis::from_secs(40));
    assert!(stats.patience_s().is_infinite());
    assert_eq!(stats.last_wait_ms, Some(60_000));
    let stats = stats.abandoned(Millis::from_secs(100)).abandoned(Millis::from_secs(400));
    assert_eq!((stats.abandoned, stats.waited_total_ms), (2, 600_000));
    close(stats.patience_s(), 300.0, 1e-9);
    assert_eq!(stats.last_wait_ms, Some(60_000), "only an assigned one tells how long the line is");
}

#[test]
fn hol_has_half_the_say_only_when_twenty_served_show_bias() {
    let mut biased = WaitInput { head_waited: Some(Millis::from_secs(1000)), ..input(4, 6) };
    let plain = estimate(&biased).unwrap();
    for _ in 0..19 {
        biased.stats = biased.stats.prediction(Millis::from_secs(50), Millis::from_secs(100));
    }
    assert_eq!(estimate(&biased), Ok(plain));
    biased.stats = biased.stats.prediction(Millis::from_secs(50), Millis::from_secs(100));
    assert_eq!(biased.stats.bias_ewma_permille, -500);
    // ½ × 373.67 + ½ × 1000, ½ × 639.49 + ½ × 1000.
    assert_eq!(estimate(&biased), Ok(WaitRange { p50_s: 687, p90_s: 820 }));
    let nobody = WaitInput { head_waited: None, ..biased.clone() };
    assert_eq!(estimate(&nobody), Ok(plain), "no head and no one served: nothing to blend with");
    for _ in 0..60 {
        biased.stats = biased.stats.prediction(Millis::from_secs(70), Millis::from_secs(100));
    }
    assert!(biased.stats.bias_ewma_permille >= -310);
    for _ in 0..60 {
        biased.stats = biased.stats.prediction(Millis::from_secs(100), Millis::from_secs(100));
    }
    assert_eq!(estimate(&biased), Ok(plain));
}

#[test]
fn one_wait_near_zero_does_not_outweigh_the_others() {
    let stats = ServiceStats::default().prediction(Millis::from_secs(600), Millis::ZERO);
    assert_eq!(stats.bias_ewma_permille, 1000);
    assert_eq!(ServiceStats::default().prediction(Millis::ZERO, Millis::ZERO).bias_ewma_permille, 0);
}

#[test]
fn minutes_are_rounded_up() {
    for (p50_s, minutes) in [(0, 0), (1, 1), (60, 1), (61, 2), (374, 7), (i64::MAX, i64::MAX / 60 + 1)] {
        assert_eq!(whole_minutes(WaitRange { p50_s, p90_s: p50_s }), minutes);
    }
}

#[test]
fn a_shown_value_falls_at_once_and_rises_only_by_a_fifth() {
    let range = |p50_s, p90_s| WaitRange { p50_s, p90_s };
    assert_eq!(smoothed(None, range(100, 200)), range(100, 200));
    assert_eq!(smoothed(Some(range(100, 200)), range(119, 239)), range(100, 200));
    assert_eq!(smoothed(Some(range(100, 200)), range(120, 240)), range(120, 240));
    assert_eq!(smoothed(Some(range(100, 200)), range(99, 199)), range(99, 199));
    assert_eq!(smoothed(Some(range(0, 0)), range(1, 2)), range(1, 2));
    assert_eq!(smoothed(Some(range(10, 12)), range(14, 14)), range(14, 14));
}

#[test]
fn the_report_compares_served_waits_with_their_forecasts() {
    let forecast = |p50_s, p90_s, waited_ms| Forecast { p50_s, p90_s, waited_ms };
    let report =
        accuracy([forecast(100, Some(200), 150_000), forecast(100, Some(200), 250_000), forecast(100, None, 70_000)]);
    let expected =
        Accuracy { samples: 3, mae_ms: 76_667, bias_ms: -56_667, p90_samples: 2, p90_coverage_permille: 500 };
    assert_eq!(report, expected);
    assert_eq!(accuracy([]), Accuracy::default());
    let mut sample = WaitSample {
        conversation_id: "c".into(),
        queued_at: Timestamp::from_millis(0),
        waited_ms: 90_000,
        predicted_p90_s: None,
        predicted_s: Some(60),
        outcome: EntryStatus::Assigned,
    };
    assert_eq!(Forecast::of(&sample), Some(forecast(60, None, 90_000)));
    sample.predicted_p90_s = Some(120);
    assert_eq!(Forecast::of(&sample), Some(forecast(60, Some(120), 90_000)));
    sample.outcome = EntryStatus::Abandoned;
    assert_eq!(Forecast::of(&sample), None, "who gave up was not served");
}

/// Straight from the definition.
fn naive_qlm(n: u32, s: u32, holding: f64, patience: f64) -> Moments {
    let rates = (0..=n).map(|i| f64::from(s) / holding + f64::from(i) / patience);
    let (mean, variance) = rates.fold((0.0, 0.0), |(m, v), rate| (m + 1.0 / rate, v + 1.0 / (rate * rate)));
    Moments { mean, variance }
}

proptest! {
    #[test]
    fn qlm_is_the_plain_sum_for_any_queue(
        n in 0u32..20_000, s in 1u32..200, holding in 1.0f64..5000.0, patience in 0.01f64..1e7,
    ) {
        let (fast, plain) = (qlm(n, s, holding, patience), naive_qlm(n, s, holding, patience));
        prop_assert!((fast.mean - plain.mean).abs() <= 1e-8 * plain.mean, "{fast:?} {plain:?}");
        prop_assert!((fast.variance - plain.variance).abs() <= 1e-8 * plain.variance, "{fast:?} {plain:?}");
    }

    #[test]
    fn qlm_is_monotone_below_ql_and_continuous_in_patience(
        n in 0u32..3000, s in 1u32..200, holding in 1.0f64..5000.0, patience in 1.0f64..1e6,
    ) {
        let here = qlm(n, s, holding, patience);
        prop_assert!(qlm(n + 1, s, holding, patience).mean > here.mean);
        prop_assert!(qlm(n, s + 1, holding, patience).mean < here.mean);
        let limit = ql(n, s, holding);
        prop_assert!(here.mean <= limit.mean * (1.0 + 1e-12));
        let patient = qlm(n, s, holding, 1e15);
        prop_assert!((patient.mean - limit.mean).abs() <= 1e-6 * limit.mean);
        prop_assert!((patient.variance - limit.variance).abs() <= 1e-6 * limit.variance);
    }

    #[test]
    fn percentiles_are_ordered_and_monotone_in_the_queue(
        n in 0u32..3000, s in 1u32..200, abandoned in 0i64..50, waited in 1i64..10_000_000,
        served in 0i64..300, holding in 0i64..10_000_000, head in prop::option::of(0i64..10_000_000),
        bias in -1000i64..1000, bias_samples in 0i64..40,
    ) {
        let stats = ServiceStats {
            served, holding_time_ewma_ms: holding, abandoned, waited_total_ms: waited,
            bias_ewma_permille: bias, bias_samples, last_wait_ms: None,
        };
        let at = |n, s| {
            let input = WaitInput { stats: stats.clone(), head_waited: head.map(Millis::new), ..input(n, s) };
            estimate(&input).unwrap()
        };
        let here = at(n, s);
        prop_assert!(0 <= here.p50_s && here.p50_s <= here.p90_s);
        prop_assert!(at(n + 1, s).p50_s >= here.p50_s && at(n + 1, s).p90_s >= here.p90_s);
        prop_assert!(at(n, s + 1).p50_s <= here.p50_s && at(n, s + 1).p90_s <= here.p90_s);
    }

    #[test]
    fn extreme_inputs_stay_in_range(
        n: u32, s in 1u32.., served: i64, holding: i64, abandoned: i64, waited: i64, bias: i64, samples: i64,
        last: Option<i64>, default: i64, prior: bool, head: Option<i64>,
    ) {
        let stats = ServiceStats {
            served, holding_time_ewma_ms: holding, abandoned, waited_total_ms: waited,
            bias_ewma_permille: bias, bias_samples: samples, last_wait_ms: last,
        };
        let next = stats.served(Millis::new(holding)).abandoned(Millis::new(waited)).assigned(Millis::new(default));
        prop_assert!(next.prediction(Millis::new(default), Millis::new(holding)).bias_samples > 0);
        let input = WaitInput {
            stats: next, head_waited: head.map(Millis::new), has_prior: prior,
            default_handle_time: Millis::new(default), ..input(n, s)
        };
        if let Ok(range) = estimate(&input) {
            prop_assert!(0 <= range.p50_s && range.p50_s <= range.p90_s, "{range:?}");
        }
    }

    #[test]
    fn smoothing_never_raises_a_little_and_keeps_the_order(
        old in (0i64..10_000, 0i64..10_000), new in (0i64..10_000, 0i64..10_000),
    ) {
        let range = |(p50_s, more): (i64, i64)| WaitRange { p50_s, p90_s: p50_s + more };
        let (old, new) = (range(old), range(new));
        let shown = smoothed(Some(old), new);
        prop_assert!(shown.p50_s <= shown.p90_s);
        prop_assert!(shown.p50_s <= old.p50_s || shown.p50_s * 5 >= old.p50_s * 6);
        prop_assert!(shown.p50_s == old.p50_s || shown.p50_s == new.p50_s);
    }
}
