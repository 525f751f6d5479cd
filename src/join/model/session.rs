//! One connection to a server: how far it has come, what was agreed, and who we are there.

use super::entry::{Entry, Phase, WANTED};
use super::reclaim::Reclaim;
use crate::client::protocol::batches::Batches;
use crate::client::protocol::{CaseMapping, Registration};
use crate::wire::multiline::{self, Limits};
use crate::wire::{Line, Message};

/// The room where neither the person nor the server names one.
const DEFAULT_ROOM: &str = "#lobby";
/// Bytes of a line that a client may send (Modern, Message Format), its end included.
const LINE_BYTES: usize = 512;
/// What the server adds before our line until we have seen it: `:` name `!`
/// user `@` host and a blank, the two latter as long as servers let them be.
const SOURCE_BYTES: usize = 3 + 10 + 63;

#[derive(Debug)]
pub(super) struct Session {
    pub(super) phase: Phase,
    pub(super) entry: Entry,
    /// What is agreed with the server, and our name.
    pub(super) registration: Registration,
    /// Our own `name!user@host`, once the server has shown it.
    pub(super) source: Option<String>,
    pub(super) batches: Batches,
    /// What ERROR said.
    pub(super) last_words: Option<String>,
    /// The room that is to be entered.
    pub(super) wanted_room: Option<String>,
    /// The name that was ours on the last connection; None on the first one.
    pub(super) returning: Option<String>,
    pub(super) reclaim: Reclaim,
    /// The person knows, since we were in a room, that we are kept out, and whether
    /// it is tried again.
    kept_out: Option<bool>,
    /// We were put out of the room: only the person goes back.
    pub(super) is_put_out: bool,
}

impl Session {
    pub(super) fn new(wanted_room: Option<String>) -> Session {
        Session {
            phase: Phase::Registering,
            entry: Entry::default(),
            registration: Registration::new(WANTED),
            source: None,
            batches: Batches::default(),
            last_words: None,
            wanted_room,
            returning: None,
            reclaim: Reclaim::default(),
            kept_out: None,
            is_put_out: false,
        }
    }

    /// Begins anew on another connection to the same server, whose first lines these are.
    /// `room` is the one that we were in.
    pub(super) fn come_back(&mut self, room: Option<String>) -> [Line; 3] {
        let name = self.returning.clone().unwrap_or_else(|| self.name().to_owned());
        let registration = self.registration.again();
        *self = Session {
            entry: Entry::again(),
            registration,
            returning: Some(name.clone()),
            kept_out: self.kept_out,
            is_put_out: self.is_put_out,
            ..Session::new(room.or_else(|| self.wanted_room.take()))
        };
        self.register(&name)
    }

    /// The first lines of a connection.
    pub(super) fn register(&mut self, name: &str) -> [Line; 3] {
        // Many servers take only ASCII letters and digits there.
        let user: String = name.chars().filter(char::is_ascii_alphanumeric).take(9).collect();
        let user = if user.is_empty() { "guest" } else { &user };
        self.registration.begin(name, user, name)
    }

    /// The greeting is complete: the room that is to be entered now.
    pub(super) fn room_to_enter(&mut self) -> &str {
        let first = self.registration.features.first_room().unwrap_or(DEFAULT_ROOM);
        self.wanted_room.get_or_insert_with(|| first.to_owned())
    }

    /// Our name, as the server spells it.
    pub(super) fn name(&self) -> &str {
        self.registration.nick()
    }

    /// Whether the server has given us this capability.
    pub(super) fn has(&self, capability: &str) -> bool {
        self.registration.capabilities.has(capability)
    }

    pub(super) fn has_labels(&self) -> bool {
        self.has("labeled-response")
    }

    /// How the server folds names.
    pub(super) fn mapping(&self) -> CaseMapping {
        self.registration.features.casemapping()
    }

    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        self.mapping().same(one, other)
    }

    pub(super) fn is_me(&self, name: &str) -> bool {
        self.registration.is_me(name)
    }

    pub(super) fn is_room(&self, target: &str) -> bool {
        self.registration.features.is_room(target)
    }

    /// Known to the server, and mostly in the room.
    pub(super) fn is_connected(&self) -> bool {
        self.phase == Phase::Outside || self.is_in_room()
    }

    pub(super) fn is_in_room(&self) -> bool {
        matches!(self.phase, Phase::Arriving | Phase::Inside)
    }

    /// Whether a message names the room that is to be entered.
    pub(super) fn is_about_wanted_room(&self, message: &Message) -> bool {
        let wanted = self.wanted_room.as_deref().unwrap_or_default();
        message.params().any(|param| self.same(param, wanted))
    }

    /// We are in a room.
    pub(super) fn is_let_in(&mut self) {
        (self.kept_out, self.is_put_out) = (None, false);
    }

    /// We are not let into the room. True where the person does not know that yet.
    pub(super) fn is_kept_out(&mut self, tries_again: bool) -> bool {
        self.kept_out.replace(tries_again) != Some(tries_again)
    }

    /// What a message of several lines may hold; None where each has one line.
    pub(super) fn multiline(&self) -> Option<Limits> {
        let has_lines = self.has("batch") && self.has(multiline::NAME);
        has_lines.then(|| Limits::read(self.registration.capabilities.value(multiline::NAME)))
    }

    /// Bytes of a text that fit into one line to this target, with what the server puts before it.
    pub(super) fn text_bytes_to(&self, target: &str) -> usize {
        let overhead = Line::new("PRIVMSG").param(target).text("").wire_len();
        let source = self.source.as_ref().map_or(self.name().len() + SOURCE_BYTES, |source| source.len() + 2);
        LINE_BYTES.saturating_sub(overhead + source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_connection_asks_for_the_same_name_and_room() {
        let mut session = Session::new(None);
        let lines = session.register("小花").map(|line| line.as_str().to_owned());
        assert_eq!(lines, ["CAP LS 302", "NICK 小花", "USER guest 0 * :小花"]);
        assert_eq!(session.room_to_enter(), "#lobby");
        session.phase = Phase::Inside;
        assert!(session.is_kept_out(true) && !session.is_kept_out(true) && session.is_kept_out(false));
        let lines = session.come_back(Some("#tea".to_owned()));
        assert_eq!(lines[1].as_str(), "NICK 小花");
        assert_eq!((session.phase, session.room_to_enter()), (Phase::Registering, "#tea"));
        assert!(!session.is_kept_out(false), "the person knows");
        session.come_back(None);
        assert_eq!(session.room_to_enter(), "#tea");
    }

    #[test]
    fn a_text_has_room_for_what_the_server_puts_before_it() {
        let mut session = Session::new(None);
        session.register("bob");
        let guessed = session.text_bytes_to("#a");
        session.source = Some("bob!u@h".to_owned());
        assert_eq!(session.text_bytes_to("#a"), 512 - ":bob!u@h PRIVMSG #a :\r\n".len());
        assert!(guessed < session.text_bytes_to("#a"));
    }
}
