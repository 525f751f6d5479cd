//! OPER and KILL, for operators of the server.

use super::refuse;
use crate::chat::{Action, UserId, UserMode};
use crate::hub::check::{Check, CheckResult, Secret};
use crate::hub::config::Operator;
use crate::hub::console_event::{ConsoleEvent, Departure};
use crate::hub::context::Context;
use crate::hub::ids::CheckId;
use crate::hub::lines::{InputState, PendingCheck};
use crate::wire::{Line, Message, numeric};
use std::sync::Arc;

/// Wrong passwords of one connection, after which none is checked.
const MOST_TRIES: u8 = 3;

/// Modern, OPER message. The password is checked outside of the hub; [`answer`] takes the result.
pub(in crate::hub) fn oper(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let (name, password) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let operators = &ctx.state.config.operators;
    let known = operators.iter().find(|operator| operator.name == name);
    // For an unknown name the password is checked against another hash, so that it takes as long.
    let Some(Operator { hash, .. }) = known.or(operators.first()) else {
        return ctx.reply(numeric::ERR_NOOPERHOST, &[], "No operators are named here");
    };
    let (hash, genuine) = (Arc::clone(hash), known.is_some());
    if ctx.session().wrong_passwords >= MOST_TRIES {
        ctx.reply(numeric::ERR_PASSWDMISMATCH, &[], "Password incorrect");
    } else if ctx.session().is_ending() {
        tell_not_checked(ctx);
    } else {
        ask(ctx, hash, password, genuine);
    }
}

/// Asks for a check. The reply to OPER comes with its result.
fn ask(ctx: &mut Context<'_>, hash: Arc<str>, password: &str, is_genuine: bool) {
    ctx.state.checks += 1;
    let (number, label) = (ctx.state.checks, ctx.label.take());
    let (id, session) = (CheckId { session: ctx.id, number }, ctx.session());
    let (from, is_local) = (session.from.ip(), session.is_local);
    ctx.batch.checks.push(Check { id, from, is_local, hash, password: Secret::new(password) });
    ctx.session_mut().few().lines.state = InputState::Waiting(PendingCheck { id, label, is_genuine });
}

/// Replies to OPER with the result of its check.
pub(in crate::hub) fn answer(ctx: &mut Context<'_>, result: CheckResult) {
    let Some(me) = ctx.session().user() else { return };
    let Some(name) = ctx.me().map(|me| me.name().clone()) else { return };
    let from = ctx.session().from;
    match result {
        CheckResult::Right => ctx.batch.console.push(ConsoleEvent::Operator { name, from }),
        CheckResult::Wrong => {
            let session = ctx.session_mut();
            session.wrong_passwords = session.wrong_passwords.saturating_add(1);
            ctx.batch.console.push(ConsoleEvent::WrongPassword { name, from });
            return ctx.reply(numeric::ERR_PASSWDMISMATCH, &[], "Password incorrect");
        }
        CheckResult::TooMany => {
            let text = "Too many passwords are being checked, try again in a minute";
            return refuse::try_again(ctx, "OPER", ("TEMPORARILY_UNAVAILABLE", None), text);
        }
    }
    // Never refused.
    ctx.act(me, Action::UserMode { flag: UserMode::Operator, on: true });
    ctx.reply(numeric::RPL_YOUREOPER, &[], "You are now an IRC operator");
}

/// Replies to OPER on a connection that ends before the check is done.
pub(in crate::hub) fn tell_not_checked(ctx: &mut Context<'_>) {
    let text = "The connection ends before the password is checked";
    refuse::try_again(ctx, "OPER", ("TEMPORARILY_UNAVAILABLE", None), text);
}

/// Modern, KILL message.
pub(in crate::hub) fn kill(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    if !ctx.me().is_some_and(|me| me.has(UserMode::Operator)) {
        return ctx.reply(numeric::ERR_NOPRIVILEGES, &[], "You're not an IRC operator");
    }
    let Some(reason) = ctx.reason(message.param(1)) else { return };
    let reason = reason.unwrap_or_else(|| ctx.name_of(me));
    let Some(whom) = ctx.person(message.param(0).unwrap_or_default()) else { return };
    let Some((by, source)) = ctx.lobby().user(me).map(|me| (me.name().clone(), Arc::clone(me.source())))
    else {
        return;
    };
    let line = Line::from_source(&source, "KILL").param(&ctx.name_of(whom)).text(&reason);
    ctx.kill(whom, &line, Departure::Killed { by, reason });
}
