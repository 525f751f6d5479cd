//! Where the wire and the chat meet: one seat per connection, one value out of
//! each round. Pure: connections, lines and the time come in, a [`Batch`]
//! comes out.

pub mod batch;
pub mod fact;
mod input;

pub use batch::{Batch, Close, Frame, SeatId};
pub use fact::{Departure, Fact, Place};
pub use input::Input;

use crate::text::RoomName;
use std::net::SocketAddr;
use std::time::Duration;

/// What a hub is told once, at the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// The source of numerics and the server's name to its clients.
    pub server_name: String,
    /// The room that is always there.
    pub first_room: RoomName,
    /// Lines of the message of the day; empty: the hub's own.
    pub motd: Vec<String>,
    /// When the server started: µs since the Unix epoch.
    pub created_us: u64,
    /// Tells this start's message ids from every other's: ASCII letters and digits.
    pub nonce: String,
}

/// The time of one call.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall clock: µs since the Unix epoch.
    pub wall_us: u64,
    /// Monotonic: since the server started.
    pub uptime: Duration,
}

/// All connections and all rooms.
#[derive(Debug)]
pub struct Hub {
    config: Config,
}

impl Hub {
    pub fn new(config: Config) -> Hub {
        Hub { config }
    }

    /// A connection was accepted.
    pub fn open(&mut self, _seat: SeatId, _from: SocketAddr, _now: Now, _batch: &mut Batch) {}

    /// What one read of a connection brought, at most 64 lines.
    pub fn input(&mut self, _seat: SeatId, _inputs: Vec<Input>, _now: Now, _batch: &mut Batch) {}

    /// The socket is over, also after our own close: the number may be used again.
    pub fn gone(&mut self, _seat: SeatId, _why: Departure, _now: Now, _batch: &mut Batch) {}

    /// Asks for a connection's end from our side.
    pub fn evict(&mut self, _seat: SeatId, _why: Departure, _now: Now, _batch: &mut Batch) {}

    /// Does what has become due.
    pub fn tick(&mut self, _now: Now, _batch: &mut Batch) {}

    /// When [`Hub::tick`] has something to do, as uptime.
    pub fn next_deadline(&self) -> Option<Duration> {
        None
    }

    /// Says goodbye to all.
    pub fn stop(&mut self, _now: Now, _batch: &mut Batch) {
        let _ = &self.config;
    }
}
