//! Sockets: bytes out, [`Event`]s in.
//!
//! [`Link`] is one connection with threads of its own; [`polled`] is many connections
//! on one thread, each a [`Socket`], as each listener of a load test is one. [`connect`] makes
//! a link to a server that may encrypt.

mod dial;
mod encryption;
mod event;
mod handshake;
mod link;
pub mod polled;
mod socket;

pub use dial::first_that_answers;
pub use encryption::{AnyServer, Peer};
pub use event::Event;
pub use handshake::{Begin, ConnectError, Connected, connect};
pub use link::Link;
pub use socket::{Found, POLL_EVENTS, READ_BYTES, Socket};
