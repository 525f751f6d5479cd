//! MODE (Modern, MODE message).

use super::rooms;
use crate::chat::modes::MUTE;
use crate::chat::pattern::PATTERN_BYTES;
use crate::chat::{Action, Change, List, RoomId, UserId, UserMode, mask};
use crate::hub::context::Context;
use crate::hub::mode_table::{ROOM_MODES, RoomMode, USER_MODES, find_user_mode};
use crate::hub::words::short;
use crate::wire::{Message, numeric};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a key.
const KEY_BYTES: usize = 32;

pub(in crate::hub) fn mode(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let target = message.param(0).unwrap_or_default();
    if !target.starts_with('#') {
        return user_modes(ctx, me, target, message.param(1));
    }
    let Some(room) = ctx.room(target) else { return };
    let letters = message.param(1).unwrap_or_default();
    let bare = letters.trim_start_matches(['+', '-']);
    if bare.is_empty() {
        return send_modes(ctx, room);
    }
    let params: Vec<&str> = message.all_params().skip(2).collect();
    if params.is_empty() && bare.chars().all(|letter| list(letter).is_some()) {
        // Each list is sent once, even if its letter is repeated: otherwise a short line would
        // bring a long list hundreds of times.
        let lists: BTreeSet<List> = bare.chars().filter_map(list).collect();
        lists.into_iter().for_each(|list| send_list(ctx, room, list));
    } else {
        change(ctx, me, room, letters, &params);
    }
}

fn list(letter: char) -> Option<List> {
    match RoomMode::find(letter) {
        Some(RoomMode::List(list)) => Some(list),
        _ => None,
    }
}

/// Sends 324 and 329. Only members see the key.
fn send_modes(ctx: &mut Context<'_>, id: RoomId) {
    let is_member = ctx.me().is_some_and(|me| me.is_in(id));
    let Some(room) = ctx.lobby().room(id) else { return };
    let (name, made) = (room.name().to_string(), (room.made_at / 1_000_000).to_string());
    let mut letters = "+".to_owned();
    let mut params = Vec::new();
    for spec in &ROOM_MODES {
        let param = match spec.mode {
            RoomMode::Flag(flag) if room.has(flag) => None,
            RoomMode::Key if room.key().is_some() => {
                room.key().filter(|_| is_member).or(Some("*")).map(str::to_owned)
            }
            RoomMode::Limit if room.limit().is_some() => room.limit().map(|limit| limit.to_string()),
            _ => continue,
        };
        letters.push(spec.letter);
        params.extend(param);
    }
    let line = ctx.numeric(numeric::RPL_CHANNELMODEIS).param(&name).param(&letters);
    ctx.send(params.iter().fold(line, |line, param| line.param(param)));
    let line = ctx.numeric(numeric::RPL_CREATIONTIME).param(&name).param(&made);
    ctx.send(line);
}

fn send_list(ctx: &mut Context<'_>, id: RoomId, list: List) {
    let (entry, end, text) = match list {
        List::Bans => (numeric::RPL_BANLIST, numeric::RPL_ENDOFBANLIST, "End of channel ban list"),
        List::Exceptions => {
            (numeric::RPL_EXCEPTLIST, numeric::RPL_ENDOFEXCEPTLIST, "End of channel exception list")
        }
        List::Invited => {
            (numeric::RPL_INVITELIST, numeric::RPL_ENDOFINVITELIST, "End of channel invite list")
        }
    };
    let Some(room) = ctx.lobby().room(id) else { return };
    let name = room.name().to_string();
    let lines: Vec<_> = room
        .list(list)
        .iter()
        .map(|known| {
            let line = ctx.numeric(entry).param(&name).param(&known.mask).param(known.by.as_str());
            line.param(&(known.at / 1_000_000).to_string())
        })
        .collect();
    lines.into_iter().for_each(|line| ctx.send(line));
    ctx.reply(end, &[&name], text);
}

fn change(ctx: &mut Context<'_>, me: UserId, room: RoomId, letters: &str, params: &[&str]) {
    let Some(key) = ctx.lobby().room_key(room) else { return };
    let name = key.name.to_string();
    // Somebody who may change nothing gets one refusal, instead of one for each change.
    if let Err(refusal) = ctx.lobby().must_be_operator(me, room) {
        return rooms::refuse(ctx, &name, &refusal);
    }
    let (changes, lists) = read_changes(ctx, room, &name, letters, params);
    if !changes.is_empty() {
        ctx.propose(me, Action::Modes { room: key, changes }, &*name, rooms::reply_refusal);
    }
    lists.into_iter().for_each(|list| send_list(ctx, room, list));
}

/// Reads `+ov-m alice bob` into changes, and lists that are asked for ("If a type A mode has been
/// sent without an argument, the contents of the list MUST be sent"). Sends an error for each
/// letter or parameter that is wrong.
fn read_changes(
    ctx: &mut Context<'_>,
    id: RoomId,
    room: &str,
    letters: &str,
    params: &[&str],
) -> (Vec<Change>, BTreeSet<List>) {
    let mut on = true;
    let mut params = params.iter().copied();
    let (mut changes, mut lists) = (Vec::new(), BTreeSet::new());
    for letter in letters.chars() {
        match letter {
            '+' => on = true,
            '-' => on = false,
            _ => {
                let takes_one = RoomMode::find(letter).is_some_and(|mode| mode.takes_param(on));
                let param = if takes_one { params.next() } else { None };
                lists.extend(list(letter).filter(|_| param.is_none()));
                changes.extend(read_change(ctx, (id, room), letter, on, param));
                ctx.worked(1);
            }
        }
    }
    (changes, lists)
}

fn read_change(
    ctx: &mut Context<'_>,
    (id, room): (RoomId, &str),
    letter: char,
    on: bool,
    param: Option<&str>,
) -> Option<Change> {
    let Some(mode) = RoomMode::find(letter) else {
        ctx.reply(numeric::ERR_UNKNOWNMODE, &[&letter.to_string()], "is unknown mode char to me");
        return None;
    };
    match (mode, param) {
        (RoomMode::Flag(flag), _) => Some(Change::Flag(flag, on)),
        (RoomMode::List(list), Some(typed)) if typed.len() <= PATTERN_BYTES && is_word(typed) => {
            let mask = match typed.strip_prefix(MUTE).filter(|_| list == List::Bans) {
                Some(typed) => format!("{MUTE}{}", mask::complete(typed)),
                None => mask::complete(typed),
            };
            Some(Change::List(list, on, mask))
        }
        (RoomMode::List(_), None) => None,
        (RoomMode::Rank(rank), Some(name)) => {
            let user = ctx.person(name)?;
            let known = ctx.lobby().user(user)?;
            let (key, name) = (known.key(), known.name().clone());
            if !known.is_in(id) {
                let text = "They aren't on that channel";
                ctx.reply(numeric::ERR_USERNOTINCHANNEL, &[name.as_str(), room], text);
                return None;
            }
            Some(Change::Rank(rank, on, key, name))
        }
        (RoomMode::Key, _) if !on => Some(Change::Key(None)),
        (RoomMode::Key, Some(key)) if is_word(key) && key.len() <= KEY_BYTES && !key.contains(',') => {
            Some(Change::Key(Some(key.to_owned())))
        }
        (RoomMode::Key, Some(_)) => {
            ctx.reply(numeric::ERR_INVALIDKEY, &[room], "Key is not well-formed");
            None
        }
        (RoomMode::Limit, _) if !on => Some(Change::Limit(None)),
        (RoomMode::Limit, Some(limit)) if limit.parse::<u32>().is_ok_and(|limit| limit > 0) => {
            Some(Change::Limit(limit.parse().ok()))
        }
        (RoomMode::List(_) | RoomMode::Key | RoomMode::Limit | RoomMode::Rank(_), wrong) => {
            let (letter, wrong) = (letter.to_string(), wrong.map(short));
            let text = wrong.map_or("You must specify a parameter", |_| "Invalid mode parameter");
            ctx.reply(numeric::ERR_INVALIDMODEPARAM, &[room, &letter, wrong.unwrap_or("*")], text);
            None
        }
    }
}

/// Whether a parameter can be a middle parameter of the MODE that others are sent.
fn is_word(param: &str) -> bool {
    !param.is_empty()
        && !param.starts_with(':')
        && !param.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Modern, MODE message, User mode: only one's own.
fn user_modes(ctx: &mut Context<'_>, me: UserId, target: &str, letters: Option<&str>) {
    match ctx.lobby().find_user(target) {
        None => return ctx.reply(numeric::ERR_NOSUCHNICK, &[short(target)], "No such nick/channel"),
        Some(user) if user != me => {
            return ctx.reply(numeric::ERR_USERSDONTMATCH, &[], "Can't change mode for other users");
        }
        Some(_) => {}
    }
    let Some(letters) = letters.filter(|letters| !letters.trim_start_matches(['+', '-']).is_empty()) else {
        let Some(user) = ctx.me() else { return };
        let modes = USER_MODES.iter().filter(|spec| user.has(spec.mode));
        let known: String = std::iter::once('+').chain(modes.map(|spec| spec.letter)).collect();
        let line = ctx.numeric(numeric::RPL_UMODEIS).param(&known);
        return ctx.send(line);
    };
    let mut on = true;
    let mut unknown = false;
    // The last change of each mode counts: otherwise a short line could change one mode hundreds of
    // times.
    let mut wanted = BTreeMap::new();
    for letter in letters.chars() {
        match letter {
            '+' => on = true,
            '-' => on = false,
            _ => match find_user_mode(letter) {
                // "+o … should be ignored": only OPER gives it.
                Some(UserMode::Operator) if on => {}
                Some(flag) => drop(wanted.insert(flag, on)),
                None => unknown = true,
            },
        }
    }
    // Never refused.
    wanted.into_iter().for_each(|(flag, on)| ctx.act(me, Action::UserMode { flag, on }));
    if unknown {
        ctx.reply(numeric::ERR_UMODEUNKNOWNFLAG, &[], "Unknown MODE flag");
    }
}
