//! What of a room's past the server has not told in time: what happens is shown without it, it is asked for again, and
//! what comes of it stands below, between two lines.

use super::backlog::Mark;
use super::fetch::{Fetch, Purpose};
use super::ids::RoomId;
use super::item::Item;
use super::room::Stage;
use super::state::Model;
use crate::client::protocol::said::Said;
use crate::text::Phrase;

impl Model {
    /// What is missing is not asked for any more on this connection.
    pub(super) fn misses(&mut self, room: RoomId, open: &Fetch) {
        self.gap_begins(room, open);
        self.ahead(room, |model| model.show_in(room, Item::Told(Phrase::PastMissing)));
    }

    /// The next connection asks from there on, too.
    pub(super) fn gap_begins(&mut self, room: RoomId, open: &Fetch) {
        if let Some(view) = self.rooms.get_mut(room).filter(|_| open.purpose == Purpose::Returning) {
            view.gap = open.edge.clone();
        }
    }

    /// Some of it was shown.
    pub(super) fn gap_goes_on(&mut self, room: RoomId, open: &Fetch) {
        if let Some(view) = self.rooms.get_mut(room).filter(|view| view.gap.is_some()) {
            view.gap = open.edge.clone();
        }
    }

    /// The server has told all of it.
    pub(super) fn closes_gap(&mut self, room: RoomId, open: &Fetch) {
        if open.is_below {
            self.show_in(room, Item::Earlier);
        }
        if let Some(view) = self.rooms.get_mut(room) {
            view.gap = None;
            // The last message was taken back, perhaps.
            if open.is_in_gap && view.stage == Stage::Arriving {
                view.last = open.edge.clone();
            }
        }
    }

    /// Tells, above the first of what comes late, that it was said before what stands above it.
    pub(super) fn begin_below(&mut self, room: RoomId, open: &mut Fetch) {
        let is_late = self.rooms.get(room).is_some_and(|view| view.stage != Stage::Arriving);
        if is_late && !std::mem::replace(&mut open.is_below, true) {
            self.show_in(room, Item::Told(Phrase::PastFollows));
        }
    }

    /// What was shown just now was said before this.
    pub(super) fn still_ends_with(&mut self, room: RoomId, last: Option<Mark>) {
        if let Some(view) = self.rooms.get_mut(room) {
            view.last = last;
        }
    }

    /// Those that do not stand on the screen.
    pub(super) fn unknown(&self, mut page: Vec<Said>, room: RoomId) -> Vec<Said> {
        page.retain(|said| self.backlog.find(said, Some(room)).is_none());
        page
    }
}
