//! What is kept of an event: it means the same for ever, in every process.

use super::action::{Manner, Saying};
use super::ids::{MessageId, RoomKey, Seq, UserKey};
use super::modes::{Change, OwnFlag, Rank};
use crate::text::Name;
use std::sync::Arc;

/// One thing that happened, and who did it. Holds no index that is used again.
/// [`What::is_kept`] says whether it is kept at all.
#[derive(Debug, Clone)]
pub struct Record {
    /// No two records of a log share one.
    pub id: MessageId,
    /// The wall clock's: µs since the Unix epoch.
    pub wall_us: u64,
    pub author: UserKey,
    /// Who did it, as they were called before it was done.
    pub name: Name,
    /// The same as `name!user@host`.
    pub source: Arc<str>,
    /// It was a program that did it.
    pub by_bot: bool,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    Entered {
        room: RoomKey,
        real: String,
    },
    Left(RoomKey, Option<String>),
    Said {
        to: SaidTo,
        saying: Saying,
    },
    /// What was said with this id has been taken back.
    Redacted {
        room: RoomKey,
        message: MessageId,
        reason: Option<String>,
    },
    Topic(RoomKey, String),
    Kicked {
        room: RoomKey,
        whom: UserKey,
        name: Name,
        reason: String,
    },
    /// Told to the invited only.
    Invited {
        room: RoomKey,
        whom: UserKey,
        name: Name,
    },
    Modes(RoomKey, Vec<Change>),
    Renamed {
        old: Name,
        new: Name,
        rooms: Vec<RoomKey>,
    },
    Realname(String),
    Away(Option<String>),
    Own(OwnFlag, bool),
    /// Gone from all of these rooms at once.
    Quit {
        reason: Option<String>,
        rooms: Vec<RoomKey>,
    },
}

/// Whom something was said to, as they are called.
#[derive(Debug, Clone)]
pub enum SaidTo {
    /// Everybody in the room, or only those of at least this rank.
    Room(RoomKey, Option<Rank>),
    User(Name),
}

impl Record {
    pub fn seq(&self) -> Seq {
        self.id.seq()
    }

    /// The same without the list of its rooms, where it may have several.
    pub(super) fn without_rooms(&self) -> Record {
        let mut record = self.clone();
        if let What::Renamed { rooms, .. } | What::Quit { rooms, .. } = &mut record.what {
            *rooms = Vec::new();
        }
        record
    }

    /// Whether it is something to read.
    pub fn is_message(&self) -> bool {
        matches!(&self.what, What::Said { saying, .. } if saying.manner != Manner::Tags)
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        self.id == other.id
    }
}

impl What {
    /// The rooms that it happened in.
    pub fn rooms(&self) -> &[RoomKey] {
        match self {
            What::Said { to: SaidTo::Room(room, _), .. }
            | What::Entered { room, .. }
            | What::Left(room, _)
            | What::Topic(room, _)
            | What::Kicked { room, .. }
            | What::Invited { room, .. }
            | What::Modes(room, _)
            | What::Redacted { room, .. } => std::slice::from_ref(room),
            What::Renamed { rooms, .. } | What::Quit { rooms, .. } => rooms,
            What::Said { to: SaidTo::User(_), .. } | What::Realname(_) | What::Away(_) | What::Own(..) => &[],
        }
    }

    /// Whether it is part of the past of its rooms. What is said to operators alone is not,
    /// as what is said to one person.
    pub fn is_kept(&self) -> bool {
        match self {
            What::Said { to: SaidTo::Room(_, least), saying } => least.is_none() && !saying.passing,
            What::Said { to: SaidTo::User(_), .. }
            | What::Invited { .. }
            | What::Realname(_)
            | What::Away(_)
            | What::Own(..) => false,
            What::Entered { .. }
            | What::Left(..)
            | What::Topic(..)
            | What::Kicked { .. }
            | What::Modes(..)
            | What::Redacted { .. }
            | What::Renamed { .. }
            | What::Quit { .. } => true,
        }
    }
}
