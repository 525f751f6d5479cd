//! Who is sent to next, and when: everybody in turn, in sweeps.
//!
//! Almost all that a delivery costs is the call that sends it. Many people who
//! talk at once seldom leave much waiting at any one moment, so that each of
//! their lines would be sent alone, to everybody. While the hub's thread is busy
//! with such, it pauses after each sweep, so that lines are joined, as network
//! cards moderate their interrupts. A quiet server never waits.

use crate::hub::SessionId;
use std::collections::VecDeque;
use std::time::Duration;

/// Shortest and longest pause, from a sweep's latest calls to the next sweep. Between them
/// it is as long as its sweep took, so that half of the thread's time is left.
const PAUSE: (Duration, Duration) = (Duration::from_micros(900), Duration::from_micros(2500));
/// What is remembered fades with this time.
const MEMORY: Duration = Duration::from_millis(100);
/// Calls within the memory from which on the hub's thread counts as busy: about
/// a quarter of its time. Twenty lines a second to a thousand people are 2,000.
const BUSY: f64 = 6_000.0;
/// Frames in a call from which on they are joined well enough.
const JOINED: f64 = 4.0;

/// Owned by the hub's thread. A seat may stand in it more than once, or for nothing:
/// whoever asks looks whether there is something for it. Pure: time comes in as
/// uptime.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Seats that got something for them alone, such as an answer. They wait for
    /// no sweep; only what is said in a pause is taken after it.
    asking: VecDeque<SessionId>,
    /// Those to come in this sweep.
    sweep: VecDeque<SessionId>,
    /// Those of the next.
    next: VecDeque<SessionId>,
    /// Somebody of a sweep had his turn since calls were last counted.
    is_sweeping: bool,
    /// When the last sweep began, and when its latest calls had been made.
    began: Duration,
    swept: Duration,
    /// Calls, faded.
    calls: f64,
    /// Frames in them, faded.
    frames: f64,
    /// When they were last counted.
    counted: Duration,
}

impl Turns {
    /// So many calls have been made, with so many frames in all.
    pub(super) fn count(&mut self, calls: usize, frames: usize, now: Duration) {
        let passed = now.saturating_sub(self.counted).as_secs_f64();
        let faded = (-passed / MEMORY.as_secs_f64()).exp();
        self.calls = self.calls * faded + calls as f64;
        self.frames = self.frames * faded + frames as f64;
        self.counted = now;
        if std::mem::take(&mut self.is_sweeping) {
            self.swept = now;
        }
    }

    /// Whether much is sent, and hardly anything of it joined.
    pub(super) fn is_busy(&self) -> bool {
        self.calls > BUSY && self.frames < JOINED * self.calls
    }

    /// There is something for a seat, which had nothing before.
    pub(super) fn enter(&mut self, seat: SessionId) {
        self.next.push_back(seat);
    }

    /// There is something for this seat alone.
    pub(super) fn hurry(&mut self, seat: SessionId) {
        self.asking.push_back(seat);
    }

    /// Whose turn it is. That anybody has his where `hurried`, however short a
    /// while ago the last sweep was.
    pub(super) fn next(&mut self, now: Duration, hurried: bool) -> Option<SessionId> {
        if let Some(seat) = self.asking.pop_front() {
            return Some(seat);
        }
        if self.sweep.is_empty() && !self.next.is_empty() && (hurried || self.begins() <= now) {
            std::mem::swap(&mut self.sweep, &mut self.next);
            self.began = now;
        }
        let seat = self.sweep.pop_front()?;
        self.is_sweeping = true;
        Some(seat)
    }

    /// When it is somebody's turn, if anybody stands in it.
    pub(super) fn next_at(&self) -> Option<Duration> {
        match (self.asking.is_empty() && self.sweep.is_empty(), self.next.is_empty()) {
            (true, true) => None,
            (true, false) => Some(self.begins()),
            (false, _) => Some(Duration::ZERO),
        }
    }

    /// When the next sweep may begin.
    fn begins(&self) -> Duration {
        let took = self.swept.saturating_sub(self.began);
        if self.is_busy() { self.swept + took.clamp(PAUSE.0, PAUSE.1) } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Rounds in each of which so many seats were sent to; in the last one, one.
    fn after(rounds: u32, every: Duration, calls: usize, frames: usize) -> Turns {
        let mut turns = Turns::default();
        (1..=rounds).for_each(|round| turns.count(calls, frames, every * round));
        turns.enter(SessionId(1));
        assert_eq!(turns.next(every * rounds, true), Some(SessionId(1)));
        turns.count(1, 1, every * rounds);
        turns.enter(SessionId(1));
        turns
    }

    fn waits(turns: &Turns) -> bool {
        turns.next_at() != Some(Duration::ZERO)
    }

    #[test]
    fn a_quiet_room_never_waits() {
        assert!(!waits(&after(1000, 50 * MS, 1000, 1000)));
        assert!(!waits(&after(1, 50 * MS, 5000, 5000)));
    }

    #[test]
    fn lines_of_two_hundred_who_talk_at_once_are_joined() {
        assert!(waits(&after(300, MS, 200, 200)));
        assert!(waits(&after(300, 3 * MS / 2, 200, 300)));
    }

    #[test]
    fn a_flood_that_is_joined_already_does_not_wait() {
        assert!(!waits(&after(300, MS, 1000, 64_000)));
    }

    #[test]
    fn a_busy_moment_is_soon_forgotten() {
        let mut turns = after(300, MS, 200, 200);
        turns.count(200, 200, 800 * MS);
        assert!(!waits(&turns));
    }

    #[test]
    fn a_sweep_waits_for_its_time_and_an_answer_does_not() {
        let mut turns = after(300, MS, 200, 200);
        let due = 300 * MS + PAUSE.0;
        assert_eq!((turns.next_at(), turns.next(due - MS / 2, false)), (Some(due), None));
        turns.hurry(SessionId(0));
        assert_eq!(turns.next(300 * MS, false), Some(SessionId(0)));
        assert_eq!(turns.next(due, false), Some(SessionId(1)));
        assert_eq!((turns.next(due, true), turns.next_at()), (None, None));
    }

    #[test]
    fn a_hurried_sweep_does_not_wait_and_lasts_until_its_latest_calls() {
        let mut turns = after(300, MS, 200, 200);
        turns.enter(SessionId(2));
        let began = 300 * MS + PAUSE.0 / 2;
        assert_eq!((turns.next(began, false), turns.next(began, true)), (None, Some(SessionId(1))));
        turns.count(1, 1, began + 2 * MS);
        assert_eq!(
            (turns.next(began + 2 * MS, true), turns.next(began + 2 * MS, true)),
            (Some(SessionId(2)), None)
        );
        turns.count(1, 1, began + 2 * MS);
        turns.enter(SessionId(1));
        assert_eq!(turns.next_at(), Some(began + 4 * MS));
    }

    #[test]
    fn a_pause_follows_its_sweep_within_bounds() {
        for (took, pause) in [(MS / 2, PAUSE.0), (2 * MS, 2 * MS), (50 * MS, PAUSE.1)] {
            let mut turns = after(300, MS, 200, 200);
            assert_eq!(turns.next(310 * MS, false), Some(SessionId(1)));
            turns.count(9_000, 9_000, 310 * MS + took);
            turns.enter(SessionId(1));
            assert_eq!(turns.next_at(), Some(310 * MS + took + pause));
        }
    }

    #[test]
    fn who_had_his_turn_in_a_sweep_comes_in_the_next() {
        let mut turns = Turns::default();
        (1..=3).for_each(|seat| turns.enter(SessionId(seat)));
        assert_eq!(turns.next(MS, false), Some(SessionId(1)));
        turns.enter(SessionId(1));
        let rest: Vec<u32> = std::iter::from_fn(|| turns.next(MS, false)).map(|seat| seat.0).collect();
        assert_eq!(rest, [2, 3, 1]);
    }
}
