//! The actors' sockets, on one thread: whoever waits for one of them takes
//! what comes to all.
//!
//! A step asks everybody for a PONG. With threads for each connection that
//! would wake two of them for every answer, which costs more than the answer.

use crate::link::Event;
use crate::wire::{Framer, Limits};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Events of one connection that wait to be taken; past these the rest stays
/// in its socket. One read may bring more.
const WAITING: usize = 1024;

/// Bytes that the server has not taken yet; past these the connection is given up.
const MOST_OWED: usize = 16 << 20;

/// Bytes that one read may bring.
const READ: usize = 64 * 1024;

/// Connections that one poll tells of.
const EVENTS: usize = 1024;

/// All connections of one script.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Rc<RefCell<Sockets>>);

/// One of them; dropped, it ends.
#[derive(Debug)]
pub(super) struct Connection {
    sockets: Rc<RefCell<Sockets>>,
    at: usize,
}

#[derive(Debug, Default)]
struct Sockets {
    /// Made for the first connection.
    poll: Option<Poll>,
    events: Option<Events>,
    /// By token; None where a connection has ended and another may take its place.
    all: Vec<Option<Socket>>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Socket {
    /// None where it is over.
    stream: Option<TcpStream>,
    framer: Framer,
    /// What has come and was not taken; about [`WAITING`] at most.
    arrived: VecDeque<Event>,
    /// Not yet taken by the socket; no more than [`MOST_OWED`].
    out: Vec<u8>,
    /// Something may be in the socket that no poll will tell of again.
    unread: bool,
    /// The server sends nothing more, or an error waits to be read.
    ends: bool,
    stalled: bool,
}

impl Connections {
    /// Connects to the first address of `server` that answers; `small`: with a
    /// receive buffer of about so many bytes.
    ///
    /// # Errors
    /// The last address's error, or `NotFound` where the name has none.
    pub(super) fn connect(
        &self,
        server: (&str, u16),
        timeout: Duration,
        small: Option<usize>,
    ) -> io::Result<Connection> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        let addresses =
            server.to_socket_addrs().map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
        for address in addresses {
            match connected(address, timeout, small) {
                Ok(stream) => {
                    let at = self.0.borrow_mut().add(stream)?;
                    return Ok(Connection { sockets: Rc::clone(&self.0), at });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Waits until something has come to somebody, or until then.
    pub(super) fn wait(&self, until: Instant) {
        self.0.borrow_mut().pump(until);
    }
}

impl Connection {
    /// The next event, or None at the deadline.
    pub(super) fn next(&self, deadline: Instant) -> Option<Event> {
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
    pub(super) fn is_ready(&self) -> bool {
        self.with(|socket| !socket.arrived.is_empty())
    }

    /// Sends bytes in one write, as far as the socket takes them now; the rest
    /// goes while somebody waits.
    pub(super) fn send(&self, bytes: &[u8]) {
        self.with(|socket| socket.send(bytes));
    }

    /// Leaves what comes in the socket, or takes it again.
    pub(super) fn stall(&self, stalled: bool) {
        self.with(|socket| socket.stalled = stalled);
    }

    /// Ends it without its orderly end: the server sees a reset.
    pub(super) fn reset(self) {
        self.with(|socket| {
            if let Some(stream) = socket.stream.take() {
                // Closing with a linger of nothing is a reset. Where it can't be
                // set, the server sees an ordinary end.
                let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            }
        });
    }

    fn with<T: Default>(&self, each: impl FnOnce(&mut Socket) -> T) -> T {
        let mut sockets = self.sockets.borrow_mut();
        sockets.all[self.at].as_mut().map_or_else(T::default, each)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let socket = self.sockets.borrow_mut().all[self.at].take();
        if let Some(stream) = socket.and_then(|socket| socket.stream) {
            // Fails only where it is over already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Sockets {
    fn add(&mut self, mut stream: TcpStream) -> io::Result<usize> {
        let poll = match self.poll.take() {
            Some(poll) => poll,
            None => Poll::new()?,
        };
        let poll = self.poll.insert(poll);
        let free = self.all.iter().position(Option::is_none);
        let at = free.unwrap_or(self.all.len());
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(at), both)?;
        let socket = Socket {
            stream: Some(stream),
            framer: Framer::new(Limits::FROM_SERVER),
            arrived: VecDeque::new(),
            out: Vec::new(),
            unread: false,
            ends: false,
            stalled: false,
        };
        match free {
            Some(at) => self.all[at] = Some(socket),
            None => self.all.push(Some(socket)),
        }
        Ok(at)
    }

    fn take(&mut self, at: usize) -> Option<Event> {
        self.buffer.resize(READ, 0);
        let socket = self.all[at].as_mut()?;
        if socket.arrived.is_empty() {
            socket.read(&mut self.buffer);
        }
        socket.arrived.pop_front().or_else(|| socket.is_over().then_some(Event::Closed(None)))
    }

    /// Waits until something can be read or written, or until then; takes what
    /// has come.
    fn pump(&mut self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        let Some(poll) = &mut self.poll else { return std::thread::sleep(left) };
        let events = self.events.get_or_insert_with(|| Events::with_capacity(EVENTS));
        // What can't be waited for ends at the deadline.
        if poll.poll(events, Some(left)).is_err() {
            return;
        }
        self.buffer.resize(READ, 0);
        for event in events.iter() {
            let Some(socket) = self.all.get_mut(event.token().0).and_then(Option::as_mut) else { continue };
            if event.is_writable() {
                socket.flush();
            }
            socket.ends |= event.is_read_closed() || event.is_error();
            socket.unread |= event.is_readable() || socket.ends;
            socket.read(&mut self.buffer);
        }
    }
}

impl Socket {
    fn is_over(&self) -> bool {
        self.stream.is_none()
    }

    fn send(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.flush();
        if self.out.len() > MOST_OWED {
            self.end(Some(io::Error::new(io::ErrorKind::TimedOut, "the server takes nothing")));
        }
    }

    /// What goes wrong is found by the next read.
    fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return self.out.clear() };
        while !self.out.is_empty() {
            match stream.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Takes what the socket has, as far as it may wait here.
    fn read(&mut self, buffer: &mut [u8]) {
        while self.unread && !self.stalled && self.arrived.len() < WAITING {
            let Some(stream) = &mut self.stream else { return };
            match stream.read(buffer) {
                Ok(0) => self.end(None),
                Ok(count) => {
                    let arrived = &mut self.arrived;
                    self.framer.feed(&buffer[..count], |frame| arrived.push_back(Event::of(&frame)));
                    // A stream that gave less has been emptied (epoll(7), kqueue(2)): what comes
                    // next is told of. Reading until it says so would double the calls.
                    if cfg!(unix) && count < buffer.len() && !self.ends {
                        self.unread = false;
                    }
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => self.unread = false,
                    io::ErrorKind::Interrupted => {}
                    _ => self.end(Some(error)),
                },
            }
        }
    }

    fn end(&mut self, error: Option<io::Error>) {
        self.stream = None;
        self.arrived.push_back(Event::Closed(error));
    }
}

fn connected(address: SocketAddr, timeout: Duration, small: Option<usize>) -> io::Result<TcpStream> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if let Some(buffer) = small {
        // Before the connection: its window is agreed upon there.
        socket.set_recv_buffer_size(buffer)?;
    }
    socket.connect_timeout(&address.into(), timeout)?;
    socket.set_nonblocking(true)?;
    // Nagle and delayed ACK together cost 45 ms a line.
    socket.set_tcp_nodelay(true)?;
    Ok(TcpStream::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn who_waits_for_one_takes_what_comes_to_all() {
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

    #[test]
    fn who_stalls_gets_everything_later() {
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
    fn what_the_socket_does_not_take_goes_later() {
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

    #[test]
    fn a_server_that_takes_nothing_is_given_up() {
        let connections = Connections::default();
        let (one, _socket) = pair(&connections, None);
        (0..64).for_each(|_| one.send(&vec![b'x'; 1 << 20]));
        assert!(matches!(one.next(soon()), Some(Event::Closed(Some(_)))));
    }
}
