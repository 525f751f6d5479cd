//! What is changed in the tables, within one transaction.

use super::blocks;
use super::meta::{meta, micros, set_meta};
use super::options::Options;
use super::row::{Columns, columns, rooms, row_of};
use crate::chat::kept::{Everything, MemberChange, MemberState, Persist, RoomState};
use crate::chat::modes::Authority;
use crate::chat::room::Setting;
use crate::chat::{EventKind, MessageId, Record, RoomKey, Seq, UserKey};
use crate::text::Name;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The rows of rooms.
pub(super) type RoomRows = BTreeMap<RoomKey, i64>;

/// The uptime on disk is at most so much behind that of the last entry: to keep it with each would
/// write one more page in each commit.
const UPTIME_BEHIND: Duration = Duration::from_secs(1);

/// The time between two notes of a clock that is behind.
const BETWEEN_NOTES: Duration = Duration::from_secs(3600);

/// Numbers of the whole store. They are not written in each transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    /// Messages that are kept.
    pub(super) messages: u64,
    /// The number of the last record, or a higher one.
    pub(super) last: u64,
    /// The log's uptime that is on disk.
    pub(super) uptime: Duration,
}

impl Totals {
    /// Those of a file, whose last numbers a crash has left unwritten.
    pub(super) fn read(connection: &Connection, uptime: Duration) -> rusqlite::Result<Totals> {
        let last = connection.query_row("SELECT coalesce(max(seq), 0) FROM record", [], |row| row.get(0))?;
        let messages = meta(connection, "messages")?.unwrap_or(0);
        // Without it all were counted.
        let counted = meta(connection, "counted")?.unwrap_or(last);
        let sql = "SELECT count(*) FROM record WHERE seq > ?1 AND kind IN ('message', 'notice')";
        let others: u64 = connection.query_row(sql, [counted], |row| row.get(0))?;
        Ok(Totals { messages: messages + others, last, uptime })
    }

    /// Writes how many messages there are up to the last record.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        set_meta(connection, "messages", self.messages)?;
        set_meta(connection, "counted", self.last)
    }
}

/// Records may have some bytes or some thousands: after so many it is looked whether it is enough.
const STEP: usize = 16;

/// A transaction that is open.
pub(super) struct Writing<'a> {
    connection: &'a Connection,
    options: Options,
    rooms: &'a mut RoomRows,
    totals: Totals,
    /// Some text was removed.
    has_removed: bool,
    /// The last records of blocks whose sets still have words of what was taken back.
    stale: BTreeSet<u64>,
    /// The last that is known.
    uptime: Duration,
    /// Something is written that is told by uptime.
    has_uptimes: bool,
    /// Records that were added.
    added: usize,
    /// Records that have got into a block.
    indexed: usize,
}

/// What a transaction has done.
pub(super) struct Written {
    pub(super) totals: Totals,
    /// Some text was removed.
    pub(super) has_removed: bool,
    /// Records that were added.
    pub(super) added: usize,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(
        connection: &'a Connection,
        options: Options,
        rooms: &'a mut RoomRows,
        totals: Totals,
    ) -> rusqlite::Result<Writing<'a>> {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Writing {
            connection,
            options,
            rooms,
            totals,
            has_removed: false,
            stale: BTreeSet::new(),
            uptime: Duration::ZERO,
            has_uptimes: false,
            added: 0,
            indexed: 0,
        })
    }

    pub(super) fn commit(mut self) -> rusqlite::Result<Written> {
        for &block in &self.stale {
            blocks::renew(self.connection, block)?;
        }
        // Messages behind the last record that is counted are counted at the next start.
        if self.has_removed || self.indexed > 0 {
            self.totals.write(self.connection)?;
        }
        let behind = self.uptime.saturating_sub(self.totals.uptime);
        if behind >= UPTIME_BEHIND || self.has_uptimes && !behind.is_zero() {
            self.set_uptime(self.uptime)?;
        }
        self.prepare("COMMIT")?.execute([])?;
        Ok(Written { totals: self.totals, has_removed: self.has_removed, added: self.added })
    }

    pub(super) fn set_uptime(&mut self, uptime: Duration) -> rusqlite::Result<()> {
        self.totals.uptime = uptime;
        set_meta(self.connection, "uptime_us", micros(uptime))
    }

    /// Makes a block of the first records of the tail; how many those are.
    pub(super) fn index(&mut self) -> rusqlite::Result<usize> {
        let records = blocks::index(self.connection, self.options.block_records)?;
        self.indexed += records;
        Ok(records)
    }

    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    pub(super) fn batch(&mut self, batch: &Persist) -> rusqlite::Result<()> {
        if let Some(everything) = &batch.everything {
            self.replace_rooms(everything)?;
        }
        // What happens in a room needs its row.
        batch.rooms.values().try_for_each(|state| self.set_room(state))?;
        batch.records.iter().try_for_each(|record| match &record.kind {
            EventKind::Redacted { room, message, .. } => self.redact(record, room, message),
            _ => self.add(record),
        })?;
        batch.members.iter().try_for_each(|change| match change {
            MemberChange::In(member) => self.set_member(member),
            MemberChange::Out(room, user) => self.remove_member(room, *user),
        })?;
        batch.ended.iter().try_for_each(|room| self.end_room(room))?;
        if let Some(reserved) = batch.reserved {
            set_meta(self.connection, "seq", reserved.0)?;
        }
        self.uptime = self.uptime.max(batch.uptime);
        // What else there is may name the time since when a room is empty, or is the start's.
        let Persist { rooms, members, ended, .. } = batch;
        self.has_uptimes |= !rooms.is_empty() || batch.everything.is_some() || batch.reserved.is_some();
        self.has_uptimes |= !members.is_empty() || !ended.is_empty();
        Ok(())
    }

    /// The row of a room; None where it has none, or has ended.
    fn row_of(&mut self, room: &RoomKey) -> rusqlite::Result<Option<i64>> {
        if let Some(&row) = self.rooms.get(room) {
            return Ok(Some(row));
        }
        let row = row_of(self.connection, room)?;
        self.rooms.extend(row.map(|row| (room.clone(), row)));
        Ok(row)
    }

    /// Makes the rooms and their members those that there are. A room that is not known may still be on
    /// disk, with its members.
    fn replace_rooms(&mut self, everything: &Everything) -> rusqlite::Result<()> {
        let Everything { rooms, members } = everything;
        for state in rooms.values() {
            self.set_room(state)?;
            let row = self.row_of(&state.room)?;
            self.prepare("DELETE FROM member WHERE room = ?1")?.execute([row])?;
        }
        members.iter().try_for_each(|member| self.set_member(member))
    }

    fn set_room(&mut self, state: &RoomState) -> rusqlite::Result<()> {
        let RoomState { room, topic, key, limit, emptied, .. } = state;
        let row: i64 = self
            .prepare(
                "INSERT INTO room (made, name, made_us, maker, topic, topic_by, topic_us,
                     flags, server_flags, key, key_by_server, members_at_most, members_by_server,
                     emptied, emptied_uptime_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                 ON CONFLICT (made, name) DO UPDATE SET topic = ?5, topic_by = ?6, topic_us = ?7,
                     flags = ?8, server_flags = ?9, key = ?10, key_by_server = ?11,
                     members_at_most = ?12, members_by_server = ?13, emptied = ?14,
                     emptied_uptime_us = ?15
                 RETURNING id",
            )?
            .query_row(
                params![
                    room.made.0,
                    room.name.as_str(),
                    state.made_at,
                    state.maker,
                    topic.as_ref().map(|topic| &topic.text),
                    topic.as_ref().map(|topic| &topic.by),
                    topic.as_ref().map(|topic| topic.at),
                    state.flags,
                    state.server_flags,
                    key.as_ref().map(|key| &key.value),
                    by_server(key),
                    limit.as_ref().map(|limit| limit.value),
                    by_server(limit),
                    emptied.as_ref().map(|emptied| emptied.seq.0),
                    emptied.as_ref().map(|emptied| micros(emptied.since)),
                ],
                |row| row.get(0),
            )?;
        self.rooms.insert(room.clone(), row);
        self.prepare("DELETE FROM listed WHERE room = ?1")?.execute([row])?;
        let mut insert = self.prepare("INSERT INTO listed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        for (list, entries) in state.lists.iter().enumerate() {
            for (position, listed) in entries.iter().enumerate() {
                let (at, by_server) = (listed.at, listed.authority == Authority::Server);
                let by = listed.by.as_str();
                insert.execute(params![row, list, position, listed.mask, by, at, by_server])?;
            }
        }
        Ok(())
    }

    fn add(&mut self, record: &Record) -> rusqlite::Result<()> {
        let Some(Columns { kind, text, more, client_id }) = columns(&record.kind) else { return Ok(()) };
        let (seq, wall_us, said) = (record.seq().0, record.wall_us, record.is_message());
        let mut rooms = String::new();
        for room in record.kind.rooms() {
            if let Some(row) = self.row_of(room)? {
                rooms.push(if rooms.is_empty() { '[' } else { ',' });
                rooms.push_str(&row.to_string());
            }
        }
        if rooms.is_empty() {
            return Ok(());
        }
        rooms.push(']');
        self.totals.messages += u64::from(said);
        self.totals.last = self.totals.last.max(seq);
        self.added += 1;
        let mut insert = self.prepare(
            "INSERT INTO record (seq, wall_us, author, source, by_bot, kind, text, more, rooms, client_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let (author, source, by_bot) = (record.author.0.0, &*record.source, record.by_bot);
        insert.execute(params![seq, wall_us, author, source, by_bot, kind, text, more, rooms, client_id])?;
        Ok(())
    }

    /// Removes a message that was taken back, and keeps by whom.
    fn redact(&mut self, by: &Record, room: &RoomKey, message: &MessageId) -> rusqlite::Result<()> {
        let Some(row) = self.row_of(room)? else { return Ok(()) };
        let seq = message.seq.0;
        if self.remove(seq)? {
            self.stale.extend(blocks::block_of(self.connection, seq)?);
            let mut insert = self.prepare("INSERT OR REPLACE INTO redacted VALUES (?1, ?2, ?3, ?4, ?5)")?;
            insert.execute(params![seq, row, by.seq().0, &*by.source, by.wall_us])?;
        }
        Ok(())
    }

    /// Removes a record from all rooms; false where there is none.
    fn remove(&mut self, seq: u64) -> rusqlite::Result<bool> {
        let known = self
            .prepare("DELETE FROM record WHERE seq = ?1 RETURNING kind IN ('message', 'notice'), rooms")?
            .query_row([seq], |row| {
                Ok((
                    row.get::<_, bool>(0)?,
                    rooms(row.get_ref(1)?.as_str().unwrap_or_default()).collect::<Vec<i64>>(),
                ))
            })
            .optional()?;
        let Some((said, rooms)) = known else { return Ok(false) };
        // A number in the file that is too small must not end the server.
        self.totals.messages = self.totals.messages.saturating_sub(u64::from(said));
        self.has_removed = true;
        rooms.into_iter().try_for_each(|room| self.remove_place(room, said, seq))?;
        Ok(true)
    }

    fn remove_place(&self, room: i64, said: bool, seq: u64) -> rusqlite::Result<()> {
        let mut delete = self.prepare("DELETE FROM place WHERE room = ?1 AND said = ?2 AND seq = ?3")?;
        delete.execute(params![room, said, seq]).map(drop)
    }

    fn set_member(&mut self, member: &MemberState) -> rusqlite::Result<()> {
        let MemberState { room, user, name, host, ranks } = member;
        let Some(row) = self.row_of(room)? else { return Ok(()) };
        // A person who comes back after a restart has another connection, and perhaps another case.
        let mut known =
            self.prepare("SELECT user, name FROM member WHERE room = ?1 AND host = ?2 AND user < ?3")?;
        let rows = known.query_map(params![row, host, user.0.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(u64, String)> = rows.collect::<rusqlite::Result<_>>()?;
        drop(known);
        let is_same = |called: &str| Name::parse(called).is_ok_and(|called| called == *name);
        for (old, _) in rows.iter().filter(|(_, called)| is_same(called)) {
            self.remove_member(room, UserKey(Seq(*old)))?;
        }
        self.prepare(
            "INSERT OR REPLACE INTO member (room, user, name, host, ranks) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![row, user.0.0, name.as_str(), host, ranks])?;
        Ok(())
    }

    fn remove_member(&mut self, room: &RoomKey, user: UserKey) -> rusqlite::Result<()> {
        let Some(row) = self.row_of(room)? else { return Ok(()) };
        let mut delete = self.prepare("DELETE FROM member WHERE room = ?1 AND user = ?2")?;
        delete.execute(params![row, user.0.0]).map(drop)
    }

    /// Nothing of a room is kept any more. Its records go in slices, see [`Writing::drop_ended`].
    fn end_room(&mut self, room: &RoomKey) -> rusqlite::Result<()> {
        let Some(row) = self.row_of(room)? else { return Ok(()) };
        self.rooms.remove(room);
        self.end_row(row)
    }

    fn end_row(&self, row: i64) -> rusqlite::Result<()> {
        // A first room may be made again with the same key, before the records of this one are gone.
        self.prepare("UPDATE room SET has_ended = 1, topic = NULL, made = -id WHERE id = ?1")?
            .execute([row])?;
        self.prepare("DELETE FROM member WHERE room = ?1")?.execute([row])?;
        self.prepare("DELETE FROM listed WHERE room = ?1")?.execute([row]).map(drop)
    }

    /// Removes at most so many records of rooms that have ended, and those rooms; how many both were.
    pub(super) fn drop_ended(&mut self, most: usize) -> rusqlite::Result<usize> {
        let mut removed = 0;
        while removed < most
            && let Some(room) = self.next_ended()?
        {
            while self.index()? > 0 {}
            let sql = "SELECT said, seq FROM place WHERE room = ?1 LIMIT ?2";
            let places = self.places(sql, (room, most - removed))?;
            for &(said, seq) in &places {
                self.remove_place(room, said, seq)?;
                if self.is_elsewhere(seq)? {
                    self.leave_out(room, seq)?;
                } else {
                    self.remove(seq)?;
                }
            }
            removed += places.len();
            if removed < most {
                self.prepare("DELETE FROM redacted WHERE room = ?1")?.execute([room])?;
                self.prepare("DELETE FROM room WHERE id = ?1")?.execute([room])?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn next_ended(&self) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT id FROM room WHERE has_ended LIMIT 1";
        self.prepare(sql)?.query_row([], |row| row.get(0)).optional()
    }

    /// Takes a room out of the rooms of a record: another room may get its row.
    fn leave_out(&self, room: i64, seq: u64) -> rusqlite::Result<()> {
        let sql = "UPDATE record SET rooms = (SELECT json_group_array(value) FROM json_each(rooms)
             WHERE value <> ?1) WHERE seq = ?2";
        self.prepare(sql)?.execute((room, seq)).map(drop)
    }

    /// Whether what happened in several rooms still has a place in one of them.
    fn is_elsewhere(&self, seq: u64) -> rusqlite::Result<bool> {
        let sql = "SELECT rooms FROM record WHERE seq = ?1";
        let known = self.prepare(sql)?.query_row([seq], |row| {
            Ok(rooms(row.get_ref(0)?.as_str().unwrap_or_default()).collect::<Vec<i64>>())
        });
        for room in known.optional()?.unwrap_or_default() {
            let sql = "SELECT 1 FROM place WHERE room = ?1 AND said IN (0, 1) AND seq = ?2";
            if self.prepare(sql)?.exists((room, seq))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where the database has more bytes than `from`, removes the oldest records, at most so many, until it
    /// has no more than `to`; how many those were.
    pub(super) fn drop_oldest(&mut self, from: u64, to: u64, most: usize) -> rusqlite::Result<usize> {
        let (mut enough, mut removed) = (from, 0);
        while removed < most && self.used_bytes()? > enough {
            let step = STEP.min(most - removed);
            let places = self.places("SELECT 0, seq FROM record ORDER BY seq LIMIT ?1", [step])?;
            for &(_, seq) in &places {
                self.remove(seq)?;
            }
            if places.is_empty() {
                break;
            }
            removed += places.len();
            enough = to;
        }
        Ok(removed)
    }

    /// Bytes of the database that hold something.
    fn used_bytes(&self) -> rusqlite::Result<u64> {
        let pragma =
            |name: &str| self.prepare(&format!("PRAGMA {name}"))?.query_row([], |row| row.get::<_, i64>(0));
        let pages = pragma("page_count")? - pragma("freelist_count")?;
        Ok((pages * pragma("page_size")?).unsigned_abs())
    }

    /// Keeps that the records from this one on were written at this time or later, though the clock was
    /// behind: one row for each hour of that.
    pub(super) fn note_behind(&self, seq: Seq, at_us: u64) -> rusqlite::Result<()> {
        let sql = "INSERT INTO clock_behind SELECT ?1, ?2 WHERE NOT EXISTS
             (SELECT 1 FROM clock_behind WHERE at_us > ?2 - ?3 AND at_us <= ?2)";
        self.prepare(sql)?.execute((seq.0, at_us, micros(BETWEEN_NOTES))).map(drop)
    }

    /// The records of this run, which are those behind `started`, were written at this time or later: the
    /// clock knows by now for how long the machine was off.
    pub(super) fn set_behind(&self, started: u64, at_us: u64) -> rusqlite::Result<()> {
        let sql = "UPDATE clock_behind SET at_us = ?2 WHERE seq > ?1 AND at_us < ?2";
        self.prepare(sql)?.execute((started, at_us)).map(drop)
    }

    /// Removes at most so many of the oldest records, up to the last that was written before this time;
    /// how many those were.
    ///
    /// A record whose clock was ahead of `now` says nothing of its age: it goes with what came after it.
    /// Nor does a note of [`Writing::note_behind`] that is later than the time that is believed.
    pub(super) fn drop_before(
        &mut self,
        since_us: u64,
        (now, believed): (u64, u64),
        most: usize,
    ) -> rusqlite::Result<usize> {
        let last = {
            let sql = "SELECT seq, 0 AS is_record, at_us FROM clock_behind WHERE at_us <= ?3
                 UNION ALL SELECT seq, 1, wall_us FROM record WHERE wall_us <= ?1
                 ORDER BY seq, is_record LIMIT ?2";
            let mut statement = self.prepare(sql)?;
            let (mut rows, mut last) = (statement.query((now, most, believed))?, 0);
            while let Some(row) = rows.next()?
                && row.get::<_, u64>(2)? < since_us
            {
                last = row.get::<_, u64>(0)?;
            }
            last
        };
        let sql = "SELECT 0, seq FROM record WHERE seq <= ?1 ORDER BY seq LIMIT ?2";
        let places = self.places(sql, (last, most))?;
        places.iter().try_for_each(|&(_, seq)| self.remove(seq).map(drop))?;
        Ok(places.len())
    }

    /// Forgets blocks that are older than all that is kept, and at most so many redactions of messages
    /// that would be. Returns the number of the oldest record, or that behind the last one where none is left.
    pub(super) fn drop_before_oldest(&mut self, most: usize) -> rusqlite::Result<Seq> {
        let oldest: Option<u64> =
            self.prepare("SELECT min(seq) FROM record")?.query_row([], |row| row.get(0))?;
        let sql = "DELETE FROM redacted WHERE seq IN (SELECT seq FROM redacted WHERE seq < ?1 LIMIT ?2)";
        let before = oldest.unwrap_or(i64::MAX as u64);
        self.prepare(sql)?.execute((before, most))?;
        self.prepare("DELETE FROM block WHERE last < ?1")?.execute([before])?;
        let sql = "DELETE FROM clock_behind
             WHERE seq < (SELECT max(seq) FROM clock_behind WHERE seq <= ?1)";
        self.prepare(sql)?.execute([before])?;
        Ok(Seq(oldest.unwrap_or(self.totals.last + 1)))
    }

    /// The rows of a query of two columns.
    fn places(&self, sql: &str, params: impl Params) -> rusqlite::Result<Vec<(bool, u64)>> {
        self.prepare(sql)?.query_map(params, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }
}

/// Whether the server's authority has set it, if it is set.
fn by_server<T>(setting: &Option<Setting<T>>) -> Option<bool> {
    setting.as_ref().map(|setting| setting.authority == Authority::Server)
}
