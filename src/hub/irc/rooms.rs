//! Rooms: JOIN, PART, NAMES, TOPIC, KICK, INVITE.

use super::{history, marker};
use crate::chat::{Action, Flag, OwnFlag, Refusal, RoomId, RoomKey, UserId, UserKey};
use crate::hub::context::Context;
use crate::hub::limits::{KICK_BYTES, TOPIC_BYTES};
use crate::hub::names_cache;
use crate::hub::words::{items, short};
use crate::text::sanitise::for_wire;
use crate::text::{Lang, Phrase, RoomName};
use crate::wire::{Line, Message, numeric};

/// Modern, JOIN message. Keys pair by position; of a list every good room works.
pub(in crate::hub) fn join(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let list = message.param(0).unwrap_or_default();
    if list == "0" {
        return part_all(ctx, me);
    }
    if !list.is_empty() && !has_items(ctx, "JOIN", list) {
        return;
    }
    let mut keys = message.param(1).unwrap_or_default().split(',');
    for name in list.split(',') {
        let key = keys.next().filter(|key| !key.is_empty()).map(str::to_owned);
        if !name.is_empty() || list.is_empty() {
            join_one(ctx, me, name, key);
        }
    }
}

/// Whether a list holds anything; one that does not is as good as none.
fn has_items(ctx: &mut Context<'_>, command: &str, list: &str) -> bool {
    let has_some = items(list).next().is_some();
    if !has_some {
        ctx.reply(numeric::ERR_NEEDMOREPARAMS, &[command], "Not enough parameters");
    }
    has_some
}

fn join_one(ctx: &mut Context<'_>, me: UserId, name: &str, key: Option<String>) {
    let room = match RoomName::parse(name) {
        Ok(room) => room,
        Err(why) => {
            let reason = Phrase::BadName { why, suggestion: None }.say(Lang::En);
            return ctx.reply(numeric::ERR_NOSUCHCHANNEL, &[short(name)], &reason);
        }
    };
    if room_of(ctx, &room).is_none() {
        ctx.propose(me, Action::Enter { room: room.clone(), key }, room, reply_to_entering);
    }
}

/// The room of that name, if one is in it.
fn room_of(ctx: &Context<'_>, name: &RoomName) -> Option<RoomId> {
    let id = ctx.lobby().find_room(name.as_str())?;
    ctx.me()?.is_in(id).then_some(id)
}

fn reply_to_entering(ctx: &mut Context<'_>, room: RoomName, outcome: Result<(), Refusal>) {
    match outcome {
        Ok(()) => {
            if let Some(id) = room_of(ctx, &room) {
                send_topic(ctx, id);
                marker::tell_on_entering(ctx, id);
                send_names(ctx, id);
                history::replay(ctx, id, usize::MAX);
            }
        }
        Err(Refusal::RoomLooksLike(other)) => {
            let reason = match ctx.known_room(other.as_str()) {
                Some(_) => format!("That looks like {other}, which is there"),
                None => "That looks like another name".to_owned(),
            };
            ctx.reply(numeric::ERR_NOSUCHCHANNEL, &[room.as_str()], &reason);
        }
        Err(refusal) => refuse(ctx, room.as_str(), &refusal),
    }
}

/// RFC 2812, 3.2.1: "a special request to leave all channels".
fn part_all(ctx: &mut Context<'_>, me: UserId) {
    let rooms = ctx.me().into_iter().flat_map(|me| me.rooms());
    let rooms: Vec<RoomKey> = rooms.filter_map(|id| ctx.lobby().room_key(id)).collect();
    for room in rooms {
        // A room that one is in can be left.
        ctx.act(me, Action::Leave { room, reason: None });
    }
}

pub(in crate::hub) fn part(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let reason =
        message.param(1).map(|reason| for_wire(reason).into_owned()).filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.len() > KICK_BYTES) {
        return ctx.reply(numeric::ERR_INPUTTOOLONG, &[], "That reason is too long");
    }
    let list = message.param(0).unwrap_or_default();
    if !has_items(ctx, "PART", list) {
        return;
    }
    for name in items(list) {
        let Some(room) = ctx.room_key(name) else { continue };
        ctx.propose(me, Action::Leave { room, reason: reason.clone() }, name, reply_refusal);
    }
}

/// The reply to what is told to the whole room where it is done.
pub(in crate::hub) fn reply_refusal(ctx: &mut Context<'_>, room: &str, outcome: Result<(), Refusal>) {
    if let Err(refusal) = outcome {
        refuse(ctx, room, &refusal);
    }
}

/// Modern, NAMES message: of what does not exist there is only the end.
pub(in crate::hub) fn names(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    let Some(list) = message.param(0).filter(|list| items(list).next().is_some()) else {
        return ctx.reply(numeric::RPL_ENDOFNAMES, &["*"], "End of /NAMES list");
    };
    for name in items(list) {
        match ctx.known_room(name) {
            Some(room) => send_names(ctx, room),
            None => ctx.reply(numeric::RPL_ENDOFNAMES, &[short(name)], "End of /NAMES list"),
        }
    }
}

/// Of a room that one may know of.
fn send_names(ctx: &mut Context<'_>, id: RoomId) {
    let name = ctx.name_of_room(id);
    let (me, caps) = (ctx.me(), ctx.caps());
    let is_member = me.is_some_and(|me| me.is_in(id));
    let is_secret = ctx.lobby().room(id).is_some_and(|room| room.has(Flag::Secret));
    let symbol = if is_secret { "@" } else { "=" };
    let head = ctx.numeric(numeric::RPL_NAMREPLY).param(symbol).param(&name).text("");
    if is_member {
        ctx.send_lines(|hub, bytes, starts| {
            hub.names.read(&hub.lobby, id, caps, |names| write_line(&head, names, bytes, starts));
        });
    } else {
        send_names_to_stranger(ctx, id, symbol, &name);
    }
    ctx.reply(numeric::RPL_ENDOFNAMES, &[&name], "End of /NAMES list");
}

fn write_line(head: &Line, names: &str, bytes: &mut Vec<u8>, starts: &mut Vec<usize>) {
    starts.push(bytes.len());
    bytes.extend_from_slice(head.as_str().as_bytes());
    bytes.extend_from_slice(names.as_bytes());
    bytes.extend_from_slice(b"\r\n");
}

/// Somebody who is not in the room does not see the invisible.
fn send_names_to_stranger(ctx: &mut Context<'_>, id: RoomId, symbol: &str, name: &str) {
    let (lobby, caps) = (ctx.lobby(), ctx.caps());
    let members = lobby.room(id).into_iter().flat_map(|room| room.ranked());
    let known = members.filter_map(|(id, ranks)| Some((lobby.user(id)?, ranks)));
    let visible = known.filter(|(user, _)| !user.has(OwnFlag::Invisible));
    let entries: Vec<String> = visible
        .map(|(user, ranks)| {
            let mut entry = String::new();
            names_cache::entry(user, ranks, caps, &mut entry);
            entry
        })
        .collect();
    ctx.reply_list(numeric::RPL_NAMREPLY, &[symbol, name], entries);
}

/// Modern, TOPIC message.
pub(in crate::hub) fn topic(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let name = message.param(0).unwrap_or_default();
    let Some(room) = ctx.room(name) else { return };
    let Some(text) = message.param(1) else {
        return ask_topic(ctx, room);
    };
    let text = for_wire(text).into_owned();
    if text.len() > TOPIC_BYTES {
        return ctx.reply(numeric::ERR_INPUTTOOLONG, &[], "That topic is too long");
    }
    let Some(room) = ctx.lobby().room_key(room) else { return };
    ctx.propose(me, Action::Topic { room, text }, name, reply_refusal);
}

fn ask_topic(ctx: &mut Context<'_>, id: RoomId) {
    let name = ctx.name_of_room(id);
    let Some(room) = ctx.lobby().room(id) else { return };
    if room.topic().is_some() {
        send_topic(ctx, id)
    } else {
        ctx.reply(numeric::RPL_NOTOPIC, &[&name], "No topic is set")
    }
}

/// 332 and 333, where there is a topic.
fn send_topic(ctx: &mut Context<'_>, id: RoomId) {
    let Some(room) = ctx.lobby().room(id) else { return };
    let (name, Some(topic)) = (room.name().to_string(), room.topic().cloned()) else { return };
    ctx.reply(numeric::RPL_TOPIC, &[&name], &topic.text);
    let seconds = (topic.at / 1_000_000).to_string();
    // The name alone (Modern, RPL_TOPICWHOTIME).
    let by = topic.by.split('!').next().unwrap_or("*");
    let line = ctx.numeric(numeric::RPL_TOPICWHOTIME).param(&name).param(by).param(&seconds);
    ctx.send(line);
}

/// One KICK for each person of a list (Modern, KICK message).
pub(in crate::hub) fn kick(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let (name, list) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let own_name = ctx.name_of(me);
    let reason = message.param(2).map(for_wire).filter(|reason| !reason.is_empty());
    let reason = reason.map_or(own_name, |reason| reason.into_owned());
    if reason.len() > KICK_BYTES {
        return ctx.reply(numeric::ERR_INPUTTOOLONG, &[], "That reason is too long");
    }
    if !has_items(ctx, "KICK", list) {
        return;
    }
    for other in items(list) {
        let Some(room) = ctx.room_key(name) else { return };
        let Some(whom) = ctx.person_key(other) else { continue };
        let asked = (name, room.clone(), whom);
        if !ctx.propose(me, Action::Kick { room, whom, reason: reason.clone() }, asked, reply_to_kick) {
            return;
        }
    }
}

/// False where one who asks may remove nobody.
fn reply_to_kick(
    ctx: &mut Context<'_>,
    (typed, room, whom): (&str, RoomKey, UserKey),
    outcome: Result<(), Refusal>,
) -> bool {
    match outcome {
        Ok(()) => true,
        Err(Refusal::OtherNotInRoom) => {
            let words = [&*ctx.name_of_key(whom), room.name.as_str()];
            ctx.reply(numeric::ERR_USERNOTINCHANNEL, &words, "They aren't on that channel");
            true
        }
        Err(refusal) => {
            refuse(ctx, typed, &refusal);
            false
        }
    }
}

/// Modern, INVITE message.
pub(in crate::hub) fn invite(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let (other, name) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let Some(whom) = ctx.person_key(other) else { return };
    let Some(room) = ctx.room_key(name) else { return };
    let asked = (ctx.name_of_key(whom), room.name.to_string());
    ctx.propose(me, Action::Invite { room, whom }, asked, reply_to_invitation);
}

fn reply_to_invitation(ctx: &mut Context<'_>, (other, name): (String, String), outcome: Result<(), Refusal>) {
    match outcome {
        Ok(()) => {
            let line = ctx.numeric(numeric::RPL_INVITING).param(&other).param(&name);
            ctx.send(line);
        }
        Err(Refusal::AlreadyInRoom) => {
            ctx.reply(numeric::ERR_USERONCHANNEL, &[&other, &name], "is already on channel");
        }
        Err(refusal) => refuse(ctx, &name, &refusal),
    }
}

/// Why something about a room was not done.
pub(in crate::hub) fn refuse(ctx: &mut Context<'_>, room: &str, refusal: &Refusal) {
    if let Some((code, text)) = numeric_of(refusal) {
        ctx.reply(code, &[short(room)], text);
    }
}

/// A refusal's numeric and its text (Modern, Numerics); none for what is not
/// about a room alone.
pub(in crate::hub) fn numeric_of(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    Some(match refusal {
        Refusal::NotInRoom => (numeric::ERR_NOTONCHANNEL, "You're not on that channel"),
        Refusal::NotOperator => (numeric::ERR_CHANOPRIVSNEEDED, "You're not channel operator"),
        Refusal::MayNotSpeak => (numeric::ERR_CANNOTSENDTOCHAN, "Cannot send to channel"),
        Refusal::InviteOnly => (numeric::ERR_INVITEONLYCHAN, "Cannot join channel (+i)"),
        Refusal::Banned => (numeric::ERR_BANNEDFROMCHAN, "Cannot join channel (+b)"),
        Refusal::WrongKey => (numeric::ERR_BADCHANNELKEY, "Cannot join channel (+k)"),
        Refusal::Full => (numeric::ERR_CHANNELISFULL, "Cannot join channel (+l)"),
        Refusal::TooManyRooms => (numeric::ERR_TOOMANYCHANNELS, "You have joined too many channels"),
        // "The text used in the last param of this message may vary."
        Refusal::TooManyRoomsMade => {
            (numeric::ERR_TOOMANYCHANNELS, "Too many channels were made from your address, join one of them")
        }
        Refusal::ListFull => (numeric::ERR_BANLISTFULL, "Channel list is full"),
        Refusal::OtherNotInRoom
        | Refusal::AlreadyInRoom
        | Refusal::NameTaken
        | Refusal::LooksLike(_)
        | Refusal::RoomLooksLike(_)
        | Refusal::Unchanged
        | Refusal::NotYours => return None,
    })
}
