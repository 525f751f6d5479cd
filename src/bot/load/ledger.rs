//! What was sent to the room, and how far each listener has got with it. Pure.
//!
//! The first listener who gets a line finds out which of the sent ones it is;
//! it then has its place in the log, the one order that all must agree on.
//! Every other listener gets the same bytes next, or something is wrong.

mod order;

use super::figures::Tally;
use crate::bot::expect::{Deed, Event};
use crate::bot::report::excerpt;
use crate::text::Lang;
use crate::wire::Message;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Lines that all have seen and that are kept, so that one that comes twice is known.
const BEHIND: usize = 1024;

#[derive(Debug)]
pub struct Ledger {
    home: String,
    lang: Lang,
    /// Seen by nobody yet: what each sender did, oldest first.
    sent: HashMap<String, VecDeque<Sent>>,
    /// How many those are.
    unseen: usize,
    /// Seen by somebody, in that order. Those that all have seen leave it
    /// once they are [`BEHIND`] the last.
    log: VecDeque<Entry>,
    /// The place of the log's first entry among all that there ever were.
    base: usize,
    /// Entries that somebody still has to see.
    incomplete: usize,
    listeners: Vec<Listener>,
    /// How many things were sent.
    count: u64,
    /// The script's line that was sent last, and the one that was when the
    /// first strange line came: that one itself is in no script.
    sending: usize,
    strange_at: Option<usize>,
    tally: Tally,
}

#[derive(Debug)]
struct Sent {
    /// Counts what was sent, by whomever.
    id: u64,
    event: Event,
    /// In the script.
    line: usize,
    at: Duration,
    /// Something that its sender did later was seen before it.
    overtaken: bool,
}

impl Sent {
    /// Of the same sender's.
    fn is_later_than(&self, other: &Sent) -> bool {
        self.id > other.id && self.event.who == other.event.who
    }
}

#[derive(Debug)]
struct Entry {
    sent: Sent,
    /// The protocol line, the same for everybody.
    bytes: Box<str>,
    /// How many have not seen it.
    left: usize,
}

#[derive(Debug, Default, Clone)]
struct Listener {
    /// The place of the entry that must come next.
    at: usize,
    /// The ids of entries before it that did not come.
    missing: Vec<u64>,
}

impl Ledger {
    /// Of a room and its listeners, of whom there must be at least one.
    pub fn new(home: &str, lang: Lang, listeners: usize) -> Ledger {
        Ledger {
            home: home.to_owned(),
            lang,
            sent: HashMap::new(),
            unseen: 0,
            log: VecDeque::new(),
            base: 0,
            incomplete: 0,
            listeners: vec![Listener::default(); listeners],
            count: 0,
            sending: 1,
            strange_at: None,
            tally: Tally::default(),
        }
    }

    /// A step of the script is on its way; its sender's name is in the events.
    pub fn sent(&mut self, told: &[Event], line: usize, at: Duration) {
        self.unseen += told.len();
        self.sending = line;
        for event in told {
            let sent = Sent { id: self.count, event: event.clone(), line, at, overtaken: false };
            self.count += 1;
            match self.sent.get_mut(&event.who) {
                Some(queue) => queue.push_back(sent),
                None => drop(self.sent.insert(event.who.clone(), VecDeque::from([sent]))),
            }
        }
    }

    /// How many things that were sent somebody has not seen.
    pub fn in_flight(&self) -> usize {
        self.unseen + self.incomplete
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// A listener has got a line; false where it tells nothing of the room.
    pub fn arrived(&mut self, listener: usize, line: &str, now: Duration) -> bool {
        let at = self.listeners[listener].at - self.base;
        match self.log.get(at) {
            Some(entry) if *entry.bytes == *line => {
                self.listeners[listener].at += 1;
                self.delivered(at, now);
                true
            }
            _ => self.unforeseen(listener, line, now),
        }
    }

    /// The entry at a place of the log has reached one more.
    fn delivered(&mut self, at: usize, now: Duration) {
        let entry = &mut self.log[at];
        entry.left -= 1;
        self.tally.delivery(now.saturating_sub(entry.sent.at));
        if entry.left == 0 {
            self.incomplete -= 1;
        }
        while self.log.len() > BEHIND && self.log.front().is_some_and(|entry| entry.left == 0) {
            self.log.pop_front();
            self.base += 1;
        }
    }

    /// What is not the log's next line: one that nobody had before, or a fault.
    #[cold]
    fn unforeseen(&mut self, listener: usize, line: &str, now: Duration) -> bool {
        let Ok(message) = Message::parse(line) else { return false };
        let events = Event::of(&message, message.nick().unwrap_or(""));
        let counts = |event: &Event| event.counts() && !matches!(event.deed, Deed::Mode { .. });
        let Some(event) = events.into_iter().find(counts) else { return false };
        let at = self.listeners[listener].at - self.base;
        let is_it = |entry: &Entry| *entry.bytes == *line;
        // Empty for almost everybody, so that it is asked before the bytes.
        let missing = &self.listeners[listener].missing;
        if let Some(ahead) = self.log.iter().skip(at).position(is_it) {
            self.skip(listener, ahead);
            self.delivered(at + ahead, now);
        } else if let Some(place) =
            self.log.iter().position(|entry| missing.contains(&entry.sent.id) && is_it(entry))
        {
            self.late(listener, place, now);
        } else if let Some(sent) = self.take(&event) {
            let place = self.place(listener, sent, line);
            self.delivered(place, now);
        } else {
            let before =
                self.log.iter().take(at).rev().find(|entry| is_it(entry)).map(|entry| entry.sent.line);
            match before {
                Some(_) => {
                    self.tally.doubled += 1;
                    let again = format!("{} came again to {}", self.shown(&event), name(listener));
                    self.tally.example(before, again);
                }
                None => {
                    let what = format!("{} was sent by nobody and", self.shown(&event));
                    self.strange(listener, &what);
                }
            }
        }
        true
    }

    /// A listener has got what nobody sent; what that is.
    pub fn strange(&mut self, listener: usize, what: &str) {
        self.tally.strange += 1;
        self.strange_at.get_or_insert(self.sending);
        self.tally.example(None, format!("{what} came to {}", name(listener)));
    }

    /// The listener has got the entry that comes so many after its next one.
    fn skip(&mut self, listener: usize, ahead: usize) {
        let listener = &mut self.listeners[listener];
        let skipped = self.log.iter().skip(listener.at - self.base).take(ahead);
        listener.missing.extend(skipped.map(|entry| entry.sent.id));
        listener.at += ahead + 1;
    }

    /// The listener has got an entry that it had passed.
    fn late(&mut self, listener: usize, place: usize, now: Duration) {
        let id = self.log[place].sent.id;
        let place = match self.put_off(listener, place) {
            true => {
                let next = self.listeners[listener].at - self.base;
                let ahead = self.log.iter().skip(next).take_while(|entry| entry.sent.id != id).count();
                self.skip(listener, ahead);
                next + ahead
            }
            false => {
                self.listeners[listener].missing.retain(|missing| *missing != id);
                self.tally.reordered += 1;
                let Sent { event, line, .. } = &self.log[place].sent;
                let late = format!("{} came late to {}", self.shown(event), name(listener));
                self.tally.example(Some(*line), late);
                place
            }
        };
        self.delivered(place, now);
    }

    /// Gives the log a line that nobody had: at this listener's place, or
    /// behind what its sender did before. Whoever is past that has missed it,
    /// as far as is known. Where it is then.
    fn place(&mut self, listener: usize, sent: Sent, line: &str) -> usize {
        if self.is_behind(listener, &sent) {
            self.tally.reordered += 1;
            let shown = self.shown(&sent.event);
            self.tally.example(Some(sent.line), format!("{shown} came after what was sent later"));
        }
        let next = self.listeners[listener].at - self.base;
        let before = self.log.iter().skip(next).rposition(|entry| sent.is_later_than(&entry.sent));
        let ahead = before.map_or(0, |before| before + 1);
        let (id, at) = (sent.id, next + ahead);
        self.log.insert(at, Entry { sent, bytes: line.into(), left: self.listeners.len() });
        self.incomplete += 1;
        for other in self.listeners.iter_mut().filter(|other| other.at > self.base + at) {
            other.at += 1;
            other.missing.push(id);
        }
        self.skip(listener, ahead);
        at
    }

    /// Whether the listener has seen something that the same sender did later.
    fn is_behind(&self, listener: usize, sent: &Sent) -> bool {
        let is_later = |at: &usize| self.log[*at].sent.is_later_than(sent);
        let mut later = (0..self.log.len()).filter(is_later).peekable();
        // All have seen what has left the log.
        sent.overtaken && (later.peek().is_none() || later.any(|at| self.has_seen(listener, at)))
    }

    /// The sent thing that this is.
    fn take(&mut self, event: &Event) -> Option<Sent> {
        let queue = self.sent.get_mut(&event.who)?;
        let is_it = |sent: &Sent| {
            sent.event == *event || event.lines(&self.home).contains(&sent.event.line(&self.home, self.lang))
        };
        let at = queue.iter().position(is_it)?;
        queue.iter_mut().take(at).for_each(|sent| sent.overtaken = true);
        self.unseen -= 1;
        queue.remove(at)
    }

    fn shown(&self, event: &Event) -> String {
        format!("'{}'", excerpt(&event.line(&self.home, self.lang), 0))
    }

    /// Nothing more will come: what did not is lost.
    pub fn finish(mut self) -> Tally {
        let all = self.listeners.len();
        let mut unseen: Vec<Sent> = std::mem::take(&mut self.sent).into_values().flatten().collect();
        unseen.sort_by_key(|sent| sent.id);
        for Sent { event, line, .. } in unseen {
            self.tally.lost += all as u64;
            self.tally.example(Some(line), format!("{} (line {line}) reached nobody", self.shown(&event)));
        }
        for (at, Entry { sent, left, .. }) in self.log.iter().enumerate().filter(|(_, entry)| entry.left > 0)
        {
            let first = (0..all).find(|&one| !self.has_seen(one, at)).map_or(String::new(), name);
            self.tally.lost += *left as u64;
            let who = format!("{left} of {all}, {first} first");
            let shown = self.shown(&sent.event);
            let lost = format!("{shown} (line {}) did not reach {who}", sent.line);
            self.tally.example(Some(sent.line), lost);
        }
        // Where nothing says it better.
        self.tally.line = self.tally.line.or(self.strange_at);
        self.tally
    }
}

/// Of a listener, on the wire and in reports.
pub fn name(listener: usize) -> String {
    format!("crowd{}", listener + 1)
}

#[cfg(test)]
mod tests;
