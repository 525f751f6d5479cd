//! How many rooms the people of each network have made.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Rooms of one network that are there at once.
///
/// As many connections as an address may have make four each, so that a school behind one
/// address, with a room for each class and for each group in it, does not meet the bound.
/// Without it 128 connections, each in as many rooms as a person may be in, make 6,400.
pub(super) const MOST_OF_NETWORK: usize = 500;

/// Counts, each until the room is no more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MadeRooms {
    /// By network; none is 0, so that there are at most as many as rooms.
    counts: BTreeMap<Arc<str>, usize>,
}

impl MadeRooms {
    pub(super) fn add(&mut self, network: &Arc<str>) {
        *self.counts.entry(Arc::clone(network)).or_default() += 1;
    }

    pub(super) fn remove(&mut self, network: &Arc<str>) {
        if let Some(count) = self.counts.get_mut(network) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(network);
            }
        }
    }

    /// Whether a network has as many as it may.
    pub(super) fn is_full(&self, network: &str) -> bool {
        self.counts.get(network).is_some_and(|&count| count >= MOST_OF_NETWORK)
    }
}
