//! A script made ready to be played: values filled in, `each` unrolled, every
//! name somebody's.

use super::escape::unescape;
use super::keyword::{Command, Key, Word, of};
use super::syntax::{Syntax, nearest};
use super::{Action, Check, Expect, Item, Mods, Script, Step, Text, Who};
use crate::bot::expect::pattern::Pattern;
use crate::text::Lang;
use crate::wire::Message;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

/// An actor's place in [`Plan::actors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub usize);

/// What is to be played.
#[derive(Debug)]
pub struct Plan {
    pub lang: Lang,
    pub title: Option<String>,
    pub room: Option<String>,
    /// Further flags for our own server.
    pub serve: Vec<String>,
    pub strict: bool,
    /// Everybody's name when first met.
    pub actors: Vec<String>,
    /// What the console must have said before the first step.
    pub opening: Vec<Want>,
    pub acts: Vec<Act>,
}

/// One thing after another.
#[derive(Debug)]
pub enum Act {
    Step(PlannedStep),
    Wait { line: usize, time: Duration },
}

#[derive(Debug)]
pub struct PlannedStep {
    pub line: usize,
    pub refused: bool,
    pub actor: ActorId,
    pub action: Action<String>,
    pub wants: Vec<Want>,
}

/// One indented line.
#[derive(Debug)]
pub struct Want {
    pub line: usize,
    pub who: Whom,
    pub check: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    Named(Vec<ActorId>),
    Everyone,
    Others,
    Server,
}

#[derive(Debug)]
pub enum Wanted {
    Sees { times: usize, pattern: Pattern },
    Nothing,
    Raw { times: usize, pattern: Pattern },
}

impl Act {
    pub fn line(&self) -> usize {
        match self {
            Act::Step(step) => step.line,
            Act::Wait { line, .. } => *line,
        }
    }
}

/// Makes a script ready, past its mistakes, which come with it in order.
/// `suspects` may have come in by lines that could not be read.
pub fn plan(script: &Script, suspects: &[String]) -> (Plan, Vec<Syntax>) {
    let mut planner = Planner::new(script.lang, suspects);
    for line in &script.lines {
        if let Err(error) = planner.item(line.number, &line.item) {
            planner.errors.push(error.on(line.number));
        }
    }
    (planner.plan, planner.errors)
}

struct Planner<'a> {
    suspects: &'a [String],
    plan: Plan,
    values: HashMap<String, String>,
    /// By the name that the script calls them now.
    people: BTreeMap<String, (ActorId, Presence)>,
    /// Names given up: what they became, and in which line.
    former: HashMap<String, (String, usize)>,
    /// How many steps the last step line stands for: its expectations hold for each.
    last: usize,
    /// The counter of the last `each`, and its last value.
    counter: Option<(String, i64)>,
    errors: Vec<Syntax>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Here,
    Gone { line: usize },
}

impl<'a> Planner<'a> {
    fn new(lang: Lang, suspects: &'a [String]) -> Planner<'a> {
        let plan = Plan {
            lang,
            title: None,
            room: None,
            serve: Vec::new(),
            strict: false,
            actors: Vec::new(),
            opening: Vec::new(),
            acts: Vec::new(),
        };
        Planner {
            suspects,
            plan,
            values: HashMap::new(),
            people: BTreeMap::new(),
            former: HashMap::new(),
            last: 0,
            counter: None,
            errors: Vec::new(),
        }
    }

    fn item(&mut self, line: usize, item: &Item) -> Result<(), Syntax> {
        match item {
            Item::Directive { key, value } => self.directive(*key, value),
            Item::Step(step) => {
                (self.last, self.counter) = (1, None);
                self.step(line, step)
            }
            Item::Expect(expect) => self.expect(line, expect),
            Item::Each { name, from, to, step } => {
                (self.last, self.counter) = (0, Some((name.clone(), *to)));
                for i in *from..=*to {
                    self.values.insert(name.clone(), i.to_string());
                    self.step(line, step)?;
                    self.last += 1;
                }
                Ok(())
            }
            Item::Let { name, value } => {
                let value = self.fill(value)?;
                self.values.insert(name.clone(), value);
                Ok(())
            }
            Item::Wait(time) => {
                self.last = 0;
                self.plan.acts.push(Act::Wait { line, time: *time });
                Ok(())
            }
        }
    }

    fn directive(&mut self, key: Key, value: &str) -> Result<(), Syntax> {
        match key {
            Key::Title => self.plan.title = Some(value.to_owned()),
            Key::Room => match value.starts_with('#') && !value.contains([' ', ',']) {
                true => self.plan.room = Some(value.to_owned()),
                false => {
                    let at = "@room ".len();
                    return Err(Syntax::new(at..at + value.len(), "no room's name").expected("@room #NAME"));
                }
            },
            Key::Serve => self.plan.serve.extend(value.split_whitespace().map(str::to_owned)),
            Key::Strict => self.plan.strict = true,
        }
        Ok(())
    }

    fn step(&mut self, line: usize, step: &Step<Text>) -> Result<(), Syntax> {
        let name = self.fill(&step.actor)?;
        let arrives = matches!(step.action, Action::Join { .. } | Action::Connect);
        let actor = self.actor(&name, step.actor.at.clone(), arrives)?;
        let action = step.action.try_map(|text| self.fill(text))?;
        if let (Action::Bytes(bytes), Action::Bytes(text)) = (&action, &step.action) {
            unescape(bytes).map_err(|_| Syntax::new(text.at.clone(), "a value brings in half an escape"))?;
        }
        if !step.refused {
            self.follow(line, &name, actor, &action);
        } else if arrives {
            self.people.insert(name, (actor, Presence::Here));
        }
        let refused = step.refused;
        self.plan.acts.push(Act::Step(PlannedStep { line, refused, actor, action, wants: Vec::new() }));
        Ok(())
    }

    /// Who is called that, now; whoever arrives may be somebody new.
    fn actor(&mut self, name: &str, at: Range<usize>, arrives: bool) -> Result<ActorId, Syntax> {
        match self.people.get(name) {
            Some(&(actor, _)) if arrives => Ok(actor),
            Some(&(actor, Presence::Here)) => Ok(actor),
            Some(&(_, Presence::Gone { line })) => {
                Err(Syntax::new(at, format!("{name} left in line {line}"))
                    .expected(format!("`{name} {}` above", of(Word::Joins).both())))
            }
            None if arrives || self.suspects.iter().any(|suspect| suspect == name) => {
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
                .expected(format!("`{name} {}` above", of(Word::Joins).both()))
                .mean(nearest(name, self.people.keys().map(String::as_str)))),
        }
    }

    /// What the step makes of the names that the next lines may use.
    fn follow(&mut self, line: usize, name: &str, actor: ActorId, action: &Action<String>) {
        let mut presence = Presence::Here;
        let mut called = name.to_owned();
        match action {
            Action::Leave { room: None, .. } | Action::Command { command: Command::Quit, .. } => {
                presence = Presence::Gone { line };
            }
            Action::Command { command: Command::Nick, args } => called = first_word(args),
            Action::Line(text) => match Message::parse(text) {
                Ok(message) if message.is("QUIT") => presence = Presence::Gone { line },
                Ok(message) if message.is("NICK") => {
                    called = message.param(0).map_or(called, str::to_owned);
                }
                _ => {}
            },
            _ => {}
        }
        self.people.remove(name);
        if called != name {
            self.former.insert(name.to_owned(), (called.clone(), line));
        }
        self.people.insert(called, (actor, presence));
    }

    fn expect(&mut self, line: usize, expect: &Expect<Text>) -> Result<(), Syntax> {
        let opening = self.plan.acts.is_empty() && matches!(expect.who, Who::Server);
        if self.last == 0 && !opening {
            return Err(Syntax::new(0..usize::MAX, "no step above that this could follow from")
                .expected("an indented line below a step (before the first one only `server sees …`)"));
        }
        for nth in (0..self.last.max(1)).rev() {
            if let Some((name, to)) = &self.counter {
                self.values.insert(name.clone(), (to - nth as i64).to_string());
            }
            let want = Want { line, who: self.whom(&expect.who)?, check: self.check(&expect.check)? };
            let at = self.plan.acts.len().checked_sub(nth + 1);
            match at.and_then(|at| self.plan.acts.get_mut(at)) {
                Some(Act::Step(step)) => step.wants.push(want),
                _ => self.plan.opening.push(want),
            }
        }
        Ok(())
    }

    fn whom(&mut self, who: &Who<Text>) -> Result<Whom, Syntax> {
        Ok(match who {
            Who::Everyone => Whom::Everyone,
            Who::Others => Whom::Others,
            Who::Server => Whom::Server,
            Who::Named(names) => {
                let mut actors = Vec::with_capacity(names.len());
                for text in names {
                    let name = self.fill(text)?;
                    // Whoever left in this very step may still be looked at.
                    let known = self.people.get(&name).map(|&(actor, _)| actor);
                    actors.push(known.map_or_else(|| self.actor(&name, text.at.clone(), false), Ok)?);
                }
                Whom::Named(actors)
            }
        })
    }

    fn check(&self, check: &Check<Text>) -> Result<Wanted, Syntax> {
        let compiled = |mods: &Mods, text: &Text| {
            let pattern = self.fill(text)?;
            Pattern::new(mods.style, &pattern).map_err(|why| {
                Syntax::new(text.at.clone(), format!("not a regular expression: {why}"))
                    .expected("the syntax of https://docs.rs/regex")
            })
        };
        Ok(match check {
            Check::Nothing => Wanted::Nothing,
            Check::Sees { mods, pattern } => {
                Wanted::Sees { times: mods.times, pattern: compiled(mods, pattern)? }
            }
            Check::Raw { mods, pattern } => {
                Wanted::Raw { times: mods.times, pattern: compiled(mods, pattern)? }
            }
        })
    }

    fn fill(&self, text: &Text) -> Result<String, Syntax> {
        text.value.fill(&self.values).map_err(|name| {
            Syntax::new(text.at.clone(), format!("`${{{name}}}` has no value"))
                .expected(format!("`let {name} = …` above"))
                .mean(nearest(&name, self.values.keys().map(String::as_str)))
        })
    }
}

fn first_word(text: &str) -> String {
    text.split(' ').next().unwrap_or("").to_owned()
}
