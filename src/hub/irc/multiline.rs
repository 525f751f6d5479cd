//! BATCH from clients: messages of several lines (IRCv3 client-batch, multiline).

use super::talk;
use crate::chat::UserId;
use crate::chat::action::{ChatMessage, MessageKind, Part};
use crate::hub::caps::Caps;
use crate::hub::context::Context;
use crate::hub::input::Input;
use crate::hub::limits::{MULTILINE_BYTES, MULTILINE_LINES, MULTILINE_TIME};
use crate::hub::lines::Queued;
use crate::hub::session::{BatchFault, Draft};
use crate::hub::words::short;
use crate::text::name::fold;
use crate::text::sanitise::for_wire;
use crate::wire::vendor::NOT_KEPT;
use crate::wire::{Message, multiline};
use std::time::Duration;

/// The value of the capability.
pub(in crate::hub) fn limits() -> String {
    format!("max-bytes={MULTILINE_BYTES},max-lines={MULTILINE_LINES}")
}

fn invalid(text: &'static str) -> BatchFault {
    BatchFault("MULTILINE_INVALID", Vec::new(), text)
}

pub(in crate::hub) fn batch(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let reference = message.param(0).unwrap_or_default();
    match reference.split_at_checked(1) {
        Some(("+", id)) => open(ctx, id, message),
        Some(("-", id)) => close(ctx, me, id),
        _ => fail(ctx, BatchFault("INVALID_REFTAG", vec![reference.to_owned()], "Invalid reference tag")),
    }
}

fn open(ctx: &mut Context<'_>, id: &str, message: &Message) {
    if !is_reference(id) {
        return fail(ctx, BatchFault("INVALID_REFTAG", vec![id.to_owned()], "Invalid reference tag"));
    }
    let kind = message.param(1).unwrap_or_default();
    if kind != multiline::NAME {
        let context = vec![id.to_owned(), kind.to_owned()];
        return fail(ctx, BatchFault("UNKNOWN_TYPE", context, "Unknown batch type"));
    }
    let Some(target) = target(message) else {
        return fail(ctx, invalid("A multiline batch has a target"));
    };
    if let Some(draft) = take(ctx) {
        const BOTH: &str = "Another batch was open: both are dropped";
        // Without a label one FAIL tells of both batches.
        if draft.label.is_some() {
            answer(ctx, draft, BOTH);
        }
        return fail(ctx, invalid(BOTH));
    }
    // The batch as a whole is replied to, at its end.
    let label = ctx.label.take();
    let ((tags, client_id), since) = (talk::client_tags(ctx, message), ctx.now.uptime);
    ctx.session_mut().few().draft = Some(Draft {
        id: id.to_owned(),
        target: target.to_owned(),
        tags,
        client_id,
        label,
        kind: None,
        parts: Vec::new(),
        since,
        fault: None,
    });
}

fn is_reference(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn target(message: &Message) -> Option<&str> {
    message.param(2).filter(|target| !target.is_empty())
}

fn take(ctx: &mut Context<'_>) -> Option<Draft> {
    ctx.session_mut().few.as_mut()?.draft.take()
}

/// Refuses a batch that was just closed, in a reply of its own beside that to the current line.
fn answer(ctx: &mut Context<'_>, draft: Draft, why: &'static str) {
    let label = ctx.label.take();
    ctx.label = draft.label;
    fail(ctx, draft.fault.unwrap_or(invalid(why)));
    ctx.finish();
    ctx.label = label;
}

/// Refuses the open batch, if any, because its end can't come any more. The current line must have
/// no reply yet.
pub(in crate::hub) fn drop_open(ctx: &mut Context<'_>, why: &'static str) {
    if let Some(draft) = take(ctx) {
        answer(ctx, draft, why);
    }
}

/// Whether a message is a line of a batch, even of one that is not open.
pub(in crate::hub) fn is_in_batch(ctx: &Context<'_>, message: &Message) -> bool {
    ctx.caps().has(Caps::MULTILINE) && ctx.session().user().is_some() && message.tag("batch").is_some()
}

/// The batch that will be open when all lines that wait have been obeyed.
pub(in crate::hub) fn open_at_last(ctx: &Context<'_>) -> Option<String> {
    let few = ctx.session().few.as_ref().filter(|_| ctx.caps().has(Caps::MULTILINE))?;
    let mut open = few.draft.as_ref().map(|draft| draft.id.as_str());
    for line in few.lines.iter() {
        match line {
            Queued::Refused { is_end: true } => open = None,
            Queued::Refused { is_end: false } => {}
            Queued::Line(Input::Message(message), _) if message.is("BATCH") && !is_in_batch(ctx, message) => {
                match message.param(0).and_then(|reference| reference.split_at_checked(1)) {
                    Some(("+", id)) if opens(message, id) => open = open.is_none().then_some(id),
                    Some(("-", id)) => open = open.filter(|known| *known != id),
                    _ => {}
                }
            }
            Queued::Line(..) => {}
        }
    }
    open.map(str::to_owned)
}

fn opens(message: &Message, id: &str) -> bool {
    is_reference(id) && message.param(1) == Some(multiline::NAME) && target(message).is_some()
}

/// Whether a message is the end of this batch.
pub(in crate::hub) fn is_end(message: &Message, id: &str) -> bool {
    message.is("BATCH") && message.param(0).and_then(|reference| reference.strip_prefix('-')) == Some(id)
}

/// Whether a line that can't be obeyed belongs to the open batch, which then is refused at
/// its end.
pub(in crate::hub) fn refuse_input(ctx: &mut Context<'_>, input: &Input) -> bool {
    let few = ctx.session().few.as_ref();
    let draft = few.and_then(|few| few.draft.as_ref());
    let belongs = draft.is_some_and(|draft| input.is_in_batch(&draft.id));
    if belongs {
        refuse_line(ctx, "A line of it can't be read", false);
    }
    belongs
}

/// Marks the open batch as refused because of one line. If that line is its end, the batch ends
/// now.
pub(in crate::hub) fn refuse_line(ctx: &mut Context<'_>, why: &'static str, is_end: bool) {
    // Single lines of a batch get no reply.
    drop(ctx.label.take());
    let few = ctx.session_mut().few.as_mut();
    let Some(draft) = few.and_then(|few| few.draft.as_mut()) else { return };
    draft.spoil(invalid(why));
    if is_end {
        drop_open(ctx, why);
    }
}

/// One line of a batch.
pub(in crate::hub) fn line(ctx: &mut Context<'_>, message: &Message, id: &str) {
    let came = came_now(ctx);
    let few = ctx.session_mut().few.as_mut();
    let Some(draft) = few.and_then(|few| few.draft.as_mut()).filter(|draft| draft.id == id) else {
        return fail(ctx, BatchFault("INVALID_REFTAG", vec![id.to_owned()], "No such batch is open"));
    };
    if draft.fault.is_none()
        && let Err(fault) = add(draft, message, came)
    {
        draft.spoil(fault);
    }
    // Single lines of a batch get no reply.
    drop(ctx.label.take());
}

impl Draft {
    /// Notes a fault. Only the first one is told, at the end.
    fn spoil(&mut self, fault: BatchFault) {
        self.fault.get_or_insert(fault);
        self.parts = Vec::new();
    }
}

/// When the line came that is obeyed; None where it has waited for its time to be obeyed.
fn came_now(ctx: &Context<'_>) -> Option<Duration> {
    let waited = ctx.session().few.as_ref().is_some_and(|few| !few.lines.is_open());
    (!waited).then_some(ctx.now.uptime)
}

fn add(draft: &mut Draft, message: &Message, came: Option<Duration>) -> Result<(), BatchFault> {
    if came.is_some_and(|came| came > draft.since + MULTILINE_TIME) {
        return Err(BatchFault("TIMEOUT", vec![draft.id.clone()], "The batch was open for too long"));
    }
    let kind = match message.command().to_ascii_uppercase().as_str() {
        "PRIVMSG" => MessageKind::Message,
        "NOTICE" => MessageKind::Notice,
        _ => return Err(invalid("Only PRIVMSG and NOTICE can be in it")),
    };
    if *draft.kind.get_or_insert(kind) != kind {
        return Err(invalid("PRIVMSG and NOTICE can't be mixed"));
    }
    let target = message.param(0).unwrap_or_default();
    if fold(target) != fold(&draft.target) {
        let context = vec![draft.target.clone(), target.to_owned()];
        return Err(BatchFault("MULTILINE_INVALID_TARGET", context, "Invalid multiline target"));
    }
    let text = message.param(1).map(for_wire).unwrap_or_default().into_owned();
    let joins = multiline::joins(message);
    if joins && text.is_empty() {
        return Err(invalid("Invalid multiline batch with concatenated blank line"));
    }
    if draft.parts.len() >= MULTILINE_LINES {
        let most = vec![MULTILINE_LINES.to_string()];
        return Err(BatchFault("MULTILINE_MAX_LINES", most, "max-lines exceeded"));
    }
    draft.parts.push(Part { text, joins });
    if whole(&draft.parts).len() > MULTILINE_BYTES {
        let most = vec![MULTILINE_BYTES.to_string()];
        return Err(BatchFault("MULTILINE_MAX_BYTES", most, "max-bytes exceeded"));
    }
    Ok(())
}

/// "the concatenation of the messages from each individual line".
fn whole(parts: &[Part]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        multiline::add(&mut text, at, &part.text, part.joins);
    }
    text
}

fn close(ctx: &mut Context<'_>, me: UserId, id: &str) {
    let came = came_now(ctx);
    let few = ctx.session_mut().few.as_mut();
    let Some(draft) = few.and_then(|few| few.draft.take_if(|draft| draft.id == id)) else {
        return fail(ctx, BatchFault("INVALID_REFTAG", vec![id.to_owned()], "No such batch is open"));
    };
    // A label on the end of the batch is ignored.
    ctx.label = draft.label;
    if let Some(fault) = draft.fault {
        return fail(ctx, fault);
    }
    if ctx.state.is_full && draft.target.starts_with('#') {
        return fail(ctx, BatchFault("NOT_KEPT", vec![draft.target], NOT_KEPT));
    }
    let text = whole(&draft.parts);
    if came.is_some_and(|came| came > draft.since + MULTILINE_TIME) {
        return fail(ctx, BatchFault("TIMEOUT", vec![id.to_owned()], "The batch was open for too long"));
    }
    let (Some(kind), false) = (draft.kind, text.trim_matches('\n').is_empty()) else {
        return fail(ctx, invalid("Invalid multiline batch with blank lines only"));
    };
    // A batch of one line becomes an ordinary message.
    let parts = if draft.parts.len() > 1 { draft.parts } else { Vec::new() };
    let Draft { tags, client_id, .. } = draft;
    let chat_message = ChatMessage { kind, text: text.into(), tags, parts, ephemeral: false, client_id };
    let is_said = talk::say_to(ctx, me, &draft.target, chat_message);
    // A NOTICE is never answered, but "servers MUST use FAIL" for a batch (multiline, Errors).
    if !is_said && kind == MessageKind::Notice {
        fail(ctx, invalid("It can't be sent there, or a line is too long"));
    }
}

fn fail(ctx: &mut Context<'_>, BatchFault(code, context, text): BatchFault) {
    let context: Vec<&str> = context.iter().map(|word| short(word)).collect();
    ctx.fail("BATCH", code, &context, text);
}
