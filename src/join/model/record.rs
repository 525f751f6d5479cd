//! What was said, as far as this sitting remembers it.

use super::{Form, Speaker};
use crate::client::protocol::CaseMapping;
use crate::client::protocol::said::{Said, words};
use jiff::Timestamp;
use std::collections::VecDeque;

/// Messages that are remembered: more than a screen, and more than a server
/// says anew after a lost connection before the first that is known.
const KEPT: usize = 2000;

/// A message that was shown.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) from: Speaker,
    pub(super) text: String,
    pub(super) form: Form,
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
    /// Our folded name then, where no echo has told more of a line of ours.
    pub(super) said_as: Option<String>,
}

/// A place in what was said in the room: after it the server is asked on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(super) struct Record {
    /// Oldest first; at most [`KEPT`].
    known: VecDeque<Known>,
    /// The last message of the room that was shown, or our coming in.
    last: Option<Mark>,
    /// The folded name of the room that `last` is of.
    room: String,
}

impl Record {
    pub(super) fn add(&mut self, known: Known) {
        if self.known.len() == KEPT {
            self.known.pop_front();
        }
        if !matches!(known.form, Form::Private { .. }) {
            self.passes(Mark { id: known.id.clone(), at: known.at });
        }
        self.known.push_back(known);
    }

    /// All that was said before this in the room is known.
    pub(super) fn passes(&mut self, mark: Mark) {
        if mark != Mark::default() {
            self.last = Some(mark);
        }
    }

    /// We came into this room: what is said from here on is known. True where
    /// we were there before, and where we stopped is known.
    pub(super) fn enter(&mut self, room: &str, mark: Mark, mapping: CaseMapping) -> bool {
        let room = mapping.fold(room);
        let was_here = room == self.room && self.last.is_some();
        if !was_here {
            (self.room, self.last) = (room, None);
            self.passes(mark);
        }
        was_here
    }

    pub(super) fn last(&self) -> Option<&Mark> {
        self.last.as_ref()
    }

    /// The same message, where it was shown already.
    pub(super) fn find(&self, said: &Said) -> Option<&Known> {
        let is_same = |known: &&Known| match (&known.id, &said.id) {
            (Some(known), Some(id)) => known == id,
            _ => known.at.is_some() && known.at == said.time && said.text.ends_with(&known.text),
        };
        self.known.iter().rev().find(is_same)
    }

    /// Without an echo nobody has told when a line of ours was said, and as
    /// what: a page of the past does. True where it has any such line. A page
    /// that goes on from what is known begins with the oldest of them; any
    /// other ends with the newest.
    pub(super) fn adopt(&mut self, page: &[Said], goes_on: bool, mapping: CaseMapping) -> bool {
        let count = match goes_on {
            true => page.iter().filter(|said| self.adopt_one(said, true, mapping)).count(),
            false => page.iter().rev().filter(|said| self.adopt_one(said, false, mapping)).count(),
        };
        count > 0
    }

    fn adopt_one(&mut self, said: &Said, oldest: bool, mapping: CaseMapping) -> bool {
        let (Some((text, action)), Some(name)) =
            (words(&said.text), said.name().map(|name| mapping.fold(name)))
        else {
            return false;
        };
        if said.id.is_none() && said.time.is_none() || self.find(said).is_some() {
            return false;
        }
        let form = if action { Form::Action } else { Form::Room };
        let is_it = |known: &&mut Known| {
            known.said_as.as_ref() == Some(&name) && known.form == form && known.text == text
        };
        let mut known = self.known.iter_mut();
        let found = if oldest { known.find(is_it) } else { known.rfind(is_it) };
        let Some(known) = found else {
            return false;
        };
        (known.id, known.at, known.said_as) = (said.id.clone(), said.time, None);
        true
    }

    /// Takes out what is to be shown no more.
    pub(super) fn take_out(&mut self, id: &str) -> Option<Known> {
        let at = self.known.iter().rposition(|known| known.id.as_deref() == Some(id))?;
        self.known.remove(at)
    }

    /// The messages that hold this word, in whatever case.
    pub(super) fn having(&self, word: &str) -> impl Iterator<Item = &Known> {
        let wanted = word.to_lowercase();
        self.known.iter().filter(move |known| known.text.to_lowercase().contains(&wanted))
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Known> {
        self.known.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: usize, form: Form) -> Known {
        let from = Speaker::Other("bob".to_owned());
        Known { from, text: "x".to_owned(), form, id: Some(id.to_string()), at: None, said_as: None }
    }

    #[test]
    fn the_last_of_the_room_is_where_to_go_on() {
        let mark = |id: &str| Mark { id: Some(id.to_owned()), at: None };
        let mut record = Record::default();
        assert!(!record.enter("#lobby", mark("join"), CaseMapping::Ascii));
        assert_eq!(record.last(), Some(&mark("join")));
        record.add(known(1, Form::Room));
        record.add(known(2, Form::Private { to: None }));
        assert!(record.enter("#LOBBY", mark("again"), CaseMapping::Ascii));
        assert_eq!(record.last(), Some(&mark("1")));
        assert!(!record.enter("#lab", Mark::default(), CaseMapping::Ascii));
        assert_eq!(record.last(), None);
        (3..KEPT + 10).for_each(|id| record.add(known(id, Form::Room)));
        assert_eq!(record.iter().count(), KEPT);
        assert_eq!(record.having("X").next().unwrap().id.as_deref(), Some("10"));
    }
}
