//! The database of one folder, as the thread that commits has it.

use super::contract::{Clock, Since, Store, Upkeep};
use super::directory::Directory;
use super::error::StoreError;
use super::meta::{micros, set_meta};
use super::options::{BUSY, Options};
use super::reader::Reader;
use super::scrub::Scrubber;
use super::trusted_clock::TrustedClock;
use super::writing::{RoomRows, Writing};
use crate::chat::kept::Persist;
use crate::chat::{Nonce, Seq};
use rusqlite::{Connection, TransactionBehavior};
use std::io::ErrorKind::{QuotaExceeded, StorageFull};
use std::time::{Duration, Instant};

/// Records that one slice of upkeep removes.
const SLICE: usize = 1000;

/// While the database is scrubbed, what is too old is looked for so often.
const BETWEEN_TRIMS: Duration = Duration::from_secs(5);

/// How long the removal of traces waits for readers: commits wait meanwhile.
const NO_WAIT: Duration = Duration::from_millis(20);
/// The same when nothing is committed any more.
const AT_THE_END: Duration = Duration::from_secs(2);

/// What is left of the traces of what was removed.
#[derive(Debug, PartialEq)]
enum Traces {
    None,
    /// There is more to do, and it can be done now.
    Some,
    /// Somebody reads from the write-ahead log, or there is no room.
    Busy,
}

/// A folder of this process. Owned by the thread that commits.
#[derive(Debug)]
pub struct Disk {
    connection: Connection,
    options: Options,
    nonce: Nonce,
    /// The rows of rooms that were used since the start.
    rooms: RoomRows,
    /// Messages that are kept.
    messages: u64,
    clock: TrustedClock,
    /// Something was removed whose bytes may still be in the write-ahead log, or between the rows.
    has_traces: bool,
    pub(super) scrubber: Scrubber,
    /// The last upkeep has scrubbed, and there is more to do.
    is_scrubbing: bool,
    /// The uptime at which something too old was last looked for.
    trimmed_at: Duration,
    /// Unlocked when all else is closed.
    directory: Directory,
}

impl Disk {
    pub(super) fn new(
        directory: Directory,
        connection: Connection,
        options: Options,
        nonce: Nonce,
        messages: u64,
        clock: TrustedClock,
        scrubber: Scrubber,
    ) -> Disk {
        connection.set_prepared_statement_cache_capacity(64);
        let rooms = RoomRows::new();
        Disk {
            connection,
            options,
            nonce,
            rooms,
            messages,
            clock,
            has_traces: true,
            scrubber,
            is_scrubbing: false,
            trimmed_at: Duration::ZERO,
            directory,
        }
    }

    /// Messages that are kept.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// A connection that reads, so that no commit waits for a question.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.directory.database(), self.nonce.clone())
    }

    /// Makes changes as one transaction.
    pub(super) fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Writing<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writing = Writing::new(transaction, &mut self.rooms, self.messages);
        let done = work(&mut writing).and_then(|result| Ok((result, writing.commit()?)));
        match done {
            Ok((result, (messages, has_removed))) => {
                self.messages = messages;
                if has_removed {
                    self.has_traces = true;
                    self.scrubber.begin();
                }
                Ok(result)
            }
            Err(error) => {
                // The rows that it has added are gone again.
                self.rooms.clear();
                Err(error.into())
            }
        }
    }

    /// Moves the write-ahead log into the database and empties it: old pages in it still have what
    /// was removed. Then one slice of the database is scrubbed.
    fn remove_traces(&mut self, wait: Duration) -> Result<Traces, StoreError> {
        self.connection.busy_timeout(wait)?;
        let is_busy: rusqlite::Result<bool> =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        self.connection.busy_timeout(BUSY)?;
        match is_busy.map_err(StoreError::from) {
            Ok(true) => return Ok(Traces::Busy),
            Ok(false) => {}
            // The database itself would have to grow.
            Err(StoreError::Full) => return Ok(Traces::Busy),
            Err(error) => return Err(error),
        }
        // Another process that may write here writes later.
        let lock = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let has_log = self.directory.has_log().map_err(|error| StoreError::Failed(error.to_string()))?;
        let is_over = match has_log {
            true => None,
            false => Some(self.scrubber.slice()),
        };
        lock.rollback()?;
        // Pages in memory are written again with all their bytes.
        self.connection.execute_batch("PRAGMA shrink_memory")?;
        match is_over {
            None => return Ok(Traces::Busy),
            Some(Ok(is_over)) => self.has_traces = !is_over,
            // Some file systems need room also where nothing grows.
            Some(Err(error)) if matches!(error.kind(), StorageFull | QuotaExceeded) => {
                return Ok(Traces::Busy);
            }
            Some(Err(error)) => return Err(StoreError::Failed(error.to_string())),
        }
        Ok(if self.has_traces { Traces::Some } else { Traces::None })
    }

    /// Bytes of the database that hold something.
    fn used_bytes(&self) -> rusqlite::Result<u64> {
        let pragma =
            |name: &str| self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let pages = pragma("page_count")? - pragma("freelist_count")?;
        Ok((pages * pragma("page_size")?).unsigned_abs())
    }
}

impl Store for Disk {
    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
        self.transact(|writing| batches.iter().try_for_each(|batch| writing.batch(batch)))
    }

    fn reserve(&mut self) -> bool {
        self.directory.reserve()
    }

    fn release(&mut self) {
        self.directory.release();
    }

    fn upkeep(&mut self, now: Clock) -> Result<Upkeep, StoreError> {
        let (mut ended, mut trimmed, mut since) = (0, 0, Since::default());
        // Else what becomes old meanwhile would make the way of the scrubber longer and longer.
        let removes = !self.is_scrubbing || now.uptime >= self.trimmed_at + BETWEEN_TRIMS;
        if removes {
            self.trimmed_at = now.uptime;
            ended = self.transact(|writing| writing.drop_ended(SLICE))?;
        }
        if removes
            && let Some(keep) = self.options.keep
            && self.clock.is_believed(now)
        {
            since.wall_us = now.wall_us.saturating_sub(micros(keep));
            trimmed += self.transact(|writing| writing.drop_before(since.wall_us, SLICE))?;
        }
        if removes && self.used_bytes()? > self.options.max_bytes {
            trimmed += self.transact(|writing| writing.drop_oldest(SLICE))?;
        }
        if trimmed > 0 {
            since.seq = self.transact(|writing| writing.drop_old_redactions(SLICE))?;
        }
        let indexed = self.transact(|writing| writing.index(SLICE))?;
        let mut has_more = ended.max(trimmed).max(indexed) >= SLICE;
        if self.has_traces && !has_more {
            self.is_scrubbing = self.remove_traces(NO_WAIT)? == Traces::Some;
            has_more = self.is_scrubbing;
        }
        Ok(Upkeep { trimmed, since, has_more, has_traces: self.has_traces })
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        self.transact(|writing| {
            set_meta(writing.connection(), "seq", last.0)?;
            set_meta(writing.connection(), "uptime_us", micros(uptime))
        })?;
        // The last connection may be a reader's, which can't do it.
        // What is left is done at the next start.
        let until = Instant::now() + AT_THE_END;
        while self.remove_traces(AT_THE_END)? == Traces::Some && Instant::now() < until {}
        Ok(())
    }
}
