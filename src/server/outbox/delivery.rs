//! All members, and how frames get to them: what comes for a member is appended
//! to what it gets next, and leaves in one call when its turn has come.
//!
//! * What the hub gives is appended in its order before it gives more; who is
//!   sent to when is decided apart from that ([`super::scheduler`]). So a member gets, in
//!   one call, all that has come until that very moment.
//! * A member is *direct* (only this thread sends, and what is to be sent stands on
//!   the plan), or *behind* (only the slow sender sends: it gets what comes at
//!   once, and nothing stands on the plan). [`super::slow_sender`] says how one becomes
//!   the other.
//! * On the plan are at most [`FRAMES`] frames and [`BYTES`] for many, and what one
//!   round of the hub adds to that: then everybody is sent to before there is more.
//! * After a few calls the hub may have its turn. What it has for one member alone
//!   is sent next: while the plan isn't full, no answer waits until a big room has
//!   been told something.

use super::backlog::QueuedFrame;
use super::outlet::{Offer, Outlet};
use super::plan::{NodeId, SendPlan};
use super::poller::Poller;
use super::protocol::{CloseTimeouts, Order, Outcome, Report};
use super::scheduler::SendScheduler;
use super::slow_sender::SlowSender;
use crate::hub::{Batch, Close, ENOUGH, Receivers, SessionId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames on the plan from which on it is full.
const FRAMES: usize = 256;
/// Bytes of frames for more than one member, again: what a socket takes at once
/// is four times as much.
const BYTES: usize = 32 * 1024;

/// All members, and how frames get to them. Owned by the hub's thread.
#[derive(Debug)]
pub(in crate::server) struct Delivery<'a, O: Outlet, B> {
    /// By session number.
    members: Vec<Option<Member<O>>>,
    count: usize,
    /// What is to be sent to those who are direct.
    plan: SendPlan,
    scheduler: SendScheduler,
    /// Scratch memory: receivers of a batch that are not direct.
    others: Vec<SessionId>,
    slow_sender: &'a SlowSender<O, B>,
    /// For the slow sender, at the end of this round.
    orders: Vec<Order<O>>,
    round: u64,
    /// Members for whom too much waits: to be evicted.
    overrun: Vec<SessionId>,
    /// Members that have taken some of what waits for them: a sign of life.
    took: Vec<SessionId>,
    /// Members that are behind and are still to take much of what they asked for; each is
    /// named once, and awaited from then on.
    backlogged: Vec<SessionId>,
    /// Members whose lines wait until they have taken all.
    awaited: BTreeSet<SessionId>,
    /// Those of them that have, or are lost. Named once, and awaited no more.
    drained: Vec<SessionId>,
    /// Members that were finishing and have got the end.
    over: Vec<SessionId>,
}

/// One client as the hub's thread sees it.
#[derive(Debug)]
struct Member<O> {
    /// Shared with the slow sender while that serves it.
    outlet: Arc<O>,
    state: SendState,
}

#[derive(Debug, Clone, Copy)]
enum SendState {
    /// Nothing waits, and only this thread sends.
    Direct,
    /// Only the slow sender sends: since a round, and with more in a last one. So many
    /// bytes are what it asked for, since then or of what was not taken first.
    Behind { since: u64, last: u64, replies: u32 },
    /// It has been given its last line.
    Closing,
    /// It has ended its half of the stream, and is gone once it has what waits.
    Finishing,
}

impl<'a, O: Outlet, B: Poller<O>> Delivery<'a, O, B> {
    pub(in crate::server) fn new(slow_sender: &'a SlowSender<O, B>) -> Delivery<'a, O, B> {
        Delivery {
            members: Vec::new(),
            count: 0,
            plan: SendPlan::new(),
            scheduler: SendScheduler::default(),
            others: Vec::new(),
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

    pub(in crate::server) fn add(&mut self, session: SessionId, outlet: Arc<O>) {
        let index = session.index();
        if index >= self.members.len() {
            self.members.resize_with(index + 1, || None);
        }
        self.plan.add(session);
        let member = Member { outlet, state: SendState::Direct };
        self.count += usize::from(self.members[index].replace(member).is_none());
    }

    /// Forgets a member; its socket closes with the last who knows it.
    pub(in crate::server) fn remove(&mut self, session: SessionId) {
        self.plan.strike(session);
        self.awaited.remove(&session);
        self.drained.retain(|&other| other != session);
        let member = self.members.get_mut(session.index()).and_then(Option::take);
        if let Some(Member { outlet, state }) = member {
            self.count -= 1;
            outlet.cut();
            if !matches!(state, SendState::Direct) {
                self.orders.push(Order::Forget(session));
            }
        }
    }

    /// Lets a member go that has ended its half of the stream. True where
    /// nothing waits for it and it is forgotten; else [`Delivery::take_finished`]
    /// gives it when it has got the end.
    pub(in crate::server) fn finish(
        &mut self,
        session: SessionId,
        timeouts: CloseTimeouts,
        now: Instant,
    ) -> bool {
        self.flush(session);
        let Some(Some(member)) = self.members.get_mut(session.index()) else { return true };
        if matches!(member.state, SendState::Direct) && !member.outlet.owes() {
            self.remove(session);
            return true;
        }
        member.state = SendState::Finishing;
        let outlet = Arc::clone(&member.outlet);
        self.orders.push(Order::Finish { session, outlet, timeouts, now });
        false
    }

    /// Members that were finishing and are forgotten now.
    pub(in crate::server) fn take_finished(&mut self) -> Vec<SessionId> {
        let over = std::mem::take(&mut self.over);
        over.iter().for_each(|&session| self.remove(session));
        over
    }

    pub(in crate::server) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Appends a batch to what its receivers get.
    pub(in crate::server) fn append(&mut self, batch: &Batch) {
        self.hear();
        let Delivery { members, plan, scheduler, others, backlogged, awaited, .. } = self;
        for parcel in batch.parcels() {
            let only = parcel.to.only();
            plan.append(parcel, |session| match members.get(session.index()) {
                Some(Some(Member { state: SendState::Direct, .. })) if only.is_none() => {
                    scheduler.enter(session)
                }
                Some(Some(Member { state: SendState::Direct, .. })) => {}
                _ => others.push(session),
            });
            if let Some(session) = only {
                scheduler.hurry(session);
            }
            if let Receivers::One(session) = parcel.to
                && let Some(Some(Member { state: SendState::Behind { replies, .. }, .. })) =
                    members.get_mut(session.index())
            {
                *replies = replies.saturating_add(bytes(parcel.bytes.len()));
                if *replies >= bytes(ENOUGH) && awaited.insert(*session) {
                    backlogged.push(*session);
                }
            }
        }
        self.queue();
    }

    /// Whether the hub may give more; else what it gave is to be sent first.
    pub(in crate::server) fn has_room(&self) -> bool {
        self.plan.frames() < FRAMES && self.plan.shared_bytes() < BYTES
    }

    /// Uptime at which somebody is to be sent to, if there is anything to send; while
    /// there is no room nobody waits for it.
    pub(in crate::server) fn next_at(&self) -> Option<Duration> {
        self.scheduler.next_at()
    }

    /// Whether much is sent, and hardly anything of it joined.
    pub(in crate::server) fn is_busy(&self) -> bool {
        self.scheduler.is_busy()
    }

    /// Sends to those whose turn it is, to each in one call, and to `most` of them.
    pub(in crate::server) fn send(&mut self, most: usize, uptime: impl Fn() -> Duration) {
        let (now, hurried) = (uptime(), !self.has_room());
        let mut next = Vec::with_capacity(most.min(self.count));
        while next.len() < most
            && let Some(session) = self.scheduler.next(now, hurried)
        {
            next.extend(self.plan.take(session).map(|node| (session, node)));
        }
        self.call(&next);
        let frames = next.iter().map(|&(_, node)| self.plan.depth(node)).sum();
        self.scheduler.count(next.len(), frames, uptime());
        self.plan.rest();
    }

    /// Ends connections, each after its last line.
    pub(in crate::server) fn close(&mut self, closes: &[Close], timeouts: CloseTimeouts, now: Instant) {
        for Close { session, farewell } in closes {
            self.flush(*session);
            let Some(Some(member)) = self.members.get_mut(session.index()) else { continue };
            if matches!(member.state, SendState::Direct | SendState::Behind { .. }) {
                member.state = SendState::Closing;
                let farewell = QueuedFrame::new(Arc::clone(farewell), self.slow_sender.ledger());
                let outlet = Arc::clone(&member.outlet);
                self.orders.push(Order::Close { session: *session, outlet, farewell, timeouts, now });
            }
        }
    }

    /// Whether a member has taken all that it was sent, or is none any more.
    pub(in crate::server) fn has_taken_all(&self, session: SessionId) -> bool {
        let member = self.members.get(session.index()).and_then(Option::as_ref);
        member.is_none_or(|member| matches!(member.state, SendState::Direct)) && !self.plan.has(session)
    }

    /// Whether more waits for a member than its socket has taken.
    pub(in crate::server) fn is_behind(&self, session: SessionId) -> bool {
        let member = self.members.get(session.index()).and_then(Option::as_ref);
        member.is_some_and(|member| matches!(member.state, SendState::Behind { .. }))
    }

    /// Tells by [`Delivery::take_drained`] when a member has taken all that it was sent. For
    /// one that has something to take.
    pub(in crate::server) fn await_reader(&mut self, session: SessionId) {
        self.awaited.insert(session);
    }

    /// Members that came to have all that they were sent, or are lost, since the
    /// last call, of those that are awaited; more may have come for them.
    pub(in crate::server) fn take_drained(&mut self) -> impl Iterator<Item = SessionId> + '_ {
        self.drained.drain(..)
    }

    /// Members that have asked for so much and not taken it, since the last call, that
    /// nothing more that they ask for is to be done before they have. They are awaited.
    pub(in crate::server) fn take_backlogged(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.backlogged)
    }

    /// Members that have taken some of what waits for them since the last call.
    pub(in crate::server) fn take_took(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.took)
    }

    /// Ends a round: what it has for the slow sender goes there. That is to
    /// tell at once who has caught up where somebody's lines wait for it.
    pub(in crate::server) fn send_orders(&mut self) {
        let wait = !self.awaited.is_empty();
        self.slow_sender.wait_for_readers(wait);
        if !self.orders.is_empty() {
            self.slow_sender.order(self.round, std::mem::take(&mut self.orders));
            self.round += 1;
        }
        if wait {
            // Who had caught up before that is told of no second time. Not before the orders
            // are given: they look at the reports, too.
            self.hear();
        }
    }

    /// Who has to go because too much waits for them, or for all together.
    pub(in crate::server) fn take_overrun(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.overrun)
    }

    /// Wakes everybody's thread; for the very end.
    pub(in crate::server) fn end_all(&mut self) {
        for member in self.members.drain(..).flatten() {
            member.outlet.cut();
        }
        self.count = 0;
    }

    /// Takes notice of what the slow sender has reported. A report may be
    /// older than what was ordered since, or of somebody who had the number before.
    pub(in crate::server) fn hear(&mut self) {
        for report in self.slow_sender.reports() {
            self.learn(report);
        }
    }

    fn learn(&mut self, Report { session, what, obeyed }: Report) {
        let Some(Some(member)) = self.members.get_mut(session.index()) else { return };
        match (member.state, what) {
            (SendState::Behind { last, .. }, Outcome::CaughtUp) if last <= obeyed => {
                member.state = SendState::Direct;
                self.took.push(session);
                self.ease(session);
                self.orders.push(Order::Forget(session));
            }
            (SendState::Behind { since, .. }, Outcome::Overrun) if since <= obeyed => {
                self.overrun.push(session)
            }
            (SendState::Behind { since, .. }, Outcome::Took) if since <= obeyed => self.took.push(session),
            (SendState::Finishing, Outcome::Finished) => self.over.push(session),
            _ => {}
        }
    }

    /// Gives everybody all of a batch.
    #[cfg(test)]
    pub(in crate::server) fn deliver_all(&mut self, batch: &Batch) {
        self.append(batch);
        self.send(usize::MAX, || Duration::ZERO);
    }

    /// Members that the slow sender serves.
    #[cfg(test)]
    pub(in crate::server) fn behind(&self) -> usize {
        let members = self.members.iter().flatten();
        members.filter(|member| matches!(member.state, SendState::Behind { .. })).count()
    }

    #[cfg(test)]
    pub(in crate::server) fn is_awaited(&self, session: SessionId) -> bool {
        self.awaited.contains(&session)
    }

    /// Sends to a member out of turn.
    fn flush(&mut self, session: SessionId) {
        if let Some(node) = self.plan.take(session) {
            self.call(&[(session, node)]);
        }
    }

    /// Offers to members that are direct what stands at their leaves, in calls with nothing
    /// between them: each leaves so little of ours in the nearest caches that what the next
    /// one needs is looked up before, and what follows from it is done afterwards. For the same
    /// reason memory is asked for once: to grow it, or to collect in place, was 5 % dearer.
    fn call(&mut self, next: &[(SessionId, NodeId)]) {
        let mut calls = Vec::with_capacity(next.len());
        calls.extend(next.iter().filter_map(|&(session, node)| {
            let member = self.members.get(session.index())?.as_ref()?;
            Some((session, node, &*member.outlet, self.plan.bytes(node)))
        }));
        // In a big room that has been quiet nothing of its members is in any cache. Read for
        // all of these calls at once, the waits for it overlap: a fifth of a µs for each of them.
        calls.iter().for_each(|(_, _, outlet, _)| outlet.prefetch());
        let offers: Vec<_> = calls
            .iter()
            .map(|&(session, node, outlet, bytes)| (session, node, outlet.offer(bytes)))
            .collect();
        offers.into_iter().for_each(|(session, node, offer)| self.settle(session, node, offer));
    }

    /// Does what follows from an offer.
    fn settle(&mut self, session: SessionId, node: NodeId, offer: Offer) {
        let Some(Some(member)) = self.members.get_mut(session.index()) else { return };
        debug_assert!(matches!(member.state, SendState::Direct), "nothing stands on the plan for others");
        let taken = match offer {
            Offer::Sent => return self.ease(session),
            Offer::Gone => {
                // Wakes the client's thread, which then reports the end.
                member.outlet.cut();
                return self.ease(session);
            }
            Offer::Partly(count) => count,
            Offer::Full => 0,
        };
        let (all, replies) = (self.plan.bytes(node).len(), self.plan.replies(node));
        let left = bytes(replies.min(all - taken));
        member.state = SendState::Behind { since: self.round, last: self.round, replies: left };
        if left >= bytes(ENOUGH) && self.awaited.insert(session) {
            self.backlogged.push(session);
        }
        let outlet = Arc::clone(&member.outlet);
        let frame = self.plan.waiting(node, self.slow_sender.ledger());
        self.orders.push(Order::Adopt { session, outlet, frame, taken, replies });
    }

    /// A member came to have all that it was sent, or is lost.
    fn ease(&mut self, session: SessionId) {
        if !self.awaited.is_empty() && self.awaited.remove(&session) {
            self.drained.push(session);
        }
    }

    /// Orders what has come for members that are behind. For those that are
    /// closing there is no more.
    fn queue(&mut self) {
        let mut queued: Vec<(NodeId, SessionId)> = Vec::new();
        for session in self.others.drain(..) {
            let node = self.plan.take(session);
            let member = self.members.get_mut(session.index()).and_then(Option::as_mut);
            let state = member.map(|member| &mut member.state);
            if let (Some(node), Some(SendState::Behind { last, .. })) = (node, state) {
                *last = self.round;
                queued.push((node, session));
            }
        }
        queued.sort_unstable();
        for same in queued.chunk_by(|(a, _), (b, _)| a == b) {
            let frame = self.plan.waiting(same[0].0, self.slow_sender.ledger());
            let sessions = same.iter().map(|&(_, session)| session).collect();
            let replies = self.plan.replies(same[0].0);
            self.orders.push(Order::Queue { frame, replies, sessions });
        }
    }
}

/// As many bytes in a number that a member has room for.
fn bytes(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
