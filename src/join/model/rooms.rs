//! The rooms that the person is in or wants to be in, and the current one.

use super::ids::RoomId;
use super::room::RoomView;
use crate::client::protocol::CaseMapping;

/// Rooms at once; a server that puts us into more gets a PART.
pub const MAX_ROOMS: usize = 100;

#[derive(Debug)]
pub(super) struct Rooms {
    /// In the order of their numbers. From 1 to [`MAX_ROOMS`].
    views: Vec<RoomView>,
    /// Only the person changes it, so that nothing is said in another room than where it was typed.
    /// Always one of `views`.
    current: RoomId,
    /// The names that had a number: who leaves a room and enters it again finds it where it was.
    numbered: Vec<String>,
    /// How many there were.
    made: u64,
    /// How often the person has gone from one to another.
    switches: u64,
    /// How many questions about the past were asked.
    questions: u64,
}

impl Rooms {
    /// Rooms that are to be entered; the first is the current one. None: the server's first room,
    /// which has no name yet.
    pub(super) fn new(names: &[String]) -> Rooms {
        let mut rooms = Rooms {
            views: Vec::new(),
            current: RoomId(0),
            numbered: Vec::new(),
            made: 0,
            switches: 0,
            questions: 0,
        };
        for name in names {
            if rooms.find(name, CaseMapping::default()).is_none() {
                rooms.add(name);
            }
        }
        if rooms.views.is_empty() {
            rooms.add("");
        }
        rooms
    }

    /// None where there are too many.
    pub(super) fn add(&mut self, name: &str) -> Option<RoomId> {
        if self.views.len() == MAX_ROOMS {
            return None;
        }
        let id = RoomId(self.made);
        self.made += 1;
        let mut view = RoomView::new(id, name);
        view.number = self.number(name);
        let at = self.views.iter().position(|other| other.number > view.number);
        self.views.insert(at.unwrap_or(self.views.len()), view);
        Some(id)
    }

    /// The number that a room of this name had, else the first that none has had; where there are
    /// as many as there may be rooms, the first that none has.
    fn number(&mut self, name: &str) -> usize {
        let is_free = |number: &usize| self.views.iter().all(|view| view.number != *number);
        let had = self.numbered.iter().position(|other| CaseMapping::default().same(other, name));
        if let Some(number) = had.map(|at| at + 1).filter(is_free) {
            return number;
        }
        if self.numbered.len() < MAX_ROOMS {
            self.numbered.push(name.to_owned());
            return self.numbered.len();
        }
        let number = (1..=MAX_ROOMS).find(is_free).unwrap_or(MAX_ROOMS);
        name.clone_into(&mut self.numbered[number - 1]);
        number
    }

    /// Takes out a room that is not the only one. Where it is the current one, the one before it
    /// is current again.
    pub(super) fn remove(&mut self, id: RoomId) {
        if self.are_several() {
            self.views.retain(|view| view.id != id);
        }
        if self.current == id
            && let Some(last) = self.views.iter().rev().max_by_key(|view| view.chosen)
        {
            self.current = last.id;
        }
    }

    /// The server has led us to `to` instead of `from`, which has its place and number from now on.
    pub(super) fn replace(&mut self, from: RoomId, to: RoomId) {
        let Some(at) = self.views.iter().position(|view| view.id == from) else { return };
        let RoomView { comes_back, chosen, number, .. } = self.views[at];
        if let Some(view) = self.get_mut(to) {
            (view.id, view.comes_back, view.chosen, view.is_unasked) = (from, comes_back, chosen, false);
            view.number = number;
            self.views.remove(at);
            self.views.sort_by_key(|view| view.number);
        }
    }

    pub(super) fn go_to(&mut self, id: RoomId) {
        self.switches += 1;
        let switches = self.switches;
        if let Some(view) = self.get_mut(id) {
            view.chosen = switches;
            self.current = id;
        }
    }

    pub(super) fn are_several(&self) -> bool {
        self.views.len() > 1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &RoomView> {
        self.views.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut RoomView> {
        self.views.iter_mut()
    }

    pub(super) fn get(&self, id: RoomId) -> Option<&RoomView> {
        self.views.iter().find(|view| view.id == id)
    }

    pub(super) fn get_mut(&mut self, id: RoomId) -> Option<&mut RoomView> {
        self.views.iter_mut().find(|view| view.id == id)
    }

    pub(super) fn is_current(&self, id: RoomId) -> bool {
        self.current == id
    }

    pub(super) fn current(&self) -> &RoomView {
        self.get(self.current).expect("the current room is one of those that there are")
    }

    pub(super) fn current_mut(&mut self) -> &mut RoomView {
        self.get_mut(self.current).expect("the current room is one of those that there are")
    }

    /// The one of this name.
    pub(super) fn find(&self, name: &str, mapping: CaseMapping) -> Option<RoomId> {
        self.views.iter().find(|view| mapping.same(&view.name, name)).map(|view| view.id)
    }

    /// A room that has the name of one before it; what of it is current is the one before from then on.
    pub(super) fn doubled(&self, mapping: CaseMapping) -> Option<RoomId> {
        let is_doubled = |view: &&RoomView| self.find(&view.name, mapping) != Some(view.id);
        self.views.iter().find(is_doubled).map(|view| view.id)
    }

    /// The one of this name, where we are in it.
    pub(super) fn entered(&self, name: &str, mapping: CaseMapping) -> Option<RoomId> {
        self.find(name, mapping).filter(|&id| self.get(id).is_some_and(RoomView::is_in))
    }

    /// The number of the next question about the past.
    pub(super) fn next_question(&mut self) -> u64 {
        self.questions += 1;
        self.questions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After leaving a room the one before it is current.
    #[test]
    fn leaving_goes_to_the_room_before() {
        let mut rooms = Rooms::new(&["#a", "#b", "#A", "#c"].map(str::to_owned));
        let ids: Vec<RoomId> = rooms.iter().map(|view| view.id).collect();
        assert_eq!(ids.len(), 3);
        assert!(rooms.is_current(ids[0]));
        rooms.go_to(ids[2]);
        rooms.go_to(ids[1]);
        rooms.remove(ids[1]);
        assert_eq!(rooms.current().name, "#c");
        rooms.remove(ids[0]);
        assert_eq!(rooms.current().name, "#c");
        rooms.remove(ids[2]);
        assert_eq!(rooms.current().name, "#c", "there is always one");
    }

    /// The numbers moved, and what was typed next was said in another room.
    #[test]
    fn a_room_keeps_its_number() {
        let mut rooms = Rooms::new(&["#a", "#b", "#c"].map(str::to_owned));
        let ids: Vec<RoomId> = rooms.iter().map(|view| view.id).collect();
        rooms.remove(ids[0]);
        let numbers = |rooms: &Rooms| -> Vec<(usize, String)> {
            rooms.iter().map(|view| (view.number, view.name.clone())).collect()
        };
        let of =
            |all: &[(usize, &str)]| all.iter().map(|&(n, name)| (n, name.to_owned())).collect::<Vec<_>>();
        assert_eq!(numbers(&rooms), of(&[(2, "#b"), (3, "#c")]));
        rooms.add("#d");
        rooms.add("#A");
        assert_eq!(numbers(&rooms), of(&[(1, "#A"), (2, "#b"), (3, "#c"), (4, "#d")]));
        (0..2 * MAX_ROOMS).for_each(|n| {
            let id = rooms.add(&n.to_string()).unwrap();
            assert!(rooms.get(id).unwrap().number <= MAX_ROOMS);
            rooms.remove(id);
        });
    }

    #[test]
    fn a_bounded_number_of_rooms_is_kept() {
        let mut rooms = Rooms::new(&[]);
        assert_eq!(rooms.current().name, "");
        (1..MAX_ROOMS).for_each(|n| assert!(rooms.add(&n.to_string()).is_some()));
        assert!(rooms.add("#more").is_none());
    }
}
