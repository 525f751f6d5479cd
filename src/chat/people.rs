//! The people who are here.

use super::ids::{RoomId, UserKey};
use super::modes::UserMode;
use crate::text::Name;
use crate::text::name::{Folded, fold};
use std::sync::Arc;
use std::time::Duration;

/// Former names that bans still match; the oldest is forgotten first. More would not help: whoever
/// reconnects has none.
pub(super) const NAMES_BEFORE: usize = 32;

/// A person who registers.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub name: Name,
    /// The user name that they give, without `@`.
    pub user: String,
    /// Their host, as others see it.
    pub host: String,
    pub real: String,
    /// Set if they are away from the beginning.
    pub away: Option<String>,
    /// They connect from the server's own machine, and are operators of the first room when they
    /// enter it.
    pub is_local: bool,
}

/// A person who is here. There may be thousands, most of them silent, so nothing is stored twice or
/// with spare capacity.
#[derive(Debug)]
pub struct User {
    key: UserKey,
    name: Name,
    /// `name!user@host`.
    source: Folded,
    pub(super) real: Folded,
    /// They connect from the server's own machine.
    pub(super) is_local: bool,
    /// When they registered: µs since the Unix epoch.
    pub arrived: u64,
    /// When they last sent a message, or registered: the log's uptime, so that idle time does not depend on changes of the clock.
    pub spoke: Duration,
    pub(super) away: Option<Box<str>>,
    pub(super) flags: u8,
    /// Former names since they registered, the oldest first; at most [`NAMES_BEFORE`].
    pub(super) names_before: Vec<Name>,
    /// In the order of entering; at most [`super::lobby::MOST_ROOMS`].
    pub(super) rooms: Vec<Membership>,
}

/// A person's position among the members of a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    pub(super) room: RoomId,
    pub(super) at: u32,
    /// None until they speak, and again after a change of name.
    pub(super) silence: Option<SilenceCheck>,
}

/// The cached result of whether a room's lists keep a member silent, which each message depends on.
/// It follows from the state of the lobby, and is no part of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SilenceCheck {
    /// The revision of the room's lists for which it is valid.
    pub(super) revision: u64,
    pub(super) is_silenced: bool,
}

impl Membership {
    pub(super) fn new(room: RoomId, at: u32) -> Membership {
        Membership { room, at, silence: None }
    }
}

impl User {
    pub(super) fn new(key: UserKey, who: Arrival, now: u64, uptime: Duration) -> User {
        let Arrival { name, user, host, real, away, is_local } = who;
        User {
            key,
            source: source(&name, &user, &host),
            name,
            real: Folded::new(real),
            is_local,
            arrived: now,
            spoke: uptime,
            away: away.map(String::into),
            flags: 0,
            names_before: Vec::new(),
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
        self.user_and_host().0
    }

    pub fn host(&self) -> &str {
        self.user_and_host().1
    }

    pub fn real(&self) -> &str {
        self.real.spelling()
    }

    /// `name!user@host`.
    pub fn source(&self) -> &Arc<str> {
        self.source.spelling()
    }

    /// The folded name, user, host, real name and source.
    pub fn keys(&self) -> [&str; 5] {
        let (name, source) = (self.name.key(), self.source.key());
        let (user, host) = user_and_host(source, name);
        [name, user, host, self.real.key(), source]
    }

    pub fn away(&self) -> Option<&str> {
        self.away.as_deref()
    }

    pub fn has(&self, flag: UserMode) -> bool {
        self.flags & flag as u8 != 0
    }

    /// The rooms that they are in, in the order of entering.
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = RoomId> {
        self.rooms.iter().map(|membership| membership.room)
    }

    pub fn is_in(&self, room: RoomId) -> bool {
        self.rooms.iter().any(|membership| membership.room == room)
    }

    pub(super) fn membership(&self, room: RoomId) -> Option<&Membership> {
        self.rooms.iter().find(|membership| membership.room == room)
    }

    pub(super) fn membership_mut(&mut self, room: RoomId) -> Option<&mut Membership> {
        self.rooms.iter_mut().find(|membership| membership.room == room)
    }

    pub(super) fn rename(&mut self, name: Name) {
        let (user, host) = self.user_and_host();
        self.source = source(&name, user, host);
        self.rooms.iter_mut().for_each(|membership| membership.silence = None);
        let before = std::mem::replace(&mut self.name, name);
        self.names_before.retain(|known| *known != before && *known != self.name);
        if self.name != before {
            if self.names_before.len() >= NAMES_BEFORE {
                self.names_before.remove(0);
            }
            self.names_before.push(before);
        }
    }

    fn user_and_host(&self) -> (&str, &str) {
        user_and_host(self.source(), self.name.as_str())
    }
}

/// The user and host of a source, which follow the name and `!`.
fn user_and_host<'a>(source: &'a str, name: &str) -> (&'a str, &'a str) {
    source[name.len() + 1..].split_once('@').unwrap_or_default()
}

/// The source, with a key that is folded in parts: so the parts of the key are the folded parts.
fn source(name: &Name, user: &str, host: &str) -> Folded {
    let key = format!("{}!{}@{}", name.key(), fold(user), fold(host));
    Folded::with_key(format!("{name}!{user}@{host}"), key)
}
