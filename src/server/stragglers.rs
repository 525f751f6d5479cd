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
                        let is_overrun = straggler.give_up_if_over(bounds, obeyed);
                        self.untold.extend(is_overrun.then_some((seat, Outcome::Overrun)));
                    }
                }
            }
            Order::Take { seat, outlet, frame, replies, taken } => {
                let straggler = self.enter(seat, outlet, obeyed);
                straggler.append(frame, replies, taken);
                let is_overrun = straggler.give_up_if_over(bounds, obeyed);
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

    /// Gives up those for whom most waits, until what all queues have reserved fits.
    pub(super) fn give_up_until(&mut self, fits: impl Fn(usize) -> bool) {
        let mut reserved = self.reserved();
        if fits(reserved) {
            return;
        }
        let mut longest: Vec<&mut Straggler<O>> = self.all.iter_mut().collect();
        longest.sort_by_key(|straggler| Reverse(straggler.hopeful_bytes()));
        for straggler in longest {
            let before = straggler.reserved();
            if fits(reserved) || !straggler.give_up() {
                return;
            }
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
