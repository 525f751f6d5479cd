//! Questions for the past of a room, page by page (IRCv3 chathistory), or for all that has a word
//! (soju.im/search).

use super::backlog::Mark;
use crate::client::protocol::said::Said;
use crate::wire::{Line, Tags, tags};
use std::collections::VecDeque;
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
/// Questions of a person that wait for the one that is open.
const MAX_NEXT: usize = 20;
/// How long the server may take for a page.
const PATIENCE: Duration = Duration::from_secs(5);

const LABEL: &str = "h";

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
    /// The number of the question that is open.
    number: u64,
    pages: usize,
    /// How often this page was put off.
    put_off: usize,
    /// What the person is to see of them, oldest first; at most [`MAX_SHOWN`] and a page.
    pub(super) found: Vec<Said>,
    /// Up to here it was answered.
    edge: Option<Mark>,
    /// The server does not know the ids that we know.
    pub(super) by_time: bool,
    /// The server has shown that it knows where we had stopped: what it tells from there on is all of it.
    knows_edge: bool,
    /// Set once the question is on its way.
    deadline: Option<Duration>,
}

/// The questions for one room: one is open at a time.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    pub(super) open: Option<Fetch>,
    /// The person's next ones; at most [`MAX_NEXT`].
    pub(super) next: VecDeque<Purpose>,
}

impl Fetches {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.next.is_empty()
    }

    /// Whether no further question is taken.
    pub(super) fn is_full(&self) -> bool {
        self.next.len() >= MAX_NEXT
    }

    /// The connection is gone, or the room: nothing will be answered of this.
    pub(super) fn clear(&mut self) -> Vec<Purpose> {
        let open = self.open.take().map(|open| open.purpose);
        open.into_iter().chain(std::mem::take(&mut self.next)).collect()
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

    /// A question that is to be asked now with [`Fetches::ask`]; None where it waits for the
    /// open one. `edge`: what is known already.
    pub(super) fn begin(&mut self, purpose: Purpose, room: String, edge: Option<Mark>) -> Option<Fetch> {
        if self.open.is_some() {
            self.next.push_back(purpose);
            return None;
        }
        Some(Fetch {
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
        })
    }

    /// The line that asks for the next page. `number` is of no other question; `limit` and
    /// `labels` are the server's.
    pub(super) fn ask(
        &mut self,
        mut fetch: Fetch,
        number: u64,
        limit: Option<usize>,
        labels: bool,
    ) -> Vec<u8> {
        (fetch.number, fetch.deadline) = (number, None);
        let line = fetch.line(limit.map_or(PAGE, |most| most.min(PAGE)));
        let tags = if labels { Tags::new().with("label", &format!("{LABEL}{number}")) } else { Tags::new() };
        let mut bytes = Vec::new();
        line.write(&tags, &mut bytes);
        self.open = Some(fetch);
        bytes
    }

    /// Whether something is the answer to the open question; a label tells for sure.
    pub(super) fn is_answer(&self, label: Option<&str>) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| label.is_none_or(|label| label == format!("{LABEL}{}", open.number)))
    }

    /// The same of a search, whose answer names no room.
    pub(super) fn is_found(&self, label: Option<&str>) -> bool {
        let searches = self.open.as_ref().is_some_and(|open| matches!(open.purpose, Purpose::Search(_)));
        searches && self.is_answer(label)
    }

    /// The open question, where its answer is late: it is given up.
    pub(super) fn late(&mut self, now: Duration) -> Option<Fetch> {
        self.deadline().filter(|&deadline| deadline <= now)?;
        self.open.take()
    }
}

impl Fetch {
    fn line(&self, page: usize) -> Line {
        let count = match &self.purpose {
            Purpose::Entering(most) => page.min(*most),
            Purpose::Last(wanted) => page.min(wanted - self.found.len()),
            Purpose::Returning | Purpose::Grep(_) => page,
            Purpose::Search(word) => {
                let [room, text] = [&self.room, word].map(|value| escaped(value));
                let mut attributes = format!("in={room};text={text};limit={}", MAX_SHOWN - self.found.len());
                if let Some(before) = self.edge.as_ref().and_then(|edge| edge.at) {
                    attributes += &format!(";before={before:.3}");
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
        (self.pages, self.put_off) = (self.pages + 1, 0);
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
                self.found.splice(0..0, page);
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

fn escaped(value: &str) -> String {
    let mut out = String::new();
    tags::escape(value, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    fn said(id: u32) -> Said {
        let line = format!("@time=2026-01-01T00:00:{id:02}.000Z;msgid=m{id} :bob!u@h PRIVMSG #a :Tea {id}");
        Said::of(&Message::parse(&line).unwrap(), None).unwrap()
    }

    fn ask(fetches: &mut Fetches, fetch: Fetch, number: u64) -> String {
        String::from_utf8(fetches.ask(fetch, number, Some(50), true)).unwrap().trim_end().to_owned()
    }

    #[test]
    fn one_question_is_open_and_one_waits() {
        let mut fetches = Fetches::default();
        let fetch = fetches.begin(Purpose::Last(2), "#a".to_owned(), None).unwrap();
        assert_eq!(ask(&mut fetches, fetch, 1), "@label=h1 CHATHISTORY LATEST #a * 2");
        assert!(
            fetches.begin(Purpose::Entering(EARLIER), "#a".to_owned(), None).is_none()
                && fetches.next.len() == 1
        );
        assert!(fetches.is_answer(Some("h1")) && fetches.is_answer(None) && !fetches.is_answer(Some("h2")));
        let mut fetch = fetches.open.take().unwrap();
        assert!(fetch.advance(&[said(5)], true) && !fetch.collect(vec![said(5)]));
        assert_eq!(ask(&mut fetches, fetch, 2), "@label=h2 CHATHISTORY BEFORE #a msgid=m5 1");
        let mut fetch = fetches.open.take().unwrap();
        assert!(!fetch.advance(&[], true), "there is nothing more");
        assert_eq!(fetches.next.pop_front(), Some(Purpose::Entering(EARLIER)));
        assert!(fetches.open.is_none());
    }

    /// A server that was restarted is asked by time, since it has other ids.
    #[test]
    fn restarted_server_is_asked_by_time() {
        let mut fetches = Fetches::default();
        let edge = Mark { id: Some("m1".to_owned()), at: said(1).time };
        let mut fetch = fetches.begin(Purpose::Returning, "#a".to_owned(), Some(edge)).unwrap();
        assert!(fetch.falls_back_to_time());
        assert_eq!(
            ask(&mut fetches, fetch, 1),
            "@label=h1 CHATHISTORY AFTER #a timestamp=2026-01-01T00:00:00.999Z 50"
        );
        assert!(!fetches.open.take().unwrap().falls_back_to_time(), "once");
    }

    #[test]
    fn a_late_answer_is_given_up() {
        let mut fetches = Fetches::default();
        let fetch = fetches.begin(Purpose::Grep("tea".to_owned()), "#a".to_owned(), None).unwrap();
        ask(&mut fetches, fetch, 1);
        fetches.pump(Duration::from_secs(1));
        assert!(fetches.late(Duration::from_secs(5)).is_none());
        let mut fetch = fetches.late(Duration::from_secs(6)).unwrap();
        assert!(!fetch.collect(vec![said(1)]) && fetch.found.len() == 1);
        assert!(fetches.open.is_none());
    }
}
