//! Plays a plan step by step: do, fence, compare.
//!
//! `state` is what is known during a run; `perform` does the steps of each group,
//! `effects` finds what follows from it, `verdict` compares that with what came.

mod effects;
mod past;
mod perform;
pub(super) mod state;
mod untold;
mod update;
mod verdict;

use super::actors::{Actors, INBOX_MIB, Trouble};
use super::expect::heard::Heard;
use super::expect::judge::Difference;
use super::expect::missed::Missed;
use super::expect::model::Model;
use super::options::Options;
use super::report::{Cause, Failure, Outcome, Person, excerpt, kept_from};
use super::script::plan::{ActorId, Plan, PlannedStep, StepGroup, Want, Wanted, Whom};
use super::script::rewrite::{self, Edit};
use super::script::{Action, Fault};
use super::server_process::ServerProcess;
use effects::Effect;
use state::{HOME, Outcomes, ScriptRun, Shown, Watch};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// How a script went.
pub(super) enum Played {
    Passed {
        steps: usize,
        /// With `--update`.
        edits: Vec<Edit>,
    },
    /// Each step that failed; more than one only with `--keep-going`.
    Failed(Vec<Failure>),
    /// The script is not for this server.
    Skipped(String),
}

/// The error: no server.
pub(super) fn play(
    plan: &Plan,
    actors: Actors,
    process: Option<&mut ServerProcess>,
    options: &Options,
    watch: Option<Watch<'_>>,
    notes: &mut Vec<String>,
) -> Result<Played, String> {
    let is_own = process.is_some();
    let home = plan.room.clone().unwrap_or_else(|| HOME.to_owned());
    let model = Model::new(&home, &plan.actors);
    let owed = BTreeMap::new();
    let mut actors = actors;
    for actor in (0..plan.actors.len()).map(ActorId).filter(|&actor| plan.stalls(actor)) {
        actors.expect_stall(actor);
    }
    let mut play = ScriptRun {
        plan,
        actors,
        model,
        process,
        options,
        watch,
        owed,
        missed: Missed::new(plan.actors.len()),
        heard: Heard::new(plan.actors.len(), plan.has_outage()),
        past: Vec::new(),
        unasked: Vec::new(),
        misnamed: BTreeMap::new(),
        held: BTreeSet::new(),
        untold: Vec::new(),
        pieces: Vec::new(),
        refusals: BTreeMap::new(),
        failures: Vec::new(),
        edits: Vec::new(),
        unwritten: Vec::new(),
    };
    let played = play.all();
    notes.extend(play.unasked_notes());
    notes.append(&mut play.unwritten);
    let steps = played?;
    if play.failures.is_empty() {
        return Ok(Played::Passed { steps, edits: play.edits });
    }
    if !is_own {
        play.actors.leave();
    }
    notes.extend(rewrite::kept(&play.edits));
    Ok(Played::Failed(play.failures))
}

impl ScriptRun<'_> {
    /// Plays everything; how many steps that were. The error: no server.
    fn all(&mut self) -> Result<usize, String> {
        if self.plan.does(|action| matches!(action, Action::Connect)) {
            self.actors.probe().map_err(|trouble| self.no_server(trouble))?;
        }
        self.console(1, &self.plan.opening);
        let mut steps = 0;
        let mut last = 1;
        let within = |group: &&StepGroup| self.options.line.is_none_or(|line| group.line <= line);
        for group in self.plan.groups.iter().take_while(within) {
            if self.is_over() {
                return Ok(steps);
            }
            last = group.line;
            steps += group.steps.len().max(1);
            self.play_group(group)?;
        }
        self.settle(last)?;
        self.everybody_leaves(last)?;
        Ok(steps)
    }

    fn is_over(&self) -> bool {
        !self.failures.is_empty() && !self.options.keep_going
    }

    /// Makes all who could not be asked so far able to answer, so that
    /// nothing that was due to them goes unjudged.
    fn settle(&mut self, line: usize) -> Result<(), String> {
        for actor in (0..self.plan.actors.len()).map(ActorId) {
            let silent = self.actors.is_connected(actor) && self.owed.contains_key(&actor);
            let action = match () {
                () if self.actors.is_stalled(actor) => Action::Fault(Fault::Resume),
                () if self.actors.is_midway(actor) => Action::Bytes("\\r\\n".to_owned()),
                () if silent => Action::Line("PING end".to_owned()),
                () => continue,
            };
            self.last_step(line, actor, action)?;
        }
        Ok(())
    }

    fn everybody_leaves(&mut self, line: usize) -> Result<(), String> {
        let here: Vec<ActorId> = self.model.here().collect();
        for actor in here {
            if self.actors.can_answer(actor) {
                self.last_step(line, actor, Action::Leave { room: None, reason: None })?;
            }
        }
        Ok(())
    }

    fn last_step(&mut self, line: usize, actor: ActorId, action: Action<String>) -> Result<(), String> {
        if self.is_over() {
            return Ok(());
        }
        let called = self.plan.actors[actor.0].clone();
        let steps = vec![PlannedStep { line, refused: false, actor, called, action }];
        self.play_group(&StepGroup { line, steps, at_the_end: true, ..StepGroup::default() })
    }

    fn play_group(&mut self, group: &StepGroup) -> Result<(), String> {
        let begun = Instant::now();
        let present: BTreeSet<ActorId> = self.model.here().collect();
        self.refusals.clear();
        let (fenced, troubles) = self.perform(group);
        let mut outcomes = Outcomes::new();
        for trouble in troubles {
            if !self.actors.welcomed && group.comes_in(&trouble) {
                return Err(self.death(true).unwrap_or_else(|| self.no_server(trouble)));
            }
            if let Some(why) = self.trouble(trouble, &mut outcomes) {
                return Err(self.death(true).unwrap_or(why));
            }
        }
        let hurt = |(outcome, _): &(Outcome, _)| matches!(outcome, Outcome::Closed(_) | Outcome::NoAnswer(_));
        if let Some(why) = self.death(outcomes.values().any(hurt)) {
            return Err(why);
        }
        let ended = self.ended(group, &mut outcomes);
        let (implied, orders) = self.implied(group, &fenced, &ended);
        let lines = self.watch.map_or(Vec::new(), |_| self.room_s_view(&implied));
        let dues = self.dues(group, implied, orders.map(Rc::new), (&present, &fenced));
        let seen = self.judge_all((group, begun), fenced, dues, &ended, &mut outcomes);
        if self.options.update {
            self.update(group, &seen, &present, &mut outcomes);
        }
        let before = self.failures.len();
        if let Some(failure) = self.failure(group, outcomes) {
            self.failures.push(failure);
        }
        if !self.is_over() {
            self.seen_by_nobody(group, &present);
        }
        if !self.is_over() {
            self.console(group.line, &group.wants);
        }
        if let Some(watch) = self.watch.filter(|_| !group.at_the_end) {
            watch(&Shown { line: group.line, lines, well: self.failures.len() == before });
        }
        Ok(())
    }

    /// What the steps imply, as lines: each once, however many people see it.
    fn room_s_view(&self, implied: &[Effect]) -> Vec<String> {
        let same = |one: &Effect, next: &Effect| one.event == next.event && one.line == next.line;
        let events = implied.chunk_by(same).map(|chunk| &chunk[0].event);
        events.map(|event| event.line(&self.model.home, self.plan.lang)).collect()
    }

    /// The last words of our own server where it has died: then that is told, and no failed expectation.
    fn death(&mut self, hurt: bool) -> Option<String> {
        self.process.as_mut().filter(|_| hurt)?.death(self.options.timeout)
    }

    fn no_server(&mut self, trouble: Trouble) -> String {
        let why = match trouble {
            Trouble::NoServer(why) => return why,
            Trouble::NoAnswer(_) => format!("no answer within {} s", self.options.timeout.as_secs_f64()),
            Trouble::Flooded(_) => format!("more than {INBOX_MIB} MiB came before anybody was let in"),
            Trouble::Closed(_, why) => {
                format!("it closed the connection before anybody was let in: {}", excerpt(&why, 0))
            }
        };
        format!("{}:{}: {why}", self.actors.host, self.actors.port)
    }

    /// What was not seen by the person for whom this line is not met. The line may be that
    /// of an earlier group: some of its effects come only now.
    fn what(&self, group: &StepGroup, line: Option<usize>) -> String {
        let Some(before) = line.filter(|&line| !group.holds(line)) else { return group.what(line) };
        let groups = self.plan.groups.iter().filter(|group| group.holds(before));
        let mut all: Vec<String> = groups.map(|group| group.what(line)).collect();
        all.dedup();
        // An `each` is several.
        if all.len() == 1 { all.remove(0) } else { format!("what was done in line {before}") }
    }

    fn failure(&mut self, group: &StepGroup, outcomes: Outcomes) -> Option<Failure> {
        let wrong = outcomes.iter().find(|(_, (outcome, _))| !matches!(outcome, Outcome::Well(_)))?;
        let line = wrong.1.1.unwrap_or(group.line);
        let refused = group.steps.iter().find(|step| step.refused && step.actor == *wrong.0);
        let actor = refused.or(group.steps.first()).map(|step| step.called.clone());
        let cause = self.cause(group, &outcomes, line);
        let kept_out = cause.as_ref().filter(|(_, cause)| cause.kept_from.is_some());
        let line = kept_out.map_or(line, |(step, _)| step.line);
        let people = outcomes.into_iter().map(|(id, (outcome, line))| Person {
            name: self.plan.actors[id.0].clone(),
            what: self.what(group, line),
            last: self.actors.last_lines(id),
            outcome,
        });
        let before = self.plan.groups.iter().find(|group| group.holds(line));
        let step = if group.holds(line) { group.line } else { before.map_or(line, |group| group.line) };
        Some(Failure {
            step,
            line,
            people: people.collect(),
            actor: actor.unwrap_or_default(),
            cause: cause.map(|(_, cause)| cause),
            at_the_end: group.at_the_end,
        })
    }

    /// The step that the server refused, for which the line is not met.
    fn cause<'a>(
        &self,
        group: &'a StepGroup,
        outcomes: &Outcomes,
        line: usize,
    ) -> Option<(&'a PlannedStep, Cause)> {
        let refused = |step: &&PlannedStep| !step.refused && self.refusals.contains_key(&step.actor);
        let ill =
            |id: ActorId| outcomes.get(&id).is_some_and(|(outcome, _)| !matches!(outcome, Outcome::Well(_)));
        let kept_out = |step: &&PlannedStep| kept_from(&step.action).is_some() && ill(step.actor);
        let of_line = group.steps.iter().any(|step| group.together && step.line == line);
        let refused = || group.steps.iter().filter(refused);
        let step = refused().find(kept_out).or_else(|| {
            refused().find(|step| kept_from(&step.action).is_none() && (!of_line || step.line == line))
        })?;
        let said = self.refusals.get(&step.actor)?.to_string();
        Some((step, Cause { who: step.called.clone(), kept_from: kept_from(&step.action), said }))
    }

    /// A line that `others` or `everyone` are to see where nobody is there is not met.
    fn seen_by_nobody(&mut self, group: &StepGroup, present: &BTreeSet<ActorId>) {
        for want in &group.wants {
            let name = match want.who {
                Whom::Named(_) | Whom::Server => continue,
                Whom::Everyone => "everyone",
                Whom::Others => "others",
            };
            let difference = match &want.check {
                Wanted::Nothing => continue,
                Wanted::Sees { pattern, .. } => Difference::Missing(pattern.source().to_owned()),
                Wanted::Raw { pattern, mods } => {
                    Difference::Raw { wanted: pattern.source().to_owned(), times: mods.times, came: 0 }
                }
            };
            if !self.whom(&want.who, group, present).is_empty() {
                continue;
            }
            let person = Person {
                name: name.to_owned(),
                what: group.what(Some(want.line)),
                outcome: Outcome::Wrong(vec![difference]),
                last: Vec::new(),
            };
            let actor = group.steps.first().map_or(String::new(), |step| step.called.clone());
            return self.failures.push(Failure::of_one(person, actor, group.line, want.line));
        }
    }

    /// `server sees`: only our own server has a console to look at.
    fn console(&mut self, step: usize, wants: &[Want]) {
        let Some(process) = self.process.as_mut() else { return };
        for want in wants.iter().filter(|want| want.who == Whom::Server) {
            let Wanted::Sees { mods, pattern } = &want.check else { continue };
            if (0..mods.times).all(|_| process.sees(pattern, self.options.timeout)) {
                continue;
            }
            let person = Person {
                name: "server".to_owned(),
                what: String::new(),
                outcome: Outcome::Console(pattern.source().to_owned()),
                last: process.last_lines(),
            };
            let actor = "server".to_owned();
            return self.failures.push(Failure::of_one(person, actor, step.min(want.line), want.line));
        }
    }
}
