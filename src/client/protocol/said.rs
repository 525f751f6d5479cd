//! What people say, live or in the server's past.

use crate::wire::ctcp::Ctcp;
use crate::wire::{Message, source};
use jiff::Timestamp;

/// A message as it was said, all its lines together.
#[derive(Debug, Clone)]
pub struct Said {
    source: Option<String>,
    pub target: String,
    /// Lines are divided by `\n`.
    pub text: String,
    /// Of message-ids: the same in every copy.
    pub id: Option<String>,
    /// Of server-time.
    pub time: Option<Timestamp>,
    /// Of our own line, where this is its echo.
    pub label: Option<String>,
}

impl Said {
    /// None where this is no message to anybody.
    pub fn of(message: &Message, label: Option<String>) -> Option<Said> {
        let said = message.is("PRIVMSG") || message.is("NOTICE");
        let (target, text) = (message.param(0).filter(|_| said)?, message.param(1)?);
        Some(Said::with(message, target, text.to_owned(), label))
    }

    /// A message of several lines, from the line that began it.
    pub fn whole(opening: &Message, text: String, label: Option<String>) -> Option<Said> {
        Some(Said::with(opening, opening.param(2)?, text, label))
    }

    fn with(tagged: &Message, target: &str, text: String, label: Option<String>) -> Said {
        Said {
            source: tagged.source().map(str::to_owned),
            target: target.to_owned(),
            text,
            id: tagged.tag("msgid").map(|id| id.into_owned()),
            time: time(tagged),
            label,
        }
    }

    /// The person who said it.
    pub fn name(&self) -> Option<&str> {
        self.source.as_deref().filter(|source| !source::is_server(source)).map(source::nick)
    }
}

/// When the server says that this happened (server-time).
pub fn time(message: &Message) -> Option<Timestamp> {
    message.tag("time")?.parse().ok()
}

/// The words for people, and whether they tell what somebody does (`/me`); None for
/// questions of clients to clients.
pub fn words(text: &str) -> Option<(&str, bool)> {
    match Ctcp::parse(text) {
        None => Some((text, false)),
        Some(ctcp) => Some((ctcp.action()?, true)),
    }
}
