//! What stands on the terminal: the conversation, and below it the line that is typed.
//!
//! One thread at a time draws, and each drawing is one write that takes the
//! typed line away, adds to the conversation and puts the line back. So nothing tears
//! anything, and nothing waits for what the line editor is doing.

use super::clock::{moment, now};
use super::input::Trace;
use super::model::Item;
use super::paint::Colours;
use super::past::{Past, What};
use super::prompt::{Frame, Line};
use super::show::{Look, Moment, Row, Style};
use super::terminal::{self, Terminal};
use crate::text::Lang;
use crate::text::sanitise::for_drawing;
use rustyline::GraphemeClusterMode;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The bell rings for messages at most once in this time.
const BELL_PAUSE: Duration = Duration::from_secs(1);

const BELL: &str = "\x07";
const HOME: &str = "\x1b[H";
const CLEAR_ROW: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";
/// Ends a row; not all terminals do so themselves.
const END: &str = "\r\n";

/// Shared by the input thread and the printing thread.
#[derive(Debug, Clone)]
pub(super) struct Canvas(Arc<Mutex<Drawing>>);

#[derive(Debug)]
struct Drawing {
    terminal: Arc<Terminal>,
    lang: Lang,
    colours: Colours,
    /// The terminal draws joined characters as one.
    joins: bool,
    /// The terminal passes over control strings that it does not know.
    links: bool,
    past: Past,
    /// The line that is typed, with the style of its prompt; None between two lines.
    line: Option<(Line, Style)>,
    /// What names the current room before the prompt; empty where there is only one.
    room: String,
    /// We are stopped, and the shell has the terminal: the line is not drawn.
    paused: bool,
    /// Rows between the first of the line and the one with the cursor.
    above: usize,
    /// When the bell was rung last for a message.
    rung: Option<Instant>,
}

impl Canvas {
    pub(super) fn new(terminal: Arc<Terminal>, lang: Lang, colours: Colours) -> Canvas {
        let joins = GraphemeClusterMode::from_env() == GraphemeClusterMode::Unicode;
        Canvas(Arc::new(Mutex::new(Drawing {
            terminal,
            lang,
            colours,
            joins,
            links: terminal::knows_strings(),
            past: Past::default(),
            line: None,
            room: String::new(),
            paused: false,
            above: 0,
            rung: None,
        })))
    }

    /// Adds to the conversation.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn show(&self, items: &[Item]) -> io::Result<()> {
        self.lock().show(items)
    }

    /// The line that is typed is this now. Where the terminal is gone, its keys end.
    pub(super) fn edit(&self, line: Line, style: Style) {
        let mut drawing = self.lock();
        drawing.terminal.in_line.store(true, Ordering::SeqCst);
        drawing.line = Some((line, style));
        let _ = drawing.draw("");
    }

    /// The line is finished, and this is what stays of it.
    pub(super) fn finish(&self, trace: Trace) {
        let mut drawing = self.lock();
        let Some((line, style)) = drawing.line.take() else {
            return;
        };
        drawing.terminal.in_line.store(false, Ordering::SeqCst);
        let rows = match trace {
            Trace::Message(text) => drawing.add(What::Own(text), now()),
            Trace::Echo => drawing.add(What::Typed { prompt: line.prompt, text: line.text, style }, now()),
            Trace::Nothing => String::new(),
        };
        let _ = drawing.draw(&rows);
    }

    /// Nothing more is typed: a prompt behind which nothing stands would look as if somebody could type there.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn end(&self) -> io::Result<()> {
        let mut drawing = self.lock();
        if drawing.line.take_if(|(line, _)| line.text.is_empty()).is_none() {
            return Ok(());
        }
        drawing.terminal.in_line.store(false, Ordering::SeqCst);
        drawing.draw("")
    }

    /// Draws all anew: the window has changed, or others have written to it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn again(&self) -> io::Result<()> {
        self.lock().again()
    }

    /// The current room, where there are several: it stands before the prompt.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn room(&self, room: Option<&str>) -> io::Result<()> {
        let mut drawing = self.lock();
        drawing.room = room.map_or_else(String::new, |room| format!("{} ", for_drawing(room)));
        drawing.draw("")
    }

    pub(super) fn title(&self, title: &str) {
        self.lock().terminal.title(title);
    }

    /// Takes the line away and lends the terminal: the shell gets the rows from there on.
    pub(super) fn pause(&self) {
        let mut drawing = self.lock();
        if !std::mem::replace(&mut drawing.paused, true) {
            let _ = drawing.draw("");
            drawing.terminal.in_line.store(false, Ordering::SeqCst);
            drawing.terminal.lend();
        }
    }

    /// Puts the line back, below what the shell has written.
    pub(super) fn resume(&self) {
        let mut drawing = self.lock();
        drawing.paused = false;
        drawing.terminal.in_line.store(drawing.line.is_some(), Ordering::SeqCst);
        let _ = drawing.draw("");
    }

    /// Takes away all but the line.
    pub(super) fn clear(&self) {
        let drawing = &mut *self.lock();
        drawing.above = 0;
        let line = drawing.line();
        let _ = drawing.terminal.write(&format!("{HOME}{CLEAR_BELOW}{line}"));
    }

    /// Tells that a key did nothing.
    pub(super) fn ring(&self) {
        let _ = self.lock().terminal.write(BELL);
    }

    /// Whether this has room as the line that is typed.
    pub(super) fn fits(&self, text: String) -> bool {
        let drawing = self.lock();
        let prompt = drawing.typed().map(|(line, _)| line.prompt).unwrap_or_default();
        Line { prompt, text, ..Line::default() }.fits(drawing.frame())
    }

    fn lock(&self) -> MutexGuard<'_, Drawing> {
        // After a panic the drawing may be incomplete; it is drawn anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawing {
    fn show(&mut self, items: &[Item]) -> io::Result<()> {
        let mut text = String::new();
        let mut withdrawn = false;
        for item in items {
            match item.inner() {
                Item::Bell if self.rung.is_none_or(|rung| rung.elapsed() >= BELL_PAUSE) => {
                    self.rung = Some(Instant::now());
                    text.push_str(BELL);
                }
                Item::Clear => {
                    text.push_str(HOME);
                    text.push_str(CLEAR_BELOW);
                }
                Item::Redacted { id, own, .. } => withdrawn |= self.past.withdraw(id, own.as_deref()),
                _ => {}
            }
            let at = match item.inner() {
                Item::Said { at: Some(at), .. } => moment(*at),
                _ => now(),
            };
            text += &self.add(What::Item(item.clone()), at);
        }
        match text.as_str() {
            "" => {}
            BELL => self.terminal.write(BELL)?,
            _ => self.draw(&text)?,
        }
        if withdrawn { self.again() } else { Ok(()) }
    }

    fn add(&mut self, what: What, at: Moment) -> String {
        let look = self.look();
        let rows = self.past.add(what, &look, at);
        self.rows(&rows, END)
    }

    /// Takes the line away, writes finished rows, and puts the line back.
    fn draw(&mut self, rows: &str) -> io::Result<()> {
        let mut text = "\r".to_owned();
        if self.above > 0 {
            text += &format!("\x1b[{}A", self.above);
        }
        text += CLEAR_BELOW;
        text += rows;
        text += &self.line();
        self.terminal.write(&text)
    }

    /// The line as it is drawn from the first column of an empty row on.
    fn line(&mut self) -> String {
        self.above = 0;
        let Some((line, style)) = self.typed().filter(|_| !self.paused) else {
            return String::new();
        };
        let picture = line.picture(style, self.frame());
        let mut text = self.rows(&picture.rows, END);
        text.truncate(text.len() - END.len());
        let (row, column) = picture.cursor;
        let up = picture.rows.len() - 1 - row;
        if up > 0 {
            text += &format!("\x1b[{up}A");
        }
        text.push('\r');
        if column > 0 {
            text += &format!("\x1b[{column}C");
        }
        self.above = row;
        text
    }

    /// The line that is typed, with the room before its prompt.
    fn typed(&self) -> Option<(Line, Style)> {
        let (line, style) = self.line.as_ref()?;
        let room = if line.names_room { self.room.as_str() } else { "" };
        Some((Line { prompt: format!("{room}{}", line.prompt), ..line.clone() }, *style))
    }

    /// Row by row over what stands there: clearing it would put a copy of it into the
    /// scrollback of some terminals.
    fn again(&mut self) -> io::Result<()> {
        let columns = self.terminal.columns();
        let below = self.typed().map_or(1, |(line, style)| line.picture(style, self.frame()).rows.len());
        let count = self.terminal.rows().saturating_sub(below);
        let last = self.past.last(count, &self.look());
        if last.is_empty() {
            return self.draw("");
        }
        let mut text = HOME.to_owned();
        for row in &last {
            text += &self.rows(std::slice::from_ref(row), "");
            // Behind a full row the cursor still stands on its last character.
            let is_full = unicode_width::UnicodeWidthStr::width(row.text().as_str()) >= columns;
            text += if is_full { "" } else { CLEAR_ROW };
            text += END;
        }
        text += CLEAR_BELOW;
        text += &self.line();
        self.terminal.write(&text)
    }

    fn rows(&self, rows: &[Row], end: &str) -> String {
        rows.iter().map(|row| self.colours.row(row, self.links) + end).collect()
    }

    fn look(&self) -> Look {
        Look { lang: self.lang, columns: Some(self.terminal.columns()), time: false }
    }

    fn frame(&self) -> Frame {
        Frame { columns: self.terminal.columns(), height: self.terminal.rows(), joins: self.joins }
    }
}
