//! A search, slice by slice: others are answered between two of them.

use super::blocks::{block_of, indexed, outdated};
use super::filter::may_have;
use super::row::{COLUMNS, clamp, read, rooms, row_of};
use super::words::{Terms, hash_of_sender, hashes};
use crate::chat::history::Span;
use crate::chat::question::Search;
use crate::chat::{EventKind, Nonce, Record, RoomKey, Seq};
use rusqlite::{Connection, Row, params};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Blocks and records that a slice looks at, and those of one block more: some milliseconds.
const SLICE: usize = 2000;

/// A search that goes on, from the newest messages to the oldest. What is committed between two slices
/// changes nothing in it.
pub struct Searching {
    search: Search,
    terms: Terms,
    /// Later records were looked at, or do not count.
    until: u64,
    /// The newest first.
    found: Vec<Arc<Record>>,
    /// By all slices.
    pub(super) taken: Duration,
}

/// What a slice has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {
    /// All was found.
    Last,
    /// There is more to look at.
    More,
    /// The search takes longer than it may.
    TooLong,
}

impl fmt::Debug for Searching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Searching").field("search", &self.search).finish_non_exhaustive()
    }
}

impl Searching {
    /// A search among the records up to this number.
    pub fn new(search: Search, until: Seq) -> Searching {
        let terms = Terms::new(&search.text);
        Searching { search, terms, until: until.0, found: Vec::new(), taken: Duration::ZERO }
    }

    /// What was found, in the order of the log.
    pub fn into_found(mut self) -> Vec<Arc<Record>> {
        self.found.reverse();
        self.found
    }

    pub(super) fn slice(&mut self, connection: &Connection, nonce: &Nonce) -> rusqlite::Result<Slice> {
        let mut known = BTreeMap::new();
        for room in &self.search.rooms {
            known.extend(row_of(connection, room)?.map(|row| (row, room.clone())));
        }
        if known.is_empty() {
            return Ok(Slice::Last);
        }
        let words = self.words(known.keys());
        let slice = OneSlice { connection, nonce, rooms: known, searching: self, left: SLICE };
        slice.look(&words)
    }

    /// For each of these rooms the hashes of what is searched for.
    fn words<'a>(&self, rooms: impl Iterator<Item = &'a i64>) -> Vec<(i64, Vec<u64>)> {
        let of = |&room: &i64| {
            let mut words = Vec::new();
            words.extend(self.search.from.iter().map(|name| hash_of_sender(room, name.as_str())));
            hashes(room, &self.search.text, |hash| words.push(hash));
            // The last of a word are in the fewest messages.
            words.reverse();
            (room, words)
        };
        rooms.map(of).filter(|(_, words)| !words.is_empty()).collect()
    }

    fn has_all(&self) -> bool {
        self.found.len() >= self.search.most
    }

    /// Adds the latest of these.
    fn add(&mut self, mut found: Vec<Arc<Record>>) {
        found.sort_by_key(|record| Reverse(record.seq()));
        found.truncate(self.search.most - self.found.len());
        self.found.append(&mut found);
    }

    /// The record in a row, if it is searched for.
    fn meant(&self, row: &Row<'_>, nonce: &Nonce, room: &RoomKey) -> rusqlite::Result<Option<Arc<Record>>> {
        Ok(read(row, nonce, room)?.filter(|record| self.is_meant(record)).map(Arc::new))
    }

    fn is_meant(&self, record: &Record) -> bool {
        let Search { from, times, .. } = &self.search;
        let EventKind::Said { chat_message, .. } = &record.kind else { return false };
        record.is_message()
            && times.contains(&record.wall_us)
            && from.as_ref().is_none_or(|from| *from == record.name)
            && self.terms.are_in(&chat_message.text)
    }
}

/// A slice, within one state of the database.
struct OneSlice<'a> {
    connection: &'a Connection,
    nonce: &'a Nonce,
    /// By the numbers of their rows.
    rooms: BTreeMap<i64, RoomKey>,
    searching: &'a mut Searching,
    /// Of [`SLICE`].
    left: usize,
}

impl OneSlice<'_> {
    fn look(mut self, words: &[(i64, Vec<u64>)]) -> rusqlite::Result<Slice> {
        let tail = indexed(self.connection)?;
        if self.searching.until > tail {
            self.look_at_records(tail)?;
        }
        if self.left > 0 && self.searching.until <= tail {
            if words.is_empty() { self.look_at_times()? } else { self.look_at_blocks(words)? }
        }
        let is_last = self.searching.has_all() || self.searching.until == 0;
        Ok(if is_last { Slice::Last } else { Slice::More })
    }

    /// Whether the slice ends, with what was looked at.
    fn is_spent(&mut self, looked_at: usize) -> bool {
        self.left = self.left.saturating_sub(looked_at);
        self.left == 0 || self.searching.has_all()
    }

    /// Looks at all records after one.
    fn look_at_records(&mut self, after: u64) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, record.rooms FROM record WHERE seq > ?1 AND seq <= ?2 ORDER BY seq DESC"
        ))?;
        let mut rows = statement.query(params![after, self.searching.until])?;
        while let Some(row) = rows.next()? {
            let mut places = rooms(row.get_ref(8)?.as_str().unwrap_or_default());
            if let Some(room) = places.find_map(|room| self.rooms.get(&room)) {
                let found = self.searching.meant(row, self.nonce, room)?;
                self.searching.found.extend(found);
            }
            self.searching.until = row.get::<_, u64>(0)?.saturating_sub(1);
            if self.is_spent(1) {
                return Ok(());
            }
        }
        self.searching.until = after;
        Ok(())
    }

    /// Looks at the blocks that may have all words, from the one on that has the next record.
    fn look_at_blocks(&mut self, words: &[(i64, Vec<u64>)]) -> rusqlite::Result<()> {
        let first = block_of(self.connection, self.searching.until)?.unwrap_or(0);
        let outdated = outdated(self.connection)?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT last, words FROM block WHERE last <= ?1 ORDER BY last DESC")?;
        let mut blocks = statement.query([first])?;
        // A block begins behind the one before it, which comes next.
        let mut rooms: Vec<i64> = Vec::new();
        loop {
            let block = blocks.next()?;
            let before = block.map_or(Ok(0), |block| block.get(0))?;
            let looked_at =
                if before < self.searching.until { self.look_at_rooms(&rooms, before)? } else { 0 };
            let Some(block) = block else { break };
            if self.is_spent(1 + looked_at) {
                return Ok(());
            }
            let filter = block.get_ref(1)?.as_blob()?;
            rooms.clear();
            let may_be_in = |(_, words): &&(i64, Vec<u64>)| {
                before <= outdated || words.iter().all(|&word| may_have(filter, word))
            };
            rooms.extend(words.iter().filter(may_be_in).map(|(room, _)| room));
        }
        Ok(())
    }

    /// Looks at the last messages of the times that are searched, where nothing else is said of them.
    fn look_at_times(&mut self) -> rusqlite::Result<()> {
        let Range { start, end } = self.searching.search.times;
        // Times choose by what clients are shown, numbers by what came first.
        let by = if self.searching.search.times == Span::ALL.times { "seq" } else { "wall_us" };
        let left = self.searching.search.most - self.searching.found.len();
        let mut found = Vec::new();
        for (row, room) in &self.rooms {
            let mut statement = self.connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
                 WHERE place.room = ?1 AND place.said = 1 AND place.seq <= ?2
                     AND place.wall_us >= ?3 AND place.wall_us < ?4
                 ORDER BY place.{by} DESC, place.seq DESC LIMIT ?5"
            ))?;
            let until = self.searching.until;
            let mut rows = statement.query(params![row, until, clamp(start), clamp(end), left])?;
            while let Some(message) = rows.next()? {
                found.extend(self.searching.meant(message, self.nonce, room)?);
            }
        }
        if by == "wall_us" {
            found.sort_by_key(|record| Reverse((record.wall_us, record.seq())));
            found.truncate(left);
        }
        self.searching.add(found);
        self.searching.until = 0;
        Ok(())
    }

    /// Looks at the messages of rooms after one; how many those were.
    fn look_at_rooms(&mut self, rooms: &[i64], after: u64) -> rusqlite::Result<usize> {
        let Range { start, end } = self.searching.search.times;
        let (mut found, mut looked_at) = (Vec::new(), 0);
        for row in rooms {
            // The signs keep SQLite from the index of times, in which it would pass over the whole room.
            let mut statement = self.connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM place JOIN record ON record.seq = place.seq
                 WHERE place.room = ?1 AND place.said = 1 AND place.seq > ?2 AND place.seq <= ?3
                     AND +place.wall_us >= ?4 AND +place.wall_us < ?5"
            ))?;
            let until = self.searching.until;
            let mut rows = statement.query(params![row, after, until, clamp(start), clamp(end)])?;
            while let Some(message) = rows.next()? {
                found.extend(self.searching.meant(message, self.nonce, &self.rooms[row])?);
                looked_at += 1;
            }
        }
        self.searching.add(found);
        self.searching.until = after;
        Ok(looked_at)
    }
}
