//! Who was here: names that are no more.

use super::people::User;
use crate::text::Name;
use std::collections::VecDeque;

/// Names that are remembered; the oldest is forgotten first.
pub(super) const MOST: usize = 512;

/// Somebody who left, or took another name.
#[derive(Debug, Clone)]
pub struct Past {
    pub name: Name,
    pub user: String,
    pub host: String,
    pub real: String,
    /// When the name was given up: µs since the Unix epoch.
    pub left: u64,
}

#[derive(Debug, Default)]
pub(super) struct Pasts(VecDeque<Past>);

impl Pasts {
    pub(super) fn add(&mut self, user: &User, left: u64) {
        if self.0.len() >= MOST {
            self.0.pop_back();
        }
        self.0.push_front(Past {
            name: user.name().clone(),
            user: user.user().to_owned(),
            host: user.host().to_owned(),
            real: user.real().to_owned(),
            left,
        });
    }

    /// All; the newest first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Past> {
        self.0.iter()
    }

    /// Adds one that is older than all others.
    pub(super) fn push_older(&mut self, past: Past) {
        self.0.push_back(past);
    }

    /// Those of a name as it was typed, in any case; the newest first.
    pub(super) fn of(&self, name: &str) -> impl Iterator<Item = &Past> {
        let key = crate::text::name::fold(name);
        self.0.iter().filter(move |past| **past.name.key() == *key)
    }
}
