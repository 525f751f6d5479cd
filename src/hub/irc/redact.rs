//! REDACT (IRCv3 message-redaction).

use crate::chat::question::{Moment, Question, Wanted};
use crate::chat::{Action, EventKind, Record, Refusal, UserId};
use crate::hub::context::Context;
use crate::hub::words::short;
use crate::wire::Message;
use std::sync::Arc;

/// Messages to one person are not kept, and can't be redacted.
pub(in crate::hub) fn redact(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let (target, id) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let Some(reason) = ctx.reason(message.param(2)) else { return };
    let Some(room) = ctx.own_room_key(target) else {
        return refuse_target(ctx, target);
    };
    let Some(seq) = ctx.lobby().nonce.seq_of(id) else { return refuse_message(ctx, target, id) };
    let history = ctx.state.history.room(&room);
    let Some(author) = history.said(seq).map(|said| said.author) else {
        if ctx.state.config.persists && !history.is_whole(true) {
            let (question, all) =
                (Question::Around(Moment::Message(seq)), Wanted { events: true, tags: true });
            return ctx.look_up(room, question, 1, all);
        }
        return refuse_message(ctx, target, id);
    };
    let action = Action::Redact { room, message: seq, author, reason };
    ctx.propose(me, action, (target, id), reply_to_redaction);
}

/// Goes on with what the disk has near that number.
pub(in crate::hub) fn go_on(ctx: &mut Context<'_>, me: UserId, message: &Message, records: &[Arc<Record>]) {
    let (target, id) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let Some(reason) = ctx.reason(message.param(2)) else { return };
    let Some(room) = ctx.own_room_key(target) else { return refuse_target(ctx, target) };
    let seq = ctx.lobby().nonce.seq_of(id);
    let said =
        |record: &&Arc<Record>| Some(record.seq()) == seq && matches!(record.kind, EventKind::Said { .. });
    let found = records.iter().find(said).filter(|record| !ctx.state.redacted.has(record.seq()));
    let Some((message, author)) = found.map(|record| (record.seq(), record.author)) else {
        return refuse_message(ctx, target, id);
    };
    ctx.propose(me, Action::Redact { room, message, author, reason }, (target, id), reply_to_redaction);
}

fn refuse_message(ctx: &mut Context<'_>, target: &str, id: &str) {
    let text = "This message does not exist or is too old";
    ctx.fail("REDACT", "UNKNOWN_MSGID", &[short(target), short(id)], text);
}

fn reply_to_redaction(ctx: &mut Context<'_>, (target, id): (&str, &str), outcome: Result<(), Refusal>) {
    match outcome {
        Ok(()) => {}
        Err(Refusal::NotYours) => {
            let text = "You are not authorised to delete this message";
            ctx.fail("REDACT", "REDACT_FORBIDDEN", &[short(target), short(id)], text);
        }
        // It was told by the context.
        Err(Refusal::NotKept) => {}
        Err(_) => refuse_target(ctx, target),
    }
}

fn refuse_target(ctx: &mut Context<'_>, target: &str) {
    ctx.fail("REDACT", "INVALID_TARGET", &[short(target)], "You cannot delete messages from there");
}
