//! When a commit begins, so that one does not carry the first few of many that come.
//!
//! A commit costs nearly the same processor time whatever is in it, most of that for the disk. So under
//! load it waits for a share of the time that commits take here, which those who come last meanwhile
//! gain and those who came first lose. Where nothing more is to be expected it does not wait.

use std::time::Duration;

/// The share of a commit's time that the next one waits.
const SHARE: f64 = 0.5;

/// Records that are to be expected in a commit that waits, or it is not worth it.
const WORTH: f64 = 2.0;

/// No longer pause, in seconds: a disk that takes longer has few commits anyway.
const LONGEST: f64 = 0.0005;

/// How far back the rate of records looks, in commits' times.
const LOOKS_BACK: f64 = 20.0;

/// The times of commits, and how many records come. Seconds.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// That a commit takes, in the mean of the last few.
    commit: f64,
    /// Records a second, when last looked.
    rate: f64,
    /// When that was.
    looked: f64,
}

impl Pace {
    /// A commit has begun at this uptime, and is done.
    pub(super) fn committed(&mut self, records: usize, began: Duration, took: Duration) {
        let (now, took) = (began.as_secs_f64(), took.as_secs_f64().max(1e-6));
        if self.commit == 0.0 {
            self.commit = took;
        }
        // One that the disk makes wait for long says nothing about the next.
        self.commit += (took.min(2.0 * self.commit) - self.commit) / 8.0;
        let span = LOOKS_BACK * self.commit;
        self.rate = (self.rate_at(now) * span + records as f64) / span;
        self.looked = now;
    }

    /// How long the next commit waits, where something has come for it now.
    pub(super) fn pause(&self, now: Duration) -> Duration {
        let pause = (SHARE * self.commit).min(LONGEST);
        let expected = self.rate_at(now.as_secs_f64()) * (pause + self.commit);
        Duration::from_secs_f64(if expected < WORTH { 0.0 } else { pause })
    }

    /// What is left of the rate when nothing has come since.
    fn rate_at(&self, now: f64) -> f64 {
        let span = LOOKS_BACK * self.commit;
        self.rate * (-(now - self.looked).max(0.0) / span.max(f64::MIN_POSITIVE)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Duration = Duration::from_micros(200);

    /// Commits of so many records each, one begins every `between`; gives the time after the last.
    fn commits(pace: &mut Pace, records: usize, between: Duration) -> Duration {
        (0..200).fold(Duration::ZERO, |now, _| {
            pace.committed(records, now, COMMIT);
            now + between
        })
    }

    #[test]
    fn a_quiet_room_never_waits() {
        assert_eq!(Pace::default().pause(Duration::ZERO), Duration::ZERO);
        for between in [1_000, 1_000_000] {
            let mut pace = Pace::default();
            let now = commits(&mut pace, 1, Duration::from_micros(between));
            assert_eq!(pace.pause(now), Duration::ZERO, "one record every {between} us");
        }
    }

    /// By a share of what a commit takes on this disk.
    #[test]
    fn many_wait_a_share_of_a_commit() {
        let mut pace = Pace::default();
        let now = commits(&mut pace, 5, Duration::from_micros(500));
        let near = |pause: Duration, expected: Duration| pause.abs_diff(expected) < Duration::from_micros(2);
        assert!(near(pace.pause(now), COMMIT / 2), "{:?}", pace.pause(now));
        // The load is over.
        assert_eq!(pace.pause(now + 100 * COMMIT), Duration::ZERO);
        // One slow commit changes little, and many no more than the bound.
        pace.committed(5, now, Duration::from_secs(3));
        assert!(pace.pause(now) < COMMIT);
        (0..100).for_each(|_| pace.committed(5, now, Duration::from_secs(3)));
        assert!(near(pace.pause(now), Duration::from_micros(500)), "{:?}", pace.pause(now));
    }
}
