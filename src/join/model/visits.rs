//! Rooms entered and left, and the way from one to another.

use super::entry;
use super::ids::RoomId;
use super::item::Item;
use super::room::Stage;
use super::state::Model;
use crate::wire::Line;

/// Rooms that one line asks for: servers limit it, the strictest of those that are usual to 10.
const AT_ONCE: usize = 10;
/// Bytes of their names, so that the line has room for them.
const LINE_BYTES: usize = 400;

impl Model {
    /// Asks for all rooms that are to be entered; for the current one first.
    pub(super) fn enter_rooms(&mut self) {
        let asked = || self.rooms.iter().filter(|room| room.stage == Stage::Asked);
        // Each with its own line, since a password stands by its place.
        let with_keys = asked().filter(|room| room.key.is_some()).map(|room| room.join().to_bytes());
        let with_keys: Vec<u8> = with_keys.flatten().collect();
        let asked = asked().filter(|room| room.key.is_none());
        let mut names: Vec<(bool, &str)> =
            asked.map(|room| (!self.rooms.is_current(room.id), room.name.as_str())).collect();
        names.sort_by_key(|(is_other, _)| *is_other);
        let mut lines: Vec<Vec<&str>> = Vec::new();
        for (_, name) in names {
            let fits = |line: &&mut Vec<&str>| {
                let bytes: usize = line.iter().map(|name| name.len() + 1).sum();
                line.len() < AT_ONCE && bytes + name.len() <= LINE_BYTES
            };
            match lines.last_mut().filter(fits) {
                Some(line) => line.push(name),
                None => lines.push(vec![name]),
            }
        }
        lines.iter().for_each(|line| self.output.send(&entry::join(&line.join(","))));
        if !with_keys.is_empty() {
            self.output.send_bytes(with_keys);
        }
    }

    /// The way in is over: a room has answered, as the first one on this connection.
    pub(super) fn is_known(&mut self) {
        let was_known = std::mem::replace(&mut self.session.entry.is_over, true);
        if !was_known && self.session.returning.is_some() {
            // The server has forgotten it.
            self.tell_away();
            if let Some(before) = self.session.lost_name() {
                self.session.reclaim.begin(&before);
            }
        }
    }

    /// `/join`: enters a further room, or goes to one that we are in. It is the current one at once, also
    /// without a connection: what is typed next is meant for it, and waits until the server has let us in.
    pub(super) fn go_into(&mut self, name: &str, key: Option<String>) {
        let known = self.find(name);
        let is_asked = known.and_then(|room| self.stage(room)).is_none_or(|stage| {
            // One that is tried again is tried now.
            matches!(stage, Stage::Closed | Stage::Outside)
        });
        // Nothing else would tell that it was understood.
        if !is_asked && known.is_some_and(|room| self.rooms.is_current(room)) {
            let room = self.rooms.current().name.clone();
            return self.show(Item::RoomIs { room });
        }
        let Some(room) = known.or_else(|| self.rooms.add(name)) else {
            return self.show(Item::TooManyRooms);
        };
        if is_asked {
            let asks = self.session.is_connected();
            if let Some(view) = self.rooms.get_mut(room) {
                view.key = key.or(view.key.take());
                view.is_asked_for();
                let line = view.join();
                if asks {
                    self.push_line(line);
                } else {
                    self.show(Item::NoConnection);
                }
            }
        }
        self.go_to(room);
    }

    /// `/leave`: this room, or the current one.
    pub(super) fn leave_room(&mut self, name: Option<&str>) {
        let room = name.map_or_else(|| Some(self.rooms.current().id), |name| self.find(name));
        let Some(view) = room.and_then(|room| self.rooms.get(room)) else {
            return self.show(Item::NotThere { room: name.unwrap_or_default().to_owned() });
        };
        if !self.rooms.are_several() {
            return match view.stage {
                Stage::Closed => self.tell_put_out(),
                _ => self.show(Item::OnlyRoom),
            };
        }
        let (room, name, is_current) = (view.id, view.name.clone(), self.rooms.is_current(view.id));
        let stage = view.stage;
        // One that is tried again may be entered at this moment.
        if stage != Stage::Closed && self.session.is_connected() {
            self.push_line(Line::new("PART").param(&name));
            let is_entering = matches!(stage, Stage::Asked | Stage::Outside);
            self.left.begin(name.clone(), is_entering);
        }
        self.remove_room(room);
        // Of the current one it is told by which one is current now.
        if !is_current {
            self.show(Item::LeftRoom { room: name });
        }
    }

    /// Alt-1 to Alt-9; the bell tells where there are not so many.
    pub(super) fn go_to_number(&mut self, number: usize) {
        let room = self.rooms.iter().find(|view| view.number == number).map(|view| view.id);
        match room {
            Some(room) => self.go_to(room),
            None => self.show(Item::Bell),
        }
    }

    pub(super) fn go_to(&mut self, room: RoomId) {
        let before = self.rooms.current();
        if before.id == room {
            return;
        }
        let before = (before.stage == Stage::Closed).then_some(before.id);
        self.rooms.go_to(room);
        self.is_in_current();
        // It was there only for the person to see, and to try again.
        before.into_iter().for_each(|before| self.remove_room(before));
    }

    /// Another room is the current one.
    fn is_in_current(&mut self) {
        let room = self.rooms.current_mut();
        room.unread.is_visited();
        room.people.changed = true;
        let (id, at) = room.read_up_to();
        // The header of a room that is still to be entered tells its name.
        let is_entered = (room.stage != Stage::Asked).then(|| room.name.clone());
        self.output.go_to(id);
        self.mark_read(id, at);
        is_entered.into_iter().for_each(|room| self.show(Item::RoomIs { room }));
    }

    /// The room is not ours any more.
    pub(super) fn remove_room(&mut self, room: RoomId) {
        let was_current = self.rooms.is_current(room);
        self.outbox.leave(room, &mut self.output);
        self.let_go_of(room);
        self.output.name_room(room, &self.rooms);
        self.rooms.remove(room);
        self.rooms.current_mut().people.changed = true;
        if was_current {
            self.is_in_current();
        }
    }

    /// We are out of the room by another's will. Only the current one stays, so that nothing is said
    /// in another than where it was typed.
    pub(super) fn put_out(&mut self, room: RoomId) {
        let Some(view) = self.rooms.get_mut(room) else { return };
        let was_on_its_way = view.stage != Stage::Inside;
        self.give_up_fetches_of(room);
        let Some(view) = self.rooms.get_mut(room) else { return };
        view.put_out(self.session.mapping());
        if was_on_its_way {
            // Nothing more comes of what was asked of the room, nor of the way into it.
            self.have_returned(room, false);
        }
        if !self.rooms.is_current(room) {
            self.remove_room(room);
        }
    }

    /// `/rooms`: those that the server has, and then ours, where there are several.
    pub(super) fn list_rooms(&mut self) {
        self.begins_list();
        self.push_line(Line::new("LIST"));
    }
}
