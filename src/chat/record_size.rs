//! The memory that a record takes.

use super::ids::RoomKey;
use super::modes::Change;
use super::record::{EventKind, Record};
use crate::text::Name;
use std::sync::Arc;

/// The bytes of a record, with all that it refers to.
///
/// What records share, such as the source of an author, counts in each of them, because any of them
/// may be the last one that holds it. What lives as long as the record's room, such as the room's
/// name, does not count.
pub(super) fn size_of_record(record: &Record) -> usize {
    let Record { source, name, kind, .. } = record;
    block(COUNTS + size_of::<Record>()) + of_shared(source) + of_name(name) + of_kind(kind)
}

/// The size of the block that glibc's allocator uses for so many bytes: a head of 8 bytes, a
/// multiple of 16, at least 32.
pub(super) const fn block(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=24 => 32,
        _ => (bytes + 8).next_multiple_of(16),
    }
}

/// The two reference counts of an [`Arc`].
const COUNTS: usize = 2 * size_of::<usize>();

fn of_kind(kind: &EventKind) -> usize {
    match kind {
        EventKind::Said { chat_message, .. } => {
            let parts = chat_message.parts.iter().map(|part| of_text(&part.text)).sum::<usize>();
            let id = chat_message.client_id.as_ref().map_or(0, |id| block(COUNTS + id.as_str().len()));
            let tags = of_text(&chat_message.tags);
            of_shared(&chat_message.text) + tags + of_list(&chat_message.parts) + parts + id
        }
        EventKind::Entered { real: text, .. } | EventKind::Topic(_, text) | EventKind::Realname(text) => {
            of_text(text)
        }
        EventKind::Left(_, text) | EventKind::Redacted { reason: text, .. } | EventKind::Away(text) => {
            of_optional(text)
        }
        EventKind::Kicked { name, reason, .. } => of_name(name) + of_text(reason),
        EventKind::Invited { name, .. } => of_name(name),
        EventKind::Modes(_, changes) => of_list(changes) + changes.iter().map(of_change).sum::<usize>(),
        EventKind::Renamed { old, new, rooms } => of_name(old) + of_name(new) + of_rooms(rooms),
        EventKind::Quit { reason, rooms } => of_optional(reason) + of_rooms(rooms),
        EventKind::UserMode(..) => 0,
    }
}

fn of_change(change: &Change) -> usize {
    match change {
        Change::Key(key) => of_optional(key),
        Change::List(_, _, mask) => of_text(mask),
        Change::Rank(_, _, _, name) => of_name(name),
        Change::Flag(..) | Change::Limit(_) => 0,
    }
}

/// Their names count, because the other rooms may end while the record is kept.
fn of_rooms(rooms: &Vec<RoomKey>) -> usize {
    of_list(rooms) + rooms.iter().map(|room| of_spellings(room.name.as_str(), room.name.key())).sum::<usize>()
}

fn of_name(name: &Name) -> usize {
    of_spellings(name.as_str(), name.key())
}

/// Spelling and key are one text if folding changes nothing.
fn of_spellings(spelling: &str, key: &Arc<str>) -> usize {
    if *spelling == **key { of_shared(key) } else { block(COUNTS + spelling.len()) + of_shared(key) }
}

fn of_shared(text: &Arc<str>) -> usize {
    block(COUNTS + text.len())
}

fn of_text(text: &String) -> usize {
    block(text.capacity())
}

fn of_optional(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, of_text)
}

fn of_list<T>(list: &Vec<T>) -> usize {
    block(list.capacity() * size_of::<T>())
}
