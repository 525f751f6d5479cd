//! The table `meta`: single values of the whole store.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, params};
use std::time::Duration;

/// No number of the table is larger: what is added to them stays within the integers of SQLite.
const MOST: i64 = 1 << 62;

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
///
/// # Errors
/// Where it can't be read, or is one that no server writes.
pub(super) fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    let value: Option<i64> = connection.query_row(sql, [name], |row| row.get(0)).optional()?;
    let number = |value: i64| match u64::try_from(value) {
        Ok(number) if value <= MOST => Ok(number),
        _ => {
            let why = format!("{name} in the table meta can't be {value}");
            Err(Error::FromSqlConversionFailure(0, Type::Integer, why.into()))
        }
    };
    value.map(number).transpose()
}

/// For half a million years.
pub(super) fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}
