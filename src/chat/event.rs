//! What has happened, and who is to be told: for delivery in this process alone.

use super::ids::{MessageId, RoomId, RoomKey, UserId, UserKey};
use super::record::{Record, What};
use super::work::Work;
use crate::text::Name;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// One thing that happened, for whoever tells of it at once. Its indices mean nothing
/// after the next entry.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What may be kept of it.
    pub record: &'a Arc<Record>,
    pub by: UserId,
    /// One for each of the record's rooms, in the same order.
    pub places: &'a [Place],
    /// All who are to be told, in no order that matters: who did it is among them, unless
    /// it was said to one person.
    pub receivers: &'a [UserId],
}

/// A room in which something happened.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub id: RoomId,
    /// People in it afterwards.
    pub count: usize,
}

/// An entry without its action: who does it, and when.
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

/// The outcome of one action; kept and reused by whoever acts.
#[derive(Debug, Default)]
pub struct Events {
    list: Vec<Listed>,
    /// All events' places, one after another.
    places: Vec<Place>,
    /// All events' receivers, one after another.
    receivers: Vec<UserId>,
    /// Rooms that are no more.
    ended: Vec<RoomKey>,
    /// Of deciding and doing it; telling it is not in there.
    pub(super) work: Work,
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
        self.work = Work::default();
    }

    /// How much was done for the action, also for one that was refused.
    pub fn work(&self) -> Work {
        self.work
    }

    /// The rooms that are no more, after all that has happened in them.
    pub fn ended(&self) -> &[RoomKey] {
        &self.ended
    }

    pub(super) fn end(&mut self, room: RoomKey) {
        self.ended.push(room);
    }

    /// `places` are those of the rooms of `what`.
    pub(super) fn push(
        &mut self,
        By { message, wall_us, id, key, name, source, bot, .. }: By,
        what: What,
        places: &[Place],
        to: impl FnOnce(&mut Vec<UserId>),
    ) {
        debug_assert_eq!(places.len(), what.rooms().len(), "each room has its place");
        let (place, receiver) = (self.places.len(), self.receivers.len());
        self.places.extend_from_slice(places);
        to(&mut self.receivers);
        self.list.push(Listed {
            record: Arc::new(Record { id: message, wall_us, author: key, name, source, by_bot: bot, what }),
            by: id,
            places: place..self.places.len(),
            receivers: receiver..self.receivers.len(),
        });
    }
}
