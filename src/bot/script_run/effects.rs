//! What a group's steps imply for each person. What the server alone decides is found from
//! what came: the order of a block, changed modes, connections that it ended.

use super::state::{Outcomes, ScriptRun};
use crate::bot::expect::event::{Event, EventKind, How};
use crate::bot::expect::judge::ReceivedLine;
use crate::bot::expect::model::{Delivery, ReasonBy};
use crate::bot::expect::modes;
use crate::bot::expect::order::{BlockOrders, View, find, pieces};
use crate::bot::pattern::Pattern;
use crate::bot::report::Outcome;
use crate::bot::script::plan::{ActorId, StepGroup, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody must see because of what somebody does.
pub(super) struct Effect {
    pub(super) to: ActorId,
    pub(super) by: ActorId,
    /// The piece of the group that does it.
    pub(super) piece: usize,
    pub(super) event: Event,
    /// The step in a block that says so.
    pub(super) line: Option<usize>,
    pub(super) reason: ReasonBy,
    /// Its place among the rest is not known.
    pub(super) unordered: bool,
}

/// Actors whose connections the server ended, as the script lets it: by somebody's KILL (true), or for
/// a step that was to be refused, or where a `<<` asks for it.
pub(super) type Disconnected = BTreeMap<ActorId, bool>;

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
    pub(super) fn ended(&mut self, group: &StepGroup, outcomes: &mut Outcomes) -> Disconnected {
        let mut ended = Disconnected::new();
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
        ended: &Disconnected,
    ) -> (Vec<Effect>, Option<BlockOrders>) {
        let mut implied = Vec::new();
        let senders: Vec<usize> = group.steps.iter().map(|step| step.actor.0).collect();
        self.pieces = pieces(&senders, self.model.events_of_steps(&group.steps));
        let orders = (group.steps.len() > 1).then(|| self.orders(fenced));
        let alone: Vec<usize> = (0..self.pieces.len()).collect();
        let found = orders.as_ref().map_or(&alone[..], BlockOrders::found);
        let mut done = BTreeSet::new();
        let mut modes = Modes::default();
        for &piece in found {
            let at = self.pieces[piece].step;
            if !done.insert(at) {
                continue;
            }
            let step = &group.steps[at];
            let echo = self.actors.has(step.actor, "echo-message");
            let line = group.together.then_some(step.line);
            let nick = self.model.nick(step.actor).to_owned();
            let told = self.model.follow(step, echo);
            let of_one = told.chunk_by(|one, next| one.event == next.event);
            let told: Vec<Delivery> =
                of_one.flat_map(|told| self.modes_as_told(told, at, fenced, &mut modes)).collect();
            let told: Vec<Delivery> = told.into_iter().filter(|told| self.is_told(told)).collect();
            let by = step.actor;
            told.iter().for_each(|told| self.missed.said(told.to, &told.event));
            for gone in (0..self.plan.actors.len()).map(ActorId) {
                self.model.take_missed(gone).iter().for_each(|event| self.missed.said(gone, event));
            }
            let past = std::mem::take(&mut self.past).into_iter();
            let past = past.map(|event| Delivery { to: by, event, reason: ReasonBy::Actor });
            implied.extend(told.into_iter().chain(past).map(|Delivery { to, event, reason }| {
                // The rooms that `JOIN 0` leaves are told in any order.
                let one_of_all = matches!(event.kind, EventKind::Leave { room: Some(_), .. });
                let unordered = reason == ReasonBy::Server && (event.who != nick || one_of_all);
                let mut of_step = self.pieces[piece..].iter().take_while(|piece| piece.step == at);
                let piece = piece + of_step.position(|piece| piece.events.contains(&event)).unwrap_or(0);
                Effect { to, by, piece, event, line, reason, unordered }
            }));
            if !step.refused && self.actors.is_registered(step.actor) {
                let asked = self.model.nick(step.actor).to_owned();
                self.registered_as(step.actor, &asked);
            }
        }
        let mut place = vec![0; self.pieces.len()];
        found.iter().enumerate().for_each(|(at, piece)| place[*piece] = at);
        implied.sort_by_key(|effect: &Effect| place[effect.piece]);
        let last = self.pieces.len().saturating_sub(1);
        for (&id, _) in ended.iter().filter(|&(_, killed)| !killed) {
            implied.extend(self.model.thrown_out(id).into_iter().map(|Delivery { to, event, .. }| Effect {
                to,
                by: id,
                piece: last,
                event,
                line: None,
                reason: ReasonBy::Server,
                unordered: true,
            }));
        }
        (implied, orders)
    }

    /// Tags come to those alone who have asked for them.
    fn is_told(&self, told: &Delivery) -> bool {
        !matches!(told.event.kind, EventKind::Say { how: How::Tags, .. })
            || self.actors.has(told.to, "message-tags")
    }

    /// What was asked for in a MODE, as the lines in which it was told, or should have been.
    fn modes_as_told(
        &self,
        told: &[Delivery],
        step: usize,
        fenced: &[ActorId],
        seen: &mut Modes,
    ) -> Vec<Delivery> {
        let Some(Delivery { event: Event { who, kind: EventKind::Mode { to: place, modes }, .. }, .. }) =
            told.first()
        else {
            return told.to_vec();
        };
        let people: Vec<ActorId> = told.iter().map(|told| told.to).collect();
        let views: Vec<Vec<String>> = people
            .iter()
            .filter(|id| fenced.contains(id))
            .map(|&id| seen.left((id, who, place), self.modes_seen(id, who, place)))
            .collect();
        let views: Vec<Vec<&str>> =
            views.iter().map(|view| view.iter().map(String::as_str).collect()).collect();
        let mut agreed = modes::agreed(modes, &views, self.model.mapping);
        let of_step = self.untold.iter().filter(|((at, asked), _)| *at == step && asked == modes);
        agreed.extend(of_step.flat_map(|(_, lines)| lines.iter().cloned()));
        let mut all = Vec::new();
        for line in agreed {
            for &to in &people {
                let kind = EventKind::Mode { to: place.clone(), modes: line.clone() };
                seen.take((to, who, place), &line);
                all.push(Delivery { to, event: Event::by(who, kind), reason: ReasonBy::Actor });
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

    fn orders(&self, fenced: &[ActorId]) -> BlockOrders {
        let seen: Vec<Vec<Event>> = fenced.iter().map(|&id| self.seen(id)).collect();
        let views: Vec<View<'_>> = fenced
            .iter()
            .zip(&seen)
            .map(|(id, seen)| View {
                seen: seen.iter().collect(),
                // A person who is gone afterwards saw everything before that.
                end: (!self.actors.is_connected(*id))
                    .then(|| self.pieces.iter().rposition(|piece| piece.sender == id.0))
                    .flatten(),
            })
            .collect();
        find(&self.pieces, &views, self.model.mapping)
    }
}
