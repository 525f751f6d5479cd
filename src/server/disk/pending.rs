//! Batches that wait until what they want kept is on disk. The hub goes on meanwhile.

use super::commits::Job;
use crate::chat::{RoomKey, Seq};
use crate::hub::{Batch, Now};
use crossbeam::channel::{Receiver, Sender};
use std::collections::VecDeque;
use std::time::Duration;

/// The hub thread's end of what keeps things on disk.
#[derive(Debug)]
pub(crate) struct Pending {
    jobs: Sender<Job>,
    /// The numbers of jobs that are done, each with all before it.
    pub(crate) done: Receiver<u64>,
    pages: Sender<RoomKey>,
    /// In the order in which the hub made them, each with the number of the last job before it or of
    /// its own. A session has at most one item of lines in here.
    waiting: VecDeque<(u64, Batch, Now)>,
    submitted: u64,
    committed: u64,
}

impl Pending {
    pub(crate) fn new(jobs: Sender<Job>, done: Receiver<u64>, pages: Sender<RoomKey>) -> Pending {
        Pending { jobs, done, pages, waiting: VecDeque::new(), submitted: 0, committed: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes a batch, which comes out of [`Pending::next`] behind those before it.
    pub(crate) fn submit(&mut self, mut batch: Batch, now: Now) {
        for room in batch.pages.drain(..) {
            // The other end lives as long as this one.
            let _ = self.pages.send(room);
        }
        if !batch.persist.is_empty() {
            self.submitted += 1;
            let _ = self.jobs.send(Job::Commit(self.submitted, std::mem::take(&mut batch.persist)));
        }
        if !batch.is_empty() {
            self.waiting.push_back((self.submitted, batch, now));
        }
    }

    /// The next batch of which all is on disk.
    pub(crate) fn next(&mut self) -> Option<(Batch, Now)> {
        self.committed = self.done.try_iter().last().unwrap_or(self.committed);
        self.waiting.front().filter(|(number, ..)| *number <= self.committed)?;
        self.waiting.pop_front().map(|(_, batch, now)| (batch, now))
    }

    /// Ends it: no entry has a later number than `last`.
    pub(crate) fn close(&self, last: Seq, uptime: Duration) {
        let _ = self.jobs.send(Job::Close(last, uptime));
    }
}
