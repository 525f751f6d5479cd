//! The log: all actions in one order.

use super::action::Action;
use super::ids::{Nonce, Seq, UserKey};
use super::people::Arrival;
use std::time::Duration;

/// An action at its place in the log. It holds nothing that has a meaning only in one process.
#[derive(Debug, Clone)]
pub struct Entry {
    pub seq: Seq,
    /// The wall clock: µs since the Unix epoch. May be earlier than that of an entry before.
    pub wall_us: u64,
    /// Since the log's first start, with its stops left out: never earlier than that of an entry before.
    pub uptime: Duration,
    /// The author. The entry's own number for a new connection; 0 for the server itself.
    pub who: UserKey,
    pub action: Action,
}

/// Numbers the entries. A refused action keeps its number.
#[derive(Debug)]
pub struct Log {
    pub nonce: Nonce,
    last: Seq,
}

impl Log {
    /// A log whose last entry has had this number, or an empty one: the number 0 means its
    /// beginning, and no entry has it.
    pub fn after(nonce: Nonce, last: Seq) -> Log {
        Log { nonce, last }
    }

    /// The entry of somebody who registers.
    pub fn connect(&mut self, arrival: Arrival, wall_us: u64, uptime: Duration) -> Entry {
        let seq = self.next();
        Entry { seq, wall_us, uptime, who: UserKey(seq), action: Action::Connect(arrival) }
    }

    /// The entry of somebody who is here.
    pub fn entry(&mut self, who: UserKey, action: Action, wall_us: u64, uptime: Duration) -> Entry {
        Entry { seq: self.next(), wall_us, uptime, who, action }
    }

    /// An entry of the server itself.
    pub fn server_entry(&mut self, action: Action, wall_us: u64, uptime: Duration) -> Entry {
        Entry { seq: self.next(), wall_us, uptime, who: UserKey(Seq::default()), action }
    }

    pub fn last(&self) -> Seq {
        self.last
    }

    fn next(&mut self) -> Seq {
        self.last = self.last.next();
        self.last
    }
}
