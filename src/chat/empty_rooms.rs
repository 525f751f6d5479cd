//! Rooms without members that stay for some time because something was said in them.

use super::ids::{RoomKey, Seq};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The time that an empty room stays.
pub(super) const EMPTY_TIME: Duration = Duration::from_secs(600);

/// The same for a room that anybody could have entered, whose messages are on disk: a course
/// that meets once a week finds what it said.
pub(super) const OPEN_EMPTY_TIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// Where messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagesKept {
    /// No empty room stays.
    Nowhere,
    InMemory,
    OnDisk,
}

/// Empty rooms in all, beside the first room.
const MOST: usize = 10_000;

/// Empty rooms whose last member came from one network.
const MOST_OF_NETWORK: usize = 50;

/// How a room became empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emptied {
    /// The number of the entry with which the last member left.
    pub seq: Seq,
    /// The log's uptime then.
    pub since: Duration,
    /// The network of the last member; empty where it counts for nobody.
    pub network: Arc<str>,
}

/// Ordered by when the last member left: the oldest ends first.
#[derive(Debug, Default)]
pub(super) struct EmptyRooms {
    /// With the uptime at which each ends.
    by_age: BTreeMap<(Seq, RoomKey), Duration>,
    by_end: BTreeSet<(Duration, RoomKey)>,
    /// The same rooms by network.
    by_network: BTreeMap<Arc<str>, BTreeSet<(Seq, RoomKey)>>,
}

impl EmptyRooms {
    /// Adds a room that stays for `time`.
    pub(super) fn add(&mut self, room: RoomKey, emptied: Emptied, time: Duration) {
        let end = emptied.since + time;
        let of_network = self.by_network.entry(emptied.network).or_default();
        of_network.insert((emptied.seq, room.clone()));
        self.by_end.insert((end, room.clone()));
        self.by_age.insert((emptied.seq, room), end);
    }

    pub(super) fn remove(&mut self, room: &RoomKey, Emptied { seq, network, .. }: &Emptied) {
        let place = (*seq, room.clone());
        if let Some(end) = self.by_age.remove(&place) {
            self.by_end.remove(&(end, room.clone()));
        }
        if let Some(of_network) = self.by_network.get_mut(network) {
            of_network.remove(&place);
            if of_network.is_empty() {
                self.by_network.remove(network);
            }
        }
    }

    /// A room that must end because there are too many, of this network or in all.
    pub(super) fn excess(&self, network: &str) -> Option<RoomKey> {
        let of_network = self.by_network.get(network).filter(|of_network| of_network.len() > MOST_OF_NETWORK);
        let of_all = || Some(&self.by_age).filter(|all| all.len() > MOST)?.keys().next();
        let (_, room) = of_network.and_then(|of_network| of_network.first()).or_else(of_all)?;
        Some(room.clone())
    }

    /// The room that ends next, and the uptime at which it does.
    pub(super) fn next(&self) -> Option<(Duration, &RoomKey)> {
        self.by_end.first().map(|(end, room)| (*end, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RoomName;

    fn room(number: usize) -> RoomKey {
        RoomKey { made: Seq(1), name: RoomName::parse(&format!("#{number}")).unwrap() }
    }

    fn emptied(number: usize, network: &str) -> Emptied {
        Emptied { seq: Seq(number as u64), since: Duration::ZERO, network: network.into() }
    }

    #[test]
    fn the_oldest_of_a_network_goes_when_there_are_too_many() {
        let mut rooms = EmptyRooms::default();
        rooms.add(room(0), emptied(0, "b"), OPEN_EMPTY_TIME);
        for number in 1..=MOST_OF_NETWORK {
            rooms.add(room(number), emptied(number, "a"), EMPTY_TIME);
        }
        assert_eq!((rooms.excess("a"), rooms.excess("b")), (None, None));
        rooms.add(room(99), emptied(99, "a"), EMPTY_TIME);
        assert_eq!((rooms.excess("a"), rooms.excess("b")), (Some(room(1)), None));
        rooms.remove(&room(1), &emptied(1, "a"));
        assert_eq!(rooms.excess("a"), None);
        // Whichever became empty first: the first that ends.
        let next = rooms.next();
        assert!(matches!(next, Some((EMPTY_TIME, other)) if *other != room(0)), "{next:?}");
    }

    #[test]
    fn the_oldest_of_all_goes_when_there_are_too_many() {
        let mut rooms = EmptyRooms::default();
        for number in 0..=MOST {
            assert_eq!(rooms.excess("0"), None);
            rooms.add(room(number), emptied(number, &(number / 50).to_string()), EMPTY_TIME);
        }
        assert_eq!(rooms.excess("x"), Some(room(0)));
    }
}
