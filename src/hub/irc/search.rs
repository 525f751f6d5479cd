//! SEARCH (soju.im/search), which the disk answers.

use super::history::send_records;
use crate::chat::UserId;
use crate::chat::question::Search;
use crate::hub::context::Context;
use crate::hub::limits::MOST_HISTORY;
use crate::hub::time;
use crate::hub::unfinished::Records;
use crate::hub::words::short;
use crate::text::Name;
use crate::wire::{Message, tags::unescape};

/// Only the rooms that one is in are searched.
pub(in crate::hub) fn search(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let attributes = message.param(0).unwrap_or_default();
    let rooms = ctx.me().into_iter().flat_map(|me| me.rooms());
    let rooms = rooms.filter_map(|room| ctx.lobby().room_key(room)).collect();
    let mut search =
        Search { rooms, text: String::new(), from: None, times: 0..u64::MAX, most: MOST_HISTORY };
    for attribute in attributes.split(';') {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        if !read(ctx, &mut search, key, &unescape(value)) {
            return ctx.fail("SEARCH", "INVALID_PARAMS", &[short(key)], "That is no value of this attribute");
        }
    }
    if search.rooms.is_empty() {
        return go_on(ctx, Records::none());
    }
    ctx.search(search);
}

/// Reads an attribute; false where it has no such value. Unknown ones are ignored.
fn read(ctx: &Context<'_>, search: &mut Search, key: &str, value: &str) -> bool {
    match key {
        "in" => search.rooms = ctx.own_room_key(value).into_iter().collect(),
        "from" => match Name::parse(value) {
            Ok(name) => search.from = Some(name),
            Err(_) => return false,
        },
        "after" | "before" => match (key, time::parse(value)) {
            ("after", Some(time)) => search.times.start = time + 1000,
            (_, Some(time)) => search.times.end = time,
            (_, None) => return false,
        },
        "text" => value.clone_into(&mut search.text),
        "limit" => match value.parse() {
            Ok(limit) if limit > 0 => search.most = MOST_HISTORY.min(limit),
            _ => return false,
        },
        _ => {}
    }
    true
}

/// Sends what was found in rooms that the client is still in, and was not redacted meanwhile.
pub(in crate::hub) fn go_on(ctx: &mut Context<'_>, found: Records) {
    let batch = ctx.open_batch("soju.im/search", &[]);
    send_records(ctx, None, found, batch);
}
