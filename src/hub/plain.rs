//! The plain door: a connection of `nc` or telnet that speaks lines.
//!
//! A first line that is no IRC command is a name, and from then on the
//! connection is never taken for IRC again: what comes in is said in the first
//! room, `exit` alone leaves, and what happens there goes out as sentences. It
//! is one more kind of reader; the room does not know.

use super::caps::Caps;
use super::input::Fault;
use super::irc::{greet, history, rooms};
use super::seat::Account;
use super::turn::Turn;
use super::{Config, Departure, Frame, Input};
use crate::chat::action::{Manner, Saying, Target};
use crate::chat::record::SaidTo;
use crate::chat::{Action, Record, Refusal, RoomId, UserId, What};
use crate::text::sanitise::{for_drawing, for_wire};
use crate::text::{Lang, Name, Phrase};
use crate::wire::{BODY, split};

/// Methods of HTTP (RFC 9110, 9.3; RFC 5789).
const HTTP: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// Whether a first line comes from a browser.
pub(super) fn is_http(command: &str) -> bool {
    HTTP.contains(&command)
}

/// A line of somebody who has not given a name yet.
pub(super) fn propose(turn: &mut Turn<'_>, line: &str) {
    let now = turn.now.uptime;
    if let Some(greeting) = turn.seat_mut().greeting() {
        // There is time to read why a name was refused.
        greeting.since = now;
        greeting.is_plain = true;
    }
    let line = line.trim();
    if is_exit(line) {
        return turn.close(Departure::Quit(None));
    }
    let name = match Name::parse(line) {
        Ok(name) => name,
        Err(why) => {
            let suggestion = Name::suggest(line);
            return turn.say(Phrase::BadName { why, suggestion: suggestion.as_ref().map(Name::as_str) });
        }
    };
    let account = Account { user: "plain".into(), real: name.to_string() };
    match greet::arrive(turn, &name, account) {
        Ok(me) => enter(turn, me),
        Err(_) => turn.say(Phrase::NameTaken { name: name.as_str() }),
    }
}

/// From here on it is a plain reader.
fn enter(turn: &mut Turn<'_>, me: UserId) {
    turn.set_caps(Caps::PLAIN);
    turn.announce(me);
    let first = turn.lobby().first_room();
    if let Err(refusal) = go_in(turn, me, first) {
        let room = turn.lobby().room(first).map(|room| room.name().clone());
        let room = room.as_ref().map_or("", |room| room.as_str());
        turn.say(Phrase::RoomRefused { room, why: why(&refusal) });
        return turn.close(Departure::Quit(None));
    }
    turn.say(Phrase::Hint);
    let count = turn.lobby().room(first).map_or(0, |room| room.members().len());
    turn.say(Phrase::People { count });
    history::replay(turn, first);
}

fn go_in(turn: &mut Turn<'_>, me: UserId, first: RoomId) -> Result<(), Refusal> {
    let Some(name) = turn.lobby().room(first).map(|room| room.name().clone()) else { return Ok(()) };
    turn.act(me, Action::Enter { room: name, key: None })
}

/// A line of somebody who is in.
pub(super) fn hear(turn: &mut Turn<'_>, me: UserId, input: &Input) {
    let line = match input {
        Input::Message(message) => message.line(),
        Input::Bad(line) => match line.fault {
            Fault::NoCommand => &line.text,
            Fault::TooLong => return turn.say(Phrase::NotSent { why: "Input line was too long" }),
            Fault::NotUtf8 => return turn.say(Phrase::NotSent { why: "It is not valid UTF-8" }),
        },
        Input::Endless => return turn.close(Departure::NotIrc),
    };
    if is_exit(line) {
        return turn.close(Departure::Quit(None));
    }
    let text = for_wire(line.trim_end());
    let first = turn.lobby().first_room();
    let Some(room) = turn.lobby().room_key(first) else { return };
    for piece in split(&text, most(turn, first)) {
        let (manner, text) = (Manner::Message, piece.into());
        let saying = Saying { manner, text, tags: String::new(), parts: Vec::new(), passing: false };
        // Somebody who was removed comes back by speaking, if they may.
        let to = Target::Room(room.clone(), None);
        let outcome = go_in(turn, me, first).and_then(|()| turn.act(me, Action::Say { to, saying }));
        if let Err(refusal) = outcome {
            return turn.say(Phrase::NotSent { why: why(&refusal) });
        }
    }
}

/// Bytes of a text that fit when it is relayed to those who speak IRC.
fn most(turn: &Turn<'_>, room: RoomId) -> usize {
    let source = turn.me().map_or(0, |me| me.source().len());
    let room = turn.lobby().room(room).map_or(0, |room| room.name().as_str().len());
    BODY.saturating_sub(source + room + ": PRIVMSG  :\r\n".len())
}

pub(super) fn is_exit(line: &str) -> bool {
    line.trim().eq_ignore_ascii_case("exit")
}

fn why(refusal: &Refusal) -> &'static str {
    rooms::numeric_of(refusal).map_or("", |(_, text)| text)
}

/// An event as sentences, each with its line end; nothing for what only
/// programs want to know.
pub(super) fn event(event: &Record, config: &Config) -> String {
    let name = event.name.as_str();
    let phrase = match &event.what {
        What::Said { to, saying } => return said(name, to, saying, config),
        What::Entered { .. } => Phrase::Entered { name },
        What::Left(_, reason) => {
            let reason = reason.as_deref().map(for_drawing);
            return line(Phrase::Left { name, reason: reason.as_deref() }, config);
        }
        What::Quit { .. } => Phrase::Left { name, reason: None },
        What::Renamed { old, new, .. } => Phrase::Renamed { old: old.as_str(), new: new.as_str() },
        What::Topic(_, topic) => {
            return line(Phrase::TopicSet { name, topic: &for_drawing(topic) }, config);
        }
        What::Kicked { name: whom, reason, .. } => {
            let reason = &*for_drawing(reason);
            return line(Phrase::Kicked { name: whom.as_str(), by: name, reason: Some(reason) }, config);
        }
        What::Redacted { .. }
        | What::Invited { .. }
        | What::Modes(..)
        | What::Realname(_)
        | What::Away(_)
        | What::Own(..) => return String::new(),
    };
    line(phrase, config)
}

fn line(phrase: Phrase<'_>, config: &Config) -> String {
    format!("{}\r\n", phrase.say(config.lang))
}

fn said(name: &str, to: &SaidTo, saying: &Saying, config: &Config) -> String {
    let name = match to {
        SaidTo::Room(..) => name.to_owned(),
        SaidTo::User(_) => Phrase::Private { name }.say(config.lang),
    };
    let lines = saying.text.split('\n').filter(|text| !text.is_empty());
    let lines = lines.filter_map(|text| match text.strip_prefix('\x01') {
        None => Some(format!("{name}: {}\r\n", for_drawing(text))),
        // Of what programs ask of each other only the talk is drawn.
        Some(ctcp) => {
            let action = ctcp.strip_prefix("ACTION ")?.trim_end_matches('\x01');
            Some(format!("* {name} {}\r\n", for_drawing(action)))
        }
    });
    lines.collect()
}

/// The last line of a connection; none for somebody who wanted to go.
pub(super) fn farewell(why: &Departure, lang: Lang) -> Frame {
    let phrase = match why {
        Departure::Quit(_) | Departure::Closed | Departure::Reset => return Frame::from([]),
        Departure::NoName(time) => Phrase::ClosedNoName { seconds: time.as_secs() },
        Departure::PingTimeout(time) => Phrase::ClosedSilent { seconds: time.as_secs() },
        Departure::SlowReader => Phrase::ClosedSlow,
        Departure::Flooding => Phrase::ClosedFlooding,
        Departure::NotIrc => Phrase::ClosedNotIrc,
        Departure::Killed { by, .. } => Phrase::ClosedKilled { by: by.as_str() },
        Departure::ServerStopping => Phrase::ServerStopping,
        Departure::Fault => Phrase::ClosedFault,
    };
    format!("{}\r\n", phrase.say(lang)).into_bytes().into()
}
