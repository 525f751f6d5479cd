//! How much may wait for slow clients, and how long they may take.

use std::time::Duration;

/// A client that has taken nothing of what waits for it for so long is closed, however little
/// that is.
pub(crate) const STALLED: Duration = Duration::from_secs(600);

/// How much may wait for slow clients.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlowClientLimits {
    /// Bytes for one client that has taken nothing for [`SlowClientLimits::stuck_after`], beside the
    /// replies that it asked for.
    pub(crate) client: usize,
    /// The same for a client that takes some.
    pub(crate) reading_client: usize,
    pub(crate) stuck_after: Duration,
    /// Memory for all: distinct frames, and what queues have reserved for places.
    pub(crate) live: usize,
}

impl SlowClientLimits {
    pub(crate) const USUAL: SlowClientLimits = SlowClientLimits {
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
