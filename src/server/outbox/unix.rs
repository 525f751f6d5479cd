//! Unix: sockets that are sent to and read from without blocking, and `poll` for all of them.

use super::encryption::{Encryption, Received};
use super::outlet::{Offer, Outlet};
use super::poller::{Interest, Poller, Readiness};
use rustls::ServerConfig;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// What is offered leaves as it is.
const PLAIN: u8 = 0;
/// Each line leaves by itself.
const LINES_APART: u8 = 1;
/// It leaves encrypted.
const ENCRYPTED: u8 = 2;

/// A blocking socket that is sent to without blocking: the flag is the call's
/// and not the socket's, so that its reader can go on sleeping in `read`.
#[derive(Debug)]
pub(crate) struct SocketOutlet {
    socket: TcpStream,
    /// Set once, by the client's thread, before anything is sent but a farewell.
    mode: AtomicU8,
    /// Set before the mode says so.
    encryption: OnceLock<Box<Encryption>>,
}

impl SocketOutlet {
    pub(crate) fn new(socket: TcpStream) -> SocketOutlet {
        SocketOutlet { socket, mode: AtomicU8::new(PLAIN), encryption: OnceLock::new() }
    }

    /// From now on the connection speaks TLS. Client's thread only, once.
    pub(crate) fn encrypt(&self, config: Arc<ServerConfig>) {
        self.encryption.get_or_init(|| Box::new(Encryption::new(config)));
        self.mode.store(ENCRYPTED, Ordering::Release);
    }

    /// Takes what has come in and appends to `plain` what was said by it. Client's thread only,
    /// after [`SocketOutlet::encrypt`].
    ///
    /// # Errors
    /// See [`Encryption::receive`].
    pub(crate) fn receive(&self, bytes: &[u8], plain: &mut Vec<u8>) -> Result<Received, rustls::Error> {
        let encryption = self.encryption.get().ok_or(rustls::Error::HandshakeNotComplete)?;
        encryption.receive(bytes, plain, |sealed| self.send(sealed))
    }

    /// For the client's thread, which reads.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Apart from [`Outlet::offer`], whose calls are made in a row for many clients: what it does
    /// not need is kept out of the nearest caches.
    #[cold]
    #[inline(never)]
    fn offer_otherwise(&self, bytes: &[u8]) -> Offer {
        match self.encryption.get() {
            Some(encryption) => encryption.offer(bytes, |sealed| self.send(sealed)),
            None => self.offer_lines(bytes),
        }
    }

    /// Each line by itself.
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

impl Outlet for SocketOutlet {
    fn prefetch(&self) {
        use std::os::fd::AsRawFd;
        std::hint::black_box(self.socket.as_raw_fd());
    }

    #[inline]
    fn offer(&self, bytes: &[u8]) -> Offer {
        if self.mode.load(Ordering::Acquire) == PLAIN {
            self.send(bytes)
        } else {
            self.offer_otherwise(bytes)
        }
    }

    fn finish(&self) {
        if let Some(encryption) = self.encryption.get() {
            encryption.end(|sealed| self.send(sealed));
        }
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    fn cut(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    fn send_lines_apart(&self) {
        self.mode.store(LINES_APART, Ordering::Release);
    }

    /// The system sends what it has taken before the end.
    fn owes(&self) -> bool {
        self.encryption.get().is_some_and(|encryption| encryption.owes())
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
pub(crate) fn read_now(socket: &TcpStream, buffer: &mut Vec<u8>) -> bool {
    use rustix::net::RecvFlags;
    buffer.clear();
    let _ = rustix::net::recv(socket, rustix::buffer::spare_capacity(buffer), RecvFlags::DONTWAIT);
    !buffer.is_empty()
}

/// Unix: `poll` on the sockets and on one end of a socket pair.
#[derive(Debug)]
pub(crate) struct SocketPoller {
    wake_end: UnixStream,
    wait_end: UnixStream,
}

impl SocketPoller {
    pub(crate) fn new() -> io::Result<SocketPoller> {
        let (wake_end, wait_end) = UnixStream::pair()?;
        wake_end.set_nonblocking(true)?;
        wait_end.set_nonblocking(true)?;
        Ok(SocketPoller { wake_end, wait_end })
    }
}

impl Poller<SocketOutlet> for SocketPoller {
    fn wake(&self) {
        // A full pair has woken already.
        let _ = (&self.wake_end).write(&[1]);
    }

    fn wait(&self, watched: &[(&SocketOutlet, Interest)], timeout: Option<Duration>) -> Vec<Readiness> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut polled = Vec::with_capacity(watched.len() + 1);
        polled.extend(watched.iter().map(|(outlet, interest)| {
            PollFd::new(outlet.socket(), if interest.room { PollFlags::OUT } else { PollFlags::empty() })
        }));
        polled.push(PollFd::new(&self.wait_end, PollFlags::IN));
        let timeout = timeout.and_then(|time| Timespec::try_from(time).ok());
        // Interrupted or refused is a wake-up without events.
        let _ = poll(&mut polled, timeout.as_ref());
        let _ = (&self.wait_end).read(&mut [0; 64]);
        let event = |flags: PollFlags| match () {
            () if flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => Readiness::HungUp,
            () if flags.is_empty() => Readiness::Nothing,
            () => Readiness::Room,
        };
        polled[..watched.len()].iter().map(|fd| event(fd.revents())).collect()
    }
}
