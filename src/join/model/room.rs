//! What is known of a room: its people, its topic, what of it was read, and what its past
//! is asked for.

use super::backlog::Mark;
use super::fetch::Fetches;
use super::people::People;
use super::unread::Unread;
use crate::client::protocol::CaseMapping;

#[derive(Debug, Default)]
pub(super) struct RoomView {
    /// As the server spells it; None where we are in no room.
    pub(super) name: Option<String>,
    pub(super) people: People,
    pub(super) topic: Option<String>,
    pub(super) unread: Unread,
    pub(super) fetches: Fetches,
    /// Not all of its people are known yet.
    pub(super) is_incomplete: bool,
    /// The last message that was shown, or our coming in: the past goes on after it.
    pub(super) last: Option<Mark>,
    /// The folded name of the room that `last` is of: it outlives a lost connection.
    last_of: String,
    /// We were in this room before, and know where we stopped.
    pub(super) was_here: bool,
}

impl RoomView {
    /// Whether it is this room that we are in.
    pub(super) fn is(&self, room: &str, mapping: CaseMapping) -> bool {
        self.name.as_ref().is_some_and(|here| mapping.same(here, room))
    }

    /// We came into this room: what is said after `mark` will be shown.
    pub(super) fn enter(&mut self, room: &str, mark: Mark, mapping: CaseMapping) {
        let folded = mapping.fold(room);
        self.was_here = folded == self.last_of && self.last.is_some();
        if !self.was_here {
            (self.last_of, self.last) = (folded, None);
            self.has_shown(mark);
        }
        self.name = Some(room.to_owned());
        self.topic = None;
        self.people.clear(mapping);
        self.is_incomplete = true;
        self.fetches.clear();
        self.unread.told = None;
    }

    /// The connection is gone; the name of the room, where we were in one.
    pub(super) fn leave(&mut self) -> Option<String> {
        self.is_incomplete = false;
        self.unread.told = None;
        self.name.take()
    }

    /// We were put out of the room, and are told nothing more of it; its name.
    pub(super) fn put_out(&mut self, mapping: CaseMapping) -> Option<String> {
        self.people.clear(mapping);
        self.topic = None;
        self.fetches.clear();
        self.leave()
    }

    /// All that was said up to this is known.
    pub(super) fn has_shown(&mut self, mark: Mark) {
        if mark != Mark::default() {
            self.last = Some(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(id: &str) -> Mark {
        Mark { id: Some(id.to_owned()), at: None }
    }

    #[test]
    fn the_last_of_the_room_is_where_to_go_on() {
        let mapping = CaseMapping::Ascii;
        let mut room = RoomView::default();
        room.enter("#lobby", mark("join"), mapping);
        assert!(room.is("#LOBBY", mapping) && !room.was_here);
        assert_eq!(room.last.as_ref(), Some(&mark("join")));
        room.has_shown(mark("1"));
        room.has_shown(Mark::default());
        assert_eq!(room.leave().as_deref(), Some("#lobby"));
        room.enter("#LOBBY", mark("again"), mapping);
        assert!(room.was_here);
        assert_eq!(room.last.as_ref(), Some(&mark("1")));
        room.enter("#lab", Mark::default(), mapping);
        assert!(!room.was_here && room.last.as_ref().is_none());
    }

    #[test]
    fn another_room_has_other_people_and_another_topic() {
        let mut room = RoomView::default();
        room.enter("#a", Mark::default(), CaseMapping::Ascii);
        room.people.enter("bob");
        (room.topic, room.is_incomplete) = (Some("tea".to_owned()), false);
        room.enter("#b", Mark::default(), CaseMapping::Ascii);
        assert!(room.people.names().is_empty() && room.topic.is_none() && room.is_incomplete);
    }
}
