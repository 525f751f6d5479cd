//! Registration: NICK, USER, PASS, and what a newcomer is told.

use super::console_event::Departure;
use super::context::Context;
use super::input::Input;
use super::irc::about::{self, VERSION};
use super::limits::{REAL_BYTES, USER_BYTES};
use super::session::{Look, Registration, UserParams};
use super::words::short;
use super::{mode_table, time};
use crate::chat::people::Arrival;
use crate::chat::{Action, Refusal, UserId};
use crate::text::sanitise::for_wire;
use crate::text::{Lang, Name, NameError, Phrase};
use crate::wire::{Message, numeric};
use std::time::Duration;

pub(super) fn nick(ctx: &mut Context<'_>, message: &Message) {
    let Some(wanted) = message.param(0).filter(|wanted| !wanted.is_empty()) else {
        return ctx.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    };
    let name = match Name::parse(wanted) {
        Ok(name) => name,
        Err(why) => return refuse_letters(ctx, wanted, why),
    };
    match ctx.session().user() {
        Some(me) => ctx.propose(me, Action::Rename { name: name.clone() }, name, reply_refusal),
        None => choose(ctx, name),
    }
}

fn choose(ctx: &mut Context<'_>, name: Name) {
    // Those who may not come in are not told who is here.
    if !lacks_password(ctx)
        && let Err(refusal) = ctx.lobby().must_be_free(&name, None)
    {
        return refuse(ctx, &name, &refusal);
    }
    if let Some(registration) = ctx.session_mut().registration() {
        registration.name = Some(name);
        register(ctx);
    }
}

fn reply_refusal(ctx: &mut Context<'_>, name: Name, outcome: Result<(), Refusal>) {
    if let Err(refusal) = outcome {
        refuse(ctx, &name, &refusal);
    }
}

/// Sends 432 with the reason and a name that is possible.
fn refuse_letters(ctx: &mut Context<'_>, wanted: &str, why: NameError) {
    let suggestion = Name::suggest(wanted);
    let suggestion = suggestion.as_ref().map(Name::as_str);
    let reason = Phrase::BadName { why, suggestion }.say(Lang::En);
    ctx.reply(numeric::ERR_ERRONEUSNICKNAME, &[short(wanted)], &reason);
}

fn refuse(ctx: &mut Context<'_>, name: &Name, refusal: &Refusal) {
    match refusal {
        Refusal::LooksLike(other) => {
            let me = ctx.session().user();
            let other =
                ctx.lobby().find_user(other.as_str()).filter(|&other| ctx.lobby().may_find(me, other));
            let reason = match other {
                Some(other) => format!("That looks like {}, who is here", ctx.name_of(other)),
                None => "That looks like another name".to_owned(),
            };
            ctx.reply(numeric::ERR_ERRONEUSNICKNAME, &[name.as_str()], &reason);
        }
        _ => ctx.reply(numeric::ERR_NICKNAMEINUSE, &[name.as_str()], "Nickname is already in use"),
    }
}

pub(super) fn user(ctx: &mut Context<'_>, message: &Message) {
    let real = message.param(3).map(for_wire).unwrap_or_default();
    if real.is_empty() {
        return ctx.reply(numeric::ERR_NEEDMOREPARAMS, &["USER"], "Not enough parameters");
    }
    // It is cut instead of refused, because a client whose USER is refused hangs.
    let real = real[..real.floor_char_boundary(REAL_BYTES)].to_owned();
    let params = UserParams { user: user_name(message.param(0).unwrap_or_default()), real };
    match ctx.session_mut().registration() {
        Some(registration) => {
            registration.params = Some(params);
            register(ctx);
        }
        None => ctx.reply(numeric::ERR_ALREADYREGISTERED, &[], "You may not reregister"),
    }
}

/// The characters of a user name that a source can have, since clients send anything here.
fn user_name(text: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = text.chars().filter(allowed).take(USER_BYTES).collect();
    if name.is_empty() { "user".to_owned() } else { name }
}

/// Modern, PASS message. It is ignored where no password is asked for: clients may send a stored one.
pub(super) fn pass(ctx: &mut Context<'_>, message: &Message) {
    let is_right = is_password(ctx, message);
    match ctx.session_mut().registration() {
        None => ctx.reply(numeric::ERR_ALREADYREGISTERED, &[], "You may not reregister"),
        Some(Registration { look: Some(Look::Never), .. }) => ctx.close(Departure::TooManyGuesses),
        Some(registration) if is_right => registration.has_password = true,
        Some(_) => refuse_password(ctx),
    }
}

fn is_password(ctx: &Context<'_>, message: &Message) -> bool {
    let given = message.param(0).unwrap_or_default();
    ctx.state.config.password.as_ref().is_none_or(|password| password.is(given))
}

/// Until when a line waits because passwords have been guessed at its address; None where it is
/// obeyed now.
pub(super) fn password_waits_until(ctx: &mut Context<'_>, input: &Input) -> Option<Duration> {
    let message = input.message().filter(|message| message.is("PASS"))?;
    if ctx.state.config.password.is_none() || ctx.session().is_local {
        return None;
    }
    let (now, from) = (ctx.now.uptime, ctx.session().from.ip());
    let known = ctx.session_mut().registration()?.look;
    let look = known.unwrap_or_else(|| {
        let is_right = is_password(ctx, message);
        ctx.state.guesses.look_at(from, is_right, now).map_or(Look::Never, Look::At)
    });
    ctx.session_mut().registration()?.look = Some(look);
    match look {
        Look::At(at) if now < at => Some(at),
        Look::At(_) | Look::Never => None,
    }
}

/// Whether a connection has still to give the password of the server.
pub(super) fn lacks_password(ctx: &mut Context<'_>) -> bool {
    let is_asked = ctx.state.config.password.is_some();
    is_asked && ctx.session_mut().registration().is_some_and(|registration| !registration.has_password)
}

fn refuse_password(ctx: &mut Context<'_>) {
    ctx.reply(numeric::ERR_PASSWDMISMATCH, &[], "Password missing or wrong");
    ctx.close(Departure::WrongPassword);
}

/// Registers the client, if it has sent everything that is needed.
pub(super) fn register(ctx: &mut Context<'_>) {
    let Some(registration) =
        ctx.session_mut().registration().filter(|registration| !registration.negotiating)
    else {
        return;
    };
    let (Some(name), Some(params)) = (registration.name.clone(), registration.params.clone()) else {
        return;
    };
    if lacks_password(ctx) {
        return refuse_password(ctx);
    }
    let arrival = arrival(ctx, name.clone(), params);
    ctx.connect(arrival, name, reply_to_arrival);
}

fn reply_to_arrival(ctx: &mut Context<'_>, name: Name, outcome: Result<UserId, Refusal>) {
    match outcome {
        Ok(user) => {
            ctx.announce(user);
            burst(ctx, user);
        }
        Err(refusal) => {
            // The name was taken meanwhile: the client must send another one.
            if let Some(registration) = ctx.session_mut().registration() {
                registration.name = None;
            }
            refuse(ctx, &name, &refusal);
        }
    }
}

/// The person that this connection is about to register.
pub(super) fn arrival(ctx: &mut Context<'_>, name: Name, UserParams { user, real }: UserParams) -> Arrival {
    let session = ctx.session_mut();
    let (is_local, host) = (session.is_local, session.host());
    let away = session.registration().and_then(|registration| registration.away.clone());
    Arrival { name, user, host, real, away, is_local }
}

/// Modern, Connection Registration: 001 to 005, LUSERS, MOTD.
fn burst(ctx: &mut Context<'_>, me: UserId) {
    let source = ctx.lobby().user(me).map(|user| user.source().to_string()).unwrap_or_default();
    let server = ctx.state.config.server_name.clone();
    let created = time::written(ctx.state.config.created_us);
    ctx.reply(numeric::RPL_WELCOME, &[], &format!("Welcome to roomchat, {source}"));
    ctx.reply(numeric::RPL_YOURHOST, &[], &format!("Your host is {server}, running {VERSION}"));
    ctx.reply(numeric::RPL_CREATED, &[], &format!("This server was started {created}"));
    let info = ctx.numeric(numeric::RPL_MYINFO).param(&server).param(VERSION);
    ctx.send(mode_table::myinfo().iter().fold(info, |line, letters| line.param(letters)));
    about::send_isupport(ctx);
    about::send_lusers(ctx);
    about::send_motd(ctx);
}
