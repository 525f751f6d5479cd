//! The connection that has the next deadline.

use super::ids::SessionId;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// One entry for each open connection, and those of connections that were closed since their alarm was
/// set, for as long as a deadline may be away. When a deadline moves later its entry stays, and is put
/// back when it comes up: so a line that arrives costs nothing here.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<Alarm>>);

/// A moment (uptime) to look at a connection; stale where the number has
/// another generation by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alarm {
    pub(super) at: Duration,
    pub(super) session: SessionId,
    pub(super) generation: u32,
}

impl Timers {
    pub(super) fn arm(&mut self, alarm: Alarm) {
        self.0.push(Reverse(alarm));
    }

    /// Takes out an alarm whose time has come.
    pub(super) fn due(&mut self, uptime: Duration) -> Option<Alarm> {
        let Reverse(alarm) = *self.0.peek()?;
        (alarm.at <= uptime).then(|| self.0.pop()).flatten().map(|Reverse(alarm)| alarm)
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.0.peek().map(|Reverse(alarm)| alarm.at)
    }
}
