//! Why an action was refused. It has changed nothing.

use super::modes::List;
use crate::text::{Name, RoomName};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody here has this name.
    NameTaken,
    /// The name looks like that of somebody here.
    LooksLike(Name),
    /// The room's name looks like that of an existing room.
    RoomLooksLike(RoomName),
    /// Not a member of the room.
    NotInRoom,
    /// The other one is not a member of the room.
    OtherNotInRoom,
    /// The one to be invited is a member already.
    AlreadyInRoom,
    /// Only operators of the room may.
    NotOperator,
    /// Finders, or late ones, may not: see [`super::Ranks::is_finder`].
    Finder,
    /// The room's modes or bans do not let them speak.
    MayNotSpeak,
    InviteOnly,
    Banned,
    WrongKey,
    Full,
    /// The message is somebody else's, and they are no operator.
    NotYours,
    /// They are in as many rooms as a person may be.
    TooManyRooms,
    /// There are as many rooms as people of their network may have made.
    TooManyRoomsMade,
    /// It would change nothing.
    Unchanged,
    /// The room's list is full.
    ListFull(List),
    /// It would have to be kept, and can't be.
    NotKept,
}
