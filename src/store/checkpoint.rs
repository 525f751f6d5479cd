//! How the write-ahead log gets into the database, and what was removed out of both.

use super::error::StoreError;
use super::meta::set_meta;
use super::options::BUSY;
use super::scrub::Scrubber;
use rusqlite::Connection;
use rusqlite::hooks::Wal;
use std::io;
use std::io::ErrorKind::{QuotaExceeded, StorageFull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What is left of the traces of what was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traces {
    None,
    /// There is more to do, and it can be done now.
    Some,
    /// Somebody reads from the write-ahead log, or there is no room.
    Busy,
}

/// The log, as the connection that writes has it.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// Pages in it, each time that one was written: the connection tells it.
    pages: Arc<AtomicU32>,
    /// Those of them that were there when it was last moved into the database: it may begin anew then,
    /// or go on while somebody reads in it.
    moved: u32,
    /// Something was removed whose bytes may still be in the log, or between the rows.
    pub(super) has_traces: bool,
    pub(super) scrubber: Scrubber,
}

impl Checkpoints {
    pub(super) fn new(connection: &mut Connection, scrubber: Scrubber) -> rusqlite::Result<Checkpoints> {
        let pages = Arc::new(AtomicU32::new(0));
        let told = Arc::clone(&pages);
        // In place of SQLite's own checkpoints, which would be part of a commit.
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            told.store(u32::try_from(pages).unwrap_or(u32::MAX), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Checkpoints { pages, moved: 0, has_traces: true, scrubber })
    }

    /// Moves the log where it has got so many pages since it was last moved.
    ///
    /// # Errors
    /// Where the disk fails.
    pub(super) fn move_if_long(&mut self, connection: &Connection, long: u32) -> Result<(), StoreError> {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.moved {
            self.moved = 0;
        }
        if pages - self.moved >= long {
            self.moved = pages;
            self.move_all(connection)?;
        }
        Ok(())
    }

    /// Copies all pages of the log to the database and overwrites what is left between their cells.
    /// False where somebody reads an older state, or there is no room.
    fn move_all(&mut self, connection: &Connection) -> Result<bool, StoreError> {
        let Some(noted) = with_room(self.scrubber.note())? else { return Ok(false) };
        let moved =
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)));
        let (pages, moved): (i64, i64) = match moved.map_err(StoreError::from) {
            // The database itself would have to grow.
            Err(StoreError::Full) => return Ok(false),
            moved => moved?,
        };
        // -1 where another process moves it.
        if pages < 0 || moved < pages {
            return Ok(false);
        }
        self.scrubber.keep_noted(noted.min(u64::try_from(pages).unwrap_or(0)));
        locked(connection, || {
            // Else another process has written, and may move what it wrote.
            let is_all = self.scrubber.has_only(noted)?;
            if is_all {
                self.scrubber.scrub_noted()?;
            }
            Ok(is_all)
        })
    }

    /// Removes what the files still have of what was removed: the log is moved and emptied, since old
    /// pages in it have it, and one slice of the database is looked at where it was not yet.
    ///
    /// # Errors
    /// Where the disk fails.
    pub(super) fn remove_traces(
        &mut self,
        connection: &Connection,
        wait: Duration,
    ) -> Result<Traces, StoreError> {
        if !self.move_all(connection)? {
            return Ok(Traces::Busy);
        }
        if self.scrubber.next.is_some() {
            if !locked(connection, || self.scrubber.scrub_slice().map(|()| true))? {
                return Ok(Traces::Busy);
            }
            if self.scrubber.next.is_none() {
                set_meta(connection, "scrubbed", self.scrubber.identity().unwrap_or(0))?;
            }
        }
        connection.busy_timeout(wait)?;
        let is_busy: rusqlite::Result<bool> =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        connection.busy_timeout(BUSY)?;
        match is_busy.map_err(StoreError::from) {
            Ok(true) | Err(StoreError::Full) => return Ok(Traces::Busy),
            Ok(false) => {}
            Err(error) => return Err(error),
        }
        // Pages in memory would be written again with all their bytes.
        connection.execute_batch("PRAGMA shrink_memory")?;
        self.has_traces = self.scrubber.next.is_some();
        Ok(if self.has_traces { Traces::Some } else { Traces::None })
    }
}

/// Does something to the database's file while no process writes. False where there is no room.
fn locked(connection: &Connection, work: impl FnOnce() -> io::Result<bool>) -> Result<bool, StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = work();
    connection.execute_batch("ROLLBACK")?;
    with_room(done).map(Option::unwrap_or_default)
}

/// What was done to a file; None where there was no room: some file systems need it also where nothing grows.
fn with_room<T>(done: io::Result<T>) -> Result<Option<T>, StoreError> {
    match done {
        Err(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => Ok(None),
        done => done.map(Some).map_err(|error| StoreError::Failed(error.to_string())),
    }
}
