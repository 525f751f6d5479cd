//! Steps: an actor and what it does.

use super::super::escape::unescape;
use super::super::keyword::{self, COMMANDS, Place, Word};
use super::super::reader::{COLONS, Read, Reader, is_brace, list};
use super::super::syntax::{Syntax, nearest};
use super::super::tree::{Action, Fault, Step, Text};

impl Reader<'_> {
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
        if name.is_empty() || name.starts_with(['#', '/', '>', '}', '｝']) || is_brace(name) {
            return Err(Syntax::new(actor, "a line begins with a person's name").expected(format!(
                "`name: text`, `name {}`, `# comment`, `@title …`; what must be seen stands indented",
                self.told(Word::Joins)
            )));
        }
        let called = name;
        let actor = self.filled(actor);
        let action = self.action(called)?;
        Ok(Step { refused, actor, action })
    }

    fn action(&mut self, actor: &str) -> Read<Action<Text>> {
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
            return self.bytes_action();
        }
        if self.eat(">>") {
            return Ok(Action::Line(self.message()));
        }
        match self.keyword(Place::Action) {
            Some(Word::Joins) => self.join_action(),
            Some(Word::Leaves) => self.leave_action(),
            Some(Word::Connects) => self.end().map(|()| Action::Connect),
            Some(Word::Drops) => self.end().map(|()| Action::Fault(Fault::Drop)),
            Some(Word::Stalls) => self.end().map(|()| Action::Fault(Fault::Stall)),
            Some(Word::Resumes) => self.end().map(|()| Action::Fault(Fault::Resume)),
            Some(Word::Reconnects) => self.end().map(|()| Action::Fault(Fault::Reconnect)),
            _ => {
                let error = self.unknown(
                    Place::Action,
                    "`: text`, `#room: text`, {}, `/command`, `>> line` or `>>> bytes`",
                );
                let said = self.rest().trim_start_matches([' ', '\t', ':', '：']);
                Err(match keyword::SAYING.contains(&&self.text[error.at.clone()]) {
                    true => error.mean(Some(format!("{actor}: {said}"))),
                    false => error,
                })
            }
        }
    }

    fn join_action(&mut self) -> Read<Action<Text>> {
        self.blanks();
        let room = self.rest().starts_with('#').then(|| self.room()).flatten();
        self.blanks();
        let mut name = None;
        if let Some((_, _, length)) = keyword::longest(self.rest(), Place::Inside) {
            self.at += length;
            self.blanks();
            let word = self.word(&[]);
            if word.is_empty() {
                let expected = format!("{} {} NAME", self.told(Word::Joins), self.told(Word::As));
                return Err(self.here("no name after `as`").expected(expected));
            }
            name = Some(self.filled(word));
        }
        self.end()?;
        Ok(Action::Join { room, name })
    }

    fn leave_action(&mut self) -> Read<Action<Text>> {
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
        let missing = self.rest().is_empty() && needs_something(usage);
        let args = self.text_to_the_end();
        match missing {
            true => Err(Syntax::new(start..word.end, format!("`/{name}` needs more"))
                .expected(format!("/{name} {usage}"))),
            false => Ok(Action::Command { command: *command, args }),
        }
    }

    fn bytes_action(&mut self) -> Read<Action<Text>> {
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

/// Whether a part of it stands without brackets.
fn needs_something(usage: &str) -> bool {
    usage.split(' ').any(|part| !part.is_empty() && !part.starts_with('['))
}
