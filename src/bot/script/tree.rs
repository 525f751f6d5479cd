//! What the lines of a script say.

use super::keyword::{Command, Key};
use super::template::Template;
use crate::bot::pattern::Style;
use crate::text::Lang;
use std::ops::Range;
use std::time::Duration;

/// A script as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The language of its first keyword; where there is none, Chinese if it holds
    /// Chinese characters, else English.
    pub lang: Lang,
    /// Lines that mean something.
    pub lines: Vec<Line>,
}

/// A line of a script and its number, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub number: usize,
    pub item: Item,
}

/// What one line says. From `together {` ([`Item::Together`]) up to the next `}` ([`Item::End`])
/// all steps are taken at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Directive { key: Key, value: String },
    Step(Step<Text>),
    Expect(Expect<Text>),
    Each { name: String, from: i64, to: i64, step: Step<Text> },
    Together,
    End,
    Let { name: String, value: Text },
    Wait(Duration),
    Outage(Outage),
}

/// What our own server suffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It is killed.
    Dies,
    /// It is started again.
    Restarts,
}

/// Somebody does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<T> {
    /// `!`: the server must refuse it.
    pub refused: bool,
    pub actor: T,
    pub action: Action<T>,
}

/// What is done. `Join` is under another name than the script's where it has a name, `Leave` is
/// altogether where it names no room; `Line` is one line (`>>`), `Bytes` are bytes whose escapes
/// are not yet undone (`>>>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<T> {
    Say { room: Option<T>, text: T },
    Join { room: Option<T>, name: Option<T> },
    Leave { room: Option<T>, reason: Option<T> },
    Connect,
    Fault(Fault),
    Command { command: Command, args: T },
    Line(T),
    Bytes(T),
}

/// What a connection may suffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is reset.
    Drop,
    /// Nothing more is read from it.
    Stall,
    Resume,
    /// Another one takes its place.
    Reconnect,
}

/// What somebody must see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect<T> {
    pub who: Who<T>,
    pub check: Check<T>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who<T> {
    Named(Vec<T>),
    Everyone,
    Others,
    Server,
}

/// `Raw` is a `<<`: a protocol line without its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check<T> {
    Sees { mods: Mods, pattern: T },
    Nothing,
    Raw { mods: Mods, pattern: T },
}

/// How a pattern is read, and how often it must be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mods {
    pub style: Style,
    /// 1 to [`MOST_TIMES`].
    pub times: usize,
}

/// The largest count of `(xN)`.
pub const MOST_TIMES: usize = 100_000;

/// A text and where it stands in its line, in bytes; equal when the texts are.
#[derive(Debug, Clone)]
pub struct Text {
    pub value: Template,
    pub at: Range<usize>,
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.value == other.value
    }
}

impl Eq for Text {}

impl<T> Action<T> {
    /// The same action of other texts.
    ///
    /// # Errors
    /// The first of `to`.
    pub fn try_map<U, E>(&self, mut to: impl FnMut(&T) -> Result<U, E>) -> Result<Action<U>, E> {
        let mut maybe = |text: &Option<T>| text.as_ref().map(&mut to).transpose();
        Ok(match self {
            Action::Say { room, text } => Action::Say { room: maybe(room)?, text: to(text)? },
            Action::Join { room, name } => Action::Join { room: maybe(room)?, name: maybe(name)? },
            Action::Leave { room, reason } => Action::Leave { room: maybe(room)?, reason: maybe(reason)? },
            Action::Connect => Action::Connect,
            Action::Fault(fault) => Action::Fault(*fault),
            Action::Command { command, args } => Action::Command { command: *command, args: to(args)? },
            Action::Line(line) => Action::Line(to(line)?),
            Action::Bytes(bytes) => Action::Bytes(to(bytes)?),
        })
    }
}
