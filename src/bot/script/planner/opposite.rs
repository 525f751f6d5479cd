//! Indented lines of one step group that can't both be met: somebody sees nothing and
//! sees something.

use super::super::plan::{ActorId, StepGroup, Want, Wanted, Whom};
use super::super::syntax::Syntax;
use std::collections::BTreeMap;

/// People about whom the same is said, and the first line that says it.
#[derive(Default)]
struct Said {
    named: BTreeMap<ActorId, usize>,
    everyone: Option<usize>,
    others: Option<usize>,
}

impl Said {
    fn note(&mut self, want: &Want) {
        match &want.who {
            Whom::Named(people) => {
                for &id in people {
                    self.named.entry(id).or_insert(want.line);
                }
            }
            Whom::Everyone => self.everyone = self.everyone.or(Some(want.line)),
            Whom::Others => self.others = self.others.or(Some(want.line)),
            Whom::Server => {}
        }
    }

    /// The line that is about somebody of these, too.
    fn of(&self, who: &Whom, acts: impl Fn(ActorId) -> bool) -> Option<usize> {
        let other = || self.named.iter().find(|(id, _)| !acts(**id)).map(|(_, line)| *line);
        match who {
            Whom::Named(people) => {
                let others = || self.others.filter(|_| people.iter().any(|&id| !acts(id)));
                let named = || people.iter().find_map(|id| self.named.get(id).copied());
                named().or(self.everyone).or_else(others)
            }
            Whom::Everyone => {
                let named = || self.named.values().next().copied();
                named().or(self.everyone).or(self.others)
            }
            Whom::Others => other().or(self.everyone).or(self.others),
            Whom::Server => None,
        }
    }
}

/// The first such line of each group.
pub(super) fn mistakes(groups: &[StepGroup]) -> Vec<Syntax> {
    let mut all: Vec<Syntax> = groups.iter().filter_map(mistake).collect();
    // An `each` has one line for all its groups.
    all.dedup_by_key(|error| error.line);
    all
}

fn mistake(group: &StepGroup) -> Option<Syntax> {
    let acts = |id| group.is_by(id);
    let (mut nothing, mut something) = (Said::default(), Said::default());
    for want in &group.wants {
        let (same, opposite) = match &want.check {
            Wanted::Nothing => (&mut nothing, &something),
            Wanted::Sees { .. } => (&mut something, &nothing),
            // A protocol line may come to somebody who sees nothing of it.
            Wanted::Raw { .. } => continue,
        };
        if let Some(line) = opposite.of(&want.who, acts) {
            let what =
                format!("line {line} says the opposite: nobody sees both nothing and something in one step");
            return Some(Syntax::new(0..usize::MAX, what).expected("one of the two lines").on(want.line));
        }
        same.note(want);
    }
    None
}
