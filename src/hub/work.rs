//! The work of the hub. It is counted, not measured, so that it is the same on every machine and
//! the hub needs no clock.
//!
//! A unit is about 0.1 µs of a release build: looking at one entry of a list, or a short step in
//! matching a pattern.

use super::limits::{SLICES_PER_ROUND, WORK_PER_SLICE};

/// Work of each line that is obeyed, whatever its command.
pub(super) const OF_INPUT: u32 = 3;

/// Work of a deadline that has passed: a PING is sent, or a connection is closed.
pub(super) const OF_DEADLINE: u64 = 10;

/// Work of ending an empty room, whose history is freed.
pub(super) const OF_EXPIRY: u64 = 500;

/// Work of a line of a reply.
pub(super) fn of_line(bytes: usize) -> u64 {
    7 + of_bytes(bytes)
}

/// Work of copying bytes.
pub(super) fn of_bytes(bytes: usize) -> u64 {
    bytes as u64 / 32
}

/// Work of telling anybody a message.
pub(super) const OF_MESSAGE: u64 = 5;

/// Work of seeing that so many people are those who were told last.
pub(super) fn of_comparing(people: usize) -> u64 {
    people as u64 / 256
}

/// Work of grouping so many people by encoding.
pub(super) fn of_grouping(people: usize) -> u64 {
    people as u64 / 32
}

/// Work of giving so many people a parcel of their own: the I/O layer looks at each of them.
pub(super) fn of_parcel(people: usize) -> u64 {
    people as u64 / 32
}

/// Work of a change that so many people are told, found among so many members, beside
/// [`of_grouping`] and [`of_parcel`].
pub(super) fn of_change(told: usize, members: usize) -> u64 {
    5 + told as u64 / 16 + members as u64 / 8
}

/// Work of sending each of so many people a line of their own.
pub(super) fn of_each(people: usize) -> u64 {
    people as u64
}

/// Work of choosing, among so many people, those who are not told already.
pub(super) fn of_choosing(people: usize) -> u64 {
    people as u64 / 5
}

/// As much work as may be done in one go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// All work that was ever done when it is spent.
    until: u64,
}

/// Counts what is done, and says when a budget is spent.
#[derive(Debug)]
pub(super) struct Meter {
    done: u64,
    /// The work of one slice.
    slice: u64,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { done: 0, slice: WORK_PER_SLICE }
    }
}

impl Meter {
    pub(super) fn add(&mut self, work: u64) {
        self.done += work;
    }

    /// All that was ever done.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// The budget of a slice that begins now.
    pub(super) fn slice(&self) -> Budget {
        Budget { until: self.done + self.slice }
    }

    /// The budget of a round that begins now, which many slices share.
    pub(super) fn round(&self) -> Budget {
        Budget { until: self.done + SLICES_PER_ROUND * self.slice }
    }

    /// What is left of a budget.
    pub(super) fn left(&self, budget: Budget) -> u64 {
        budget.until.saturating_sub(self.done)
    }

    pub(super) fn is_spent(&self, budget: Budget) -> bool {
        self.left(budget) == 0
    }

    /// Changes the slice, and the round with it; it is at least 1.
    pub(super) fn set_slice(&mut self, slice: u64) {
        self.slice = slice.max(1);
    }
}
