//! The thread that commits: all that waits in one transaction, since each costs a write of the
//! disk whatever is in it.

use crate::chat::Seq;
use crate::chat::kept::Persist;
use crate::store::{Clock, Store, StoreError};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// What is to be kept no longer is looked for so often.
const UPKEEP: Duration = Duration::from_secs(10);

/// What the hub's thread asks for.
#[derive(Debug)]
pub(crate) enum Job {
    /// Keep this; the number is told when it is done.
    Commit(u64, Persist),
    /// The server ends, and no entry has a later number.
    Close(Seq, Duration),
}

/// The end of the thread that commits.
#[derive(Debug)]
pub(crate) struct CommitWorker<S> {
    pub(crate) store: S,
    pub(crate) jobs: Receiver<Job>,
    pub(crate) done: Sender<u64>,
}

impl<S: Store> CommitWorker<S> {
    /// The thread's whole life: until the hub's end is gone.
    ///
    /// # Errors
    /// Where the store fails: then nothing more can be kept.
    pub(crate) fn run(mut self, clock: impl Fn() -> Clock) -> Result<(), StoreError> {
        let mut upkeep_at = Instant::now();
        loop {
            match self.jobs.recv_deadline(upkeep_at) {
                Ok(job) => self.obey(job)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if Instant::now() >= upkeep_at {
                let has_more = self.store.upkeep(clock())?;
                // In slices, between which others are heard.
                upkeep_at = Instant::now() + if has_more { Duration::ZERO } else { UPKEEP };
            }
        }
    }

    /// Does this, and all that waits behind it.
    fn obey(&mut self, first: Job) -> Result<(), StoreError> {
        let (mut batches, mut last, mut end) = (Vec::new(), None, None);
        for job in std::iter::once(first).chain(self.jobs.try_iter()) {
            match job {
                Job::Commit(number, persist) => {
                    batches.push(persist);
                    last = Some(number);
                }
                Job::Close(seq, uptime) => end = Some((seq, uptime)),
            }
        }
        if let Some(last) = last {
            self.store.commit(&batches)?;
            // Nobody waits for it where the hub's thread has ended.
            let _ = self.done.send(last);
        }
        if let Some((seq, uptime)) = end {
            self.store.close(seq, uptime)?;
        }
        Ok(())
    }
}
