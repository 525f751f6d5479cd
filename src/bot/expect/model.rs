//! The people of each room, as it follows from the script, and what each step
//! therefore implies.

use super::event::{Event, EventKind, is_room};
use crate::bot::script::command_args;
use crate::bot::script::escape::unescape;
use crate::bot::script::plan::{ActorId, PlannedStep};
use crate::bot::script::{Action, Fault};
use crate::client::protocol::CaseMapping;
use crate::wire::{Frame, Framer, Limits, Line, Message};
use std::collections::BTreeMap;

/// The people of a script and their rooms.
#[derive(Debug, Clone)]
pub struct Model {
    /// Where `joins` goes, and what patterns leave out.
    pub home: String,
    /// How the server folds names.
    pub mapping: CaseMapping,
    people: Vec<Person>,
}

/// What somebody must see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub to: ActorId,
    pub event: Event,
    pub reason: ReasonBy,
}

/// Which side gives the reason of a departure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonBy {
    /// The one who acts, or nobody.
    Actor,
    /// The server where a QUIT has none.
    Default,
    /// The server, as it ended otherwise than by a QUIT or PART.
    Server,
}

#[derive(Debug, Clone)]
struct Person {
    nick: String,
    rooms: Vec<String>,
    /// Those it was in when its connection was reset: where it comes back to.
    left: Vec<String>,
    /// What is said there until it comes back.
    missed: Vec<Event>,
    /// Registered, as far as the script tells.
    here: bool,
    /// What `>>>` has begun: at most one line.
    framer: Framer,
}

impl Model {
    pub fn new(home: &str, actors: &[String]) -> Model {
        let person = |name: &String| Person {
            nick: name.clone(),
            rooms: Vec::new(),
            left: Vec::new(),
            missed: Vec::new(),
            here: false,
            framer: Framer::new(Limits::FROM_CLIENT),
        };
        Model {
            home: home.to_owned(),
            mapping: CaseMapping::default(),
            people: actors.iter().map(person).collect(),
        }
    }

    pub fn nick(&self, actor: ActorId) -> &str {
        &self.people[actor.0].nick
    }

    /// Everybody who is here: what `everyone` stands for.
    pub fn here(&self) -> impl Iterator<Item = ActorId> {
        (0..self.people.len()).map(ActorId).filter(|actor| self.people[actor.0].here)
    }

    /// The rooms that somebody is in.
    pub fn rooms(&self, actor: ActorId) -> &[String] {
        &self.people[actor.0].rooms
    }

    /// The connection is new: nobody yet, in no room.
    pub fn connected(&mut self, actor: ActorId) {
        let person = &mut self.people[actor.0];
        person.here = false;
        person.rooms.clear();
        person.framer = Framer::new(Limits::FROM_CLIENT);
    }

    /// The server greeted somebody by this name.
    pub fn registered(&mut self, actor: ActorId, nick: &str) {
        let person = &mut self.people[actor.0];
        person.here = true;
        person.nick = nick.to_owned();
    }

    /// The connection is over.
    pub fn gone(&mut self, actor: ActorId) {
        self.connected(actor);
    }

    /// The server has died: everybody's connection is over, and nobody is told of that.
    pub fn everybody_is_lost(&mut self) {
        for person in self.people.iter_mut().filter(|person| person.here) {
            person.left = std::mem::take(&mut person.rooms);
            person.here = false;
            person.framer = Framer::new(Limits::FROM_CLIENT);
        }
    }

    /// The rooms that somebody comes back to: where it is, or was.
    pub fn comes_back_to(&self, actor: ActorId) -> Vec<String> {
        self.people[actor.0].comes_back_to().to_vec()
    }

    /// What was said since the last time in the rooms that somebody's
    /// connection was reset in.
    pub fn take_missed(&mut self, actor: ActorId) -> Vec<Event> {
        std::mem::take(&mut self.people[actor.0].missed)
    }

    /// Everything that these steps do, seen or not: for each step its events.
    pub fn events_of_steps(&self, steps: &[PlannedStep]) -> Vec<Vec<Event>> {
        let mut acting: BTreeMap<ActorId, Person> = BTreeMap::new();
        let mut each = Vec::with_capacity(steps.len());
        for step in steps {
            let person = acting.entry(step.actor).or_insert_with(|| self.people[step.actor.0].clone());
            let mut events = Vec::new();
            for kind in person.event_kinds(step, &self.home) {
                let who = person.nick.clone();
                if let (EventKind::Rename(new), false) = (&kind, step.refused) {
                    person.nick.clone_from(new);
                }
                events.push(Event::by(&who, kind));
            }
            if step.refused {
                events.clear();
            }
            each.push(events);
        }
        each
    }

    /// What the step implies, in order, for each who must see it; the model
    /// follows. `echo`: whether the actor gets its own messages back.
    pub fn follow(&mut self, step: &PlannedStep, echo: bool) -> Vec<Delivery> {
        let person = &mut self.people[step.actor.0];
        let kinds = person.event_kinds(step, &self.home);
        match step.action {
            Action::Fault(Fault::Drop) => person.left.clone_from(&person.rooms),
            _ => person.left.clear(),
        }
        match step.refused {
            true => Vec::new(),
            false => kinds.into_iter().flat_map(|kind| self.happen(step, kind, echo)).collect(),
        }
    }

    fn leaves_all(&self, step: &PlannedStep) -> bool {
        let is_join_0 = |line: &String| {
            Message::parse(line).is_ok_and(|message| message.is("JOIN") && message.param(0) == Some("0"))
        };
        lines(&step.action, &self.home).iter().any(is_join_0)
    }

    /// The server has ended the connection: what all who share a room must see.
    pub fn thrown_out(&mut self, actor: ActorId) -> Vec<Delivery> {
        let event = Event::by(self.nick(actor), EventKind::Leave { room: None, reason: None });
        let others = self.neighbours(actor);
        self.gone(actor);
        let told = |to| Delivery { to, event: event.clone(), reason: ReasonBy::Server };
        others.into_iter().map(told).collect()
    }

    /// Everybody in a room.
    pub fn members(&self, room: &str) -> impl Iterator<Item = ActorId> {
        (0..self.people.len()).map(ActorId).filter(move |&id| self.is_in(id, room))
    }

    /// The person of this name.
    pub fn named(&self, nick: &str) -> Option<ActorId> {
        self.here().find(|&id| self.mapping.same(self.nick(id), nick))
    }

    fn happen(&mut self, step: &PlannedStep, kind: EventKind, echo: bool) -> Vec<Delivery> {
        let actor = step.actor;
        let event = Event::by(self.nick(actor), kind);
        let mut reason_by = ReasonBy::Actor;
        let seen_by = match &event.kind {
            EventKind::Say { to, .. } => {
                let mapping = self.mapping;
                let was_there = |person: &&mut Person| person.left.iter().any(|room| mapping.same(room, to));
                let gone = self.people.iter_mut().filter(was_there);
                gone.for_each(|person| person.missed.push(event.clone()));
                let mut to: Vec<ActorId> = match is_room(to) {
                    true => self.members(to).filter(|&member| member != actor).collect(),
                    false => self.named(to).into_iter().collect(),
                };
                to.extend(echo.then_some(actor));
                to
            }
            EventKind::Enter(room) => {
                if self.is_in(actor, room) {
                    return Vec::new();
                }
                self.people[actor.0].rooms.push(room.clone());
                self.members(room).collect()
            }
            EventKind::Leave { room: Some(room), reason } => {
                let members = self.members(room).collect();
                let mapping = self.mapping;
                self.people[actor.0].rooms.retain(|r| !mapping.same(r, room));
                if reason.is_none() && self.leaves_all(step) {
                    reason_by = ReasonBy::Server;
                }
                members
            }
            EventKind::Leave { room: None, reason } => {
                if reason.is_none() {
                    let is_lost = matches!(step.action, Action::Fault(_));
                    reason_by = if is_lost { ReasonBy::Server } else { ReasonBy::Default };
                }
                let others = self.neighbours(actor);
                self.gone(actor);
                others
            }
            EventKind::Rename(new) => {
                let same = self.people[actor.0].nick == *new;
                self.people[actor.0].nick.clone_from(new);
                match self.people[actor.0].here {
                    true if !same => self.neighbours(actor).into_iter().chain([actor]).collect(),
                    _ => Vec::new(),
                }
            }
            EventKind::Topic { room, .. } => self.members(room).collect(),
            EventKind::Remove { room, name, .. } => {
                let members: Vec<ActorId> = self.members(room).collect();
                let removed = members.iter().copied().find(|&id| self.mapping.same(self.nick(id), name));
                let Some(removed) = removed else { return Vec::new() };
                let mapping = self.mapping;
                self.people[removed.0].rooms.retain(|r| !mapping.same(r, room));
                members
            }
            EventKind::Kill { name, .. } => {
                let killed = self.named(name);
                return killed.map_or_else(Vec::new, |killed| self.thrown_out(killed));
            }
            EventKind::Invite { name, .. } => self.named(name).into_iter().collect(),
            EventKind::Mode { to, .. } => match is_room(to) {
                true => self.members(to).collect(),
                false => self.named(to).filter(|named| *named == actor).into_iter().collect(),
            },
            // Which people are told of these depends on what each has asked the server for.
            EventKind::Wallops(_)
            | EventKind::Away(_)
            | EventKind::Describe(_)
            | EventKind::Other(_)
            | EventKind::Unreadable(_)
            | EventKind::Refuse { .. } => Vec::new(),
        };
        let told = |to| Delivery { to, event: event.clone(), reason: reason_by };
        seen_by.into_iter().map(told).collect()
    }

    fn is_in(&self, actor: ActorId, room: &str) -> bool {
        self.people[actor.0].rooms.iter().any(|r| self.mapping.same(r, room))
    }

    /// Everybody else who shares a room.
    pub fn neighbours(&self, actor: ActorId) -> Vec<ActorId> {
        let shares = |id: &ActorId| self.people[actor.0].rooms.iter().any(|room| self.is_in(*id, room));
        (0..self.people.len()).map(ActorId).filter(|id| *id != actor && shares(id)).collect()
    }
}

impl Person {
    /// What a step does; lines that are only begun wait for their end.
    fn event_kinds(&mut self, step: &PlannedStep, home: &str) -> Vec<EventKind> {
        match &step.action {
            Action::Bytes(text) => {
                let mut lines = Vec::new();
                self.framer.feed(&unescape(text).unwrap_or_default(), |frame| {
                    if let Frame::Line(line) = frame {
                        lines.push(line.to_owned());
                    }
                });
                self.kinds_of(&lines)
            }
            Action::Connect => Vec::new(),
            Action::Fault(Fault::Drop) => vec![EventKind::Leave { room: None, reason: None }],
            Action::Fault(Fault::Reconnect) => {
                let leaves =
                    (!self.rooms.is_empty()).then_some(EventKind::Leave { room: None, reason: None });
                let enters = self.comes_back_to().iter().cloned().map(EventKind::Enter);
                leaves.into_iter().chain(enters).collect()
            }
            action => self.kinds_of(&lines(action, home)),
        }
    }

    fn kinds_of(&self, lines: &[String]) -> Vec<EventKind> {
        let messages = lines.iter().filter_map(|line| Message::parse(line).ok());
        let kinds = messages.flat_map(|message| Event::of(&message, "")).map(|event| event.kind);
        kinds.flat_map(|kind| self.in_rooms(kind)).collect()
    }

    /// `JOIN 0` leaves every room (RFC 2812, 3.2.1).
    fn in_rooms(&self, kind: EventKind) -> Vec<EventKind> {
        match kind {
            EventKind::Enter(room) if room == "0" => {
                let leave = |room: &String| EventKind::Leave { room: Some(room.clone()), reason: None };
                self.rooms.iter().map(leave).collect()
            }
            kind => vec![kind],
        }
    }

    fn comes_back_to(&self) -> &[String] {
        if self.rooms.is_empty() { &self.left } else { &self.rooms }
    }
}

/// The protocol lines that do it, where a line does; `home` is the room meant
/// when none is named.
pub fn lines(action: &Action<String>, home: &str) -> Vec<String> {
    let line = match action {
        Action::Say { room, text } => Line::new("PRIVMSG").param(room.as_deref().unwrap_or(home)).text(text),
        Action::Join { room, .. } => Line::new("JOIN").param(room.as_deref().unwrap_or(home)),
        Action::Leave { room: Some(room), reason } => with_reason(Line::new("PART").param(room), reason),
        Action::Leave { room: None, reason } => with_reason(Line::new("QUIT"), reason),
        Action::Command { command, args } => command_args::line(*command, args, home),
        Action::Line(line) => return vec![line.clone()],
        Action::Connect | Action::Fault(_) | Action::Bytes(_) => return Vec::new(),
    };
    vec![line.as_str().to_owned()]
}

fn with_reason(line: Line, reason: &Option<String>) -> Line {
    reason.iter().fold(line, |line, reason| line.text(reason))
}

#[cfg(test)]
mod tests;
