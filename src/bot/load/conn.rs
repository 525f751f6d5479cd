//! One connection of the event loop: what it owes the server, and how far it
//! has come in.

use crate::bot::cast::SMALL;
use crate::wire::{Frame, Framer, Limits};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// Not connected.
    #[default]
    Away,
    Registering,
    /// Greeted, all of it.
    Inside,
}

#[derive(Debug)]
pub(super) struct Conn {
    pub(super) nick: String,
    pub(super) standing: Standing,
    /// What comes stays in the socket.
    pub(super) stalled: bool,
    /// The server was asked to end it.
    pub(super) leaving: bool,
    /// The connection before this was reset: the server may think it there,
    /// and its name taken.
    pub(super) comes_back: bool,
    /// The PONG that it waits for.
    pub(super) fence: Option<String>,
    /// The text of an ERROR.
    pub(super) last_word: Option<String>,
    socket: Option<TcpStream>,
    framer: Framer,
    /// Not yet taken by the socket.
    out: Vec<u8>,
    /// To be sent once it is inside.
    held: Vec<u8>,
}

impl Default for Conn {
    fn default() -> Conn {
        Conn {
            nick: String::new(),
            standing: Standing::Away,
            stalled: false,
            leaving: false,
            comes_back: false,
            fence: None,
            last_word: None,
            socket: None,
            framer: Framer::new(Limits::FROM_SERVER),
            out: Vec::new(),
            held: Vec::new(),
        }
    }
}

/// What is no line of the protocol.
pub(super) struct Unreadable<'a> {
    pub(super) what: &'static str,
    /// It, or its beginning.
    pub(super) bytes: &'a [u8],
}

/// What a read found.
pub(super) enum Found {
    /// There may be more.
    Some,
    /// Nothing, for now.
    Nothing,
    End,
}

impl Conn {
    /// Begins to connect and to register; `then` is said inside. Somebody who
    /// will stall has a small socket.
    pub(super) fn enter(
        &mut self,
        registry: &Registry,
        token: Token,
        server: SocketAddr,
        (nick, then): (&str, &str),
        small: bool,
    ) -> io::Result<()> {
        let mut socket = match small {
            true => small_socket(server)?,
            false => TcpStream::connect(server)?,
        };
        // Nagle and delayed ACK together cost 45 ms a line.
        socket.set_nodelay(true)?;
        registry.register(&mut socket, token, BOTH)?;
        *self = Conn {
            nick: nick.to_owned(),
            standing: Standing::Registering,
            comes_back: self.comes_back,
            socket: Some(socket),
            held: then.as_bytes().to_vec(),
            out: format!("NICK {nick}\r\nUSER bot 0 * :roomchat bot\r\n").into_bytes(),
            ..Conn::default()
        };
        Ok(())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    /// Queues lines with their ends; of somebody who is still coming in they
    /// wait until it is inside.
    pub(super) fn say(&mut self, lines: &str) {
        match self.standing {
            Standing::Registering => self.held.extend_from_slice(lines.as_bytes()),
            Standing::Away | Standing::Inside => self.say_now(lines),
        }
    }

    pub(super) fn say_now(&mut self, lines: &str) {
        self.out.extend_from_slice(lines.as_bytes());
    }

    pub(super) fn is_inside(&mut self) {
        self.standing = Standing::Inside;
        self.comes_back = false;
        self.out.append(&mut self.held);
    }

    /// Whether something waits to be sent.
    pub(super) fn has_to_say(&self) -> bool {
        !self.out.is_empty()
    }

    /// Whether more than so many bytes wait to be sent.
    pub(super) fn owes(&self, bytes: usize) -> bool {
        self.out.len() > bytes
    }

    /// Gives the socket what it takes. What goes wrong is found by the next read.
    pub(super) fn flush(&mut self) {
        let Some(socket) = &mut self.socket else { return self.out.clear() };
        while !self.out.is_empty() {
            match socket.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Reads once; each line that it completes goes to `each`.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        mut each: impl FnMut(Result<&str, Unreadable<'_>>),
    ) -> io::Result<Found> {
        let Some(socket) = &mut self.socket else { return Ok(Found::Nothing) };
        if self.stalled {
            return Ok(Found::Nothing);
        }
        match socket.read(buffer) {
            Ok(0) => Ok(Found::End),
            Ok(count) => {
                self.framer.feed(&buffer[..count], |frame| match frame {
                    Frame::Line(line) => each(Ok(line)),
                    Frame::TooLong(begun, _) => {
                        each(Err(Unreadable { what: "a line that is too long", bytes: begun }))
                    }
                    Frame::NotUtf8(line) => {
                        each(Err(Unreadable { what: "a line that is not UTF-8", bytes: line }))
                    }
                    // What it hides is missed, and its end is too long.
                    Frame::Endless => {}
                });
                Ok(Found::Some)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected => Ok(Found::Nothing),
                io::ErrorKind::Interrupted => Ok(Found::Some),
                _ => Err(error),
            },
        }
    }

    /// Lets the next poll tell again of what has come already.
    pub(super) fn read_later(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.socket.as_mut().map_or(Ok(()), |socket| registry.reregister(socket, token, BOTH))
    }

    pub(super) fn close(&mut self) {
        self.socket = None;
        self.standing = Standing::Away;
        self.fence = None;
    }

    /// Ends it without its orderly end, once it has said what it had to say.
    pub(super) fn reset(&mut self) {
        self.flush();
        if let Some(socket) = &self.socket {
            // Where this can't be set, the server sees an ordinary end.
            let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
        self.close();
        self.comes_back = true;
    }
}

fn small_socket(server: SocketAddr) -> io::Result<TcpStream> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    // Before the connection: its window is agreed upon there.
    socket.set_recv_buffer_size(SMALL)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&server.into()) {
        Err(error) if !is_under_way(&error) => return Err(error),
        _ => {}
    }
    Ok(TcpStream::from_std(socket.into()))
}

/// Whether a connection that does not block is being made.
#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}

#[cfg(not(unix))]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
