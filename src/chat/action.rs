//! The actions that a person may try. Other people and rooms are named by their keys.

use super::ids::{ClientId, RoomKey, Seq, UserKey};
use super::modes::{Change, Rank, UserMode};
use super::people::Arrival;
use crate::text::{Name, RoomName};
use std::sync::Arc;

/// Texts are already fit for the wire (`text::sanitise::for_wire`).
#[derive(Debug, Clone)]
pub enum Action {
    /// Register.
    Connect(Arrival),
    /// Enter a room, which is made if it does not exist.
    Enter { room: RoomName, key: Option<String> },
    /// Leave a room.
    Leave { room: RoomKey, reason: Option<String> },
    /// Speak to a room or a person.
    Say { to: Target, chat_message: ChatMessage },
    /// Redact the message with this number. Its room and author are looked up in the history before
    /// the action is made, since the lobby has no history.
    Redact { room: RoomKey, message: Seq, author: UserKey, reason: Option<String> },
    /// Set the topic of a room; an empty text takes it away.
    Topic { room: RoomKey, text: String },
    /// Remove somebody from a room.
    Kick { room: RoomKey, whom: UserKey, reason: String },
    /// Invite somebody, who may then enter once whatever the modes say.
    Invite { room: RoomKey, whom: UserKey },
    /// Change the modes of a room.
    Modes { room: RoomKey, changes: Vec<Change> },
    /// Take another name.
    Rename { name: Name },
    /// Change the real name.
    Realname { text: String },
    /// Say that one is away; None: that one is back.
    Away { text: Option<String> },
    /// Set a mode of oneself.
    UserMode { flag: UserMode, on: bool },
    /// Leave the server.
    Quit { reason: Option<String> },
    /// An action of the server itself: a room has been empty for so long that it, or the modes of
    /// the first room, must end.
    Expire(RoomKey),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Everybody in the room, or only those of at least this rank.
    Room(RoomKey, Option<Rank>),
    User(UserKey),
}

/// A message to a room or a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    pub kind: MessageKind,
    /// Empty for a message of tags alone. Shared, since events refer to it.
    pub text: Arc<str>,
    /// The client-only tags, which the chat does not interpret.
    pub tags: String,
    /// The lines of a message of several lines, of which `text` is the whole. Empty for one line.
    pub parts: Vec<Part>,
    /// Not kept in the history, such as that somebody is typing.
    pub ephemeral: bool,
    /// The id that its client has given it: from the same name and address to the same target it is
    /// said once.
    pub client_id: Option<ClientId>,
}

impl ChatMessage {
    /// Whether a line of it is a CTCP request. `ACTION` is an ordinary message.
    pub fn is_ctcp_request(&self) -> bool {
        let is_request = |line: &str| line.starts_with('\x01') && !line.starts_with("\x01ACTION ");
        let mut parts = self.parts.iter();
        self.kind != MessageKind::Tags && (is_request(&self.text) || parts.any(|part| is_request(&part.text)))
    }
}

/// One line of a message of several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// It is joined to the line before without a line break.
    pub joins: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// An ordinary message.
    Message,
    /// A message that no program answers.
    Notice,
    /// Tags without a text.
    Tags,
}
