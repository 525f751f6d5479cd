//! What the server keeps of the room, asked for page by page (IRCv3 chathistory).

use super::record::{Known, Mark};
use super::{Form, Item, Model, Speaker};
use crate::client::protocol::said::{Said, words};
use crate::wire::{Line, Tags};
use std::time::Duration;

/// Messages that are shown on coming in: fewer than a screen has rows.
const EARLIER: usize = 20;
/// Messages in a page, unless the server gives fewer.
const PAGE: usize = 100;
/// Messages that `/last` and `/grep` show.
const MOST_SHOWN: usize = 500;
/// Pages that `/grep` looks through.
const MOST_PAGES: usize = 100;
/// How long the server may take for a page.
const PATIENCE: Duration = Duration::from_secs(5);

const LABEL: &str = "h";

/// What the pages are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// We come in: what was said last.
    Entering,
    /// We were here before: all that was said since.
    Returning,
    /// `/last`: so many.
    Last(usize),
    /// `/grep`: those with this word.
    Grep(String),
}

/// A question to the server, and its answers so far.
#[derive(Debug)]
pub(super) struct Fetch {
    purpose: Purpose,
    room: String,
    /// The number of the question that is open.
    number: u64,
    pages: usize,
    /// What the person is to see of them, oldest first; at most [`MOST_SHOWN`].
    found: Vec<Said>,
    /// Up to here it was answered.
    edge: Option<Mark>,
    /// The server does not know the ids that we know.
    by_time: bool,
    /// Set once the question is on its way.
    deadline: Option<Duration>,
}

/// The questions: one is open at a time.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    open: Option<Fetch>,
    /// The person's next one: nothing more is read before it is asked.
    next: Option<Purpose>,
    asked: u64,
}

impl Fetches {
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_none() && self.next.is_none()
    }

    pub(super) fn has_room(&self) -> bool {
        self.next.is_none()
    }

    /// The connection is gone, or the room: nothing will be answered.
    pub(super) fn clear(&mut self) {
        (self.open, self.next) = (None, None);
    }

    /// This was taken back.
    pub(super) fn forget(&mut self, id: &str) {
        if let Some(open) = &mut self.open {
            open.found.retain(|said| said.id.as_deref() != Some(id));
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.open.as_ref()?.deadline
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if let Some(open) = &mut self.open {
            open.deadline.get_or_insert(now + PATIENCE);
        }
    }
}

impl Model {
    /// Whether the server can be asked about this room.
    pub(super) fn keeps_past(&self) -> bool {
        self.has("draft/chathistory") && self.has("batch") && self.room.is_some()
    }

    /// Asks now, or once the open question is answered.
    pub(super) fn fetch(&mut self, purpose: Purpose) {
        let Some(room) = self.room.clone() else {
            return self.show(Item::NoRoom);
        };
        if self.fetches.open.is_some() {
            self.fetches.next = Some(purpose);
            return;
        }
        let edge = self.record.last().filter(|_| purpose == Purpose::Returning).cloned();
        self.fetches.open = Some(Fetch {
            // Without an id the time is all there is.
            by_time: edge.as_ref().is_some_and(|edge| edge.id.is_none()),
            purpose,
            room,
            number: 0,
            pages: 0,
            found: Vec::new(),
            edge,
            deadline: None,
        });
        self.ask();
    }

    /// Asks for the next page.
    fn ask(&mut self) {
        let page = self.registration.features.history_limit().map_or(PAGE, |most| most.min(PAGE));
        let labels = self.has("labeled-response");
        let Some(open) = &mut self.fetches.open else {
            return;
        };
        self.fetches.asked += 1;
        (open.number, open.deadline) = (self.fetches.asked, None);
        let count = match open.purpose {
            Purpose::Entering => page.min(EARLIER),
            Purpose::Last(wanted) => page.min(wanted - open.found.len()),
            Purpose::Returning | Purpose::Grep(_) => page,
        };
        let (subcommand, from) = match (&open.purpose, &open.edge) {
            (_, None) => ("LATEST", "*".to_owned()),
            (Purpose::Returning, Some(edge)) => ("AFTER", edge.reference(open.by_time, 1)),
            (_, Some(edge)) => ("BEFORE", edge.reference(edge.id.is_none(), 0)),
        };
        let line = Line::new("CHATHISTORY").param(subcommand).param(&open.room).param(&from);
        let line = line.param(&count.to_string());
        let tags =
            if labels { Tags::new().with("label", &format!("{LABEL}{}", open.number)) } else { Tags::new() };
        let mut bytes = Vec::new();
        line.write(&tags, &mut bytes);
        self.send_bytes(bytes);
    }

    /// Whether something is the answer to the open question; a label tells for sure.
    fn is_answer(&self, label: Option<&str>) -> bool {
        let open = self.fetches.open.as_ref();
        open.is_some_and(|open| label.is_none_or(|label| label == format!("{LABEL}{}", open.number)))
    }

    /// A page, or what the server tells of the past unasked.
    pub(super) fn hear_past(&mut self, room: &str, label: Option<&str>, page: Vec<Said>) {
        if !self.is_here(room) || label.is_some() && !self.is_answer(label) {
            return;
        }
        let Some(mut open) = self.fetches.open.take() else {
            return self.show_earlier(&page);
        };
        open.pages += 1;
        let any_of_ours = self.record.adopt(&page, open.purpose == Purpose::Returning, self.mapping());
        let edge = match open.purpose {
            Purpose::Returning => page.last(),
            _ => page.first(),
        };
        let edge = edge.map(|said| Mark { id: said.id.clone(), at: said.time });
        let goes_on = edge.is_some() && edge != open.edge;
        open.edge = edge.or(open.edge);
        let done = match &open.purpose {
            Purpose::Entering => {
                self.show_earlier(&page);
                return self.arrive();
            }
            Purpose::Returning => !self.show_missed(&page) && !any_of_ours,
            Purpose::Last(wanted) => {
                open.found.splice(0..0, page);
                open.found.len() >= *wanted
            }
            Purpose::Grep(word) => {
                let wanted = word.to_lowercase();
                let hits = page.into_iter().filter(|said| said.text.to_lowercase().contains(&wanted));
                open.found.splice(0..0, hits);
                open.found.len() >= MOST_SHOWN || open.pages >= MOST_PAGES
            }
        };
        match done || !goes_on {
            true => self.finish(open, true),
            false => {
                self.fetches.open = Some(open);
                self.ask();
            }
        }
    }

    /// The server answers a question without a page. True if it was ours.
    pub(super) fn hear_no_past(&mut self, label: Option<&str>, refused: bool) -> bool {
        if !self.is_answer(label) {
            return false;
        }
        let Some(mut open) = self.fetches.open.take() else {
            return false;
        };
        let has_time = open.edge.as_ref().is_some_and(|edge| edge.at.is_some());
        if refused && open.purpose == Purpose::Returning && !open.by_time && has_time {
            // Another run of the server has other ids.
            open.by_time = true;
            self.fetches.open = Some(open);
            self.ask();
            return true;
        }
        self.finish(open, !refused);
        true
    }

    /// Gives up a question that is not answered.
    pub(super) fn check_fetch(&mut self, now: Duration) {
        if self.fetches.deadline().is_some_and(|deadline| deadline <= now)
            && let Some(open) = self.fetches.open.take()
        {
            self.finish(open, false);
        }
    }

    fn finish(&mut self, open: Fetch, whole: bool) {
        match open.purpose {
            Purpose::Entering => self.arrive(),
            Purpose::Returning => self.have_returned(whole && !open.by_time),
            Purpose::Last(wanted) => {
                let mut found: Vec<Known> = open.found.iter().filter_map(|said| self.known(said)).collect();
                found.drain(..found.len().saturating_sub(wanted));
                self.show_found(found, None);
            }
            Purpose::Grep(word) => {
                let mut found: Vec<Known> = open.found.iter().filter_map(|said| self.known(said)).collect();
                // What was said to one person is nowhere but here.
                let private =
                    self.record.having(&word).filter(|known| matches!(known.form, Form::Private { .. }));
                found.extend(private.cloned());
                found.sort_by_key(|known| known.at);
                self.show_found(found, Some(word));
            }
        }
        if let Some(next) = self.fetches.next.take() {
            self.fetch(next);
        }
    }

    /// `/last`.
    pub(super) fn last(&mut self, wanted: usize) {
        let wanted = wanted.min(MOST_SHOWN);
        if self.keeps_past() {
            return self.fetch(Purpose::Last(wanted));
        }
        let known = self.record.iter();
        let found: Vec<Known> =
            known.rev().take(wanted).cloned().collect::<Vec<_>>().into_iter().rev().collect();
        self.show(Item::OnlySitting);
        self.show_found(found, None);
    }

    /// `/grep`.
    pub(super) fn grep(&mut self, word: String) {
        if self.keeps_past() {
            return self.fetch(Purpose::Grep(word));
        }
        let found: Vec<Known> = self.record.having(&word).cloned().collect();
        self.show(Item::OnlySitting);
        self.show_found(found, Some(word));
    }

    fn show_found(&mut self, mut found: Vec<Known>, word: Option<String>) {
        let count = found.len();
        found.drain(..count.saturating_sub(MOST_SHOWN));
        self.show(match &word {
            Some(word) => Item::Found { word: word.clone(), count },
            None => Item::LastOnes { count },
        });
        for Known { from, text, form, at, id, .. } in found {
            self.show(Item::Said { from, text, form, mention: word.clone(), at, id });
        }
        if count > 0 {
            self.show(Item::Earlier);
        }
    }

    /// A message of the past for a person; None where it is not for people.
    ///
    /// Ours is only what this sitting has said: earlier our name may have been
    /// anybody's.
    pub(super) fn known(&self, said: &Said) -> Option<Known> {
        let (text, action) = words(&said.text)?;
        let name = said.name()?;
        let from = match self.record.find(said) {
            Some(known) => known.from.clone(),
            None => Speaker::Other(name.to_owned()),
        };
        let (text, form) = (text.to_owned(), self.form(said, action));
        let known = Known { from, text, form, id: said.id.clone(), at: said.time, said_as: None };
        self.is_heard(&known).then_some(known)
    }
}

impl Mark {
    /// As CHATHISTORY refers to it; a time is all of its millisecond, so one
    /// that must not be passed over is told by so many less.
    fn reference(&self, by_time: bool, less: i64) -> String {
        match (&self.id, self.at) {
            (Some(id), _) if !by_time => format!("msgid={id}"),
            (_, Some(at)) => {
                let at = at.checked_sub(jiff::SignedDuration::from_millis(less)).unwrap_or(at);
                format!("timestamp={at:.3}")
            }
            (Some(id), None) => format!("msgid={id}"),
            (None, None) => "*".to_owned(),
        }
    }
}
