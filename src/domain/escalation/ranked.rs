//! An ordered set that knows how many keys come before one: the standard library's sets would have to be walked.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Keys in a run; a run that grows beyond it is halved.
const RUN: usize = 128;

/// An ordered set with ranks. With n keys, changes and look-ups cost O(log n), a rank O(n / 128).
#[derive(Clone)]
pub(super) struct RankedSet<K> {
    /// Sorted runs, none empty.
    runs: Vec<Vec<K>>,
}

impl<K> Default for RankedSet<K> {
    fn default() -> Self {
        Self { runs: Vec::new() }
    }
}

impl<K: Ord> RankedSet<K> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Puts a key in; one that is there already stays as it is.
    pub fn insert(&mut self, key: K) {
        let at = self.run_of(&key).min(self.runs.len().saturating_sub(1));
        let Some(run) = self.runs.get_mut(at) else {
            self.runs.push(vec![key]);
            return;
        };
        if let Err(place) = run.binary_search(&key) {
            run.insert(place, key);
        }
        if run.len() > RUN {
            let upper = run.split_off(RUN / 2);
            self.runs.insert(at + 1, upper);
        }
    }

    /// Takes a key out, if it is there.
    pub fn remove(&mut self, key: &K) {
        let at = self.run_of(key);
        let Some(run) = self.runs.get_mut(at) else { return };
        if let Ok(place) = run.binary_search(key) {
            run.remove(place);
        }
        if run.is_empty() {
            self.runs.remove(at);
        }
    }

    /// How many keys are less than this one, whether it is there or not.
    pub fn rank(&self, key: &K) -> usize {
        let at = self.run_of(key);
        let before: usize = self.runs.iter().take(at).map(Vec::len).sum();
        before + self.runs.get(at).map_or(0, |run| run.partition_point(|known| known < key))
    }

    /// The least key.
    pub fn first(&self) -> Option<&K> {
        self.runs.first().and_then(|run| run.first())
    }

    /// All keys in order.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        self.runs.iter().flatten()
    }

    /// The only run that may hold the key.
    fn run_of(&self, key: &K) -> usize {
        self.runs.partition_point(|run| run.last().is_some_and(|last| last < key))
    }
}

impl<K: Ord> PartialEq for RankedSet<K> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Ord> Eq for RankedSet<K> {}

impl<K: Ord + Hash> Hash for RankedSet<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        self.iter().for_each(|key| key.hash(state));
    }
}

impl<K: Ord + fmt::Debug> fmt::Debug for RankedSet<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_an_ordered_set_that_counts(
            steps in prop::collection::vec((any::<bool>(), 0_u32..900), 0..1500),
            probes in prop::collection::vec(0_u32..900, 20),
        ) {
            let (mut ranked, mut plain) = (RankedSet::default(), BTreeSet::new());
            for (add, key) in steps {
                if add {
                    ranked.insert(key);
                    plain.insert(key);
                } else {
                    ranked.remove(&key);
                    plain.remove(&key);
                }
            }
            prop_assert!(ranked.iter().eq(plain.iter()));
            prop_assert_eq!(ranked.len(), plain.len());
            prop_assert_eq!(ranked.is_empty(), plain.is_empty());
            prop_assert_eq!(ranked.first(), plain.first());
            for key in probes {
                prop_assert_eq!(ranked.rank(&key), plain.range(..key).count());
            }
        }
    }
}
