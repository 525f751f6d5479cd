//! The rooms that the person is in or wants to be in, and the current one.

use super::ids::RoomId;
use super::room::RoomView;
use crate::client::protocol::CaseMapping;

/// Rooms at once; a server that puts us into more gets a PART.
pub const MAX_ROOMS: usize = 100;

#[derive(Debug)]
pub(super) struct Rooms {
    /// In the order in which they were asked for, which numbers them. From 1 to [`MAX_ROOMS`].
    views: Vec<RoomView>,
    /// Only the person changes it, so that nothing is said in another room than where it was typed.
    /// Always one of `views`.
    current: RoomId,
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
        let mut rooms = Rooms { views: Vec::new(), current: RoomId(0), made: 0, switches: 0, questions: 0 };
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
        self.views.push(RoomView::new(id, name));
        Some(id)
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
        let (comes_back, chosen) = (self.views[at].comes_back, self.views[at].chosen);
        if let Some(view) = self.get_mut(to) {
            (view.id, view.comes_back, view.chosen, view.is_unasked) = (from, comes_back, chosen, false);
            self.views.remove(at);
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

    #[test]
    fn a_bounded_number_of_rooms_is_kept() {
        let mut rooms = Rooms::new(&[]);
        assert_eq!(rooms.current().name, "");
        (1..MAX_ROOMS).for_each(|n| assert!(rooms.add(&n.to_string()).is_some()));
        assert!(rooms.add("#more").is_none());
    }
}
