//! Which connections are let in: session numbers, and the limits on those who hold them.

use crate::hub::{ConsoleEvent, SessionId, network, site};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Connections without a name from one address. A classroom behind one
/// address fits: giving a name takes a moment.
const UNREGISTERED_PER_ADDRESS: usize = 64;

/// Why a connection is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    TooManyUnregistered,
    /// From one address, which may have so many.
    TooManyThere(usize),
}

impl Refused {
    /// The last line that is sent (Modern, ERROR message).
    pub(crate) fn farewell(self) -> String {
        let why = match self {
            Refused::Full => "the server is full, please try again later".to_owned(),
            Refused::TooManyUnregistered => {
                "too many connections without a name, please try again later".to_owned()
            }
            Refused::TooManyThere(most) => format!(
                "{most} connections from your address are open, and more are not allowed; \
                 close one of them, or ask whoever runs this server for a larger --max-per-address"
            ),
        };
        format!("ERROR :Closing link: {why}\r\n")
    }
}

/// Shared by the threads that accept, those of clients, and the hub's.
#[derive(Debug)]
pub(crate) struct Admissions {
    limit: usize,
    /// Connections from one address, unless they are local.
    per_address: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Numbers given back; all others below `next` are taken.
    free: Vec<u32>,
    next: u32,
    unregistered: usize,
    /// The address that holds, or last held, each number below `next`.
    holders: Vec<IpAddr>,
    addresses: Counts,
    /// Counted as well, since each of a site's many networks counts as an address of its own.
    sites: Counts,
}

/// Admissions by address or by site, of those alone that hold one: at most as many as admissions.
#[derive(Debug, Default)]
struct Counts(HashMap<IpAddr, Count>);

/// One address, or one site.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// Its admissions.
    all: usize,
    /// Of these, those without a name.
    unregistered: usize,
}

impl Counts {
    fn of(&self, at: IpAddr) -> Count {
        self.0.get(&at).copied().unwrap_or_default()
    }

    /// A connection without a name comes from there.
    fn enter(&mut self, at: IpAddr) {
        let count = self.0.entry(at).or_default();
        *count = Count { all: count.all + 1, unregistered: count.unregistered + 1 };
    }

    /// One of those without a name from there has a name now, or is over.
    fn leave_unregistered(&mut self, at: IpAddr) {
        if let Some(count) = self.0.get_mut(&at) {
            count.unregistered = count.unregistered.saturating_sub(1);
        }
    }

    fn leave(&mut self, at: IpAddr) {
        if let Some(count) = self.0.get_mut(&at) {
            count.all -= 1;
            if count.all == 0 {
                self.0.remove(&at);
            }
        }
    }
}

impl Admissions {
    /// So many in all, and from one address.
    pub(crate) fn new(limit: usize, per_address: usize) -> Admissions {
        Admissions { limit, per_address, state: Mutex::default() }
    }

    /// A session for a connection that has no name yet.
    pub(crate) fn admit(&self, from: IpAddr, is_local: bool) -> Result<SessionId, Refused> {
        let from = network(from);
        let mut state = self.lock();
        let State { free, next, unregistered, holders, addresses, sites } = &mut *state;
        let taken = *next as usize - free.len();
        let (here, of_site) = (addresses.of(from), sites.of(site(from)));
        // The last quarter of all places, and of those without a name, is for sites that hold few.
        let is_for_others = |taken: usize, limit: usize| taken >= limit - limit / 4 && !is_local;
        let holds_much = of_site.all >= self.per_address.saturating_mul(2);
        if taken >= self.limit || (is_for_others(taken, self.limit) && holds_much) {
            return Err(Refused::Full);
        }
        if here.all >= self.per_address && !is_local {
            return Err(Refused::TooManyThere(self.per_address));
        }
        // Half of a big server always remains for those that register.
        let most = UNREGISTERED_PER_ADDRESS.max(self.limit / 2);
        if *unregistered >= most
            || (here.unregistered >= UNREGISTERED_PER_ADDRESS && !is_local)
            || (is_for_others(*unregistered, most) && of_site.unregistered >= UNREGISTERED_PER_ADDRESS)
        {
            return Err(Refused::TooManyUnregistered);
        }
        *unregistered += 1;
        addresses.enter(from);
        sites.enter(site(from));
        let number = free.pop().unwrap_or_else(|| {
            *next += 1;
            holders.push(from);
            *next - 1
        });
        holders[number as usize] = from;
        Ok(SessionId(number))
    }

    /// Takes notice of those who have given a name, or will not.
    pub(crate) fn learn(&self, event: &ConsoleEvent) {
        match event {
            ConsoleEvent::Named { from, .. } | ConsoleEvent::Closed { name: None, from, .. } => {
                self.leave_unregistered(from.ip())
            }
            _ => {}
        }
    }

    /// A connection that the hub never heard of is over.
    pub(crate) fn forget(&self, session: SessionId, from: IpAddr) {
        self.leave_unregistered(from);
        self.release(session);
    }

    /// The session can be taken again.
    pub(crate) fn release(&self, session: SessionId) {
        let mut state = self.lock();
        state.free.push(session.0);
        let from = state.holders[session.index()];
        state.addresses.leave(from);
        state.sites.leave(site(from));
    }

    fn leave_unregistered(&self, from: IpAddr) {
        let from = network(from);
        let mut state = self.lock();
        state.unregistered = state.unregistered.saturating_sub(1);
        state.addresses.leave_unregistered(from);
        state.sites.leave_unregistered(site(from));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;
    use crate::hub::Departure;
    use crate::text::Name;
    use clap::Parser;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admit_ip(admissions: &Admissions, from: IpAddr) -> Result<SessionId, Refused> {
        admissions.admit(from, from.to_canonical().is_loopback())
    }

    fn gone(from: &str) -> ConsoleEvent {
        ConsoleEvent::Closed { name: None, from: (ip(from), 1).into(), departure: Departure::Closed }
    }

    fn named(from: &str) -> ConsoleEvent {
        ConsoleEvent::Named { name: Name::parse("a").unwrap(), from: (ip(from), 1).into() }
    }

    /// A connection that gives a name at once.
    fn admit_named(admissions: &Admissions, from: &str) -> Result<SessionId, Refused> {
        admit_ip(admissions, ip(from)).inspect(|_| admissions.learn(&named(from)))
    }

    /// A full server refuses connections until a session ends.
    #[test]
    fn full_until_a_session_ends() {
        let admissions = Admissions::new(2, 9);
        let first = admit_ip(&admissions, ip("127.0.0.1")).unwrap();
        admissions.learn(&named("127.0.0.1"));
        assert!(admit_ip(&admissions, ip("127.0.0.1")).is_ok());
        assert_eq!(admit_ip(&admissions, ip("127.0.0.1")), Err(Refused::Full));
        admissions.learn(&gone("127.0.0.1"));
        admissions.release(first);
        assert_eq!(admit_ip(&admissions, ip("127.0.0.1")), Ok(first));
    }

    /// Connections without a name are limited by address, but not those of this machine.
    #[test]
    fn unregistered_are_limited_by_address() {
        let admissions = Admissions::new(1000, 999);
        for host in 0..UNREGISTERED_PER_ADDRESS {
            admit_ip(&admissions, ip(&format!("2001:db8::{host:x}"))).unwrap();
        }
        assert_eq!(admit_ip(&admissions, ip("2001:db8::ffff")), Err(Refused::TooManyUnregistered));
        assert!(admit_ip(&admissions, ip("2001:db8:0:1::1")).is_ok());
        admissions.learn(&gone("2001:db8::1"));
        assert!(admit_ip(&admissions, ip("2001:db8::ffff")).is_ok());
        for _ in 0..300 {
            admit_ip(&admissions, ip("::ffff:127.0.0.1")).unwrap();
        }
    }

    /// A site may not take the last quarter of the places, though each of its 65,536 networks may hold
    /// as much as one address.
    #[test]
    fn one_site_leaves_places_for_others() {
        let admissions = Admissions::new(400, 10);
        let admit = |from: &str| admit_named(&admissions, from);
        let of_site = |net: u32| format!("2001:db8:0:{net:x}::1");
        for net in 0..200 {
            assert_eq!(admit_ip(&admissions, ip(&of_site(net))).is_ok(), net < 150, "without a name");
        }
        assert!(admit_ip(&admissions, ip("10.0.0.1")).is_ok());
        (0..150).for_each(|net| admissions.learn(&gone(&of_site(net))));
        let refused: Vec<_> = (150..400).filter_map(|net| admit(&of_site(net)).err()).collect();
        assert_eq!((refused.len(), refused[0]), (101, Refused::Full));
        assert!((0..100).all(|host| admit(&format!("10.{host}.0.1")).is_ok()), "all places can be had");
        assert_eq!(admit("10.100.0.1"), Err(Refused::Full));
        (0..150).for_each(|session| admissions.release(SessionId(session)));
        assert!(admit(&of_site(9)).is_ok());
    }

    /// Connections with a name are limited by address, too, but not those of this machine.
    #[test]
    fn connections_are_limited_by_address() {
        let admissions = Admissions::new(1000, 3);
        let admit = |from: &str| admit_named(&admissions, from);
        let first = admit("10.0.0.1").unwrap();
        assert!(admit("10.0.0.1").is_ok() && admit("::ffff:10.0.0.1").is_ok());
        assert_eq!(admit("10.0.0.1"), Err(Refused::TooManyThere(3)));
        assert!(admit("10.0.0.2").is_ok());
        admissions.release(first);
        assert!(admit("10.0.0.1").is_ok());
        assert_eq!(admit("10.0.0.1"), Err(Refused::TooManyThere(3)));
        assert!((0..3).all(|host| admit(&format!("2001:db8::{host}")).is_ok()));
        assert_eq!(admit("2001:db8::3"), Err(Refused::TooManyThere(3)));
        assert!((0..300).all(|_| admit("127.0.0.1").is_ok()));
    }

    /// A class of sixty whose router starts anew comes back while the server still counts the
    /// connections that were lost.
    #[test]
    fn class_comes_back_before_its_loss_is_noticed() {
        let args = cli::Cli::try_parse_from(["roomchat", "serve"]).unwrap();
        let cli::Command::Serve(cli::Serve { max_per_address, .. }) = args.command else { unreachable!() };
        let admissions = Admissions::new(1000, max_per_address);
        for _ in ["lost", "back"] {
            (0..60).for_each(|_| assert!(admit_ip(&admissions, ip("10.0.0.1")).is_ok()));
            (0..60).for_each(|_| admissions.learn(&named("10.0.0.1")));
        }
    }

    /// Memory for an address is freed with its last session.
    #[test]
    fn addresses_are_forgotten_with_their_last_session() {
        let admissions = Admissions::new(1000, 3);
        for host in 0..100 {
            let from = format!("10.0.0.{host}");
            let session = admit_ip(&admissions, ip(&from)).unwrap();
            admissions.learn(&gone(&from));
            admissions.release(session);
        }
        assert!(admissions.lock().addresses.0.is_empty() && admissions.lock().sites.0.is_empty());
        assert_eq!(admissions.lock().holders.len(), 1);
    }

    #[test]
    fn a_refusal_says_what_to_do_in_one_line() {
        for refused in [Refused::Full, Refused::TooManyUnregistered, Refused::TooManyThere(1 << 20)] {
            let line = refused.farewell();
            assert!(line.starts_with("ERROR :Closing link: ") && line.len() <= 512, "{line}");
            assert_eq!((line.lines().count(), line.ends_with("\r\n")), (1, true));
        }
    }

    /// Half of the places are left for clients that register.
    #[test]
    fn unregistered_never_take_all_places() {
        let admissions = Admissions::new(200, 1);
        for _ in 0..100 {
            admit_ip(&admissions, ip("::1")).unwrap();
        }
        assert_eq!(admit_ip(&admissions, ip("127.0.0.1")), Err(Refused::TooManyUnregistered));
    }
}
