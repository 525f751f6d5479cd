//! What was shown of what people said since the program began.

use super::ids::RoomId;
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
    /// Where it was said; None where it was said to one person.
    pub(super) room: Option<RoomId>,
    pub(super) from: Speaker,
    pub(super) text: String,
    pub(super) form: Form,
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
    /// Our folded name at that time, for a line of ours whose echo has not come.
    pub(super) said_as: Option<String>,
}

/// A place in the past of a room, from which the server can be asked for more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) id: Option<String>,
    pub(super) at: Option<Timestamp>,
}

impl Mark {
    /// Whether it is the place of this message.
    pub(super) fn is_of(&self, said: &Said) -> bool {
        match &self.id {
            Some(id) => said.id.as_ref() == Some(id),
            None => self.at.is_some() && self.at == said.time,
        }
    }

    /// As CHATHISTORY refers to it. AFTER a time leaves out all of that millisecond: `less` milliseconds
    /// are subtracted where messages of it may be missing.
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

    /// The same message, where it was shown already; `room`: where it was said.
    pub(super) fn find(&self, said: &Said, room: Option<RoomId>) -> Option<&Remembered> {
        let is_same = |known: &&Remembered| match (&known.id, &said.id) {
            (Some(known), Some(id)) => known == id,
            _ => known.was_said(said, room),
        };
        self.known.iter().rev().find(is_same)
    }

    /// Whether it was shown already, under whatever id: another run of a server may give others.
    pub(super) fn has_shown(&self, said: &Said, room: RoomId) -> bool {
        self.known.iter().rev().any(|known| known.was_said(said, Some(room)))
    }

    /// Without an echo nobody has told when a line of ours was said, and as
    /// what: a page of the past does. True where it has any such line. A page
    /// that goes on from what is known begins with the oldest of them; any
    /// other ends with the newest.
    pub(super) fn adopt(&mut self, page: &[Said], room: RoomId, goes_on: bool, mapping: CaseMapping) -> bool {
        let count = match goes_on {
            true => page.iter().filter(|said| self.adopt_one(said, room, true, mapping)).count(),
            false => page.iter().rev().filter(|said| self.adopt_one(said, room, false, mapping)).count(),
        };
        count > 0
    }

    fn adopt_one(&mut self, said: &Said, room: RoomId, oldest: bool, mapping: CaseMapping) -> bool {
        let (Some((text, action)), Some(name)) =
            (words(&said.text), said.name().map(|name| mapping.fold(name)))
        else {
            return false;
        };
        if said.id.is_none() && said.time.is_none() || self.find(said, Some(room)).is_some() {
            return false;
        }
        let form = if action { Form::Action } else { Form::Room };
        let is_it = |known: &&mut Remembered| {
            let is_ours = known.room == Some(room) && known.said_as.as_ref() == Some(&name);
            is_ours && known.form == form && known.text == text
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

    /// What was said in this room, and to one person.
    pub(super) fn of(&self, room: RoomId) -> impl Iterator<Item = &Remembered> {
        self.known.iter().filter(move |known| known.room.is_none_or(|other| other == room))
    }
}

impl Remembered {
    /// Whether it has the time, the place and the words of this.
    fn was_said(&self, said: &Said, room: Option<RoomId>) -> bool {
        let is_then = self.at.is_some() && self.at == said.time && self.room == room;
        is_then && said.text.ends_with(&self.text)
    }

    /// Whether it has this word, in whatever case.
    pub(super) fn has(&self, word: &str) -> bool {
        self.text.to_lowercase().contains(&word.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::super::rooms::Rooms;
    use super::*;

    fn known(id: usize, room: Option<RoomId>) -> Remembered {
        let (from, text) = (Speaker::Other("bob".to_owned()), "x".to_owned());
        Remembered { room, from, text, form: Form::Room, id: Some(id.to_string()), at: None, said_as: None }
    }

    /// The oldest message makes room for the newest.
    #[test]
    fn oldest_message_goes_first() {
        let mut rooms = Rooms::new(&[]);
        let here = rooms.current().id;
        let mut backlog = Backlog::default();
        (1..MAX_KEPT + 10).for_each(|id| backlog.add(known(id, Some(here))));
        assert_eq!(backlog.known.len(), MAX_KEPT);
        let first = backlog.of(here).next().unwrap();
        assert!(first.has("X") && first.id.as_deref() == Some("10"));
        backlog.add(known(0, None));
        let other = rooms.add("#b").unwrap();
        assert_eq!(backlog.of(other).count(), 1, "only what was said to one person");
        let mut backlog = Backlog::default();
        (1..MAX_KEPT + 10).for_each(|id| backlog.add(known(id, None)));
        assert!(backlog.take_out("10").is_some() && backlog.take_out("10").is_none());
    }
}
