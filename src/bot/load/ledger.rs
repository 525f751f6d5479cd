//! What was sent to the room, and how far each listener has got with it. Pure.
//!
//! The first listener who gets a line finds out which of the sent ones it is;
//! it then has its place in the log, the one order that all must agree on.
//! Every other listener gets the same bytes next, or something is wrong.

use super::crowd::Crowd;
use super::figures::Tally;
use crate::bot::expect::due::Reasons;
use crate::bot::expect::modes;
use crate::bot::expect::{Event, EventKind, How};
use crate::bot::report::excerpt;
use crate::client::protocol::CaseMapping;
use crate::text::Lang;
use crate::wire::Message;
use std::collections::{HashMap, VecDeque};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

/// Lines that all have seen and that are kept, so that one that comes twice is known.
const BEHIND: usize = 1024;

/// Changes of modes that were asked for and that are kept: which of them are
/// made, and in how many lines, is up to the server.
const MODES: usize = 64;

/// Lines that nobody sent of which the origin is looked for at the end; it is
/// guessed at once for those that come after them.
const FOREIGN: usize = 64;

/// Hundredths of two lines that must be the same where they are of different authors.
const ALIKE: usize = 50;

/// The room that is watched, and how its lines are spelled.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// Its name.
    pub home: String,
    pub lang: Lang,
    /// How the server folds names.
    pub mapping: CaseMapping,
    pub crowd: Crowd,
}

#[derive(Debug, Default)]
pub struct Ledger {
    room: Room,
    /// Seen by nobody yet: what each sender, by its folded name, did, oldest first.
    sent: HashMap<String, VecDeque<Sent>>,
    /// Of these nobody need see anything; no more than [`MODES`], oldest first.
    modes: VecDeque<Modes>,
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
    /// The first lines that nobody sent.
    foreign: Vec<Foreign>,
    pub tally: Tally,
}

#[derive(Debug)]
struct Sent {
    /// Counts what was sent, by all senders together.
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

/// Modes that somebody asked for.
#[derive(Debug)]
struct Modes {
    sent: Sent,
    asked: String,
    /// The changes of them that were told so far.
    told: Vec<String>,
}

#[derive(Debug)]
struct Entry {
    sent: Sent,
    /// The protocol line, the same for everybody.
    bytes: Box<str>,
    /// How many have not seen it.
    left: usize,
    /// Listeners who were told another reason, which nobody gave, and how that
    /// is shown; at most one for each.
    others: Vec<(usize, String)>,
    /// Listeners who got it after what stands behind it; at most one for each.
    late: Vec<usize>,
}

#[derive(Debug, Default, Clone)]
struct Listener {
    /// The place of the entry that must come next.
    at: usize,
    /// The ids of entries before it that did not come.
    missing: Vec<u64>,
}

/// What a listener has got and nobody sent.
#[derive(Debug)]
struct Foreign {
    listener: usize,
    event: Event,
    /// The line of the script that it was most like when it came.
    guess: Option<usize>,
}

impl Ledger {
    /// Of a room and its listeners: at least one.
    pub fn new(room: Room, listeners: usize) -> Ledger {
        Ledger { room, listeners: vec![Listener::default(); listeners], sending: 1, ..Ledger::default() }
    }

    /// A step of the script is on its way; its sender's name is in the events.
    pub fn sent(&mut self, told: &[Event], line: usize, at: Duration) {
        self.sending = line;
        for event in told {
            let sent = Sent { id: self.count, event: event.clone(), line, at, overtaken: false };
            self.count += 1;
            if let EventKind::Mode { modes, .. } = &event.kind {
                self.modes.truncate(MODES - 1);
                self.modes.push_front(Modes { asked: modes.clone(), sent, told: Vec::new() });
                continue;
            }
            self.unseen += 1;
            let who = self.room.mapping.fold(&event.who);
            self.sent.entry(who).or_default().push_back(sent);
        }
    }

    /// How many things that were sent somebody has not seen.
    pub fn in_flight(&self) -> usize {
        self.unseen + self.incomplete
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
            self.compare_reasons(at);
            self.compare_places(at);
        }
        while self.log.len() > BEHIND && self.log.front().is_some_and(|entry| entry.left == 0) {
            self.log.pop_front();
            self.base += 1;
        }
    }

    /// What is not the log's next line: one that nobody had before, or a fault.
    #[cold]
    fn unforeseen(&mut self, listener: usize, line: &str, now: Duration) -> bool {
        let Ok(message) = Message::parse(line) else {
            self.unreadable(listener, "a line that is no message", line);
            return true;
        };
        let events = Event::of(&message, message.nick().unwrap_or(""));
        let mut counting = events.into_iter().filter(Event::counts);
        let Some(event) = counting.next() else { return false };
        if counting.next().is_some() {
            self.foreign(listener, "a line that tells of several deeds at once", event);
            return true;
        }
        let at = self.listeners[listener].at - self.base;
        let is_it = |entry: &Entry| *entry.bytes == *line;
        // Compared before the bytes, as it is empty for almost every listener.
        let missing = &self.listeners[listener].missing;
        if let Some(ahead) = self.log.iter().skip(at).position(is_it) {
            self.skip(listener, ahead);
            self.delivered(at + ahead, now);
        } else if let Some(place) =
            self.log.iter().position(|entry| missing.contains(&entry.sent.id) && is_it(entry))
        {
            self.late(listener, place, now);
        } else if let Some(sent) = self.take(&event).or_else(|| self.take_modes(&event)) {
            let place = self.place(listener, sent, line);
            self.delivered(place, now);
        } else if let Some(ahead) =
            self.log.iter().skip(at).position(|entry| self.is_but_for_reason(entry, &event))
        {
            let shown = self.shown(&event);
            self.log[at + ahead].others.push((listener, shown));
            self.skip(listener, ahead);
            self.delivered(at + ahead, now);
        } else {
            let before =
                self.log.iter().take(at).rev().find(|entry| is_it(entry)).map(|entry| entry.sent.line);
            match before {
                Some(_) => {
                    self.tally.doubled += 1;
                    let again = format!("{} came again to {}", self.shown(&event), self.name(listener));
                    self.tally.example(before, again);
                }
                None => {
                    let what = format!("{} was sent by nobody and", self.shown(&event));
                    self.foreign(listener, &what, event);
                }
            }
        }
        true
    }

    /// Whether an entry is this departure with another reason, where nobody gave one.
    fn is_but_for_reason(&self, entry: &Entry, event: &Event) -> bool {
        let departs = matches!(event.kind, EventKind::Leave { .. }) && entry.sent.event.reason().is_none();
        departs && entry.sent.event.is_seen_as(event, self.room.mapping)
    }

    /// All have been told of a departure; those whose reason is not that of
    /// most were told something strange.
    fn compare_reasons(&mut self, at: usize) {
        let Entry { sent, others, .. } = &mut self.log[at];
        let (line, others) = (sent.line, std::mem::take(others));
        let shown = self.shown(&self.log[at].sent.event);
        let odd: Vec<(usize, String)> = match others.len() * 2 > self.listeners.len() {
            true => {
                let told = |listener: &usize| others.iter().all(|(other, _)| other != listener);
                (0..self.listeners.len()).filter(told).map(|one| (one, shown.clone())).collect()
            }
            false => others,
        };
        for (listener, shown) in odd {
            self.strange(listener, &format!("{shown}, with another reason than to most,"), Some(line));
        }
    }

    /// All have got an entry: some of them after others of the log. Where most
    /// have, it is the rest that got it too early.
    fn compare_places(&mut self, at: usize) {
        let late = std::mem::take(&mut self.log[at].late);
        let most = late.len() * 2 > self.listeners.len();
        let odd = |listener: &usize| late.contains(listener) != most;
        let odd: Vec<usize> = (0..self.listeners.len()).filter(|one| !late.is_empty() && odd(one)).collect();
        for listener in odd {
            self.tally.reordered += 1;
            let Sent { event, line, .. } = &self.log[at].sent;
            let when = if most { "early" } else { "late" };
            let told = format!("{} came {when} to {}", self.shown(event), self.name(listener));
            self.tally.example(Some(*line), told);
        }
    }

    /// A listener has got a line that is none of the protocol's: what that is,
    /// and as much of it as can be read.
    pub fn unreadable(&mut self, listener: usize, what: &str, text: &str) {
        let message = Message::parse(text).ok();
        let events = message.map(|message| Event::of(&message, message.nick().unwrap_or("")));
        match events.and_then(|events| events.into_iter().next()) {
            Some(event) => self.foreign(listener, what, event),
            None => self.strange(listener, what, None),
        }
    }

    /// A listener has got what nobody sent; what that is, and the line of the
    /// script that it is about.
    pub fn strange(&mut self, listener: usize, what: &str, line: Option<usize>) {
        self.tally.strange += 1;
        self.strange_at.get_or_insert(self.sending);
        self.tally.example(line, format!("{what} came to {}", self.name(listener)));
    }

    /// Somebody was refused a step, by this error, that was not to be refused.
    pub fn refused(&mut self, who: &str, error: &str, line: Option<usize>) {
        self.tally.refused += 1;
        let place = line.map_or(String::new(), |line| format!(" (line {line})"));
        self.tally.example(line, format!("the server refused {who}{place}: {}", excerpt(error, 0)));
    }

    /// Somebody was not refused the step in this line.
    pub fn allowed(&mut self, who: &str, line: usize) {
        self.tally.allowed += 1;
        self.tally.example(Some(line), format!("the server did not refuse {who} (line {line})"));
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
                self.log[place].late.push(listener);
                place
            }
        };
        self.delivered(place, now);
    }

    /// Puts the entry at this place, which the listener has passed without it,
    /// behind all that the listener has seen, and with it whatever must come
    /// after it. False where the listener has seen something of that: no order
    /// explains it then.
    ///
    /// One line must come after another where a listener has seen them so, or
    /// where one sender sent them so. All that the listeners have seen stays in
    /// the order in which each has seen it.
    fn put_off(&mut self, listener: usize, from: usize) -> bool {
        let to = self.listeners[listener].at - self.base;
        let everybody = 0..self.listeners.len();
        let mut moving = vec![&self.log[from].sent];
        // The listeners that have seen something of that.
        let mut seers: Vec<bool> = everybody.clone().map(|one| self.has_seen(one, from)).collect();
        for at in from + 1..to {
            let sent = &self.log[at].sent;
            let sent_later = moving.iter().any(|first| sent.is_later_than(first));
            if sent_later || everybody.clone().any(|one| seers[one] && self.has_seen(one, at)) {
                if self.has_seen(listener, at) {
                    return false;
                }
                moving.push(sent);
                everybody.clone().for_each(|one| seers[one] |= self.has_seen(one, at));
            }
        }
        let moving: Vec<u64> = moving.iter().map(|sent| sent.id).collect();
        let stretch = &mut self.log.make_contiguous()[from..to];
        let before: Vec<u64> = stretch.iter().map(|entry| entry.sent.id).collect();
        stretch.sort_by_key(|entry| moving.contains(&entry.sent.id));
        let after: Vec<u64> = stretch.iter().map(|entry| entry.sent.id).collect();
        let start = self.base + from;
        for one in self.listeners.iter_mut().filter(|one| (start + 1..=self.base + to).contains(&one.at)) {
            // What it has seen last is still the last of what it has seen.
            let passed = &before[..one.at - start];
            let last = passed[passed.len() - 1];
            let place = after.iter().take_while(|id| **id != last).count() + 1;
            let unseen = |id: &&u64| !passed.contains(id) || one.missing.contains(id);
            let missing: Vec<u64> = after[..place].iter().filter(unseen).copied().collect();
            one.missing.retain(|id| !before.contains(id));
            one.missing.extend(missing);
            one.at = start + place;
        }
        true
    }

    /// Whether the entry at this place has come to a listener.
    fn has_seen(&self, listener: usize, at: usize) -> bool {
        let one = &self.listeners[listener];
        one.at > self.base + at && !one.missing.contains(&self.log[at].sent.id)
    }

    /// A listener has got this, which nobody sent.
    fn foreign(&mut self, listener: usize, what: &str, event: Event) {
        let guess = self.most_like(listener, &event);
        let line = if self.foreign.len() < FOREIGN {
            self.foreign.push(Foreign { listener, event, guess });
            None
        } else {
            guess
        };
        self.strange(listener, what, line);
    }

    /// Names the lines that those which nobody sent were made of: what has not come to their
    /// listener in the end, since many of those that were on their way then have come.
    fn find_origins(&mut self) {
        for Foreign { listener, event, guess } in std::mem::take(&mut self.foreign) {
            let origin = self.most_like(listener, &event).or(guess);
            self.tally.about(origin);
        }
    }

    /// The line of what the listener still has to see that is most like this:
    /// of the same author before all others, and then of the same kind of event.
    fn most_like(&self, listener: usize, event: &Event) -> Option<usize> {
        let unseen = (0..self.log.len()).filter(|&at| !self.has_seen(listener, at));
        let unseen = unseen.map(|at| &self.log[at].sent).chain(self.sent.values().flatten());
        let shown = self.line(event);
        let rated = unseen.filter_map(|sent: &Sent| {
            let by_same = self.room.mapping.same(&sent.event.who, &event.who);
            let alike = alike(&self.line(&sent.event), &shown);
            let rate = (by_same, form(&sent.event.kind) == form(&event.kind), alike);
            (by_same || alike >= ALIKE).then_some((rate, sent))
        });
        let best = rated.max_by(|(one, sent), (other, later)| one.cmp(other).then(later.id.cmp(&sent.id)));
        best.map(|(_, sent)| sent.line)
    }

    /// Gives the log a line that nobody had: at this listener's place, or
    /// behind what its sender did before. A listener that is past that has missed it,
    /// as far as is known. Where it is then.
    fn place(&mut self, listener: usize, sent: Sent, line: &str) -> usize {
        if self.is_behind(listener, &sent) {
            self.tally.reordered += 1;
            let shown = self.shown(&sent.event);
            let late = format!("{shown} came to {} after what was sent later", self.name(listener));
            self.tally.example(Some(sent.line), late);
        }
        let next = self.listeners[listener].at - self.base;
        let before = self.log.iter().skip(next).rposition(|entry| sent.is_later_than(&entry.sent));
        let ahead = before.map_or(0, |before| before + 1);
        let (id, at) = (sent.id, next + ahead);
        self.log.insert(
            at,
            Entry {
                sent,
                bytes: line.into(),
                left: self.listeners.len(),
                others: Vec::new(),
                late: Vec::new(),
            },
        );
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
        let mapping = self.room.mapping;
        let queue = self.sent.get_mut(&mapping.fold(&event.who))?;
        let is_it = |sent: &Sent| {
            sent.event.is_seen_as(event, mapping) && Reasons::of(&sent.event).allow(event.reason())
        };
        let at = queue.iter().position(is_it)?;
        queue.iter_mut().take(at).for_each(|sent| sent.overtaken = true);
        self.unseen -= 1;
        queue.remove(at)
    }

    /// The modes that this changes, as far as they were asked for.
    fn take_modes(&mut self, event: &Event) -> Option<Sent> {
        let EventKind::Mode { to, modes: changes } = &event.kind else { return None };
        let mapping = self.room.mapping;
        for Modes { sent, asked, told } in &mut self.modes {
            let of_place =
                matches!(&sent.event.kind, EventKind::Mode { to: room, .. } if mapping.same(room, to));
            if !of_place || !mapping.same(&sent.event.who, &event.who) {
                continue;
            }
            told.push(changes.clone());
            let all: Vec<&str> = told.iter().map(String::as_str).collect();
            if modes::agreed(asked, &[all], mapping).len() == told.len() {
                let Sent { id, line, at, overtaken, .. } = *sent;
                return Some(Sent { id, event: event.clone(), line, at, overtaken });
            }
            told.pop();
        }
        None
    }

    fn line(&self, event: &Event) -> String {
        event.line(&self.room.home, self.room.lang)
    }

    fn shown(&self, event: &Event) -> String {
        format!("'{}'", excerpt(&self.line(event), 0))
    }

    fn name(&self, listener: usize) -> String {
        self.room.crowd.name(listener)
    }

    /// Nothing more will come: what did not is lost.
    pub fn finish(mut self) -> Tally {
        self.find_origins();
        let all = self.listeners.len();
        let mut unseen: Vec<Sent> = std::mem::take(&mut self.sent).into_values().flatten().collect();
        unseen.sort_by_key(|sent| sent.id);
        for Sent { event, line, .. } in unseen {
            self.tally.lost += all as u64;
            self.tally.example(Some(line), format!("{} (line {line}) reached nobody", self.shown(&event)));
        }
        (0..self.log.len()).for_each(|at| self.compare_places(at));
        for (at, Entry { sent, left, .. }) in self.log.iter().enumerate().filter(|(_, entry)| entry.left > 0)
        {
            let first = (0..all).find(|&one| !self.has_seen(one, at));
            let first = first.map_or(String::new(), |one| self.name(one));
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

/// What two events of the same kind have in common.
fn form(kind: &EventKind) -> (Discriminant<EventKind>, Option<How>) {
    match kind {
        EventKind::Say { how, .. } => (discriminant(kind), Some(*how)),
        _ => (discriminant(kind), None),
    }
}

/// How much of two lines, in hundredths, is the same at their beginnings and ends.
fn alike(one: &str, other: &str) -> usize {
    let longest = one.chars().count().max(other.chars().count()).max(1);
    let same = |(one, other): &(char, char)| one == other;
    let shortest = one.chars().count().min(other.chars().count());
    let beginning = one.chars().zip(other.chars()).take_while(same).count();
    let end = one.chars().rev().zip(other.chars().rev()).take(shortest - beginning).take_while(same).count();
    (beginning + end) * 100 / longest
}

#[cfg(test)]
mod tests;
