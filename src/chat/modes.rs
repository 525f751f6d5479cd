//! The modes of rooms and people, and what may be changed of them.

use super::ids::UserKey;
use crate::text::Name;

/// Before the mask of a ban: those whom it matches may enter, but not speak.
/// No source begins so, since no name holds a colon.
pub const MUTE: &str = "m:";

/// A yes or no of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// No requests between programs.
    NoCtcp = 1,
    InviteOnly = 2,
    /// Only those with a voice speak.
    Moderated = 4,
    /// Only members speak.
    MembersOnly = 8,
    /// Not listed, and closed to questions from outside.
    Secret = 16,
    /// Only operators set the topic.
    TopicByOperators = 32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    Bans,
    /// Of bans.
    Exceptions,
    /// Those who need no invitation.
    Invited,
}

/// What a member is in a room. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Voice = 1,
    Operator = 2,
}

/// The ranks that a member has: any, also both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ranks(u8);

impl Ranks {
    pub fn has(self, rank: Rank) -> bool {
        self.0 & rank as u8 != 0
    }

    pub fn is_at_least(self, rank: Rank) -> bool {
        self.0 >= rank as u8
    }

    /// As they stand in a snapshot.
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    pub(super) fn from_bits(bits: u8) -> Option<Ranks> {
        let all = Rank::Voice as u8 | Rank::Operator as u8;
        (bits & !all == 0).then_some(Ranks(bits))
    }

    pub(super) fn set(&mut self, rank: Rank, on: bool) {
        if on {
            self.0 |= rank as u8;
        } else {
            self.0 &= !(rank as u8);
        }
    }
}

/// By what right something of a room was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// Of an operator of the room, whom entering it empty has made one.
    Room,
    /// Of an operator of the server, or of somebody on its own machine.
    Server,
}

/// Something that people say about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnFlag {
    /// Not found by those who share no room, except by the exact name.
    Invisible = 1,
    /// A program.
    Bot = 2,
    /// Of the server: given to them, and theirs to give back.
    Operator = 4,
}

/// One change of a room's modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Flag(Flag, bool),
    /// None takes the key away.
    Key(Option<String>),
    /// None takes the limit away.
    Limit(Option<u32>),
    List(List, bool, String),
    /// The name is that of the moment: what is done goes by the key.
    Rank(Rank, bool, UserKey, Name),
}
