//! MONITOR (IRCv3 monitor).

use super::super::monitor::MOST_WATCHED;
use super::super::turn::Turn;
use super::{items, short};
use crate::chat::UserId;
use crate::text::Name;
use crate::wire::{Message, numeric};

pub(super) fn monitor(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    let names = message.param(1).unwrap_or_default();
    match message.param(0).unwrap_or_default() {
        "+" => add(turn, me, names),
        "-" => {
            for name in parsed(names) {
                turn.hub.monitors.remove(me, &name);
            }
        }
        "C" | "c" => turn.hub.monitors.forget(me),
        "L" | "l" => {
            let names = turn.hub.monitors.list(me).to_vec();
            send_names(turn, numeric::RPL_MONLIST, names.iter().map(|name| name.to_string()));
            turn.reply(numeric::RPL_ENDOFMONLIST, &[], "End of MONITOR list");
        }
        "S" | "s" => {
            let names = turn.hub.monitors.list(me).to_vec();
            send_state(turn, &names);
        }
        _ => turn.reply(numeric::ERR_NEEDMOREPARAMS, &["MONITOR"], "It wants one of + - C L S"),
    }
}

/// What can be no name is nobody's, and passed over ("masks are not allowed").
fn parsed(names: &str) -> impl Iterator<Item = Name> {
    items(names).filter_map(|name| Name::parse(name).ok())
}

fn add(turn: &mut Turn<'_>, me: UserId, names: &str) {
    let (added, refused): (Vec<Name>, Vec<Name>) =
        parsed(names).partition(|name| turn.hub.monitors.add(me, name));
    if !refused.is_empty() {
        let (most, refused) = (MOST_WATCHED.to_string(), join(&refused));
        turn.reply(numeric::ERR_MONLISTFULL, &[&most, short(&refused)], "Monitor list is full");
    }
    send_state(turn, &added);
}

fn join(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(",")
}

/// 730 for those who are here, 731 for the others.
fn send_state(turn: &mut Turn<'_>, names: &[Name]) {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for name in names {
        match turn.lobby().find_user(name.as_str()).and_then(|id| turn.lobby().user(id)) {
            Some(user) => here.push(user.source().to_string()),
            None => gone.push(name.to_string()),
        }
    }
    send_names(turn, numeric::RPL_MONONLINE, here.into_iter());
    send_names(turn, numeric::RPL_MONOFFLINE, gone.into_iter());
}

/// Joined by commas, in as many lines as it takes.
fn send_names(turn: &mut Turn<'_>, code: &str, names: impl Iterator<Item = String>) {
    let mut line = String::new();
    for name in names {
        if line.len() + name.len() > super::LIST_LINE && !line.is_empty() {
            turn.reply(code, &[], &line);
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { "," });
        line.push_str(&name);
    }
    if !line.is_empty() {
        turn.reply(code, &[], &line);
    }
}
