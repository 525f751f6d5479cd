//! Encodes events as IRC lines, for each combination of capabilities.

use crate::chat::action::{ChatMessage, MessageKind};
use crate::chat::record::SaidTo;
use crate::chat::{Change, EventKind, Record};
use crate::hub::caps::Caps;
use crate::hub::mode_table::{self, RoomMode};
use crate::hub::time;
use crate::wire::{BODY, Line, MAX_PARAMS, Tags, multiline};

/// The capabilities that a reader needs to be told of such an event.
pub(in crate::hub) fn needs(kind: &EventKind) -> Caps {
    match kind {
        EventKind::Said { chat_message, .. } if chat_message.kind == MessageKind::Tags => Caps::MESSAGE_TAGS,
        EventKind::Realname(_) => Caps::SETNAME,
        EventKind::Away(_) => Caps::AWAY_NOTIFY,
        EventKind::Redacted { .. } => Caps::REDACTION,
        _ => Caps::NONE,
    }
}

/// The capabilities on which the encoding of an event depends.
pub(in crate::hub) fn depends(kind: &EventKind) -> Caps {
    match kind {
        EventKind::Entered { .. } => TAGS.with(Caps::EXTENDED_JOIN),
        EventKind::Said { chat_message, .. } if !chat_message.parts.is_empty() => TAGS.with(MULTILINE),
        _ => TAGS,
    }
}

/// Without both of them a message of several lines is sent as several messages.
const MULTILINE: Caps = Caps::MULTILINE.with(Caps::BATCH);

/// The capabilities on which the encoding of every event depends.
pub(in crate::hub) const TAGS: Caps = Caps::SERVER_TIME.with(Caps::MESSAGE_TAGS).with(Caps::LINE_MODE);

/// Appends one whole line (or the lines of a longer message or change), its end included, with the tags
/// that these capabilities ask for (message-tags; server-time; message-ids).
pub(in crate::hub) fn event(event: &Record, caps: Caps, out: &mut Vec<u8>) {
    if let EventKind::Said { to, chat_message } = &event.kind
        && !chat_message.parts.is_empty()
    {
        return multiline(event, caps, (to, chat_message), out);
    }
    for (at, line) in lines(event, caps).into_iter().enumerate() {
        debug_assert!(line.wire_len() <= BODY, "{}", line.as_str());
        line.write(&tags_of(event, caps, at == 0), out);
    }
}

/// The tags of a line of an event. Only the first line has the message id.
fn tags_of(event: &Record, caps: Caps, is_first: bool) -> Tags {
    let mut tags = Tags::new();
    if caps.has(Caps::SERVER_TIME) {
        tags.push("time", &time::written(event.wall_us));
    }
    if caps.has(Caps::MESSAGE_TAGS) {
        if is_first {
            tags.push("msgid", &event.id.to_string());
        }
        // bot-mode: "to all commands sent by a bot".
        if event.by_bot {
            tags.push("bot", "");
        }
        if let EventKind::Said { chat_message, .. } = &event.kind
            && !chat_message.tags.is_empty()
        {
            tags.push_raw(&chat_message.tags);
        }
    }
    tags
}

/// Writes a batch of the lines as they were sent. For clients without it writes the lines that are
/// not blank, of which only the first has the message's id (multiline, Fallback).
fn multiline(event: &Record, caps: Caps, (to, chat_message): (&SaidTo, &ChatMessage), out: &mut Vec<u8>) {
    let begin = |command| addressed(Line::from_source(&event.source, command), to);
    let parts = chat_message.parts.iter();
    if !caps.has(MULTILINE) {
        for (at, part) in parts.filter(|part| !part.text.is_empty()).enumerate() {
            begin(command(chat_message.kind)).text(&part.text).write(&tags_of(event, caps, at == 0), out);
        }
        return;
    }
    let id = event.id.to_string();
    let open = Line::from_source(&event.source, "BATCH").param(&format!("+{id}")).param(multiline::NAME);
    addressed(open, to).write(&tags_of(event, caps, true), out);
    for part in parts {
        let mut tags = Tags::new().with("batch", &id);
        if part.joins {
            tags.push(multiline::CONCAT, "");
        }
        begin(command(chat_message.kind)).text(&part.text).write(&tags, out);
    }
    Line::from_source(&event.source, "BATCH").param(&format!("-{id}")).write(&Tags::new(), out);
}

/// The line beside the JOIN of somebody who is away (away-notify).
pub(in crate::hub) fn away(event: &Record, text: &str, caps: Caps, out: &mut Vec<u8>) {
    let tags = tags_of(event, caps, false);
    Line::from_source(&event.source, "AWAY").text(text).write(&tags, out);
}

/// A line of the server's that goes with an event.
pub(in crate::hub) fn beside(event: &Record, line: &Line, caps: Caps, out: &mut Vec<u8>) {
    if caps.has(Caps::LINE_MODE) {
        return;
    }
    let mut tags = Tags::new();
    if caps.has(Caps::SERVER_TIME) {
        tags.push("time", &time::written(event.wall_us));
    }
    line.write(&tags, out);
}

fn lines(event: &Record, caps: Caps) -> Vec<Line> {
    let begin = |command| Line::from_source(&event.source, command);
    vec![match &event.kind {
        EventKind::Entered { room, real } => {
            let line = begin("JOIN").param(room.name.as_str());
            // extended-join: "*" for those who are logged in to no account.
            if caps.has(Caps::EXTENDED_JOIN) { line.param("*").text(real) } else { line }
        }
        EventKind::Left(room, reason) => optional(begin("PART").param(room.name.as_str()), reason.as_deref()),
        EventKind::Said { to, chat_message } => said(begin(command(chat_message.kind)), to, chat_message),
        EventKind::Redacted { room, message, reason } => {
            let line = begin("REDACT").param(room.name.as_str()).param(&message.to_string());
            optional(line, reason.as_deref())
        }
        EventKind::Topic(room, text) => begin("TOPIC").param(room.name.as_str()).text(text),
        EventKind::Kicked { room, name, reason, .. } => {
            begin("KICK").param(room.name.as_str()).param(name.as_str()).text(reason)
        }
        EventKind::Invited { room, name, .. } => {
            begin("INVITE").param(name.as_str()).param(room.name.as_str())
        }
        EventKind::Modes(room, changes) => return modes(&event.source, room.name.as_str(), changes),
        EventKind::Renamed { new, .. } => begin("NICK").param(new.as_str()),
        EventKind::Realname(text) => begin("SETNAME").text(text),
        EventKind::Away(text) => optional(begin("AWAY"), text.as_deref()),
        EventKind::UserMode(flag, on) => {
            let name = event.source.split('!').next().unwrap_or("*");
            begin("MODE").param(name).param(&format!(
                "{}{}",
                plus_or_minus(*on),
                mode_table::user_mode_letter(*flag)
            ))
        }
        EventKind::Quit { reason, .. } => optional(begin("QUIT"), reason.as_deref()),
    }]
}

fn optional(line: Line, text: Option<&str>) -> Line {
    text.into_iter().fold(line, Line::text)
}

/// The command of this kind of message.
pub(in crate::hub) fn command(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Message => "PRIVMSG",
        MessageKind::Notice => "NOTICE",
        MessageKind::Tags => "TAGMSG",
    }
}

fn said(line: Line, to: &SaidTo, chat_message: &ChatMessage) -> Line {
    let line = addressed(line, to);
    match chat_message.kind {
        MessageKind::Tags => line,
        _ => line.text(&chat_message.text),
    }
}

fn addressed(line: Line, to: &SaidTo) -> Line {
    match to {
        SaidTo::Room(room, Some(rank)) => line.param(&format!("{}{}", mode_table::sign(*rank), room.name)),
        SaidTo::Room(room, None) => line.param(room.name.as_str()),
        SaidTo::User(name) => line.param(name.as_str()),
    }
}

fn plus_or_minus(on: bool) -> char {
    if on { '+' } else { '-' }
}

/// `MODE #room +ov-m alice bob` (Modern, MODE message), in as many lines as it takes, none
/// of them with more parameters than clients read.
fn modes(source: &str, room: &str, changes: &[Change]) -> Vec<Line> {
    const MOST: usize = MAX_PARAMS - 2;
    let begin = || Line::from_source(source, "MODE").param(room);
    let (head, mut lines) = (begin().wire_len() + " ".len(), Vec::new());
    let (mut letters, mut last, mut params) = (String::new(), None, Vec::new());
    let mut length = head;
    for change in changes {
        let (on, param) = change_parts(change);
        // A sign and a letter, and a blank before each parameter.
        let more = 2 + param.as_ref().map_or(0, |param| 1 + param.len());
        let is_full = length + more > BODY || params.len() == MOST && param.is_some();
        if is_full && !letters.is_empty() {
            lines.push(mode_line(begin(), &letters, &params));
            (length, last) = (head, None);
            letters.clear();
            params.clear();
        }
        if last != Some(on) {
            letters.push(plus_or_minus(on));
            last = Some(on);
        }
        letters.push(RoomMode::of(change).letter());
        params.extend(param);
        length += more;
    }
    lines.push(mode_line(begin(), &letters, &params));
    lines
}

fn mode_line(line: Line, letters: &str, params: &[String]) -> Line {
    params.iter().fold(line.param(letters), |line, param| line.param(param))
}

/// Whether something is set, and its parameter.
fn change_parts(change: &Change) -> (bool, Option<String>) {
    match change {
        Change::Flag(_, on) => (*on, None),
        // The key is not shown when it is removed: some members may not know it.
        Change::Key(key) => (key.is_some(), Some(key.clone().unwrap_or_else(|| "*".to_owned()))),
        Change::Limit(limit) => (limit.is_some(), limit.map(|limit| limit.to_string())),
        Change::List(_, on, mask) => (*on, Some(mask.clone())),
        Change::Rank(_, on, _, name) => (*on, Some(name.to_string())),
    }
}
