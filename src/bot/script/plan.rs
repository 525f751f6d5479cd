//! A script made ready to be played.

use super::keyword::{Failing, failing_name};
use super::tree::{Action, Check, Fault, Outage, Who};
use crate::bot::pattern::Pattern;
use crate::text::Lang;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

/// An actor's place in [`Plan::actors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub usize);

/// What is to be played.
#[derive(Debug, Default)]
pub struct Plan {
    pub lang: Lang,
    pub title: Option<String>,
    pub room: Option<String>,
    /// Further flags for our own server.
    pub serve: Vec<String>,
    pub strict: bool,
    /// All must hold, or the script is skipped.
    pub only_if: Vec<Condition>,
    /// None may hold, or the script is skipped.
    pub skip_if: Vec<Condition>,
    /// It must fail in this way.
    pub xfail: Option<Xfail>,
    /// Everybody's name when first met.
    pub actors: Vec<String>,
    /// The later names of each who took one, with the line from which each holds.
    pub renames: BTreeMap<ActorId, Vec<(usize, String)>>,
    /// What the console must have said before the first step.
    pub opening: Vec<Want>,
    pub groups: Vec<StepGroup>,
}

/// What is done at once and judged as one: a step, a block of steps, or a pause.
#[derive(Debug, Default)]
pub struct StepGroup {
    pub line: usize,
    pub steps: Vec<PlannedStep>,
    pub wants: Vec<Want>,
    /// `wait`.
    pub pause: Option<Duration>,
    /// What our own server suffers.
    pub outage: Option<Outage>,
    /// A block: its steps have lines of their own.
    pub together: bool,
    /// It is not in the script: everybody leaves at its end.
    pub at_the_end: bool,
}

/// `@xfail`: the failure that is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xfail {
    /// Where the script says so.
    pub line: usize,
    /// The line that is not met; any where none is named.
    pub at: Option<usize>,
    /// Any where none is named; one of the two is.
    pub kind: Option<Failing>,
    pub reason: String,
}

/// As in the script, without the reason.
impl Display for Xfail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.at.map(|at| format!("line {at}"));
        let kind = self.kind.map(|kind| failing_name(kind).to_owned());
        write!(f, "{}", line.into_iter().chain(kind).collect::<Vec<_>>().join(" "))
    }
}

/// What may be asked of a server before a script is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Own,
    Foreign,
    Cap(String),
    Token(String),
}

impl Plan {
    /// Whether our own server is killed, or started again.
    pub fn has_outage(&self) -> bool {
        self.groups.iter().any(|group| group.outage.is_some())
    }
}

#[derive(Debug)]
pub struct PlannedStep {
    pub line: usize,
    pub refused: bool,
    pub actor: ActorId,
    /// The actor's name in the script at this place.
    pub called: String,
    pub action: Action<String>,
}

/// One indented line.
#[derive(Debug)]
pub struct Want {
    pub line: usize,
    pub who: Whom,
    pub check: Wanted,
}

pub type Whom = Who<ActorId>;

pub type Wanted = Check<Pattern>;

impl StepGroup {
    pub fn is_by(&self, id: ActorId) -> bool {
        self.steps.iter().any(|step| step.actor == id)
    }

    /// Whether this line of the script is its own, or that of something in it.
    pub fn holds(&self, line: usize) -> bool {
        let mut lines =
            self.steps.iter().map(|step| step.line).chain(self.wants.iter().map(|want| want.line));
        !self.at_the_end && (self.line == line || lines.any(|own| own == line))
    }
}

impl Plan {
    /// Somebody's name in the script, in the lines below the step group of this line.
    pub fn called(&self, actor: ActorId, line: usize) -> &str {
        let names = self.renames.get(&actor).map_or(&[][..], Vec::as_slice);
        let last = names.iter().rev().find(|(from, _)| *from <= line);
        last.map_or_else(|| self.actors[actor.0].as_str(), |(_, name)| name)
    }

    /// The step groups of one line: several where it begins with `each`.
    pub fn groups_of(&self, line: usize) -> &[StepGroup] {
        let from = self.groups.partition_point(|group| group.line < line);
        let to = self.groups.partition_point(|group| group.line <= line);
        &self.groups[from..to]
    }

    /// The line of the step group that an indented line, a step in a block or a group
    /// of its own belongs to; the first group's for what stands above it. None
    /// where a line is nothing of the kind.
    pub fn group_line_of(&self, line: usize) -> Option<usize> {
        if self.opening.iter().any(|want| want.line == line) {
            return Some(line);
        }
        let last = self.groups.partition_point(|group| group.line <= line).checked_sub(1)?;
        let group = &self.groups[last];
        group.holds(line).then_some(group.line)
    }

    /// The lines that look at the console.
    pub fn console_lines(&self) -> Vec<usize> {
        let wants = self.opening.iter().chain(self.groups.iter().flat_map(|group| &group.wants));
        let mut lines: Vec<usize> =
            wants.filter(|want| want.who == Whom::Server).map(|want| want.line).collect();
        lines.dedup();
        lines
    }

    /// Whether anybody does this anywhere.
    pub fn does(&self, what: impl Fn(&Action<String>) -> bool) -> bool {
        self.groups.iter().flat_map(|group| &group.steps).any(|step| what(&step.action))
    }

    /// Whether this actor stops reading somewhere: its socket is small then.
    pub fn stalls(&self, actor: ActorId) -> bool {
        let mut steps = self.groups.iter().flat_map(|group| &group.steps);
        steps.any(|step| step.actor == actor && step.action == Action::Fault(Fault::Stall))
    }
}
