//! A text of many lines that is sent as several messages: how far it has come,
//! and what of it was refused, told once.

use super::queue::{Order, Text};
use super::{Item, Model, Why};
use std::collections::VecDeque;
use std::time::Duration;

/// After so long the progress is told, and then so often.
const FIRST: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_secs(5);
/// After so many refusals one after the other the rest is not sent.
const REFUSALS: u32 = 3;

#[derive(Debug)]
struct Block {
    id: u64,
    /// Lines of it: all, and those that were sent or refused.
    total: usize,
    done: usize,
    refused: Vec<(Order, String)>,
    /// Why the first of them was.
    why: Option<Why>,
    /// Refusals one after the other.
    row: u32,
    /// None until somebody tells the time.
    told_at: Option<Duration>,
    told: bool,
}

/// The texts that are being sent, oldest first; as many as wait in the queue.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    next: u64,
    open: VecDeque<Block>,
    /// One has come to its end whose progress was told.
    ended: bool,
}

impl Blocks {
    pub(super) fn begin(&mut self, total: usize) -> u64 {
        self.next += 1;
        self.open.push_back(Block {
            id: self.next,
            total,
            done: 0,
            refused: Vec::new(),
            why: None,
            row: 0,
            told_at: None,
            told: false,
        });
        self.next
    }

    /// A text of so many lines of it was divided again, and has so many now.
    pub(super) fn divide_again(&mut self, id: u64, before: usize, now: usize) {
        if let Some(block) = self.find(id) {
            block.total = block.total.saturating_sub(before) + now;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.open.front()?.told_at
    }

    pub(super) fn pump(&mut self, now: Duration) {
        if let Some(first) = self.open.front_mut() {
            first.told_at.get_or_insert(now + FIRST);
        }
    }

    /// True once after the end of one whose progress was told.
    pub(super) fn take_ended(&mut self) -> bool {
        std::mem::take(&mut self.ended)
    }

    fn find(&mut self, id: u64) -> Option<&mut Block> {
        self.open.iter_mut().find(|block| block.id == id)
    }
}

/// The lines of a message.
pub(super) fn lines(text: &str) -> usize {
    text.split('\n').count()
}

impl Model {
    /// A message of this text was sent.
    pub(super) fn block_goes_on(&mut self, id: u64, text: &str) {
        if let Some(block) = self.blocks.find(id) {
            block.done += lines(text);
            block.row = 0;
        }
        self.finish_block(id);
    }

    /// A message of this text will not be sent; true where none of the rest is to be.
    pub(super) fn block_is_refused(&mut self, id: u64, text: Text, why: Why) -> bool {
        let Text { text, order, .. } = text;
        let Some(block) = self.blocks.find(id) else {
            self.not_sent(text, why);
            return false;
        };
        block.done += lines(&text);
        block.row += u32::from(matches!(why, Why::Server(_)));
        block.refused.push((order, text));
        block.why.get_or_insert(why);
        let stops = block.row >= REFUSALS;
        self.finish_block(id);
        stops
    }

    fn finish_block(&mut self, id: u64) {
        let Some(at) = self.blocks.open.iter().position(|block| block.id == id && block.done >= block.total)
        else {
            return;
        };
        let Some(Block { total, mut refused, why, told, .. }) = self.blocks.open.remove(at) else {
            return;
        };
        refused.sort();
        let refused: Vec<String> = refused.into_iter().map(|(_, text)| text).collect();
        self.blocks.ended |= told;
        if told {
            let sent = total.saturating_sub(refused.iter().map(|text| lines(text)).sum());
            self.show(Item::Sent { sent, total });
        }
        if let Some(why) = why {
            self.not_sent(refused.join("\n"), why);
        }
    }

    /// Tells how far the first of them has come, where it takes its time.
    pub(super) fn check_blocks(&mut self, now: Duration) {
        let Some(block) = self.blocks.open.front_mut() else {
            return;
        };
        if block.told_at.is_some_and(|at| at <= now) {
            block.told_at = Some(now + EVERY);
            block.told = true;
            let (sent, total) = (block.done, block.total);
            self.show(Item::Sending { sent, total });
        }
    }
}
