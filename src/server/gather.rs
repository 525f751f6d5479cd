//! When to wait for more before a round is taken, as network cards moderate
//! their interrupts.
//!
//! Almost all that a delivery costs is the call that sends it. Many people who
//! talk at once seldom leave much waiting at any one moment, so that each of
//! their lines would be sent alone, to everybody. Waiting a little joins them.
//! A quiet server never waits.

use std::time::Duration;

/// How long a round waits for more.
const PAUSE: Duration = Duration::from_micros(1000);
/// What is remembered fades with this time.
const MEMORY: Duration = Duration::from_millis(100);
/// Calls within the memory from which on the hub's thread counts as busy: about
/// a quarter of its time. Twenty lines a second to a thousand people are 2,000.
const BUSY: f64 = 6_000.0;
/// Lines in a call from which on they are joined well enough.
const JOINED: f64 = 4.0;

/// What the last rounds were like. Pure: time comes in as a value.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// Calls, faded.
    sends: f64,
    /// Lines that each receiver counted, faded.
    copies: f64,
    /// Uptime of the last round.
    last: Duration,
}

impl Gathering {
    /// A round has ended in which so many calls sent so many lines.
    pub(super) fn learn(&mut self, sends: usize, copies: usize, uptime: Duration) {
        let passed = uptime.saturating_sub(self.last).as_secs_f64();
        let faded = (-passed / MEMORY.as_secs_f64()).exp();
        self.sends = self.sends * faded + sends as f64;
        self.copies = self.copies * faded + copies as f64;
        self.last = uptime;
    }

    /// How long the next round should wait for more.
    pub(super) fn pause(&self) -> Option<Duration> {
        (self.sends > BUSY && self.copies < JOINED * self.sends).then_some(PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause_after(rounds: u32, every: Duration, sends: usize, copies: usize) -> Option<Duration> {
        let mut gathering = Gathering::default();
        (1..=rounds).for_each(|round| gathering.learn(sends, copies, every * round));
        gathering.pause()
    }

    #[test]
    fn a_quiet_room_never_waits() {
        assert_eq!(pause_after(1000, Duration::from_millis(50), 1000, 1000), None);
        assert_eq!(pause_after(1, Duration::from_millis(50), 5000, 5000), None);
    }

    #[test]
    fn two_hundred_who_talk_at_once_are_joined() {
        assert_eq!(pause_after(300, Duration::from_millis(1), 200, 200), Some(PAUSE));
        assert_eq!(pause_after(300, Duration::from_micros(1500), 200, 300), Some(PAUSE));
    }

    #[test]
    fn a_flood_that_is_joined_already_does_not_wait() {
        assert_eq!(pause_after(300, Duration::from_millis(1), 1000, 64_000), None);
    }

    #[test]
    fn a_busy_moment_is_soon_forgotten() {
        let mut gathering = Gathering::default();
        (1..=300).for_each(|round| gathering.learn(200, 200, Duration::from_millis(round)));
        gathering.learn(200, 200, Duration::from_millis(800));
        assert_eq!(gathering.pause(), None);
    }
}
