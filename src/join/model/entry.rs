//! The time between a connection and the room: something that accepts and
//! never speaks IRC, a server that lets nobody in, a room that can't be
//! entered for now.

use super::{Ending, Item, Model, Phase};
use crate::wire::{Line, Message, multiline};
use std::time::Duration;

/// After so long without a word the person is told.
const SILENCE: Duration = Duration::from_secs(5);
/// After so long without the room it is over, whatever was said meanwhile.
pub const MOST: Duration = Duration::from_secs(60);
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
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// None until somebody tells the time.
    since: Option<Duration>,
    /// It has said something that is IRC.
    pub(super) speaks: bool,
    /// That it is silent was told, or is not for telling.
    told: bool,
}

impl Entry {
    /// On a later connection, of which nothing is told.
    pub(super) fn again() -> Entry {
        Entry { told: true, ..Entry::default() }
    }
}

/// A room that is tried again and again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    failures: u32,
    /// None until somebody tells the time.
    at: Option<Duration>,
}

impl Model {
    /// Says the first lines of a connection.
    pub(super) fn register(&mut self, name: &str) {
        // Many servers take only ASCII letters and digits there.
        let user: String = name.chars().filter(char::is_ascii_alphanumeric).take(9).collect();
        let user = if user.is_empty() { "guest" } else { &user };
        self.registration.begin(name, user, name).iter().for_each(|line| self.send(line));
    }

    /// What can't be a message.
    pub fn hear_garbage(&mut self, line: &str) {
        if self.phase == Phase::Registering && !self.entry.speaks {
            self.end(Ending::NotIrc { banner: line.to_owned() });
        }
    }

    /// Whether this connection's first words are those of an IRC server; else it is over.
    pub(super) fn speaks_irc(&mut self, message: &Message) -> bool {
        let unsigned = || UNSIGNED.iter().any(|command| message.is(command));
        if self.entry.speaks || message.source().is_some() || unsigned() {
            self.entry.speaks = true;
        } else {
            self.hear_garbage(message.line());
        }
        self.entry.speaks
    }

    fn is_coming_in(&self) -> bool {
        match self.phase {
            Phase::Registering | Phase::Entering => true,
            // A person who was in the room has all the time in the world.
            Phase::Outside => self.returning.is_none(),
            Phase::Arriving | Phase::Inside | Phase::Over => false,
        }
    }

    pub(super) fn entry_deadline(&self) -> Option<Duration> {
        let silent = !self.entry.speaks && !self.entry.told;
        let patience = if silent { SILENCE } else { MOST };
        let since = self.entry.since.filter(|_| self.is_coming_in());
        let retry = self.retry.at.filter(|_| self.phase == Phase::Outside);
        since.map(|since| since + patience).into_iter().chain(retry).min()
    }

    pub(super) fn pump_entry(&mut self, now: Duration) {
        if self.is_coming_in() {
            self.entry.since.get_or_insert(now);
        }
        if self.phase == Phase::Outside {
            let pause = FIRST_PAUSE * (1 << self.retry.failures.min(4));
            self.retry.at.get_or_insert(now + pause.min(LONGEST_PAUSE));
        }
    }

    pub(super) fn check_entry(&mut self, now: Duration) {
        if self.entry_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        if self.is_coming_in() && self.entry.since.is_some_and(|since| since + MOST <= now) {
            return self.end(Ending::Silent);
        }
        if self.phase == Phase::Outside {
            self.retry.failures = self.retry.failures.saturating_add(1);
            self.retry.at = None;
            if let Some(room) = &self.wanted_room {
                self.send(&Line::new("JOIN").param(room));
            }
            return;
        }
        self.entry.told = true;
        self.show(Item::NoAnswerYet);
    }

    /// Connected again, but not in the room.
    pub(super) fn keep_out(&mut self, why: String, tries_again: bool) {
        let room = self.wanted_room.clone().unwrap_or_default();
        let was_outside = self.phase == Phase::Outside;
        match tries_again {
            true => self.phase = Phase::Outside,
            false => {
                self.phase = Phase::Inside;
                // Nothing will tell any more whether it is in the room.
                self.forget_unsure();
            }
        }
        if !was_outside {
            self.tell_away();
        }
        // A room that stays closed is told of once.
        if self.kept_out != Some(tries_again) {
            self.kept_out = Some(tries_again);
            self.show(Item::KeptOut { room, why, tries_again });
        }
    }
}
