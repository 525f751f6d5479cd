//! The people who are here.

use super::ids::{RoomId, UserKey};
use super::modes::OwnFlag;
use crate::text::Name;
use std::sync::Arc;

/// What is known of somebody on arrival.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub name: Name,
    /// The name of the account on their own machine, as they say: without `@`.
    pub user: String,
    /// Their machine, as others may know it.
    pub host: String,
    pub real: String,
    /// Where they come without being there.
    pub away: Option<String>,
    /// On the server's own machine: an operator wherever they enter the first room.
    pub is_local: bool,
}

/// A person who is here. Thousands are, and most of them are silent: nothing
/// is kept twice, and nothing with room to grow.
#[derive(Debug)]
pub struct User {
    key: UserKey,
    name: Name,
    /// `name!user@host`.
    source: Arc<str>,
    pub(super) real: Box<str>,
    /// On the server's own machine.
    pub(super) is_local: bool,
    /// µs since the Unix epoch.
    pub(super) arrived: u64,
    pub(super) spoke: u64,
    pub(super) away: Option<Box<str>>,
    pub(super) flags: u8,
    /// In the order of entering; at most [`super::lobby::MOST_ROOMS`].
    pub(super) rooms: Vec<Membership>,
}

/// Where in a room's members somebody stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    pub(super) room: RoomId,
    pub(super) at: u32,
}

impl User {
    pub(super) fn new(key: UserKey, who: Arrival, now: u64) -> User {
        let Arrival { name, user, host, real, away, is_local } = who;
        User {
            key,
            source: source(&name, &user, &host),
            name,
            real: real.into(),
            is_local,
            arrived: now,
            spoke: now,
            away: away.map(String::into),
            flags: 0,
            rooms: Vec::new(),
        }
    }

    pub fn key(&self) -> UserKey {
        self.key
    }

    pub fn name(&self) -> &Name {
        &self.name
    }

    pub fn user(&self) -> &str {
        self.account().0
    }

    pub fn host(&self) -> &str {
        self.account().1
    }

    pub fn real(&self) -> &str {
        &self.real
    }

    /// `name!user@host`.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    pub fn away(&self) -> Option<&str> {
        self.away.as_deref()
    }

    /// When they came: µs since the Unix epoch.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// When they last said something, or came: µs since the Unix epoch.
    pub fn spoke(&self) -> u64 {
        self.spoke
    }

    pub fn has(&self, flag: OwnFlag) -> bool {
        self.flags & flag as u8 != 0
    }

    /// The rooms that they are in, in the order of entering.
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = RoomId> {
        self.rooms.iter().map(|membership| membership.room)
    }

    pub fn is_in(&self, room: RoomId) -> bool {
        self.rooms.iter().any(|membership| membership.room == room)
    }

    pub(super) fn rename(&mut self, name: Name) {
        let (user, host) = self.account();
        self.source = source(&name, user, host);
        self.name = name;
    }

    /// User and host: what the source has behind the name and its `!`.
    fn account(&self) -> (&str, &str) {
        self.source[self.name.as_str().len() + 1..].split_once('@').unwrap_or_default()
    }
}

fn source(name: &Name, user: &str, host: &str) -> Arc<str> {
    format!("{name}!{user}@{host}").into()
}
