//! Lines that are not obeyed: each is refused once, here, by a reply with its label, or
//! with the batch that it belongs to.

use super::super::budget::{BURST, cost};
use super::super::caps::Caps;
use super::super::input::Fault;
use super::super::lines::{MOST_REFUSED, Queued};
use super::super::turn::Turn;
use super::super::{BadLine, Departure, Input};
use super::{multiline, short};
use crate::text::Phrase;
use crate::wire::numeric;
use std::time::Duration;

/// Refuses a line that nobody could obey, when its turn has come.
pub(super) fn bad(turn: &mut Turn<'_>, input: &Input) {
    let Input::Bad(line) = input else { return };
    if multiline::refuse_input(turn, input) {
        return;
    }
    let BadLine { fault, text, .. } = &**line;
    match fault {
        Fault::NoCommand => turn.reply(numeric::ERR_UNKNOWNCOMMAND, &["*"], "That is no command"),
        Fault::TooLong => turn.reply(numeric::ERR_INPUTTOOLONG, &[], "Input line was too long"),
        // UTF8ONLY: "servers SHOULD use FAIL with the code INVALID_UTF8".
        Fault::NotUtf8 => {
            let command = short(text).to_ascii_uppercase();
            turn.fail(&command, "INVALID_UTF8", &[], "Message rejected, it is not valid UTF-8");
        }
    }
}

/// Refuses a line for which there is no room to wait; after many of them the connection
/// is closed.
pub(in crate::hub) fn no_room(turn: &mut Turn<'_>, input: &Input) {
    let lines = &mut turn.seat_mut().few().lines;
    lines.refused += 1;
    let is_flood = lines.refused > MOST_REFUSED;
    turn.begin(input);
    if is_flood {
        return turn.close(Departure::Flooding);
    }
    if !no_room_in_batch(turn, input) {
        tell_no_room(turn, input);
    }
    turn.finish();
}

/// Whether a line belongs to a batch that will be open when its turn would have come:
/// then that is refused in its place.
fn no_room_in_batch(turn: &mut Turn<'_>, input: &Input) -> bool {
    let Some(id) = multiline::open_at_last(turn) else { return false };
    let is_end = input.message().is_some_and(|message| multiline::is_end(message, &id));
    let belongs = is_end || input.is_in_batch(&id);
    if belongs {
        drop(turn.take_label());
        turn.seat_mut().few().lines.push_refused(is_end);
    }
    belongs
}

fn tell_no_room(turn: &mut Turn<'_>, input: &Input) {
    let command = input.message().map_or("*", |message| short(message.command()));
    let seat = turn.seat();
    let is_plain = seat.speaks_plainly();
    // "automatic replies must never be sent in response to a NOTICE".
    if command.eq_ignore_ascii_case("NOTICE") && !is_plain {
        return;
    }
    let command = command.to_ascii_uppercase();
    let lines = seat.few.as_ref().map(|few| &few.lines);
    if lines.is_some_and(|lines| lines.is_waiting_for_check()) {
        let text = "Too many lines wait until a password is checked";
        return try_again(turn, &command, ("TOO_MANY_LINES", None), text);
    }
    let (caps, now) = (seat.caps, turn.now.uptime);
    let waiting = lines.into_iter().flat_map(|lines| lines.iter());
    let waiting = waiting.map(|line| match line {
        Queued::Line(input) => cost(input, caps),
        Queued::Refused { .. } => 0,
    });
    let seconds = seat.budget.wait(waiting.sum(), now).as_secs() + 1;
    if is_plain {
        return turn.say(Phrase::TooFast { seconds });
    }
    let text = format!("{}: try again in {seconds} seconds", rule(turn));
    try_again(turn, &command, ("RATE_LIMITED", Some(&seconds.to_string())), &text);
}

/// Tells, now and then and to those who know such replies, that lines begin to wait
/// (standard-replies, WARN).
pub(in crate::hub) fn warn(turn: &mut Turn<'_>, input: &Input, at: Duration) {
    let Some(message) = input.message() else { return };
    let now = turn.now.uptime;
    if !turn.caps().has(Caps::STANDARD_REPLIES) || !turn.seat_mut().budget.warn(now) {
        return;
    }
    let command = short(message.command()).to_ascii_uppercase();
    let seconds = at.saturating_sub(now).as_secs() + 1;
    let text = format!("{}: it waits", rule(turn));
    turn.standard_reply("WARN", &command, "RATE_LIMITED", &[&seconds.to_string()], &text);
    turn.finish();
}

fn rule(turn: &Turn<'_>) -> String {
    let rate = turn.hub.config.messages_a_second;
    format!("At most {rate} messages a second after {BURST} at once")
}

/// Something can't be done now: a standard reply for those who know them, else
/// RPL_TRYAGAIN (RFC 2812, 5.1).
pub(super) fn try_again(
    turn: &mut Turn<'_>,
    command: &str,
    (code, context): (&str, Option<&str>),
    text: &str,
) {
    if turn.caps().has(Caps::STANDARD_REPLIES) {
        turn.fail(command, code, context.as_slice(), text);
    } else {
        turn.reply(numeric::RPL_TRYAGAIN, &[command], text);
    }
}
