//! How a sentence becomes rows: in the person's language, wrapped at the window's width.

use super::style::{Row, Span, Style};
use crate::text::sanitise::for_drawing;
use crate::text::server_words::translated;
use crate::text::wrap::{parted, web_links, without_tabs, wrap};
use crate::text::{Lang, Phrase};
use std::ops::Range;
use std::sync::Arc;
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
            for spans in linked(words, &wrapped, body) {
                // The indent keeps the terminal's own ground.
                let row = match rows.is_empty() {
                    true => Row::of(style, head),
                    false => Row::of(Style::Plain, " ".repeat(indent)),
                };
                let is_blank = spans.iter().all(|span| span.text.is_empty());
                let row = if is_blank || blanks == 0 { row } else { row.and(body, " ".repeat(blanks)) };
                rows.push(spans.into_iter().fold(row, Row::with));
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
            Some(columns) => {
                let rows = wrap(text, columns, self.time_columns(), 2);
                let indented = |(row, spans): (&String, Vec<Span>)| {
                    let indent = &row[..row.len() - row.trim_start().len()];
                    let row = if indent.is_empty() { Row::default() } else { Row::of(style, indent) };
                    spans.into_iter().fold(row, Row::with)
                };
                rows.iter().zip(linked(text, &rows, style)).map(indented).collect()
            }
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

/// The wrapped rows of a line, without their indents. A web address that is broken over several is known in
/// each of them, so that a terminal opens all of it.
fn linked(line: &str, rows: &[String], style: Style) -> Vec<Vec<Span>> {
    // Where each row stands in the line: wrapping leaves nothing out but blanks.
    let mut at = 0;
    let mut places: Vec<Range<usize>> = Vec::new();
    for row in rows.iter().map(|row| row.trim_start()) {
        at = line[at..].find(row).map_or(line.len(), |blanks| at + blanks);
        places.push(at..(at + row.len()).min(line.len()));
        at = (at + row.len()).min(line.len());
    }
    let is_in = |link: &Range<usize>, place: &Range<usize>| link.start < place.end && place.start < link.end;
    let mut links = web_links(line);
    links.retain(|link| places.iter().filter(|place| is_in(link, place)).count() > 1);
    let links: Vec<(Range<usize>, Arc<str>)> =
        links.into_iter().map(|link| (link.clone(), line[link].into())).collect();
    let spans = |(row, place): (&String, &Range<usize>)| {
        let plain = |text: &str| Span { style, text: text.to_owned(), link: None };
        let mut spans = Vec::new();
        let mut at = place.start;
        for (link, address) in links.iter().filter(|(link, _)| is_in(link, place)) {
            let part = link.start.max(place.start)..link.end.min(place.end);
            spans.push(plain(&line[at..part.start]));
            at = part.end;
            spans.push(Span { link: Some(Arc::clone(address)), ..plain(&line[part]) });
        }
        match spans.is_empty() {
            true => spans.push(plain(row.trim_start())),
            false => spans.push(plain(&line[at..place.end])),
        }
        spans
    };
    rows.iter().zip(&places).map(spans).collect()
}

pub(super) fn drawn(text: &str) -> String {
    for_drawing(text).into_owned()
}
