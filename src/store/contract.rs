//! What the thread that commits needs of a store.

use super::error::StoreError;
use crate::chat::Seq;
use crate::chat::kept::Persist;
use std::time::Duration;

/// The time of one call.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// µs since the Unix epoch.
    pub wall_us: u64,
    /// Monotonic: since the server has started.
    pub uptime: Duration,
}

/// What the thread that commits needs of the disk.
pub trait Store: Send {
    /// Keeps all of this, in this order, or nothing of it. When it returns, a power cut can't take it
    /// away (where the disk is not told to wait for its writes: only the end of the process can't).
    ///
    /// # Errors
    /// `Full`: nothing has changed. `Failed`: what the disk holds is not known, and the process is to
    /// end, since an error of `fsync` is told only once.
    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError>;

    /// Removes a slice of what is to be kept no longer. True if there is more to remove.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn upkeep(&mut self, now: Clock) -> Result<bool, StoreError>;

    /// Ends it: no entry has a later number than `last`.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError>;
}
