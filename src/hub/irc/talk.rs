//! PRIVMSG, NOTICE, TAGMSG.

use super::rooms;
use crate::chat::action::{ChatMessage, MessageKind, Target};
use crate::chat::{Action, ClientId, Lobby, Rank, Refusal, User, UserId, UserKey, Work};
use crate::hub::caps::Caps;
use crate::hub::context::Context;
use crate::hub::encode::irc::command;
use crate::hub::limits::TARGETS;
use crate::hub::mode_table::{SIGNS, sign};
use crate::hub::words::{items, short};
use crate::text::sanitise::for_wire;
use crate::wire::{BODY, Message, numeric, vendor};
use std::borrow::Cow;
use std::sync::Arc;

pub(in crate::hub) fn privmsg(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    say(ctx, me, message, MessageKind::Message);
}

pub(in crate::hub) fn notice(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    say(ctx, me, message, MessageKind::Notice);
}

/// message-tags, The TAGMSG tag-only message.
pub(in crate::hub) fn tagmsg(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    say(ctx, me, message, MessageKind::Tags);
}

fn say(ctx: &mut Context<'_>, me: UserId, message: &Message, kind: MessageKind) {
    let mut params = message.params();
    let Some(targets) = params.next().filter(|targets| items(targets).next().is_some()) else {
        return refuse(ctx, kind, numeric::ERR_NORECIPIENT, &[], "No recipient given");
    };
    let text = match kind {
        MessageKind::Tags => Cow::default(),
        _ => params.next().map(for_wire).unwrap_or_default(),
    };
    if kind != MessageKind::Tags && text.is_empty() {
        return refuse(ctx, kind, numeric::ERR_NOTEXTTOSEND, &[], "No text to send");
    }
    if items(targets).count() > TARGETS {
        return refuse(ctx, kind, numeric::ERR_TOOMANYTARGETS, &[short(targets)], "Too many targets");
    }
    let (tags, client_id) = client_tags(ctx, message);
    let client_id = client_id.filter(|_| kind != MessageKind::Tags);
    let ephemeral = kind == MessageKind::Tags && is_ephemeral(&tags);
    let text: Arc<str> = text.into();
    for target in items(targets) {
        let (text, tags, client_id) = (Arc::clone(&text), tags.clone(), client_id.clone());
        let chat_message = ChatMessage { kind, text, tags, parts: Vec::new(), ephemeral, client_id };
        say_to(ctx, me, target, chat_message);
    }
}

/// Client-only tags are relayed as they came. A client may send no others (message-tags,
/// Client-only tags). The message's id, which is returned apart, is for the server alone.
pub(in crate::hub) fn client_tags(ctx: &Context<'_>, message: &Message) -> (String, Option<ClientId>) {
    let caps = ctx.caps();
    if !caps.has(Caps::MESSAGE_TAGS) && !caps.has(Caps::CLIENT_ID) {
        return (String::new(), None);
    }
    let mut tags = message.client_tags();
    let count = tags.len();
    tags.retain(|tag| tag.split('=').next() != Some(vendor::ID_TAG));
    let id = if tags.len() < count { message.tag(vendor::ID_TAG) } else { None };
    let relayed = if caps.has(Caps::MESSAGE_TAGS) { tags.join(";") } else { String::new() };
    (relayed, id.and_then(|id| ClientId::parse(&id)))
}

/// Whether the tags tell only that somebody is typing, which is not kept.
fn is_ephemeral(tags: &str) -> bool {
    let is_typing = |tag: &str| matches!(tag.split('=').next(), Some("+typing" | "+draft/typing" | ""));
    tags.split(';').all(is_typing)
}

/// False where it was refused.
pub(in crate::hub) fn say_to(
    ctx: &mut Context<'_>,
    me: UserId,
    target: &str,
    chat_message: ChatMessage,
) -> bool {
    let kind = chat_message.kind;
    let Some(to) = resolve(ctx, me, target) else {
        let (code, text) = if target.trim_start_matches(is_sign).starts_with('#') {
            (numeric::ERR_NOSUCHCHANNEL, "No such channel")
        } else {
            (numeric::ERR_NOSUCHNICK, "No such nick/channel")
        };
        refuse(ctx, kind, code, &[short(target)], text);
        return false;
    };
    if !relay_fits(ctx, &to, &chat_message) {
        return false;
    }
    ctx.propose(me, Action::Say { to: to.clone(), chat_message }, (to, kind), reply_to_saying)
}

fn reply_to_saying(
    ctx: &mut Context<'_>,
    (to, kind): (Target, MessageKind),
    outcome: Result<(), Refusal>,
) -> bool {
    match &outcome {
        Ok(()) => tell_away(ctx, &to, kind),
        Err(refusal) if kind != MessageKind::Notice => {
            let name = called(ctx.lobby(), &to).concat();
            rooms::refuse(ctx, &name, refusal);
        }
        Err(_) => {}
    }
    outcome.is_ok()
}

/// The target that a parameter means: a room, a room behind prefixes of ranks, of which the lowest
/// counts (Modern, PRIVMSG message), or a person.
fn resolve(ctx: &mut Context<'_>, me: UserId, target: &str) -> Option<Target> {
    let (signs, bare) = target.split_at(target.find(|c| !is_sign(c)).unwrap_or(0));
    let least = [Rank::Voice, Rank::Operator].into_iter().find(|rank| signs.contains(sign(*rank)));
    if bare.starts_with('#') {
        let mut work = Work::default();
        let room = ctx.lobby().find_audience_for(me, bare, &mut work);
        ctx.worked(work.units());
        Some(Target::Room(ctx.lobby().room_key(room?)?, least))
    } else {
        let lobby = ctx.lobby();
        Some(Target::User(lobby.user_key(lobby.find_user(target)?)?))
    }
}

/// Whether it is the prefix of a rank.
fn is_sign(c: char) -> bool {
    SIGNS.contains(c)
}

/// The target as it is written: a prefix or none, and the name.
fn called<'a>(lobby: &'a Lobby, to: &'a Target) -> [&'a str; 2] {
    match to {
        Target::Room(room, least) => [least.map_or("", sign), room.name.as_str()],
        Target::User(user) => ["", known(lobby, *user).map_or("", |user| user.name().as_str())],
    }
}

fn known(lobby: &Lobby, key: UserKey) -> Option<&User> {
    lobby.user(lobby.user_id(key)?)
}

fn relay_fits(ctx: &mut Context<'_>, to: &Target, chat_message: &ChatMessage) -> bool {
    let name: usize = called(ctx.lobby(), to).iter().map(|part| part.len()).sum();
    let source = ctx.me().map_or(0, |me| me.source().len());
    let around = ":   :\r\n".len();
    let text = chat_message.parts.iter().map(|part| part.text.len()).max().unwrap_or(chat_message.text.len());
    let length = source + command(chat_message.kind).len() + name + text + around;
    let fits = length <= BODY;
    if !fits {
        refuse(ctx, chat_message.kind, numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
    }
    fits
}

/// Modern, RPL_AWAY: for the sender of a message to somebody away.
fn tell_away(ctx: &mut Context<'_>, to: &Target, kind: MessageKind) {
    let Target::User(user) = to else { return };
    let away =
        known(ctx.lobby(), *user).and_then(|user| Some((user.name().to_string(), user.away()?.to_owned())));
    if let Some((name, text)) = away.filter(|_| kind == MessageKind::Message) {
        ctx.reply(numeric::RPL_AWAY, &[&name], &text);
    }
}

/// "automatic replies must never be sent in response to a NOTICE" (Modern,
/// NOTICE message): errors neither.
fn refuse(ctx: &mut Context<'_>, kind: MessageKind, code: &str, words: &[&str], text: &str) {
    if kind != MessageKind::Notice {
        ctx.reply(code, words, text);
    }
}
