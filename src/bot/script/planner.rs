//! Makes a script ready to be played: fills in values, unrolls `each` and resolves names to actors.

use super::escape::unescape;
use super::keyword::{Command, Key, Word, command_name, of};
use super::parse::Parsed;
use super::plan::{ActorId, Condition, Plan, PlannedStep, StepGroup};
use super::reader::COLONS;
use super::syntax::Syntax;
use super::tree::{Action, Fault, Item, Outage, Step, Text};
use crate::wire::Message;
use people::{Planner, Presence};
use std::ops::Range;

mod directive;
mod opposite;
mod people;
mod sent;
mod wants;

/// Makes a script ready, past its mistakes, which come with it in order.
/// Its suspects may have come in by lines that could not be read.
pub fn plan(parsed: &Parsed) -> (Plan, Vec<Syntax>) {
    let mut planner = Planner::new(parsed);
    for line in &parsed.script.lines {
        if let Err(error) = planner.item(line.number, &line.item) {
            let at = if error.line == 0 { line.number } else { error.line };
            planner.errors.push(error.on(at));
        }
    }
    let Planner { plan, mut errors, directives, .. } = planner;
    let serve = directives.into_iter().find(|(key, _)| *key == Key::Serve);
    errors.extend(opposite::mistakes(&plan.groups));
    errors.extend(nothing_that_can_fail(&plan));
    errors.extend(serve.filter(|_| plan.only_if.contains(&Condition::Foreign)).map(for_nobody));
    (plan, errors)
}

/// `@serve` beside `@only-if foreign`.
fn for_nobody((_, line): (Key, usize)) -> Syntax {
    let what = "@serve is for our own server, and this script is played against others only";
    Syntax::new(0..usize::MAX, what).expected("no @serve, or no `@only-if foreign`").on(line)
}

/// `@xfail` for a line in which nothing is compared, or that is not there.
fn nothing_that_can_fail(plan: &Plan) -> Option<Syntax> {
    let expected = plan.xfail.as_ref()?;
    let at = expected.at.filter(|&at| plan.group_line_of(at).is_none())?;
    let what = format!("line {at} is neither a step nor an expectation, and so can't fail");
    let line = Syntax::new(0..usize::MAX, what).on(expected.line);
    Some(line.expected("the line that the report of the failure names"))
}

impl Planner<'_> {
    fn item(&mut self, line: usize, item: &Item) -> Result<(), Syntax> {
        if !matches!(item, Item::Directive { .. } | Item::Let { .. }) {
            self.begun_at = self.begun_at.or(Some(line));
        }
        match item {
            Item::Directive { key, value } => self.directive(line, *key, value),
            Item::Step(step) => {
                (self.last, self.counter) = (1, None);
                self.step(line, step)?;
                self.settle_bytes()
            }
            Item::Expect(expect) => self.expect(line, expect),
            Item::Each { name, from, to, step } => {
                (self.last, self.counter) = (0, Some((name.clone(), *to)));
                for i in *from..=*to {
                    self.values.insert(name.clone(), i.to_string());
                    self.step(line, step)?;
                    self.last += 1;
                    self.settle_bytes()?;
                }
                Ok(())
            }
            Item::Together => {
                self.block = Some(StepGroup { line, together: true, ..StepGroup::default() });
                Ok(())
            }
            Item::End => {
                (self.last, self.counter) = (1, None);
                self.plan.groups.extend(self.block.take());
                self.settle_bytes()
            }
            Item::Let { name, value } => {
                let value = self.fill(value)?;
                self.values.insert(name.clone(), value);
                Ok(())
            }
            Item::Outage(outage) => self.outage(line, *outage),
            Item::Wait(time) => {
                (self.last, self.counter) = (1, None);
                self.plan.groups.push(StepGroup { line, pause: Some(*time), ..StepGroup::default() });
                Ok(())
            }
        }
    }

    fn step(&mut self, line: usize, step: &Step<Text>) -> Result<(), Syntax> {
        if let Some(down) = self.down {
            let error = Syntax::new(0..usize::MAX, format!("the server is down since line {down}"));
            return Err(error.expected(self.restarts_above()));
        }
        let name = self.fill(&step.actor)?;
        let actor = self.actor(&name, step)?;
        let action = step.action.try_map(|text| self.fill(text))?;
        if !step.refused {
            self.addressed(&step.action, &action)?;
        }
        self.keeps_the_name(step, &name)?;
        let sent = self.sent(step, &name, &action);
        if let (Action::Bytes(bytes), Action::Bytes(text)) = (&action, &step.action) {
            let bytes = unescape(bytes)
                .map_err(|_| Syntax::new(text.at.clone(), "a value brings in half an escape"))?;
            self.note_bytes(line, actor, &bytes, text.at.clone());
        }
        if let (Action::Fault(fault), true) = (&action, self.block.is_some())
            && *fault != Fault::Drop
        {
            return Err(Syntax::new(0..usize::MAX, "not inside a block").expected("a step of its own"));
        }
        let called = name.clone();
        if !step.refused {
            self.follow(line, &name, actor, &action);
        } else if arrives(&action) {
            self.people.insert(name, (actor, Presence::Here));
        }
        // The names of the lines below depend on a wrong step as well.
        sent?;
        let planned = PlannedStep { line, refused: step.refused, actor, called, action };
        match &mut self.block {
            Some(block) => block.steps.push(planned),
            None => self.plan.groups.push(StepGroup { line, steps: vec![planned], ..StepGroup::default() }),
        }
        Ok(())
    }

    /// All connections end, and nobody does anything until the server is there again.
    fn outage(&mut self, line: usize, outage: Outage) -> Result<(), Syntax> {
        let wrong = |what: String, expected: String| Err(Syntax::new(0..usize::MAX, what).expected(expected));
        match (outage, self.down) {
            (Outage::Dies, Some(down)) => {
                return wrong(format!("the server is down since line {down}"), self.restarts_above());
            }
            (Outage::Restarts, None) => {
                let words = [Word::Server, Word::Dies].map(|word| of(word).told(self.told));
                return wrong("the server is not down".to_owned(), format!("`{}` above", words.join(" ")));
            }
            (Outage::Dies, None) => self.down = Some(line),
            (Outage::Restarts, Some(_)) => self.down = None,
        }
        for (_, presence) in self.people.values_mut() {
            if matches!(presence, Presence::Here | Presence::Stalled { .. }) {
                *presence = Presence::Dropped { line };
            }
        }
        self.registered.clear();
        self.begun.clear();
        (self.last, self.counter) = (1, None);
        self.plan.groups.push(StepGroup { line, outage: Some(outage), ..StepGroup::default() });
        Ok(())
    }

    fn restarts_above(&self) -> String {
        let words = [Word::Server, Word::Restarts].map(|word| of(word).told(self.told));
        format!("`{}` above", words.join(" "))
    }

    fn note_bytes(&mut self, line: usize, actor: ActorId, bytes: &[u8], at: Range<usize>) {
        let Some(last) = bytes.last() else { return };
        let begun = self.begun.entry(actor).or_default();
        begun.ended |= bytes.contains(&b'\n');
        begun.midway = *last != b'\n';
        (begun.at, begun.line) = (at, line);
    }

    /// The end of a step group. An actor in the middle of a line can't be asked for a PONG, so nothing
    /// would prove what its earlier lines caused.
    fn settle_bytes(&mut self) -> Result<(), Syntax> {
        if self.block.is_some() {
            return Ok(());
        }
        let mut wrong = None;
        for begun in self.begun.values_mut() {
            if begun.ended && begun.midway {
                let what = "one line ends and another begins: what the first causes can't be proven yet";
                let error = Syntax::new(begun.at.clone(), what).on(begun.line);
                wrong = Some(error.expected(format!(
                    "two steps, or a `{} {{` block that holds the other's end, too",
                    of(Word::Together).told(self.told)
                )));
            }
            begun.ended = false;
        }
        // Only actors in the middle of a line are looked at again.
        self.begun.retain(|_, begun| begun.midway);
        wrong.map_or(Ok(()), Err)
    }

    /// The person of this name now; a person who arrives may be new.
    fn actor(&mut self, name: &str, step: &Step<Text>) -> Result<ActorId, Syntax> {
        let arrives = arrives(&step.action);
        let resumes = matches!(step.action, Action::Fault(Fault::Resume));
        let ends = matches!(step.action, Action::Fault(Fault::Drop | Fault::Reconnect));
        let reconnects = matches!(step.action, Action::Fault(Fault::Reconnect));
        let wrong = |what: String| Syntax::new(step.actor.at.clone(), what);
        match self.people.get(name) {
            Some(&(actor, Presence::Stalled { .. })) if resumes || ends => Ok(actor),
            Some(&(_, Presence::Stalled { line })) => Err(wrong(format!(
                "{name} reads nothing since line {line}, and so can't be asked for an answer"
            ))
            .expected(self.above(name, Word::Resumes))),
            Some(&(_, Presence::Here)) if resumes => {
                Err(wrong(format!("{name} has not stopped reading")).expected(self.above(name, Word::Stalls)))
            }
            Some(&(actor, Presence::Here)) => Ok(actor),
            // A block has no order between its steps and the server's letting go of a name.
            Some(&(actor, Presence::Gone { line } | Presence::Dropped { line }))
                if arrives && self.block.as_ref().is_some_and(|block| line > block.line) =>
            {
                self.people.insert(name.to_owned(), (actor, Presence::Here));
                Err(wrong(format!(
                    "{name} leaves in line {line}, and nobody comes back in the block in which he leaves"
                ))
                .expected(format!("`{name} {}` below the block", of(Word::Joins).told(self.told))))
            }
            Some(&(actor, _)) if arrives || reconnects => Ok(actor),
            Some(&(_, Presence::Dropped { line })) => {
                Err(wrong(format!("{name}'s connection was reset in line {line}"))
                    .expected(self.above(name, Word::Reconnects)))
            }
            _ => self.person(name, step.actor.at.clone(), arrives),
        }
    }

    /// Refuses `/msg Bob: hi`: nobody can be called `Bob:`.
    fn addressed(&self, written: &Action<Text>, action: &Action<String>) -> Result<(), Syntax> {
        let (
            Action::Command { command: command @ (Command::Msg | Command::Notice), args },
            Action::Command { args: text, .. },
        ) = (action, written)
        else {
            return Ok(());
        };
        let to = args.split(' ').next().unwrap_or("");
        let Some(colon) = to.find(COLONS) else { return Ok(()) };
        let (meant, said) = args.split_at(colon);
        let said = said.trim_start_matches(COLONS).trim_start();
        if self.people.contains_key(to) || !self.people.contains_key(meant) {
            return Ok(());
        }
        let at = text.at.start..text.at.start + to.len();
        Err(Syntax::new(at, format!("nobody here is called `{to}`"))
            .expected("a name, a blank and the text")
            .mean(Some(format!("/{} {meant} {said}", command_name(*command)))))
    }

    /// What the step makes of the names that the next lines may use.
    fn follow(&mut self, line: usize, name: &str, actor: ActorId, action: &Action<String>) {
        let mut presence = Presence::Here;
        let mut called = name.to_owned();
        match action {
            Action::Leave { room: None, .. } | Action::Command { command: Command::Quit, .. } => {
                presence = Presence::Gone { line };
            }
            Action::Fault(Fault::Drop) => presence = Presence::Dropped { line },
            Action::Fault(Fault::Stall) => presence = Presence::Stalled { line },
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
        if presence != Presence::Here || arrives(action) || matches!(action, Action::Fault(Fault::Reconnect))
        {
            self.begun.remove(&actor);
        }
        match action {
            Action::Join { .. } | Action::Fault(Fault::Reconnect) => {
                self.registered.entry(actor).or_insert(line);
            }
            Action::Fault(Fault::Stall | Fault::Resume) => {}
            _ if presence != Presence::Here || arrives(action) => drop(self.registered.remove(&actor)),
            _ => {}
        }
        self.people.remove(name);
        if called != name {
            self.former.insert(name.to_owned(), (called.clone(), line));
            let below = self.block.as_ref().map_or(line, |block| block.line);
            self.plan.renames.entry(actor).or_default().push((below, called.clone()));
        }
        self.people.insert(called, (actor, presence));
    }
}

fn arrives<T>(action: &Action<T>) -> bool {
    matches!(action, Action::Join { .. } | Action::Connect)
}

fn first_word(text: &str) -> String {
    text.split(' ').next().unwrap_or("").to_owned()
}
