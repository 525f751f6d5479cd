//! The table `meta`: single values of the whole store.

use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

pub(super) fn set_meta(
    connection: &Connection,
    name: &str,
    value: impl rusqlite::ToSql,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    )?;
    statement.execute(params![name, value]).map(drop)
}

/// A number of the table `meta`.
pub(super) fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    connection.query_row(sql, [name], |row| row.get(0)).optional()
}

/// For half a million years.
pub(super) fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}
