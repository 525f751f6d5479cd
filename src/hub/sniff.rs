//! Which protocol a connection speaks, as long as that is not decided: what is done for each
//! entry of the table in [`crate::wire::first_bytes`].
//!
//! Only a command with which IRC clients begin decides for IRC, and only an accepted name decides
//! for line mode. Everything else is answered by a sentence, and the next line is tried again.

use super::console_event::Departure;
use super::context::Context;
use super::input::{BadLine, Fault, Input};
use super::line_mode;
use crate::text::{NameError, Phrase};
use crate::wire::first_bytes::{FirstLine, is_irc_command};

/// Handles a line of a connection whose protocol is not known. Returns the line if it is to be
/// obeyed as IRC.
pub(super) fn hear(ctx: &mut Context<'_>, input: Input) -> Option<Input> {
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
                    line_mode::explain(ctx, Phrase::BadName { why: NameError::TooLong, suggestion: None });
                }
                (Fault::NotUtf8, Some(spoken)) => return hear(ctx, Input::from_line(&spoken)),
                (Fault::NotUtf8, None) => line_mode::explain(ctx, Phrase::NotUtf8),
            }
        }
        Input::Blank => ctx.say(Phrase::AskName),
        Input::Packet(text) => {
            ctx.session_mut().reads_packets = true;
            line_mode::try_name(ctx, &text);
        }
        // A command that is cut off is none.
        Input::Unended(line) if line.message().is_some_and(|message| FirstLine::of(message).is_irc()) => {}
        Input::Unended(line) => return hear(ctx, *line),
        Input::Endless => {
            ctx.say(Phrase::BadName { why: NameError::TooLong, suggestion: None });
            ctx.close(Departure::NotIrc);
        }
    }
    None
}

fn decide_irc(ctx: &mut Context<'_>) {
    if let Some(registration) = ctx.session_mut().registration() {
        registration.is_irc = true;
    }
}
