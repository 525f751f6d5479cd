//! All clients that the spill thread serves.

use super::outlet::Outlet;
use super::spill::{Bounds, Order, Outcome};
use super::straggler::{Straggler, Wants};
use crate::hub::SessionId;
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Instant;

/// Those that wait for something, with what for.
pub(super) type Awaited<'a, O> = Vec<(Wants, &'a mut Straggler<O>)>;

/// Owned by the spill thread.
#[derive(Debug)]
pub(super) struct Stragglers<O> {
    all: Vec<Straggler<O>>,
    /// By seat number: where it is among all, if it is.
    places: Vec<Option<u32>>,
    /// Given up, or served to the end, and not yet told.
    untold: Vec<(SessionId, Outcome)>,
    /// The last round of orders.
    obeyed: u64,
    /// Scratch memory: what is offered next.
    chunk: Vec<u8>,
}

impl<O> Default for Stragglers<O> {
    fn default() -> Stragglers<O> {
        let (all, places, untold) = (Vec::new(), Vec::new(), Vec::new());
        Stragglers { all, places, untold, obeyed: 0, chunk: Vec::new() }
    }
}

impl<O: Outlet> Stragglers<O> {
    /// Obeys one round of orders.
    pub(super) fn obey(&mut self, number: u64, orders: Vec<Order<O>>, bounds: &Bounds, now: Instant) {
        self.obeyed = number;
        orders.into_iter().for_each(|order| self.obey_one(order, bounds, now));
    }

    fn obey_one(&mut self, order: Order<O>, bounds: &Bounds, obeyed: Instant) {
        match order {
            Order::Queue { frame, replies, seats } => {
                for seat in seats {
                    if let Some(straggler) = find(&mut self.all, &self.places, seat) {
                        straggler.append(Arc::clone(&frame), replies, 0);
                        let is_overrun = straggler.give_up_if_over(bounds);
                        self.untold.extend(is_overrun.then_some((seat, Outcome::Overrun)));
                    }
                }
            }
            Order::Take { seat, outlet, frame, replies, taken } => {
                let straggler = self.enter(seat, outlet, obeyed);
                straggler.append(frame, replies, taken);
                let is_overrun = straggler.give_up_if_over(bounds);
                self.untold.extend(is_overrun.then_some((seat, Outcome::Overrun)));
            }
            Order::Part { seat, outlet, farewell, patience, now } => {
                self.enter(seat, outlet, obeyed).part(farewell, patience, now);
            }
            Order::Finish { seat, outlet, patience, now } => {
                let is_over = self.enter(seat, outlet, obeyed).finish(patience, now);
                self.untold.extend(is_over.then_some((seat, Outcome::Over)));
            }
            Order::Forget(seat) => self.forget(seat),
        }
    }

    /// Where more waits for all than may, gives up those who weigh most until a little of it is
    /// free again: to weigh them costs a look at every frame that waits.
    pub(super) fn give_up_for_all(&mut self, live: impl Fn() -> usize, bounds: &Bounds, now: Instant) {
        let mut reserved = self.reserved();
        if live() + reserved <= bounds.live {
            return;
        }
        let weighed = self.all.iter_mut().filter_map(|straggler| Some((straggler.weight(now)?, straggler)));
        let mut heaviest: Vec<(u128, &mut Straggler<O>)> = weighed.collect();
        heaviest.sort_by_key(|(weight, _)| Reverse(*weight));
        for (_, straggler) in heaviest {
            if live() + reserved <= bounds.live - bounds.live / 16 {
                return;
            }
            let before = straggler.reserved();
            straggler.give_up();
            reserved -= before - straggler.reserved();
            self.untold.push((straggler.seat(), Outcome::Overrun));
        }
    }

    /// The last round that was obeyed, and what is to be told since the last call.
    pub(super) fn take_untold(&mut self) -> (u64, Vec<(SessionId, Outcome)>) {
        (self.obeyed, std::mem::take(&mut self.untold))
    }

    /// The last round that was obeyed, scratch memory, and all that wait for something.
    pub(super) fn awaited(&mut self, bounds: &Bounds) -> (u64, &mut Vec<u8>, Awaited<'_, O>) {
        let awaited = self.all.iter_mut().filter_map(|straggler| Some((straggler.wants(bounds)?, straggler)));
        (self.obeyed, &mut self.chunk, awaited.collect())
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.all.iter().map(Straggler::bytes).sum()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Bytes that all queues have reserved.
    pub(super) fn reserved(&self) -> usize {
        self.all.iter().map(Straggler::reserved).sum()
    }

    fn enter(&mut self, seat: SessionId, outlet: Arc<O>, now: Instant) -> &mut Straggler<O> {
        if self.places.len() <= seat.index() {
            self.places.resize(seat.index() + 1, None);
        }
        let place = *self.places[seat.index()].get_or_insert_with(|| {
            self.all.push(Straggler::new(seat, outlet, now));
            u32::try_from(self.all.len() - 1).expect("seats are counted by u32")
        });
        &mut self.all[place as usize]
    }

    fn forget(&mut self, seat: SessionId) {
        let Some(place) = self.places.get_mut(seat.index()).and_then(Option::take) else { return };
        self.all.swap_remove(place as usize);
        // Whoever gets the number next has done nothing.
        self.untold.retain(|&(other, _)| other != seat);
        if let Some(moved) = self.all.get(place as usize) {
            self.places[moved.seat().index()] = Some(place);
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
    all: &'a mut [Straggler<O>],
    places: &[Option<u32>],
    seat: SessionId,
) -> Option<&'a mut Straggler<O>> {
    let place = (*places.get(seat.index())?)?;
    all.get_mut(place as usize)
}

#[cfg(test)]
mod tests {
    use super::super::backlog::{Ledger, Waiting};
    use super::super::outlet::fake::Fake;
    use super::super::straggler::{CHUNK, Event};
    use super::*;
    use std::time::Duration;

    struct Room {
        stragglers: Stragglers<Fake>,
        ledger: Arc<Ledger>,
        start: Instant,
    }

    impl Room {
        fn new() -> Room {
            Room { stragglers: Stragglers::default(), ledger: Arc::default(), start: Instant::now() }
        }

        /// So many bytes come for all of these.
        fn give(&mut self, bytes: usize, seats: impl IntoIterator<Item = u32>) {
            let frame = Waiting::new(vec![b'x'; bytes].into(), &self.ledger);
            for seat in seats.into_iter().map(SessionId) {
                let (outlet, frame) = (Arc::default(), Arc::clone(&frame));
                let order = Order::Take { seat, outlet, frame, replies: 0, taken: 0 };
                self.stragglers.obey(1, vec![order], &Bounds::USUAL, self.start);
            }
        }

        /// One takes this much, so long after the start.
        fn takes(&mut self, seat: u32, bytes: usize, after: Duration) -> Option<Outcome> {
            let one = find(&mut self.stragglers.all, &self.stragglers.places, SessionId(seat)).unwrap();
            let whole = std::iter::repeat_n(CHUNK, bytes / CHUNK);
            whole.chain([bytes % CHUNK]).for_each(|room| one.outlet().add_room(room));
            one.go_on(Event::Room, self.start + after, &Bounds::USUAL, &mut Vec::new())
        }

        /// Those that are given up when that much may wait for all.
        fn given_up(&mut self, live: usize, after: Duration) -> Vec<u32> {
            let bounds = Bounds { live, ..Bounds::USUAL };
            let ledger = Arc::clone(&self.ledger);
            self.stragglers.give_up_for_all(|| ledger.live(), &bounds, self.start + after);
            self.stragglers.take_untold().1.into_iter().map(|(seat, _)| seat.0).collect()
        }
    }

    /// All who were behind when the process had been stopped for a while were given up.
    #[test]
    fn that_this_thread_comes_late_is_no_fault_of_those_who_are_behind() {
        let s = Duration::from_secs;
        let mut room = Room::new();
        room.give(3 << 20, [0]);
        assert_eq!(room.takes(0, 1, s(0)), None);
        let frame = Waiting::new(b"x"[..].into(), &room.ledger);
        let order = Order::Queue { frame, replies: 0, seats: vec![SessionId(0)] };
        room.stragglers.obey(2, vec![order], &Bounds::USUAL, room.start + s(60));
        assert!(room.stragglers.take_untold().1.is_empty());
        assert_eq!(room.takes(0, 1, s(60)), Some(Outcome::Took));
        assert_eq!(room.takes(0, 0, s(65)), Some(Outcome::Overrun));
    }

    /// Those for whom most waited went first, though nothing was free then: others had it, too.
    #[test]
    fn who_holds_memory_alone_goes_before_those_who_share_what_waits_for_them() {
        let mut room = Room::new();
        (0..20).for_each(|_| room.give(10_000, 0..50));
        (50..70).for_each(|seat| room.give(100_000, [seat]));
        assert!(room.given_up(2_500_000, Duration::ZERO).is_empty());
        let mut gone = room.given_up(1_000_000, Duration::ZERO);
        gone.sort_unstable();
        assert!(gone.len() < 20 && gone.iter().all(|seat| (50..70).contains(seat)), "{gone:?}");
    }

    #[test]
    fn who_takes_little_of_as_much_goes_before_those_who_read() {
        let s = Duration::from_secs;
        let mut room = Room::new();
        room.give(1_000_000, 0..4);
        (0..4).for_each(|seat| room.give(1_000_000, [seat]));
        // The first takes nothing, the second a little all the time, the third all that comes, and
        // the last most of what has come.
        for second in 1..20 {
            room.takes(1, 1, s(second));
            room.takes(2, 400_000, s(second));
            room.give(400_000, [2]);
        }
        room.takes(3, 1_500_000, s(19));
        let _ = room.stragglers.take_untold();
        let order = (0..4).map(|_| room.given_up(room.ledger.live() - 1, s(20)));
        assert_eq!(order.collect::<Vec<_>>(), [[0], [1], [2], [3]]);
    }
}
