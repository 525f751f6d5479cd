//! `@xfail`: whether what failed is what the script expects to fail. Pure.

use super::expect::judge::Difference;
use super::report::{Failure, Outcome};
use super::script::keyword::{Failing, failing_name};
use super::script::plan::{Plan, Xfail};
use std::collections::BTreeSet;

/// The first failure that is another one than the script expects.
pub(super) fn unexpected<'a>(expected: &Xfail, failures: &'a [Failure]) -> Option<&'a Failure> {
    failures.iter().find(|failure| !is_expected(expected, failure))
}

fn is_expected(expected: &Xfail, failure: &Failure) -> bool {
    let Some(kinds) = kinds(failure) else { return false };
    let in_line = expected.at.is_none_or(|at| at == failure.line);
    in_line && expected.kind.is_none_or(|kind| kinds.iter().eq([&kind]))
}

/// Line and kind of a failure that came in place of the expected one.
pub(super) fn told(failure: &Failure) -> String {
    let names =
        |kinds: BTreeSet<Failing>| kinds.into_iter().map(failing_name).collect::<Vec<_>>().join(" and ");
    let kind = kinds(failure).map_or_else(|| "of a kind that is never expected".to_owned(), names);
    format!("line {}, {kind}", failure.line)
}

/// Every kind of failure in a step; None where the server is the trouble: it
/// did not answer, ended a connection, or sent without end.
fn kinds(failure: &Failure) -> Option<BTreeSet<Failing>> {
    let mut kinds = BTreeSet::new();
    for person in &failure.people {
        match &person.outcome {
            Outcome::Well(_) => {}
            Outcome::Wrong(differences) => kinds.extend(differences.iter().map(kind)),
            Outcome::Console(_) => drop(kinds.insert(Failing::Console)),
            Outcome::NoAnswer(_) | Outcome::Closed(_) | Outcome::Flooded(_) => return None,
        }
    }
    if failure.cause.is_some() {
        kinds.insert(Failing::Refused);
    }
    if kinds.contains(&Failing::Refused) {
        // What was refused does not happen, so others miss it.
        kinds.remove(&Failing::Missing);
    }
    if kinds.contains(&Failing::NotRefused) {
        // What was to be refused happens, so others see it.
        kinds.remove(&Failing::Extra);
    }
    Some(kinds)
}

fn kind(difference: &Difference) -> Failing {
    match difference {
        Difference::Missing(_) | Difference::NotEnded => Failing::Missing,
        Difference::Extra { .. } => Failing::Extra,
        Difference::Altered { .. } | Difference::Misnamed { .. } => Failing::Altered,
        Difference::Order { .. } => Failing::Order,
        Difference::Refused(_) => Failing::Refused,
        Difference::NotRefused => Failing::NotRefused,
        Difference::Raw { .. } => Failing::Protocol,
    }
}

/// Whether the script is played as far as to what it expects to fail.
pub(super) fn is_reached(expected: &Xfail, plan: &Plan, up_to: Option<usize>) -> bool {
    let last = || plan.groups.last().map_or(0, |group| group.line);
    let needed = expected.at.and_then(|at| plan.group_line_of(at)).unwrap_or_else(last);
    up_to.is_none_or(|line| needed <= line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::report::{Cause, Person};
    use crate::bot::script::read;
    use std::time::Duration;

    fn failure(line: usize, outcomes: Vec<Outcome>) -> Failure {
        let people = outcomes.into_iter().map(|outcome| Person {
            name: "a".to_owned(),
            what: String::new(),
            outcome,
            last: Vec::new(),
        });
        Failure {
            step: line,
            line,
            actor: "a".to_owned(),
            people: people.collect(),
            cause: None,
            at_the_end: false,
        }
    }

    fn missing() -> Difference {
        Difference::Missing("a: hi".to_owned())
    }

    fn extra() -> Difference {
        Difference::Extra { got: "a: hi".to_owned(), again: false, written: false }
    }

    fn expected(at: Option<usize>, kind: Option<Failing>) -> Xfail {
        Xfail { line: 1, at, kind, reason: "it is known".to_owned() }
    }

    #[test]
    fn a_line_and_a_kind_are_looked_at() {
        let lost = failure(4, vec![Outcome::Well(None), Outcome::Wrong(vec![missing()])]);
        for (at, kind, wanted) in [
            (Some(4), None, true),
            (Some(3), None, false),
            (None, Some(Failing::Missing), true),
            (None, Some(Failing::Extra), false),
            (Some(4), Some(Failing::Missing), true),
            (Some(4), Some(Failing::Extra), false),
            (Some(3), Some(Failing::Missing), false),
        ] {
            assert_eq!(is_expected(&expected(at, kind), &lost), wanted, "{at:?} {kind:?}");
        }
        let both = failure(4, vec![Outcome::Wrong(vec![missing()]), Outcome::Wrong(vec![extra()])]);
        assert!(!is_expected(&expected(None, Some(Failing::Missing)), &both));
        assert_eq!(told(&both), "line 4, missing and extra");
    }

    /// What others see of a step that should have been refused is part of that failure: once only a step
    /// that nobody else sees could be expected not to be refused.
    #[test]
    fn effects_of_an_allowed_step_belong_to_it() {
        let wrong = vec![Outcome::Wrong(vec![Difference::NotRefused]), Outcome::Wrong(vec![extra()])];
        assert!(is_expected(&expected(Some(4), Some(Failing::NotRefused)), &failure(4, wrong)));
    }

    /// No `@xfail` expects that the server doesn't answer or ends a connection.
    #[test]
    fn server_failures_are_unexpected() {
        for outcome in [
            Outcome::NoAnswer(Duration::from_secs(5)),
            Outcome::Closed("bye".to_owned()),
            Outcome::Flooded(16),
        ] {
            let failure = failure(4, vec![Outcome::Wrong(vec![missing()]), outcome]);
            assert!(!is_expected(&expected(Some(4), None), &failure));
            assert_eq!(told(&failure), "line 4, of a kind that is never expected");
        }
    }

    /// Lines that are missing because the server refused a step are failures of kind `refused`.
    #[test]
    fn missing_after_a_refusal_is_a_refusal() {
        let mut refused = failure(4, vec![Outcome::Wrong(vec![missing()])]);
        refused.cause = Some(Cause { who: "a".to_owned(), kept_from: None, said: "404 no".to_owned() });
        assert!(is_expected(&expected(None, Some(Failing::Refused)), &refused));
        assert!(!is_expected(&expected(None, Some(Failing::Missing)), &refused));
    }

    /// With `--keep-going` each failure must be the expected one.
    #[test]
    fn keep_going_expects_each_failure() {
        let (first, second) = (
            failure(4, vec![Outcome::Wrong(vec![missing()])]),
            failure(6, vec![Outcome::Wrong(vec![missing()])]),
        );
        let failures = [first, second];
        assert_eq!(unexpected(&expected(Some(4), None), &failures).map(|failure| failure.line), Some(6));
        assert!(unexpected(&expected(None, Some(Failing::Missing)), &failures).is_none());
    }

    /// A line is reached when its step group is played.
    #[test]
    fn line_is_reached_with_its_group() {
        let plan =
            read("@xfail line 5 missing: x\na joins\nb joins\na: hi\n  b sees a: ho\na: end\n").unwrap();
        let of_line = plan.xfail.clone().unwrap();
        assert!(
            [None, Some(4), Some(6)]
                .map(|up_to| is_reached(&of_line, &plan, up_to))
                .iter()
                .all(|reached| *reached)
        );
        assert!(!is_reached(&of_line, &plan, Some(3)));
        let of_kind = Xfail { at: None, ..of_line };
        assert!(is_reached(&of_kind, &plan, Some(6)) && !is_reached(&of_kind, &plan, Some(5)));
    }
}
