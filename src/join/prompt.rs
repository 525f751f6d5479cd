//! The line that is being typed, as rows of the window with a cursor.
//!
//! Terminals disagree about what is joined of several characters: a family of three
//! takes two columns in one and six in another. So while a line is typed its joined
//! characters stand side by side, where the terminal is not known to draw them whole.

use super::show::{Row, Style};
use crate::text::sanitise::for_drawing;
use crate::text::wrap::row_starts;
use std::collections::BTreeSet;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A line that is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) prompt: String,
    /// Where there are several rooms, the current one stands before the prompt.
    pub(super) names_room: bool,
    pub(super) text: String,
    /// A byte of the text.
    pub(super) cursor: usize,
    /// Told behind the text where it has room.
    pub(super) hint: String,
}

/// The window that a line is drawn in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) columns: usize,
    /// Rows of the whole window.
    pub(super) height: usize,
    /// The terminal draws joined characters as one.
    pub(super) joins: bool,
}

/// Rows that a typed line leaves to the conversation, where the window has more.
const SPARE_ROWS: usize = 6;

impl Frame {
    /// Rows that a typed line may take; a longer one scrolls sideways.
    fn rows(self) -> usize {
        self.height.saturating_sub(SPARE_ROWS).max(1)
    }
}

/// How it is drawn.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) rows: Vec<Row>,
    /// Row and column, from 0.
    pub(super) cursor: (usize, usize),
}

/// What stands where the rest of a line is out of sight.
const CUT: &str = "…";
/// What stands for a line break in a line that scrolls.
const BREAK: &str = "⏎";
/// Columns between tab stops.
const TAB: usize = 8;

/// What is drawn in one piece.
struct Cell<'a> {
    /// Its first byte in the text.
    at: usize,
    drawn: std::borrow::Cow<'a, str>,
    width: usize,
}

impl Line {
    /// The prompt in its style, and the text behind it.
    pub(super) fn picture(&self, style: Style, frame: Frame) -> Picture {
        let prompt = self.prompt_cells(frame);
        let text = cells(&self.text, frame.joins);
        // A question that wraps in a narrow window leaves a row for its answer.
        let rows = frame.rows().max(width(&prompt) / frame.columns + 1);
        let mut whole = draw(style, &prompt, &text, &self.row_starts(), self.cursor, frame.columns);
        if whole.rows.len() > rows {
            let text = self.scrolled(text, frame.columns * rows - width(&prompt), rows);
            whole = draw(style, &prompt, &text, &BTreeSet::new(), self.cursor, frame.columns);
        }
        whole.hint(self.hint.as_str(), rows, frame.columns);
        whole
    }

    /// Whether all of it has room.
    pub(super) fn fits(&self, frame: Frame) -> bool {
        let text = cells(&self.text, frame.joins);
        let (prompt, starts) = (self.prompt_cells(frame), self.row_starts());
        draw(Style::Plain, &prompt, &text, &starts, self.cursor, frame.columns).rows.len() <= frame.rows()
    }

    /// The bytes at which a row may begin, as it may once the text is said; none of a long text, which is
    /// looked at with each key.
    fn row_starts(&self) -> BTreeSet<usize> {
        const LONG: usize = 1000;
        if self.text.len() > LONG {
            return BTreeSet::new();
        }
        let mut begin = 0;
        let lines = self.text.split('\n').flat_map(|line| {
            let first = begin;
            begin += line.len() + 1;
            row_starts(line).into_iter().map(move |at| first + at)
        });
        lines.collect()
    }

    /// The end of the prompt where a small window has no room for it and a few characters.
    fn prompt_cells(&self, frame: Frame) -> Vec<Cell<'_>> {
        const TYPED: usize = 6;
        let room = (frame.columns * frame.height.saturating_sub(1).max(1)).saturating_sub(TYPED);
        let mut prompt = cells(&self.prompt, frame.joins);
        while width(&prompt) > room && !prompt.is_empty() {
            prompt.remove(0);
        }
        prompt
    }

    /// As much around the cursor as has this room, in so many rows.
    fn scrolled<'a>(&self, cells: Vec<Cell<'a>>, room: usize, rows: usize) -> Vec<Cell<'a>> {
        let cut = |at| Cell { at, drawn: CUT.into(), width: CUT.width() };
        // Each row may lose a column to a wide character, and the cursor needs one.
        let room = room.saturating_sub(2 * CUT.width() + rows + 1).max(2);
        let mut cells: Vec<Cell<'a>> = cells
            .into_iter()
            .map(|cell| match &*cell.drawn {
                "\n" => Cell { drawn: BREAK.into(), width: BREAK.width(), ..cell },
                "\t" => Cell { drawn: " ".into(), width: 1, ..cell },
                _ => cell,
            })
            .collect();
        let behind = |cell: &&Cell<'_>| cell.at < self.cursor;
        let before: usize = cells.iter().take_while(behind).map(|cell| cell.width).sum();
        // A quarter of the window at a time, with at least half of it before the cursor.
        let step = (room / 4).max(1);
        let hidden = if before < room { 0 } else { (before - room / 2) / step * step };
        let (mut column, mut first) = (0, 0);
        while column < hidden && first < cells.len() {
            column += cells[first].width;
            first += 1;
        }
        let mut shown = cells.split_off(first);
        let mut taken = 0;
        let fits = |cell: &&Cell<'_>| {
            taken += cell.width;
            taken <= room
        };
        let count = shown.iter().take_while(fits).count();
        if let Some(rest) = shown.get(count).map(|cell| cell.at) {
            shown.truncate(count);
            shown.push(cut(rest));
        }
        if first > 0 {
            shown.insert(0, cut(0));
        }
        shown
    }
}

impl Picture {
    /// Behind the text, or in a row of its own where there may be one more.
    fn hint(&mut self, hint: &str, rows: usize, columns: usize) {
        if hint.is_empty() {
            return;
        }
        let used = self.rows.last().map_or(0, |row| row.text().width());
        let hint = match used + hint.width() < columns {
            true => hint,
            false if self.rows.len() < rows && hint.width() <= columns => {
                self.rows.push(Row::default());
                hint.trim_start()
            }
            false => return,
        };
        if let Some(last) = self.rows.last_mut() {
            *last = std::mem::take(last).and(Style::Faint, hint);
        }
    }
}

fn width(cells: &[Cell<'_>]) -> usize {
    cells.iter().map(|cell| cell.width).sum()
}

/// Where a row is full the next one begins at one of `starts`, if the row has one.
fn draw(
    style: Style,
    prompt: &[Cell<'_>],
    text: &[Cell<'_>],
    starts: &BTreeSet<usize>,
    cursor: usize,
    columns: usize,
) -> Picture {
    let cells: Vec<&Cell<'_>> = prompt.iter().chain(text).collect();
    let places = places(&cells, prompt.len(), starts, columns);
    let mut rows = vec![Row::default()];
    let mut place = None;
    // Behind a full row the cursor stands at the beginning of the next one.
    let behind =
        |Place { row, column, .. }: Place| if column >= columns { (row + 1, 0) } else { (row, column) };
    for (at, (cell, &here)) in cells.iter().zip(&places).enumerate() {
        let is_typed = at >= prompt.len();
        if is_typed && cell.at >= cursor {
            place.get_or_insert(behind(here));
        }
        rows.resize(rows.len().max(here.row + 1), Row::default());
        let style = if is_typed { Style::Plain } else { style };
        match &*cell.drawn {
            "\n" => rows.push(Row::default()),
            "\t" => add(&mut rows, style, &" ".repeat(here.width)),
            drawn if here.width > 0 || cell.width == 0 => add(&mut rows, style, drawn),
            _ => {}
        }
    }
    let end = match (cells.last(), places.last()) {
        (Some(cell), Some(last)) if cell.drawn == "\n" => Place { row: last.row + 1, column: 0, width: 0 },
        (_, Some(last)) => Place { column: last.column + last.width, ..*last },
        (_, None) => Place { row: 0, column: 0, width: 0 },
    };
    let place = place.unwrap_or(behind(end));
    rows.resize(rows.len().max(place.0 + 1), Row::default());
    Picture { rows, cursor: place }
}

/// Where a cell is drawn.
#[derive(Debug, Clone, Copy)]
struct Place {
    row: usize,
    column: usize,
    /// Of a blank behind which the next row begins, 0: it is not seen.
    width: usize,
}

/// The place of each cell; the first `fixed` ones, which are the prompt, go on wherever a row ends.
fn places(cells: &[&Cell<'_>], fixed: usize, starts: &BTreeSet<usize>, columns: usize) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(cells.len());
    let (mut row, mut column, mut first) = (0, 0, 0);
    // From where the text begins, as it is shown once it is said.
    let mut begins = cells[..fixed].iter().map(|cell| cell.width).sum::<usize>() % columns;
    while let Some(cell) = cells.get(places.len()) {
        let at = places.len();
        if cell.drawn == "\n" {
            places.push(Place { row, column, width: 0 });
            (row, column, begins, first) = (row + 1, 0, 0, at + 1);
            continue;
        }
        let is_tab = cell.drawn == "\t";
        let mut width = if is_tab { TAB - column.saturating_sub(begins) % TAB } else { cell.width };
        if column + width > columns && column > 0 {
            let is_blank = at >= fixed && cell.drawn == " " && !starts.is_empty();
            let may_begin = |at: &usize| starts.contains(&cells[*at].at);
            match is_blank {
                true => width = 0,
                // What was drawn of the word goes along.
                false => {
                    let begin = (first.max(fixed) + 1..=at).rev().find(may_begin).unwrap_or(at);
                    places.truncate(begin);
                    (row, column, first) = (row + 1, 0, begin);
                    continue;
                }
            }
        }
        places.push(Place { row, column, width });
        column += width;
    }
    places
}

/// More text in the last row.
fn add(rows: &mut [Row], style: Style, text: &str) {
    let Some(row) = rows.last_mut() else {
        return;
    };
    match row.0.last_mut() {
        Some(span) if span.style == style => span.text += text,
        _ => *row = std::mem::take(row).and(style, text),
    }
}

/// The text in pieces; joined characters are one each where the terminal joins them.
fn cells(text: &str, joins: bool) -> Vec<Cell<'_>> {
    let mut cells = Vec::with_capacity(text.len());
    for (at, cluster) in text.grapheme_indices(true) {
        if matches!(cluster, "\n" | "\t") {
            cells.push(Cell { at, drawn: cluster.into(), width: 0 });
            continue;
        }
        let drawn = for_drawing(cluster);
        if joins {
            cells.push(Cell { at, width: drawn.width(), drawn });
        } else if drawn.contains(is_joined) {
            let next = text[at + cluster.len()..].chars().next();
            apart(at, &drawn, next, &mut cells);
        } else {
            cells.push(Cell { at, width: drawn.chars().filter_map(char::width).sum(), drawn });
        }
    }
    cells
}

const ZWJ: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';

/// What is joined of several characters, side by side. `next` stands behind it.
fn apart<'a>(at: usize, cluster: &str, next: Option<char>, cells: &mut Vec<Cell<'a>>) {
    let first = cells.len();
    for (offset, c) in cluster.char_indices() {
        let after = cluster[offset + c.len_utf8()..].chars().next().or(next);
        match c {
            // Kept in scripts where it joins letters.
            ZWJ if !after.is_some_and(char::is_alphabetic) => {}
            EMOJI_STYLE => {}
            // A modifier of skin tone by itself would be drawn as a block of colour.
            c if is_tone(c) => cells.push(Cell { at, drawn: "  ".into(), width: 2 }),
            c => match (c.width().unwrap_or(0), cells.len() > first, cells.last_mut()) {
                (0, true, Some(base)) => base.drawn.to_mut().push(c),
                (width, ..) => cells.push(Cell { at, drawn: c.to_string().into(), width }),
            },
        }
    }
}

/// Modifiers of skin tone (UTS 51, 1.4.4): two columns each, or none.
fn is_tone(c: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)
}

/// Whether it is, or makes, a part of something joined; two regional indicators make a flag.
fn is_joined(c: char) -> bool {
    c == ZWJ || c == EMOJI_STYLE || is_tone(c) || ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(columns: usize, rows: usize) -> Frame {
        Frame { columns, height: rows + SPARE_ROWS, joins: false }
    }

    fn line(text: &str, cursor: usize) -> Line {
        Line { prompt: "me: ".to_owned(), text: text.to_owned(), cursor, ..Line::default() }
    }

    fn drawn(line: &Line, frame: Frame) -> (Vec<String>, (usize, usize)) {
        let picture = line.picture(Style::Own, frame);
        (picture.rows.iter().map(Row::text).collect(), picture.cursor)
    }

    /// In a line that wraps the cursor stands where typing goes on.
    #[test]
    fn cursor_of_a_wrapped_line() {
        assert_eq!(drawn(&line("abc", 3), frame(10, 4)), (vec!["me: abc".to_owned()], (0, 7)));
        let wrapped = |text: &str, cursor| drawn(&line(text, cursor), frame(10, 4));
        assert_eq!(wrapped("abcdefgh", 8), (vec!["me: abcdef".to_owned(), "gh".to_owned()], (1, 2)));
        assert_eq!(wrapped("abcdef", 6), (vec!["me: abcdef".to_owned(), String::new()], (1, 0)));
        assert_eq!(wrapped("abcdef", 5), (vec!["me: abcdef".to_owned()], (0, 9)));
        assert_eq!(wrapped("abcde字x", 8), (vec!["me: abcde".to_owned(), "字x".to_owned()], (1, 2)));
        assert_eq!(wrapped("a\nb", 2), (vec!["me: a".to_owned(), "b".to_owned()], (1, 0)));
        assert_eq!(drawn(&line("\tb", 1), frame(20, 4)), (vec!["me:         b".to_owned()], (0, 12)));
    }

    /// A word was broken where a row ended, and stood whole once it was said.
    #[test]
    fn a_typed_line_wraps_as_it_is_said() {
        let wrapped = |text: &str, cursor| drawn(&line(text, cursor), frame(20, 6));
        let rows = ["me: 二十欄 hello ", "world 再來一句長的話"].map(str::to_owned).to_vec();
        let text = "二十欄 hello world 再來一句長的話";
        assert_eq!(wrapped(text, text.len()), ([&rows[..], &[String::new()]].concat(), (2, 0)));
        assert_eq!(wrapped(text, "二十欄 hello w".len()), (rows, (1, 1)));
        assert_eq!(wrapped("一二三四五六七八，九", 0).0, ["me: 一二三四五六七", "八，九"]);
        assert_eq!(wrapped("abcdefghijklmnop qrs", 0).0, ["me: abcdefghijklmnop", "qrs"]);
        // Behind a row that is full the blank is not seen, and typing goes on in the next one.
        assert_eq!(wrapped("abcdefghijklmnop ", 17).1, (1, 0));
        assert_eq!(wrapped("abcdefghijklmnopqrstuvw", 0).0, ["me: abcdefghijklmnop", "qrstuvw"]);
        assert_eq!(wrapped("a b\ncccccccccccccccccc dddd", 0).0, ["me: a b", "cccccccccccccccccc ", "dddd"]);
    }

    #[test]
    fn a_high_line_scrolls_around_the_cursor() {
        let text: String = ('a'..='z').collect();
        assert_eq!(drawn(&line(&text, 26), frame(20, 1)), (vec!["me: …stuvwxyz".to_owned()], (0, 13)));
        assert_eq!(drawn(&line(&text, 0), frame(20, 1)), (vec!["me: abcdefghijkl…".to_owned()], (0, 4)));
        let (rows, cursor) = drawn(&line(&text, 13), frame(20, 1));
        assert!(rows[0].contains('n') && cursor.1 < 19, "{rows:?} {cursor:?}");
        assert_eq!(drawn(&line("a\nb\nc", 5), frame(20, 1)).0, ["me: a⏎b⏎c"]);
    }

    #[test]
    fn a_question_wraps_in_a_narrow_window() {
        let question = Line { prompt: "are you sure? [y/N] ".to_owned(), ..line("y", 1) };
        let picture = drawn(&question, Frame { columns: 14, height: 5, joins: false });
        assert_eq!(picture, (vec!["are you sure? ".to_owned(), "[y/N] y".to_owned()], (1, 7)));
        let picture = drawn(&question, Frame { columns: 10, height: 2, joins: false });
        assert_eq!(picture, (vec!["/N] y".to_owned()], (0, 5)));
    }

    /// A hint stands behind the text where it has room.
    #[test]
    fn hint_needs_room() {
        let with_hint = Line { hint: "  9 left".to_owned(), ..line("abc", 3) };
        assert_eq!(drawn(&with_hint, frame(20, 4)), (vec!["me: abc  9 left".to_owned()], (0, 7)));
        assert_eq!(
            drawn(&with_hint, frame(12, 4)),
            (vec!["me: abc".to_owned(), "9 left".to_owned()], (0, 7))
        );
        assert_eq!(drawn(&with_hint, frame(12, 1)).0, ["me: abc"]);
    }

    /// Joined characters stand side by side, but in scripts that join letters.
    #[test]
    fn joined_characters_stand_apart() {
        let drawn = |text| drawn(&line(text, 0), frame(80, 4)).0.concat();
        assert_eq!(drawn("👩\u{200d}👩\u{200d}👧 👍🏽!"), "me: 👩👩👧 👍  !");
        assert_eq!(drawn("❤\u{fe0f}1\u{fe0f}\u{20e3}🇹🇼"), "me: ❤1\u{20e3}🇹🇼");
        assert_eq!(drawn("ක්\u{200d}ෂ"), "me: ක්\u{200d}ෂ");
        assert_eq!(drawn("a\u{1b}[2Jb\u{202e}c"), "me: a[2Jbc");
        let whole = line("👍🏽", 0).picture(Style::Own, Frame { joins: true, ..frame(80, 4) });
        assert_eq!(whole.rows[0].text(), "me: 👍🏽", "this terminal draws it as one");
    }

    proptest! {
        /// No row is wider than the window, and the cursor is in it.
        #[test]
        fn rows_and_cursor_fit_the_window(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "字", " ", "👍🏽", "👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}", "🇹🇼", "👍", "\n", "\t", "e\u{301}", "\x1b",
                ]),
                0..60,
            ),
            place in 0.0f64..1.0,
            columns in 1usize..60,
            rows in 1usize..6,
        ) {
            let text = parts.concat();
            let cursor = text.floor_char_boundary((place * text.len() as f64) as usize);
            let picture = line(&text, cursor).picture(Style::Own, frame(columns, rows));
            // In a window of a few columns there is no room for a prompt, only no panic.
            if columns < 10 {
                return Ok(());
            }
            prop_assert!(picture.rows.len() <= rows, "{:?}", picture);
            for row in &picture.rows {
                let width: usize = row.text().chars().filter_map(char::width).sum();
                prop_assert!(width <= columns, "{:?}", picture);
            }
            prop_assert!(picture.cursor.0 < picture.rows.len() && picture.cursor.1 < columns, "{:?}", picture);
        }
    }
}
