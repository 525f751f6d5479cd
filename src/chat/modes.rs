//! The modes of rooms and people, and what may be changed of them.

use super::ids::UserKey;
use crate::text::Name;

/// The prefix of a ban that only mutes: those whom it matches may enter, but not speak. It can't be
/// a part of a mask, since no name has a colon.
pub const MUTE: &str = "m:";

/// A room mode without a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// No CTCP requests.
    NoCtcp = 1,
    InviteOnly = 2,
    /// Only those with a voice speak.
    Moderated = 4,
    /// Only members speak.
    MembersOnly = 8,
    /// Hidden from those outside.
    Secret = 16,
    /// Only operators set the topic.
    TopicByOperators = 32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    Bans,
    /// Exceptions from bans.
    Exceptions,
    /// People who need no invitation.
    Invited,
}

/// The rank of a member in a room; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Voice = 1,
    Operator = 2,
}

/// The ranks of a member: none, one or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ranks(u8);

/// Added to the values of the ranks of a finder: see [`Ranks::is_finder`].
const FINDER: u8 = 4;

/// Added as well to those of a late finder: see [`Ranks::is_late_finder`].
const LATE: u8 = 8;

impl Ranks {
    pub fn has(self, rank: Rank) -> bool {
        self.0 & rank as u8 != 0
    }

    pub fn is_at_least(self, rank: Rank) -> bool {
        self.0 & !(FINDER | LATE) >= rank as u8
    }

    /// Whether they are an operator only because they have found the room empty, with what others had
    /// said in it, or were made one by such an operator. That was any passer-by: a finder does not take
    /// back what was said before.
    pub fn is_finder(self) -> bool {
        self.0 & FINDER != 0
    }

    /// Whether they are a finder of a room that had been empty for longer than somebody needs who has lost
    /// the connection: they do not decide who may enter it either. In rooms that never end they do, since
    /// that ends when those are empty.
    pub(super) fn is_late_finder(self) -> bool {
        self.0 & LATE != 0
    }

    /// The same ranks and that of a finder, for one who is no operator.
    pub(super) fn with_finder(self, is_late: bool) -> Ranks {
        Ranks(self.0 | Rank::Operator as u8 | FINDER | if is_late { LATE } else { 0 })
    }

    /// Whether they are an operator and no finder.
    pub(super) fn is_full_operator(self) -> bool {
        self.has(Rank::Operator) && !self.is_finder()
    }

    /// Their form in a snapshot and on disk.
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    pub(super) fn from_bits(bits: u8) -> Option<Ranks> {
        let all = Rank::Voice as u8 | Rank::Operator as u8 | FINDER | LATE;
        (bits & !all == 0).then_some(Ranks(bits))
    }

    /// A finder to whom the rank of an operator is given, or from whom it is taken, is none any more.
    pub(super) fn set(&mut self, rank: Rank, on: bool) {
        if rank == Rank::Operator {
            self.0 &= !(FINDER | LATE);
        }
        if on {
            self.0 |= rank as u8;
        } else {
            self.0 &= !(rank as u8);
        }
    }
}

/// The authority with which something was set in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// That of an operator of the room.
    Room,
    /// That of an operator of the server, or of somebody on its own machine.
    Server,
}

/// A mode of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserMode {
    /// Found only by those who share a room, or know the exact name.
    Invisible = 1,
    /// The person is a program.
    Bot = 2,
    /// An operator of the server. Only OPER gives it; they can give it up.
    Operator = 4,
}

/// One change of a room's modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Flag(Flag, bool),
    /// None removes the key.
    Key(Option<String>),
    /// None removes the limit.
    Limit(Option<u32>),
    List(List, bool, String),
    /// The key decides; the name is only for those who are told.
    Rank(Rank, bool, UserKey, Name),
}

impl Change {
    /// Whether it is about who may be in the room, and not about what they may do there.
    pub(super) fn is_about_entering(&self) -> bool {
        match self {
            Change::Flag(flag, _) => matches!(flag, Flag::InviteOnly | Flag::Secret),
            Change::Key(_) | Change::Limit(_) => true,
            Change::List(list, _, mask) => *list != List::Bans || !mask.starts_with(MUTE),
            Change::Rank(..) => false,
        }
    }
}
