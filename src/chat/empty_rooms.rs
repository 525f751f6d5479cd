//! Rooms without members that stay for some time because something was said in them.

use super::ids::{RoomKey, Seq};
use super::modes::Flag;
use super::network::site_of;
use super::room::{Emptied, Room};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The time that an empty room stays, and for which one that stays longer counts for its maker's
/// network.
pub(super) const EMPTY_TIME: Duration = Duration::from_secs(600);

/// The same for a room without `i`, `k` and `s`, whose messages are on disk: a course
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

/// Empty rooms in all, beside the first room. Where there are more, the site (see
/// [`super::network`]) that has made most of them loses its oldest, with all that was said there:
/// nobody's rooms go because somebody elsewhere makes many. How many rooms a network and a site may
/// make is bounded in [`super::made_rooms`].
const MOST: usize = 10_000;

/// A room with more entries in its lists counts for its maker's network as long as it is there: with
/// 192 entries each, [`MOST`] rooms take over 1 GiB.
const MOST_LISTED: usize = 8;

/// For how long a room stays when it is empty. What was said where not everybody could come in
/// is for nobody who comes later.
fn time(room: &Room, kept: MessagesKept) -> Duration {
    let is_open = !room.has(Flag::InviteOnly) && !room.has(Flag::Secret) && room.key().is_none();
    if kept == MessagesKept::OnDisk && is_open { OPEN_EMPTY_TIME } else { EMPTY_TIME }
}

#[derive(Debug)]
struct EmptyRoom {
    seq: Seq,
    /// The uptime at which it ends.
    end: Duration,
    /// That of its maker; empty for rooms that count for nobody.
    site: Arc<str>,
    /// The uptime until which it counts for its maker's network.
    counts_until: Duration,
    counts: bool,
}

/// Owned by the lobby; at most [`MOST`], and after a restart until the next one is added, as many more as
/// had members.
#[derive(Debug, Default)]
pub(super) struct EmptyRooms {
    rooms: BTreeMap<RoomKey, EmptyRoom>,
    by_end: BTreeSet<(Duration, RoomKey)>,
    /// Those that count for a network, by the time until which they do.
    counting: BTreeSet<(Duration, RoomKey)>,
    /// Those of a site in the order in which they became empty.
    by_site: BTreeMap<Arc<str>, BTreeSet<(Seq, RoomKey)>>,
}

impl EmptyRooms {
    /// Adds a room that has become empty. What it is decides when it ends, and nobody can change that
    /// before somebody enters it.
    pub(super) fn add(&mut self, room: &Room, Emptied { seq, since }: &Emptied, kept: MessagesKept) {
        let key = &room.named;
        let end = *since + time(room, kept);
        let site = room.maker.as_deref().map_or_else(|| Arc::from(""), site_of);
        self.by_end.insert((end, key.clone()));
        self.by_site.entry(Arc::clone(&site)).or_default().insert((*seq, key.clone()));
        let is_short = room.lists.iter().map(Vec::len).sum::<usize>() <= MOST_LISTED;
        let counts_until = if is_short { *since + EMPTY_TIME } else { end };
        self.counting.insert((counts_until, key.clone()));
        self.rooms.insert(key.clone(), EmptyRoom { seq: *seq, end, site, counts_until, counts: true });
    }

    pub(super) fn remove(&mut self, room: &RoomKey) {
        let Some(EmptyRoom { seq, end, site, counts_until, .. }) = self.rooms.remove(room) else { return };
        self.counting.remove(&(counts_until, room.clone()));
        self.by_end.remove(&(end, room.clone()));
        if let Some(of_site) = self.by_site.get_mut(&site) {
            of_site.remove(&(seq, room.clone()));
            if of_site.is_empty() {
                self.by_site.remove(&site);
            }
        }
    }

    /// A room that counts no more for its maker's network from now on.
    pub(super) fn stop_counting(&mut self, uptime: Duration) -> Option<RoomKey> {
        self.counting.first().filter(|(until, _)| *until <= uptime)?;
        let (_, room) = self.counting.pop_first()?;
        self.rooms.get_mut(&room)?.counts = false;
        Some(room)
    }

    /// Whether a room, which need not be empty, counts for its maker's network.
    pub(super) fn counts(&self, room: &RoomKey) -> bool {
        self.rooms.get(room).is_none_or(|room| room.counts)
    }

    /// A room that must end because there are too many.
    pub(super) fn excess(&self) -> Option<RoomKey> {
        if self.rooms.len() <= MOST {
            return None;
        }
        let (_, room) = self.by_site.values().max_by_key(|of_site| of_site.len())?.first()?;
        Some(room.clone())
    }

    /// Whether a room's time is over.
    pub(super) fn is_over(&self, room: &RoomKey, uptime: Duration) -> bool {
        self.rooms.get(room).is_some_and(|room| room.end <= uptime)
    }

    /// The room that ends next, and the uptime at which it does.
    pub(super) fn next(&self) -> Option<(Duration, &RoomKey)> {
        self.by_end.first().map(|(end, room)| (*end, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::modes::Authority;
    use crate::text::RoomName;

    fn room(number: usize, maker: &str) -> Room {
        let named = RoomKey { made: Seq(1), name: RoomName::parse(&format!("#{number}")).unwrap() };
        Room::made(named, 0, Some(maker.into()))
    }

    fn emptied(number: usize) -> Emptied {
        Emptied { seq: Seq(number as u64), since: Duration::ZERO }
    }

    /// Five sites could end the rooms of all others.
    #[test]
    fn the_site_with_most_rooms_loses_its_oldest() {
        let mut rooms = EmptyRooms::default();
        let kept = MessagesKept::OnDisk;
        rooms.add(&room(0, "10.9.9.9"), &emptied(0), kept);
        for number in 1..MOST {
            // One site in five has one more than the others.
            rooms.add(&room(number, &format!("10.0.{}.1", (number + 2) % 5)), &emptied(number), kept);
        }
        assert_eq!(rooms.excess(), None);
        rooms.add(&room(MOST, "10.0.3.7"), &emptied(MOST), kept);
        assert_eq!(rooms.excess(), Some(room(1, "").named));
        rooms.remove(&room(1, "").named);
        assert_eq!(rooms.excess(), None);
    }

    #[test]
    fn an_open_room_on_disk_ends_later() {
        let mut rooms = EmptyRooms::default();
        let mut closed = room(2, "10.0.0.1");
        closed.set_flag(Flag::Secret, true, Authority::Room);
        rooms.add(&room(1, "10.0.0.1"), &emptied(1), MessagesKept::OnDisk);
        rooms.add(&closed, &emptied(2), MessagesKept::OnDisk);
        assert_eq!(rooms.next(), Some((EMPTY_TIME, &closed.named)));
        assert!(rooms.is_over(&closed.named, EMPTY_TIME) && !rooms.is_over(&room(1, "").named, EMPTY_TIME));
        rooms.remove(&closed.named);
        assert_eq!(rooms.next(), Some((OPEN_EMPTY_TIME, &room(1, "").named)));
    }
}
