//! What reaches the hub's thread, and how a client that floods waits for itself.

use crate::hub::{CheckId, CheckResult, Departure, Found, Input, Origin, SessionId};
use crate::server::outbox::outlet::Outlet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, Thread};

/// Items that wait for the hub's thread; senders wait beyond that.
pub(crate) const INBOX_ITEMS: usize = 1024;

#[derive(Debug)]
pub(crate) enum Item<O: Outlet> {
    /// A connection was let in: the first item of a session.
    Open(NewConnection<O>),
    /// What one read of a connection has completed.
    Lines { session: SessionId, inputs: Vec<Input>, ticket: Ticket },
    /// The handshake of TLS is over. One for each session at most.
    Encrypted { session: SessionId },
    /// The client's thread has ended: the last item of a session.
    Gone { session: SessionId, why: Departure },
    /// What came of a password.
    Checked { id: CheckId, verdict: CheckResult },
    /// What the disk has answered.
    Found(Found),
    /// The slow sender has reported something that does not wait, or the thread that commits has.
    Reported,
    /// The server is to stop.
    Stop,
}

/// A connection on its way to the hub. One that never arrives (the hub's
/// thread has ended first) is cut, so that its own thread ends too.
#[derive(Debug)]
pub(crate) struct NewConnection<O: Outlet> {
    pub(crate) session: SessionId,
    pub(crate) from: Origin,
    /// Taken by the hub's thread.
    pub(crate) outlet: Option<Arc<O>>,
}

impl<O: Outlet> Drop for NewConnection<O> {
    fn drop(&mut self) {
        if let Some(outlet) = self.outlet.take() {
            outlet.cut();
        }
    }
}

const FREE: u8 = 0;
const QUEUED: u8 = 1;
const AWAITED: u8 = 2;

/// Lets a client's thread have one item of lines in the inbox at a time.
///
/// Costs no system call while the hub is faster than the client.
#[derive(Debug)]
pub(crate) struct InboxSemaphore(Arc<SemaphoreState>);

#[derive(Debug)]
struct SemaphoreState {
    state: AtomicU8,
    reader: Thread,
}

/// Belongs to one item of lines; dropped when the hub lets the next one come, or
/// none is taken any more.
#[derive(Debug)]
pub(crate) struct Ticket(Arc<SemaphoreState>);

impl InboxSemaphore {
    /// A semaphore of the calling thread.
    pub(crate) fn new() -> InboxSemaphore {
        InboxSemaphore(Arc::new(SemaphoreState { state: AtomicU8::new(FREE), reader: thread::current() }))
    }

    /// Waits until the last ticket is dropped and gives the next.
    pub(crate) fn acquire(&self) -> Ticket {
        let state = &self.0.state;
        let queued = state.compare_exchange(QUEUED, AWAITED, Ordering::AcqRel, Ordering::Acquire);
        if queued.is_ok() {
            while state.load(Ordering::Acquire) == AWAITED {
                thread::park();
            }
        }
        state.store(QUEUED, Ordering::Release);
        Ticket(Arc::clone(&self.0))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.0.state.swap(FREE, Ordering::AcqRel) == AWAITED {
            self.0.reader.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_item_in_the_inbox() {
        let (tx, rx) = crossbeam::channel::unbounded();
        let session = thread::spawn(move || {
            let semaphore = InboxSemaphore::new();
            for number in 0..1000 {
                assert!(tx.is_empty());
                tx.send((number, semaphore.acquire())).unwrap();
                drop(semaphore.acquire());
            }
        });
        for expected in 0..1000 {
            let (number, ticket) = rx.recv().unwrap();
            assert_eq!(number, expected);
            drop(ticket);
        }
        session.join().unwrap();
    }
}
