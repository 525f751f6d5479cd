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

/// Whole encoded lines, kept for as long as anybody waits for them.
pub type Frame = Arc<[u8]>;

/// Bytes of memory that a batch keeps from round to round.
const KEPT: usize = 128 * 1024;

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
/// The server first appends the parcels to what each receiver gets (and tells the
/// console the facts), then closes: who is closed gets his before his last line.
#[derive(Debug, Default)]
pub struct Batch {
    /// All that is delivered, one after another.
    bytes: Vec<u8>,
    parcels: Vec<(Writing, Receivers)>,
    pub facts: Vec<Fact>,
    pub close: Vec<Close>,
    /// Passwords to be checked; see [`super::Hub::checked`].
    pub checks: Vec<Check>,
}

/// What one parcel brings.
#[derive(Debug)]
struct Writing {
    bytes: Range<usize>,
    frames: usize,
}

/// Something for somebody.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// Whole encoded lines; never empty.
    pub bytes: &'a [u8],
    /// In how many writings they came: about as many as there were events.
    pub frames: usize,
    /// Nobody twice, and never nobody.
    pub to: &'a [SeatId],
}

/// A connection to be closed, after its last line has been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub seat: SeatId,
    /// Sent instead of what is still queued; may be empty.
    pub farewell: Frame,
}

impl Batch {
    /// Appends what is written to what its receivers get: whole lines, or nothing.
    pub fn deliver(&mut self, to: Receivers, write: impl FnOnce(&mut Vec<u8>)) {
        if to.seats().is_empty() {
            return;
        }
        let start = self.bytes.len();
        write(&mut self.bytes);
        let bytes = start..self.bytes.len();
        match self.parcels.last_mut() {
            // Not everything can be said to everybody.
            _ if bytes.is_empty() => {}
            // Whoever sends them looks at each receiver once, where all read the same kind of writing.
            Some((writing, receivers)) if receivers.are(&to) => {
                writing.bytes.end = bytes.end;
                writing.frames += 1;
            }
            _ => self.parcels.push((Writing { bytes, frames: 1 }, to)),
        }
    }

    /// In the order in which each receiver is to have them.
    pub fn parcels(&self) -> impl Iterator<Item = Parcel<'_>> {
        self.parcels.iter().map(|(Writing { bytes, frames }, to)| Parcel {
            bytes: &self.bytes[bytes.clone()],
            frames: *frames,
            to: to.seats(),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty() && self.facts.is_empty() && self.close.is_empty() && self.checks.is_empty()
    }

    /// Makes it ready for the next round.
    pub fn clear(&mut self) {
        self.parcels.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.facts.clear();
        self.close.clear();
        self.checks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_same_people_get_in_a_row_is_one_parcel() {
        let both = Receivers::Many([SeatId(0), SeatId(1)].into());
        let one = Receivers::One(SeatId(0));
        let mut batch = Batch::default();
        for (text, to) in [("a", &both), ("b", &both), ("c", &one), ("d", &one), ("", &one), ("e", &both)] {
            batch.deliver(to.clone(), |out| out.extend_from_slice(text.as_bytes()));
        }
        batch.deliver(Receivers::Many([].into()), |out| out.push(b'f'));
        let parcels: Vec<_> = batch
            .parcels()
            .map(|Parcel { bytes, frames, to }| (std::str::from_utf8(bytes).unwrap(), frames, to.len()))
            .collect();
        assert_eq!(parcels, [("ab", 2, 2), ("cd", 2, 1), ("e", 1, 2)]);
    }
}
