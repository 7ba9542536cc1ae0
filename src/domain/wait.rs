//! The waiting time a customer is told (ROUTING, "Waiting time").
//!
//! The default is QLm of Whitt, "Predicting queueing delays", Management Science 45 (1999): the delay until the
//! (n+1)-th departure when s units serve at rate μ each and every waiting customer may give up at rate α. When its
//! forecasts turn out biased it is blended with what the head of the line has waited (HOL; Ibrahim and Whitt,
//! "Real-time delay estimation in overloaded multiserver queues with abandonments", Management Science 55, 2009).
//!
//! What was learnt is kept in [`ServiceStats`] as integers, so that it is stored and compared exactly.

mod accuracy;
mod queueing;
mod special;

pub use accuracy::{Accuracy, Forecast, accuracy};
pub use queueing::{ErlangA, ErlangC, Moments, erlang_a, erlang_c, ql, qlm};
pub use special::gamma_quantile;

use super::escalation::ServiceStats;
use super::event::{WaitRange, WaitUnknown};
use super::time::Millis;

/// How many conversations the prior of the mean holding time is worth.
pub const PRIOR_WEIGHT: i64 = 20;
/// Without a prior, fewer holding times than this say nothing.
pub const MIN_SAMPLES: i64 = 5;
/// The memory of the holding time: each new one counts at least 1 / this.
pub const HOLDING_SPAN: i64 = 100;
/// The memory of the forecast's bias, in served conversations.
pub const BIAS_SPAN: i64 = 20;
/// Above this bias, in thousandths, HOL has half of the say.
pub const BIAS_LIMIT_PERMILLE: i64 = 300;
/// A shown value rises only when the fresh one is this many percent above it.
pub const RAISE_PERCENT: i64 = 20;

/// What an estimate is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WaitInput {
    /// Waiting entries that come first (R6), counting only those that my eligible agents can serve.
    pub entries_ahead: u32,
    /// Units (capacity limits) of connected, eligible, available agents.
    pub serving_units: u32,
    /// Those of them that are free now.
    pub free_units: u32,
    /// What was learnt.
    pub stats: ServiceStats,
    /// The prior of the mean holding time.
    pub default_handle_time: Millis,
    /// Whether that prior may be relied on.
    pub has_prior: bool,
    /// Inside business hours.
    pub open: bool,
    /// How long the head of the line has waited so far; none when nobody waits.
    pub head_waited: Option<Millis>,
}

/// Says how long a customer will wait. A host application may bring its own.
pub trait WaitEstimator: Send + Sync {
    /// The estimate for the entry after `entries_ahead` others.
    ///
    /// # Errors
    /// Why no number can be said.
    fn estimate(&self, input: &WaitInput) -> Result<WaitRange, WaitUnknown>;
}

/// The default: QLm, with a gamma fit for the percentiles, blended with HOL when it proves biased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QlmEstimator;

impl WaitEstimator for QlmEstimator {
    fn estimate(&self, input: &WaitInput) -> Result<WaitRange, WaitUnknown> {
        if !input.open {
            return Err(WaitUnknown::Closed);
        }
        if input.serving_units == 0 {
            return Err(WaitUnknown::NoAgents);
        }
        if input.entries_ahead == 0 && input.free_units > 0 {
            return Ok(WaitRange { p50_s: 0, p90_s: 0 });
        }
        let holding_s = input.mean_holding_s().ok_or(WaitUnknown::TooFewSamples)?;
        let moments = qlm(input.entries_ahead, input.serving_units, holding_s, input.stats.patience_s());
        let quantile = |p| blended(gamma_quantile(moments, p), input);
        let p50_s = whole_seconds(quantile(0.5));
        Ok(WaitRange { p50_s, p90_s: whole_seconds(quantile(0.9)).max(p50_s) })
    }
}

/// ½ QLm + ½ HOL once QLm is known to be biased; HOL is the wait of the last one served while nobody waits.
fn blended(qlm_s: f64, input: &WaitInput) -> f64 {
    let stats = &input.stats;
    if stats.bias_samples < BIAS_SPAN || stats.bias_ewma_permille.abs() <= BIAS_LIMIT_PERMILLE {
        return qlm_s;
    }
    let head = input.head_waited.or(stats.last_wait_ms.map(Millis::new));
    head.map_or(qlm_s, |waited| f64::midpoint(qlm_s, waited.as_secs_f64()))
}

impl WaitInput {
    /// The mean holding time in seconds: what was seen, and the prior with the weight of 20 conversations.
    fn mean_holding_s(&self) -> Option<f64> {
        let seen = i128::from(self.stats.served.max(0));
        let seen_ms = i128::from(self.stats.holding_time_ewma_ms.max(0));
        if !self.has_prior {
            return (seen >= i128::from(MIN_SAMPLES)).then(|| seconds(self.stats.holding_time_ewma_ms.max(1)));
        }
        let prior = i128::from(PRIOR_WEIGHT);
        let sum = seen * seen_ms + prior * i128::from(self.default_handle_time.get().max(0));
        i64::try_from(sum / (seen + prior)).ok().map(|mean_ms| seconds(mean_ms.max(1)))
    }
}

impl ServiceStats {
    /// A conversation was released after `holding` (accept to release, wrap-up included).
    ///
    /// The plain mean of the first [`HOLDING_SPAN`], an exponentially weighted one after that.
    #[must_use]
    pub fn served(&self, holding: Millis) -> Self {
        let served = self.served.max(0).saturating_add(1);
        let holding_ms = holding.get().max(0);
        let ewma = moved(self.holding_time_ewma_ms, holding_ms, served.min(HOLDING_SPAN));
        Self { served, holding_time_ewma_ms: ewma, ..self.clone() }
    }

    /// A customer gave up after `waited`.
    #[must_use]
    pub fn abandoned(&self, waited: Millis) -> Self {
        let mut next = self.waited(waited);
        next.abandoned = self.abandoned.max(0).saturating_add(1);
        next
    }

    /// A wait ended in another way than giving up (canceled, expired): censored, so it only adds time.
    #[must_use]
    pub fn waited(&self, waited: Millis) -> Self {
        let total = self.waited_total_ms.max(0).saturating_add(waited.get().max(0));
        Self { waited_total_ms: total, ..self.clone() }
    }

    /// A wait ended because an agent took the conversation.
    #[must_use]
    pub fn assigned(&self, waited: Millis) -> Self {
        Self { last_wait_ms: Some(waited.get().max(0)), ..self.waited(waited) }
    }

    /// A served wait beside what was forecast (p50).
    ///
    /// The relative error of one wait is held to ±100 %: a wait near zero would otherwise outweigh all others (the
    /// mean of 1 / wait does not exist for an exponential wait).
    #[must_use]
    pub fn prediction(&self, predicted: Millis, actual: Millis) -> Self {
        let actual_ms = i128::from(actual.get().max(0));
        let error = i128::from(predicted.get().max(0)) - actual_ms;
        let permille = match (error, actual_ms) {
            (0, _) => 0,
            (_, 0) => 1000,
            _ => i64::try_from((error * 1000 / actual_ms).clamp(-1000, 1000)).unwrap_or(0),
        };
        let samples = self.bias_samples.max(0).saturating_add(1);
        let bias = moved(self.bias_ewma_permille, permille, samples.min(BIAS_SPAN));
        Self { bias_ewma_permille: bias, bias_samples: samples, ..self.clone() }
    }

    /// Mean patience in seconds, infinite while nobody gave up.
    ///
    /// Customers who were served are censored observations; for exponential patience the maximum-likelihood rate is
    /// abandonments / total time spent waiting (Mandelbaum and Zeltyn 2007; Cox and Oakes 1984, §3).
    pub fn patience_s(&self) -> f64 {
        if self.abandoned <= 0 {
            return f64::INFINITY;
        }
        seconds(self.waited_total_ms.max(1)) / float(self.abandoned)
    }
}

/// A mean moved towards a new value by one part in `parts`, rounded to the nearest integer.
fn moved(mean: i64, value: i64, parts: i64) -> i64 {
    let parts = i128::from(parts.max(1));
    let step = i128::from(value) - i128::from(mean);
    let half = parts / 2 * step.signum();
    i64::try_from(i128::from(mean) + (step + half) / parts).unwrap_or(mean)
}

/// The estimate as the wire says it: whole minutes of p50, rounded up.
pub fn whole_minutes(range: WaitRange) -> i64 {
    let seconds = range.p50_s.max(0);
    seconds / 60 + i64::from(seconds % 60 > 0)
}

/// What to show after `shown` was shown last: a fresh value that is lower, or at least 20 % higher; else the old one.
pub fn smoothed(shown: Option<WaitRange>, fresh: WaitRange) -> WaitRange {
    let Some(shown) = shown else { return fresh };
    let p50_s = smoothed_value(shown.p50_s, fresh.p50_s);
    WaitRange { p50_s, p90_s: smoothed_value(shown.p90_s, fresh.p90_s).max(p50_s) }
}

fn smoothed_value(shown: i64, fresh: i64) -> i64 {
    let raised = i128::from(fresh) * 100 >= i128::from(shown) * i128::from(100 + RAISE_PERCENT);
    if fresh < shown || raised { fresh } else { shown }
}

fn seconds(millis: i64) -> f64 {
    Millis::new(millis).as_secs_f64()
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "counts are far below 2^52")]
fn float(count: i64) -> f64 {
    count as f64
}

/// Rounded up, so that a wait is never said to be over before it is likely to be; at most 100 years.
#[expect(clippy::cast_possible_truncation, clippy::as_conversions, reason = "clamped to what an i64 holds")]
fn whole_seconds(value: f64) -> i64 {
    // A hair is taken off first: 80.000000001 is the noise of the arithmetic, not a second more.
    (value - 1e-6).ceil().clamp(0.0, 3_153_600_000.0) as i64
}

#[cfg(test)]
mod tests;
