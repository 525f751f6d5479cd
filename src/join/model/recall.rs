//! What `/last` and `/grep` show: what the server's past has, or what was shown here.

use super::backlog::Remembered;
use super::fetch::{MAX_SHOWN, Purpose};
use super::ids::RoomId;
use super::item::Item;
use super::state::Model;
use crate::text::Phrase;

impl Model {
    /// `/last`, of what was shown here.
    pub(super) fn show_last_seen(&mut self, room: RoomId, wanted: usize) {
        let mut found: Vec<Remembered> = self.backlog.of(room).cloned().collect();
        found.drain(..found.len().saturating_sub(wanted));
        self.show_in(room, Item::Told(self.only_here()));
        self.show_found(room, found, None);
    }

    /// Why only what was shown here is looked at.
    fn only_here(&self) -> Phrase<'static> {
        match self.session.has("draft/chathistory") {
            true => Phrase::OnlySeenHere,
            false => Phrase::OnlyThisRun,
        }
    }

    /// What `/last` has found, or `/grep` for this word.
    pub(super) fn show_found(&mut self, room: RoomId, mut found: Vec<Remembered>, word: Option<&str>) {
        let (count, word) = (found.len(), word.map(str::to_owned));
        found.drain(..count.saturating_sub(MAX_SHOWN));
        self.show_in(
            room,
            match &word {
                Some(word) => {
                    let several = self.rooms.are_several();
                    let room = self.rooms.get(room).filter(|_| several).map(|view| view.name.clone());
                    Item::Found { word: word.clone(), count, room }
                }
                None => Item::Told(Phrase::LastOnes { count }),
            },
        );
        for Remembered { from, text, form, at, id, .. } in found {
            let form = self.form_shown(&from, form);
            self.show_in(room, Item::Said { from, text, form, mention: word.clone(), at, id });
        }
        if count > 0 {
            self.show_in(room, Item::Earlier);
        }
    }

    /// The person's question about the past, which the server does not answer any more.
    pub(super) fn answer_from_here(&mut self, room: RoomId, asked: Purpose) {
        match asked {
            Purpose::Last(wanted) => self.show_last_seen(room, wanted),
            Purpose::Grep(word) | Purpose::Search(word) => {
                let found = self.backlog.of(room).filter(|known| known.has(&word)).cloned().collect();
                self.show_in(room, Item::Told(self.only_here()));
                self.show_found(room, found, Some(&word));
            }
            Purpose::Entering(_) | Purpose::Returning => {}
        }
    }
}
