//! What is typed waits here for a connection, or for what is under way: all
//! that goes to the server goes in this order.

use super::block::lines;
use super::delivery::Pending;
use super::entry::{Entry, Retry};
use super::pacing::Window;
use super::{Ending, Form, Item, Model, Phase, Speaker, Why, refusal};
use crate::client::protocol::refusal::is_rate_limit;
use crate::text::sanitise;
use crate::wire::multiline::{self, Part};
use crate::wire::{Line, Message, ctcp, split};
use std::time::Duration;

/// Texts and commands that wait; more are refused.
pub(super) const QUEUED: usize = 1000;
/// How often a line is sent that comes too fast.
const TRIES: u32 = 10;
/// The pause after the first time, doubled each time, where the server names none.
const PAUSE: Duration = Duration::from_secs(2);

/// The place of something that was typed: later things have greater ones, and
/// the pieces of one text stand in their order.
pub(super) type Order = (u64, usize);

/// Something that waits.
#[derive(Debug)]
pub(super) struct Queued {
    order: Order,
    what: What,
}

#[derive(Debug)]
enum What {
    Text(Text),
    /// What a command sends.
    Line(Line),
}

/// Something to be said, as it was typed or a part of that.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: String,
    /// None: the room.
    pub(super) to: Option<String>,
    pub(super) action: bool,
    pub(super) on_screen: bool,
    /// The text of many messages that this is of.
    pub(super) block: Option<u64>,
    pub(super) order: Order,
    /// How often it came too fast.
    pub(super) tries: u32,
}

impl Model {
    pub(super) fn enqueue(&mut self, text: &str, to: Option<String>, action: bool, on_screen: bool) {
        self.told_refusal = None;
        // Line by line: a line end is no character of a line.
        let lines: Vec<_> = text.split('\n').map(sanitise::for_wire).collect();
        let text = lines.join("\n");
        if self.phase == Phase::Inside && to.is_none() && self.room.is_none() {
            return self.not_sent(text, Why::NotInRoom);
        }
        if self.is_queue_full() {
            return self.not_sent(text, Why::TooMuch);
        }
        let order = self.next_order();
        let text = Text { text, to, action, on_screen, block: None, order, tries: 0 };
        self.queue.push_back(Queued { order, what: What::Text(text) });
        if !matches!(self.phase, Phase::Arriving | Phase::Inside) {
            self.tell_waiting();
        }
    }

    /// Tells, once until we are in the room again, that what was said waits for that.
    pub fn tell_waiting(&mut self) {
        if self.has_said_all() || self.told_waiting {
            return;
        }
        self.told_waiting = true;
        // Outside a room that is tried again it was told already.
        if self.phase != Phase::Outside {
            self.show(Item::Waiting);
        }
        self.delivery.waits();
    }

    /// Whether no more is kept.
    fn is_queue_full(&self) -> bool {
        let mut typed: Vec<u64> = self.queue.iter().map(|queued| queued.order.0).collect();
        typed.dedup();
        typed.len() >= QUEUED
    }

    fn next_order(&mut self) -> Order {
        self.typed += 1;
        (self.typed, 0)
    }

    /// Says what was pasted, and shows it at once: what is typed next is below it.
    pub fn paste(&mut self, text: &str, now: Duration) {
        let target = self.room.clone().filter(|_| self.phase == Phase::Inside);
        // What can be taken back by itself stands by itself.
        let shown = match target {
            Some(target) => self.messages(text, &target, false).iter().map(|m| multiline::text(m)).collect(),
            None => vec![text.to_owned()],
        };
        for text in shown {
            let (from, form) = (Speaker::Me, Form::Room);
            self.show(Item::Said { from, text, form, mention: None, at: None, id: None });
        }
        self.say(text, true, now);
    }

    /// Sends what a command asks for, in its turn.
    pub(super) fn send_in_turn(&mut self, line: Line) {
        if !matches!(self.phase, Phase::Arriving | Phase::Inside) {
            self.send(&line);
        } else if self.is_queue_full() {
            self.not_sent(line.as_str().to_owned(), Why::TooMuch);
        } else {
            let order = self.next_order();
            self.queue.push_back(Queued { order, what: What::Line(line) });
        }
    }

    /// Puts something back into its place.
    fn put_back(&mut self, text: Text) {
        let order = text.order;
        let at = self.queue.iter().position(|queued| queued.order >= order).unwrap_or(self.queue.len());
        self.queue.insert(at, Queued { order, what: What::Text(text) });
    }

    /// A line to the room that has not arrived there is said again.
    pub(super) fn say_again(&mut self, pending: Pending) {
        self.put_back(Text { to: None, ..pending.said });
    }

    /// The messages that a text needs.
    fn messages(&self, text: &str, target: &str, action: bool) -> Vec<Vec<Part>> {
        let most = self.text_bytes_to(target);
        if !action && self.takes_lines() && (text.len() > most || text.contains('\n')) {
            return multiline::split_lines(text, self.multiline(), most);
        }
        let marks = if action { ctcp::ACTION_BYTES } else { 0 };
        let pieces = text.split('\n').flat_map(|line| split(line, most.saturating_sub(marks)));
        pieces.map(|piece| vec![Part { text: piece.to_owned(), joins: false }]).collect()
    }

    /// Sends what waits, in order, as far as it may.
    pub fn pump(&mut self, now: Duration) {
        self.fetches.pump(now);
        self.pump_entry(now);
        self.reclaim.pump(now);
        self.pump_pacing(now);
        self.send_waiting(now);
        self.blocks.pump(now);
        if self.blocks.take_ended() {
            self.delivery.was_told(now);
        }
    }

    fn send_waiting(&mut self, now: Duration) {
        while self.phase == Phase::Inside && !self.delivery.is_full() {
            let Some(Queued { order, what }) = self.queue.pop_front() else {
                return;
            };
            let waits = match what {
                What::Line(line) => self.send_command(line).map(What::Line),
                What::Text(text) => self.send_next(text, now).map(What::Text),
            };
            if let Some(what) = waits {
                self.queue.push_front(Queued { order, what });
                return self.check_pacing();
            }
        }
    }

    /// The line where it can't be sent yet.
    fn send_command(&mut self, line: Line) -> Option<Line> {
        let cost = Window { lines: 1, bytes: line.wire_len() };
        if !self.pacing.has_room(self.window(), cost) {
            return Some(line);
        }
        self.pacing.send(cost);
        self.send(&line);
        None
    }

    /// Sends a text, or makes messages of it; the text where it can't be sent yet.
    fn send_next(&mut self, text: Text, now: Duration) -> Option<Text> {
        let Some(target) = text.to.clone().or_else(|| self.room.clone()) else {
            self.refuse(text, Why::NotInRoom);
            return None;
        };
        let messages = self.messages(&text.text, &target, text.action);
        match &messages[..] {
            [] => {
                if let Some(block) = text.block {
                    self.block_goes_on(block, &text.text);
                }
                None
            }
            [parts] => self.send_text(&target, parts, text, now),
            several => {
                self.divide(several, text);
                None
            }
        }
    }

    fn divide(&mut self, messages: &[Vec<Part>], whole: Text) {
        let Text { text, to, action, on_screen, block, order: (typed, first), tries } = whole;
        let texts: Vec<String> = messages.iter().map(|parts| multiline::text(parts)).collect();
        let total = texts.iter().map(|text| lines(text)).sum();
        let block = match block {
            // Once more: the server takes less in one message than it did.
            Some(block) => {
                self.blocks.divide_again(block, lines(&text), total);
                Some(block)
            }
            None => text.contains('\n').then(|| self.blocks.begin(total)),
        };
        for (at, text) in texts.into_iter().enumerate().rev() {
            let order = (typed, first + at);
            let text = Text { text, to: to.clone(), action, on_screen, block, order, tries };
            self.queue.push_front(Queued { order, what: What::Text(text) });
        }
    }

    /// Tells that something will not be sent.
    fn refuse(&mut self, text: Text, why: Why) {
        let Some(block) = text.block else {
            return self.not_sent(text.text, why);
        };
        if !self.block_is_refused(block, text, why.clone()) {
            return;
        }
        let is_rest = |queued: &Queued| matches!(&queued.what, What::Text(text) if text.block == Some(block));
        let (rest, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.queue).into_iter().partition(is_rest);
        self.queue = others.into();
        for queued in rest {
            if let What::Text(text) = queued.what {
                self.block_is_refused(block, text, why.clone());
            }
        }
    }

    /// A line under way will not arrive.
    pub(super) fn fails(&mut self, pending: Pending, why: Why) {
        if why != Why::Disconnected {
            self.pacing.handled(pending.number);
        }
        self.refuse(pending.said, why);
    }

    /// The server has refused a line that was under way.
    pub(super) fn is_refused(&mut self, pending: Pending, message: &Message) {
        let tries = pending.said.tries;
        if !is_rate_limit(message) || tries >= TRIES {
            let why = message.last().unwrap_or_default().to_owned();
            return self.fails(pending, Why::Server(why));
        }
        self.pacing.handled(pending.number);
        self.pacing.pause(refusal::pause(message).unwrap_or(PAUSE * (1 << tries.min(5))));
        self.put_back(Text { tries: tries + 1, ..pending.said });
    }

    /// The connection is gone. What is under way may have been said or not:
    /// it is sent again only where the room's past will tell that it was not.
    pub fn lost(&mut self, why: Option<String>) {
        if self.phase == Phase::Over {
            return;
        }
        self.stop_arriving();
        let why = self.last_words.take().or(why);
        self.pacing.closed(why.as_deref().unwrap_or_default());
        self.end(Ending::Closed { why });
    }

    /// Nothing that waits will be sent.
    pub fn give_up(&mut self) {
        self.forget_unsure();
        for queued in std::mem::take(&mut self.queue) {
            match queued.what {
                What::Text(text) => self.refuse(text, Why::Disconnected),
                What::Line(_) => self.show(Item::NoConnection),
            }
        }
    }

    /// Nobody waits any more for the server to confirm what is under way.
    pub fn forget_unconfirmed(&mut self) {
        for pending in self.delivery.lost() {
            self.fails(pending, Why::Unanswered);
        }
    }

    /// Another connection, after [`Model::lost`]: its first lines are ready to be taken.
    pub fn come_back(&mut self) {
        let name = self.returning.clone().unwrap_or_else(|| self.name().to_owned());
        self.phase = Phase::Registering;
        self.wanted_room = self.room.take().or_else(|| self.wanted_room.take());
        self.registration = self.registration.again();
        self.entry = Entry::again();
        self.retry = Retry::default();
        self.reclaim.stop();
        self.pacing.clear();
        self.batches.clear();
        self.unread.enter();
        self.source = None;
        (self.listing, self.entering) = (false, false);
        self.register(&name);
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
