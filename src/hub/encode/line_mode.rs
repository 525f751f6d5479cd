//! Encodes events as sentences, for people in line mode.

use crate::chat::action::ChatMessage;
use crate::chat::record::SaidTo;
use crate::chat::{EventKind, Record};
use crate::hub::batch::Frame;
use crate::hub::config::Config;
use crate::hub::console_event::Departure;
use crate::hub::limits::PACKET_BYTES;
use crate::text::sanitise::for_drawing;
use crate::text::{Lang, Phrase};
use crate::wire::split;

/// An event as sentences, each with its line end; nothing for events that matter only to clients.
pub(in crate::hub) fn event(event: &Record, config: &Config) -> String {
    let name = event.name.as_str();
    let phrase = match &event.kind {
        EventKind::Said { to, chat_message } => return said(name, to, chat_message, config),
        EventKind::Entered { .. } => Phrase::Entered { name },
        EventKind::Left(_, reason) => {
            let reason = reason.as_deref().map(for_drawing);
            return line(Phrase::Left { name, reason: reason.as_deref() }, config);
        }
        EventKind::Quit { .. } => Phrase::Left { name, reason: None },
        EventKind::Renamed { old, new, .. } => Phrase::Renamed { old: old.as_str(), new: new.as_str() },
        EventKind::Topic(_, topic) => {
            return line(Phrase::TopicSet { name, topic: &for_drawing(topic) }, config);
        }
        EventKind::Kicked { name: whom, reason, .. } => {
            let reason = &*for_drawing(reason);
            return line(Phrase::Kicked { name: whom.as_str(), by: name, reason: Some(reason) }, config);
        }
        EventKind::Redacted { .. }
        | EventKind::Invited { .. }
        | EventKind::Modes(..)
        | EventKind::Realname(_)
        | EventKind::Away(_)
        | EventKind::UserMode(..) => return String::new(),
    };
    line(phrase, config)
}

fn line(phrase: Phrase<'_>, config: &Config) -> String {
    format!("{}\r\n", phrase.say(config.lang))
}

fn said(name: &str, to: &SaidTo, chat_message: &ChatMessage, config: &Config) -> String {
    let name = match to {
        SaidTo::Room(..) => name.to_owned(),
        SaidTo::User(_) => Phrase::Private { name }.say(config.lang),
    };
    let lines = chat_message.text.split('\n').filter(|text| !text.is_empty());
    let most = PACKET_BYTES.saturating_sub(name.len() + ": \r\n".len());
    let lines = lines.filter_map(|text| match text.strip_prefix('\x01') {
        None => {
            let text = for_drawing(text);
            // A text of which nothing is left to be drawn is sent as an empty one.
            let pieces = if text.is_empty() { vec![""] } else { split(&text, most) };
            Some(pieces.iter().map(|piece| format!("{name}: {piece}\r\n")).collect())
        }
        // Of CTCP only ACTION is shown.
        Some(ctcp) => {
            let action = ctcp.strip_prefix("ACTION ")?.trim_end_matches('\x01');
            Some(format!("* {name} {}\r\n", for_drawing(action)))
        }
    });
    lines.collect()
}

/// The last line of a connection; empty for somebody who has left.
pub(in crate::hub) fn farewell(why: &Departure, lang: Lang) -> Frame {
    let phrase = match why {
        Departure::Quit(_) | Departure::Closed | Departure::Reset | Departure::TimedOut => {
            return Frame::from([]);
        }
        Departure::ServerStopping => Phrase::ServerStopping,
        other => other.phrase(),
    };
    format!("{}\r\n", phrase.say(lang)).into_bytes().into()
}
