//! MONITOR (IRCv3 monitor).

use crate::chat::UserId;
use crate::hub::context::Context;
use crate::hub::limits::{LIST_BYTES, MOST_WATCHED};
use crate::hub::words::{items, joined};
use crate::text::Name;
use crate::wire::{Message, numeric};

/// Work of parsing a name.
const PARSING: u32 = 10;

pub(in crate::hub) fn monitor(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let names = message.param(1).unwrap_or_default();
    // Every item is parsed, valid or not, and looked up in the list.
    ctx.worked(PARSING * items(names).count() as u32);
    match message.param(0).unwrap_or_default() {
        "+" => add(ctx, me, names),
        "-" => {
            for name in parsed(names) {
                ctx.state.monitors.remove(me, &name);
            }
        }
        "C" | "c" => ctx.state.monitors.forget(me),
        "L" | "l" => {
            let names = ctx.state.monitors.list(me).to_vec();
            send_names(ctx, numeric::RPL_MONLIST, names.iter().map(|name| name.to_string()));
            ctx.reply(numeric::RPL_ENDOFMONLIST, &[], "End of MONITOR list");
        }
        "S" | "s" => {
            let names = ctx.state.monitors.list(me).to_vec();
            send_state(ctx, &names);
        }
        _ => ctx.reply(numeric::ERR_NEEDMOREPARAMS, &["MONITOR"], "It wants one of + - C L S"),
    }
}

/// The names of a list. Invalid names are skipped ("masks are not allowed").
fn parsed(names: &str) -> impl Iterator<Item = Name> {
    items(names).filter_map(|name| Name::parse(name).ok())
}

fn add(ctx: &mut Context<'_>, me: UserId, names: &str) {
    let (added, refused): (Vec<Name>, Vec<Name>) =
        parsed(names).partition(|name| ctx.state.monitors.add(me, name));
    let most = MOST_WATCHED.to_string();
    for refused in joined(refused.iter().map(Name::as_str), ',', LIST_BYTES) {
        ctx.reply(numeric::ERR_MONLISTFULL, &[&most, &refused], "Monitor list is full");
    }
    send_state(ctx, &added);
}

/// Sends 730 for names that are online, 731 for the others.
fn send_state(ctx: &mut Context<'_>, names: &[Name]) {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for name in names {
        match ctx.lobby().find_user(name.as_str()).and_then(|id| ctx.lobby().user(id)) {
            Some(user) => here.push(user.source().to_string()),
            None => gone.push(name.to_string()),
        }
    }
    send_names(ctx, numeric::RPL_MONONLINE, here.into_iter());
    send_names(ctx, numeric::RPL_MONOFFLINE, gone.into_iter());
}

fn send_names(ctx: &mut Context<'_>, code: &str, names: impl Iterator<Item = String>) {
    for line in joined(names, ',', LIST_BYTES) {
        ctx.reply(code, &[], &line);
    }
}
