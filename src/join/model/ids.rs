//! What names things, whatever they are called.

/// A room, from its first JOIN until it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RoomId(pub(super) u64);
