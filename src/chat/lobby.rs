//! All people and all rooms.

use super::client_ids::ClientIds;
use super::empty_rooms::{EMPTY_TIME, EmptyRooms, MessagesKept};
use super::event::{Events, Place};
use super::formers::Formers;
use super::ids::{Nonce, RoomId, RoomKey, Seq, UserId, UserKey};
use super::made_rooms::MadeRooms;
use super::modes::{Flag, UserMode};
use super::names::Names;
use super::people::{Arrival, Membership, User};
use super::refusal::Refusal;
use super::room::{Emptied, Room};
use super::whowas::{Whowas, WhowasList};
use super::work::Work;
use crate::text::{Name, RoomName};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// Rooms that one person may be in at once.
pub const MOST_ROOMS: usize = 50;

/// The people who are here, and the rooms.
///
/// It has ordered maps only, so that no result depends on the seed of a hash.
#[derive(Debug)]
pub struct Lobby {
    pub(super) names: Names,
    pub(super) whowas: WhowasList,
    /// Indexed by `UserId`. Bounded by the number of connections.
    pub(super) users: Vec<Option<User>>,
    /// The same people by key.
    user_keys: BTreeMap<UserKey, UserId>,
    free_users: Vec<UserId>,
    /// The number of people who are operators of the server.
    pub operators: usize,
    room_ids: BTreeMap<Arc<str>, RoomId>,
    /// The same rooms by the skeletons of their names, of which no two are equal.
    room_looks: BTreeMap<String, RoomId>,
    /// Indexed by `RoomId`. At most [`MOST_ROOMS`] for each person, the empty rooms, and the first
    /// room.
    rooms: Vec<Option<Room>>,
    free_rooms: Vec<RoomId>,
    pub(super) made_rooms: MadeRooms,
    /// The empty rooms but the first one.
    pub(super) empty_rooms: EmptyRooms,
    pub first_room: RoomId,
    pub(super) messages_kept: MessagesKept,
    /// Who was in which room before the last start.
    pub(super) formers: Formers,
    pub(super) client_ids: ClientIds,
    /// That of the log whose entries it has applied.
    pub nonce: Nonce,
    /// For each user the last call of [`Lobby::neighbours`] that has added them.
    seen: Vec<u64>,
    round: u64,
}

impl Lobby {
    /// The state at the beginning of the log with this nonce: nobody is here, and
    /// there is the first room, made at `now` (µs since the Unix epoch).
    pub fn new(nonce: Nonce, first: RoomName, now: u64, messages_kept: MessagesKept) -> Lobby {
        Lobby::with_first(nonce, RoomKey { made: Seq::default(), name: first }, now, messages_kept)
    }

    pub(super) fn with_first(
        nonce: Nonce,
        first: RoomKey,
        made_at: u64,
        messages_kept: MessagesKept,
    ) -> Lobby {
        let first_id = RoomId(0);
        Lobby {
            names: Names::default(),
            whowas: WhowasList::default(),
            users: Vec::new(),
            user_keys: BTreeMap::new(),
            free_users: Vec::new(),
            operators: 0,
            room_ids: BTreeMap::from([(Arc::clone(first.name.key()), first_id)]),
            room_looks: BTreeMap::from([(first.name.skeleton(), first_id)]),
            rooms: vec![Some(Room::first(first, made_at))],
            free_rooms: Vec::new(),
            made_rooms: MadeRooms::default(),
            empty_rooms: EmptyRooms::default(),
            first_room: first_id,
            messages_kept,
            formers: Formers::default(),
            client_ids: ClientIds::default(),
            nonce,
            seen: Vec::new(),
            round: 0,
        }
    }

    /// Adds somebody whose name must be free.
    pub(super) fn add(&mut self, key: UserKey, who: Arrival, now: u64, uptime: Duration) {
        let id = self.free_users.pop().unwrap_or(UserId(self.users.len() as u32));
        if id.index() == self.users.len() {
            self.users.push(None);
            self.seen.push(0);
        }
        self.names.take(&who.name, id);
        self.user_keys.insert(key, id);
        self.users[id.index()] = Some(User::new(key, who, now, uptime));
    }

    /// Whether a name is free for anybody, or for the one who holds it now.
    ///
    /// # Errors
    /// `NameTaken`, `LooksLike`.
    pub fn must_be_free(&self, name: &Name, holder: Option<UserId>) -> Result<(), Refusal> {
        let is_other = |user: &UserId| Some(*user) != holder;
        if self.names.holder(name).is_some_and(|user| is_other(&user)) {
            return Err(Refusal::NameTaken);
        }
        let other = self.names.look_alike(name).filter(is_other).and_then(|user| self.user(user));
        other.map_or(Ok(()), |other| Err(Refusal::LooksLike(other.name().clone())))
    }

    /// The index of somebody who is here.
    pub fn user_id(&self, key: UserKey) -> Option<UserId> {
        self.user_keys.get(&key).copied()
    }

    /// The key by which an entry names somebody.
    pub fn user_key(&self, id: UserId) -> Option<UserKey> {
        self.user(id).map(User::key)
    }

    /// The key by which an entry names a room.
    pub fn room_key(&self, id: RoomId) -> Option<RoomKey> {
        self.room(id).map(|room| room.named.clone())
    }

    /// The index of a room that still exists.
    pub fn room_id(&self, key: &RoomKey) -> Option<RoomId> {
        let id = *self.room_ids.get(key.name.key())?;
        self.room(id).filter(|room| room.named.made == key.made).map(|_| id)
    }

    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(id.index())?.as_ref()
    }

    pub fn room(&self, id: RoomId) -> Option<&Room> {
        self.rooms.get(id.index())?.as_ref()
    }

    /// By a name as it was typed, in any case.
    pub fn find_user(&self, name: &str) -> Option<UserId> {
        self.names.find(name)
    }

    /// By a name as it was typed, in any case.
    pub fn find_room(&self, name: &str) -> Option<RoomId> {
        let folded = || self.room_ids.get(&*crate::text::name::fold(name));
        self.room_ids.get(name).or_else(folded).copied()
    }

    /// The room of that name, if somebody may know of it: a secret room is hidden from those
    /// outside.
    pub fn find_room_for(&self, user: UserId, name: &str) -> Option<RoomId> {
        self.find_room(name).filter(|&room| self.knows_of(user, room))
    }

    /// The room of that name, if somebody may know of it or may speak in it: a secret room without
    /// `n` can be spoken to from outside.
    pub fn find_audience_for(&self, user: UserId, name: &str, work: &mut Work) -> Option<RoomId> {
        let id = self.find_room(name)?;
        let (who, room) = (self.user(user)?, self.room(id)?);
        (self.knows_of(user, id) || room.hears(None, || room.is_silenced(who, work))).then_some(id)
    }

    /// Whether somebody may speak in a room. The result for a member is cached.
    pub(super) fn may_speak(&mut self, user: UserId, room: RoomId, work: &mut Work) -> bool {
        let (Some(who), Some(known)) = (self.user(user), self.room(room)) else { return false };
        let Some(&Membership { silence, .. }) = who.membership(room) else {
            return known.hears(None, || known.is_silenced(who, work));
        };
        let mut found = silence;
        let may = known
            .hears(known.ranks(who, room), || found.insert(known.silence(who, silence, work)).is_silenced);
        let membership = self.user_mut(user).and_then(|who| who.membership_mut(room));
        membership.into_iter().for_each(|membership| membership.silence = found);
        may
    }

    /// Whether somebody may speak in each of their rooms.
    pub fn may_speak_everywhere(&mut self, user: UserId, work: &mut Work) -> bool {
        let rooms: Vec<RoomId> = self.user(user).iter().flat_map(|user| user.rooms()).collect();
        rooms.into_iter().all(|room| self.may_speak(user, room, work))
    }

    /// Whether somebody may know that a room exists.
    pub fn knows_of(&self, user: UserId, room: RoomId) -> bool {
        let is_member = || self.user(user).is_some_and(|user| user.is_in(room));
        self.room(room).is_some_and(|known| !known.has(Flag::Secret) || is_member())
    }

    /// The people who have had a name, in any case; the newest first. Each entry has a number that
    /// it keeps, and only those with a number less than `before` are returned.
    pub fn past(&self, name: &str, before: u64) -> impl Iterator<Item = (u64, &Whowas)> {
        self.whowas.of(name, before)
    }

    /// A room whose name looks like `name` and is another one.
    pub(super) fn find_look_alike(&self, name: &RoomName) -> Option<&RoomName> {
        let &id = self.room_looks.get(&name.skeleton())?;
        self.room(id).map(Room::name).filter(|known| *known != name)
    }

    /// The numbers of all people, in the order of their names.
    pub fn user_ids(&self) -> impl Iterator<Item = UserId> {
        self.names.iter()
    }

    /// All people, in the order of their names.
    pub fn users(&self) -> impl Iterator<Item = (UserId, &User)> {
        self.names.iter().filter_map(|id| Some((id, self.user(id)?)))
    }

    /// All people, in the order of their keys.
    pub(super) fn users_by_key(&self) -> impl Iterator<Item = &User> {
        self.user_keys.values().filter_map(|&id| self.user(id))
    }

    /// The rooms whose folded names come after this one, or all rooms, in the order of their names.
    pub fn rooms_after(&self, name: Option<&str>) -> impl Iterator<Item = (RoomId, &Room)> {
        let after = name.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.room_ids.range::<str, _>((after, Bound::Unbounded));
        ids.filter_map(|(_, &id)| Some((id, self.room(id)?)))
    }

    pub fn room_count(&self) -> usize {
        self.room_ids.len()
    }

    pub fn user_count(&self) -> usize {
        self.users.len() - self.free_users.len()
    }

    /// Whether `one`, or somebody who has not registered, may find `other` without knowing the
    /// exact name.
    pub fn may_find(&self, one: Option<UserId>, other: UserId) -> bool {
        let is_invisible = self.user(other).is_some_and(|user| user.has(UserMode::Invisible));
        !is_invisible || one.is_some_and(|one| one == other || self.share_a_room(one, other))
    }

    /// Whether two people share a room.
    pub fn share_a_room(&self, one: UserId, other: UserId) -> bool {
        match (self.user(one), self.user(other)) {
            (Some(one), Some(other)) => one.rooms().any(|room| other.is_in(room)),
            _ => false,
        }
    }

    pub(super) fn user_mut(&mut self, id: UserId) -> Option<&mut User> {
        self.users.get_mut(id.index())?.as_mut()
    }

    pub(super) fn room_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.rooms.get_mut(id.index())?.as_mut()
    }

    /// The room as a record names it, and as an event does.
    pub(super) fn place(&self, id: RoomId) -> Option<(RoomKey, Place)> {
        let room = self.room(id)?;
        Some((room.named.clone(), Place { id, count: room.members().len() }))
    }

    /// Makes a room, which counts for the network of its maker, if any.
    pub(super) fn make_room(&mut self, named: RoomKey, now: u64, maker: Option<Arc<str>>) -> RoomId {
        maker.iter().for_each(|network| self.made_rooms.add(network));
        let id = self.free_rooms.pop().unwrap_or(RoomId(self.rooms.len() as u32));
        if id.index() == self.rooms.len() {
            self.rooms.push(None);
        }
        self.room_ids.insert(Arc::clone(named.name.key()), id);
        self.room_looks.insert(named.name.skeleton(), id);
        self.rooms[id.index()] = Some(Room::made(named, now, maker));
        id
    }

    /// Removes a member. A room that is empty then ends, unless it is the first room or something
    /// was said in it. Returns the room as it is now; None if the person is not in it.
    pub(super) fn take_out(
        &mut self,
        user: UserId,
        room: RoomId,
        (seq, since): (Seq, Duration),
        events: &mut Events,
    ) -> Option<(RoomKey, Place)> {
        let member = self.user_mut(user)?;
        let position = member.rooms.iter().position(|membership| membership.room == room)?;
        let Membership { at, .. } = member.rooms.remove(position);
        let moved = self.room_mut(room)?.remove(at);
        if let Some(moved) = moved.and_then(|moved| self.user_mut(moved)) {
            for membership in moved.rooms.iter_mut().filter(|membership| membership.room == room) {
                membership.at = at;
            }
        }
        let (key, place) = self.place(room)?;
        if place.count == 0 {
            self.leave_empty(room, Emptied { seq, since }, events);
        }
        Some((key, place))
    }

    /// The last member of a room has left.
    fn leave_empty(&mut self, id: RoomId, emptied: Emptied, events: &mut Events) {
        let Some(room) = self.rooms.get_mut(id.index()).and_then(Option::as_mut) else { return };
        if !room.stays() && !room.has_messages {
            return self.forget_room(id, events);
        }
        self.restore_empty(id, emptied);
        while let Some(excess) = self.empty_rooms.excess().and_then(|room| self.room_id(&room)) {
            self.forget_room(excess, events);
        }
    }

    /// A room stays, and nobody is in it.
    pub(super) fn restore_empty(&mut self, id: RoomId, emptied: Emptied) {
        let Lobby { rooms, empty_rooms, messages_kept, .. } = self;
        let Some(room) = rooms.get_mut(id.index()).and_then(Option::as_mut) else { return };
        if !room.stays() {
            empty_rooms.add(room, &emptied, *messages_kept);
        }
        room.emptied = Some(emptied);
    }

    /// Somebody comes into a room that may have been empty.
    pub(super) fn fill(&mut self, id: RoomId) {
        let Lobby { rooms, empty_rooms, made_rooms, .. } = self;
        let Some(room) = rooms.get_mut(id.index()).and_then(Option::as_mut) else { return };
        if room.emptied.take().is_some() {
            if !empty_rooms.counts(&room.named) {
                room.maker.iter().for_each(|network| made_rooms.add(network));
            }
            empty_rooms.remove(&room.named);
        }
    }

    /// Rooms that have been empty for some time count for their makers' networks no more.
    pub(super) fn stop_counting(&mut self, uptime: Duration, work: &mut Work) {
        while let Some(room) = self.empty_rooms.stop_counting(uptime) {
            work.add(10);
            let maker = self.room_id(&room).and_then(|id| self.room(id)?.maker.clone());
            maker.iter().for_each(|network| self.made_rooms.remove(network));
        }
    }

    /// Somebody who was in a room before the last start has come back to it.
    pub(super) fn come_back(&mut self, user: UserId, room: RoomId) {
        let Lobby { users, rooms, formers, .. } = self;
        if let (Some(user), Some(room)) = (&users[user.index()], &rooms[room.index()]) {
            formers.forget(&room.named, user);
        }
    }

    fn forget_room(&mut self, id: RoomId, events: &mut Events) {
        let Some(room) = self.rooms.get_mut(id.index()).and_then(Option::take) else { return };
        let key = &room.named;
        if self.empty_rooms.counts(key) {
            room.maker.iter().for_each(|network| self.made_rooms.remove(network));
        }
        self.empty_rooms.remove(key);
        self.room_ids.remove(key.name.key());
        self.room_looks.remove(&key.name.skeleton());
        self.free_rooms.push(id);
        events.ended.push(key.clone());
    }

    /// The room that will have been empty for too long next, and at which uptime
    /// [`super::Action::Expire`] is to be put into the log for it.
    pub fn next_expiry(&self) -> Option<(Duration, RoomKey)> {
        let first = self.room(self.first_room).filter(|room| room.has_ending_modes());
        let first = first.and_then(|room| Some((room.emptied.as_ref()?.since + EMPTY_TIME, &room.named)));
        let (at, room) = first.into_iter().chain(self.empty_rooms.next()).min()?;
        Some((at, room.clone()))
    }

    /// Ends a room whose time of being empty is over. One that never ends loses the modes that keep
    /// people out and were not set by the server's authority.
    pub(super) fn expire(&mut self, room: &RoomKey, uptime: Duration, events: &mut Events) {
        let Some(id) = self.room_id(room) else { return };
        if self.empty_rooms.is_over(room, uptime) {
            return self.forget_room(id, events);
        }
        let Some(room) = self.room_mut(id) else { return };
        if room.stays()
            && room.has_ending_modes()
            && room.emptied.as_ref().is_some_and(|emptied| emptied.since + EMPTY_TIME <= uptime)
        {
            room.end_modes();
            events.changed.push(room.named.clone());
        }
    }

    /// Removes somebody who is in no room any more.
    pub(super) fn forget(&mut self, id: UserId, now: u64) {
        let Some(user) = self.users.get_mut(id.index()).and_then(Option::take) else {
            return;
        };
        self.whowas.add(&user, now);
        self.operators -= usize::from(user.has(UserMode::Operator));
        self.user_keys.remove(&user.key());
        self.names.release(user.name());
        self.free_users.push(id);
    }

    /// Adds `user` and everybody who shares a room with them, each once.
    pub(super) fn neighbours(&mut self, user: UserId, to: &mut Vec<UserId>) {
        self.round += 1;
        let Lobby { users, rooms, seen, round, .. } = self;
        let mut add = |id: UserId| {
            if seen[id.index()] != *round {
                seen[id.index()] = *round;
                to.push(id);
            }
        };
        add(user);
        let memberships = users[user.index()].iter().flat_map(|user| &user.rooms);
        for room in memberships.filter_map(|membership| rooms[membership.room.index()].as_ref()) {
            room.members().iter().copied().for_each(&mut add);
        }
    }
}
