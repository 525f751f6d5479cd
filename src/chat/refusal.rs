//! Why something was not done. Nothing has changed then.

use crate::text::{Name, RoomName};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody here has this name.
    NameTaken,
    /// The name looks like that of somebody here.
    LooksLike(Name),
    /// The room's name looks like that of a room that is there.
    RoomLooksLike(RoomName),
    /// Not a member of the room.
    NotInRoom,
    /// The other one is not a member of the room.
    OtherNotInRoom,
    /// The one to be invited is a member already.
    AlreadyInRoom,
    /// Only operators of the room may.
    NotOperator,
    /// The room hears members, or those with a voice, or nobody who is banned.
    MayNotSpeak,
    InviteOnly,
    Banned,
    WrongKey,
    Full,
    /// Another's message, and not an operator.
    NotYours,
    /// In as many rooms as one may be.
    TooManyRooms,
    /// As many rooms are there as people of one network may have made.
    TooManyRoomsMade,
    /// It is so already.
    Unchanged,
    /// The room's list holds as much as it may.
    ListFull,
}
