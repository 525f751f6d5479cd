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

/// Who gets something. Nobody is named twice: frames for the same people are joined, and
/// would be out of order for such a one.
#[derive(Debug, Clone)]
pub enum Receivers {
    One(SeatId),
    /// Shared by all that the same people get in a row.
    Many(Arc<[SeatId]>),
}

impl Receivers {
    fn seats(&self) -> &[SeatId] {
        match self {
            Receivers::One(seat) => std::slice::from_ref(seat),
            Receivers::Many(seats) => seats,
        }
    }

    /// False also where others that are equal were made apart.
    fn are(&self, others: &Receivers) -> bool {
        match (self, others) {
            (Receivers::One(one), Receivers::One(other)) => one == other,
            (Receivers::Many(some), Receivers::Many(others)) => Arc::ptr_eq(some, others),
            _ => false,
        }
    }
}

/// Everything that follows from one round of input, in order.
///
/// The server first appends the deliveries to what each receiver gets (and tells the
/// console the facts), then closes: who is closed gets his before his last line.
#[derive(Debug, Default)]
pub struct Batch {
    /// The frames of all deliveries, one after another.
    frames: Vec<Frame>,
    /// Of each its frames and who gets them.
    deliveries: Vec<(Range<usize>, Receivers)>,
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
    /// Appends a frame to what its receivers get.
    pub fn deliver(&mut self, frame: Frame, to: Receivers) {
        if to.seats().is_empty() {
            return;
        }
        self.frames.push(frame);
        let end = self.frames.len();
        match self.deliveries.last_mut() {
            // Whoever delivers looks at each of them once, where all read the same kind of writing.
            Some((frames, receivers)) if receivers.are(&to) => frames.end = end,
            _ => self.deliveries.push((end - 1..end, to)),
        }
    }

    /// Frames with their receivers, in the order in which each receiver is
    /// to have them.
    pub fn deliveries(&self) -> impl Iterator<Item = (&[Frame], &[SeatId])> {
        self.deliveries.iter().map(|(frames, to)| (&self.frames[frames.clone()], to.seats()))
    }

    pub fn is_empty(&self) -> bool {
        self.deliveries.is_empty() && self.facts.is_empty() && self.close.is_empty() && self.checks.is_empty()
    }

    /// Makes it ready for the next round; its memory is kept.
    pub fn clear(&mut self) {
        self.deliveries.clear();
        self.frames.clear();
        self.facts.clear();
        self.close.clear();
        self.checks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_same_people_get_in_a_row_is_one_delivery() {
        let both = Receivers::Many([SeatId(0), SeatId(1)].into());
        let one = Receivers::One(SeatId(0));
        let mut batch = Batch::default();
        for (text, to) in [("a", &both), ("b", &both), ("c", &one), ("d", &one), ("e", &both)] {
            batch.deliver(text.as_bytes().into(), to.clone());
        }
        batch.deliver(b"f"[..].into(), Receivers::Many([].into()));
        let deliveries: Vec<_> = batch
            .deliveries()
            .map(|(frames, to)| (String::from_utf8(frames.concat()).unwrap(), to.len()))
            .collect();
        assert_eq!(deliveries, [("ab".to_owned(), 2), ("cd".to_owned(), 1), ("e".to_owned(), 2)]);
    }
}
