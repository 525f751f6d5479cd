//! Applies each action: checks it, does it, and makes its events.

use super::action::{Action, ChatMessage, MessageKind, Target};
use super::client_ids::{Author, SaidBefore};
use super::empty_rooms::{EMPTY_TIME, MessagesKept};
use super::entry::Entry;
use super::event::{By, Events, Place};
use super::ids::{RoomId, RoomKey, Seq, UserId, UserKey};
use super::lobby::{Lobby, MOST_ROOMS};
use super::modes::{Authority, Change, Flag, List, Rank, Ranks, UserMode};
use super::network::network_of;
use super::people::{Membership, User};
use super::record::{EventKind, Record, SaidTo};
use super::refusal::Refusal;
use super::room::{LIST_ENTRIES, Listed, Room, Topic, set};
use super::work::Work;
use crate::text::name::Folded;
use crate::text::{Name, RoomName};
use std::sync::Arc;

type Outcome = Result<(), Refusal>;

impl Lobby {
    /// Applies an entry, and adds its events to `events`.
    ///
    /// People and rooms that are gone can be named only by stale keys: then nothing happens.
    ///
    /// # Errors
    /// Why nothing was done. Of several mode changes the possible ones are made, and the
    /// last refusal of the others is returned.
    pub fn apply(&mut self, entry: Entry, events: &mut Events) -> Outcome {
        let Entry { seq, wall_us, uptime, who: key, action } = entry;
        let Some((id, who)) = self.user_id(key).and_then(|id| Some((id, self.user(id)?))) else {
            return match action {
                Action::Connect(arrival) => {
                    self.must_be_free(&arrival.name, None)?;
                    self.add(key, arrival, wall_us, uptime);
                    Ok(())
                }
                Action::Expire(room) => {
                    self.expire(&room, uptime, events);
                    Ok(())
                }
                _ => Ok(()),
            };
        };
        let (name, source, message) =
            (who.name().clone(), Arc::clone(who.source()), self.nonce.message_id(seq));
        let by = By { message, wall_us, uptime, id, key, name, source, bot: who.has(UserMode::Bot) };
        match action {
            Action::Enter { room, key } => self.enter(by, room, key.as_deref(), events),
            Action::Leave { room, reason } => self.leave(by, room, reason, events),
            Action::Say { to, chat_message } => self.say(by, to, chat_message, events),
            Action::Redact { room, message, author, reason } => {
                self.redact(by, room, (message, author), reason, events)
            }
            Action::Topic { room, text } => self.set_topic(by, room, text, events),
            Action::Kick { room, whom, reason } => self.kick(by, room, whom, reason, events),
            Action::Invite { room, whom } => self.invite(by, room, whom, events),
            Action::Modes { room, changes } => self.change_modes(by, room, changes, events),
            Action::Rename { name } => self.rename(by, name, events),
            Action::Realname { text } => self.set_realname(by, text, events),
            Action::Away { text } => self.set_away(by, text, events),
            Action::UserMode { flag, on } => self.set_user_mode(by, flag, on, events),
            Action::Quit { reason } => self.quit(by, reason, events),
            // The key of a connecting person is new, and the server has no key.
            Action::Connect(_) | Action::Expire(_) => Ok(()),
        }
    }

    fn enter(&mut self, by: By, name: RoomName, key: Option<&str>, events: &mut Events) -> Outcome {
        let (id, made, now, uptime) = (by.id, by.message.seq, by.wall_us, by.uptime);
        // The room may have been empty for too long since the last look at them.
        let found = self.find_room(name.as_str()).and_then(|room| self.room(room));
        if let Some(empty) = found.filter(|room| room.emptied.is_some()).map(|room| room.named.clone()) {
            self.expire(&empty, uptime, events);
        }
        self.stop_counting(uptime, &mut events.work);
        let known = self.find_room(name.as_str());
        let Some(user) = self.user(id) else { return Ok(()) };
        let user_key = user.key();
        if known.is_some_and(|room| user.is_in(room)) {
            return Ok(());
        }
        if user.rooms().len() >= MOST_ROOMS {
            return Err(Refusal::TooManyRooms);
        }
        let authority = authority(user);
        // Rooms made from the server's own machine or by its operators do not count for a network.
        let maker = (known.is_none() && authority == Authority::Room).then(|| network_of(user.host()));
        let known_room = known.and_then(|room| self.room(room));
        let former = known_room.and_then(|room| self.formers.right(&room.named, user, uptime));
        // They have a right to it before anybody who finds it empty.
        let awaits_operator = known_room.is_some_and(|room| self.formers.have_operator(&room.named, uptime));
        let is_owned =
            |room: &Room| authority == Authority::Server && (room.is_first || !room.has_operator());
        match known_room {
            // Nobody can lock operators of the server out of the first room, nor out of one that
            // nobody could open.
            Some(room) if is_owned(room) => {}
            Some(room) if let Some(former) = former => {
                room.readmits(user, former.passes_bans, &mut events.work)?;
            }
            Some(room) => room.admits(user, key, &mut events.work)?,
            None if maker.as_ref().is_some_and(|network| self.made_rooms.is_full(network)) => {
                return Err(Refusal::TooManyRoomsMade);
            }
            None => self.must_look_like_no_room(&name)?,
        }
        let real = user.real().to_owned();
        let room_id = known.unwrap_or_else(|| self.make_room(RoomKey { name, made }, now, maker));
        let emptied = self.room(room_id).and_then(|room| room.emptied.as_ref());
        let is_late = emptied.is_some_and(|emptied| uptime >= emptied.since + EMPTY_TIME);
        self.fill(room_id);
        let Some(room) = self.room_mut(room_id) else { return Ok(()) };
        let mut ranks = former.map(|former| former.ranks).unwrap_or_default();
        if is_owned(room) || room.members().is_empty() && !awaits_operator && !room.has_messages {
            ranks.set(Rank::Operator, true);
        } else if room.members().is_empty() && !awaits_operator && !ranks.has(Rank::Operator) {
            ranks = ranks.with_finder(is_late || room.is_found_late);
        }
        if room.members().is_empty() {
            room.found = made;
        }
        room.is_found_late = (room.is_found_late || ranks.is_late_finder()) && !ranks.is_full_operator();
        let at = room.add(id, ranks);
        room.invitations.retain(|&invited| invited != user_key);
        if former.is_some() {
            self.come_back(id, room_id);
        }
        if let Some(user) = self.user_mut(id) {
            // Most people are in one room, and `push` alone would allocate memory for four.
            user.rooms.reserve_exact(1);
            user.rooms.push(Membership::new(room_id, at));
        }
        self.tell_room(by, room_id, |room| EventKind::Entered { room, real }, events)
    }

    fn leave(&mut self, by: By, room: RoomKey, reason: Option<String>, events: &mut Events) -> Outcome {
        let Some(room) = self.room_id(&room) else { return Ok(()) };
        // A reason is told to the room, as a message is.
        let reason = reason.filter(|_| self.may_speak(by.id, room, &mut events.work));
        let mut to = self.members(room);
        let left = (by.message.seq, by.uptime);
        let (room, place) = self.take_out(by.id, room, left, events).ok_or(Refusal::NotInRoom)?;
        events.push(by, EventKind::Left(room, reason), &[place], |receivers| receivers.append(&mut to));
        Ok(())
    }

    /// A message with an id that was said before is not said again, whatever the modes of the room
    /// have become.
    fn say(&mut self, by: By, to: Target, chat_message: ChatMessage, events: &mut Events) -> Outcome {
        let Some(client_id) = chat_message.client_id.clone() else {
            return self.say_now(by, to, chat_message, events);
        };
        let (Some(said_to), Some(who)) = (self.said_to(&to), self.user(by.id)) else { return Ok(()) };
        let author = Author::new(&by.name, who.host());
        self.client_ids.forget_before(by.uptime);
        if let Some(&SaidBefore { seq, wall_us, .. }) = self.client_ids.find(&author, &client_id, &said_to) {
            let (id, kind) = (self.nonce.message_id(seq), EventKind::Said { to: said_to, chat_message });
            let By { key: author, name, source, bot: by_bot, .. } = by;
            events.repeated = Some(Arc::new(Record { id, wall_us, author, name, source, by_bot, kind }));
            return Ok(());
        }
        let (seq, wall_us, uptime) = (by.message.seq, by.wall_us, by.uptime);
        self.say_now(by, to, chat_message, events)?;
        self.client_ids.add(author, SaidBefore { client_id, to: said_to, seq, wall_us, uptime });
        Ok(())
    }

    /// The target by name; None where it is gone.
    fn said_to(&self, to: &Target) -> Option<SaidTo> {
        Some(match to {
            Target::Room(room, least) => SaidTo::Room(self.room_key(self.room_id(room)?)?, *least),
            Target::User(user) => SaidTo::User(self.user(self.user_id(*user)?)?.name().clone()),
        })
    }

    fn say_now(&mut self, by: By, to: Target, chat_message: ChatMessage, events: &mut Events) -> Outcome {
        let (id, now, kind) = (by.id, by.uptime, chat_message.kind);
        match to {
            Target::Room(room, least) => {
                let Some(room) = self.room_id(&room) else { return Ok(()) };
                self.say_in_room(by, room, least, chat_message, events)?;
            }
            Target::User(whom) => {
                let Some(whom) = self.user_id(whom) else { return Ok(()) };
                let Some(name) = self.user(whom).map(|user| user.name().clone()) else { return Ok(()) };
                let kind = EventKind::Said { to: SaidTo::User(name), chat_message };
                events.push(by, kind, &[], |receivers| receivers.push(whom));
            }
        }
        if kind == MessageKind::Message
            && let Some(user) = self.user_mut(id)
        {
            user.spoke = now;
        }
        Ok(())
    }

    fn say_in_room(
        &mut self,
        by: By,
        id: RoomId,
        least: Option<Rank>,
        chat_message: ChatMessage,
        events: &mut Events,
    ) -> Outcome {
        let may_speak = self.may_speak(by.id, id, &mut events.work);
        let Some(room) = self.room(id) else { return Ok(()) };
        if !may_speak || room.has(Flag::NoCtcp) && chat_message.is_ctcp_request() {
            return Err(Refusal::MayNotSpeak);
        }
        let Some(rank) = least else {
            if chat_message.kind != MessageKind::Tags && self.messages_kept != MessagesKept::Nowhere {
                self.room_mut(id).into_iter().for_each(|room| room.has_messages = true);
            }
            let kind = |room| EventKind::Said { to: SaidTo::Room(room, None), chat_message };
            return self.tell_room(by, id, kind, events);
        };
        let Some((key, place)) = self.place(id) else { return Ok(()) };
        let kind = EventKind::Said { to: SaidTo::Room(key, least), chat_message };
        let author = by.id;
        let heard = room.ranked().filter(|(user, ranks)| ranks.is_at_least(rank) || *user == author);
        events.push(by, kind, &[place], |receivers| receivers.extend(heard.map(|(user, _)| user)));
        Ok(())
    }

    /// The author of the message may redact it, and the room's operators; of these a finder only what was
    /// said since the room was found empty.
    fn redact(
        &mut self,
        by: By,
        room: RoomKey,
        (message, author): (Seq, UserKey),
        reason: Option<String>,
        events: &mut Events,
    ) -> Outcome {
        let Some(id) = self.room_id(&room) else { return Ok(()) };
        self.must_be_member(by.id, id)?;
        let is_later = || self.room(id).is_some_and(|room| message >= room.found);
        let may =
            || self.must_be_operator(by.id, id).is_ok() && (self.finder(by.id, id).is_none() || is_later());
        if author != by.key && !may() {
            return Err(Refusal::NotYours);
        }
        let message = self.nonce.message_id(message);
        self.tell_room(by, id, |room| EventKind::Redacted { room, message, reason }, events)
    }

    fn set_topic(&mut self, by: By, room: RoomKey, text: String, events: &mut Events) -> Outcome {
        let Some(id) = self.room_id(&room) else { return Ok(()) };
        self.must_be_allowed(by.id, id, Flag::TopicByOperators)?;
        let topic = Topic { text: text.clone(), by: by.source.to_string(), at: by.wall_us };
        if let Some(room) = self.room_mut(id) {
            room.topic = (!text.is_empty()).then_some(topic);
        }
        self.tell_room(by, id, |room| EventKind::Topic(room, text), events)
    }

    fn kick(&mut self, by: By, room: RoomKey, whom: UserKey, reason: String, events: &mut Events) -> Outcome {
        let Some(room) = self.room_id(&room) else { return Ok(()) };
        self.must_be_operator(by.id, room)?;
        let Some(id) = self.user_id(whom) else { return Ok(()) };
        let Some(name) = self.user(id).map(|user| user.name().clone()) else { return Ok(()) };
        let mut to = self.members(room);
        let left = (by.message.seq, by.uptime);
        let (room, place) = self.take_out(id, room, left, events).ok_or(Refusal::OtherNotInRoom)?;
        let kind = EventKind::Kicked { room, whom, name, reason };
        events.push(by, kind, &[place], |receivers| receivers.append(&mut to));
        Ok(())
    }

    fn invite(&mut self, by: By, room: RoomKey, whom: UserKey, events: &mut Events) -> Outcome {
        let Some(id) = self.room_id(&room) else { return Ok(()) };
        self.must_be_allowed(by.id, id, Flag::InviteOnly)?;
        let Some(invited) = self.user_id(whom) else { return Ok(()) };
        let Some(other) = self.user(invited) else { return Ok(()) };
        if other.is_in(id) {
            return Err(Refusal::AlreadyInRoom);
        }
        let name = other.name().clone();
        if let Some(room) = self.room_mut(id) {
            room.invitations.retain(|&invited| invited != whom);
            if room.invitations.len() >= LIST_ENTRIES {
                room.invitations.remove(0);
            }
            room.invitations.push(whom);
        }
        let Some((room, place)) = self.place(id) else { return Ok(()) };
        let kind = EventKind::Invited { room, whom, name };
        events.push(by, kind, &[place], |receivers| receivers.push(invited));
        Ok(())
    }

    fn change_modes(&mut self, by: By, room: RoomKey, changes: Vec<Change>, events: &mut Events) -> Outcome {
        let Some(id) = self.room_id(&room) else { return Ok(()) };
        self.must_be_operator(by.id, id)?;
        let mut made = Vec::new();
        let mut refused = None;
        for mut change in changes {
            match self.change_mode(&by, id, &mut change, &mut events.work) {
                Ok(true) => made.push(change),
                Ok(false) => {}
                Err(refusal) => refused = Some(refusal),
            }
        }
        if !made.is_empty() {
            self.tell_room(by, id, |room| EventKind::Modes(room, made), events)?;
        }
        refused.map_or(Ok(()), Err)
    }

    /// Makes one mode change; false if nothing has changed by it.
    fn change_mode(
        &mut self,
        by: &By,
        id: RoomId,
        change: &mut Change,
        work: &mut Work,
    ) -> Result<bool, Refusal> {
        work.add(1);
        if change.is_about_entering() {
            self.must_decide_who_enters(by.id, id)?;
        }
        let finder = self.finder(by.id, id);
        let standing = match change {
            Change::Rank(_, _, whom, name) => {
                let user = self.user_id(*whom).and_then(|whom| self.user(whom));
                let user = user.ok_or(Refusal::OtherNotInRoom)?;
                *name = user.name().clone();
                user.membership(id).ok_or(Refusal::OtherNotInRoom)?.at
            }
            _ => 0,
        };
        let author = self.user(by.id).map(|user| (user.name().clone(), authority(user)));
        let (Some(room), Some((author, authority))) = (self.room_mut(id), author) else { return Ok(false) };
        match change {
            Change::Flag(flag, on) => Ok(room.set_flag(*flag, *on, authority)),
            Change::Key(key) => Ok(set(&mut room.key, key.clone(), authority)),
            Change::Limit(limit) => Ok(set(&mut room.limit, *limit, authority)),
            Change::List(list, on, mask) => {
                let entry = Listed::new(mask.clone(), author, by.wall_us, authority);
                let outcome = room.set_entry(*list, *on, entry, work);
                if outcome == Ok(true) && *on && *list == List::Bans {
                    self.end_invitations(id, mask, work);
                }
                outcome
            }
            Change::Rank(rank, on, ..) => room.set_rank(standing, *rank, *on, finder),
        }
    }

    /// A ban that was just set counts more than an invitation of before.
    fn end_invitations(&mut self, id: RoomId, mask: &str, work: &mut Work) {
        let Some(room) = self.room(id) else { return };
        let is_banned = |who: &UserKey| {
            let user = self.user_id(*who).and_then(|id| self.user(id));
            user.is_none_or(|user| room.is_banned_by(mask, user, work))
        };
        let ended: Vec<UserKey> = room.invitations.iter().copied().filter(is_banned).collect();
        self.room_mut(id).into_iter().for_each(|room| room.invitations.retain(|who| !ended.contains(who)));
    }

    fn rename(&mut self, by: By, name: Name, events: &mut Events) -> Outcome {
        let id = by.id;
        self.must_be_free(&name, Some(id))?;
        let Some(user) = self.users.get_mut(id.index()).and_then(Option::as_mut) else { return Ok(()) };
        let old = user.name().clone();
        if old.as_str() == name.as_str() {
            return Ok(());
        }
        if old != name {
            self.whowas.add(user, by.wall_us);
        }
        let memberships = user.rooms.clone();
        user.rename(name.clone());
        for &Membership { room, at, .. } in &memberships {
            self.room_mut(room).into_iter().for_each(|room| room.revise(at as usize));
        }
        self.names.release(&old);
        self.names.take(&name, id);
        let (rooms, places): (_, Vec<Place>) =
            memberships.iter().filter_map(|membership| self.place(membership.room)).unzip();
        let kind = EventKind::Renamed { old, new: name, rooms };
        events.push(by, kind, &places, |receivers| self.neighbours(id, receivers));
        Ok(())
    }

    fn set_user_mode(&mut self, by: By, flag: UserMode, on: bool, events: &mut Events) -> Outcome {
        let id = by.id;
        let Some(user) = self.user_mut(id) else { return Ok(()) };
        if user.has(flag) != on {
            user.flags ^= flag as u8;
            if flag == UserMode::Operator {
                self.operators = if on { self.operators + 1 } else { self.operators - 1 };
            }
            events.push(by, EventKind::UserMode(flag, on), &[], |receivers| receivers.push(id));
        }
        Ok(())
    }

    fn quit(&mut self, by: By, reason: Option<String>, events: &mut Events) -> Outcome {
        let id = by.id;
        let mut to = Vec::new();
        self.neighbours(id, &mut to);
        let left = (by.message.seq, by.uptime);
        let rooms: Vec<RoomId> = self.user(id).iter().flat_map(|user| user.rooms()).collect();
        let (rooms, places): (_, Vec<Place>) =
            rooms.into_iter().filter_map(|room| self.take_out(id, room, left, events)).unzip();
        self.forget(id, by.wall_us);
        events.push(by, EventKind::Quit { reason, rooms }, &places, |receivers| receivers.append(&mut to));
        Ok(())
    }

    fn set_realname(&mut self, by: By, text: String, events: &mut Events) -> Outcome {
        let Some(user) = self.user_mut(by.id) else { return Ok(()) };
        if user.real() == text {
            return Err(Refusal::Unchanged);
        }
        user.real = Folded::new(text.clone());
        self.tell_neighbours(by, EventKind::Realname(text), events)
    }

    fn set_away(&mut self, by: By, text: Option<String>, events: &mut Events) -> Outcome {
        let Some(user) = self.user_mut(by.id) else { return Ok(()) };
        if user.away.as_deref() == text.as_deref() {
            return Err(Refusal::Unchanged);
        }
        user.away = text.as_deref().map(Box::from);
        self.tell_neighbours(by, EventKind::Away(text), events)
    }

    /// Tells something to all who share a room with its author.
    fn tell_neighbours(&mut self, by: By, kind: EventKind, events: &mut Events) -> Outcome {
        let id = by.id;
        events.push(by, kind, &[], |receivers| self.neighbours(id, receivers));
        Ok(())
    }

    fn tell_room(
        &self,
        by: By,
        id: RoomId,
        kind: impl FnOnce(RoomKey) -> EventKind,
        events: &mut Events,
    ) -> Outcome {
        let (Some(room), Some((key, place))) = (self.room(id), self.place(id)) else { return Ok(()) };
        events.push(by, kind(key), &[place], |receivers| receivers.extend_from_slice(room.members()));
        Ok(())
    }

    fn members(&self, room: RoomId) -> Vec<UserId> {
        self.room(room).map_or_else(Vec::new, |room| room.members().to_vec())
    }

    fn must_look_like_no_room(&self, name: &RoomName) -> Outcome {
        let other = self.find_look_alike(name);
        other.map_or(Ok(()), |other| Err(Refusal::RoomLooksLike(other.clone())))
    }

    /// Any member may, or operators alone where the room has this flag.
    fn must_be_allowed(&self, id: UserId, room: RoomId, flag: Flag) -> Outcome {
        match self.room(room) {
            Some(known) if known.has(flag) => self.must_be_operator(id, room),
            _ => self.must_be_member(id, room),
        }
    }

    fn must_be_member(&self, id: UserId, room: RoomId) -> Outcome {
        match self.user(id) {
            Some(user) if !user.is_in(room) => Err(Refusal::NotInRoom),
            _ => Ok(()),
        }
    }

    /// The ranks of somebody with no authority of the server who is an operator of a room only as its finder.
    fn finder(&self, id: UserId, room_id: RoomId) -> Option<Ranks> {
        let user = self.user(id).filter(|user| authority(user) == Authority::Room)?;
        self.room(room_id)?.ranks(user, room_id).filter(|ranks| ranks.is_finder())
    }

    /// Operators may, but not the late finder of a room that ends.
    fn must_decide_who_enters(&self, id: UserId, room_id: RoomId) -> Outcome {
        self.must_be_operator(id, room_id)?;
        let stays = self.room(room_id).is_some_and(Room::stays);
        let is_late = self.finder(id, room_id).is_some_and(Ranks::is_late_finder);
        if !stays && is_late { Err(Refusal::Finder) } else { Ok(()) }
    }

    /// Members with the server's authority are operators of a room that has no other one.
    ///
    /// # Errors
    /// `NotInRoom`, `NotOperator`.
    pub fn must_be_operator(&self, id: UserId, room_id: RoomId) -> Outcome {
        self.must_be_member(id, room_id)?;
        let (Some(user), Some(room)) = (self.user(id), self.room(room_id)) else { return Ok(()) };
        match room.ranks(user, room_id) {
            Some(ranks) if ranks.has(Rank::Operator) => Ok(()),
            Some(_) if authority(user) == Authority::Server && !room.has_operator() => Ok(()),
            _ => Err(Refusal::NotOperator),
        }
    }
}

/// The authority with which somebody sets something in a room.
fn authority(user: &User) -> Authority {
    if user.is_local || user.has(UserMode::Operator) { Authority::Server } else { Authority::Room }
}
