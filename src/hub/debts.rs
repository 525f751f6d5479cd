//! What addresses owe: a connection that ends leaves what it has asked for and
//! not yet waited for to its address, so that nobody gets a fresh burst by
//! coming back. Lines that were accepted and wait are obeyed before it ends,
//! as far as its address may still owe them.

use super::budget::BURST;
use super::{Hub, Now, SeatId};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Bursts that an address may owe before those who come next begin with less:
/// a family, or a class that leaves at the bell, never notices.
pub(super) const FREE: u32 = 4;
/// Addresses that are remembered; who owes the least is forgotten first.
const MOST: usize = 1024;

/// What one person commands: a v4 address, or the /64 of a v6 one (RFC 6177, 2).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

/// Debts by address, each forgotten once it is paid.
#[derive(Debug)]
pub(super) struct Debts {
    /// How long it takes to pay for a burst; zero where nothing costs.
    burst: Duration,
    /// Uptime at which all is paid: at most [`FREE`] + 1 bursts from now. At
    /// most [`MOST`].
    paid: BTreeMap<IpAddr, Duration>,
}

impl Debts {
    /// Where so many messages a second are allowed, or any number for 0.
    pub(super) fn new(a_second: u32) -> Debts {
        let message = Duration::from_secs(1).checked_div(a_second).unwrap_or(Duration::ZERO);
        Debts { burst: message * BURST, paid: BTreeMap::new() }
    }

    /// Uptime at which somebody who comes from there now has paid: what the
    /// address owes beyond what is free, and at most a burst.
    pub(super) fn inherited(&self, from: IpAddr, now: Duration) -> Duration {
        let paid = self.paid.get(&network(from)).copied().unwrap_or_default();
        paid.saturating_sub(self.burst * FREE).min(now + self.burst)
    }

    /// Takes over what a connection owes, as far as its address may owe it.
    pub(super) fn leave(&mut self, from: IpAddr, owed: Duration, now: Duration) {
        let room = self.room(from, now);
        self.add(from, owed.min(room), now);
    }

    /// Takes over what something costs, if its address may owe all of it.
    pub(super) fn lend(&mut self, from: IpAddr, owed: Duration, now: Duration) -> bool {
        let may = owed <= self.room(from, now);
        if may {
            self.add(from, owed, now);
        }
        may
    }

    fn room(&self, from: IpAddr, now: Duration) -> Duration {
        let paid = self.paid.get(&network(from)).copied().unwrap_or_default();
        (now + self.burst * (FREE + 1)).saturating_sub(paid.max(now))
    }

    fn add(&mut self, from: IpAddr, owed: Duration, now: Duration) {
        let from = network(from);
        if owed.is_zero() {
            return;
        }
        if self.paid.len() >= MOST && !self.paid.contains_key(&from) {
            self.paid.retain(|_, paid| *paid > now);
            if self.paid.len() >= MOST
                && let Some(least) = self.paid.iter().min_by_key(|(_, paid)| **paid).map(|(at, _)| *at)
            {
                self.paid.remove(&least);
            }
        }
        let paid = self.paid.entry(from).or_default();
        *paid = (*paid).max(now) + owed;
    }
}

impl Hub {
    /// Leaves what a connection owes to its address.
    pub(super) fn leave_debt(&mut self, id: SeatId, now: Now) {
        let Some(Some(seat)) = self.seats.get_mut(id.index()) else { return };
        let (from, owed) = (seat.from.ip(), seat.budget.take_debt(now.uptime));
        self.debts.leave(from, owed, now.uptime);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 4 messages a second a burst takes 10 s.
    fn debts() -> Debts {
        Debts::new(4)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_is_left_behind_is_inherited_beyond_what_is_free_and_paid_by_time() {
        let (mut debts, here, now) = (debts(), ip("10.0.0.1"), s(100));
        (0..4).for_each(|_| debts.leave(here, s(10), now));
        assert_eq!(debts.inherited(here, now), now, "four bursts are free");
        debts.leave(here, s(3), now);
        assert_eq!(debts.inherited(here, now), now + s(3));
        (0..9).for_each(|_| debts.leave(here, s(10), now));
        assert_eq!(debts.inherited(here, now), now + s(10), "never more than one burst");
        assert_eq!(debts.inherited(ip("10.0.0.2"), now), s(0));
        assert_eq!(debts.inherited(here, now + s(4)), now + s(10));
        assert!(debts.inherited(here, now + s(11)) < now + s(11));
    }

    #[test]
    fn it_is_one_account_for_a_v6_network() {
        let mut debts = debts();
        (0..6).for_each(|host| debts.leave(ip(&format!("2001:db8::{host}")), s(10), s(0)));
        assert_eq!(debts.inherited(ip("2001:db8::ffff"), s(0)), s(10));
        assert_eq!(debts.inherited(ip("2001:db8:0:1::1"), s(0)), s(0));
    }

    #[test]
    fn only_so_much_is_lent() {
        let (mut debts, here) = (debts(), ip("10.0.0.1"));
        assert!(debts.lend(here, s(49), s(0)));
        assert!(!debts.lend(here, s(2), s(0)));
        assert!(debts.lend(here, s(2), s(1)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut debts = debts();
        for number in 0..2 * MOST as u32 {
            debts.leave(
                IpAddr::from(number.to_be_bytes()),
                s(1) + Duration::from_micros(number.into()),
                s(0),
            );
        }
        assert_eq!(debts.paid.len(), MOST);
        assert!(debts.paid.contains_key(&IpAddr::from((2 * MOST as u32 - 1).to_be_bytes())));
        debts.leave(ip("10.0.0.1"), s(1), s(60));
        assert_eq!(debts.paid.len(), 1, "what is paid is forgotten");
    }

    #[test]
    fn without_a_limit_nothing_is_owed() {
        let mut debts = Debts::new(0);
        assert!(debts.lend(ip("10.0.0.1"), Duration::ZERO, s(0)));
        assert!(debts.paid.is_empty());
    }
}
