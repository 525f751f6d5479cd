//! Messages of several lines: BATCH from clients (IRCv3 client-batch, multiline).

use super::super::seat::Draft;
use super::super::turn::Turn;
use super::{short, talk};
use crate::chat::UserId;
use crate::chat::action::{Manner, Part, Saying};
use crate::text::name::fold;
use crate::text::sanitise::for_wire;
use crate::wire::Message;
use std::time::Duration;

/// Bytes of the whole text, line breaks counted.
const MOST_BYTES: usize = 4096;
/// Lines that it comes in.
const MOST_LINES: usize = 24;
/// Time from the opening to the end.
const MOST_TIME: Duration = Duration::from_secs(30);

/// The value of the capability.
pub(super) fn limits() -> String {
    format!("max-bytes={MOST_BYTES},max-lines={MOST_LINES}")
}

/// Why a message of several lines was not taken: code and context.
struct Wrong(&'static str, Vec<String>, &'static str);

fn invalid(text: &'static str) -> Wrong {
    Wrong("MULTILINE_INVALID", Vec::new(), text)
}

pub(super) fn batch(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    let reference = message.param(0).unwrap_or_default();
    match reference.split_at_checked(1) {
        Some(("+", id)) => open(turn, id, message),
        Some(("-", id)) => close(turn, me, id),
        _ => fail(turn, Wrong("INVALID_REFTAG", vec![reference.to_owned()], "Invalid reference tag")),
    }
}

fn open(turn: &mut Turn<'_>, id: &str, message: &Message) {
    if id.is_empty() || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return fail(turn, Wrong("INVALID_REFTAG", vec![id.to_owned()], "Invalid reference tag"));
    }
    let kind = message.param(1).unwrap_or_default();
    if kind != "draft/multiline" {
        let context = vec![id.to_owned(), kind.to_owned()];
        return fail(turn, Wrong("UNKNOWN_TYPE", context, "Unknown batch type"));
    }
    let Some(target) = message.param(2).filter(|target| !target.is_empty()) else {
        return fail(turn, invalid("A multiline batch has a target"));
    };
    if turn.seat_mut().few().draft.take().is_some() {
        return fail(turn, invalid("Another batch was open: both are dropped"));
    }
    // The reply is to the whole, and comes at the end.
    let label = turn.take_label();
    let (tags, since) = (talk::client_tags(turn, message), turn.now.uptime);
    turn.seat_mut().few().draft = Some(Draft {
        id: id.to_owned(),
        target: target.to_owned(),
        tags,
        label,
        manner: None,
        parts: Vec::new(),
        since,
        is_refused: false,
    });
}

/// One line of a batch.
pub(super) fn line(turn: &mut Turn<'_>, _me: UserId, message: &Message, id: &str) {
    let now = turn.now.uptime;
    // No line of a batch is replied to by itself.
    drop(turn.take_label());
    let Some(draft) = turn.seat_mut().few().draft.as_mut().filter(|draft| draft.id == id) else {
        return fail(turn, Wrong("INVALID_REFTAG", vec![id.to_owned()], "No such batch is open"));
    };
    if draft.is_refused {
        return;
    }
    if let Err(wrong) = add(draft, message, now) {
        draft.is_refused = true;
        draft.parts.clear();
        let label = draft.label.take();
        turn.put_label(label);
        fail(turn, wrong);
    }
}

fn add(draft: &mut Draft, message: &Message, now: Duration) -> Result<(), Wrong> {
    if now > draft.since + MOST_TIME {
        return Err(Wrong("TIMEOUT", vec![draft.id.clone()], "The batch was open for too long"));
    }
    let manner = match message.command().to_ascii_uppercase().as_str() {
        "PRIVMSG" => Manner::Message,
        "NOTICE" => Manner::Notice,
        _ => return Err(invalid("Only PRIVMSG and NOTICE can be in it")),
    };
    if *draft.manner.get_or_insert(manner) != manner {
        return Err(invalid("PRIVMSG and NOTICE can't be mixed"));
    }
    let target = message.param(0).unwrap_or_default();
    if fold(target) != fold(&draft.target) {
        let context = vec![draft.target.clone(), target.to_owned()];
        return Err(Wrong("MULTILINE_INVALID_TARGET", context, "Invalid multiline target"));
    }
    let text = message.param(1).map(for_wire).unwrap_or_default().into_owned();
    let joins = message.raw_tags().any(|tag| tag.split('=').next() == Some("draft/multiline-concat"));
    if joins && text.is_empty() {
        return Err(invalid("Invalid multiline batch with concatenated blank line"));
    }
    if draft.parts.len() >= MOST_LINES {
        return Err(Wrong("MULTILINE_MAX_LINES", vec![MOST_LINES.to_string()], "max-lines exceeded"));
    }
    draft.parts.push(Part { text, joins });
    if whole(&draft.parts).len() > MOST_BYTES {
        return Err(Wrong("MULTILINE_MAX_BYTES", vec![MOST_BYTES.to_string()], "max-bytes exceeded"));
    }
    Ok(())
}

/// "the concatenation of the messages from each individual line".
fn whole(parts: &[Part]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && !part.joins {
            text.push('\n');
        }
        text.push_str(&part.text);
    }
    text
}

fn close(turn: &mut Turn<'_>, me: UserId, id: &str) {
    let Some(draft) = turn.seat_mut().few().draft.take_if(|draft| draft.id == id) else {
        return fail(turn, Wrong("INVALID_REFTAG", vec![id.to_owned()], "No such batch is open"));
    };
    // A label on the end is nobody's.
    drop(turn.take_label());
    if draft.is_refused {
        return;
    }
    turn.put_label(draft.label);
    let text = whole(&draft.parts);
    if turn.now.uptime > draft.since + MOST_TIME {
        return fail(turn, Wrong("TIMEOUT", vec![id.to_owned()], "The batch was open for too long"));
    }
    let (Some(manner), false) = (draft.manner, text.trim_matches('\n').is_empty()) else {
        return fail(turn, invalid("Invalid multiline batch with blank lines only"));
    };
    // One line is a message like any other.
    let parts = if draft.parts.len() > 1 { draft.parts } else { Vec::new() };
    let saying = Saying { manner, text: text.into(), tags: draft.tags, parts, passing: false };
    talk::say_to(turn, me, &draft.target, saying);
}

fn fail(turn: &mut Turn<'_>, Wrong(code, context, text): Wrong) {
    let context: Vec<&str> = context.iter().map(|word| short(word)).collect();
    turn.fail("BATCH", code, &context, text);
}
