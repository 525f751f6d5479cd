//! The past of rooms, read on a connection of its own.

use super::blocks::{indexed, rooms};
use super::error::StoreError;
use super::filter::may_have;
use super::row::{COLUMNS, read};
use super::words::{Terms, hash_of_sender, hashes};
use crate::chat::history::Span;
use crate::chat::question::{Past, Question, Search, Wanted};
use crate::chat::{EventKind, Nonce, Record, RoomKey, Seq};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params};
use std::cmp::Reverse;
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
        // The tail must begin where the blocks end, whatever is committed meanwhile.
        let _snapshot = self.connection.unchecked_transaction()?;
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
        let _snapshot = self.connection.unchecked_transaction()?;
        let Some(row) = self.row_of(room)? else { return Ok(Vec::new()) };
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
        self.in_time(|| {
            let Some(row) = self.row_of(room)? else { return Ok(Vec::new()) };
            let indexed = indexed(&self.connection)?;
            question.answer(&OnDisk { reader: self, room, row, until, indexed }, most, wanted)
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
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let mut searching =
            Searching { reader: self, terms: Terms::new(&search.text), rooms, search, found: Vec::new() };
        let tail = indexed(&self.connection)?;
        searching.look_at_records(tail, until.0)?;
        match searching.words() {
            words if words.is_empty() => searching.look_at_times(tail.min(until.0))?,
            words => searching.look_at_blocks(&words, until.0)?,
        }
        searching.found.reverse();
        Ok(searching.found)
    }

    fn row_of(&self, room: &RoomKey) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT id FROM room WHERE made = ?1 AND name = ?2 AND NOT has_ended";
        let mut statement = self.connection.prepare_cached(sql)?;
        let params = params![room.made.0, room.name.as_str()];
        statement.query_row(params, |row| row.get(0)).optional()
    }
}

/// A search that goes on, from the newest messages to the oldest.
struct Searching<'a> {
    reader: &'a Reader,
    search: &'a Search,
    terms: Terms,
    /// By the numbers of their rows.
    rooms: BTreeMap<i64, &'a RoomKey>,
    found: Vec<Arc<Record>>,
}

impl Searching<'_> {
    /// For each room the hashes of what is searched for.
    fn words(&self) -> Vec<(i64, Vec<u64>)> {
        let of = |&room: &i64| {
            let mut words = Vec::new();
            words.extend(self.search.from.iter().map(|name| hash_of_sender(room, name.as_str())));
            hashes(room, &self.search.text, |hash| words.push(hash));
            // The last of a word are in the fewest messages.
            words.reverse();
            (room, words)
        };
        self.rooms.keys().map(of).filter(|(_, words)| !words.is_empty()).collect()
    }

    fn has_all(&self) -> bool {
        self.found.len() >= self.search.most
    }

    /// Looks at all records after one up to another.
    fn look_at_records(&mut self, after: u64, until: u64) -> rusqlite::Result<()> {
        let mut statement = self.reader.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, record.rooms FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq DESC"
        ))?;
        let mut rows = statement.query(params![after, until])?;
        while !self.has_all()
            && let Some(row) = rows.next()?
        {
            let mut places = rooms(row.get_ref(8)?.as_str()?);
            if let Some(room) = places.find_map(|room| self.rooms.get(&room)) {
                self.found.extend(self.meant(row, room)?);
            }
        }
        Ok(())
    }

    /// Looks at the blocks that may have all words.
    fn look_at_blocks(&mut self, words: &[(i64, Vec<u64>)], until: u64) -> rusqlite::Result<()> {
        let mut statement =
            self.reader.connection.prepare_cached("SELECT last, words FROM block ORDER BY last DESC")?;
        let mut blocks = statement.query([])?;
        // A block begins behind the one before it, which comes next.
        let (mut last, mut rooms): (u64, Vec<i64>) = (0, Vec::new());
        while !self.has_all() {
            let block = blocks.next()?;
            let before = block.map_or(Ok(0), |block| block.get(0))?;
            if before < until {
                self.look_at_rooms(&rooms, before, last.min(until))?;
            }
            let Some(block) = block else { break };
            let filter = block.get_ref(1)?.as_blob()?;
            last = before;
            rooms.clear();
            let may_be_in = |(_, words): &&(i64, Vec<u64>)| words.iter().all(|&word| may_have(filter, word));
            rooms.extend(words.iter().filter(may_be_in).map(|(room, _)| room));
        }
        Ok(())
    }

    /// Looks at the last messages of the times that are searched, where nothing else is said of them.
    fn look_at_times(&mut self, until: u64) -> rusqlite::Result<()> {
        let Range { start, end } = &self.search.times;
        // Times choose by what clients are shown, numbers by what came first.
        let by = if self.search.times == Span::ALL.times { "seq" } else { "wall_us" };
        let left = self.search.most - self.found.len();
        let mut found = Vec::new();
        for (row, room) in &self.rooms {
            let mut statement = self.reader.connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
                 WHERE place.room = ?1 AND place.said = 1 AND place.seq <= ?2
                     AND place.wall_us >= ?3 AND place.wall_us < ?4
                 ORDER BY place.{by} DESC, place.seq DESC LIMIT ?5"
            ))?;
            let mut rows = statement.query(params![row, until, clamp(*start), clamp(*end), left])?;
            while let Some(message) = rows.next()? {
                found.extend(self.meant(message, room)?);
            }
        }
        if by == "wall_us" {
            found.sort_by_key(|record| Reverse((record.wall_us, record.seq())));
            found.truncate(left);
        }
        self.add(found);
        Ok(())
    }

    /// Adds the latest of these.
    fn add(&mut self, mut found: Vec<Arc<Record>>) {
        found.sort_by_key(|record| Reverse(record.seq()));
        found.truncate(self.search.most - self.found.len());
        self.found.append(&mut found);
    }

    /// Looks at the messages of rooms after one up to another.
    fn look_at_rooms(&mut self, rooms: &[i64], after: u64, until: u64) -> rusqlite::Result<()> {
        let Range { start, end } = &self.search.times;
        let mut found = Vec::new();
        for row in rooms {
            let mut statement = self.reader.connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
                 WHERE place.room = ?1 AND place.said = 1 AND place.seq > ?2 AND place.seq <= ?3
                     AND place.wall_us >= ?4 AND place.wall_us < ?5"
            ))?;
            let mut rows = statement.query(params![row, after, until, clamp(*start), clamp(*end)])?;
            while let Some(message) = rows.next()? {
                found.extend(self.meant(message, self.rooms[row])?);
            }
        }
        self.add(found);
        Ok(())
    }

    /// The record in a row, if it is searched for.
    fn meant(&self, row: &Row<'_>, room: &RoomKey) -> rusqlite::Result<Option<Arc<Record>>> {
        let record = read(row, &self.reader.nonce, room)?;
        Ok(record.filter(|record| self.is_meant(record)).map(Arc::new))
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

/// As SQLite has it.
fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
            if rooms(row.get_ref(8)?.as_str()?).any(|room| room == self.row) {
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
