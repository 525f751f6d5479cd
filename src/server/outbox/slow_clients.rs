//! The clients that the slow sender serves: one that is behind or is being closed, and all of them.

use super::backlog::{Backlog, QueuedFrame};
use super::outlet::{Offer, Outlet};
use super::poller::{Interest, Readiness};
use super::protocol::{Bounds, CloseTimeouts, Order, Outcome, STALLED};
use crate::hub::SessionId;
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that are offered at once.
pub(in crate::server) const CHUNK: usize = 64 * 1024;

/// How often it is told that a client reads: often enough that none is missed that does.
const TELLING: Duration = Duration::from_secs(10);

/// Bytes that have waited for less time weigh no less.
const YOUNGEST: Duration = Duration::from_millis(100);

/// Owned by the slow sender.
#[derive(Debug)]
pub(in crate::server) struct SlowClient<O> {
    session: SessionId,
    outlet: Arc<O>,
    backlog: Backlog,
    stage: Stage,
    /// The outlet may have room although nobody has said so: it got something
    /// while it was not waited for.
    untried: bool,
    /// It has ended its half of the stream: when ours is over, that is told.
    is_mute: bool,
    /// When it last took something, or fell behind; and when that was last told.
    took: Instant,
    told: Instant,
    /// Bytes to be taken until all that waited at a moment is, and that moment.
    mark: (usize, Instant),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Gets what waits.
    Behind,
    /// All was sent, and the hub's thread has been told. It may have more on
    /// its way here already; else it sends by itself from now on.
    CaughtUp,
    /// Too much was waiting, and is dropped but for a line already begun. The
    /// hub's thread has been told, and parts from it in its own time.
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
    pub(in crate::server) fn new(session: SessionId, outlet: Arc<O>, now: Instant) -> SlowClient<O> {
        let (backlog, stage) = (Backlog::default(), Stage::Behind);
        let mark = (0, now);
        SlowClient {
            session,
            outlet,
            backlog,
            stage,
            untried: true,
            is_mute: false,
            took: now,
            told: now,
            mark,
        }
    }

    pub(in crate::server) fn session(&self) -> SessionId {
        self.session
    }

    pub(in crate::server) fn outlet(&self) -> &O {
        &self.outlet
    }

    pub(in crate::server) fn is_untried(&self) -> bool {
        self.untried
    }

    /// Bytes that wait for a client that may still get them all; none for others.
    pub(in crate::server) fn hopeful_bytes(&self) -> usize {
        match self.stage {
            Stage::Behind | Stage::Flushing { whole: true, .. } => self.backlog.bytes(),
            _ => 0,
        }
    }

    /// Gives up a client for which more waits than the bounds allow, however well it reads.
    /// Replies do not count: more of them are asked for only when these are taken.
    pub(in crate::server) fn give_up_if_over(&mut self, bounds: &Bounds) -> bool {
        self.hopeful_unasked() > bounds.reading_member && self.give_up()
    }

    /// Gives up a client that takes too little of what waits for it. Only where it has just been
    /// seen to take nothing: that this thread comes late is no fault of a client's.
    fn give_up_if_stuck(&mut self, bounds: &Bounds, now: Instant) -> bool {
        let is_over = self.hopeful_unasked() > bounds.member;
        let timeouts = if is_over { bounds.stuck_after } else { STALLED };
        now >= self.took + timeouts && self.give_up()
    }

    /// Bytes that wait and are no replies, for a client that may still get them all.
    fn hopeful_unasked(&self) -> usize {
        if self.hopeful_bytes() > 0 { self.backlog.unasked() } else { 0 }
    }

    /// The more memory would be free without what waits for it, and the longer some of that has
    /// waited, the sooner it is given up for all others; None where nothing would be. It looks
    /// at every frame that waits.
    pub(in crate::server) fn weight(&self, now: Instant) -> Option<u128> {
        let age = now.saturating_duration_since(self.mark.1).max(YOUNGEST).as_millis();
        (self.hopeful_bytes() > 0).then(|| self.backlog.share() as u128 * age)
    }

    /// Gives up a client that may still get all, if anything waits for it: that is
    /// dropped, but for a line already begun.
    pub(in crate::server) fn give_up(&mut self) -> bool {
        let has_any = self.hopeful_bytes() > 0;
        if has_any {
            self.backlog.keep_begun_line();
            match &mut self.stage {
                Stage::Flushing { whole, .. } => (*whole, self.untried) = (false, true),
                stage => *stage = Stage::GivenUp,
            }
        }
        has_any
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(in crate::server) fn bytes(&self) -> usize {
        self.backlog.bytes()
    }

    /// Bytes that its queue has reserved.
    pub(in crate::server) fn reserved(&self) -> usize {
        self.backlog.reserved()
    }

    /// Appends a frame, of which so many bytes are replies, without its first `taken` bytes.
    pub(in crate::server) fn append(&mut self, frame: Arc<QueuedFrame>, replies: usize, taken: usize) {
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp) {
            self.untried |= self.stage == Stage::CaughtUp;
            self.stage = Stage::Behind;
            self.backlog.push(frame, replies, taken);
        }
    }

    /// Parts from the client: a line already begun, the farewell, the end.
    pub(in crate::server) fn close(
        &mut self,
        farewell: Arc<QueuedFrame>,
        timeouts: CloseTimeouts,
        now: Instant,
    ) {
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp | Stage::GivenUp) {
            self.backlog.keep_begun_line();
            self.backlog.push(farewell, 0, 0);
            self.untried = true;
            self.stage = Stage::Flushing { until: now + timeouts.flush, timeouts, whole: false };
        }
    }

    /// The client has ended its half of the stream, and gets what waits and
    /// then our end. True when that has been.
    pub(in crate::server) fn finish(&mut self, timeouts: CloseTimeouts, now: Instant) -> bool {
        self.is_mute = true;
        if matches!(self.stage, Stage::Behind | Stage::CaughtUp | Stage::GivenUp) {
            let whole = self.stage != Stage::GivenUp;
            self.untried = true;
            self.stage = Stage::Flushing { until: now + timeouts.flush, timeouts, whole };
        }
        self.stage == Stage::Over
    }

    /// None where there is nothing to wait for.
    pub(in crate::server) fn wants(&self, bounds: &Bounds) -> Option<Interest> {
        match self.stage {
            Stage::Behind => {
                let is_over = self.backlog.unasked() > bounds.member;
                let timeouts = if is_over { bounds.stuck_after } else { STALLED };
                Some(Interest { room: true, until: Some(self.took + timeouts) })
            }
            Stage::Flushing { until, .. } => Some(Interest { room: true, until: Some(until) }),
            Stage::Lingering { until } => Some(Interest { room: false, until: Some(until) }),
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => None,
        }
    }

    /// Goes on sending; `chunk` is scratch memory. Tells when a client that was
    /// behind has caught up with this, reads or is given up, or one that is mute has
    /// got the end.
    pub(in crate::server) fn go_on(
        &mut self,
        event: Readiness,
        now: Instant,
        bounds: &Bounds,
        chunk: &mut Vec<u8>,
    ) -> Option<Outcome> {
        let untried = std::mem::take(&mut self.untried);
        let event = if untried { Readiness::Room } else { event };
        let is_late = match self.stage {
            Stage::CaughtUp | Stage::GivenUp | Stage::Over => return None,
            Stage::Behind => false,
            // That this thread comes late is no fault of a client's.
            Stage::Flushing { until, .. } => now >= until && !untried,
            Stage::Lingering { until } => event == Readiness::HungUp || now >= until,
        };
        if is_late {
            // Wakes the client's thread, which then reports the end.
            self.outlet.cut();
            self.end();
        } else if event != Readiness::Nothing {
            let before = self.backlog.bytes();
            self.send(chunk);
            let took = self.backlog.bytes() < before;
            self.took = if took { now } else { self.took };
            let left = self.mark.0.saturating_sub(before - self.backlog.bytes());
            self.mark = if left > 0 { (left, self.mark.1) } else { (self.backlog.bytes(), now) };
            if let Stage::Flushing { until, timeouts, whole: true } = &mut self.stage
                && took
            {
                *until = now + timeouts.flush;
            }
        }
        if self.backlog.bytes() > 0 {
            let is_behind = self.stage == Stage::Behind;
            if is_behind && (self.give_up_if_over(bounds) || self.give_up_if_stuck(bounds, now)) {
                return Some(Outcome::Overrun);
            }
            let tells = is_behind && self.took >= self.told + TELLING;
            self.told = if tells { self.took } else { self.told };
            return tells.then_some(Outcome::Took);
        }
        match self.stage {
            Stage::Behind => self.stage = Stage::CaughtUp,
            Stage::Flushing { timeouts, .. } => {
                self.outlet.finish();
                self.stage = Stage::Lingering { until: now + timeouts.linger };
            }
            Stage::CaughtUp | Stage::GivenUp | Stage::Lingering { .. } | Stage::Over => {}
        }
        match self.stage {
            Stage::CaughtUp => Some(Outcome::CaughtUp),
            Stage::Over if self.is_mute => Some(Outcome::Finished),
            _ => None,
        }
    }

    fn send(&mut self, chunk: &mut Vec<u8>) {
        loop {
            chunk.clear();
            self.backlog.peek(CHUNK, chunk);
            if chunk.is_empty() {
                return;
            }
            match self.outlet.offer(chunk) {
                Offer::Sent => self.backlog.advance(chunk.len()),
                Offer::Partly(count) => return self.backlog.advance(count),
                Offer::Full => return,
                Offer::Gone => {
                    // Wakes the client's thread, which then reports the end.
                    self.outlet.cut();
                    self.backlog.clear();
                    // One that was behind waits for nothing any more.
                    if self.stage != Stage::Behind {
                        self.end();
                    }
                    return;
                }
            }
        }
    }

    fn end(&mut self) {
        self.backlog.clear();
        self.stage = Stage::Over;
    }
}

/// Those that wait for something, with what for.
pub(in crate::server) type Awaited<'a, O> = Vec<(Interest, &'a mut SlowClient<O>)>;

/// Owned by the slow sender.
#[derive(Debug)]
pub(in crate::server) struct SlowClients<O> {
    all: Vec<SlowClient<O>>,
    /// By session number: where it is among all, if it is.
    places: Vec<Option<u32>>,
    /// Given up, or served to the end, and not yet told.
    untold: Vec<(SessionId, Outcome)>,
    /// The last round of orders.
    obeyed: u64,
    /// Scratch memory: what is offered next.
    chunk: Vec<u8>,
}

impl<O> Default for SlowClients<O> {
    fn default() -> SlowClients<O> {
        let (all, places, untold) = (Vec::new(), Vec::new(), Vec::new());
        SlowClients { all, places, untold, obeyed: 0, chunk: Vec::new() }
    }
}

impl<O: Outlet> SlowClients<O> {
    /// Obeys one round of orders.
    pub(in crate::server) fn obey(
        &mut self,
        number: u64,
        orders: Vec<Order<O>>,
        bounds: &Bounds,
        now: Instant,
    ) {
        self.obeyed = number;
        orders.into_iter().for_each(|order| self.obey_one(order, bounds, now));
    }

    fn obey_one(&mut self, order: Order<O>, bounds: &Bounds, obeyed: Instant) {
        match order {
            Order::Queue { frame, replies, sessions } => {
                for session in sessions {
                    if let Some(client) = find(&mut self.all, &self.places, session) {
                        client.append(Arc::clone(&frame), replies, 0);
                        let is_overrun = client.give_up_if_over(bounds);
                        self.untold.extend(is_overrun.then_some((session, Outcome::Overrun)));
                    }
                }
            }
            Order::Adopt { session, outlet, frame, replies, taken } => {
                let client = self.enter(session, outlet, obeyed);
                client.append(frame, replies, taken);
                let is_overrun = client.give_up_if_over(bounds);
                self.untold.extend(is_overrun.then_some((session, Outcome::Overrun)));
            }
            Order::Close { session, outlet, farewell, timeouts, now } => {
                self.enter(session, outlet, obeyed).close(farewell, timeouts, now);
            }
            Order::Finish { session, outlet, timeouts, now } => {
                let is_over = self.enter(session, outlet, obeyed).finish(timeouts, now);
                self.untold.extend(is_over.then_some((session, Outcome::Finished)));
            }
            Order::Forget(session) => self.forget(session),
        }
    }

    /// Where more waits for all than may, gives up those who weigh most until a little of it is
    /// free again: to weigh them costs a look at every frame that waits.
    pub(in crate::server) fn give_up_for_all(
        &mut self,
        live: impl Fn() -> usize,
        bounds: &Bounds,
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
            self.untold.push((client.session(), Outcome::Overrun));
        }
    }

    /// The last round that was obeyed, and what is to be told since the last call.
    pub(in crate::server) fn take_untold(&mut self) -> (u64, Vec<(SessionId, Outcome)>) {
        (self.obeyed, std::mem::take(&mut self.untold))
    }

    /// The last round that was obeyed, scratch memory, and all that wait for something.
    pub(in crate::server) fn awaited(&mut self, bounds: &Bounds) -> (u64, &mut Vec<u8>, Awaited<'_, O>) {
        let awaited = self.all.iter_mut().filter_map(|client| Some((client.wants(bounds)?, client)));
        (self.obeyed, &mut self.chunk, awaited.collect())
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(in crate::server) fn waiting(&self) -> usize {
        self.all.iter().map(SlowClient::bytes).sum()
    }

    #[cfg(test)]
    pub(in crate::server) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Bytes that all queues have reserved.
    pub(in crate::server) fn reserved(&self) -> usize {
        self.all.iter().map(SlowClient::reserved).sum()
    }

    fn enter(&mut self, session: SessionId, outlet: Arc<O>, now: Instant) -> &mut SlowClient<O> {
        if self.places.len() <= session.index() {
            self.places.resize(session.index() + 1, None);
        }
        let place = *self.places[session.index()].get_or_insert_with(|| {
            self.all.push(SlowClient::new(session, outlet, now));
            u32::try_from(self.all.len() - 1).expect("seats are counted by u32")
        });
        &mut self.all[place as usize]
    }

    fn forget(&mut self, session: SessionId) {
        let Some(place) = self.places.get_mut(session.index()).and_then(Option::take) else { return };
        self.all.swap_remove(place as usize);
        // Whoever gets the number next has done nothing.
        self.untold.retain(|&(other, _)| other != session);
        if let Some(moved) = self.all.get(place as usize) {
            self.places[moved.session().index()] = Some(place);
        }
        if self.all.is_empty() {
            // A bad hour leaves nothing behind.
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
