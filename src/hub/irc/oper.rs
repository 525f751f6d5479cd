//! OPER and KILL: those who keep the house.

use super::super::lines::{InputState, PendingCheck};
use super::super::turn::Turn;
use super::super::{Check, CheckId, Departure, Fact, Operator, Secret, Verdict};
use super::greet::KICK_BYTES;
use super::refuse;
use crate::chat::{Action, OwnFlag, UserId};
use crate::text::sanitise::for_wire;
use crate::wire::{Line, Message, numeric};
use std::sync::Arc;

/// Wrong passwords of one connection; after that they are not even checked.
const MOST_TRIES: u8 = 3;

/// Modern, OPER message. The check is done elsewhere; [`answer`] ends it.
pub(super) fn oper(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let (name, password) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let operators = &turn.hub.config.operators;
    let known = operators.iter().find(|operator| operator.name == name);
    // An unknown name takes as long as a known one.
    let Some(Operator { hash, .. }) = known.or(operators.first()) else {
        return turn.reply(numeric::ERR_NOOPERHOST, &[], "No operators are named here");
    };
    let (hash, genuine) = (Arc::clone(hash), known.is_some());
    if turn.seat().wrong_passwords < MOST_TRIES {
        ask(turn, hash, password, genuine);
    } else {
        turn.reply(numeric::ERR_PASSWDMISMATCH, &[], "Password incorrect");
    }
}

/// Asks for a check; the reply to the command in work comes with its answer.
fn ask(turn: &mut Turn<'_>, hash: Arc<str>, password: &str, is_genuine: bool) {
    turn.hub.checks += 1;
    let (number, label) = (turn.hub.checks, turn.take_label());
    let (id, from) = (CheckId { seat: turn.id, number }, turn.seat().from.ip());
    turn.ask(Check { id, from, hash, password: Secret::new(password) });
    turn.seat_mut().few().lines.state = InputState::Waiting(PendingCheck { id, label, is_genuine });
}

/// The check that OPER asked for is done.
pub(in crate::hub) fn answer(turn: &mut Turn<'_>, verdict: Verdict) {
    let Some(me) = turn.seat().user() else { return };
    let Some(name) = turn.me().map(|me| me.name().clone()) else { return };
    let from = turn.seat().from;
    match verdict {
        Verdict::Right => turn.note(Fact::Operator { name, from }),
        Verdict::Wrong => {
            let seat = turn.seat_mut();
            seat.wrong_passwords = seat.wrong_passwords.saturating_add(1);
            turn.note(Fact::WrongPassword { name, from });
            return turn.reply(numeric::ERR_PASSWDMISMATCH, &[], "Password incorrect");
        }
        Verdict::TooMany => {
            let text = "Too many passwords are being checked, try again in a minute";
            return refuse::try_again(turn, "OPER", ("TEMPORARILY_UNAVAILABLE", None), text);
        }
    }
    // Never refused.
    let _ = turn.act(me, Action::Own { flag: OwnFlag::Operator, on: true });
    turn.reply(numeric::RPL_YOUREOPER, &[], "You are now an IRC operator");
}

/// The connection ends before the check does.
pub(in crate::hub) fn tell_not_checked(turn: &mut Turn<'_>) {
    let text = "The connection ends before the password is checked";
    refuse::try_again(turn, "OPER", ("TEMPORARILY_UNAVAILABLE", None), text);
}

/// Modern, KILL message.
pub(super) fn kill(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    if !turn.me().is_some_and(|me| me.has(OwnFlag::Operator)) {
        return turn.reply(numeric::ERR_NOPRIVILEGES, &[], "You're not an IRC operator");
    }
    let reason = message.param(1).map(for_wire).filter(|reason| !reason.is_empty());
    let reason = reason.map_or_else(|| turn.name_of(me), |reason| reason.into_owned());
    if reason.len() > KICK_BYTES {
        return turn.reply(numeric::ERR_INPUTTOOLONG, &[], "That reason is too long");
    }
    let Some(whom) = turn.person(message.param(0).unwrap_or_default()) else { return };
    let Some(by) = turn.lobby().user(me).map(|me| (me.name().clone(), Arc::clone(me.source()))) else {
        return;
    };
    let (by, source) = by;
    let line = Line::from_source(&source, "KILL").param(&turn.name_of(whom)).text(&reason);
    turn.kill(whom, &line, Departure::Killed { by, reason });
}
