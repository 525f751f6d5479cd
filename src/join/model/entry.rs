//! The way from a connection into its rooms: something that accepts and never speaks IRC,
//! a server that lets nobody in, a room that can't be entered for now.

use crate::wire::{Line, Message, multiline, vendor};
use std::time::Duration;

/// After so long without a word the person is told.
const SILENCE: Duration = Duration::from_secs(5);
/// The conversation ends after so long without a room, whatever the server says meanwhile.
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
    "userhost-in-names",
    "setname",
    "away-notify",
    "draft/chathistory",
    "soju.im/search",
    "draft/message-redaction",
    multiline::NAME,
    "draft/read-marker",
    vendor::ID,
];

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No name yet, or the greeting is not complete.
    Registering,
    /// The server knows us.
    Connected,
    Over,
}

/// The times of the way in.
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
    /// A room was entered, or on the way back refused.
    pub(super) is_over: bool,
}

/// What a deadline of the way in asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// It has taken too long: the conversation is over.
    Entry,
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

    pub(super) fn deadline(&self) -> Option<Duration> {
        let is_silent = !self.speaks && !self.told && !self.is_return;
        let patience = if is_silent { SILENCE } else { MAX_WAIT };
        self.since.filter(|_| !self.is_over).map(|since| since + patience)
    }

    pub(super) fn pump(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    pub(super) fn check(&mut self, now: Duration) -> Option<Overdue> {
        self.deadline().filter(|&deadline| deadline <= now)?;
        if self.since.is_some_and(|since| since + MAX_WAIT <= now) {
            return Some(Overdue::Entry);
        }
        self.told = true;
        Some(Overdue::Answer)
    }
}

/// When a room that lets nobody in for now is tried again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    failures: u32,
    /// None until somebody tells the time.
    at: Option<Duration>,
}

impl Retry {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.at
    }

    pub(super) fn pump(&mut self, now: Duration) {
        let pause = FIRST_PAUSE * (1 << self.failures.min(4));
        self.at.get_or_insert(now + pause.min(LONGEST_PAUSE));
    }

    /// Whether it is time.
    pub(super) fn check(&mut self, now: Duration) -> bool {
        let is_due = self.at.is_some_and(|at| at <= now);
        if is_due {
            *self = Retry { failures: self.failures.saturating_add(1), at: None };
        }
        is_due
    }
}

/// The line that enters a room, or several, divided by commas.
pub(super) fn join(rooms: &str) -> Line {
    Line::new("JOIN").param(rooms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A silent server is told of once, and then given up.
    #[test]
    fn silent_server_is_given_up() {
        let mut entry = Entry::default();
        entry.pump(at(1));
        assert_eq!(entry.check(at(5)), None);
        assert_eq!(entry.check(at(6)), Some(Overdue::Answer));
        assert_eq!(entry.deadline(), Some(at(61)));
        assert_eq!(entry.check(at(61)), Some(Overdue::Entry));
        entry.is_over = true;
        assert_eq!(entry.deadline(), None);
    }

    #[test]
    fn a_room_is_tried_at_growing_intervals() {
        let mut retry = Retry::default();
        let mut now = at(0);
        let pauses = [5, 10, 20, 40, 60, 60].map(|pause| {
            retry.pump(now);
            let due = retry.deadline().unwrap();
            assert!(!retry.check(due - at(1)) && retry.check(due));
            let pause_was = due - now;
            now = due;
            (pause_was, at(pause))
        });
        assert!(pauses.iter().all(|(was, wanted)| was == wanted), "{pauses:?}");
    }

    /// A server of another protocol is recognised by its first words.
    #[test]
    fn other_protocols_are_recognised() {
        let mut entry = Entry::default();
        let parse = |line: &str| Message::parse(line).unwrap();
        assert!(!entry.speaks_irc(&parse("220 mail.example ESMTP")) && !entry.speaks);
        assert!(entry.speaks_irc(&parse("NOTICE * :hi")) && entry.speaks_irc(&parse("ACK")));
    }
}
