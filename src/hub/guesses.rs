//! Wrong passwords of the server, by address. The more have come from one, the longer each further
//! password waits before it is looked at; nobody at another address waits, and nobody for long.
//!
//! Wrong ones of one address are looked at one after another, on however many connections they come,
//! and where too many of them wait, none is looked at for a while. A right one waits for no other: many
//! who know the password come in at once, also where somebody has mistyped it. Who guesses learns no
//! sooner by that, since the time of a wrong one is spent also where nobody waits for the answer.

use crate::chat::network::network;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// After the first wrong password; doubled by each further one.
const FIRST_DELAY: Duration = Duration::from_millis(125);
/// Somebody at the same address who knows the password waits no longer than that.
const LONGEST_DELAY: Duration = Duration::from_secs(2);
/// Where wrong ones that have come will take longer than that, no further one is looked at.
const MOST_WAITING: Duration = Duration::from_secs(8);
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
    /// When the last of them is looked at.
    looked_at: Duration,
}

impl Guesses {
    /// When a password that comes from there now is looked at; None where too many wrong ones wait.
    pub(super) fn look_at(&mut self, from: IpAddr, is_right: bool, now: Duration) -> Option<Duration> {
        let from = network(from);
        self.0.retain(|_, wrong| now < wrong.last + FORGIVEN);
        let known = self.0.get(&from).copied();
        let Wrong { count, looked_at, .. } = known.unwrap_or(Wrong { count: 0, last: now, looked_at: now });
        let factor = if count == 0 { 0 } else { 2u32.saturating_pow(count - 1) };
        let delay = FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY);
        let after_others = looked_at.max(now) + delay;
        // Also where it is right: otherwise being refused would tell that it is not.
        if after_others > now + MOST_WAITING {
            return None;
        }
        if is_right {
            return Some(now + delay);
        }
        self.remember(from, Wrong { count: count.saturating_add(1), last: now, looked_at: after_others });
        Some(after_others)
    }

    fn remember(&mut self, from: IpAddr, wrong: Wrong) {
        if self.0.len() >= REMEMBERED
            && !self.0.contains_key(&from)
            && let Some(oldest) = self.0.iter().min_by_key(|(_, wrong)| wrong.last).map(|(at, _)| *at)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(from, wrong);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn delay_grows_by_address_and_is_forgiven() {
        let mut guesses = Guesses::default();
        let mut waits = |from: &str, is_right, second| {
            let now = Duration::from_secs(second);
            guesses.look_at(ip(from), is_right, now).unwrap() - now
        };
        let delays = [0, 3, 6, 9, 12, 15, 18].map(|second| waits("10.0.0.1", false, second));
        assert_eq!(delays, [0, 125, 250, 500, 1000, 2000, 2000].map(ms));
        assert_eq!((waits("10.0.0.1", true, 19), waits("10.0.0.1", true, 19)), (ms(2000), ms(2000)));
        assert_eq!((waits("10.0.0.2", true, 19), waits("10.0.0.2", false, 19)), (ms(0), ms(0)));
        assert_eq!(waits("10.0.0.1", true, 618), ms(0));
    }

    /// Each connection had a time of its own: on 64 of them 32 passwords a second could be tried.
    #[test]
    fn connections_of_an_address_share_its_guesses() {
        let mut guesses = Guesses::default();
        let looked_at = (0..60 * 64).filter_map(|number| {
            let now = ms(number * 1000 / 64);
            guesses.look_at(ip("10.0.0.1"), false, now)
        });
        let looked_at: Vec<Duration> = looked_at.collect();
        assert_eq!(looked_at.len(), 5 + 33, "five soon, then one each two seconds");
        assert!(looked_at.windows(2).all(|pair| pair[1] >= pair[0] + ms(125)));
        assert_eq!(guesses.look_at(ip("10.0.0.1"), true, Duration::from_secs(60)), None);
        assert!(guesses.look_at(ip("10.0.0.2"), true, Duration::from_secs(60)).is_some());
        assert!(guesses.look_at(ip("10.0.0.1"), true, Duration::from_secs(65)).is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut guesses = Guesses::default();
        for number in 0..2 * REMEMBERED as u32 {
            guesses.look_at(IpAddr::from(number.to_be_bytes()), false, ms(number.into()));
        }
        assert_eq!(guesses.0.len(), REMEMBERED);
    }
}
