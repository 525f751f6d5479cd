//! The settings of a store.

use std::time::Duration;

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// When the disk has it: it survives a power cut.
    Disk,
    /// When the system has it: it survives the end of the process.
    Os,
}

impl Sync {
    /// What SQLite is told.
    pub(super) fn pragma(self) -> &'static str {
        match self {
            Sync::Disk => "PRAGMA synchronous = FULL",
            Sync::Os => "PRAGMA synchronous = NORMAL",
        }
    }
}

/// The settings of a store. They do not change while it is open.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub sync: Sync,
    /// How long records are kept; None: for ever.
    pub keep: Option<Duration>,
    /// Bytes of the database from which on the oldest records go.
    pub max_bytes: u64,
}

/// How long a commit waits for another process which reads or copies the file.
pub(super) const BUSY: Duration = Duration::from_secs(10);
