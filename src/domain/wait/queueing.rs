//! Formulas of queueing theory. Rates are per second, times in seconds.

/// Mean and variance of a waiting time, in seconds and seconds².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Seconds.
    pub mean: f64,
    /// Seconds².
    pub variance: f64,
}

/// The terms of QLm's sums that are added one by one; the rest comes from the Euler–Maclaurin formula.
const PLAIN_TERMS: u32 = 32;

/// QL: the wait of the entry after `entries_ahead` others, when nobody gives up: mean (n+1)/(sμ).
///
/// Infinite when there are no units.
pub fn ql(entries_ahead: u32, serving_units: u32, mean_holding_s: f64) -> Moments {
    qlm(entries_ahead, serving_units, mean_holding_s, f64::INFINITY)
}

/// QLm (Whitt 1999): mean Σ_{i=0..n} 1/(sμ+iα) and variance Σ_{i=0..n} 1/(sμ+iα)², where μ = 1 / `mean_holding_s`
/// and α = 1 / `mean_patience_s` (infinite patience: α = 0).
///
/// Takes the same time for any n, so a queue of thousands may be told on every change.
pub fn qlm(entries_ahead: u32, serving_units: u32, mean_holding_s: f64, mean_patience_s: f64) -> Moments {
    let alpha = 1.0 / mean_patience_s;
    let base = f64::from(serving_units) / mean_holding_s;
    let rate = |place: u32| base + f64::from(place) * alpha;
    let (mut mean, mut variance) = (0.0, 0.0);
    let plain = entries_ahead.min(PLAIN_TERMS - 1);
    for place in 0..=plain {
        let gap = 1.0 / rate(place);
        mean += gap;
        variance += gap * gap;
    }
    if entries_ahead > plain {
        let rest = tail(rate(plain + 1), rate(entries_ahead), alpha, f64::from(entries_ahead - plain - 1));
        mean += rest.mean;
        variance += rest.variance;
    }
    Moments { mean, variance }
}

/// Σ 1/r and Σ 1/r² over rates r from `first` to `last` in `steps` even steps of `alpha`: Euler–Maclaurin to the
/// first derivative. The error is below (α/r)⁴, and α/r ≤ 1/32 here.
fn tail(first: f64, last: f64, alpha: f64, steps: f64) -> Moments {
    // ∫ dx/(a+αx) = ln(1 + αx/a)/α, which is x/a as α → 0.
    let growth = steps * alpha / first;
    let integral = if growth > 0.0 { steps / first * (growth.ln_1p() / growth) } else { steps / first };
    let (head, end) = (1.0 / first, 1.0 / last);
    let mean = integral + f64::midpoint(head, end) + alpha * (head * head - end * end) / 12.0;
    let squares = steps * head * end;
    let variance = squares + f64::midpoint(head * head, end * end) + alpha * (head.powi(3) - end.powi(3)) / 6.0;
    Moments { mean, variance }
}

/// A queue in which nobody gives up (M/M/s).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangC {
    /// The part of customers who must wait.
    pub p_wait: f64,
    /// Mean wait of all customers, seconds; infinite when overloaded.
    pub mean_wait_s: f64,
    drain_rate: f64,
}

impl ErlangC {
    /// The part of customers who wait at most `seconds`.
    pub fn within(&self, seconds: f64) -> f64 {
        1.0 - self.p_wait * (-self.drain_rate * seconds.max(0.0)).exp()
    }
}

/// Erlang C for `serving_units` and an offered load in erlangs (arrival rate × mean holding time).
///
/// Source: Erlang 1917; computed through the Erlang-B recursion, which neither overflows nor cancels.
pub fn erlang_c(serving_units: u32, offered_load: f64, mean_holding_s: f64) -> ErlangC {
    let servers = f64::from(serving_units);
    if offered_load >= servers {
        return ErlangC { p_wait: 1.0, mean_wait_s: f64::INFINITY, drain_rate: 0.0 };
    }
    let drain_rate = (servers - offered_load) / mean_holding_s;
    let utilisation = offered_load / servers;
    let p_wait = 1.0 / (utilisation + (1.0 - utilisation) * inverse_erlang_b(serving_units, offered_load));
    ErlangC { p_wait, mean_wait_s: p_wait / drain_rate, drain_rate }
}

/// 1 / B(s, a): the states with at most s customers, weighed against the one with exactly s.
fn inverse_erlang_b(serving_units: u32, offered_load: f64) -> f64 {
    (1..=serving_units).fold(1.0, |inverse, servers| 1.0 + f64::from(servers) / offered_load * inverse)
}

/// A queue whose customers give up after an exponential patience (M/M/s+M).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    /// The part of customers who find no free unit.
    pub p_wait: f64,
    /// The part of customers who give up.
    pub p_abandon: f64,
    /// Mean time in the queue of all customers, those who give up included, seconds.
    pub mean_wait_s: f64,
}

/// Erlang A for `serving_units`, an offered load in erlangs, and means of holding time and patience; Erlang C when
/// patience is infinite. Takes time in proportion to the longest queue that is likely.
///
/// Source: Palm 1946; Garnett, Mandelbaum and Reiman 2002. The steady state of the birth-and-death chain, summed
/// upwards from the state in which all units are busy and nobody waits.
pub fn erlang_a(serving_units: u32, offered_load: f64, mean_holding_s: f64, mean_patience_s: f64) -> ErlangA {
    let arrivals = offered_load / mean_holding_s;
    if mean_patience_s.is_infinite() {
        let ErlangC { p_wait, mean_wait_s, .. } = erlang_c(serving_units, offered_load, mean_holding_s);
        return ErlangA { p_wait, p_abandon: 0.0, mean_wait_s };
    }
    if arrivals.is_nan() || arrivals <= 0.0 {
        return ErlangA { p_wait: 0.0, p_abandon: 0.0, mean_wait_s: 0.0 };
    }
    let (serving, leaving) = (f64::from(serving_units) / mean_holding_s, 1.0 / mean_patience_s);
    // `below` weighs the states up to "all busy", `above` those with somebody waiting, `queued` the waiting people.
    let mut below = inverse_erlang_b(serving_units, offered_load);
    let (mut busy, mut weight, mut above, mut queued, mut waiting) = (1.0, 1.0, 0.0, 0.0, 0.0);
    loop {
        waiting += 1.0;
        let ratio = arrivals / (serving + waiting * leaving);
        weight *= ratio;
        above += weight;
        queued += waiting * weight;
        if ratio < 1.0 && waiting * weight <= queued * 1e-17 {
            break;
        }
        if weight > 1e200 {
            // Far overloaded: the weights outgrow the number format, and only their ratios matter.
            for part in [&mut below, &mut busy, &mut weight, &mut above, &mut queued] {
                *part *= 1e-200;
            }
        }
    }
    let all = below + above;
    let mean_queue = queued / all;
    ErlangA {
        p_wait: (busy + above) / all,
        p_abandon: leaving * mean_queue / arrivals,
        mean_wait_s: mean_queue / arrivals,
    }
}
