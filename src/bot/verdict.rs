//! What a scene makes due to each, and whether it came.

use super::expect::due::{Block, Check, Due, DueLine, Happened, Implied, Reasons};
use super::expect::event::{Deed, Event};
use super::expect::judge::{Difference, Finding, Heard, Rules, complete_after, judge, unexpected_refusal};
use super::expect::model::{ReasonBy, Told, lines};
use super::expect::modes;
use super::expect::order::{Orders, View, arrange, find};
use super::expect::refusal::Asked;
use super::play::{Outcomes, Play, Scene};
use super::report::Outcome;
use super::script::plan::{ActorId, PlannedStep, Wanted, Whom};
use super::script::{Action, Fault};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

/// What somebody must see because of what somebody does.
pub(super) struct Effect {
    pub(super) to: ActorId,
    pub(super) by: ActorId,
    /// Its place in the scene.
    step: usize,
    pub(super) event: Event,
    /// The step in a block that says so.
    pub(super) line: Option<usize>,
    reason: ReasonBy,
    /// Its place among the rest is not known.
    floating: bool,
}

/// Whose connections the server ended, as the script lets it.
#[derive(Default)]
pub(super) struct Ended {
    /// For a step that was to be refused, or where a `<<` asks for it.
    pub(super) thrown_out: BTreeSet<ActorId>,
    /// By somebody's KILL.
    pub(super) killed: BTreeSet<ActorId>,
}

impl Ended {
    fn holds(&self, id: ActorId) -> bool {
        self.thrown_out.contains(&id) || self.killed.contains(&id)
    }
}

/// Changes of modes that a step of the scene already stands for: by whom they
/// were seen, who made them, and where.
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

impl Play<'_> {
    /// Finds whose ending the script lets the server do, which then is no
    /// failure; all who share a room with them have been told when this returns.
    pub(super) fn ended(&mut self, scene: &Scene<'_>, outcomes: &mut Outcomes) -> Ended {
        let mut ended = Ended::default();
        for step in scene.steps.iter().filter(|step| !step.refused) {
            for event in self.model.doings(std::slice::from_ref(step)).into_iter().flatten() {
                if let Deed::Kill { name, .. } = &event.deed {
                    ended.killed.extend(self.model.named(name));
                }
            }
        }
        let present = self.model.here().collect();
        for (&id, (outcome, _)) in outcomes.iter() {
            let Outcome::Closed(_) = outcome else { continue };
            let refused = scene.steps.iter().any(|step| step.refused && step.actor == id);
            if refused || self.asks_for_end(scene, id, &present) {
                ended.thrown_out.insert(id);
            }
        }
        ended.thrown_out.retain(|id| !ended.killed.contains(id));
        outcomes.retain(|&id, (outcome, _)| !(matches!(outcome, Outcome::Closed(_)) && ended.holds(id)));
        for &id in ended.thrown_out.iter().chain(&ended.killed) {
            let nick = self.model.nick(id).to_owned();
            for observer in self.model.neighbours(id) {
                if self.cast.can_answer(observer)
                    && let Err(trouble) = self.cast.await_departure(observer, &nick)
                {
                    self.trouble(trouble, outcomes);
                }
            }
        }
        ended
    }

    /// Whether a `<<` for this person is met by the server's last word.
    fn asks_for_end(&self, scene: &Scene<'_>, id: ActorId, present: &BTreeSet<ActorId>) -> bool {
        let asks = |pattern: &super::expect::pattern::Pattern| {
            let mut ends = self.cast.inbox(id).filter(|message| message.is("ERROR") || message.is("KILL"));
            ends.any(|message| pattern.matches(message.body()))
        };
        scene.wants.iter().any(|want| match &want.check {
            Wanted::Raw { pattern, .. } => {
                asks(pattern) && self.whom(&want.who, scene, present).contains(&id)
            }
            Wanted::Sees { .. } | Wanted::Nothing => false,
        })
    }

    /// What the steps imply, in the order in which the server took them, and
    /// which others are possible; the model follows.
    pub(super) fn implied(
        &mut self,
        scene: &Scene<'_>,
        fenced: &[ActorId],
        ended: &Ended,
    ) -> (Vec<Effect>, Option<Orders>) {
        let mut implied = Vec::new();
        let orders = (scene.steps.len() > 1).then(|| self.orders(scene, fenced));
        let alone: Vec<usize> = (0..scene.steps.len().min(1)).collect();
        let mut modes = Modes::default();
        for &at in orders.as_ref().map_or(&alone[..], Orders::found) {
            let step = &scene.steps[at];
            let echo = self.cast.echoes(step.actor);
            let line = scene.together.then_some(step.line);
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
                let one_of_all = matches!(event.deed, Deed::Leave { room: Some(_), .. });
                let floating = reason == ReasonBy::Server && (event.who != nick || one_of_all);
                Effect { to, by, step: at, event, line, reason, floating }
            }));
            if !step.refused && self.cast.is_registered(step.actor) {
                let asked = self.model.nick(step.actor).to_owned();
                self.registered_as(step.actor, &asked);
            }
        }
        let last = scene.steps.len().saturating_sub(1);
        for &id in &ended.thrown_out {
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
        !matches!(told.event.deed, Deed::Tags { .. }) || self.cast.has(told.to, "message-tags")
    }

    /// What was asked for in a MODE, as the lines in which it was told.
    fn modes_as_told(&self, told: Vec<Told>, fenced: &[ActorId], seen: &mut Modes) -> Vec<Told> {
        let Some(Told { event: Event { who, deed: Deed::Mode { to: place, modes }, .. }, .. }) = told.first()
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
                let deed = Deed::Mode { to: place.clone(), modes: line.clone() };
                seen.take((to, who, place), &line);
                all.push(Told { to, event: Event::by(who, deed), reason: ReasonBy::Actor });
            }
        }
        all
    }

    fn modes_seen(&self, id: ActorId, who: &str, place: &str) -> Vec<String> {
        let mapping = self.model.mapping;
        let of_place = |event: Event| match event.deed {
            Deed::Mode { to, modes } if mapping.same(&to, place) && mapping.same(&event.who, who) => {
                Some(modes)
            }
            _ => None,
        };
        self.cast.heard(id).flat_map(Heard::events).filter_map(of_place).collect()
    }

    /// The server has greeted somebody who asked for this name.
    pub(super) fn registered_as(&mut self, id: ActorId, asked: &str) {
        let given = self.cast.nick(id).to_owned();
        if given != asked && !self.model.here().any(|here| here == id) {
            self.misnamed.insert(id, (asked.to_owned(), given.clone()));
        }
        self.model.registered(id, &given);
        self.model.mapping = self.cast.mapping;
    }

    fn orders(&mut self, scene: &Scene<'_>, fenced: &[ActorId]) -> Orders {
        self.doings = self.model.doings(scene.steps);
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
        find(&senders, &self.doings, &views, self.model.mapping)
    }

    fn seen(&self, id: ActorId) -> Vec<Event> {
        self.cast.heard(id).flat_map(Heard::events).filter(Event::counts).collect()
    }

    /// What is due to each: what the steps imply, or what is written instead.
    pub(super) fn dues(
        &mut self,
        scene: &Scene<'_>,
        implied: Vec<Effect>,
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
                        let line = DueLine { check: Check::Written(pattern.clone()), line: Some(want.line) };
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
        // Somebody who could not be asked tells later which order it was.
        let mut later: BTreeMap<ActorId, Vec<Happened>> = BTreeMap::new();
        let is_later = |id: ActorId| orders.is_some() && !fenced.contains(&id);
        for &id in written.iter().filter(|&&id| scene.together && !is_later(id)) {
            let happened = implied.iter().filter(|effect| effect.to == id);
            let happened: Vec<(usize, &Event)> =
                happened.map(|effect| (effect.by.0, &effect.event)).collect();
            if let Some(due) = dues.get_mut(&id) {
                due.lines = arrange(std::mem::take(&mut due.lines), &happened, &self.model.home);
            }
        }
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
                let lines = if one.floating { &mut due.floating } else { &mut due.lines };
                lines.push(line.clone());
            }
            if is_later(one.to) && !one.floating {
                let Effect { to, by, step, event, .. } = one;
                later.entry(to).or_default().push(Happened { step, by: by.0, event, due });
            }
        }
        for (id, happened) in later {
            let (Some(due), Some(orders)) = (dues.get_mut(&id), &orders) else { continue };
            let (lines, written) = (0..due.lines.len(), written.contains(&id));
            due.blocks.push(Block { lines, orders: Rc::clone(orders), happened, written });
        }
        for step in scene.steps.iter().filter(|step| step.refused) {
            let asked = Asked::by(&self.asking_lines(step), self.model.mapping);
            dues.entry(step.actor).or_default().refused.push(asked);
        }
        // What was on its way to a connection when it was reset is lost.
        let drops = |step: &&PlannedStep| step.action == Action::Fault(Fault::Drop);
        for step in scene.steps.iter().filter(drops) {
            dues.entry(step.actor).or_default().cut = true;
        }
        for (id, names) in std::mem::take(&mut self.misnamed) {
            dues.entry(id).or_default().misnamed = Some(names);
        }
        dues
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

    /// Which reasons a departure may have. Where the server gives the reason
    /// (RFC 2812, 3.1.7, lets it do so) all who see it must be told the same.
    fn reasons(&self, effect: &Effect, fenced: &[ActorId]) -> Reasons {
        let of = |all: &[&str]| Reasons::Of(all.iter().map(|&one| one.to_owned()).collect());
        match (&effect.event.deed, effect.event.reason()) {
            // Servers mark what is said by a person: ngIRCd quotes it.
            (Deed::Leave { room: None, .. }, Some(reason)) => {
                of(&[reason, &format!("Quit: {reason}"), &format!("\"{reason}\"")])
            }
            (Deed::Leave { .. } | Deed::Remove { .. }, Some(reason)) => of(&[reason]),
            // The default is a name (RFC 2812, 3.2.2 and 3.2.8).
            (Deed::Remove { name, .. }, None) => of(&["", &effect.event.who, name]),
            (Deed::Leave { .. }, None) => match effect.reason {
                ReasonBy::Actor => of(&["", &effect.event.who]),
                ReasonBy::Default if self.cast.is_roomchat => of(&["", "Quit: "]),
                ReasonBy::Default | ReasonBy::Server => self.agreed_reason(effect, fenced),
            },
            _ => Reasons::Any,
        }
    }

    fn agreed_reason(&self, effect: &Effect, fenced: &[ActorId]) -> Reasons {
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for &id in fenced {
            for event in self.cast.heard(id).flat_map(Heard::events) {
                if event.is_seen_as(&effect.event, self.model.mapping) {
                    *votes.entry(event.reason().unwrap_or("").to_owned()).or_default() += 1;
                }
            }
        }
        match votes.into_iter().max_by_key(|(_, votes)| *votes) {
            Some((reason, _)) => Reasons::Of(vec![reason]),
            None => Reasons::Any,
        }
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
        (scene, begun): (&Scene<'_>, Instant),
        fenced: Vec<ActorId>,
        mut dues: BTreeMap<ActorId, Due>,
        ended: &Ended,
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
                due.put_in_order(&self.seen(id), &self.model.home, self.model.mapping);
            }
            let turned = scene.together.then(|| self.turned(scene, id)).flatten();
            let inbox = self.cast.take_inbox(id, begun);
            if let Some(refusal) = unexpected_refusal(&due, &inbox, self.model.mapping) {
                self.refusals.insert(id, refusal);
            }
            let messages = inbox.iter().filter_map(|received| received.heard.message());
            match self.cast.is_connected(id) {
                true => {
                    messages.for_each(|message| self.missed.note(id, message));
                    self.missed.caught_up(id);
                }
                false => messages.for_each(|message| self.missed.came(id, message)),
            }
            if ended.holds(id) {
                due.cut = true;
                self.model.gone(id);
            }
            if outcomes.contains_key(&id) {
                continue;
            }
            let rules = Rules {
                home: &self.model.home,
                lang: self.plan.lang,
                strict: self.plan.strict,
                mapping: self.model.mapping,
            };
            let mut finding = judge(&due, &inbox, rules);
            if finding.is_none() && ended.killed.contains(&id) && self.cast.is_connected(id) {
                finding = Some(Finding { line: None, differences: vec![Difference::NotEnded] });
            }
            match finding.or(turned) {
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

    /// A block of which somebody saw one sender's steps in another order: a
    /// pattern that stands for several lines does not tell.
    fn turned(&self, scene: &Scene<'_>, id: ActorId) -> Option<Finding> {
        let senders: Vec<usize> = scene.steps.iter().map(|step| step.actor.0).collect();
        let seen = self.seen(id);
        let view = View { seen: seen.iter().collect(), end: None };
        if view.keeps_senders(&senders, &self.doings, self.model.mapping) {
            return None;
        }
        let line = |event: &Event| event.line(&self.model.home, self.plan.lang);
        let wanted = self.doings.iter().flatten().map(line).collect();
        let got = seen.iter().map(line).collect();
        Some(Finding { line: None, differences: vec![Difference::Order { wanted, got }] })
    }
}
