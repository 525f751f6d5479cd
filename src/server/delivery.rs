//! One round's frames to their receivers: joined once for all who get the
//! same ones, and sent in one call each.
//!
//! What a member gets in a round is a path in a tree of frames: each delivery
//! moves its receivers one step down. Since deliveries come one after another,
//! a node need only remember the child that the current one made, so a step
//! costs two array look-ups. Members at the same node get the same bytes.

use super::backlog::Waiting;
use super::bell::Bell;
use super::outlet::{Offer, Outlet};
use super::spill::{Order, Outcome, Report, Spill};
use super::straggler::Patience;
use crate::hub::{Batch, Close, Frame, SeatId};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// Scratch memory that is kept from one round to the next.
const KEPT: usize = 1 << 20;

/// All members, and how frames get to them. Owned by the hub's thread.
#[derive(Debug)]
pub(super) struct Delivery<'a, O: Outlet, B> {
    /// By seat number.
    members: Vec<Option<Member<O>>>,
    count: usize,
    /// Each seat's node in the tree of this round; [`ROOT`] for none.
    paths: Vec<u32>,
    /// Seats that are not at the root.
    touched: Vec<SeatId>,
    tree: Vec<Node>,
    /// Joined frames of this round.
    scratch: Vec<u8>,
    spill: &'a Spill<O, B>,
    /// For the spill thread, at the end of this round.
    orders: Vec<Order<O>>,
    round: u64,
    /// Members for whom too much waits: to be evicted.
    overrun: Vec<SeatId>,
    /// Members that were finishing and have got the end.
    over: Vec<SeatId>,
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
    /// Only the spill thread sends: since a round, and with more in a last one.
    Behind { since: u64, last: u64 },
    /// It has been given its last line.
    Parting,
    /// It has ended its half of the stream, and is gone once it has what waits.
    Finishing,
}

/// How much a round had for all its receivers together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sends {
    pub(super) calls: usize,
    pub(super) frames: usize,
}

const ROOT: u32 = 0;

#[derive(Debug)]
struct Node {
    parent: u32,
    /// Index among the round's deliveries.
    frame: u32,
    /// The child that was made last, and the delivery that made it.
    last: (u32, u32),
    /// Where in the scratch buffer the joined frames are, once they are.
    joined: Option<Range<usize>>,
    /// The same for those who can't take them at once.
    waiting: Option<Arc<Waiting>>,
    /// Who gets them from the spill thread.
    behind: Vec<SeatId>,
}

impl Node {
    fn new(parent: u32, frame: u32) -> Node {
        Node { parent, frame, last: (u32::MAX, ROOT), joined: None, waiting: None, behind: Vec::new() }
    }
}

impl<'a, O: Outlet, B: Bell<O>> Delivery<'a, O, B> {
    pub(super) fn new(spill: &'a Spill<O, B>) -> Delivery<'a, O, B> {
        Delivery {
            members: Vec::new(),
            count: 0,
            paths: Vec::new(),
            touched: Vec::new(),
            tree: Vec::new(),
            scratch: Vec::new(),
            spill,
            orders: Vec::new(),
            // The spill thread has obeyed round 0 before the first.
            round: 1,
            overrun: Vec::new(),
            over: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, seat: SeatId, outlet: Arc<O>) {
        let index = seat.index();
        if index >= self.members.len() {
            self.members.resize_with(index + 1, || None);
            self.paths.resize(index + 1, ROOT);
        }
        let member = Member { outlet, standing: Standing::Direct };
        self.count += usize::from(self.members[index].replace(member).is_none());
    }

    /// Forgets a member; its socket closes with the last who knows it.
    pub(super) fn remove(&mut self, seat: SeatId) {
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
    pub(super) fn finish(&mut self, seat: SeatId, patience: Patience, now: Instant) -> bool {
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
    pub(super) fn take_over(&mut self) -> Vec<SeatId> {
        let over = std::mem::take(&mut self.over);
        over.iter().for_each(|&seat| self.remove(seat));
        over
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Sends each receiver of the batch all of its frames in one call.
    pub(super) fn deliver(&mut self, batch: &Batch) -> Sends {
        self.hear();
        let frames: Vec<&Frame> = batch.deliveries().map(|(frame, _)| frame).collect();
        self.tree.push(Node::new(ROOT, u32::MAX));
        for (index, (_, receivers)) in (0..).zip(batch.deliveries()) {
            for &seat in receivers {
                self.step(seat, index);
            }
        }
        let copies = batch.deliveries().map(|(_, receivers)| receivers.len()).sum();
        let mut sends = Sends { calls: 0, frames: copies };
        let touched = std::mem::take(&mut self.touched);
        for &seat in &touched {
            let leaf = std::mem::replace(&mut self.paths[seat.index()], ROOT);
            sends.calls += usize::from(self.send(seat, leaf, &frames));
        }
        self.touched = touched;
        self.touched.clear();
        self.queue(&frames);
        // Else the last frames would count as live until the next round.
        self.tree.clear();
        self.scratch.clear();
        self.scratch.shrink_to(KEPT);
        sends
    }

    /// Ends connections, each after its last line.
    pub(super) fn close(&mut self, closes: &[Close], patience: Patience, now: Instant) {
        for Close { seat, farewell } in closes {
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
    pub(super) fn has_taken_all(&self, seat: SeatId) -> bool {
        let member = self.members.get(seat.index()).and_then(Option::as_ref);
        member.is_none_or(|member| matches!(member.standing, Standing::Direct))
    }

    /// Ends a round: what it has for the spill thread goes there. That is to
    /// tell at once who has caught up where somebody's lines `wait` for it.
    pub(super) fn hand_over(&mut self, wait: bool) {
        self.spill.wait_for_readers(wait);
        if !self.orders.is_empty() {
            self.spill.order(self.round, std::mem::take(&mut self.orders));
            self.round += 1;
        }
    }

    /// Who has to go because too much waits for them, or for all together.
    pub(super) fn take_overrun(&mut self) -> Vec<SeatId> {
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
    fn hear(&mut self) {
        for report in self.spill.reports() {
            self.learn(report);
        }
    }

    fn learn(&mut self, Report { seat, what, obeyed }: Report) {
        let Some(Some(member)) = self.members.get_mut(seat.index()) else { return };
        match (member.standing, what) {
            (Standing::Behind { last, .. }, Outcome::CaughtUp) if last <= obeyed => {
                member.standing = Standing::Direct;
                self.orders.push(Order::Forget(seat));
            }
            (Standing::Behind { since, .. }, Outcome::Overrun) if since <= obeyed => self.overrun.push(seat),
            (Standing::Finishing, Outcome::Over) => self.over.push(seat),
            _ => {}
        }
    }

    /// Members that the spill thread serves.
    #[cfg(test)]
    pub(super) fn behind(&self) -> usize {
        let members = self.members.iter().flatten();
        members.filter(|member| matches!(member.standing, Standing::Behind { .. })).count()
    }

    fn step(&mut self, seat: SeatId, index: u32) {
        let Some(path) = self.paths.get_mut(seat.index()) else { return };
        if *path == ROOT {
            self.touched.push(seat);
        }
        let (made_by, child) = self.tree[*path as usize].last;
        if made_by == index {
            *path = child;
            return;
        }
        let child = u32::try_from(self.tree.len()).expect("a round has fewer than 2^32 deliveries");
        self.tree.push(Node::new(*path, index));
        self.tree[*path as usize].last = (index, child);
        *path = child;
    }

    /// Whether that took a call.
    fn send(&mut self, seat: SeatId, leaf: u32, frames: &[&Frame]) -> bool {
        let Some(Some(member)) = self.members.get_mut(seat.index()) else { return false };
        match &mut member.standing {
            Standing::Direct => {}
            Standing::Behind { last, .. } => {
                *last = self.round;
                self.tree[leaf as usize].behind.push(seat);
                return false;
            }
            Standing::Parting | Standing::Finishing => return false,
        }
        let bytes = bytes(&mut self.tree, leaf, frames, &mut self.scratch);
        let taken = match member.outlet.offer(bytes) {
            Offer::Sent => return true,
            Offer::Gone => {
                // Wakes the client's thread, which then reports the end.
                member.outlet.cut();
                return true;
            }
            Offer::Partly(count) => count,
            Offer::Full => 0,
        };
        member.standing = Standing::Behind { since: self.round, last: self.round };
        let outlet = Arc::clone(&member.outlet);
        let frame = self.waiting(leaf, frames);
        self.orders.push(Order::Take { seat, outlet, frame, taken });
        true
    }

    /// Orders what is for members that were behind before this round.
    fn queue(&mut self, frames: &[&Frame]) {
        for leaf in 0..self.tree.len() {
            let seats = std::mem::take(&mut self.tree[leaf].behind);
            if !seats.is_empty() {
                let frame = self.waiting(leaf as u32, frames);
                self.orders.push(Order::Queue { frame, seats });
            }
        }
    }

    /// What members at a leaf get, to be kept.
    fn waiting(&mut self, leaf: u32, frames: &[&Frame]) -> Arc<Waiting> {
        let is_single = self.tree[leaf as usize].parent == ROOT;
        let ledger = self.spill.ledger();
        if self.tree[leaf as usize].waiting.is_none() {
            let frame = match is_single {
                true => Arc::clone(frames[self.tree[leaf as usize].frame as usize]),
                false => bytes(&mut self.tree, leaf, frames, &mut self.scratch).into(),
            };
            self.tree[leaf as usize].waiting = Some(Waiting::new(frame, ledger));
        }
        self.tree[leaf as usize].waiting.clone().expect("it was made above")
    }
}

/// What members at a leaf get, joined where it is more than one frame.
fn bytes<'a>(tree: &mut [Node], leaf: u32, frames: &[&'a Frame], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let node = &tree[leaf as usize];
    if node.parent == ROOT {
        return frames[node.frame as usize];
    }
    let joined = node.joined.clone().unwrap_or_else(|| {
        let joined = join(tree, leaf, frames, scratch);
        tree[leaf as usize].joined = Some(joined.clone());
        joined
    });
    &scratch[joined]
}

/// Writes all frames on the way from the root to a node, in that order.
fn join(tree: &[Node], leaf: u32, frames: &[&Frame], scratch: &mut Vec<u8>) -> Range<usize> {
    let upward = std::iter::successors(Some(leaf), |&at| Some(tree[at as usize].parent));
    let upward = upward.take_while(|&at| at != ROOT).map(|at| frames[tree[at as usize].frame as usize]);
    let start = scratch.len();
    let mut end = start + upward.clone().map(|frame| frame.len()).sum::<usize>();
    scratch.resize(end, 0);
    let whole = start..end;
    for frame in upward {
        scratch[end - frame.len()..end].copy_from_slice(frame);
        end -= frame.len();
    }
    whole
}

#[cfg(test)]
mod tests;
