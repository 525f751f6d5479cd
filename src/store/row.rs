//! A record as the row of a table: what the columns hold for each kind of event; and the row of a room.

use crate::chat::action::{ChatMessage, MessageKind, Part};
use crate::chat::record::SaidTo;
use crate::chat::{Change, ClientId, EventKind, Flag, List, Nonce, Rank, Record, RoomKey, Seq, UserKey};
use crate::text::Name;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The columns of [`read`], in their order.
pub(super) const COLUMNS: &str = "record.seq, record.wall_us, record.author, record.source, record.by_bot, record.kind, record.text, record.more";

/// The row of a room; None where it has none, or has ended.
pub(super) fn row_of(connection: &Connection, room: &RoomKey) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM room WHERE made = ?1 AND name = ?2 AND NOT has_ended";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(params![room.made.0, room.name.as_str()], |row| row.get(0)).optional()
}

/// The rows of the rooms in which a record happened, as its column `rooms` lists them.
pub(super) fn rooms(json: &str) -> impl Iterator<Item = i64> {
    json.trim_matches(['[', ']']).split(',').filter_map(|room| room.trim().parse().ok())
}

/// As SQLite has it.
pub(super) fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The columns of a record that depend on its kind: `kind`, `text`, `more` and `client_id`.
pub(super) struct Columns<'a> {
    pub(super) kind: &'static str,
    pub(super) text: Option<&'a str>,
    /// JSON.
    pub(super) more: Option<String>,
    pub(super) client_id: Option<&'a str>,
}

/// None for what is not kept in a row.
pub(super) fn columns(kind: &EventKind) -> Option<Columns<'_>> {
    let columns = |kind, text| Some(Columns { kind, text, more: None, client_id: None });
    match kind {
        EventKind::Said { chat_message, .. } => {
            let ChatMessage { kind, text, tags, parts, client_id, .. } = chat_message;
            let kind = match kind {
                MessageKind::Message => "message",
                MessageKind::Notice => "notice",
                MessageKind::Tags => "tags",
            };
            let mut more = Map::new();
            if !tags.is_empty() {
                more.insert("tags".to_owned(), json!(tags));
            }
            if !parts.is_empty() {
                let parts: Vec<Value> = parts.iter().map(|part| json!([part.text, part.joins])).collect();
                more.insert("lines".to_owned(), parts.into());
            }
            let more = (!more.is_empty()).then(|| Value::from(more).to_string());
            let client_id = client_id.as_ref().map(ClientId::as_str);
            Some(Columns { kind, text: Some(text), more, client_id })
        }
        EventKind::Entered { real, .. } => columns("enter", Some(real)),
        EventKind::Left(_, reason) => columns("leave", reason.as_deref()),
        EventKind::Quit { reason, .. } => columns("quit", reason.as_deref()),
        EventKind::Topic(_, topic) => columns("topic", Some(topic)),
        EventKind::Renamed { new, .. } => columns("rename", Some(new.as_str())),
        EventKind::Kicked { whom, name, reason, .. } => {
            let more = json!({ "user": whom.0.0, "name": name.as_str() }).to_string();
            Some(Columns { kind: "kick", text: Some(reason), more: Some(more), client_id: None })
        }
        EventKind::Modes(_, changes) => {
            let changes: Vec<Value> = changes.iter().map(change_to_json).collect();
            let more = Some(Value::from(changes).to_string());
            Some(Columns { kind: "modes", text: None, more, client_id: None })
        }
        EventKind::Redacted { .. }
        | EventKind::Invited { .. }
        | EventKind::Realname(_)
        | EventKind::Away(_)
        | EventKind::UserMode(..) => None,
    }
}

/// What was read of a row. None where some value of it is of another kind than ours: somebody has
/// changed it by hand, which must not end the server.
pub(super) fn readable<T>(read: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match read {
        Err(error) if error.sqlite_error().is_none() => Ok(None),
        read => read.map(Some),
    }
}

/// The record in a row of [`COLUMNS`], as the history of this room has it. None where the row is
/// not one that [`columns`] has made.
pub(super) fn read(row: &Row<'_>, nonce: &Nonce, room: &RoomKey) -> rusqlite::Result<Option<Record>> {
    Ok(readable(read_columns(row, nonce, room))?.flatten())
}

fn read_columns(row: &Row<'_>, nonce: &Nonce, room: &RoomKey) -> rusqlite::Result<Option<Record>> {
    let (seq, wall_us, author) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let source: Arc<str> = row.get(3)?;
    let by_bot: bool = row.get(4)?;
    let (kind, text, more) = (row.get_ref(5)?.as_str()?, row.get_ref(6)?, row.get_ref(7)?);
    let (text, more) = (text.as_str_or_null()?, more.as_str_or_null()?);
    let name = source.split('!').next().and_then(|name| Name::parse(name).ok());
    let Some(name) = name else { return Ok(None) };
    let Some(kind) = read_kind(kind, &name, text, more, room) else { return Ok(None) };
    let (id, author) = (nonce.message_id(Seq(seq)), UserKey(Seq(author)));
    Ok(Some(Record { id, wall_us, author, name, source, by_bot, kind }))
}

fn read_kind(
    kind: &str,
    name: &Name,
    text: Option<&str>,
    more: Option<&str>,
    room: &RoomKey,
) -> Option<EventKind> {
    let room = room.clone();
    let reason = text.map(str::to_owned);
    let more: Option<Value> = more.and_then(|more| serde_json::from_str(more).ok());
    let said = |kind| {
        let more = more.as_ref();
        let parts = more.and_then(|more| more["lines"].as_array()).map_or(Some(Vec::new()), |lines| {
            let part =
                |line: &Value| Some(Part { text: line[0].as_str()?.to_owned(), joins: line[1].as_bool()? });
            lines.iter().map(part).collect()
        })?;
        let tags = more.and_then(|more| more["tags"].as_str()).unwrap_or_default().to_owned();
        let text = text.unwrap_or_default().into();
        let chat_message = ChatMessage { kind, text, tags, parts, ephemeral: false, client_id: None };
        Some(EventKind::Said { to: SaidTo::Room(room.clone(), None), chat_message })
    };
    Some(match kind {
        "message" => said(MessageKind::Message)?,
        "notice" => said(MessageKind::Notice)?,
        "tags" => said(MessageKind::Tags)?,
        "enter" => EventKind::Entered { room, real: reason? },
        "leave" => EventKind::Left(room, reason),
        "quit" => EventKind::Quit { reason, rooms: Vec::new() },
        "topic" => EventKind::Topic(room, reason?),
        "rename" => {
            EventKind::Renamed { old: name.clone(), new: Name::parse(text?).ok()?, rooms: Vec::new() }
        }
        "kick" => {
            let more = more?;
            let (whom, name) =
                (UserKey(Seq(more["user"].as_u64()?)), Name::parse(more["name"].as_str()?).ok()?);
            EventKind::Kicked { room, whom, name, reason: reason? }
        }
        "modes" => {
            let changes: Option<Vec<Change>> = more?.as_array()?.iter().map(change_from_json).collect();
            EventKind::Modes(room, changes?)
        }
        _ => return None,
    })
}

const FLAGS: [(Flag, &str); 6] = [
    (Flag::NoCtcp, "no-ctcp"),
    (Flag::InviteOnly, "invite-only"),
    (Flag::Moderated, "moderated"),
    (Flag::MembersOnly, "members-only"),
    (Flag::Secret, "secret"),
    (Flag::TopicByOperators, "topic-by-operators"),
];
const LISTS: [(List, &str); 3] =
    [(List::Bans, "ban"), (List::Exceptions, "exception"), (List::Invited, "invited")];
const RANKS: [(Rank, &str); 2] = [(Rank::Voice, "voice"), (Rank::Operator, "operator")];

fn word<T: PartialEq>(table: &[(T, &'static str)], value: &T) -> &'static str {
    table.iter().find(|(known, _)| known == value).map_or("", |(_, word)| word)
}

fn meaning<T: Copy>(table: &[(T, &str)], word: &str) -> Option<T> {
    table.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
}

/// `[what, on, …]`.
fn change_to_json(change: &Change) -> Value {
    match change {
        Change::Flag(flag, on) => json!([word(&FLAGS, flag), on]),
        Change::Key(key) => json!(["key", key.is_some(), key]),
        Change::Limit(limit) => json!(["limit", limit.is_some(), limit]),
        Change::List(list, on, mask) => json!([word(&LISTS, list), on, mask]),
        Change::Rank(rank, on, user, name) => json!([word(&RANKS, rank), on, name.as_str(), user.0.0]),
    }
}

fn change_from_json(value: &Value) -> Option<Change> {
    let (what, on, text) = (value[0].as_str()?, value[1].as_bool()?, value[2].as_str());
    Some(match what {
        "key" => Change::Key(text.map(str::to_owned)),
        "limit" => Change::Limit(value[2].as_u64().and_then(|limit| u32::try_from(limit).ok())),
        what => {
            if let Some(flag) = meaning(&FLAGS, what) {
                Change::Flag(flag, on)
            } else if let Some(list) = meaning(&LISTS, what) {
                Change::List(list, on, text?.to_owned())
            } else {
                let name = Name::parse(text?).ok()?;
                Change::Rank(meaning(&RANKS, what)?, on, UserKey(Seq(value[3].as_u64()?)), name)
            }
        }
    })
}
