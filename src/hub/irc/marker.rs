//! MARKREAD (IRCv3 read-marker). A marker belongs to a connection and ends with it: without
//! accounts a name proves nothing, and the next owner of the name would be told what "servers MUST
//! NOT leak … to other users".

use crate::chat::{Marker, RoomId, UserId};
use crate::hub::caps::Caps;
use crate::hub::context::Context;
use crate::hub::limits::MOST_MARKERS;
use crate::hub::time;
use crate::hub::words::short;
use crate::text::{Name, RoomName, name::fold};
use crate::wire::Message;

pub(in crate::hub) fn markread(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let Some(asked) = message.param(0).filter(|target| !target.is_empty()) else {
        return ctx.fail("MARKREAD", "NEED_MORE_PARAMS", &[], "Missing parameters");
    };
    let Some(target) = canonical(ctx, asked) else {
        return ctx.fail("MARKREAD", "INVALID_PARAMS", &[short(asked)], "Invalid parameters");
    };
    if let Some(typed) = message.param(1) {
        let Some(read) = typed.strip_prefix("timestamp=").and_then(time::parse) else {
            return ctx.fail("MARKREAD", "INVALID_PARAMS", &[short(typed)], "Invalid parameters");
        };
        if !set(ctx, &target, read) {
            let text = "Too many read timestamps are kept for you";
            return ctx.fail("MARKREAD", "INTERNAL_ERROR", &[&target], text);
        }
    }
    tell(ctx, &target);
}

/// The target as it is spelled: a room that the client may know of, otherwise anything that could
/// be the name of a room or a person.
fn canonical(ctx: &Context<'_>, asked: &str) -> Option<String> {
    if let Some(room) = ctx.known_room(asked) {
        return Some(ctx.name_of_room(room));
    }
    let room = RoomName::parse(asked).ok().map(|room| room.to_string());
    room.or_else(|| Name::parse(asked).ok().map(|name| name.to_string()))
}

/// Sets the marker of a target; false if there are too many. The history of a room is used only for
/// its members.
fn set(ctx: &mut Context<'_>, target: &str, read: u64) -> bool {
    let now = ctx.now.wall_us;
    let history = ctx
        .own_room(target)
        .and_then(|room| ctx.lobby().room(room))
        .map(|room| ctx.state.history.room(&room.named));
    let read = Marker::until(read, history, now);
    let markers = &mut ctx.session_mut().few().markers;
    let key = fold(target).to_string();
    if markers.len() >= MOST_MARKERS && !markers.contains_key(&key) {
        return false;
    }
    markers.entry(key).or_default().advance(read, now);
    true
}

fn tell(ctx: &mut Context<'_>, target: &str) {
    let read = ctx.session().few.as_ref().and_then(|few| few.markers.get(&*fold(target)));
    let read =
        read.map_or_else(|| "*".to_owned(), |read| format!("timestamp={}", time::written(read.wall_us)));
    let line = ctx.line("MARKREAD").param(target).param(&read);
    ctx.send(line);
}

/// "after the server sends a server JOIN command to the client" and "before
/// the RPL_ENDOFNAMES".
pub(in crate::hub) fn tell_on_entering(ctx: &mut Context<'_>, room: RoomId) {
    if ctx.caps().has(Caps::READ_MARKER) {
        let name = ctx.name_of_room(room);
        tell(ctx, &name);
    }
}
