//! The clients that the slow sender serves: one that is behind or is being closed, and all of them.

use super::backlog::{Backlog, QueuedFrame};
use super::orders::{Order, Outcome};
use super::outlet::{Offer, Outlet};
use super::poller::{Interest, Readiness};
use super::slow_client_limits::{CloseTimeouts, STALLED, SlowClientLimits};
use crate::hub::SessionId;
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are offered at once.
pub(crate) const CHUNK: usize = 64 * 1024;

/// How often it is reported that a client reads: often enough that none is missed that does.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// Bytes that have waited for less time weigh no less.
const MIN_AGE: Duration = Duration::from_millis(100);

/// One client. Owned by the slow sender's thread.
#[derive(Debug)]
pub(crate) struct SlowClient<O> {
    pub(crate) session: SessionId,
    pub(crate) outlet: Arc<O>,
    backlog: Backlog,
    /// The outlet has bytes of its own left of what it took.
    owes: bool,
    stage: Stage,
    /// The outlet may have room although the poller has not said so: it got something
    /// while it was not waited for.
    pub(crate) untried: bool,
    /// It has ended its half of the stream: when ours is over, that is reported.
    peer_finished: bool,
    /// When it last took something, or fell behind; and when that was last reported.
    took: Instant,
    reported: Instant,
    /// Bytes to be taken until all that waited at a moment is, and that moment.
    mark: (usize, Instant),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Gets what waits.
    Sending,
    /// All was sent, and that has been reported. The hub's thread may have more on
    /// its way here already; else it sends by itself from now on.
    CaughtUp,
    /// Too much was waiting, and is dropped but for a line already begun. That has been
    /// reported, and the hub's thread closes the client in its own time.
    GivenUp,
    /// What waits is the end of it. Where it is `whole`, nothing of what waited
    /// was dropped: it may be much, and what is taken of it is a sign of life.
    Flushing { until: Instant, timeouts: CloseTimeouts, whole: bool },
    /// Our end is closed; the client may still close its own.
    Lingering { until: Instant },
    /// Nothing more can be sent.
    Over,
}

impl<O: Outlet> SlowClient<O> {
    pub(crate) fn new(session: SessionId, outlet: Arc<O>, now: Instant) -> SlowClient<O> {
        SlowClient {
            session,
            outlet,
            backlog: Backlog::default(),
            owes: false,
            stage: Stage::Sending,
            untried: true,
            peer_finished: false,
            took: now,
            reported: now,
            mark: (0, now),
        }
    }

    /// Bytes that wait for a client that may still get them all; none for others.
    pub(crate) fn hopeful_bytes(&self) -> usize {
        match self.stage {
            Stage::Sending | Stage::Flushing { whole: true, .. } => self.backlog.bytes,
            _ => 0,
        }
    }

    /// Gives up a client for which more waits than the bounds allow, however well it reads.
    /// Replies do not count: more of them are asked for only when these are taken.
    pub(crate) fn give_up_if_over(&mut self, bounds: &SlowClientLimits) -> bool {
        self.hopeful_unasked() > bounds.reading_client && self.give_up()
    }

    /// Gives up a client that takes too little of what waits for it. Only where it has just been
    /// seen to take nothing: that this thread comes late is no fault of a client's.
    fn give_up_if_stuck(&mut self, bounds: &SlowClientLimits, now: Instant) -> bool {
        let is_over = self.hopeful_unasked() > bounds.client;
        let limit = if is_over { bounds.stuck_after } else { STALLED };
        now >= self.took + limit && self.give_up()
    }

    /// Bytes that wait and are no replies, for a client that may still get them all.
    fn hopeful_unasked(&self) -> usize {
        if self.hopeful_bytes() > 0 { self.backlog.unasked } else { 0 }
    }

    /// The more memory would be free without what waits for it, and the longer some of that has
    /// waited, the sooner it is given up for all others; None where nothing would be. It looks
    /// at every frame that waits.
    pub(crate) fn weight(&self, now: Instant) -> Option<u128> {
        let age = now.saturating_duration_since(self.mark.1).max(MIN_AGE).as_millis();
        (self.hopeful_bytes() > 0).then(|| self.backlog.share() as u128 * age)
    }

    /// Gives up a client that may still get all, if anything waits for it: that is
    /// dropped, but for a line already begun.
    pub(crate) fn give_up(&mut self) -> bool {
        let has_any = self.hopeful_bytes() > 0 || (self.owes && self.stage == Stage::Sending);
        if has_any {
            self.drop_backlog();
            match &mut self.stage {
                Stage::Flushing { whole, .. } => (*whole, self.untried) = (false, true),
                stage => *stage = Stage::GivenUp,
            }
        }
        has_any
    }

    /// Drops what waits, but for the rest of a line that was begun and what the outlet has left of
    /// what it took: a part of an encrypted record.
    fn drop_backlog(&mut self) {
        self.backlog.keep_begun_line();
        self.owes |= self.outlet.owes();
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.backlog.bytes
    }

    /// Bytes that its queue has reserved.
    pub(crate) fn reserved(&self) -> usize {
        self.backlog.reserved()
    }

    /// Appends a frame, of which so many bytes are replies, without its first `taken` bytes.
    pub(crate) fn append(&mut self, frame: Arc<QueuedFrame>, replies: usize, taken: usize) {
        if matches!(self.stage, Stage::Sending | Stage::CaughtUp) {
            self.untried |= self.stage == Stage::CaughtUp;
            self.stage = Stage::Sending;
            // Where the outlet took all of it the client is slow because the outlet owes.
            self.owes |= !self.backlog.push(frame, replies, taken);
        }
    }

    /// Closes the client: a line already begun, the farewell, the end.
    pub(crate) fn close(&mut self, farewell: Arc<QueuedFrame>, timeouts: CloseTimeouts, now: Instant) {
        if matches!(self.stage, Stage::Sending | Stage::CaughtUp | Stage::GivenUp) {
            self.drop_backlog();
            self.backlog.push(farewell, 0, 0);
            self.untried = true;
            self.stage = Stage::Flushing { until: now + timeouts.flush, timeouts, whole: false };
        }
    }

    /// The client has ended its half of the stream, and gets what waits and
    /// then our end. True when that has been.
    pub(crate) fn finish(&mut self, timeouts: CloseTimeouts, now: Instant) -> bool {
        self.peer_finished = true;
        if matches!(self.stage, Stage::Sending | Stage::CaughtUp | Stage::GivenUp) {
            let whole = self.stage != Stage::GivenUp;
            self.untried = true;
            self.stage = Stage::Flushing { until: now + timeouts.flush, timeouts, whole };
        }
        self.stage == Stage::Over
    }

    /// None where there is nothing to wait for.
    pub(crate) fn interest(&self, bounds: &SlowClientLimits) -> Option<Interest> {
        match self.stage {
            Stage::Sending => {
                let is_over = self.backlog.unasked > bounds.client;
                let limit = if is_over { bounds.stuck_after } else { STALLED };
                Some(Interest { room: true, until: Some(self.took + limit) })
            }
            Stage::Flushing { until, .. } => Some(Interest { room: true, until: Some(until) }),
            Stage::Lingering { until } => Some(Interest { room: false, until: Some(until) }),
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => None,
        }
    }

    /// Goes on sending; `chunk` is scratch memory. Tells when a client that was
    /// behind has caught up with this, reads or is given up, or one that
    /// has finished sending has got the end.
    pub(crate) fn progress(
        &mut self,
        event: Readiness,
        now: Instant,
        bounds: &SlowClientLimits,
        chunk: &mut Vec<u8>,
    ) -> Option<Outcome> {
        let untried = std::mem::take(&mut self.untried);
        let event = if untried { Readiness::Room } else { event };
        let is_late = match self.stage {
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => return None,
            Stage::Sending => false,
            // That this thread comes late is no fault of a client's.
            Stage::Flushing { until, .. } => now >= until && !untried,
            Stage::Lingering { until } => event == Readiness::HungUp || now >= until,
        };
        if is_late {
            // Wakes the client's thread, which then reports the end.
            self.outlet.cut();
            self.end();
        } else if event != Readiness::Nothing {
            let (before, owed) = (self.backlog.bytes, self.owes);
            self.send(chunk);
            let took = self.backlog.bytes < before || (owed && !self.owes);
            self.took = if took { now } else { self.took };
            let left = self.mark.0.saturating_sub(before - self.backlog.bytes);
            self.mark = if left > 0 { (left, self.mark.1) } else { (self.backlog.bytes, now) };
            if let Stage::Flushing { until, timeouts, whole: true } = &mut self.stage
                && took
            {
                *until = now + timeouts.flush;
            }
        }
        if self.backlog.bytes > 0 || self.owes {
            let is_sending = self.stage == Stage::Sending;
            if is_sending && (self.give_up_if_over(bounds) || self.give_up_if_stuck(bounds, now)) {
                return Some(Outcome::Overrun);
            }
            let is_due = is_sending && self.took >= self.reported + REPORT_INTERVAL;
            self.reported = if is_due { self.took } else { self.reported };
            return is_due.then_some(Outcome::Took);
        }
        match self.stage {
            Stage::Sending => self.stage = Stage::CaughtUp,
            Stage::Flushing { timeouts, .. } => {
                self.outlet.finish();
                self.stage = Stage::Lingering { until: now + timeouts.linger };
            }
            Stage::CaughtUp | Stage::GivenUp | Stage::Lingering { .. } | Stage::Over => {}
        }
        match self.stage {
            Stage::CaughtUp => Some(Outcome::CaughtUp),
            Stage::Over if self.peer_finished => Some(Outcome::Finished),
            _ => None,
        }
    }

    fn send(&mut self, chunk: &mut Vec<u8>) {
        loop {
            chunk.clear();
            self.backlog.peek(CHUNK, chunk);
            if chunk.is_empty() && !self.owes {
                return;
            }
            let offer = self.outlet.offer(chunk);
            match offer {
                Offer::Sent | Offer::Owes => {
                    self.backlog.advance(chunk.len());
                    self.owes = offer == Offer::Owes;
                    if self.owes {
                        return;
                    }
                }
                Offer::Partly(count) => return self.backlog.advance(count),
                Offer::Full => return,
                Offer::Gone => {
                    // Wakes the client's thread, which then reports the end.
                    self.outlet.cut();
                    (self.backlog, self.owes) = (Backlog::default(), false);
                    // One that was behind waits for nothing any more.
                    if self.stage != Stage::Sending {
                        self.end();
                    }
                    return;
                }
            }
        }
    }

    fn end(&mut self) {
        (self.backlog, self.owes, self.stage) = (Backlog::default(), false, Stage::Over);
    }
}

/// Those that wait for something, with what for.
pub(crate) type Awaited<'a, O> = Vec<(Interest, &'a mut SlowClient<O>)>;

/// All of them. Owned by the slow sender's thread.
#[derive(Debug)]
pub(crate) struct SlowClients<O> {
    all: Vec<SlowClient<O>>,
    /// By session number: where it is among all, if it is.
    places: Vec<Option<u32>>,
    /// Given up, or served to the end, and not yet reported.
    unreported: Vec<(SessionId, Outcome)>,
    /// The last round of orders.
    obeyed: u64,
    /// Scratch memory: what is offered next.
    chunk: Vec<u8>,
}

impl<O> Default for SlowClients<O> {
    fn default() -> SlowClients<O> {
        let (all, places, unreported) = (Vec::new(), Vec::new(), Vec::new());
        SlowClients { all, places, unreported, obeyed: 0, chunk: Vec::new() }
    }
}

impl<O: Outlet> SlowClients<O> {
    /// Obeys one round of orders.
    pub(crate) fn obey(
        &mut self,
        number: u64,
        orders: Vec<Order<O>>,
        bounds: &SlowClientLimits,
        now: Instant,
    ) {
        self.obeyed = number;
        orders.into_iter().for_each(|order| self.obey_one(order, bounds, now));
    }

    fn obey_one(&mut self, order: Order<O>, bounds: &SlowClientLimits, obeyed: Instant) {
        match order {
            Order::Queue { frame, replies, sessions } => {
                for session in sessions {
                    if let Some(client) = find(&mut self.all, &self.places, session) {
                        client.append(Arc::clone(&frame), replies, 0);
                        let is_overrun = client.give_up_if_over(bounds);
                        self.unreported.extend(is_overrun.then_some((session, Outcome::Overrun)));
                    }
                }
            }
            Order::Adopt { session, outlet, frame, replies, taken } => {
                let client = self.enter(session, outlet, obeyed);
                client.append(frame, replies, taken);
                let is_overrun = client.give_up_if_over(bounds);
                self.unreported.extend(is_overrun.then_some((session, Outcome::Overrun)));
            }
            Order::Close { session, outlet, farewell, timeouts, now } => {
                self.enter(session, outlet, obeyed).close(farewell, timeouts, now);
            }
            Order::Finish { session, outlet, timeouts, now } => {
                let is_over = self.enter(session, outlet, obeyed).finish(timeouts, now);
                self.unreported.extend(is_over.then_some((session, Outcome::Finished)));
            }
            Order::Forget(session) => self.forget(session),
        }
    }

    /// Where more waits for all than may, gives up the clients that weigh most until a little of it is
    /// free again: to weigh them costs a look at every frame that waits.
    pub(crate) fn give_up_for_all(
        &mut self,
        live: impl Fn() -> usize,
        bounds: &SlowClientLimits,
        now: Instant,
    ) {
        let mut reserved = self.reserved();
        if live() + reserved <= bounds.live {
            return;
        }
        let weighed = self.all.iter_mut().filter_map(|client| Some((client.weight(now)?, client)));
        let mut heaviest: Vec<(u128, &mut SlowClient<O>)> = weighed.collect();
        heaviest.sort_by_key(|(weight, _)| Reverse(*weight));
        for (_, client) in heaviest {
            if live() + reserved <= bounds.live - bounds.live / 16 {
                return;
            }
            let before = client.reserved();
            client.give_up();
            reserved -= before - client.reserved();
            self.unreported.push((client.session, Outcome::Overrun));
        }
    }

    /// The last round that was obeyed, and what is to be reported since the last call.
    pub(crate) fn take_unreported(&mut self) -> (u64, Vec<(SessionId, Outcome)>) {
        (self.obeyed, std::mem::take(&mut self.unreported))
    }

    /// The last round that was obeyed, scratch memory, and all that wait for something.
    pub(crate) fn awaited(&mut self, bounds: &SlowClientLimits) -> (u64, &mut Vec<u8>, Awaited<'_, O>) {
        let awaited = self.all.iter_mut().filter_map(|client| Some((client.interest(bounds)?, client)));
        (self.obeyed, &mut self.chunk, awaited.collect())
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.all.iter().map(SlowClient::bytes).sum()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Bytes that all queues have reserved.
    pub(crate) fn reserved(&self) -> usize {
        self.all.iter().map(SlowClient::reserved).sum()
    }

    fn enter(&mut self, session: SessionId, outlet: Arc<O>, now: Instant) -> &mut SlowClient<O> {
        if self.places.len() <= session.index() {
            self.places.resize(session.index() + 1, None);
        }
        let place = *self.places[session.index()].get_or_insert_with(|| {
            self.all.push(SlowClient::new(session, outlet, now));
            u32::try_from(self.all.len() - 1).expect("sessions are counted by u32")
        });
        &mut self.all[place as usize]
    }

    fn forget(&mut self, session: SessionId) {
        let Some(place) = self.places.get_mut(session.index()).and_then(Option::take) else { return };
        self.all.swap_remove(place as usize);
        // Another client gets the number next: what was not reported is about this one.
        self.unreported.retain(|&(other, _)| other != session);
        if let Some(moved) = self.all.get(place as usize) {
            self.places[moved.session.index()] = Some(place);
        }
        if self.all.is_empty() {
            // Memory that was needed for many is given back.
            self.all = Vec::new();
            self.places = Vec::new();
            self.chunk = Vec::new();
        }
    }
}

fn find<'a, O>(
    all: &'a mut [SlowClient<O>],
    places: &[Option<u32>],
    session: SessionId,
) -> Option<&'a mut SlowClient<O>> {
    let place = (*places.get(session.index())?)?;
    all.get_mut(place as usize)
}

#[cfg(test)]
mod tests;
