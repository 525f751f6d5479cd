//! A line that is obeyed in several slices: what is left of it, and how its reply has begun.
//!
//! People and rooms come, go and are renamed between the slices. Those that are there all the time
//! are dealt with exactly once: rooms are visited in the order of their names, which never change,
//! and people by a list of their numbers, which they keep as long as they are here.

use crate::chat::{Record, RoomKey, Seq, UserId};
use crate::wire::Message;
use std::sync::Arc;
use std::vec::IntoIter;

/// Owned by its session's lines.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// None where the rest can be done without it.
    pub(super) message: Option<Message>,
    pub(super) rest: Rest,
    /// The line's label, as long as nothing was replied.
    pub(super) label: Option<String>,
    /// The labeled-response batch that is open.
    pub(super) batch: Option<String>,
}

/// Records that were found when the log ended with the entry `as_of`.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) as_of: Seq,
    pub(super) records: IntoIter<Arc<Record>>,
}

impl Records {
    pub(super) fn none() -> Records {
        Records { as_of: Seq(u64::MAX), records: Vec::new().into_iter() }
    }
}

/// What is left of a line.
#[derive(Debug)]
pub(super) enum Rest {
    /// What is left of one item of a list parameter, and the items from this one on.
    Items { item: Option<Box<Rest>>, next: usize },
    /// Rooms whose folded names come after this; ages are computed for this time (µs since the Unix
    /// epoch).
    Rooms { after: Arc<str>, wall_us: u64 },
    /// People found by a mask, or members of a room.
    People { room: Option<RoomKey>, people: IntoIter<UserId> },
    /// Members of a room whose names are still to be listed; `entered` is the entry of a JOIN.
    Names { room: RoomKey, people: IntoIter<UserId>, entered: Option<Seq> },
    /// Records of a room's history, or of those that each record names, in this batch.
    Records { room: Option<RoomKey>, found: Records, batch: Option<String> },
    /// What the disk has answered; nothing until then.
    Found(Records),
    /// The disk has not answered in time.
    TooLong,
    /// WHOWAS entries of the item before `next`: those before this number. So many were told.
    Whowas { before: u64, told: usize },
    /// Lines of the message of the day, from this one on.
    Motd { next: usize },
}
