//! What was shown of what people said since the program began.

use super::item::{Form, Speaker};
use crate::client::protocol::CaseMapping;
use crate::client::protocol::said::{Said, words};
use jiff::Timestamp;
use std::collections::VecDeque;

/// Messages that are remembered: more than a screen, and more than a server
/// repeats after a lost connection before the first that is known.
const MAX_KEPT: usize = 2000;

/// A message that was shown.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    pub(super) from: Speaker,
    pub(super) text: String,
    pub(super) form: Form,
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
    /// Our folded name then, where no echo has told more of a line of ours.
    pub(super) said_as: Option<String>,
}

impl Remembered {
    /// Whether it was said in a room, and not to one person.
    pub(super) fn is_of_room(&self) -> bool {
        !matches!(self.form, Form::Private { .. })
    }
}

/// A place in the past of a room, from which the server can be asked for more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
}

impl Mark {
    /// As CHATHISTORY refers to it; a time is all of its millisecond, so one
    /// that must not be passed over is told by so many less.
    pub(super) fn reference(&self, by_time: bool, less: i64) -> String {
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

#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Oldest first; at most [`MAX_KEPT`].
    pub(super) known: VecDeque<Remembered>,
}

impl Backlog {
    pub(super) fn add(&mut self, known: Remembered) {
        if self.known.len() == MAX_KEPT {
            self.known.pop_front();
        }
        self.known.push_back(known);
    }

    /// The same message, where it was shown already.
    pub(super) fn find(&self, said: &Said) -> Option<&Remembered> {
        let is_same = |known: &&Remembered| match (&known.id, &said.id) {
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
        let is_it = |known: &&mut Remembered| {
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
    pub(super) fn take_out(&mut self, id: &str) -> Option<Remembered> {
        let at = self.known.iter().rposition(|known| known.id.as_deref() == Some(id))?;
        self.known.remove(at)
    }

    /// The messages that hold this word, in whatever case.
    pub(super) fn having(&self, word: &str) -> impl Iterator<Item = &Remembered> {
        let wanted = word.to_lowercase();
        self.known.iter().filter(move |known| known.text.to_lowercase().contains(&wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: usize, form: Form) -> Remembered {
        let from = Speaker::Other("bob".to_owned());
        Remembered { from, text: "x".to_owned(), form, id: Some(id.to_string()), at: None, said_as: None }
    }

    #[test]
    fn the_oldest_message_makes_room_for_the_newest() {
        let mut backlog = Backlog::default();
        (1..MAX_KEPT + 10).for_each(|id| backlog.add(known(id, Form::Room)));
        assert_eq!(backlog.known.len(), MAX_KEPT);
        assert_eq!(backlog.having("X").next().unwrap().id.as_deref(), Some("10"));
        assert!(backlog.take_out("10").is_some() && backlog.take_out("10").is_none());
    }
}
