//! Line mode: a connection of `nc` or telnet that speaks lines, not IRC.
//!
//! A first line that is no IRC command is a name, and from then on the
//! connection is never taken for IRC again: what comes in is said in the first
//! room, `exit` alone leaves, and what happens there goes out as sentences. It
//! is one more kind of reader; the room does not know.

use super::caps::Caps;
use super::context::Context;
use super::fact::Departure;
use super::input::{Fault, Input};
use super::irc::{history, rooms};
use super::registration;
use super::session::Account;
use crate::chat::action::{Manner, Saying, Target};
use crate::chat::{Action, Refusal, RoomId, RoomKey, UserId};
use crate::text::sanitise::for_wire;
use crate::text::{Name, Phrase};
use crate::wire::{BODY, split};

/// Methods of HTTP (RFC 9110, 9.3; RFC 5789).
const HTTP: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Whether a first line comes from a browser.
pub(super) fn is_http(command: &str) -> bool {
    HTTP.contains(&command)
}

/// A line of somebody who has not given a name yet.
pub(super) fn try_name(ctx: &mut Context<'_>, line: &str) {
    let now = ctx.now.uptime;
    if let Some(registration) = ctx.session_mut().registration() {
        // There is time to read why a name was refused.
        registration.since = now;
        registration.is_line_mode = true;
    }
    let line = line.trim();
    if is_exit(line) {
        return ctx.close(Departure::Quit(None));
    }
    let name = match Name::parse(line) {
        Ok(name) => name,
        Err(why) => {
            let suggestion = Name::suggest(line);
            return ctx.say(Phrase::BadName { why, suggestion: suggestion.as_ref().map(Name::as_str) });
        }
    };
    let account = Account { user: "plain".into(), real: name.to_string() };
    let arrival = registration::arrival(ctx, name.clone(), account);
    ctx.connect(arrival, name, reply_to_arrival);
}

fn reply_to_arrival(ctx: &mut Context<'_>, name: Name, outcome: Result<UserId, Refusal>) {
    let Ok(me) = outcome else {
        return ctx.say(Phrase::NameTaken { name: name.as_str() });
    };
    // From here on the reader gets sentences.
    ctx.set_caps(Caps::LINE_MODE);
    ctx.announce(me);
    let first = ctx.lobby().first_room();
    if let Some(room) = ctx.lobby().room_key(first) {
        ctx.propose(me, enter_action(&room), room, reply_to_first_entering);
    }
}

fn enter_action(room: &RoomKey) -> Action {
    Action::Enter { room: room.name.clone(), key: None }
}

fn reply_to_first_entering(ctx: &mut Context<'_>, room: RoomKey, outcome: Result<(), Refusal>) {
    if let Err(refusal) = outcome {
        ctx.say(Phrase::RoomRefused { room: room.name.as_str(), why: why(&refusal) });
        return ctx.close(Departure::Quit(None));
    }
    let Some(id) = ctx.lobby().room_id(&room) else { return };
    let count = ctx.lobby().room(id).map_or(0, |room| room.members().len());
    ctx.say(Phrase::Hint);
    ctx.say(Phrase::People { count });
    history::replay(ctx, id);
}

/// A line of somebody who is in.
pub(super) fn hear(ctx: &mut Context<'_>, me: UserId, input: &Input) {
    let line = match input {
        Input::Message(message) => message.line(),
        Input::Bad(line) => match line.fault {
            Fault::NoCommand => &line.text,
            Fault::TooLong => return ctx.say(Phrase::NotSent { why: "Input line was too long" }),
            Fault::NotUtf8 => return ctx.say(Phrase::NotSent { why: "It is not valid UTF-8" }),
        },
        Input::Endless => return ctx.close(Departure::NotIrc),
    };
    if is_exit(line) {
        return ctx.close(Departure::Quit(None));
    }
    let text = for_wire(line.trim_end());
    let first = ctx.lobby().first_room();
    let Some(room) = ctx.lobby().room_key(first) else { return };
    for piece in split(&text, most(ctx, first)) {
        let (manner, text) = (Manner::Message, piece.into());
        let saying = Saying { manner, text, tags: String::new(), parts: Vec::new(), passing: false };
        // Somebody who was removed comes back by speaking, if they may.
        let is_in = ctx.me().is_some_and(|me| me.is_in(first));
        let may_speak = is_in || ctx.propose(me, enter_action(&room), (), reply_not_sent);
        let to = Target::Room(room.clone(), None);
        if !may_speak || !ctx.propose(me, Action::Say { to, saying }, (), reply_not_sent) {
            return;
        }
    }
}

/// False where it was refused.
fn reply_not_sent(ctx: &mut Context<'_>, (): (), outcome: Result<(), Refusal>) -> bool {
    if let Err(refusal) = &outcome {
        ctx.say(Phrase::NotSent { why: why(refusal) });
    }
    outcome.is_ok()
}

/// Bytes of a text that fit when it is relayed to those who speak IRC.
fn most(ctx: &Context<'_>, room: RoomId) -> usize {
    let source = ctx.me().map_or(0, |me| me.source().len());
    let room = ctx.lobby().room(room).map_or(0, |room| room.name().as_str().len());
    BODY.saturating_sub(source + room + ": PRIVMSG  :\r\n".len())
}

pub(super) fn is_exit(line: &str) -> bool {
    line.trim().eq_ignore_ascii_case("exit")
}

fn why(refusal: &Refusal) -> &'static str {
    rooms::numeric_of(refusal).map_or("", |(_, text)| text)
}
