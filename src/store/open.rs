//! Opening a folder: the database is made or read, and gives what outlives a restart.

use super::blocks;
use super::client_ids::client_ids;
use super::directory::Directory;
use super::disk::Disk;
use super::error::OpenError;
use super::meta::{meta, micros, set_meta};
use super::options::{BUSY, Options, WAL_BYTES};
use super::schema;
use super::scrub::Scrubber;
use super::trusted_clock::{KnownTime, TrustedClock};
use super::writing::Totals;
use crate::chat::kept::{MemberState, REMEMBERED, RESERVED, Restored, RoomState};
use crate::chat::modes::Authority;
use crate::chat::room::{Emptied, Listed, Setting, Topic};
use crate::chat::{Nonce, RoomKey, Seq, UserKey};
use crate::text::{Name, RoomName};
use rusqlite::{Connection, OpenFlags, Row};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Opens a folder, or makes it. `nonce` is for a new one.
///
/// # Errors
/// Where it can't be used. Nothing in it has been overwritten.
pub fn open(path: &Path, options: Options, nonce: &str) -> Result<(Disk, Restored), OpenError> {
    let mut directory = Directory::open(path)?;
    let opened = match read(&directory, &options, nonce) {
        // Room was set aside for a full disk, and not each call that needs some says that there is none.
        Err(OpenError::Full | OpenError::Io(_) | OpenError::Failed(_)) if directory.release() => {
            read(&directory, &options, nonce)
        }
        opened => opened,
    };
    let Opened { connection, restored, totals, clock, scrubber } = opened?;
    let nonce = Nonce::new(&restored.nonce);
    Ok((Disk::new(directory, connection, options, nonce, totals, clock, scrubber)?, restored))
}

/// A database and what was read of it.
struct Opened {
    connection: Connection,
    restored: Restored,
    totals: Totals,
    clock: TrustedClock,
    scrubber: Scrubber,
}

/// # Errors
/// Where it can't be used, or the disk is full. Nothing in it has been overwritten.
fn read(directory: &Directory, options: &Options, nonce: &str) -> Result<Opened, OpenError> {
    let file = directory.make_database()?;
    let mut scrubber = Scrubber::new(&file)?;
    let has_log = directory.has_log()?;
    let flags = OpenFlags::default().difference(OpenFlags::SQLITE_OPEN_URI);
    let mut connection = Connection::open_with_flags(&file, flags)?;
    connection.busy_timeout(BUSY)?;
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let is_empty = connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version) {
        (schema::APPLICATION, 1..=schema::VERSION) => {}
        (schema::APPLICATION, newer) if newer > schema::VERSION => return Err(OpenError::Newer),
        (0, 0) if is_empty => {}
        _ => return Err(OpenError::Foreign(file)),
    }
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; {}; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = {WAL_BYTES}; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 0;",
        options.sync.pragma()
    ))?;
    let transaction = connection.transaction()?;
    match version {
        0 => {
            transaction.execute_batch(schema::TABLES)?;
            transaction.pragma_update(None, "application_id", schema::APPLICATION)?;
            set_meta(&transaction, "nonce", nonce)?;
        }
        1 => transaction.execute_batch(schema::VERSION_1)?,
        _ => {}
    }
    if version < 2 {
        transaction.execute_batch(schema::BLOCKS)?;
        transaction.execute_batch(schema::FIRST_BLOCKS)?;
    }
    if version < 3 {
        transaction.execute_batch(schema::VERSION_2)?;
    }
    if version < 4 {
        transaction.execute_batch(schema::VERSION_3)?;
        transaction.execute_batch(schema::CLOCK_BEHIND)?;
    }
    if version < schema::VERSION {
        transaction.pragma_update(None, "user_version", schema::VERSION)?;
    }
    // What a reader would look at one by one; and rooms are asked whether they have messages. After a crash
    // that is less than a block, and one commit.
    while blocks::index(&transaction, options.block_records)? > 0 {}
    let mut restored = load(&transaction)?;
    if version > 0 {
        restored.last = restored.last.max(options.at_least);
    }
    set_meta(&transaction, "seq", restored.last.0.saturating_add(RESERVED))?;
    set_meta(&transaction, "started_seq", restored.last.0)?;
    set_meta(&transaction, "started_uptime_us", micros(restored.uptime))?;
    // Another program may have moved the log of a process that was killed.
    let is_known = has_log || meta(&transaction, "open")? == Some(0);
    let identity = scrubber.identity();
    if version == 0 {
        set_meta(&transaction, "scrubbed", identity.unwrap_or(0))?;
    }
    if version == 0 || is_known && identity.is_some() && meta(&transaction, "scrubbed")? == identity {
        scrubber.next = None;
    }
    set_meta(&transaction, "open", true)?;
    let totals = Totals::read(&transaction, restored.uptime)?;
    totals.write(&transaction)?;
    let clock = TrustedClock::new(KnownTime::read(&transaction)?);
    transaction.commit()?;
    Ok(Opened { connection, restored, totals, clock, scrubber })
}

fn load(connection: &Connection) -> rusqlite::Result<Restored> {
    let nonce = connection.query_row("SELECT value FROM meta WHERE name = 'nonce'", [], |row| row.get(0))?;
    let last = Seq(meta(connection, "seq")?.unwrap_or(0));
    let uptime = Duration::from_micros(meta(connection, "uptime_us")?.unwrap_or(0));
    let started = Seq(meta(connection, "started_seq")?.unwrap_or(0));
    let started_uptime = Duration::from_micros(meta(connection, "started_uptime_us")?.unwrap_or(0));
    if uptime >= started_uptime + REMEMBERED {
        // They were in a room before the start before this one, and have not come back in time.
        connection.execute("DELETE FROM member WHERE user <= ?1", [started.0])?;
    }
    let mut rooms = load_rooms(connection)?;
    load_lists(connection, &mut rooms)?;
    let members = load_members(connection, &rooms)?;
    let client_ids = client_ids(connection, &rooms)?;
    let rooms = rooms.into_values().collect();
    Ok(Restored { nonce, started, last, uptime, rooms, members, client_ids })
}

/// By the number of their rows.
type Rooms = BTreeMap<i64, RoomState>;

fn load_rooms(connection: &Connection) -> rusqlite::Result<Rooms> {
    let mut statement = connection.prepare(
        "SELECT id, name, made, made_us, maker, topic, topic_by, topic_us, flags, server_flags,
                key, key_by_server, members_at_most, members_by_server,
                emptied, emptied_uptime_us,
                EXISTS (SELECT 1 FROM place WHERE room = id AND said = 1)
         FROM room WHERE NOT has_ended",
    )?;
    let mut rows = statement.query([])?;
    let mut rooms = Rooms::new();
    while let Some(row) = rows.next()? {
        let Ok(name) = RoomName::parse(row.get_ref(1)?.as_str()?) else { continue };
        let topic = match row.get::<_, Option<String>>(5)? {
            // The table does not say that they belong together.
            Some(text) => Some(Topic { text, by: or_default(row, 6)?, at: or_default(row, 7)? }),
            None => None,
        };
        let emptied = match row.get(14)? {
            Some(seq) => Some(Emptied { seq: Seq(seq), since: Duration::from_micros(or_default(row, 15)?) }),
            None => None,
        };
        let state = RoomState {
            room: RoomKey { made: Seq(row.get(2)?), name },
            made_at: row.get(3)?,
            maker: row.get(4)?,
            topic,
            flags: row.get(8)?,
            server_flags: row.get(9)?,
            key: setting(row, 10)?,
            limit: setting(row, 12)?,
            lists: Default::default(),
            emptied,
            has_messages: row.get(16)?,
        };
        rooms.insert(row.get(0)?, state);
    }
    Ok(rooms)
}

/// A setting and, in the column behind it, whether the server's authority has set it.
fn setting<T: rusqlite::types::FromSql>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<Setting<T>>> {
    let Some(value) = row.get(column)? else { return Ok(None) };
    Ok(Some(Setting { value, authority: authority(row, column + 1)? }))
}

fn authority(row: &Row<'_>, column: usize) -> rusqlite::Result<Authority> {
    Ok(if or_default(row, column)? { Authority::Server } else { Authority::Room })
}

/// A value, or where there is none that of its type.
fn or_default<T: rusqlite::types::FromSql + Default>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get::<_, Option<T>>(column).map(Option::unwrap_or_default)
}

fn load_lists(connection: &Connection, rooms: &mut Rooms) -> rusqlite::Result<()> {
    let sql = "SELECT room, list, mask, set_by, set_us, by_server FROM listed ORDER BY room, list, position";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(room) = rooms.get_mut(&row.get(0)?) else { continue };
        let Ok(by) = Name::parse(row.get_ref(3)?.as_str()?) else { continue };
        let listed = Listed::new(row.get(2)?, by, row.get(4)?, authority(row, 5)?);
        if let Some(list) = room.lists.get_mut(row.get::<_, usize>(1)?) {
            list.push(listed);
        }
    }
    Ok(())
}

fn load_members(connection: &Connection, rooms: &Rooms) -> rusqlite::Result<Vec<MemberState>> {
    let mut statement = connection.prepare("SELECT room, user, name, host, ranks FROM member")?;
    let mut rows = statement.query([])?;
    let mut members = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(room) = rooms.get(&row.get(0)?).map(|state| state.room.clone()) else { continue };
        let Ok(name) = Name::parse(row.get_ref(2)?.as_str()?) else { continue };
        let user = UserKey(Seq(row.get(1)?));
        members.push(MemberState { room, user, name, host: row.get(3)?, ranks: row.get(4)? });
    }
    Ok(members)
}
