//! What the line editor asks while somebody types: colours, and what the
//! line looked like last. Runs in the input thread; must never print.

use super::completion::complete;
use super::gate::Gate;
use super::input::{Draft, Trace, trace};
use super::keys::Keys;
use super::known::Known;
use super::paint::Colours;
use super::past::{Past, What};
use super::pieces::{in_pieces, width};
use super::show::{Look, Style};
use super::terminal::{columns, now};
use crate::text::{Lang, Phrase};
use rustyline::GraphemeClusterMode;
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::Validator;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use unicode_segmentation::UnicodeSegmentation;

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Message,
    Answer,
}

#[derive(Debug)]
pub(super) struct Helper {
    pub(super) kind: Kind,
    look: Look,
    colours: Colours,
    known: Arc<Known>,
    /// Told what the editor does.
    gate: Arc<Gate>,
    /// Shared with the printing thread.
    past: Arc<Mutex<Past>>,
    /// The editor has begun to draw its line, and not only what it was handed.
    drawing: Cell<bool>,
    /// This refresh is the line's last: it stays on the screen as it is.
    last: Cell<bool>,
    /// The line as it was typed: without its last refresh, which moves the cursor.
    draft: RefCell<Draft>,
    /// The line that is being drawn; the prompt, drawn before it, depends on it.
    line: RefCell<String>,
    /// The column where it begins, behind the prompt.
    start: Cell<usize>,
    /// The cursor stands at its end.
    at_end: Cell<bool>,
    /// Shared with the handlers of keys.
    pub(super) keys: Arc<Keys>,
}

impl Helper {
    pub(super) fn new(
        lang: Lang,
        colours: Colours,
        gate: Arc<Gate>,
        past: Arc<Mutex<Past>>,
        known: Arc<Known>,
    ) -> Helper {
        Helper {
            kind: Kind::Name,
            look: Look { lang, columns: None },
            colours,
            gate,
            past,
            known,
            drawing: Cell::new(false),
            last: Cell::new(false),
            draft: RefCell::default(),
            line: RefCell::default(),
            start: Cell::new(0),
            at_end: Cell::new(true),
            keys: Arc::default(),
        }
    }

    /// The line as it was seen last.
    pub(super) fn take_draft(&self) -> Draft {
        self.draft.take()
    }

    /// What the line leaves behind; None while it is being typed. Where the
    /// cursor is not at its end, the editor draws the line once more.
    fn trace(&self) -> Option<Trace> {
        if !self.last.get() || !self.at_end.get() {
            return None;
        }
        Some(match self.kind {
            Kind::Name => Trace::Echo,
            Kind::Answer => Trace::Nothing,
            Kind::Message if self.keys.has_ended() => Trace::Nothing,
            Kind::Message => trace(&self.line.borrow()),
        })
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last picture of a message: wrapped at words, as others see it.
    fn message(&self, line: &str, text: &str) -> String {
        let columns = columns();
        let look = Look { columns: Some(columns), ..self.look };
        let mut rows = self.past().add(What::Own(text.to_owned()), &look, now());
        // The editor has drawn the prompt.
        rows[0].0.remove(0);
        let mut picture = self.colours.rows(&rows).trim_end_matches('\n').to_owned();
        // After a line that fills its last row the editor adds a line end of its own.
        if fills_its_row(&format!("{}{line}", Phrase::Prompt.say(look.lang)), columns) {
            picture.push_str(UP);
        }
        picture
    }
}

/// Whether the editor sees the cursor after this text in column 0 of another row.
fn fills_its_row(text: &str, columns: usize) -> bool {
    let mode = GraphemeClusterMode::from_env();
    let widths = text.graphemes(true).map(|cluster| usize::from(mode.width(cluster)));
    // A wide character is not cut: it goes to the next row.
    widths.fold(0, |at, width| if at + width > columns { width } else { at + width }) == columns
}

/// One row up, in the same column.
const UP: &str = "\x1b[A";

/// Instead of a line: the row above, from where the editor's line end comes
/// back to where the line was. What the editor knows of the line is wrong
/// after that, but it has drawn it for the last time.
const NOTHING: &str = UP;

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.trace() {
            Some(Trace::Message(text)) => Cow::Owned(self.message(line, &text)),
            Some(Trace::Echo) if self.kind == Kind::Message => {
                self.past().add(What::Typed(line.to_owned()), &self.look, now());
                Cow::Owned(self.colours.paint(Style::Faint, line))
            }
            Some(Trace::Nothing) => Cow::Borrowed(NOTHING),
            Some(Trace::Echo) | None => {
                in_pieces(line, self.start.get(), columns(), GraphemeClusterMode::from_env())
            }
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.colours.paint(Style::Faint, hint))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, default: bool) -> Cow<'b, str> {
        // A drawing that `highlight_char` was not asked about puts the line
        // back under a text from the printing thread.
        if !self.drawing.take() {
            self.gate.drawn();
        }
        self.start.set(width(prompt));
        let style = match (self.kind, self.trace()) {
            (_, Some(Trace::Nothing)) => return Cow::Borrowed(""),
            (Kind::Message, Some(Trace::Echo)) => Style::Faint,
            (Kind::Message, _) if default => Style::Own,
            (Kind::Answer, _) if default => Style::Question,
            _ => Style::Plain,
        };
        Cow::Owned(self.colours.paint(style, prompt))
    }

    /// Always: a partial redrawing miscounts joined emoji.
    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.drawing.set(true);
        line.clone_into(&mut self.line.borrow_mut());
        self.at_end.set(position == line.len());
        self.last.set(kind == CmdKind::ForcedRefresh);
        match self.last.get() {
            true => self.gate.busy(),
            false => {
                *self.draft.borrow_mut() = Draft::at(line, position);
                self.gate.reading();
            }
        }
        true
    }
}

impl Completer for Helper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(match self.kind {
            Kind::Message => complete(&line[..position], &self.known.names()),
            Kind::Name | Kind::Answer => (0, Vec::new()),
        })
    }
}

/// What is told beside a long line: not for completing it.
#[derive(Debug)]
pub(super) struct Length(String);

impl Hint for Length {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Helper {
    type Hint = Length;

    fn hint(&self, line: &str, _: usize, _: &rustyline::Context<'_>) -> Option<Length> {
        const NEAR: usize = 80;
        let most = self.known.text_bytes();
        if self.kind != Kind::Message || most == 0 || line.len() + NEAR < most {
            return None;
        }
        let phrase = match most.checked_sub(line.len()) {
            Some(bytes) => Phrase::BytesLeft { bytes },
            None => Phrase::Messages { count: line.len().div_ceil(most) },
        };
        Some(Length(format!("  {}", phrase.say(self.look.lang))))
    }
}

impl Validator for Helper {}
impl rustyline::Helper for Helper {}
