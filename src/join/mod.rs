//! `roomchat join`: a person in the room.
//!
//! The pure parts: `model` is the person's side of the conversation, `slash_command` the table
//! of commands, `input` what a typed line means, `show` how things look, `prompt` how a
//! typed line is drawn, `replies` which keys nobody has pressed.
//!
//! # A key, and a message
//!
//! What is typed goes through `keys` to the line editor. That (`editor`, with what it does beyond the usual in `bindings`) makes lines
//! of keys, and `input` makes intents of lines. The main thread (`run`, `app`, `conversation`) owns the
//! model and waits for the network, the person, signals and the clock at once. What it
//! shows goes to the thread of `printer`. Only `canvas` draws: messages for that thread,
//! the typed line for the editor's, each in one write. So the network never waits for
//! the terminal, nor a message for the editor, nor any signal for anybody: `signals` ends
//! the process itself where nobody else does. Without a terminal `plain` reads and writes
//! lines, as it does on systems whose terminals this program does not know yet.
#![cfg_attr(not(unix), allow(dead_code))]

mod app;
mod asks;
mod backoff;
#[cfg(unix)]
mod bindings;
#[cfg(unix)]
mod canvas;
mod clock;
mod completion;
mod connection;
mod conversation;
mod dial;
#[cfg(unix)]
mod editor;
mod editor_hints;
mod errors;
mod exit;
mod frontend;
mod history;
pub mod input;
#[cfg(unix)]
mod keys;
pub mod known_rooms;
mod leaving;
pub mod model;
mod paint;
#[cfg(unix)]
mod past;
mod plain;
mod plan;
mod printer;
#[cfg(unix)]
mod prompt;
mod registration_hold;
#[cfg(unix)]
mod replies;
mod run;
mod secret;
pub mod show;
mod signals;
pub mod slash_command;
mod state_folder;
#[cfg(unix)]
mod terminal;
#[cfg(not(unix))]
#[path = "no_terminal.rs"]
mod terminal;
mod trust;

use crate::cli;
use crate::system_errors;
use crate::text::Lang;
use exit::{REFUSED, USAGE, complain};
use plan::Plan;
use std::process::ExitCode;

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
    match run::run(plan) {
        Ok(code) => code.into(),
        Err(error) => {
            complain(&system_errors::why(&error, lang));
            REFUSED.into()
        }
    }
}
