//! What is due to each in a group, and whether it came.

use super::effects::{Disconnected, Effect};
use super::state::{Outcomes, ScriptRun};
use super::update::{Observation, Observations};
use crate::bot::expect::due::{Block, Check, Due, DueLine, Happened, Implied, Reasons, arrange};
use crate::bot::expect::event::{Event, EventKind};
use crate::bot::expect::judge::{
    self, Difference, Finding, Received, ReceivedLine, Rules, complete_after, judge, unexpected_refusal,
};
use crate::bot::expect::model::{ReasonBy, lines};
use crate::bot::expect::order::{BlockOrders, View};
use crate::bot::expect::refusal::Asked;
use crate::bot::report::Outcome;
use crate::bot::script::plan::{ActorId, PlannedStep, StepGroup, Wanted};
use crate::bot::script::{Action, Fault};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

impl ScriptRun<'_> {
    /// What is due to each: what the steps imply, or what is written instead; what a block did is in
    /// the order in which it happened, as far as that is known.
    pub(super) fn dues(
        &mut self,
        group: &StepGroup,
        implied: Vec<Effect>,
        orders: Option<Rc<BlockOrders>>,
        (present, fenced): (&BTreeSet<ActorId>, &[ActorId]),
    ) -> BTreeMap<ActorId, Due> {
        let (mut dues, written) = self.written(group, present);
        // Somebody who could not be asked tells later which order it was.
        let is_later = |id: ActorId| orders.is_some() && !fenced.contains(&id);
        if group.together {
            self.order_written(
                dues.iter_mut().filter(|(id, _)| written.contains(id) && !is_later(**id)),
                &implied,
            );
        }
        let later = self.add_implied(&mut dues, implied, &written, fenced, is_later);
        for (id, happened) in later {
            let (Some(due), Some(orders)) = (dues.get_mut(&id), &orders) else { continue };
            let (lines, written) = (0..due.lines.len(), written.contains(&id));
            due.blocks.push(Block { lines, orders: Rc::clone(orders), happened, written });
        }
        self.add_exceptions(group, &mut dues);
        dues
    }

    /// Puts what is written below a block into the order in which the block happened.
    fn order_written<'a>(&self, dues: impl Iterator<Item = (&'a ActorId, &'a mut Due)>, implied: &[Effect]) {
        for (&id, due) in dues {
            let happened = implied.iter().filter(|effect| effect.to == id);
            let happened: Vec<(usize, &Event)> =
                happened.map(|effect| (effect.by.0, &effect.event)).collect();
            due.lines = arrange(std::mem::take(&mut due.lines), &happened, &self.model.home);
        }
    }

    /// Adds what must be refused, what may be lost, and who got another name.
    fn add_exceptions(&mut self, group: &StepGroup, dues: &mut BTreeMap<ActorId, Due>) {
        for step in group.steps.iter().filter(|step| step.refused) {
            let asked = Asked::by(&self.asking_lines(step), self.model.mapping);
            dues.entry(step.actor).or_default().refused.push(asked);
        }
        // What was on its way to a connection when it was reset is lost.
        let drops = |step: &&PlannedStep| step.action == Action::Fault(Fault::Drop);
        for step in group.steps.iter().filter(drops) {
            dues.entry(step.actor).or_default().truncated = true;
        }
        for (id, names) in std::mem::take(&mut self.misnamed) {
            dues.entry(id).or_default().misnamed = Some(names);
        }
    }

    /// What is written below the group, and the actors for whom that stands in place of what
    /// is implied.
    fn written(
        &self,
        group: &StepGroup,
        present: &BTreeSet<ActorId>,
    ) -> (BTreeMap<ActorId, Due>, BTreeSet<ActorId>) {
        let mut dues: BTreeMap<ActorId, Due> = BTreeMap::new();
        let mut written: BTreeSet<ActorId> = BTreeSet::new();
        for want in &group.wants {
            for who in self.whom(&want.who, group, present) {
                let due = dues.entry(who).or_default();
                match &want.check {
                    Wanted::Sees { mods, pattern } => {
                        written.insert(who);
                        let line = DueLine { check: Check::Written(pattern.clone()), line: Some(want.line) };
                        due.lines.extend(std::iter::repeat_n(line, mods.times));
                    }
                    Wanted::Nothing => {
                        written.insert(who);
                        due.nothing = Some(want.line);
                    }
                    Wanted::Raw { mods, pattern } => due.raw.push((pattern.clone(), mods.times, want.line)),
                }
            }
        }
        (dues, written)
    }

    /// Adds what is implied for each actor for whom nothing is written. Returns what those
    /// actors see who tell only later in which order it happened.
    fn add_implied(
        &self,
        dues: &mut BTreeMap<ActorId, Due>,
        implied: Vec<Effect>,
        written: &BTreeSet<ActorId>,
        fenced: &[ActorId],
        is_later: impl Fn(ActorId) -> bool,
    ) -> BTreeMap<ActorId, Vec<Happened>> {
        let mut later: BTreeMap<ActorId, Vec<Happened>> = BTreeMap::new();
        // The line of an event that several people see is made once.
        let mut last: Option<(Event, Option<usize>, Rc<Implied>)> = None;
        for one in implied {
            let due = (one.event.counts() && !written.contains(&one.to)).then(|| {
                let known = last.take().filter(|(event, line, _)| *event == one.event && *line == one.line);
                let (event, line, implied) = known.unwrap_or_else(|| {
                    let shown = one.event.line(&self.model.home, self.plan.lang);
                    let reasons = self.reasons(&one, fenced);
                    let event = one.event.clone();
                    (event.clone(), one.line, Rc::new(Implied { event, reasons, shown }))
                });
                let due = DueLine { check: Check::Implied(Rc::clone(&implied)), line };
                last = Some((event, line, implied));
                due
            });
            if let Some(line) = &due {
                let due = dues.entry(one.to).or_default();
                let lines = if one.unordered { &mut due.unordered } else { &mut due.lines };
                lines.push(line.clone());
            }
            if is_later(one.to) && !one.unordered {
                let Effect { to, by, piece, event, .. } = one;
                later.entry(to).or_default().push(Happened { piece, by: by.0, event, due });
            }
        }
        later
    }

    /// The lines with which a step asks for something; none where any error may
    /// be the answer.
    fn asking_lines(&self, step: &PlannedStep) -> Vec<String> {
        let mut all = lines(&step.action, &self.model.home);
        match &step.action {
            Action::Join { name, .. } => {
                let nick = name.as_ref().unwrap_or(&step.called);
                all.extend([format!("NICK {nick}"), "USER bot".to_owned()]);
            }
            Action::Fault(Fault::Reconnect) => all.push(format!("NICK {}", self.model.nick(step.actor))),
            _ => {}
        }
        all
    }

    /// Which reasons a departure may have. Where nobody gave one, and so the
    /// server may (RFC 2812, 3.1.7, 3.2.2 and 3.2.8), all who see it must be
    /// told the same.
    fn reasons(&self, effect: &Effect, fenced: &[ActorId]) -> Reasons {
        let of = |all: &[&str]| Reasons::Of(all.iter().map(|&one| one.to_owned()).collect());
        if effect.event.reason().is_some() {
            return Reasons::of(&effect.event);
        }
        let allowed = match (&effect.event.kind, effect.reason) {
            (EventKind::Leave { .. }, ReasonBy::Actor) => of(&["", &effect.event.who]),
            (EventKind::Leave { .. }, ReasonBy::Default) if self.actors.features.is_roomchat() => {
                of(&["", "Quit: "])
            }
            (EventKind::Leave { .. }, ReasonBy::Default | ReasonBy::Server) => Reasons::Any,
            (EventKind::Remove { .. }, _) => Reasons::of(&effect.event),
            _ => return Reasons::of(&effect.event),
        };
        self.agreed_reason(effect, fenced, allowed)
    }

    /// The one of these that most were told.
    fn agreed_reason(&self, effect: &Effect, fenced: &[ActorId], allowed: Reasons) -> Reasons {
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for &id in fenced {
            for event in self.actors.received(id).flat_map(ReceivedLine::events) {
                if event.is_seen_as(&effect.event, self.model.mapping) && allowed.allow(event.reason()) {
                    *votes.entry(event.reason().unwrap_or("").to_owned()).or_default() += 1;
                }
            }
        }
        // Of two reasons with as many votes the first in order, so that none wins: servers rather add a
        // reason than lose one.
        let most = votes.into_iter().rev().max_by_key(|(_, votes)| *votes);
        most.map_or(allowed, |(reason, _)| Reasons::Of(vec![reason]))
    }

    /// Compares the inboxes of all actors that were fenced or whose connection is over; the
    /// others are compared later. With `--update`, what each saw.
    pub(super) fn judge_all(
        &mut self,
        (group, begun): (&StepGroup, Instant),
        fenced: Vec<ActorId>,
        mut dues: BTreeMap<ActorId, Due>,
        ended: &Disconnected,
        outcomes: &mut Outcomes,
    ) -> Observations {
        let mut seen = Observations::new();
        let over = dues.keys().chain(self.owed.keys()).copied().filter(|&id| !self.actors.is_connected(id));
        let judged: BTreeSet<ActorId> = over.chain(fenced).collect();
        for id in judged {
            let late = self.owed.contains_key(&id);
            let mut due = self.gather(id, dues.remove(&id).unwrap_or_default());
            let reordered = group.together.then(|| self.reordered(id)).flatten();
            let inbox = self.actors.take_inbox(id, begun);
            if self.options.update {
                seen.insert(id, Observation { events: judge::seen(&due, &inbox, self.rules()), late });
            }
            self.remember(id, &due, &inbox);
            if ended.contains_key(&id) {
                due.truncated = true;
                self.model.gone(id);
            }
            let is_still_there = ended.get(&id) == Some(&true) && self.actors.is_connected(id);
            let not_ended =
                || is_still_there.then(|| Finding { line: None, differences: vec![Difference::NotEnded] });
            let finding = judge(&due, &inbox, self.rules()).or_else(not_ended).or(reordered);
            let outcome = match finding {
                Some(finding) => Some((Outcome::Wrong(finding.differences), finding.line)),
                None => due.wants_something().then(|| (Outcome::Well(complete_after(&inbox)), None)),
            };
            if let Some(outcome) = outcome {
                outcomes.entry(id).or_insert(outcome);
            }
        }
        for (id, mut due) in dues {
            due.is_of(group.line);
            self.owed.entry(id).or_default().then(due);
        }
        seen
    }

    /// All that is due to somebody by now, in the order in which it happened.
    fn gather(&mut self, id: ActorId, new: Due) -> Due {
        let mut due = self.owed.remove(&id).unwrap_or_default();
        due.then(new);
        due.goes_on = self.actors.is_connected(id);
        if !due.blocks.is_empty() {
            due.put_in_order(&self.seen(id), &self.model.home, self.model.mapping);
        }
        due
    }

    /// What later groups need to know of what came.
    fn remember(&mut self, id: ActorId, due: &Due, inbox: &[Received]) {
        if let Some(refusal) = unexpected_refusal(due, inbox, self.model.mapping) {
            self.refusals.insert(id, refusal);
        }
        let messages = || inbox.iter().filter_map(|received| received.line.message());
        messages().for_each(|message| self.heard.note(id, message));
        if self.actors.is_connected(id) {
            messages().for_each(|message| self.missed.note(id, message));
            self.missed.caught_up(id);
        } else {
            messages().for_each(|message| self.missed.came(id, message));
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            home: &self.model.home,
            lang: self.plan.lang,
            strict: self.plan.strict,
            mapping: self.model.mapping,
        }
    }

    /// A finding where somebody saw one sender's steps of a block in another order: a pattern
    /// that stands for several lines would not show it.
    fn reordered(&self, id: ActorId) -> Option<Finding> {
        let seen = self.seen(id);
        let view = View { seen: seen.iter().collect(), end: None };
        if view.keeps_senders(&self.pieces, self.model.mapping) {
            return None;
        }
        let line = |event: &Event| event.line(&self.model.home, self.plan.lang);
        let wanted = self.pieces.iter().flat_map(|piece| &piece.events).map(line).collect();
        let got = seen.iter().map(line).collect();
        Some(Finding { line: None, differences: vec![Difference::Order { wanted, got }] })
    }
}
