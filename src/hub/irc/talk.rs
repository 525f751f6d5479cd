//! PRIVMSG, NOTICE, TAGMSG.

use super::super::caps::Caps;
use super::super::mode_table::{SIGNS, sign};
use super::super::turn::Turn;
use super::greet::TARGETS;
use super::{items, rooms, short, write};
use crate::chat::action::{Manner, Saying, Target};
use crate::chat::{Action, Lobby, Rank, User, UserId, UserKey};
use crate::text::sanitise::for_wire;
use crate::wire::{BODY, Message, numeric};
use std::borrow::Cow;
use std::sync::Arc;

pub(super) fn privmsg(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    say(turn, me, message, Manner::Message);
}

pub(super) fn notice(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    say(turn, me, message, Manner::Notice);
}

/// message-tags, The TAGMSG tag-only message.
pub(super) fn tagmsg(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    say(turn, me, message, Manner::Tags);
}

fn say(turn: &mut Turn<'_>, me: UserId, message: &Message, manner: Manner) {
    let mut params = message.params();
    let Some(targets) = params.next().filter(|targets| !targets.is_empty()) else {
        return refuse(turn, manner, numeric::ERR_NORECIPIENT, &[], "No recipient given");
    };
    let text = match manner {
        Manner::Tags => Cow::default(),
        _ => params.next().map(for_wire).unwrap_or_default(),
    };
    if manner != Manner::Tags && text.is_empty() {
        return refuse(turn, manner, numeric::ERR_NOTEXTTOSEND, &[], "No text to send");
    }
    if items(targets).count() > TARGETS {
        return refuse(turn, manner, numeric::ERR_TOOMANYTARGETS, &[short(targets)], "Too many targets");
    }
    let tags = client_tags(turn, message);
    let passing = manner == Manner::Tags && is_passing(&tags);
    let text: Arc<str> = text.into();
    for target in items(targets) {
        let (text, tags) = (Arc::clone(&text), tags.clone());
        say_to(turn, me, target, Saying { manner, text, tags, parts: Vec::new(), passing });
    }
}

/// "client-only tags" are relayed as they came; all others are not the
/// client's to send (message-tags, Client-only tags).
pub(super) fn client_tags(turn: &Turn<'_>, message: &Message) -> String {
    if !turn.caps().has(Caps::MESSAGE_TAGS) {
        return String::new();
    }
    let mut tags = String::new();
    for tag in message.raw_tags().filter(|tag| tag.starts_with('+')) {
        if !tags.is_empty() {
            tags.push(';');
        }
        tags.push_str(tag);
    }
    tags
}

/// Whether nothing but typing is told, which means nothing later.
fn is_passing(tags: &str) -> bool {
    let is_typing = |tag: &str| matches!(tag.split('=').next(), Some("+typing" | "+draft/typing" | ""));
    tags.split(';').all(is_typing)
}

/// False where it was refused.
pub(super) fn say_to(turn: &mut Turn<'_>, me: UserId, target: &str, saying: Saying) -> bool {
    let manner = saying.manner;
    let Some(to) = resolve(turn.lobby(), target) else {
        let (code, text) = match target.trim_start_matches(is_sign).starts_with('#') {
            true => (numeric::ERR_NOSUCHCHANNEL, "No such channel"),
            false => (numeric::ERR_NOSUCHNICK, "No such nick/channel"),
        };
        refuse(turn, manner, code, &[short(target)], text);
        return false;
    };
    if !relay_fits(turn, &to, &saying) {
        return false;
    }
    let outcome = turn.act(me, Action::Say { to: to.clone(), saying });
    match &outcome {
        Ok(()) => tell_away(turn, &to, manner),
        Err(refusal) if manner != Manner::Notice => {
            let name = called(turn.lobby(), &to).concat();
            rooms::refuse(turn, &name, refusal);
        }
        Err(_) => {}
    }
    outcome.is_ok()
}

/// Whom that means: a room, a room with the signs of ranks before it, of which
/// the lowest counts (Modern, PRIVMSG message), or a person.
fn resolve(lobby: &Lobby, target: &str) -> Option<Target> {
    let (signs, bare) = target.split_at(target.find(|c| !is_sign(c)).unwrap_or(0));
    let least = [Rank::Voice, Rank::Operator].into_iter().find(|rank| signs.contains(sign(*rank)));
    match bare.starts_with('#') {
        true => Some(Target::Room(lobby.room_key(lobby.find_room(bare)?)?, least)),
        false => Some(Target::User(lobby.user_key(lobby.find_user(target)?)?)),
    }
}

/// Whether it is the sign of a rank.
fn is_sign(c: char) -> bool {
    SIGNS.contains(c)
}

/// How they are called: a sign or none, and the name.
fn called<'a>(lobby: &'a Lobby, to: &'a Target) -> [&'a str; 2] {
    match to {
        Target::Room(room, least) => [least.map_or("", sign), room.name.as_str()],
        Target::User(user) => ["", known(lobby, *user).map_or("", |user| user.name().as_str())],
    }
}

fn known(lobby: &Lobby, key: UserKey) -> Option<&User> {
    lobby.user(lobby.user_id(key)?)
}

fn relay_fits(turn: &mut Turn<'_>, to: &Target, saying: &Saying) -> bool {
    let name: usize = called(turn.lobby(), to).iter().map(|part| part.len()).sum();
    let source = turn.me().map_or(0, |me| me.source().len());
    let around = ":   :\r\n".len();
    let text = saying.parts.iter().map(|part| part.text.len()).max().unwrap_or(saying.text.len());
    let length = source + write::command(saying.manner).len() + name + text + around;
    let fits = length <= BODY;
    if !fits {
        refuse(turn, saying.manner, numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
    }
    fits
}

/// Modern, RPL_AWAY: for the sender of a message to somebody away.
fn tell_away(turn: &mut Turn<'_>, to: &Target, manner: Manner) {
    let Target::User(user) = to else { return };
    let away =
        known(turn.lobby(), *user).and_then(|user| Some((user.name().to_string(), user.away()?.to_owned())));
    if let Some((name, text)) = away.filter(|_| manner == Manner::Message) {
        turn.reply(numeric::RPL_AWAY, &[&name], &text);
    }
}

/// "automatic replies must never be sent in response to a NOTICE" (Modern,
/// NOTICE message): errors neither.
fn refuse(turn: &mut Turn<'_>, manner: Manner, code: &str, words: &[&str], text: &str) {
    if manner != Manner::Notice {
        turn.reply(code, words, text);
    }
}
