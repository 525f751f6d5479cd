//! Which client is sent to next, and when: each client once in a pass, in order.
//!
//! Almost all that a delivery costs is the call that sends it. Many people who
//! talk at once seldom leave much waiting at any one moment, so that each of
//! their lines would be sent alone, to everybody. While the hub's thread is busy
//! with such, it pauses after each pass, so that lines are joined, as network
//! cards moderate their interrupts. A quiet server never waits.

use crate::hub::SessionId;
use std::collections::VecDeque;
use std::time::Duration;

/// Shortest and longest pause, from a pass's latest calls to the next pass. Between them
/// it is as long as its pass took, so that half of the thread's time is left.
const PAUSE: (Duration, Duration) = (Duration::from_micros(900), Duration::from_micros(2500));
/// The time constant with which counts of calls and frames decay.
const MEMORY: Duration = Duration::from_millis(100);
/// Decayed calls from which on the hub's thread counts as busy: about
/// a quarter of its time. Twenty lines a second to a thousand people are 2,000.
const BUSY: f64 = 6_000.0;
/// Frames in a call from which on a pause would join no more of them.
const JOINED: f64 = 4.0;

/// Owned by the hub's thread. A session may be in it more than once, or with nothing to be
/// sent: the caller of [`SendScheduler::next`] looks. Pure: time comes in as uptime.
#[derive(Debug, Default)]
pub(super) struct SendScheduler {
    /// Sessions that got something for them alone, such as a reply. They wait for no pass.
    urgent: VecDeque<SessionId>,
    /// Sessions still to be sent to in this pass.
    pass: VecDeque<SessionId>,
    /// Sessions of the next pass.
    next: VecDeque<SessionId>,
    /// Some session of the pass was given by [`SendScheduler::next`] since calls were last counted.
    is_in_pass: bool,
    /// When the last pass began, and when its latest calls had been made.
    pass_began: Duration,
    pass_ended: Duration,
    /// Calls, decayed.
    calls: f64,
    /// Frames in them, decayed.
    frames: f64,
    /// When they were last counted.
    counted: Duration,
}

impl SendScheduler {
    /// So many calls have been made, with so many frames in all.
    pub(super) fn count(&mut self, calls: usize, frames: usize, now: Duration) {
        let passed = now.saturating_sub(self.counted).as_secs_f64();
        let kept = (-passed / MEMORY.as_secs_f64()).exp();
        self.calls = self.calls * kept + calls as f64;
        self.frames = self.frames * kept + frames as f64;
        self.counted = now;
        if std::mem::take(&mut self.is_in_pass) {
            self.pass_ended = now;
        }
    }

    /// Whether much is sent, and hardly anything of it joined.
    pub(super) fn is_busy(&self) -> bool {
        self.calls > BUSY && self.frames < JOINED * self.calls
    }

    /// There is something for a session, which had nothing before.
    pub(super) fn add(&mut self, session: SessionId) {
        self.next.push_back(session);
    }

    /// There is something for this session alone.
    pub(super) fn add_urgent(&mut self, session: SessionId) {
        self.urgent.push_back(session);
    }

    /// The session to be sent to next. Where `at_once`, the next pass begins without its pause.
    pub(super) fn next(&mut self, now: Duration, at_once: bool) -> Option<SessionId> {
        if let Some(session) = self.urgent.pop_front() {
            return Some(session);
        }
        if self.pass.is_empty() && !self.next.is_empty() && (at_once || self.begins() <= now) {
            std::mem::swap(&mut self.pass, &mut self.next);
            self.pass_began = now;
        }
        let session = self.pass.pop_front()?;
        self.is_in_pass = true;
        Some(session)
    }

    /// When a session is to be sent to, if any is.
    pub(super) fn next_at(&self) -> Option<Duration> {
        match (self.urgent.is_empty() && self.pass.is_empty(), self.next.is_empty()) {
            (true, true) => None,
            (true, false) => Some(self.begins()),
            (false, _) => Some(Duration::ZERO),
        }
    }

    /// When the next pass may begin.
    fn begins(&self) -> Duration {
        let took = self.pass_ended.saturating_sub(self.pass_began);
        if self.is_busy() { self.pass_ended + took.clamp(PAUSE.0, PAUSE.1) } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Rounds in each of which so many sessions were sent to; in the last one, one.
    fn after(rounds: u32, every: Duration, calls: usize, frames: usize) -> SendScheduler {
        let mut scheduler = SendScheduler::default();
        (1..=rounds).for_each(|round| scheduler.count(calls, frames, every * round));
        scheduler.add(SessionId(1));
        assert_eq!(scheduler.next(every * rounds, true), Some(SessionId(1)));
        scheduler.count(1, 1, every * rounds);
        scheduler.add(SessionId(1));
        scheduler
    }

    fn waits(scheduler: &SendScheduler) -> bool {
        scheduler.next_at() != Some(Duration::ZERO)
    }

    #[test]
    fn a_quiet_room_never_waits() {
        assert!(!waits(&after(1000, 50 * MS, 1000, 1000)));
        assert!(!waits(&after(1, 50 * MS, 5000, 5000)));
    }

    /// Lines of two hundred people who talk at once are joined.
    #[test]
    fn lines_of_two_hundred_are_joined() {
        assert!(waits(&after(300, MS, 200, 200)));
        assert!(waits(&after(300, 3 * MS / 2, 200, 300)));
    }

    /// A flood that is joined already does not wait.
    #[test]
    fn joined_flood_does_not_wait() {
        assert!(!waits(&after(300, MS, 1000, 64_000)));
    }

    #[test]
    fn a_busy_moment_is_soon_forgotten() {
        let mut scheduler = after(300, MS, 200, 200);
        scheduler.count(200, 200, 800 * MS);
        assert!(!waits(&scheduler));
    }

    /// A pass waits for its time, and a reply does not.
    #[test]
    fn pass_waits_and_reply_does_not() {
        let mut scheduler = after(300, MS, 200, 200);
        let due = 300 * MS + PAUSE.0;
        assert_eq!((scheduler.next_at(), scheduler.next(due - MS / 2, false)), (Some(due), None));
        scheduler.add_urgent(SessionId(0));
        assert_eq!(scheduler.next(300 * MS, false), Some(SessionId(0)));
        assert_eq!(scheduler.next(due, false), Some(SessionId(1)));
        assert_eq!((scheduler.next(due, true), scheduler.next_at()), (None, None));
    }

    /// Where the plan is full a pass begins at once; it lasts until its latest calls.
    #[test]
    fn full_plan_skips_the_pause() {
        let mut scheduler = after(300, MS, 200, 200);
        scheduler.add(SessionId(2));
        let pass_began = 300 * MS + PAUSE.0 / 2;
        assert_eq!(
            (scheduler.next(pass_began, false), scheduler.next(pass_began, true)),
            (None, Some(SessionId(1)))
        );
        scheduler.count(1, 1, pass_began + 2 * MS);
        assert_eq!(
            (scheduler.next(pass_began + 2 * MS, true), scheduler.next(pass_began + 2 * MS, true)),
            (Some(SessionId(2)), None)
        );
        scheduler.count(1, 1, pass_began + 2 * MS);
        scheduler.add(SessionId(1));
        assert_eq!(scheduler.next_at(), Some(pass_began + 4 * MS));
    }

    /// A pause is as long as its pass took, within bounds.
    #[test]
    fn pause_is_as_long_as_its_pass() {
        for (took, pause) in [(MS / 2, PAUSE.0), (2 * MS, 2 * MS), (50 * MS, PAUSE.1)] {
            let mut scheduler = after(300, MS, 200, 200);
            assert_eq!(scheduler.next(310 * MS, false), Some(SessionId(1)));
            scheduler.count(9_000, 9_000, 310 * MS + took);
            scheduler.add(SessionId(1));
            assert_eq!(scheduler.next_at(), Some(310 * MS + took + pause));
        }
    }

    /// A session that was sent to in a pass is sent to again in the next.
    #[test]
    fn once_in_each_pass() {
        let mut scheduler = SendScheduler::default();
        (1..=3).for_each(|session| scheduler.add(SessionId(session)));
        assert_eq!(scheduler.next(MS, false), Some(SessionId(1)));
        scheduler.add(SessionId(1));
        let rest: Vec<u32> =
            std::iter::from_fn(|| scheduler.next(MS, false)).map(|session| session.0).collect();
        assert_eq!(rest, [2, 3, 1]);
    }
}
