//! Modes that change while nobody is told. That each person was told the same does not show it where that
//! is nothing: the server is asked before and after.

use super::state::{ScriptRun, Untold};
use crate::bot::actors::Trouble;
use crate::bot::expect::EventKind;
use crate::bot::expect::judge::ReceivedLine;
use crate::bot::expect::mode_state::{ModeState, is_all_told, questions, untold};
use crate::bot::script::plan::{ActorId, StepGroup};
use crate::client::protocol::refusal::is_refusal;

/// A change of modes that a step asks for.
pub(super) struct Asked {
    /// Its place in the group.
    step: usize,
    by: ActorId,
    /// The room, or the person.
    place: String,
    modes: String,
    before: ModeState,
}

impl ScriptRun<'_> {
    /// What these steps ask for, with the modes as they are before.
    pub(super) fn modes_before(&mut self, group: &StepGroup) -> Result<Vec<Asked>, Trouble> {
        let events = self.model.events_of_steps(&group.steps);
        let moves = |kind: &EventKind| {
            matches!(
                kind,
                EventKind::Enter(_)
                    | EventKind::Leave { .. }
                    | EventKind::Remove { .. }
                    | EventKind::Rename(_)
                    | EventKind::Kill { .. }
            )
        };
        // A block in which people come and go changes ranks without a MODE.
        if events.iter().flatten().any(|event| moves(&event.kind)) {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for (at, (step, events)) in group.steps.iter().zip(events).enumerate() {
            for event in events {
                let EventKind::Mode { to: place, modes } = event.kind else { continue };
                if modes.is_empty() || !self.actors.is_registered(step.actor) {
                    continue;
                }
                if let Some(before) = self.mode_state(step.actor, &place, &modes)? {
                    all.push(Asked { step: at, by: step.actor, place, modes, before });
                }
            }
        }
        Ok(all)
    }

    /// What was made of that, and told to nobody.
    pub(super) fn modes_after(&mut self, all: Vec<Asked>) -> Result<Untold, Trouble> {
        let mut found = Untold::new();
        for Asked { step, by, place, modes, before } in all {
            let told = self.modes_told(&place);
            if is_all_told(&modes, &told) {
                continue;
            }
            if let Some(after) = self.mode_state(by, &place, &modes)? {
                let lines = untold(&modes, &told, (&before, &after), self.model.mapping);
                found.push(((step, modes), lines));
            }
        }
        Ok(found)
    }

    /// None where that person can't be asked, or is refused the answer.
    fn mode_state(&mut self, by: ActorId, place: &str, modes: &str) -> Result<Option<ModeState>, Trouble> {
        if !self.actors.can_answer(by) {
            return Ok(None);
        }
        let answers = self.actors.ask(by, &questions(place, modes))?;
        let is_refused = answers.iter().any(|message| is_refusal(message.command()));
        Ok((!is_refused).then(|| ModeState::of(&answers, self.model.mapping)))
    }

    /// The changes there that anybody was told of in this group.
    fn modes_told(&self, place: &str) -> Vec<String> {
        let everybody = (0..self.plan.actors.len()).map(ActorId);
        let events = everybody.flat_map(|id| self.actors.received(id)).flat_map(ReceivedLine::events);
        let of_place = events.filter_map(|event| match event.kind {
            EventKind::Mode { to, modes } if self.model.mapping.same(&to, place) => Some(modes),
            _ => None,
        });
        of_place.collect()
    }
}
