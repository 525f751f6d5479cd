//! What is due to one person, until it is compared with what came.
//!
//! A block may have happened while that person could not be asked. Where
//! nobody else has seen it, any order that keeps each sender's own is right; so
//! which it was is found when the person has caught up.

use super::event::Event;
use super::order::{Orders, arrange, explains};
use super::pattern::Pattern;
use std::ops::Range;
use std::rc::Rc;

/// What one person must have got in a step.
#[derive(Debug, Default)]
pub struct Due {
    pub lines: Vec<DueLine>,
    /// `<<`: the pattern, how often, its line in the script.
    pub raw: Vec<(Pattern, usize, usize)>,
    /// The line in the script that says `sees nothing`.
    pub nothing: Option<usize>,
    /// At least one refusal.
    pub refusal: bool,
    /// Blocks among the lines whose order is not known yet, first to last.
    pub blocks: Vec<Block>,
    /// The server ended the connection, as was expected: the last lines may be missing.
    pub cut: bool,
}

impl Due {
    /// Adds what became due after this.
    pub fn then(&mut self, later: Due) {
        let before = self.lines.len();
        self.blocks.extend(later.blocks.into_iter().map(|mut block| {
            block.lines = block.lines.start + before..block.lines.end + before;
            block
        }));
        self.lines.extend(later.lines);
        self.raw.extend(later.raw);
        self.nothing = self.nothing.or(later.nothing);
        self.refusal |= later.refusal;
        self.cut |= later.cut;
    }

    /// Whether anything must come.
    pub fn wants_something(&self) -> bool {
        !self.lines.is_empty() || !self.raw.is_empty() || self.refusal
    }

    /// Puts the lines of each block into the order in which they came, where
    /// that is one in which the block may have happened.
    pub fn put_in_order(&mut self, seen: &[Event], home: &str) {
        let mut open: Vec<(&Event, Vec<String>)> =
            seen.iter().map(|event| (event, event.lines(home))).collect();
        let mut next = 0;
        for mut block in std::mem::take(&mut self.blocks) {
            // What was due before it is not taken for its own.
            for due in &self.lines[next..block.lines.start] {
                let is_it = |(event, lines): &(&Event, Vec<String>)| {
                    due.who.as_ref().is_none_or(|who| *who == event.who) && explains(lines, due)
                };
                if let Some(at) = open.iter().position(is_it) {
                    open.remove(at);
                }
            }
            next = block.lines.end;
            let events: Vec<&Event> = open.iter().map(|(event, _)| *event).collect();
            let (place, taken) = block.orders.with(&block.happened, &events, home);
            let mut taken = taken.into_iter();
            open.retain(|_| !taken.next().unwrap_or(false));
            block.happened.sort_by_key(|happened| place[happened.step]);
            let lines = match block.written {
                true => {
                    let happened: Vec<(usize, &Event)> =
                        block.happened.iter().map(|happened| (happened.by, &happened.event)).collect();
                    arrange(self.lines[block.lines.clone()].to_vec(), &happened, home)
                }
                false => block.happened.iter().filter_map(|happened| happened.due.clone()).collect(),
            };
            self.lines.splice(block.lines, lines);
        }
    }
}

#[derive(Debug, Clone)]
pub struct DueLine {
    pub pattern: Pattern,
    /// The indented line that says so, or the step in a block that implies it;
    /// None where the act's own line does.
    pub line: Option<usize>,
    /// Who must have done it, where that is known.
    pub who: Option<String>,
}

/// One block, as it is due to one person.
#[derive(Debug)]
pub struct Block {
    /// Its place in [`Due::lines`].
    pub lines: Range<usize>,
    /// The orders in which it may have happened, as far as the others tell.
    pub orders: Rc<Orders>,
    /// What this person sees of it, in one of them.
    pub happened: Vec<Happened>,
    /// Lines in the script stand in place of what is implied.
    pub written: bool,
}

/// One line of what is implied.
#[derive(Debug)]
pub struct Happened {
    /// The step of the block.
    pub step: usize,
    pub by: usize,
    pub event: Event,
    /// None where it does not count.
    pub due: Option<DueLine>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::expect::Deed;
    use crate::bot::expect::order::{View, find};
    use crate::text::Lang;

    fn say(who: &str, text: &str) -> Event {
        Event { who: who.to_owned(), deed: Deed::Say { to: "#r".to_owned(), text: text.to_owned() } }
    }

    fn line(event: &Event, line: Option<usize>) -> DueLine {
        let pattern = Pattern::literal(&event.line("#r", Lang::En));
        DueLine { pattern, line, who: line.is_none().then(|| event.who.clone()) }
    }

    /// A line of c's, the block a: 1, b: 1, a: 2, and the same line of c's, as
    /// they are due to somebody who saw this; `others` saw that of the block.
    fn in_order(seen: &[&str], others: &[&str], written: bool) -> Vec<String> {
        let event = |line: &&str| {
            let (who, text) = line.split_once(": ").unwrap();
            say(who, text)
        };
        let block: Vec<Event> = ["a: 1", "b: 1", "a: 2"].iter().map(event).collect();
        let others: Vec<Event> = others.iter().map(event).collect();
        let views = [View { seen: others.iter().collect(), end: None }];
        let doings: Vec<Vec<Event>> = block.iter().map(|event| vec![event.clone()]).collect();
        let orders = Rc::new(find(&[0, 1, 0], &doings, &views, "#r"));
        let senders = [0, 1, 0];
        let happened = orders.found().iter().map(|&step| {
            let (by, event) = (senders[step], block[step].clone());
            Happened { step, by, due: (!written).then(|| line(&event, None)), event }
        });
        let happened: Vec<Happened> = happened.collect();
        let lines = match written {
            true => [0, 2, 1].map(|step| line(&block[step], Some(step))).to_vec(),
            false => happened.iter().filter_map(|happened| happened.due.clone()).collect(),
        };
        let blocks = vec![Block { lines: 0..3, orders, happened, written }];
        let alone = || Due { lines: vec![line(&say("c", "x"), None)], ..Due::default() };
        let mut due = alone();
        due.then(Due { lines, blocks, ..Due::default() });
        due.then(alone());
        let seen: Vec<Event> = seen.iter().map(event).collect();
        due.put_in_order(&seen, "#r");
        due.lines.iter().map(|due| due.pattern.source().to_owned()).collect()
    }

    /// Once the first of these was the only one that was right.
    #[test]
    fn what_nobody_else_saw_may_have_come_in_any_order_that_keeps_each_sender_s() {
        for right in [
            ["c: x", "a: 1", "b: 1", "a: 2", "c: x"],
            ["c: x", "a: 1", "a: 2", "b: 1", "c: x"],
            ["c: x", "b: 1", "a: 1", "a: 2", "c: x"],
        ] {
            for written in [false, true] {
                assert_eq!(in_order(&right, &[], written), right);
            }
        }
        let turned = ["c: x", "a: 2", "a: 1", "b: 1", "c: x"];
        assert_ne!(in_order(&turned, &[], false), turned, "a sender's own order");
        assert_ne!(in_order(&turned, &[], true), turned, "a sender's own order");
    }

    #[test]
    fn what_others_saw_decides() {
        let came = ["c: x", "a: 1", "a: 2", "b: 1", "c: x"];
        assert_eq!(in_order(&came, &["a: 1", "b: 1"], false), came, "it goes together with that");
        let theirs = ["c: x", "a: 1", "b: 1", "a: 2", "c: x"];
        assert_eq!(in_order(&came, &["b: 1", "a: 2"], false), theirs, "they saw another one");
    }

    #[test]
    fn what_is_lost_is_missing_wherever_the_rest_came() {
        let came = ["c: x", "b: 1", "a: 2", "c: x"];
        assert_eq!(in_order(&came, &[], false), ["c: x", "a: 1", "b: 1", "a: 2", "c: x"]);
    }
}
