//! A queue in which everybody is served in turn, however much somebody asks for.

use std::collections::{BTreeMap, VecDeque};

/// What waits, by whom it is for. Neither queue is ever empty.
#[derive(Debug)]
pub(super) struct RoundRobin<K, T> {
    waiting: BTreeMap<K, VecDeque<T>>,
    /// The keys of those, the next one first.
    order: VecDeque<K>,
}

impl<K, T> Default for RoundRobin<K, T> {
    fn default() -> RoundRobin<K, T> {
        RoundRobin { waiting: BTreeMap::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Ord, T> RoundRobin<K, T> {
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// How much waits for the same.
    pub(super) fn count(&self, key: K) -> usize {
        self.waiting.get(&key).map_or(0, VecDeque::len)
    }

    /// Behind all that waits for the same.
    pub(super) fn push(&mut self, key: K, item: T) {
        let queue = self.waiting.entry(key).or_default();
        if queue.is_empty() {
            self.order.push_back(key);
        }
        queue.push_back(item);
    }

    /// What has waited longest for the one who has waited longest.
    pub(super) fn pop(&mut self) -> Option<(K, T)> {
        let key = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&key)?;
        let item = queue.pop_front()?;
        match queue.is_empty() {
            true => drop(self.waiting.remove(&key)),
            false => self.order.push_back(key),
        }
        Some((key, item))
    }
}
