//! What a person may try to do. Those whom it is about are named by their keys.

use super::ids::{RoomKey, Seq, UserKey};
use super::modes::{Change, OwnFlag, Rank};
use super::people::Arrival;
use crate::text::{Name, RoomName};
use std::sync::Arc;

/// Texts are already fit for the wire (`text::sanitise::for_wire`).
#[derive(Debug, Clone)]
pub enum Action {
    /// Be here from now on.
    Connect(Arrival),
    /// Come into a room, which is made where there is none.
    Enter {
        room: RoomName,
        key: Option<String>,
    },
    Leave {
        room: RoomKey,
        reason: Option<String>,
    },
    /// Speak to a room or a person.
    Say {
        to: Target,
        saying: Saying,
    },
    /// Take back what was said with this number. Its room and author are looked up in the
    /// history before the action is made: applying it decides on those alone.
    Redact {
        room: RoomKey,
        message: Seq,
        author: UserKey,
        reason: Option<String>,
    },
    Topic {
        room: RoomKey,
        text: String,
    },
    Kick {
        room: RoomKey,
        whom: UserKey,
        reason: String,
    },
    Invite {
        room: RoomKey,
        whom: UserKey,
    },
    Modes {
        room: RoomKey,
        changes: Vec<Change>,
    },
    Rename {
        name: Name,
    },
    Realname {
        text: String,
    },
    /// None: here again.
    Away {
        text: Option<String>,
    },
    /// Something about oneself.
    Own {
        flag: OwnFlag,
        on: bool,
    },
    /// Leave every room and be gone.
    Quit {
        reason: Option<String>,
    },
    /// The server's own: a room has been empty for so long that it, or what was set in
    /// it, is to end.
    Expire(RoomKey),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Everybody in the room, or only those of at least this rank.
    Room(RoomKey, Option<Rank>),
    User(UserKey),
}

/// What is said, and how it wants to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    pub manner: Manner,
    /// Empty where the manner is `Tags`. Shared with whoever tells of it.
    pub text: Arc<str>,
    /// What the speaker's program attached: opaque here.
    pub tags: String,
    /// The lines that it was sent in, where it is more than one; the text is
    /// what they make.
    pub parts: Vec<Part>,
    /// Of no interest later, such as that somebody is typing: never kept.
    pub passing: bool,
}

/// One line of a longer text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// Goes on where the line before ended, without a line break.
    pub joins: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// For people to answer.
    Message,
    /// Never to be answered by a program.
    Notice,
    /// Attachments without a text.
    Tags,
}
