//! The state of one run of a script.

use crate::bot::actors::{Actors, INBOX_MIB, Trouble};
use crate::bot::expect::Event;
use crate::bot::expect::due::Due;
use crate::bot::expect::heard::Heard;
use crate::bot::expect::judge::ReceivedLine;
use crate::bot::expect::missed::Missed;
use crate::bot::expect::model::Model;
use crate::bot::expect::order::Piece;
use crate::bot::expect::refusal::Refusal;
use crate::bot::options::Options;
use crate::bot::report::{Failure, Outcome, what};
use crate::bot::script::Action;
use crate::bot::script::plan::{ActorId, Plan, PlannedStep, StepGroup, Whom};
use crate::bot::script::rewrite::Edit;
use crate::bot::server_process::ServerProcess;
use std::collections::{BTreeMap, BTreeSet};

/// The room where neither the script nor the server names one.
pub(in crate::bot) const HOME: &str = "#lobby";

/// A step that is over, as the room saw it.
pub(in crate::bot) struct Shown {
    /// The script's line.
    pub(in crate::bot) line: usize,
    /// Empty where nobody was to see anything.
    pub(in crate::bot) lines: Vec<String>,
    pub(in crate::bot) well: bool,
}

/// Is told of each step that is over.
pub(in crate::bot) type Watch<'a> = &'a dyn Fn(&Shown);

/// Changes of modes that were made and told to nobody, by the step and the modes that it asked for.
pub(super) type Untold = Vec<((usize, String), Vec<String>)>;

pub(super) struct ScriptRun<'a> {
    pub(super) plan: &'a Plan,
    pub(super) actors: Actors,
    pub(super) model: Model,
    pub(super) process: Option<&'a mut ServerProcess>,
    pub(super) options: &'a Options,
    pub(super) watch: Option<Watch<'a>>,
    /// What became due to actors who could not be fenced then.
    pub(super) owed: BTreeMap<ActorId, Due>,
    /// What was said in the rooms and has not come to a person.
    pub(super) missed: Missed,
    /// What has come to people from the rooms, where the server dies in the script.
    pub(super) heard: Heard,
    /// What was asked for in this group by somebody who came back.
    pub(super) past: Vec<Event>,
    /// Why somebody who came back could not ask, and the line of that.
    pub(super) unasked: Vec<(&'static str, usize)>,
    /// What the server refused in this group, by actor, and was not to refuse.
    pub(super) refusals: BTreeMap<ActorId, Refusal>,
    /// Actors that the server gave another name in this group: the name that was asked
    /// for, and the other.
    pub(super) misnamed: BTreeMap<ActorId, (String, String)>,
    /// Names of those whose connections were reset while nobody could tell when the server noticed.
    pub(super) held: BTreeSet<String>,
    /// Modes that the server changed in this group and told nobody of.
    pub(super) untold: Untold,
    /// What the steps of this group do.
    pub(super) pieces: Vec<Piece>,
    pub(super) failures: Vec<Failure>,
    /// Expectations rewritten so far.
    pub(super) edits: Vec<Edit>,
    /// Why others could not be.
    pub(super) unwritten: Vec<String>,
}

impl StepGroup {
    /// Whether somebody was coming in when this happened. A server that is to
    /// refuse somebody may close the connection.
    pub(super) fn comes_in(&self, trouble: &Trouble) -> bool {
        let refuses = matches!(trouble, Trouble::Closed(..));
        let comes =
            |step: &PlannedStep| matches!(step.action, Action::Join { .. }) && !(step.refused && refuses);
        self.steps.iter().any(comes)
    }

    /// What was not seen by the person for whom this line is not met.
    pub(super) fn what(&self, line: Option<usize>) -> String {
        if self.steps.is_empty() {
            return "what was to come meanwhile".to_owned();
        }
        let meant = |step: &&PlannedStep| !self.together || line == Some(step.line);
        let mut all: Vec<String> =
            self.steps.iter().filter(meant).map(|step| what(&step.action, &step.called)).collect();
        all.dedup();
        match (all.len(), line) {
            (1, _) => all.remove(0),
            (0, Some(line)) => format!("what line {line} says"),
            (_, Some(line)) => format!("what was done in line {line}"),
            (_, None) => "what was done together".to_owned(),
        }
    }
}

/// How a group went for each, and the script's line that is not met.
pub(super) type Outcomes = BTreeMap<ActorId, (Outcome, Option<usize>)>;

impl ScriptRun<'_> {
    /// What went wrong for somebody; with no server there is none, but why.
    pub(super) fn trouble(&self, trouble: Trouble, outcomes: &mut Outcomes) -> Option<String> {
        let (id, outcome) = match trouble {
            Trouble::NoAnswer(id) => (id, Outcome::NoAnswer(self.options.timeout)),
            Trouble::Closed(id, why) => (id, Outcome::Closed(why)),
            Trouble::Flooded(id) => (id, Outcome::Flooded(INBOX_MIB)),
            Trouble::NoServer(why) => return Some(why),
        };
        outcomes.insert(id, (outcome, None));
        None
    }

    /// The actors that an expectation is about; `present`: everybody who was here when the group began.
    pub(super) fn whom(&self, who: &Whom, group: &StepGroup, present: &BTreeSet<ActorId>) -> Vec<ActorId> {
        let here = || self.model.here().chain(present.iter().copied()).collect::<BTreeSet<_>>().into_iter();
        match who {
            Whom::Named(names) => names.clone(),
            Whom::Everyone => here().collect(),
            Whom::Others => here().filter(|&id| !group.is_by(id)).collect(),
            Whom::Server => Vec::new(),
        }
    }

    /// What came to somebody in this group and counts.
    pub(super) fn seen(&self, id: ActorId) -> Vec<Event> {
        self.actors.received(id).flat_map(ReceivedLine::events).filter(Event::counts).collect()
    }
}
