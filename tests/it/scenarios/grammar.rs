//! Words, times, numbers and names of a scenario's line.

use std::str::FromStr;

use switchboard::domain::chatbot::{FallbackPolicy, RoutingMode};
use switchboard::domain::hours::Interval;
use switchboard::domain::time::Millis;

/// `"in quotes"` is one word.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (nth, part) in line.split('"').enumerate() {
        if nth % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

pub fn span(text: &str) -> Result<Millis, String> {
    let (digits, unit) = text.split_at(text.find(|it: char| !it.is_ascii_digit()).ok_or("a time needs s, m or h")?);
    let amount: i64 = digits.parse().map_err(|_| format!("{text} is no time"))?;
    match unit {
        "s" => Ok(Millis::from_secs(amount)),
        "m" => Ok(Millis::from_mins(amount)),
        "h" => Ok(Millis::from_mins(amount * 60)),
        _ => Err(format!("{text} is no time")),
    }
}

pub fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

pub fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

pub fn policy(text: &str) -> Result<FallbackPolicy, String> {
    FallbackPolicy::parse(text).ok_or_else(|| format!("{text} is no policy"))
}

pub fn mode(text: &str) -> Result<RoutingMode, String> {
    RoutingMode::parse(text).ok_or_else(|| format!("{text} is no mode"))
}

pub fn interval(text: &str) -> Result<Interval, String> {
    let minute = |text: &str| -> Result<u16, String> {
        let (hour, minute) = text.split_once(':').ok_or_else(|| format!("{text} is no time of day"))?;
        Ok(number::<u16>(hour)? * 60 + number::<u16>(minute)?)
    };
    let (from, to) = text.trim_end_matches(',').split_once('-').ok_or_else(|| format!("{text} is no span"))?;
    let (from_minute, mut to_minute) = (minute(from)?, minute(to)?);
    if to_minute <= from_minute {
        to_minute += 1440;
    }
    Ok(Interval { from_minute, to_minute })
}
