//! Who may come in: seat numbers, and the limits on those who hold them.

use crate::hub::{Fact, SeatId};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Connections without a name from one address. A classroom behind one
/// address fits: giving a name takes a moment.
const NAMELESS_PER_ADDRESS: usize = 64;

/// Why somebody can't come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    TooManyNameless,
}

impl Refused {
    /// The last line that is sent (Modern, ERROR message).
    pub(super) fn farewell(self) -> &'static [u8] {
        match self {
            Refused::Full => b"ERROR :Closing link: the server is full, please try again later\r\n",
            Refused::TooManyNameless => {
                b"ERROR :Closing link: too many connections without a name, please try again later\r\n"
            }
        }
    }
}

/// Shared by the threads that accept, those of clients, and the hub's.
#[derive(Debug)]
pub(super) struct Seats {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Numbers given back; all others below `next` are taken.
    free: Vec<u32>,
    next: u32,
    nameless: usize,
    /// Only addresses with somebody nameless: at most as many as seats.
    nameless_at: HashMap<IpAddr, usize>,
}

impl Seats {
    pub(super) fn new(limit: usize) -> Seats {
        Seats { limit, state: Mutex::default() }
    }

    /// A seat for a connection that has no name yet.
    pub(super) fn admit(&self, from: IpAddr) -> Result<SeatId, Refused> {
        let from = network(from);
        let mut state = self.lock();
        let State { free, next, nameless, nameless_at } = &mut *state;
        if *next as usize - free.len() >= self.limit {
            return Err(Refused::Full);
        }
        let here = nameless_at.get(&from).copied().unwrap_or(0);
        // Half of a big house always remains for those who say who they are.
        if *nameless >= NAMELESS_PER_ADDRESS.max(self.limit / 2)
            || (here >= NAMELESS_PER_ADDRESS && !from.is_loopback())
        {
            return Err(Refused::TooManyNameless);
        }
        *nameless += 1;
        nameless_at.insert(from, here + 1);
        let number = free.pop().unwrap_or_else(|| {
            *next += 1;
            *next - 1
        });
        Ok(SeatId(number))
    }

    /// Takes notice of those who have given a name, or will not.
    pub(super) fn learn(&self, fact: &Fact) {
        match fact {
            Fact::Named { from, .. } | Fact::Closed { name: None, from, .. } => self.not_nameless(from.ip()),
            _ => {}
        }
    }

    /// A connection that the hub never heard of is over.
    pub(super) fn forget(&self, seat: SeatId, from: IpAddr) {
        self.not_nameless(from);
        self.release(seat);
    }

    /// The seat can be taken again.
    pub(super) fn release(&self, seat: SeatId) {
        self.lock().free.push(seat.0);
    }

    fn not_nameless(&self, from: IpAddr) {
        let from = network(from);
        let mut state = self.lock();
        state.nameless = state.nameless.saturating_sub(1);
        if let Some(here) = state.nameless_at.get_mut(&from) {
            *here -= 1;
            if *here == 0 {
                state.nameless_at.remove(&from);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one person commands: a v4 address, or the /64 of a v6 one (RFC 6177, 2).
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Departure;
    use crate::text::Name;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn gone(from: &str) -> Fact {
        Fact::Closed { name: None, from: (ip(from), 1).into(), departure: Departure::Closed }
    }

    #[test]
    fn a_full_house_says_so_until_somebody_leaves() {
        let seats = Seats::new(2);
        let first = seats.admit(ip("127.0.0.1")).unwrap();
        seats.learn(&Fact::Named { name: Name::parse("a").unwrap(), from: (ip("127.0.0.1"), 1).into() });
        assert!(seats.admit(ip("127.0.0.1")).is_ok());
        assert_eq!(seats.admit(ip("127.0.0.1")), Err(Refused::Full));
        seats.learn(&gone("127.0.0.1"));
        seats.release(first);
        assert_eq!(seats.admit(ip("127.0.0.1")), Ok(first));
    }

    #[test]
    fn the_nameless_are_limited_by_address_but_not_on_this_machine() {
        let seats = Seats::new(1000);
        for host in 0..NAMELESS_PER_ADDRESS {
            seats.admit(ip(&format!("2001:db8::{host:x}"))).unwrap();
        }
        assert_eq!(seats.admit(ip("2001:db8::ffff")), Err(Refused::TooManyNameless));
        assert!(seats.admit(ip("2001:db8:0:1::1")).is_ok());
        seats.learn(&gone("2001:db8::1"));
        assert!(seats.admit(ip("2001:db8::ffff")).is_ok());
        for _ in 0..300 {
            seats.admit(ip("::ffff:127.0.0.1")).unwrap();
        }
    }

    #[test]
    fn the_nameless_never_take_all_seats() {
        let seats = Seats::new(200);
        for _ in 0..100 {
            seats.admit(ip("::1")).unwrap();
        }
        assert_eq!(seats.admit(ip("127.0.0.1")), Err(Refused::TooManyNameless));
    }
}
