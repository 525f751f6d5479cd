//! Lines of a script to what they say.

use super::escape::unescape;
use super::keyword::{self, COMMANDS, Command, KEYS, Place, Word};
use super::reader::{COLONS, Read, Reader, list};
use super::syntax::{Syntax, nearest};
use super::template::is_name;
use super::{Action, Fault, Item, Line, Script, Step, Text};
use std::ops::Range;
use std::time::Duration;

mod check;

/// The longest `wait`.
const MOST_WAIT: Duration = Duration::from_secs(3600);

/// A script as far as it could be read.
#[derive(Debug)]
pub struct Parsed {
    pub script: Script,
    /// Every mistake, in order.
    pub errors: Vec<Syntax>,
    /// The first words of lines with a mistake: they may have been meant to
    /// bring somebody in.
    pub suspects: Vec<String>,
}

/// Reads a whole script, past its mistakes.
pub fn parse(source: &str) -> Parsed {
    let (mut errors, mut suspects) = (Vec::new(), Vec::new());
    let mut lang = None;
    let mut lines = Vec::new();
    let mut block = None;
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    for (index, text) in source.lines().enumerate() {
        let number = index + 1;
        let mut reader = Reader::new(text);
        match reader.line(block.is_some()) {
            Ok(Some(item)) if item == Item::End && block.take().is_none() => {
                let error = Syntax::new(0..1, "no block is open here");
                reader.errors.push(error.expected("`together {` above"));
            }
            Ok(Some(item)) => lines.push(Line { number, item }),
            Ok(None) => {}
            Err(error) => reader.errors.push(error),
        }
        if matches!(lines.last(), Some(Line { number: last, item: Item::Together }) if *last == number) {
            block = Some((number, text.len()));
        }
        lang = lang.or(reader.lang);
        if !reader.errors.is_empty() {
            let words = text.split([' ', '!', '！', ':', '：']).filter(|word| !word.is_empty());
            suspects.extend(words.take(1).map(str::to_owned));
        }
        errors.extend(reader.errors.into_iter().map(|error| error.on(number)));
    }
    if let Some((number, length)) = block {
        let error =
            Syntax::new(0..length, "the block is never closed").expected("a line `}` after its steps");
        errors.push(error.on(number));
    }
    Parsed { script: Script { lang: lang.unwrap_or_default(), lines }, errors, suspects }
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
        if self.eat("}") {
            return self.end().map(|()| Some(Item::End));
        }
        match self.control() {
            Some(Word::Together) => self.open().map(Some),
            Some(Word::Each) => self.each().map(Some),
            Some(Word::Let) => self.give().map(Some),
            Some(Word::Wait) => self.wait().map(Some),
            _ => self.step().map(|step| Some(Item::Step(step))),
        }
    }

    /// Inside a block there are only steps, and people like to indent them.
    fn in_block(&mut self) -> Read<Item> {
        self.blanks();
        let start = self.at;
        if self.eat("}") {
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
        let is_expectation = |reader: &Reader<'_>| {
            let mut probe = Reader::new(reader.text);
            probe.at = start;
            probe.expect().is_ok()
        };
        match self.step() {
            Ok(step) => Ok(Item::Step(step)),
            Err(_) if self.text[start..].starts_with('@') || is_expectation(self) => {
                Err(only(start..self.text.len()))
            }
            Err(error) => Err(error),
        }
    }

    fn open(&mut self) -> Read<Item> {
        if !self.eat("{") {
            return Err(self.here("no `{` here").expected("together {"));
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

    fn control(&mut self) -> Option<Word> {
        let (keyword, lang, length) = keyword::longest(self.rest(), Place::Control)?;
        let after = &self.text[self.at + length..];
        // `wait: hi` is nobody's line either, but that is said better by the step.
        if !after.starts_with([' ', '{']) && !after.is_empty() {
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
        let Some((from, to)) = bounds.filter(|(from, to)| from <= to && to - from < 100_000) else {
            return Err(Syntax::new(range, "no range of numbers").expected("FROM..TO, such as 1..20"));
        };
        self.blanks();
        self.no_block()?;
        Ok(Item::Each { name, from, to, step: self.step()? })
    }

    /// What people who know other languages may write after `each`.
    fn no_block(&self) -> Read<()> {
        match self.rest().split([' ', '\t']).next() {
            Some("{") => Err(self
                .here("`each` opens no block: it repeats the one step on its line")
                .expected("each n 1..20 name${n} joins; `together {` around several sends all at once")),
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

    pub(super) fn step(&mut self) -> Read<Step<Text>> {
        let refused = self.eat("!") || self.eat("！");
        self.blanks();
        let actor = self.word(&COLONS);
        let name = &self.text[actor.clone()];
        if let Some(taken) =
            keyword::KEYWORDS.iter().find(|k| k.place != Place::Inside && k.spellings().any(|s| s == name))
        {
            return Err(Syntax::new(actor, format!("`{name}` is a word of the language, not a person"))
                .expected(format!("somebody's name ({})", taken.about)));
        }
        if name.is_empty() || name.starts_with(['#', '/', '>', '}']) {
            return Err(Syntax::new(actor, "a line begins with a person's name").expected(
                "`name: text`, `name joins`, `# comment`, `@title …`; what must be seen stands indented",
            ));
        }
        let actor = self.filled(actor);
        let action = self.action()?;
        Ok(Step { refused, actor, action })
    }

    fn action(&mut self) -> Read<Action<Text>> {
        self.blanks();
        if self.eat_any(&COLONS) {
            return Ok(Action::Say { room: None, text: self.message() });
        }
        if self.rest().starts_with('#') {
            let room = self.room();
            self.blanks();
            return match self.eat_any(&COLONS) {
                true => Ok(Action::Say { room, text: self.message() }),
                false => Err(self.here("no `:` after the room").expected("`#room: text`")),
            };
        }
        if self.eat("/") {
            return self.command();
        }
        if self.eat(">>>") {
            self.eat(" ");
            return self.bytes();
        }
        if self.eat(">>") {
            return Ok(Action::Line(self.message()));
        }
        match self.keyword(Place::Action) {
            Some(Word::Joins) => self.join(),
            Some(Word::Leaves) => self.leave(),
            Some(Word::Connects) => self.end().map(|()| Action::Connect),
            Some(Word::Drops) => self.end().map(|()| Action::Fault(Fault::Drop)),
            Some(Word::Stalls) => self.end().map(|()| Action::Fault(Fault::Stall)),
            Some(Word::Resumes) => self.end().map(|()| Action::Fault(Fault::Resume)),
            Some(Word::Reconnects) => self.end().map(|()| Action::Fault(Fault::Reconnect)),
            _ => Err(self
                .unknown(Place::Action, "`: text`, `#room: text`, {}, `/command`, `>> line` or `>>> bytes`")),
        }
    }

    fn join(&mut self) -> Read<Action<Text>> {
        self.blanks();
        let room = self.rest().starts_with('#').then(|| self.room()).flatten();
        self.blanks();
        let mut name = None;
        if let Some((_, _, length)) = keyword::longest(self.rest(), Place::Inside) {
            self.at += length;
            self.blanks();
            let word = self.word(&[]);
            if word.is_empty() {
                return Err(self.here("no name after `as`").expected("joins as NAME"));
            }
            name = Some(self.filled(word));
        }
        self.end()?;
        Ok(Action::Join { room, name })
    }

    fn leave(&mut self) -> Read<Action<Text>> {
        self.blanks();
        let room = self.rest().starts_with('#').then(|| self.room()).flatten();
        self.blanks();
        let reason = self.eat_any(&COLONS).then(|| self.message());
        self.end()?;
        Ok(Action::Leave { room, reason })
    }

    fn command(&mut self) -> Read<Action<Text>> {
        let start = self.at - 1;
        let word = self.word(&[]);
        let name = &self.text[word.clone()];
        let names = || COMMANDS.iter().map(|(_, name, ..)| *name);
        let Some((command, _, usage, _)) = COMMANDS.iter().find(|(_, known, ..)| *known == name) else {
            return Err(Syntax::new(start..word.end, format!("`/{name}` is not known"))
                .expected(format!(
                    "{}; or `>>` and the protocol's own line",
                    list(names().map(|n| format!("/{n}")))
                ))
                .mean(nearest(name, names()).map(|name| format!("/{name}"))));
        };
        self.blanks();
        let missing = self.rest().is_empty() && needs_something(*command);
        let args = self.text_to_the_end();
        match missing {
            true => Err(Syntax::new(start..word.end, format!("`/{name}` needs more"))
                .expected(format!("/{name} {usage}"))),
            false => Ok(Action::Command { command: *command, args }),
        }
    }

    fn bytes(&mut self) -> Read<Action<Text>> {
        let start = self.at;
        let rest = self.rest();
        if let Err(at) = unescape(rest) {
            return Err(Syntax::new(start + at..start + rest.len().min(at + 2), "not an escape")
                .expected("\\r, \\n, \\\\ or \\xHH with two hexadecimal digits"));
        }
        Ok(Action::Bytes(self.text_to_the_end()))
    }

    fn room(&mut self) -> Option<Text> {
        let word = self.word(&COLONS);
        Some(self.filled(word))
    }

    /// What follows a colon or `>>`: one blank after it is not part of the text.
    fn message(&mut self) -> Text {
        self.eat(" ");
        self.text_to_the_end()
    }

    pub(super) fn text_to_the_end(&mut self) -> Text {
        let range = self.at..self.text.len();
        self.at = range.end;
        self.filled(range)
    }
}

fn needs_something(command: Command) -> bool {
    matches!(
        command,
        Command::Invite
            | Command::Kick
            | Command::Me
            | Command::Mode
            | Command::Msg
            | Command::Nick
            | Command::Notice
            | Command::Topic
            | Command::Whois
    )
}

#[cfg(test)]
mod tests;
