//! The hub's thread: takes some of what waits, lets the hub turn it into one batch, and does
//! what the batch asks for, sending to a few clients at a time. The only thread that knows
//! the hub.
//!
//! A round is `input` (items to the hub), `output` (deliver, console, close), `follow_up`
//! (what the hub is to be told of that, for the next batch). Where batches are kept on disk, input
//! goes on while they are committed, and the output of each follows then, in their order.

mod clock;
mod departures;
mod evictions;

use super::accept::admission::Admissions;
use super::connection::inbox::{Item, Ticket};
use super::console::thread::Console;
use super::console::words::Notice;
use super::disk::commits::Report;
use super::disk::pending::Pending;
use super::outbox::delivery::Delivery;
use super::outbox::outlet::Outlet;
use super::outbox::poller::Poller;
use super::passwords::AuthClient;
use crate::hub::{Batch, CheckResult, Departure, Hub, Now, SessionId};
use clock::Clock;
pub(super) use clock::wall_us;
use crossbeam::channel::{Receiver, RecvTimeoutError};
use departures::Departures;
use evictions::Evictions;
use std::collections::{BTreeMap, VecDeque};
use std::thread;
use std::time::Instant;

/// Items of one round, and clients who go on: bounds how long those who are being sent
/// to wait for the next calls, and the memory that a round takes. No more than [`CALLS`],
/// so that an answer to each of them leaves before the next. Fewer where the hub says that
/// it has done enough for one round: what is left of those whose lines cause much is done in
/// the next ones, and a wish to stop is heard between them.
const ROUND: usize = 16;
/// Clients who go on in one round: as many others are heard.
const RESUMED: usize = ROUND / 2;
/// Sending calls until the hub's next round. Few, so that what comes meanwhile goes
/// to most of those still to be sent to: sixteen take about a tenth of a millisecond.
const CALLS: usize = 16;

pub(super) struct HubLoop<'a, O: Outlet, B> {
    hub: Hub,
    /// Dropped at the end: senders then learn that nobody listens.
    inbox: Receiver<Item<O>>,
    delivery: Delivery<'a, O, B>,
    console: Console,
    admissions: &'a Admissions,
    auth: AuthClient,
    clock: Clock,
    /// Batches that are not on disk yet; None where nothing is kept.
    pending: Option<Pending>,
    /// Lines that came while too much was not on disk, and the end of their sessions: at most two
    /// items of each.
    held: VecDeque<Item<O>>,
    batch: Batch,
    /// Of clients whose thread may not read on until the hub releases it: one for each.
    tickets: BTreeMap<SessionId, Ticket>,
    /// Sessions whose client has taken all that it was sent, for which the hub waits; each once.
    drained: VecDeque<SessionId>,
    /// How many of them went on for the next round.
    resumed: usize,
    evictions: Evictions,
    departures: Departures,
}

impl<'a, O: Outlet, B: Poller<O>> HubLoop<'a, O, B> {
    pub(super) fn new(
        hub: Hub,
        inbox: Receiver<Item<O>>,
        delivery: Delivery<'a, O, B>,
        console: Console,
        admissions: &'a Admissions,
        auth: AuthClient,
        pending: Option<Pending>,
    ) -> HubLoop<'a, O, B> {
        let mut batch = Batch::default();
        if pending.is_some() {
            hub.begin(&mut batch);
        }
        HubLoop {
            clock: Clock::new(hub.uptime_before()),
            hub,
            inbox,
            delivery,
            console,
            admissions,
            auth,
            pending,
            held: VecDeque::new(),
            batch,
            tickets: BTreeMap::new(),
            drained: VecDeque::new(),
            resumed: 0,
            evictions: Evictions::default(),
            departures: Departures::default(),
        }
    }

    /// The thread's whole life: until the server has stopped and everybody is
    /// gone, or has had time enough to be.
    pub(super) fn run(mut self) {
        while !self.is_over() {
            self.round();
        }
        let uptime = self.now().uptime;
        if let Some(pending) = &self.pending {
            pending.close(self.hub.last(), uptime);
        }
        self.delivery.end_all();
    }

    /// One round of the hub, where there is room for what follows from it, and a
    /// few calls of what is to be sent.
    fn round(&mut self) {
        let has_room = self.delivery.has_room();
        let first = if has_room { self.wait() } else { None };
        let now = self.now();
        if has_room {
            self.input(first, now);
        }
        let batch = std::mem::take(&mut self.batch);
        let Some(pending) = &mut self.pending else { return self.finish(batch, now) };
        // Nobody is told of anything before it is on disk.
        pending.submit(batch, now, self.hub.last());
        let mut is_done = false;
        while self.delivery.has_room()
            && let Some((batch, now)) = self.pending.as_mut().and_then(Pending::pop)
        {
            self.finish(batch, now);
            is_done = true;
        }
        if !is_done {
            let mut batch = Batch::default();
            if has_room
                && self.clock.is_ping_due()
                && let Some(pending) = &self.pending
            {
                self.hub.ping_all(pending.delivered, &mut batch);
            }
            self.finish(batch, now);
        }
    }

    /// Does what a batch of that time asks for, with what follows from that now.
    fn finish(&mut self, mut batch: Batch, then: Now) {
        self.output(&mut batch, then);
        // Entries of batches that were made since have later times.
        let now = self.now();
        self.follow_up(batch, now);
    }

    fn now(&mut self) -> Now {
        self.clock.now(self.pending.as_ref().and_then(Pending::oldest))
    }

    fn is_over(&self) -> bool {
        self.departures.are_over(self.delivery.is_empty(), Instant::now())
    }

    /// Gives the hub what has become due and some of what waits, for one batch.
    fn input(&mut self, first: Option<Item<O>>, now: Now) {
        self.tell_signs_of_life(now);
        self.tell_news_of_the_disk(now);
        self.hub.tick(now, &mut self.batch);
        let (mut next, mut handled) = (first, self.resumed);
        while handled < ROUND
            && !self.hub.is_round_over()
            && let Some(item) =
                self.next_held().or_else(|| next.take()).or_else(|| self.inbox.try_recv().ok())
        {
            if self.is_held(&item) {
                self.held.push_back(item);
            } else {
                self.handle(item, now);
            }
            handled += 1;
        }
    }

    fn takes_lines(&self) -> bool {
        !self.pending.as_ref().is_some_and(Pending::is_full)
    }

    fn next_held(&mut self) -> Option<Item<O>> {
        self.takes_lines().then(|| self.held.pop_front()).flatten()
    }

    /// Whether it has to wait until more is on disk, or behind what waits for that.
    fn is_held(&self, item: &Item<O>) -> bool {
        let is_of = |gone, item: &Item<O>| matches!(item, Item::Lines { session, .. } if *session == gone);
        match item {
            Item::Lines { .. } => !self.takes_lines(),
            Item::Gone { session, .. } => self.held.iter().any(|item| is_of(*session, item)),
            _ => false,
        }
    }

    /// Waits for something to do, or lets others run before more is sent; gives what
    /// came first, if that was it.
    fn wait(&self) -> Option<Item<O>> {
        if !self.batch.is_empty() || !self.drained.is_empty() || self.hub.has_more() {
            return None;
        }
        if self.pending.as_ref().is_some_and(Pending::has_ready)
            || self.takes_lines() && !self.held.is_empty()
        {
            return None;
        }
        if let Some(uptime) = self.delivery.next_at() {
            let pause = uptime.saturating_sub(self.clock.elapsed());
            if !pause.is_zero() {
                // In this short while each line that comes would wake this thread for nothing.
                thread::sleep(pause);
            } else if self.delivery.is_busy() {
                // What clients' threads read now goes to all who are still to come in the
                // pass. With one core they would have to wait for its end. A quiet server
                // must not: another program may keep the core for milliseconds.
                thread::yield_now();
            }
            return None;
        }
        let deadlines = [
            self.hub.next_deadline().and_then(|uptime| self.clock.at(uptime)),
            self.clock.next_ping(),
            self.evictions.next_at(Instant::now()),
            self.departures.until,
        ];
        let deadline = deadlines.into_iter().flatten().min();
        match deadline.map(|deadline| self.inbox.recv_deadline(deadline)) {
            None => self.inbox.recv().ok(),
            Some(Ok(item)) => Some(item),
            Some(Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => None,
        }
    }

    fn handle(&mut self, item: Item<O>, now: Now) {
        match item {
            // Dropped: a connection that comes while the server stops is cut.
            Item::Open(_) if self.departures.is_stopping() => {}
            Item::Open(mut admission) => {
                let (session, from) = (admission.session, admission.from);
                if let Some(outlet) = admission.outlet.take() {
                    self.delivery.add(session, outlet);
                    self.hub.open(session, from, now);
                }
            }
            Item::Lines { session, inputs, ticket } => {
                self.hub.input(session, inputs, now, &mut self.batch);
                // Mostly the client's thread may go on at once. While something is not on disk it
                // waits, so that a session has one item of lines in what is not.
                let waits = self
                    .pending
                    .as_ref()
                    .is_some_and(|pending| !pending.is_empty() || !self.batch.persist.is_empty());
                if waits || self.batch.released.pop_if(|released| *released == session).is_none() {
                    self.tickets.insert(session, ticket);
                }
            }
            Item::Encrypted { session } => self.hub.encrypted(session, now),
            Item::Gone { session, why } => {
                let why = departures::reason(why, self.delivery.is_slow(session));
                self.hub.gone(session, why, now, &mut self.batch);
            }
            Item::Found(found) => self.hub.found(found),
            Item::Checked { id, verdict } => self.hub.checked(id, verdict, now, &mut self.batch),
            // Reports are read whenever a batch is appended, and those of the disk in each round.
            Item::Reported => {}
            Item::Stop => {
                self.departures.stop(Instant::now());
                self.hub.stop(&mut self.batch);
            }
        }
    }

    /// A client that takes something of much that waits for it is alive, and can't answer
    /// a PING before it has come to that.
    fn tell_signs_of_life(&mut self, now: Now) {
        self.delivery.read_reports();
        for session in std::mem::take(&mut self.delivery.took) {
            self.hub.took(session, now);
        }
    }

    fn tell_news_of_the_disk(&mut self, now: Now) {
        let Some(pending) = &mut self.pending else { return };
        pending.read_reports();
        for report in std::mem::take(&mut pending.news) {
            match report {
                Report::Full(is_full) => {
                    self.hub.set_full(is_full, &mut self.batch);
                    self.console.notice(Notice::Full(is_full), now.wall_us);
                }
                Report::Trimmed(count, oldest) => {
                    self.hub.trimmed(oldest);
                    if count > 0 {
                        self.console.notice(Notice::Trimmed(count), now.wall_us);
                    }
                }
                Report::Done(_) => {}
            }
        }
    }

    /// Does what the batch asks for: delivers, tells the console, closes, and lets clients'
    /// threads read on.
    fn output(&mut self, batch: &mut Batch, now: Now) {
        if let Some(pending) = &self.pending {
            pending.look_up(&mut batch.lookups);
        }
        batch.backlogged.iter().for_each(|&session| self.delivery.await_reader(session));
        self.delivery.append(batch);
        self.delivery.send(CALLS, || self.clock.elapsed());
        batch.console.iter().for_each(|event| self.admissions.learn(event));
        self.console.show(&mut batch.console, now.wall_us);
        self.delivery.close(&batch.close, self.departures.timeouts(), Instant::now());
        for session in batch.released.drain(..) {
            self.tickets.remove(&session);
        }
    }

    /// What follows from that: passwords go to be checked, sessions that are over leave, and
    /// the hub is told, for the next batch, which sessions are backlogged, evicted or may go on.
    fn follow_up(&mut self, mut batch: Batch, now: Now) {
        let checks = std::mem::take(&mut batch.checks);
        let gone = std::mem::take(&mut batch.gone);
        if self.batch.is_empty() {
            // Its memory is used again.
            batch.clear();
            self.batch = batch;
        }
        for refused in checks.into_iter().filter_map(|check| self.auth.submit(check)) {
            self.hub.checked(refused, CheckResult::TooMany, now, &mut self.batch);
        }
        for session in self.delivery.backlogged.drain(..) {
            self.hub.backlogged(session);
        }
        self.evictions.waiting.extend(self.delivery.overrun.drain(..));
        for session in self.departures.end(&gone, &mut self.delivery, Instant::now()) {
            self.admissions.release(session);
            // The next client to have the number is another one.
            self.evictions.waiting.remove(&session);
            self.drained.retain(|&other| other != session);
        }
        self.delivery.send_orders();
        if self.delivery.has_room() {
            for session in self.evictions.due(Instant::now()) {
                self.hub.evict(session, Departure::SlowReader, now, &mut self.batch);
            }
            self.resume(now);
        }
    }

    /// Lets some sessions go on whose client has taken all; what follows is for the next round.
    fn resume(&mut self, now: Now) {
        self.drained.extend(self.delivery.drained.drain(..));
        self.resumed = 0;
        while self.resumed < RESUMED
            && let Some(session) = self.drained.pop_front()
        {
            // More may have come since.
            if self.delivery.has_taken_all(session) {
                self.resumed += 1;
                self.hub.drained(session, now, &mut self.batch);
            } else {
                self.delivery.await_reader(session);
            }
        }
    }
}

#[cfg(test)]
mod tests;
