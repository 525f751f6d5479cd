//! Questions about people: WHOIS, ISON, USERHOST.

use super::super::roll;
use super::super::turn::Turn;
use super::short;
use crate::chat::{Flag, UserId};
use crate::wire::{Message, numeric};

/// Bytes of rooms in one line of 319.
const LINE: usize = 300;

/// Modern, WHOIS message: always ends in 318. With two parameters the first
/// one is a server, and there is only this one.
pub(super) fn whois(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    let Some(asked) = message.param(1).or(message.param(0)).filter(|asked| !asked.is_empty()) else {
        return turn.reply(numeric::ERR_NONICKNAMEGIVEN, &[], "No nickname given");
    };
    if let Some(user) = turn.person(asked) {
        describe(turn, me, user);
    }
    turn.reply(numeric::RPL_ENDOFWHOIS, &[short(asked)], "End of /WHOIS list");
}

fn describe(turn: &mut Turn<'_>, me: UserId, id: UserId) {
    let Some(user) = turn.lobby().user(id) else { return };
    let name = user.name().to_string();
    let who = turn.numeric(numeric::RPL_WHOISUSER).param(&name).param(user.user()).param(user.host());
    let who = who.param("*").text(user.real());
    let away = user.away().map(str::to_owned);
    let (idle, since) = (turn.now.wall_us.saturating_sub(user.spoke()), user.arrived());
    let (idle, since) = ((idle / 1_000_000).to_string(), (since / 1_000_000).to_string());
    let server = turn.hub.config.server_name.clone();
    turn.send(who);
    for rooms in rooms_seen(turn, me, id) {
        turn.reply(numeric::RPL_WHOISCHANNELS, &[&name], &rooms);
    }
    turn.reply(numeric::RPL_WHOISSERVER, &[&name, &server], "A room that anybody can open");
    if let Some(text) = away {
        turn.reply(numeric::RPL_AWAY, &[&name], &text);
    }
    turn.reply(numeric::RPL_WHOISIDLE, &[&name, &idle, &since], "seconds idle, signon time");
}

/// The rooms of somebody that one may know of, with their signs, in lines.
fn rooms_seen(turn: &Turn<'_>, me: UserId, id: UserId) -> Vec<String> {
    let lobby = turn.lobby();
    let (Some(me), Some(user)) = (lobby.user(me), lobby.user(id)) else { return Vec::new() };
    let mut lines: Vec<String> = Vec::new();
    for (room_id, room) in user.rooms().filter_map(|room| Some((room, lobby.room(room)?))) {
        if room.has(Flag::Secret) && !me.is_in(room_id) {
            continue;
        }
        let sign = roll::prefix(room.ranks(user, room_id).unwrap_or_default(), turn.caps());
        let item = format!("{sign}{}", room.name());
        match lines.last_mut() {
            Some(line) if line.len() + item.len() < LINE => {
                line.push(' ');
                line.push_str(&item);
            }
            _ => lines.push(item),
        }
    }
    lines
}

/// RFC 2812, 4.9: those of the names that are here.
pub(super) fn ison(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let here = found(turn, message).iter().map(|&id| turn.name_of(id)).collect::<Vec<_>>();
    turn.reply(numeric::RPL_ISON, &[], &here.join(" "));
}

/// Modern, USERHOST message: at most five.
pub(super) fn userhost(turn: &mut Turn<'_>, _me: UserId, message: &Message) {
    let about = |id: &UserId| {
        let user = turn.lobby().user(*id)?;
        let sign = if user.away().is_some() { '-' } else { '+' };
        Some(format!("{}={sign}{}@{}", user.name(), user.user(), user.host()))
    };
    let found: Vec<String> = found(turn, message).iter().take(USERHOSTS).filter_map(about).collect();
    // So long as five of the longest do not fit, the last ones are left out.
    let mut text = String::new();
    for item in found.iter().filter(|item| item.len() < LINE) {
        if text.len() + item.len() < LINE {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(item);
        }
    }
    turn.reply(numeric::RPL_USERHOST, &[], &text);
}

const USERHOSTS: usize = 5;

/// The people named, as far as they are here; so many as fit a reply.
fn found(turn: &Turn<'_>, message: &Message) -> Vec<UserId> {
    let mut length = 0;
    let names = message.params().flat_map(|param| param.split_ascii_whitespace());
    let people = names.filter_map(|name| turn.lobby().find_user(name));
    people
        .take_while(|&id| {
            length += turn.name_of(id).len() + 1;
            length <= LINE
        })
        .collect()
}
