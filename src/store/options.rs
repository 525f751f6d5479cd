//! The settings of a store.

use crate::chat::Seq;
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
    /// Records of a block of the index: fewer make it larger in all, with more a tail takes readers
    /// longer.
    pub block_records: usize,
    /// Pages of the write-ahead log from which on it is moved: 8 MiB. Commits wait meanwhile, some
    /// milliseconds mostly for the disk: with a thousand messages a second less than one in a hundred has
    /// to.
    pub log_pages: u32,
    /// The number that the log goes on from, unless it is further. Where this is the time (µs since the
    /// Unix epoch), an older copy of the folder that is put back uses no number a second time.
    pub at_least: Seq,
}

impl Options {
    /// A test may want other sizes.
    pub const DEFAULT: Options = Options {
        sync: Sync::Disk,
        keep: None,
        max_bytes: 1 << 30,
        block_records: 512,
        log_pages: 2000,
        at_least: Seq(0),
    };
}

/// Bytes of the reserve, which is given up where the disk is full, so that what is in flight can still be
/// committed.
pub(super) const RESERVE_BYTES: u64 = 16 << 20;

/// Bytes of the write-ahead log that are left of it after a checkpoint.
pub(super) const WAL_BYTES: u64 = 16 << 20;

/// Bytes of a folder beside its database, at most: the log is larger only while somebody reads from it.
pub const BESIDE_BYTES: u64 = RESERVE_BYTES + WAL_BYTES;

/// How long a commit waits for another process which reads or copies the file.
pub(super) const BUSY: Duration = Duration::from_secs(10);
