//! The names that people have given up, for WHOWAS.

use super::people::User;
use crate::text::Name;
use std::collections::VecDeque;

/// Names that are remembered; the oldest is forgotten first.
pub(super) const MOST: usize = 512;

/// Somebody who has left, or has taken another name.
#[derive(Debug, Clone)]
pub struct Whowas {
    pub name: Name,
    pub user: String,
    pub host: String,
    pub real: String,
    /// When the name was given up: µs since the Unix epoch.
    pub left: u64,
}

#[derive(Debug, Default)]
pub(super) struct WhowasList {
    list: VecDeque<Whowas>,
    /// The number of names that were ever added, which is the number of the newest one. Older ones
    /// have the numbers below.
    added: u64,
}

impl WhowasList {
    pub(super) fn add(&mut self, user: &User, left: u64) {
        if self.list.len() >= MOST {
            self.list.pop_back();
        }
        self.added += 1;
        self.list.push_front(Whowas {
            name: user.name().clone(),
            user: user.user().to_owned(),
            host: user.host().to_owned(),
            real: user.real().to_owned(),
            left,
        });
    }

    /// All entries, the newest first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Whowas> {
        self.list.iter()
    }

    /// Adds an entry that is older than all others.
    pub(super) fn push_older(&mut self, past: Whowas) {
        self.added += 1;
        self.list.push_back(past);
    }

    /// The entries of a name, in any case, with numbers less than `before`; the newest first.
    pub(super) fn of(&self, name: &str, before: u64) -> impl Iterator<Item = (u64, &Whowas)> {
        let key = crate::text::name::fold(name);
        let numbered = (1..=self.added).rev().zip(&self.list);
        numbered.filter(move |(number, past)| *number < before && **past.name.key() == *key)
    }
}
