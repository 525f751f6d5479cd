//! The ids that clients have given the last messages, read at the start: a client that got no answer before
//! the server ended sends them again.

use super::row::{readable, rooms as rows_of};
use crate::chat::client_ids::{KNOWN_TIME, MOST_OF_AUTHOR};
use crate::chat::kept::{KeptId, RoomState};
use crate::chat::{ClientId, Seq};
use crate::text::Name;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// So many of the last records are looked at, since times do not rise where the clock was set.
const LEAST: usize = 1 << 12;

/// No more are looked at, so that the start takes no longer: each takes about 0.2 µs, and 1 µs more with an id.
const MOST: usize = 1 << 16;

/// The ids of messages of the last minutes before the last record, in the order of the log. `rooms` by
/// the number of their rows.
pub(super) fn client_ids(
    connection: &Connection,
    rooms: &BTreeMap<i64, RoomState>,
) -> rusqlite::Result<Vec<KeptId>> {
    let sql = "SELECT wall_us, client_id, seq, source, rooms FROM record ORDER BY seq DESC LIMIT ?1";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([MOST])?;
    let (mut ids, mut authors) = (Vec::new(), Authors::new());
    let (mut since, mut looked_at) = (None, 0);
    while let Some(row) = rows.next()? {
        let Some(wall_us) = readable(row.get::<_, u64>(0))? else { continue };
        let since = *since.get_or_insert(wall_us.saturating_sub(KNOWN_TIME.as_micros() as u64));
        looked_at += 1;
        match wall_us < since {
            true if looked_at > LEAST => break,
            true => continue,
            false => {}
        }
        let text = |column| row.get_ref(column).map(|value| value.as_str().unwrap_or_default());
        let Some(client_id) = ClientId::parse(text(1)?) else { continue };
        let room = rows_of(text(4)?).next().and_then(|room| rooms.get(&room));
        let (Some((name, host)), Some(room)) = (author(text(3)?, &mut authors), room) else { continue };
        let (room, seq) = (room.room.clone(), Seq(row.get(2)?));
        ids.push(KeptId { name, host, client_id, room, seq, wall_us });
    }
    ids.reverse();
    Ok(ids)
}

/// Name and host of each source, and how many ids are known of it: to parse a name takes longer than the rest.
type Authors = BTreeMap<String, (Option<(Name, String)>, usize)>;

/// None where the source is none of ours, or its later ids are enough.
fn author(source: &str, authors: &mut Authors) -> Option<(Name, String)> {
    if !authors.contains_key(source) {
        let parse =
            |(name, rest): (&str, &str)| Some((Name::parse(name).ok()?, rest.split_once('@')?.1.to_owned()));
        authors.insert(source.to_owned(), (source.split_once('!').and_then(parse), 0));
    }
    let (author, count) = authors.get_mut(source)?;
    *count += 1;
    author.clone().filter(|_| *count <= MOST_OF_AUTHOR)
}
