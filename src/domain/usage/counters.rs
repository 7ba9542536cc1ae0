//! What the providers did, counted since the start of the process.

use std::collections::BTreeMap;

use super::Cost;
use crate::domain::time::Millis;

/// The upper bounds of a histogram's buckets, milliseconds; one more bucket takes what is longer.
pub const LATENCY_BOUNDS_MS: [i64; 12] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/// The most providers counted by name; further ones are counted together as `other`.
const MAX_PROVIDERS: usize = 64;

/// How a turn ended, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnOutcome {
    /// With words and without a wish for a human.
    Answered,
    /// With a wish for a human.
    HandedOff,
    /// Without either; the word says why.
    Failed(&'static str),
    /// Its reply no longer counted.
    Dropped,
}

/// One turn that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TurnRecord {
    /// How it ended.
    pub outcome: TurnOutcome,
    /// Tokens read; 0 when the provider does not say.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// What they cost.
    pub cost: Cost,
    /// From the beginning to the first piece of text, if there was any.
    pub first_delta: Option<Millis>,
    /// From the beginning to the end.
    pub whole: Millis,
}

/// How long something took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Histogram {
    /// How often.
    pub count: u64,
    /// All of them together, milliseconds.
    pub sum_ms: u64,
    /// How many took at most [`LATENCY_BOUNDS_MS`] and longer than the bound before; the last: longer than all bounds.
    pub buckets: [u64; LATENCY_BOUNDS_MS.len() + 1],
}

impl Histogram {
    /// Counts one; a negative span counts as none.
    pub fn record(&mut self, took: Millis) {
        let took = took.get().max(0);
        self.count = self.count.saturating_add(1);
        self.sum_ms = self.sum_ms.saturating_add(took.unsigned_abs());
        let place = LATENCY_BOUNDS_MS.partition_point(|bound| *bound < took);
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket = bucket.saturating_add(1);
        }
    }

    /// The bound of the bucket that holds the `percent`-th of a hundred, so never less than what it took. None when
    /// nothing was counted, or it took longer than all bounds.
    pub fn percentile(&self, percent: u32) -> Option<Millis> {
        let rank = u128::from(self.count) * u128::from(percent);
        let mut reached = 0_u128;
        let place = self.buckets.iter().position(|count| {
            reached += u128::from(*count) * 100;
            reached >= rank && reached > 0
        });
        LATENCY_BOUNDS_MS.get(place?).copied().map(Millis::new)
    }
}

/// What one provider did. `turns` = `answered` + `hand_offs` + all `failures` + `dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProviderCounters {
    /// Turns that are over.
    pub turns: u64,
    /// Turns that ended with words.
    pub answered: u64,
    /// Turns that ended with a wish for a human.
    pub hand_offs: u64,
    /// Turns that failed, by why.
    pub failures: BTreeMap<&'static str, u64>,
    /// Turns whose reply no longer counted.
    pub dropped: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// What they cost.
    pub cost: Cost,
    /// To the first piece of text.
    pub first_delta: Histogram,
    /// To the end; dropped turns are left out, because others ended them.
    pub whole: Histogram,
}

impl ProviderCounters {
    fn record(&mut self, turn: &TurnRecord) {
        let ended = match turn.outcome {
            TurnOutcome::Answered => &mut self.answered,
            TurnOutcome::HandedOff => &mut self.hand_offs,
            TurnOutcome::Failed(why) => self.failures.entry(why).or_default(),
            TurnOutcome::Dropped => &mut self.dropped,
        };
        *ended = ended.saturating_add(1);
        self.turns = self.turns.saturating_add(1);
        self.input_tokens = self.input_tokens.saturating_add(turn.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(turn.output_tokens);
        self.cost += turn.cost;
        if let Some(took) = turn.first_delta {
            self.first_delta.record(took);
        }
        if turn.outcome != TurnOutcome::Dropped {
            self.whole.record(turn.whole);
        }
    }
}

/// What each provider did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    providers: BTreeMap<String, ProviderCounters>,
}

impl Counters {
    /// Counts one turn that is over.
    pub fn record(&mut self, provider: &str, turn: &TurnRecord) {
        if let Some(counters) = self.providers.get_mut(provider) {
            return counters.record(turn);
        }
        let name = if self.providers.len() < MAX_PROVIDERS { provider } else { "other" };
        self.providers.entry(name.to_owned()).or_default().record(turn);
    }

    /// All counters by provider.
    pub fn snapshot(&self) -> BTreeMap<String, ProviderCounters> {
        self.providers.clone()
    }
}
