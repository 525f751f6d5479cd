//! What one connection may ask of the room in a time. Lines that come faster
//! first wait, then are refused with the rule and the time left, and only then
//! is the connection closed ([`super::dispatch`]); never is anybody kept from coming back, with what
//! is still owed ([`super::debts`]).
//!
//! Connections from this machine are free of it: who can start programs here
//! can do worse, and it is where scripts are played and speed is measured.

use super::caps::Caps;
use super::input::Input;
use super::irc::commands;
use std::time::Duration;

/// Messages that may come at once.
pub(super) const BURST: u32 = 40;

/// Counts in time: everything costs some, and so much may be owed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Messages a second; 0 for those without a limit.
    rate: u32,
    /// Uptime at which all that was asked for is paid.
    paid: Duration,
    /// Uptime of the last warning.
    warned: Option<Duration>,
}

impl Budget {
    /// So many messages a second, or any number for 0; what was asked for before
    /// is paid at `paid` (uptime).
    pub(super) fn new(rate: u32, paid: Duration) -> Budget {
        Budget { rate, paid, warned: None }
    }

    pub(super) fn is_limited(self) -> bool {
        self.rate != 0
    }

    /// What so many messages cost.
    pub(super) fn price(self, cost: u32) -> Duration {
        Duration::from_secs(1).checked_div(self.rate).unwrap_or_default() * cost
    }

    /// What is still owed, which somebody else takes over.
    pub(super) fn take_debt(&mut self, now: Duration) -> Duration {
        std::mem::replace(&mut self.paid, now).saturating_sub(now)
    }

    /// Pays for what costs so many messages, or tells from when on it can.
    pub(super) fn spend(&mut self, cost: u32, now: Duration) -> Result<(), Duration> {
        let paid = self.paid.max(now) + self.price(cost);
        let most = self.price(BURST);
        match paid <= now + most {
            true => self.paid = paid,
            false => return Err(paid - most),
        }
        Ok(())
    }

    /// Whether a warning is due: none was given in the time that a burst takes.
    pub(super) fn warn(&mut self, now: Duration) -> bool {
        let is_due = self.warned.is_none_or(|last| now > last + self.price(BURST));
        self.warned = if is_due { Some(now) } else { self.warned };
        is_due
    }

    /// How long it takes until something can be done that comes after what
    /// costs so many messages.
    pub(super) fn wait(self, cost: u32, now: Duration) -> Duration {
        let paid = self.paid.max(now) + self.price(cost + 1);
        paid.saturating_sub(now + self.price(BURST))
    }
}

/// What a line costs, in messages: at most a burst, so that all can be had by
/// waiting. To those who come without a program every line is one.
pub(super) fn cost(input: &Input, caps: Caps) -> u32 {
    match input {
        Input::Message(message) if !caps.has(Caps::PLAIN) => commands::cost(message).min(BURST),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_is_free_and_then_time_pays() {
        let mut budget = Budget::new(4, ms(0));
        let now = ms(5_000);
        for _ in 0..BURST {
            budget.spend(1, now).unwrap();
        }
        assert_eq!(budget.spend(1, now), Err(ms(5_250)));
        assert_eq!(budget.spend(4, now), Err(ms(6_000)));
        assert_eq!(budget.spend(0, now), Ok(()));
        assert_eq!(budget.wait(0, now), ms(250));
        assert_eq!(budget.wait(7, now), ms(2_000));
        assert_eq!(budget.spend(1, ms(5_250)), Ok(()));
        assert_eq!(budget.spend(1, ms(5_250)), Err(ms(5_500)));
        // Nothing is saved up beyond the burst.
        let later = ms(100_000);
        assert_eq!(budget.spend(BURST, later), Ok(()));
        assert_eq!(budget.spend(1, later), Err(ms(100_250)));
    }

    #[test]
    fn what_costs_more_than_a_burst_can_be_had_by_waiting() {
        let mut budget = Budget::new(4, ms(0));
        assert_eq!(budget.spend(1, ms(0)), Ok(()));
        let names = Message::parse(&format!("NAMES {}#a", "#a,".repeat(100))).unwrap();
        let cost = cost(&Input::Message(names), Caps::NONE);
        assert_eq!(budget.spend(cost, ms(0)), Err(ms(250)));
        assert_eq!(budget.spend(cost, ms(250)), Ok(()));
    }

    #[test]
    fn without_a_limit_nothing_costs() {
        let mut budget = Budget::new(0, ms(0));
        assert!(!budget.is_limited());
        assert!((0..10_000).all(|_| budget.spend(1000, ms(1)).is_ok()));
    }
}
