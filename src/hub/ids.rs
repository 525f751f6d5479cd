//! Numbers of connections and of password checks.

/// The number of a connection, given by the I/O layer. It is used again only after the batch has
/// said that the connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

impl SessionId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The number of a check; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    pub session: SessionId,
    pub(crate) number: u64,
}
