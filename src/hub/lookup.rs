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

/// Redactions that are remembered: an answer that is on its way, or is being sent, may still have
/// the message.
const MOST: usize = 4096;

/// Messages that were redacted lately.
#[derive(Debug, Default)]
pub(super) struct Redacted {
    messages: BTreeSet<Seq>,
    /// The same, the oldest redaction first; at most [`MOST`].
    order: VecDeque<Seq>,
}

impl Redacted {
    pub(super) fn add(&mut self, message: Seq) {
        if self.messages.insert(message) {
            self.order.push_back(message);
        }
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.messages.remove(&oldest);
        }
    }

    pub(super) fn has(&self, message: Seq) -> bool {
        self.messages.contains(&message)
    }
}
