//! Plays a plan step by step: do, fence, compare.

use super::cast::{Cast, Trouble};
use super::expect::judge::{Due, DueLine, Rules, complete_after, judge};
use super::expect::model::{Model, lines};
use super::expect::pattern::Pattern;
use super::report::{Failure, Outcome, Person, what};
use super::script::Action;
use super::script::escape::unescape;
use super::script::plan::{Act, ActorId, Plan, PlannedStep, Want, Wanted, Whom};
use super::stage::Stage;
use crate::wire::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The room where neither the script nor the server names one.
const HOME: &str = "#lobby";

/// How a script went.
pub(super) enum Played {
    Passed {
        steps: usize,
    },
    /// Each step that failed; more than one only with `--keep-going`.
    Failed(Vec<Failure>),
    NoServer(String),
}

/// What the player needs besides the script.
pub(super) struct Options {
    pub(super) timeout: Duration,
    pub(super) keep_going: bool,
    /// Play only up to this line.
    pub(super) line: Option<usize>,
}

pub(super) fn play(plan: &Plan, cast: Cast, stage: Option<&mut Stage>, options: &Options) -> Played {
    let home = plan.room.clone().unwrap_or_else(|| HOME.to_owned());
    let model = Model::new(&home, &plan.actors);
    let owed = BTreeMap::new();
    let mut play = Play { plan, cast, model, stage, options, owed, failures: Vec::new() };
    match play.all() {
        Ok(steps) if play.failures.is_empty() => Played::Passed { steps },
        Ok(_) => Played::Failed(play.failures),
        Err(why) => Played::NoServer(why),
    }
}

struct Play<'a> {
    plan: &'a Plan,
    cast: Cast,
    model: Model,
    stage: Option<&'a mut Stage>,
    options: &'a Options,
    /// What became due to actors who could not be fenced then.
    owed: BTreeMap<ActorId, Due>,
    failures: Vec<Failure>,
}

/// A step that is over: how it went for each.
type Outcomes = BTreeMap<ActorId, (Outcome, Option<usize>)>;

impl Play<'_> {
    /// Plays everything; how many steps that were. The error: no server.
    fn all(&mut self) -> Result<usize, String> {
        let connects = |act: &Act| matches!(act, Act::Step(PlannedStep { action: Action::Connect, .. }));
        if self.plan.acts.iter().any(connects) {
            self.cast.probe().map_err(|trouble| self.no_server(trouble))?;
        }
        self.console(1, &self.plan.opening);
        let mut steps = 0;
        let mut last = 1;
        let within = |act: &&Act| self.options.line.is_none_or(|line| act.line() <= line);
        for act in self.plan.acts.iter().take_while(within) {
            if self.is_over() {
                return Ok(steps);
            }
            last = act.line();
            steps += 1;
            match act {
                Act::Wait { time, .. } => drop(self.cast.listen(Instant::now() + *time)),
                Act::Step(step) => self.step(step, false)?,
            }
        }
        if !self.is_over() {
            self.everybody_leaves(last)?;
        }
        Ok(steps)
    }

    fn is_over(&self) -> bool {
        !self.failures.is_empty() && !self.options.keep_going
    }

    fn everybody_leaves(&mut self, line: usize) -> Result<(), String> {
        let here: Vec<ActorId> = self.model.here().collect();
        for actor in here {
            if self.is_over() {
                return Ok(());
            }
            if !self.cast.can_answer(actor) {
                continue;
            }
            let action = Action::Leave { room: None, reason: None };
            self.step(&PlannedStep { line, refused: false, actor, action, wants: Vec::new() }, true)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &PlannedStep, at_the_end: bool) -> Result<(), String> {
        let begun = Instant::now();
        let mut outcomes = Outcomes::new();
        let note = |trouble, outcomes: &mut Outcomes| match trouble {
            Trouble::NoAnswer(id) => {
                outcomes.insert(id, (Outcome::NoAnswer(self.options.timeout), None));
                None
            }
            Trouble::Closed(id, why) => {
                outcomes.insert(id, (Outcome::Closed(why), None));
                None
            }
            Trouble::NoServer(why) => Some(why),
        };
        let present: BTreeSet<ActorId> = self.model.here().collect();
        let (implied, first_phase) = perform(&mut self.cast, &mut self.model, self.plan, step);
        let actor_is_fenced = !matches!(first_phase, Ok(false));
        let mut no_server = first_phase.err().and_then(|trouble| note(trouble, &mut outcomes));
        let (mut fenced, troubles) = self.cast.fence_others(step.actor);
        for trouble in troubles {
            no_server = no_server.or(note(trouble, &mut outcomes));
        }
        if let Some(why) = no_server.or_else(|| self.death(&outcomes)) {
            return Err(why);
        }
        let dues = self.dues(step, implied, &present);
        fenced.extend(actor_is_fenced.then_some(step.actor));
        self.judge_all(begun, &fenced, dues, &mut outcomes);
        if let Some(failure) = self.failure(step, outcomes, at_the_end) {
            self.failures.push(failure);
        }
        if !self.is_over() {
            self.console(step.line, &step.wants);
        }
        Ok(())
    }

    /// A dead server is no failed expectation.
    fn death(&mut self, outcomes: &Outcomes) -> Option<String> {
        let stage = self.stage.as_mut()?;
        let hurt = outcomes
            .values()
            .any(|(outcome, _)| matches!(outcome, Outcome::Closed(_) | Outcome::NoAnswer(_)));
        (hurt && stage.is_dead()).then(|| format!("the server died; its last lines:\n{}", stage.last_words()))
    }

    fn no_server(&mut self, trouble: Trouble) -> String {
        match trouble {
            Trouble::NoServer(why) => why,
            Trouble::NoAnswer(_) => "the server does not answer".to_owned(),
            Trouble::Closed(_, why) => format!("the server closed the connection: {why}"),
        }
    }

    /// What is due to each: what the step implies, or what is written instead.
    fn dues(
        &mut self,
        step: &PlannedStep,
        implied: Vec<(ActorId, super::expect::Event)>,
        present: &BTreeSet<ActorId>,
    ) -> BTreeMap<ActorId, Due> {
        let mut dues: BTreeMap<ActorId, Due> = BTreeMap::new();
        let mut written: BTreeSet<ActorId> = BTreeSet::new();
        for want in &step.wants {
            for who in self.whom(&want.who, step.actor, present) {
                let due = dues.entry(who).or_default();
                match &want.check {
                    Wanted::Sees { times, pattern } => {
                        written.insert(who);
                        let line = DueLine { pattern: pattern.clone(), line: Some(want.line) };
                        due.lines.extend(std::iter::repeat_n(line, *times));
                    }
                    Wanted::Nothing => {
                        written.insert(who);
                        due.nothing = Some(want.line);
                    }
                    Wanted::Raw { times, pattern } => due.raw.push((pattern.clone(), *times, want.line)),
                }
            }
        }
        for (who, event) in
            implied.into_iter().filter(|(who, event)| event.counts() && !written.contains(who))
        {
            let pattern = Pattern::literal(&event.line(&self.model.home, self.plan.lang));
            dues.entry(who).or_default().lines.push(DueLine { pattern, line: None });
        }
        dues.entry(step.actor).or_default().refusal = step.refused;
        dues
    }

    fn whom(&self, who: &Whom, actor: ActorId, present: &BTreeSet<ActorId>) -> Vec<ActorId> {
        let here = || self.model.here().chain(present.iter().copied()).collect::<BTreeSet<_>>().into_iter();
        match who {
            Whom::Named(names) => names.clone(),
            Whom::Everyone => here().collect(),
            Whom::Others => here().filter(|&id| id != actor).collect(),
            Whom::Server => Vec::new(),
        }
    }

    /// Compares the inboxes of all who were fenced; the others owe it.
    fn judge_all(
        &mut self,
        begun: Instant,
        fenced: &[ActorId],
        mut dues: BTreeMap<ActorId, Due>,
        outcomes: &mut Outcomes,
    ) {
        for &id in fenced {
            let mut due = self.owed.remove(&id).unwrap_or_default();
            due.then(dues.remove(&id).unwrap_or_default());
            let inbox = self.cast.take_inbox(id, begun);
            if matches!(outcomes.get(&id), Some((Outcome::Closed(_), _)))
                && (due.refusal || !due.raw.is_empty())
            {
                // To be thrown out is the strongest refusal.
                due.refusal = false;
                outcomes.remove(&id);
                self.model.gone(id);
            }
            if outcomes.contains_key(&id) {
                continue;
            }
            let rules = Rules { home: &self.model.home, lang: self.plan.lang, strict: self.plan.strict };
            match judge(&due, &inbox, rules) {
                Some(finding) => {
                    drop(outcomes.insert(id, (Outcome::Wrong(finding.differences), finding.line)))
                }
                None if due.wants_something() => {
                    outcomes.insert(id, (Outcome::Well(complete_after(&inbox)), None));
                }
                None => {}
            }
        }
        for (id, due) in dues {
            self.owed.entry(id).or_default().then(due);
        }
    }

    fn failure(&mut self, step: &PlannedStep, outcomes: Outcomes, at_the_end: bool) -> Option<Failure> {
        let wrong = outcomes.iter().find(|(_, (outcome, _))| !matches!(outcome, Outcome::Well(_)))?;
        let line = wrong.1.1.unwrap_or(step.line);
        let actor = self.plan.actors[step.actor.0].clone();
        let people = outcomes.into_iter().map(|(id, (outcome, _))| Person {
            name: self.plan.actors[id.0].clone(),
            last: self.cast.last_lines(id),
            outcome,
        });
        let what = what(&step.action, &actor);
        Some(Failure { step: step.line, line, what, people: people.collect(), actor, at_the_end })
    }

    /// `server sees`: only our own server has a console to look at.
    fn console(&mut self, step: usize, wants: &[Want]) {
        let Some(stage) = self.stage.as_mut() else { return };
        for want in wants.iter().filter(|want| want.who == Whom::Server) {
            let Wanted::Sees { times, pattern } = &want.check else { continue };
            if (0..*times).all(|_| stage.sees(pattern, self.options.timeout)) {
                continue;
            }
            let person = Person {
                name: "server".to_owned(),
                outcome: Outcome::Console(pattern.source().to_owned()),
                last: stage.last_lines(),
            };
            let actor = "server".to_owned();
            let what = "this".to_owned();
            let step = if step > want.line { want.line } else { step };
            self.failures.push(Failure {
                step,
                line: want.line,
                actor,
                what,
                people: vec![person],
                at_the_end: false,
            });
            return;
        }
    }
}

type Implied = Vec<(ActorId, super::expect::Event)>;

/// Does what the step says and waits until the server has handled it; false
/// where nothing could be asked of it yet.
fn perform(
    cast: &mut Cast,
    model: &mut Model,
    plan: &Plan,
    step: &PlannedStep,
) -> (Implied, Result<bool, Trouble>) {
    let id = step.actor;
    if let Action::Connect = step.action {
        model.connected(id);
        return (Vec::new(), cast.connect(id).map(|()| false));
    }
    if let Action::Join { name, .. } = &step.action
        && !cast.is_registered(id)
    {
        let nick = name.as_deref().unwrap_or(&plan.actors[id.0]);
        if !cast.is_connected(id) {
            model.connected(id);
        }
        match cast.register(id, nick) {
            Ok(true) => model.registered(id, cast.nick(id)),
            Ok(false) => return (model.follow(step, false), cast.fence(id, &[]).map(|()| true)),
            Err(trouble) => return (Vec::new(), Err(trouble)),
        }
        if let (None, Some(room)) = (&plan.room, &cast.first_room) {
            model.home.clone_from(room);
        }
    }
    let lines = match &step.action {
        Action::Bytes(text) => {
            let bytes = unescape(text).unwrap_or_default();
            cast.send_bytes(id, &bytes);
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
        }
        action => {
            let lines = lines(action, &model.home);
            lines.iter().for_each(|line| cast.send(id, line));
            lines
        }
    };
    let implied = model.follow(step, cast.echoes(id));
    let quits = !step.refused && lines.iter().any(|line| Message::parse(line).is_ok_and(|m| m.is("QUIT")));
    let fenced = match (quits, cast.can_answer(id)) {
        (true, _) => cast.fence_by_end(id).map(|()| true),
        (false, true) => cast.fence(id, &lines).map(|()| true),
        // A begun line: a PING would be glued to it.
        (false, false) => Ok(!cast.is_connected(id)),
    };
    if !step.refused && cast.is_registered(id) {
        model.registered(id, cast.nick(id));
    }
    (implied, fenced)
}
