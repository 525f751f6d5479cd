//! One line of a script, and how far it has been read.

use super::keyword::{self, Keyword, Place, Word};
use super::syntax::{Syntax, nearest};
use super::template::Template;
use super::tree::Text;
use crate::text::Lang;
use std::ops::Range;

pub(super) const COLONS: [char; 2] = [':', '：'];
pub(super) const COMMAS: [char; 3] = [',', '，', '、'];
pub(super) const OPEN: [char; 2] = ['{', '｛'];
pub(super) const CLOSE: [char; 2] = ['}', '｝'];

pub(super) type Read<T> = Result<T, Syntax>;

/// One line, and how far it has been read.
pub(super) struct Reader<'a> {
    /// Without its comment and the blanks at its end.
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// The language of its first keyword.
    pub(super) lang: Option<Lang>,
    /// The script's, in which its author is answered.
    pub(super) told: Option<Lang>,
    /// Mistakes are only counted from here on: no advice is looked for.
    pub(super) quiet: bool,
    /// The line's mistake is in the beginning of a block.
    pub(super) opens: bool,
    /// Mistakes in values, which don't hide what follows them.
    pub(super) errors: Vec<Syntax>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, told: Option<Lang>) -> Reader<'a> {
        let text = if text.starts_with('#') { "" } else { text };
        let end = text.find("  # ").unwrap_or(text.len());
        Reader {
            text: text[..end].trim_end_matches([' ', '\t', '\r']),
            at: 0,
            lang: None,
            told,
            quiet: false,
            opens: false,
            errors: Vec::new(),
        }
    }

    pub(super) fn filled(&mut self, at: Range<usize>) -> Text {
        let value = Template::parse(&self.text[at.clone()], at.start, &mut self.errors);
        Text { value, at }
    }

    /// A word of a place, and its language noted.
    pub(super) fn keyword(&mut self, place: Place) -> Option<Word> {
        let (keyword, lang, length) = keyword::longest(self.rest(), place)?;
        self.lang = self.lang.or(Some(lang));
        self.at += length;
        Some(keyword.word)
    }

    /// To the next blank or stop; a `${…}` is passed over whole.
    pub(super) fn word(&mut self, stops: &[char]) -> Range<usize> {
        let start = self.at;
        while let Some(c) = self.rest().chars().next() {
            if c == ' ' || c == '\t' || stops.contains(&c) {
                break;
            }
            self.at += match self.rest().starts_with("${") {
                true => self.rest().find('}').map_or(2, |end| end + 1),
                false => c.len_utf8(),
            };
        }
        start..self.at
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        self.at += if there { text.len() } else { 0 };
        there
    }

    pub(super) fn eat_any(&mut self, any: &[char]) -> bool {
        let there = self.rest().chars().next().filter(|c| any.contains(c));
        self.at += there.map_or(0, char::len_utf8);
        there.is_some()
    }

    pub(super) fn end(&mut self) -> Read<()> {
        self.blanks();
        match self.rest().is_empty() {
            true => Ok(()),
            false => Err(self.here("nothing more is expected here").expected("the end of the line")),
        }
    }

    pub(super) fn here(&self, what: impl Into<String>) -> Syntax {
        Syntax::new(self.at..self.text.len(), what)
    }

    /// A word as the script's author knows it.
    pub(super) fn told(&self, word: Word) -> String {
        keyword::of(word).told(self.told)
    }

    /// The word here is none of a place's; `{}` in `expected` is their list.
    pub(super) fn unknown(&mut self, place: Place, expected: &str) -> Syntax {
        let word = self.word(&COLONS);
        let text = &self.text[word.clone()];
        let what = match text.is_empty() {
            true => "the line ends too early".to_owned(),
            false => format!("`{text}` is not known"),
        };
        if self.quiet {
            return Syntax::new(word, what);
        }
        let words = list(keyword::at(place).map(|keyword| keyword.told(self.told)));
        Syntax::new(word, what)
            .expected(expected.replace("{}", &words))
            .mean(nearest(text, keyword::at(place).flat_map(Keyword::spellings)))
    }
}

pub(super) fn list(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// A `{` on a line of its own.
pub(super) fn is_brace(text: &str) -> bool {
    let mut signs = text.trim().chars();
    signs.next().is_some_and(|sign| OPEN.contains(&sign)) && signs.next().is_none()
}
