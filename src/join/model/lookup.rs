//! Questions to the server whose answers take several lines.

use super::item::Standing;
use crate::join::slash_command::Silence;

/// What a WHOIS is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The person wants to know.
    Tell,
    /// `name!user@host` is needed to find what was set for somebody.
    Source,
    /// It is needed to ban or mute somebody who is not in this room.
    Silence { room: String, silence: Silence, people: Vec<String> },
}

/// A question that the server has not answered yet, with what has come of its answer.
#[derive(Debug)]
pub(super) enum Lookup {
    Who { room: String, people: Vec<String>, name: String, silence: Silence },
    Whois { name: String, told: Standing, purpose: Purpose },
    List { room: String, letter: char, silence: Silence, name: Option<String>, entries: Vec<String> },
}
