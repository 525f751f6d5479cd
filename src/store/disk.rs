//! The database of one folder, as the thread that commits has it.

use super::blocks;
use super::checkpoint::{Checkpoints, Traces};
use super::contract::{Clock, Store, Upkeep};
use super::directory::Directory;
use super::error::StoreError;
use super::meta::{micros, set_meta};
use super::options::Options;
use super::reader::Reader;
use super::scrub::Scrubber;
use super::trusted_clock::TrustedClock;
use super::writing::{RoomRows, Totals, Writing};
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
    totals: Totals,
    /// The last record of before this run.
    started: u64,
    /// Records that were added since the last of them was indexed.
    tail: usize,
    /// There may be blocks of an earlier version.
    has_outdated: bool,
    clock: TrustedClock,
    pub(super) checkpoints: Checkpoints,
    /// The whole database is looked at, and there is more to do.
    is_scrubbing: bool,
    /// The uptime at which something too old was last looked for.
    trimmed_at: Duration,
    /// The database has been too large, and has not yet become as small as it is to be.
    is_trimming: bool,
    /// Unlocked when all else is closed.
    directory: Directory,
}

impl Disk {
    pub(super) fn new(
        directory: Directory,
        mut connection: Connection,
        options: Options,
        nonce: Nonce,
        totals: Totals,
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
            totals,
            started: totals.last,
            tail: 0,
            has_outdated: true,
            clock,
            checkpoints,
            is_scrubbing: false,
            trimmed_at: Duration::ZERO,
            is_trimming: false,
            directory,
        })
    }

    /// Messages that are kept.
    pub fn messages(&self) -> u64 {
        self.totals.messages
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
        let mut writing = Writing::begin(&self.connection, self.options, &mut self.rooms, self.totals)?;
        match work(&mut writing).and_then(|result| Ok((result, writing.commit()?))) {
            Ok((result, written)) => {
                self.totals = written.totals;
                self.tail += written.added;
                self.checkpoints.has_traces |= written.has_removed;
                Ok(result)
            }
            Err(error) => {
                let error = StoreError::from(error);
                if !self.connection.is_autocommit() {
                    self.connection.execute_batch("ROLLBACK")?;
                }
                // The rows that it has added are gone again.
                self.rooms.clear();
                Err(error)
            }
        }
    }

    /// Makes changes of which those that are lost in a power cut are made again.
    fn transact_behind<T>(
        &mut self,
        work: impl FnOnce(&mut Writing<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        let done = self.transact(work);
        self.connection.execute_batch(self.options.sync.pragma())?;
        done
    }

    /// Keeps what is known of the time, if there is room.
    fn save_time(&mut self) -> Result<(), StoreError> {
        let Some(known) = self.clock.unsaved() else { return Ok(()) };
        match self.transact(|writing| known.write(writing.connection())) {
            Ok(()) => self.clock.saved(known),
            Err(StoreError::Full) => {}
            Err(failed) => return Err(failed),
        }
        Ok(())
    }
}

impl Store for Disk {
    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
        let mut records = batches.iter().flat_map(|batch| &batch.records);
        let behind = records.find_map(|record| Some((record.seq(), self.clock.behind(record.wall_us)?)));
        self.transact(|writing| {
            behind.map_or(Ok(()), |(seq, at_us)| writing.note_behind(seq, at_us))?;
            batches.iter().try_for_each(|batch| writing.batch(batch))
        })
    }

    fn reserve(&mut self) -> bool {
        self.directory.reserve()
    }

    fn release(&mut self) {
        self.directory.release();
    }

    fn catch_up(&mut self) -> Result<(), StoreError> {
        let Options { block_records, log_pages, .. } = self.options;
        self.checkpoints.move_if_long(&self.connection, log_pages)?;
        while self.tail >= block_records {
            // Some of the tail may have been removed.
            self.tail = match self.transact_behind(|writing| writing.index())? {
                0 => 0,
                records => self.tail.saturating_sub(records),
            };
        }
        Ok(())
    }

    fn upkeep(&mut self, now: Clock) -> Result<Upkeep, StoreError> {
        let (mut ended, mut trimmed, mut oldest) = (0, 0, Seq::default());
        let max_bytes = self.options.max_bytes;
        // Else what becomes old meanwhile would make the way of the scrubber longer and longer.
        let removes = !self.is_scrubbing || now.uptime >= self.trimmed_at + BETWEEN_TRIMS;
        if removes {
            self.trimmed_at = now.uptime;
            ended = self.transact(|writing| writing.drop_ended(SLICE))?;
        }
        if removes {
            // A tenth is made free, in as many slices as that takes.
            let to = max_bytes / 10 * 9;
            let from = if self.is_trimming { to } else { max_bytes };
            let time = self.clock.time(now);
            let believed = self.clock.known().believed_us.unwrap_or(time);
            // A clock that is behind makes nothing old, and all records would be ahead of it.
            let keep = self.options.keep.filter(|_| self.clock.behind(now.wall_us).is_none());
            let since = keep.map(|keep| time.saturating_sub(micros(keep)));
            let too_many;
            let (started, began) = (self.started, believed.saturating_sub(micros(now.uptime)));
            (trimmed, too_many, oldest) = self.transact(|writing| {
                writing.set_behind(started, began)?;
                let old = since.map_or(Ok(0), |since| writing.drop_before(since, (time, believed), SLICE))?;
                let too_many = writing.drop_oldest(from, to, SLICE)?;
                let trimmed = old + too_many;
                let oldest = if trimmed > 0 { writing.drop_before_oldest(SLICE)? } else { Seq::default() };
                Ok((trimmed, too_many, oldest))
            })?;
            self.is_trimming = too_many >= SLICE;
        }
        self.save_time()?;
        let mut has_more = ended.max(trimmed) >= SLICE;
        if self.checkpoints.has_traces && !has_more {
            self.is_scrubbing = self.checkpoints.remove_traces(&self.connection, NO_WAIT)? == Traces::Some;
            has_more = self.is_scrubbing;
        }
        if self.has_outdated && !has_more {
            self.has_outdated =
                self.transact_behind(|writing| blocks::renew_outdated(writing.connection()))?;
            has_more = self.has_outdated;
        }
        Ok(Upkeep { trimmed, oldest, has_more, has_traces: self.checkpoints.has_traces })
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        let known = self.clock.known();
        self.transact(|writing| {
            set_meta(writing.connection(), "seq", last.0)?;
            writing.set_uptime(uptime)?;
            known.write(writing.connection())
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
