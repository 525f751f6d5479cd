//! What outlives a restart: the values that the disk holds, and how a lobby is made of them again.
//!
//! Records are the history. Beside them the rooms are kept, and who was in them at the end. Nothing
//! of a person is: whoever comes back is another connection.

use super::client_ids::{Author, SaidBefore};
use super::empty_rooms::MessagesKept;
pub use super::formers::REMEMBERED;
use super::formers::{Former, Right};
use super::ids::{ClientId, Nonce, RoomKey, Seq, UserKey};
use super::lobby::Lobby;
use super::modes::Ranks;
use super::record::{Record, SaidTo};
use super::record_size::size_of_record;
use super::room::{Emptied, Listed, Setting, Topic};
use crate::text::{Name, RoomName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Numbers that are reserved at a time, so that a restart begins behind all that may have been used.
pub const RESERVED: u64 = 1 << 20;

/// What one round of the hub wants kept. It is committed as a whole, or not at all.
#[derive(Debug, Default, Clone)]
pub struct Persist {
    /// In the order of the log.
    pub records: Vec<Arc<Record>>,
    /// In the order of the log.
    pub members: Vec<MemberChange>,
    /// The last state of each room that has changed.
    pub rooms: BTreeMap<RoomKey, RoomState>,
    /// Replaces all rooms and their members before the rest: something of them was not kept.
    pub everything: Option<Everything>,
    /// Rooms that have ended: nothing of them is kept any more.
    pub ended: Vec<RoomKey>,
    /// Numbers up to this one may be used from now on, so a restart begins behind it.
    pub reserved: Option<Seq>,
    /// The log's uptime at the last entry, or 0 where there is none: what is kept of it never goes
    /// back.
    pub uptime: Duration,
}

impl Persist {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.members.is_empty()
            && self.rooms.is_empty()
            && self.ended.is_empty()
            && self.reserved.is_none()
            && self.everything.is_none()
    }

    /// Bytes of memory of its records.
    pub fn bytes(&self) -> usize {
        self.records.iter().map(|record| size_of_record(record)).sum()
    }
}

/// All rooms that are here, and all their members, those of before the last start among them who have
/// not come back.
#[derive(Debug, Clone)]
pub struct Everything {
    pub rooms: BTreeMap<RoomKey, RoomState>,
    pub members: Vec<MemberState>,
}

/// A person has entered a room, has changed there, or has left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    In(MemberState),
    Out(RoomKey, UserKey),
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberState {
    pub room: RoomKey,
    pub user: UserKey,
    pub name: Name,
    pub host: String,
    /// The sum of 1 for a voice, 2 for an operator, 4 for one who is a finder, and 8 for a late one.
    pub ranks: u8,
}

/// A room without its members and its history.
#[derive(Debug, Clone)]
pub struct RoomState {
    pub room: RoomKey,
    /// µs since the Unix epoch.
    pub made_at: u64,
    /// The network of its maker, for which it counts.
    pub maker: Option<Arc<str>>,
    pub topic: Option<Topic>,
    /// The sum of the values of [`super::Flag`].
    pub flags: u8,
    /// Those of the flags that were set by the server's authority.
    pub server_flags: u8,
    pub key: Option<Setting<String>>,
    pub limit: Option<Setting<u32>>,
    /// Bans, exceptions, invited.
    pub lists: [Vec<Listed>; 3],
    pub emptied: Option<Emptied>,
    /// Whether its history has a message.
    pub has_messages: bool,
}

impl RoomState {
    /// A room in which nothing has been set, or said.
    pub fn new(room: RoomKey) -> RoomState {
        RoomState {
            room,
            made_at: 0,
            maker: None,
            topic: None,
            flags: 0,
            server_flags: 0,
            key: None,
            limit: None,
            lists: Default::default(),
            emptied: None,
            has_messages: false,
        }
    }
}

/// What a lobby is made of after a restart.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// That of the log.
    pub nonce: String,
    /// The last number before the last run of the server.
    pub started: Seq,
    /// No entry has had a later number.
    pub last: Seq,
    /// The log's uptime at the end.
    pub uptime: Duration,
    pub rooms: Vec<RoomState>,
    pub members: Vec<MemberState>,
    /// In the order of the log.
    pub client_ids: Vec<KeptId>,
}

/// A message in a room that its client has given an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptId {
    pub name: Name,
    pub host: String,
    pub client_id: ClientId,
    pub room: RoomKey,
    pub seq: Seq,
    /// µs since the Unix epoch.
    pub wall_us: u64,
}

impl Lobby {
    /// The lobby of a log that goes on after a restart: the rooms are there, and nobody is.
    ///
    /// The first room of before is an ordinary one where `first` is another now. A room that cannot
    /// be there, because its name looks like that of another, is left out.
    pub fn restored(restored: &Restored, first: RoomName, now: u64, messages_kept: MessagesKept) -> Lobby {
        let known = restored.rooms.iter().find(|state| state.room.name == first);
        let key =
            known.map_or_else(|| RoomKey { made: Seq::default(), name: first }, |state| state.room.clone());
        let made_at = known.map_or(now, |state| state.made_at);
        let mut lobby = Lobby::with_first(Nonce::new(&restored.nonce), key, made_at, messages_kept);
        let occupied: BTreeSet<&RoomKey> = restored.members.iter().map(|member| &member.room).collect();
        for state in &restored.rooms {
            let id = match lobby.room_id(&state.room) {
                Some(first) => first,
                None if lobby.find_room(state.room.name.as_str()).is_some() => continue,
                None if lobby.find_look_alike(&state.room.name).is_some() => continue,
                None => lobby.make_room(state.room.clone(), state.made_at, state.maker.clone()),
            };
            let Some(room) = lobby.room_mut(id) else { continue };
            room.topic = state.topic.clone();
            (room.flags, room.server_flags) = (state.flags, state.server_flags);
            (room.key, room.limit) = (state.key.clone(), state.limit.clone());
            room.lists = state.lists.clone();
            room.lists.iter_mut().flatten().for_each(|listed| listed.is_of_before = true);
            room.has_messages = state.has_messages;
            let was_occupied = occupied.contains(&state.room);
            let emptied = match &state.emptied {
                Some(emptied) if !was_occupied => Some(emptied.clone()),
                // A first room that nobody has ever entered has nothing that could end.
                None if !was_occupied && room.is_first => None,
                _ => Some(Emptied { seq: restored.last, since: restored.uptime }),
            };
            if let Some(emptied) = emptied {
                lobby.restore_empty(id, emptied);
            }
        }
        lobby.formers.until = restored.uptime + REMEMBERED;
        for MemberState { room, user, name, host, ranks } in &restored.members {
            if lobby.room_id(room).is_some() {
                let ranks = Ranks::from_bits(*ranks).unwrap_or_default();
                let right = Right { ranks, passes_bans: user.0 > restored.started };
                let former = Former { user: *user, name: name.clone(), host: host.clone(), right };
                lobby.formers.rooms.entry(room.clone()).or_default().push(former);
            }
        }
        for KeptId { name, host, client_id, room, seq, wall_us } in &restored.client_ids {
            if lobby.room_id(room).is_some() {
                let (client_id, to) = (client_id.clone(), SaidTo::Room(room.clone(), None));
                let (seq, wall_us, uptime) = (*seq, *wall_us, restored.uptime);
                let said = SaidBefore { client_id, to, seq, wall_us, uptime };
                lobby.client_ids.add(Author::new(name, host), said);
            }
        }
        lobby
    }

    /// What is kept of a room; None where it has ended.
    pub fn room_state(&self, key: &RoomKey) -> Option<RoomState> {
        let room = self.room(self.room_id(key)?)?;
        Some(RoomState {
            room: room.named.clone(),
            made_at: room.made_at,
            maker: room.maker.clone(),
            topic: room.topic.clone(),
            flags: room.flags,
            server_flags: room.server_flags,
            key: room.key.clone(),
            limit: room.limit.clone(),
            lists: room.lists.clone(),
            emptied: room.emptied.clone(),
            has_messages: room.has_messages,
        })
    }

    /// The kept state of all rooms.
    pub fn room_states(&self) -> impl Iterator<Item = RoomState> {
        self.rooms_after(None).filter_map(|(_, room)| self.room_state(&room.named))
    }

    /// What is kept of a member; None for somebody who is not in that room.
    pub fn member_state(&self, user: UserKey, room: &RoomKey) -> Option<MemberState> {
        let who = self.user(self.user_id(user)?)?;
        let id = self.room_id(room)?;
        let ranks = self.room(id)?.ranks(who, id)?;
        let (name, host) = (who.name().clone(), who.host().to_owned());
        Some(MemberState { room: room.clone(), user, name, host, ranks: ranks.bits() })
    }

    /// All members of all rooms, behind those of before the last start who have not come back.
    pub fn member_states(&self) -> impl Iterator<Item = MemberState> {
        let formers = self.formers.rooms.iter().flat_map(|(room, formers)| {
            let state = |former: &Former| MemberState {
                room: room.clone(),
                user: former.user,
                name: former.name.clone(),
                host: former.host.clone(),
                ranks: former.right.ranks.bits(),
            };
            formers.iter().map(state)
        });
        let members = self.users_by_key().flat_map(|user| {
            let rooms = user.rooms().filter_map(|room| self.room_key(room));
            rooms.filter_map(|room| self.member_state(user.key(), &room))
        });
        formers.chain(members)
    }
}
