//! How often the console is told of connections that are not let in.

use super::admission::Refused;
use std::sync::{Mutex, PoisonError};

/// Each reason is told once in so long a time: peers cause it, and the console may stand still.
const INTERVAL_US: u64 = 10_000_000;

/// Shared by the threads that accept.
#[derive(Debug, Default)]
pub(crate) struct TurnedAway(Mutex<[Told; 3]>);

/// Of one reason.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    /// When it was told last; None: never.
    at_us: Option<u64>,
    /// Connections since then.
    untold: u64,
}

impl TurnedAway {
    /// Counts a connection. How many it makes for this reason since it was told last, if it is to be told now.
    pub(crate) fn count(&self, why: Refused, now_us: u64) -> Option<u64> {
        let mut reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = &mut reasons[match why {
            Refused::Full => 0,
            Refused::TooManyUnregistered => 1,
            Refused::TooManyThere(_) => 2,
        }];
        told.untold += 1;
        // The clock may be set back.
        if told.at_us.is_some_and(|at| now_us.abs_diff(at) < INTERVAL_US) {
            return None;
        }
        told.at_us = Some(now_us);
        Some(std::mem::take(&mut told.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_told_once_in_a_while() {
        let away = TurnedAway::default();
        assert_eq!(away.count(Refused::Full, 1), Some(1));
        assert_eq!(away.count(Refused::TooManyThere(3), 2), Some(1));
        assert_eq!((3..9).find_map(|now| away.count(Refused::Full, now)), None);
        assert_eq!(away.count(Refused::Full, INTERVAL_US + 1), Some(7));
        assert_eq!(away.count(Refused::Full, 1), Some(1), "the clock was set back");
    }
}
