//! The people who are here.

use super::ids::{RoomId, UserKey};
use super::modes::OwnFlag;
use crate::text::Name;
use crate::text::name::{Folded, fold};
use std::sync::Arc;
use std::time::Duration;

/// Names before the present one by which somebody is still known to bans; the oldest is
/// forgotten first. More are no better hiding place than to come again.
pub(super) const NAMES_BEFORE: usize = 32;

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
    source: Folded,
    pub(super) real: Folded,
    /// On the server's own machine.
    pub(super) is_local: bool,
    /// µs since the Unix epoch.
    pub(super) arrived: u64,
    /// The log's uptime: how long somebody has been silent depends on no clock that is set.
    pub(super) spoke: Duration,
    pub(super) away: Option<Box<str>>,
    pub(super) flags: u8,
    /// Names that they have had since they came, the oldest first; at most [`NAMES_BEFORE`].
    pub(super) names_before: Vec<Name>,
    /// In the order of entering; at most [`super::lobby::MOST_ROOMS`].
    pub(super) rooms: Vec<Membership>,
}

/// Where in a room's members somebody stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    pub(super) room: RoomId,
    pub(super) at: u32,
    /// None until they speak, and again with each name that they take.
    pub(super) verdict: Option<Verdict>,
}

/// Whether a room's lists keep a member silent: found once, since each message depends on it.
/// What it is found from is state of the lobby; itself it is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    /// It holds as long as the room's lists have this one.
    pub(super) revision: u64,
    pub(super) is_silenced: bool,
}

impl Membership {
    pub(super) fn new(room: RoomId, at: u32) -> Membership {
        Membership { room, at, verdict: None }
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
        self.account().0
    }

    pub fn host(&self) -> &str {
        self.account().1
    }

    pub fn real(&self) -> &str {
        self.real.spelling()
    }

    /// `name!user@host`.
    pub fn source(&self) -> &Arc<str> {
        self.source.spelling()
    }

    /// Folded: the name, user, host, real name and source.
    pub fn keys(&self) -> [&str; 5] {
        let (name, source) = (self.name.key(), self.source.key());
        let (user, host) = account(source, name);
        [name, user, host, self.real.key(), source]
    }

    pub fn away(&self) -> Option<&str> {
        self.away.as_deref()
    }

    /// When they came: µs since the Unix epoch.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// When they last said something to be answered, or came: the log's uptime.
    pub fn spoke(&self) -> Duration {
        self.spoke
    }

    /// The names that they have had since they came, as far as they are remembered.
    pub(super) fn names_before(&self) -> &[Name] {
        &self.names_before
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

    pub(super) fn membership(&self, room: RoomId) -> Option<&Membership> {
        self.rooms.iter().find(|membership| membership.room == room)
    }

    pub(super) fn membership_mut(&mut self, room: RoomId) -> Option<&mut Membership> {
        self.rooms.iter_mut().find(|membership| membership.room == room)
    }

    pub(super) fn rename(&mut self, name: Name) {
        let (user, host) = self.account();
        self.source = source(&name, user, host);
        self.rooms.iter_mut().for_each(|membership| membership.verdict = None);
        let before = std::mem::replace(&mut self.name, name);
        self.names_before.retain(|known| *known != before && *known != self.name);
        if self.name != before {
            if self.names_before.len() >= NAMES_BEFORE {
                self.names_before.remove(0);
            }
            self.names_before.push(before);
        }
    }

    fn account(&self) -> (&str, &str) {
        account(self.source(), self.name.as_str())
    }
}

/// User and host: what a source has behind the name and its `!`.
fn account<'a>(source: &'a str, name: &str) -> (&'a str, &'a str) {
    source[name.len() + 1..].split_once('@').unwrap_or_default()
}

/// It is folded in parts, so that its parts are those of the folded one.
fn source(name: &Name, user: &str, host: &str) -> Folded {
    let key = format!("{}!{}@{}", name.key(), fold(user), fold(host));
    Folded::with_key(format!("{name}!{user}@{host}"), key)
}
