//! `roomchat join`: a person in the room.
//!
//! The pure parts: `model` is the person's side of the conversation, `command` the table
//! of commands, `input` what a typed line means, `show` how things look, `prompt` how a
//! typed line is drawn, `replies` which keys nobody has pressed.
//!
//! # A key, and a message
//!
//! The line editor (`editor`, with what it does beyond the usual in `bindings`) makes lines
//! of keys, and `input` makes wishes of lines. The main thread (`sitting`, `conversation`) owns the
//! model and waits for the network, the person, signals and the clock at once. What it
//! shows goes to the thread of `printer`. Only `canvas` draws: messages for that thread,
//! the typed line for the editor's, each in one write. So the network never waits for
//! the terminal, nor a message for the editor, nor any signal for anybody: `signals` ends
//! the process itself where nobody else does. Without a terminal `plain` reads and writes
//! lines, as it does on systems whose terminals this program does not know yet.
#![cfg_attr(not(unix), allow(dead_code))]

mod asks;
mod backoff;
#[cfg(unix)]
mod bindings;
#[cfg(unix)]
mod canvas;
mod clock;
pub mod command;
mod completion;
mod connection;
mod conversation;
#[cfg(unix)]
mod editor;
mod errors;
mod face;
mod history;
pub mod input;
mod known;
mod leaving;
pub mod model;
mod paint;
#[cfg(unix)]
mod past;
mod plain;
mod printer;
#[cfg(unix)]
mod prompt;
#[cfg(unix)]
mod replies;
mod secret;
pub mod show;
mod signals;
mod sitting;
#[cfg(unix)]
mod terminal;
#[cfg(not(unix))]
#[path = "no_terminal.rs"]
mod terminal;

use crate::cli;
use crate::text::{Lang, Name, Phrase};
use std::io::{self, Write};
use std::process::ExitCode;

/// Left normally.
const LEFT: u8 = 0;
/// Refused, or lost for good.
const REFUSED: u8 = 1;
/// A wrong argument.
const USAGE: u8 = 2;
/// Ended by the signal of this number, as shells count it.
const fn by_signal(number: u8) -> u8 {
    128u8.saturating_add(number)
}

/// Comes into a room and stays until the person leaves.
pub fn run(args: &cli::Join) -> ExitCode {
    let lang = args.lang.unwrap_or_else(|| Lang::from_env(|key| std::env::var(key).ok()));
    let plan = match Plan::resolve(args, lang) {
        Ok(plan) => plan,
        Err(sentence) => {
            complain(&sentence);
            return USAGE.into();
        }
    };
    match sitting::sit(plan) {
        Ok(code) => code.into(),
        Err(error) => {
            complain(&error.to_string());
            REFUSED.into()
        }
    }
}

/// The arguments, understood.
#[derive(Debug)]
struct Plan {
    lang: Lang,
    name: Option<Name>,
    host: String,
    port: u16,
    room: Option<String>,
    plain: bool,
    /// Lines of a pipe may be commands.
    commands: bool,
}

impl Plan {
    /// # Errors
    /// A sentence that says what is wrong.
    fn resolve(args: &cli::Join, lang: Lang) -> Result<Plan, String> {
        let (host, port) = cli::host_and_port(&args.server, args.port)?;
        let name = args.name.as_deref().map(|name| parse_name(name, lang)).transpose()?;
        let room = args.room.as_deref().map(room_name).transpose()?;
        Ok(Plan { lang, name, host, port, room, plain: args.plain, commands: args.commands })
    }

    fn address(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// # Errors
/// A sentence that says why not, and what would do.
fn parse_name(name: &str, lang: Lang) -> Result<Name, String> {
    Name::parse(name.trim()).map_err(|why| {
        let suggestion = Name::suggest(name).map(|name| name.to_string());
        Phrase::BadName { why, suggestion: suggestion.as_deref() }.say(lang)
    })
}

/// A room of any IRC server (RFC 2812, 1.3); the server judges the rest.
fn room_name(room: &str) -> Result<String, String> {
    let forbidden = |c: char| c.is_control() || c == ' ' || c == ',';
    match room.starts_with(['#', '&']) && !room.contains(forbidden) {
        true => Ok(room.to_owned()),
        false => Err(format!("'{}' is no room: write #lobby", room.escape_debug())),
    }
}

/// Says something on standard error; where that is gone nobody listens.
fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}
