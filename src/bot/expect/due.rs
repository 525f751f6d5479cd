//! What is due to one person, until it is compared with what came.
//!
//! A block may have happened while that person could not be asked. Where
//! nobody else has seen it, any order that keeps each sender's own is right; so
//! which it was is found when the person has caught up.

use super::event::{Event, EventKind, passes_as};
use super::order::BlockOrders;
use super::refusal::Asked;
use crate::bot::pattern::Pattern;
use crate::client::protocol::CaseMapping;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

/// What one person must have got in a step.
#[derive(Debug, Default)]
pub struct Due {
    pub lines: Vec<DueLine>,
    /// Lines that may come at any place among the others.
    pub unordered: Vec<DueLine>,
    /// `<<`: the pattern, how often, its line in the script.
    pub raw: Vec<(Pattern, usize, usize)>,
    /// The line in the script that says `sees nothing`.
    pub nothing: Option<usize>,
    /// Each must be refused.
    pub refused: Vec<Asked>,
    /// The server gave another name than was asked for: that, and the given one.
    pub misnamed: Option<(String, String)>,
    /// Blocks among the lines whose order is not known yet, first to last.
    pub blocks: Vec<Block>,
    /// The connection was ended, as was expected: the last lines that are implied may be missing.
    pub truncated: bool,
    /// The connection has answered after all of this.
    pub goes_on: bool,
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
        self.unordered.extend(later.unordered);
        self.raw.extend(later.raw);
        self.nothing = self.nothing.or(later.nothing);
        self.refused.extend(later.refused);
        self.misnamed = later.misnamed.or(self.misnamed.take());
        self.truncated |= later.truncated;
    }

    /// Notes the line for a comparison in a later step: the report then names the step that implies what is
    /// missing.
    pub fn is_of(&mut self, line: usize) {
        for due in self.lines.iter_mut().chain(&mut self.unordered) {
            due.line.get_or_insert(line);
        }
    }

    /// The connection was reset: what was on its way is lost, but for what the
    /// script claims.
    pub fn lose(&mut self) {
        self.lines.retain(DueLine::is_written);
        self.unordered.clear();
        self.blocks.clear();
        self.refused.clear();
    }

    /// Whether anything must come.
    pub fn wants_something(&self) -> bool {
        !(self.lines.is_empty()
            && self.unordered.is_empty()
            && self.raw.is_empty()
            && self.refused.is_empty())
    }

    /// Puts the lines of each block into the order in which they came, where
    /// that is one in which the block may have happened.
    pub fn put_in_order(&mut self, seen: &[Event], home: &str, mapping: CaseMapping) {
        let mut open: Vec<&Event> = seen.iter().collect();
        let mut next = 0;
        for mut block in std::mem::take(&mut self.blocks) {
            // A line that was due before the block is not taken for one of the block's.
            for due in &self.lines[next..block.lines.start] {
                if let Some(at) = open.iter().position(|event| due.check.is_met_by(event, home, mapping)) {
                    open.remove(at);
                }
            }
            next = block.lines.end;
            let happened = block.happened.iter().map(|happened| (happened.piece, &happened.event));
            let (place, taken) = block.orders.with(happened.collect(), &open, mapping);
            let mut taken = taken.into_iter();
            open.retain(|_| !taken.next().unwrap_or(false));
            block.happened.sort_by_key(|happened| place[happened.piece]);
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
    pub check: Check,
    /// The indented line that says so, or the step that implies it, in a block
    /// or before the step; None where the step's own line does.
    pub line: Option<usize>,
}

impl DueLine {
    /// Whether it is a line of the script.
    pub fn is_written(&self) -> bool {
        self.line.is_some() && matches!(self.check, Check::Written(_))
    }
}

/// What a line must be.
#[derive(Debug, Clone)]
pub enum Check {
    /// It matches this when drawn.
    Written(Pattern),
    /// It tells of this event.
    Implied(Rc<Implied>),
}

/// An event that a step implies.
#[derive(Debug)]
pub struct Implied {
    pub event: Event,
    /// Which reasons of leaving or removing it may have; empty: none.
    pub reasons: Reasons,
    /// As it is shown.
    pub shown: String,
}

/// Reasons of an event; one that has none counts as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reasons {
    Any,
    Of(Vec<String>),
}

impl Reasons {
    /// Those of a departure as any server may give them; of a QUIT without one
    /// the server makes its own.
    pub fn of(event: &Event) -> Reasons {
        let of = |all: &[&str]| Reasons::Of(all.iter().map(|&one| one.to_owned()).collect());
        match (&event.kind, event.reason()) {
            // Servers mark what is said by a person: ngIRCd quotes it.
            (EventKind::Leave { room: None, .. }, Some(reason)) => {
                of(&[reason, &format!("Quit: {reason}"), &format!("\"{reason}\"")])
            }
            (EventKind::Leave { .. } | EventKind::Remove { .. }, Some(reason)) => of(&[reason]),
            // The default is a name (RFC 2812, 3.2.2 and 3.2.8).
            (EventKind::Remove { name, .. }, None) => of(&["", &event.who, name]),
            (EventKind::Leave { room: Some(_), .. }, None) => of(&["", &event.who]),
            _ => Reasons::Any,
        }
    }

    pub fn allow(&self, reason: Option<&str>) -> bool {
        match self {
            Reasons::Any => true,
            Reasons::Of(all) => all.iter().any(|one| passes_as(one, reason.unwrap_or(""))),
        }
    }
}

impl Check {
    /// As it is shown.
    pub fn source(&self) -> &str {
        match self {
            Check::Written(pattern) => pattern.source(),
            Check::Implied(implied) => &implied.shown,
        }
    }

    /// Whether exactly one line meets it.
    pub fn is_exact(&self) -> bool {
        match self {
            Check::Written(pattern) => pattern.is_literal(),
            Check::Implied(_) => true,
        }
    }

    pub fn is_met_by(&self, event: &Event, home: &str, mapping: CaseMapping) -> bool {
        match self {
            Check::Written(pattern) => explains(&event.spellings(home), pattern),
            Check::Implied(implied) => implied.is(event, mapping),
        }
    }
}

impl Implied {
    /// Whether the line tells of this event.
    pub fn is(&self, event: &Event, mapping: CaseMapping) -> bool {
        self.event.is_seen_as(event, mapping) && self.reasons.allow(event.reason())
    }
}

/// One block, as it is due to one person.
#[derive(Debug)]
pub struct Block {
    /// Its place in [`Due::lines`].
    pub lines: Range<usize>,
    /// The orders in which it may have happened, as far as the others tell.
    pub orders: Rc<BlockOrders>,
    /// What this person sees of it, in one of them.
    pub happened: Vec<Happened>,
    /// Lines in the script stand in place of what is implied.
    pub written: bool,
}

/// One line of what is implied.
#[derive(Debug)]
pub struct Happened {
    /// The piece of the block.
    pub piece: usize,
    pub by: usize,
    pub event: Event,
    /// None where it does not count.
    pub due: Option<DueLine>,
}

/// Whether a pattern stands for one of these.
fn explains(lines: &[String], pattern: &Pattern) -> bool {
    lines.iter().any(|line| pattern.matches(line))
}

/// Puts what is written below a block for one observer into the order in which
/// the block happened: `happened` is what the observer sees of it, each with
/// its sender.
///
/// A sender's lines stay as they are written. A line that nothing in the block
/// explains, or the steps of more than one sender, stays where it is written
/// among all of them: with any freedom a change of a sender's order could go unnoticed.
pub fn arrange(written: Vec<DueLine>, happened: &[(usize, &Event)], home: &str) -> Vec<DueLine> {
    let mut open: Vec<(usize, Vec<String>)> =
        happened.iter().map(|(by, event)| (*by, event.spellings(home))).collect();
    let is_explained = |lines: &[String], due: &DueLine| match &due.check {
        Check::Written(pattern) => explains(lines, pattern),
        // Nothing but what is written is arranged.
        Check::Implied(_) => false,
    };
    let only_sender = |due: &DueLine| {
        let mut senders = open.iter().filter(|(_, lines)| is_explained(lines, due)).map(|(by, _)| *by);
        let first = senders.next()?;
        senders.all(|by| by == first).then_some(first)
    };
    let mut owned: Vec<(Option<usize>, DueLine)> = Vec::with_capacity(written.len());
    for due in written {
        // One that is wanted many times is looked up once.
        let known = owned.last().filter(|(_, last)| last.line.is_some() && last.line == due.line);
        let sender = known.map_or_else(|| only_sender(&due), |(sender, _)| *sender);
        owned.push((sender, due));
    }
    let mut arranged = Vec::with_capacity(owned.len());
    for among in owned.chunk_by(|(one, _), (next, _)| one.is_some() && next.is_some()) {
        let mut waiting: VecDeque<&(Option<usize>, DueLine)> = among.iter().collect();
        open.retain(|(by, lines)| {
            let first = waiting.iter().position(|(sender, _)| *sender == Some(*by));
            let met = first.filter(|&at| is_explained(lines, &waiting[at].1));
            let next = met.and_then(|at| waiting.remove(at));
            arranged.extend(next.map(|(_, due)| due.clone()));
            next.is_none()
        });
        arranged.extend(waiting.into_iter().map(|(_, due)| due.clone()));
    }
    arranged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::expect::EventKind;
    use crate::bot::expect::How;
    use crate::bot::expect::order::{View, find, pieces};
    use crate::bot::pattern::Style;
    use crate::text::Lang;

    const ASCII: CaseMapping = CaseMapping::Ascii;

    fn say(who: &str, text: &str) -> Event {
        Event::by(who, EventKind::Say { how: How::Plain, to: "#r".to_owned(), text: text.to_owned() })
    }

    fn line(event: &Event, line: Option<usize>) -> DueLine {
        let shown = event.line("#r", Lang::En);
        let check = match line {
            Some(_) => Check::Written(Pattern::literal(&shown)),
            None => Check::Implied(Rc::new(Implied { event: event.clone(), reasons: Reasons::Any, shown })),
        };
        DueLine { check, line }
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
        let senders = [0, 1, 0];
        let pieces = pieces(&senders, block.iter().map(|event| vec![event.clone()]).collect());
        let orders = Rc::new(find(&pieces, &views, ASCII));
        let happened = orders.found().iter().map(|&piece| {
            let (by, event) = (senders[piece], block[piece].clone());
            Happened { piece, by, due: (!written).then(|| line(&event, None)), event }
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
        due.put_in_order(&seen, "#r", ASCII);
        due.lines.iter().map(|due| due.check.source().to_owned()).collect()
    }

    /// Any order of senders passes where nobody else saw the block: once only the first did.
    #[test]
    fn unseen_block_has_any_order() {
        for right in [
            ["c: x", "a: 1", "b: 1", "a: 2", "c: x"],
            ["c: x", "a: 1", "a: 2", "b: 1", "c: x"],
            ["c: x", "b: 1", "a: 1", "a: 2", "c: x"],
        ] {
            for written in [false, true] {
                assert_eq!(in_order(&right, &[], written), right);
            }
        }
        let reordered = ["c: x", "a: 2", "a: 1", "b: 1", "c: x"];
        assert_ne!(in_order(&reordered, &[], false), reordered, "a sender's own order");
        assert_ne!(in_order(&reordered, &[], true), reordered, "a sender's own order");
    }

    /// What others saw of a block decides its order.
    #[test]
    fn other_views_decide() {
        let came = ["c: x", "a: 1", "a: 2", "b: 1", "c: x"];
        assert_eq!(in_order(&came, &["a: 1", "b: 1"], false), came, "it goes together with that");
        let theirs = ["c: x", "a: 1", "b: 1", "a: 2", "c: x"];
        assert_eq!(in_order(&came, &["b: 1", "a: 2"], false), theirs, "they saw another one");
    }

    /// A line that is lost is missing wherever the rest of its block came.
    #[test]
    fn lost_line_is_missing() {
        let came = ["c: x", "b: 1", "a: 2", "c: x"];
        assert_eq!(in_order(&came, &[], false), ["c: x", "a: 1", "b: 1", "a: 2", "c: x"]);
    }

    fn arranged(written: &[(Style, &str)], happened: &[Event]) -> Vec<String> {
        let line = |at: usize, &(style, source): &(Style, &str)| DueLine {
            check: Check::Written(Pattern::new(style, source).unwrap()),
            line: Some(at),
        };
        let written = written.iter().enumerate().map(|(at, one)| line(at, one)).collect();
        let happened: Vec<(usize, &Event)> =
            happened.iter().map(|event| (usize::from(event.who == "b"), event)).collect();
        let arranged = arrange(written, &happened, "#r");
        arranged.into_iter().map(|due| due.check.source().to_owned()).collect()
    }

    /// What is written below a block follows the order in which it happened: once any order passed.
    #[test]
    fn written_lines_follow_the_block() {
        let literal = |source| (Style::Literal, source);
        let happened = [say("b", "1"), say("a", "1"), say("b", "2"), say("a", "2")];
        let right = ["b: 1", "a: 1", "b: 2", "a: 2"];
        assert_eq!(arranged(&["a: 1", "a: 2", "b: 1", "b: 2"].map(literal), &happened), right);
        assert_eq!(arranged(&["b: 1", "b: 2", "a: 1", "a: 2"].map(literal), &happened), right);
        let wrong = ["b: 1", "a: 2", "b: 2", "a: 1"];
        assert_eq!(
            arranged(&["a: 2", "a: 1", "b: 1", "b: 2"].map(literal), &happened),
            ["b: 1", "b: 2", "a: 2", "a: 1"]
        );
        assert_ne!(arranged(&wrong.map(literal), &happened), right);
        // The same line of both, and one that nobody said, stay in their places.
        let glob = (Style::Glob, "*: 1");
        let kept = [literal("a: 2"), glob, literal("b: 2")];
        assert_eq!(arranged(&kept, &happened), ["a: 2", "*: 1", "b: 2"]);
        let kept = [literal("a: 1"), literal("a: 3"), literal("b: 1")];
        assert_eq!(arranged(&kept, &happened), ["a: 1", "a: 3", "b: 1"]);
        // A line that is written several times needs as many lines that came.
        let happened = [say("a", "x"), say("b", "y"), say("a", "x")];
        assert_eq!(arranged(&["a: x", "a: x", "b: y"].map(literal), &happened), ["a: x", "b: y", "a: x"]);
    }
}
