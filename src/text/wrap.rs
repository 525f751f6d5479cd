//! Breaking text into lines that fit a terminal.

use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// The text in lines of at most `columns`, broken where its script allows
/// (UAX 14): words stay whole, no line begins with 。or 」. A word with `://`
/// in it stays whole until it is wider than a line.
///
/// The first line has `first` columns less, every later one is indented by
/// `indent` blanks. At least four columns are always used, so that a narrow
/// window shows something.
pub fn wrap(text: &str, columns: usize, first: usize, indent: usize) -> Vec<String> {
    const LEAST: usize = 4;
    let columns = columns.max(indent.max(first) + LEAST);
    let (head, hang) = (" ".repeat(first), " ".repeat(indent));
    let options = Options::new(columns)
        .initial_indent(&head)
        .subsequent_indent(&hang)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_separator(WordSeparator::Custom(words))
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(true);
    let mut lines = Vec::new();
    for line in textwrap::wrap(text, options) {
        let line = match lines.is_empty() {
            true => line.strip_prefix(head.as_str()).unwrap_or(&line),
            false => &line,
        };
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Whether no blanks stand between words of this letter's script: Chinese and Japanese.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// UAX 14 words, but links stay in one piece: UAX 14 breaks them at `/`.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let chunks = line.split_inclusive(' ').flat_map(|chunk| match chunk.contains("://") {
        true => vec![Word::from(chunk)],
        false => WordSeparator::UnicodeBreakProperties.find_words(chunk).collect(),
    });
    Box::new(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn words_wrap_whole_and_punctuation_never_begins_a_line() {
        let text = "該行的尾端如果有單字跨行列印 hello world";
        assert_eq!(wrap(text, 20, 0, 0), ["該行的尾端如果有單字", "跨行列印 hello world"]);
        assert_eq!(wrap("一二三四五。六七", 10, 0, 0), ["一二三四", "五。六七"]);
    }

    #[test]
    fn later_lines_hang_under_the_text() {
        assert_eq!(wrap("one two three", 10, 4, 4), ["one", "    two", "    three"]);
    }

    #[test]
    fn a_link_stays_whole_while_it_fits() {
        assert_eq!(wrap("see https://a.example/b/c now", 24, 0, 0), ["see", "https://a.example/b/c", "now"]);
        assert_eq!(wrap("https://a.example/b/c/d/e/f", 10, 0, 0).concat(), "https://a.example/b/c/d/e/f");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(text in "[ a-z一-十。」:/]{0,80}", columns in 4usize..60, first in 0usize..8) {
            let lines = wrap(&text, columns, first, first);
            for (at, line) in lines.iter().enumerate() {
                let indent = if at == 0 { first } else { 0 };
                prop_assert!(line.width() + indent <= columns.max(first + 4), "{line:?}");
            }
            let letters = |s: &str| s.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
