//! Whether the wall clock may be believed where it says that something is old: what is removed does
//! not come back, and a clock that is set wrong, or has not been set yet, is set right later.

use super::contract::Clock;
use super::meta::micros;
use std::time::Duration;

/// A difference from the monotonic clock that no correction of a running clock makes.
const JUMP: Duration = Duration::from_secs(3600);

/// How long a clock is not believed after a jump; and the time without a message after which a
/// start counts as one.
const DOUBT: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug)]
pub(super) struct TrustedClock {
    /// The wall time of the last record before the start, in µs since the Unix epoch.
    last_record: Option<u64>,
    /// When it was last asked.
    last: Option<Clock>,
    /// The uptime from which on it is believed.
    from: Duration,
}

impl TrustedClock {
    pub(super) fn new(last_record: Option<u64>) -> TrustedClock {
        TrustedClock { last_record, last: None, from: Duration::ZERO }
    }

    /// Whether it is believed now.
    pub(super) fn is_believed(&mut self, now: Clock) -> bool {
        let has_jumped = match (self.last.replace(now), self.last_record) {
            (Some(last), _) => {
                let expected = last.wall_us.saturating_add(micros(now.uptime.saturating_sub(last.uptime)));
                now.wall_us.abs_diff(expected) > micros(JUMP)
            }
            (None, Some(record)) => now.wall_us > record.saturating_add(micros(DOUBT)),
            (None, None) => false,
        };
        if has_jumped {
            self.from = now.uptime + DOUBT;
        }
        now.uptime >= self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;
    const YEAR: u64 = 365 * 24 * HOUR;

    fn at(wall: u64, uptime: u64) -> Clock {
        Clock { wall_us: wall * 1_000_000, uptime: Duration::from_secs(uptime) }
    }

    #[test]
    fn a_jump_is_believed_after_a_day() {
        let mut clock = TrustedClock::new(Some(1_000_000));
        assert!(clock.is_believed(at(10, 0)) && clock.is_believed(at(10 + HOUR, 10)));
        assert!(!clock.is_believed(at(YEAR, 20)));
        assert!(!clock.is_believed(at(YEAR + 24 * HOUR - 1, 20 + 24 * HOUR - 1)));
        assert!(clock.is_believed(at(YEAR + 24 * HOUR, 20 + 24 * HOUR)));
        assert!(!clock.is_believed(at(YEAR, 21 + 24 * HOUR)), "back is a jump as well");
    }

    #[test]
    fn a_start_long_after_the_last_message_is_believed_after_a_day() {
        let mut clock = TrustedClock::new(Some(1_000_000));
        assert!(!clock.is_believed(at(2 + 24 * HOUR, 0)));
        assert!(clock.is_believed(at(2 + 48 * HOUR, 24 * HOUR)));
        assert!(TrustedClock::new(None).is_believed(at(YEAR, 0)));
    }
}
