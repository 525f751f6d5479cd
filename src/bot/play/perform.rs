//! Does what a scene says and fences it: when this is over, all that the
//! scene caused has arrived.

use super::scene::Play;
use crate::bot::cast::Trouble;
use crate::bot::expect::event::EventKind;
use crate::bot::expect::model::lines;
use crate::bot::script::escape::unescape;
use crate::bot::script::plan::{Act, ActorId, PlannedStep};
use crate::bot::script::{Action, Fault};
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

impl Play<'_> {
    /// The actors that were fenced, and what went wrong.
    pub(super) fn perform(&mut self, scene: &Act) -> (Vec<ActorId>, Vec<Trouble>) {
        let mut troubles = Vec::new();
        if let Some(time) = scene.pause {
            troubles = self.cast.listen(Instant::now() + time);
        }
        let mut proofs = Proofs::new();
        let mut ready = Vec::with_capacity(scene.steps.len());
        for step in &scene.steps {
            // Nobody waits inside a block: its people have come in before it.
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
        let mut fenced = self.first_phase(scene, &proofs, &mut troubles);
        let alone = proofs.len() < 2;
        let others: Vec<(ActorId, usize)> = self
            .cast
            .able()
            .into_iter()
            .filter(|id| !(alone && scene.is_by(*id)))
            .map(|id| (id, 0))
            .collect();
        troubles.extend(self.cast.fence(&others));
        fenced.extend(others.into_iter().map(|(id, _)| id));
        (fenced.into_iter().collect(), troubles)
    }

    /// The server has handled everything, and queued what follows from it.
    fn first_phase(
        &mut self,
        scene: &Act,
        proofs: &Proofs,
        troubles: &mut Vec<Trouble>,
    ) -> BTreeSet<ActorId> {
        let mut fenced: BTreeSet<ActorId> =
            scene.steps.iter().map(|step| step.actor).filter(|&id| !self.cast.is_connected(id)).collect();
        let answers = proofs.iter().filter_map(|(&id, proof)| match proof {
            Proof::Answer(strangers) if self.cast.can_answer(id) => Some((id, *strangers)),
            _ => None,
        });
        let asked: Vec<(ActorId, usize)> = answers.collect();
        troubles.extend(self.cast.fence(&asked));
        fenced.extend(asked.into_iter().map(|(id, _)| id));
        for (&id, proof) in proofs {
            match proof {
                Proof::End if self.cast.is_connected(id) => {
                    troubles.extend(self.cast.fence_by_end(id).err());
                    fenced.insert(id);
                }
                Proof::Departure(observers, nick) => {
                    let told =
                        observers.iter().filter_map(|&observer| match self.cast.can_answer(observer) {
                            true => self.cast.await_departure(observer, nick).err(),
                            false => None,
                        });
                    troubles.extend(told.collect::<Vec<_>>());
                }
                Proof::Answer(_) | Proof::End => {}
            }
        }
        fenced
    }

    /// Registers an actor that comes in; false where the server refused.
    fn enter(&mut self, step: &PlannedStep) -> Result<bool, Trouble> {
        let id = step.actor;
        let name = match &step.action {
            Action::Join { name, .. } if !self.cast.is_registered(id) => name.as_deref(),
            _ => return Ok(true),
        };
        let nick = name.unwrap_or(&step.called);
        if !self.cast.is_connected(id) {
            self.model.connected(id);
        }
        if !self.cast.register(id, nick)? {
            return Ok(false);
        }
        self.registered_as(id, nick);
        if let (None, Some(room)) = (&self.plan.room, self.cast.features.first_room()) {
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
                self.cast.connect(id)?;
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
                self.cast.send_bytes(id, &bytes);
                String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
            }
            action => {
                let lines = lines(action, &self.model.home);
                lines.iter().for_each(|line| self.cast.send(id, line));
                lines
            }
        };
        Ok(Some(if quits { Proof::End } else { Proof::Answer(self.cast.strangers(id, &sent)) }))
    }

    fn suffer(&mut self, step: &PlannedStep, fault: Fault) -> Result<Option<Proof>, Trouble> {
        let id = step.actor;
        let departure =
            |play: &Self| Proof::Departure(play.model.neighbours(id), play.model.nick(id).to_owned());
        match fault {
            Fault::Stall => self.cast.stall(id, true),
            Fault::Resume => {
                self.cast.stall(id, false);
                return Ok(Some(Proof::Answer(0)));
            }
            Fault::Drop => {
                let proof = departure(self);
                self.cast.drop_connection(id);
                return Ok(Some(proof));
            }
            Fault::Reconnect => {
                let rooms = self.model.comes_back_to(id);
                let nick = self.model.nick(id).to_owned();
                self.cast.drop_connection(id);
                // What the old connection was still owed is lost with it.
                self.cast.take_inbox(id, Instant::now());
                if let Some(owed) = self.owed.get_mut(&id) {
                    owed.lose();
                }
                if self.cast.register_again(id, &nick)? {
                    rooms.iter().for_each(|room| self.cast.send(id, &format!("JOIN {room}")));
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
