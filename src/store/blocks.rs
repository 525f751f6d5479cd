//! What readers need beside the records: where each of them happened, and which words may be where.
//!
//! A commit adds rows to `record` alone, at its end, so that it writes few pages. Behind the commits
//! the records get their places in the rooms, block by block, and each block a set of its words.
//! Those that have none yet are the *tail*: readers look at each of them.

use super::filter::filter;
use super::meta::{meta, set_meta};
use super::row::{readable, rooms};
use super::words::{hash_of_sender, hashes};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A block ends early from so many words on.
const HASHES: usize = 1 << 16;

/// The last record that is in a block.
pub(super) fn indexed(connection: &Connection) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached("SELECT max(last) FROM block")?;
    Ok(statement.query_row([], |row| row.get::<_, Option<u64>>(0))?.unwrap_or(0))
}

/// Makes a block of at most so many of the first records of the tail; how many those are.
pub(super) fn index(connection: &Connection, most: usize) -> rusqlite::Result<usize> {
    let mut select = connection.prepare_cached(
        "SELECT text, rooms, kind, source, seq, wall_us FROM record WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = select.query(params![indexed(connection)?, most])?;
    let (mut places, mut words, mut last, mut records) = (Vec::new(), Vec::new(), 0u64, 0);
    while words.len() < HASHES
        && let Some(row) = rows.next()?
    {
        last = row.get(4)?;
        records += 1;
        // What can't be read has no place.
        let Some((said, wall_us)) = readable(read(row, &mut words))? else { continue };
        places.extend(rooms(row.get_ref(1)?.as_str()?).map(|room| (room, said, last, wall_us)));
    }
    drop(rows);
    if records > 0 {
        // In the order of the table, so that each of its pages is looked for once.
        places.sort_unstable();
        let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO place VALUES (?1, ?2, ?3, ?4)")?;
        for place in places {
            insert.execute(place)?;
        }
        connection.prepare_cached("INSERT INTO block VALUES (?1, ?2)")?.execute((last, filter(words)))?;
    }
    Ok(records)
}

/// The last record of the block with this record; None in the tail.
pub(super) fn block_of(connection: &Connection, seq: u64) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT last FROM block WHERE last >= ?1 ORDER BY last LIMIT 1";
    connection.prepare_cached(sql)?.query_row([seq], |row| row.get(0)).optional()
}

/// Makes the set of the words of a block anew: some of it was taken back.
pub(super) fn renew(connection: &Connection, last: u64) -> rusqlite::Result<()> {
    let mut select = connection.prepare_cached(
        "SELECT text, rooms, kind, source FROM record
         WHERE seq > (SELECT coalesce(max(last), 0) FROM block WHERE last < ?1) AND seq <= ?1",
    )?;
    let (mut rows, mut words) = (select.query([last])?, Vec::new());
    while let Some(row) = rows.next()? {
        readable(add_words(row, &mut words))?;
    }
    let mut update = connection.prepare_cached("UPDATE block SET words = ?2 WHERE last = ?1")?;
    update.execute((last, filter(words))).map(drop)
}

/// The last block whose set an earlier version has made, so that any word may be in it; 0 where none is.
pub(super) fn outdated(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(meta(connection, "outdated")?.unwrap_or(0))
}

/// Makes the set of the last outdated block anew; false where none is left.
pub(super) fn renew_outdated(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT max(last) FROM block WHERE last <= ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let last: Option<u64> = statement.query_row([outdated(connection)?], |row| row.get(0))?;
    match last {
        Some(last) => {
            renew(connection, last)?;
            set_meta(connection, "outdated", last.saturating_sub(1))?;
        }
        None => drop(connection.execute("DELETE FROM meta WHERE name = 'outdated'", [])?),
    }
    Ok(last.is_some())
}

/// Adds the words of a row of text, rooms, kind, source, number and time; whether it is a message, and
/// when it was made.
fn read(row: &Row<'_>, words: &mut Vec<u64>) -> rusqlite::Result<(bool, u64)> {
    let (wall_us, _) = (row.get(5)?, row.get_ref(1)?.as_str()?);
    Ok((add_words(row, words)?, wall_us))
}

/// Adds the words of a row of text, rooms, kind and source; whether it is a message.
fn add_words(row: &Row<'_>, words: &mut Vec<u64>) -> rusqlite::Result<bool> {
    let said = matches!(row.get_ref(2)?.as_str()?, "message" | "notice");
    if said {
        let text = row.get_ref(0)?.as_str_or_null()?.unwrap_or_default();
        let name = row.get_ref(3)?.as_str()?.split('!').next().unwrap_or_default();
        for room in rooms(row.get_ref(1)?.as_str()?) {
            hashes(room, text, |hash| words.push(hash));
            words.push(hash_of_sender(room, name));
        }
    }
    Ok(said)
}
