//! A script as text again: what [`parse`](super::parse::parse) reads back.

use super::keyword::{KEYS, Word, command_name, of};
use super::tree::{Action, Check, Expect, Fault, Item, Mods, Outage, Script, Step, Text, Who};
use crate::bot::pattern::Style;
use crate::text::Lang;
use std::fmt::{self, Display, Write};

impl Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = 0;
        let mut in_block = false;
        for line in &self.lines {
            while number + 1 < line.number {
                f.write_char('\n')?;
                number += 1;
            }
            in_block &= line.item != Item::End;
            let margin = if in_block { "  " } else { "" };
            writeln!(f, "{margin}{}", item(&line.item, self.lang))?;
            in_block |= line.item == Item::Together;
            number += 1;
        }
        Ok(())
    }
}

/// One line without its end.
pub fn item(item: &Item, lang: Lang) -> String {
    match item {
        Item::Directive { key, value } => {
            let name = KEYS.iter().find(|(k, ..)| k == key).map_or("", |(_, name, _)| name);
            format!("@{name} {value}").trim_end().to_owned()
        }
        Item::Step(one) => step(one, lang),
        Item::Expect(one) => format!("  {}", expect(one, lang)),
        Item::Each { name, from, to, step: one } => {
            format!("{} {name} {from}..{to} {}", of(Word::Each).en, step(one, lang))
        }
        Item::Together => format!("{} {{", of(Word::Together).spelled(lang)),
        Item::End => "}".to_owned(),
        Item::Let { name, value } => format!("{} {name} = {}", of(Word::Let).en, value.value),
        Item::Outage(outage) => {
            let what = match outage {
                Outage::Dies => Word::Dies,
                Outage::Restarts => Word::Restarts,
            };
            format!("{} {}", of(Word::Server).spelled(lang), of(what).spelled(lang))
        }
        Item::Wait(time) => format!("{} {}ms", of(Word::Wait).en, time.as_millis()),
    }
}

fn step(step: &Step<Text>, lang: Lang) -> String {
    let mark = if step.refused { "! " } else { "" };
    let actor = &step.actor.value;
    let word = |word| of(word).spelled(lang);
    let room = |room: &Option<Text>| room.as_ref().map_or(String::new(), |room| format!(" {}", room.value));
    match &step.action {
        Action::Say { room: None, text } => format!("{mark}{actor}: {}", text.value),
        Action::Say { room: Some(room), text } => format!("{mark}{actor} {}: {}", room.value, text.value),
        Action::Join { room: to, name } => {
            let name =
                name.as_ref().map_or(String::new(), |name| format!(" {} {}", word(Word::As), name.value));
            format!("{mark}{actor} {}{}{name}", word(Word::Joins), room(to))
        }
        Action::Leave { room: from, reason } => {
            let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {}", reason.value));
            format!("{mark}{actor} {}{}{reason}", word(Word::Leaves), room(from))
        }
        Action::Connect => format!("{mark}{actor} {}", word(Word::Connects)),
        Action::Fault(fault) => format!("{mark}{actor} {}", word(fault_word(*fault))),
        Action::Command { command, args } => {
            format!("{mark}{actor} /{} {}", command_name(*command), args.value)
        }
        Action::Line(line) => format!("{mark}{actor} >> {}", line.value),
        Action::Bytes(bytes) => format!("{mark}{actor} >>> {}", bytes.value),
    }
    .trim_end()
    .to_owned()
}

fn fault_word(fault: Fault) -> Word {
    match fault {
        Fault::Drop => Word::Drops,
        Fault::Stall => Word::Stalls,
        Fault::Resume => Word::Resumes,
        Fault::Reconnect => Word::Reconnects,
    }
}

fn expect(expect: &Expect<Text>, lang: Lang) -> String {
    let word = |word| of(word).spelled(lang);
    let who = match &expect.who {
        Who::Everyone => word(Word::Everyone).to_owned(),
        Who::Others => word(Word::Others).to_owned(),
        Who::Server => word(Word::Server).to_owned(),
        Who::Named(names) => names.iter().map(|name| name.value.to_string()).collect::<Vec<_>>().join(", "),
    };
    match &expect.check {
        Check::Nothing => format!("{who} {}", word(Word::SeesNothing)),
        Check::Sees { mods, pattern } => {
            format!("{who} {} {}{}", word(Word::Sees), modifiers(*mods), pattern.value)
        }
        Check::Raw { mods, pattern } => format!("{who} << {}{}", modifiers(*mods), pattern.value),
    }
}

fn modifiers(mods: Mods) -> String {
    let style = match mods.style {
        Style::Literal => "",
        Style::Glob => "(glob) ",
        Style::Regex => "(re) ",
    };
    match mods.times {
        1 => style.to_owned(),
        times => format!("{style}(x{times}) "),
    }
}
