//! The people of a script and their names, as far as it was planned.

use super::super::keyword::{Key, Word, of};
use super::super::parse::Parsed;
use super::super::plan::{ActorId, Plan, PlannedStep, StepGroup};
use super::super::syntax::{MOST_SHOWN, Syntax, nearest};
use super::super::template::FillError;
use super::super::tree::Text;
use crate::text::Lang;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// Bytes that the plan of a script may take, in all: an `each` may repeat a long text 100,000 times.
const MOST_PLANNED: usize = 256 << 20;

/// What is counted for each of its texts beside the bytes of that.
const PER_TEXT: usize = size_of::<PlannedStep>();

#[derive(Default)]
pub(super) struct Planner<'a> {
    pub(super) suspects: HashSet<&'a str>,
    /// The language in which the author is answered.
    pub(super) told: Option<Lang>,
    pub(super) plan: Plan,
    pub(super) values: HashMap<String, String>,
    /// By the name that the script calls them now.
    pub(super) people: BTreeMap<String, (ActorId, Presence)>,
    /// Names given up: what they became, and in which line.
    pub(super) former: HashMap<String, (String, usize)>,
    /// Everybody who has registered by `joins` on the connection of now, and
    /// the line of that.
    pub(super) registered: BTreeMap<ActorId, usize>,
    /// The directives so far, each with its line.
    pub(super) directives: Vec<(Key, usize)>,
    /// The first line that is no directive.
    pub(super) begun_at: Option<usize>,
    /// How many step groups the last line stands for: its expectations hold for each.
    pub(super) last: usize,
    /// The server is down since this line.
    pub(super) down: Option<usize>,
    /// The block that is open.
    pub(super) block: Option<StepGroup>,
    /// What each who wrote bytes left behind: whether a line is begun, and
    /// whether this group ended one before.
    pub(super) begun: BTreeMap<ActorId, Begun>,
    /// The counter of the last `each`, and its last value.
    pub(super) counter: Option<(String, i64)>,
    pub(super) errors: Vec<Syntax>,
    /// What is planned takes about so many bytes; no more than [`MOST_PLANNED`].
    pub(super) bytes: Cell<usize>,
}

/// Where somebody is, and since which line; who is stalled is here, but reads nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Gone { line: usize },
    Dropped { line: usize },
    Stalled { line: usize },
}

#[derive(Default)]
pub(super) struct Begun {
    pub(super) midway: bool,
    pub(super) ended: bool,
    pub(super) at: Range<usize>,
    pub(super) line: usize,
}

impl<'a> Planner<'a> {
    pub(super) fn new(parsed: &'a Parsed) -> Planner<'a> {
        Planner {
            suspects: parsed.suspects.iter().map(String::as_str).collect(),
            told: parsed.told,
            plan: Plan { lang: parsed.script.lang, ..Plan::default() },
            ..Planner::default()
        }
    }

    /// Somebody as an expectation may name them.
    pub(super) fn person(&mut self, name: &str, at: Range<usize>, arrives: bool) -> Result<ActorId, Syntax> {
        match self.people.get(name) {
            Some(&(_, Presence::Gone { line })) => {
                Err(Syntax::new(at, format!("{name} left in line {line}"))
                    .expected(self.above(name, Word::Joins)))
            }
            Some(&(actor, _)) => Ok(actor),
            None if arrives || self.suspects.contains(name) => {
                let actor = ActorId(self.plan.actors.len());
                self.plan.actors.push(name.to_owned());
                Ok(actor)
            }
            None if self.former.contains_key(name) => {
                let (new, line) = &self.former[name];
                Err(Syntax::new(at, format!("{name} took another name in line {line}"))
                    .expected("the name of somebody who is here")
                    .mean(Some(new.clone())))
            }
            None => Err(Syntax::new(at, format!("{name} has not come in"))
                .expected(self.above(name, Word::Joins))
                .mean(self.nearest(name, self.people.keys()))),
        }
    }

    pub(super) fn above(&self, name: &str, word: Word) -> String {
        format!("`{name} {}` above", of(word).told(self.told))
    }

    /// None for mistakes that are not shown: looking through all names for each
    /// of them would take as many comparisons as both together, multiplied.
    pub(super) fn nearest<'s>(&self, name: &str, names: impl Iterator<Item = &'s String>) -> Option<String> {
        if self.errors.len() < MOST_SHOWN { nearest(name, names.map(String::as_str)) } else { None }
    }

    pub(super) fn fill(&self, text: &Text) -> Result<String, Syntax> {
        let filled = text.value.fill(&self.values).map_err(|error| match error {
            FillError::NoValue(name) => Syntax::new(text.at.clone(), format!("`${{{name}}}` has no value"))
                .expected(format!("`let {name} = …` above"))
                .mean(self.nearest(&name, self.values.keys())),
            FillError::TooLong => {
                Syntax::new(text.at.clone(), "more than 1 MiB of text").expected("shorter values")
            }
        })?;
        self.bytes.set(self.bytes.get().saturating_add(filled.len() + PER_TEXT));
        match self.bytes.get() <= MOST_PLANNED {
            true => Ok(filled),
            false => Err(Syntax::new(text.at.clone(), "with this the script takes more than 256 MiB")
                .expected("shorter texts, or fewer of them")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::parse::parse;
    use super::super::super::template::Template;
    use super::*;

    /// Texts of 1 MiB, each repeated 100,000 times, once took all memory.
    #[test]
    fn a_plan_is_bounded() {
        let parsed = parse("a: hi\n");
        let planner = Planner::new(&parsed);
        let text = Text { value: Template::literal("hi"), at: 0..2 };
        planner.bytes.set(MOST_PLANNED - PER_TEXT - "hi".len());
        assert_eq!(planner.fill(&text).as_deref(), Ok("hi"));
        let error = planner.fill(&text).unwrap_err();
        assert!(error.what.contains("256 MiB"), "{error:?}");
    }
}
