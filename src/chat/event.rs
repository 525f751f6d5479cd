//! What has happened, and who is to be told.

use super::action::Saying;
use super::ids::{MessageId, RoomId, Seq, UserId, UserKey};
use super::modes::{Change, OwnFlag, Rank};
use crate::text::{Name, RoomName};
use std::ops::Range;
use std::sync::Arc;

/// One thing that happened.
#[derive(Debug)]
pub struct Event {
    /// No two events of a log share one.
    pub id: MessageId,
    /// The wall clock's: µs since the Unix epoch.
    pub wall_us: u64,
    pub by: UserId,
    pub author: UserKey,
    /// Who did it, as they were called before it was done.
    pub name: Name,
    /// The same as `name!user@host`.
    pub source: Arc<str>,
    /// It was a program that did it.
    pub by_bot: bool,
    pub what: What,
}

impl Event {
    pub fn seq(&self) -> Seq {
        self.id.seq()
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        self.id == other.id
    }
}

#[derive(Debug, Clone)]
pub enum What {
    Entered {
        place: Place,
        real: String,
        away: Option<String>,
    },
    Left(Place, Option<String>),
    Said {
        to: SaidTo,
        saying: Saying,
    },
    /// What was said with this id has been taken back.
    Redacted {
        place: Place,
        message: MessageId,
        reason: Option<String>,
    },
    Topic(Place, String),
    Kicked {
        place: Place,
        whom: UserId,
        name: Name,
        reason: String,
    },
    /// Told to the invited only.
    Invited {
        room: RoomName,
        whom: UserId,
        name: Name,
    },
    Modes(Place, Vec<Change>),
    Renamed {
        old: Name,
        new: Name,
        rooms: Vec<RoomId>,
    },
    Realname(String),
    Away(Option<String>),
    Own(OwnFlag, bool),
    /// Gone from all of these rooms at once.
    Quit {
        reason: Option<String>,
        places: Vec<Place>,
    },
}

/// Whom something was said to, as they are called.
#[derive(Debug, Clone)]
pub enum SaidTo {
    /// Everybody in the room, or only those of at least this rank.
    Room(Place, Option<Rank>),
    User(Name),
}

/// A room when something happened in it.
#[derive(Debug, Clone)]
pub struct Place {
    /// May be another room's once the event has been dealt with.
    pub id: RoomId,
    pub name: RoomName,
    /// People in it afterwards.
    pub count: usize,
}

/// An entry without its action: who does it, and when.
#[derive(Debug, Clone)]
pub(super) struct By {
    pub(super) message: MessageId,
    pub(super) wall_us: u64,
    pub(super) id: UserId,
    pub(super) key: UserKey,
    pub(super) name: Name,
    pub(super) source: Arc<str>,
    pub(super) bot: bool,
}

/// The outcome of one action; kept and reused by whoever acts.
#[derive(Debug, Default)]
pub struct Events {
    list: Vec<(Arc<Event>, Range<usize>)>,
    /// All events' receivers, one after another, each in no order that matters.
    receivers: Vec<UserId>,
}

impl Events {
    /// Each event with all who are to be told: who did it is among them,
    /// unless it was said to one person.
    pub fn iter(&self) -> impl Iterator<Item = (&Event, &[UserId])> {
        self.list.iter().map(|(event, to)| (&**event, &self.receivers[to.clone()]))
    }

    /// Those from the given one on, to be kept.
    pub(super) fn since(&self, at: usize) -> impl Iterator<Item = &Arc<Event>> {
        self.list[at..].iter().map(|(event, _)| event)
    }

    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    pub fn clear(&mut self) {
        self.list.clear();
        self.receivers.clear();
    }

    pub(super) fn push(
        &mut self,
        By { message, wall_us, id, key, name, source, bot }: By,
        what: What,
        to: impl FnOnce(&mut Vec<UserId>),
    ) {
        let start = self.receivers.len();
        to(&mut self.receivers);
        let receivers = start..self.receivers.len();
        let event = Event { id: message, wall_us, by: id, author: key, name, source, by_bot: bot, what };
        self.list.push((Arc::new(event), receivers));
    }
}
