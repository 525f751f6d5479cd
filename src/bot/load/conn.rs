//! One connection of the event loop: what it owes the server, and how far it
//! has come in.

use crate::bot::actors::SMALL;
use crate::bot::actors::register::REALNAME;
use crate::bot::report::excerpt;
use crate::client::protocol::Registration;
use crate::client::transport::{Found, Socket};
use crate::wire::Frame;
use mio::{Registry, Token};
use std::io;
use std::net::SocketAddr;

#[derive(Debug, Default)]
pub(super) struct Conn {
    pub(super) registration: Registration,
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
    pub(super) socket: Socket,
    /// To be sent once it is inside.
    held: Vec<u8>,
}

/// How one connects.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Somebody who will stall has a small socket.
    pub(super) small: bool,
    pub(super) tls: bool,
}

impl Conn {
    /// Begins to connect and to register; `then` is said inside.
    pub(super) fn enter(
        &mut self,
        registry: &Registry,
        token: Token,
        server: SocketAddr,
        (nick, then): (&str, &str),
        How { small, tls }: How,
    ) -> io::Result<()> {
        let mut socket = Socket::begin(server, small.then_some(SMALL))?;
        socket.register(registry, token)?;
        if tls {
            socket.encrypt(server.ip())?;
        }
        let mut registration = Registration::default();
        for line in registration.begin_without_capabilities(nick, "bot", REALNAME) {
            socket.queue(&line.to_bytes());
        }
        *self = Conn {
            registration,
            comes_back: self.comes_back,
            socket,
            held: then.as_bytes().to_vec(),
            ..Conn::default()
        };
        Ok(())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.socket.is_open()
    }

    pub(super) fn nick(&self) -> &str {
        self.registration.nick()
    }

    /// Its name, which the server may have changed, as a report shows it.
    pub(super) fn shown_nick(&self) -> String {
        excerpt(self.nick(), 0)
    }

    /// Whether it waits to be let in.
    pub(super) fn is_registering(&self) -> bool {
        self.is_connected() && !self.registration.is_greeted()
    }

    /// Queues lines with their ends; of somebody who is still coming in they
    /// wait until it is inside.
    pub(super) fn say(&mut self, lines: &str) {
        if self.is_registering() {
            self.held.extend_from_slice(lines.as_bytes());
        } else {
            self.socket.queue(lines.as_bytes());
        }
    }

    /// The registration is complete.
    pub(super) fn enters(&mut self) {
        self.comes_back = false;
        self.socket.queue(&std::mem::take(&mut self.held));
    }

    /// Reads once; each line that it completes goes to `each`.
    pub(super) fn read(&mut self, buffer: &mut [u8], each: impl FnMut(Frame<'_>)) -> io::Result<Found> {
        if self.stalled { Ok(Found::Nothing) } else { self.socket.read(buffer, each) }
    }

    pub(super) fn close(&mut self) {
        self.socket = Socket::default();
        self.fence = None;
    }

    /// Ends it without its orderly end, once it has said what it had to say.
    pub(super) fn reset(&mut self) {
        self.socket.flush();
        self.socket.reset();
        self.close();
        self.comes_back = true;
    }
}
