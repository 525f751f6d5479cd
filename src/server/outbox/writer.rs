//! The outlet of systems that can't send without blocking: a bounded queue and
//! a writer thread per client.

use super::outlet::{Offer, Outlet};
use super::poller::CondvarPoller;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

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
    /// The writer has ended.
    gone: bool,
}

impl QueueOutlet {
    pub(crate) fn new(socket: Arc<TcpStream>, poller: Arc<CondvarPoller>) -> (QueueOutlet, WriterThread) {
        let pipe = Arc::new(Pipe { socket, state: Mutex::default(), changed: Condvar::new(), poller });
        (QueueOutlet(Arc::clone(&pipe)), WriterThread(pipe))
    }

    /// For the client's thread, which reads.
    #[cfg(not(unix))]
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.0.socket
    }
}

impl Outlet for QueueOutlet {
    fn offer(&self, bytes: &[u8]) -> Offer {
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
            let pieces = match self.0.lock().lines_apart {
                true => bytes.split_inclusive(|&byte| byte == b'\n').collect(),
                false => vec![&*bytes],
            };
            if !pieces.into_iter().all(|piece| (&*self.0.socket).write_all(piece).is_ok()) {
                return self.0.end();
            }
        }
        let _ = self.0.socket.shutdown(Shutdown::Write);
    }
}

impl Pipe {
    /// What waits; None at the end.
    fn next(&self) -> Option<Vec<u8>> {
        let idle = |state: &mut State| state.bytes.is_empty() && !state.finished && !state.gone;
        let mut state = self.lock();
        state.writing = false;
        let mut state = self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut state.starved) {
            self.poller.wake();
        }
        let bytes = std::mem::take(&mut state.bytes);
        state.writing = !bytes.is_empty();
        Some(bytes).filter(|bytes| !bytes.is_empty() && !state.gone)
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
