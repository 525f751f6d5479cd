//! Sockets: bytes out, [`Event`]s in.
//!
//! [`Link`] is one connection with threads of its own; [`polled`] is many connections
//! on one thread, each a [`Socket`], as each listener of a load test is one.

mod dial;
mod event;
mod link;
pub mod polled;
mod socket;

pub use dial::first_that_answers;
pub use event::Event;
pub use link::Link;
pub use socket::{Found, POLL_EVENTS, READ_BYTES, Socket};
