//! Wrong passwords of the server, by address. The more have come from one, the longer each further
//! one waits before it is looked at; nobody at another address waits, and nobody for long.

use crate::chat::network::network;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// After the first wrong password; doubled by each further one.
const FIRST_DELAY: Duration = Duration::from_millis(125);
/// Somebody at the same address who knows the password waits no longer than that.
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// An address from which nobody has guessed for so long starts anew.
const FORGIVEN: Duration = Duration::from_secs(600);
/// Addresses that are remembered.
const REMEMBERED: usize = 1024;

/// Owned by the hub; at most [`REMEMBERED`] addresses. Times are uptimes.
#[derive(Debug, Default)]
pub(super) struct Guesses(BTreeMap<IpAddr, Wrong>);

#[derive(Debug, Clone, Copy)]
struct Wrong {
    count: u32,
    last: Duration,
}

impl Guesses {
    /// How long a password from there waits.
    pub(super) fn delay(&self, from: IpAddr, now: Duration) -> Duration {
        match self.0.get(&network(from)) {
            Some(wrong) if now < wrong.last + FORGIVEN => {
                let factor = 2u32.saturating_pow(wrong.count.saturating_sub(1));
                FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY)
            }
            _ => Duration::ZERO,
        }
    }

    /// A wrong password has come.
    pub(super) fn wrong(&mut self, from: IpAddr, now: Duration) {
        let from = network(from);
        self.0.retain(|_, wrong| now < wrong.last + FORGIVEN);
        if self.0.len() >= REMEMBERED
            && !self.0.contains_key(&from)
            && let Some(oldest) = self.0.iter().min_by_key(|(_, wrong)| wrong.last).map(|(at, _)| *at)
        {
            self.0.remove(&oldest);
        }
        let wrong = self.0.entry(from).or_insert(Wrong { count: 0, last: now });
        *wrong = Wrong { count: wrong.count.saturating_add(1), last: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn delay_grows_by_address_and_is_forgiven() {
        let mut guesses = Guesses::default();
        let mut delays = Vec::new();
        for second in 0..7 {
            let now = Duration::from_secs(second);
            delays.push(guesses.delay(ip("10.0.0.1"), now).as_millis());
            guesses.wrong(ip("10.0.0.1"), now);
        }
        assert_eq!(delays, [0, 125, 250, 500, 1000, 2000, 2000]);
        assert_eq!(guesses.delay(ip("10.0.0.2"), Duration::from_secs(7)), Duration::ZERO);
        assert_eq!(guesses.delay(ip("10.0.0.1"), Duration::from_secs(606)), Duration::ZERO);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut guesses = Guesses::default();
        for number in 0..2 * REMEMBERED as u32 {
            guesses.wrong(IpAddr::from(number.to_be_bytes()), Duration::from_millis(number.into()));
        }
        assert_eq!(guesses.0.len(), REMEMBERED);
    }
}
