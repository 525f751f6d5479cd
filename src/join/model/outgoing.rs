//! What a person says, and the messages that it becomes on the wire.

use super::ids::RoomId;
use super::session::Session;
use crate::wire::multiline::{self, Part};
use crate::wire::{Line, Tags, ctcp, split};

/// Bytes of a label, or of the PING that follows a message.
pub(super) const CONFIRMING_BYTES: usize = 32;

/// Where something is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// The room in which it was typed.
    Room(RoomId),
    Person(String),
}

/// Something to be said, as it was typed or a part of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) target: Target,
    /// Lines are divided by `\n`.
    pub(super) text: String,
    /// `/me`.
    pub(super) action: bool,
    /// The person sees it already; else it is shown once it is delivered.
    pub(super) on_screen: bool,
}

impl Outgoing {
    /// The room in which it was typed; None where it is for one person.
    pub(super) fn room(&self) -> Option<RoomId> {
        match self.target {
            Target::Room(room) => Some(room),
            Target::Person(_) => None,
        }
    }
}

/// The messages that a text to this target needs.
pub(super) fn messages(session: &Session, text: &str, target: &str, action: bool) -> Vec<Vec<Part>> {
    let most = session.text_bytes_to(target);
    let is_long = text.len() > most || text.contains('\n');
    if let Some(limits) = session.multiline().filter(|_| is_long && !action) {
        return multiline::split_lines(text, limits, most);
    }
    let marks = if action { ctcp::ACTION_BYTES } else { 0 };
    let pieces = text.split('\n').flat_map(|line| split(line, most.saturating_sub(marks)));
    pieces.map(|piece| vec![Part { text: piece.to_owned(), joins: false }]).collect()
}

/// Writes a message of one line, or a batch of several; how many lines it took.
pub(super) fn write(target: &str, parts: &[Part], action: bool, tags: Tags, bytes: &mut Vec<u8>) -> usize {
    match parts {
        [only] => {
            let line = Line::new("PRIVMSG").param(target);
            let line = if action { line.text(&ctcp::action(&only.text)) } else { line.text(&only.text) };
            line.write(&tags, bytes);
            1
        }
        parts => {
            // One is open at a time, so one name does.
            multiline::write("m", target, parts, &tags, bytes);
            parts.len() + 2
        }
    }
}
