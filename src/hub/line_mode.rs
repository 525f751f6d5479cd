//! Line mode: a connection of `nc` or telnet that speaks lines, not IRC.
//!
//! A first line that is no IRC is a name ([`super::dispatch`]). Once a name is accepted, the
//! connection stays in line mode: every line is said in the first room, only `exit` leaves, and the
//! events of the room are sent as sentences. For the chat it is a person like any other.

use super::caps::Caps;
use super::console_event::Departure;
use super::context::Context;
use super::input::{Fault, Input};
use super::irc::{history, rooms};
use super::limits::PACKET_BYTES;
use super::registration;
use super::session::UserParams;
use crate::chat::action::{ChatMessage, MessageKind, Target};
use crate::chat::{Action, Refusal, RoomId, RoomKey, UserId};
use crate::text::sanitise::for_wire;
use crate::text::{Name, Phrase};
use crate::wire::vendor::NOT_KEPT;
use crate::wire::{BODY, split};

/// Words that are answered by help instead of being taken as names.
const HELP: [&str; 3] = ["help", "/help", "?"];

/// A line of somebody who has not given a name yet.
pub(super) fn try_name(ctx: &mut Context<'_>, line: &str) {
    let line = line.trim();
    if leaves(line, ctx.session().reads_packets) {
        return ctx.close(Departure::Quit(None));
    }
    if HELP.iter().any(|word| line.eq_ignore_ascii_case(word)) {
        return ctx.say(Phrase::NameHelp);
    }
    let name = match Name::parse(line) {
        Ok(name) => name,
        Err(why) => {
            let suggestion = Name::suggest(line);
            return ctx.say(Phrase::BadName { why, suggestion: suggestion.as_ref().map(Name::as_str) });
        }
    };
    if registration::lacks_password(ctx) {
        return ctx.close(Departure::WrongPassword);
    }
    let params = UserParams { user: "plain".into(), real: name.to_string() };
    let arrival = registration::arrival(ctx, name.clone(), params);
    ctx.connect(arrival, name, reply_to_arrival);
}

fn reply_to_arrival(ctx: &mut Context<'_>, name: Name, outcome: Result<UserId, Refusal>) {
    let Ok(me) = outcome else {
        return ctx.say(Phrase::NameTaken { name: name.as_str() });
    };
    // From here on the reader gets sentences.
    ctx.set_caps(Caps::LINE_MODE);
    ctx.announce(me);
    let first = ctx.lobby().first_room;
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
    let most = match ctx.session().reads_packets {
        // All of this may reach the client in one read, which takes no more bytes as text.
        true => PACKET_BYTES.saturating_sub(ctx.replied()),
        false => usize::MAX,
    };
    history::replay(ctx, id, ctx.state.log.last(), most);
}

/// A line of somebody who has registered.
pub(super) fn hear(ctx: &mut Context<'_>, me: UserId, input: &Input) {
    let line = match input {
        Input::Message(message) => message.line(),
        Input::Bad(line) => match line.fault {
            Fault::NoCommand => &line.text,
            Fault::TooLong => return ctx.say(Phrase::NotSent { why: "Input line was too long" }),
            Fault::NotUtf8 => match &line.spoken {
                Some(spoken) => spoken,
                None => return ctx.say(Phrase::NotSent { why: "It is not valid UTF-8" }),
            },
        },
        Input::Packet(text) => text,
        Input::Unended(line) => return hear(ctx, me, line),
        Input::Blank => return,
        Input::Endless => return ctx.close(Departure::NotIrc),
    };
    if leaves(line, matches!(input, Input::Packet(_))) {
        return ctx.close(Departure::Quit(None));
    }
    let text = for_wire(line.trim_end());
    let first = ctx.lobby().first_room;
    let Some(room) = ctx.lobby().room_key(first) else { return };
    for piece in split(&text, most(ctx, first)) {
        let (kind, text) = (MessageKind::Message, piece.into());
        let chat_message = ChatMessage {
            kind,
            text,
            tags: String::new(),
            parts: Vec::new(),
            ephemeral: false,
            client_id: None,
        };
        // Somebody who was kicked enters again by speaking, if they may.
        let is_in = ctx.me().is_some_and(|me| me.is_in(first));
        let may_speak = is_in || ctx.propose(me, enter_action(&room), (), reply_not_sent);
        let to = Target::Room(room.clone(), None);
        if !may_speak || !ctx.propose(me, Action::Say { to, chat_message }, (), reply_not_sent) {
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

/// Bytes of a text that fit into a line when it is relayed to IRC clients.
fn most(ctx: &Context<'_>, room: RoomId) -> usize {
    let source = ctx.me().map_or(0, |me| me.source().len());
    let room = ctx.lobby().room(room).map_or(0, |room| room.name().as_str().len());
    BODY.saturating_sub(source + room + ": PRIVMSG  :\r\n".len())
}

/// Whether a line means that its sender leaves. The original's client sends `close` when its window
/// is closed.
pub(super) fn leaves(line: &str, is_packet: bool) -> bool {
    let line = line.trim();
    line.eq_ignore_ascii_case("exit") || is_packet && line == "close"
}

fn why(refusal: &Refusal) -> &'static str {
    if *refusal == Refusal::NotKept {
        return NOT_KEPT;
    }
    rooms::numeric_of(refusal).map_or("", |(_, text)| text)
}
