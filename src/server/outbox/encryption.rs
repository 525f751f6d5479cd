//! The TLS state of one connection (RFC 8446), and what its two threads do with it: one gives it
//! what has come in, one gives it what is to be sent.
//!
//! * `rustls` keeps both directions in one value, so both threads lock it. The thread that reads
//!   waits in `recv` without the lock. The thread that sends does not wait for the lock: where it is
//!   taken, the outlet is full for that moment. Only the end of a connection waits for it.
//! * `rustls` keeps no buffers here (its `unbuffered` API), so that a silent connection holds its
//!   keys and little else. What is sent is encrypted into memory that the sending thread has for
//!   all its clients, several records together, and leaves in one call.
//! * Only what found no room is kept with the connection. It leaves before anything else is
//!   encrypted, written by the thread that holds the lock: so records leave in their order, and two
//!   threads never write at once.

use super::outlet::Offer;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus};
use rustls::{Error, ServerConfig};
use std::cell::RefCell;
use std::fmt;
#[cfg(any(test, not(unix)))]
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// Bytes of plaintext that are encrypted for one call: two records (RFC 8446, 5.1). As many, and
/// what encryption adds, may be kept for a client that has no room.
const AT_ONCE: usize = 2 * 16 * 1024;

/// Bytes that have come in and are no whole record or handshake message, from which on the
/// connection is ended: a record has at most 16 KiB and 256 bytes (RFC 8446, 5.2), a handshake
/// message that anybody sends much less than this.
const INCOMING: usize = 64 * 1024;

thread_local! {
    /// Scratch memory: what is encrypted for one call.
    static SEALED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

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
pub(crate) struct Encryption {
    state: Mutex<State>,
    /// The handshake is over. Set by the client's thread.
    is_established: AtomicBool,
}

struct State {
    connection: Connection,
    /// What has come in and is no whole record or message, at most [`INCOMING`].
    incoming: Vec<u8>,
    /// Encrypted and not sent, but for the first `sent` bytes.
    owed: Vec<u8>,
    sent: usize,
}

enum Connection {
    /// Nothing has come in.
    New(Arc<ServerConfig>),
    Open(Box<UnbufferedServerConnection>),
    /// The peer broke the protocol, or refuses ours.
    Failed,
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryption").finish_non_exhaustive()
    }
}

impl Encryption {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Encryption {
        let (connection, incoming, owed) = (Connection::New(config), Vec::new(), Vec::new());
        let state = Mutex::new(State { connection, incoming, owed, sent: 0 });
        Encryption { state, is_established: AtomicBool::new(false) }
    }

    /// Takes what has come in, appends to `plain` what was said by it, and sends the answers that
    /// TLS itself gives, as far as `send` takes them. The rest leaves with the next offer.
    ///
    /// # Errors
    /// Where the peer breaks the protocol or refuses ours. The alert for it has been sent.
    pub(crate) fn receive(
        &self,
        bytes: &[u8],
        plain: &mut Vec<u8>,
        send: impl Fn(&[u8]) -> Offer,
    ) -> Result<Received, Error> {
        let mut state = self.lock();
        let received = state.receive(bytes, plain);
        if received.is_err() {
            state.connection = Connection::Failed;
        }
        // A peer that is gone is met by the next read.
        let _ = state.flush(&send);
        if received == Ok(Received::Established) {
            self.is_established.store(true, Ordering::Release);
        }
        received
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
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock) => return Offer::Full,
            // The thread that reads has panicked, and closes the session.
            Err(TryLockError::Poisoned(_)) => return Offer::Gone,
        };
        match state.flush(&send) {
            Offer::Sent => {}
            Offer::Gone => return Offer::Gone,
            _ if bytes.is_empty() => return Offer::Owes,
            _ => return Offer::Full,
        }
        SEALED.with_borrow_mut(|sealed| {
            let mut taken = 0;
            for part in bytes.chunks(AT_ONCE) {
                let Ok(count) = state.encrypt(part, sealed) else { return Offer::Gone };
                taken += part.len();
                let sent = match send(&sealed[..count]) {
                    Offer::Sent | Offer::Owes => continue,
                    Offer::Partly(sent) => sent,
                    Offer::Full => 0,
                    Offer::Gone => return Offer::Gone,
                };
                state.owed.extend_from_slice(&sealed[sent..count]);
                return if taken == bytes.len() { Offer::Owes } else { Offer::Partly(taken) };
            }
            Offer::Sent
        })
    }

    /// Encrypts all of it, after what is owed, for a thread that waits until it is written.
    #[cfg(any(test, not(unix)))]
    pub(crate) fn seal(
        &self,
        bytes: &[u8],
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut sealed = Vec::new();
        // Without any bytes there may still be something owed.
        let parts = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(AT_ONCE).collect() };
        for part in parts {
            let mut state = self.lock();
            let (owed, sent) = (std::mem::take(&mut state.owed), std::mem::take(&mut state.sent));
            let count = match part.is_empty() {
                true => 0,
                false => state.encrypt(part, &mut sealed).map_err(io::Error::other)?,
            };
            drop(state);
            write(&owed[sent..])?;
            write(&sealed[..count])?;
        }
        Ok(())
    }

    /// Says that nothing more comes from us, after which the stream may end (RFC 8446, 6.1): an
    /// end without it may be an attacker's.
    pub(crate) fn end(&self, send: impl Fn(&[u8]) -> Offer) {
        let mut state = self.lock();
        if self.is_established() {
            state.close();
        }
        let _ = state.flush(&send);
    }

    pub(crate) fn is_established(&self) -> bool {
        self.is_established.load(Ordering::Acquire)
    }

    /// Whether something that was taken has not left. Perhaps, where the other thread is at it.
    #[cfg_attr(not(unix), allow(dead_code, reason = "a thread writes there"))]
    pub(crate) fn owes(&self) -> bool {
        self.is_established() && self.state.try_lock().map_or(true, |state| !state.owed.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn receive(&mut self, bytes: &[u8], plain: &mut Vec<u8>) -> Result<Received, Error> {
        if let Connection::New(config) = &self.connection {
            self.connection = open(Arc::clone(config))?;
        }
        let State { connection, incoming, owed, .. } = self;
        let Connection::Open(connection) = connection else { return Err(Error::HandshakeNotComplete) };
        incoming.extend_from_slice(bytes);
        let mut used = 0;
        let received = loop {
            let UnbufferedStatus { mut discard, state } =
                connection.process_tls_records(&mut incoming[used..]);
            let is_over = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        plain.extend_from_slice(record.payload);
                    }
                    None
                }
                Ok(ConnectionState::EncodeTlsData(answer)) => append(answer, owed).err().map(Err),
                Ok(ConnectionState::TransmitTlsData(answers)) => {
                    answers.done();
                    None
                }
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => Some(Ok(Received::Ended)),
                Ok(ConnectionState::BlockedHandshake) => Some(Ok(Received::Handshaking)),
                // It may come before the client's last message.
                Ok(ConnectionState::WriteTraffic(_)) => Some(Ok(Received::Established)),
                // Data before the handshake is over is not asked for.
                Ok(_) => Some(Err(Error::HandshakeNotComplete)),
                Err(error) => Some(Err(error)),
            };
            used += discard;
            if let Some(received) = is_over {
                break received;
            }
        };
        incoming.drain(..used);
        if received.is_err() {
            // Those that were ready before the fault, and the alert for it.
            while connection.wants_write()
                && let Ok(ConnectionState::EncodeTlsData(answer)) =
                    connection.process_tls_records(incoming).state
            {
                append(answer, owed)?;
            }
        }
        if incoming.is_empty() {
            *incoming = Vec::new();
        }
        match received? {
            Received::Established if connection.is_handshaking() => Ok(Received::Handshaking),
            _ if incoming.len() >= INCOMING => Err(Error::PeerSentOversizedRecord),
            received => Ok(received),
        }
    }

    /// Encrypts into `sealed`, which grows where it is too small, and gives how many bytes it
    /// has become.
    ///
    /// # Errors
    /// Where nothing more can be encrypted for this connection.
    fn encrypt(&mut self, plain: &[u8], sealed: &mut Vec<u8>) -> Result<usize, Error> {
        let Connection::Open(connection) = &mut self.connection else {
            return Err(Error::HandshakeNotComplete);
        };
        let status = connection.process_tls_records(&mut self.incoming);
        let ConnectionState::WriteTraffic(mut traffic) = status.state? else {
            return Err(Error::HandshakeNotComplete);
        };
        with_room(sealed, |sealed| traffic.encrypt(plain, sealed))
    }

    /// Encrypts the close_notify. Without effect where nothing can be encrypted.
    fn close(&mut self) {
        let Connection::Open(connection) = &mut self.connection else { return };
        let mut sealed = Vec::new();
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) =
            connection.process_tls_records(&mut self.incoming).state
            && let Ok(count) = with_room(&mut sealed, |sealed| traffic.queue_close_notify(sealed))
        {
            self.owed.extend_from_slice(&sealed[..count]);
        }
    }

    /// Sends what is owed, as far as there is room; `Sent` where that is all.
    fn flush(&mut self, send: &impl Fn(&[u8]) -> Offer) -> Offer {
        while self.sent < self.owed.len() {
            match send(&self.owed[self.sent..]) {
                Offer::Sent | Offer::Owes => self.sent = self.owed.len(),
                Offer::Partly(count) => self.sent += count,
                offer => return offer,
            }
        }
        if self.sent > 0 {
            (self.owed, self.sent) = (Vec::new(), 0);
        }
        Offer::Sent
    }
}

/// Kept apart: its stack is larger than all that a client's thread needs afterwards.
#[cold]
#[inline(never)]
fn open(config: Arc<ServerConfig>) -> Result<Connection, Error> {
    Ok(Connection::Open(Box::new(UnbufferedServerConnection::new(config)?)))
}

/// Appends an answer that TLS itself gives.
fn append(mut answer: EncodeTlsData<'_, ServerConnectionData>, owed: &mut Vec<u8>) -> Result<(), Error> {
    let start = owed.len();
    let count = loop {
        match answer.encode(&mut owed[start..]) {
            Ok(count) => break count,
            Err(EncodeError::InsufficientSize(needed)) => owed.resize(start + needed.required_size, 0),
            Err(error) => return Err(Error::General(error.to_string())),
        }
    };
    owed.truncate(start + count);
    Ok(())
}

/// Tries again with as much memory as was missing.
fn with_room(
    sealed: &mut Vec<u8>,
    mut encrypt: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<usize, Error> {
    loop {
        match encrypt(sealed) {
            Err(EncryptError::InsufficientSize(needed)) => sealed.resize(needed.required_size, 0),
            encrypted => return encrypted.map_err(|error| Error::General(error.to_string())),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
