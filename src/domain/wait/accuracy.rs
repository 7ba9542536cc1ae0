//! How good the forecasts were: mean absolute error, bias, and coverage of p90.

use super::float;
use crate::domain::escalation::{EntryStatus, WaitSample};

/// A served wait beside its forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Forecast {
    /// The first p50 that was given, in seconds.
    pub p50_s: i64,
    /// The same estimate's p90; none in samples from before it was kept.
    pub p90_s: Option<i64>,
    /// What it came to, in milliseconds.
    pub waited_ms: i64,
}

impl Forecast {
    /// What a stored sample says; none when no estimate was given or the customer was not served.
    pub fn of(sample: &WaitSample) -> Option<Self> {
        let p50_s = sample.predicted_s?;
        let served = sample.outcome == EntryStatus::Assigned;
        served.then_some(Self { p50_s, p90_s: sample.predicted_p90_s, waited_ms: sample.waited_ms })
    }
}

/// The report over many forecasts. Integers, so that it can go out as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Accuracy {
    /// Forecasts compared.
    pub samples: i64,
    /// Mean of |p50 − actual|, milliseconds.
    pub mae_ms: i64,
    /// Mean of p50 − actual, milliseconds; positive = too pessimistic.
    pub bias_ms: i64,
    /// Forecasts that had a p90.
    pub p90_samples: i64,
    /// Of those, the thousandths that waited no longer than p90; 900 is perfect.
    pub p90_coverage_permille: i64,
}

/// Compares forecasts with what happened. All zero when there are none.
pub fn accuracy(forecasts: impl IntoIterator<Item = Forecast>) -> Accuracy {
    let (mut absolute, mut signed, mut covered) = (0.0, 0.0, 0_i64);
    let mut report = Accuracy::default();
    for forecast in forecasts {
        let error = float(forecast.p50_s) * 1000.0 - float(forecast.waited_ms);
        report.samples += 1;
        absolute += error.abs();
        signed += error;
        if let Some(p90_s) = forecast.p90_s {
            report.p90_samples += 1;
            covered += i64::from(forecast.waited_ms <= p90_s.saturating_mul(1000));
        }
    }
    if report.samples > 0 {
        report.mae_ms = nearest(absolute / float(report.samples));
        report.bias_ms = nearest(signed / float(report.samples));
    }
    if report.p90_samples > 0 {
        report.p90_coverage_permille = covered * 1000 / report.p90_samples;
    }
    report
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    reason = "saturates, and waits are far below 2^52 ms"
)]
fn nearest(value: f64) -> i64 {
    value.round() as i64
}
