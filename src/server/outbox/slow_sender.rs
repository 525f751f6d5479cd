//! The thread that serves all slow clients, asleep while there are none. The drawing in
//! [`super`] says what passes between it and the hub's thread.

use super::backlog::MemoryLedger;
use super::orders::{Order, Outcome, Report};
use super::outlet::Outlet;
use super::poller::{Interest, Poller, Readiness};
use super::slow_client_limits::SlowClientLimits;
use super::slow_clients::{SlowClient, SlowClients};
use crate::hub::SessionId;
use crate::server::connection::inbox::Item;
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::time::{Duration, Instant};

/// Rounds of orders that wait; beyond that the hub's thread does, for a thread
/// that itself waits for nobody.
const ROUNDS: usize = 256;
/// Orders that are not urgent wait for so many of their kind: each time that
/// this thread wakes costs a look at all slow clients.
const UNHURRIED: usize = 64;

/// Shared by the hub's thread and the slow sender.
#[derive(Debug)]
pub(crate) struct SlowSender<O: Outlet, B> {
    /// Outlets with a thread of their own wake it, too.
    pub(crate) poller: B,
    bounds: SlowClientLimits,
    pub(crate) ledger: Arc<MemoryLedger>,
    orders: (Sender<Round<O>>, Receiver<Round<O>>),
    reports: (Sender<Report>, Receiver<Report>),
    /// Wakes the hub's thread.
    hub: Sender<Item<O>>,
    /// Somebody's lines wait until it has caught up. Set by the hub's thread.
    awaited: AtomicBool,
    closing: AtomicBool,
}

/// The orders of one round, and its number.
type Round<O> = (u64, Vec<Order<O>>);

impl<O: Outlet, B: Poller<O>> SlowSender<O, B> {
    pub(crate) fn new(poller: B, bounds: SlowClientLimits, hub: Sender<Item<O>>) -> SlowSender<O, B> {
        SlowSender {
            poller,
            bounds,
            ledger: Arc::default(),
            orders: bounded(ROUNDS),
            reports: unbounded(),
            hub,
            awaited: AtomicBool::default(),
            closing: AtomicBool::default(),
        }
    }

    /// Hands over a round of orders. Hub's thread only.
    pub(crate) fn order(&self, number: u64, orders: Vec<Order<O>>) {
        let is_urgent = orders.iter().any(|order| !matches!(order, Order::Queue { .. }));
        // The receiver is ours, too.
        let _ = self.orders.0.send((number, orders));
        // A report that has come since the last were read may be of a client that
        // has just got more and is waited for no longer. Either it is seen here, or
        // the slow sender, which looks for orders after it has reported, sees these.
        if is_urgent || self.orders.0.len() >= UNHURRIED || !self.reports.1.is_empty() {
            self.poller.wake();
        }
    }

    /// Whether the hub's thread is to be woken when somebody has caught up, for
    /// all that it orders from now on. Hub's thread only.
    pub(crate) fn wait_for_readers(&self, wait: bool) {
        self.awaited.store(wait, Ordering::Relaxed);
        if wait {
            // The reports that are read after this are those that came before it was seen.
            fence(Ordering::SeqCst);
        }
    }

    /// What has been reported since the last call. Hub's thread only.
    pub(crate) fn reports(&self) -> impl Iterator<Item = Report> + '_ {
        self.reports.1.try_iter()
    }

    /// Ends [`SlowSender::run`].
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.poller.wake();
    }

    /// The slow sender's whole life.
    pub(crate) fn run(&self) {
        let mut clients = SlowClients::default();
        while !self.closing.load(Ordering::Acquire) {
            self.run_once(&mut clients, |awaited| self.wait(awaited));
        }
    }

    /// Obeys all orders that wait, and serves the clients for which `wait` gives an event.
    pub(crate) fn run_once(
        &self,
        clients: &mut SlowClients<O>,
        wait: impl FnOnce(&[(Interest, &mut SlowClient<O>)]) -> Vec<Readiness>,
    ) {
        // More may come as fast as they are obeyed, and others wait to be served.
        for (number, orders) in self.orders.1.try_iter().take(ROUNDS) {
            clients.obey(number, orders, &self.bounds, Instant::now());
        }
        clients.give_up_for_all(|| self.ledger.live(), &self.bounds, Instant::now());
        let (obeyed, unreported) = clients.take_unreported();
        unreported.into_iter().for_each(|(session, what)| self.report(session, what, obeyed));
        let (obeyed, chunk, mut awaited) = clients.awaited(&self.bounds);
        let (events, now) = (wait(&awaited), Instant::now());
        for ((_, client), event) in awaited.iter_mut().zip(events) {
            if let Some(what) = client.progress(event, now, &self.bounds, chunk) {
                self.report(client.session, what, obeyed);
            }
        }
    }

    fn wait(&self, awaited: &[(Interest, &mut SlowClient<O>)]) -> Vec<Readiness> {
        let watched: Vec<(&O, Interest)> =
            awaited.iter().map(|(interest, client)| (&*client.outlet, *interest)).collect();
        // Orders that are not urgent do not wake this thread, and may bring a client over its bound.
        let look = (!watched.is_empty()).then(|| Instant::now() + self.bounds.stuck_after);
        let until = watched.iter().filter_map(|(_, interest)| interest.until).chain(look).min();
        let is_untried = awaited.iter().any(|(_, client)| client.untried);
        let timeout = match is_untried || !self.orders.1.is_empty() {
            true => Some(Duration::ZERO),
            false => until.map(|until| until.saturating_duration_since(Instant::now())),
        };
        self.poller.wait(&watched, timeout)
    }

    fn report(&self, session: SessionId, what: Outcome, obeyed: u64) {
        // It is unbounded, and the receiver is ours, too.
        let _ = self.reports.0.send(Report { session, what, obeyed });
        // Either this thread sees that it is awaited, or the hub's thread sees the report.
        fence(Ordering::SeqCst);
        // That a client has caught up can wait until there is something for it, unless its lines
        // wait for that; that it reads can wait until its silence might be noticed.
        let is_urgent = match what {
            Outcome::Overrun | Outcome::Finished => true,
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
    use super::super::delivery::Delivery;
    use super::super::encryption::Received;
    use super::super::encryption::tests::{client, server_config, sockets};
    use super::super::native::{NativeOutlet, NativePoller};
    use super::super::poller::CondvarPoller;
    use super::super::slow_client_limits::CloseTimeouts;
    use super::super::writer::QueueOutlet;
    use super::*;
    use crate::hub::{Batch, Close, Recipients};
    use rustls::{ClientConnection, StreamOwned};
    use std::io::Read;
    use std::net::TcpStream;
    use std::thread;

    /// More than the buffers of both ends hold, and less than is too much.
    const LINES: usize = 40_000;

    fn line(number: usize) -> Vec<u8> {
        format!("line {number:0200}\r\n").into_bytes()
    }

    /// A reader that begins late gets every line, in order, then what is sent
    /// directly again, the farewell and the end.
    fn a_late_reader_gets_everything<O: Outlet, B: Poller<O>>(
        outlet: Arc<O>,
        mut client: impl Read,
        poller: B,
    ) {
        let bounds = SlowClientLimits {
            client: usize::MAX,
            reading_client: usize::MAX,
            live: usize::MAX,
            ..SlowClientLimits::USUAL
        };
        let slow_sender = SlowSender::new(poller, bounds, bounded(1).0);
        let mut delivery = Delivery::new(&slow_sender);
        delivery.add(SessionId(0), outlet);
        let give = |delivery: &mut Delivery<'_, O, B>, line: Vec<u8>| {
            let mut batch = Batch::default();
            batch.deliver(Recipients::One(SessionId(0)), |out| out.extend_from_slice(&line));
            delivery.deliver_all(&batch);
            delivery.send_orders();
        };
        thread::scope(|scope| {
            scope.spawn(|| slow_sender.run());
            (0..LINES).for_each(|number| give(&mut delivery, line(number)));
            assert_eq!(delivery.slow(), 1, "the buffers were larger than the test");
            let mut heard = vec![0; LINES * line(0).len()];
            client.read_exact(&mut heard).unwrap();
            assert!(heard == (0..LINES).flat_map(line).collect::<Vec<u8>>());
            while delivery.slow() > 0 {
                give(&mut delivery, b"more\r\n".to_vec());
                client.read_exact(&mut [0; 6]).unwrap();
            }
            give(&mut delivery, b"last\r\n".to_vec());
            let farewell = b"ERROR :bye\r\n"[..].into();
            delivery.close(
                &[Close { session: SessionId(0), farewell }],
                CloseTimeouts::USUAL,
                Instant::now(),
            );
            delivery.send_orders();
            let mut rest = String::new();
            client.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "last\r\nERROR :bye\r\n");
            slow_sender.close();
        });
        assert_eq!(slow_sender.ledger.live(), 0);
    }

    /// What the writer thread had not come to was lost.
    #[test]
    fn half_closed_over_the_portable_outlet() {
        const TIMEOUTS: CloseTimeouts =
            CloseTimeouts { flush: Duration::from_secs(60), linger: Duration::from_secs(60) };
        let (socket, mut client) = sockets();
        let poller = Arc::new(CondvarPoller::default());
        let (outlet, pump) = QueueOutlet::new(Arc::new(socket), Arc::clone(&poller));
        let slow_sender = SlowSender::new(poller, SlowClientLimits::USUAL, bounded(1).0);
        let mut delivery = Delivery::new(&slow_sender);
        delivery.add(SessionId(0), Arc::new(outlet));
        let mut batch = Batch::default();
        batch.deliver(Recipients::One(SessionId(0)), |out| out.extend_from_slice(b"all answers\r\n"));
        delivery.deliver_all(&batch);
        delivery.finish(SessionId(0), TIMEOUTS, Instant::now());
        delivery.send_orders();
        let mut heard = String::new();
        thread::scope(|scope| {
            scope.spawn(|| pump.run());
            scope.spawn(|| slow_sender.run());
            client.read_to_string(&mut heard).unwrap();
            delivery.end_all();
            slow_sender.close();
        });
        assert_eq!(heard, "all answers\r\n");
    }

    /// Over the outlet of this system.
    #[test]
    fn late_reader_gets_all_natively() {
        let (socket, client) = sockets();
        a_late_reader_gets_everything(
            Arc::new(NativeOutlet::new(socket)),
            client,
            NativePoller::new().unwrap(),
        );
    }

    /// Encrypted, over the outlet of this system.
    #[test]
    fn late_reader_gets_all_encrypted() {
        let (socket, peer) = sockets();
        let outlet = Arc::new(NativeOutlet::new(socket));
        outlet.encrypt(server_config());
        let (tell, established) = bounded(1);
        let receive = |bytes: &[u8]| outlet.receive(bytes, &mut Vec::new()).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| serve(outlet.socket(), &receive, &tell));
            let client = connected(peer, &established);
            a_late_reader_gets_everything(Arc::clone(&outlet), client, NativePoller::new().unwrap());
            outlet.cut();
        });
    }

    /// Encrypted, over the portable outlet: only its writer thread writes.
    #[test]
    fn late_reader_gets_all_encrypted_portably() {
        let (socket, peer) = sockets();
        let socket = Arc::new(socket);
        let poller = Arc::new(CondvarPoller::default());
        let (outlet, pump) = QueueOutlet::new(Arc::clone(&socket), Arc::clone(&poller));
        outlet.encrypt(server_config());
        let outlet = Arc::new(outlet);
        let pump = thread::spawn(move || pump.run());
        let (tell, established) = bounded(1);
        let receive = |bytes: &[u8]| outlet.receive(bytes, &mut Vec::new()).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| serve(&socket, &receive, &tell));
            let client = connected(peer, &established);
            a_late_reader_gets_everything(Arc::clone(&outlet), client, poller);
            outlet.cut();
        });
        pump.join().unwrap();
    }

    /// A client's thread, for as long as the peer is there; tells that the handshake is over.
    fn serve(mut socket: &TcpStream, receive: &impl Fn(&[u8]) -> Received, established: &Sender<()>) {
        let mut bytes = [0; 512];
        while let Ok(count @ 1..) = socket.read(&mut bytes) {
            if receive(&bytes[..count]) == Received::Established {
                let _ = established.try_send(());
            }
        }
    }

    /// A client after its handshake, which the server's end has seen, too: until then nothing is sent.
    fn connected(peer: TcpStream, established: &Receiver<()>) -> StreamOwned<ClientConnection, TcpStream> {
        let mut stream = StreamOwned::new(client(), peer);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).unwrap();
        }
        established.recv().unwrap();
        stream
    }

    /// Over the portable outlet.
    #[test]
    fn late_reader_gets_all_portably() {
        let (socket, client) = sockets();
        let poller = Arc::new(CondvarPoller::default());
        let (outlet, pump) = QueueOutlet::new(Arc::new(socket), Arc::clone(&poller));
        let pump = thread::spawn(move || pump.run());
        a_late_reader_gets_everything(Arc::new(outlet), client, poller);
        pump.join().unwrap();
    }
}
