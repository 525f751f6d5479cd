//! Coming into a room: what was said before is shown first, and what is said
//! meanwhile waits for it, so that all stands in its order and nothing twice.

use super::delivery::Pending;
use super::fetch::Purpose;
use super::record::{Known, Mark};
use super::said::When;
use super::{Effect, Item, Model, Phase, Why};
use crate::client::protocol::said::{Said, time, words};
use crate::wire::Message;

/// What waits at most; past it nothing more is waited for.
const MOST_HELD: usize = 2000;

/// What came while the past was asked for.
#[derive(Debug)]
pub(super) enum Held {
    Said(Said),
    Item(Item),
}

/// A line of ours that was under way when the connection was lost: the room
/// has it or not, and its past tells.
#[derive(Debug)]
pub(super) struct Unsure {
    pending: Pending,
    /// Our name then.
    name: String,
}

impl Model {
    /// We are in the room and all names are known.
    pub(super) fn look_back(&mut self) {
        self.phase = Phase::Arriving;
        self.held = Some(Vec::new());
        match (self.keeps_past(), self.was_here) {
            (true, true) => self.fetch(Purpose::Returning),
            (true, false) => self.fetch(Purpose::Entering),
            (false, _) => self.have_returned(false),
        }
    }

    /// Our own JOIN.
    pub(super) fn comes_in(&mut self, room: &str, message: &Message) {
        let mark = Mark { id: message.tag("msgid").map(|id| id.into_owned()), at: time(message) };
        self.was_here = self.record.enter(room, mark, self.mapping());
        self.fetches.clear();
        self.unread.enter();
    }

    /// Keeps what is said now for later.
    pub(super) fn hold(&mut self, said: Said) {
        self.held.get_or_insert_default().push(Held::Said(said));
        self.bound_held();
    }

    pub(super) fn show(&mut self, item: Item) {
        match &mut self.held {
            Some(held) => {
                held.push(Held::Item(item));
                self.bound_held();
            }
            None => self.effects.push(Effect::Show(item)),
        }
    }

    fn bound_held(&mut self) {
        if self.held.as_ref().is_some_and(|held| held.len() >= MOST_HELD) {
            self.fetches.clear();
            self.have_returned(false);
        }
    }

    fn is_held(&self, said: &Said) -> bool {
        let same = |held: &Held| matches!(held, Held::Said(held) if held.id.is_some() && held.id == said.id);
        self.held.iter().flatten().any(same)
    }

    /// Shows before what is held.
    fn ahead(&mut self, show: impl FnOnce(&mut Model)) {
        let held = self.held.take();
        show(self);
        self.held = held;
    }

    /// Shows what was said before we came.
    pub(super) fn show_earlier(&mut self, page: &[Said]) {
        let new = page.iter().filter(|said| !self.is_held(said));
        let page: Vec<Known> = new.filter_map(|said| self.known(said)).collect();
        if page.is_empty() {
            return;
        }
        self.unread.looks_back();
        self.ahead(|model| {
            page.into_iter().for_each(|known| model.show_said(known, When::Earlier));
            model.show(Item::Earlier);
        });
    }

    /// Shows what was said while we were away; false where there was nothing
    /// that was not known.
    pub(super) fn show_missed(&mut self, page: &[Said]) -> bool {
        let mut any = false;
        for said in page {
            if self.is_held(said) || self.record.find(said).is_some() {
                continue;
            }
            any = true;
            if let Some(pending) = self.recognise(said) {
                self.ahead(|model| model.delivered(&pending, Some((said, When::Missed))));
            } else if let Some(known) = self.known(said) {
                self.ahead(|model| model.show_said(known, When::Missed));
            }
        }
        any
    }

    /// The line of ours that this is, of those whose echo was lost.
    fn recognise(&mut self, said: &Said) -> Option<Pending> {
        let (text, action) = words(&said.text)?;
        let (name, mapping) = (said.name()?, self.mapping());
        let is_it = |unsure: &Unsure| {
            mapping.same(&unsure.name, name)
                && unsure.pending.said.text == text
                && unsure.pending.said.action == action
        };
        let at = self.unsure.iter().position(is_it)?;
        self.unsure.remove(at).map(|unsure| unsure.pending)
    }

    /// The past is shown as far as it could be had; `whole`: nothing of it is missing.
    pub(super) fn have_returned(&mut self, whole: bool) {
        let unsure = std::mem::take(&mut self.unsure);
        for Unsure { pending, name } in unsure.into_iter().rev() {
            // While another connection has our name it may still bring the line.
            match whole && self.is_me(&name) {
                true => self.say_again(pending),
                false => self.ahead(|model| model.fails(pending, Why::Disconnected)),
            }
        }
        self.arrive();
    }

    /// From here on what is said is shown as it comes.
    pub(super) fn arrive(&mut self) {
        self.phase = Phase::Inside;
        self.told_waiting = false;
        self.unread.is_up_to_date();
        let held = self.held.take();
        if !std::mem::replace(&mut self.entered, true) {
            self.show(Item::Hint);
            self.effects.push(Effect::Entered { name: self.name().to_owned() });
        }
        for held in held.into_iter().flatten() {
            match held {
                Held::Said(said) => self.hear_said(said),
                Held::Item(item) => self.show(item),
            }
        }
    }

    /// The connection is gone. What was under way to the room may be in it;
    /// what was held of the room is asked for again.
    pub(super) fn stop_arriving(&mut self) {
        let keeps_past = self.keeps_past();
        let under_way = self.delivery.lost();
        let may_be_there = |pending: &Pending| keeps_past && self.is_here(&pending.target);
        let (unsure, lost): (Vec<_>, Vec<_>) = under_way.into_iter().partition(may_be_there);
        let name = self.registration.nick();
        self.unsure.extend(unsure.into_iter().map(|pending| Unsure { pending, name: name.to_owned() }));
        lost.into_iter().for_each(|pending| self.fails(pending, Why::Disconnected));
        self.pacing.clear();
        self.fetches.clear();
        for held in self.held.take().into_iter().flatten() {
            match held {
                Held::Said(said) if self.is_here(&said.target) => {}
                Held::Said(said) => self.hear_said(said),
                Held::Item(item) => self.show(item),
            }
        }
        self.unread.stop();
    }

    /// Nobody comes back any more: what was under way is told.
    pub(super) fn forget_unsure(&mut self) {
        for unsure in std::mem::take(&mut self.unsure) {
            self.fails(unsure.pending, Why::Disconnected);
        }
    }
}
