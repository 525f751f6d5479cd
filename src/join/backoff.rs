//! When to try a lost connection again.

use std::time::Duration;

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses between attempts, since the last good connection.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
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

    /// A connection has been good for something.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Whether the connection that was lost just now was a good one.
    pub(super) fn is_first(&self) -> bool {
        self.failures == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses of so many attempts that all fail at once.
    fn pauses(backoff: &mut Backoff, chance: f64, count: usize) -> Vec<f64> {
        let mut now = Duration::from_secs(1000);
        let mut pause = || {
            let next = backoff.next(now, chance);
            (next - std::mem::replace(&mut now, next)).as_secs_f64()
        };
        (0..count).map(|_| pause()).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_a_good_connection() {
        let mut backoff = Backoff::default();
        assert!(backoff.is_first());
        assert_eq!(pauses(&mut backoff, 0.0, 8), [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
        assert!(!backoff.is_first());
        backoff.reset();
        assert!(backoff.is_first());
        assert_eq!(pauses(&mut backoff, 0.0, 2), [1.0, 2.0]);
    }

    #[test]
    fn those_who_were_lost_at_once_come_back_spread_over_half_of_each_pause() {
        let all = |chance| pauses(&mut Backoff::default(), chance, 7);
        for (latest, earliest) in all(0.0).into_iter().zip(all(1.0)) {
            assert!((latest / 2.0 - earliest).abs() < 1e-6, "{earliest} {latest}");
        }
        assert!(all(0.3).iter().zip(all(0.4)).all(|(less, more)| *less > more));
        // Also after days without a server.
        let mut backoff = Backoff { failures: u32::MAX };
        assert_eq!(pauses(&mut backoff, 0.0, 2), [30.0, 30.0]);
    }
}
