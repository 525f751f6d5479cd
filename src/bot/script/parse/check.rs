//! Indented lines: the people, and what they must see.

use super::super::keyword::{self, Place, Word};
use super::super::reader::{COLONS, COMMAS, Read, Reader};
use super::super::syntax::{Syntax, nearest};
use super::super::tree::{Check, Expect, MOST_TIMES, Mods, Text, Who};
use crate::bot::pattern::Style;
use crate::text::Lang;

impl Reader<'_> {
    pub(super) fn expect(&mut self) -> Read<Expect<Text>> {
        let who = self.who()?;
        self.blanks();
        let server = matches!(who, Who::Server);
        let check = if self.eat("<<") {
            let (mods, pattern) = self.pattern()?;
            Check::Raw { mods, pattern }
        } else {
            match self.keyword(Place::Check) {
                Some(Word::SeesNothing) => {
                    self.end()?;
                    Check::Nothing
                }
                Some(Word::Sees) => {
                    self.blanks();
                    // Alone it is no line that a person would read; the console may say it.
                    if !server && nearest(&self.rest().to_lowercase(), ["nothing"]).is_some() {
                        return Err(self
                            .here(format!("`{}` is no line that a person would read", self.rest()))
                            .expected("the line as a person would read it, such as `name: text`")
                            .mean(Some(
                                keyword::of(Word::SeesNothing)
                                    .spelled(self.told.unwrap_or(Lang::En))
                                    .to_owned(),
                            )));
                    }
                    let (mods, pattern) = self.pattern()?;
                    Check::Sees { mods, pattern }
                }
                _ if self.is_a_step() => {
                    let what = "an indented line says what is seen, not what is done";
                    let indent = self.text.len() - self.text.trim_start().len();
                    return Err(Syntax::new(indent..self.text.len(), what).expected(format!(
                        "a step at the beginning of its line, or inside `{} {{`; else NAME {} …",
                        self.told(Word::Together),
                        self.told(Word::Sees)
                    )));
                }
                _ => return Err(self.unknown(Place::Check, "{} or `<<`")),
            }
        };
        match (server, &check) {
            (true, Check::Nothing | Check::Raw { .. }) => Err(Syntax::new(
                0..self.text.len(),
                "of the server's console only what it says can be expected",
            )
            .expected(format!("{} {} PATTERN", self.told(Word::Server), self.told(Word::Sees)))),
            _ => Ok(Expect { who, check }),
        }
    }

    pub(super) fn says_what_is_seen(&mut self) -> bool {
        let named = self.who().is_ok();
        self.blanks();
        named && (self.eat("<<") || self.keyword(Place::Check).is_some())
    }

    /// Whether the line would be a step if it were not indented.
    fn is_a_step(&self) -> bool {
        let mut probe = Reader::new(self.text.trim_start(), self.told);
        probe.quiet = true;
        probe.step().is_ok()
    }

    fn who(&mut self) -> Read<Who<Text>> {
        let stops: Vec<char> = COMMAS.into_iter().chain(COLONS).collect();
        let mut names = Vec::new();
        loop {
            let word = self.word(&stops);
            let text = &self.text[word.clone()];
            if let Some((keyword, lang, length)) = keyword::longest(text, Place::Who)
                && length == text.len()
                && names.is_empty()
            {
                self.lang = self.lang.or(Some(lang));
                return Ok(match keyword.word {
                    Word::Everyone => Who::Everyone,
                    Word::Others => Who::Others,
                    _ => Who::Server,
                });
            }
            if word.is_empty() {
                let sees = self.told(Word::Sees);
                return Err(self.here("no name of a person").expected(format!(
                    "`name {sees} pattern`, `name, name {sees} …`, `{} {sees} …`, `{} {sees} …`",
                    self.told(Word::Everyone),
                    self.told(Word::Server)
                )));
            }
            names.push(self.filled(word));
            self.blanks();
            if !self.eat_any(&COMMAS) {
                return Ok(Who::Named(names));
            }
            self.blanks();
        }
    }

    fn pattern(&mut self) -> Read<(Mods, Text)> {
        let mut mods = Mods { style: Style::Literal, times: 1 };
        let (mut styles, mut counts) = (0, 0);
        loop {
            self.blanks();
            let Some((inside, length)) = parenthesised(self.rest()) else { break };
            let place = self.at..self.at + length;
            match inside {
                "glob" => (mods.style, styles) = (Style::Glob, styles + 1),
                "re" => (mods.style, styles) = (Style::Regex, styles + 1),
                _ => match count(inside) {
                    Some(times) if (1..=MOST_TIMES).contains(&times) => {
                        (mods.times, counts) = (times, counts + 1);
                    }
                    Some(_) => {
                        return Err(
                            Syntax::new(place, "not a count").expected(format!("(x1) to (x{MOST_TIMES})"))
                        );
                    }
                    None => match nearest(inside, ["glob", "re"]).or_else(|| almost_a_count(inside)) {
                        Some(near) => {
                            return Err(Syntax::new(place, format!("`({inside})` is not known"))
                                .expected("(glob), (re) or (xN)")
                                .mean(Some(format!("({near})"))));
                        }
                        // The console's lines may begin with a parenthesis.
                        None => break,
                    },
                },
            }
            // The later one would silently take the place of the earlier.
            if styles > 1 || counts > 1 {
                return Err(Syntax::new(place, format!("`({inside})` is the second of its kind"))
                    .expected("one of (glob) and (re) at most, and one (xN)"));
            }
            self.at += length;
        }
        match self.rest().is_empty() {
            true => Err(self.here("no pattern").expected("the line as a person would read it")),
            false => Ok((mods, self.text_to_the_end())),
        }
    }
}

fn parenthesised(text: &str) -> Option<(&str, usize)> {
    let end = text.strip_prefix('(')?.find(')')? + 1;
    Some((&text[1..end], end + 1))
}

fn count(inside: &str) -> Option<usize> {
    let digits = inside.strip_prefix('x')?;
    // A number too large to be one is out of bounds, not a text.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().unwrap_or(0))
}

/// A count as people write it elsewhere: `2x`, `2`, `X2`, `×2`, `x 2`.
fn almost_a_count(inside: &str) -> Option<String> {
    const TIMES: [char; 5] = ['x', 'X', '×', '*', ' '];
    let digits = inside.trim_matches(TIMES);
    let is_count = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_count.then(|| format!("x{digits}"))
}
