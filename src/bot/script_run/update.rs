//! `--update`: the edits for expectations that are not met.

use super::state::{Outcomes, ScriptRun};
use crate::bot::expect::Event;
use crate::bot::expect::judge::Difference;
use crate::bot::report::Outcome;
use crate::bot::script::plan::{ActorId, StepGroup, Want, Wanted, Whom};
use crate::bot::script::rewrite::{Edit, People, Seen, unmet};
use std::collections::{BTreeMap, BTreeSet};

/// The events that somebody saw in a group.
pub(super) struct Observation {
    pub(super) events: Vec<Event>,
    /// Some of it was due since an earlier group.
    pub(super) late: bool,
}

pub(super) type Observations = BTreeMap<ActorId, Observation>;

/// Indented lines that are about the same people, at least in part.
struct WantSet<'a> {
    wants: Vec<&'a Want>,
    people: BTreeSet<ActorId>,
    /// The first of them that is about all of these people.
    whole: Option<&'a Want>,
}

impl ScriptRun<'_> {
    /// Rewrites the lines of everybody whose explicit expectations are not met, which is no
    /// failure then; notes why where that can't be done.
    pub(super) fn update(
        &mut self,
        group: &StepGroup,
        observations: &Observations,
        present: &BTreeSet<ActorId>,
        outcomes: &mut Outcomes,
    ) {
        let ill =
            |id: &ActorId| outcomes.get(id).is_some_and(|(outcome, _)| !matches!(outcome, Outcome::Well(_)));
        let sets: Vec<WantSet<'_>> =
            self.sets(group, present).into_iter().filter(|set| set.people.iter().any(ill)).collect();
        for set in sets {
            match self.edit(group.line, &set, observations, outcomes) {
                Ok(Some(edit)) => {
                    self.edits.push(edit);
                    for id in set.people {
                        if outcomes.get(&id).is_some_and(|(outcome, _)| is_rewritable(outcome)) {
                            outcomes.insert(id, (Outcome::Well(None), None));
                        }
                    }
                }
                Ok(None) => {}
                Err(why) => {
                    let lines: Vec<String> = set.wants.iter().map(|want| want.line.to_string()).collect();
                    self.unwritten.push(format!("not rewritten (line {}): {why}", lines.join(", ")));
                }
            }
        }
    }

    fn sets<'a>(&self, group: &'a StepGroup, present: &BTreeSet<ActorId>) -> Vec<WantSet<'a>> {
        let rewritable = |want: &&Want| matches!(want.check, Wanted::Sees { .. } | Wanted::Nothing);
        let mut sets: Vec<WantSet<'_>> = Vec::new();
        for want in group.wants.iter().filter(|want| want.who != Whom::Server).filter(rewritable) {
            let people: BTreeSet<ActorId> = self.whom(&want.who, group, present).into_iter().collect();
            let mut set = WantSet { wants: vec![want], people: people.clone(), whole: None };
            let (with, without): (Vec<_>, Vec<_>) =
                sets.into_iter().partition(|other| !other.people.is_disjoint(&people));
            set.wants.extend(with.iter().flat_map(|other| other.wants.iter().copied()));
            set.people.extend(with.iter().flat_map(|other| other.people.iter().copied()));
            let same = with.into_iter().find(|other| other.people == set.people);
            let alone = (people == set.people).then_some(want);
            set.whole = same.and_then(|other| other.whole).or(alone);
            set.wants.sort_by_key(|want| want.line);
            sets = without;
            sets.push(set);
        }
        sets
    }

    /// None where something else is wrong than lines, which is told as always.
    fn edit(
        &self,
        line: usize,
        set: &WantSet<'_>,
        observations: &Observations,
        outcomes: &Outcomes,
    ) -> Result<Option<Edit>, String> {
        if self.plan.groups_of(line).len() > 1 {
            return Err("a line below `each` stands for several steps".to_owned());
        }
        for id in &set.people {
            let observation = observations.get(id);
            if observation.is_none_or(|observation| observation.late) {
                let name = self.plan.called(*id, line);
                return Err(format!("what came to {name} belongs to several steps"));
            }
            let other =
                |(outcome, _): &(Outcome, _)| !matches!(outcome, Outcome::Well(_)) && !is_rewritable(outcome);
            if outcomes.get(id).is_some_and(other) {
                return Ok(None);
            }
        }
        let mut alike: Vec<(Vec<String>, Vec<ActorId>)> = Vec::new();
        for (&id, observation) in set.people.iter().filter_map(|id| observations.get_key_value(id)) {
            let lines: Vec<String> =
                observation.events.iter().map(|event| event.line(&self.model.home, self.plan.lang)).collect();
            match alike.iter_mut().find(|(others, _)| *others == lines) {
                Some((_, people)) => people.push(id),
                None => alike.push((lines, vec![id])),
            }
        }
        let Some(first) = set.wants.first() else { return Ok(None) };
        if alike.len() == 1 && set.wants.iter().all(|want| want.who == first.who) {
            let id = alike[0].1[0];
            return Ok(Some(self.edit_of_one(&set.wants, &observations[&id].events, &alike[0].0)));
        }
        let whole = set.whole.filter(|_| alike.len() == 1);
        let new = alike.into_iter().map(|(lines, people)| {
            let names = || people.iter().map(|&id| self.plan.called(id, line).to_owned()).collect();
            Seen { who: whole.map_or_else(|| People::Named(names()), |_| People::AsWritten), lines }
        });
        let old: Vec<usize> = set.wants.iter().map(|want| want.line).collect();
        let like = whole.unwrap_or(first).line;
        Ok(Some(Edit { like, after: old[0] - 1, old, new: new.collect() }))
    }

    /// The edit of lines that name the same people, who saw the same.
    fn edit_of_one(&self, wants: &[&Want], events: &[Event], lines: &[String]) -> Edit {
        let home = &self.model.home;
        let (unmet, seen) = unmet(wants, events.len(), |pattern, at| {
            pattern.matches(&lines[at]) || events[at].spellings(home).iter().any(|line| pattern.matches(line))
        });
        let old: Vec<usize> = wants[unmet.clone()].iter().map(|want| want.line).collect();
        let above = unmet.start.checked_sub(1).map(|at| wants[at].line);
        let after = old.first().map(|line| line - 1).or(above).unwrap_or(wants[0].line - 1);
        // Where lines are left there is something to see.
        let new = Seen { who: People::AsWritten, lines: lines[seen.clone()].to_vec() };
        let new = if seen.is_empty() && unmet.len() < wants.len() { Vec::new() } else { vec![new] };
        Edit { like: wants[0].line, after, old, new }
    }
}

/// Nothing but other lines than those that were wanted.
fn is_rewritable(outcome: &Outcome) -> bool {
    let only_lines = |difference: &Difference| {
        matches!(
            difference,
            Difference::Missing(_)
                | Difference::Extra { .. }
                | Difference::Altered { .. }
                | Difference::Order { .. }
        )
    };
    matches!(outcome, Outcome::Wrong(differences) if differences.iter().all(only_lines))
}
