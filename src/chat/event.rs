//! Events and their receivers, for delivery in this process.

use super::ids::{MessageId, RoomId, RoomKey, UserId, UserKey};
use super::record::{EventKind, Record};
use super::work::Work;
use crate::text::Name;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened, for immediate delivery. Its indices are valid until the next entry is
/// applied.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The part that can be kept.
    pub record: &'a Arc<Record>,
    pub by: UserId,
    /// One place for each of the record's rooms, in the same order.
    pub places: &'a [Place],
    /// All who are told, in no particular order. The author is among them, except for a message to
    /// one person.
    pub receivers: &'a [UserId],
}

/// A room in which something happened.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub id: RoomId,
    /// The number of its members afterwards.
    pub count: usize,
}

/// An entry without its action: the author and the time.
#[derive(Debug, Clone)]
pub(super) struct By {
    pub(super) message: MessageId,
    pub(super) wall_us: u64,
    pub(super) uptime: Duration,
    pub(super) id: UserId,
    pub(super) key: UserKey,
    pub(super) name: Name,
    pub(super) source: Arc<str>,
    pub(super) bot: bool,
}

/// The events of one action. The caller reuses its memory.
#[derive(Debug, Default)]
pub struct Events {
    list: Vec<Listed>,
    /// The places of all events, one after another.
    places: Vec<Place>,
    /// The receivers of all events, one after another.
    receivers: Vec<UserId>,
    /// The rooms that have ended, after all events in them.
    pub ended: Vec<RoomKey>,
    /// The rooms whose modes have ended without an event, also where the action was refused.
    pub changed: Vec<RoomKey>,
    /// What the author has said before and sends again, with the id and the time of the first: it is told
    /// to the author alone, and nothing else has happened.
    pub repeated: Option<Arc<Record>>,
    /// The work of deciding and applying the action, also of one that was refused, without that of
    /// delivery.
    pub work: Work,
}

#[derive(Debug)]
struct Listed {
    record: Arc<Record>,
    by: UserId,
    places: Range<usize>,
    receivers: Range<usize>,
}

impl Events {
    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        self.list.iter().map(|Listed { record, by, places, receivers }| Event {
            record,
            by: *by,
            places: &self.places[places.clone()],
            receivers: &self.receivers[receivers.clone()],
        })
    }

    pub fn clear(&mut self) {
        self.list.clear();
        self.places.clear();
        self.receivers.clear();
        self.ended.clear();
        self.changed.clear();
        self.repeated = None;
        self.work = Work::default();
    }

    /// Adds an event. `places` belong to the rooms of `kind`.
    pub(super) fn push(
        &mut self,
        By { message, wall_us, id, key, name, source, bot, .. }: By,
        kind: EventKind,
        places: &[Place],
        to: impl FnOnce(&mut Vec<UserId>),
    ) {
        debug_assert_eq!(places.len(), kind.rooms().len(), "each room has its place");
        let (place, receiver) = (self.places.len(), self.receivers.len());
        self.places.extend_from_slice(places);
        to(&mut self.receivers);
        self.list.push(Listed {
            record: Arc::new(Record { id: message, wall_us, author: key, name, source, by_bot: bot, kind }),
            by: id,
            places: place..self.places.len(),
            receivers: receiver..self.receivers.len(),
        });
    }
}
