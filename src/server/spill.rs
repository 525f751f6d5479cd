//! The one thread that serves all who are behind, asleep while nobody is.
//!
//! A client is *direct*, and only the hub's thread sends to it, or *behind*,
//! and only this one does. What passes between the two threads are values:
//!
//! * The hub's thread gives [`Order`]s, in numbered rounds: it alone makes a
//!   client one that is behind, by handing it over with what could not be sent.
//! * This thread gives [`Report`]s. A client has caught up when all rounds up
//!   to a number have been obeyed and nothing waits for it; it is direct again
//!   once the hub's thread has read that and has given nothing more for it
//!   since that round. Until then its lines go on coming here. The hub's thread
//!   reads reports before it appends what comes of a round; and after it has given
//!   the orders that follow, where somebody's lines wait for one.
//!
//! So there is one sender at a time, and what was appended first leaves first.
//! No lock is held by anybody, and a thousand clients that do not read cost the
//! hub's thread a number each.

use super::backlog::{Ledger, Waiting};
use super::bell::Bell;
use super::inbox::Item;
use super::outlet::Outlet;
use super::straggler::{Event, Patience, Straggler, Wants};
use super::stragglers::Stragglers;
use crate::hub::SessionId;
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::{Duration, Instant};

/// Rounds of orders that wait; beyond that the hub's thread does, for a thread
/// that itself waits for nobody.
const ROUNDS: usize = 256;
/// Orders that are not urgent wait for so many of their kind: each time that
/// this thread wakes costs a look at all who are behind.
const UNHURRIED: usize = 64;

/// A member that has taken nothing of what waits for it for so long is given up, however
/// little that is.
pub(super) const STALLED: Duration = Duration::from_secs(600);

/// How much may wait for those who are behind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes for one member that has taken nothing for [`Bounds::patience`], beside the
    /// replies that it asked for.
    pub(super) member: usize,
    /// The same for one that takes some.
    pub(super) reading_member: usize,
    pub(super) patience: Duration,
    /// Memory for all: distinct frames, and what queues have reserved for places.
    pub(super) live: usize,
}

impl Bounds {
    pub(super) const USUAL: Bounds = Bounds {
        member: 1 << 20,
        reading_member: 8 << 20,
        patience: Duration::from_secs(5),
        live: 256 << 20,
    };
}

/// What the hub's thread hands over.
#[derive(Debug)]
pub(super) enum Order<O> {
    /// More for clients that are behind; so many bytes of it are replies.
    Queue { frame: Arc<Waiting>, replies: usize, seats: Vec<SessionId> },
    /// A client falls behind: so many bytes of a frame are replies, and so many sent.
    Take { seat: SessionId, outlet: Arc<O>, frame: Arc<Waiting>, replies: usize, taken: usize },
    /// A client, behind or not, gets its last line.
    Part { seat: SessionId, outlet: Arc<O>, farewell: Arc<Waiting>, patience: Patience, now: Instant },
    /// A client has ended its half of the stream: it gets what waits, and the end.
    Finish { seat: SessionId, outlet: Arc<O>, patience: Patience, now: Instant },
    /// A client is served here no longer: it is direct again, or its connection is over.
    Forget(SessionId),
}

/// What the hub's thread is told of a client that is served here: once that it is
/// given up, once for each time that it was given something and caught up, once,
/// where that was ordered, that it has got the end, and now and then that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) seat: SessionId,
    pub(super) what: Outcome,
    /// The last round that has been obeyed.
    pub(super) obeyed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing waits for it any more.
    CaughtUp,
    /// It has taken some of what waits for it. Told at most every few seconds.
    Took,
    /// Too much waits for it, or for all together and it weighs most.
    Overrun,
    /// It ended its half of the stream, and ours is over, too.
    Over,
}

/// Shared by the hub's thread and the spill thread.
#[derive(Debug)]
pub(super) struct Spill<O: Outlet, B> {
    bell: B,
    bounds: Bounds,
    ledger: Arc<Ledger>,
    orders: (Sender<Round<O>>, Receiver<Round<O>>),
    reports: (Sender<Report>, Receiver<Report>),
    /// Wakes the hub's thread.
    hub: Sender<Item<O>>,
    /// Somebody's lines wait until it has caught up. Set by the hub's thread.
    awaited: AtomicBool,
    closing: AtomicBool,
}

#[derive(Debug)]
struct Round<O> {
    number: u64,
    orders: Vec<Order<O>>,
}

impl<O: Outlet, B: Bell<O>> Spill<O, B> {
    pub(super) fn new(bell: B, bounds: Bounds, hub: Sender<Item<O>>) -> Spill<O, B> {
        let (ledger, awaited, closing) = (Arc::default(), AtomicBool::default(), AtomicBool::default());
        Spill { bell, bounds, ledger, orders: bounded(ROUNDS), reports: unbounded(), hub, awaited, closing }
    }

    /// Outlets with a thread of their own ring it, too.
    #[cfg(any(test, not(unix)))]
    pub(super) fn bell(&self) -> &B {
        &self.bell
    }

    pub(super) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Hands over a round of orders. Hub's thread only.
    pub(super) fn order(&self, number: u64, orders: Vec<Order<O>>) {
        let is_urgent = orders.iter().any(|order| !matches!(order, Order::Queue { .. }));
        // The receiver is ours, too.
        let _ = self.orders.0.send(Round { number, orders });
        // A report that has come since the last were read may be of a client that
        // has just got more and is waited for no longer. Either it is seen here, or
        // the spill thread, which looks for orders after it has reported, sees these.
        if is_urgent || self.orders.0.len() >= UNHURRIED || !self.reports.1.is_empty() {
            self.bell.ring();
        }
    }

    /// Whether the hub's thread is to be woken when somebody has caught up, for
    /// all that it orders from now on. Hub's thread only.
    pub(super) fn wait_for_readers(&self, wait: bool) {
        self.awaited.store(wait, Ordering::Relaxed);
        if wait {
            // The reports that are read after this are those that came before it was seen.
            fence(Ordering::SeqCst);
        }
    }

    /// What has been reported since the last call. Hub's thread only.
    pub(super) fn reports(&self) -> impl Iterator<Item = Report> + '_ {
        self.reports.1.try_iter()
    }

    /// Ends [`Spill::run`].
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.bell.ring();
    }

    /// The spill thread's whole life.
    pub(super) fn run(&self) {
        let mut stragglers = Stragglers::default();
        while !self.closing.load(Ordering::Acquire) {
            self.turn(&mut stragglers, |awaited| self.wait(awaited));
        }
    }

    /// Obeys all orders that wait, and serves whom `wait` says.
    pub(super) fn turn(
        &self,
        stragglers: &mut Stragglers<O>,
        wait: impl FnOnce(&[(Wants, &mut Straggler<O>)]) -> Vec<Event>,
    ) {
        // More may come as fast as they are obeyed, and others wait to be served.
        for Round { number, orders } in self.orders.1.try_iter().take(ROUNDS) {
            stragglers.obey(number, orders, &self.bounds, Instant::now());
        }
        stragglers.give_up_for_all(|| self.ledger.live(), &self.bounds, Instant::now());
        let (obeyed, untold) = stragglers.take_untold();
        untold.into_iter().for_each(|(seat, what)| self.report(seat, what, obeyed));
        let (obeyed, chunk, mut awaited) = stragglers.awaited(&self.bounds);
        let (events, now) = (wait(&awaited), Instant::now());
        for ((_, straggler), event) in awaited.iter_mut().zip(events) {
            if let Some(what) = straggler.go_on(event, now, &self.bounds, chunk) {
                self.report(straggler.seat(), what, obeyed);
            }
        }
    }

    fn wait(&self, awaited: &[(Wants, &mut Straggler<O>)]) -> Vec<Event> {
        let watched: Vec<(&O, Wants)> =
            awaited.iter().map(|(wants, straggler)| (straggler.outlet(), *wants)).collect();
        // Orders that are not urgent do not wake this thread, and may bring a client over its bound.
        let look = (!watched.is_empty()).then(|| Instant::now() + self.bounds.patience);
        let until = watched.iter().filter_map(|(_, wants)| wants.until).chain(look).min();
        let is_untried = awaited.iter().any(|(_, straggler)| straggler.is_untried());
        let timeout = match is_untried || !self.orders.1.is_empty() {
            true => Some(Duration::ZERO),
            false => until.map(|until| until.saturating_duration_since(Instant::now())),
        };
        self.bell.wait(&watched, timeout)
    }

    fn report(&self, seat: SessionId, what: Outcome, obeyed: u64) {
        // It is unbounded, and the receiver is ours, too.
        let _ = self.reports.0.send(Report { seat, what, obeyed });
        // Either this thread sees that it is awaited, or the hub's thread sees the report.
        fence(Ordering::SeqCst);
        // That somebody has caught up can wait until there is something for him,
        // unless he has asked for more; and that he reads until he might be missed.
        let is_urgent = match what {
            Outcome::Overrun | Outcome::Over => true,
            Outcome::CaughtUp => self.awaited.load(Ordering::Relaxed),
            Outcome::Took => false,
        };
        if is_urgent {
            // Where the inbox is full, a round that reads the reports is to come.
            let _ = self.hub.try_send(Item::Reported);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bell::{FlagBell, PollBell};
    use super::super::delivery::Delivery;
    use super::super::outlet::NativeOutlet;
    use super::super::pump::PumpOutlet;
    use super::*;
    use crate::hub::{Batch, Close, Receivers};
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    /// More than the buffers of both ends hold, and less than is too much.
    const LINES: usize = 40_000;

    fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, client)
    }

    fn line(number: usize) -> Vec<u8> {
        format!("line {number:0200}\r\n").into_bytes()
    }

    /// A reader that begins late gets every line, in order, then what is sent
    /// directly again, the farewell and the end.
    fn a_late_reader_gets_everything<O: Outlet, B: Bell<O>>(outlet: O, mut client: TcpStream, bell: B) {
        let bounds =
            Bounds { member: usize::MAX, reading_member: usize::MAX, live: usize::MAX, ..Bounds::USUAL };
        let spill = Spill::new(bell, bounds, bounded(1).0);
        let mut delivery = Delivery::new(&spill);
        delivery.add(SessionId(0), Arc::new(outlet));
        let give = |delivery: &mut Delivery<'_, O, B>, line: Vec<u8>| {
            let mut batch = Batch::default();
            batch.deliver(Receivers::One(SessionId(0)), |out| out.extend_from_slice(&line));
            delivery.deliver_all(&batch);
            delivery.hand_over();
        };
        thread::scope(|scope| {
            scope.spawn(|| spill.run());
            (0..LINES).for_each(|number| give(&mut delivery, line(number)));
            assert_eq!(delivery.behind(), 1, "the buffers were larger than the test");
            let mut heard = vec![0; LINES * line(0).len()];
            client.read_exact(&mut heard).unwrap();
            assert!(heard == (0..LINES).flat_map(line).collect::<Vec<u8>>());
            while delivery.behind() > 0 {
                give(&mut delivery, b"more\r\n".to_vec());
                client.read_exact(&mut [0; 6]).unwrap();
            }
            give(&mut delivery, b"last\r\n".to_vec());
            let farewell = b"ERROR :bye\r\n"[..].into();
            delivery.close(&[Close { session: SessionId(0), farewell }], Patience::USUAL, Instant::now());
            delivery.hand_over();
            let mut rest = String::new();
            client.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "last\r\nERROR :bye\r\n");
            spill.close();
        });
        assert_eq!(spill.ledger().live(), 0);
    }

    /// What the writer thread had not come to was lost.
    #[test]
    fn over_the_portable_outlet_who_ends_his_half_of_the_stream_gets_what_it_has_taken() {
        const PATIENCE: Patience =
            Patience { flush: Duration::from_secs(60), linger: Duration::from_secs(60) };
        let (socket, mut client) = sockets();
        let bell = Arc::new(FlagBell::default());
        let (outlet, pump) = PumpOutlet::new(Arc::new(socket), Arc::clone(&bell));
        let spill = Spill::new(bell, Bounds::USUAL, bounded(1).0);
        let mut delivery = Delivery::new(&spill);
        delivery.add(SessionId(0), Arc::new(outlet));
        let mut batch = Batch::default();
        batch.deliver(Receivers::One(SessionId(0)), |out| out.extend_from_slice(b"all answers\r\n"));
        delivery.deliver_all(&batch);
        delivery.finish(SessionId(0), PATIENCE, Instant::now());
        delivery.hand_over();
        let mut heard = String::new();
        thread::scope(|scope| {
            scope.spawn(|| pump.run());
            scope.spawn(|| spill.run());
            client.read_to_string(&mut heard).unwrap();
            delivery.end_all();
            spill.close();
        });
        assert_eq!(heard, "all answers\r\n");
    }

    #[test]
    fn a_late_reader_gets_everything_over_this_system_s_outlet() {
        let (socket, client) = sockets();
        a_late_reader_gets_everything(NativeOutlet::new(socket), client, PollBell::new().unwrap());
    }

    #[test]
    fn a_late_reader_gets_everything_over_the_portable_outlet() {
        let (socket, client) = sockets();
        let bell = Arc::new(FlagBell::default());
        let (outlet, pump) = PumpOutlet::new(Arc::new(socket), Arc::clone(&bell));
        let pump = thread::spawn(move || pump.run());
        a_late_reader_gets_everything(outlet, client, bell);
        pump.join().unwrap();
    }
}
