//! Lines that are not obeyed: each is refused once, here, by a reply with its label, or
//! with the batch that it belongs to.

use super::multiline;
use crate::hub::caps::Caps;
use crate::hub::console_event::Departure;
use crate::hub::context::Context;
use crate::hub::input::{BadLine, Fault, Input};
use crate::hub::limits::{BURST, MOST_REFUSED};
use crate::hub::lines::{InputState, Queued};
use crate::hub::words::short;
use crate::text::Phrase;
use crate::wire::numeric;
use std::time::Duration;

/// Refuses a line that nobody could obey, in its place.
pub(in crate::hub) fn bad(ctx: &mut Context<'_>, input: &Input) {
    let Input::Bad(line) = input else { return };
    if multiline::refuse_input(ctx, input) {
        return;
    }
    let BadLine { fault, text, .. } = &**line;
    match fault {
        Fault::NoCommand => ctx.reply(numeric::ERR_UNKNOWNCOMMAND, &["*"], "That is no command"),
        Fault::TooLong => ctx.reply(numeric::ERR_INPUTTOOLONG, &[], "Input line was too long"),
        // UTF8ONLY: "servers SHOULD use FAIL with the code INVALID_UTF8".
        Fault::NotUtf8 => {
            let command = short(text).to_ascii_uppercase();
            ctx.fail(&command, "INVALID_UTF8", &[], "Message rejected, it is not valid UTF-8");
        }
    }
}

/// Refuses a line for which there is no room to wait; after many of them the connection
/// is closed.
pub(in crate::hub) fn no_room(ctx: &mut Context<'_>, input: &Input) {
    ctx.begin(input);
    if count_too_much(ctx) {
        return ctx.close(Departure::Flooding);
    }
    if !no_room_in_batch(ctx, input) {
        tell_no_room(ctx, input);
    }
    ctx.finish();
}

/// Counts a line that comes while others wait and does not wait itself; true where there have
/// been too many.
pub(in crate::hub) fn count_too_much(ctx: &mut Context<'_>) -> bool {
    let lines = &mut ctx.session_mut().few().lines;
    lines.refused += 1;
    lines.refused > MOST_REFUSED
}

/// Whether a line belongs to a batch that will be open when it is reached:
/// then that is refused in its place.
fn no_room_in_batch(ctx: &mut Context<'_>, input: &Input) -> bool {
    let Some(id) = multiline::open_at_last(ctx) else { return false };
    let is_end = input.message().is_some_and(|message| multiline::is_end(message, &id));
    let belongs = is_end || input.is_in_batch(&id);
    if belongs {
        drop(ctx.label.take());
        ctx.session_mut().few().lines.push_refused(is_end);
    }
    belongs
}

fn tell_no_room(ctx: &mut Context<'_>, input: &Input) {
    let command = input.message().map_or("*", |message| short(message.command()));
    let session = ctx.session();
    let is_line_mode = session.is_line_mode();
    // "automatic replies must never be sent in response to a NOTICE".
    if command.eq_ignore_ascii_case("NOTICE") && !is_line_mode {
        return;
    }
    let command = command.to_ascii_uppercase();
    let lines = session.few.as_ref().map(|few| &few.lines);
    let awaited = match lines.map(|lines| &lines.state) {
        Some(InputState::Waiting(_)) => Some("Too many lines wait until a password is checked"),
        Some(InputState::WaitingForPage(_) | InputState::WaitingForAnswer(_)) => {
            Some("Too many lines wait for what was said in a room")
        }
        _ => None,
    };
    if let Some(text) = awaited {
        return try_again(ctx, &command, ("TOO_MANY_LINES", None), text);
    }
    let now = ctx.now.uptime;
    let (unpaid, count) = lines.map_or((0, 0), |lines| (lines.unpaid(), lines.count()));
    // Where the address has too much to pay for, each of the lines waits about as long as the first.
    let first = lines.and_then(|lines| lines.reserved).unwrap_or_default().saturating_sub(now);
    let of_address = first * u32::try_from(count).unwrap_or(u32::MAX);
    let seconds = session.bucket.wait(unpaid, now).max(of_address).as_secs() + 1;
    if is_line_mode {
        return ctx.say(Phrase::TooFast { seconds });
    }
    let text = format!("{}: try again in {seconds} seconds", rule(ctx));
    try_again(ctx, &command, ("RATE_LIMITED", Some(&seconds.to_string())), &text);
}

/// Tells, now and then and to those who know such replies, that lines begin to wait
/// (standard-replies, WARN).
pub(in crate::hub) fn warn(ctx: &mut Context<'_>, input: &Input, at: Duration) {
    if let Some(command) = command_to_warn(ctx, input) {
        tell_that_it_waits(ctx, &command, at);
    }
}

/// The same of the first of the lines that wait, where they have waited for something else until
/// now.
pub(in crate::hub) fn warn_of_first(ctx: &mut Context<'_>, at: Duration) {
    let Some(lines) = ctx.session().few.as_ref().map(|few| &few.lines) else { return };
    let command = match (&lines.state, lines.front()) {
        (InputState::Throttled(_), _) => None,
        (_, Some(Queued::Line(input, _))) => command_to_warn(ctx, input),
        _ => None,
    };
    if let Some(command) = command {
        tell_that_it_waits(ctx, &command, at);
    }
}

/// The command of a line, where its sender knows such replies.
fn command_to_warn(ctx: &Context<'_>, input: &Input) -> Option<String> {
    let message = input.message().filter(|_| ctx.caps().has(Caps::STANDARD_REPLIES))?;
    Some(short(message.command()).to_ascii_uppercase())
}

fn tell_that_it_waits(ctx: &mut Context<'_>, command: &str, at: Duration) {
    let now = ctx.now.uptime;
    if !ctx.session_mut().bucket.warn(now) {
        return;
    }
    let seconds = at.saturating_sub(now).as_secs() + 1;
    let text = format!("{}: it waits", rule(ctx));
    ctx.standard_reply("WARN", command, "RATE_LIMITED", &[&seconds.to_string()], &text);
    ctx.finish();
}

/// The limit that a line waits for.
fn rule(ctx: &Context<'_>) -> String {
    let rate = ctx.state.config.messages_a_second;
    if ctx.session().few.as_ref().is_some_and(|few| few.lines.reserved.is_some()) {
        // The guaranteed part of the own rate only makes this wait shorter.
        let (people, place) = ctx.state.penalties.slowest(ctx.session().from.ip());
        let (rate, burst) = (rate.saturating_mul(people), people * BURST);
        format!("At most {rate} messages a second from one {place} after {burst} at once")
    } else if ctx.session().bucket.owes_for_work(ctx.now.uptime) {
        format!(
            "A long answer counts as many messages, of which at most {rate} a second after {BURST} at once"
        )
    } else {
        format!("At most {rate} messages a second after {BURST} at once")
    }
}

/// Something can't be done now: a standard reply for those who know them, else
/// RPL_TRYAGAIN (RFC 2812, 5.1).
pub(in crate::hub) fn try_again(
    ctx: &mut Context<'_>,
    command: &str,
    (code, context): (&str, Option<&str>),
    text: &str,
) {
    if ctx.caps().has(Caps::STANDARD_REPLIES) {
        ctx.fail(command, code, context.as_slice(), text);
    } else {
        ctx.reply(numeric::RPL_TRYAGAIN, &[command], text);
    }
}
