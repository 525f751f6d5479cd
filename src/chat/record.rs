//! What is kept of an event. It has the same meaning for ever, in every process.

use super::action::{Manner, Saying};
use super::ids::{MessageId, RoomKey, Seq, UserKey};
use super::modes::{Change, OwnFlag, Rank};
use crate::text::Name;
use std::sync::Arc;

/// Something that happened, and its author. It holds no index that is used again. [`What::is_kept`]
/// says whether it is kept.
#[derive(Debug, Clone)]
pub struct Record {
    /// No two records of a log share one.
    pub id: MessageId,
    /// Wall clock: µs since the Unix epoch.
    pub wall_us: u64,
    pub author: UserKey,
    /// The author's name before it happened.
    pub name: Name,
    /// The author as `name!user@host`.
    pub source: Arc<str>,
    /// The author is a bot.
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
    /// The message with this id has been redacted.
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
    /// Sent only to the invited person.
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
    /// The author has left the server, and was in these rooms.
    Quit {
        reason: Option<String>,
        rooms: Vec<RoomKey>,
    },
}

/// The target of a message, by name.
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

    /// A copy without its list of rooms, if it can have several.
    pub(super) fn without_rooms(&self) -> Record {
        let mut record = self.clone();
        if let What::Renamed { rooms, .. } | What::Quit { rooms, .. } = &mut record.what {
            *rooms = Vec::new();
        }
        record
    }

    /// Whether it is a message with a text.
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

    /// Whether it is kept in the history of its rooms. Messages to operators alone are not, like
    /// those to one person.
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
