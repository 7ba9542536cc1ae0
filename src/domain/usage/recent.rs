//! A bounded memory: who was not touched for longest is forgotten first.

use std::collections::BTreeMap;

use crate::domain::time::Timestamp;

#[derive(Clone, Debug)]
struct Slot<V> {
    /// Its place in the order of touches.
    touch: u64,
    value: V,
}

/// At most so many values by key, in the order in which they were last touched.
#[derive(Clone, Debug)]
pub(super) struct Recent<K, V> {
    most: usize,
    touches: u64,
    newest: Timestamp,
    slots: BTreeMap<K, Slot<V>>,
    /// By touch, oldest first.
    order: BTreeMap<u64, (Timestamp, K)>,
}

impl<K: Ord + Clone, V: Default> Recent<K, V> {
    pub fn new(most: usize) -> Self {
        Self { most, touches: 0, newest: Timestamp::default(), slots: BTreeMap::new(), order: BTreeMap::new() }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.slots.get(key).map(|slot| &slot.value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.slots.get_mut(key).map(|slot| &mut slot.value)
    }

    /// The value, made when it is not there, as the newest.
    pub fn touch(&mut self, now: Timestamp, key: K) -> &mut V {
        self.touches += 1;
        // A clock that was set back makes nobody older than they are.
        self.newest = self.newest.max(now);
        if let Some(slot) = self.slots.get(&key) {
            self.order.remove(&slot.touch);
        } else if self.slots.len() >= self.most {
            self.forget_oldest();
        }
        self.order.insert(self.touches, (self.newest, key.clone()));
        let slot = self.slots.entry(key).or_insert_with(|| Slot { touch: 0, value: V::default() });
        slot.touch = self.touches;
        &mut slot.value
    }

    /// Forgets what was last touched at `limit` or before.
    pub fn forget_before(&mut self, limit: Timestamp) {
        while self.order.first_key_value().is_some_and(|(_, (touched, _))| *touched <= limit) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, (_, key))) = self.order.pop_first() {
            self.slots.remove(&key);
        }
    }

    #[cfg(test)]
    pub fn keys(&self) -> Vec<&K> {
        assert_eq!(self.slots.len(), self.order.len());
        self.order.values().map(|(_, key)| key).collect()
    }
}
