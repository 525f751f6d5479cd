//! All members, and how frames get to them: what comes for a member is appended
//! to what it gets next, and leaves in one call when its turn has come.
//!
//! * What the hub gives is appended in its order before it gives more; who is
//!   sent to when is decided apart from that ([`super::turns`]). So a member gets, in
//!   one call, all that has come until that very moment.
//! * A member is *direct* (only this thread sends, and what is to be sent stands on
//!   the sheet), or *behind* (only the spill thread sends: it gets what comes at
//!   once, and nothing stands on the sheet). [`super::spill`] says how one becomes
//!   the other.
//! * On the sheet are at most [`FRAMES`] frames and [`BYTES`] for many, and what one
//!   round of the hub adds to that: then everybody is sent to before there is more.
//! * After a few calls the hub may have its turn. What it has for one member alone
//!   is sent next: while the sheet isn't full, no answer waits until a big room has
//!   been told something.

use super::backlog::Waiting;
use super::bell::Bell;
use super::outlet::{Offer, Outlet};
use super::sheet::{Leaf, Sheet};
use super::spill::{Order, Outcome, Report, Spill};
use super::straggler::Patience;
use super::turns::Turns;
use crate::hub::{Batch, Close, ENOUGH, Receivers, SessionId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames on the sheet from which on it is full.
const FRAMES: usize = 256;
/// Bytes of frames for more than one member, again: what a socket takes at once
/// is four times as much.
const BYTES: usize = 32 * 1024;

/// All members, and how frames get to them. Owned by the hub's thread.
#[derive(Debug)]
pub(super) struct Delivery<'a, O: Outlet, B> {
    /// By seat number.
    members: Vec<Option<Member<O>>>,
    count: usize,
    /// What is to be sent to those who are direct.
    sheet: Sheet,
    turns: Turns,
    /// Scratch memory: receivers of a batch that are not direct.
    others: Vec<SessionId>,
    spill: &'a Spill<O, B>,
    /// For the spill thread, at the end of this round.
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
    /// Shared with the spill thread while that serves it.
    outlet: Arc<O>,
    standing: Standing,
}

#[derive(Debug, Clone, Copy)]
enum Standing {
    /// Nothing waits, and only this thread sends.
    Direct,
    /// Only the spill thread sends: since a round, and with more in a last one. So many
    /// bytes are what it asked for, since then or of what was not taken first.
    Behind { since: u64, last: u64, replies: u32 },
    /// It has been given its last line.
    Parting,
    /// It has ended its half of the stream, and is gone once it has what waits.
    Finishing,
}

impl<'a, O: Outlet, B: Bell<O>> Delivery<'a, O, B> {
    pub(super) fn new(spill: &'a Spill<O, B>) -> Delivery<'a, O, B> {
        Delivery {
            members: Vec::new(),
            count: 0,
            sheet: Sheet::new(),
            turns: Turns::default(),
            others: Vec::new(),
            spill,
            orders: Vec::new(),
            // The spill thread has obeyed round 0 before the first.
            round: 1,
            overrun: Vec::new(),
            took: Vec::new(),
            backlogged: Vec::new(),
            awaited: BTreeSet::new(),
            drained: Vec::new(),
            over: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, seat: SessionId, outlet: Arc<O>) {
        let index = seat.index();
        if index >= self.members.len() {
            self.members.resize_with(index + 1, || None);
        }
        self.sheet.add(seat);
        let member = Member { outlet, standing: Standing::Direct };
        self.count += usize::from(self.members[index].replace(member).is_none());
    }

    /// Forgets a member; its socket closes with the last who knows it.
    pub(super) fn remove(&mut self, seat: SessionId) {
        self.sheet.strike(seat);
        self.awaited.remove(&seat);
        self.drained.retain(|&other| other != seat);
        let member = self.members.get_mut(seat.index()).and_then(Option::take);
        if let Some(Member { outlet, standing }) = member {
            self.count -= 1;
            outlet.cut();
            if !matches!(standing, Standing::Direct) {
                self.orders.push(Order::Forget(seat));
            }
        }
    }

    /// Lets a member go that has ended its half of the stream. True where
    /// nothing waits for it and it is forgotten; else [`Delivery::take_over`]
    /// gives it when it has got the end.
    pub(super) fn finish(&mut self, seat: SessionId, patience: Patience, now: Instant) -> bool {
        self.flush(seat);
        let Some(Some(member)) = self.members.get_mut(seat.index()) else { return true };
        if matches!(member.standing, Standing::Direct) && !member.outlet.owes() {
            self.remove(seat);
            return true;
        }
        member.standing = Standing::Finishing;
        let outlet = Arc::clone(&member.outlet);
        self.orders.push(Order::Finish { seat, outlet, patience, now });
        false
    }

    /// Members that were finishing and are forgotten now.
    pub(super) fn take_over(&mut self) -> Vec<SessionId> {
        let over = std::mem::take(&mut self.over);
        over.iter().for_each(|&seat| self.remove(seat));
        over
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Appends a batch to what its receivers get.
    pub(super) fn append(&mut self, batch: &Batch) {
        self.hear();
        let Delivery { members, sheet, turns, others, backlogged, awaited, .. } = self;
        for parcel in batch.parcels() {
            let only = parcel.to.only();
            sheet.append(parcel, |seat| match members.get(seat.index()) {
                Some(Some(Member { standing: Standing::Direct, .. })) if only.is_none() => turns.enter(seat),
                Some(Some(Member { standing: Standing::Direct, .. })) => {}
                _ => others.push(seat),
            });
            if let Some(seat) = only {
                turns.hurry(seat);
            }
            if let Receivers::One(seat) = parcel.to
                && let Some(Some(Member { standing: Standing::Behind { replies, .. }, .. })) =
                    members.get_mut(seat.index())
            {
                *replies = replies.saturating_add(bytes(parcel.bytes.len()));
                if *replies >= bytes(ENOUGH) && awaited.insert(*seat) {
                    backlogged.push(*seat);
                }
            }
        }
        self.queue();
    }

    /// Whether the hub may give more; else what it gave is to be sent first.
    pub(super) fn has_room(&self) -> bool {
        self.sheet.frames() < FRAMES && self.sheet.shared_bytes() < BYTES
    }

    /// Uptime at which somebody is to be sent to, if there is anything to send; while
    /// there is no room nobody waits for it.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.turns.next_at()
    }

    /// Whether much is sent, and hardly anything of it joined.
    pub(super) fn is_busy(&self) -> bool {
        self.turns.is_busy()
    }

    /// Sends to those whose turn it is, to each in one call, and to `most` of them.
    pub(super) fn send(&mut self, most: usize, uptime: impl Fn() -> Duration) {
        let (now, hurried) = (uptime(), !self.has_room());
        let mut next = Vec::with_capacity(most.min(self.count));
        while next.len() < most
            && let Some(seat) = self.turns.next(now, hurried)
        {
            next.extend(self.sheet.take(seat).map(|leaf| (seat, leaf)));
        }
        self.call(&next);
        let frames = next.iter().map(|&(_, leaf)| self.sheet.depth(leaf)).sum();
        self.turns.count(next.len(), frames, uptime());
        self.sheet.rest();
    }

    /// Ends connections, each after its last line.
    pub(super) fn close(&mut self, closes: &[Close], patience: Patience, now: Instant) {
        for Close { session: seat, farewell } in closes {
            self.flush(*seat);
            let Some(Some(member)) = self.members.get_mut(seat.index()) else { continue };
            if matches!(member.standing, Standing::Direct | Standing::Behind { .. }) {
                member.standing = Standing::Parting;
                let farewell = Waiting::new(Arc::clone(farewell), self.spill.ledger());
                let outlet = Arc::clone(&member.outlet);
                self.orders.push(Order::Part { seat: *seat, outlet, farewell, patience, now });
            }
        }
    }

    /// Whether a member has taken all that it was sent, or is none any more.
    pub(super) fn has_taken_all(&self, seat: SessionId) -> bool {
        let member = self.members.get(seat.index()).and_then(Option::as_ref);
        member.is_none_or(|member| matches!(member.standing, Standing::Direct)) && !self.sheet.has(seat)
    }

    /// Whether more waits for a member than its socket has taken.
    pub(super) fn is_behind(&self, seat: SessionId) -> bool {
        let member = self.members.get(seat.index()).and_then(Option::as_ref);
        member.is_some_and(|member| matches!(member.standing, Standing::Behind { .. }))
    }

    /// Tells by [`Delivery::take_drained`] when a member has taken all that it was sent. For
    /// one that has something to take.
    pub(super) fn await_reader(&mut self, seat: SessionId) {
        self.awaited.insert(seat);
    }

    /// Members that came to have all that they were sent, or are lost, since the
    /// last call, of those that are awaited; more may have come for them.
    pub(super) fn take_drained(&mut self) -> impl Iterator<Item = SessionId> + '_ {
        self.drained.drain(..)
    }

    /// Members that have asked for so much and not taken it, since the last call, that
    /// nothing more that they ask for is to be done before they have. They are awaited.
    pub(super) fn take_backlogged(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.backlogged)
    }

    /// Members that have taken some of what waits for them since the last call.
    pub(super) fn take_took(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.took)
    }

    /// Ends a round: what it has for the spill thread goes there. That is to
    /// tell at once who has caught up where somebody's lines wait for it.
    pub(super) fn hand_over(&mut self) {
        let wait = !self.awaited.is_empty();
        self.spill.wait_for_readers(wait);
        if !self.orders.is_empty() {
            self.spill.order(self.round, std::mem::take(&mut self.orders));
            self.round += 1;
        }
        if wait {
            // Who had caught up before that is told of no second time. Not before the orders
            // are given: they look at the reports, too.
            self.hear();
        }
    }

    /// Who has to go because too much waits for them, or for all together.
    pub(super) fn take_overrun(&mut self) -> Vec<SessionId> {
        std::mem::take(&mut self.overrun)
    }

    /// Wakes everybody's thread; for the very end.
    pub(super) fn end_all(&mut self) {
        for member in self.members.drain(..).flatten() {
            member.outlet.cut();
        }
        self.count = 0;
    }

    /// Takes notice of what the spill thread has reported. A report may be
    /// older than what was ordered since, or of somebody who had the number before.
    pub(super) fn hear(&mut self) {
        for report in self.spill.reports() {
            self.learn(report);
        }
    }

    fn learn(&mut self, Report { seat, what, obeyed }: Report) {
        let Some(Some(member)) = self.members.get_mut(seat.index()) else { return };
        match (member.standing, what) {
            (Standing::Behind { last, .. }, Outcome::CaughtUp) if last <= obeyed => {
                member.standing = Standing::Direct;
                self.took.push(seat);
                self.ease(seat);
                self.orders.push(Order::Forget(seat));
            }
            (Standing::Behind { since, .. }, Outcome::Overrun) if since <= obeyed => self.overrun.push(seat),
            (Standing::Behind { since, .. }, Outcome::Took) if since <= obeyed => self.took.push(seat),
            (Standing::Finishing, Outcome::Over) => self.over.push(seat),
            _ => {}
        }
    }

    /// Gives everybody all of a batch.
    #[cfg(test)]
    pub(super) fn deliver_all(&mut self, batch: &Batch) {
        self.append(batch);
        self.send(usize::MAX, || Duration::ZERO);
    }

    /// Members that the spill thread serves.
    #[cfg(test)]
    pub(super) fn behind(&self) -> usize {
        let members = self.members.iter().flatten();
        members.filter(|member| matches!(member.standing, Standing::Behind { .. })).count()
    }

    #[cfg(test)]
    pub(super) fn is_awaited(&self, seat: SessionId) -> bool {
        self.awaited.contains(&seat)
    }

    /// Sends to a member out of turn.
    fn flush(&mut self, seat: SessionId) {
        if let Some(leaf) = self.sheet.take(seat) {
            self.call(&[(seat, leaf)]);
        }
    }

    /// Offers to members that are direct what stands at their leaves, in calls with nothing
    /// between them: each leaves so little of ours in the nearest caches that what the next
    /// one needs is looked up before, and what follows from it is done afterwards. For the same
    /// reason memory is asked for once: to grow it, or to collect in place, was 5 % dearer.
    fn call(&mut self, next: &[(SessionId, Leaf)]) {
        let mut calls = Vec::with_capacity(next.len());
        calls.extend(next.iter().filter_map(|&(seat, leaf)| {
            let member = self.members.get(seat.index())?.as_ref()?;
            Some((seat, leaf, &*member.outlet, self.sheet.bytes(leaf)))
        }));
        // In a big room that has been quiet nothing of its members is in any cache. Read for
        // all of these calls at once, the waits for it overlap: a fifth of a µs for each of them.
        calls.iter().for_each(|(_, _, outlet, _)| outlet.prefetch());
        let offers: Vec<_> =
            calls.iter().map(|&(seat, leaf, outlet, bytes)| (seat, leaf, outlet.offer(bytes))).collect();
        offers.into_iter().for_each(|(seat, leaf, offer)| self.settle(seat, leaf, offer));
    }

    /// Does what follows from an offer.
    fn settle(&mut self, seat: SessionId, leaf: Leaf, offer: Offer) {
        let Some(Some(member)) = self.members.get_mut(seat.index()) else { return };
        debug_assert!(matches!(member.standing, Standing::Direct), "nothing stands on the sheet for others");
        let taken = match offer {
            Offer::Sent => return self.ease(seat),
            Offer::Gone => {
                // Wakes the client's thread, which then reports the end.
                member.outlet.cut();
                return self.ease(seat);
            }
            Offer::Partly(count) => count,
            Offer::Full => 0,
        };
        let (all, replies) = (self.sheet.bytes(leaf).len(), self.sheet.replies(leaf));
        let left = bytes(replies.min(all - taken));
        member.standing = Standing::Behind { since: self.round, last: self.round, replies: left };
        if left >= bytes(ENOUGH) && self.awaited.insert(seat) {
            self.backlogged.push(seat);
        }
        let outlet = Arc::clone(&member.outlet);
        let frame = self.sheet.waiting(leaf, self.spill.ledger());
        self.orders.push(Order::Take { seat, outlet, frame, taken, replies });
    }

    /// A member came to have all that it was sent, or is lost.
    fn ease(&mut self, seat: SessionId) {
        if !self.awaited.is_empty() && self.awaited.remove(&seat) {
            self.drained.push(seat);
        }
    }

    /// Orders what has come for members that are behind. For those that are
    /// parting there is no more.
    fn queue(&mut self) {
        let mut queued: Vec<(Leaf, SessionId)> = Vec::new();
        for seat in self.others.drain(..) {
            let leaf = self.sheet.take(seat);
            let member = self.members.get_mut(seat.index()).and_then(Option::as_mut);
            let standing = member.map(|member| &mut member.standing);
            if let (Some(leaf), Some(Standing::Behind { last, .. })) = (leaf, standing) {
                *last = self.round;
                queued.push((leaf, seat));
            }
        }
        queued.sort_unstable();
        for same in queued.chunk_by(|(a, _), (b, _)| a == b) {
            let frame = self.sheet.waiting(same[0].0, self.spill.ledger());
            let seats = same.iter().map(|&(_, seat)| seat).collect();
            let replies = self.sheet.replies(same[0].0);
            self.orders.push(Order::Queue { frame, replies, seats });
        }
    }
}

/// As many bytes in a number that a member has room for.
fn bytes(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
