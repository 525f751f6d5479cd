//! The client's end of a connection: a pair of channels.
//!
//! The two threads behind them belong to the transport (as in rust-analyzer's
//! lsp-server): whoever holds a [`Link`] neither reads nor writes a socket.
//! [`memory`] gives the same without one.

use crate::wire::{Frame, Framer, Limits, Message};
use crossbeam::channel::{Receiver, Sender, bounded};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Messages received and not yet taken, and writes not yet made: past these
/// the peer, or whoever writes, waits.
const WAITING: usize = 1024;

/// What comes from the other end.
#[derive(Debug)]
pub enum Event {
    Message(Message),
    /// A line that is no message: too long, not UTF-8, or without a command.
    Garbage {
        /// As it is told.
        line: String,
        /// For whoever is not strict: the message with its bad bytes replaced, or
        /// the beginning of one that is too long.
        message: Option<Message>,
    },
    /// Nothing more will come; an error where the end was not orderly.
    Closed(Option<io::Error>),
}

impl Event {
    /// What a line brings.
    pub fn of(frame: &Frame<'_>) -> Event {
        match frame {
            Frame::Line(line) => match Message::parse(line) {
                Ok(message) => Event::Message(message),
                Err(_) => Event::Garbage { line: (*line).to_owned(), message: None },
            },
            Frame::NotUtf8(bytes) => {
                let line = String::from_utf8_lossy(bytes).into_owned();
                Event::Garbage { message: Message::parse(&line).ok(), line }
            }
            Frame::TooLong(beginning, _) => Event::Garbage {
                line: "(a line that is too long)".to_owned(),
                message: Message::parse(&String::from_utf8_lossy(beginning)).ok(),
            },
            Frame::Endless => Event::Garbage { line: "(a line without an end)".to_owned(), message: None },
        }
    }
}

/// A connection to a server.
#[derive(Debug)]
pub struct Link {
    /// Bytes to write, each item in one go.
    tx: Option<Sender<Vec<u8>>>,
    rx: Receiver<Event>,
    /// Shared with the two threads; None in memory.
    socket: Option<Arc<TcpStream>>,
}

/// The far end of a [`memory`] link.
#[derive(Debug)]
pub struct Peer {
    pub rx: Receiver<Vec<u8>>,
    pub tx: Sender<Event>,
}

/// A link whose far end is a [`Peer`] in the same process.
pub fn memory() -> (Link, Peer) {
    let (to_peer, peer_rx) = bounded(WAITING);
    let (peer_tx, from_peer) = bounded(WAITING);
    let link = Link { tx: Some(to_peer), rx: from_peer, socket: None };
    (link, Peer { rx: peer_rx, tx: peer_tx })
}

impl Link {
    /// Connects to the first address of `server` that answers.
    ///
    /// # Errors
    /// The last address's error, or `NotFound` where the name has none.
    pub fn connect(server: impl ToSocketAddrs, timeout: Duration) -> io::Result<Link> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses(server)? {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(socket) => return Link::over(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A link over a connected socket.
    ///
    /// # Errors
    /// When the socket's options or a thread can't be had.
    pub fn over(socket: TcpStream) -> io::Result<Link> {
        // Nagle and delayed ACK together cost 45 ms a line.
        socket.set_nodelay(true)?;
        let socket = Arc::new(socket);
        let (tx, outgoing) = bounded(WAITING);
        let (incoming, rx) = bounded(WAITING);
        let (reader, writer) = (Arc::clone(&socket), Arc::clone(&socket));
        thread::Builder::new().name("link-read".into()).spawn(move || read(&reader, &incoming))?;
        thread::Builder::new().name("link-write".into()).spawn(move || write(&writer, &outgoing))?;
        Ok(Link { tx: Some(tx), rx, socket: Some(socket) })
    }

    /// Queues bytes; false where the connection is over. Blocks while
    /// more than a thousand writes wait.
    pub fn send(&self, bytes: Vec<u8>) -> bool {
        self.tx.as_ref().is_some_and(|tx| tx.send(bytes).is_ok())
    }

    /// Whether so many writes wait that another one would wait for them: the peer takes nothing.
    pub fn is_full(&self) -> bool {
        self.tx.as_ref().is_some_and(Sender::is_full)
    }

    /// What has come, for `select!`.
    pub fn events(&self) -> &Receiver<Event> {
        &self.rx
    }

    /// The next event, or None at the deadline.
    pub fn next(&self, deadline: Instant) -> Option<Event> {
        match self.rx.recv_deadline(deadline) {
            Ok(event) => Some(event),
            Err(error) if error.is_timeout() => None,
            Err(_) => Some(Event::Closed(None)),
        }
    }

    /// The address of the other end.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.socket.as_ref().and_then(|socket| socket.peer_addr().ok())
    }

    /// Our own address, as the server sees it where nothing translates.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.socket.as_ref().and_then(|socket| socket.local_addr().ok())
    }

    /// Sends what is queued and then the end of the stream; reading goes on.
    pub fn finish(&mut self) {
        self.tx = None;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The reader is blocked in `read`: only this wakes it. What is queued
        // may be lost; who wants it sent calls `finish` and reads to the end.
        if let Some(socket) = &self.socket {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// # Errors
/// `NotFound` where the name can't be looked up.
fn addresses(server: impl ToSocketAddrs) -> io::Result<impl Iterator<Item = SocketAddr>> {
    server.to_socket_addrs().map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))
}

fn read(mut socket: &TcpStream, incoming: &Sender<Event>) {
    let mut framer = Framer::new(Limits::FROM_SERVER);
    let mut buffer = vec![0; 16 * 1024];
    let end = loop {
        let count = match socket.read(&mut buffer) {
            Ok(0) => break None,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Some(error),
        };
        let mut listening = true;
        framer.feed(&buffer[..count], |frame| listening &= incoming.send(Event::of(&frame)).is_ok());
        if !listening {
            return;
        }
    };
    let _ = incoming.send(Event::Closed(end));
}

fn write(mut socket: &TcpStream, outgoing: &Receiver<Vec<u8>>) {
    for bytes in outgoing {
        if socket.write_all(&bytes).is_err() {
            // The reader tells why; senders see the channel closed.
            return;
        }
    }
    let _ = socket.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn lines_go_both_ways_and_finish_still_hears_the_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut heard = String::new();
            socket.read_to_string(&mut heard).unwrap();
            socket.write_all(format!("ECHO :{}\r\n", heard.trim()).as_bytes()).unwrap();
        });
        let mut link = Link::connect(address, Duration::from_secs(5)).unwrap();
        assert!(link.send("哈囉\r\n".into()));
        link.finish();
        assert!(matches!(link.next(soon()), Some(Event::Message(m)) if m.last() == Some("哈囉")));
        assert!(matches!(link.next(soon()), Some(Event::Closed(None))));
        server.join().unwrap();
    }

    #[test]
    fn what_is_damaged_is_a_message_for_whoever_is_not_strict() {
        let told = |bytes: &[u8]| {
            let mut framer = Framer::new(Limits::FROM_SERVER);
            let mut events = Vec::new();
            framer.feed(bytes, |frame| events.push(Event::of(&frame)));
            match events.pop() {
                Some(Event::Garbage { line, message }) => (line, message.map(|m| m.line().to_owned())),
                event => panic!("{event:?}"),
            }
        };
        let replaced = ":J\u{fffd}rg QUIT :caf\u{fffd}".to_owned();
        assert_eq!(told(b":J\xf6rg QUIT :caf\xe9\r\n"), (replaced.clone(), Some(replaced)));
        let (line, message) = told(&[&b":a!u@h QUIT :"[..], &[b'x'; 20_000], b"\n"].concat());
        assert_eq!(line, "(a line that is too long)");
        assert!(message.unwrap().starts_with(":a!u@h QUIT :x"));
        assert_eq!(told(b"SSH-2.0-x\n"), ("SSH-2.0-x".to_owned(), None));
    }

    #[test]
    fn a_memory_link_is_a_pair_of_channels() {
        let (link, peer) = memory();
        assert!(link.send(b"NICK a\r\n".to_vec()));
        assert_eq!(peer.rx.recv().unwrap(), b"NICK a\r\n");
        peer.tx.send(Event::Message(Message::parse("PING 1").unwrap())).unwrap();
        assert!(matches!(link.next(soon()), Some(Event::Message(m)) if m.is("PING")));
        drop(peer);
        assert!(matches!(link.next(soon()), Some(Event::Closed(None))));
        assert!(!link.send(Vec::new()));
    }
}
