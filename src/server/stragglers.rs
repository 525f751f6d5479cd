//! All clients that the spill thread serves.

use super::outlet::Outlet;
use super::spill::{Bounds, Order};
use super::straggler::Straggler;
use crate::hub::SeatId;
use std::sync::Arc;

/// Owned by the spill thread.
#[derive(Debug)]
pub(super) struct Stragglers<O> {
    all: Vec<Straggler<O>>,
    /// By seat number: where it is among all, if it is.
    places: Vec<Option<u32>>,
    /// Given up, not yet told.
    overrun: Vec<SeatId>,
    /// The last round of orders.
    obeyed: u64,
    /// Scratch memory: what is offered next.
    chunk: Vec<u8>,
}

impl<O> Default for Stragglers<O> {
    fn default() -> Stragglers<O> {
        let (all, places, overrun) = (Vec::new(), Vec::new(), Vec::new());
        Stragglers { all, places, overrun, obeyed: 0, chunk: Vec::new() }
    }
}

impl<O: Outlet> Stragglers<O> {
    /// Obeys one round of orders.
    pub(super) fn obey(&mut self, number: u64, orders: Vec<Order<O>>, bounds: &Bounds) {
        self.obeyed = number;
        orders.into_iter().for_each(|order| self.obey_one(order, bounds));
    }

    fn obey_one(&mut self, order: Order<O>, bounds: &Bounds) {
        match order {
            Order::Queue { frame, seats } => {
                for seat in seats {
                    if let Some(straggler) = find(&mut self.all, &self.places, seat) {
                        straggler.append(Arc::clone(&frame), 0);
                        self.overrun.extend(straggler.is_given_up_beyond(bounds.member).then_some(seat));
                    }
                }
            }
            Order::Take { seat, outlet, frame, taken } => {
                let straggler = self.enter(seat, outlet);
                straggler.append(frame, taken);
                let overrun = straggler.is_given_up_beyond(bounds.member).then_some(seat);
                self.overrun.extend(overrun);
            }
            Order::Part { seat, outlet, farewell, patience, now } => {
                self.enter(seat, outlet).part(farewell, patience, now);
            }
            Order::Forget(seat) => self.forget(seat),
        }
    }

    /// Gives up the one for whom most waits.
    pub(super) fn give_up_longest(&mut self) {
        if let Some(longest) = self.all.iter_mut().max_by_key(|straggler| straggler.hopeful())
            && longest.is_given_up_beyond(0)
        {
            self.overrun.push(longest.seat());
        }
    }

    /// The last round that was obeyed, and who was given up since the last call.
    pub(super) fn take_overrun(&mut self) -> (u64, Vec<SeatId>) {
        (self.obeyed, std::mem::take(&mut self.overrun))
    }

    /// The last round that was obeyed, scratch memory, and all that wait for something.
    pub(super) fn awaited(&mut self) -> (u64, &mut Vec<u8>, Vec<&mut Straggler<O>>) {
        let awaited = self.all.iter_mut().filter(|straggler| straggler.wants().is_some());
        (self.obeyed, &mut self.chunk, awaited.collect())
    }

    /// Places in all queues.
    pub(super) fn places(&self) -> usize {
        self.all.iter().map(Straggler::places).sum()
    }

    fn enter(&mut self, seat: SeatId, outlet: Arc<O>) -> &mut Straggler<O> {
        if self.places.len() <= seat.index() {
            self.places.resize(seat.index() + 1, None);
        }
        let place = *self.places[seat.index()].get_or_insert_with(|| {
            self.all.push(Straggler::new(seat, outlet));
            u32::try_from(self.all.len() - 1).expect("seats are counted by u32")
        });
        &mut self.all[place as usize]
    }

    fn forget(&mut self, seat: SeatId) {
        let Some(place) = self.places.get_mut(seat.index()).and_then(Option::take) else { return };
        self.all.swap_remove(place as usize);
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
    seat: SeatId,
) -> Option<&'a mut Straggler<O>> {
    let place = (*places.get(seat.index())?)?;
    all.get_mut(place as usize)
}
