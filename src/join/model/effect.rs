//! What the owner of the machine is to do, and how a conversation ends.

use super::item::Item;

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Whole lines with their ends, to be sent in one go.
    Send(Vec<u8>),
    /// To be shown.
    Show(Item),
    /// These are ignored from now on, in later sittings too.
    Ignored { names: Vec<String> },
    /// The person is in a room for the first time.
    Entered,
    /// The conversation is over.
    Over(Ending),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The server does not give us this name; another may do.
    NameRefused { name: String, taken: bool, why: String },
    /// The room can't be entered.
    RoomRefused { room: String, why: String },
    /// The server lets us in under no name.
    Refused { why: String },
    /// The server wants a password, or another one.
    Password { was_given: bool },
    /// An operator of the server has ended the connection.
    Killed { why: String },
    /// The connection is gone, with the server's last words.
    Closed { why: Option<String> },
    /// It is no IRC server: its first words.
    NotIrc { banner: String },
    /// Nobody was let in for a long time.
    Silent,
}
