//! A line that is obeyed in pieces: what is left of it, and how its reply was begun.
//!
//! People and rooms come, go and are renamed between the pieces. Whoever is there from the first
//! to the last is dealt with exactly once: rooms are gone through by name, which they never
//! change; people by a list of their numbers, which they keep for as long as they are here.

use crate::chat::{RoomKey, Seq, UserId};
use crate::wire::Message;
use std::sync::Arc;
use std::vec::IntoIter;

/// Owned by its session's lines.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// None where what is left says all.
    pub(super) message: Option<Message>,
    pub(super) rest: Rest,
    /// Of the line, as long as nothing was replied.
    pub(super) label: Option<String>,
    /// The batch that the label's reply has opened.
    pub(super) batch: Option<String>,
}

/// What is left.
#[derive(Debug)]
pub(super) enum Rest {
    /// What is left of one item of a list parameter, and the items from this one on.
    Items { item: Option<Box<Rest>>, next: usize },
    /// Rooms whose folded names come after this; their ages are those of this time (µs since
    /// the Unix epoch).
    Rooms { after: Arc<str>, wall_us: u64 },
    /// People found by a mask, or members of a room.
    People { room: Option<RoomKey>, people: IntoIter<UserId> },
    /// Names of members of a room, which is entered.
    Names { room: RoomKey, people: IntoIter<UserId>, is_entering: bool },
    /// Records of a room's past, in this batch.
    Records { room: RoomKey, records: IntoIter<Seq>, batch: Option<String> },
    /// Of the name before the next item, those given up before the one with this number; so many
    /// were told.
    Past { before: u64, told: usize },
    /// Lines of the message of the day, from this one on.
    Motd { next: usize },
}
