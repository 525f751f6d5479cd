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

/// What one slice of upkeep has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// Records that were too old, or too many.
    pub trimmed: usize,
    /// The oldest record that is left, or the one to come, where something was trimmed.
    pub oldest: Seq,
    /// There is more to do, and it can be done now.
    pub has_more: bool,
    /// Something that was removed still has traces in the files; it is to be tried again soon.
    pub has_traces: bool,
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

    /// Does what commits have left to be done behind them, once it is worth while: some milliseconds
    /// for a thousand records.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn catch_up(&mut self) -> Result<(), StoreError>;

    /// Sets room aside, if there is none yet. False where the disk has too little.
    fn reserve(&mut self) -> bool;

    /// Gives up the room that is set aside, so that what is in flight can still be committed.
    fn release(&mut self);

    /// Removes a slice of what is to be kept no longer, and its traces.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn upkeep(&mut self, now: Clock) -> Result<Upkeep, StoreError>;

    /// Ends it: no entry has a later number than `last`.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError>;
}
