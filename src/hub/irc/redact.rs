//! REDACT (IRCv3 message-redaction).

use crate::chat::{Action, Refusal, RoomKey, UserId};
use crate::hub::context::Context;
use crate::hub::words::short;
use crate::wire::Message;

/// Messages to one person are not kept, and can't be redacted.
pub(in crate::hub) fn redact(ctx: &mut Context<'_>, me: UserId, message: &Message) {
    let (target, id) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let Some(reason) = ctx.reason(message.param(2)) else { return };
    let Some(room) = own_room(ctx, target) else {
        return refuse_target(ctx, target);
    };
    let said = ctx.lobby().nonce.seq_of(id).and_then(|seq| ctx.state.history.room(&room).said(seq));
    let Some((message, author)) = said.map(|said| (said.seq(), said.author)) else {
        let text = "This message does not exist or is too old";
        return ctx.fail("REDACT", "UNKNOWN_MSGID", &[short(target), short(id)], text);
    };
    ctx.propose(me, Action::Redact { room, message, author, reason }, (target, id), reply_to_redaction);
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

/// The room, if the client is in it: nothing is told about messages of other rooms.
fn own_room(ctx: &Context<'_>, target: &str) -> Option<RoomKey> {
    ctx.lobby().room_key(ctx.own_room(target)?)
}

fn refuse_target(ctx: &mut Context<'_>, target: &str) {
    ctx.fail("REDACT", "INVALID_TARGET", &[short(target)], "You cannot delete messages from there");
}
