//! Does what a group says and fences it: when this is over, all that the
//! group caused has arrived.

use super::state::ScriptRun;
use crate::bot::actors::Trouble;
use crate::bot::expect::event::EventKind;
use crate::bot::expect::model::lines;
use crate::bot::script::escape::unescape;
use crate::bot::script::plan::{ActorId, PlannedStep, StepGroup};
use crate::bot::script::{Action, Fault, Outage};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// How the server's having handled an actor's steps is known.
enum Proof {
    /// By a PONG, after this many answers to an unregistered sender.
    Answer(usize),
    /// By the end of the connection.
    End,
    /// By what these get to know about somebody of this name.
    Departure(Vec<ActorId>, String),
}

type Proofs = BTreeMap<ActorId, Proof>;

impl ScriptRun<'_> {
    /// The actors that were fenced, and what went wrong.
    pub(super) fn perform(&mut self, group: &StepGroup) -> (Vec<ActorId>, Vec<Trouble>) {
        let mut troubles = Vec::new();
        self.untold.clear();
        if let Some(outage) = group.outage {
            return (Vec::new(), self.outage(outage).into_iter().collect());
        }
        if let Some(time) = group.pause {
            troubles = self.actors.listen(Instant::now() + time);
        }
        let modes = self.modes_before(group).unwrap_or_else(|trouble| {
            troubles.push(trouble);
            Vec::new()
        });
        let mut proofs = Proofs::new();
        let mut ready = Vec::with_capacity(group.steps.len());
        for step in &group.steps {
            // All who come in do so before any other step of a block is done: registering waits for
            // answers.
            match self.enter(step) {
                Ok(true) => ready.push(step),
                Ok(false) => drop(proofs.insert(step.actor, Proof::Answer(0))),
                Err(trouble) => {
                    proofs.insert(step.actor, Proof::End);
                    troubles.push(trouble);
                }
            }
        }
        for step in ready {
            match self.act(step) {
                Ok(proof) => prove(&mut proofs, step.actor, proof),
                Err(trouble) => troubles.push(trouble),
            }
        }
        let mut fenced = self.first_phase(group, &proofs, &mut troubles);
        let alone = proofs.len() < 2;
        let others: Vec<(ActorId, usize)> = self
            .actors
            .able()
            .into_iter()
            .filter(|id| !(alone && group.is_by(*id)))
            .map(|id| (id, 0))
            .collect();
        troubles.extend(self.actors.fence(&others));
        fenced.extend(others.into_iter().map(|(id, _)| id));
        match self.modes_after(modes) {
            Ok(untold) => self.untold = untold,
            Err(trouble) => troubles.push(trouble),
        }
        (fenced.into_iter().collect(), troubles)
    }

    /// Our own server is killed, or started again.
    fn outage(&mut self, outage: Outage) -> Option<Trouble> {
        let process = self.process.as_mut()?;
        match outage {
            Outage::Dies => {
                process.kill();
                for id in (0..self.plan.actors.len()).map(ActorId) {
                    self.lose_connection(id);
                }
                self.model.everybody_is_lost();
                self.heard.server_died();
                None
            }
            Outage::Restarts => process.restart(self.options.timeout).err().map(Trouble::NoServer),
        }
    }

    /// What it had not read is lost with it.
    fn lose_connection(&mut self, id: ActorId) {
        self.actors.drop_connection(id);
        self.actors.take_inbox(id, Instant::now());
        if let Some(owed) = self.owed.get_mut(&id) {
            owed.lose();
        }
    }

    /// The server has handled everything, and queued what follows from it.
    fn first_phase(
        &mut self,
        group: &StepGroup,
        proofs: &Proofs,
        troubles: &mut Vec<Trouble>,
    ) -> BTreeSet<ActorId> {
        let mut fenced: BTreeSet<ActorId> =
            group.steps.iter().map(|step| step.actor).filter(|&id| !self.actors.is_connected(id)).collect();
        let answers = proofs.iter().filter_map(|(&id, proof)| match proof {
            Proof::Answer(strangers) if self.actors.can_answer(id) => Some((id, *strangers)),
            _ => None,
        });
        let asked: Vec<(ActorId, usize)> = answers.collect();
        troubles.extend(self.actors.fence(&asked));
        fenced.extend(asked.into_iter().map(|(id, _)| id));
        for (&id, proof) in proofs {
            match proof {
                Proof::End if self.actors.is_connected(id) => {
                    troubles.extend(self.actors.fence_by_end(id).err());
                    fenced.insert(id);
                }
                Proof::Departure(observers, nick) => troubles.extend(self.departs(observers, nick)),
                Proof::Answer(_) | Proof::End => {}
            }
        }
        fenced
    }

    /// Somebody's connection was reset: it is over for the server once the others are told, or where nobody
    /// of them can tell, once the name is free.
    fn departs(&mut self, observers: &[ActorId], nick: &str) -> Vec<Trouble> {
        let mut able: Vec<ActorId> = self.actors.able();
        able.retain(|&id| self.actors.is_registered(id));
        let told: Vec<ActorId> = observers.iter().copied().filter(|id| able.contains(id)).collect();
        match (&told[..], able.first()) {
            ([], None) => {
                self.held.insert(nick.to_owned());
                Vec::new()
            }
            ([], Some(&asking)) => self.actors.await_free_name(asking, nick),
            _ => told.iter().filter_map(|&id| self.actors.await_departure(id, nick).err()).collect(),
        }
    }

    /// Registers an actor that comes in; false where the server refused.
    fn enter(&mut self, step: &PlannedStep) -> Result<bool, Trouble> {
        let id = step.actor;
        let name = match &step.action {
            Action::Join { name, .. } if !self.actors.is_registered(id) => name.as_deref(),
            _ => return Ok(true),
        };
        let nick = name.unwrap_or(&step.called);
        if !self.actors.is_connected(id) {
            self.model.connected(id);
        }
        let may_be_held = self.held.remove(nick) && !step.refused;
        let is_in = match may_be_held {
            true => self.actors.register_again(id, nick)?,
            false => self.actors.register(id, nick)?,
        };
        if !is_in {
            return Ok(false);
        }
        self.registered_as(id, nick);
        if let (None, Some(room)) = (&self.plan.room, self.actors.features.first_room()) {
            room.clone_into(&mut self.model.home);
        }
        Ok(true)
    }

    /// Does it; None where nothing shows that it was handled.
    fn act(&mut self, step: &PlannedStep) -> Result<Option<Proof>, Trouble> {
        let id = step.actor;
        match &step.action {
            Action::Connect => {
                self.model.connected(id);
                self.actors.connect(id)?;
                return Ok(None);
            }
            Action::Fault(fault) => return self.suffer(step, *fault),
            _ => {}
        }
        let events_of_steps = self.model.events_of_steps(std::slice::from_ref(step));
        let quits = events_of_steps
            .iter()
            .flatten()
            .any(|event| matches!(event.kind, EventKind::Leave { room: None, .. }));
        let sent = match &step.action {
            Action::Bytes(text) => {
                let bytes = unescape(text).unwrap_or_default();
                self.actors.send_bytes(id, &bytes);
                String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
            }
            action => {
                let lines = lines(action, &self.model.home);
                lines.iter().for_each(|line| self.actors.send(id, line));
                lines
            }
        };
        Ok(Some(if quits { Proof::End } else { Proof::Answer(self.actors.strangers(id, &sent)) }))
    }

    fn suffer(&mut self, step: &PlannedStep, fault: Fault) -> Result<Option<Proof>, Trouble> {
        let id = step.actor;
        let departure =
            |play: &Self| Proof::Departure(play.model.neighbours(id), play.model.nick(id).to_owned());
        match fault {
            Fault::Stall => self.actors.stall(id, true),
            Fault::Resume => {
                self.actors.stall(id, false);
                return Ok(Some(Proof::Answer(0)));
            }
            Fault::Drop => {
                let proof = departure(self);
                self.actors.drop_connection(id);
                return Ok(Some(proof));
            }
            Fault::Reconnect => {
                let rooms = self.model.comes_back_to(id);
                let nick = self.model.nick(id).to_owned();
                self.lose_connection(id);
                if self.actors.register_again(id, &nick)? {
                    rooms.iter().for_each(|room| self.actors.send(id, &format!("JOIN {room}")));
                    self.ask_for_past(id, &rooms, step.line)?;
                }
                return Ok(Some(Proof::Answer(0)));
            }
        }
        Ok(None)
    }
}

/// What an actor does later in a block proves what it did before.
fn prove(proofs: &mut Proofs, id: ActorId, proof: Option<Proof>) {
    let proof = match (proofs.remove(&id), proof) {
        (Some(Proof::Answer(before)), Some(Proof::Answer(more))) => Proof::Answer(before + more),
        (Some(before @ (Proof::End | Proof::Departure(..))), Some(Proof::Answer(_)) | None) => before,
        (_, Some(proof)) => proof,
        (Some(before), None) => before,
        (None, None) => return,
    };
    proofs.insert(id, proof);
}
