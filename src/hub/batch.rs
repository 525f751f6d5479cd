//! The result of one round of the hub, which the I/O layer carries out.

use super::check::Check;
use super::fact::Fact;
use super::ids::SessionId;
use std::ops::Range;
use std::sync::Arc;

/// Whole encoded lines, shared by all who wait for them.
pub type Frame = Arc<[u8]>;

/// Bytes of each buffer that a batch keeps from round to round.
const KEPT: usize = 512 * 1024;

/// The sessions that get something. No session may be in it twice: its bytes would come out of
/// order, since parcels for the same sessions are joined.
#[derive(Debug, Clone)]
pub enum Receivers {
    /// One session, which gets replies to its own lines. Replies have no bound of their own: the
    /// session's next lines wait until they are taken.
    One(SessionId),
    /// One session, which gets something that it has not asked for.
    Alone(SessionId),
    Many {
        /// One shared list for all events among the same sessions, whoever is the author.
        sessions: Arc<[SessionId]>,
        /// The session in the list that does not get it.
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

    /// The session that gets it, if it is only one.
    pub fn only(&self) -> Option<SessionId> {
        self.iter().next().filter(|_| self.count() == 1)
    }

    fn count(&self) -> usize {
        match self {
            Receivers::One(_) | Receivers::Alone(_) => 1,
            Receivers::Many { sessions, but } => sessions.len() - usize::from(but.is_some()),
        }
    }

    /// Whether both are the same. Equal lists that were allocated separately count as different.
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
/// The server first delivers the parcels and shows the facts on the console, then closes: a session
/// that is closed gets its parcels before its last line.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes of all parcels, one after another.
    bytes: Vec<u8>,
    parcels: Vec<Packed>,
    pub facts: Vec<Fact>,
    pub close: Vec<Close>,
    /// Passwords to be checked; see [`super::Hub::checked`].
    pub checks: Vec<Check>,
    /// Sessions whose next lines the I/O layer may give: once for each call of
    /// [`super::Hub::input`].
    pub released: Vec<SessionId>,
    /// Sessions whose lines wait until they have taken what they are sent here: the I/O layer calls
    /// [`super::Hub::drained`] then.
    pub backlogged: Vec<SessionId>,
    /// Sessions that the hub has forgotten after [`super::Hub::gone`]: each once.
    pub gone: Vec<Gone>,
}

/// A session that the hub has forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    pub session: SessionId,
    /// The peer has ended only its own half of the stream, and may still read.
    pub may_read: bool,
}

/// A [`Parcel`] as it is stored.
#[derive(Debug)]
struct Packed {
    bytes: Range<usize>,
    frames: usize,
    to: Receivers,
}

/// Bytes and the sessions that get them.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// Whole encoded lines; never empty.
    pub bytes: &'a [u8],
    /// The number of [`Batch::deliver`] calls that were joined, such as one for each event.
    pub frames: usize,
    /// Never empty.
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
    /// Delivers what `write` appends, which is whole lines or nothing.
    pub fn deliver(&mut self, to: Receivers, write: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(to.iter().count() == to.count(), "who does not get it is one of them");
        let start = self.bytes.len();
        if to.count() > 0 {
            write(&mut self.bytes);
        }
        let bytes = start..self.bytes.len();
        // Some events have no form in some encodings.
        if bytes.is_empty() {
            return;
        }
        debug_assert!(self.bytes.ends_with(b"\n"), "lines are whole");
        match self.parcels.last_mut() {
            // Joined, so that the I/O layer handles each receiver once.
            Some(last) if last.to.are(&to) => {
                last.bytes.end = bytes.end;
                last.frames += 1;
            }
            _ => self.parcels.push(Packed { bytes, frames: 1, to }),
        }
    }

    /// All parcels, in the order in which each receiver must get them.
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

    /// Empties it for the next round.
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
