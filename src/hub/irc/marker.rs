//! MARKREAD (IRCv3 read-marker). A marker is a connection's, and gone with it:
//! without accounts a name proves nothing, and whoever took it next would be
//! told what "servers MUST NOT leak … to other users".

use super::super::caps::Caps;
use super::super::seat::MOST_MARKERS;
use super::super::turn::Turn;
use super::{history, short, write};
use crate::chat::{Marker, RoomId, UserId};
use crate::text::{Name, name::fold};
use crate::wire::Message;

pub(super) fn markread(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let Some(asked) = message.param(0).filter(|target| !target.is_empty()) else {
        return turn.fail("MARKREAD", "NEED_MORE_PARAMS", &[], "Missing parameters");
    };
    let Some(target) = canonical(turn, asked) else {
        return turn.fail("MARKREAD", "INVALID_PARAMS", &[short(asked)], "Invalid parameters");
    };
    if let Some(typed) = message.param(1) {
        let Some(read) = typed.strip_prefix("timestamp=").and_then(history::parse_time) else {
            return turn.fail("MARKREAD", "INVALID_PARAMS", &[short(typed)], "Invalid parameters");
        };
        if !set(turn, &target, read) {
            let text = "Too many read timestamps are kept for you";
            return turn.fail("MARKREAD", "INTERNAL_ERROR", &[&target], text);
        }
    }
    tell(turn, &target);
}

/// A room as it is spelled; of what is no room's name only what could be a
/// person's.
fn canonical(turn: &Turn<'_>, asked: &str) -> Option<String> {
    match turn.lobby().find_room(asked) {
        Some(room) => Some(turn.name_of_room(room)),
        None => Name::parse(asked).ok().map(|name| name.to_string()),
    }
}

/// Of a room that one is not in nothing is looked up.
fn set(turn: &mut Turn<'_>, target: &str, read: u64) -> bool {
    let now = turn.now.wall_us;
    let room = turn.lobby().find_room(target).filter(|&room| turn.me().is_some_and(|me| me.is_in(room)));
    let history =
        room.and_then(|room| turn.lobby().room(room)).map(|room| turn.hub.history.room(room.named()));
    let read = Marker::until(read, history, now);
    let markers = &mut turn.seat_mut().few().markers;
    let key = fold(target).to_string();
    if markers.len() >= MOST_MARKERS && !markers.contains_key(&key) {
        return false;
    }
    markers.entry(key).or_default().advance(read, now);
    true
}

fn tell(turn: &mut Turn<'_>, target: &str) {
    let read = turn.seat().few.as_ref().and_then(|few| few.markers.get(&*fold(target)));
    let read =
        read.map_or_else(|| "*".to_owned(), |read| format!("timestamp={}", write::time(read.wall_us())));
    let line = turn.line("MARKREAD").param(target).param(&read);
    turn.send(line);
}

/// "after the server sends a server JOIN command to the client" and "before
/// the RPL_ENDOFNAMES".
pub(super) fn tell_on_entering(turn: &mut Turn<'_>, room: RoomId) {
    if turn.caps().has(Caps::READ_MARKER) {
        let name = turn.name_of_room(room);
        tell(turn, &name);
    }
}
