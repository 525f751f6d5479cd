//! How sessions end, and how all of them do when the server stops.

use crate::hub::{Departure, Gone, SessionId};
use crate::server::outbox::delivery::Delivery;
use crate::server::outbox::outlet::Outlet;
use crate::server::outbox::poller::Poller;
use crate::server::outbox::slow_client_limits::CloseTimeouts;
use std::time::{Duration, Instant};

/// How long a stopping server waits for everybody to be gone: longer than any
/// client is granted.
const STOPPING: Duration = Duration::from_secs(2);

/// Owned by the hub's thread.
#[derive(Debug, Default)]
pub(super) struct Departures {
    /// Set once the server stops: when it ends at the latest.
    pub(super) until: Option<Instant>,
}

/// Why a connection ended. One that acknowledges nothing while much waits for it may be there
/// and not read.
pub(super) fn reason(why: Departure, is_slow: bool) -> Departure {
    if is_slow && why == Departure::TimedOut { Departure::SlowReader } else { why }
}

impl Departures {
    /// The server stops.
    pub(super) fn stop(&mut self, now: Instant) {
        self.until = Some(now + STOPPING);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.until.is_some()
    }

    /// Whether the server has stopped and everybody is gone, or has had time enough to be.
    pub(super) fn are_over(&self, nobody_is_left: bool, now: Instant) -> bool {
        self.until.is_some_and(|until| nobody_is_left || now >= until)
    }

    pub(super) fn timeouts(&self) -> CloseTimeouts {
        if self.is_stopping() { CloseTimeouts::STOPPING } else { CloseTimeouts::USUAL }
    }

    /// Lets sessions go that the hub has forgotten, and gives those whose number may be used
    /// again: a client that may still read is one of them once it has taken all.
    pub(super) fn end<O: Outlet, B: Poller<O>>(
        &self,
        gone: &[Gone],
        delivery: &mut Delivery<'_, O, B>,
        now: Instant,
    ) -> Vec<SessionId> {
        let mut over = delivery.take_finished();
        for &Gone { session, may_read } in gone {
            if !may_read || delivery.finish(session, self.timeouts(), now) {
                delivery.remove(session);
                over.push(session);
            }
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Batch, Recipients};
    use crate::server::outbox::outlet::fake::Fake;
    use crate::server::outbox::poller::{CondvarPoller, Readiness};
    use crate::server::outbox::slow_client_limits::SlowClientLimits;
    use crate::server::outbox::slow_clients::SlowClients;
    use crate::server::outbox::slow_sender::SlowSender;
    use crossbeam::channel::bounded;
    use std::sync::Arc;

    /// The number of a client that was still being sent to went to another one.
    #[test]
    fn a_number_is_free_once_its_client_has_all() {
        let sender: SlowSender<Fake, Arc<CondvarPoller>> =
            SlowSender::new(Arc::default(), SlowClientLimits::USUAL, bounded(1).0);
        let mut delivery = Delivery::new(&sender);
        let clients: [Arc<Fake>; 3] = std::array::from_fn(|_| Arc::default());
        (0..).zip(&clients).for_each(|(number, client)| delivery.add(SessionId(number), Arc::clone(client)));
        let mut batch = Batch::default();
        batch.deliver(Recipients::all([SessionId(1), SessionId(2)]), |out| out.extend(b"news\n"));
        delivery.deliver_all(&batch);
        let gone = [(0, true), (1, true), (2, false)]
            .map(|(number, may_read)| Gone { session: SessionId(number), may_read });
        let departures = Departures::default();
        let end = |gone: &[Gone], delivery: &mut Delivery<'_, _, _>| {
            let over = departures.end(gone, delivery, Instant::now());
            delivery.send_orders();
            over
        };
        assert_eq!(end(&gone, &mut delivery), [SessionId(0), SessionId(2)]);
        let (mut slow, mut events) =
            (SlowClients::default(), [Readiness::Room, Readiness::HungUp].into_iter());
        (0..2).for_each(|_| clients[1].add_room(100));
        for _ in 0..2 {
            assert_eq!(end(&[], &mut delivery), []);
            sender.run_once(&mut slow, |clients| clients.iter().filter_map(|_| events.next()).collect());
            delivery.read_reports();
        }
        assert_eq!(end(&[], &mut delivery), [SessionId(1)]);
        assert!(clients[1].taken().starts_with("news\n(finished)"), "{}", clients[1].taken());
        assert!(delivery.is_empty());
    }

    /// A stopping server ends when all clients are gone, and at its deadline at the latest.
    #[test]
    fn stopping_ends_in_time() {
        let (mut departures, start) = (Departures::default(), Instant::now());
        assert!(!departures.are_over(true, start) && departures.timeouts() == CloseTimeouts::USUAL);
        departures.stop(start);
        assert!(departures.are_over(true, start) && departures.timeouts() == CloseTimeouts::STOPPING);
        assert!(!departures.are_over(false, start) && departures.are_over(false, start + STOPPING));
        let longest = CloseTimeouts::STOPPING.flush + CloseTimeouts::STOPPING.linger;
        assert!(longest < STOPPING, "longer than any client is granted");
    }

    /// A connection that times out while much waits for it is closed as a slow reader.
    #[test]
    fn timed_out_while_slow_is_slow_reader() {
        assert_eq!(reason(Departure::TimedOut, true), Departure::SlowReader);
        assert_eq!(reason(Departure::TimedOut, false), Departure::TimedOut);
        assert_eq!(reason(Departure::Reset, true), Departure::Reset);
    }
}
