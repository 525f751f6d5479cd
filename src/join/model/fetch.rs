//! Questions for the past of a room, page by page (IRCv3 chathistory), or for all that has a word
//! (soju.im/search).

use super::backlog::Mark;
use crate::client::protocol::said::Said;
use crate::wire::{Line, tags};
use jiff::SignedDuration;
use std::time::Duration;

/// Messages that are shown on coming in: fewer than a screen has rows; of a room that is not the
/// current one only a few.
pub(super) const EARLIER: usize = 20;
pub(super) const EARLIER_BESIDE: usize = 5;
/// Messages in a page, unless the server gives fewer.
const PAGE: usize = 100;
/// Messages that `/last` and `/grep` show.
pub(super) const MAX_SHOWN: usize = 500;
/// Bytes of what a server searches for: with the room's name it fits into a line.
pub(super) const MAX_SEARCHED: usize = 200;
/// How often a page is asked for again that takes the server too long: each time less of it has to be
/// read from its disk.
const MAX_PUT_OFF: usize = 8;
/// Pages that `/grep` looks through.
const MAX_PAGES: usize = 100;
/// How long the server may take for a page, doubled each time that it has taken longer.
const PATIENCE: Duration = Duration::from_secs(5);
const MAX_PATIENCE: Duration = Duration::from_secs(20);
/// How often the past that is missing is asked for again, and the pauses, doubled each time: half an hour in all.
const MAX_TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(5);
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// What the pages are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// We come in: what was said last, so many.
    Entering(usize),
    /// We were here before: all that was said since.
    Returning,
    /// `/last`: so many.
    Last(usize),
    /// `/grep`: those with this word.
    Grep(String),
    /// The same, where the server searches.
    Search(String),
}

/// A question to the server, and its answers so far.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) purpose: Purpose,
    room: String,
    /// The number of the question.
    pub(super) number: u64,
    pages: usize,
    /// How often this page was put off.
    put_off: usize,
    /// What the person is to see of them, oldest first; at most [`MAX_SHOWN`] and a page.
    pub(super) found: Vec<Said>,
    /// Up to here it was answered.
    pub(super) edge: Option<Mark>,
    /// The server does not know the ids that we know.
    pub(super) by_time: bool,
    /// The server has shown that it knows where we had stopped: what it tells from there on is all of it.
    knows_edge: bool,
    /// Set once the question is on its way.
    pub(super) deadline: Option<Duration>,
    /// How often it was in vain since the last page.
    tries: u32,
    /// The person knows that it is answered late.
    pub(super) is_told: bool,
    /// It was told that what it brings was said before what stands above.
    pub(super) is_below: bool,
    /// Behind some of what is missing stands what was shown already, up to the last message.
    pub(super) is_in_gap: bool,
}

impl Fetch {
    /// `edge`: what is known already.
    pub(super) fn new(purpose: Purpose, room: String, edge: Option<Mark>) -> Fetch {
        Fetch {
            // Without an id the time is all there is.
            by_time: edge.as_ref().is_some_and(|edge| edge.id.is_none()),
            purpose,
            room,
            number: 0,
            pages: 0,
            put_off: 0,
            found: Vec::new(),
            knows_edge: false,
            edge,
            deadline: None,
            tries: 0,
            is_told: false,
            is_below: false,
            is_in_gap: false,
        }
    }

    /// It is asked because we come into the room, and not by the person.
    pub(super) fn is_of_coming(&self) -> bool {
        matches!(self.purpose, Purpose::Entering(_) | Purpose::Returning)
    }

    /// How long the answer may take.
    pub(super) fn patience(&self) -> Duration {
        (PATIENCE * (1 << self.tries.min(5))).min(MAX_PATIENCE)
    }

    /// It was in vain: the pause before it is asked again; None where it has been asked often enough.
    pub(super) fn is_in_vain(&mut self) -> Option<Duration> {
        self.tries += 1;
        self.put_off = 0;
        (self.tries <= MAX_TRIES).then(|| (PAUSE * (1 << (self.tries - 1))).min(MAX_PAUSE))
    }

    /// The line that asks for the next page; `limit` is the server's.
    pub(super) fn line(&self, limit: Option<usize>) -> Line {
        self.line_of(limit.map_or(PAGE, |most| most.min(PAGE)))
    }

    fn line_of(&self, page: usize) -> Line {
        let count = match &self.purpose {
            Purpose::Entering(most) => page.min(*most),
            Purpose::Last(wanted) => page.min(wanted - self.found.len()),
            Purpose::Returning | Purpose::Grep(_) => page,
            Purpose::Search(word) => {
                let [room, text] = [&self.room, word].map(|value| escaped(value));
                let mut attributes = format!("in={room};text={text};limit={}", MAX_SHOWN - self.found.len());
                if let Some(oldest) = self.edge.as_ref().and_then(|edge| edge.at) {
                    // It leaves out all of that millisecond, of which not all may have been on the page.
                    let next = oldest.checked_add(SignedDuration::from_millis(1)).unwrap_or(oldest);
                    attributes += &format!(";before={next:.3}");
                }
                return Line::new("SEARCH").param(&attributes);
            }
        };
        let (subcommand, from) = match (&self.purpose, &self.edge) {
            (_, None) => ("LATEST", "*".to_owned()),
            (Purpose::Returning, Some(edge)) => ("AFTER", edge.reference(self.by_time, 1)),
            (_, Some(edge)) => ("BEFORE", edge.reference(edge.id.is_none(), 0)),
        };
        let line = Line::new("CHATHISTORY").param(subcommand).param(&self.room).param(&from);
        line.param(&count.to_string())
    }

    /// Goes on behind this page; false where it brings nothing new. `refuses_ids`: the server refuses
    /// an id that it does not know.
    pub(super) fn advance(&mut self, page: &[Said], refuses_ids: bool) -> bool {
        (self.pages, self.put_off, self.tries) = (self.pages + 1, 0, 0);
        if self.pages == 1 {
            let id = self.edge.as_ref().and_then(|edge| edge.id.as_ref());
            self.knows_edge = match self.by_time {
                true => id.is_some() && page.iter().any(|said| said.id.as_ref() == id),
                false => refuses_ids || !page.is_empty(),
            };
        }
        let edge = match self.purpose {
            Purpose::Returning => page.last(),
            _ => page.first(),
        };
        let edge = edge.map(|said| Mark { id: said.id.clone(), at: said.time });
        let goes_on = edge.is_some() && edge != self.edge;
        self.edge = edge.or(self.edge.take());
        goes_on
    }

    /// Keeps what a person has asked for; true where it is enough.
    pub(super) fn collect(&mut self, page: Vec<Said>) -> bool {
        match &self.purpose {
            Purpose::Last(wanted) => {
                self.found.splice(0..0, page);
                self.found.len() >= *wanted
            }
            Purpose::Grep(word) => {
                let wanted = word.to_lowercase();
                let hits = page.into_iter().filter(|said| said.text.to_lowercase().contains(&wanted));
                self.found.splice(0..0, hits);
                self.found.len() >= MAX_SHOWN || self.pages >= MAX_PAGES
            }
            Purpose::Search(_) => {
                let known = |said: &Said| self.found.iter().any(|found| is_same(found, said));
                let new: Vec<Said> = page.into_iter().filter(|said| !known(said)).collect();
                self.found.splice(0..0, new);
                self.found.len() >= MAX_SHOWN
            }
            Purpose::Entering(_) | Purpose::Returning => true,
        }
    }

    /// Answering took the server too long. True where it is asked for the same again.
    pub(super) fn is_asked_again(&mut self) -> bool {
        self.put_off += 1;
        self.put_off <= MAX_PUT_OFF
    }

    /// A page of a search has brought only what was known: `hits` in one millisecond. True where it may have more
    /// of them than fit into a page, of at most `limit`: what was said before the oldest is looked through then.
    pub(super) fn looks_through(&mut self, hits: usize, limit: Option<usize>) -> bool {
        let page = limit.map_or(PAGE, |most| most.min(PAGE)).min(MAX_SHOWN.saturating_sub(self.found.len()));
        let Purpose::Search(word) = &mut self.purpose else { return false };
        let has_more = hits >= page;
        if has_more {
            self.purpose = Purpose::Grep(std::mem::take(word));
        }
        has_more
    }

    /// The server has refused to search. True where its past can be looked through instead.
    pub(super) fn falls_back_to_pages(&mut self) -> bool {
        let Purpose::Search(word) = &mut self.purpose else { return false };
        self.purpose = Purpose::Grep(std::mem::take(word));
        (self.edge, self.found) = (None, Vec::new());
        true
    }

    /// The server has refused the question. True where it can be asked again by time: another
    /// run of the server has other ids.
    pub(super) fn falls_back_to_time(&mut self) -> bool {
        let can = self.asks_by_time();
        if let Some(edge) = self.edge.as_mut().filter(|_| can) {
            edge.id = None;
        }
        can
    }

    /// An empty page proves nothing where servers answer so of a room whose past they do not keep
    /// (UnrealIRCd), or from an id that they do not know (ergo). True where it can be asked again by time.
    pub(super) fn doubts_empty_page(&mut self) -> bool {
        !self.knows_edge && self.asks_by_time()
    }

    fn asks_by_time(&mut self) -> bool {
        let has_time = self.edge.as_ref().is_some_and(|edge| edge.at.is_some());
        let can = self.purpose == Purpose::Returning && !self.by_time && has_time;
        if can {
            (self.by_time, self.pages) = (true, 0);
        }
        can
    }

    /// Whether the pages tell all that was said since the place from which they were asked for.
    pub(super) fn is_whole(&self) -> bool {
        self.knows_edge
    }
}

/// Whether these are one message.
fn is_same(one: &Said, other: &Said) -> bool {
    match (&one.id, &other.id) {
        (Some(one), Some(other)) => one == other,
        _ => one.time == other.time && one.text == other.text && one.name() == other.name(),
    }
}

fn escaped(value: &str) -> String {
    let mut out = String::new();
    tags::escape(value, &mut out);
    out
}
