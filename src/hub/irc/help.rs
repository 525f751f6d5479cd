//! HELP, made of the table of commands.

use crate::chat::UserId;
use crate::hub::commands::{COMMANDS, find};
use crate::hub::context::Context;
use crate::hub::words::short;
use crate::wire::{Message, numeric, split};

/// Bytes of text in one line.
const LINE: usize = 300;

/// Modern, HELP message: 704, 705 (the first one empty), 706, or 524.
pub(in crate::hub) fn help(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let Some(subject) = message.param(0).filter(|subject| !subject.is_empty()) else {
        return index(ctx);
    };
    let Some(command) = find(subject) else {
        // A subject with blanks can't be a middle parameter of the reply.
        let subject = if subject.contains(' ') { "*" } else { short(subject) };
        return ctx.reply(numeric::ERR_HELPNOTFOUND, &[subject], "There is no help on that");
    };
    let usage = format!("{} {}", command.name, command.params);
    ctx.reply(numeric::RPL_HELPSTART, &[command.name], usage.trim_end());
    ctx.reply(numeric::RPL_HELPTXT, &[command.name], "");
    for line in split(&command.text(), LINE) {
        ctx.reply(numeric::RPL_HELPTXT, &[command.name], line.trim_end());
    }
    ctx.reply(numeric::RPL_ENDOFHELP, &[command.name], "End of /HELP");
}

fn index(ctx: &mut Context<'_>) {
    ctx.reply(numeric::RPL_HELPSTART, &["*"], "HELP <command> tells about one of these");
    ctx.reply(numeric::RPL_HELPTXT, &["*"], "");
    let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    names.sort_unstable();
    ctx.reply_list(numeric::RPL_HELPTXT, &["*"], names.into_iter().map(str::to_owned));
    ctx.reply(numeric::RPL_ENDOFHELP, &["*"], "End of /HELP");
}
