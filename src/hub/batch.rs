//! The result of one round of the hub: the I/O layer does what stands in it.

use super::check::Check;
use super::fact::Fact;
use super::ids::SessionId;
use std::ops::Range;
use std::sync::Arc;

/// Whole encoded lines, kept for as long as anybody waits for them.
pub type Frame = Arc<[u8]>;

/// Bytes of each kind of memory that a batch keeps from round to round.
const KEPT: usize = 512 * 1024;

/// The sessions that get something. None is named twice: parcels for the same people are joined, and
/// would be out of order for such a one.
#[derive(Debug, Clone)]
pub enum Receivers {
    /// A session gets replies to what it has asked for. They have no bound, but no more can be
    /// asked for until they are taken.
    One(SessionId),
    /// A session gets what it has not asked for.
    Alone(SessionId),
    Many {
        /// One list for all that is said among the same people, whoever of them speaks.
        sessions: Arc<[SessionId]>,
        /// The one of them that does not get it.
        but: Option<SessionId>,
    },
}

impl Receivers {
    pub fn all(sessions: impl IntoIterator<Item = SessionId>) -> Receivers {
        Receivers::Many { sessions: sessions.into_iter().collect(), but: None }
    }

    pub fn iter(&self) -> impl Iterator<Item = SessionId> {
        let (sessions, but) = match self {
            Receivers::One(session) | Receivers::Alone(session) => (std::slice::from_ref(session), None),
            Receivers::Many { sessions, but } => (&**sessions, *but),
        };
        sessions.iter().copied().filter(move |&session| Some(session) != but)
    }

    /// The session that gets it, if it is one alone.
    pub fn only(&self) -> Option<SessionId> {
        self.iter().next().filter(|_| self.count() == 1)
    }

    fn count(&self) -> usize {
        match self {
            Receivers::One(_) | Receivers::Alone(_) => 1,
            Receivers::Many { sessions, but } => sessions.len() - usize::from(but.is_some()),
        }
    }

    /// False also where others that are equal were made apart.
    fn are(&self, others: &Receivers) -> bool {
        match (self, others) {
            (Receivers::One(one), Receivers::One(other))
            | (Receivers::Alone(one), Receivers::Alone(other)) => one == other,
            (Receivers::Many { sessions, but }, Receivers::Many { sessions: others, but: other }) => {
                Arc::ptr_eq(sessions, others) && but == other
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
    parcels: Vec<Packed>,
    pub facts: Vec<Fact>,
    pub close: Vec<Close>,
    /// Passwords to be checked; see [`super::Hub::checked`].
    pub checks: Vec<Check>,
    /// Sessions whose next lines may come: each once for each call of [`super::Hub::input`].
    pub released: Vec<SessionId>,
    /// Sessions whose lines wait until [`super::Hub::drained`], for what they are sent here.
    pub backlogged: Vec<SessionId>,
    /// Sessions that are over, after [`super::Hub::gone`]: each once.
    pub gone: Vec<Gone>,
}

/// A session that the hub has forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub session: SessionId,
    /// Its peer has only ended its own half of the stream.
    pub may_read: bool,
}

/// A [`Parcel`] as it is kept.
#[derive(Debug)]
struct Packed {
    bytes: Range<usize>,
    frames: usize,
    to: Receivers,
}

/// Something for somebody.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// Whole encoded lines; never empty.
    pub bytes: &'a [u8],
    /// In how many writings they came, such as one for each event.
    pub frames: usize,
    /// Never nobody.
    pub to: &'a Receivers,
}

/// A connection to be closed, after its last line has been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub session: SessionId,
    /// Sent instead of what is still queued; may be empty.
    pub farewell: Frame,
}

impl Batch {
    /// Appends what is written to what its receivers get: whole lines, or nothing.
    pub fn deliver(&mut self, to: Receivers, write: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(to.iter().count() == to.count(), "who does not get it is one of them");
        let start = self.bytes.len();
        if to.count() > 0 {
            write(&mut self.bytes);
        }
        let bytes = start..self.bytes.len();
        // Not everything can be said to everybody.
        if bytes.is_empty() {
            return;
        }
        debug_assert!(self.bytes.ends_with(b"\n"), "lines are whole");
        match self.parcels.last_mut() {
            // The sender then looks at each receiver once, if all read the same kind of writing.
            Some(last) if last.to.are(&to) => {
                last.bytes.end = bytes.end;
                last.frames += 1;
            }
            _ => self.parcels.push(Packed { bytes, frames: 1, to }),
        }
    }

    /// In the order in which each receiver is to have them.
    pub fn parcels(&self) -> impl Iterator<Item = Parcel<'_>> {
        self.parcels.iter().map(|Packed { bytes, frames, to }| Parcel {
            bytes: &self.bytes[bytes.clone()],
            frames: *frames,
            to,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
            && self.facts.is_empty()
            && self.close.is_empty()
            && self.checks.is_empty()
            && self.released.is_empty()
            && self.backlogged.is_empty()
            && self.gone.is_empty()
    }

    /// Makes it ready for the next round.
    pub fn clear(&mut self) {
        self.parcels.clear();
        self.parcels.shrink_to(KEPT / size_of::<Packed>());
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.facts.clear();
        self.facts.shrink_to(KEPT / size_of::<Fact>());
        self.close.clear();
        self.checks.clear();
        self.released.clear();
        self.backlogged.clear();
        self.gone.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_same_people_get_in_a_row_is_one_parcel() {
        let both = Receivers::all([SessionId(0), SessionId(1)]);
        let one = Receivers::One(SessionId(0));
        let mut batch = Batch::default();
        for (text, to) in [("a", &both), ("b", &both), ("c", &one), ("d", &one), ("", &one), ("e", &both)] {
            batch.deliver(to.clone(), |out| out.extend(text.bytes().flat_map(|byte| [byte, b'\n'])));
        }
        batch.deliver(Receivers::all([]), |out| out.extend(b"f\n"));
        let parcels: Vec<_> = batch
            .parcels()
            .map(|Parcel { bytes, frames, to }| (std::str::from_utf8(bytes).unwrap(), frames, to.count()))
            .collect();
        assert_eq!(parcels, [("a\nb\n", 2, 2), ("c\nd\n", 2, 1), ("e\n", 1, 2)]);
    }

    #[test]
    fn one_list_is_for_whoever_of_them_speaks() {
        let sessions: Arc<[SessionId]> = [0, 1, 2].map(SessionId).into();
        let but =
            |session| Receivers::Many { sessions: Arc::clone(&sessions), but: Some(SessionId(session)) };
        assert!(but(1).iter().eq([SessionId(0), SessionId(2)]));
        assert!(but(1).are(&but(1)) && !but(1).are(&but(2)));
        assert_eq!((but(1).only(), Receivers::One(SessionId(5)).only()), (None, Some(SessionId(5))));
        let some = |sessions: &[u32]| Receivers::Many {
            sessions: sessions.iter().copied().map(SessionId).collect(),
            but: Some(SessionId(0)),
        };
        assert_eq!((some(&[0, 1]).only(), some(&[0]).count()), (Some(SessionId(1)), 0));
    }
}
