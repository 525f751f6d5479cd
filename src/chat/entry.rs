//! The log: everything that is wanted, in one order.

use super::action::Action;
use super::ids::{Nonce, Seq, UserKey};
use super::people::Arrival;
use std::time::Duration;

/// Something that somebody wants, at its place in the log. Holds nothing that means
/// something in one process alone.
#[derive(Debug, Clone)]
pub struct Entry {
    pub seq: Seq,
    /// The wall clock: µs since the Unix epoch. May be earlier than that of an entry before.
    pub wall_us: u64,
    /// Since the log's first start, with its stops left out: never earlier than that of an entry before.
    pub uptime: Duration,
    /// The entry's own number where somebody connects; nobody's, 0, where the server itself
    /// wants something.
    pub who: UserKey,
    pub action: Action,
}

/// Gives entries their place. What is refused keeps its number.
#[derive(Debug)]
pub struct Log {
    nonce: Nonce,
    last: Seq,
}

impl Log {
    /// An empty log. Nothing in it has the number 0: that stands for its beginning.
    pub fn new(nonce: Nonce) -> Log {
        Log { nonce, last: Seq::default() }
    }

    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Somebody wants to connect.
    pub fn connect(&mut self, arrival: Arrival, wall_us: u64, uptime: Duration) -> Entry {
        let seq = self.next();
        Entry { seq, wall_us, uptime, who: UserKey(seq), action: Action::Connect(arrival) }
    }

    /// Somebody who is here wants something.
    pub fn entry(&mut self, who: UserKey, action: Action, wall_us: u64, uptime: Duration) -> Entry {
        Entry { seq: self.next(), wall_us, uptime, who, action }
    }

    /// The server itself wants something.
    pub fn server_entry(&mut self, action: Action, wall_us: u64, uptime: Duration) -> Entry {
        Entry { seq: self.next(), wall_us, uptime, who: UserKey(Seq::default()), action }
    }

    fn next(&mut self) -> Seq {
        self.last = self.last.next();
        self.last
    }
}
