//! The one order in which the steps of a block happened, found from what
//! everybody saw.
//!
//! Each sender's steps are a chain, and so is what each observer saw. Where
//! all chains fit together there is an order that explains everybody's view;
//! where one does not, its observer saw another order than the others.

use super::event::{Event, EventKind};
use crate::client::protocol::CaseMapping;
use std::collections::HashMap;

/// What one observer saw, as lines with their author.
#[derive(Debug)]
pub struct View<'a> {
    pub seen: Vec<&'a Event>,
    /// The step with which this observer itself left, after all that it saw.
    pub end: Option<usize>,
}

/// The orders in which a block may have happened: each sender's own, and what
/// was seen.
#[derive(Debug)]
pub struct Orders {
    graph: Graph,
    classes: Vec<u8>,
    found: Vec<usize>,
}

impl Orders {
    /// One of them.
    pub fn found(&self) -> &[usize] {
        &self.found
    }

    /// The one that also explains what one more observer saw of what `happened`, where one does,
    /// else the one that was found: for each step its place in it, and for
    /// each thing seen whether it is of this block.
    pub fn with(
        &self,
        happened: Vec<(usize, &Event)>,
        seen: &[&Event],
        mapping: CaseMapping,
    ) -> (Vec<usize>, Vec<bool>) {
        let matched = matched(happened, seen, mapping);
        let mut taken = vec![false; seen.len()];
        matched.iter().for_each(|(_, at)| taken[*at] = true);
        let mut graph = self.graph.clone();
        graph.add(&chain(&matched));
        let order = graph.sort(&self.classes);
        let mut place = vec![0; self.classes.len()];
        let order = order.as_ref().unwrap_or(&self.found).iter();
        order.enumerate().for_each(|(at, step)| place[*step] = at);
        (place, taken)
    }
}

/// Finds the orders of the steps; `senders` and `events_of_steps` have one entry for
/// each step. What contradicts most of the others is left out, and so shows
/// when the views are compared with the order.
pub fn find(
    senders: &[usize],
    events_of_steps: &[Vec<Event>],
    views: &[View<'_>],
    mapping: CaseMapping,
) -> Orders {
    let chains: Vec<Vec<usize>> = views.iter().map(|view| view.chain(events_of_steps, mapping)).collect();
    let classes: Vec<u8> = events_of_steps.iter().map(|events| class(events)).collect();
    let sort = |left_out: &[usize]| {
        let mut graph = Graph::new(senders);
        let kept = chains.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
        kept.for_each(|(_, chain)| graph.add(chain));
        let found = graph.sort(&classes)?;
        Some((graph, found))
    };
    // Where one observer contradicts all others, they agree without it.
    let honest = || (0..chains.len()).rev().find_map(|alone| sort(&[alone]));
    let most = || {
        let mut left_out: Vec<usize> = (0..chains.len()).collect();
        for at in 0..chains.len() {
            let without: Vec<usize> = left_out.iter().copied().filter(|&out| out != at).collect();
            if sort(&without).is_some() {
                left_out = without;
            }
        }
        sort(&left_out)
    };
    let (graph, found) = sort(&[])
        .or_else(honest)
        .or_else(most)
        .unwrap_or_else(|| (Graph::new(senders), (0..senders.len()).collect()));
    Orders { graph, classes, found }
}

impl View<'_> {
    fn chain(&self, events_of_steps: &[Vec<Event>], mapping: CaseMapping) -> Vec<usize> {
        let mut chain = chain(&self.matched(events_of_steps, mapping));
        // A last line that somebody got of its own leaving is that step already.
        chain.extend(self.end.filter(|end| !chain.contains(end)));
        chain
    }

    fn matched(&self, events_of_steps: &[Vec<Event>], mapping: CaseMapping) -> Vec<(usize, usize)> {
        let steps = events_of_steps.iter().enumerate();
        let open = steps.flat_map(|(step, events)| events.iter().map(move |event| (step, event))).collect();
        matched(open, &self.seen, mapping)
    }

    /// Whether each sender's steps came in the order in which they were taken.
    pub fn keeps_senders(
        &self,
        senders: &[usize],
        events_of_steps: &[Vec<Event>],
        mapping: CaseMapping,
    ) -> bool {
        let mut last = HashMap::new();
        self.matched(events_of_steps, mapping).into_iter().all(|(step, _)| {
            let before = last.insert(senders[step], step);
            before.is_none_or(|before| before <= step)
        })
    }
}

/// The steps that something seen came from, each with the place of that, in
/// the order in which it was seen.
fn matched(mut open: Vec<(usize, &Event)>, seen: &[&Event], mapping: CaseMapping) -> Vec<(usize, usize)> {
    let mut matched = Vec::new();
    for (place, seen) in seen.iter().enumerate() {
        if let Some(at) = open.iter().position(|(_, event)| event.is_seen_as(seen, mapping)) {
            matched.push((open.remove(at).0, place));
        }
    }
    matched
}

/// The steps alone; what one step did in a row is one.
fn chain(matched: &[(usize, usize)]) -> Vec<usize> {
    let mut chain: Vec<usize> = matched.iter().map(|(step, _)| *step).collect();
    chain.dedup();
    chain
}

/// Where nothing that was seen decides, a departure goes before what the leaver does
/// not see, and an arrival after what the newcomer does not see.
fn class(events: &[Event]) -> u8 {
    match events.last().map(|event| &event.kind) {
        Some(EventKind::Leave { .. } | EventKind::Remove { .. }) => 0,
        Some(EventKind::Enter(_)) => 2,
        _ => 1,
    }
}

#[derive(Debug, Clone)]
struct Graph {
    after: Vec<Vec<usize>>,
    before: Vec<usize>,
}

impl Graph {
    fn new(senders: &[usize]) -> Graph {
        let mut graph = Graph { after: vec![Vec::new(); senders.len()], before: vec![0; senders.len()] };
        let mut last = HashMap::new();
        for (step, sender) in senders.iter().enumerate() {
            if let Some(previous) = last.insert(sender, step) {
                graph.edge(previous, step);
            }
        }
        graph
    }

    fn add(&mut self, chain: &[usize]) {
        chain.windows(2).for_each(|pair| self.edge(pair[0], pair[1]));
    }

    fn edge(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to] += 1;
    }

    /// None where there is a circle.
    fn sort(&self, classes: &[u8]) -> Option<Vec<usize>> {
        let mut ready: std::collections::BTreeSet<(u8, usize)> = (0..classes.len())
            .filter(|&step| self.before[step] == 0)
            .map(|step| (classes[step], step))
            .collect();
        let mut before = self.before.clone();
        let mut order = Vec::with_capacity(classes.len());
        while let Some((_, step)) = ready.pop_first() {
            order.push(step);
            for &next in &self.after[step] {
                before[next] -= 1;
                if before[next] == 0 {
                    ready.insert((classes[next], next));
                }
            }
        }
        (order.len() == classes.len()).then_some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::expect::How;

    fn say(who: &str, text: &str) -> Event {
        Event::by(who, EventKind::Say { how: How::Plain, to: "#r".to_owned(), text: text.to_owned() })
    }

    fn enter(who: &str) -> Event {
        Event::by(who, EventKind::Enter("#r".to_owned()))
    }

    fn order(senders: &[usize], events_of_steps: &[Event], views: &[&[&Event]]) -> Vec<usize> {
        let events_of_steps: Vec<Vec<Event>> =
            events_of_steps.iter().map(|event| vec![event.clone()]).collect();
        let views: Vec<View<'_>> = views.iter().map(|seen| View { seen: seen.to_vec(), end: None }).collect();
        find(senders, &events_of_steps, &views, CaseMapping::Ascii).found().to_vec()
    }

    /// Views that agree make one order.
    #[test]
    fn agreeing_views_make_an_order() {
        let (a, b, c) = (say("a", "1"), say("b", "2"), say("a", "3"));
        let all = [a.clone(), b.clone(), c.clone()];
        assert_eq!(order(&[0, 1, 0], &all, &[&[&b, &a, &c], &[&b, &a], &[&a, &c]]), [1, 0, 2]);
    }

    /// One observer who saw another order does not decide it.
    #[test]
    fn one_observer_does_not_decide() {
        let (a, b) = (say("a", "1"), say("b", "2"));
        let all = [a.clone(), b.clone()];
        for odd in 0..3 {
            let (honest, other) = ([&b, &a], [&a, &b]);
            let mut views: Vec<&[&Event]> = vec![&honest; 3];
            views[odd] = &other;
            assert_eq!(order(&[0, 1], &all, &views), [1, 0]);
        }
        // A sender's own order holds, whatever is seen.
        assert_eq!(order(&[0, 0], &[a.clone(), say("a", "2")], &[&[&say("a", "2"), &a]]), [0, 1]);
    }

    /// Whether each sender's steps were seen in their order.
    #[test]
    fn senders_order_must_be_kept() {
        let (a, b, c) = (say("a", "1"), say("b", "2"), say("a", "3"));
        let events_of_steps = [vec![a.clone()], vec![b.clone()], vec![c.clone()]];
        let keeps = |seen: &[&Event]| {
            View { seen: seen.to_vec(), end: None }.keeps_senders(
                &[0, 1, 0],
                &events_of_steps,
                CaseMapping::Ascii,
            )
        };
        assert!(keeps(&[&b, &a, &c]) && keeps(&[&a, &c, &b]) && keeps(&[&c]) && !keeps(&[&c, &b, &a]));
    }

    /// JOINs of many are put in order by what each saw after its own.
    #[test]
    fn storm_of_joins_is_ordered() {
        let people: Vec<Event> = ["a", "b", "c"].map(enter).to_vec();
        let views: [&[&Event]; 3] =
            [&[&people[0]], &[&people[1], &people[2], &people[0]], &[&people[2], &people[0]]];
        assert_eq!(order(&[0, 1, 2], &people, &views), [1, 2, 0]);
        // What somebody does not see was said before it came in.
        let said = say("b", "early");
        assert_eq!(order(&[0, 1], &[people[0].clone(), said.clone()], &[&[&people[0]], &[&said]]), [1, 0]);
    }
}
