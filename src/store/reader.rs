//! The past of rooms, read on a connection of its own.

use super::error::StoreError;
use super::row::{COLUMNS, read};
use crate::chat::{Nonce, Record, RoomKey};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a question waits for another process that has the file.
const BUSY: Duration = Duration::from_secs(2);

/// Sees what has been committed when it is asked.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    nonce: Nonce,
}

impl Reader {
    pub(super) fn open(file: &Path, nonce: Nonce) -> Result<Reader, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        Ok(Reader { connection, nonce })
    }

    /// The last messages of a room, and as many other events, in the order of the log.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn recent(&mut self, room: &RoomKey, most: usize) -> Result<Vec<Arc<Record>>, StoreError> {
        let mut records = Vec::new();
        if let Some(row) = self.row_of(room)? {
            for said in [true, false] {
                let mut statement = self.connection.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
                     WHERE place.room = ?1 AND place.said = ?2 ORDER BY place.seq DESC LIMIT ?3"
                ))?;
                let mut rows = statement.query(params![row, said, most])?;
                while let Some(row) = rows.next()? {
                    records.extend(read(row, &self.nonce, room)?.map(Arc::new));
                }
            }
        }
        records.sort_by_key(|record| record.seq());
        Ok(records)
    }

    fn row_of(&self, room: &RoomKey) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT id FROM room WHERE made = ?1 AND name = ?2 AND NOT has_ended";
        let mut statement = self.connection.prepare_cached(sql)?;
        let params = params![room.made.0, room.name.as_str()];
        statement.query_row(params, |row| row.get(0)).optional()
    }
}
