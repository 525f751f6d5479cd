//! Finds the command of a line and runs it. The first lines of a connection decide whether it
//! speaks IRC or is in line mode.

use super::caps::Caps;
use super::commands::{Command, Run, find};
use super::console_event::Departure;
use super::context::Context;
use super::input::{BadLine, Fault, Input};
use super::irc::{about, caps, history, list, multiline, redact, refuse, rooms, search, who, whowas};
use super::line_mode;
use super::unfinished::{Rest, Unfinished};
use super::words::short;
use crate::chat::UserId;
use crate::text::{NameError, Phrase};
use crate::wire::first_bytes::{FirstLine, is_irc_command};
use crate::wire::{Message, numeric};

/// Obeys one line of a connection.
pub(super) fn read(ctx: &mut Context<'_>, input: Input) {
    ctx.begin(&input);
    if caps::must_encrypt(ctx) {
        return refuse_plain(ctx, &input);
    }
    let input = match (ctx.session().user(), ctx.session().is_line_mode()) {
        (Some(me), true) => {
            line_mode::hear(ctx, me, &input);
            None
        }
        (None, true) => undecided(ctx, input),
        (_, false) => Some(input),
    };
    if let Some(input) = input {
        hear(ctx, input);
    }
    ctx.hold(None);
    ctx.finish();
    // The client may have removed the capability in the middle of a batch.
    if !ctx.caps().has(Caps::MULTILINE) && !ctx.is_over() {
        multiline::drop_open(ctx, "draft/multiline was given up before the batch ended");
    }
}

/// Handles a line of a connection whose protocol is not decided, as the table in
/// [`crate::wire::first_bytes`] says. Returns the line if it is to be obeyed as IRC.
///
/// Only a command with which IRC clients begin decides for IRC, and only an accepted name decides
/// for line mode. Everything else is answered by a sentence, and the next line is tried again.
fn undecided(ctx: &mut Context<'_>, input: Input) -> Option<Input> {
    match input {
        Input::Message(message) => {
            let first = FirstLine::of(&message);
            if matches!(first, FirstLine::Irc) || message.is("QUIT") {
                decide_irc(ctx);
            }
            match first {
                FirstLine::Irc | FirstLine::Anytime => return Some(Input::Message(message)),
                FirstLine::Http => ctx.close(Departure::NotIrc),
                FirstLine::Other => line_mode::try_name(ctx, message.line()),
            }
        }
        Input::Bad(line) if line.fault == Fault::NotUtf8 && is_irc_command(&line.text) => {
            decide_irc(ctx);
            return Some(Input::Bad(line));
        }
        Input::Bad(line) => {
            let BadLine { fault, text, spoken, .. } = *line;
            match (fault, spoken) {
                (Fault::NoCommand, _) => line_mode::try_name(ctx, &text),
                (Fault::TooLong, _) => {
                    ctx.say(Phrase::BadName { why: NameError::TooLong, suggestion: None });
                }
                (Fault::NotUtf8, Some(spoken)) => return undecided(ctx, Input::from_line(&spoken)),
                (Fault::NotUtf8, None) => ctx.say(Phrase::NotUtf8),
            }
        }
        Input::Blank => ctx.say(Phrase::AskName),
        Input::Packet(text) => {
            ctx.session_mut().reads_packets = true;
            line_mode::try_name(ctx, &text);
        }
        // A command that is cut off is none.
        Input::Unended(line) if line.message().is_some_and(|message| FirstLine::of(message).is_irc()) => {}
        Input::Unended(line) => return undecided(ctx, *line),
        Input::Endless => {
            ctx.say(Phrase::BadName { why: NameError::TooLong, suggestion: None });
            ctx.close(Departure::NotIrc);
        }
    }
    None
}

/// Handles a line of a connection that had to be encrypted. A client that can read where to go is
/// told (IRCv3, Strict Transport Security); everything else is answered by one sentence.
fn refuse_plain(ctx: &mut Context<'_>, input: &Input) {
    let message = input.message();
    let first = message.map_or(FirstLine::Other, FirstLine::of);
    if first.is_irc() {
        decide_irc(ctx);
    }
    match message {
        Some(message) if caps::send_upgrade_policy(ctx, message) => ctx.finish(),
        _ if matches!(first, FirstLine::Http) => ctx.close(Departure::NotIrc),
        _ => ctx.close(Departure::NotEncrypted),
    }
}

fn decide_irc(ctx: &mut Context<'_>) {
    if let Some(registration) = ctx.session_mut().registration() {
        registration.is_irc = true;
    }
}

/// A line of a client.
fn hear(ctx: &mut Context<'_>, input: Input) {
    match input {
        Input::Message(message) => {
            obey(ctx, &message);
            ctx.hold(Some(message));
        }
        Input::Bad(line) if line.fault == Fault::NoCommand && ctx.session().user().is_none() => {
            ctx.reply(numeric::ERR_NOTREGISTERED, &[], "You have not registered");
        }
        input @ Input::Bad(_) => refuse::bad(ctx, &input),
        Input::Endless => {
            ctx.reply(numeric::ERR_INPUTTOOLONG, &[], "Input line was too long");
            ctx.close(Departure::NotIrc);
        }
        // Empty lines are ignored, and so is a line without its line end (Modern, Message Format).
        Input::Blank | Input::Packet(_) | Input::Unended(_) => {}
    }
}

fn obey(ctx: &mut Context<'_>, message: &Message) {
    let me = ctx.session().user();
    let caps = ctx.caps();
    // A line of a batch is not run as a command.
    if caps.has(Caps::MULTILINE)
        && me.is_some()
        && let Some(id) = message.tag("batch")
    {
        return multiline::line(ctx, message, &id);
    }
    let known = find(message.command()).filter(|command| caps.has(command.needs));
    let command = match (known, me) {
        (Some(Command { run: Run::Registered(_), .. }) | None, None) => {
            return ctx.reply(numeric::ERR_NOTREGISTERED, &[], "You have not registered");
        }
        (None, Some(_)) => {
            let name = short(message.command());
            return ctx.reply(numeric::ERR_UNKNOWNCOMMAND, &[name], "Unknown command");
        }
        (Some(command), _) => command,
    };
    if message.params().take(command.least).count() < command.least {
        return ctx.reply(numeric::ERR_NEEDMOREPARAMS, &[command.name], "Not enough parameters");
    }
    match (command.run, me) {
        (Run::Always(run), _) => run(ctx, message),
        (Run::Registered(run), Some(me)) => run(ctx, me, message),
        (Run::Registered(_), None) => {}
    }
}

/// Goes on with a line that was left unfinished.
pub(super) fn go_on(ctx: &mut Context<'_>, Unfinished { message, rest, label, batch }: Unfinished) {
    (ctx.label, ctx.around) = (label, batch);
    if let Some(me) = ctx.session().user() {
        resume(ctx, me, message.as_ref(), rest);
    }
    ctx.hold(message);
    ctx.finish();
}

/// Goes on as far as the slice goes. A reply that nobody reads ends here, what others see does not.
fn resume(ctx: &mut Context<'_>, me: UserId, message: Option<&Message>, rest: Rest) {
    match (rest, message) {
        (Rest::Items { item, next }, Some(message)) => resume_items(ctx, me, message, (item, next)),
        (Rest::Found(found), Some(message)) if !ctx.state.redacted.knows_since(found.as_of) => {
            take_too_long(ctx, message);
        }
        (Rest::Found(found), Some(message)) if message.is("REDACT") => {
            redact::go_on(ctx, me, message, found.records.as_slice());
        }
        _ if !ctx.has_reader() => {}
        (Rest::Rooms { after, wall_us }, Some(message)) => {
            list::list_after(ctx, me, message, (Some(&after), wall_us));
        }
        (Rest::People { room, people }, Some(message)) => who::go_on(ctx, me, message, (room, people)),
        (Rest::Names { room, people, entered }, _) => {
            rooms::send_names_of(ctx, (room, people), entered);
        }
        (Rest::Records { room, found, batch }, _) => history::send_records(ctx, room, found, batch),
        (Rest::Found(found), Some(message)) if message.is("SEARCH") => search::go_on(ctx, found),
        (Rest::TooLong, Some(message)) => take_too_long(ctx, message),
        (Rest::Found(found), Some(message)) => history::go_on(ctx, message, found),
        (Rest::Motd { next }, _) => about::send_motd_from(ctx, next),
        // Without their line these can't go on; `Whowas` goes on with its item of a list.
        (
            Rest::Items { .. }
            | Rest::Rooms { .. }
            | Rest::People { .. }
            | Rest::Whowas { .. }
            | Rest::Found(_)
            | Rest::TooLong,
            _,
        ) => {}
    }
}

fn take_too_long(ctx: &mut Context<'_>, message: &Message) {
    let text = "The disk takes too long to answer, ask for less";
    refuse::try_again(ctx, &message.command().to_uppercase(), ("TRY_AGAIN", None), text);
}

/// Goes on with the rest of one item, and with the items behind it, which are obeyed even if nobody
/// reads the replies.
fn resume_items(
    ctx: &mut Context<'_>,
    me: UserId,
    message: &Message,
    (item, next): (Option<Box<Rest>>, usize),
) {
    match item.map(|item| *item) {
        Some(Rest::Whowas { before, told }) if ctx.has_reader() => {
            whowas::go_on(ctx, message, next, (before, told))
        }
        Some(item) => resume(ctx, me, Some(message), item),
        None => {}
    }
    if ctx.pause_items(next, true) {
        return;
    }
    match find(message.command()).map(|command| command.name) {
        Some("JOIN") => rooms::join_from(ctx, me, message, next),
        Some("PART") => rooms::part_from(ctx, me, message, next),
        Some("KICK") => rooms::kick_from(ctx, me, message, next),
        Some("NAMES") if ctx.has_reader() => rooms::names_from(ctx, message, next),
        Some("WHOWAS") if ctx.has_reader() => whowas::whowas_from(ctx, message, next),
        _ => {}
    }
}
