//! A server's process without its threads: the hub, what waits for commits, and the worker that
//! commits are the real ones; the loop that joins them is that of `src/server/hub_loop.rs` without
//! sockets.

use super::bugs::Bug;
use super::store::{AnyStore, Storage};
use crossbeam::channel::{Receiver, Sender, unbounded};
use roomchat::hub::{Batch, Config, Departure, Found, Hub, Input, Lookup, Now, Origin, SessionId};
use roomchat::server::disk::commits::{CommitWorker, Job, Report};
use roomchat::server::disk::pending::Pending;
use roomchat::store::{Clock, StoreError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

/// As in the hub's loop.
const ROUND: usize = 16;
const STALLED: Duration = Duration::from_secs(1);
const TO_PING: Duration = Duration::from_secs(2);
const BETWEEN_PINGS: Duration = Duration::from_secs(5);

/// The clocks of the machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    pub(super) wall_us: u64,
    pub(super) monotonic: Duration,
}

/// What comes to the hub's thread.
#[derive(Debug)]
pub(super) enum Item {
    Open(SessionId, Origin),
    Lines(SessionId, Vec<Input>),
    Gone(SessionId, Departure),
    Found(Found),
}

pub(super) struct Process {
    pub(super) hub: Hub,
    batch: Batch,
    pending: Pending,
    pub(super) inbox: VecDeque<Item>,
    /// From the hub's thread to the one that commits, with a place between them for bugs.
    sent: Receiver<Job>,
    jobs: Sender<Job>,
    worker: CommitWorker<AnyStore>,
    told: Receiver<Report>,
    reports: Sender<Report>,
    pub(super) lookups: Receiver<(IpAddr, Lookup)>,
    /// Uptime of this process counts from it.
    started: Duration,
    uptime_before: Duration,
    /// How long the hub's clock has stood still.
    stood: Duration,
    is_stalled: bool,
    /// The uptime of the oldest batch that is not on disk, and when everybody gets a PING for that.
    next_ping: Option<(Duration, Duration)>,
    /// When the thread that commits has more to do, by the monotonic clock.
    pub(super) worker_at: Duration,
    /// Sessions whose client's thread may not read on.
    pub(super) tickets: BTreeSet<SessionId>,
    /// Items of a session that are in batches which are not on disk.
    unsaved: BTreeMap<SessionId, usize>,
    /// Something may have happened that is not kept, since the disk was full.
    pub(super) has_unkept: bool,
    is_full: bool,
    /// Sessions that the hub closes, or has closed.
    pub(super) closing: BTreeSet<SessionId>,
    bug: Option<Bug>,
}

impl Process {
    pub(super) fn start(
        storage: &mut Storage,
        config: Config,
        slice: Option<u64>,
        clocks: Clocks,
        bug: Option<Bug>,
    ) -> Process {
        let (store, restored) = storage.open();
        let mut hub = Hub::restored(config, &restored);
        slice.into_iter().for_each(|slice| hub.set_slice(slice));
        let first = hub.first_room();
        hub.found(storage.look_up(Lookup::Recent(first)));
        let ((jobs_of_hub, sent), (jobs, waiting)) = (unbounded(), unbounded());
        let ((reports_of_worker, told), (reports, reported)) = (unbounded(), unbounded());
        let (ask, lookups) = unbounded();
        let mut batch = Batch::default();
        hub.begin(&mut batch);
        Process {
            uptime_before: hub.uptime_before(),
            batch,
            pending: Pending::new(jobs_of_hub, std::thread::current(), reported, ask, hub.last()),
            hub,
            inbox: VecDeque::new(),
            sent,
            jobs,
            worker: CommitWorker::new(store, waiting, move |report| {
                let _ = reports_of_worker.send(report);
            }),
            told,
            reports,
            lookups,
            started: clocks.monotonic,
            stood: Duration::ZERO,
            is_stalled: false,
            next_ping: None,
            worker_at: clocks.monotonic,
            tickets: BTreeSet::new(),
            unsaved: BTreeMap::new(),
            has_unkept: false,
            is_full: false,
            closing: BTreeSet::new(),
            bug,
        }
    }

    /// The hub's time, which stands still while a batch is not on disk for long.
    pub(super) fn now(&mut self, clocks: Clocks) -> Now {
        let mut uptime = self.uptime_before + (clocks.monotonic - self.started) - self.stood;
        let most = self.pending.oldest().map(|oldest| oldest + STALLED);
        let too_late = most.map_or(Duration::ZERO, |most| uptime.saturating_sub(most));
        self.is_stalled = !too_late.is_zero();
        self.stood += too_late;
        uptime -= too_late;
        self.next_ping = self.pending.oldest().map(|oldest| match self.next_ping {
            Some((of, at)) if of == oldest => (of, at),
            _ => (oldest, clocks.monotonic + TO_PING),
        });
        Now { wall_us: clocks.wall_us, uptime }
    }

    /// When the hub has something to do, by the monotonic clock.
    pub(super) fn hub_at(&self) -> Option<Duration> {
        let deadline = self.hub.next_deadline().filter(|_| !self.is_stalled)?;
        Some(self.started + self.stood + deadline.saturating_sub(self.uptime_before))
    }

    /// Whether a thread has something to do, where the one that commits may have to wait for the disk.
    pub(super) fn is_busy(&self, disk_stands_still: bool) -> bool {
        !self.batch.is_empty()
            || !self.inbox.is_empty()
            || self.pending.has_ready()
            || !self.pending.reports.is_empty()
            || self.has_jobs() && !disk_stands_still
            || !self.lookups.is_empty()
            || self.hub.has_more()
    }

    /// Whether nothing waits for anything.
    pub(super) fn is_quiet(&self) -> bool {
        !self.is_busy(false) && self.pending.is_empty()
    }

    /// For whoever looks for a fault.
    pub(super) fn what_waits(&self) -> String {
        format!(
            "tickets {:?}, batch {}, inbox {}, pending {}, jobs {}, lookups {}, hub {}",
            self.tickets,
            !self.batch.is_empty(),
            self.inbox.len(),
            !self.pending.is_empty(),
            self.sent.len(),
            self.lookups.len(),
            self.hub.has_more()
        )
    }

    /// One round of the hub's thread. Gives what is to be done now, in its order.
    pub(super) fn round(&mut self, clocks: Clocks) -> Result<Vec<Batch>, String> {
        let now = self.now(clocks);
        self.pending.read_reports();
        for report in std::mem::take(&mut self.pending.news) {
            match report {
                Report::Full(is_full) => {
                    (self.is_full, self.has_unkept) = (is_full, true);
                    self.hub.set_full(is_full, &mut self.batch);
                }
                Report::Trimmed(_, oldest) => self.hub.trimmed(oldest),
                Report::Done(_) => {}
            }
        }
        self.hub.tick(now, &mut self.batch);
        let mut handled = 0;
        while handled < ROUND
            && !self.hub.is_round_over()
            && let Some(item) = self.inbox.pop_front()
        {
            self.handle(item, now)?;
            handled += 1;
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.closing.extend(batch.close.iter().map(|close| close.session));
        if self.bug == Some(Bug::AskedEarly) {
            self.pending.look_up(&mut batch.lookups);
        }
        let mut done = Vec::new();
        if self.bug == Some(Bug::DeliveredBeforeCommit) {
            let mut unkept = Batch::default();
            std::mem::swap(&mut unkept.persist, &mut batch.persist);
            done.push(std::mem::replace(&mut batch, unkept));
        }
        self.pending.submit(batch, now, self.hub.last());
        while let Some((batch, _)) = self.pending.pop() {
            done.push(batch);
        }
        if done.is_empty()
            && let Some((_, at)) = &mut self.next_ping
            && *at <= clocks.monotonic
        {
            *at = clocks.monotonic + BETWEEN_PINGS;
            let mut batch = Batch::default();
            self.hub.ping_all(self.pending.delivered, &mut batch);
            done.push(batch);
        }
        for batch in &mut done {
            self.pending.look_up(&mut batch.lookups);
            self.closing.retain(|session| !batch.gone.iter().any(|gone| gone.session == *session));
            for session in &batch.released {
                self.tickets.remove(session);
                self.unsaved.remove(session);
            }
        }
        if self.pending.is_empty() {
            self.unsaved.clear();
            self.has_unkept &= self.is_full || !self.is_quiet();
        }
        Ok(done)
    }

    fn handle(&mut self, item: Item, now: Now) -> Result<(), String> {
        match item {
            Item::Open(session, from) => self.hub.open(session, from, now),
            Item::Lines(session, inputs) => {
                self.hub.input(session, inputs, now, &mut self.batch);
                let is_unsaved = !self.pending.is_empty() || !self.batch.persist.is_empty();
                if is_unsaved {
                    let items = self.unsaved.entry(session).or_default();
                    *items += 1;
                    if *items > 1 {
                        return Err(format!("two items of {session:?} are in what is not on disk"));
                    }
                }
                let waits = is_unsaved && self.bug != Some(Bug::ReadOn);
                if !waits && self.batch.released.pop_if(|released| *released == session).is_some() {
                    self.tickets.remove(&session);
                }
            }
            Item::Gone(session, why) => self.hub.gone(session, why, now, &mut self.batch),
            Item::Found(found) => self.hub.found(found),
        }
        Ok(())
    }

    /// A client has taken all that it was sent.
    pub(super) fn drained(&mut self, session: SessionId, clocks: Clocks) {
        let now = self.now(clocks);
        self.hub.drained(session, now, &mut self.batch);
    }

    pub(super) fn evict(&mut self, session: SessionId, clocks: Clocks) {
        let now = self.now(clocks);
        self.hub.evict(session, Departure::SlowReader, now, &mut self.batch);
    }

    /// The thread that commits goes on: it takes what there is, or is done with that.
    pub(super) fn commit(&mut self, clocks: Clocks) -> Result<(), StoreError> {
        if !self.sent.is_empty() && self.jobs.is_empty() {
            for job in self.sent.try_iter() {
                if let (Some(Bug::ReportedEarly), Job::Commit(number, _)) = (self.bug, &job) {
                    let _ = self.reports.send(Report::Done(*number));
                }
                let _ = self.jobs.send(job);
            }
            return Ok(());
        }
        let uptime = clocks.monotonic - self.started;
        let next = self.worker.advance(Clock { wall_us: clocks.wall_us, uptime });
        for report in self.told.try_iter() {
            let _ = self.reports.send(report);
        }
        self.worker_at = self.started + next?;
        Ok(())
    }

    /// Whether the thread that commits has something to do.
    pub(super) fn has_jobs(&self) -> bool {
        !self.sent.is_empty() || !self.jobs.is_empty()
    }

    /// Ends it as a signal does: what was done is kept. Nobody is told of anything any more.
    pub(super) fn stop(&mut self, clocks: Clocks) -> Result<(), StoreError> {
        let now = self.now(clocks);
        let mut batch = std::mem::take(&mut self.batch);
        self.hub.stop(&mut batch);
        self.pending.submit(batch, now, self.hub.last());
        self.pending.close(self.hub.last(), now.uptime);
        while self.has_jobs() {
            self.commit(clocks)?;
        }
        Ok(())
    }
}
