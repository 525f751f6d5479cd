//! The rate limit of a connection, that which the connections of an address share, and the
//! penalties of an address.
//!
//! Lines that come faster first wait, then are refused with the rule and the time left, and
//! only then is the connection closed; never is anybody kept from coming back. A connection
//! that ends leaves what it has asked for and not yet waited for to its address, so that
//! nobody gets a fresh burst by coming back. Lines that were accepted and wait are obeyed
//! before it ends, as far as its address may still owe them.
//!
//! Connections that are open at the same time have a burst and a rate in common, beside those
//! of each: many connections are no way to say more than a class room does. A small part of its
//! own rate is guaranteed to each ([`GUARANTEED_PART`]): however much the others of its address
//! ask for, who is within the own limit waits for seconds at most.
//!
//! Connections from this machine are free of it: who can start programs here
//! can do worse, and it is where scripts are played and speed is measured.

use super::limits::{BURST, WORK_PER_POINT};
use crate::chat::network::{network, site};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Counts in time: everything costs some, and so much may be owed.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenBucket {
    /// Messages a second; 0 for those without a limit.
    rate: u32,
    /// Uptime at which all that was asked for is paid.
    paid: Duration,
    /// Uptime at which it would be paid at the guaranteed rate. At most [`GUARANTEED_BURST`] later
    /// than the last line was obeyed, so that each line waits for no more than its own price.
    guaranteed: Duration,
    /// Uptime of the last warning.
    warned: Option<Duration>,
}

impl TokenBucket {
    /// So many messages a second, or any number for 0; what was asked for before
    /// is paid at `paid` (uptime).
    pub(super) fn new(rate: u32, paid: Duration) -> TokenBucket {
        TokenBucket { rate, paid, guaranteed: paid, warned: None }
    }

    pub(super) fn is_limited(self) -> bool {
        self.rate != 0
    }

    /// The price of so many messages.
    pub(super) fn price(self, cost: u32) -> Duration {
        Duration::from_secs(1).checked_div(self.rate).unwrap_or_default() * cost
    }

    /// The price of work that nothing was paid for before it was done.
    pub(super) fn price_of_work(self, work: u64) -> Duration {
        let message = u64::try_from(self.price(1).as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(message.saturating_mul(work) / WORK_PER_POINT)
    }

    /// What is not paid yet.
    pub(super) fn owed(self, now: Duration) -> Duration {
        self.paid.saturating_sub(now)
    }

    /// Whether more is owed than was asked for: what was done has turned out to cost more.
    pub(super) fn owes_for_work(self, now: Duration) -> bool {
        self.owed(now) > self.price(BURST)
    }

    /// Owes nothing more: somebody else has taken it over.
    pub(super) fn remit(&mut self, now: Duration) {
        self.paid = self.paid.min(now);
    }

    /// Pays for what costs so many messages, or tells from when on it can.
    pub(super) fn spend(&mut self, cost: u32, now: Duration) -> Result<(), Duration> {
        let paid = self.paid.max(now) + self.price(cost);
        let most = self.price(BURST);
        if paid <= now + most {
            self.paid = paid
        } else {
            return Err(paid - most);
        }
        Ok(())
    }

    /// Pays what was spent for a line out of the guaranteed rate as well, and gives the uptime
    /// from which on it may be obeyed: when the address can pay for it, at the latest when the
    /// guaranteed rate can.
    pub(super) fn guarantee(&mut self, price: Duration, of_address: Duration, now: Duration) -> Duration {
        let burst = self.price(GUARANTEED_BURST) * GUARANTEED_PART;
        let paid = self.guaranteed.max(now) + price * GUARANTEED_PART;
        let at = of_address.min(paid.saturating_sub(burst));
        self.guaranteed = paid.min(at.max(now) + burst);
        at
    }

    /// Adds what turned out to cost more only when it was done. It may pass a burst: what comes
    /// next waits for it, and is never refused for it.
    pub(super) fn charge(&mut self, owed: Duration, now: Duration) {
        self.paid = self.paid.max(now) + owed;
        // What others of its address may have to wait for is not at once done again.
        self.guarantee(owed, now, now);
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

/// Each connection keeps one in so many of its own messages a second, whatever the others of its
/// address ask for. As many connections as an address may have by default come to the
/// rate of all together, so that beyond that rate they go on in turn.
pub(super) const GUARANTEED_PART: u32 = 8;
/// Messages of these that may come at once: one who enters a room and asks who is there is not
/// kept waiting.
pub(super) const GUARANTEED_BURST: u32 = 4;

/// Bursts that an address may owe before those who come next begin with less:
/// a family, or a class that leaves all at once, never notices.
pub(super) const FREE: u32 = 4;
/// People of one address who may be as loud as one connection may, at the same time. Forty
/// behind one address who come in at once, or say a line a second each, never wait for each
/// other; each of forty pastes of 20 lines at once has been said after 3 s.
///
/// Other servers have limits for each connection alone, and by default allow few from one address:
/// InspIRCd 3, ngIRCd 5, ergo 16. A class room is more than that.
pub(super) const PEOPLE: u32 = 16;
/// A site may do as much as so many of its addresses: one of IPv6 has 65,536 networks, and a v4
/// one as many people as there are in a big class room.
const OF_SITE: u32 = 8;
/// Addresses that are remembered; who owes the least is forgotten first.
const MOST: usize = 1024;

/// The debts of addresses: those of connections that have ended, and those that all that are open
/// have together.
#[derive(Debug)]
pub(super) struct Penalties {
    /// How long it takes to pay for a burst; zero where nothing costs.
    burst: Duration,
    /// For connections that have ended.
    left: Accounts,
    /// For all that was asked for from there, [`PEOPLE`] times as fast as one connection pays
    /// for it. A burst, and beyond it what has been reserved, a line for each connection, and work
    /// that is paid for afterwards.
    shared: Accounts,
    /// The same by site, [`OF_SITE`] times as fast.
    sites: Accounts,
}

impl Penalties {
    /// For so many messages a second, or any number for 0.
    pub(super) fn new(a_second: u32) -> Penalties {
        let message = Duration::from_secs(1).checked_div(a_second).unwrap_or(Duration::ZERO);
        let burst = message * BURST;
        let accounts = || Accounts::new(burst * (FREE + 1));
        Penalties { burst, left: accounts(), shared: accounts(), sites: accounts() }
    }

    /// Uptime at which somebody who comes from there now has paid: what the
    /// address owes beyond what is free, and at most a burst.
    pub(super) fn inherited(&self, from: IpAddr, now: Duration) -> Duration {
        self.left.paid(network(from)).saturating_sub(self.burst * FREE).min(now + self.burst)
    }

    /// Takes over what a connection owes that has ended, as far as its address may owe it.
    pub(super) fn leave(&mut self, from: IpAddr, owed: Duration, now: Duration) {
        self.left.add(network(from), owed, now);
    }

    /// Takes over what a line costs, if its address may owe all of it.
    pub(super) fn lend(&mut self, from: IpAddr, price: Duration, now: Duration) -> bool {
        let may = price <= self.left.room(network(from), now);
        if may {
            self.left.add(network(from), price, now);
        }
        may
    }

    /// Puts what a line costs onto the account of its address, and gives the uptime at which that
    /// can pay for it. Each connection has one line there that waits, so that they go on in
    /// turn however many lines one of them has.
    pub(super) fn reserve(&mut self, from: IpAddr, price: Duration, now: Duration) -> Duration {
        self.share(from, price, now);
        let paid = self.shared.paid(network(from)).max(self.sites.paid(site(from)));
        paid.saturating_sub(self.burst)
    }

    /// The limit that lines from there wait for: for so many people, in such a place.
    pub(super) fn slowest(&self, from: IpAddr) -> (u32, &'static str) {
        if self.sites.paid(site(from)) > self.shared.paid(network(from)) {
            (PEOPLE * OF_SITE, "site")
        } else {
            (PEOPLE, "address")
        }
    }

    /// Puts onto the accounts of all that are open there what one of them has caused.
    pub(super) fn share(&mut self, from: IpAddr, price: Duration, now: Duration) {
        self.shared.add(network(from), price / PEOPLE, now);
        self.sites.add(site(from), price / (PEOPLE * OF_SITE), now);
    }
}

/// Debts by network or site, each forgotten once it is paid.
#[derive(Debug)]
struct Accounts {
    /// The time in which the largest debt is paid.
    most: Duration,
    /// Uptime at which all is paid, by network or site. At most [`MOST`].
    paid: BTreeMap<IpAddr, Duration>,
}

impl Accounts {
    fn new(most: Duration) -> Accounts {
        Accounts { most, paid: BTreeMap::new() }
    }

    /// Uptime at which all that was asked for from there is paid; zero where nothing is known.
    fn paid(&self, from: IpAddr) -> Duration {
        self.paid.get(&from).copied().unwrap_or_default()
    }

    /// How much more may be owed there.
    fn room(&self, from: IpAddr, now: Duration) -> Duration {
        (now + self.most).saturating_sub(self.paid(from).max(now))
    }

    /// Adds to what is owed there, as far as it may be.
    fn add(&mut self, from: IpAddr, owed: Duration, now: Duration) {
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
        *paid = ((*paid).max(now) + owed).min(now + self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_is_free_and_then_time_pays() {
        let mut bucket = TokenBucket::new(4, ms(0));
        let now = ms(5_000);
        for _ in 0..BURST {
            bucket.spend(1, now).unwrap();
        }
        assert_eq!(bucket.spend(1, now), Err(ms(5_250)));
        assert_eq!(bucket.spend(4, now), Err(ms(6_000)));
        assert_eq!(bucket.spend(0, now), Ok(()));
        assert_eq!(bucket.wait(0, now), ms(250));
        assert_eq!(bucket.wait(7, now), ms(2_000));
        assert_eq!(bucket.spend(1, ms(5_250)), Ok(()));
        assert_eq!(bucket.spend(1, ms(5_250)), Err(ms(5_500)));
        // Nothing is saved up beyond the burst.
        let later = ms(100_000);
        assert_eq!(bucket.spend(BURST, later), Ok(()));
        assert_eq!(bucket.spend(1, later), Err(ms(100_250)));
    }

    /// Work whose price is known only when it is done is waited for by the next line.
    #[test]
    fn work_is_paid_for_afterwards() {
        let mut bucket = TokenBucket::new(4, ms(0));
        let now = ms(5_000);
        bucket.charge(bucket.price_of_work(50 * WORK_PER_POINT), now);
        assert_eq!(bucket.spend(1, now), Err(ms(5_000) + ms(11 * 250)));
        assert_eq!(bucket.spend(1, now + ms(11 * 250)), Ok(()));
        assert_eq!(bucket.price_of_work(WORK_PER_POINT / 2), ms(125));
        assert_eq!(TokenBucket::new(0, ms(0)).price_of_work(u64::MAX), ms(0));
    }

    #[test]
    fn without_a_limit_nothing_costs() {
        let mut bucket = TokenBucket::new(0, ms(0));
        assert!(!bucket.is_limited());
        assert!((0..10_000).all(|_| bucket.spend(1000, ms(1)).is_ok()));
    }

    /// At 4 messages a second a burst takes 10 s.
    fn penalties() -> Penalties {
        Penalties::new(4)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A new connection begins with what its address owes beyond what is free, until time has paid it.
    #[test]
    fn debts_of_an_address_are_inherited() {
        let (mut penalties, here, now) = (penalties(), ip("10.0.0.1"), s(100));
        (0..4).for_each(|_| penalties.leave(here, s(10), now));
        assert_eq!(penalties.inherited(here, now), now, "four bursts are free");
        penalties.leave(here, s(3), now);
        assert_eq!(penalties.inherited(here, now), now + s(3));
        (0..9).for_each(|_| penalties.leave(here, s(10), now));
        assert_eq!(penalties.inherited(here, now), now + s(10), "never more than one burst");
        assert_eq!(penalties.inherited(ip("10.0.0.2"), now), s(0));
        assert_eq!(penalties.inherited(here, now + s(4)), now + s(10));
        assert!(penalties.inherited(here, now + s(11)) < now + s(11));
    }

    #[test]
    fn a_v6_network_has_one_account() {
        let mut penalties = penalties();
        (0..6).for_each(|host| penalties.leave(ip(&format!("2001:db8::{host}")), s(10), s(0)));
        assert_eq!(penalties.inherited(ip("2001:db8::ffff"), s(0)), s(10));
        assert_eq!(penalties.inherited(ip("2001:db8:0:1::1"), s(0)), s(0));
    }

    /// An address may owe its free bursts and one more.
    #[test]
    fn what_is_lent_is_bounded() {
        let (mut penalties, here) = (penalties(), ip("10.0.0.1"));
        assert!(penalties.lend(here, s(49), s(0)));
        assert!(!penalties.lend(here, s(2), s(0)));
        assert!(penalties.lend(here, s(2), s(1)));
    }

    /// All connections of an address share one burst and one rate: once each of a hundred had its own.
    #[test]
    fn an_address_has_the_rate_of_sixteen() {
        let (mut penalties, here, now) = (penalties(), ip("10.0.0.1"), s(100));
        let message = ms(250);
        let at_once = (0..10_000).take_while(|_| penalties.reserve(here, message, now) <= now).count();
        assert_eq!(at_once as u32, PEOPLE * BURST);
        // The first that has to wait has taken its place in the first second already.
        let a_second =
            (1..10_000).take_while(|_| penalties.reserve(here, message, now) <= now + s(1)).count();
        assert_eq!(a_second as u32, PEOPLE * 4 - 1);
        assert_eq!(penalties.reserve(ip("10.0.1.2"), message, now), now + message / PEOPLE - s(10));
        assert!(penalties.reserve(here, message, now + s(12)) <= now + s(12));
    }

    /// Work that is paid for afterwards adds to an address's debt only up to a bound.
    #[test]
    fn what_an_address_owes_is_bounded() {
        let (mut penalties, here, now) = (penalties(), ip("10.0.0.1"), s(100));
        (0..1_000).for_each(|_| penalties.share(here, s(1_000), now));
        let waits = s(10) * FREE;
        assert_eq!(penalties.reserve(here, ms(250), now), now + waits);
        assert_eq!(penalties.reserve(here, ms(250), now + waits), now + waits + ms(250) / PEOPLE);
    }

    /// Each connection keeps a part of its own rate, however much the others of its address owe.
    #[test]
    fn a_part_of_the_rate_is_guaranteed() {
        let (mut bucket, mut now, far) = (TokenBucket::new(4, ms(0)), s(100), s(1_000_000));
        for _ in 0..GUARANTEED_BURST {
            assert!(bucket.guarantee(ms(250), far, now) <= now);
        }
        for _ in 0..10 {
            let at = bucket.guarantee(ms(250), far, now);
            assert_eq!(at, now + s(2));
            now = at;
        }
        // What the address pays for takes nothing of what is kept for later.
        (0..100).for_each(|_| assert_eq!(bucket.guarantee(ms(250), now, now), now));
        assert_eq!(bucket.guarantee(ms(250), far, now), now + s(2));
        now += s(100);
        assert!(bucket.guarantee(s(1), far, now) <= now);
        assert_eq!(bucket.guarantee(s(1), far, now), now + s(8));
    }

    /// All networks of a site share one burst: once each had that of an address.
    #[test]
    fn a_site_has_the_rate_of_eight_addresses() {
        let (mut penalties, now) = (penalties(), s(100));
        let mut reserve =
            |net: u32| penalties.reserve(ip(&format!("2001:db8:0:{net:x}::1")), ms(250), now) <= now;
        let at_once = (0..65_536).take_while(|&net| reserve(net)).count();
        assert_eq!(at_once as u32, OF_SITE * PEOPLE * BURST);
        assert_eq!(penalties.slowest(ip("2001:db8::1")), (OF_SITE * PEOPLE, "site"));
        assert_eq!(penalties.slowest(ip("10.0.0.1")), (PEOPLE, "address"));
    }

    /// The address that owes the least is forgotten first.
    #[test]
    fn remembered_addresses_are_bounded() {
        let mut penalties = penalties();
        for number in 0..2 * MOST as u32 {
            penalties.leave(
                IpAddr::from(number.to_be_bytes()),
                s(1) + Duration::from_micros(number.into()),
                s(0),
            );
        }
        assert_eq!(penalties.left.paid.len(), MOST);
        assert!(penalties.left.paid.contains_key(&IpAddr::from((2 * MOST as u32 - 1).to_be_bytes())));
        penalties.leave(ip("10.0.0.1"), s(1), s(60));
        assert_eq!(penalties.left.paid.len(), 1, "what is paid is forgotten");
    }

    #[test]
    fn without_a_limit_nothing_is_owed() {
        let mut penalties = Penalties::new(0);
        assert!(penalties.lend(ip("10.0.0.1"), Duration::ZERO, s(0)));
        assert!(penalties.left.paid.is_empty() && penalties.shared.paid.is_empty());
    }
}
