//! REDACT (IRCv3 message-redaction).

use super::super::turn::Turn;
use super::greet::KICK_BYTES;
use super::short;
use crate::chat::{Action, Refusal, UserId};
use crate::text::sanitise::for_wire;
use crate::wire::{Message, numeric};

/// What was said to one person is not kept, and so can't be taken back.
pub(super) fn redact(turn: &mut Turn<'_>, me: UserId, message: &Message) {
    let (target, id) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
    let reason = message.param(2).map(|reason| for_wire(reason).into_owned());
    let reason = reason.filter(|reason| !reason.is_empty());
    if reason.as_ref().is_some_and(|reason| reason.len() > KICK_BYTES) {
        return turn.reply(numeric::ERR_INPUTTOOLONG, &[], "That reason is too long");
    }
    let Some(room) = turn.lobby().find_room(target).and_then(|id| turn.lobby().room_key(id)) else {
        return refuse(turn, target, id, &Refusal::NotInRoom);
    };
    let Some(message) = turn.lobby().nonce().seq_of(id) else {
        return refuse(turn, target, id, &Refusal::NoSuchMessage);
    };
    if let Err(refusal) = turn.act(me, Action::Redact { room, message, reason }) {
        refuse(turn, target, id, &refusal);
    }
}

/// Errors: INVALID_TARGET, REDACT_FORBIDDEN, UNKNOWN_MSGID.
fn refuse(turn: &mut Turn<'_>, target: &str, id: &str, refusal: &Refusal) {
    let (target, id) = (short(target), short(id));
    match refusal {
        Refusal::NoSuchMessage => {
            let text = "This message does not exist or is too old";
            turn.fail("REDACT", "UNKNOWN_MSGID", &[target, id], text);
        }
        Refusal::NotYours => {
            let text = "You are not authorised to delete this message";
            turn.fail("REDACT", "REDACT_FORBIDDEN", &[target, id], text);
        }
        _ => turn.fail("REDACT", "INVALID_TARGET", &[target], "You cannot delete messages from there"),
    }
}
