//! The snapshot of a lobby: its whole state as bytes.
//!
//! The bytes depend only on the applied entries: everything without an order of its own is sorted
//! by key, and there are no indices. So two lobbies are in the same state if their snapshots are
//! equal.

use super::client_ids::{self, Author, ClientIds, SaidBefore};
use super::codec::{Reader, Writer};
use super::empty_rooms::MessagesKept;
use super::formers::{Former, Formers, Right};
use super::ids::{ClientId, Nonce, RoomId, RoomKey, Seq, UserKey};
use super::lobby::{Lobby, MOST_ROOMS};
use super::modes::{Authority, Rank, Ranks, UserMode};
use super::people::{Arrival, Membership, NAMES_BEFORE, User};
use super::record::SaidTo;
use super::room::{Emptied, LIST_ENTRIES, Listed, Room, Setting, Topic};
use super::whowas::{MOST, Whowas};
use crate::text::{Name, RoomName};
use std::sync::Arc;
use std::time::Duration;

/// The version of the format.
const VERSION: u8 = 6;

/// Why bytes are no snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotError {
    /// The format has another version.
    Version(u8),
    /// They are not what [`Lobby::snapshot`] writes.
    Malformed,
}

impl Lobby {
    /// The whole state: with the entries that follow it leads to the same outcomes.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.byte(VERSION);
        out.text(self.nonce.as_str());
        out.byte(self.messages_kept as u8);
        let mut rooms: Vec<&Room> = self.rooms_after(None).map(|(_, room)| room).collect();
        // The first room stands first, whenever it was made.
        rooms.sort_by_key(|room| (!room.is_first, &room.named));
        out.list(rooms, write_room);
        let users: Vec<&User> = self.users_by_key().collect();
        out.list(users, |out, user| self.write_user(out, user));
        out.list(self.whowas.iter(), write_past);
        write_formers(&mut out, &self.formers);
        write_client_ids(&mut out, &self.client_ids);
        out.into_bytes()
    }

    /// The lobby of which these bytes are the snapshot.
    ///
    /// # Errors
    /// Where [`Lobby::snapshot`] of this version has not written them.
    pub fn restore(bytes: &[u8]) -> Result<Lobby, SnapshotError> {
        let mut from = Reader::new(bytes);
        match from.byte() {
            Some(VERSION) => {}
            Some(other) => return Err(SnapshotError::Version(other)),
            None => return Err(SnapshotError::Malformed),
        }
        let lobby = read_lobby(&mut from).filter(|lobby| lobby.snapshot() == bytes);
        lobby.ok_or(SnapshotError::Malformed)
    }

    fn write_user(&self, out: &mut Writer, user: &User) {
        out.number(user.key().0.0);
        [user.name().as_str(), user.user(), user.host(), user.real()].iter().for_each(|text| out.text(text));
        out.option(user.away(), Writer::text);
        out.flag(user.is_local);
        out.number(user.arrived);
        write_uptime(out, user.spoke);
        out.byte(user.flags);
        out.list(&user.names_before, |out, name| out.text(name.as_str()));
        let memberships: Vec<(&RoomKey, Ranks)> = user
            .rooms()
            .filter_map(|id| self.room(id).and_then(|room| Some((&room.named, room.ranks(user, id)?))))
            .collect();
        out.list(memberships, |out, (room, ranks)| {
            write_room_key(out, room);
            out.byte(ranks.bits());
        });
    }

    fn read_user(&mut self, from: &mut Reader<'_>) -> Option<()> {
        let key = UserKey(Seq(from.number()?));
        let name = Name::parse(from.text()?).ok()?;
        let mut text = || from.text().map(str::to_owned);
        let (user, host, real) = (text()?, text()?, text()?);
        let away = from.option(Reader::text)?.map(str::to_owned);
        let is_local = from.flag()?;
        if self.user_id(key).is_some() || self.must_be_free(&name, None).is_err() {
            return None;
        }
        self.add(key, Arrival { name, user, host, real, away, is_local }, from.number()?, read_uptime(from)?);
        let id = self.user_id(key)?;
        let user = self.user_mut(id)?;
        user.flags = from.byte()?;
        let is_operator = user.has(UserMode::Operator);
        user.names_before = from.list(NAMES_BEFORE, |from| Name::parse(from.text()?).ok())?;
        let memberships =
            from.list(MOST_ROOMS, |from| Some((read_room_key(from)?, Ranks::from_bits(from.byte()?)?)))?;
        user.rooms.reserve_exact(memberships.len());
        self.operators += usize::from(is_operator);
        for (room, ranks) in memberships {
            let room = self.room_id(&room)?;
            if self.user(id)?.is_in(room) {
                return None;
            }
            let at = self.room_mut(room)?.add(id, ranks);
            self.user_mut(id)?.rooms.push(Membership::new(room, at));
        }
        Some(())
    }
}

fn read_lobby(from: &mut Reader<'_>) -> Option<Lobby> {
    let nonce = Nonce::new(from.text()?);
    let kept = [MessagesKept::Nowhere, MessagesKept::InMemory, MessagesKept::OnDisk];
    let messages_kept = *kept.get(usize::from(from.byte()?))?;
    let mut lobby: Option<Lobby> = None;
    from.list(usize::MAX, |from| {
        let (key, made_at) = (read_room_key(from)?, from.number()?);
        let maker = from.option(Reader::text)?;
        let (lobby, id) = match lobby.as_mut() {
            None => {
                let lobby = lobby.insert(Lobby::with_first(nonce.clone(), key, made_at, messages_kept));
                let first = lobby.first_room;
                (lobby, first)
            }
            Some(lobby) if lobby.find_room(key.name.as_str()).is_some() => return None,
            Some(lobby) if lobby.find_look_alike(&key.name).is_some() => return None,
            Some(lobby) => {
                let id = lobby.make_room(key, made_at, maker.map(Arc::from));
                (lobby, id)
            }
        };
        read_room(from, lobby, id)
    })?;
    let mut lobby = lobby?;
    from.list(usize::MAX, |from| lobby.read_user(from))?;
    from.list(MOST, read_past)?.into_iter().for_each(|past| lobby.whowas.push_older(past));
    lobby.formers = read_formers(from)?;
    lobby.client_ids = read_client_ids(from)?;
    // A room is empty exactly if it has `emptied`, except the first room before its first member.
    let is_whole = lobby.rooms_after(None).all(|(_, room)| match room.emptied {
        Some(_) => room.members().is_empty(),
        None => room.is_first || !room.members().is_empty(),
    });
    is_whole.then_some(lobby)
}

fn write_room_key(out: &mut Writer, key: &RoomKey) {
    out.number(key.made.0);
    out.text(key.name.as_str());
}

fn read_room_key(from: &mut Reader<'_>) -> Option<RoomKey> {
    Some(RoomKey { made: Seq(from.number()?), name: RoomName::parse(from.text()?).ok()? })
}

/// All but the members, which are written with each person.
fn write_room(out: &mut Writer, room: &Room) {
    write_room_key(out, &room.named);
    out.number(room.made_at);
    out.option(room.maker.as_deref(), Writer::text);
    out.option(room.topic(), |out, topic| {
        out.text(&topic.text);
        out.text(&topic.by);
        out.number(topic.at);
    });
    out.byte(room.flags);
    out.byte(room.server_flags);
    out.option(room.key.as_ref(), |out, key| {
        out.text(&key.value);
        write_authority(out, key.authority);
    });
    out.option(room.limit.as_ref(), |out, limit| {
        out.number(u64::from(limit.value));
        write_authority(out, limit.authority);
    });
    for list in &room.lists {
        out.list(list, |out, listed| {
            out.text(&listed.mask);
            out.text(listed.by.as_str());
            out.number(listed.at);
            write_authority(out, listed.authority);
            out.flag(listed.is_of_before);
        });
    }
    out.list(&room.invitations, |out, invited| out.number(invited.0.0));
    out.flag(room.has_messages);
    out.number(room.found.0);
    out.flag(room.is_found_late);
    out.option(room.emptied.as_ref(), |out, emptied| {
        out.number(emptied.seq.0);
        write_uptime(out, emptied.since);
    });
}

fn read_room(from: &mut Reader<'_>, lobby: &mut Lobby, id: RoomId) -> Option<()> {
    let room = lobby.room_mut(id)?;
    room.topic = from.option(|from| {
        Some(Topic { text: from.text()?.to_owned(), by: from.text()?.to_owned(), at: from.number()? })
    })?;
    room.flags = from.byte()?;
    room.server_flags = from.byte()?;
    room.key = from
        .option(|from| Some(Setting { value: from.text()?.to_owned(), authority: read_authority(from)? }))?;
    room.limit = from.option(|from| {
        Some(Setting { value: u32::try_from(from.number()?).ok()?, authority: read_authority(from)? })
    })?;
    for list in &mut room.lists {
        *list = from.list(LIST_ENTRIES, |from| {
            let (mask, by) = (from.text()?.to_owned(), Name::parse(from.text()?).ok()?);
            let at = from.number()?;
            let mut listed = Listed::new(mask, by, at, read_authority(from)?);
            listed.is_of_before = from.flag()?;
            Some(listed)
        })?;
    }
    room.invitations = from.list(LIST_ENTRIES, |from| from.number().map(|key| UserKey(Seq(key))))?;
    room.has_messages = from.flag()?;
    room.found = Seq(from.number()?);
    room.is_found_late = from.flag()?;
    let emptied =
        from.option(|from| Some(Emptied { seq: Seq(from.number()?), since: read_uptime(from)? }))?;
    if let Some(emptied) = emptied {
        lobby.restore_empty(id, emptied);
    }
    Some(())
}

fn write_authority(out: &mut Writer, authority: Authority) {
    out.flag(authority == Authority::Server);
}

fn read_authority(from: &mut Reader<'_>) -> Option<Authority> {
    Some(if from.flag()? { Authority::Server } else { Authority::Room })
}

/// Nanoseconds, enough for 584 years.
fn write_uptime(out: &mut Writer, uptime: Duration) {
    out.number(uptime.as_nanos() as u64);
}

fn read_uptime(from: &mut Reader<'_>) -> Option<Duration> {
    from.number().map(Duration::from_nanos)
}

fn write_past(out: &mut Writer, past: &Whowas) {
    [past.name.as_str(), &past.user, &past.host, &past.real].iter().for_each(|text| out.text(text));
    out.number(past.left);
}

fn read_past(from: &mut Reader<'_>) -> Option<Whowas> {
    let name = Name::parse(from.text()?).ok()?;
    let mut text = || from.text().map(str::to_owned);
    Some(Whowas { name, user: text()?, host: text()?, real: text()?, left: from.number()? })
}

fn write_formers(out: &mut Writer, formers: &Formers) {
    write_uptime(out, formers.until);
    out.list(&formers.rooms, |out, (room, formers)| {
        write_room_key(out, room);
        out.list(formers, |out, Former { user, name, host, right }| {
            out.number(user.0.0);
            out.text(name.as_str());
            out.text(host);
            out.byte(right.ranks.bits());
            out.flag(right.passes_bans);
        });
    });
}

fn read_formers(from: &mut Reader<'_>) -> Option<Formers> {
    let until = read_uptime(from)?;
    let read_former = |from: &mut Reader<'_>| {
        let user = UserKey(Seq(from.number()?));
        let (name, host) = (Name::parse(from.text()?).ok()?, from.text()?.to_owned());
        let ranks = Ranks::from_bits(from.byte()?)?;
        Some(Former { user, name, host, right: Right { ranks, passes_bans: from.flag()? } })
    };
    let rooms =
        from.list(usize::MAX, |from| Some((read_room_key(from)?, from.list(usize::MAX, read_former)?)))?;
    Some(Formers { until, rooms: rooms.into_iter().collect() })
}

fn write_client_ids(out: &mut Writer, known: &ClientIds) {
    let all: Vec<(&Author, &SaidBefore)> = known.iter().collect();
    out.list(all, |out, (author, SaidBefore { client_id, to, seq, wall_us, uptime })| {
        [&*author.name, &*author.host, client_id.as_str()].iter().for_each(|text| out.text(text));
        match to {
            SaidTo::Room(room, least) => {
                out.byte(least.map_or(0, |least| least as u8));
                write_room_key(out, room);
            }
            SaidTo::User(name) => {
                out.byte(TO_USER);
                out.text(name.as_str());
            }
        }
        out.number(seq.0);
        out.number(*wall_us);
        write_uptime(out, *uptime);
    });
}

/// In place of the least rank of a room's members.
const TO_USER: u8 = u8::MAX;

fn read_client_ids(from: &mut Reader<'_>) -> Option<ClientIds> {
    let mut known = ClientIds::default();
    let all = from.list(client_ids::MOST, |from| {
        let author = Author { name: from.text()?.into(), host: from.text()?.into() };
        let client_id = ClientId::parse(from.text()?)?;
        let to = match from.byte()? {
            0 => SaidTo::Room(read_room_key(from)?, None),
            1 => SaidTo::Room(read_room_key(from)?, Some(Rank::Voice)),
            2 => SaidTo::Room(read_room_key(from)?, Some(Rank::Operator)),
            TO_USER => SaidTo::User(Name::parse(from.text()?).ok()?),
            _ => return None,
        };
        let (seq, wall_us, uptime) = (Seq(from.number()?), from.number()?, read_uptime(from)?);
        Some((author, SaidBefore { client_id, to, seq, wall_us, uptime }))
    })?;
    all.into_iter().for_each(|(author, said)| known.add(author, said));
    Some(known)
}
