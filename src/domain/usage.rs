//! Limits of the assistant's use, and what it has cost.
//!
//! Pure and in memory: after a restart every window is empty. Windows slide. Who is at a limit hurts nobody else: a
//! turn that is refused counts for no limit.

mod counters;
mod recent;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::ids::{ChatbotId, UserId};
use super::session::{Limiter, RateLimit};
use super::time::{Millis, Timestamp};
use recent::Recent;

pub use counters::{Counters, Histogram, LATENCY_BOUNDS_MS, ProviderCounters, TurnOutcome, TurnRecord};

/// The most visitors whose turns are remembered. The one whose last turn is longest ago is forgotten first.
pub const MAX_VISITORS: usize = 100_000;
/// The most chatbots whose use is remembered; admins make them, so that it is a guard and no limit.
const MAX_CHATBOTS: usize = 10_000;

const HOUR: Millis = Millis::from_mins(60);
const MINUTE: Millis = Millis::from_secs(60);
const DAY: Millis = Millis::from_mins(24 * 60);
/// Spending is remembered in spans of this length: a day then has 145 of them at most.
const SPAN_MS: i64 = 10 * 60_000;

/// An amount of the installation's currency, in 10⁻¹² of its unit: sums are exact, whatever the price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(u128);

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From millionths of the currency's unit.
    pub fn from_micros(micros: u64) -> Self {
        Self(u128::from(micros) * 1_000_000)
    }

    /// In 10⁻¹² of the currency's unit.
    pub const fn as_picos(self) -> u128 {
        self.0
    }

    /// In units of the currency, for showing.
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "for showing only")]
    pub fn as_units(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Add::add)
    }
}

/// A price of tokens: millionths of the currency's unit for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u64);

impl Price {
    /// From millionths of the currency's unit for a million tokens.
    pub const fn from_micros_per_million(micros: u64) -> Self {
        Self(micros)
    }

    /// What so many tokens cost.
    pub fn of(self, tokens: u64) -> Cost {
        // 10⁻⁶ for 10⁶ tokens are 10⁻¹² for one.
        Cost(u128::from(self.0) * u128::from(tokens))
    }
}

/// How much the assistant may be used (`[assistant]`). 0 = no limit, for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsageSettings {
    /// Turns of one visitor in any hour.
    pub turns_per_visitor_hour: u32,
    /// Turns of one chatbot in any minute.
    pub turns_per_chatbot_minute: u32,
    /// Tokens, read and written, of one chatbot in any 24 hours.
    pub tokens_per_chatbot_day: u64,
    /// What tokens cost that the model reads.
    pub input_price: Price,
    /// What tokens cost that the model writes.
    pub output_price: Price,
    /// What one chatbot may cost in any 24 hours.
    pub cost_per_chatbot_day: Cost,
}

impl Default for UsageSettings {
    fn default() -> Self {
        Self {
            turns_per_visitor_hour: 60,
            turns_per_chatbot_minute: 600,
            tokens_per_chatbot_day: 0,
            input_price: Price::default(),
            output_price: Price::default(),
            cost_per_chatbot_day: Cost::ZERO,
        }
    }
}

impl UsageSettings {
    /// What a turn costs.
    pub fn cost(&self, input_tokens: u64, output_tokens: u64) -> Cost {
        self.input_price.of(input_tokens) + self.output_price.of(output_tokens)
    }
}

#[derive(Clone, Debug, Default)]
struct ChatbotUse {
    turns: Limiter,
    /// Oldest first.
    spent: VecDeque<Spent>,
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    /// Number of the span since the epoch.
    span: i64,
    tokens: u64,
    cost: Cost,
}

impl ChatbotUse {
    fn forget(&mut self, now: Timestamp) {
        // A span's whole amount counts until its last millisecond is a day old: never too little is counted.
        let is_over =
            |spent: &Spent| now.as_millis() >= (spent.span + 1).saturating_mul(SPAN_MS).saturating_add(DAY.get());
        while self.spent.front().is_some_and(is_over) {
            self.spent.pop_front();
        }
    }

    fn add(&mut self, now: Timestamp, tokens: u64, cost: Cost) {
        let span = now.as_millis().div_euclid(SPAN_MS);
        match self.spent.back_mut() {
            // A clock that was set back adds to what is newest.
            Some(newest) if newest.span >= span => {
                newest.tokens = newest.tokens.saturating_add(tokens);
                newest.cost += cost;
            }
            _ => self.spent.push_back(Spent { span, tokens, cost }),
        }
    }

    fn tokens(&self) -> u64 {
        self.spent.iter().fold(0, |sum, spent| sum.saturating_add(spent.tokens))
    }

    fn cost(&self) -> Cost {
        self.spent.iter().map(|spent| spent.cost).sum()
    }
}

/// Who has used the assistant how much. One for the process.
///
/// Memory: about 200 bytes for each visitor of the last hour, at most [`MAX_VISITORS`] of them, and 4 bytes for each
/// of their turns.
#[derive(Clone, Debug)]
pub struct Usage {
    settings: UsageSettings,
    visitors: Recent<UserId, Limiter>,
    chatbots: Recent<Option<ChatbotId>, ChatbotUse>,
}

impl Usage {
    /// Nobody has used anything.
    pub fn new(settings: UsageSettings) -> Self {
        Self { settings, visitors: Recent::new(MAX_VISITORS), chatbots: Recent::new(MAX_CHATBOTS) }
    }

    /// Lets one turn of a visitor through, and counts it. Conversations without a chatbot share limits of their own.
    ///
    /// What a turn spends is known at its end only, so the turns that are under way when a day's limit is reached go
    /// past it.
    ///
    /// # Errors
    /// The name of the setting whose limit is reached; then the turn counts for none of them.
    pub fn admit(&mut self, now: Timestamp, visitor: &UserId, chatbot: Option<&ChatbotId>) -> Result<(), &'static str> {
        self.visitors.forget_before(now - HOUR);
        self.chatbots.forget_before(now - DAY - Millis::new(SPAN_MS));
        let per_visitor = limit(self.settings.turns_per_visitor_hour, HOUR);
        let per_chatbot = limit(self.settings.turns_per_chatbot_minute, MINUTE);
        let full = |limiter: &Limiter, limit: Option<RateLimit>| limit.is_some_and(|it| !limiter.has_room(now, it));
        if self.visitors.get(visitor).is_some_and(|turns| full(turns, per_visitor)) {
            return Err("assistant.turns_per_visitor_hour");
        }
        let chatbot = chatbot.cloned();
        if let Some(used) = self.chatbots.get_mut(&chatbot) {
            used.forget(now);
            if full(&used.turns, per_chatbot) {
                return Err("assistant.turns_per_chatbot_minute");
            }
            let tokens = self.settings.tokens_per_chatbot_day;
            if tokens > 0 && used.tokens() >= tokens {
                return Err("assistant.tokens_per_chatbot_day");
            }
            let cost = self.settings.cost_per_chatbot_day;
            if cost > Cost::ZERO && used.cost() >= cost {
                return Err("assistant.cost_per_chatbot_day");
            }
        }
        if let Some(limit) = per_visitor {
            self.visitors.touch(now, visitor.clone()).take(now, limit, 0);
        }
        if let Some(limit) = per_chatbot {
            self.chatbots.touch(now, chatbot).turns.take(now, limit, 0);
        }
        Ok(())
    }

    /// Counts what a turn has spent, and says what it cost.
    pub fn spent(
        &mut self,
        now: Timestamp,
        chatbot: Option<&ChatbotId>,
        input_tokens: u64,
        output_tokens: u64,
    ) -> Cost {
        let cost = self.settings.cost(input_tokens, output_tokens);
        let tokens = input_tokens.saturating_add(output_tokens);
        if tokens > 0 {
            let used = self.chatbots.touch(now, chatbot.cloned());
            used.forget(now);
            used.add(now, tokens, cost);
        }
        cost
    }
}

fn limit(count: u32, window: Millis) -> Option<RateLimit> {
    (count > 0).then_some(RateLimit { count, window })
}
