//! A text of many lines that is sent as several messages: how far it has come,
//! and what of it was refused, told once.

use super::item::Why;
use super::queue::Order;
use std::collections::VecDeque;
use std::time::Duration;

/// After so long the progress is told, and then so often.
const FIRST: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(5);
/// After so many refusals one after the other the rest is not sent.
const REFUSALS: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct Block {
    id: u64,
    /// Lines of it: all, and those that were sent or refused.
    total: usize,
    done: usize,
    refused: Vec<(Order, String)>,
    /// Why the first of them was; that it is not known of one goes before.
    why: Option<Why>,
    /// Refusals one after the other.
    row: u32,
    /// None until somebody tells the time.
    told_at: Option<Duration>,
    told: bool,
    /// What was told last.
    told_done: Option<usize>,
}

/// What is to be told of a text that has come to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished {
    /// So many lines were sent, of so many, where its progress was told.
    pub(super) sent: Option<(usize, usize)>,
    /// What was not sent, and why.
    pub(super) refused: Option<(String, Why)>,
}

/// The texts that are being sent, oldest first; as many as wait in the queue.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    next: u64,
    pub(super) open: VecDeque<Block>,
    /// One has come to its end whose progress was told.
    pub(super) ended: bool,
}

impl Blocks {
    pub(super) fn begin(&mut self, total: usize) -> u64 {
        self.next += 1;
        self.open.push_back(Block { id: self.next, total, ..Block::default() });
        self.next
    }

    /// A text of so many lines of it was divided again, and has so many now.
    pub(super) fn divide_again(&mut self, id: u64, before: usize, now: usize) {
        if let Some(block) = self.find(id) {
            block.total = block.total.saturating_sub(before) + now;
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.open.front()?.told_at
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if let Some(first) = self.open.front_mut() {
            first.told_at.get_or_insert(now + FIRST);
        }
    }

    /// A message of this text was sent; what is to be told where it was the last.
    pub(super) fn goes_on(&mut self, id: u64, text: &str) -> Option<Finished> {
        let block = self.find(id)?;
        block.done += lines(text);
        block.row = 0;
        self.finish(id)
    }

    /// A message of this text will not be sent. True where none of the rest is to be.
    pub(super) fn is_refused(
        &mut self,
        id: u64,
        text: String,
        order: Order,
        why: Why,
    ) -> (bool, Option<Finished>) {
        let Some(block) = self.find(id) else { return (false, None) };
        block.done += lines(&text);
        block.row += u32::from(matches!(why, Why::Server(_)));
        block.refused.push((order, text));
        let is_unsure = match &why {
            Why::To { why, .. } => **why == Why::Unknown,
            why => *why == Why::Unknown,
        };
        if block.why.is_none() || is_unsure {
            block.why = Some(why);
        }
        let stops = block.row >= REFUSALS;
        (stops, self.finish(id))
    }

    fn finish(&mut self, id: u64) -> Option<Finished> {
        let at = self.open.iter().position(|block| block.id == id && block.done >= block.total)?;
        let Block { total, mut refused, why, told, .. } = self.open.remove(at)?;
        refused.sort();
        let refused: Vec<String> = refused.into_iter().map(|(_, text)| text).collect();
        self.ended |= told;
        let sent = total.saturating_sub(refused.iter().map(|text| lines(text)).sum());
        let refused = why.map(|why| (refused.join("\n"), why));
        Some(Finished { sent: told.then_some((sent, total)), refused })
    }

    /// How many lines of the first text are sent, of how many, where that is to be told now.
    pub(super) fn check(&mut self, now: Duration) -> Option<(usize, usize)> {
        let block = self.open.front_mut()?;
        block.told_at.filter(|&at| at <= now)?;
        block.told_at = Some(now + EVERY);
        block.told = true;
        // The same number twice would only fill the screen.
        (block.told_done.replace(block.done) != Some(block.done)).then_some((block.done, block.total))
    }

    pub(super) fn find(&mut self, id: u64) -> Option<&mut Block> {
        self.open.iter_mut().find(|block| block.id == id)
    }
}

/// The lines of a message.
pub(super) fn lines(text: &str) -> usize {
    text.split('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(blocks: &mut Blocks, id: u64, text: &str, order: usize) -> (bool, Option<Finished>) {
        let why = Why::Server("no".to_owned());
        blocks.is_refused(id, text.to_owned(), (1, order), why)
    }

    /// What was refused of a text is told once, in its order.
    #[test]
    fn refused_lines_are_told_once() {
        let mut blocks = Blocks::default();
        let id = blocks.begin(4);
        assert_eq!(blocks.goes_on(id, "one"), None);
        assert_eq!(refused(&mut blocks, id, "four", 3), (false, None));
        blocks.pump(Duration::ZERO);
        assert_eq!(blocks.check(FIRST), Some((2, 4)));
        assert_eq!(blocks.check(FIRST), None);
        let all = ("two\nthree\nfour".to_owned(), Why::Server("no".to_owned()));
        let finished = Finished { sent: Some((1, 4)), refused: Some(all) };
        assert_eq!(refused(&mut blocks, id, "two\nthree", 1).1, Some(finished));
        assert!(blocks.open.is_empty() && blocks.ended);
        assert_eq!(blocks.goes_on(id, "five"), None);
    }

    /// After some refusals in a row the rest of a text is not sent.
    #[test]
    fn refusals_in_a_row_end_a_text() {
        let mut blocks = Blocks::default();
        let id = blocks.begin(9);
        assert!(!refused(&mut blocks, id, "1", 0).0 && !refused(&mut blocks, id, "2", 1).0);
        blocks.goes_on(id, "3");
        assert!(!refused(&mut blocks, id, "4", 3).0 && !refused(&mut blocks, id, "5", 4).0);
        assert!(refused(&mut blocks, id, "6", 5).0);
    }
}
