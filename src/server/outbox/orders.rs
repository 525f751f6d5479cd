//! What the hub's thread and the slow sender's thread tell each other.

use super::backlog::QueuedFrame;
use super::slow_client_limits::CloseTimeouts;
use crate::hub::SessionId;
use std::sync::Arc;
use std::time::Instant;

/// What the hub's thread hands over, in numbered rounds.
#[derive(Debug)]
pub(crate) enum Order<O> {
    /// More for clients that are slow; so many bytes of it are replies.
    Queue { frame: Arc<QueuedFrame>, replies: usize, sessions: Vec<SessionId> },
    /// A client becomes slow: `replies` bytes of a frame are replies, and `taken` bytes were sent.
    Adopt { session: SessionId, outlet: Arc<O>, frame: Arc<QueuedFrame>, replies: usize, taken: usize },
    /// A client, slow or not, gets its last line.
    Close {
        session: SessionId,
        outlet: Arc<O>,
        farewell: Arc<QueuedFrame>,
        timeouts: CloseTimeouts,
        now: Instant,
    },
    /// A client has ended its half of the stream: it gets what waits, and the end.
    Finish { session: SessionId, outlet: Arc<O>, timeouts: CloseTimeouts, now: Instant },
    /// A client is served here no longer: it is direct again, or its connection is over.
    Forget(SessionId),
}

/// What the slow sender tells of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) session: SessionId,
    pub(crate) what: Outcome,
    /// The last round of orders that has been obeyed. A session's number is used again: a report
    /// from before an order is about the client that had the number then.
    pub(crate) obeyed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing waits for it any more. Told once for each time that it was given something.
    CaughtUp,
    /// It has taken some of what waits for it. Told at most every few seconds.
    Took,
    /// Too much waits for it, or for all together and it weighs most. Told once.
    Overrun,
    /// It ended its half of the stream, and ours is over, too. Told once.
    Finished,
}
