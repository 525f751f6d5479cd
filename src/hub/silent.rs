//! Connections that have said nothing yet, for longer than most need.
//!
//! The original's client connects before it asks for a name, and says nothing until that is
//! typed. Such a connection may stay for a while, but few of them at a time: it costs as much
//! as one that talks.

use super::ids::SessionId;
use std::collections::VecDeque;
use std::net::IpAddr;

/// Of one address, but for this machine's.
const MOST_PER_ADDRESS: usize = 8;
const MOST: usize = 256;

/// Owned by the hub; at most [`MOST`].
#[derive(Debug, Default)]
pub(super) struct Silent {
    /// The longest silent first.
    waiting: VecDeque<(SessionId, IpAddr)>,
}

impl Silent {
    /// Lets a connection from this network stay. Gives the one that has to go for it.
    pub(super) fn admit(&mut self, session: SessionId, from: IpAddr) -> Option<SessionId> {
        let is_there = |(_, other): &&(SessionId, IpAddr)| *other == from;
        let is_over_there =
            !from.is_loopback() && self.waiting.iter().filter(is_there).count() >= MOST_PER_ADDRESS;
        let oldest = match is_over_there {
            true => self.waiting.iter().position(|(_, other)| *other == from),
            false => Some(0).filter(|_| self.waiting.len() >= MOST),
        };
        let oldest = oldest.and_then(|at| self.waiting.remove(at));
        self.waiting.push_back((session, from));
        oldest.map(|(session, _)| session)
    }

    /// It has said something, or is gone.
    pub(super) fn remove(&mut self, session: SessionId) {
        self.waiting.retain(|(other, _)| *other != session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_of_an_address_and_of_all() {
        let mut silent = Silent::default();
        let address = |host: u32| IpAddr::from([10, 0, (host / 256) as u8, (host % 256) as u8]);
        for session in 0..8 {
            assert_eq!(silent.admit(SessionId(session), address(1)), None);
        }
        assert_eq!(silent.admit(SessionId(8), address(2)), None);
        assert_eq!(silent.admit(SessionId(9), address(1)), Some(SessionId(0)));
        silent.remove(SessionId(2));
        assert_eq!(silent.admit(SessionId(10), address(1)), None);
        assert_eq!(silent.admit(SessionId(11), address(1)), Some(SessionId(1)));
        let more = MOST as u32 - 9;
        for session in 12..12 + more {
            assert_eq!(silent.admit(SessionId(session), [127, 0, 0, 1].into()), None);
        }
        assert_eq!(silent.admit(SessionId(999), [127, 0, 0, 1].into()), Some(SessionId(3)));
    }
}
