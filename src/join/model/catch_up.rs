//! Coming into a room: what was said before is shown first, and what is said
//! meanwhile waits for it, so that all stands in its order and nothing twice. `/last` and
//! `/grep` ask for the past in the same way, and what is answered too late is shown below.

use super::backlog::{Mark, Remembered};
use super::effect::Effect;
use super::fetch::{EARLIER, EARLIER_BESIDE, Fetch, MAX_SEARCHED, MAX_SHOWN, Purpose};
use super::ids::RoomId;
use super::item::{Item, Why};
use super::output::Held;
use super::room::{RoomView, Stage};
use super::state::Model;
use super::talk::When;
use crate::client::protocol::refusal::{is_fault, is_put_off};
use crate::client::protocol::said::{Said, time};
use crate::text::Phrase;
use crate::text::phrase::Kept;
use crate::wire::{Line, Message};
use std::collections::BTreeSet;
use std::time::Duration;

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
            let open = self.rooms.get_mut(room).and_then(|view| view.fetches.open.take());
            match open {
                Some(open) => self.ask_later(room, open),
                None => self.have_returned(room, false),
            }
        }
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

    /// The same, which may be late.
    fn show_before(&mut self, room: RoomId, page: Vec<Said>, open: &mut Fetch) {
        let Some(view) = self.rooms.get(room) else { return };
        if view.stage == Stage::Arriving {
            return self.show_earlier(room, &page);
        }
        let (last, page) = (view.last.clone(), self.unknown(page, room));
        if !page.is_empty() {
            self.begin_below(room, open);
            self.show_earlier(room, &page);
            self.still_ends_with(room, last);
        }
    }

    /// Shows what was said while we were away; false where there was nothing
    /// that was not known.
    fn show_missed(&mut self, room: RoomId, page: &[Said], open: &mut Fetch) -> bool {
        let last = self.rooms.get(room).and_then(|view| view.last.clone());
        let mut any = false;
        for said in page {
            open.is_in_gap &= !last.as_ref().is_some_and(|last| last.is_of(said));
            // Another run of the server need not have the ids that we know.
            if self.output.holds(room, said)
                || self.backlog.find(said, Some(room)).is_some()
                || open.by_time && self.backlog.has_shown(said, room)
            {
                continue;
            }
            let pending = self.outbox.unsure.recognise(said, room, self.session.mapping());
            let known = if pending.is_none() { self.known(said) } else { None };
            any = true;
            if pending.is_some() || known.is_some() {
                self.begin_below(room, open);
            }
            if let Some(pending) = pending {
                self.ahead(room, |model| model.delivered(&pending, Some((said, When::Missed))));
            } else if let Some(known) = known {
                self.ahead(room, |model| model.show_said(known, When::Missed));
            }
            if open.is_in_gap {
                self.still_ends_with(room, last.clone());
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
        let Some(view) = self.rooms.get_mut(room).filter(|view| view.stage != Stage::Inside) else { return };
        // We may have been put out meanwhile.
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
        let is_return = purpose == Purpose::Returning;
        let edge = view.gap.clone().or(view.last.clone()).filter(|_| is_return);
        if let Some(mut fetch) = view.fetches.begin(purpose, view.name.clone(), edge) {
            fetch.is_in_gap = is_return && view.gap.is_some();
            self.ask(room, fetch);
        }
    }

    /// Asks for the next page.
    fn ask(&mut self, room: RoomId, fetch: Fetch) {
        let limit = self.session.registration.features.history_limit();
        let (labels, Some(view)) = (self.session.has_labels(), self.rooms.get_mut(room)) else { return };
        // Its answer was late, and another question is open by now.
        if view.fetches.open.is_some() {
            return view.fetches.ask_later(fetch, Duration::ZERO);
        }
        let number = self.rooms.next_question();
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
        let room = view.id;
        let Some(mut open) = view.fetches.answered(label) else {
            if label.is_some() {
                return;
            }
            // Unasked (InspIRCd).
            return self.show_earlier(room, &self.unknown(page, room));
        };
        let is_return = open.purpose == Purpose::Returning;
        let any_of_ours = self.backlog.adopt(&page, room, is_return, self.session.mapping());
        let features = &self.session.registration.features;
        let (hits, limit) = (page.len(), features.history_limit());
        let refuses_ids = features.is_roomchat() && features.kept() != Some(Kept::NotAtAll);
        let goes_on = open.advance(&page, refuses_ids);
        if page.is_empty() && open.doubts_empty_page() {
            return self.ask(room, open);
        }
        let done = match &open.purpose {
            Purpose::Entering(_) => {
                self.show_before(room, page, &mut open);
                true
            }
            Purpose::Returning => {
                let was_in_gap = open.is_in_gap;
                let any = self.show_missed(room, &page, &mut open);
                self.gap_goes_on(room, &open);
                !any && !any_of_ours && !was_in_gap
            }
            Purpose::Last(_) | Purpose::Grep(_) | Purpose::Search(_) => open.collect(page),
        };
        let asks_more = !done && (goes_on || open.looks_through(hits, limit));
        if asks_more { self.ask(room, open) } else { self.finish(room, open, true) }
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
        let is_put_off = is_put_off(message);
        let is_asked_again = refused
            && match is_put_off {
                true => open.is_asked_again(),
                false => open.falls_back_to_time() || open.falls_back_to_pages(),
            };
        let is_return = open.purpose == Purpose::Returning;
        if is_asked_again {
            self.ask(room, open)
        } else if refused && open.is_of_coming() && (is_put_off || is_return && is_fault(message)) {
            self.ask_later(room, open)
        } else {
            if refused && is_return {
                self.misses(room, &open);
            }
            self.finish(room, open, !refused)
        }
        true
    }

    /// Asks for what is missing after a pause; where that was in vain too often, the person is told.
    fn ask_later(&mut self, room: RoomId, mut open: Fetch) {
        self.gap_begins(room, &open);
        open.is_in_gap = open.purpose == Purpose::Returning;
        match (open.is_in_vain(), self.rooms.get_mut(room)) {
            (Some(pause), Some(view)) => {
                let is_told = std::mem::replace(&mut open.is_told, true);
                view.fetches.ask_later(open, pause);
                if !is_told {
                    self.ahead(room, |model| model.show_in(room, Item::Told(Phrase::PastLater)));
                }
            }
            _ => self.misses(room, &open),
        }
        self.have_returned(room, false);
        self.ask_next(room);
    }

    /// The open question is over; `whole`: the server has answered all of it.
    pub(super) fn finish(&mut self, room: RoomId, open: Fetch, whole: bool) {
        let known = |model: &Model| open.found.iter().filter_map(|said| model.known(said)).collect();
        match &open.purpose {
            Purpose::Entering(_) => self.arrive(room),
            Purpose::Returning => {
                if whole {
                    self.closes_gap(room, &open);
                }
                self.have_returned(room, whole && open.is_whole());
            }
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
        self.ask_next(room);
    }

    /// Asks what waited for the open question.
    fn ask_next(&mut self, room: RoomId) {
        let view = self.rooms.get_mut(room).filter(|view| view.fetches.open.is_none());
        let next = view.and_then(|view| view.fetches.next.pop_front());
        next.into_iter().for_each(|next| self.fetch(room, next));
    }

    /// Gives up what the server has not answered in time, or asks for it later; and asks for what is to be asked
    /// again.
    pub(super) fn check_fetches(&mut self, now: Duration) {
        let late = self.rooms.iter_mut().filter_map(|room| Some((room.id, room.fetches.late(now)?)));
        for (room, open) in late.collect::<Vec<_>>() {
            match open.is_of_coming() {
                true => self.ask_later(room, open),
                false => self.finish(room, open, false),
            }
        }
        let due = self.rooms.iter_mut().filter_map(|room| Some((room.id, room.fetches.due(now)?)));
        for (room, fetch) in due.collect::<Vec<_>>() {
            self.ask(room, fetch);
        }
    }

    /// `/last`.
    pub(super) fn show_last(&mut self, wanted: usize) {
        let (room, wanted) = (self.rooms.current().id, wanted.min(MAX_SHOWN));
        if self.session.is_connected() && self.keeps_past(room) {
            return self.fetch(room, Purpose::Last(wanted));
        }
        self.show_last_seen(room, wanted);
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
}
