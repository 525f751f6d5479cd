//! What is wrong with a script, and how it is shown: the place, the line, a
//! caret, what was expected.

use crate::text::sanitise::for_drawing;
use std::fmt::Write;
use std::ops::Range;
use unicode_width::UnicodeWidthStr;

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
        let before = for_drawing(&line[..start]).width();
        let carets = for_drawing(&line[start..end]).width().max(1);
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let mut out = format!("{path}:{number}:{}: {}\n", before + 1, self.what);
        let drawn = for_drawing(line);
        let _ = writeln!(out, " {number} | {}", drawn.trim_end());
        let _ = writeln!(out, " {margin} | {}{}", " ".repeat(before), "^".repeat(carets));
        if let Some(expected) = &self.expected {
            let _ = writeln!(out, "   expected: {expected}");
        }
        if let Some(mean) = &self.mean {
            let _ = writeln!(out, "   did you mean: {mean}");
        }
        out
    }
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

    #[test]
    fn nothing_is_suggested_for_something_else_entirely() {
        assert_eq!(nearest("小名", ["小明", "小花"]).as_deref(), Some("小明"));
        assert_eq!(nearest("quux", ["joins", "leaves"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
