//! One round's frames to their receivers: joined once for all who get the
//! same ones, and sent in one call each.
//!
//! What a member gets in a round is a path in a tree of frames: each delivery
//! moves its receivers one step down. Since deliveries come one after another,
//! a node need only remember the child that the current one made, so a step
//! costs two array look-ups. Members at the same node get the same bytes.

use super::backlog::{Ledger, Waiting};
use super::member::{Member, Patience};
use super::outlet::Outlet;
use super::spill::{Bell, Spill};
use crate::hub::{Batch, Close, Frame, SeatId};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// How much may wait for those who are behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes for one member.
    pub(super) member: usize,
    /// Memory for all: distinct frames and their places in queues.
    pub(super) live: usize,
}

impl Bounds {
    pub(super) const USUAL: Bounds = Bounds { member: 1 << 20, live: 256 << 20 };
}

/// Scratch memory that is kept from one round to the next.
const KEPT: usize = 1 << 20;

/// All members, and how frames get to them. Owned by the hub's thread.
#[derive(Debug)]
pub(super) struct Delivery<'a, O, B> {
    /// By seat number.
    members: Vec<Option<Arc<Member<O>>>>,
    count: usize,
    /// Each seat's node in the tree of this round; [`ROOT`] for none.
    paths: Vec<u32>,
    /// Seats that are not at the root.
    touched: Vec<SeatId>,
    tree: Vec<Node>,
    /// Joined frames of this round.
    scratch: Vec<u8>,
    ledger: Arc<Ledger>,
    bounds: Bounds,
    spill: &'a Spill<O, B>,
    /// Members for whom too much waits: to be evicted.
    overrun: Vec<SeatId>,
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
}

impl Node {
    fn new(parent: u32, frame: u32) -> Node {
        Node { parent, frame, last: (u32::MAX, ROOT), joined: None, waiting: None }
    }
}

impl<'a, O: Outlet, B: Bell<O>> Delivery<'a, O, B> {
    pub(super) fn new(bounds: Bounds, spill: &'a Spill<O, B>) -> Delivery<'a, O, B> {
        Delivery {
            members: Vec::new(),
            count: 0,
            paths: Vec::new(),
            touched: Vec::new(),
            tree: Vec::new(),
            scratch: Vec::new(),
            ledger: Arc::default(),
            bounds,
            spill,
            overrun: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, seat: SeatId, member: Arc<Member<O>>) {
        let index = seat.index();
        if index >= self.members.len() {
            self.members.resize_with(index + 1, || None);
            self.paths.resize(index + 1, ROOT);
        }
        self.count += usize::from(self.members[index].replace(member).is_none());
    }

    /// Forgets a member; its socket closes with the last who knows it.
    pub(super) fn remove(&mut self, seat: SeatId) {
        let member = self.members.get_mut(seat.index()).and_then(Option::take);
        if let Some(member) = member {
            self.count -= 1;
            // Each ring costs a look at all who are behind.
            if member.end() {
                self.spill.bell().ring();
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Sends each receiver of the batch all of its frames in one call.
    pub(super) fn deliver(&mut self, batch: &Batch) {
        let frames: Vec<&Frame> = batch.deliveries().map(|(frame, _)| frame).collect();
        self.tree.push(Node::new(ROOT, u32::MAX));
        for (index, (_, receivers)) in (0..).zip(batch.deliveries()) {
            for &seat in receivers {
                self.step(seat, index);
            }
        }
        let touched = std::mem::take(&mut self.touched);
        for &seat in &touched {
            let leaf = std::mem::replace(&mut self.paths[seat.index()], ROOT);
            self.send(seat, leaf, &frames);
        }
        self.touched = touched;
        self.touched.clear();
        // Else the last frames would count as live until the next round.
        self.tree.clear();
        self.scratch.clear();
        self.scratch.shrink_to(KEPT);
    }

    /// Ends connections, each after its last line.
    pub(super) fn close(&mut self, closes: &[Close], patience: Patience, now: Instant) {
        let mut is_changed = false;
        for Close { seat, farewell } in closes {
            let Some(Some(member)) = self.members.get(seat.index()) else { continue };
            let farewell = Waiting::new(Arc::clone(farewell), &self.ledger);
            match member.part(farewell, patience, now) {
                true => self.spill.add(Arc::clone(member)),
                false => is_changed = true,
            }
        }
        if is_changed {
            self.spill.bell().ring();
        }
    }

    /// Who has to go because too much waits for them, or for all together.
    pub(super) fn take_overrun(&mut self) -> Vec<SeatId> {
        let mut overrun = std::mem::take(&mut self.overrun);
        if self.ledger.live() > self.bounds.live {
            overrun.extend(self.longest().filter(|seat| !overrun.contains(seat)));
        }
        overrun
    }

    fn longest(&self) -> Option<SeatId> {
        let waiting = (0..).map(SeatId).zip(&self.members);
        let waiting = waiting.filter_map(|(seat, member)| Some((member.as_ref()?.waiting(), seat)));
        waiting.filter(|(bytes, _)| *bytes > 0).max().map(|(_, seat)| seat)
    }

    /// Wakes everybody's thread; for the very end.
    pub(super) fn end_all(&mut self) {
        for member in self.members.drain(..).flatten() {
            member.end();
        }
        self.count = 0;
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

    fn send(&mut self, seat: SeatId, leaf: u32, frames: &[&Frame]) {
        let Some(member) = &self.members[seat.index()] else { return };
        let single = self.tree[leaf as usize].parent == ROOT;
        let frame = frames[self.tree[leaf as usize].frame as usize];
        if !single && self.tree[leaf as usize].joined.is_none() {
            self.tree[leaf as usize].joined = Some(join(&self.tree, leaf, frames, &mut self.scratch));
        }
        let node = &mut self.tree[leaf as usize];
        let bytes = node.joined.clone().map_or(&frame[..], |range| &self.scratch[range]);
        let waiting = &mut node.waiting;
        let ledger = &self.ledger;
        let queued = member.give(bytes, || {
            let shared = || Waiting::new(if single { Arc::clone(frame) } else { bytes.into() }, ledger);
            Arc::clone(waiting.get_or_insert_with(shared))
        });
        let Some(queued) = queued else { return };
        if queued.newly_behind {
            self.spill.add(Arc::clone(member));
        }
        if queued.bytes > self.bounds.member {
            self.overrun.push(seat);
        }
    }
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
mod tests {
    use super::super::backlog::PLACE;
    use super::super::member::Event;
    use super::super::outlet::fake::Fake;
    use super::super::spill::FlagBell;
    use super::*;
    use proptest::prelude::*;

    type FakeSpill = Spill<Fake, Arc<FlagBell>>;

    type FakeDelivery<'a> = Delivery<'a, Fake, Arc<FlagBell>>;

    fn room_of(count: u32, spill: &FakeSpill) -> (FakeDelivery<'_>, Vec<Arc<Member<Fake>>>) {
        let mut delivery = Delivery::new(Bounds::USUAL, spill);
        let members: Vec<_> = (0..count).map(|_| Arc::new(Member::new(Fake::default()))).collect();
        (0..).zip(&members).for_each(|(seat, member)| delivery.add(SeatId(seat), Arc::clone(member)));
        (delivery, members)
    }

    fn batch(deliveries: &[(&str, &[u32])]) -> Batch {
        let mut batch = Batch::default();
        for (text, to) in deliveries {
            batch.deliver(text.as_bytes().into(), to.iter().map(|&seat| SeatId(seat)));
        }
        batch
    }

    #[test]
    fn members_with_the_same_frames_share_one_buffer_and_one_send() {
        let spill = FakeSpill::new(Arc::default());
        let (mut delivery, members) = room_of(4, &spill);
        members.iter().for_each(|member| member.outlet().add_room(100));
        delivery.deliver(&batch(&[("a\n", &[0, 1, 2]), ("b\n", &[0, 2, 3]), ("c\n", &[0, 1, 2, 3])]));
        let taken: Vec<String> = members.iter().map(|member| member.outlet().taken()).collect();
        assert_eq!(taken, ["a\nb\nc\n", "a\nc\n", "a\nb\nc\n", "b\nc\n"]);
        assert!(members.iter().all(|member| member.outlet().turns() == 0));
        delivery.deliver(&batch(&[("a\n", &[0, 1, 2]), ("b\n", &[0, 2, 3]), ("c\n", &[0, 1, 2, 3])]));
        assert_eq!(delivery.ledger.live(), "a\nb\nc\na\nc\nb\nc\n".len() + 4 * PLACE);
    }

    #[test]
    fn what_a_thousand_wait_for_is_counted_once() {
        let spill = FakeSpill::new(Arc::default());
        let (mut delivery, _members) = room_of(1000, &spill);
        let all: Vec<u32> = (0..1000).collect();
        delivery.deliver(&batch(&[("one\n", &all), ("two\n", &all)]));
        assert_eq!(delivery.ledger.live(), 8 + 1000 * PLACE);
    }

    #[test]
    fn more_than_a_mebibyte_is_too_much_for_one() {
        let spill = FakeSpill::new(Arc::default());
        let (mut delivery, members) = room_of(2, &spill);
        (0..2).for_each(|_| members[1].outlet().add_room(usize::MAX));
        let line = format!("{}\n", "x".repeat(Bounds::USUAL.member - 1));
        delivery.deliver(&batch(&[(&line, &[0, 1])]));
        assert_eq!(delivery.take_overrun(), []);
        delivery.deliver(&batch(&[("y\n", &[0, 1])]));
        assert_eq!(delivery.take_overrun(), [SeatId(0)]);
        delivery.close(
            &[Close { seat: SeatId(0), farewell: b"ERROR\n"[..].into() }],
            Patience::USUAL,
            Instant::now(),
        );
        assert_eq!(delivery.ledger.live(), 6 + PLACE, "what was queued is dropped at once");
    }

    #[test]
    fn when_too_much_waits_in_all_the_longest_queue_goes_first() {
        let spill = FakeSpill::new(Arc::default());
        let (mut delivery, _members) = room_of(3, &spill);
        delivery.bounds.live = 16 + 5 * PLACE;
        delivery.deliver(&batch(&[("aaaaaaa\n", &[0, 1, 2])]));
        delivery.deliver(&batch(&[("b\n", &[1])]));
        assert_eq!(delivery.take_overrun(), []);
        delivery.deliver(&batch(&[("c\n", &[2]), ("dddd\n", &[0])]));
        assert_eq!(delivery.take_overrun(), [SeatId(0)]);
        let farewell: Frame = b""[..].into();
        delivery.close(&[Close { seat: SeatId(0), farewell }], Patience::USUAL, Instant::now());
        assert_eq!(delivery.take_overrun(), []);
    }

    proptest! {
        /// Whatever each socket takes whenever, and however sending and
        /// serving those behind interleave.
        #[test]
        fn any_pattern_of_partial_sends_keeps_each_stream(
            rounds in prop::collection::vec(
                prop::collection::vec(("[a-z]{1,9}", prop::collection::vec(0u32..4, 0..6)), 0..4), 1..12),
            room in prop::collection::vec((0usize..4, 0usize..16), 0..60),
        ) {
            let spill = FakeSpill::new(Arc::default());
            let (mut delivery, members) = room_of(4, &spill);
            let mut wanted = vec![String::new(); 4];
            let mut room = room.into_iter();
            let (mut chunk, now) = (Vec::new(), Instant::now());
            for round in rounds {
                for (member, bytes) in room.by_ref().take(4) {
                    members[member].outlet().add_room(bytes);
                }
                let mut batch = Batch::default();
                for (text, to) in round {
                    to.iter().for_each(|&seat| wanted[seat as usize].push_str(&format!("{text}\n")));
                    batch.deliver(format!("{text}\n").as_bytes().into(), to.into_iter().map(SeatId));
                }
                delivery.deliver(&batch);
                for (member, bytes) in room.by_ref().take(2) {
                    members[member].outlet().add_room(bytes);
                    if members[member].waiting() > 0 {
                        members[member].go_on(Event::Room, now, &mut chunk);
                    }
                }
            }
            for (member, wanted) in members.iter().zip(wanted) {
                while member.waiting() > 0 {
                    member.outlet().add_room(7);
                    member.go_on(Event::Room, now, &mut chunk);
                }
                prop_assert_eq!(member.outlet().taken(), wanted);
            }
            prop_assert_eq!(delivery.ledger.live(), 0);
        }
    }
}
