//! The hub's clock, which stands still while the disk stalls, and the PINGs of that time.

use crate::hub::Now;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A batch that is not on disk for longer than this stops the clock: meanwhile answers wait, so
/// nobody may be closed for not having answered a PING, or for not having been asked a name.
pub(super) const STALLED: Duration = Duration::from_secs(1);
/// Time that a batch is not on disk until everybody gets a PING, from which a client sees that its
/// connection is not cut.
pub(super) const TO_PING: Duration = Duration::from_secs(2);
pub(super) const BETWEEN_PINGS: Duration = Duration::from_secs(5);

/// µs since the Unix epoch.
pub(in crate::server) fn wall_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[derive(Debug)]
pub(super) struct Clock {
    /// Uptime counts from it.
    started: Instant,
    /// The log's uptime then.
    uptime_before: Duration,
    /// How long the clock has stood still since then.
    stood: Duration,
    pub(super) is_stalled: bool,
    /// The uptime of the oldest batch that is not on disk, and when the next PING is due.
    next_ping: Option<(Duration, Instant)>,
}

impl Clock {
    pub(super) fn new(uptime_before: Duration) -> Clock {
        let started = Instant::now();
        Clock { started, uptime_before, stood: Duration::ZERO, is_stalled: false, next_ping: None }
    }

    /// The time, where `oldest` is the uptime of the oldest batch that is not on disk.
    pub(super) fn now(&mut self, oldest: Option<Duration>) -> Now {
        let mut uptime = self.uptime_before + self.started.elapsed() - self.stood;
        let too_late = oldest.map_or(Duration::ZERO, |oldest| uptime.saturating_sub(oldest + STALLED));
        self.is_stalled = !too_late.is_zero();
        self.stood += too_late;
        uptime -= too_late;
        self.next_ping = oldest.map(|oldest| match self.next_ping {
            Some((of, at)) if of == oldest => (of, at),
            _ => (oldest, Instant::now() + TO_PING),
        });
        Now { wall_us: wall_us(), uptime }
    }

    #[cfg(test)]
    pub(super) fn pass(&mut self, time: Duration) {
        self.started -= time;
        self.next_ping = self.next_ping.map(|(of, at)| (of, at - time));
    }

    /// The time since the start, also while the clock stands still.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// When the clock shows this uptime; None while it stands still.
    pub(super) fn at(&self, uptime: Duration) -> Option<Instant> {
        let at = self.started + self.stood + uptime.saturating_sub(self.uptime_before);
        (!self.is_stalled).then_some(at)
    }

    pub(super) fn next_ping(&self) -> Option<Instant> {
        self.next_ping.map(|(_, at)| at)
    }

    /// Whether everybody is to get a PING now; then the next is due later.
    pub(super) fn is_ping_due(&mut self) -> bool {
        let now = Instant::now();
        match &mut self.next_ping {
            Some((_, at)) if *at <= now => {
                *at = now + BETWEEN_PINGS;
                true
            }
            _ => false,
        }
    }
}
