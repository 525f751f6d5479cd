//! Rooms: JOIN, PART, NAMES, TOPIC, KICK, INVITE.

use super::{history, marker};
use crate::chat::room::BLOCK;
use crate::chat::{Action, Flag, Refusal, RoomId, RoomKey, Seq, UserId, UserKey, UserMode};
use crate::hub::context::Context;
use crate::hub::limits::{KICK_BYTES, TOPIC_BYTES};
use crate::hub::mode_table::RoomMode;
use crate::hub::names_cache;
use crate::hub::unfinished::Rest;
use crate::hub::words::{items, short};
use crate::text::sanitise::for_wire;
use crate::text::{Lang, Phrase, RoomName};
use crate::wire::{Line, Message, numeric};
use std::vec::IntoIter;

/// Modern, JOIN message. Keys belong to the rooms at the same position. Each room of a list is
/// entered or refused by itself.
pub(in crate::hub) fn join(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let list = message.param(0).unwrap_or_default();
    if list.is_empty() || list == "0" || has_items(ctx, "JOIN", list) {
        join_from(ctx, me, message, 0);
    }
}

/// Goes on with the rooms of the list from `next` on.
pub(in crate::hub) fn join_from(ctx: &mut Context<'_>, me: UserId, message: &Message, next: usize) {
    let list = message.param(0).unwrap_or_default();
    if list == "0" {
        return part_all(ctx, me);
    }
    let keys = message.param(1).unwrap_or_default().split(',').map(Some).chain(std::iter::repeat(None));
    let mut rooms = list.split(',').zip(keys).enumerate().skip(next).peekable();
    while let Some((at, (name, key))) = rooms.next() {
        if ctx.waits_for_page(name) {
            return ctx.pause(Rest::Items { item: None, next: at });
        }
        let key = key.filter(|key| !key.is_empty()).map(str::to_owned);
        if !name.is_empty() || list.is_empty() {
            join_one(ctx, me, name, key);
        }
        if ctx.pause_items(at + 1, rooms.peek().is_some()) {
            return;
        }
    }
}

/// Whether a list has an item; otherwise 461 is sent.
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
    if ctx.own_room(room.as_str()).is_none() {
        ctx.propose(me, Action::Enter { room: room.clone(), key }, room, reply_to_entering);
    }
}

fn reply_to_entering(ctx: &mut Context<'_>, room: RoomName, outcome: Result<(), Refusal>) {
    match outcome {
        Ok(()) => {
            if let Some(id) = ctx.own_room(room.as_str()) {
                send_topic(ctx, id);
                marker::tell_on_entering(ctx, id);
                // The replay of the history follows the names.
                send_names(ctx, id, Some(ctx.state.log.last()));
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

/// RFC 2812, 3.2.1: "a special request to leave all channels". It may take several slices: each
/// leaves rooms that the client is still in.
fn part_all(ctx: &mut Context<'_>, me: UserId) {
    let rooms = ctx.me().into_iter().flat_map(|me| me.rooms());
    let rooms: Vec<RoomKey> = rooms.filter_map(|id| ctx.lobby().room_key(id)).collect();
    let mut rooms = rooms.into_iter().peekable();
    while let Some(room) = rooms.next() {
        // Leaving a room is never refused to its members.
        ctx.act(me, Action::Leave { room, reason: None });
        if ctx.pause_items(0, rooms.peek().is_some()) {
            return;
        }
    }
}

pub(in crate::hub) fn part(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    if has_items(ctx, "PART", message.param(0).unwrap_or_default()) {
        part_from(ctx, me, message, 0);
    }
}

/// Goes on with the rooms of the list from `next` on.
pub(in crate::hub) fn part_from(ctx: &mut Context<'_>, me: UserId, message: &Message, next: usize) {
    // Whoever wants to leave is not kept by too long a reason.
    let reason = message.param(1).map(|reason| for_wire(reason).into_owned());
    let reason = reason.filter(|reason| !reason.is_empty() && reason.len() <= KICK_BYTES);
    let mut rooms = items(message.param(0).unwrap_or_default()).enumerate().skip(next).peekable();
    while let Some((at, name)) = rooms.next() {
        if let Some(room) = ctx.room_key(name) {
            ctx.propose(me, Action::Leave { room, reason: reason.clone() }, name, reply_refusal);
        }
        if ctx.pause_items(at + 1, rooms.peek().is_some()) {
            return;
        }
    }
}

/// Replies to a refused action. A successful one is told to the whole room, with its author.
pub(in crate::hub) fn reply_refusal(ctx: &mut Context<'_>, room: &str, outcome: Result<(), Refusal>) {
    if let Err(refusal) = outcome {
        refuse(ctx, room, &refusal);
    }
}

/// Modern, NAMES message: for a room that does not exist only the end is sent.
pub(in crate::hub) fn names(ctx: &mut Context<'_>, _me: UserId, message: &Message) {
    if items(message.param(0).unwrap_or_default()).next().is_none() {
        return tell_end_of_names(ctx, "*");
    }
    names_from(ctx, message, 0);
}

/// Goes on with the rooms of the list from `next` on.
pub(in crate::hub) fn names_from(ctx: &mut Context<'_>, message: &Message, next: usize) {
    let mut rooms = items(message.param(0).unwrap_or_default()).enumerate().skip(next).peekable();
    while let Some((at, name)) = rooms.next() {
        match ctx.known_room(name) {
            Some(room) => send_names(ctx, room, None),
            None => tell_end_of_names(ctx, short(name)),
        }
        if ctx.pause_items(at + 1, rooms.peek().is_some()) {
            return;
        }
    }
}

/// Sends the names of a room that the client may know of, or has entered with the entry `entered`.
fn send_names(ctx: &mut Context<'_>, id: RoomId, entered: Option<Seq>) {
    let is_member = ctx.me().is_some_and(|me| me.is_in(id));
    let Some(room) = ctx.lobby().room(id) else { return };
    let key = room.named.clone();
    if !is_member {
        let members = room.members().to_vec();
        return send_names_of(ctx, (key, members.into_iter()), entered);
    }
    let (caps, blocks) = (ctx.caps(), room.members().len().div_ceil(BLOCK));
    let head = ctx.numeric(numeric::RPL_NAMREPLY).param(symbol(ctx, id)).param(key.name.as_str()).text("");
    for at in 0..blocks {
        ctx.send_lines(|hub, bytes, starts| {
            let (names, written) = hub.names.block(&hub.lobby, id, caps, at);
            names.lines().for_each(|names| write_line(&head, names, bytes, starts));
            hub.work.add(written as u64);
        });
        if ctx.is_spent() && at + 1 < blocks {
            // Members change their positions when others leave, so the rest is a list of their
            // numbers.
            let members = ctx.lobby().room(id).map_or(&[][..], |room| room.members());
            let people: Vec<UserId> = members[(at + 1) * BLOCK..].to_vec();
            return ctx.pause(Rest::Names { room: key, people: people.into_iter(), entered });
        }
    }
    end_names(ctx, id, entered);
}

fn symbol(ctx: &Context<'_>, id: RoomId) -> &'static str {
    let is_secret = ctx.lobby().room(id).is_some_and(|room| room.has(Flag::Secret));
    if is_secret { "@" } else { "=" }
}

fn write_line(head: &Line, names: &str, bytes: &mut Vec<u8>, starts: &mut Vec<usize>) {
    starts.push(bytes.len());
    bytes.extend_from_slice(head.as_str().as_bytes());
    bytes.extend_from_slice(names.as_bytes());
    bytes.extend_from_slice(b"\r\n");
}

/// Sends the names of those of these people who are in a room, as far as the slice goes. A client
/// outside of the room does not see invisible members.
pub(in crate::hub) fn send_names_of(
    ctx: &mut Context<'_>,
    (room, mut people): (RoomKey, IntoIter<UserId>),
    entered: Option<Seq>,
) {
    let (lobby, caps) = (ctx.lobby(), ctx.caps());
    let known =
        lobby.room_id(&room).filter(|&id| ctx.session().user().is_some_and(|me| lobby.knows_of(me, id)));
    let Some(id) = known else {
        return tell_end_of_names(ctx, room.name.as_str());
    };
    let is_member = ctx.me().is_some_and(|me| me.is_in(id));
    let (mut entries, mut work, most) = (Vec::new(), 0, ctx.slice_left());
    for person in people.by_ref() {
        work += 3;
        if let Some((user, room)) = lobby.user(person).zip(lobby.room(id))
            && let Some(ranks) = room.ranks(user, id)
            && (is_member || !user.has(UserMode::Invisible))
        {
            let mut entry = String::new();
            names_cache::entry(user, ranks, caps, &mut entry);
            entries.push(entry);
        }
        if u64::from(work) >= most {
            break;
        }
    }
    let symbol = symbol(ctx, id);
    ctx.worked(work);
    ctx.reply_list(numeric::RPL_NAMREPLY, &[symbol, room.name.as_str()], entries);
    if people.len() > 0 {
        ctx.pause(Rest::Names { room, people, entered })
    } else {
        end_names(ctx, id, entered)
    }
}

/// Ends the names. After a JOIN the replay follows: what was said since then has been sent.
fn end_names(ctx: &mut Context<'_>, id: RoomId, entered: Option<Seq>) {
    let name = ctx.name_of_room(id);
    tell_end_of_names(ctx, &name);
    if let Some(entered) = entered {
        history::replay(ctx, id, entered, usize::MAX);
    }
}

fn tell_end_of_names(ctx: &mut Context<'_>, name: &str) {
    ctx.reply(numeric::RPL_ENDOFNAMES, &[name], "End of /NAMES list");
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

/// Sends 332 and 333, if there is a topic.
fn send_topic(ctx: &mut Context<'_>, id: RoomId) {
    let Some(room) = ctx.lobby().room(id) else { return };
    let (name, Some(topic)) = (room.name().to_string(), room.topic().cloned()) else { return };
    ctx.reply(numeric::RPL_TOPIC, &[&name], &topic.text);
    let seconds = (topic.at / 1_000_000).to_string();
    // Only the name, without user and host (Modern, RPL_TOPICWHOTIME).
    let by = topic.by.split('!').next().unwrap_or("*");
    let line = ctx.numeric(numeric::RPL_TOPICWHOTIME).param(&name).param(by).param(&seconds);
    ctx.send(line);
}

/// One KICK for each person of a list (Modern, KICK message).
pub(in crate::hub) fn kick(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    if has_items(ctx, "KICK", message.param(1).unwrap_or_default()) {
        kick_from(ctx, me, message, 0);
    }
}

/// Goes on with the people of the list from `next` on.
pub(in crate::hub) fn kick_from(ctx: &mut Context<'_>, me: UserId, message: &Message, next: usize) {
    let (name, list) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let Some(reason) = ctx.reason(message.param(2)) else { return };
    let reason = reason.unwrap_or_else(|| ctx.name_of(me));
    let mut people = items(list).enumerate().skip(next).peekable();
    while let Some((at, other)) = people.next() {
        let Some(room) = ctx.room_key(name) else { return };
        if let Some(whom) = ctx.person_key(other) {
            let asked = (name, room.clone(), whom);
            if !ctx.propose(me, Action::Kick { room, whom, reason: reason.clone() }, asked, reply_to_kick) {
                return;
            }
        }
        if ctx.pause_items(at + 1, people.peek().is_some()) {
            return;
        }
    }
}

/// Replies to one KICK. False if the client may kick nobody here, so that the others are not tried.
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

/// Sends why an action in a room was refused.
pub(in crate::hub) fn refuse(ctx: &mut Context<'_>, room: &str, refusal: &Refusal) {
    if let Refusal::ListFull(list) = refusal {
        let letter = RoomMode::List(*list).letter().to_string();
        ctx.reply(numeric::ERR_BANLISTFULL, &[short(room), &letter], "Channel list is full");
    } else if let Some((code, text)) = numeric_of(refusal) {
        ctx.reply(code, &[short(room)], text);
    }
}

/// The numeric and the text of a refusal (Modern, Numerics); None for one whose reply needs more
/// than the room's name.
pub(in crate::hub) fn numeric_of(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    Some(match refusal {
        Refusal::NotInRoom => (numeric::ERR_NOTONCHANNEL, "You're not on that channel"),
        Refusal::NotOperator => (numeric::ERR_CHANOPRIVSNEEDED, "You're not channel operator"),
        Refusal::Finder => {
            (numeric::ERR_CHANOPRIVSNEEDED, "Operators who found the channel empty may not do that")
        }
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
        Refusal::NameTaken
        | Refusal::LooksLike(_)
        | Refusal::RoomLooksLike(_)
        | Refusal::OtherNotInRoom
        | Refusal::AlreadyInRoom
        | Refusal::NotKept
        | Refusal::NotYours
        | Refusal::ListFull(_)
        | Refusal::Unchanged => return None,
    })
}
