//! The TLS state of one connection (RFC 8446), and what its two threads do with it: one gives it
//! what has come in, one gives it what is to be sent.
//!
//! * `rustls` keeps both directions in one value, so both threads lock it. The thread that reads
//!   waits in `recv` without the lock. The thread that sends never waits for the lock: where it is
//!   taken, the outlet is full for that moment.
//! * What is encrypted is queued in the value, and is written by the thread that holds the lock,
//!   without blocking. So records leave in their order, and two threads never write at once.
//! * Plaintext is encrypted only when all records before it have left. One record, of at most
//!   16 KiB, may be left over: the outlet then owes it.

use super::outlet::Offer;
use rustls::{Error, ServerConfig, ServerConnection};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// Bytes of plaintext in one record (RFC 8446, 5.1).
const RECORD: usize = 16 * 1024;

/// What has become of a connection by what came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    Handshaking,
    /// What is offered from now on is encrypted.
    Established,
    /// The peer has ended its half of the stream by close_notify (RFC 8446, 6.1).
    Ended,
}

/// Shared by the client's thread, which reads, and the one that sends.
#[derive(Debug)]
pub(crate) struct Encryption {
    connection: Mutex<ServerConnection>,
    /// The handshake is over. Set by the client's thread.
    is_established: AtomicBool,
}

impl Encryption {
    /// # Errors
    /// Where the settings make no connection.
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Encryption, Error> {
        let connection = Mutex::new(ServerConnection::new(config)?);
        Ok(Encryption { connection, is_established: AtomicBool::new(false) })
    }

    /// Takes what has come in, appends to `plain` what was said by it, and sends the answers that
    /// TLS itself gives, as far as `send` takes them. The rest leaves with the next offer.
    ///
    /// # Errors
    /// Where the peer breaks the protocol or refuses ours. The alert for it has been sent.
    pub(crate) fn receive(
        &self,
        mut bytes: &[u8],
        plain: &mut Vec<u8>,
        send: impl Fn(&[u8]) -> Offer,
    ) -> Result<Received, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut read = || {
            let mut has_ended = false;
            while !bytes.is_empty() && !has_ended {
                connection.read_tls(&mut bytes).map_err(|error| Error::General(error.to_string()))?;
                let state = connection.process_new_packets();
                // Also what came before a fault. This ends where there is no more for now.
                let _ = connection.reader().read_to_end(plain);
                has_ended = state?.peer_has_closed();
            }
            Ok(has_ended)
        };
        let read: Result<bool, Error> = read();
        // A peer that is gone is met by the next read.
        let _ = flush(&mut connection, &send);
        let has_ended = read?;
        if !connection.is_handshaking() {
            self.is_established.store(true, Ordering::Release);
        }
        Ok(match () {
            () if has_ended => Received::Ended,
            () if connection.is_handshaking() => Received::Handshaking,
            () => Received::Established,
        })
    }

    /// Encrypts and sends what can be sent at once, after what is owed. See
    /// [`super::outlet::Outlet::offer`].
    ///
    /// Until the handshake is over, what is offered is dropped: nobody could read it, and the
    /// server has nothing to say to somebody who has said nothing.
    #[cfg_attr(not(unix), allow(dead_code, reason = "a thread writes there"))]
    pub(crate) fn offer(&self, bytes: &[u8], send: impl Fn(&[u8]) -> Offer) -> Offer {
        if !self.is_established() {
            return Offer::Sent;
        }
        let mut connection = match self.connection.try_lock() {
            Ok(connection) => connection,
            Err(TryLockError::WouldBlock) => return Offer::Full,
            // The thread that reads has panicked, and closes the session.
            Err(TryLockError::Poisoned(_)) => return Offer::Gone,
        };
        match flush(&mut connection, &send) {
            Flushed::All => {}
            Flushed::Part if bytes.is_empty() => return Offer::Owes,
            Flushed::Part => return Offer::Full,
            Flushed::Gone => return Offer::Gone,
        }
        let mut taken = 0;
        for record in bytes.chunks(RECORD) {
            if connection.writer().write_all(record).is_err() {
                return Offer::Gone;
            }
            taken += record.len();
            match flush(&mut connection, &send) {
                Flushed::All => {}
                Flushed::Part if taken == bytes.len() => return Offer::Owes,
                Flushed::Part => return Offer::Partly(taken),
                Flushed::Gone => return Offer::Gone,
            }
        }
        Offer::Sent
    }

    /// Encrypts all of it, after what is owed, for a thread that waits until it is written.
    #[cfg(any(test, not(unix)))]
    pub(crate) fn seal(
        &self,
        bytes: &[u8],
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        // Without any bytes there may still be something owed.
        let pieces = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(RECORD).collect() };
        for piece in pieces {
            let mut sealed = Vec::new();
            let mut connection = self.lock();
            connection.writer().write_all(piece)?;
            while connection.wants_write() {
                connection.write_tls(&mut sealed)?;
            }
            drop(connection);
            write(&sealed)?;
        }
        Ok(())
    }

    /// Says that nothing more comes from us, after which the stream may end (RFC 8446, 6.1): an
    /// end without it may be an attacker's.
    pub(crate) fn end(&self, send: impl Fn(&[u8]) -> Offer) {
        let mut connection = self.lock();
        if self.is_established() {
            connection.send_close_notify();
        }
        let _ = flush(&mut connection, &send);
    }

    pub(crate) fn is_established(&self) -> bool {
        self.is_established.load(Ordering::Acquire)
    }

    /// Whether something that was taken has not left. Perhaps, where the other thread is at it.
    #[cfg_attr(not(unix), allow(dead_code, reason = "a thread writes there"))]
    pub(crate) fn owes(&self) -> bool {
        self.is_established()
            && self.connection.try_lock().map_or(true, |connection| connection.wants_write())
    }

    fn lock(&self) -> MutexGuard<'_, ServerConnection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Flushed {
    All,
    Part,
    Gone,
}

/// Sends records that are ready, as far as there is room.
fn flush(connection: &mut ServerConnection, send: &impl Fn(&[u8]) -> Offer) -> Flushed {
    while connection.wants_write() {
        match connection.write_tls(&mut Sink(send)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Flushed::Part,
            Err(_) => return Flushed::Gone,
        }
    }
    Flushed::All
}

/// A socket that is sent to without blocking, as the library wants it.
struct Sink<'a, S>(&'a S);

impl<S: Fn(&[u8]) -> Offer> Write for Sink<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (self.0)(bytes) {
            Offer::Sent | Offer::Owes => Ok(bytes.len()),
            Offer::Partly(count) => Ok(count),
            Offer::Full => Err(io::ErrorKind::WouldBlock.into()),
            Offer::Gone => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
