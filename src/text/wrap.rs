//! Breaking text into lines that fit a terminal.

use std::borrow::Cow;
use std::ops::Range;
use textwrap::core::Word;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

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
        let line = if lines.is_empty() { line.strip_prefix(head.as_str()).unwrap_or(&line) } else { &line };
        lines.push(parted(line.trim_end()));
    }
    lines
}

/// Whether no blanks stand between words of this letter's script: Chinese and Japanese.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Keeps its neighbours on one line (U+2060, WORD JOINER); nothing that is drawn holds one.
const JOINER: char = '\u{2060}';

/// The text such that [`wrap`] breaks it nowhere while it fits a line: a name in a list.
/// Where it is not wrapped, [`parted`] makes of it what it was.
pub fn whole(text: &str) -> String {
    text.graphemes(true).collect::<Vec<_>>().join(JOINER.encode_utf8(&mut [0; 3]))
}

/// A text without what [`whole`] has put into it.
pub fn parted(text: &str) -> String {
    text.replace(JOINER, "")
}

/// The text with blanks for tabs, as a terminal shows them that begins to draw it in a column.
pub fn without_tabs(text: &str, column: usize) -> Cow<'_, str> {
    const STOP: usize = 8;
    if !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let mut drawn = String::new();
    for (at, piece) in text.split('\t').enumerate() {
        if at > 0 {
            let blanks = STOP - (column + drawn.width()) % STOP;
            drawn.extend(std::iter::repeat_n(' ', blanks));
        }
        drawn.push_str(piece);
    }
    Cow::Owned(drawn)
}

/// UAX 14 words, but links stay in one piece: UAX 14 breaks them at `/`.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    Box::new(chunks(line).flat_map(|chunk| {
        let (mut words, mut rest) = (Vec::new(), chunk);
        while let Some((start, end)) = link(rest) {
            words.extend(WordSeparator::UnicodeBreakProperties.find_words(&rest[..start]));
            words.push(Word::from(&rest[start..end]));
            rest = &rest[end..];
        }
        words.extend(WordSeparator::UnicodeBreakProperties.find_words(rest));
        words
    }))
}

/// The text in pieces that each end with all the blanks behind them: blanks of their own would
/// begin a line.
fn chunks(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let blank = rest.find(' ').unwrap_or(rest.len());
        let end = rest[blank..].find(|c| c != ' ').map_or(rest.len(), |at| blank + at);
        let (chunk, after) = rest.split_at(end);
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Characters behind a link that may stay with it.
const SIGNS: usize = 8;

/// Where a link begins and ends, with the signs around it that may not be parted from a letter.
fn link(chunk: &str) -> Option<(usize, usize)> {
    let is_link = |c: char| c.is_ascii_graphic();
    let (start, end) = match chunk.find("://") {
        Some(scheme) => {
            let start = chunk[..scheme].rfind(|c| !is_link(c)).map_or(0, |at| at + width_of(&chunk[at..]));
            (start, scheme + letters_of_link(&chunk[scheme..]))
        }
        // A command, as people are told it, also behind the comma of a Chinese sentence.
        None => {
            let is_one = |&(at, _): &(usize, &str)| {
                let before = chunk[..at].chars().next_back();
                let behind = chunk[at + 1..].chars().next();
                before.is_none_or(|before| !before.is_ascii())
                    && behind.is_some_and(|c| c.is_ascii_alphabetic())
            };
            let (start, _) = chunk.match_indices('/').find(is_one)?;
            let name = &chunk[start + 1..];
            let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
            (start, start + 1 + end)
        }
    };
    // A look at the signs behind it: all of the rest would be looked at for each link.
    let signs: String = chunk[end..].chars().take(SIGNS).collect();
    let (before, after) = (format!("{}x", &chunk[..start]), format!("x{signs}"));
    let length = |word: Word<'_>| word.word.len() + word.whitespace.len();
    let pieces = |text| WordSeparator::UnicodeBreakProperties.find_words(text).map(length);
    let start = start + 1 - pieces(&before).last().unwrap_or(1);
    let end = end + pieces(&after).next().unwrap_or(1) - 1;
    Some((start, end))
}

/// Bytes that belong to a link. Chinese letters do where they begin a part of its path
/// (`/wiki/聊天室_(網路)`); behind other letters they are those of the sentence.
fn letters_of_link(text: &str) -> usize {
    let mut may_follow = false;
    let end = text.find(|c: char| {
        let belongs = c.is_ascii_graphic() || may_follow && is_unspaced(c);
        may_follow = matches!(c, '/' | '=' | '_' | '-' | '#' | '?' | '&' | '+' | '(') || !c.is_ascii();
        !belongs
    });
    end.unwrap_or(text.len())
}

/// The web addresses in a text, without the signs of the sentence behind them.
pub fn web_links(text: &str) -> Vec<Range<usize>> {
    let mut links: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices("://") {
        // What stands in a link is looked at once.
        if links.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let start = text[..at]
            .rfind(|c: char| !c.is_ascii_alphabetic())
            .map_or(0, |before| before + width_of(&text[before..]));
        if !["http", "https"].iter().any(|scheme| text[start..at].eq_ignore_ascii_case(scheme)) {
            continue;
        }
        let whole = &text[start..at + letters_of_link(&text[at..])];
        let is_sign = |c: char| {
            matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '>' | ']')
                || c == ')' && !whole.contains('(')
        };
        let link = whole.trim_end_matches(is_sign);
        if link.len() > at + "://".len() - start {
            links.push(start..start + link.len());
        }
    }
    links
}

/// Where a row may begin in a line: at these bytes.
pub fn row_starts(line: &str) -> Vec<usize> {
    let mut at = 0;
    let ends = words(line).map(|word| {
        at += word.word.len() + word.whitespace.len();
        at
    });
    ends.collect()
}

/// Bytes of the first character.
fn width_of(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// A comma of the sentence began a line.
    #[test]
    fn a_link_in_chinese_text_ends_where_its_letters_do() {
        let text = "請大家看https://example.com/a/b這一頁，今天要討論";
        assert_eq!(wrap(text, 36, 0, 0), ["請大家看https://example.com/a/b這一", "頁，今天要討論"]);
        let text = "請看(https://example.com/a/b)，謝謝";
        assert_eq!(wrap(text, 30, 0, 0), ["請看", "(https://example.com/a/b)，謝", "謝"]);
        assert_eq!(link("「https://a.b」。"), Some((0, "「https://a.b」。".len())));
    }

    #[test]
    fn web_addresses_in_a_text() {
        let links = |text| web_links(text).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(
            links("請看(https://a.example/b)，或 HTTP://c.d/e?f=(g)."),
            ["https://a.example/b", "HTTP://c.d/e?f=(g)"]
        );
        assert_eq!(
            links("見 https://zh.wikipedia.org/wiki/聊天室 的說明"),
            ["https://zh.wikipedia.org/wiki/聊天室"]
        );
        assert_eq!(links("https:// javascript://x file:///etc x://y"), Vec::<&str>::new());
        assert_eq!(links("https://a/https://b"), ["https://a/https://b"]);
    }

    /// It was broken within its path.
    #[test]
    fn a_link_may_have_a_chinese_path() {
        let text = "見 https://zh.wikipedia.org/wiki/聊天室_(網路) 的說明";
        assert_eq!(wrap(text, 50, 0, 0), ["見 https://zh.wikipedia.org/wiki/聊天室_(網路) 的", "說明"]);
        let text = "說明在這裡 https://zh.wikipedia.org/wiki/聊天室";
        assert_eq!(wrap(text, 40, 0, 0), ["說明在這裡", "https://zh.wikipedia.org/wiki/聊天室"]);
        assert_eq!(link("https://a.b/c這一頁"), Some((0, "https://a.b/c".len())));
    }

    /// `/` stood at the end of one line, and `ban` at the beginning of the next.
    #[test]
    fn a_command_is_not_broken() {
        assert_eq!(wrap("不讓人進來 /ban、加管理員", 13, 0, 0), ["不讓人進來", "/ban、加管理", "員"]);
        assert_eq!(wrap("see /help] now", 8, 0, 0), ["see", "/help]", "now"]);
        assert_eq!(wrap("沒有這個指令；/help 列出", 16, 0, 0), ["沒有這個指令；", "/help 列出"]);
    }

    /// The second of two blanks at the right edge began the next line.
    #[test]
    fn blanks_at_the_edge_begin_no_line() {
        assert_eq!(wrap("abc  def", 4, 0, 0), ["abc", "def"]);
        assert_eq!(wrap("abcd   def", 4, 0, 2), ["abcd", "  def"]);
        assert_eq!(wrap("  a b", 9, 0, 0), ["  a b"]);
    }

    /// Each link was a call within the last one's, and looked at all that followed.
    #[test]
    fn a_text_of_nothing_but_links_is_wrapped() {
        let text = "a://b一".repeat(20_000);
        assert_eq!(wrap(&text, 80, 0, 0).concat(), text);
    }

    #[test]
    fn a_name_in_a_list_is_not_broken() {
        let names = ["學生7", "學生8", "小明👩‍💻x"].map(whole).join(", ");
        assert_eq!(wrap(&names, 12, 0, 2), ["學生7,", "  學生8,", "  小明👩‍💻x"]);
        assert_eq!(parted(&names), "學生7, 學生8, 小明👩‍💻x");
        assert_eq!(wrap(&whole("一二三四五六"), 6, 0, 0), ["一二三", "四五六"]);
    }

    #[test]
    fn a_tab_goes_to_the_next_stop() {
        assert_eq!(without_tabs("\tif x:\ty", 4), "    if x:   y");
        assert_eq!(without_tabs("字\ty", 0), "字      y");
        assert_eq!(without_tabs("x", 3), "x");
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
