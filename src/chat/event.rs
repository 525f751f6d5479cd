//! What has happened, and who is to be told.

use super::action::{Saying, Target};
use super::ids::{RoomId, UserId};
use super::modes::{Change, OwnFlag};
use crate::text::{Name, RoomName};
use std::ops::Range;
use std::sync::Arc;

/// One thing that happened.
#[derive(Debug)]
pub struct Event {
    /// µs since the Unix epoch; no two events of a lobby share one.
    pub stamp: u64,
    pub by: UserId,
    /// Who did it, as they were called before it was done.
    pub name: Name,
    /// The same as `name!user@host`.
    pub source: Arc<str>,
    /// It was a program that did it.
    pub by_bot: bool,
    pub what: What,
}

/// No two events share a stamp.
impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        self.stamp == other.stamp
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
        to: Target,
        place: SaidTo,
        saying: Saying,
    },
    /// What was said with this stamp has been taken back.
    Redacted {
        place: Place,
        message: u64,
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
    Room(Place),
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

/// An action's stamp, and who does it.
#[derive(Debug, Clone)]
pub(super) struct By {
    pub(super) stamp: u64,
    pub(super) id: UserId,
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
        By { stamp, id, name, source, bot }: By,
        what: What,
        to: impl FnOnce(&mut Vec<UserId>),
    ) {
        let start = self.receivers.len();
        to(&mut self.receivers);
        let receivers = start..self.receivers.len();
        let event = Event { stamp, by: id, name, source, by_bot: bot, what };
        self.list.push((Arc::new(event), receivers));
    }
}
