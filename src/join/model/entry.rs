//! The way from a connection into the room: something that accepts and never speaks IRC,
//! a server that lets nobody in, a room that can't be entered for now.

use crate::wire::{Line, Message, multiline};
use std::time::Duration;

/// After so long without a word the person is told.
const SILENCE: Duration = Duration::from_secs(5);
/// After so long without the room it is over, whatever was said meanwhile.
pub const MAX_WAIT: Duration = Duration::from_secs(60);
/// What a server may say before it knows us, where it does not say who it is.
const UNSIGNED: [&str; 8] = ["NOTICE", "PING", "PONG", "ERROR", "CAP", "FAIL", "WARN", "NOTE"];
/// The pauses before a room is tried again: this, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The capabilities that make a difference to a person.
pub(super) const WANTED: &[&str] = &[
    "message-tags",
    "server-time",
    "echo-message",
    "labeled-response",
    "batch",
    "cap-notify",
    "standard-replies",
    "multi-prefix",
    "setname",
    "away-notify",
    "draft/chathistory",
    "draft/message-redaction",
    multiline::NAME,
    "draft/read-marker",
];

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No name yet, or the greeting is not complete.
    Registering,
    /// Named; JOIN was sent.
    Entering,
    /// The room could not be entered again, and is tried from time to time.
    Outside,
    /// In the room; what was said before is not shown yet.
    Arriving,
    /// What is said is sent, and shown as it comes.
    Inside,
    Over,
}

/// The times of the way in, and how often the room was tried.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// We were in the room on an earlier connection.
    is_return: bool,
    /// When the way in began; None until somebody tells the time.
    since: Option<Duration>,
    /// The server has said something that is IRC.
    pub(super) speaks: bool,
    /// The person knows that the server is silent.
    told: bool,
    failures: u32,
    /// When the room is tried again; None until somebody tells the time.
    retry_at: Option<Duration>,
}

/// What a deadline of the way in asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// It has taken too long: the conversation is over.
    Entry,
    /// The room is to be tried again.
    Retry,
    /// The person is to be told that the server says nothing.
    Answer,
}

impl Entry {
    /// Of a later connection. That its server is silent is not told.
    pub(super) fn again() -> Entry {
        Entry { is_return: true, ..Entry::default() }
    }

    /// Whether this connection's first words, or this message after them, are those of an
    /// IRC server.
    pub(super) fn speaks_irc(&mut self, message: &Message) -> bool {
        let unsigned = || UNSIGNED.iter().any(|command| message.is(command));
        self.speaks = self.speaks || message.source().is_some() || unsigned();
        self.speaks
    }

    fn is_coming_in(&self, phase: Phase) -> bool {
        match phase {
            Phase::Registering | Phase::Entering => true,
            // A person who was in the room waits for it without a bound.
            Phase::Outside => !self.is_return,
            Phase::Arriving | Phase::Inside | Phase::Over => false,
        }
    }

    pub(super) fn deadline(&self, phase: Phase) -> Option<Duration> {
        let is_silent = !self.speaks && !self.told && !self.is_return;
        let patience = if is_silent { SILENCE } else { MAX_WAIT };
        let since = self.since.filter(|_| self.is_coming_in(phase));
        let retry = self.retry_at.filter(|_| phase == Phase::Outside);
        since.map(|since| since + patience).into_iter().chain(retry).min()
    }

    pub(super) fn pump(&mut self, phase: Phase, now: Duration) {
        if self.is_coming_in(phase) {
            self.since.get_or_insert(now);
        }
        if phase == Phase::Outside {
            let pause = FIRST_PAUSE * (1 << self.failures.min(4));
            self.retry_at.get_or_insert(now + pause.min(LONGEST_PAUSE));
        }
    }

    pub(super) fn check(&mut self, phase: Phase, now: Duration) -> Option<Overdue> {
        self.deadline(phase).filter(|&deadline| deadline <= now)?;
        if self.is_coming_in(phase) && self.since.is_some_and(|since| since + MAX_WAIT <= now) {
            return Some(Overdue::Entry);
        }
        if phase == Phase::Outside {
            self.failures = self.failures.saturating_add(1);
            self.retry_at = None;
            return Some(Overdue::Retry);
        }
        self.told = true;
        Some(Overdue::Answer)
    }
}

/// The line that enters a room.
pub(super) fn join(room: &str) -> Line {
    Line::new("JOIN").param(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_silent_server_is_told_of_once_and_given_up() {
        let mut entry = Entry::default();
        entry.pump(Phase::Registering, at(1));
        assert_eq!(entry.check(Phase::Registering, at(5)), None);
        assert_eq!(entry.check(Phase::Registering, at(6)), Some(Overdue::Answer));
        assert_eq!(entry.deadline(Phase::Registering), Some(at(61)));
        assert_eq!(entry.check(Phase::Entering, at(61)), Some(Overdue::Entry));
        assert_eq!(entry.deadline(Phase::Inside), None);
    }

    #[test]
    fn a_room_is_tried_at_growing_intervals() {
        let mut entry = Entry::again();
        let mut now = at(0);
        let pauses = [5, 10, 20, 40, 60, 60].map(|pause| {
            entry.pump(Phase::Outside, now);
            let due = entry.deadline(Phase::Outside).unwrap();
            assert_eq!(entry.check(Phase::Outside, due), Some(Overdue::Retry));
            let pause_was = due - now;
            now = due;
            (pause_was, at(pause))
        });
        assert!(pauses.iter().all(|(was, wanted)| was == wanted), "{pauses:?}");
    }

    #[test]
    fn a_server_that_does_not_speak_irc_is_told_by_its_first_words() {
        let mut entry = Entry::default();
        let parse = |line: &str| Message::parse(line).unwrap();
        assert!(!entry.speaks_irc(&parse("220 mail.example ESMTP")) && !entry.speaks);
        assert!(entry.speaks_irc(&parse("NOTICE * :hi")) && entry.speaks_irc(&parse("ACK")));
    }
}
