//! What is known of a room: how far we have come in it, its people, its topic, what of it was
//! read, and what its past is asked for.

use super::backlog::Mark;
use super::entry::{self, Retry};
use super::fetches::Fetches;
use super::ids::RoomId;
use super::people::People;
use super::unread::Unread;
use crate::client::protocol::CaseMapping;
use crate::wire::Line;
use std::time::Duration;

/// How long a server may say nothing of a room that is asked for.
const PATIENCE: Duration = Duration::from_secs(30);

/// How far we have come in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is to be entered, and the server has not answered yet.
    Asked,
    /// It could not be entered again, and is tried from time to time.
    Outside,
    /// We are out of it, and only the person goes back. Only the current room is kept then.
    Closed,
    /// In it; not all of its people are known yet.
    Listing,
    /// In it; what was said before is not shown yet.
    Arriving,
    /// What is said is sent, and shown as it comes.
    Inside,
}

#[derive(Debug)]
pub(super) struct RoomView {
    pub(super) id: RoomId,
    /// As the server spells it once we are in; empty where the server is to name it.
    pub(super) name: String,
    /// What Alt goes to it by, from 1.
    pub(super) number: usize,
    /// The room's password, as the person has typed it.
    pub(super) key: Option<String>,
    pub(super) stage: Stage,
    pub(super) people: People,
    pub(super) topic: Option<String>,
    pub(super) unread: Unread,
    pub(super) fetches: Fetches,
    /// The last message that was shown, or our coming in: the past goes on after it.
    pub(super) last: Option<Mark>,
    /// Not all that was said since this message was shown, although later ones were.
    pub(super) gap: Option<Mark>,
    /// We were in this room before, and know where we stopped.
    pub(super) was_here: bool,
    /// We were in it on an earlier connection, and not yet on this one.
    pub(super) comes_back: bool,
    pub(super) retry: Retry,
    /// When the server must have told what becomes of it, while it is asked for.
    pub(super) answer_by: Option<Duration>,
    /// When it was chosen last, counted in choices.
    pub(super) chosen: u64,
    /// The server has put us into it unasked.
    pub(super) is_unasked: bool,
    /// The server will lead us to a room of another name, which it has not said.
    pub(super) is_forwarded: bool,
    /// We were told, while in it, that we are not to come in again.
    pub(super) is_banned: bool,
    /// The person knows, since we were in the room, that we are kept out, and whether
    /// it is tried again.
    kept_out: Option<bool>,
}

impl RoomView {
    pub(super) fn new(id: RoomId, name: &str) -> RoomView {
        RoomView {
            id,
            name: name.to_owned(),
            number: 1,
            key: None,
            stage: Stage::Asked,
            people: People::default(),
            topic: None,
            unread: Unread::default(),
            fetches: Fetches::default(),
            last: None,
            gap: None,
            was_here: false,
            comes_back: false,
            retry: Retry::default(),
            answer_by: None,
            chosen: 0,
            is_unasked: false,
            is_forwarded: false,
            is_banned: false,
            kept_out: None,
        }
    }

    /// The line that enters it.
    pub(super) fn join(&self) -> Line {
        let line = entry::join(&self.name);
        self.key.iter().fold(line, |line, key| line.param(key))
    }

    pub(super) fn is_in(&self) -> bool {
        matches!(self.stage, Stage::Listing | Stage::Arriving | Stage::Inside)
    }

    /// Whether what is said there has to wait. What can't be said is refused at once.
    pub(super) fn makes_wait(&self) -> bool {
        !matches!(self.stage, Stage::Inside | Stage::Closed)
    }

    pub(super) fn pump(&mut self, is_connected: bool, now: Duration) {
        if is_connected && self.stage == Stage::Asked {
            self.answer_by.get_or_insert(now + PATIENCE);
        } else {
            self.answer_by = None;
        }
    }

    /// We have entered the room: what is said after `mark` will be shown.
    pub(super) fn enter(&mut self, name: &str, mark: Mark, mapping: CaseMapping) {
        self.was_here = self.last.is_some();
        if !self.was_here {
            self.has_shown(mark);
        }
        name.clone_into(&mut self.name);
        self.stage = Stage::Listing;
        (self.is_forwarded, self.is_banned) = (false, false);
        self.forget_now(mapping);
    }

    /// All its people are known.
    pub(super) fn is_let_in(&mut self) {
        (self.stage, self.kept_out, self.retry) = (Stage::Arriving, None, Retry::default());
        self.is_unasked = false;
    }

    /// We are not let in. True where the person does not know that yet.
    pub(super) fn is_kept_out(&mut self, tries_again: bool) -> bool {
        self.stage = if tries_again { Stage::Outside } else { Stage::Closed };
        self.kept_out.replace(tries_again) != Some(tries_again)
    }

    /// The person wants to be in it, wherever we stand: whatever comes of it is told.
    pub(super) fn is_asked_for(&mut self) {
        (self.stage, self.comes_back, self.kept_out) = (Stage::Asked, false, None);
    }

    /// Another connection: the room is to be entered again, unless only the person goes back.
    pub(super) fn come_back(&mut self) {
        self.unread.told = None;
        self.retry = Retry::default();
        if self.stage != Stage::Closed {
            self.comes_back |= self.is_in() || self.stage == Stage::Outside;
            self.stage = Stage::Asked;
        }
    }

    /// We were put out of the room, and are told nothing more of it.
    pub(super) fn put_out(&mut self, mapping: CaseMapping) {
        self.forget_now(mapping);
        self.stage = Stage::Closed;
    }

    /// Forgets the people of the room and the open questions about its past.
    fn forget_now(&mut self, mapping: CaseMapping) {
        self.people.clear(mapping);
        self.topic = None;
        drop(self.fetches.clear());
        self.unread.told = None;
    }

    /// The time of the last message that was shown.
    pub(super) fn read_up_to(&self) -> (RoomId, Option<jiff::Timestamp>) {
        (self.id, self.last.as_ref().and_then(|last| last.at))
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
    use super::super::rooms::Rooms;
    use super::*;

    fn mark(id: &str) -> Mark {
        Mark { id: Some(id.to_owned()), at: None }
    }

    fn room() -> RoomView {
        let rooms = Rooms::new(&["#lobby".to_owned()]);
        RoomView::new(rooms.current().id, "#lobby")
    }

    /// The past is asked for from the last message on.
    #[test]
    fn past_goes_on_after_the_last() {
        let mapping = CaseMapping::Ascii;
        let mut room = room();
        room.enter("#lobby", mark("join"), mapping);
        assert!(room.is_in() && room.makes_wait() && !room.was_here);
        assert_eq!(room.last.as_ref(), Some(&mark("join")));
        room.has_shown(mark("1"));
        room.has_shown(Mark::default());
        room.is_let_in();
        room.come_back();
        assert!(room.comes_back && room.stage == Stage::Asked);
        room.enter("#LOBBY", mark("again"), mapping);
        assert!(room.was_here && room.name == "#LOBBY");
        assert_eq!(room.last.as_ref(), Some(&mark("1")));
    }

    /// After being put out nobody is known of the room, and it is entered again only when asked for.
    #[test]
    fn put_out_forgets_people() {
        let mut room = room();
        room.enter("#a", Mark::default(), CaseMapping::Ascii);
        room.people.enter("bob");
        room.topic = Some("tea".to_owned());
        room.put_out(CaseMapping::Ascii);
        assert!(room.people.names().is_empty() && room.topic.is_none() && !room.makes_wait());
        room.come_back();
        assert!(room.stage == Stage::Closed && !room.comes_back);
    }

    #[test]
    fn being_kept_out_is_told_once() {
        let mut room = room();
        assert!(room.is_kept_out(true) && room.stage == Stage::Outside);
        assert!(!room.is_kept_out(true));
        room.come_back();
        assert!(room.is_kept_out(false) && room.stage == Stage::Closed);
        room.is_let_in();
        assert!(room.is_kept_out(false), "it was entered since");
    }
}
