//! MONITOR (IRCv3 monitor).

use super::super::monitor::MOST_WATCHED;
use super::super::turn::Turn;
use super::items;
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
    let most = MOST_WATCHED.to_string();
    for refused in joined(refused.iter().map(Name::to_string)) {
        turn.reply(numeric::ERR_MONLISTFULL, &[&most, &refused], "Monitor list is full");
    }
    send_state(turn, &added);
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

fn send_names(turn: &mut Turn<'_>, code: &str, names: impl Iterator<Item = String>) {
    for line in joined(names) {
        turn.reply(code, &[], &line);
    }
}

/// Joined by commas, as what goes into one line each.
fn joined(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut().filter(|line| line.len() + name.len() <= super::LIST_LINE) {
            Some(line) => {
                line.push(',');
                line.push_str(&name);
            }
            None => lines.push(name),
        }
    }
    lines
}
