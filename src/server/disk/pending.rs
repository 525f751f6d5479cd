//! Batches that wait until what they want kept is on disk. The hub goes on meanwhile.

use super::commits::{Job, Report};
use crate::chat::Seq;
use crate::hub::{Batch, Lookup, Now};
use crossbeam::channel::{Receiver, Sender};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::thread::Thread;
use std::time::Duration;

/// Bytes of what is to be sent and of what is to be kept, from which on no more lines are taken.
pub const MAX_BYTES: usize = 64 << 20;

/// The hub thread's end of what keeps things on disk.
#[derive(Debug)]
pub struct Pending {
    jobs: Sender<Job>,
    /// Commits; it sleeps while there is no job.
    worker: Thread,
    pub reports: Receiver<Report>,
    lookups: Sender<(IpAddr, Lookup)>,
    /// In the order in which the hub made them. A session has at most one item of lines in here.
    waiting: VecDeque<Waiting>,
    /// The sum of theirs.
    bytes: usize,
    submitted: u64,
    committed: u64,
    /// The last entry of which all is told that follows from it.
    pub delivered: Seq,
    /// What the hub and the console are to be told.
    pub news: Vec<Report>,
}

#[derive(Debug)]
struct Waiting {
    batch: Batch,
    /// When the hub made it.
    now: Now,
    /// The last entry then.
    last: Seq,
    /// The number of its own job or of the last before it.
    job: u64,
    /// To be sent, and to be kept.
    bytes: usize,
}

impl Pending {
    pub fn new(
        jobs: Sender<Job>,
        worker: Thread,
        reports: Receiver<Report>,
        lookups: Sender<(IpAddr, Lookup)>,
        last: Seq,
    ) -> Pending {
        Pending {
            jobs,
            worker,
            reports,
            lookups,
            waiting: VecDeque::new(),
            bytes: 0,
            submitted: 0,
            committed: 0,
            delivered: last,
            news: Vec::new(),
        }
    }

    fn send(&self, job: Job) {
        // Where that thread has ended, the process does.
        let _ = self.jobs.send(job);
        self.worker.unpark();
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes a batch, which comes out of [`Pending::pop`] behind those before it.
    pub fn submit(&mut self, mut batch: Batch, now: Now, last: Seq) {
        let bytes = batch.bytes() + batch.persist.bytes();
        if !batch.persist.is_empty() {
            self.submitted += 1;
            self.send(Job::Commit(self.submitted, std::mem::take(&mut batch.persist)));
        }
        if !batch.is_empty() {
            self.bytes += bytes;
            self.waiting.push_back(Waiting { batch, now, last, job: self.submitted, bytes });
        }
    }

    /// Reads what the thread that commits has reported.
    pub fn read_reports(&mut self) {
        for report in self.reports.try_iter() {
            match report {
                Report::Done(number) => self.committed = number,
                Report::Full(_) | Report::Trimmed(..) => self.news.push(report),
            }
        }
    }

    /// The next batch of which all is on disk.
    pub fn pop(&mut self) -> Option<(Batch, Now)> {
        self.read_reports();
        let Waiting { batch, now, last, bytes, .. } =
            self.is_next_kept().then(|| self.waiting.pop_front()).flatten()?;
        self.bytes -= bytes;
        self.delivered = last;
        Some((batch, now))
    }

    /// Whether so much waits that no more lines may be taken.
    pub fn is_full(&self) -> bool {
        self.bytes >= MAX_BYTES
    }

    /// Whether reports that were read have left something to do: no other may come.
    pub fn has_ready(&self) -> bool {
        self.is_next_kept() || !self.news.is_empty()
    }

    /// The uptime of the oldest batch that is not on disk.
    pub fn oldest(&self) -> Option<Duration> {
        self.waiting.front().filter(|_| !self.is_next_kept()).map(|waiting| waiting.now.uptime)
    }

    fn is_next_kept(&self) -> bool {
        self.waiting.front().is_some_and(|waiting| waiting.job <= self.committed)
    }

    /// Asks the disk, of which a batch has come out of [`Pending::pop`].
    pub fn look_up(&self, lookups: &mut Vec<(IpAddr, Lookup)>) {
        for lookup in lookups.drain(..) {
            // The other end lives as long as this one.
            let _ = self.lookups.send(lookup);
        }
    }

    /// Ends it: no entry has a later number than `last`.
    pub fn close(&self, last: Seq, uptime: Duration) {
        self.send(Job::Close(last, uptime));
    }
}
