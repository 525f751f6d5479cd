//! What is kept of an event. It has the same meaning for ever, in every process.

use super::action::{ChatMessage, MessageKind};
use super::ids::{MessageId, RoomKey, Seq, UserKey};
use super::modes::{Change, Rank, UserMode};
use crate::text::Name;
use std::sync::Arc;

/// Something that happened, and its author. It holds no index that is used again. [`EventKind::is_kept`]
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
    pub kind: EventKind,
}

#[derive(Debug, Clone)]
pub enum EventKind {
    /// The author has entered a room.
    Entered { room: RoomKey, real: String },
    /// The author has left a room, perhaps with a reason.
    Left(RoomKey, Option<String>),
    /// The author has spoken.
    Said { to: SaidTo, chat_message: ChatMessage },
    /// The message with this id has been redacted.
    Redacted { room: RoomKey, message: MessageId, reason: Option<String> },
    /// The author has set the topic of a room, or has taken it away (empty).
    Topic(RoomKey, String),
    /// The author has removed `name` from a room.
    Kicked { room: RoomKey, whom: UserKey, name: Name, reason: String },
    /// Sent only to the invited person.
    Invited { room: RoomKey, whom: UserKey, name: Name },
    /// The author has changed the modes of a room.
    Modes(RoomKey, Vec<Change>),
    /// The author has taken another name, and is in these rooms.
    Renamed { old: Name, new: Name, rooms: Vec<RoomKey> },
    /// The author has another real name.
    Realname(String),
    /// The author is away, or is back (None).
    Away(Option<String>),
    /// The author has set or removed an own mode.
    UserMode(UserMode, bool),
    /// The author has left the server, and was in these rooms.
    Quit { reason: Option<String>, rooms: Vec<RoomKey> },
}

/// The target of a message, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaidTo {
    /// Everybody in the room, or only those of at least this rank.
    Room(RoomKey, Option<Rank>),
    User(Name),
}

impl Record {
    pub fn seq(&self) -> Seq {
        self.id.seq
    }

    /// A copy without its list of rooms, if it can have several.
    pub(super) fn without_rooms(&self) -> Record {
        let mut record = self.clone();
        if let EventKind::Renamed { rooms, .. } | EventKind::Quit { rooms, .. } = &mut record.kind {
            *rooms = Vec::new();
        }
        record
    }

    /// Whether it is a message with a text.
    pub fn is_message(&self) -> bool {
        matches!(&self.kind, EventKind::Said { chat_message, .. } if chat_message.kind != MessageKind::Tags)
    }

    /// Whether it is a message that a client which has not asked for it may get later. Clients answer
    /// a CTCP request whenever it comes.
    pub fn may_be_replayed(&self) -> bool {
        let EventKind::Said { chat_message, .. } = &self.kind else { return false };
        chat_message.kind != MessageKind::Tags && !chat_message.is_ctcp_request()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        self.id == other.id
    }
}

impl EventKind {
    /// The rooms that it happened in.
    pub fn rooms(&self) -> &[RoomKey] {
        match self {
            EventKind::Said { to: SaidTo::Room(room, _), .. }
            | EventKind::Entered { room, .. }
            | EventKind::Left(room, _)
            | EventKind::Topic(room, _)
            | EventKind::Kicked { room, .. }
            | EventKind::Invited { room, .. }
            | EventKind::Modes(room, _)
            | EventKind::Redacted { room, .. } => std::slice::from_ref(room),
            EventKind::Renamed { rooms, .. } | EventKind::Quit { rooms, .. } => rooms,
            EventKind::Said { to: SaidTo::User(_), .. }
            | EventKind::Realname(_)
            | EventKind::Away(_)
            | EventKind::UserMode(..) => &[],
        }
    }

    /// Whether it is kept in the history of its rooms. Messages to operators alone are not, like
    /// those to one person.
    pub fn is_kept(&self) -> bool {
        match self {
            EventKind::Said { to: SaidTo::Room(_, least), chat_message } => {
                least.is_none() && !chat_message.ephemeral
            }
            EventKind::Entered { .. }
            | EventKind::Left(..)
            | EventKind::Redacted { .. }
            | EventKind::Topic(..)
            | EventKind::Kicked { .. }
            | EventKind::Modes(..)
            | EventKind::Renamed { .. }
            | EventKind::Quit { .. } => true,
            EventKind::Said { to: SaidTo::User(_), .. }
            | EventKind::Invited { .. }
            | EventKind::Realname(_)
            | EventKind::Away(_)
            | EventKind::UserMode(..) => false,
        }
    }
}
