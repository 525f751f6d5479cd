//! The effects, in order, each with the room that it is of. While the past of a room is asked
//! for, what happens there now is held back, so that it is shown below the past.

use super::effect::Effect;
use super::ids::RoomId;
use super::item::Item;
use super::rooms::Rooms;
use crate::client::protocol::said::Said;
use crate::wire::Line;
use std::collections::BTreeMap;

/// What is held of a room at most; the past is not waited for any longer then.
const MAX_HELD: usize = 2000;

/// What happened while the past was asked for.
#[derive(Debug)]
pub(super) enum Held {
    Said(Said),
    Item(Item),
}

#[derive(Debug)]
enum Pending {
    Effect(Effect),
    /// Of a room that was not the current one.
    OfRoom(RoomId, Item),
}

#[derive(Debug)]
pub(super) struct Output {
    pending: Vec<Pending>,
    /// Of each room whose past is asked for; about [`MAX_HELD`] of each at most, see
    /// [`Output::is_full`].
    held: BTreeMap<RoomId, Vec<Held>>,
    /// The room that nothing needs to name.
    current: RoomId,
}

impl Output {
    pub(super) fn new(current: RoomId) -> Output {
        Output { pending: Vec::new(), held: BTreeMap::new(), current }
    }

    pub(super) fn go_to(&mut self, room: RoomId) {
        self.current = room;
    }

    /// All of it; what is of a room that is not the current one names that room.
    pub(super) fn take(&mut self, rooms: &Rooms) -> Vec<Effect> {
        let named = |pending| match pending {
            Pending::Effect(effect) => effect,
            Pending::OfRoom(room, item) => Effect::Show(of_room(room, item, rooms)),
        };
        self.pending.drain(..).map(named).collect()
    }

    /// The room is about to be forgotten: what is of it is to name it all the same.
    pub(super) fn name_room(&mut self, room: RoomId, rooms: &Rooms) {
        for pending in &mut self.pending {
            if let Pending::OfRoom(of, item) = pending
                && *of == room
            {
                *pending = Pending::Effect(Effect::Show(of_room(room, item.clone(), rooms)));
            }
        }
    }

    /// Of no room: it is held back where the current one is.
    pub(super) fn show(&mut self, item: Item) {
        self.show_in(self.current, item);
    }

    pub(super) fn show_in(&mut self, room: RoomId, item: Item) {
        match self.held.get_mut(&room) {
            Some(held) => held.push(Held::Item(item)),
            None if room == self.current => self.push(Effect::Show(item)),
            None => self.pending.push(Pending::OfRoom(room, item)),
        }
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.pending.push(Pending::Effect(effect));
    }

    pub(super) fn send(&mut self, line: &Line) {
        self.send_bytes(line.to_bytes());
    }

    /// Lines that follow one another are one effect.
    pub(super) fn send_bytes(&mut self, mut bytes: Vec<u8>) {
        match self.pending.last_mut() {
            Some(Pending::Effect(Effect::Send(begun))) => begun.append(&mut bytes),
            _ => self.push(Effect::Send(bytes)),
        }
    }

    /// From now on what happens in this room waits.
    pub(super) fn begin_holding(&mut self, room: RoomId) {
        self.held.entry(room).or_default();
    }

    /// What is held back of this room; from now on nothing is.
    pub(super) fn release(&mut self, room: RoomId) -> Option<Vec<Held>> {
        self.held.remove(&room)
    }

    /// Holds it back again, and what comes after it.
    pub(super) fn hold_again(&mut self, room: RoomId, held: Vec<Held>) {
        self.held.insert(room, held);
    }

    /// The message, where it need not wait.
    pub(super) fn hold(&mut self, room: RoomId, said: Said) -> Option<Said> {
        match self.held.get_mut(&room) {
            Some(held) => {
                held.push(Held::Said(said));
                None
            }
            None => Some(said),
        }
    }

    /// Whether this message is among those that are held back.
    pub(super) fn holds(&self, room: RoomId, said: &Said) -> bool {
        let same = |held: &Held| matches!(held, Held::Said(held) if held.id.is_some() && held.id == said.id);
        self.held.get(&room).into_iter().flatten().any(same)
    }

    /// A room of which no more should be held back.
    pub(super) fn is_full(&self) -> Option<RoomId> {
        self.held.iter().find(|(_, held)| held.len() >= MAX_HELD).map(|(room, _)| *room)
    }

    /// This message was taken back.
    pub(super) fn forget(&mut self, id: &str) {
        for held in self.held.values_mut() {
            held.retain(|held| !matches!(held, Held::Said(said) if said.id.as_deref() == Some(id)));
        }
    }
}

/// What names its room; one that is not ours any more has no name.
fn of_room(room: RoomId, item: Item, rooms: &Rooms) -> Item {
    match rooms.get(room) {
        Some(view) => Item::OfRoom { room: view.name.clone(), item: Box::new(item) },
        None => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Phrase;

    fn late() -> Item {
        Item::Told(Phrase::Late)
    }

    #[test]
    fn lines_in_a_row_are_one_effect() {
        let rooms = Rooms::new(&[]);
        let mut output = Output::new(rooms.current().id);
        output.send(&Line::new("A"));
        output.send(&Line::new("B"));
        output.show(late());
        output.send(&Line::new("C"));
        let send = |bytes: &str| Effect::Send(bytes.as_bytes().to_vec());
        assert_eq!(output.take(&rooms), [send("A\r\nB\r\n"), Effect::Show(late()), send("C\r\n")]);
        assert_eq!(output.take(&rooms), []);
    }

    /// What is shown is held back, what is sent is not.
    #[test]
    fn only_shown_items_are_held_back() {
        let mut rooms = Rooms::new(&[]);
        let here = rooms.current().id;
        let mut output = Output::new(here);
        output.begin_holding(here);
        output.show(late());
        output.send(&Line::new("A"));
        assert_eq!(output.take(&rooms), [Effect::Send(b"A\r\n".to_vec())]);
        // Another room need not wait.
        let lab = rooms.add("#lab").unwrap();
        output.show_in(lab, late());
        let of_lab = Item::OfRoom { room: "#lab".to_owned(), item: Box::new(late()) };
        assert_eq!(output.take(&rooms), [Effect::Show(of_lab)]);
        let held = output.release(here).unwrap();
        output.show(late());
        assert_eq!(output.take(&rooms), [Effect::Show(late())]);
        output.hold_again(here, held);
        assert!(matches!(output.release(here).as_deref(), Some([Held::Item(_)])));
        (0..MAX_HELD).for_each(|_| output.show(late()));
        assert!(output.is_full().is_none() && output.take(&rooms).len() == MAX_HELD);
        output.begin_holding(here);
        (0..MAX_HELD).for_each(|_| output.show(late()));
        assert!(output.is_full() == Some(here) && output.take(&rooms).is_empty());
    }
}
