//! The numbers of people and rooms.

/// A person's index in the tables of this process; used again only after they are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub u32);

impl UserId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A room's index in the tables of this process; used again only after the room is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u32);

impl RoomId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
