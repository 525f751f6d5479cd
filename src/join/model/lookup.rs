//! Questions to the server whose answers take several lines.

use super::item::Standing;
use crate::client::protocol::fence;
use crate::join::slash_command::Silence;
use crate::wire::Line;

/// What a WHOIS is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The person wants to know.
    Tell,
    /// What was set for somebody is to be taken out again.
    Lift { room: String, silence: Silence },
    /// It is needed to ban or mute somebody who is not in this room.
    Silence { room: String, silence: Silence, people: Vec<String> },
}

/// A question that the server has not answered yet, with what has come of its answer.
#[derive(Debug)]
pub(super) enum Lookup {
    Who {
        room: String,
        people: Vec<String>,
        name: String,
        silence: Silence,
    },
    /// `was`: somebody who has left is asked for (WHOWAS).
    Whois {
        name: String,
        told: Standing,
        purpose: Purpose,
        was: bool,
    },
    List(List),
    /// Ends a connection; a PING follows, since no answer tells that it was done.
    Kill {
        name: String,
        reason: String,
        is_refused: bool,
    },
}

impl Lookup {
    /// What asks the server.
    pub(super) fn line(&self) -> Line {
        match self {
            Lookup::Who { room, .. } => Line::new("WHO").param(room),
            Lookup::Whois { name, was: false, .. } => Line::new("WHOIS").param(name),
            Lookup::Whois { name, was: true, .. } => Line::new("WHOWAS").param(name),
            Lookup::List(list) => Line::new("MODE").param(&list.room).param(&format!("+{}", list.letter)),
            Lookup::Kill { name, reason, .. } => Line::new("KILL").param(name).text(reason),
        }
    }

    /// What follows it, where no answer tells that it was done.
    pub(super) fn fence(&self) -> Option<Line> {
        matches!(self, Lookup::Kill { .. }).then(|| fence::ping(&fence::token(KILLED)))
    }
}

/// The list of those who are kept out, or silent.
#[derive(Debug)]
pub(super) struct List {
    pub(super) room: String,
    pub(super) letter: char,
    pub(super) silence: Silence,
    /// Whose entry is to be taken out; None: it is shown.
    pub(super) name: Option<String>,
    /// Their `name!user@host`, where it is known.
    pub(super) source: Option<String>,
    pub(super) entries: Vec<String>,
}

/// The token of the PING that follows KILL.
pub(super) const KILLED: &str = "kill";
