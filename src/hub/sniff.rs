//! Finds out which protocol a connection speaks.
//!
//! Only a command with which IRC clients begin decides for IRC, and only an accepted name decides
//! for line mode. Everything else is answered by a sentence, and the next line is tried again.

use super::context::Context;
use super::decoder::{ANYTIME, BEGINNINGS, HTTP, means_irc};
use super::fact::Departure;
use super::input::{BadLine, Fault, Input};
use super::line_mode;
use crate::text::{NameError, Phrase};
use crate::wire::Message;

/// Whether a line is the first of a browser's request.
fn is_http(line: &str) -> bool {
    let mut words = line.split(' ');
    let is_method = words.next().is_some_and(|method| HTTP.contains(&method));
    is_method && words.nth(1).is_some_and(|version| version.starts_with("HTTP/1."))
}

/// Handles a line of a connection whose protocol is not known. Returns the line if it is to be
/// obeyed as IRC.
pub(super) fn hear(ctx: &mut Context<'_>, input: Input) -> Option<Input> {
    match input {
        Input::Message(message) if means_irc(&message) || message.is("QUIT") => {
            decide_irc(ctx);
            Some(Input::Message(message))
        }
        Input::Message(message) if message.is("PING") || message.is("PONG") => Some(Input::Message(message)),
        Input::Message(message) if is_http(message.line()) => {
            ctx.close(Departure::NotIrc);
            None
        }
        Input::Message(message) => {
            line_mode::try_name(ctx, message.line());
            None
        }
        Input::Bad(line) if line.fault == Fault::NotUtf8 && is_beginning(&line.text) => {
            decide_irc(ctx);
            Some(Input::Bad(line))
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
            None
        }
        Input::Blank => {
            ctx.say(Phrase::AskName);
            None
        }
        Input::Packet(text) => {
            ctx.session_mut().reads_packets = true;
            line_mode::try_name(ctx, &text);
            None
        }
        // A command without its line end is ignored.
        Input::Unended(line) if line.message().is_some_and(is_command) => None,
        Input::Unended(line) => hear(ctx, *line),
        Input::Endless => {
            ctx.say(Phrase::BadName { why: NameError::TooLong, suggestion: None });
            ctx.close(Departure::NotIrc);
            None
        }
    }
}

fn is_command(message: &Message) -> bool {
    means_irc(message) || ANYTIME.iter().any(|command| message.is(command))
}

fn is_beginning(command: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| command.eq_ignore_ascii_case(beginning))
}

fn decide_irc(ctx: &mut Context<'_>) {
    if let Some(registration) = ctx.session_mut().registration() {
        registration.is_irc = true;
    }
}
