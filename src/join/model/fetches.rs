//! The questions for the past of one room: one is open at a time, and one that was in vain is asked again later.

use super::backlog::Mark;
use super::fetch::{Fetch, Purpose};
use crate::wire::Tags;
use std::collections::VecDeque;
use std::time::Duration;

/// Questions of a person that wait for the one that is open.
const MAX_NEXT: usize = 20;

const LABEL: &str = "h";

#[derive(Debug, Default)]
pub(super) struct Fetches {
    pub(super) open: Option<Fetch>,
    /// The person's next ones; at most [`MAX_NEXT`].
    pub(super) next: VecDeque<Purpose>,
    later: Option<Later>,
}

/// What the server has not answered in time.
#[derive(Debug)]
struct Later {
    fetch: Fetch,
    pause: Duration,
    /// The end of the pause, once it has begun.
    ask_at: Option<Duration>,
}

/// Whether this is the label of a question for the past, of whatever room.
pub(super) fn is_label(label: &str) -> bool {
    label.starts_with(LABEL)
}

fn label(fetch: &Fetch) -> String {
    format!("{LABEL}{}", fetch.number)
}

impl Fetches {
    /// Whether all that the person waits for is answered.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.next.is_empty()
    }

    /// Whether no further question is taken.
    pub(super) fn is_full(&self) -> bool {
        self.next.len() >= MAX_NEXT
    }

    /// The connection is gone, or the room: nothing will be answered of this.
    pub(super) fn clear(&mut self) -> Vec<Purpose> {
        self.later = None;
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
        match &self.open {
            Some(open) => open.deadline,
            None => self.later.as_ref()?.ask_at,
        }
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if let Some(open) = &mut self.open {
            open.deadline.get_or_insert(now + open.patience());
        }
        if let Some(later) = &mut self.later {
            later.ask_at.get_or_insert(now + later.pause);
        }
    }

    /// A question that is to be asked now with [`Fetches::ask`]; None where it waits for the
    /// open one. `edge`: what is known already.
    pub(super) fn begin(&mut self, purpose: Purpose, room: String, edge: Option<Mark>) -> Option<Fetch> {
        if self.open.is_some() {
            self.next.push_back(purpose);
            return None;
        }
        Some(Fetch::new(purpose, room, edge))
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
        let line = fetch.line(limit);
        let tags = if labels { Tags::new().with("label", &label(&fetch)) } else { Tags::new() };
        let mut bytes = Vec::new();
        line.write(&tags, &mut bytes);
        self.open = Some(fetch);
        bytes
    }

    /// It is asked again after a pause.
    pub(super) fn ask_later(&mut self, fetch: Fetch, pause: Duration) {
        self.later = Some(Later { fetch, pause, ask_at: None });
    }

    /// Whether something is the answer to the open question; a label tells for sure.
    pub(super) fn is_answer(&self, of: Option<&str>) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| of.is_none_or(|of| of == label(open)))
    }

    /// The same of a search, whose answer names no room.
    pub(super) fn is_found(&self, label: Option<&str>) -> bool {
        let searches = self.open.as_ref().is_some_and(|open| matches!(open.purpose, Purpose::Search(_)));
        searches && self.is_answer(label)
    }

    /// The question that this page answers, which is taken out; it may be one whose answer was late.
    pub(super) fn answered(&mut self, of: Option<&str>) -> Option<Fetch> {
        if self.is_answer(of) {
            return self.open.take();
        }
        let is_it = |later: &&mut Later| of.is_none_or(|of| of == label(&later.fetch));
        self.later.as_mut().filter(is_it)?;
        self.later.take().map(|later| later.fetch)
    }

    /// The open question, where its answer is late.
    pub(super) fn late(&mut self, now: Duration) -> Option<Fetch> {
        self.open.as_ref()?.deadline.filter(|&deadline| deadline <= now)?;
        self.open.take()
    }

    /// The question that is to be asked again now.
    pub(super) fn due(&mut self, now: Duration) -> Option<Fetch> {
        let ask_at = self.later.as_ref().filter(|_| self.open.is_none())?.ask_at;
        ask_at.filter(|&ask_at| ask_at <= now)?;
        self.later.take().map(|later| later.fetch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fetch::EARLIER;
    use super::*;
    use crate::client::protocol::said::Said;
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
