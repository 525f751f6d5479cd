//! The past of rooms, read on a connection of its own.

use super::error::StoreError;
use super::meta::indexed;
use super::row::{COLUMNS, read};
use super::words::{Terms, query};
use crate::chat::history::Span;
use crate::chat::question::{Past, Question, Search, Wanted};
use crate::chat::{EventKind, Nonce, Record, RoomKey, Seq};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Params, params};
use std::collections::BTreeMap;
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

    /// What is read, if it does not take too long.
    fn in_time<T>(&self, read: impl FnOnce() -> rusqlite::Result<T>) -> Result<Option<T>, StoreError> {
        let until = self.opened.elapsed() + self.answer_time;
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
        self.in_time(|| {
            let Some(row) = self.row_of(room)? else { return Ok(Vec::new()) };
            question.answer(&OnDisk { reader: self, room, row, until }, most, wanted)
        })
    }

    /// The newest messages that a search finds, up to this number, in the order of the log; None
    /// where it takes too long.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn search(&mut self, search: &Search, until: Seq) -> Result<Option<Vec<Arc<Record>>>, StoreError> {
        self.in_time(|| self.find(search, until))
    }

    fn find(&self, search: &Search, until: Seq) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut rooms = BTreeMap::new();
        for room in &search.rooms {
            rooms.extend(self.row_of(room)?.map(|row| (row, room)));
        }
        let (indexed, end) = (indexed(&self.connection)?, until.0);
        let query = query(&search.text);
        let searching = Searching { terms: Terms::new(&search.text), rooms, search };
        let mut found = Vec::new();
        // What is not indexed yet is the newest.
        let from = if query.is_some() { indexed } else { 0 };
        let tail = format!(
            "SELECT {COLUMNS}, record.rooms FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq DESC"
        );
        searching.look(self, &tail, params![from, end], &mut found)?;
        if let Some(query) = query.filter(|_| found.len() < search.most) {
            let hits = format!(
                "SELECT {COLUMNS}, record.rooms FROM search JOIN record ON record.seq = search.rowid
                 WHERE search MATCH ?1 AND search.rowid <= ?2 ORDER BY search.rowid DESC"
            );
            searching.look(self, &hits, params![query, end.min(indexed)], &mut found)?;
        }
        found.reverse();
        Ok(found)
    }

    fn row_of(&self, room: &RoomKey) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT id FROM room WHERE made = ?1 AND name = ?2 AND NOT has_ended";
        let mut statement = self.connection.prepare_cached(sql)?;
        let params = params![room.made.0, room.name.as_str()];
        statement.query_row(params, |row| row.get(0)).optional()
    }
}

/// A search that goes on.
struct Searching<'a> {
    search: &'a Search,
    terms: Terms,
    /// By the numbers of their rows.
    rooms: BTreeMap<i64, &'a RoomKey>,
}

impl Searching<'_> {
    /// Looks at the rows of a query, the newest first, until enough is found.
    fn look(
        &self,
        reader: &Reader,
        sql: &str,
        params: impl Params,
        found: &mut Vec<Arc<Record>>,
    ) -> rusqlite::Result<()> {
        let mut statement = reader.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()?.filter(|_| found.len() < self.search.most) {
            let rooms: Vec<i64> = serde_json::from_str(row.get_ref(8)?.as_str()?).unwrap_or_default();
            let Some(room) = rooms.iter().find_map(|room| self.rooms.get(room)) else { continue };
            let record = read(row, &reader.nonce, room)?;
            found.extend(record.filter(|record| self.is_meant(record)).map(Arc::new));
        }
        Ok(())
    }

    fn is_meant(&self, record: &Record) -> bool {
        let Search { from, times, .. } = self.search;
        let EventKind::Said { chat_message, .. } = &record.kind else { return false };
        record.is_message()
            && times.contains(&record.wall_us)
            && from.as_ref().is_none_or(|from| *from == record.name)
            && self.terms.are_in(&chat_message.text)
    }
}

/// The past of one room.
struct OnDisk<'a> {
    reader: &'a Reader,
    room: &'a RoomKey,
    row: i64,
    /// Later records do not count.
    until: Seq,
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
        // Times choose by what clients are shown, numbers by what came first.
        let by = if *times == Span::ALL.times { "place.seq" } else { "place.wall_us" };
        let mut statement = self.reader.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
             WHERE place.room = ?1 AND place.said = ?2 AND place.seq >= ?3 AND place.seq < ?4
                 AND place.wall_us >= ?5 AND place.wall_us < ?6 AND (?7 OR record.kind <> 'tags')
             ORDER BY {by} {order}, place.seq {order} LIMIT ?8"
        ))?;
        let clamp = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let end = seqs.end.min(self.until.next());
        let params = params![
            self.row,
            said,
            clamp(seqs.start.0),
            clamp(end.0),
            clamp(times.start),
            clamp(times.end),
            wanted.tags,
            most
        ];
        let mut rows = statement.query(params)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.extend(read(row, &self.reader.nonce, self.room)?.map(Arc::new));
        }
        Ok(records)
    }

    fn tracks(&self, span: &Span, order: &str, most: (usize, Wanted)) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut records = self.track(true, span, order, most)?;
        if most.1.events {
            records.extend(self.track(false, span, order, most)?);
        }
        records.sort_by_key(|record| record.seq());
        Ok(records)
    }
}

impl Past for OnDisk<'_> {
    type Error = rusqlite::Error;

    fn first(&self, span: &Span, most: usize, wanted: Wanted) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut records = self.tracks(span, "ASC", (most, wanted))?;
        records.truncate(most);
        Ok(records)
    }

    fn last(&self, span: &Span, most: usize, wanted: Wanted) -> rusqlite::Result<Vec<Arc<Record>>> {
        let mut records = self.tracks(span, "DESC", (most, wanted))?;
        records.drain(..records.len().saturating_sub(most));
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
