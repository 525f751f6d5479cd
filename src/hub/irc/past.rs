//! WHOWAS.

use crate::chat::UserId;
use crate::hub::context::Context;
use crate::hub::time;
use crate::hub::words::{items, short};
use crate::wire::{Message, numeric};

/// Modern, WHOWAS message: the newest first; a count of 0 or less means all.
pub(in crate::hub) fn whowas(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let Some(asked) = message.param(0).filter(|asked| !asked.is_empty()) else {
        return ctx.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    };
    let count = message.param(1).and_then(|count| count.parse::<i64>().ok());
    let most = count.and_then(|count| usize::try_from(count).ok()).filter(|&count| count > 0);
    for name in items(asked) {
        // Each name is looked for among all that are remembered.
        ctx.worked(30);
        send_past(ctx, name, most.unwrap_or(usize::MAX));
    }
    ctx.reply(numeric::RPL_ENDOFWHOWAS, &[short(asked)], "End of WHOWAS");
}

fn send_past(ctx: &mut Context<'_>, name: &str, most: usize) {
    let server = ctx.state.config.server_name.clone();
    let lines: Vec<_> = ctx
        .lobby()
        .past(name)
        .take(most)
        .flat_map(|past| {
            let who = ctx.numeric(numeric::RPL_WHOWASUSER).param(past.name.as_str()).param(&past.user);
            let left = ctx.numeric(numeric::RPL_WHOISSERVER).param(past.name.as_str()).param(&server);
            [who.param(&past.host).param("*").text(&past.real), left.text(&time::written(past.left))]
        })
        .collect();
    if lines.is_empty() {
        return ctx.reply(numeric::ERR_WASNOSUCHNICK, &[short(name)], "There was no such nickname");
    }
    lines.into_iter().for_each(|line| ctx.send(line));
}
