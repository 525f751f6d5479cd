//! How a sentence becomes rows: in the person's language, wrapped at the window's width.

use super::style::{Row, Style};
use crate::text::sanitise::for_drawing;
use crate::text::server_words::translated;
use crate::text::wrap::{parted, without_tabs, wrap};
use crate::text::{Lang, Phrase};
use unicode_width::UnicodeWidthStr;

/// Columns of a time and of the blanks beside it.
pub(super) const TIME_COLUMNS: usize = 8;
/// A window narrower than this has no room for times.
pub(super) const LEAST_COLUMNS: usize = 32;

/// How things are to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub lang: Lang,
    /// The terminal's width; None where lines may be as long as they are.
    pub columns: Option<usize>,
    /// The first row leaves room for the time at its right.
    pub time: bool,
}

impl Look {
    /// The text beside its head, and its later lines under its first one; where
    /// lines may be as long as they are, each has a head.
    pub(super) fn hanging(&self, head: &str, style: Style, text: &str, body: Style) -> Vec<Row> {
        // From where the text begins: the indentation of code depends on nobody's name.
        let lines = text.split('\n').map(|line| drawn(&without_tabs(line, 0)));
        let Some(columns) = self.columns else {
            return lines.map(|line| Row::of(style, head).and(body, line)).collect();
        };
        // A name that takes most of a narrow window gets a line of its own.
        let alone = head.width() * 2 > columns;
        let indent = if alone { 2 } else { head.width() };
        let mut rows = Vec::new();
        if alone {
            rows.push(Row::of(style, head.trim_end()));
        }
        for line in lines {
            // Code goes on under itself. What wrapping leaves of a blank line is nothing, and still a row.
            let words = line.trim_start_matches(' ');
            let blanks = (line.len() - words.len()).min((columns - indent) / 2);
            let time = if rows.is_empty() { self.time_columns() } else { 0 };
            let wrapped = wrap(words, columns, indent + blanks + time, indent + blanks);
            for line in wrapped {
                let line = match line.trim_start() {
                    "" => String::new(),
                    line => format!("{}{line}", " ".repeat(blanks)),
                };
                rows.push(match rows.is_empty() {
                    true => Row::of(style, head).and(body, line),
                    // The indent keeps the terminal's own ground.
                    false => Row::of(Style::Plain, " ".repeat(indent)).and(body, line),
                });
            }
        }
        rows
    }

    pub(super) fn notice(&self, sentence: &str) -> Vec<Row> {
        sentence.lines().flat_map(|line| self.wrapped(Style::Notice, line)).collect()
    }

    pub fn wrapped(&self, style: Style, text: &str) -> Vec<Row> {
        match self.columns {
            None => vec![Row::of(style, parted(text))],
            Some(columns) => wrap(text, columns, self.time_columns(), 2)
                .into_iter()
                .map(|line| Row::of(style, line))
                .collect(),
        }
    }

    fn time_columns(&self) -> usize {
        if self.time { TIME_COLUMNS } else { 0 }
    }

    /// What the server says, in the person's language where it is known.
    pub(super) fn words(&self, text: &str) -> String {
        translated(text, self.lang).map_or_else(|| drawn(text), |text| drawn(&text))
    }

    pub(super) fn say(&self, phrase: Phrase<'_>) -> String {
        phrase.say(self.lang)
    }
}

pub(super) fn drawn(text: &str) -> String {
    for_drawing(text).into_owned()
}
