//! Coming into a room: what was said before is shown first, and what is said
//! meanwhile waits for it, so that all stands in its order and nothing twice. `/last` and
//! `/grep` ask for the past in the same way.

use super::backlog::{Mark, Remembered};
use super::effect::Effect;
use super::entry::Phase;
use super::fetch::{Fetch, MAX_SHOWN, Purpose};
use super::item::{Item, Why};
use super::outbox::Unsure;
use super::output::Held;
use super::state::Model;
use super::talk::When;
use crate::client::protocol::said::{Said, time};
use crate::text::Phrase;
use crate::wire::Message;

impl Model {
    /// Our own JOIN.
    pub(super) fn on_own_join(&mut self, room: &str, message: &Message) {
        let mark = Mark { id: message.tag("msgid").map(|id| id.into_owned()), at: time(message) };
        self.session.source = message.source().map(str::to_owned);
        self.session.is_put_out = false;
        self.room.enter(room, mark, self.session.mapping());
    }

    /// We are in the room and all names are known.
    pub(super) fn look_back(&mut self) {
        self.session.phase = Phase::Arriving;
        self.output.held = Some(Vec::new());
        match (self.keeps_past(), self.room.was_here) {
            (true, true) => self.fetch(Purpose::Returning),
            (true, false) => self.fetch(Purpose::Entering),
            (false, _) => self.have_returned(false),
        }
    }

    /// Ends the waiting for the past where too much was held back meanwhile.
    pub(super) fn bound_held(&mut self) {
        if self.output.is_full() {
            self.room.fetches.clear();
            self.have_returned(false);
        }
    }

    /// Shows before what is held back.
    fn ahead(&mut self, show: impl FnOnce(&mut Model)) {
        let held = self.output.held.take();
        show(self);
        self.output.held = held;
    }

    /// Shows what was said before we came.
    fn show_earlier(&mut self, page: &[Said]) {
        let new = page.iter().filter(|said| !self.output.holds(said));
        let page: Vec<Remembered> = new.filter_map(|said| self.known(said)).collect();
        if page.is_empty() {
            return;
        }
        self.room.unread.looks_back();
        self.ahead(|model| {
            page.into_iter().for_each(|known| model.show_said(known, When::Earlier));
            model.show(Item::Earlier);
        });
    }

    /// Shows what was said while we were away; false where there was nothing
    /// that was not known.
    fn show_missed(&mut self, page: &[Said]) -> bool {
        let mut any = false;
        for said in page {
            if self.output.holds(said) || self.backlog.find(said).is_some() {
                continue;
            }
            any = true;
            if let Some(pending) = self.outbox.recognise(said, self.session.mapping()) {
                self.ahead(|model| model.delivered(&pending, Some((said, When::Missed))));
            } else if let Some(known) = self.known(said) {
                self.ahead(|model| model.show_said(known, When::Missed));
            }
        }
        any
    }

    /// The past is shown as far as it could be had; `whole`: nothing of it is missing.
    pub(super) fn have_returned(&mut self, whole: bool) {
        for Unsure { pending, name } in std::mem::take(&mut self.outbox.unsure).into_iter().rev() {
            // While another connection has our name it may still bring the line.
            match whole && self.session.is_me(&name) {
                true => self.outbox.say_again(pending),
                false => self.ahead(|model| {
                    model.outbox.fails(pending, Why::Disconnected, &mut model.output);
                }),
            }
        }
        self.arrive();
    }

    /// From here on what is said is shown as it comes.
    fn arrive(&mut self) {
        self.session.phase = Phase::Inside;
        self.outbox.told_waiting = false;
        self.room.unread.is_up_to_date();
        let held = self.output.held.take();
        if !std::mem::replace(&mut self.has_entered, true) {
            self.show(Item::Told(Phrase::Hint));
            let name = self.session.name().to_owned();
            self.output.effects.push(Effect::Entered { name });
        }
        for held in held.into_iter().flatten() {
            match held {
                Held::Said(said) => self.on_said(said),
                Held::Item(item) => self.show(item),
            }
        }
    }

    /// The connection is gone. What was under way to the room may be in it;
    /// what was held back of the room is asked for again.
    pub(super) fn stop_arriving(&mut self) {
        let keeps_past = self.keeps_past();
        let (room, mapping) = (&self.room, self.session.mapping());
        let may_be_there = |target: &str| keeps_past && room.is(target, mapping);
        self.outbox.disconnect(may_be_there, self.session.name(), &mut self.output);
        self.room.fetches.clear();
        for held in self.output.held.take().into_iter().flatten() {
            match held {
                Held::Said(said) if self.is_here(&said.target) => {}
                Held::Said(said) => self.on_said(said),
                Held::Item(item) => self.show(item),
            }
        }
        self.room.unread.stopped = true;
    }

    /// Whether the server can be asked about this room.
    fn keeps_past(&self) -> bool {
        self.session.has("draft/chathistory") && self.session.has("batch") && self.room.name.is_some()
    }

    /// Asks now, or once the open question is answered.
    fn fetch(&mut self, purpose: Purpose) {
        let Some(room) = self.room.name.clone() else {
            return self.show(Item::NoRoom);
        };
        let edge = self.room.last.clone().filter(|_| purpose == Purpose::Returning);
        if let Some(fetch) = self.room.fetches.begin(purpose, room, edge) {
            self.ask(fetch);
        }
    }

    /// Asks for the next page.
    fn ask(&mut self, fetch: Fetch) {
        let limit = self.session.registration.features.history_limit();
        let question = self.room.fetches.ask(fetch, limit, self.session.has_labels());
        self.output.send_bytes(question);
    }

    /// A page, or what the server tells of the past unasked.
    pub(super) fn on_past(&mut self, room: &str, label: Option<&str>, page: Vec<Said>) {
        if !self.is_here(room) || label.is_some() && !self.room.fetches.is_answer(label) {
            return;
        }
        let Some(mut open) = self.room.fetches.open.take() else {
            return self.show_earlier(&page);
        };
        let is_return = open.purpose == Purpose::Returning;
        let any_of_ours = self.backlog.adopt(&page, is_return, self.session.mapping());
        let goes_on = open.advance(&page);
        let done = match &open.purpose {
            Purpose::Entering => {
                self.show_earlier(&page);
                return self.arrive();
            }
            Purpose::Returning => !self.show_missed(&page) && !any_of_ours,
            Purpose::Last(_) | Purpose::Grep(_) => open.collect(page),
        };
        match done || !goes_on {
            true => self.finish(open, true),
            false => self.ask(open),
        }
    }

    /// The server answers a question without a page. True if it was ours.
    pub(super) fn on_no_past(&mut self, label: Option<&str>, refused: bool) -> bool {
        if !self.room.fetches.is_answer(label) {
            return false;
        }
        let Some(mut open) = self.room.fetches.open.take() else {
            return false;
        };
        match refused && open.falls_back_to_time() {
            true => self.ask(open),
            false => self.finish(open, !refused),
        }
        true
    }

    /// The open question is over; `whole`: the server has answered all of it.
    pub(super) fn finish(&mut self, open: Fetch, whole: bool) {
        let known = |model: &Model| open.found.iter().filter_map(|said| model.known(said)).collect();
        match &open.purpose {
            Purpose::Entering => self.arrive(),
            Purpose::Returning => self.have_returned(whole && !open.by_time),
            Purpose::Last(wanted) => {
                let mut found: Vec<Remembered> = known(self);
                found.drain(..found.len().saturating_sub(*wanted));
                self.show_found(found, None);
            }
            Purpose::Grep(word) => {
                let mut found: Vec<Remembered> = known(self);
                // What was said to one person is nowhere but here.
                found.extend(self.backlog.having(word).filter(|known| !known.is_of_room()).cloned());
                found.sort_by_key(|known| known.at);
                self.show_found(found, Some(word));
            }
        }
        if let Some(next) = self.room.fetches.next.take() {
            self.fetch(next);
        }
    }

    /// `/last`.
    pub(super) fn show_last(&mut self, wanted: usize) {
        let wanted = wanted.min(MAX_SHOWN);
        if self.keeps_past() {
            return self.fetch(Purpose::Last(wanted));
        }
        let passed_over = self.backlog.known.len().saturating_sub(wanted);
        let found = self.backlog.known.iter().skip(passed_over).cloned().collect();
        self.show(Item::Told(Phrase::OnlyThisRun));
        self.show_found(found, None);
    }

    /// `/grep`.
    pub(super) fn show_matching(&mut self, word: String) {
        if self.keeps_past() {
            return self.fetch(Purpose::Grep(word));
        }
        let found = self.backlog.having(&word).cloned().collect();
        self.show(Item::Told(Phrase::OnlyThisRun));
        self.show_found(found, Some(&word));
    }

    fn show_found(&mut self, mut found: Vec<Remembered>, word: Option<&str>) {
        let (count, word) = (found.len(), word.map(str::to_owned));
        found.drain(..count.saturating_sub(MAX_SHOWN));
        self.show(match &word {
            Some(word) => Item::Found { word: word.clone(), count },
            None => Item::Told(Phrase::LastOnes { count }),
        });
        for Remembered { from, text, form, at, id, .. } in found {
            self.show(Item::Said { from, text, form, mention: word.clone(), at, id });
        }
        if count > 0 {
            self.show(Item::Earlier);
        }
    }
}
