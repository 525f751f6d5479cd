//! What the owner of the machine calls: what the person wants, the time, and the connections'
//! beginnings and ends.

use super::effect::{Effect, Ending};
use super::entry::{Overdue, Phase};
use super::item::{Form, Item, Speaker};
use super::outbox::Turn;
use super::outgoing::{self, Target};
use super::room::{RoomView, Stage};
use super::state::Model;
use crate::join::secret::Secret;
use crate::join::slash_command::Command;
use crate::text::Phrase;
use crate::wire::{Line, multiline};
use std::time::Duration;

impl Model {
    /// What has become to be done since the last call.
    pub fn take(&mut self) -> Vec<Effect> {
        self.output.take(&self.rooms)
    }

    /// Says something in the current room; its lines are divided by `\n`. What is not `on_screen` is
    /// shown once it is delivered. `now`, here and below, is monotonic, from any origin.
    pub fn say(&mut self, text: &str, on_screen: bool, now: Duration) {
        self.push(Target::Room(self.rooms.current().id), text.to_owned(), false, on_screen);
        self.pump(now);
    }

    /// Says what was pasted, and shows it at once: what is typed next is below it.
    pub fn paste(&mut self, text: &str, now: Duration) {
        // Each message that can be redacted by itself is shown by itself.
        let room = self.rooms.current();
        let shown = match room.stage {
            Stage::Inside => outgoing::messages(&self.session, text, &room.name, false)
                .iter()
                .map(|parts| multiline::text(parts))
                .collect(),
            _ => vec![text.to_owned()],
        };
        for text in shown {
            let (from, form) = (Speaker::Me, Form::Room);
            self.show(Item::Said { from, text, form, mention: None, at: None, id: None });
        }
        self.say(text, true, now);
    }

    pub fn run(&mut self, command: Command, now: Duration) {
        self.obey(command);
        self.pump(now);
    }

    /// Sends what waits, in order, as far as it may.
    pub fn pump(&mut self, now: Duration) {
        let is_connected = self.session.is_connected();
        self.moderate_held();
        self.session.entry.pump(now);
        self.session.reclaim.pump(now);
        for room in self.rooms.iter_mut() {
            room.fetches.pump(now);
            room.pump(is_connected, now);
            if is_connected && room.stage == Stage::Outside {
                room.retry.pump(now);
            }
        }
        let (session, rooms, output) = (&self.session, &self.rooms, &mut self.output);
        let spoken = self.outbox.pump(Turn { session, rooms, now, output, has_spoken: Vec::new() });
        for room in spoken {
            if let Some(room) = self.rooms.get_mut(room) {
                room.unread.stopped = false;
            }
        }
        self.pump_lookups(now);
        self.bound_held();
    }

    /// When [`Model::tick`] wants to be called.
    pub fn deadline(&self) -> Option<Duration> {
        let is_connected = self.session.is_connected();
        let outside = self.rooms.iter().filter(|room| room.stage == Stage::Outside);
        let retries = outside.filter_map(|room| room.retry.deadline());
        let reclaim = self.session.reclaim.at.into_iter().chain(retries).filter(|_| is_connected);
        let entry = self.session.entry.deadline().filter(|_| self.session.phase != Phase::Over);
        let fetches = self.rooms.iter().filter_map(|room| room.fetches.deadline());
        let asked = self.rooms.iter().filter_map(|room| room.answer_by);
        let answers = self.lookups_until.into_iter().chain(asked);
        let outbox = self.outbox.deadline(self.is_inside());
        outbox.into_iter().chain(fetches).chain(entry).chain(reclaim).chain(answers).min()
    }

    /// Does what is due by now.
    pub fn tick(&mut self, now: Duration) {
        self.outbox.check(self.is_inside(), now, &mut self.output);
        self.check_fetches(now);
        if self.session.phase != Phase::Over {
            match self.session.entry.check(now) {
                Some(Overdue::Entry) => self.end(Ending::Silent),
                Some(Overdue::Answer) => self.show(Item::Told(Phrase::NoAnswerYet)),
                None => {}
            }
        }
        if !self.session.is_connected() {
            return;
        }
        self.end_lookups(now);
        self.end_unanswered_rooms(now);
        for room in self.rooms.iter_mut().filter(|room| room.stage == Stage::Outside) {
            if room.retry.check(now) {
                self.output.send(&room.join());
            }
        }
        if let Some(line) = self.session.reclaim.check(now) {
            self.send(&line);
        }
    }

    /// Asks a quiet server whether it is still there.
    pub fn probe(&mut self) {
        let ping = self.outbox.pacing.ping(None);
        self.send(&ping);
    }

    /// Tells, once until we are in the rooms again, that what was said waits for that.
    pub fn tell_waiting(&mut self) {
        self.outbox.tell_waiting(false, &mut self.output);
    }

    /// Another connection, after [`Model::lost`]: its first lines are ready to be taken.
    pub fn come_back(&mut self) {
        self.rooms.iter_mut().for_each(RoomView::come_back);
        self.is_listing = false;
        self.left.clear();
        self.outbox.pacing.clear();
        self.session.come_back().iter().for_each(|line| self.output.send(line));
    }

    /// The server's password, for the next connection.
    pub fn give_password(&mut self, password: Option<Secret>) {
        self.session.password = password;
    }

    /// Nothing that waits will be sent.
    pub fn give_up(&mut self) {
        self.outbox.has_refusals |= !self.lookups.is_empty() || !self.held.is_empty();
        self.give_up_lookups();
        self.give_up_fetches();
        self.outbox.give_up(&mut self.output);
    }

    /// Nobody waits any more for the server to confirm what is under way.
    pub fn forget_unconfirmed(&mut self) {
        self.outbox.forget_unconfirmed(&mut self.output);
    }

    /// Says goodbye.
    pub fn leave(&mut self) {
        self.session.phase = Phase::Over;
        // A person who leaves has read all rooms, but for what came while another room was current.
        let seen: Vec<_> =
            self.rooms.iter().filter(|room| room.unread.count == 0).map(RoomView::read_up_to).collect();
        seen.into_iter().for_each(|(room, at)| self.mark_read(room, at));
        self.send(&Line::new("QUIT"));
    }
}
