//! What `--update` makes of expectations that are not met.

use super::expect::judge::Difference;
use super::play::{Outcomes, Play, Scene};
use super::report::Outcome;
use super::script::plan::{Act, ActorId, Wanted, Whom};
use super::script::rewrite::{Edit, expectation};
use std::collections::{BTreeMap, BTreeSet};

impl Play<'_> {
    /// Rewrites the lines of all whose explicit expectations are not met, who
    /// are well then.
    pub(super) fn update(
        &mut self,
        scene: &Scene<'_>,
        seen: &BTreeMap<ActorId, Vec<String>>,
        present: &BTreeSet<ActorId>,
        outcomes: &mut Outcomes,
    ) {
        let rewritable = |wanted: &Wanted| matches!(wanted, Wanted::Sees { .. } | Wanted::Nothing);
        let wants = || scene.wants.iter().filter(|want| want.who != Whom::Server && rewritable(&want.check));
        // An `each` stands for several steps: one line can't say what all of them saw.
        let shared = |line| {
            let holds = |act: &&Act| act.wants().iter().any(|want| want.line == line);
            self.plan.acts.iter().filter(holds).count() > 1
        };
        if wants().any(|want| shared(want.line)) {
            return;
        }
        let mut groups: Vec<(&Whom, Vec<usize>)> = Vec::new();
        for want in wants() {
            match groups.iter_mut().find(|(who, _)| **who == want.who) {
                Some((_, lines)) => lines.push(want.line),
                None => groups.push((&want.who, vec![want.line])),
            }
        }
        let mut edits = Vec::new();
        for (who, old) in groups {
            let people = self.whom(who, scene, present);
            if !people.iter().any(|id| outcomes.get(id).is_some_and(|(outcome, _)| is_rewritable(outcome))) {
                continue;
            }
            let mut alike: Vec<(&[String], Vec<ActorId>)> = Vec::new();
            for &id in &people {
                let lines = seen.get(&id).map_or(&[][..], Vec::as_slice);
                match alike.iter_mut().find(|(others, _)| *others == lines) {
                    Some((_, people)) => people.push(id),
                    None => alike.push((lines, vec![id])),
                }
            }
            let whole = alike.len() == 1;
            let new = alike.iter().flat_map(|(lines, people)| {
                let named = Whom::Named(people.clone());
                let names: Vec<&str> = people.iter().map(|&id| self.model.nick(id)).collect();
                expectation(if whole { who } else { &named }, &names, lines, self.plan.lang)
            });
            edits.push((people, Edit { old, new: new.collect() }));
        }
        for (people, edit) in edits {
            for id in people {
                if outcomes.get(&id).is_some_and(|(outcome, _)| is_rewritable(outcome)) {
                    outcomes.insert(id, (Outcome::Well(None), None));
                }
            }
            self.edits.push(edit);
        }
    }
}

/// Nothing but other lines than those that were wanted.
fn is_rewritable(outcome: &Outcome) -> bool {
    let only_lines = |difference: &Difference| {
        !matches!(difference, Difference::NotRefused | Difference::Raw { .. } | Difference::Refused(_))
    };
    matches!(outcome, Outcome::Wrong(differences) if differences.iter().all(only_lines))
}
