//! How bytes leave for one client, without ever waiting for it.

use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

/// What became of the bytes that were offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
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
pub(super) trait Outlet: Send + Sync {
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

/// A blocking socket that is sent to without blocking: the flag is the call's
/// and not the socket's, so that its reader can go on sleeping in `read`.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct SocketOutlet {
    socket: TcpStream,
    /// Set once, by the client's thread, before anything is sent.
    sends_lines_apart: AtomicBool,
}

#[cfg(unix)]
impl SocketOutlet {
    pub(super) fn new(socket: TcpStream) -> SocketOutlet {
        SocketOutlet { socket, sends_lines_apart: AtomicBool::new(false) }
    }

    /// For the client's thread, which reads.
    pub(super) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Each line by itself. Apart from [`Outlet::offer`], whose calls are made in a row for many
    /// members: what it does not need is kept out of the nearest caches.
    #[cold]
    #[inline(never)]
    fn offer_lines(&self, bytes: &[u8]) -> Offer {
        let mut sent = 0;
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            // The rest of a line that is only begun here comes with the next offer.
            let is_whole = line.ends_with(b"\n") || sent == 0;
            match if is_whole { self.send(line) } else { Offer::Full } {
                Offer::Sent => sent += line.len(),
                Offer::Partly(count) => return Offer::Partly(sent + count),
                Offer::Full if sent > 0 => return Offer::Partly(sent),
                offer => return offer,
            }
        }
        Offer::Sent
    }

    #[inline]
    fn send(&self, bytes: &[u8]) -> Offer {
        use rustix::io::Errno;
        loop {
            return match rustix::net::send(&self.socket, bytes, FLAGS) {
                Ok(count) if count == bytes.len() => Offer::Sent,
                Ok(0) | Err(Errno::AGAIN | Errno::NOBUFS) => Offer::Full,
                Ok(count) => Offer::Partly(count),
                Err(Errno::INTR) => continue,
                Err(_) => Offer::Gone,
            };
        }
    }
}

#[cfg(unix)]
impl Outlet for SocketOutlet {
    fn prefetch(&self) {
        use std::os::fd::AsRawFd;
        std::hint::black_box(self.socket.as_raw_fd());
    }

    #[inline]
    fn offer(&self, bytes: &[u8]) -> Offer {
        if self.sends_lines_apart.load(Ordering::Relaxed) {
            self.offer_lines(bytes)
        } else {
            self.send(bytes)
        }
    }

    fn finish(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    fn cut(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    fn send_lines_apart(&self) {
        self.sends_lines_apart.store(true, Ordering::Relaxed);
    }

    /// The system sends what it has taken before the end.
    fn owes(&self) -> bool {
        false
    }
}

/// Apple's systems have no such flag for a call; there std sets it on the socket.
#[cfg(all(unix, target_vendor = "apple"))]
const FLAGS: rustix::net::SendFlags = rustix::net::SendFlags::DONTWAIT;
#[cfg(all(unix, not(target_vendor = "apple")))]
const FLAGS: rustix::net::SendFlags =
    rustix::net::SendFlags::DONTWAIT.union(rustix::net::SendFlags::NOSIGNAL);

/// Fills the buffer's memory with what has already come in and was not yet read. False where
/// that is nothing, the end or an error, which the next blocking read meets again.
#[cfg(unix)]
pub(super) fn read_now(socket: &TcpStream, buffer: &mut Vec<u8>) -> bool {
    use rustix::net::RecvFlags;
    buffer.clear();
    let _ = rustix::net::recv(socket, rustix::buffer::spare_capacity(buffer), RecvFlags::DONTWAIT);
    !buffer.is_empty()
}

/// Elsewhere nobody can tell; the next blocking read gets it.
#[cfg(not(unix))]
pub(super) fn read_now(_: &TcpStream, _: &mut Vec<u8>) -> bool {
    false
}

/// The outlet and the bell of this system.
#[cfg(unix)]
pub(super) type NativeOutlet = SocketOutlet;
#[cfg(unix)]
pub(super) type NativeBell = super::bell::PollBell;
#[cfg(not(unix))]
pub(super) type NativeOutlet = super::pump::PumpOutlet;
#[cfg(not(unix))]
pub(super) type NativeBell = std::sync::Arc<super::bell::FlagBell>;

#[cfg(test)]
pub(super) mod fake {
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
        pub(in crate::server) fn turns(&self) -> usize {
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
