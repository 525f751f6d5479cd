//! Numbers of connections and of their questions.

/// A connection's number, given by the server; used again only after the hub
/// was told that the connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

impl SessionId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which check an answer is for: never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId {
    pub session: SessionId,
    pub(crate) number: u64,
}
