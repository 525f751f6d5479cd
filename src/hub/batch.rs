//! What one round of the hub asks the rim to do.

use super::fact::Fact;
use super::hold::Check;
use std::ops::Range;
use std::sync::Arc;

/// A connection's number, given by the server; used again only after the hub
/// was told that the connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatId(pub u32);

impl SeatId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whole encoded lines, written once and shared by all who get them.
pub type Frame = Arc<[u8]>;

/// Receivers for whom memory is kept from one round to the next, whatever comes.
const KEPT: usize = 16 * 1024;

/// Everything that follows from one round of input, in order.
///
/// The server first appends the deliveries to what each receiver gets (and tells the
/// console the facts), then closes: who is closed gets his before his last line.
#[derive(Debug, Default)]
pub struct Batch {
    deliveries: Vec<(Frame, Range<usize>)>,
    /// The receivers of all deliveries, one after another.
    receivers: Vec<SeatId>,
    pub facts: Vec<Fact>,
    pub close: Vec<Close>,
    /// Passwords to be checked; see [`super::Hub::checked`].
    pub checks: Vec<Check>,
}

/// A connection to be closed, after its last line has been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub seat: SeatId,
    /// Sent instead of what is still queued; may be empty.
    pub farewell: Frame,
}

impl Batch {
    pub fn deliver(&mut self, frame: Frame, to: impl IntoIterator<Item = SeatId>) {
        let start = self.receivers.len();
        self.receivers.extend(to);
        if self.receivers.len() > start {
            self.deliveries.push((frame, start..self.receivers.len()));
        }
    }

    /// Each frame with its receivers, in the order in which each receiver is
    /// to have them.
    pub fn deliveries(&self) -> impl Iterator<Item = (&Frame, &[SeatId])> {
        self.deliveries.iter().map(|(frame, range)| (frame, &self.receivers[range.clone()]))
    }

    pub fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.facts.is_empty() && self.close.is_empty() && self.checks.is_empty()
    }

    /// Makes it ready for the next round; its memory is kept, but for that of a
    /// round that was far bigger than the one that ends.
    pub fn clear(&mut self) {
        // Ten thousand who come in at once have millions of receivers, once.
        let receivers = self.receivers.len();
        self.deliveries.clear();
        self.receivers.clear();
        if self.receivers.capacity() > KEPT.max(4 * receivers) {
            self.receivers.shrink_to(KEPT.max(2 * receivers));
        }
        self.facts.clear();
        self.close.clear();
        self.checks.clear();
    }
}
