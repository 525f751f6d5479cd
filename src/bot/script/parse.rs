//! Lines of a script to what they say.

use super::keyword::{self, KEYS, Place, Word};
use super::reader::{CLOSE, OPEN, Read, Reader, is_brace, list};
use super::syntax::{MOST_SHOWN, Syntax, nearest};
use super::template::is_name;
use super::tree::{Item, Line, Outage, Script};
use crate::text::Lang;
use std::ops::Range;
use std::time::Duration;

mod check;
mod step;

/// How often one `each` may repeat its step.
const MOST_EACH: i64 = 100_000;
/// The longest `wait`.
const MOST_WAIT: Duration = Duration::from_secs(3600);

/// A script as far as it could be read.
#[derive(Debug)]
pub struct Parsed {
    pub script: Script,
    /// The language in which its author is answered: that of its first keyword.
    pub told: Option<Lang>,
    /// Every mistake, in order.
    pub errors: Vec<Syntax>,
    /// The first words of lines with a mistake: they may have been meant to
    /// bring somebody in.
    pub suspects: Vec<String>,
}

/// Reads a whole script, past its mistakes.
pub fn parse(source: &str) -> Parsed {
    let parsed = parse_telling(source, None);
    // Its language is known only when it has been read.
    match parsed.told {
        Some(_) if !parsed.errors.is_empty() => parse_telling(source, parsed.told),
        _ => parsed,
    }
}

/// A block that is not yet closed.
struct Open {
    line: usize,
    length: usize,
    /// Its beginning is the mistake, and has been told.
    wrong: bool,
}

fn parse_telling(source: &str, told: Option<Lang>) -> Parsed {
    let (mut errors, mut suspects) = (Vec::new(), Vec::new());
    let mut lang = None;
    let mut lines = Vec::new();
    let mut block: Option<Open> = None;
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let all: Vec<&str> = source.lines().collect();
    let closed = closed_below(&all);
    for (number, text) in (1..).zip(&all) {
        let mut reader = Reader::new(text, told);
        reader.quiet = errors.len() >= MOST_SHOWN;
        if block.as_ref().is_some_and(|block| block.wrong) && is_brace(reader.text) {
            continue;
        }
        let mut opened = None;
        match reader.line(block.is_some()) {
            Ok(Some(item)) if item == Item::End && block.take().is_none() => {
                let error = Syntax::new(0..1, "no block is open here");
                let above = format!("`{} {{` above", reader.told(Word::Together));
                reader.errors.push(error.expected(above));
            }
            Ok(Some(item)) => {
                opened = (item == Item::Together).then_some(false);
                lines.push(Line { number, item });
            }
            Ok(None) => {}
            Err(error) => {
                // What follows is read as the block that it was meant to be.
                if reader.opens && block.is_none() && closed[number - 1] {
                    lines.push(Line { number, item: Item::Together });
                    opened = Some(true);
                }
                reader.errors.push(error);
            }
        }
        block = opened.map(|wrong| Open { line: number, length: text.len(), wrong }).or(block);
        lang = lang.or(reader.lang);
        if !reader.errors.is_empty() {
            let words = text.split([' ', '!', '！', ':', '：']).filter(|word| !word.is_empty());
            suspects.extend(words.take(1).map(str::to_owned));
        }
        errors.extend(reader.errors.into_iter().map(|error| error.on(number)));
    }
    if let Some(Open { line, length, .. }) = block {
        let error =
            Syntax::new(0..length, "the block is never closed").expected("a line `}` after its steps");
        errors.push(error.on(line));
    }
    Parsed {
        script: Script { lang: lang.unwrap_or_else(|| language_of(source)), lines },
        told: lang,
        errors,
        suspects,
    }
}

/// The language of a script without a keyword.
fn language_of(source: &str) -> Lang {
    match source.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        true => Lang::ZhTw,
        false => Lang::En,
    }
}

/// For each line, whether one below it closes a block before another one begins.
fn closed_below(all: &[&str]) -> Vec<bool> {
    let mut closed = vec![false; all.len()];
    let mut below = false;
    for (line, closed) in all.iter().zip(&mut closed).rev() {
        *closed = below;
        let line = line.trim_start();
        let begins = || keyword::of(Word::Together).spellings().any(|word| line.starts_with(word));
        below = line.starts_with(CLOSE) || (below && !begins());
    }
    closed
}

impl Reader<'_> {
    fn line(&mut self, in_block: bool) -> Read<Option<Item>> {
        if self.text.is_empty() {
            return Ok(None);
        }
        if in_block {
            return self.in_block().map(Some);
        }
        if self.text.starts_with([' ', '\t']) {
            self.blanks();
            return self.expect().map(|expect| Some(Item::Expect(expect)));
        }
        if self.eat("@") {
            return self.directive().map(Some);
        }
        if self.eat_any(&CLOSE) {
            return self.end().map(|()| Some(Item::End));
        }
        if is_brace(self.text) {
            self.opens = true;
            return Err(self
                .here("a `{` alone opens no block")
                .expected(format!("{} {{", self.told(Word::Together))));
        }
        if let Some(outage) = self.outage() {
            return self.end().map(|()| Some(Item::Outage(outage)));
        }
        match self.control() {
            Some(Word::Together) => self.open().map(Some),
            Some(Word::Each) => self.each().map(Some),
            Some(Word::Let) => self.give().map(Some),
            Some(Word::Wait) => self.wait().map(Some),
            _ => match self.step() {
                Ok(step) => Ok(Some(Item::Step(step))),
                Err(_) if self.is_an_expectation(0) => {
                    Err(Syntax::new(0..self.text.len(), "this says what is seen, not what is done")
                        .expected("indent it: it says what is seen of the step above"))
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Whether the line would be one, be it right or wrong, if it were indented.
    fn is_an_expectation(&self, start: usize) -> bool {
        let mut probe = Reader::new(self.text, self.told);
        probe.at = start;
        probe.says_what_is_seen()
    }

    /// Inside a block there are only steps, and people like to indent them.
    fn in_block(&mut self) -> Read<Item> {
        self.blanks();
        let start = self.at;
        if self.eat_any(&CLOSE) {
            return self.end().map(|()| Item::End);
        }
        let only = |word: Range<usize>| {
            Syntax::new(word, "a block holds steps and `each` only")
                .expected("a step; or `}` first: what must be seen stands below it, indented")
        };
        match self.control() {
            Some(Word::Each) => return self.each(),
            Some(_) => return Err(only(start..self.text.len())),
            None => {}
        }
        match self.step() {
            Ok(step) => Ok(Item::Step(step)),
            Err(_) if self.text[start..].starts_with('@') || self.is_an_expectation(start) => {
                Err(only(start..self.text.len()))
            }
            Err(error) => Err(error),
        }
    }

    fn open(&mut self) -> Read<Item> {
        if !self.eat_any(&OPEN) {
            self.opens = self.rest().is_empty();
            return Err(self
                .here("no `{` on this line")
                .expected(format!("{} {{", self.told(Word::Together))));
        }
        self.end()?;
        Ok(Item::Together)
    }

    fn directive(&mut self) -> Read<Item> {
        let start = self.at;
        let word = self.word(&[]);
        let name = &self.text[word.clone()];
        let Some((key, ..)) = KEYS.iter().find(|(_, key, _)| *key == name) else {
            return Err(Syntax::new(start - 1..word.end, format!("`@{name}` is not known"))
                .expected(list(KEYS.iter().map(|(_, key, _)| format!("@{key}"))))
                .mean(nearest(name, KEYS.iter().map(|(_, key, _)| *key)).map(|key| format!("@{key}"))));
        };
        self.blanks();
        let value = self.rest().to_owned();
        let flag = *key == keyword::Key::Strict;
        match (flag, value.is_empty()) {
            (true, false) => Err(self.here("`@strict` stands alone")),
            (false, true) => Err(self.here(format!("`@{name}` needs a value"))),
            _ => Ok(Item::Directive { key: *key, value }),
        }
    }

    /// `server dies`, if the line begins with that.
    fn outage(&mut self) -> Option<Outage> {
        let server = keyword::of(Word::Server).spellings().find(|word| self.rest().starts_with(*word))?;
        let rest = self.rest()[server.len()..].trim_start_matches([' ', '\t', '\u{3000}']);
        let (keyword, lang, length) = keyword::longest(rest, Place::Outage)?;
        let outage = match keyword.word {
            Word::Dies => Outage::Dies,
            _ => Outage::Restarts,
        };
        self.lang = self.lang.or(Some(lang));
        self.at = self.text.len() - rest.len() + length;
        Some(outage)
    }

    fn control(&mut self) -> Option<Word> {
        let (keyword, lang, length) = keyword::longest(self.rest(), Place::Control)?;
        let after = &self.text[self.at + length..];
        // `wait: hi` is nobody's line either, but that is said better by the step.
        if !after.starts_with([' ', '{', '｛']) && !after.is_empty() {
            return None;
        }
        // The other control words are English in Chinese scripts, too.
        self.lang = self.lang.or((keyword.word == Word::Together).then_some(lang));
        self.at += length;
        self.blanks();
        Some(keyword.word)
    }

    fn each(&mut self) -> Read<Item> {
        self.no_block()?;
        let name = self.name()?;
        self.blanks();
        let range = self.word(&[]);
        let bounds = self.text[range.clone()].split_once("..");
        let bounds = bounds.and_then(|(from, to)| Some((from.parse::<i64>().ok()?, to.parse::<i64>().ok()?)));
        let Some((from, to)) = bounds
            .filter(|(from, to)| to.checked_sub(*from).is_some_and(|more| (0..MOST_EACH).contains(&more)))
        else {
            return Err(Syntax::new(range, "no range of numbers").expected("FROM..TO, such as 1..20"));
        };
        self.blanks();
        self.no_block()?;
        Ok(Item::Each { name, from, to, step: self.step()? })
    }

    /// What people who know other languages may write after `each`.
    fn no_block(&self) -> Read<()> {
        match self.rest().split([' ', '\t']).next() {
            Some("{" | "｛") => Err(self
                .here("`each` opens no block: it repeats the one step on its line")
                .expected(format!(
                    "each n 1..20 name${{n}} {}; `{} {{` around several sends all at once",
                    self.told(Word::Joins),
                    self.told(Word::Together)
                ))),
            _ => Ok(()),
        }
    }

    fn give(&mut self) -> Read<Item> {
        let name = self.name()?;
        self.blanks();
        if !self.eat("=") {
            return Err(self.here("no `=` after the name").expected("let name = value"));
        }
        self.blanks();
        Ok(Item::Let { name, value: self.text_to_the_end() })
    }

    fn wait(&mut self) -> Read<Item> {
        let word = self.word(&[]);
        let text = &self.text[word.clone()];
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let unit = match &text[digits..] {
            "ms" => Some(1),
            "s" => Some(1000),
            "m" => Some(60_000),
            _ => None,
        };
        let ms = unit.and_then(|unit| text[..digits].parse::<u64>().ok()?.checked_mul(unit));
        let duration = ms.map(Duration::from_millis).filter(|&duration| duration <= MOST_WAIT);
        let wrong = || {
            Syntax::new(word, format!("`{text}` is no time to wait"))
                .expected("300ms, 3s or 2m, at most an hour")
        };
        let duration = duration.ok_or_else(wrong)?;
        self.end()?;
        Ok(Item::Wait(duration))
    }

    fn name(&mut self) -> Read<String> {
        let word = self.word(&['=']);
        let name = &self.text[word.clone()];
        match !name.is_empty() && name.chars().all(is_name) {
            true => Ok(name.to_owned()),
            false => Err(Syntax::new(word, format!("`{name}` is no value's name"))
                .expected("letters, digits, `-` or `_`")),
        }
    }
}

#[cfg(test)]
mod tests;
