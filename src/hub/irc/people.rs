//! Questions about people: WHOIS, ISON, USERHOST.

use crate::chat::{User, UserId, UserMode};
use crate::hub::context::Context;
use crate::hub::names_cache;
use crate::hub::words::short;
use crate::wire::{Message, numeric};

/// Modern, WHOIS message: ends in 318, unless no name is given. With two parameters the first one
/// names a server; there is only one.
pub(in crate::hub) fn whois(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let Some(asked) = message.param(1).or(message.param(0)).filter(|asked| !asked.is_empty()) else {
        return ctx.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    };
    if let Some(user) = ctx.person(asked) {
        describe(ctx, me, user);
    }
    ctx.reply(numeric::RPL_ENDOFWHOIS, &[short(asked)], "End of /WHOIS list");
}

fn describe(ctx: &mut Context<'_>, me: UserId, id: UserId) {
    let Some(user) = ctx.lobby().user(id) else { return };
    let name = user.name().to_string();
    let who = ctx.numeric(numeric::RPL_WHOISUSER).param(&name).param(user.user()).param(user.host());
    let who = who.param("*").text(user.real());
    let (away, is_bot) = (user.away().map(str::to_owned), user.has(UserMode::Bot));
    let is_operator = user.has(UserMode::Operator);
    let idle = ctx.now.uptime.saturating_sub(user.spoke).as_secs().to_string();
    let since = (user.arrived / 1_000_000).to_string();
    let server = ctx.state.config.server_name.clone();
    ctx.send(who);
    let rooms = rooms_seen(ctx, me, id);
    ctx.reply_list(numeric::RPL_WHOISCHANNELS, &[&name], rooms);
    let description = ctx.state.config.description.clone();
    ctx.reply(numeric::RPL_WHOISSERVER, &[&name, &server], &description);
    if let Some(text) = away {
        ctx.reply(numeric::RPL_AWAY, &[&name], &text);
    }
    if is_operator {
        ctx.reply(numeric::RPL_WHOISOPERATOR, &[&name], "is an IRC operator");
    }
    if is_bot {
        ctx.reply(numeric::RPL_WHOISBOT, &[&name], "is a bot");
    }
    let session = ctx.state.session_of(id).and_then(|session| ctx.state.session(session));
    if session.is_some_and(|session| session.is_encrypted) {
        ctx.reply(numeric::RPL_WHOISSECURE, &[&name], "is using a secure connection");
    }
    ctx.reply(numeric::RPL_WHOISIDLE, &[&name, &idle, &since], "seconds idle, signon time");
}

/// The rooms of somebody that the asker may know of, each with the prefix of that person's rank.
fn rooms_seen(ctx: &Context<'_>, me: UserId, id: UserId) -> Vec<String> {
    let lobby = ctx.lobby();
    let Some(user) = lobby.user(id) else { return Vec::new() };
    let rooms = user.rooms().filter_map(|id| Some((id, lobby.room(id)?)));
    let seen = rooms.filter(|(id, _)| lobby.knows_of(me, *id));
    seen.map(|(id, room)| {
        let sign = names_cache::prefix(room.ranks(user, id).unwrap_or_default(), ctx.caps());
        format!("{sign}{}", room.name())
    })
    .collect()
}

/// RFC 2812, 4.9: which of the names are online.
pub(in crate::hub) fn ison(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    count_names(ctx, message);
    let here: Vec<String> = found(ctx, message).map(|user| user.name().to_string()).collect();
    send_found(ctx, numeric::RPL_ISON, here);
}

/// Modern, USERHOST message: at most five.
pub(in crate::hub) fn userhost(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    const MOST: usize = 5;
    let about = |user: &User| {
        let sign = if user.away().is_some() { '-' } else { '+' };
        let star = if user.has(UserMode::Operator) { "*" } else { "" };
        format!("{}{star}={sign}{}@{}", user.name(), user.user(), user.host())
    };
    count_names(ctx, message);
    let here: Vec<String> = found(ctx, message).take(MOST).map(about).collect();
    send_found(ctx, numeric::RPL_USERHOST, here);
}

/// Each name is folded and looked for.
fn count_names(ctx: &mut Context<'_>, message: &Message) {
    ctx.worked(3 * names(message).count() as u32);
}

fn names(message: &Message) -> impl Iterator<Item = &str> {
    message.params().flat_map(|param| param.split_ascii_whitespace())
}

/// Those of the named people who are online.
fn found<'a>(ctx: &'a Context<'_>, message: &'a Message) -> impl Iterator<Item = &'a User> {
    names(message).filter_map(|name| ctx.lobby().user(ctx.lobby().find_user(name)?))
}

/// Sends a list, and one empty line for an empty list.
fn send_found(ctx: &mut Context<'_>, code: &str, here: Vec<String>) {
    if here.is_empty() { ctx.reply(code, &[], "") } else { ctx.reply_list(code, &[], here) }
}
