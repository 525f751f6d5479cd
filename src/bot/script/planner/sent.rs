//! Every word of a step must be on the wire as it is written.

use super::super::command_args::words;
use super::super::keyword::{Word, command_name, of};
use super::super::syntax::Syntax;
use super::super::tree::{Action, Step, Text};
use super::people::Planner;

/// No line can carry these; the encoder would drop them.
const NOT_IN_A_LINE: [char; 3] = ['\0', '\r', '\n'];

impl Planner<'_> {
    pub(super) fn sent(&self, step: &Step<Text>, name: &str, filled: &Action<String>) -> Result<(), Syntax> {
        if matches!(step.action, Action::Join { .. }) {
            is_a_word(&step.actor, name, "a name")?;
        }
        match (&step.action, filled) {
            (Action::Say { room, text }, Action::Say { room: in_room, text: said }) => {
                is_a_room(room, in_room)?;
                fits_a_line(text, said)
            }
            (Action::Join { room, name }, Action::Join { room: to, name: called }) => {
                is_a_room(room, to)?;
                let both = name.as_ref().zip(called.as_ref());
                both.map_or(Ok(()), |(name, called)| is_a_word(name, called, "a name"))
            }
            (Action::Leave { room, reason }, Action::Leave { room: from, reason: why }) => {
                is_a_room(room, from)?;
                reason.as_ref().zip(why.as_ref()).map_or(Ok(()), |(text, why)| fits_a_line(text, why))
            }
            (Action::Command { args: text, .. }, Action::Command { command, args }) => {
                fits_a_line(text, args)?;
                let told = |Syntax { at, what, expected, mean, .. }| {
                    let written = text.at.len() == args.len() && text.value.is_literal();
                    let at = if written {
                        text.at.start + at.start..text.at.start + at.end
                    } else {
                        text.at.clone()
                    };
                    let line = format!(
                        "; or `>>` and the protocol's own line for what /{} lacks",
                        command_name(*command)
                    );
                    Syntax::new(at, what).expected(expected.unwrap_or_default() + &line).mean(mean)
                };
                words(*command, args).map(drop).map_err(told)
            }
            (Action::Line(text), Action::Line(line)) => fits_a_line(text, line),
            _ => Ok(()),
        }
    }

    /// Somebody who is in under one name gets no other by coming in once more.
    pub(super) fn keeps_the_name(&self, step: &Step<Text>, name: &str) -> Result<(), Syntax> {
        let (Action::Join { name: Some(other), .. }, Some((actor, _))) =
            (&step.action, self.people.get(name))
        else {
            return Ok(());
        };
        match self.registered.get(actor) {
            Some(line) => {
                let what =
                    format!("{name} is in since line {line}, and `{}` gives no other name", of(Word::As).en);
                Err(Syntax::new(other.at.clone(), what).expected(format!("`{name} /nick {}`", other.value)))
            }
            None => Ok(()),
        }
    }
}

fn fits_a_line(written: &Text, text: &str) -> Result<(), Syntax> {
    let Some(c) = text.chars().find(|c| NOT_IN_A_LINE.contains(c)) else { return Ok(()) };
    let what = format!("no line of the protocol can hold {} (U+{:04X})", spelled(c), u32::from(c));
    Err(Syntax::new(written.at.clone(), what)
        .expected("another text; `>>>` sends any bytes: \\x00, \\r, \\n"))
}

fn spelled(c: char) -> &'static str {
    match c {
        '\0' => "a NUL",
        '\r' => "a carriage return",
        _ => "a line feed",
    }
}

fn is_a_room(written: &Option<Text>, room: &Option<String>) -> Result<(), Syntax> {
    let both = written.as_ref().zip(room.as_ref());
    both.map_or(Ok(()), |(written, room)| is_a_word(written, room, "a room's name"))
}

/// One parameter in the middle of a line.
fn is_a_word(written: &Text, word: &str, what: &str) -> Result<(), Syntax> {
    fits_a_line(written, word)?;
    match word.is_empty() || word.starts_with(':') || word.contains(' ') {
        true => Err(Syntax::new(written.at.clone(), format!("`{word}` can't be {what} on the wire"))
            .expected("one word that does not begin with a colon; `>>` sends any line")),
        false => Ok(()),
    }
}
