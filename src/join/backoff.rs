//! When to try a lost connection again, and what is told of it.

use std::time::Duration;

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(30);
/// After so long in the room a connection is no mere attempt: what becomes of it is told.
const HELD: Duration = Duration::from_secs(5);
/// After so long in the room a connection was a good one.
const GOOD: Duration = Duration::from_secs(60);
/// So long an outage is told although one was told a moment ago.
const OUTAGE: Duration = Duration::from_secs(20);

/// The pauses between attempts, since the last good connection: one spell.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    told: Told,
    /// In the room since then, by the connection that there is.
    inside: Option<Duration>,
    /// Without a connection since then, and nobody was told.
    outage: Option<Duration>,
}

/// What the person knows of this spell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Told {
    #[default]
    Nothing,
    Lost,
    /// It was lost, and is back.
    Back,
    /// It was lost once more: that it is back is told once it has held.
    LostAgain,
}

impl Backoff {
    /// When the next attempt is due: in 1, 2, 4 … 30 s, shortened by up to a
    /// half, so that not all who were lost at once come back at once. `chance`
    /// is from 0 to 1.
    pub(super) fn next(&mut self, now: Duration, chance: f64) -> Duration {
        let longest = Duration::from_secs(1 << self.failures.min(5)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        now + longest.mul_f64(1.0 - chance / 2.0)
    }

    /// The room is entered.
    pub(super) fn on_join(&mut self, now: Duration) {
        self.inside.get_or_insert(now);
        self.outage = None;
    }

    /// The connection is lost; whether that is told.
    pub(super) fn on_lost(&mut self, now: Duration) -> bool {
        self.is_good(now);
        let held = self.has_held(now);
        self.inside = None;
        match self.told {
            Told::Nothing => self.told = Told::Lost,
            Told::Back if held => self.told = Told::Lost,
            Told::Back => {
                self.outage.get_or_insert(now);
                return false;
            }
            Told::Lost | Told::LostAgain => return false,
        }
        true
    }

    /// Whether it is told that the room was entered again.
    pub(super) fn tells_back(&mut self) -> bool {
        let first = self.told == Told::Lost;
        if first {
            self.told = Told::Back;
        }
        first
    }

    /// There is a connection again, but not the room, which is told.
    pub(super) fn is_kept_out(&mut self) {
        self.outage = None;
        if self.told == Told::Back {
            self.told = Told::Lost;
        }
    }

    /// Whether an outage that was not told has become long; true once.
    pub(super) fn is_long(&mut self, now: Duration) -> bool {
        let long = self.outage.is_some_and(|since| since + OUTAGE <= now);
        if long {
            (self.told, self.outage) = (Told::LostAgain, None);
        }
        long
    }

    fn has_held(&self, now: Duration) -> bool {
        self.inside.is_some_and(|since| since + HELD <= now)
    }

    /// Whether it is to be told now that the room was entered again a while ago; true once.
    pub(super) fn is_back(&mut self, now: Duration) -> bool {
        let back = self.told == Told::LostAgain && self.has_held(now);
        if back {
            self.told = Told::Back;
        }
        back
    }

    /// Ends the spell where the connection is a good one; whether that is so just now.
    pub(super) fn is_good(&mut self, now: Duration) -> bool {
        let is_spell = self.failures > 0 || self.told != Told::Nothing;
        let good = is_spell && self.inside.is_some_and(|since| since + GOOD <= now);
        if good {
            (self.failures, self.told, self.outage) = (0, Told::Nothing, None);
        }
        good
    }

    /// When [`Backoff::is_long`], [`Backoff::is_back`] or [`Backoff::is_good`] will be true.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let is_spell = self.failures > 0 || self.told != Told::Nothing;
        let patience = if self.told == Told::LostAgain { HELD } else { GOOD };
        let good = self.inside.filter(|_| is_spell).map(|since| since + patience);
        good.into_iter().chain(self.outage.map(|since| since + OUTAGE)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The pauses of so many attempts that all fail at once.
    fn pauses(backoff: &mut Backoff, chance: f64, count: usize) -> Vec<f64> {
        let mut now = at(1000);
        let mut pause = || {
            let next = backoff.next(now, chance);
            (next - std::mem::replace(&mut now, next)).as_secs_f64()
        };
        (0..count).map(|_| pause()).collect()
    }

    #[test]
    fn pauses_double_and_begin_anew() {
        let mut backoff = Backoff::default();
        assert_eq!(pauses(&mut backoff, 0.0, 8), [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
        backoff.on_join(at(2000));
        assert_eq!(backoff.deadline(), Some(at(2060)));
        assert!(!backoff.is_good(at(2059)));
        assert!(backoff.is_good(at(2060)));
        assert!(!backoff.is_good(at(2061)));
        assert_eq!(pauses(&mut backoff, 0.0, 2), [1.0, 2.0]);
    }

    /// Connections that end at once are told of once, and tried at growing intervals.
    #[test]
    fn a_short_connection_is_told_of_once() {
        let mut backoff = Backoff::default();
        backoff.on_join(at(0));
        assert!(backoff.on_lost(at(100)));
        let mut told = Vec::new();
        let mut attempts = vec![backoff.next(at(100), 0.0)];
        for _ in 0..8 {
            let now = *attempts.last().unwrap();
            if backoff.is_long(now) {
                told.push(("lost", now.as_secs()));
            }
            backoff.on_join(now);
            if backoff.tells_back() {
                told.push(("back", now.as_secs()));
            }
            assert!(!backoff.on_lost(now));
            attempts.push(backoff.next(now, 0.0));
        }
        let attempts: Vec<u64> = attempts.iter().map(Duration::as_secs).collect();
        assert_eq!(attempts, [101, 103, 107, 115, 131, 161, 191, 221, 251]);
        // After `back` the person must learn some time that it is lost again.
        assert_eq!(told, [("back", 101), ("lost", 161)]);
    }

    /// Each loss and return of a connection that has held for some seconds is told: once people saw for a
    /// minute that all was well, or that nothing was.
    #[test]
    fn connections_that_held_are_told() {
        let mut backoff = Backoff::default();
        backoff.on_join(at(0));
        assert!(backoff.on_lost(at(100)));
        for start in [101, 108] {
            backoff.on_join(at(start));
            assert!(backoff.tells_back());
            assert!(backoff.on_lost(at(start + 6)), "{start}");
        }
        // A connection that did not hold is not told of, unless the outage is long; its return is told once
        // it holds.
        backoff.on_join(at(120));
        assert!(backoff.tells_back());
        assert!(!backoff.on_lost(at(121)));
        assert!(backoff.is_long(at(141)));
        backoff.on_join(at(150));
        assert!(!backoff.tells_back() && !backoff.is_back(at(154)));
        assert_eq!(backoff.deadline(), Some(at(155)));
        assert!(backoff.is_back(at(155)) && !backoff.is_back(at(156)));
        assert!(backoff.on_lost(at(157)));
    }

    /// A connection that is there, but not in the room, is no outage: once it was told to be lost.
    #[test]
    fn connected_without_room_is_no_outage() {
        let mut backoff = Backoff::default();
        assert!(backoff.on_lost(at(100)));
        backoff.on_join(at(101));
        assert!(backoff.tells_back());
        assert!(!backoff.on_lost(at(102)));
        assert_eq!(backoff.deadline(), Some(at(122)));
        backoff.is_kept_out();
        assert_eq!(backoff.deadline(), None);
        assert!(!backoff.is_long(at(122)));
        backoff.on_join(at(130));
        assert!(backoff.tells_back());
    }

    #[test]
    fn reconnects_are_spread_over_half_a_pause() {
        let all = |chance| pauses(&mut Backoff::default(), chance, 7);
        for (latest, earliest) in all(0.0).into_iter().zip(all(1.0)) {
            assert!((latest / 2.0 - earliest).abs() < 1e-6, "{earliest} {latest}");
        }
        assert!(all(0.3).iter().zip(all(0.4)).all(|(less, more)| *less > more));
        // Also after days without a server.
        let mut backoff = Backoff { failures: u32::MAX, ..Backoff::default() };
        assert_eq!(pauses(&mut backoff, 0.0, 2), [30.0, 30.0]);
    }
}
