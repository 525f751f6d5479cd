//! Connections that have said nothing yet, for longer than most need.
//!
//! The original's client connects before it asks its user for a name, and sends nothing until that
//! is typed. Such connections may stay for a while, but only a few at a time, since each costs as
//! much as one that talks.

use super::ids::SessionId;
use crate::chat::network::site;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// From one address, unless it is local.
const MOST_PER_ADDRESS: usize = 8;
/// In all. If there are more, one from the site with most of them is closed, so that many from one
/// site do not close the only one of another site.
const MOST: usize = 256;

/// Owned by the hub; at most [`MOST`].
#[derive(Debug, Default)]
pub(super) struct Silent {
    /// The longest silent first.
    waiting: VecDeque<(SessionId, IpAddr)>,
}

impl Silent {
    /// Adds a connection from this network. Returns the one that must be closed for it, if any.
    pub(super) fn admit(&mut self, session: SessionId, from: IpAddr, is_local: bool) -> Option<SessionId> {
        let is_there = |(_, other): &&(SessionId, IpAddr)| *other == from;
        let is_over_there = !is_local && self.waiting.iter().filter(is_there).count() >= MOST_PER_ADDRESS;
        let of = if is_over_there {
            Some(from)
        } else {
            self.largest_site().filter(|_| self.waiting.len() >= MOST)
        };
        let is_of = |other: IpAddr| of == Some(if is_over_there { other } else { site(other) });
        let oldest = self.waiting.iter().position(|(_, other)| is_of(*other));
        let oldest = oldest.and_then(|at| self.waiting.remove(at));
        self.waiting.push_back((session, from));
        oldest.map(|(session, _)| session)
    }

    /// The work of looking through all of them.
    pub(super) fn work(&self) -> u64 {
        self.waiting.len() as u64 / 4
    }

    /// The site with most of them; of several such sites that of the longest silent connection.
    fn largest_site(&self) -> Option<IpAddr> {
        let mut counts: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (_, from) in &self.waiting {
            *counts.entry(site(*from)).or_default() += 1;
        }
        let most = counts.values().max()?;
        self.waiting.iter().map(|(_, from)| site(*from)).find(|site| counts.get(site) == Some(most))
    }

    /// A connection has said something, or is gone.
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
            assert_eq!(silent.admit(SessionId(session), address(1), false), None);
        }
        assert_eq!(silent.admit(SessionId(8), address(2), false), None);
        assert_eq!(silent.admit(SessionId(9), address(1), false), Some(SessionId(0)));
        silent.remove(SessionId(2));
        assert_eq!(silent.admit(SessionId(10), address(1), false), None);
        assert_eq!(silent.admit(SessionId(11), address(1), false), Some(SessionId(1)));
        let more = MOST as u32 - 9;
        for session in 12..12 + more {
            assert_eq!(silent.admit(SessionId(session), [127, 0, 0, 1].into(), true), None);
        }
        assert_eq!(
            silent.admit(SessionId(998), address(9), false),
            Some(SessionId(12)),
            "of those who are most"
        );
    }

    /// The oldest of all was closed, however many another site had.
    #[test]
    fn many_of_one_site_close_no_other_site_s_only_one() {
        let mut silent = Silent::default();
        let address = |host: u32| IpAddr::from([0x2001, 0xdb8, 0, host as u16, 0, 0, 0, 0]);
        assert_eq!(silent.admit(SessionId(0), [10, 0, 0, 1].into(), false), None);
        let gone: Vec<_> =
            (1..400).filter_map(|at| silent.admit(SessionId(at), address(at), false)).collect();
        assert_eq!(gone.len(), 400 - MOST);
        assert!(!gone.contains(&SessionId(0)));
    }
}
