//! Numbers of connections and of password checks, and where a connection comes from.

use std::net::SocketAddr;

/// The number of a connection, given by the I/O layer. It is used again only after the batch has
/// said that the connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

impl SessionId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub address: SocketAddr,
    /// It counts as a connection of the server's own machine, whose people are operators of the
    /// first room and free of limits.
    pub is_local: bool,
}

/// The number of a check; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    pub session: SessionId,
    pub(crate) number: u64,
}
