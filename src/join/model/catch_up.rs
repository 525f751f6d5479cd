//! Coming into a room: what was said before is shown first, and what is said
//! meanwhile waits for it, so that all stands in its order and nothing twice. `/last` and
//! `/grep` ask for the past in the same way.

use super::backlog::{Mark, Remembered};
use super::effect::Effect;
use super::fetch::{EARLIER, EARLIER_BESIDE, Fetch, MAX_SEARCHED, MAX_SHOWN, Purpose};
use super::ids::RoomId;
use super::item::{Item, Why};
use super::output::Held;
use super::room::{RoomView, Stage};
use super::state::Model;
use super::talk::When;
use crate::client::protocol::refusal::is_put_off;
use crate::client::protocol::said::{Said, time};
use crate::text::Phrase;
use crate::text::phrase::Kept;
use crate::wire::{Line, Message};
use std::collections::BTreeSet;

impl Model {
    /// Our own JOIN; false where we do not stay.
    pub(super) fn on_own_join(&mut self, name: &str, message: &Message) -> bool {
        let mapping = self.session.mapping();
        // The room was left before the server had let us in: that we are out of it comes next.
        if self.left.has_answered_join(name, mapping) {
            return false;
        }
        let Some(room) = self.find(name).or_else(|| self.led_to(name)) else {
            self.send(&Line::new("PART").param(name));
            return false;
        };
        let mark = Mark { id: message.tag("msgid").map(|id| id.into_owned()), at: time(message) };
        if let Some(view) = self.rooms.get_mut(room) {
            view.enter(name, mark, mapping);
        }
        true
    }

    /// A room that we did not ask for: the server puts us there instead of another, or beside all
    /// others. None where there are too many.
    fn led_to(&mut self, name: &str) -> Option<RoomId> {
        let forwarded = self.rooms.iter().find(|room| room.is_forwarded);
        if let Some((room, from)) = forwarded.map(|from| (from.id, from.name.clone())) {
            self.show(Item::Forwarded { from, to: name.to_owned() });
            // What was typed since the server said so was meant for the other room as well.
            self.outbox.leave(room, &mut self.output);
            return Some(room);
        }
        let room = self.rooms.add(name)?;
        if let Some(view) = self.rooms.get_mut(room) {
            view.is_unasked = true;
        }
        Some(room)
    }

    /// We are in the room and all names are known.
    pub(super) fn look_back(&mut self, room: RoomId) {
        self.output.begin_holding(room);
        let was_here = self.rooms.get(room).is_some_and(|view| view.was_here);
        match (self.keeps_past(room), was_here) {
            (true, true) => self.fetch(room, Purpose::Returning),
            (true, false) => {
                let most = if self.rooms.is_current(room) { EARLIER } else { EARLIER_BESIDE };
                self.fetch(room, Purpose::Entering(most));
            }
            (false, _) => self.have_returned(room, false),
        }
    }

    /// Ends the waiting for the past where too much was held back meanwhile.
    pub(super) fn bound_held(&mut self) {
        while let Some(room) = self.output.is_full() {
            self.give_up_fetches_of(room);
            self.have_returned(room, false);
        }
    }

    /// Shows before what is held back.
    fn ahead(&mut self, room: RoomId, show: impl FnOnce(&mut Model)) {
        let held = self.output.release(room);
        show(self);
        held.into_iter().for_each(|held| self.output.hold_again(room, held));
    }

    /// Shows what was said before we came.
    fn show_earlier(&mut self, room: RoomId, page: &[Said]) {
        let new = page.iter().filter(|said| !self.output.holds(room, said));
        let page: Vec<Remembered> = new.filter_map(|said| self.known(said)).collect();
        if page.is_empty() {
            return;
        }
        if let Some(view) = self.rooms.get_mut(room) {
            view.unread.looks_back();
        }
        self.ahead(room, |model| {
            page.into_iter().for_each(|known| model.show_said(known, When::Earlier));
            model.show_in(room, Item::Earlier);
        });
    }

    /// Shows what was said while we were away; false where there was nothing
    /// that was not known. `by_time`: its ids need not be those that we know.
    fn show_missed(&mut self, room: RoomId, page: &[Said], by_time: bool) -> bool {
        let mut any = false;
        for said in page {
            if self.output.holds(room, said)
                || self.backlog.find(said, Some(room)).is_some()
                || by_time && self.backlog.has_shown(said, room)
            {
                continue;
            }
            any = true;
            if let Some(pending) = self.outbox.unsure.recognise(said, room, self.session.mapping()) {
                self.ahead(room, |model| model.delivered(&pending, Some((said, When::Missed))));
            } else if let Some(known) = self.known(said) {
                self.ahead(room, |model| model.show_said(known, When::Missed));
            }
        }
        any
    }

    /// The past is shown as far as it could be had; `whole`: nothing of it is missing.
    pub(super) fn have_returned(&mut self, room: RoomId, whole: bool) {
        for pending in self.outbox.unsure.take(room).into_iter().rev() {
            // While another connection has our name it may still bring the line.
            if whole && self.session.is_me(&pending.name) {
                self.outbox.say_again(pending);
            } else if let Some(lost) = self.outbox.repeat(pending) {
                self.ahead(room, |model| model.outbox.fails(lost, Why::Unknown, &mut model.output));
            }
        }
        self.arrive(room);
    }

    /// Shows what was held back of a room.
    pub(super) fn let_go_of(&mut self, room: RoomId) {
        for held in self.output.release(room).into_iter().flatten() {
            match held {
                Held::Said(said) => self.on_said(said),
                Held::Item(item) => self.show_in(room, item),
            }
        }
    }

    /// From here on what is said there is shown as it comes.
    fn arrive(&mut self, room: RoomId) {
        let Some(view) = self.rooms.get_mut(room) else { return };
        if view.stage == Stage::Arriving {
            view.stage = Stage::Inside;
        }
        view.unread.is_up_to_date();
        self.outbox.told_waiting = false;
        if !std::mem::replace(&mut self.has_entered, true) {
            self.ahead(room, |model| model.show(Item::Told(Phrase::Hint)));
            self.output.push(Effect::Entered);
        }
        self.let_go_of(room);
    }

    /// The connection is gone. What was under way to a room may be in it;
    /// what was held back of a room is asked for again.
    pub(super) fn stop_arriving(&mut self) {
        let keeps_past = |room: RoomId| self.keeps_past(room);
        let may_be_there: Vec<RoomId> =
            self.rooms.iter().map(|room| room.id).filter(|room| keeps_past(*room)).collect();
        self.outbox.disconnect(|room| may_be_there.contains(&room), &mut self.output);
        let rooms: Vec<RoomId> = self.rooms.iter().map(|room| room.id).collect();
        for room in rooms {
            for held in self.output.release(room).into_iter().flatten() {
                match held {
                    Held::Said(said) if self.entered(&said.target).is_some() => {}
                    Held::Said(said) => self.on_said(said),
                    Held::Item(item) => self.show_in(room, item),
                }
            }
            self.give_up_fetches_of(room);
            if let Some(view) = self.rooms.get_mut(room) {
                view.unread.stopped = true;
            }
        }
    }

    /// No question about the past is answered any more.
    pub(super) fn give_up_fetches(&mut self) {
        let rooms: Vec<RoomId> = self.rooms.iter().map(|room| room.id).collect();
        rooms.into_iter().for_each(|room| self.give_up_fetches_of(room));
    }

    pub(super) fn give_up_fetches_of(&mut self, room: RoomId) {
        let asked = self.rooms.get_mut(room).map(|view| view.fetches.clear());
        asked.into_iter().flatten().for_each(|asked| self.answer_from_here(room, asked));
    }

    /// The person's question about the past, which the server does not answer any more.
    fn answer_from_here(&mut self, room: RoomId, asked: Purpose) {
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

    /// Whether the server can be asked about this room.
    fn keeps_past(&self, room: RoomId) -> bool {
        let is_in = self.session.is_connected() && self.rooms.get(room).is_some_and(RoomView::is_in);
        self.session.has("draft/chathistory") && self.session.has("batch") && is_in
    }

    /// Asks now, or once the open question is answered.
    fn fetch(&mut self, room: RoomId, purpose: Purpose) {
        let Some(view) = self.rooms.get_mut(room) else { return };
        if view.fetches.is_full() {
            let text = match purpose {
                Purpose::Last(wanted) => format!("/last {wanted}"),
                Purpose::Grep(word) | Purpose::Search(word) => format!("/grep {word}"),
                Purpose::Entering(_) | Purpose::Returning => return,
            };
            return self.show(Item::NotSent { text, why: Why::TooMuch });
        }
        let edge = view.last.clone().filter(|_| purpose == Purpose::Returning);
        if let Some(fetch) = view.fetches.begin(purpose, view.name.clone(), edge) {
            self.ask(room, fetch);
        }
    }

    /// Asks for the next page.
    fn ask(&mut self, room: RoomId, fetch: Fetch) {
        let limit = self.session.registration.features.history_limit();
        let (labels, number) = (self.session.has_labels(), self.rooms.next_question());
        if let Some(view) = self.rooms.get_mut(room) {
            let question = view.fetches.ask(fetch, number, limit, labels);
            self.output.send_bytes(question);
        }
    }

    /// A page, or what the server tells of the past unasked.
    pub(super) fn on_past(&mut self, room: &str, label: Option<&str>, page: Vec<Said>) {
        let room = match room {
            "" => self.rooms.iter().find(|room| room.fetches.is_found(label)).map(|room| room.id),
            room => self.entered(room),
        };
        let Some(view) = room.and_then(|room| self.rooms.get_mut(room)) else { return };
        if label.is_some() && !view.fetches.is_answer(label) {
            return;
        }
        let room = view.id;
        let Some(mut open) = view.fetches.open.take() else {
            // Unasked (InspIRCd): what stands on the screen is not shown again.
            let page: Vec<Said> =
                page.into_iter().filter(|said| self.backlog.find(said, Some(room)).is_none()).collect();
            return self.show_earlier(room, &page);
        };
        let is_return = open.purpose == Purpose::Returning;
        let any_of_ours = self.backlog.adopt(&page, room, is_return, self.session.mapping());
        let features = &self.session.registration.features;
        let refuses_ids = features.is_roomchat() && features.kept() != Some(Kept::NotAtAll);
        let goes_on = open.advance(&page, refuses_ids);
        if page.is_empty() && open.doubts_empty_page() {
            return self.ask(room, open);
        }
        let done = match &open.purpose {
            Purpose::Entering(_) => {
                self.show_earlier(room, &page);
                return self.arrive(room);
            }
            Purpose::Returning => !self.show_missed(room, &page, open.by_time) && !any_of_ours,
            Purpose::Last(_) | Purpose::Grep(_) | Purpose::Search(_) => open.collect(page),
        };
        if done || !goes_on { self.finish(room, open, true) } else { self.ask(room, open) }
    }

    /// The server answers a question without a page. True if it was ours.
    pub(super) fn on_no_past(&mut self, message: &Message, label: Option<&str>, refused: bool) -> bool {
        // Without a label it may name the room; else it is the first that is asked about.
        let is_named = |room: &RoomView| message.params().any(|param| self.session.same(param, &room.name));
        let asked = self.rooms.iter().filter(|room| room.fetches.is_answer(label));
        let room = asked.min_by_key(|room| !is_named(room)).map(|room| room.id);
        let Some(view) = room.and_then(|room| self.rooms.get_mut(room)) else {
            return false;
        };
        let room = view.id;
        let Some(mut open) = view.fetches.open.take() else {
            return false;
        };
        let is_asked_again = refused
            && match is_put_off(message) {
                true => open.is_asked_again(),
                false => open.falls_back_to_time() || open.falls_back_to_pages(),
            };
        if is_asked_again {
            self.ask(room, open)
        } else {
            self.finish(room, open, !refused)
        }
        true
    }

    /// The open question is over; `whole`: the server has answered all of it.
    pub(super) fn finish(&mut self, room: RoomId, open: Fetch, whole: bool) {
        let known = |model: &Model| open.found.iter().filter_map(|said| model.known(said)).collect();
        match &open.purpose {
            Purpose::Entering(_) => self.arrive(room),
            Purpose::Returning => self.have_returned(room, whole && open.is_whole()),
            Purpose::Last(wanted) if !whole => self.show_last_seen(room, *wanted),
            // It keeps nothing of this room (UnrealIRCd without +H).
            Purpose::Last(wanted) if open.found.is_empty() && self.backlog.of(room).next().is_some() => {
                self.show_last_seen(room, *wanted);
            }
            Purpose::Last(wanted) => {
                let mut found: Vec<Remembered> = known(self);
                found.drain(..found.len().saturating_sub(*wanted));
                self.show_found(room, found, None);
            }
            Purpose::Grep(word) | Purpose::Search(word) => {
                if !whole {
                    self.show_in(room, Item::Told(Phrase::OnlySeenHere));
                }
                let mut found: Vec<Remembered> = known(self);
                // What was said to one person is nowhere but here. A server that searches may know
                // whole words alone.
                let ids: BTreeSet<String> = found.iter().filter_map(|known| known.id.clone()).collect();
                let is_new = |known: &&Remembered| match &known.id {
                    Some(id) => !ids.contains(id),
                    None => known.room.is_none() || open.found.is_empty(),
                };
                let here = self.backlog.of(room).filter(|known| known.has(word)).filter(is_new);
                found.extend(here.cloned());
                found.sort_by_key(|known| known.at);
                self.show_found(room, found, Some(word));
            }
        }
        let next = self.rooms.get_mut(room).and_then(|view| view.fetches.next.pop_front());
        next.into_iter().for_each(|next| self.fetch(room, next));
    }

    /// `/last`.
    pub(super) fn show_last(&mut self, wanted: usize) {
        let (room, wanted) = (self.rooms.current().id, wanted.min(MAX_SHOWN));
        if self.session.is_connected() && self.keeps_past(room) {
            return self.fetch(room, Purpose::Last(wanted));
        }
        self.show_last_seen(room, wanted);
    }

    /// The same of what was shown here.
    fn show_last_seen(&mut self, room: RoomId, wanted: usize) {
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

    /// `/grep`.
    pub(super) fn show_matching(&mut self, word: String) {
        let room = self.rooms.current().id;
        if self.session.is_connected() && self.keeps_past(room) {
            let is_searched = self.session.has("soju.im/search") && word.len() <= MAX_SEARCHED;
            return self.fetch(room, if is_searched { Purpose::Search(word) } else { Purpose::Grep(word) });
        }
        self.answer_from_here(room, Purpose::Grep(word));
    }

    fn show_found(&mut self, room: RoomId, mut found: Vec<Remembered>, word: Option<&str>) {
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
}
