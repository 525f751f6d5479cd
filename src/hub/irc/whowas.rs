//! WHOWAS.

use crate::chat::UserId;
use crate::hub::context::Context;
use crate::hub::time;
use crate::hub::unfinished::Rest;
use crate::hub::words::{items, short};
use crate::hub::work::of_line;
use crate::wire::{Message, numeric};

/// Work of searching all remembered names, which are a few hundred.
const LOOKING: u32 = 30;

/// Modern, WHOWAS message: the newest first; a count of 0 or less means all.
pub(in crate::hub) fn whowas(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    if message.param(0).is_none_or(str::is_empty) {
        return ctx.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    }
    whowas_from(ctx, message, 0);
}

/// Answers for the names of the list from `next` on.
pub(in crate::hub) fn whowas_from(ctx: &mut Context<'_>, message: &Message, next: usize) {
    let asked = message.param(0).unwrap_or_default();
    let mut names = items(asked).enumerate().skip(next).peekable();
    while let Some((at, name)) = names.next() {
        send_past(ctx, message, name, (u64::MAX, 0));
        if ctx.pause_items(at + 1, names.peek().is_some()) {
            return;
        }
    }
    ctx.reply(numeric::RPL_ENDOFWHOWAS, &[short(asked)], "End of WHOWAS");
}

/// Goes on with the item before `next`, which was left in the middle.
pub(in crate::hub) fn go_on(
    ctx: &mut Context<'_>,
    message: &Message,
    next: usize,
    (before, told): (u64, usize),
) {
    let name = items(message.param(0).unwrap_or_default()).nth(next.saturating_sub(1));
    if let Some(name) = name {
        send_past(ctx, message, name, (before, told));
    }
}

/// Sends the entries of a name before number `before`, as far as the slice goes; `told` of them
/// were sent already.
fn send_past(ctx: &mut Context<'_>, message: &Message, name: &str, (before, mut told): (u64, usize)) {
    let count = message.param(1).and_then(|count| count.parse::<i64>().ok());
    let most = count.and_then(|count| usize::try_from(count).ok()).filter(|&count| count > 0);
    let most = most.unwrap_or(usize::MAX);
    let (server, slice) = (&ctx.state.config.server_name, ctx.slice_left());
    let (mut lines, mut work, mut last) = (Vec::new(), 0, None);
    for (number, past) in ctx.lobby().past(name, before).take(most - told) {
        let who = ctx.numeric(numeric::RPL_WHOWASUSER).param(past.name.as_str()).param(&past.user);
        let left = ctx.numeric(numeric::RPL_WHOISSERVER).param(past.name.as_str()).param(server);
        let pair = [who.param(&past.host).param("*").text(&past.real), left.text(&time::written(past.left))];
        work += pair.iter().map(|line| of_line(line.wire_len())).sum::<u64>();
        lines.extend(pair);
        told += 1;
        if work >= slice {
            last = Some(number);
            break;
        }
    }
    // All remembered names are searched.
    ctx.worked(LOOKING);
    if told == 0 {
        return ctx.reply(numeric::ERR_WASNOSUCHNICK, &[short(name)], "There was no such nickname");
    }
    lines.into_iter().for_each(|line| ctx.send(line));
    if let Some(before) = last {
        ctx.pause(Rest::Whowas { before, told });
    }
}
