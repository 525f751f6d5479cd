//! What was said waits here for a connection, or for the lines before it.

use super::greet::Greeting;
use super::{ACTION, Ending, Item, Model, Phase, Why};
use crate::text::sanitise;
use crate::wire::split;
use std::time::Duration;

/// Texts that wait for a connection; more are refused.
pub(super) const QUEUED: usize = 1000;

/// A text that waits.
#[derive(Debug)]
pub(super) struct Queued {
    text: String,
    /// None: the room.
    to: Option<String>,
    action: bool,
    on_screen: bool,
}

impl Model {
    pub(super) fn enqueue(&mut self, text: &str, to: Option<String>, action: bool, on_screen: bool) {
        let text = sanitise::for_wire(text).into_owned();
        if self.phase == Phase::Inside && to.is_none() && self.room.is_none() {
            return self.not_sent(text, Why::NotInRoom);
        }
        if self.queue.len() >= QUEUED {
            return self.not_sent(text, Why::Disconnected);
        }
        if self.phase != Phase::Inside && self.queue.is_empty() {
            self.show(Item::Waiting);
        }
        self.queue.push_back(Queued { text, to, action, on_screen });
    }

    /// Sends what waits, in order, as far as it may.
    pub fn pump(&mut self, now: Duration) {
        while self.phase == Phase::Inside && !self.delivery.is_full() {
            let Some(Queued { text, to, action, on_screen }) = self.queue.pop_front() else {
                return;
            };
            let Some(target) = to.or_else(|| self.room.clone()) else {
                self.not_sent(text, Why::NotInRoom);
                continue;
            };
            let marks = if action { ACTION.len() + 1 } else { 0 };
            for piece in split(&text, self.text_bytes_to(&target).saturating_sub(marks)) {
                self.send_text(&target, piece, action, on_screen, now);
            }
        }
    }

    /// The connection is gone. What is under way may have been said or not:
    /// it is told, and not sent again.
    pub fn lost(&mut self, why: Option<String>) {
        if self.phase == Phase::Over {
            return;
        }
        for pending in self.delivery.lost() {
            self.not_sent(pending.text, Why::Disconnected);
        }
        let why = self.last_words.take().or(why);
        self.end(Ending::Closed { why });
    }

    /// Nothing that waits will be sent.
    pub fn give_up(&mut self) {
        for queued in std::mem::take(&mut self.queue) {
            self.not_sent(queued.text, Why::Disconnected);
        }
    }

    /// Another connection, after [`Model::lost`]: its first lines are ready to be taken.
    pub fn come_back(&mut self) {
        let name = self.returning.clone().unwrap_or_else(|| self.name.clone());
        self.phase = Phase::Registering;
        self.name.clone_from(&name);
        self.wanted_room = self.room.take().or_else(|| self.wanted_room.take());
        self.greeting = Greeting::default();
        self.batches.clear();
        self.source = None;
        (self.listing, self.entering) = (false, false);
        Greeting::first_lines(&name).iter().for_each(|line| self.send(line));
        self.returning = Some(name);
    }

    /// In the room: what is typed is sent.
    pub fn is_inside(&self) -> bool {
        self.phase == Phase::Inside
    }
}
