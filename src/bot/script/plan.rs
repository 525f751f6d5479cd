//! A script made ready to be played.

use super::{Action, Fault};
use crate::bot::expect::pattern::Pattern;
use crate::text::Lang;
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
    /// All must hold, or the script is skipped.
    pub only_if: Vec<Condition>,
    /// None may hold, or the script is skipped.
    pub skip_if: Vec<Condition>,
    /// The line that says that it must fail, and why.
    pub xfail: Option<(usize, String)>,
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
    Together(Block),
    Wait(Pause),
}

/// Steps that are taken at once.
#[derive(Debug)]
pub struct Block {
    pub line: usize,
    /// Their own expectations are empty.
    pub steps: Vec<PlannedStep>,
    pub wants: Vec<Want>,
}

/// `wait`.
#[derive(Debug)]
pub struct Pause {
    pub line: usize,
    pub time: Duration,
    pub wants: Vec<Want>,
}

/// What may be asked of a server before a script is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Own,
    Foreign,
    Cap(String),
    Token(String),
}

#[derive(Debug)]
pub struct PlannedStep {
    pub line: usize,
    pub refused: bool,
    pub actor: ActorId,
    /// The actor's name in the script at this place.
    pub called: String,
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
            Act::Together(block) => block.line,
            Act::Wait(pause) => pause.line,
        }
    }

    pub fn steps(&self) -> &[PlannedStep] {
        match self {
            Act::Step(step) => std::slice::from_ref(step),
            Act::Together(block) => &block.steps,
            Act::Wait(_) => &[],
        }
    }

    pub fn wants(&self) -> &[Want] {
        match self {
            Act::Step(step) => &step.wants,
            Act::Together(block) => &block.wants,
            Act::Wait(pause) => &pause.wants,
        }
    }

    pub(super) fn wants_mut(&mut self) -> &mut Vec<Want> {
        match self {
            Act::Step(step) => &mut step.wants,
            Act::Together(block) => &mut block.wants,
            Act::Wait(pause) => &mut pause.wants,
        }
    }
}

impl Plan {
    /// The lines that look at the console.
    pub fn console_lines(&self) -> Vec<usize> {
        let wants = self.opening.iter().chain(self.acts.iter().flat_map(Act::wants));
        let mut lines: Vec<usize> =
            wants.filter(|want| want.who == Whom::Server).map(|want| want.line).collect();
        lines.dedup();
        lines
    }

    /// Whether anybody does this anywhere.
    pub fn does(&self, what: impl Fn(&Action<String>) -> bool) -> bool {
        self.acts.iter().flat_map(Act::steps).any(|step| what(&step.action))
    }

    /// Whether this actor stops reading somewhere: its socket is small then.
    pub fn stalls(&self, actor: ActorId) -> bool {
        let mut steps = self.acts.iter().flat_map(Act::steps);
        steps.any(|step| step.actor == actor && step.action == Action::Fault(Fault::Stall))
    }
}
