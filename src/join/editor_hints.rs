//! What the line editor needs to know of the conversation.

use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// People who spoke or were spoken to that are remembered.
const RECENT: usize = 64;

/// The main thread, which owns the model, writes it; the input thread reads it.
#[derive(Debug, Default)]
pub(super) struct EditorHints {
    people: Mutex<People>,
    /// Bytes of a text that fits one message; 0 while that is not known.
    pub(super) text_bytes: AtomicUsize,
}

/// The names that Tab offers.
#[derive(Debug, Default)]
struct People {
    /// Of the current room, in the order of their names.
    here: Vec<String>,
    /// Of other rooms, and the rooms themselves.
    elsewhere: Vec<String>,
    me: String,
    /// The last who spoke or were spoken to come first; and whether it was in private, with
    /// somebody who need not be in the room.
    recent: VecDeque<(String, bool)>,
    /// When the last of them spoke.
    last: Timestamp,
}

impl EditorHints {
    /// The people of the current room, ourselves among them; those of other rooms, and rooms.
    pub(super) fn set_names(&self, here: Vec<String>, elsewhere: Vec<String>, me: &str) {
        let mut people = self.people();
        (people.here, people.elsewhere) = (here, elsewhere);
        me.clone_into(&mut people.me);
    }

    /// Somebody spoke or was spoken to.
    pub(super) fn talks(&self, name: &str, in_private: bool) {
        let recent = &mut self.people().recent;
        let before = recent.iter().position(|(other, _)| other == name);
        let was_private = before.and_then(|at| recent.remove(at)).is_some_and(|(_, private)| private);
        recent.push_front((name.to_owned(), in_private || was_private));
        recent.truncate(RECENT);
    }

    /// Somebody spoke, at this time where that was not just now. What is shown once more, by `/last`
    /// or `/grep`, changes no order.
    pub(super) fn spoke(&self, name: &str, in_private: bool, at: Option<Timestamp>) {
        let last = self.people().last;
        if at.is_none_or(|at| at > last) {
            self.people().last = at.unwrap_or_else(Timestamp::now);
            self.talks(name, in_private);
        }
    }

    /// Something was said in the room: it may begin with somebody's name.
    pub(super) fn says(&self, text: &str) {
        let text = text.trim_start().trim_start_matches('@');
        let is_spoken_to = |name: &&String| {
            text.strip_prefix(name.as_str())
                .is_some_and(|rest| rest.starts_with([':', ',', '：', '，', ' ']) || rest.is_empty())
        };
        let named = self.people().here.iter().find(is_spoken_to).cloned();
        named.into_iter().for_each(|name| self.talks(&name, false));
    }

    /// In the order in which Tab offers them: those of the current room first, and of them the
    /// person who spoke or was spoken to last; we last.
    pub(super) fn names(&self) -> Vec<String> {
        let People { here, elsewhere, me, recent, .. } = &*self.people();
        let recent = recent.iter().filter(|(name, private)| *private || here.contains(name));
        let mut names: Vec<String> = recent.map(|(name, _)| name.clone()).filter(|name| name != me).collect();
        let silent: Vec<String> =
            here.iter().filter(|name| !names.contains(name) && *name != me).cloned().collect();
        names.extend(silent);
        let others: Vec<String> =
            elsewhere.iter().filter(|name| !names.contains(name) && *name != me).cloned().collect();
        names.extend(others);
        names.extend(here.iter().find(|name| *name == me).cloned());
        names
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The person who spoke last is offered first, and oneself last.
    #[test]
    fn the_last_speaker_is_offered_first() {
        let known = EditorHints::default();
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        known.set_names(owned(&["a", "b", "c", "me"]), owned(&["#lab", "b", "far", "me"]), "me");
        assert_eq!(known.names(), ["a", "b", "c", "#lab", "far", "me"]);
        known.set_names(owned(&["a", "b", "c", "me"]), Vec::new(), "me");
        known.talks("b", false);
        known.talks("gone", false);
        known.talks("far", true);
        known.talks("me", false);
        known.says("c: hello");
        known.says("nobody: hello");
        assert_eq!(known.names(), ["c", "far", "b", "a", "me"]);
        known.says("@a，在嗎");
        assert_eq!(known.names()[0], "a");
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        known.spoke("b", false, at(1));
        known.spoke("c", false, at(2));
        known.spoke("b", false, at(1));
        assert_eq!(known.names()[..2], ["c", "b"], "what was said before is shown once more");
        known.spoke("b", false, None);
        known.spoke("c", false, at(2));
        assert_eq!(known.names()[..2], ["b", "c"]);
        (0..2 * RECENT).for_each(|number| known.talks(&number.to_string(), true));
        assert_eq!(known.names().len(), RECENT + 4);
    }
}
