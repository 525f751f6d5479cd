//! What people do about themselves and their connection: PING, PONG, QUIT,
//! AWAY, SETNAME.

use super::super::Departure;
use super::super::caps::Caps;
use super::super::turn::Turn;
use super::greet::{AWAY_BYTES, KICK_BYTES, REAL_BYTES};
use super::multiline;
use crate::chat::{Action, UserId};
use crate::text::sanitise::for_wire;
use crate::wire::{Message, numeric};

/// Modern, PING message. Answered here, so that it comes after all that the
/// lines before it have caused.
pub(super) fn ping(turn: &mut Turn<'_>, message: &Message) {
    let Some(token) = message.param(0).filter(|token| !token.is_empty()) else {
        return turn.reply(numeric::ERR_NOORIGIN, &[], "No origin specified");
    };
    let server = turn.hub.config.server_name.clone();
    let pong = turn.line("PONG").param(&server).text(token);
    if turn.fits(&pong) {
        turn.send(pong);
    }
}

/// Any line is a sign of life: this one is nothing more.
pub(super) fn pong(_turn: &mut Turn<'_>, _message: &Message) {}

/// A reason that will not fit with the source before it is left out: nothing
/// is cut, and who wants to go goes.
pub(super) fn quit(turn: &mut Turn<'_>, message: &Message) {
    let reason = message.param(0).map(|reason| for_wire(reason).into_owned());
    let reason = reason.filter(|reason| !reason.is_empty() && reason.len() <= KICK_BYTES);
    multiline::drop_open(turn, "The connection ended before the batch did");
    turn.close(Departure::Quit(reason));
}

/// Modern, AWAY message; before registration for those who asked for it
/// (IRCv3 pre-away).
pub(super) fn away(turn: &mut Turn<'_>, message: &Message) {
    if turn.me().is_none() && !turn.caps().has(Caps::PRE_AWAY) {
        return turn.reply(numeric::ERR_NOTREGISTERED, &[], "You have not registered");
    }
    let text = message.param(0).map(|text| for_wire(text).into_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.len() > AWAY_BYTES) {
        return turn.reply(numeric::ERR_INPUTTOOLONG, &[], "That text is too long");
    }
    let is_away = text.is_some();
    match (turn.seat().user(), turn.seat_mut().greeting()) {
        // Never refused.
        (Some(me), _) => drop(turn.act(me, Action::Away { text })),
        (None, Some(greeting)) => greeting.away = text,
        (None, None) => return,
    }
    match is_away {
        true => turn.reply(numeric::RPL_NOWAWAY, &[], "You have been marked as being away"),
        false => turn.reply(numeric::RPL_UNAWAY, &[], "You are no longer marked as being away"),
    }
}

/// IRCv3 setname.
pub(super) fn setname(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    let text = message.param(0).map(for_wire).unwrap_or_default().into_owned();
    if text.trim().is_empty() || text.len() > REAL_BYTES {
        return turn.fail("SETNAME", "INVALID_REALNAME", &[], "Realname is not valid");
    }
    // Never refused.
    let _ = turn.act(me, Action::Realname { text });
}
