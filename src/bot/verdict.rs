//! What a scene makes due to each, and whether it came.

use super::expect::Event;
use super::expect::due::{Block, Due, DueLine, Happened};
use super::expect::judge::{Rules, complete_after, judge, unexpected_refusal};
use super::expect::order::{Orders, View, arrange, find};
use super::expect::pattern::Pattern;
use super::play::{Outcomes, Play, Scene};
use super::report::Outcome;
use super::script::plan::{ActorId, PlannedStep, Wanted, Whom};
use super::script::{Action, Fault};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// What somebody must see because of what somebody does.
pub(super) struct Implied {
    pub(super) to: ActorId,
    pub(super) by: ActorId,
    /// Its place in the scene.
    step: usize,
    pub(super) event: Event,
    /// The step in a block that says so.
    pub(super) line: Option<usize>,
}

impl Play<'_> {
    /// What the steps imply, in the order in which the server took them, and
    /// which others are possible; the model follows.
    pub(super) fn implied(
        &mut self,
        scene: &Scene<'_>,
        fenced: &[ActorId],
    ) -> (Vec<Implied>, Option<Orders>) {
        let mut implied = Vec::new();
        let orders = (scene.steps.len() > 1).then(|| self.orders(scene, fenced));
        let alone: Vec<usize> = (0..scene.steps.len().min(1)).collect();
        for &at in orders.as_ref().map_or(&alone[..], Orders::found) {
            let step = &scene.steps[at];
            let echo = self.cast.echoes(step.actor);
            let line = scene.together.then_some(step.line);
            let events = self.model.follow(step, echo);
            let by = step.actor;
            events.iter().for_each(|(to, event)| self.missed.said(*to, event));
            for gone in (0..self.plan.actors.len()).map(ActorId) {
                self.model.take_missed(gone).iter().for_each(|event| self.missed.said(gone, event));
            }
            let past = std::mem::take(&mut self.past).into_iter().map(|event| (by, event));
            let events = events.into_iter().chain(past);
            implied.extend(events.map(|(to, event)| Implied { to, by, step: at, event, line }));
            if !step.refused && self.cast.is_registered(step.actor) {
                self.model.registered(step.actor, self.cast.nick(step.actor));
            }
        }
        (implied, orders)
    }

    fn orders(&self, scene: &Scene<'_>, fenced: &[ActorId]) -> Orders {
        let doings = self.model.doings(scene.steps);
        let senders: Vec<usize> = scene.steps.iter().map(|step| step.actor.0).collect();
        let seen: Vec<Vec<Event>> = fenced.iter().map(|&id| self.seen(id)).collect();
        let views: Vec<View<'_>> = fenced
            .iter()
            .zip(&seen)
            .map(|(id, seen)| View {
                seen: seen.iter().collect(),
                // Only who is gone afterwards saw everything before that.
                end: (!self.cast.is_connected(*id))
                    .then(|| senders.iter().rposition(|s| *s == id.0))
                    .flatten(),
            })
            .collect();
        find(&senders, &doings, &views, &self.model.home)
    }

    fn seen(&self, id: ActorId) -> Vec<Event> {
        let all = self.cast.inbox(id).flat_map(|message| Event::of(message, message.nick().unwrap_or("")));
        all.filter(Event::counts).collect()
    }

    /// What is due to each: what the steps imply, or what is written instead.
    pub(super) fn dues(
        &mut self,
        scene: &Scene<'_>,
        implied: Vec<Implied>,
        orders: Option<Rc<Orders>>,
        (present, fenced): (&BTreeSet<ActorId>, &[ActorId]),
    ) -> BTreeMap<ActorId, Due> {
        let mut dues: BTreeMap<ActorId, Due> = BTreeMap::new();
        let mut written: BTreeSet<ActorId> = BTreeSet::new();
        for want in scene.wants {
            for who in self.whom(&want.who, scene, present) {
                let due = dues.entry(who).or_default();
                match &want.check {
                    Wanted::Sees { times, pattern } => {
                        written.insert(who);
                        let line = DueLine { pattern: pattern.clone(), line: Some(want.line), who: None };
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
        // Whoever could not be asked tells later which order it was.
        let mut later: BTreeMap<ActorId, Vec<Happened>> = BTreeMap::new();
        let is_later = |id: ActorId| orders.is_some() && !fenced.contains(&id);
        for &id in written.iter().filter(|&&id| scene.together && !is_later(id)) {
            let happened = implied.iter().filter(|implied| implied.to == id);
            let happened: Vec<(usize, &Event)> =
                happened.map(|implied| (implied.by.0, &implied.event)).collect();
            if let Some(due) = dues.get_mut(&id) {
                due.lines = arrange(std::mem::take(&mut due.lines), &happened, &self.model.home);
            }
        }
        let counts = |implied: &Implied| implied.event.counts() && !written.contains(&implied.to);
        for one in implied {
            let due = counts(&one).then(|| {
                let pattern = Pattern::literal(&one.event.line(&self.model.home, self.plan.lang));
                DueLine { pattern, line: one.line, who: Some(one.event.who.clone()) }
            });
            if let Some(due) = &due {
                dues.entry(one.to).or_default().lines.push(due.clone());
            }
            if is_later(one.to) {
                let Implied { by, step, event, .. } = one;
                later.entry(one.to).or_default().push(Happened { step, by: by.0, event, due });
            }
        }
        for (id, happened) in later {
            let (Some(due), Some(orders)) = (dues.get_mut(&id), &orders) else { continue };
            let (lines, written) = (0..due.lines.len(), written.contains(&id));
            due.blocks.push(Block { lines, orders: Rc::clone(orders), happened, written });
        }
        for step in scene.steps.iter().filter(|step| step.refused) {
            dues.entry(step.actor).or_default().refusal = true;
        }
        // What was on its way to a connection when it was reset is lost.
        let drops = |step: &&PlannedStep| step.action == Action::Fault(Fault::Drop);
        for step in scene.steps.iter().filter(drops) {
            dues.entry(step.actor).or_default().cut = true;
        }
        dues
    }

    pub(super) fn whom(&self, who: &Whom, scene: &Scene<'_>, present: &BTreeSet<ActorId>) -> Vec<ActorId> {
        let here = || self.model.here().chain(present.iter().copied()).collect::<BTreeSet<_>>().into_iter();
        match who {
            Whom::Named(names) => names.clone(),
            Whom::Everyone => here().collect(),
            Whom::Others => here().filter(|&id| !scene.is_by(id)).collect(),
            Whom::Server => Vec::new(),
        }
    }

    /// Compares the inboxes of all who were fenced, and of all to whom nothing
    /// more can come; the others owe it. With `--update`, what each saw.
    pub(super) fn judge_all(
        &mut self,
        begun: Instant,
        fenced: Vec<ActorId>,
        mut dues: BTreeMap<ActorId, Due>,
        outcomes: &mut Outcomes,
    ) -> BTreeMap<ActorId, Vec<String>> {
        let mut seen = BTreeMap::new();
        let over = dues.keys().chain(self.owed.keys()).copied().filter(|&id| !self.cast.is_connected(id));
        let judged: BTreeSet<ActorId> = over.chain(fenced).collect();
        for id in judged {
            let mut due = self.owed.remove(&id).unwrap_or_default();
            due.then(dues.remove(&id).unwrap_or_default());
            if self.options.update {
                let lines =
                    self.seen(id).into_iter().map(|event| event.line(&self.model.home, self.plan.lang));
                seen.insert(id, lines.collect());
            }
            if !due.blocks.is_empty() {
                due.put_in_order(&self.seen(id), &self.model.home);
            }
            let inbox = self.cast.take_inbox(id, begun);
            if let Some(refusal) = unexpected_refusal(&due, &inbox) {
                self.refusals.insert(id, refusal);
            }
            let messages = inbox.iter().map(|received| &received.message);
            match self.cast.is_connected(id) {
                true => {
                    messages.for_each(|message| self.missed.note(id, message));
                    self.missed.caught_up(id);
                }
                false => messages.for_each(|message| self.missed.came(id, message)),
            }
            if matches!(outcomes.get(&id), Some((Outcome::Closed(_), _)))
                && (due.refusal || !due.raw.is_empty())
            {
                // To be thrown out is the strongest refusal.
                (due.refusal, due.cut) = (false, true);
                outcomes.remove(&id);
                self.model.gone(id);
            }
            if outcomes.contains_key(&id) {
                continue;
            }
            let rules = Rules { home: &self.model.home, lang: self.plan.lang, strict: self.plan.strict };
            match judge(&due, &inbox, rules) {
                Some(finding) => {
                    drop(outcomes.insert(id, (Outcome::Wrong(finding.differences), finding.line)));
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
        seen
    }
}
