//! The database of one folder, as the thread that commits has it.

use super::contract::{Clock, Store};
use super::directory::Directory;
use super::error::StoreError;
use super::meta::{micros, set_meta};
use super::options::Options;
use super::reader::Reader;
use super::writing::{RoomRows, Writing};
use crate::chat::kept::Persist;
use crate::chat::{Nonce, Seq};
use rusqlite::{Connection, TransactionBehavior};
use std::time::Duration;

/// Records that one slice of upkeep removes.
const SLICE: usize = 1000;

/// A folder of this process. Owned by the thread that commits.
#[derive(Debug)]
pub struct Disk {
    directory: Directory,
    connection: Connection,
    options: Options,
    nonce: Nonce,
    /// The rows of rooms that were used since the start.
    rooms: RoomRows,
    /// Messages that are kept.
    messages: u64,
}

impl Disk {
    pub(super) fn new(
        directory: Directory,
        connection: Connection,
        options: Options,
        nonce: Nonce,
        messages: u64,
    ) -> Disk {
        connection.set_prepared_statement_cache_capacity(64);
        Disk { directory, connection, options, nonce, rooms: RoomRows::new(), messages }
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
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Writing<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writing = Writing::new(transaction, &mut self.rooms, self.messages);
        let done = work(&mut writing).and_then(|result| Ok((result, writing.commit()?)));
        match done {
            Ok((result, messages)) => {
                self.messages = messages;
                Ok(result)
            }
            Err(error) => {
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

    fn upkeep(&mut self, now: Clock) -> Result<bool, StoreError> {
        let mut removed = self.transact(|writing| writing.drop_ended(SLICE))?;
        if let Some(keep) = self.options.keep {
            let before = now.wall_us.saturating_sub(micros(keep));
            removed += self.transact(|writing| writing.drop_before(before, SLICE))?;
        }
        if self.used_bytes()? > self.options.max_bytes {
            removed += self.transact(|writing| writing.drop_oldest(SLICE))?;
        }
        Ok(removed >= SLICE)
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        self.transact(|writing| {
            set_meta(writing.connection(), "seq", last.0)?;
            set_meta(writing.connection(), "uptime_us", micros(uptime))
        })
    }
}
