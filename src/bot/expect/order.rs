//! The one order in which the pieces of a block happened, found from what
//! everybody saw.
//!
//! Each sender's pieces are a chain, and so is what each observer saw. Where
//! all chains fit together there is an order that explains everybody's view;
//! where one does not, its observer saw another order than the others.

use super::event::{Event, EventKind};
use crate::client::protocol::CaseMapping;
use std::collections::HashMap;

/// What a block does at one moment: a step, or of one that says something to several targets what it says
/// to one of them, as the server may obey others between.
#[derive(Debug)]
pub struct Piece {
    /// Its place in the block.
    pub step: usize,
    pub sender: usize,
    pub events: Vec<Event>,
}

/// The pieces of a block: `senders` and `events_of_steps` have one entry for each step.
pub fn pieces(senders: &[usize], events_of_steps: Vec<Vec<Event>>) -> Vec<Piece> {
    let mut all = Vec::with_capacity(senders.len());
    for (step, (&sender, events)) in senders.iter().zip(events_of_steps).enumerate() {
        let piece = |events| Piece { step, sender, events };
        match events.len() > 1 && events.iter().all(|event| matches!(event.kind, EventKind::Say { .. })) {
            true => all.extend(events.into_iter().map(|event| piece(vec![event]))),
            false => all.push(piece(events)),
        }
    }
    all
}

/// What one observer saw, as lines with their author.
#[derive(Debug)]
pub struct View<'a> {
    pub seen: Vec<&'a Event>,
    /// The piece with which this observer itself left, after all that it saw.
    pub end: Option<usize>,
}

/// The orders in which a block may have happened: each sender's own, and what
/// was seen.
#[derive(Debug)]
pub struct BlockOrders {
    graph: Graph,
    classes: Vec<u8>,
    found: Vec<usize>,
}

impl BlockOrders {
    /// One of them.
    pub fn found(&self) -> &[usize] {
        &self.found
    }

    /// The one that also explains what one more observer saw of what `happened`, where one does,
    /// else the one that was found: for each piece its place in it, and for
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
        order.enumerate().for_each(|(at, piece)| place[*piece] = at);
        (place, taken)
    }
}

/// Finds the orders of the pieces. A view that contradicts most of the others is left out, and so differs
/// when the views are compared with the order.
pub fn find(pieces: &[Piece], views: &[View<'_>], mapping: CaseMapping) -> BlockOrders {
    let chains: Vec<Vec<usize>> = views.iter().map(|view| view.chain(pieces, mapping)).collect();
    let classes: Vec<u8> = pieces.iter().map(|piece| class(&piece.events)).collect();
    let sort = |left_out: &[usize]| {
        let mut graph = Graph::new(pieces);
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
        .unwrap_or_else(|| (Graph::new(pieces), (0..pieces.len()).collect()));
    BlockOrders { graph, classes, found }
}

impl View<'_> {
    fn chain(&self, pieces: &[Piece], mapping: CaseMapping) -> Vec<usize> {
        let mut chain = chain(&self.matched(pieces, mapping));
        // A last line that somebody got of its own leaving is that piece already.
        chain.extend(self.end.filter(|end| !chain.contains(end)));
        chain
    }

    fn matched(&self, pieces: &[Piece], mapping: CaseMapping) -> Vec<(usize, usize)> {
        let pieces = pieces.iter().enumerate();
        let open = pieces.flat_map(|(at, piece)| piece.events.iter().map(move |event| (at, event))).collect();
        matched(open, &self.seen, mapping)
    }

    /// Whether each sender's pieces came in the order in which they were sent.
    pub fn keeps_senders(&self, pieces: &[Piece], mapping: CaseMapping) -> bool {
        let mut last = HashMap::new();
        self.matched(pieces, mapping).into_iter().all(|(at, _)| {
            let before = last.insert(pieces[at].sender, at);
            before.is_none_or(|before| before <= at)
        })
    }
}

/// The pieces that something seen came from, each with the place of that, in
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

/// The pieces alone; what one did in a row is one.
fn chain(matched: &[(usize, usize)]) -> Vec<usize> {
    let mut chain: Vec<usize> = matched.iter().map(|(piece, _)| *piece).collect();
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
    fn new(pieces: &[Piece]) -> Graph {
        let mut graph = Graph { after: vec![Vec::new(); pieces.len()], before: vec![0; pieces.len()] };
        let mut last = HashMap::new();
        for (at, piece) in pieces.iter().enumerate() {
            if let Some(previous) = last.insert(piece.sender, at) {
                graph.edge(previous, at);
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
        let pieces = pieces(senders, events_of_steps.iter().map(|event| vec![event.clone()]).collect());
        let views: Vec<View<'_>> = views.iter().map(|seen| View { seen: seen.to_vec(), end: None }).collect();
        find(&pieces, &views, CaseMapping::Ascii).found().to_vec()
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
        let pieces = pieces(&[0, 1, 0], vec![vec![a.clone()], vec![b.clone()], vec![c.clone()]]);
        let keeps = |seen: &[&Event]| {
            View { seen: seen.to_vec(), end: None }.keeps_senders(&pieces, CaseMapping::Ascii)
        };
        assert!(keeps(&[&b, &a, &c]) && keeps(&[&a, &c, &b]) && keeps(&[&c]) && !keeps(&[&c, &b, &a]));
    }

    /// A message to two rooms between which another's came was once a contradiction in itself.
    #[test]
    fn another_may_come_between_two_targets() {
        let to = |room: &str| {
            Event::by("a", EventKind::Say { how: How::Plain, to: room.to_owned(), text: "1".to_owned() })
        };
        let (here, there, b) = (to("#r"), to("#s"), say("b", "2"));
        let pieces = pieces(&[0, 1], vec![vec![here.clone(), there.clone()], vec![b.clone()]]);
        assert_eq!(pieces.iter().map(|piece| piece.step).collect::<Vec<_>>(), [0, 0, 1]);
        let views = [[&here, &b, &there]].map(|seen| View { seen: seen.to_vec(), end: None });
        assert_eq!(find(&pieces, &views, CaseMapping::Ascii).found(), [0, 2, 1]);
        assert!(views[0].keeps_senders(&pieces, CaseMapping::Ascii));
        let reordered = View { seen: vec![&there, &b, &here], end: None };
        assert!(!reordered.keeps_senders(&pieces, CaseMapping::Ascii));
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
