//! Percentiles and the table that is printed.

use std::time::Duration;

/// Sorted durations.
pub struct Sample(Vec<Duration>);

impl Sample {
    pub fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// The value that `percent` of all do not exceed.
    pub fn at(&self, percent: usize) -> Duration {
        let place = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or_default()
    }
}

/// Milliseconds for people.
pub fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

/// A whole number with separators.
#[allow(dead_code, reason = "one of the two benches that share it counts")]
pub fn count(number: f64) -> String {
    let text = format!("{number:.0}");
    let mut out = String::new();
    for (place, digit) in text.chars().enumerate() {
        if place > 0 && (text.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// One row: what, ours, the floor of the same run, the ratio.
pub fn row(what: &str, ours: &str, floor: &str, ratio: &str) {
    println!("| {what} | {ours} | {floor} | {ratio} |");
}
