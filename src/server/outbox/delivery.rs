//! All clients, and how frames get to them: what comes for a client is appended to what it
//! gets next, and leaves in one call.
//!
//! * What the hub gives is appended in its order before it gives more; which client is sent to
//!   when is decided apart from that ([`super::scheduler`]). So a client gets, in one call, all
//!   that has come until that very moment.
//! * The plan holds at most [`FRAMES`] frames and [`BYTES`] for more than one client, and what
//!   one round of the hub adds to that: then everybody is sent to before there is more.
//! * After a few calls the hub has its next round. What it has for one client alone is sent
//!   next: while the plan isn't full, no reply waits until a big room has been told something.

use super::backlog::QueuedFrame;
use super::orders::{Order, Outcome, Report};
use super::outlet::{Offer, Outlet};
use super::plan::{NodeId, SendPlan};
use super::poller::Poller;
use super::scheduler::SendScheduler;
use super::slow_client_limits::CloseTimeouts;
use super::slow_sender::SlowSender;
use crate::hub::{Batch, Close, REPLY_BACKLOG_BYTES, Recipients, SessionId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames in the plan from which on it is full.
const FRAMES: usize = 256;
/// Bytes of frames for more than one client from which on it is full: a quarter of what a
/// socket takes at once.
const BYTES: usize = 32 * 1024;

/// All clients, and how frames get to them. Owned by the hub's thread.
#[derive(Debug)]
pub(crate) struct Delivery<'a, O: Outlet, B> {
    /// By session number.
    clients: Vec<Option<Client<O>>>,
    count: usize,
    /// What is to be sent to clients that are direct.
    plan: SendPlan,
    scheduler: SendScheduler,
    /// Scratch memory: receivers of a batch that are not direct.
    not_direct: Vec<SessionId>,
    slow_sender: &'a SlowSender<O, B>,
    /// For the slow sender, given at the end of this round.
    orders: Vec<Order<O>>,
    round: u64,
    /// Clients for whom, or for all together, too much waits: to be evicted. This list and the next
    /// three are emptied by the hub's thread.
    pub(crate) overrun: Vec<SessionId>,
    /// Clients that have taken some of what waits for them: a sign of life.
    pub(crate) took: Vec<SessionId>,
    /// Clients that are slow and have still to take much of what they asked for: nothing more that
    /// they ask for is to be done before they have. Each is named once, and awaited from then on.
    pub(crate) backlogged: Vec<SessionId>,
    /// Clients whose lines wait until they have taken all.
    awaited: BTreeSet<SessionId>,
    /// Those of the awaited that have, or are lost; more may have come for them. Each is named once,
    /// and awaited no more.
    pub(crate) drained: Vec<SessionId>,
    /// Clients that were finishing and have got the end.
    over: Vec<SessionId>,
}

/// One client as the hub's thread sees it.
#[derive(Debug)]
struct Client<O> {
    /// Shared with the slow sender while that serves it.
    outlet: Arc<O>,
    state: SendState,
}

#[derive(Debug, Clone, Copy)]
enum SendState {
    /// Nothing waits, and only this thread sends.
    Direct,
    /// Only the slow sender sends: from the orders of round `since` on, with more in round
    /// `last`. Of what waits at most `replies` bytes are what it asked for.
    Slow { since: u64, last: u64, replies: u32 },
    /// It has been given its last line.
    Closing,
    /// It has ended its half of the stream, and is gone once it has what waits.
    Finishing,
}

impl<'a, O: Outlet, B: Poller<O>> Delivery<'a, O, B> {
    pub(crate) fn new(slow_sender: &'a SlowSender<O, B>) -> Delivery<'a, O, B> {
        Delivery {
            clients: Vec::new(),
            count: 0,
            plan: SendPlan::new(),
            scheduler: SendScheduler::default(),
            not_direct: Vec::new(),
            slow_sender,
            orders: Vec::new(),
            // The slow sender has obeyed round 0 before the first.
            round: 1,
            overrun: Vec::new(),
            took: Vec::new(),
            backlogged: Vec::new(),
            awaited: BTreeSet::new(),
            drained: Vec::new(),
            over: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, session: SessionId, outlet: Arc<O>) {
        let index = session.index();
        if index >= self.clients.len() {
            self.clients.resize_with(index + 1, || None);
        }
        self.plan.add(session);
        let client = Client { outlet, state: SendState::Direct };
        self.count += usize::from(self.clients[index].replace(client).is_none());
    }

    /// Forgets a client; its socket closes when the last thread that holds it drops it.
    pub(crate) fn remove(&mut self, session: SessionId) {
        self.plan.reset(session);
        self.awaited.remove(&session);
        self.drained.retain(|&other| other != session);
        let client = self.clients.get_mut(session.index()).and_then(Option::take);
        if let Some(Client { outlet, state }) = client {
            self.count -= 1;
            outlet.cut();
            if !matches!(state, SendState::Direct) {
                self.orders.push(Order::Forget(session));
            }
        }
    }

    /// Lets a client go that has ended its half of the stream. True where
    /// nothing waits for it and it is forgotten; else [`Delivery::take_finished`]
    /// gives it when it has got the end.
    pub(crate) fn finish(&mut self, session: SessionId, timeouts: CloseTimeouts, now: Instant) -> bool {
        self.flush(session);
        let Some(Some(client)) = self.clients.get_mut(session.index()) else { return true };
        if matches!(client.state, SendState::Direct) && !client.outlet.owes() {
            client.outlet.finish();
            self.remove(session);
            return true;
        }
        client.state = SendState::Finishing;
        let outlet = Arc::clone(&client.outlet);
        self.orders.push(Order::Finish { session, outlet, timeouts, now });
        false
    }

    /// Clients that were finishing and are forgotten now.
    pub(crate) fn take_finished(&mut self) -> Vec<SessionId> {
        let over = std::mem::take(&mut self.over);
        over.iter().for_each(|&session| self.remove(session));
        over
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Appends a batch to what its receivers get.
    pub(crate) fn append(&mut self, batch: &Batch) {
        self.read_reports();
        let Delivery { clients, plan, scheduler, not_direct, backlogged, awaited, .. } = self;
        for parcel in batch.parcels() {
            let only = parcel.to.only();
            plan.append(parcel, |session| match clients.get(session.index()) {
                Some(Some(Client { state: SendState::Direct, .. })) if only.is_none() => {
                    scheduler.add(session)
                }
                Some(Some(Client { state: SendState::Direct, .. })) => {}
                _ => not_direct.push(session),
            });
            if let Some(session) = only {
                scheduler.add_urgent(session);
            }
            if let Recipients::One(session) = parcel.to
                && let Some(Some(Client { state: SendState::Slow { replies, .. }, .. })) =
                    clients.get_mut(session.index())
            {
                *replies = replies.saturating_add(bytes(parcel.bytes.len()));
                if *replies >= bytes(REPLY_BACKLOG_BYTES) && awaited.insert(*session) {
                    backlogged.push(*session);
                }
            }
        }
        self.order_queued();
    }

    /// Whether the hub may give more; else what it gave is to be sent first.
    pub(crate) fn has_room(&self) -> bool {
        self.plan.frames < FRAMES && self.plan.shared_bytes < BYTES
    }

    /// Uptime at which a client is to be sent to, if there is anything to send; while the plan
    /// is full that is not waited for.
    pub(crate) fn next_at(&self) -> Option<Duration> {
        self.scheduler.next_at()
    }

    /// Whether much is sent, and hardly anything of it joined.
    pub(crate) fn is_busy(&self) -> bool {
        self.scheduler.is_busy()
    }

    /// Sends to the next clients, to each in one call, and to `most` of them.
    pub(crate) fn send(&mut self, most: usize, uptime: impl Fn() -> Duration) {
        let (now, at_once) = (uptime(), !self.has_room());
        let mut next = Vec::with_capacity(most.min(self.count));
        while next.len() < most
            && let Some(session) = self.scheduler.next(now, at_once)
        {
            next.extend(self.plan.take(session).map(|node| (session, node)));
        }
        self.offer_all(&next);
        let frames = next.iter().map(|&(_, node)| self.plan.depth(node)).sum();
        self.scheduler.count(next.len(), frames, uptime());
        self.plan.end_generation();
    }

    /// Ends connections, each after its last line.
    pub(crate) fn close(&mut self, closes: &[Close], timeouts: CloseTimeouts, now: Instant) {
        for Close { session, farewell } in closes {
            self.flush(*session);
            let Some(Some(client)) = self.clients.get_mut(session.index()) else { continue };
            if matches!(client.state, SendState::Direct | SendState::Slow { .. }) {
                client.state = SendState::Closing;
                let farewell = QueuedFrame::new(Arc::clone(farewell), &self.slow_sender.ledger);
                let outlet = Arc::clone(&client.outlet);
                self.orders.push(Order::Close { session: *session, outlet, farewell, timeouts, now });
            }
        }
    }

    /// Whether a client has taken all that it was sent, or is none any more.
    pub(crate) fn has_taken_all(&self, session: SessionId) -> bool {
        let client = self.clients.get(session.index()).and_then(Option::as_ref);
        client.is_none_or(|client| matches!(client.state, SendState::Direct)) && !self.plan.has(session)
    }

    /// Whether more waits for a client than its outlet has taken.
    pub(crate) fn is_slow(&self, session: SessionId) -> bool {
        let client = self.clients.get(session.index()).and_then(Option::as_ref);
        client.is_some_and(|client| matches!(client.state, SendState::Slow { .. }))
    }

    /// Tells by [`Delivery::drained`] when a client has taken all that it was sent. For
    /// one that has something to take.
    pub(crate) fn await_reader(&mut self, session: SessionId) {
        self.awaited.insert(session);
    }

    /// Ends a round: what it has for the slow sender goes there. That is to
    /// tell at once who has caught up where somebody's lines wait for it.
    pub(crate) fn send_orders(&mut self) {
        let wait = !self.awaited.is_empty();
        self.slow_sender.wait_for_readers(wait);
        if !self.orders.is_empty() {
            self.slow_sender.order(self.round, std::mem::take(&mut self.orders));
            self.round += 1;
        }
        if wait {
            // A client that had caught up before that is reported no second time. Not before the
            // orders are given: giving them looks at the reports, too.
            self.read_reports();
        }
    }

    /// Wakes everybody's thread; for the very end.
    pub(crate) fn end_all(&mut self) {
        for client in self.clients.drain(..).flatten() {
            client.outlet.cut();
        }
        self.count = 0;
    }

    /// Reads what the slow sender has reported. A report may be older than what was ordered
    /// since, or about a client that had the number before.
    pub(crate) fn read_reports(&mut self) {
        for report in self.slow_sender.reports() {
            self.apply_report(report);
        }
    }

    fn apply_report(&mut self, Report { session, what, obeyed }: Report) {
        let Some(Some(client)) = self.clients.get_mut(session.index()) else { return };
        match (client.state, what) {
            (SendState::Slow { last, .. }, Outcome::CaughtUp) if last <= obeyed => {
                client.state = SendState::Direct;
                self.took.push(session);
                self.mark_drained(session);
                self.orders.push(Order::Forget(session));
            }
            (SendState::Slow { since, .. }, Outcome::Overrun) if since <= obeyed => {
                self.overrun.push(session)
            }
            (SendState::Slow { since, .. }, Outcome::Took) if since <= obeyed => self.took.push(session),
            (SendState::Finishing, Outcome::Finished) => self.over.push(session),
            _ => {}
        }
    }

    /// Gives everybody all of a batch.
    #[cfg(test)]
    pub(crate) fn deliver_all(&mut self, batch: &Batch) {
        self.append(batch);
        self.send(usize::MAX, || Duration::ZERO);
    }

    /// Clients that the slow sender serves.
    #[cfg(test)]
    pub(crate) fn slow(&self) -> usize {
        let clients = self.clients.iter().flatten();
        clients.filter(|client| matches!(client.state, SendState::Slow { .. })).count()
    }

    #[cfg(test)]
    pub(crate) fn is_awaited(&self, session: SessionId) -> bool {
        self.awaited.contains(&session)
    }

    /// Sends to a client at once.
    fn flush(&mut self, session: SessionId) {
        if let Some(node) = self.plan.take(session) {
            self.offer_all(&[(session, node)]);
        }
    }

    /// Offers to clients that are direct what stands at their nodes, in calls with nothing
    /// between them: each leaves so little of ours in the nearest caches that what the next
    /// one needs is looked up before, and what follows from it is done afterwards. For the same
    /// reason memory is asked for once: to grow it, or to collect in place, was 5 % dearer.
    fn offer_all(&mut self, next: &[(SessionId, NodeId)]) {
        let mut calls = Vec::with_capacity(next.len());
        calls.extend(next.iter().filter_map(|&(session, node)| {
            let client = self.clients.get(session.index())?.as_ref()?;
            Some((session, node, &*client.outlet, self.plan.bytes(node)))
        }));
        // In a big room that has been quiet nothing of its clients is in any cache. Read for
        // all of these calls at once, the waits for it overlap: a fifth of a µs for each of them.
        calls.iter().for_each(|(_, _, outlet, _)| outlet.prefetch());
        let offers: Vec<_> = calls
            .iter()
            .map(|&(session, node, outlet, bytes)| (session, node, outlet.offer(bytes)))
            .collect();
        offers.into_iter().for_each(|(session, node, offer)| self.handle_offer(session, node, offer));
    }

    /// Does what follows from an offer.
    fn handle_offer(&mut self, session: SessionId, node: NodeId, offer: Offer) {
        let Some(Some(client)) = self.clients.get_mut(session.index()) else { return };
        debug_assert!(
            matches!(client.state, SendState::Direct),
            "nothing is planned for a client that is not direct"
        );
        let taken = match offer {
            Offer::Sent => return self.mark_drained(session),
            Offer::Gone => {
                // Wakes the client's thread, which then reports the end.
                client.outlet.cut();
                return self.mark_drained(session);
            }
            Offer::Owes => usize::MAX,
            Offer::Partly(count) => count,
            Offer::Full => 0,
        };
        let (all, replies) = (self.plan.bytes(node).len(), self.plan.replies(node));
        let taken = taken.min(all);
        let left = bytes(replies.min(all - taken));
        client.state = SendState::Slow { since: self.round, last: self.round, replies: left };
        if left >= bytes(REPLY_BACKLOG_BYTES) && self.awaited.insert(session) {
            self.backlogged.push(session);
        }
        let outlet = Arc::clone(&client.outlet);
        let frame = self.plan.waiting(node, &self.slow_sender.ledger);
        self.orders.push(Order::Adopt { session, outlet, frame, taken, replies });
    }

    /// A client has all that it was sent, or is lost.
    fn mark_drained(&mut self, session: SessionId) {
        if !self.awaited.is_empty() && self.awaited.remove(&session) {
            self.drained.push(session);
        }
    }

    /// Orders what has come for slow clients. For those that are being closed there is no more.
    fn order_queued(&mut self) {
        let mut queued: Vec<(NodeId, SessionId)> = Vec::new();
        for session in self.not_direct.drain(..) {
            let node = self.plan.take(session);
            let client = self.clients.get_mut(session.index()).and_then(Option::as_mut);
            let state = client.map(|client| &mut client.state);
            if let (Some(node), Some(SendState::Slow { last, .. })) = (node, state) {
                *last = self.round;
                queued.push((node, session));
            }
        }
        queued.sort_unstable();
        for same in queued.chunk_by(|(a, _), (b, _)| a == b) {
            let frame = self.plan.waiting(same[0].0, &self.slow_sender.ledger);
            let sessions = same.iter().map(|&(_, session)| session).collect();
            let replies = self.plan.replies(same[0].0);
            self.orders.push(Order::Queue { frame, replies, sessions });
        }
    }
}

/// As many bytes in a number that a client has room for.
fn bytes(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
