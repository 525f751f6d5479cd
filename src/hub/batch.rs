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

/// Who gets something. Nobody is named twice: parcels for the same people are joined, and
/// would be out of order for such a one.
#[derive(Debug, Clone)]
pub enum Receivers {
    One(SeatId),
    /// All of these but one, who is among them: one list for all that is said among the
    /// same people, whoever of them it is that speaks.
    Many(Arc<[SeatId]>, Option<SeatId>),
}

impl Receivers {
    pub fn iter(&self) -> impl Iterator<Item = SeatId> {
        let (seats, but) = match self {
            Receivers::One(seat) => (std::slice::from_ref(seat), None),
            Receivers::Many(seats, but) => (&**seats, *but),
        };
        seats.iter().copied().filter(move |&seat| Some(seat) != but)
    }

    /// Who gets it, where that is one alone.
    pub fn only(&self) -> Option<SeatId> {
        match self {
            Receivers::Many(seats, but) if seats.len() != 1 + usize::from(but.is_some()) => None,
            some => some.iter().next(),
        }
    }

    fn is_nobody(&self) -> bool {
        matches!(self, Receivers::Many(seats, but) if seats.len() == usize::from(but.is_some()))
    }

    /// False also where others that are equal were made apart.
    fn are(&self, others: &Receivers) -> bool {
        match (self, others) {
            (Receivers::One(one), Receivers::One(other)) => one == other,
            (Receivers::Many(some, but), Receivers::Many(others, other)) => {
                Arc::ptr_eq(some, others) && but == other
            }
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
    /// Never nobody.
    pub to: &'a Receivers,
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
        if to.is_nobody() {
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
            to,
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
        let both = Receivers::Many([SeatId(0), SeatId(1)].into(), None);
        let one = Receivers::One(SeatId(0));
        let mut batch = Batch::default();
        for (text, to) in [("a", &both), ("b", &both), ("c", &one), ("d", &one), ("", &one), ("e", &both)] {
            batch.deliver(to.clone(), |out| out.extend_from_slice(text.as_bytes()));
        }
        batch.deliver(Receivers::Many([].into(), None), |out| out.push(b'f'));
        let parcels: Vec<_> = batch
            .parcels()
            .map(|Parcel { bytes, frames, to }| {
                (std::str::from_utf8(bytes).unwrap(), frames, to.iter().count())
            })
            .collect();
        assert_eq!(parcels, [("ab", 2, 2), ("cd", 2, 1), ("e", 1, 2)]);
    }

    #[test]
    fn one_list_is_for_whoever_of_them_speaks() {
        let seats: Arc<[SeatId]> = [SeatId(0), SeatId(1), SeatId(2)].into();
        let but = |seat| Receivers::Many(Arc::clone(&seats), Some(SeatId(seat)));
        assert!(but(1).iter().eq([SeatId(0), SeatId(2)]));
        assert!(but(1).are(&but(1)) && !but(1).are(&but(2)));
        assert_eq!((but(1).only(), Receivers::One(SeatId(5)).only()), (None, Some(SeatId(5))));
        let two = Receivers::Many([SeatId(0), SeatId(1)].into(), Some(SeatId(0)));
        let alone = Receivers::Many([SeatId(0)].into(), Some(SeatId(0)));
        assert_eq!((two.only(), two.is_nobody()), (Some(SeatId(1)), false));
        assert_eq!((alone.only(), alone.is_nobody()), (None, true));
    }
}
