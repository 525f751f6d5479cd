//! The server's disk, while it is full: what is said in rooms waits until it has room again. One message tries whether it
//! has, so that none of those behind it overtakes it; all else is sent meanwhile.

use super::queue::{Piece, Queued};
use crate::text::{Lang, Phrase};
use std::time::Duration;

/// How long is waited before a message is sent again that was refused.
const PAUSE: Duration = Duration::from_secs(5);
/// How often that is done: for ten minutes.
pub(super) const TRIES: u32 = 120;

#[derive(Debug, Default)]
pub(super) struct FullDisk {
    /// The person knows it.
    is_known: bool,
    /// The person knows that what was said waits for it.
    is_told: bool,
    /// A pause begins with the next [`FullDisk::pump`].
    pauses: bool,
    /// The end of the pause.
    pub(super) until: Option<Duration>,
}

impl FullDisk {
    /// A message was refused; what the person is told, once for all that wait.
    pub(super) fn refuses(&mut self) -> Option<Phrase<'static>> {
        (self.is_known, self.pauses) = (true, true);
        (!std::mem::replace(&mut self.is_told, true)).then_some(Phrase::WaitsForDisk)
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if std::mem::take(&mut self.pauses) {
            self.until = Some(now + PAUSE);
        }
        self.until = self.until.filter(|&until| until > now);
    }

    /// Whether this has to wait, while these are under way.
    pub(super) fn holds<'a>(&self, queued: &Queued, mut pending: impl Iterator<Item = &'a Piece>) -> bool {
        let is_to_room = matches!(queued, Queued::Text(piece) if piece.outgoing.room().is_some());
        is_to_room && (self.pauses || self.until.is_some() || pending.any(|piece| piece.unkept > 0))
    }

    /// Whether something waits that was told to wait.
    pub(super) fn makes_wait(&self) -> bool {
        self.is_told
    }

    /// All that waited has arrived, or was given up.
    pub(super) fn is_over(&mut self) {
        self.is_told = false;
    }

    /// The connection is gone: the next one is not told that there is room by now.
    pub(super) fn disconnect(&mut self) {
        *self = FullDisk { is_told: self.is_told, ..FullDisk::default() };
    }

    /// The server tells everybody in a room that its disk is full, or has room again; in how many rooms ever, and
    /// though a refusal has told it, that is news once. None where it tells something else.
    pub(super) fn is_news(&mut self, notice: &str) -> Option<bool> {
        let is = |phrase: Phrase<'_>| phrase.say(Lang::En) == notice;
        if is(Phrase::DiskFull) {
            return Some(!std::mem::replace(&mut self.is_known, true));
        }
        let has_room = is(Phrase::DiskHasRoom);
        if has_room {
            (self.pauses, self.until) = (false, None);
        }
        has_room.then(|| std::mem::take(&mut self.is_known))
    }
}
