//! The outlet of systems that can't send without blocking: a bounded queue and
//! a writer thread per client.

use super::encryption::{Encryption, Received};
use super::outlet::{Offer, Outlet};
use super::poller::CondvarPoller;
use rustls::ServerConfig;
use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Bytes between an outlet and its writer, as a socket's buffer would hold.
const BUFFER: usize = 128 * 1024;

#[derive(Debug)]
pub(crate) struct QueueOutlet(Arc<Pipe>);

/// The writer thread's end.
#[derive(Debug)]
pub(crate) struct WriterThread(Arc<Pipe>);

#[derive(Debug)]
struct Pipe {
    /// Shared with the client's thread, which reads.
    socket: Arc<TcpStream>,
    state: Mutex<State>,
    changed: Condvar,
    /// Set once, by the client's thread. Only the writer thread writes what it seals.
    encryption: OnceLock<Box<Encryption>>,
    /// Woken when there is room again after an offer that found none.
    poller: Arc<CondvarPoller>,
}

#[derive(Debug, Default)]
struct State {
    /// At most [`BUFFER`].
    bytes: Vec<u8>,
    /// An offer was not taken whole.
    starved: bool,
    finished: bool,
    /// The writer is at what it has taken out.
    writing: bool,
    /// Each line is written by itself.
    lines_apart: bool,
    /// TLS has something of its own to send.
    has_answers: bool,
    /// The writer has ended.
    gone: bool,
}

impl QueueOutlet {
    pub(crate) fn new(socket: Arc<TcpStream>, poller: Arc<CondvarPoller>) -> (QueueOutlet, WriterThread) {
        let (state, encryption) = (Mutex::default(), OnceLock::new());
        let pipe = Arc::new(Pipe { socket, state, changed: Condvar::new(), encryption, poller });
        (QueueOutlet(Arc::clone(&pipe)), WriterThread(pipe))
    }

    /// For the client's thread, which reads.
    #[cfg(not(unix))]
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.0.socket
    }

    /// From now on the connection speaks TLS. Client's thread only, once.
    pub(crate) fn encrypt(&self, config: Arc<ServerConfig>) {
        self.0.encryption.get_or_init(|| Box::new(Encryption::new(config)));
    }

    /// Takes what has come in and appends to `plain` what was said by it. Client's thread only,
    /// after [`QueueOutlet::encrypt`].
    ///
    /// # Errors
    /// See [`Encryption::receive`].
    pub(crate) fn receive(&self, bytes: &[u8], plain: &mut Vec<u8>) -> Result<Received, rustls::Error> {
        let encryption = self.0.encryption.get().ok_or(rustls::Error::HandshakeNotComplete)?;
        let received = encryption.receive(bytes, plain, |_| Offer::Full);
        self.0.lock().has_answers = true;
        self.0.changed.notify_one();
        received
    }
}

impl Outlet for QueueOutlet {
    fn offer(&self, bytes: &[u8]) -> Offer {
        if self.0.encryption.get().is_some_and(|encryption| !encryption.is_established()) {
            return Offer::Sent;
        }
        let mut state = self.0.lock();
        if state.gone || state.finished {
            return Offer::Gone;
        }
        let count = bytes.len().min(BUFFER - state.bytes.len());
        state.bytes.extend_from_slice(&bytes[..count]);
        state.starved |= count < bytes.len();
        self.0.changed.notify_one();
        match count {
            all if all == bytes.len() => Offer::Sent,
            0 => Offer::Full,
            some => Offer::Partly(some),
        }
    }

    fn finish(&self) {
        self.0.lock().finished = true;
        self.0.changed.notify_one();
    }

    fn send_lines_apart(&self) {
        self.0.lock().lines_apart = true;
    }

    fn cut(&self) {
        self.0.end();
    }

    fn owes(&self) -> bool {
        let state = self.0.lock();
        !state.gone && (state.writing || !state.bytes.is_empty())
    }
}

impl Drop for QueueOutlet {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl WriterThread {
    /// The writer thread's whole life.
    pub(crate) fn run(self) {
        while let Some(bytes) = self.0.next() {
            let lines_apart = self.0.lock().lines_apart;
            if self.0.write(&bytes, lines_apart).is_err() {
                return self.0.end();
            }
        }
        if let Some(encryption) = self.0.encryption.get() {
            encryption.end(|_| Offer::Full);
            let _ = self.0.write(&[], false);
        }
        let _ = self.0.socket.shutdown(Shutdown::Write);
    }
}

impl Pipe {
    /// Writes all of it, encrypted where the connection is.
    fn write(&self, bytes: &[u8], lines_apart: bool) -> io::Result<()> {
        let mut socket = &*self.socket;
        match self.encryption.get() {
            Some(encryption) => encryption.seal(bytes, |sealed| socket.write_all(sealed)),
            None if lines_apart => {
                bytes.split_inclusive(|&byte| byte == b'\n').try_for_each(|line| socket.write_all(line))
            }
            None => socket.write_all(bytes),
        }
    }

    /// What waits, which is nothing where only TLS has something to send; None at the end.
    fn next(&self) -> Option<Vec<u8>> {
        let idle = |state: &mut State| {
            state.bytes.is_empty() && !state.has_answers && !state.finished && !state.gone
        };
        let mut state = self.lock();
        state.writing = false;
        let mut state = self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut state.starved) {
            self.poller.wake();
        }
        let bytes = std::mem::take(&mut state.bytes);
        state.writing = std::mem::take(&mut state.has_answers) || !bytes.is_empty();
        Some(bytes).filter(|_| state.writing && !state.gone)
    }

    fn end(&self) {
        self.lock().gone = true;
        // Wakes the writer out of its write, and the client's thread.
        let _ = self.socket.shutdown(Shutdown::Both);
        self.changed.notify_one();
        self.poller.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(not(unix))]
pub(crate) type NativePoller = Arc<CondvarPoller>;

/// Nothing: this system does not tell what has come in without waiting. The next blocking read gets it.
#[cfg(not(unix))]
pub(crate) fn read_now(_: &TcpStream, _: &mut Vec<u8>) -> bool {
    false
}
