//! Indented lines: the people they are about, the step group they belong to, and the pattern.

use super::super::keyword::{Word, of};
use super::super::plan::{Want, Wanted, Whom};
use super::super::syntax::Syntax;
use super::super::tree::{Check, Expect, Mods, Text, Who};
use super::people::Planner;
use crate::bot::expect::form::{as_read, glob_as_read};
use crate::bot::pattern::Pattern;
use crate::bot::pattern::Style;

impl Planner<'_> {
    pub(super) fn expect(&mut self, line: usize, expect: &Expect<Text>) -> Result<(), Syntax> {
        let opening = self.plan.groups.is_empty() && matches!(expect.who, Who::Server);
        if self.last == 0 && !opening {
            let [server, sees] = [Word::Server, Word::Sees].map(|word| of(word).told(self.told));
            return Err(Syntax::new(0..usize::MAX, "no step above that this could follow from").expected(
                format!("an indented line below a step (before the first one only `{server} {sees} …`)"),
            ));
        }
        for nth in (0..self.last.max(1)).rev() {
            if let Some((name, to)) = &self.counter {
                self.values.insert(name.clone(), (to - nth as i64).to_string());
            }
            let want =
                Want { line, who: self.whom(&expect.who)?, check: self.check(&expect.who, &expect.check)? };
            let at = self.plan.groups.len().checked_sub(nth + 1);
            match at.and_then(|at| self.plan.groups.get_mut(at)) {
                Some(group) => group.wants.push(want),
                None => self.plan.opening.push(want),
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
                    // A person who left in this very step may still be looked at.
                    let known = self.people.get(&name).map(|&(actor, _)| actor);
                    let actor = known.map_or_else(|| self.person(&name, text.at.clone(), false), Ok)?;
                    if actors.contains(&actor) {
                        return Err(Syntax::new(text.at.clone(), format!("{name} is named twice"))
                            .expected("each once; (x2) for a line that comes twice"));
                    }
                    actors.push(actor);
                }
                Whom::Named(actors)
            }
        })
    }

    fn check(&self, who: &Who<Text>, check: &Check<Text>) -> Result<Wanted, Syntax> {
        let compiled = |mods: &Mods, text: &Text, pattern: &str| {
            Pattern::new(mods.style, pattern).map_err(|why| {
                Syntax::new(text.at.clone(), format!("not a regular expression: {why}"))
                    .expected("the syntax of https://docs.rs/regex")
            })
        };
        Ok(match check {
            Check::Nothing => Wanted::Nothing,
            Check::Sees { mods, pattern } => {
                let mut line = self.fill(pattern)?;
                if !matches!(who, Who::Server) {
                    line = read_by_people(mods.style, line, pattern)?;
                }
                Wanted::Sees { mods: *mods, pattern: compiled(mods, pattern, &line)? }
            }
            Check::Raw { mods, pattern } => {
                Wanted::Raw { mods: *mods, pattern: compiled(mods, pattern, &self.fill(pattern)?)? }
            }
        })
    }
}

/// A pattern with the colon of the line that it stands for.
fn read_by_people(style: Style, line: String, text: &Text) -> Result<String, Syntax> {
    match style {
        Style::Literal => as_read(&line).ok_or_else(|| {
            Syntax::new(text.at.clone(), format!("`{line}` is no line that a person would read"))
                .expected("the line as a person would read it, such as `name: text`")
        }),
        Style::Glob => Ok(glob_as_read(&line)),
        Style::Regex => Ok(line),
    }
}
