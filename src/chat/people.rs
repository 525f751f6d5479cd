//! The people who are here.

use super::room::RoomId;
use crate::text::Name;
use std::sync::Arc;

/// A person's number; used again only after they are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub u32);

impl UserId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What is known of somebody on arrival.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub name: Name,
    /// The name of the account on their own machine, as they say.
    pub user: Arc<str>,
    /// Their machine, as others may know it.
    pub host: Arc<str>,
    pub real: String,
    /// Where they come without being there.
    pub away: Option<String>,
    /// On the server's own machine: an operator wherever they enter the first room.
    pub is_local: bool,
}

/// A person who is here.
#[derive(Debug)]
pub struct User {
    pub(super) who: Arrival,
    /// `name!user@host`.
    pub(super) source: Arc<str>,
    /// µs since the Unix epoch.
    pub(super) arrived: u64,
    pub(super) spoke: u64,
    pub(super) away: Option<String>,
    pub(super) flags: u8,
    /// At most [`super::lobby::MOST_ROOMS`].
    pub(super) rooms: Vec<Membership>,
}

/// Where in a room's members somebody stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    pub(super) room: RoomId,
    pub(super) at: u32,
}

/// Something that people say about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFlag {
    /// Not found by those who share no room, except by the exact name.
    Invisible = 1,
    /// A program.
    Bot = 2,
    /// Of the server: given to them, and theirs to give back.
    Operator = 4,
}

impl User {
    pub(super) fn new(who: Arrival, stamp: u64) -> User {
        let (source, away) = (source(&who), who.away.clone());
        User { who, source, arrived: stamp, spoke: stamp, away, flags: 0, rooms: Vec::new() }
    }

    pub fn name(&self) -> &Name {
        &self.who.name
    }

    pub fn user(&self) -> &str {
        &self.who.user
    }

    pub fn host(&self) -> &str {
        &self.who.host
    }

    pub fn real(&self) -> &str {
        &self.who.real
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

    /// The rooms that they are in, in no order that matters.
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = RoomId> {
        self.rooms.iter().map(|membership| membership.room)
    }

    pub fn is_in(&self, room: RoomId) -> bool {
        self.rooms.iter().any(|membership| membership.room == room)
    }

    pub(super) fn rename(&mut self, name: Name) {
        self.who.name = name;
        self.source = source(&self.who);
    }
}

fn source(who: &Arrival) -> Arc<str> {
    format!("{}!{}@{}", who.name, who.user, who.host).into()
}
