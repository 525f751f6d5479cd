//! The hub's thread: takes what waits, lets the hub turn it into one batch,
//! and does what the batch asks for. The only thread that knows the hub.

use super::bell::Bell;
use super::console::Console;
use super::delivery::Delivery;
use super::inbox::{Item, Ticket};
use super::outlet::Outlet;
use super::passwords::Door;
use super::seats::Seats;
use super::straggler::Patience;
use crate::hub::{Batch, CheckId, Close, Departure, Hub, Input, Now, SeatId, Verdict};
use crossbeam::channel::{Receiver, RecvTimeoutError};
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Items of one round: bounds how long the first of them waits for its delivery.
const ROUND: usize = 256;

/// Sending calls until the hub has its turn again: about a third of a millisecond.
const CALLS: usize = 64;

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

/// Lines that wait until their client has taken what it was sent.
#[derive(Debug, Default)]
struct Rest {
    /// Of at most two items.
    inputs: Vec<Input>,
    /// Of the second one: there is no third before it is dropped.
    ticket: Option<Ticket>,
    /// The client has ended its half of the stream after them.
    is_last: bool,
}

pub(super) struct Rounds<'a, O: Outlet, B> {
    hub: Hub,
    /// Dropped at the end: senders then learn that nobody listens.
    inbox: Receiver<Item<O>>,
    delivery: Delivery<'a, O, B>,
    console: Console,
    seats: &'a Seats,
    passwords: Door,
    clock: Clock,
    batch: Batch,
    /// By their seats.
    rests: BTreeMap<SeatId, Rest>,
    /// Seats whose last item came in this round, and whether they may still read.
    gone: Vec<(SeatId, bool)>,
    /// Slow readers still to be parted from; at most all seats.
    overrun: BTreeSet<SeatId>,
    /// When the next of them may be.
    next_eviction: Instant,
    /// Set once the server stops: when it ends at the latest.
    until: Option<Instant>,
}

impl<'a, O: Outlet, B: Bell<O>> Rounds<'a, O, B> {
    pub(super) fn new(
        hub: Hub,
        inbox: Receiver<Item<O>>,
        delivery: Delivery<'a, O, B>,
        console: Console,
        seats: &'a Seats,
        passwords: Door,
    ) -> Rounds<'a, O, B> {
        let now = Instant::now();
        Rounds {
            hub,
            inbox,
            delivery,
            console,
            seats,
            passwords,
            clock: Clock(now),
            batch: Batch::default(),
            rests: BTreeMap::new(),
            gone: Vec::new(),
            overrun: BTreeSet::new(),
            next_eviction: now,
            until: None,
        }
    }

    /// The thread's whole life: until the server has stopped and everybody is
    /// gone, or has had time enough to be.
    pub(super) fn run(mut self) {
        while !self.is_over() {
            let first = self.wait();
            let now = self.clock.now();
            self.hub.tick(now, &mut self.batch);
            let most = if self.delivery.has_room() { ROUND } else { 0 };
            let more = self.inbox.try_iter().take(most);
            // The iterator borrows the inbox while the hub is at work.
            let items: Vec<Item<O>> = first.into_iter().chain(more).collect();
            items.into_iter().for_each(|item| self.take(item, now));
            self.act(now);
        }
        self.delivery.end_all();
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.delivery.is_empty() || Instant::now() >= until)
    }

    /// Waits for something to do; gives what came first, if that was it.
    fn wait(&self) -> Option<Item<O>> {
        if !self.batch.is_empty() || !self.delivery.has_room() {
            return None;
        }
        if let Some(uptime) = self.delivery.next_at() {
            // In this short while each line that comes would wake this thread for nothing.
            thread::sleep(uptime.saturating_sub(self.clock.uptime()));
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
                let (seat, from) = (admission.seat, admission.from);
                if let Some(outlet) = admission.accept() {
                    self.delivery.add(seat, outlet);
                    self.hub.open(seat, from, now, &mut self.batch);
                }
            }
            Item::Lines { seat, inputs, ticket } => match self.rests.get_mut(&seat) {
                Some(rest) => {
                    rest.inputs.extend(inputs);
                    rest.ticket = Some(ticket);
                }
                None => {
                    drop(ticket);
                    self.hear(seat, Rest { inputs, ..Rest::default() }, now);
                }
            },
            Item::Gone { seat, why } => self.take_last(seat, why, now),
            Item::Checked { id, verdict } => self.hub.checked(id, verdict, now, &mut self.batch),
            // Reports are read at the beginning of every round's delivery.
            Item::Reported => {}
            Item::Stop => {
                self.until = Some(Instant::now() + STOPPING);
                self.hub.stop(now, &mut self.batch);
            }
        }
    }

    /// Lets the hub have lines, as many as it takes.
    fn hear(&mut self, seat: SeatId, mut rest: Rest, now: Now) {
        rest.inputs = self.hub.input(seat, rest.inputs, now, &mut self.batch);
        match (rest.inputs.is_empty(), rest.is_last) {
            (false, _) => drop(self.rests.insert(seat, rest)),
            (true, true) => self.lose(seat, Departure::Closed, now),
            (true, false) => {}
        }
    }

    fn take_last(&mut self, seat: SeatId, why: Departure, now: Now) {
        match self.rests.get_mut(&seat) {
            Some(rest) if why == Departure::Closed => rest.is_last = true,
            // Nobody reads what comes of these, but they were accepted.
            Some(rest) => {
                let mut inputs = std::mem::take(&mut rest.inputs);
                self.rests.remove(&seat);
                while !inputs.is_empty() {
                    inputs = self.hub.input(seat, inputs, now, &mut self.batch);
                }
                self.lose(seat, why, now);
            }
            None => self.lose(seat, why, now),
        }
    }

    fn lose(&mut self, seat: SeatId, why: Departure, now: Now) {
        self.gone.push((seat, why == Departure::Closed));
        self.hub.gone(seat, why, now, &mut self.batch);
    }

    /// Lets those go on who have taken what they were sent; it is for the next round.
    fn go_on(&mut self, now: Now) {
        let ready = self.rests.keys().copied().filter(|&seat| self.delivery.has_taken_all(seat));
        for seat in ready.collect::<Vec<_>>() {
            if let Some(rest) = self.rests.remove(&seat) {
                self.hear(seat, rest, now);
            }
        }
    }

    /// Does what the batch asks for. What follows from that is for the next round.
    fn act(&mut self, now: Now) {
        let patience = if self.until.is_some() { Patience::STOPPING } else { Patience::USUAL };
        self.delivery.append(&self.batch);
        self.delivery.send(CALLS, || self.clock.uptime());
        self.batch.facts.iter().for_each(|fact| self.seats.learn(fact));
        self.console.tell(&mut self.batch.facts, now.wall_us);
        self.delivery.close(&self.batch.close, patience, Instant::now());
        let closed = std::mem::take(&mut self.batch.close);
        let untaken = self.batch.checks.drain(..).filter_map(|check| self.passwords.hand(check).err());
        let untaken: Vec<CheckId> = untaken.collect();
        self.batch.clear();
        for Close { seat, .. } in closed {
            // Who is parted from is heard no more.
            if self.rests.remove(&seat).is_some_and(|rest| rest.is_last) {
                self.lose(seat, Departure::Closed, now);
            }
        }
        for id in untaken {
            self.hub.checked(id, Verdict::TooMany, now, &mut self.batch);
        }
        self.overrun.extend(self.delivery.take_overrun());
        let mut over = self.delivery.take_over();
        for (seat, may_read) in self.gone.drain(..) {
            let is_over = !may_read || self.delivery.finish(seat, patience, Instant::now());
            if is_over {
                self.delivery.remove(seat);
                over.push(seat);
            }
        }
        for seat in over {
            self.seats.release(seat);
            // Whoever gets the number next has done nothing.
            self.overrun.remove(&seat);
        }
        self.delivery.hand_over(!self.rests.is_empty());
        self.evict(now);
        self.go_on(now);
    }

    fn evict(&mut self, now: Now) {
        if self.overrun.is_empty() || Instant::now() < self.next_eviction {
            return;
        }
        for _ in 0..EVICTIONS {
            let Some(seat) = self.overrun.pop_first() else { break };
            self.hub.evict(seat, Departure::SlowReader, now, &mut self.batch);
        }
        self.next_eviction = Instant::now() + BETWEEN_EVICTIONS;
    }
}
