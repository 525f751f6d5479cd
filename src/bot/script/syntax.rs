//! What is wrong with a script, and how it is shown: the place, the line, a
//! caret, what was expected.

use crate::text::sanitise::for_drawing;
use std::fmt::Write;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One mistake in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// The line's number, from 1; 0 until the parser fills it in.
    pub line: usize,
    /// Bytes of the line that the caret points at.
    pub at: Range<usize>,
    pub what: String,
    pub expected: Option<String>,
    /// The nearest thing that would be right.
    pub mean: Option<String>,
}

impl Syntax {
    pub fn new(at: Range<usize>, what: impl Into<String>) -> Syntax {
        Syntax { line: 0, at, what: what.into(), expected: None, mean: None }
    }

    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Syntax {
        self.expected = Some(expected.into());
        self
    }

    #[must_use]
    pub fn mean(mut self, mean: Option<String>) -> Syntax {
        self.mean = mean;
        self
    }

    #[must_use]
    pub fn on(mut self, line: usize) -> Syntax {
        self.line = line;
        self
    }

    /// The mistake as people read it. Columns are those of a terminal, where
    /// a Chinese character takes two.
    pub fn show(&self, path: &str, source: &str) -> String {
        let line = source.lines().nth(self.line.saturating_sub(1)).unwrap_or("");
        let start = line.floor_char_boundary(self.at.start);
        let end = line.floor_char_boundary(self.at.end.max(start));
        let column = for_drawing(&line[..start]).width() + 1;
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let mut out = format!("{path}:{number}:{column}: {}\n", cut(&self.what));
        let around = around(line, start);
        let before = if around.start > 0 { "…" } else { "" };
        let after = if around.end < line.len() { "…" } else { "" };
        let drawn = format!("{before}{}{after}", for_drawing(&line[around.clone()]));
        let _ = writeln!(out, " {number} | {}", drawn.trim_end());
        let indent = before.width() + for_drawing(&line[around.start..start]).width();
        let carets = for_drawing(&line[start..end.min(around.end)]).width().max(1);
        let _ = writeln!(out, " {margin} | {}{}", " ".repeat(indent), "^".repeat(carets));
        if let Some(expected) = &self.expected {
            let _ = writeln!(out, "   expected: {}", cut(expected));
        }
        if let Some(mean) = &self.mean {
            let _ = writeln!(out, "   did you mean: {}", cut(mean));
        }
        out
    }
}

/// Columns of a line on each side of a mistake that are shown.
const MOST_COLUMNS: usize = 100;

/// Characters of a sentence about a mistake, which may quote the script.
const MOST_CHARS: usize = 1000;

fn cut(text: &str) -> &str {
    text.char_indices().nth(MOST_CHARS).map_or(text, |(end, _)| &text[..end])
}

/// The part of a line that is shown around a byte of it.
fn around(line: &str, at: usize) -> Range<usize> {
    let fits = |width: &mut usize, c: char| {
        *width += c.width().unwrap_or(0);
        (*width <= MOST_COLUMNS).then_some(c.len_utf8())
    };
    let before: usize = line[..at].chars().rev().scan(0, fits).sum();
    let after: usize = line[at..].chars().scan(0, fits).sum();
    at - before..at + after
}

/// Mistakes of one script that are shown; the rest are counted.
pub const MOST_SHOWN: usize = 20;

/// All mistakes of a script, in order, as people read them: the first in full.
pub fn all(errors: &[Syntax], path: &str, source: &str) -> String {
    let mut out: String = errors.iter().take(MOST_SHOWN).map(|error| error.show(path, source)).collect();
    if let Some(more) = errors.len().checked_sub(MOST_SHOWN).filter(|&more| more > 0) {
        let _ = writeln!(out, "{path}: and {more} more mistakes");
    }
    out
}

/// The candidate that is most like `word`, where one is like enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Chinese words are short: one letter of two may be wrong.
    let most = (word.chars().count() / 2).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= most && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_caret_stands_under_wide_characters() {
        let error = Syntax::new(7..12, "`jions` is not known")
            .expected("joins or leaves")
            .mean(nearest("jions", ["joins", "leaves"]))
            .on(2);
        expect![[r#"
            a.txt:2:6: `jions` is not known
             2 | 小明 jions
               |      ^^^^^
               expected: joins or leaves
               did you mean: joins
        "#]]
        .assert_eq(&error.show("a.txt", "x\n小明 jions\n"));
    }

    /// A mistake in a line of a megabyte once showed all of it.
    #[test]
    fn a_long_line_is_shown_around_the_mistake() {
        let line = format!("{}小x{}", "字".repeat(300_000), "y".repeat(300_000));
        let error = Syntax::new(900_003..900_004, "this").on(1);
        let [bar, dots, carets] = [" | ", "字", "^"].map(|sign| error.show("a", &line).matches(sign).count());
        assert_eq!((bar, dots, carets), (2, 49, 1));
        let long =
            Syntax::new(0..1_000_000, line.clone()).expected(line.clone()).mean(Some(line.clone())).on(1);
        assert!(long.show("a", &line).len() < 20_000);
    }

    /// All of them once were shown, each after a search from the first line on.
    #[test]
    fn shown_mistakes_are_bounded() {
        let source = "what is this\n".repeat(3000);
        let errors = super::super::read(&source).unwrap_err();
        let told = all(&errors, "a", &source);
        assert_eq!(told.matches("a:").count(), MOST_SHOWN + 1);
        assert!(told.ends_with("a: and 2980 more mistakes\n"), "{told}");
        assert_eq!(all(&errors[..MOST_SHOWN], "a", &source).matches("a:").count(), MOST_SHOWN);
    }

    /// Nothing is suggested for a word that is like none.
    #[test]
    fn unlike_words_get_no_advice() {
        assert_eq!(nearest("小名", ["小明", "小花"]).as_deref(), Some("小明"));
        assert_eq!(nearest("quux", ["joins", "leaves"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
