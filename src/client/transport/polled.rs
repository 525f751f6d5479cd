//! Sockets on one thread: a wait for one of them takes what comes to all.
//!
//! A step asks everybody for a PONG. With threads for each connection that
//! would wake two of them for every answer, which costs more than the answer.

use super::dial::first_that_answers;
use super::event::Event;
use super::socket::{Found, POLL_EVENTS, READ_BYTES, Socket};
use mio::{Events, Poll, Token};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Events of one connection that wait to be taken; past these the rest stays
/// in its socket. One read may bring more.
const WAITING: usize = 1024;

/// Bytes that the server has not taken yet; past these the connection is given up.
const MOST_OWED: usize = 16 << 20;

/// All connections of one script.
#[derive(Debug, Clone, Default)]
pub struct Connections(Rc<RefCell<Sockets>>);

/// One of them; dropped, it ends.
#[derive(Debug)]
pub struct Connection {
    sockets: Rc<RefCell<Sockets>>,
    at: usize,
}

#[derive(Debug, Default)]
struct Sockets {
    /// Made for the first connection.
    poll: Option<Poll>,
    events: Option<Events>,
    /// By token; None where a connection has ended and another may take its place.
    all: Vec<Option<Inbound>>,
    buffer: Vec<u8>,
    /// All of them speak TLS.
    encrypt: bool,
}

/// A socket and what came from it.
#[derive(Debug)]
struct Inbound {
    /// Owes no more than [`MOST_OWED`].
    socket: Socket,
    /// What has come and was not taken; about [`WAITING`] at most.
    arrived: VecDeque<Event>,
    /// Something may be in the socket that no poll will tell of again.
    unread: bool,
    /// The server sends nothing more, or an error waits to be read.
    ends: bool,
    stalled: bool,
}

impl Connections {
    /// Of which all speak TLS.
    pub fn encrypted() -> Connections {
        Connections(Rc::new(RefCell::new(Sockets { encrypt: true, ..Sockets::default() })))
    }

    /// Connects to the first address of `server` that answers; `small`: with a
    /// receive buffer of about so many bytes.
    ///
    /// # Errors
    /// The last address's error, or `NotFound` where the name has none.
    pub fn connect(
        &self,
        server: (&str, u16),
        timeout: Duration,
        small: Option<usize>,
    ) -> io::Result<Connection> {
        let encrypts = self.0.borrow().encrypt;
        let socket = first_that_answers(server, |address| {
            let mut socket = Socket::connect(address, timeout, small)?;
            if encrypts {
                socket.encrypt(address.ip())?;
            }
            Ok(socket)
        })?;
        let at = self.0.borrow_mut().add(socket)?;
        Ok(Connection { sockets: Rc::clone(&self.0), at })
    }

    /// Waits until something has come to somebody, or until then.
    pub fn wait(&self, until: Instant) {
        self.0.borrow_mut().pump(until);
    }
}

impl Connection {
    /// The next event, or None at the deadline.
    pub fn next(&self, deadline: Instant) -> Option<Event> {
        let mut sockets = self.sockets.borrow_mut();
        let mut over = false;
        loop {
            if let Some(event) = sockets.take(self.at) {
                return Some(event);
            }
            // What has come by the deadline is taken even when it has passed.
            if over {
                return None;
            }
            over = Instant::now() >= deadline;
            sockets.pump(deadline);
        }
    }

    /// Whether something waits to be taken.
    pub fn is_ready(&self) -> bool {
        self.with(|inbound| !inbound.arrived.is_empty())
    }

    /// Sends bytes in one write, as far as the socket takes them now; the rest
    /// goes while somebody waits.
    pub fn send(&self, bytes: &[u8]) {
        self.with(|inbound| inbound.send(bytes));
    }

    /// Leaves what comes in the socket, or takes it again.
    pub fn stall(&self, stalled: bool) {
        self.with(|inbound| inbound.stalled = stalled);
    }

    /// Ends it without its orderly end: the server sees a reset.
    pub fn reset(self) {
        self.with(|inbound| inbound.socket.reset());
    }

    fn with<T: Default>(&self, each: impl FnOnce(&mut Inbound) -> T) -> T {
        let mut sockets = self.sockets.borrow_mut();
        sockets.all[self.at].as_mut().map_or_else(T::default, each)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(mut inbound) = self.sockets.borrow_mut().all[self.at].take() {
            inbound.socket.close();
        }
    }
}

impl Sockets {
    fn add(&mut self, mut socket: Socket) -> io::Result<usize> {
        let poll = match self.poll.take() {
            Some(poll) => poll,
            None => Poll::new()?,
        };
        let poll = self.poll.insert(poll);
        let free = self.all.iter().position(Option::is_none);
        let at = free.unwrap_or(self.all.len());
        socket.register(poll.registry(), Token(at))?;
        let inbound =
            Inbound { socket, arrived: VecDeque::new(), unread: false, ends: false, stalled: false };
        match free {
            Some(at) => self.all[at] = Some(inbound),
            None => self.all.push(Some(inbound)),
        }
        Ok(at)
    }

    fn take(&mut self, at: usize) -> Option<Event> {
        self.buffer.resize(READ_BYTES, 0);
        let inbound = self.all[at].as_mut()?;
        if inbound.arrived.is_empty() {
            inbound.read(&mut self.buffer);
        }
        inbound.arrived.pop_front().or_else(|| (!inbound.socket.is_open()).then_some(Event::Closed(None)))
    }

    /// Waits until something can be read or written, or until then; takes what
    /// has come.
    fn pump(&mut self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        let Some(poll) = &mut self.poll else { return std::thread::sleep(left) };
        let events = self.events.get_or_insert_with(|| Events::with_capacity(POLL_EVENTS));
        // What can't be waited for ends at the deadline.
        if poll.poll(events, Some(left)).is_err() {
            return;
        }
        self.buffer.resize(READ_BYTES, 0);
        for event in events.iter() {
            let Some(inbound) = self.all.get_mut(event.token().0).and_then(Option::as_mut) else { continue };
            if event.is_writable() {
                inbound.socket.flush();
            }
            inbound.ends |= event.is_read_closed() || event.is_error();
            inbound.unread |= event.is_readable() || inbound.ends;
            inbound.read(&mut self.buffer);
        }
    }
}

impl Inbound {
    fn send(&mut self, bytes: &[u8]) {
        self.socket.queue(bytes);
        self.socket.flush();
        if self.socket.owed() > MOST_OWED {
            self.end(Some(io::Error::new(io::ErrorKind::TimedOut, "the server takes nothing")));
        }
    }

    /// Takes what the socket has, as far as it may wait here.
    fn read(&mut self, buffer: &mut [u8]) {
        while self.unread && !self.stalled && self.socket.is_open() && self.arrived.len() < WAITING {
            let arrived = &mut self.arrived;
            match self.socket.read(buffer, |frame| arrived.push_back(Event::of(&frame))) {
                // A stream that gave less has been emptied (epoll(7), kqueue(2)): what comes
                // next is told of. Reading until it says so would double the calls.
                Ok(Found::Some(count)) if cfg!(unix) && (1..buffer.len()).contains(&count) && !self.ends => {
                    self.unread = false;
                }
                Ok(Found::Some(_)) => {}
                Ok(Found::Nothing) => self.unread = false,
                Ok(Found::End) => self.end(None),
                Err(error) => self.end(Some(error)),
            }
        }
    }

    fn end(&mut self, error: Option<io::Error>) {
        self.socket.close();
        self.arrived.push_back(Event::Closed(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    const SMALL: Option<usize> = Some(4096);

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    fn pair(connections: &Connections, small: Option<usize>) -> (Connection, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = ("127.0.0.1", listener.local_addr().unwrap().port());
        let connection = connections.connect(server, Duration::from_secs(30), small).unwrap();
        (connection, listener.accept().unwrap().0)
    }

    fn next_is(connection: &Connection, wanted: &str) -> bool {
        matches!(connection.next(soon()), Some(Event::Message(m)) if m.last() == Some(wanted))
    }

    #[test]
    fn waiting_for_one_connection_reads_all() {
        let connections = Connections::default();
        let (one, mut to_one) = pair(&connections, None);
        let (other, mut to_other) = pair(&connections, None);
        other.send(b"PING 2\r\n");
        let mut heard = [0; 8];
        to_other.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"PING 2\r\n");
        to_other.write_all(b"PONG 2\r\n").unwrap();
        to_one.write_all(b"PONG 1\r\nPONG 3\r\n").unwrap();
        assert!(next_is(&one, "1") && next_is(&one, "3") && next_is(&other, "2"));
        assert!(one.next(Instant::now()).is_none());
        drop((to_one, to_other));
        assert!(matches!(one.next(soon()), Some(Event::Closed(None))));
        assert!(matches!(one.next(soon()), Some(Event::Closed(None))), "and stays so");
    }

    /// What comes while a connection is stalled is read once it is not.
    #[test]
    fn stalled_gets_all_later() {
        let connections = Connections::default();
        let (stalled, mut socket) = pair(&connections, SMALL);
        let (other, mut to_other) = pair(&connections, None);
        stalled.stall(true);
        socket.write_all(b"PING 1\r\nPING 2\r\n").unwrap();
        to_other.write_all(b"PING 3\r\n").unwrap();
        assert!(next_is(&other, "3") && !stalled.is_ready());
        assert!(stalled.next(Instant::now()).is_none());
        stalled.stall(false);
        assert!(next_is(&stalled, "1") && next_is(&stalled, "2"));
    }

    #[test]
    fn a_reset_is_no_orderly_end() {
        let connections = Connections::default();
        for stalled in [false, true] {
            let (connection, mut socket) = pair(&connections, SMALL);
            if stalled {
                connection.stall(true);
                socket.write_all(b"PING 1\r\n").unwrap();
            }
            connection.reset();
            let error = socket.read(&mut [0; 16]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "stalled: {stalled}");
        }
    }

    /// More than the socket holds goes while somebody waits, for whomever.
    #[test]
    fn untaken_bytes_go_later() {
        let connections = Connections::default();
        let (one, mut socket) = pair(&connections, None);
        let (other, mut to_other) = pair(&connections, None);
        let much = vec![b'x'; 12 << 20];
        one.send(&much);
        let reader = std::thread::spawn(move || {
            let mut heard = vec![0; 12 << 20];
            socket.read_exact(&mut heard).unwrap();
            to_other.write_all(b"PONG all\r\n").unwrap();
        });
        assert!(next_is(&other, "all"));
        reader.join().unwrap();
    }

    /// A connection whose server takes nothing is given up.
    #[test]
    fn unsent_bytes_are_bounded() {
        let connections = Connections::default();
        let (one, _socket) = pair(&connections, None);
        (0..64).for_each(|_| one.send(&vec![b'x'; 1 << 20]));
        assert!(matches!(one.next(soon()), Some(Event::Closed(Some(_)))));
    }
}
