//! Messages of several lines: BATCH from clients (IRCv3 client-batch, multiline).

use super::super::Input;
use super::super::caps::Caps;
use super::super::lines::Queued;
use super::super::seat::{BatchFault, Draft};
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

fn invalid(text: &'static str) -> BatchFault {
    BatchFault("MULTILINE_INVALID", Vec::new(), text)
}

pub(super) fn batch(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    let reference = message.param(0).unwrap_or_default();
    match reference.split_at_checked(1) {
        Some(("+", id)) => open(turn, id, message),
        Some(("-", id)) => close(turn, me, id),
        _ => fail(turn, BatchFault("INVALID_REFTAG", vec![reference.to_owned()], "Invalid reference tag")),
    }
}

fn open(turn: &mut Turn<'_>, id: &str, message: &Message) {
    if !is_reference(id) {
        return fail(turn, BatchFault("INVALID_REFTAG", vec![id.to_owned()], "Invalid reference tag"));
    }
    let kind = message.param(1).unwrap_or_default();
    if kind != KIND {
        let context = vec![id.to_owned(), kind.to_owned()];
        return fail(turn, BatchFault("UNKNOWN_TYPE", context, "Unknown batch type"));
    }
    let Some(target) = target(message) else {
        return fail(turn, invalid("A multiline batch has a target"));
    };
    if let Some(draft) = take(turn) {
        const BOTH: &str = "Another batch was open: both are dropped";
        // Without a label one answer tells of both.
        if draft.label.is_some() {
            answer(turn, draft, BOTH);
        }
        return fail(turn, invalid(BOTH));
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
        fault: None,
    });
}

const KIND: &str = "draft/multiline";

fn is_reference(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn target(message: &Message) -> Option<&str> {
    message.param(2).filter(|target| !target.is_empty())
}

fn take(turn: &mut Turn<'_>) -> Option<Draft> {
    turn.seat_mut().few.as_mut()?.draft.take()
}

/// Refuses a batch that is open no more, beside the reply to the line in work.
fn answer(turn: &mut Turn<'_>, draft: Draft, why: &'static str) {
    let label = turn.take_label();
    turn.put_label(draft.label);
    fail(turn, draft.fault.unwrap_or(invalid(why)));
    turn.finish();
    turn.put_label(label);
}

/// Refuses the batch that is open, if any, since its end can't come any more. Nothing is
/// replied yet to the line in work.
pub(in crate::hub) fn drop_open(turn: &mut Turn<'_>, why: &'static str) {
    if let Some(draft) = take(turn) {
        answer(turn, draft, why);
    }
}

/// Whether a message is a line of a batch, open or not.
pub(in crate::hub) fn is_in_batch(turn: &Turn<'_>, message: &Message) -> bool {
    turn.caps().has(Caps::MULTILINE) && turn.seat().user().is_some() && message.tag("batch").is_some()
}

/// The batch that will be open when all lines that wait have been obeyed.
pub(in crate::hub) fn open_at_last(turn: &Turn<'_>) -> Option<String> {
    let few = turn.seat().few.as_ref().filter(|_| turn.caps().has(Caps::MULTILINE))?;
    let mut open = few.draft.as_ref().map(|draft| draft.id.as_str());
    for line in few.lines.iter() {
        match line {
            Queued::Refused { is_end: true } => open = None,
            Queued::Refused { is_end: false } => {}
            Queued::Line(Input::Message(message)) if !is_in_batch(turn, message) && message.is("BATCH") => {
                match message.param(0).and_then(|reference| reference.split_at_checked(1)) {
                    Some(("+", id)) if opens(message, id) => open = open.is_none().then_some(id),
                    Some(("-", id)) => open = open.filter(|known| *known != id),
                    _ => {}
                }
            }
            Queued::Line(_) => {}
        }
    }
    open.map(str::to_owned)
}

fn opens(message: &Message, id: &str) -> bool {
    is_reference(id) && message.param(1) == Some(KIND) && target(message).is_some()
}

/// Whether a message is the end of this batch.
pub(in crate::hub) fn is_end(message: &Message, id: &str) -> bool {
    message.is("BATCH") && message.param(0).and_then(|reference| reference.strip_prefix('-')) == Some(id)
}

/// Whether a line that can't be obeyed belongs to the open batch, which then is refused at
/// its end.
pub(super) fn refuse_input(turn: &mut Turn<'_>, input: &Input) -> bool {
    let few = turn.seat().few.as_ref();
    let draft = few.and_then(|few| few.draft.as_ref());
    let belongs = draft.is_some_and(|draft| input.is_in_batch(&draft.id));
    if belongs {
        refuse_line(turn, "A line of it can't be read", false);
    }
    belongs
}

/// A line of the open batch was refused, and perhaps its end with it.
pub(in crate::hub) fn refuse_line(turn: &mut Turn<'_>, why: &'static str, is_end: bool) {
    // No line of a batch is replied to by itself.
    drop(turn.take_label());
    let few = turn.seat_mut().few.as_mut();
    let Some(draft) = few.and_then(|few| few.draft.as_mut()) else { return };
    draft.spoil(invalid(why));
    if is_end {
        drop_open(turn, why);
    }
}

/// One line of a batch.
pub(super) fn line(turn: &mut Turn<'_>, message: &Message, id: &str) {
    let now = turn.now.uptime;
    let few = turn.seat_mut().few.as_mut();
    let Some(draft) = few.and_then(|few| few.draft.as_mut()).filter(|draft| draft.id == id) else {
        return fail(turn, BatchFault("INVALID_REFTAG", vec![id.to_owned()], "No such batch is open"));
    };
    if draft.fault.is_none()
        && let Err(fault) = add(draft, message, now)
    {
        draft.spoil(fault);
    }
    // No line of a batch is replied to by itself.
    drop(turn.take_label());
}

impl Draft {
    /// The first fault is told at the end.
    fn spoil(&mut self, fault: BatchFault) {
        self.fault.get_or_insert(fault);
        self.parts = Vec::new();
    }
}

fn add(draft: &mut Draft, message: &Message, now: Duration) -> Result<(), BatchFault> {
    if now > draft.since + MOST_TIME {
        return Err(BatchFault("TIMEOUT", vec![draft.id.clone()], "The batch was open for too long"));
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
        return Err(BatchFault("MULTILINE_INVALID_TARGET", context, "Invalid multiline target"));
    }
    let text = message.param(1).map(for_wire).unwrap_or_default().into_owned();
    let joins = message.raw_tags().any(|tag| tag.split('=').next() == Some("draft/multiline-concat"));
    if joins && text.is_empty() {
        return Err(invalid("Invalid multiline batch with concatenated blank line"));
    }
    if draft.parts.len() >= MOST_LINES {
        return Err(BatchFault("MULTILINE_MAX_LINES", vec![MOST_LINES.to_string()], "max-lines exceeded"));
    }
    draft.parts.push(Part { text, joins });
    if whole(&draft.parts).len() > MOST_BYTES {
        return Err(BatchFault("MULTILINE_MAX_BYTES", vec![MOST_BYTES.to_string()], "max-bytes exceeded"));
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
    let few = turn.seat_mut().few.as_mut();
    let Some(draft) = few.and_then(|few| few.draft.take_if(|draft| draft.id == id)) else {
        return fail(turn, BatchFault("INVALID_REFTAG", vec![id.to_owned()], "No such batch is open"));
    };
    // A label on the end is nobody's.
    turn.put_label(draft.label);
    if let Some(fault) = draft.fault {
        return fail(turn, fault);
    }
    let text = whole(&draft.parts);
    if turn.now.uptime > draft.since + MOST_TIME {
        return fail(turn, BatchFault("TIMEOUT", vec![id.to_owned()], "The batch was open for too long"));
    }
    let (Some(manner), false) = (draft.manner, text.trim_matches('\n').is_empty()) else {
        return fail(turn, invalid("Invalid multiline batch with blank lines only"));
    };
    // One line is a message like any other.
    let parts = if draft.parts.len() > 1 { draft.parts } else { Vec::new() };
    let saying = Saying { manner, text: text.into(), tags: draft.tags, parts, passing: false };
    let is_said = talk::say_to(turn, me, &draft.target, saying);
    // A NOTICE is never answered, but "servers MUST use FAIL" for a batch (multiline, Errors).
    if !is_said && manner == Manner::Notice {
        fail(turn, invalid("It can't be sent there, or a line is too long"));
    }
}

fn fail(turn: &mut Turn<'_>, BatchFault(code, context, text): BatchFault) {
    let context: Vec<&str> = context.iter().map(|word| short(word)).collect();
    turn.fail("BATCH", code, &context, text);
}
