//! What is looked up on disk, outside of the hub. Only the lines of the session that asks wait
//! meanwhile.

use super::ids::SessionId;
use crate::chat::question::{Question, Search, Wanted};
use crate::chat::{Record, RoomKey, Seq};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// The number of a question; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupId {
    pub session: SessionId,
    pub number: u64,
    /// The last entry of the log when it was asked.
    pub as_of: Seq,
}

/// [`super::Hub::found`] takes the answer. It must come: until then the session's lines wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The last page of a room that nobody has used since the start.
    Recent(RoomKey),
    /// Of the messages up to `until`.
    Search { id: LookupId, search: Search, until: Seq },
    /// Of the records up to `until`: later ones are told as they happen.
    Answer { id: LookupId, room: RoomKey, question: Question, most: usize, wanted: Wanted, until: Seq },
}

/// The answer.
#[derive(Debug)]
pub enum Found {
    Recent(RoomKey, Vec<Arc<Record>>),
    Answer(LookupId, Vec<Arc<Record>>),
    /// It would take too long to find out.
    TooLong(LookupId),
}

/// Redactions that are remembered.
const MOST: usize = 4096;

/// Messages that were redacted lately: an answer that is on its way, or is being sent, may still
/// have them. One that is older than what is remembered is sent no further.
#[derive(Debug, Default)]
pub(super) struct Redacted {
    messages: BTreeSet<Seq>,
    /// The same, each with the entry that redacted it, the oldest redaction first; at most [`MOST`].
    order: VecDeque<(Seq, Seq)>,
    /// The last redaction that is forgotten.
    forgotten: Seq,
}

impl Redacted {
    /// A message was redacted `by` this entry.
    pub(super) fn add(&mut self, message: Seq, by: Seq) {
        if self.messages.insert(message) {
            self.order.push_back((message, by));
        }
        if self.order.len() > MOST
            && let Some((oldest, by)) = self.order.pop_front()
        {
            self.messages.remove(&oldest);
            self.forgotten = by;
        }
    }

    pub(super) fn has(&self, message: Seq) -> bool {
        self.messages.contains(&message)
    }

    /// Whether it knows all redactions since this entry.
    pub(super) fn knows_since(&self, as_of: Seq) -> bool {
        self.forgotten <= as_of
    }
}
