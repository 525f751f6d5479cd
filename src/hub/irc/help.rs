//! HELP, made of the table of commands.

use super::super::turn::Turn;
use super::commands::{COMMANDS, find};
use super::short;
use crate::chat::UserId;
use crate::wire::{Message, numeric, split};

/// Bytes of text in one line.
const LINE: usize = 300;

/// Modern, HELP message: 704, 705 (the first one empty), 706, or 524.
pub(super) fn help(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let Some(subject) = message.param(0).filter(|subject| !subject.is_empty()) else {
        return index(turn);
    };
    let Some(command) = find(subject) else {
        // A subject of several words can't be one of a reply.
        let subject = if subject.contains(' ') { "*" } else { short(subject) };
        return turn.reply(numeric::ERR_HELPNOTFOUND, &[subject], "There is no help on that");
    };
    let usage = format!("{} {}", command.name, command.params);
    turn.reply(numeric::RPL_HELPSTART, &[command.name], usage.trim_end());
    turn.reply(numeric::RPL_HELPTXT, &[command.name], "");
    for line in split(&command.text(), LINE) {
        turn.reply(numeric::RPL_HELPTXT, &[command.name], line.trim_end());
    }
    turn.reply(numeric::RPL_ENDOFHELP, &[command.name], "End of /HELP");
}

fn index(turn: &mut Turn<'_>) {
    turn.reply(numeric::RPL_HELPSTART, &["*"], "HELP <command> tells about one of these");
    turn.reply(numeric::RPL_HELPTXT, &["*"], "");
    let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    names.sort_unstable();
    turn.reply_list(numeric::RPL_HELPTXT, &["*"], names.into_iter().map(str::to_owned));
    turn.reply(numeric::RPL_ENDOFHELP, &["*"], "End of /HELP");
}
