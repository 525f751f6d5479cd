//! What the owner of the machine calls: what the person wants, the time, and the connections'
//! beginnings and ends.

use super::effect::{Effect, Ending};
use super::entry::{self, Overdue, Phase};
use super::item::{Form, Item, Speaker};
use super::outbox::Turn;
use super::outgoing::{self, Outgoing};
use super::state::Model;
use crate::join::slash_command::Command;
use crate::text::Phrase;
use crate::wire::{Line, multiline};
use std::time::Duration;

impl Model {
    /// What has become to be done since the last call.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.output.effects)
    }

    /// Says something in the room; its lines are divided by `\n`. What is not `on_screen` is
    /// shown once it is delivered. `now`, here and below, is monotonic, from any origin.
    pub fn say(&mut self, text: &str, on_screen: bool, now: Duration) {
        self.push(Outgoing { target: None, text: text.to_owned(), action: false, on_screen });
        self.pump(now);
    }

    /// Says what was pasted, and shows it at once: what is typed next is below it.
    pub fn paste(&mut self, text: &str, now: Duration) {
        // What can be taken back by itself stands by itself.
        let shown = match self.room.name.as_ref().filter(|_| self.is_inside()) {
            Some(target) => outgoing::messages(&self.session, text, target, false)
                .iter()
                .map(|parts| multiline::text(parts))
                .collect(),
            None => vec![text.to_owned()],
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
        self.room.fetches.pump(now);
        self.session.entry.pump(self.session.phase, now);
        self.session.reclaim.pump(now);
        let (session, room, output) = (&self.session, self.room.name.as_deref(), &mut self.output);
        if self.outbox.pump(Turn { session, room, now, output, has_spoken: false }) {
            self.room.unread.stopped = false;
        }
        self.bound_held();
    }

    /// When [`Model::tick`] wants to be called.
    pub fn deadline(&self) -> Option<Duration> {
        let phase = self.session.phase;
        let reclaim = self.session.reclaim.at.filter(|_| self.session.is_connected());
        let of_session = self.session.entry.deadline(phase).into_iter().chain(reclaim);
        self.outbox.deadline(phase).into_iter().chain(self.room.fetches.deadline()).chain(of_session).min()
    }

    /// Does what is due by now.
    pub fn tick(&mut self, now: Duration) {
        self.outbox.check(self.session.phase, now, &mut self.output);
        if let Some(open) = self.room.fetches.late(now) {
            self.finish(open, false);
        }
        match self.session.entry.check(self.session.phase, now) {
            Some(Overdue::Entry) => self.end(Ending::Silent),
            Some(Overdue::Retry) => {
                let line = self.session.wanted_room.as_deref().map(entry::join);
                line.iter().for_each(|line| self.send(line));
            }
            Some(Overdue::Answer) => self.show(Item::Told(Phrase::NoAnswerYet)),
            None => {}
        }
        if self.session.is_connected()
            && let Some(line) = self.session.reclaim.check(now)
        {
            self.send(&line);
        }
    }

    /// Asks a quiet server whether it is still there.
    pub fn probe(&mut self) {
        let ping = self.outbox.pacing.ping(None);
        self.send(&ping);
    }

    /// Tells, once until we are in the room again, that what was said waits for that.
    pub fn tell_waiting(&mut self) {
        self.outbox.tell_waiting(self.session.phase, &mut self.output);
    }

    /// Another connection, after [`Model::lost`]: its first lines are ready to be taken.
    pub fn come_back(&mut self) {
        let room = self.room.leave();
        self.is_listing = false;
        self.outbox.pacing.clear();
        self.session.come_back(room).iter().for_each(|line| self.output.send(line));
    }

    /// Nothing that waits will be sent.
    pub fn give_up(&mut self) {
        self.outbox.give_up(&mut self.output);
    }

    /// Nobody waits any more for the server to confirm what is under way.
    pub fn forget_unconfirmed(&mut self) {
        self.outbox.forget_unconfirmed(&mut self.output);
    }

    /// Says goodbye.
    pub fn leave(&mut self) {
        self.session.phase = Phase::Over;
        // A person who leaves has seen it all.
        self.mark_read(self.room.last.as_ref().and_then(|last| last.at));
        self.send(&Line::new("QUIT"));
    }
}
