//! What the hub's thread and the slow sender's thread tell each other, and the bounds that both keep.

use super::backlog::QueuedFrame;
use crate::hub::SessionId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A client that has taken nothing of what waits for it for so long is closed, however little
/// that is.
pub(crate) const STALLED: Duration = Duration::from_secs(600);

/// How much may wait for slow clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Bytes for one client that has taken nothing for [`Bounds::stuck_after`], beside the
    /// replies that it asked for.
    pub(crate) client: usize,
    /// The same for a client that takes some.
    pub(crate) reading_client: usize,
    pub(crate) stuck_after: Duration,
    /// Memory for all: distinct frames, and what queues have reserved for places.
    pub(crate) live: usize,
}

impl Bounds {
    pub(crate) const USUAL: Bounds = Bounds {
        client: 1 << 20,
        reading_client: 8 << 20,
        stuck_after: Duration::from_secs(5),
        live: 256 << 20,
    };
}

/// How long a client that is being closed may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloseTimeouts {
    /// To take its last line.
    pub(crate) flush: Duration,
    /// To close its end afterwards.
    pub(crate) linger: Duration,
}

impl CloseTimeouts {
    pub(crate) const USUAL: CloseTimeouts =
        CloseTimeouts { flush: Duration::from_secs(5), linger: Duration::from_secs(1) };
    /// While the server stops: nobody shall wait long for somebody who sleeps.
    pub(crate) const STOPPING: CloseTimeouts =
        CloseTimeouts { flush: Duration::from_secs(1), linger: Duration::from_millis(200) };
}

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
