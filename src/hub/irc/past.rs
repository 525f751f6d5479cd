//! WHOWAS.

use super::super::turn::Turn;
use super::{items, short, write};
use crate::chat::UserId;
use crate::wire::{Message, numeric};

/// Modern, WHOWAS message: the newest first; a count of 0 or less means all.
pub(super) fn whowas(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let Some(asked) = message.param(0).filter(|asked| !asked.is_empty()) else {
        return turn.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    };
    let count = message.param(1).and_then(|count| count.parse::<i64>().ok());
    let most = count.and_then(|count| usize::try_from(count).ok()).filter(|&count| count > 0);
    for name in items(asked) {
        send_past(turn, name, most.unwrap_or(usize::MAX));
    }
    turn.reply(numeric::RPL_ENDOFWHOWAS, &[short(asked)], "End of WHOWAS");
}

fn send_past(turn: &mut Turn<'_>, name: &str, most: usize) {
    let server = turn.hub.config.server_name.clone();
    let lines: Vec<_> = turn
        .lobby()
        .past(name)
        .take(most)
        .flat_map(|past| {
            let who = turn.numeric(numeric::RPL_WHOWASUSER).param(past.name.as_str()).param(&past.user);
            let left = turn.numeric(numeric::RPL_WHOISSERVER).param(past.name.as_str()).param(&server);
            [who.param(&past.host).param("*").text(&past.real), left.text(&write::time(past.left))]
        })
        .collect();
    if lines.is_empty() {
        return turn.reply(numeric::ERR_WASNOSUCHNICK, &[short(name)], "There was no such nickname");
    }
    lines.into_iter().for_each(|line| turn.send(line));
}
