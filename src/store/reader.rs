//! The past of rooms, read on a connection of its own.

use super::blocks::indexed;
use super::error::StoreError;
use super::row::{COLUMNS, clamp, read, rooms, row_of};
use super::searching::{Searching, Slice};
use crate::chat::history::Span;
use crate::chat::question::{Past, Question, Wanted};
use crate::chat::{Nonce, Record, RoomKey, Seq};
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a question waits for another process that has the file.
const BUSY: Duration = Duration::from_secs(2);

/// How long an answer may take: as long as it reads, what was written since stays in the log of the
/// writes.
const ANSWER_TIME: Duration = Duration::from_millis(200);

/// Instructions of SQLite's machine between two looks at the clock: about 20 µs.
const INSTRUCTIONS: i32 = 1000;

/// Sees what has been committed when it is asked.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    nonce: Nonce,
    pub(super) answer_time: Duration,
    /// µs after `opened` from which on what is read is interrupted.
    deadline: Arc<AtomicU64>,
    opened: Instant,
}

#[cfg(test)]
impl Reader {
    /// One that waits for a slow machine.
    pub(crate) fn patient(self) -> Reader {
        Reader { answer_time: Duration::from_secs(600), ..self }
    }
}

impl Reader {
    pub(super) fn open(file: &Path, nonce: Nonce) -> Result<Reader, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        let (opened, deadline) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let until = Arc::clone(&deadline);
        connection.progress_handler(
            INSTRUCTIONS,
            Some(move || opened.elapsed().as_micros() as u64 >= until.load(Ordering::Relaxed)),
        )?;
        Ok(Reader { connection, nonce, answer_time: ANSWER_TIME, deadline, opened })
    }

    /// What is read, if it does not take longer.
    fn in_time<T>(
        &self,
        time: Duration,
        read: impl FnOnce() -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        // The tail must begin where the blocks end, whatever is committed meanwhile.
        let _snapshot = self.connection.unchecked_transaction()?;
        let until = self.opened.elapsed() + time;
        self.deadline.store(until.as_micros() as u64, Ordering::Relaxed);
        let answer = read();
        self.deadline.store(u64::MAX, Ordering::Relaxed);
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => match error.sqlite_error_code() {
                Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy) => Ok(None),
                _ => Err(error.into()),
            },
        }
    }

    /// The last messages of a room, and as many other events, in the order of the log.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn recent(&mut self, room: &RoomKey, most: usize) -> Result<Vec<Arc<Record>>, StoreError> {
        let _snapshot = self.connection.unchecked_transaction()?;
        let Some(row) = row_of(&self.connection, room)? else { return Ok(Vec::new()) };
        let wanted = Wanted { events: true, tags: true };
        let past = OnDisk {
            reader: self,
            room,
            row,
            until: Seq(u64::MAX >> 1),
            indexed: indexed(&self.connection)?,
        };
        let mut records = past.track(true, &Span::ALL, "DESC", (most, wanted))?;
        records.extend(past.track(false, &Span::ALL, "DESC", (most, wanted))?);
        records.sort_by_key(|record| record.seq());
        Ok(records)
    }

    /// The answer to a question about the records of a room up to this number; None where it takes
    /// too long.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn answer(
        &mut self,
        room: &RoomKey,
        until: Seq,
        question: &Question,
        most: usize,
        wanted: Wanted,
    ) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
        self.in_time(self.answer_time, || {
            let Some(row) = row_of(&self.connection, room)? else { return Ok(Vec::new()) };
            let indexed = indexed(&self.connection)?;
            question.answer(&OnDisk { reader: self, room, row, until, indexed }, most, wanted)
        })
    }

    /// Does a slice of a search.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn search(&mut self, searching: &mut Searching) -> Result<Slice, StoreError> {
        let begun = self.opened.elapsed();
        let time = self.answer_time.saturating_sub(searching.taken);
        let slice = self.in_time(time, || searching.slice(&self.connection, &self.nonce))?;
        searching.taken += self.opened.elapsed() - begun;
        Ok(slice.unwrap_or(Slice::TooLong))
    }
}

/// The past of one room.
struct OnDisk<'a> {
    reader: &'a Reader,
    room: &'a RoomKey,
    row: i64,
    /// Later records do not count.
    until: Seq,
    /// Later records are the tail.
    indexed: u64,
}

impl OnDisk<'_> {
    /// The first or last records of one track: messages, or other events.
    fn track(
        &self,
        said: bool,
        Span { seqs, times }: &Span,
        order: &str,
        (most, wanted): (usize, Wanted),
    ) -> rusqlite::Result<Vec<Arc<Record>>> {
        let is_by_time = *times != Span::ALL.times;
        // Times choose by what clients are shown, numbers by what came first.
        let by = if is_by_time { "place.wall_us" } else { "place.seq" };
        let (start, end) = (clamp(seqs.start.0), clamp(seqs.end.min(self.until.next()).0));
        let (since, before) = (clamp(times.start), clamp(times.end));
        let mut records = Vec::new();
        let mut statement = self.reader.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
             WHERE place.room = ?1 AND place.said = ?2 AND place.seq >= ?3 AND place.seq < ?4
                 AND place.wall_us >= ?5 AND place.wall_us < ?6 AND (?7 OR record.kind <> 'tags')
             ORDER BY {by} {order}, place.seq {order} LIMIT ?8"
        ))?;
        let mut rows =
            statement.query(params![self.row, said, start, end, since, before, wanted.tags, most])?;
        while let Some(row) = rows.next()? {
            records.extend(read(row, &self.reader.nonce, self.room)?.map(Arc::new));
        }
        let mut statement = self.reader.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, record.rooms FROM record
             WHERE seq > ?1 AND seq >= ?2 AND seq < ?3 AND wall_us >= ?4 AND wall_us < ?5
                 AND (kind IN ('message', 'notice')) = ?6 AND (?7 OR kind <> 'tags')"
        ))?;
        let mut rows =
            statement.query(params![self.indexed, start, end, since, before, said, wanted.tags])?;
        while let Some(row) = rows.next()? {
            if rooms(row.get_ref(8)?.as_str().unwrap_or_default()).any(|room| room == self.row) {
                records.extend(read(row, &self.reader.nonce, self.room)?.map(Arc::new));
            }
        }
        records.sort_by_key(|record| (if is_by_time { record.wall_us } else { 0 }, record.seq()));
        match order {
            "ASC" => records.truncate(most),
            _ => drop(records.drain(..records.len().saturating_sub(most))),
        }
        Ok(records)
    }

    fn tracks(&self, span: &Span, order: &str, most: (usize, Wanted)) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut records = self.track(true, span, order, most)?;
        if most.1.events {
            records.extend(self.track(false, span, order, most)?);
        }
        let is_by_time = span.times != Span::ALL.times;
        records.sort_by_key(|record| (if is_by_time { record.wall_us } else { 0 }, record.seq()));
        Ok(records)
    }
}

impl Past for OnDisk<'_> {
    type Error = rusqlite::Error;

    fn first(&self, span: &Span, most: usize, wanted: Wanted) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut records = self.tracks(span, "ASC", (most, wanted))?;
        records.truncate(most);
        records.sort_by_key(|record| record.seq());
        Ok(records)
    }

    fn last(&self, span: &Span, most: usize, wanted: Wanted) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut records = self.tracks(span, "DESC", (most, wanted))?;
        records.drain(..records.len().saturating_sub(most));
        records.sort_by_key(|record| record.seq());
        Ok(records)
    }

    fn seqs_of(&self, times: &Range<u64>) -> rusqlite::Result<Range<Seq>> {
        let all = Wanted { events: true, tags: true };
        let from = |time: u64| -> rusqlite::Result<Seq> {
            let later = self.first(&Span::of_times(time..u64::MAX), 1, all)?;
            Ok(later.first().map_or(Seq(u64::MAX), |record| record.seq()))
        };
        Ok(from(times.start)?..from(times.end)?)
    }
}
