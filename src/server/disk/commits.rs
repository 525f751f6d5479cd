//! The thread that commits: all that waits in one transaction, since each costs a write of the
//! disk whatever is in it.
//!
//! What the hub has done is never dropped. Where the disk is full, the room that was set aside is
//! given up for it, and the hub is told to refuse what would have to be kept, until as much room
//! can be set aside again.

use crate::chat::Seq;
use crate::chat::kept::Persist;
use crate::store::{Clock, Store, StoreError, Upkeep};
use crossbeam::channel::{Receiver, TryRecvError};
use std::collections::VecDeque;
use std::fmt;
use std::thread;
use std::time::Duration;

/// What is to be kept no longer is looked for so often.
const UPKEEP: Duration = Duration::from_secs(5);
/// The same where something must be tried again: traces that could not be removed, a full disk.
const RETRY: Duration = Duration::from_secs(1);

/// What the hub's thread asks for.
#[derive(Debug)]
pub enum Job {
    /// Keep this; the number is told when it is done.
    Commit(u64, Persist),
    /// The server ends, and no entry has a later number.
    Close(Seq, Duration),
}

/// What the hub's thread is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The job with this number is done, and all before it.
    Done(u64),
    /// The disk is full (true), or has room again.
    Full(bool),
    /// So many old records were removed, and this one is the oldest that is left. 0: more are to be.
    Trimmed(usize, Seq),
}

/// Commits what the hub's thread wants kept. It waits for nothing, so that a test can drive it: the
/// thread that owns it is [`CommitWorker::run`].
pub struct CommitWorker<S> {
    store: S,
    jobs: Receiver<Job>,
    /// Tells the hub's thread.
    tell: Box<dyn FnMut(Report) + Send>,
    is_full: bool,
    /// Jobs that have not been begun.
    waiting: VecDeque<Job>,
    /// What is being committed, and the number of the last of it: until it is on disk, however often
    /// that is tried.
    begun: Option<(u64, Vec<Persist>)>,
    /// The uptime at which that is tried again.
    retry_at: Duration,
    /// The uptime of the next upkeep.
    upkeep_at: Duration,
    /// Records that were trimmed, and that nobody was told of.
    trimmed: usize,
    /// The hub's thread has sent its last job.
    has_ended: bool,
    /// And that is done.
    is_closed: bool,
}

impl<S> fmt::Debug for CommitWorker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitWorker").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl<S: Store> CommitWorker<S> {
    pub fn new(store: S, jobs: Receiver<Job>, tell: impl FnMut(Report) + Send + 'static) -> CommitWorker<S> {
        CommitWorker {
            store,
            jobs,
            tell: Box::new(tell),
            is_full: false,
            waiting: VecDeque::new(),
            begun: None,
            retry_at: Duration::ZERO,
            upkeep_at: Duration::ZERO,
            trimmed: 0,
            has_ended: false,
            is_closed: false,
        }
    }

    /// The thread's whole life: until the server ends. Whoever sends a job wakes the thread.
    ///
    /// # Errors
    /// Where the store fails: then nothing more can be kept.
    pub fn run(mut self, clock: impl Fn() -> Clock) -> Result<(), StoreError> {
        loop {
            let next = self.advance(clock())?;
            match self.jobs.try_recv() {
                _ if self.is_closed => return Ok(()),
                Ok(job) => self.waiting.push_back(job),
                // A channel would look again and again before it sleeps.
                Err(TryRecvError::Empty) => thread::park_timeout(next.saturating_sub(clock().uptime)),
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
    }

    /// Commits all that waits, as far as the disk has room for it, and does what upkeep is due. Gives
    /// the uptime at which there is more to do, if no job comes before.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn advance(&mut self, now: Clock) -> Result<Duration, StoreError> {
        self.waiting.extend(self.jobs.try_iter());
        while self.begun.is_some() || !self.waiting.is_empty() {
            if !self.obey(now.uptime)? {
                return Ok(self.retry_at);
            }
        }
        match self.store.catch_up() {
            Ok(()) | Err(StoreError::Full) => {}
            Err(failed) => return Err(failed),
        }
        if now.uptime >= self.upkeep_at {
            self.upkeep_at = now.uptime + self.upkeep(now)?;
        }
        Ok(self.upkeep_at)
    }

    /// One slice of what is to be done now and then; gives the time until the next.
    fn upkeep(&mut self, now: Clock) -> Result<Duration, StoreError> {
        let Upkeep { trimmed, oldest, has_more, has_traces } = match self.store.upkeep(now) {
            // To remove something takes room as well.
            Err(StoreError::Full) => Upkeep::default(),
            done => done?,
        };
        if trimmed > 0 {
            self.trimmed += trimmed;
            // The console is told once, not of each slice.
            let told = if has_more { 0 } else { std::mem::take(&mut self.trimmed) };
            (self.tell)(Report::Trimmed(told, oldest));
        }
        let has_room = self.store.reserve();
        self.set_full(!has_room);
        Ok(match (has_more, has_traces || self.is_full) {
            // In slices, between which others are heard.
            (true, _) => Duration::ZERO,
            (_, true) => RETRY,
            _ => UPKEEP,
        })
    }

    /// Does what was begun or, where that is nothing, all that waits. False where the disk has no
    /// room for it.
    fn obey(&mut self, now: Duration) -> Result<bool, StoreError> {
        self.has_ended |= matches!(self.waiting.back(), Some(Job::Close(..)));
        let mut end = None;
        if self.begun.is_none() {
            let (mut batches, mut last) = (Vec::new(), None);
            for job in self.waiting.drain(..) {
                match job {
                    Job::Commit(number, persist) => {
                        batches.push(persist);
                        last = Some(number);
                    }
                    Job::Close(seq, uptime) => end = Some((seq, uptime)),
                }
            }
            self.begun = last.map(|last| (last, batches));
        }
        if let Some((last, batches)) = self.begun.take() {
            if !self.commit(&batches, now)? {
                self.begun = Some((last, batches));
                return Ok(false);
            }
            (self.tell)(Report::Done(last));
        }
        self.is_closed |= end.is_some();
        match end.map(|(seq, uptime)| self.store.close(seq, uptime)) {
            None | Some(Ok(()) | Err(StoreError::Full)) => Ok(true),
            Some(Err(failed)) => Err(failed),
        }
    }

    /// Commits, on a full disk with the room that was set aside. False where that is not enough and it
    /// is to be tried again, which it is not when the server has ended.
    fn commit(&mut self, batches: &[Persist], now: Duration) -> Result<bool, StoreError> {
        if now < self.retry_at && !self.has_ended {
            return Ok(false);
        }
        loop {
            match self.store.commit(batches) {
                Err(StoreError::Full) if !self.is_full => {
                    self.store.release();
                    self.set_full(true);
                }
                Err(StoreError::Full) if !self.has_ended => {
                    self.retry_at = now + RETRY;
                    return Ok(false);
                }
                done => return done.map(|()| true),
            }
        }
    }

    fn set_full(&mut self, is_full: bool) {
        if self.is_full != is_full {
            self.is_full = is_full;
            (self.tell)(Report::Full(is_full));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam::channel::{Sender, unbounded};
    use std::sync::{Arc, Mutex};

    /// A store whose disk is full, or fails, as a test wants it.
    #[derive(Debug, Default)]
    struct State {
        committed: Vec<u64>,
        /// Room for so many batches beyond what is set aside.
        room: usize,
        reserved: usize,
        /// Commits that found no room.
        refused: usize,
        fails: bool,
        closed: bool,
    }

    #[derive(Debug, Clone, Default)]
    struct Faulty(Arc<Mutex<State>>);

    impl Store for Faulty {
        fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
            let mut state = self.0.lock().unwrap();
            if state.fails {
                return Err(StoreError::Failed("fsync".to_owned()));
            }
            if batches.len() > state.room {
                state.refused += 1;
                assert!(state.refused < 4, "it is tried for ever");
                return Err(StoreError::Full);
            }
            state.room -= batches.len();
            state.committed.extend(batches.iter().map(|batch| batch.uptime.as_secs()));
            Ok(())
        }

        fn catch_up(&mut self) -> Result<(), StoreError> {
            Ok(())
        }

        fn reserve(&mut self) -> bool {
            let mut state = self.0.lock().unwrap();
            if state.reserved == 0 && state.room > 2 {
                state.reserved = 2;
                state.room -= 2;
            }
            state.reserved > 0
        }

        fn release(&mut self) {
            let mut state = self.0.lock().unwrap();
            state.room += std::mem::take(&mut state.reserved);
        }

        fn upkeep(&mut self, _now: Clock) -> Result<Upkeep, StoreError> {
            Ok(Upkeep::default())
        }

        fn close(&mut self, _last: Seq, _uptime: Duration) -> Result<(), StoreError> {
            self.0.lock().unwrap().closed = true;
            Ok(())
        }
    }

    fn job(number: u64) -> Job {
        Job::Commit(number, Persist { uptime: Duration::from_secs(number), ..Persist::default() })
    }

    fn worker(store: Faulty, jobs: Receiver<Job>, reports: Sender<Report>) -> CommitWorker<Faulty> {
        CommitWorker::new(store, jobs, move |report| reports.send(report).unwrap())
    }

    fn clock() -> Clock {
        Clock { wall_us: 0, uptime: Duration::ZERO }
    }

    #[test]
    fn what_waits_is_committed_together_and_in_order() {
        let (store, (jobs, waiting), (reports, reported)) = (Faulty::default(), unbounded(), unbounded());
        store.0.lock().unwrap().room = 100;
        (1..=3).for_each(|number| jobs.send(job(number)).unwrap());
        jobs.send(Job::Close(Seq(9), Duration::ZERO)).unwrap();
        drop(jobs);
        worker(store.clone(), waiting, reports).run(clock).unwrap();
        let state = store.0.lock().unwrap();
        assert_eq!((&state.committed[..], state.closed), (&[1, 2, 3][..], true));
        let done: Vec<Report> =
            reported.try_iter().filter(|report| matches!(report, Report::Done(_))).collect();
        assert_eq!(done.last(), Some(&Report::Done(3)));
    }

    /// What the hub has done is kept with the room that was set aside; and when there is room again,
    /// that is found without being asked.
    #[test]
    fn a_full_disk_loses_nothing_and_is_tried_again() {
        let (store, (jobs, waiting), (reports, reported)) = (Faulty::default(), unbounded(), unbounded());
        store.0.lock().unwrap().room = 3;
        let mut worker = worker(store.clone(), waiting, reports);
        let next = || reported.try_iter().collect::<Vec<_>>();
        let obey = |worker: &mut CommitWorker<Faulty>, numbers: std::ops::Range<u64>| {
            worker.waiting.extend(numbers.map(job));
            assert!(worker.obey(Duration::ZERO).unwrap());
        };
        worker.upkeep(clock()).unwrap();
        assert!(store.reserved() == 2 && next().is_empty());
        obey(&mut worker, 1..2);
        obey(&mut worker, 2..4);
        assert_eq!(next(), [Report::Done(1), Report::Full(true), Report::Done(3)]);
        assert_eq!(worker.upkeep(clock()).unwrap(), RETRY);
        assert!(next().is_empty(), "it is told once");
        store.0.lock().unwrap().room = 10;
        worker.upkeep(clock()).unwrap();
        assert_eq!((next(), store.reserved()), (vec![Report::Full(false)], 2));
        assert_eq!(store.0.lock().unwrap().committed, [1, 2, 3]);
        drop(jobs);
    }

    /// The last batches and the end came together, and the commit was tried for ever.
    #[test]
    fn a_full_disk_does_not_hold_the_end() {
        let (store, (jobs, waiting), (reports, _reported)) = (Faulty::default(), unbounded(), unbounded());
        jobs.send(job(1)).unwrap();
        jobs.send(Job::Close(Seq(9), Duration::ZERO)).unwrap();
        assert_eq!(worker(store, waiting, reports).run(clock), Err(StoreError::Full));
    }

    /// An error of fsync is told once: what the disk has is not known after it.
    #[test]
    fn a_failed_commit_is_not_tried_again() {
        let (store, (_jobs, waiting), (reports, reported)) = (Faulty::default(), unbounded(), unbounded());
        store.0.lock().unwrap().fails = true;
        let mut worker = worker(store, waiting, reports);
        worker.waiting.push_back(job(1));
        assert_eq!(worker.obey(Duration::ZERO), Err(StoreError::Failed("fsync".to_owned())));
        assert!(reported.is_empty());
    }

    impl Faulty {
        fn reserved(&self) -> usize {
            self.0.lock().unwrap().reserved
        }
    }
}
