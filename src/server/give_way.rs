//! Clients' threads get the core while the hub's thread sends.
//!
//! What they read then goes to all who are still to come in the sweep. With one core
//! they would have to wait for its end. Whoever else wants the core gets it,
//! too: another program keeps it for some milliseconds, and at one such turn after
//! every few calls everybody's lines would come late by a multiple.

use std::time::Duration;

/// What clients' threads take; whatever takes longer is another program.
const SHORT: Duration = Duration::from_micros(500);
/// After such a one, until the next.
const PAUSE: Duration = Duration::from_millis(100);

/// Owned by the hub's thread. Pure: time comes in as uptime.
#[derive(Debug, Default)]
pub(super) struct GiveWay {
    /// Not before.
    next: Duration,
}

impl GiveWay {
    /// Calls `give` unless that took long a short while ago.
    pub(super) fn turn(&mut self, uptime: impl Fn() -> Duration, give: impl FnOnce()) {
        let began = uptime();
        if began >= self.next {
            give();
            let back = uptime();
            if back - began > SHORT {
                self.next = back + PAUSE;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// A turn for each of these took a quiet room from 3 ms to 45 beside a busy program.
    #[test]
    fn another_program_gets_no_turn_after_every_few_calls() {
        let (mut way, clock, turns) = (GiveWay::default(), Cell::new(Duration::ZERO), Cell::new(0));
        let mut turn = |took: Duration| {
            way.turn(
                || clock.get(),
                || {
                    clock.set(clock.get() + took);
                    turns.set(turns.get() + 1);
                },
            );
        };
        turn(SHORT);
        turn(SHORT);
        turn(SHORT * 6);
        assert_eq!(turns.get(), 3);
        turn(SHORT);
        clock.set(clock.get() + PAUSE - SHORT);
        turn(SHORT);
        assert_eq!(turns.get(), 3);
        clock.set(clock.get() + SHORT);
        turn(SHORT);
        assert_eq!(turns.get(), 4);
    }
}
