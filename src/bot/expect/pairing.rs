//! Which of the lines that came are those that were due, as many as their order allows.

use std::collections::HashSet;

/// Lines between the common beginning and end that are compared each with
/// each; beyond these the rest counts as different.
const MOST_ALIGNED: usize = 2000;

/// Pairs of a pattern and a line whose costs are compared; beyond these the last lines
/// that match are taken, whatever they cost.
const MOST_COMPARED: usize = MOST_ALIGNED * MOST_ALIGNED;

/// Pairs what was due with what came, as many as the order allows.
pub(super) fn align<D, G>(due: &[D], got: &[G], meets: impl Fn(&D, &G) -> bool) -> Vec<(usize, usize)> {
    let pairs = due.iter().zip(got);
    let head = pairs.take_while(|(due, got)| meets(due, got)).count();
    let (rest_due, rest_got) = (&due[head..], &got[head..]);
    let pairs = rest_due.iter().rev().zip(rest_got.iter().rev());
    let tail = pairs.take_while(|(due, got)| meets(due, got)).count();
    let middle_due = &rest_due[..(rest_due.len() - tail).min(MOST_ALIGNED)];
    let middle_got = &rest_got[..(rest_got.len() - tail).min(MOST_ALIGNED)];
    let middle = longest(middle_due, middle_got, meets).into_iter().map(|(d, g)| (d + head, g + head));
    let ends = (1..=tail).rev().map(|back| (due.len() - back, got.len() - back));
    (0..head).map(|at| (at, at)).chain(middle).chain(ends).collect()
}

/// A longest common subsequence.
fn longest<D, G>(due: &[D], got: &[G], meets: impl Fn(&D, &G) -> bool) -> Vec<(usize, usize)> {
    let same: Vec<Vec<bool>> =
        due.iter().map(|due| got.iter().map(|got| meets(due, got)).collect()).collect();
    let mut length = vec![vec![0u32; got.len() + 1]; due.len() + 1];
    for d in (0..due.len()).rev() {
        for g in (0..got.len()).rev() {
            length[d][g] =
                if same[d][g] { length[d + 1][g + 1] + 1 } else { length[d + 1][g].max(length[d][g + 1]) };
        }
    }
    let (mut d, mut g, mut pairs) = (0, 0, Vec::new());
    while d < due.len() && g < got.len() {
        if same[d][g] {
            pairs.push((d, g));
            (d, g) = (d + 1, g + 1);
        } else if length[d + 1][g] >= length[d][g + 1] {
            d += 1;
        } else {
            g += 1;
        }
    }
    pairs
}

/// A line for each of these patterns, in their order: of all choices one with the fewest
/// `spare` lines, and of those the one with the last lines. None where there is no choice.
pub(super) fn cheapest<P, L>(
    patterns: &[P],
    lines: &[L],
    matches: impl Fn(&P, &L) -> bool,
    spare: &HashSet<usize>,
) -> Option<HashSet<usize>> {
    let free =
        last_matches(patterns, lines, |pattern, at| !spare.contains(&at) && matches(pattern, &lines[at]));
    if free.is_some() {
        return free;
    }
    let last = last_matches(patterns, lines, |pattern, at| matches(pattern, &lines[at]))?;
    if patterns.len().saturating_mul(lines.len()) > MOST_COMPARED {
        return Some(last);
    }
    // costs[p][at]: how many spare lines the patterns from p on need of the lines from `at` on.
    let none = lines.len() + 1;
    let mut costs = vec![vec![none; lines.len() + 1]; patterns.len() + 1];
    costs[patterns.len()].fill(0);
    for p in (0..patterns.len()).rev() {
        for at in (0..lines.len()).rev() {
            let taken = if matches(&patterns[p], &lines[at]) {
                costs[p + 1][at + 1] + usize::from(spare.contains(&at))
            } else {
                none
            };
            costs[p][at] = taken.min(costs[p][at + 1]);
        }
    }
    let (mut chosen, mut at) = (HashSet::new(), 0);
    for costs in &costs[..patterns.len()] {
        while costs[at] == costs[at + 1] {
            at += 1;
        }
        chosen.insert(at);
        at += 1;
    }
    Some(chosen)
}

/// The last line that each pattern can have, where each can have one.
fn last_matches<P, L>(
    patterns: &[P],
    lines: &[L],
    matches: impl Fn(&P, usize) -> bool,
) -> Option<HashSet<usize>> {
    let mut before = lines.len();
    let last = |pattern: &P| {
        before = (0..before).rev().find(|&at| matches(pattern, at))?;
        Some(before)
    };
    patterns.iter().rev().map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chosen(patterns: &str, lines: &str, spare: &[usize]) -> Option<Vec<usize>> {
        let [patterns, lines] = [patterns, lines].map(|text| text.chars().collect::<Vec<_>>());
        let chosen =
            cheapest(&patterns, &lines, |p, l| *p == '?' || p == l, &spare.iter().copied().collect());
        chosen.map(|chosen| {
            let mut chosen: Vec<usize> = chosen.into_iter().collect();
            chosen.sort_unstable();
            chosen
        })
    }

    #[test]
    fn spare_lines_are_taken_last() {
        assert_eq!(chosen("a?", "abca", &[]), Some(vec![0, 3]));
        assert_eq!(chosen("a?", "abca", &[3]), Some(vec![0, 2]));
        assert_eq!(chosen("?", "ab", &[0, 1]), Some(vec![1]));
        assert_eq!(chosen("b?", "abca", &[2, 3]), Some(vec![1, 3]));
        assert_eq!(chosen("ba", "ab", &[]), None);
        assert_eq!(chosen("", "ab", &[]), Some(vec![]));
    }

    /// A matrix of all patterns and lines once took as much memory as a server sent lines.
    #[test]
    fn large_comparison_is_bounded() {
        let lines = "ab".repeat(100_000);
        let patterns = "ab".repeat(50_000);
        let all = chosen(&patterns, &lines, &[199_999]).unwrap();
        assert_eq!((all.len(), all[0], all[99_999]), (100_000, 99_998, 199_997));
        let none_free: Vec<usize> = (0..200_000).collect();
        assert_eq!(chosen(&patterns, &lines, &none_free).unwrap()[0], 100_000);
    }

    proptest! {
        #[test]
        fn no_choice_is_cheaper(patterns in "[ab?]{0,4}", lines in "[ab]{0,8}", spare in prop::collection::vec(0usize..8, 0..8)) {
            let cost = |chosen: &[usize]| chosen.iter().filter(|at| spare.contains(at)).count();
            let found = chosen(&patterns, &lines, &spare);
            let letters: Vec<char> = lines.chars().collect();
            let mut best: Option<usize> = None;
            for bits in 0u32..1 << letters.len() {
                let at: Vec<usize> = (0..letters.len()).filter(|at| bits >> at & 1 == 1).collect();
                let fits = at.len() == patterns.chars().count()
                    && patterns.chars().zip(&at).all(|(p, at)| p == '?' || p == letters[*at]);
                if fits {
                    best = Some(best.map_or(cost(&at), |best| best.min(cost(&at))));
                }
            }
            prop_assert_eq!(found.map(|found| cost(&found)), best);
        }

        #[test]
        fn pairs_are_in_order_and_meet(due in "[ab]{0,8}", got in "[ab]{0,8}") {
            let [due, got] = [due, got].map(|text| text.chars().collect::<Vec<_>>());
            let pairs = align(&due, &got, |d, g| d == g);
            prop_assert!(pairs.iter().all(|&(d, g)| due[d] == got[g]));
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
        }
    }
}
