//! What was said waits here for a connection, or for the lines before it.

use super::delivery::Pending;
use super::entry::{Entry, Retry};
use super::greet::Greeting;
use super::send::ACTION;
use super::{Ending, Item, Model, Phase, Why};
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

impl Queued {
    /// A line to the room that has not arrived there.
    pub(super) fn again(Pending { text, action, on_screen, .. }: Pending) -> Queued {
        Queued { text, to: None, action, on_screen }
    }
}

impl Model {
    pub(super) fn enqueue(&mut self, text: &str, to: Option<String>, action: bool, on_screen: bool) {
        // Line by line: a line end is no character of a line.
        let lines: Vec<_> = text.split('\n').map(sanitise::for_wire).collect();
        let text = lines.join("\n");
        if self.phase == Phase::Inside && to.is_none() && self.room.is_none() {
            return self.not_sent(text, Why::NotInRoom);
        }
        if self.queue.len() >= QUEUED {
            return self.not_sent(text, Why::Disconnected);
        }
        if !matches!(self.phase, Phase::Arriving | Phase::Inside) && self.queue.is_empty() {
            // Outside it was told that it waits.
            if self.phase != Phase::Outside {
                self.show(Item::Waiting);
            }
            self.delivery.waits();
        }
        self.queue.push_back(Queued { text, to, action, on_screen });
    }

    /// Sends what waits, in order, as far as it may.
    pub fn pump(&mut self, now: Duration) {
        self.fetches.pump(now);
        self.pump_entry(now);
        self.reclaim.pump(now);
        while self.phase == Phase::Inside && !self.delivery.is_full() {
            let Some(Queued { text, to, action, on_screen }) = self.queue.pop_front() else {
                return;
            };
            let Some(target) = to.or_else(|| self.room.clone()) else {
                self.not_sent(text, Why::NotInRoom);
                continue;
            };
            let is_long = text.len() > self.text_bytes_to(&target);
            if !action && self.takes_lines() && (is_long || text.contains('\n')) {
                self.send_lines(&target, &text, on_screen, now);
                continue;
            }
            if text.contains('\n') {
                // One by one, so that no more are under way than may be.
                for line in text.lines().filter(|line| !line.is_empty()).rev() {
                    let (text, to) = (line.to_owned(), Some(target.clone()));
                    self.queue.push_front(Queued { text, to, action, on_screen });
                }
                continue;
            }
            let marks = if action { ACTION.len() + 1 } else { 0 };
            for piece in split(&text, self.text_bytes_to(&target).saturating_sub(marks)) {
                self.send_text(&target, piece, action, on_screen, now);
            }
        }
    }

    /// The connection is gone. What is under way may have been said or not:
    /// it is sent again only where the room's past will tell that it was not.
    pub fn lost(&mut self, why: Option<String>) {
        if self.phase == Phase::Over {
            return;
        }
        self.stop_arriving();
        let why = self.last_words.take().or(why);
        self.end(Ending::Closed { why });
    }

    /// Nothing that waits will be sent.
    pub fn give_up(&mut self) {
        self.forget_unsure();
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
        // What the server takes is not told before the name is.
        let name_bytes = self.greeting.name_bytes;
        self.greeting = Greeting::default();
        self.greeting.name_bytes = name_bytes;
        self.entry = Entry::again();
        self.retry = Retry::default();
        self.varied = 0;
        self.reclaim.stop();
        self.batches.clear();
        self.unread.enter();
        self.source = None;
        (self.listing, self.entering) = (false, false);
        Greeting::first_lines(&name).iter().for_each(|line| self.send(line));
        self.returning = Some(name);
    }

    /// In the room: what is typed is sent.
    pub fn is_inside(&self) -> bool {
        self.phase == Phase::Inside
    }

    /// Known to the server, and mostly in the room.
    pub(super) fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Outside | Phase::Arriving | Phase::Inside)
    }
}
