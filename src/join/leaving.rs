//! How long somebody who wants to leave waits for what was said to arrive.

use std::time::Duration;

/// What is still being sent has so long from one message to the next.
const PROGRESS: Duration = Duration::from_secs(10);

/// Somebody wants to leave.
#[derive(Debug)]
pub(super) struct Leaving {
    /// When nothing is waited for any more.
    pub(super) until: Duration,
    /// Messages that have arrived so far.
    arrived: u64,
}

impl Leaving {
    /// `patience` is for what is under way; where more waits to be sent, the server has
    /// the time that it has for each message of that.
    pub(super) fn new(now: Duration, patience: Duration, waits: bool, arrived: u64) -> Leaving {
        let patience = if waits { patience.max(PROGRESS) } else { patience };
        Leaving { until: now + patience, arrived }
    }

    /// So many have arrived by now.
    pub(super) fn arrive(&mut self, arrived: u64, now: Duration) {
        if arrived > self.arrived {
            self.arrived = arrived;
            self.until = self.until.max(now + PROGRESS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Leaving waits as long as lines arrive: once the rest of a long text was given up after three
    /// seconds.
    #[test]
    fn leaving_waits_while_lines_arrive() {
        let mut leaving = Leaving::new(at(100), at(3), false, 7);
        assert_eq!(leaving.until, at(103));
        leaving.arrive(7, at(102));
        assert_eq!(leaving.until, at(103));
        leaving.arrive(8, at(102));
        assert_eq!(leaving.until, at(112));
        assert_eq!(Leaving::new(at(100), at(3), true, 7).until, at(110));
        let mut leaving = Leaving::new(at(100), at(30), true, 7);
        leaving.arrive(8, at(101));
        assert_eq!(leaving.until, at(130));
    }
}
