//! The database of one folder, as the thread that commits has it.

use super::blocks;
use super::checkpoint::{Checkpoints, Traces};
use super::contract::{Clock, Since, Store, Upkeep};
use super::directory::Directory;
use super::error::StoreError;
use super::meta::{micros, set_meta};
use super::options::Options;
use super::reader::Reader;
use super::scrub::Scrubber;
use super::trusted_clock::TrustedClock;
use super::writing::{RoomRows, Writing};
use crate::chat::kept::Persist;
use crate::chat::{Nonce, Seq};
use rusqlite::Connection;
use std::time::{Duration, Instant};

/// Records that one slice of upkeep removes.
const SLICE: usize = 1000;

/// While the whole database is looked at, what is too old is looked for so often.
const BETWEEN_TRIMS: Duration = Duration::from_secs(5);

/// How long the removal of traces waits for readers: commits wait meanwhile.
const NO_WAIT: Duration = Duration::from_millis(20);
/// The same when nothing is committed any more.
const AT_THE_END: Duration = Duration::from_secs(2);

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
    /// Records that were added since the last of them was indexed.
    tail: usize,
    clock: TrustedClock,
    pub(super) checkpoints: Checkpoints,
    /// The whole database is looked at, and there is more to do.
    is_scrubbing: bool,
    /// The uptime at which something too old was last looked for.
    trimmed_at: Duration,
    /// Unlocked when all else is closed.
    directory: Directory,
}

impl Disk {
    pub(super) fn new(
        directory: Directory,
        mut connection: Connection,
        options: Options,
        nonce: Nonce,
        messages: u64,
        clock: TrustedClock,
        scrubber: Scrubber,
    ) -> rusqlite::Result<Disk> {
        connection.set_prepared_statement_cache_capacity(64);
        let checkpoints = Checkpoints::new(&mut connection, scrubber)?;
        let rooms = RoomRows::new();
        Ok(Disk {
            connection,
            options,
            nonce,
            rooms,
            messages,
            tail: 0,
            clock,
            checkpoints,
            is_scrubbing: false,
            trimmed_at: Duration::ZERO,
            directory,
        })
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
        let mut writing = Writing::begin(&self.connection, &mut self.rooms, self.messages)?;
        match work(&mut writing).and_then(|result| Ok((result, writing.commit()?))) {
            Ok((result, written)) => {
                self.messages = written.messages;
                self.tail += written.added;
                self.checkpoints.has_traces |= written.has_removed;
                Ok(result)
            }
            Err(error) => {
                if !self.connection.is_autocommit() {
                    self.connection.execute_batch("ROLLBACK")?;
                }
                // The rows that it has added are gone again.
                self.rooms.clear();
                Err(error.into())
            }
        }
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

    fn catch_up(&mut self) -> Result<(), StoreError> {
        self.checkpoints.move_if_long(&self.connection)?;
        while self.tail >= blocks::RECORDS {
            // What is lost of it in a power cut is made again.
            self.connection.execute_batch("PRAGMA synchronous = NORMAL")?;
            let indexed = self.transact(|writing| blocks::index(writing.connection()));
            self.connection.execute_batch(self.options.sync.pragma())?;
            // Some of the tail may have been removed.
            self.tail = match indexed? {
                0 => 0,
                records => self.tail.saturating_sub(records),
            };
        }
        Ok(())
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
            since.seq = self.transact(|writing| writing.drop_before_oldest(SLICE))?;
        }
        let mut has_more = ended.max(trimmed) >= SLICE;
        if self.checkpoints.has_traces && !has_more {
            self.is_scrubbing = self.checkpoints.remove_traces(&self.connection, NO_WAIT)? == Traces::Some;
            has_more = self.is_scrubbing;
        }
        Ok(Upkeep { trimmed, since, has_more, has_traces: self.checkpoints.has_traces })
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        self.transact(|writing| {
            set_meta(writing.connection(), "seq", last.0)?;
            set_meta(writing.connection(), "uptime_us", micros(uptime))
        })?;
        // The last connection may be a reader's, which can't do it.
        // What is left is done at the next start.
        let until = Instant::now() + AT_THE_END;
        let mut left = Traces::Some;
        while left == Traces::Some && Instant::now() < until {
            left = self.checkpoints.remove_traces(&self.connection, AT_THE_END)?;
        }
        if left == Traces::None {
            self.transact(|writing| set_meta(writing.connection(), "open", false))?;
        }
        Ok(())
    }
}
