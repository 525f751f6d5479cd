//! Commands about the connection and its person: PING, PONG, QUIT, AWAY, SETNAME.

use super::multiline;
use crate::chat::{Action, Refusal, UserId};
use crate::hub::caps::Caps;
use crate::hub::console_event::Departure;
use crate::hub::context::Context;
use crate::hub::limits::{AWAY_BYTES, KICK_BYTES, REAL_BYTES};
use crate::text::sanitise::for_wire;
use crate::wire::{Line, Message, numeric};

/// Modern, PING message. The hub answers it, so that PONG comes after everything that the lines
/// before it have caused.
pub(in crate::hub) fn ping(ctx: &mut Context<'_>, message: &Message) {
    let Some(token) = message.param(0).filter(|token| !token.is_empty()) else {
        return ctx.reply(numeric::ERR_NOORIGIN, &[], "No origin specified");
    };
    let server = ctx.state.config.server_name.clone();
    let pong = ctx.line("PONG").param(&server).text(token);
    if ctx.fits(&pong) {
        ctx.send(pong);
    }
}

/// Every line is a sign of life, and PONG is nothing more.
pub(in crate::hub) fn pong(_ctx: &mut Context<'_>, _message: &Message) {}

/// A reason that is too long for the line behind its source is left out instead of being cut or
/// refused.
pub(in crate::hub) fn quit(ctx: &mut Context<'_>, message: &Message) {
    let reason = message.param(0).map(|reason| for_wire(reason).into_owned());
    let reason = reason.filter(|reason| !reason.is_empty() && reason.len() <= KICK_BYTES);
    let reason = reason.filter(|_| ctx.may_speak_everywhere());
    multiline::drop_open(ctx, "The connection ended before the batch did");
    ctx.close(Departure::Quit(reason));
}

/// Modern, AWAY message; before registration for those who asked for it
/// (IRCv3 pre-away).
pub(in crate::hub) fn away(ctx: &mut Context<'_>, message: &Message) {
    if ctx.me().is_none() && !ctx.caps().has(Caps::PRE_AWAY) {
        return ctx.reply(numeric::ERR_NOTREGISTERED, &[], "You have not registered");
    }
    let text = message.param(0).map(|text| for_wire(text).into_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.len() > AWAY_BYTES) {
        return ctx.reply(numeric::ERR_INPUTTOOLONG, &[], "That text is too long");
    }
    let is_away = text.is_some();
    match (ctx.session().user(), ctx.session_mut().registration()) {
        // It is refused only if it changes nothing, which is replied to in the same way.
        (Some(me), _) => ctx.act(me, Action::Away { text }),
        (None, Some(registration)) => registration.away = text,
        (None, None) => return,
    }
    if is_away {
        ctx.reply(numeric::RPL_NOWAWAY, &[], "You have been marked as being away")
    } else {
        ctx.reply(numeric::RPL_UNAWAY, &[], "You are no longer marked as being away")
    }
}

/// IRCv3 setname.
pub(in crate::hub) fn setname(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let text = message.param(0).map(for_wire).unwrap_or_default().into_owned();
    if text.trim().is_empty() || text.len() > REAL_BYTES {
        return ctx.fail("SETNAME", "INVALID_REALNAME", &[], "Realname is not valid");
    }
    ctx.propose(me, Action::Realname { text: text.clone() }, text, reply_to_realname);
}

/// A real name that is the same as before is told to nobody, but its author gets it back.
fn reply_to_realname(ctx: &mut Context<'_>, text: String, outcome: Result<(), Refusal>) {
    if outcome.is_err() && ctx.caps().has(Caps::SETNAME) {
        let source = ctx.me().map(|me| me.source().to_string()).unwrap_or_default();
        ctx.send(Line::from_source(&source, "SETNAME").text(&text));
    }
}
