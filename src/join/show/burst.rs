//! Comings and goings: each its own line, but a burst of them is one.

use super::super::model::Item;
use std::time::Duration;

/// As many as are shown one by one.
const FEW: usize = 5;
/// How long a coming or going waits for others.
const QUIET: Duration = Duration::from_millis(100);
/// How long a burst is collected.
const BURST: Duration = Duration::from_secs(1);

/// Comings and goings that are held back, in their order.
#[derive(Debug, Default)]
pub struct Bursts {
    /// As many as come in [`BURST`], or before anything else is shown.
    held: Vec<Item>,
    since: Duration,
}

impl Bursts {
    /// What is to be shown now. `now` is monotonic, from any origin.
    pub fn push(&mut self, item: Item, now: Duration) -> Vec<Item> {
        let mut shown = self.tick(now);
        if !matches!(item, Item::Entered { .. } | Item::Left { .. }) {
            shown.extend(self.flush());
            shown.push(item);
            return shown;
        }
        if self.held.is_empty() {
            self.since = now;
        }
        self.held.push(item);
        shown
    }

    /// When [`Bursts::tick`] has something to show.
    pub fn deadline(&self) -> Option<Duration> {
        let patience = if self.held.len() > FEW { BURST } else { QUIET };
        (!self.held.is_empty()).then_some(self.since + patience)
    }

    pub fn tick(&mut self, now: Duration) -> Vec<Item> {
        match self.deadline() {
            Some(deadline) if deadline <= now => self.flush(),
            _ => Vec::new(),
        }
    }

    pub fn flush(&mut self) -> Vec<Item> {
        let held = std::mem::take(&mut self.held);
        if held.len() <= FEW {
            return held;
        }
        let mut entered = Vec::new();
        // Of a netsplit all have one reason.
        let mut left: Vec<(Option<String>, Vec<String>)> = Vec::new();
        for item in held {
            match item {
                Item::Entered { name } => entered.push(name),
                Item::Left { name, reason } => match left.iter_mut().find(|(other, _)| *other == reason) {
                    Some((_, names)) => names.push(name),
                    None => left.push((reason, vec![name])),
                },
                _ => {}
            }
        }
        let entered = (!entered.is_empty()).then_some(Item::ManyEntered { names: entered });
        let left = left.into_iter().map(|(reason, mut names)| match names.len() {
            1 => Item::Left { name: names.remove(0), reason },
            _ => Item::ManyLeft { names, reason },
        });
        entered.into_iter().chain(left).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Phrase;

    fn entered(n: usize) -> Item {
        Item::Entered { name: n.to_string() }
    }

    fn names(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|n| n.to_string()).collect()
    }

    #[test]
    fn a_few_are_shown_one_by_one() {
        let mut bursts = Bursts::default();
        (0..FEW).for_each(|n| assert_eq!(bursts.push(entered(n), Duration::ZERO), []));
        assert_eq!(bursts.deadline(), Some(QUIET));
        assert_eq!(bursts.tick(QUIET / 2), []);
        assert_eq!(bursts.tick(QUIET), (0..FEW).map(entered).collect::<Vec<_>>());
        assert_eq!(bursts.deadline(), None);
    }

    #[test]
    fn more_than_a_few_are_one_line() {
        let mut bursts = Bursts::default();
        (0..8).for_each(|n| assert_eq!(bursts.push(entered(n), Duration::ZERO), []));
        let left = Item::Left { name: "x".to_owned(), reason: None };
        assert_eq!(bursts.push(left.clone(), QUIET), []);
        let many = [Item::ManyEntered { names: names(0..8) }, left];
        assert_eq!(bursts.tick(BURST), many);
    }

    /// A netsplit was a line for each.
    #[test]
    fn those_who_left_for_one_reason_are_one_line() {
        let mut bursts = Bursts::default();
        let left =
            |n: usize, reason: &str| Item::Left { name: n.to_string(), reason: Some(reason.to_owned()) };
        (0..31).for_each(|n| assert_eq!(bursts.push(left(n, "*.net *.split"), Duration::ZERO), []));
        assert_eq!(bursts.push(left(31, "bye"), QUIET), []);
        let split = Item::ManyLeft { names: names(0..31), reason: Some("*.net *.split".to_owned()) };
        assert_eq!(bursts.tick(BURST), [split, left(31, "bye")]);
    }

    #[test]
    fn whatever_else_is_shown_keeps_its_place() {
        let mut bursts = Bursts::default();
        bursts.push(entered(1), Duration::ZERO);
        assert_eq!(
            bursts.push(Item::Told(Phrase::Late), Duration::ZERO),
            [entered(1), Item::Told(Phrase::Late)]
        );
        assert_eq!(bursts.deadline(), None);
    }
}
