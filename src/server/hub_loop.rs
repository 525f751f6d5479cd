//! The hub's thread: takes some of what waits, lets the hub turn it into one batch,
//! and does what the batch asks for, sending to a few at a time. The only thread
//! that knows the hub.

use crate::hub::{Batch, CheckId, Departure, Gone, Hub, Now, SessionId, Verdict};
use crate::server::accept::admission::Admissions;
use crate::server::connection::inbox::{Item, Ticket};
use crate::server::console::thread::Console;
use crate::server::outbox::delivery::Delivery;
use crate::server::outbox::outlet::Outlet;
use crate::server::outbox::poller::Poller;
use crate::server::outbox::protocol::CloseTimeouts;
use crate::server::passwords::AuthClient;
use crossbeam::channel::{Receiver, RecvTimeoutError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Items of one round, and clients who go on: bounds how long those who are being sent
/// to wait for the next calls, and the memory that a round takes. No more than [`CALLS`],
/// so that an answer to each of them leaves before the next. Fewer where the hub says that
/// it has done enough for one round: what is left of those whose lines cause much is done in
/// the next ones, and a wish to stop is heard between them.
const ROUND: usize = 16;
/// Clients who go on in one round: as many others are heard.
const RESUMED: usize = ROUND / 2;
/// Sending calls until the hub has its turn again. Few, so that what comes meanwhile goes
/// to most of those still to be sent to: sixteen take about a tenth of a millisecond.
const CALLS: usize = 16;

/// Slow readers that are parted from at once: each leaving is told to whole
/// rooms, and those who read well must not wait for a thousand of them.
const EVICTIONS: usize = 8;
/// Until the next of them.
const BETWEEN_EVICTIONS: Duration = Duration::from_millis(10);

/// How long a stopping server waits for everybody to be gone: longer than any
/// member is granted.
const STOPPING: Duration = Duration::from_secs(2);

/// Wall clock and uptime together.
#[derive(Debug, Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn now(self) -> Now {
        Now { wall_us: wall_us(), uptime: self.uptime() }
    }

    fn uptime(self) -> Duration {
        self.0.elapsed()
    }

    fn at(self, uptime: Duration) -> Instant {
        self.0 + uptime
    }
}

/// µs since the Unix epoch.
pub(super) fn wall_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

pub(super) struct HubLoop<'a, O: Outlet, B> {
    hub: Hub,
    /// Dropped at the end: senders then learn that nobody listens.
    inbox: Receiver<Item<O>>,
    delivery: Delivery<'a, O, B>,
    console: Console,
    admissions: &'a Admissions,
    passwords: AuthClient,
    clock: Clock,
    batch: Batch,
    /// Of clients who may send no more until the hub releases them: one for each.
    tickets: BTreeMap<SessionId, Ticket>,
    /// Admissions whose client has taken all that it was sent, for whom the hub waits; each once.
    drained: VecDeque<SessionId>,
    /// How many of them went on for the next round.
    resumed: usize,
    /// Slow readers still to be parted from; at most all admissions.
    overrun: BTreeSet<SessionId>,
    /// When the next of them may be.
    next_eviction: Instant,
    /// Set once the server stops: when it ends at the latest.
    until: Option<Instant>,
}

impl<'a, O: Outlet, B: Poller<O>> HubLoop<'a, O, B> {
    pub(super) fn new(
        hub: Hub,
        inbox: Receiver<Item<O>>,
        delivery: Delivery<'a, O, B>,
        console: Console,
        admissions: &'a Admissions,
        passwords: AuthClient,
    ) -> HubLoop<'a, O, B> {
        let now = Instant::now();
        HubLoop {
            hub,
            inbox,
            delivery,
            console,
            admissions,
            passwords,
            clock: Clock(now),
            batch: Batch::default(),
            tickets: BTreeMap::new(),
            drained: VecDeque::new(),
            resumed: 0,
            overrun: BTreeSet::new(),
            next_eviction: now,
            until: None,
        }
    }

    /// The thread's whole life: until the server has stopped and everybody is
    /// gone, or has had time enough to be.
    pub(super) fn run(mut self) {
        while !self.is_over() {
            self.turn();
        }
        self.delivery.end_all();
    }

    /// One round of the hub, where there is room for what follows from it, and a
    /// few calls of what is to be sent.
    fn turn(&mut self) {
        let has_room = self.delivery.has_room();
        let first = if has_room { self.wait() } else { None };
        let now = self.clock.now();
        if has_room {
            self.tell_signs_of_life(now);
            self.hub.tick(now, &mut self.batch);
            let (mut next, mut heard) = (first, self.resumed);
            while heard < ROUND
                && !self.hub.is_round_over()
                && let Some(item) = next.take().or_else(|| self.inbox.try_recv().ok())
            {
                self.take(item, now);
                heard += 1;
            }
        }
        self.act(now);
        if self.delivery.has_room() {
            self.evict(now);
            self.go_on(now);
        }
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.delivery.is_empty() || Instant::now() >= until)
    }

    /// Waits for something to do, or lets others run before more is sent; gives what
    /// came first, if that was it.
    fn wait(&self) -> Option<Item<O>> {
        if !self.batch.is_empty() || !self.drained.is_empty() || self.hub.has_more() {
            return None;
        }
        if let Some(uptime) = self.delivery.next_at() {
            let pause = uptime.saturating_sub(self.clock.uptime());
            if !pause.is_zero() {
                // In this short while each line that comes would wake this thread for nothing.
                thread::sleep(pause);
            } else if self.delivery.is_busy() {
                // What clients' threads read now goes to all who are still to come in the
                // sweep. With one core they would have to wait for its end. A quiet server
                // must not: another program may keep the core for milliseconds.
                thread::yield_now();
            }
            return None;
        }
        let deadline = self.hub.next_deadline().map(|uptime| self.clock.at(uptime));
        let eviction = (!self.overrun.is_empty()).then_some(self.next_eviction);
        let deadline = deadline.into_iter().chain(eviction).chain(self.until).min();
        match deadline.map(|deadline| self.inbox.recv_deadline(deadline)) {
            None => self.inbox.recv().ok(),
            Some(Ok(item)) => Some(item),
            Some(Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => None,
        }
    }

    fn take(&mut self, item: Item<O>, now: Now) {
        match item {
            // Dropped: whoever comes while the server stops is cut.
            Item::Open(_) if self.until.is_some() => {}
            Item::Open(admission) => {
                let (session, from) = (admission.session, admission.from);
                if let Some(outlet) = admission.accept() {
                    self.delivery.add(session, outlet);
                    self.hub.open(session, from, now, &mut self.batch);
                }
            }
            Item::Lines { session, inputs, ticket } => {
                self.hub.input(session, inputs, now, &mut self.batch);
                // Mostly the client's thread may go on at once.
                if self.batch.released.pop_if(|released| *released == session).is_none() {
                    self.tickets.insert(session, ticket);
                }
            }
            Item::Gone { session, why } => {
                // One that acknowledges nothing while much waits for it may be there and not read.
                let is_slow = why == Departure::TimedOut && self.delivery.is_behind(session);
                let why = if is_slow { Departure::SlowReader } else { why };
                self.hub.gone(session, why, now, &mut self.batch);
            }
            Item::Checked { id, verdict } => self.hub.checked(id, verdict, now, &mut self.batch),
            // Reports are read whenever a batch is appended.
            Item::Reported => {}
            Item::Stop => {
                self.until = Some(Instant::now() + STOPPING);
                self.hub.stop(now, &mut self.batch);
            }
        }
    }

    /// A client that takes something of much that waits for it is alive, and can't answer
    /// a PING before it has come to that.
    fn tell_signs_of_life(&mut self, now: Now) {
        self.delivery.hear();
        for session in self.delivery.take_took() {
            self.hub.took(session, now);
        }
    }

    /// Lets some go on who have taken what they were sent; it is for the next round.
    fn go_on(&mut self, now: Now) {
        self.drained.extend(self.delivery.take_drained());
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

    /// Does what the batch asks for. What follows from that is for the next round.
    fn act(&mut self, now: Now) {
        let timeouts = if self.until.is_some() { CloseTimeouts::STOPPING } else { CloseTimeouts::USUAL };
        self.batch.backlogged.iter().for_each(|&session| self.delivery.await_reader(session));
        self.delivery.append(&self.batch);
        self.delivery.send(CALLS, || self.clock.uptime());
        self.batch.facts.iter().for_each(|fact| self.admissions.learn(fact));
        self.console.tell(&mut self.batch.facts, now.wall_us);
        self.delivery.close(&self.batch.close, timeouts, Instant::now());
        for session in self.batch.released.drain(..) {
            self.tickets.remove(&session);
        }
        let gone = std::mem::take(&mut self.batch.gone);
        let untaken = self.batch.checks.drain(..).filter_map(|check| self.passwords.hand(check));
        let untaken: Vec<CheckId> = untaken.collect();
        self.batch.clear();
        for id in untaken {
            self.hub.checked(id, Verdict::TooMany, now, &mut self.batch);
        }
        for session in self.delivery.take_backlogged() {
            self.hub.backlogged(session);
        }
        self.overrun.extend(self.delivery.take_overrun());
        let mut over = self.delivery.take_finished();
        for Gone { session, may_read } in gone {
            let is_over = !may_read || self.delivery.finish(session, timeouts, Instant::now());
            if is_over {
                self.delivery.remove(session);
                over.push(session);
            }
        }
        for session in over {
            self.admissions.release(session);
            // The next to have the number would be closed for it.
            self.overrun.remove(&session);
            self.drained.retain(|&other| other != session);
        }
        self.delivery.send_orders();
    }

    fn evict(&mut self, now: Now) {
        if self.overrun.is_empty() || Instant::now() < self.next_eviction {
            return;
        }
        for _ in 0..EVICTIONS {
            let Some(session) = self.overrun.pop_first() else { break };
            self.hub.evict(session, Departure::SlowReader, now, &mut self.batch);
        }
        self.next_eviction = Instant::now() + BETWEEN_EVICTIONS;
    }
}

#[cfg(test)]
mod tests;
