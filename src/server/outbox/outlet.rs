//! How bytes leave for one client, without ever waiting for it.

/// What became of the bytes that were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// All of them were taken, and nothing more is to be done for them.
    Sent,
    /// All of them were taken, and the outlet has bytes of its own left that found no room, such
    /// as a part of an encrypted record. They leave with the next offer, also of nothing.
    Owes,
    /// The first n were taken, n greater than 0.
    Partly(usize),
    /// None can be taken now.
    Full,
    /// None will ever be taken again. The thread that reads this client learns why.
    Gone,
}

/// The sending end of a connection. One thread offers at a time.
pub(crate) trait Outlet: Send + Sync {
    /// Reads the first that an offer will, so that it is in the cache when that is made.
    fn prefetch(&self) {}
    /// Takes what can be taken at once, after what it owes. Never blocks.
    fn offer(&self, bytes: &[u8]) -> Offer;
    /// Ends the stream after what was taken; the client's words still come in.
    fn finish(&self);
    /// Ends both directions at once and wakes the thread that reads.
    fn cut(&self);
    /// From now on each line leaves in a send of its own: the peer takes what one read brings for
    /// a message.
    fn send_lines_apart(&self);
    /// Whether a cut would lose something that was taken: after [`Offer::Owes`], or where a
    /// thread of the outlet's own still writes.
    fn owes(&self) -> bool;
}

#[cfg(test)]
pub(crate) mod fake {
    use super::{Offer, Outlet};
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Takes as much at each offer as it was told beforehand, and then nothing.
    #[derive(Debug, Default)]
    pub(crate) struct Fake {
        room: Mutex<VecDeque<usize>>,
        taken: Mutex<Vec<u8>>,
        lost: AtomicBool,
        /// Takes all that is offered once it owes nothing, as encryption does.
        buffers: bool,
        owed: Mutex<Vec<u8>>,
    }

    impl Fake {
        pub(crate) fn with_room(room: impl IntoIterator<Item = usize>) -> Fake {
            Fake { room: Mutex::new(room.into_iter().collect()), ..Fake::default() }
        }

        pub(crate) fn buffering(room: impl IntoIterator<Item = usize>) -> Fake {
            Fake { buffers: true, ..Fake::with_room(room) }
        }

        pub(crate) fn add_room(&self, bytes: usize) {
            self.room.lock().unwrap().push_back(bytes);
        }

        pub(crate) fn taken(&self) -> String {
            String::from_utf8(self.taken.lock().unwrap().clone()).unwrap()
        }

        /// The peer is gone.
        pub(crate) fn lose(&self) {
            self.lost.store(true, Ordering::Relaxed);
        }

        /// Offers that can still be made.
        pub(crate) fn offers_left(&self) -> usize {
            self.room.lock().unwrap().len()
        }
    }

    impl Outlet for Fake {
        fn offer(&self, bytes: &[u8]) -> Offer {
            if self.lost.load(Ordering::Relaxed) {
                return Offer::Gone;
            }
            let room = self.room.lock().unwrap().pop_front().unwrap_or(0);
            if self.buffers {
                let (mut owed, mut taken) = (self.owed.lock().unwrap(), self.taken.lock().unwrap());
                let is_full = room < owed.len() && !bytes.is_empty();
                owed.extend_from_slice(if is_full { &[] } else { bytes });
                let count = room.min(owed.len());
                taken.extend(owed.drain(..count));
                return match owed.is_empty() {
                    _ if is_full => Offer::Full,
                    true => Offer::Sent,
                    false => Offer::Owes,
                };
            }
            let count = room.min(bytes.len());
            self.taken.lock().unwrap().extend_from_slice(&bytes[..count]);
            match count {
                all if all == bytes.len() => Offer::Sent,
                0 => Offer::Full,
                some => Offer::Partly(some),
            }
        }

        fn finish(&self) {
            self.taken.lock().unwrap().extend_from_slice(b"(finished)");
        }

        fn cut(&self) {
            self.taken.lock().unwrap().extend_from_slice(b"(cut)");
        }

        fn send_lines_apart(&self) {}

        fn owes(&self) -> bool {
            !self.owed.lock().unwrap().is_empty()
        }
    }
}
