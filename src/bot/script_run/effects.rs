//! What a group's steps imply for each person. What the server alone decides is found from
//! what came: the order of a block, changed modes, connections that it ended.

use super::state::{Outcomes, ScriptRun};
use crate::bot::expect::event::{Event, EventKind, How};
use crate::bot::expect::judge::ReceivedLine;
use crate::bot::expect::model::{ReasonBy, Told};
use crate::bot::expect::modes;
use crate::bot::expect::order::{Orders, View, find};
use crate::bot::pattern::Pattern;
use crate::bot::report::Outcome;
use crate::bot::script::plan::{ActorId, StepGroup, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody must see because of what somebody does.
pub(super) struct Effect {
    pub(super) to: ActorId,
    pub(super) by: ActorId,
    /// Its place in the group.
    pub(super) step: usize,
    pub(super) event: Event,
    /// The step in a block that says so.
    pub(super) line: Option<usize>,
    pub(super) reason: ReasonBy,
    /// Its place among the rest is not known.
    pub(super) floating: bool,
}

/// Actors whose connections the server ended, as the script lets it: by somebody's KILL (true), or for
/// a step that was to be refused, or where a `<<` asks for it.
pub(super) type Ended = BTreeMap<ActorId, bool>;

/// Changes of modes that a step of the group already stands for, by the person who saw
/// them, the one who made them, and the place.
#[derive(Default)]
struct Modes(BTreeMap<(ActorId, String, String), Vec<String>>);

impl Modes {
    fn left(&self, (id, who, place): (ActorId, &str, &str), mut seen: Vec<String>) -> Vec<String> {
        for line in self.0.get(&(id, who.to_owned(), place.to_owned())).into_iter().flatten() {
            if let Some(at) = seen.iter().position(|other| other == line) {
                seen.remove(at);
            }
        }
        seen
    }

    fn take(&mut self, (id, who, place): (ActorId, &str, &str), line: &str) {
        self.0.entry((id, who.to_owned(), place.to_owned())).or_default().push(line.to_owned());
    }
}

impl ScriptRun<'_> {
    /// Finds the actors whose connections the script lets the server end, which then is no
    /// failure; everybody who shares a room with them has been told when this returns.
    pub(super) fn ended(&mut self, group: &StepGroup, outcomes: &mut Outcomes) -> Ended {
        let mut ended = Ended::new();
        for step in group.steps.iter().filter(|step| !step.refused) {
            for event in self.model.events_of_steps(std::slice::from_ref(step)).into_iter().flatten() {
                if let EventKind::Kill { name, .. } = &event.kind {
                    ended.extend(self.model.named(name).map(|id| (id, true)));
                }
            }
        }
        let present = self.model.here().collect();
        for (&id, (outcome, _)) in outcomes.iter() {
            let Outcome::Closed(_) = outcome else { continue };
            let refused = group.steps.iter().any(|step| step.refused && step.actor == id);
            if refused || self.asks_for_end(group, id, &present) {
                ended.entry(id).or_insert(false);
            }
        }
        outcomes
            .retain(|&id, (outcome, _)| !(matches!(outcome, Outcome::Closed(_)) && ended.contains_key(&id)));
        for &id in ended.keys() {
            let nick = self.model.nick(id).to_owned();
            for observer in self.model.neighbours(id) {
                if self.actors.can_answer(observer)
                    && let Err(trouble) = self.actors.await_departure(observer, &nick)
                {
                    self.trouble(trouble, outcomes);
                }
            }
        }
        ended
    }

    /// Whether a `<<` for this person is met by the server's last word.
    fn asks_for_end(&self, group: &StepGroup, id: ActorId, present: &BTreeSet<ActorId>) -> bool {
        let asks = |pattern: &Pattern| {
            let mut ends = self.actors.inbox(id).filter(|message| message.is("ERROR") || message.is("KILL"));
            ends.any(|message| pattern.matches(message.body()))
        };
        group.wants.iter().any(|want| match &want.check {
            Wanted::Raw { pattern, .. } => {
                asks(pattern) && self.whom(&want.who, group, present).contains(&id)
            }
            Wanted::Sees { .. } | Wanted::Nothing => false,
        })
    }

    /// What the steps imply, in the order in which the server took them, and
    /// which others are possible; the model follows.
    pub(super) fn implied(
        &mut self,
        group: &StepGroup,
        fenced: &[ActorId],
        ended: &Ended,
    ) -> (Vec<Effect>, Option<Orders>) {
        let mut implied = Vec::new();
        let orders = (group.steps.len() > 1).then(|| self.orders(group, fenced));
        let alone: Vec<usize> = (0..group.steps.len().min(1)).collect();
        let mut modes = Modes::default();
        for &at in orders.as_ref().map_or(&alone[..], Orders::found) {
            let step = &group.steps[at];
            let echo = self.actors.has(step.actor, "echo-message");
            let line = group.together.then_some(step.line);
            let nick = self.model.nick(step.actor).to_owned();
            let told = self.model.follow(step, echo);
            let told = self.modes_as_told(told, fenced, &mut modes);
            let told: Vec<Told> = told.into_iter().filter(|told| self.is_told(told)).collect();
            let by = step.actor;
            told.iter().for_each(|told| self.missed.said(told.to, &told.event));
            for gone in (0..self.plan.actors.len()).map(ActorId) {
                self.model.take_missed(gone).iter().for_each(|event| self.missed.said(gone, event));
            }
            let past = std::mem::take(&mut self.past).into_iter();
            let past = past.map(|event| Told { to: by, event, reason: ReasonBy::Actor });
            implied.extend(told.into_iter().chain(past).map(|Told { to, event, reason }| {
                // Nor has `JOIN 0` an order among the rooms that it leaves.
                let one_of_all = matches!(event.kind, EventKind::Leave { room: Some(_), .. });
                let floating = reason == ReasonBy::Server && (event.who != nick || one_of_all);
                Effect { to, by, step: at, event, line, reason, floating }
            }));
            if !step.refused && self.actors.is_registered(step.actor) {
                let asked = self.model.nick(step.actor).to_owned();
                self.registered_as(step.actor, &asked);
            }
        }
        let last = group.steps.len().saturating_sub(1);
        for (&id, _) in ended.iter().filter(|&(_, killed)| !killed) {
            implied.extend(self.model.thrown_out(id).into_iter().map(|Told { to, event, .. }| Effect {
                to,
                by: id,
                step: last,
                event,
                line: None,
                reason: ReasonBy::Server,
                floating: true,
            }));
        }
        (implied, orders)
    }

    /// Tags come to those alone who have asked for them.
    fn is_told(&self, told: &Told) -> bool {
        !matches!(told.event.kind, EventKind::Say { how: How::Tags, .. })
            || self.actors.has(told.to, "message-tags")
    }

    /// What was asked for in a MODE, as the lines in which it was told.
    fn modes_as_told(&self, told: Vec<Told>, fenced: &[ActorId], seen: &mut Modes) -> Vec<Told> {
        let Some(Told { event: Event { who, kind: EventKind::Mode { to: place, modes }, .. }, .. }) =
            told.first()
        else {
            return told;
        };
        let people: Vec<ActorId> = told.iter().map(|told| told.to).collect();
        let views: Vec<Vec<String>> = people
            .iter()
            .filter(|id| fenced.contains(id))
            .map(|&id| seen.left((id, who, place), self.modes_seen(id, who, place)))
            .collect();
        let views: Vec<Vec<&str>> =
            views.iter().map(|view| view.iter().map(String::as_str).collect()).collect();
        let agreed = modes::agreed(modes, &views, self.model.mapping);
        let mut all = Vec::new();
        for line in agreed {
            for &to in &people {
                let kind = EventKind::Mode { to: place.clone(), modes: line.clone() };
                seen.take((to, who, place), &line);
                all.push(Told { to, event: Event::by(who, kind), reason: ReasonBy::Actor });
            }
        }
        all
    }

    fn modes_seen(&self, id: ActorId, who: &str, place: &str) -> Vec<String> {
        let mapping = self.model.mapping;
        let of_place = |event: Event| match event.kind {
            EventKind::Mode { to, modes } if mapping.same(&to, place) && mapping.same(&event.who, who) => {
                Some(modes)
            }
            _ => None,
        };
        self.actors.received(id).flat_map(ReceivedLine::events).filter_map(of_place).collect()
    }

    /// The server has greeted somebody who asked for this name.
    pub(super) fn registered_as(&mut self, id: ActorId, asked: &str) {
        let given = self.actors.nick(id).to_owned();
        if given != asked && !self.model.here().any(|here| here == id) {
            self.misnamed.insert(id, (asked.to_owned(), given.clone()));
        }
        self.model.registered(id, &given);
        self.model.mapping = self.actors.features.casemapping();
    }

    fn orders(&mut self, group: &StepGroup, fenced: &[ActorId]) -> Orders {
        self.events_of_steps = self.model.events_of_steps(&group.steps);
        let senders: Vec<usize> = group.steps.iter().map(|step| step.actor.0).collect();
        let seen: Vec<Vec<Event>> = fenced.iter().map(|&id| self.seen(id)).collect();
        let views: Vec<View<'_>> = fenced
            .iter()
            .zip(&seen)
            .map(|(id, seen)| View {
                seen: seen.iter().collect(),
                // A person who is gone afterwards saw everything before that.
                end: (!self.actors.is_connected(*id))
                    .then(|| senders.iter().rposition(|s| *s == id.0))
                    .flatten(),
            })
            .collect();
        find(&senders, &self.events_of_steps, &views, self.model.mapping)
    }
}
