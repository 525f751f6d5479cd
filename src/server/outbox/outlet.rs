//! How bytes leave for one client, without ever waiting for it.

/// What became of the bytes that were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Offer {
    /// All of them were taken.
    Sent,
    /// The first n were taken, n greater than 0.
    Partly(usize),
    /// None can be taken now.
    Full,
    /// None will ever be taken again. Whoever reads this client learns why.
    Gone,
}

/// The sending end of a connection. One thread offers at a time.
pub(in crate::server) trait Outlet: Send + Sync {
    /// Reads the first that an offer will, so that it is in the cache when that is made.
    fn prefetch(&self) {}
    /// Takes what can be taken at once. Never blocks.
    fn offer(&self, bytes: &[u8]) -> Offer;
    /// Ends the stream after what was taken; the client's words still come in.
    fn finish(&self);
    /// Ends both directions at once and wakes the thread that reads.
    fn cut(&self);
    /// From now on each line leaves in a send of its own: whoever reads takes what one brings
    /// for a message.
    fn send_lines_apart(&self);
    /// Whether a cut would lose something that was taken.
    fn owes(&self) -> bool;
}

#[cfg(test)]
pub(in crate::server) mod fake {
    use super::{Offer, Outlet};
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Takes as much at each offer as it was told beforehand, and then nothing.
    #[derive(Debug, Default)]
    pub(in crate::server) struct Fake {
        room: Mutex<VecDeque<usize>>,
        taken: Mutex<Vec<u8>>,
        lost: AtomicBool,
    }

    impl Fake {
        pub(in crate::server) fn with_room(room: impl IntoIterator<Item = usize>) -> Fake {
            Fake { room: Mutex::new(room.into_iter().collect()), ..Fake::default() }
        }

        pub(in crate::server) fn add_room(&self, bytes: usize) {
            self.room.lock().unwrap().push_back(bytes);
        }

        pub(in crate::server) fn taken(&self) -> String {
            String::from_utf8(self.taken.lock().unwrap().clone()).unwrap()
        }

        /// The peer is gone.
        pub(in crate::server) fn lose(&self) {
            self.lost.store(true, Ordering::Relaxed);
        }

        /// Offers that can still be made.
        pub(in crate::server) fn offers_left(&self) -> usize {
            self.room.lock().unwrap().len()
        }
    }

    impl Outlet for Fake {
        fn offer(&self, bytes: &[u8]) -> Offer {
            if self.lost.load(Ordering::Relaxed) {
                return Offer::Gone;
            }
            let count = self.room.lock().unwrap().pop_front().unwrap_or(0).min(bytes.len());
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
            false
        }
    }
}
