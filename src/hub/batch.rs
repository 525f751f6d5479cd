//! The result of one round of the hub, which the I/O layer carries out.

use super::check::Check;
use super::console_event::ConsoleEvent;
use super::ids::SessionId;
use super::lookup::Lookup;
use crate::chat::kept::Persist;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

/// Whole encoded lines, shared by all who wait for them.
pub type Frame = Arc<[u8]>;

/// Bytes of each buffer that a batch keeps from round to round.
const KEPT: usize = 512 * 1024;

/// The sessions that get something. No session may be in it twice: its bytes would come out of
/// order, since parcels for the same sessions are joined.
#[derive(Debug, Clone)]
pub enum Recipients {
    /// One session, which gets replies to its own lines. Replies have no bound of their own: the
    /// session's next lines wait until they are taken.
    One(SessionId),
    /// One session, which gets something that it has not asked for.
    Alone(SessionId),
    Many {
        /// One shared list for all events among the same sessions, whoever is the author.
        sessions: Arc<[SessionId]>,
        /// The session in the list that does not get it.
        except: Option<SessionId>,
    },
}

impl Recipients {
    pub fn all(sessions: impl IntoIterator<Item = SessionId>) -> Recipients {
        Recipients::Many { sessions: sessions.into_iter().collect(), except: None }
    }

    pub fn iter(&self) -> impl Iterator<Item = SessionId> {
        let (sessions, except) = match self {
            Recipients::One(session) | Recipients::Alone(session) => (std::slice::from_ref(session), None),
            Recipients::Many { sessions, except } => (&**sessions, *except),
        };
        sessions.iter().copied().filter(move |&session| Some(session) != except)
    }

    /// The session that gets it, if it is only one.
    pub fn only(&self) -> Option<SessionId> {
        self.iter().next().filter(|_| self.count() == 1)
    }

    fn count(&self) -> usize {
        match self {
            Recipients::One(_) | Recipients::Alone(_) => 1,
            Recipients::Many { sessions, except } => sessions.len() - usize::from(except.is_some()),
        }
    }

    /// Whether both are the same. Equal lists that were allocated separately count as different.
    fn are(&self, others: &Recipients) -> bool {
        match (self, others) {
            (Recipients::One(one), Recipients::One(other))
            | (Recipients::Alone(one), Recipients::Alone(other)) => one == other,
            (Recipients::Many { sessions, except }, Recipients::Many { sessions: others, except: other }) => {
                Arc::ptr_eq(sessions, others) && except == other
            }
            _ => false,
        }
    }
}

/// Everything that follows from one round of input, in order.
///
/// The server first commits what is to be kept, where that is asked for. Then it delivers the parcels and shows the events on the console, then closes: a session
/// that is closed gets its parcels before its last line.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes of all parcels, one after another.
    bytes: Vec<u8>,
    parcels: Vec<Packed>,
    /// What is to be on disk before anything else of the batch is done; empty where nothing is kept.
    pub persist: Persist,
    pub console: Vec<ConsoleEvent>,
    pub close: Vec<Close>,
    /// Passwords to be checked; see [`super::Hub::checked`].
    pub checks: Vec<Check>,
    /// Questions to the disk, once all before them is on it, each with the network that asks;
    /// [`super::Hub::found`] takes the answers.
    pub lookups: Vec<(IpAddr, Lookup)>,
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
    to: Recipients,
}

/// Bytes and the sessions that get them.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// Whole encoded lines; never empty.
    pub bytes: &'a [u8],
    /// The number of [`Batch::deliver`] calls that were joined, such as one for each event.
    pub frames: usize,
    /// Never empty.
    pub to: &'a Recipients,
}

/// A connection to be closed, after its last line has been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub session: SessionId,
    /// Sent instead of what is still queued; may be empty.
    pub farewell: Frame,
}

impl Batch {
    /// Delivers what `write` appends, which is whole lines or nothing. Whether that is a parcel of
    /// its own, and not joined to the one before.
    pub fn deliver(&mut self, to: Recipients, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        debug_assert!(to.iter().count() == to.count(), "who does not get it is one of them");
        let start = self.bytes.len();
        if to.count() > 0 {
            write(&mut self.bytes);
        }
        let bytes = start..self.bytes.len();
        // Some events have no form in some encodings.
        if bytes.is_empty() {
            return false;
        }
        debug_assert!(self.bytes.ends_with(b"\n"), "lines are whole");
        match self.parcels.last_mut() {
            // Joined, so that the I/O layer handles each receiver once.
            Some(last) if last.to.are(&to) => {
                last.bytes.end = bytes.end;
                last.frames += 1;
                false
            }
            _ => {
                self.parcels.push(Packed { bytes, frames: 1, to });
                true
            }
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

    /// Bytes of all parcels, each counted once, however many get it.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.parcels.is_empty()
            && self.persist.is_empty()
            && self.lookups.is_empty()
            && self.console.is_empty()
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
        self.persist = Persist::default();
        self.lookups.clear();
        self.bytes.shrink_to(KEPT);
        self.console.clear();
        self.console.shrink_to(KEPT / size_of::<ConsoleEvent>());
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
        let both = Recipients::all([SessionId(0), SessionId(1)]);
        let one = Recipients::One(SessionId(0));
        let mut batch = Batch::default();
        for (text, to) in [("a", &both), ("b", &both), ("c", &one), ("d", &one), ("", &one), ("e", &both)] {
            batch.deliver(to.clone(), |out| out.extend(text.bytes().flat_map(|byte| [byte, b'\n'])));
        }
        batch.deliver(Recipients::all([]), |out| out.extend(b"f\n"));
        let parcels: Vec<_> = batch
            .parcels()
            .map(|Parcel { bytes, frames, to }| (std::str::from_utf8(bytes).unwrap(), frames, to.count()))
            .collect();
        assert_eq!(parcels, [("a\nb\n", 2, 2), ("c\nd\n", 2, 1), ("e\n", 1, 2)]);
    }

    #[test]
    fn one_list_is_for_whoever_of_them_speaks() {
        let sessions: Arc<[SessionId]> = [0, 1, 2].map(SessionId).into();
        let except =
            |session| Recipients::Many { sessions: Arc::clone(&sessions), except: Some(SessionId(session)) };
        assert!(except(1).iter().eq([SessionId(0), SessionId(2)]));
        assert!(except(1).are(&except(1)) && !except(1).are(&except(2)));
        assert_eq!((except(1).only(), Recipients::One(SessionId(5)).only()), (None, Some(SessionId(5))));
        let some = |sessions: &[u32]| Recipients::Many {
            sessions: sessions.iter().copied().map(SessionId).collect(),
            except: Some(SessionId(0)),
        };
        assert_eq!((some(&[0, 1]).only(), some(&[0]).count()), (Some(SessionId(1)), 0));
    }
}
