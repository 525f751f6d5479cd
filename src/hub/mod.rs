//! Where the wire and the chat meet: one seat per connection, one value out of
//! each round. Pure: connections, lines and the time come in, a [`Batch`]
//! comes out.

pub mod batch;
mod budget;
mod caps;
mod debts;
mod dispatch;
pub mod fact;
mod fan;
mod hold;
mod input;
mod irc;
mod leave;
mod lines;
pub mod manual;
mod mode_table;
mod monitor;
mod own;
mod plain;
mod roll;
mod seat;
mod tell;
mod timers;
mod turn;

pub use batch::{Batch, Close, Frame, Gone, Parcel, Receivers, SeatId};
pub use debts::network;
pub use fact::{Departure, Fact, Place};
pub use hold::{Check, CheckId, Operator, Secret, Verdict};
pub use input::{BadLine, Input};

use crate::chat::history::Keep;
use crate::chat::{Events, History, Lobby, Log, Nonce};
use crate::text::{Lang, RoomName};
use budget::Budget;
use debts::Debts;
use fan::{Fan, Readers};
use monitor::Monitors;
use own::Own;
use roll::Rolls;
use seat::Seat;
use std::net::SocketAddr;
use std::time::Duration;
use timers::{Alarm, Timers};

/// Bytes of a server's name that every reply has room for.
pub const SERVER_NAME_BYTES: usize = 40;

/// Whether a server may be called so: letters, digits, `.`, `-` and `_`, at most
/// [`SERVER_NAME_BYTES`] bytes, and a letter or digit first.
pub fn is_server_name(name: &str) -> bool {
    name.len() <= SERVER_NAME_BYTES
        && name.starts_with(char::is_alphanumeric)
        && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c))
}

/// Replies of one connection are handed on when they come to so much, so that what
/// they are put together in does not grow without bound.
const FRAME_BYTES: usize = 64 * 1024;

/// Bytes of replies that are not taken from which on a session's next lines wait. Twice as
/// much may come to wait for a reader, each with the longest reply to one line.
pub const ENOUGH: usize = 256 * 1024;

/// What a hub is told once, at the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// The source of numerics and the server's name to its clients: one word,
    /// at most [`SERVER_NAME_BYTES`] bytes; [`Hub::new`] mends it.
    pub server_name: String,
    /// The room that is always there.
    pub first_room: RoomName,
    /// What people are spoken to in who come without a program.
    pub lang: Lang,
    /// Lines of the message of the day; empty: the hub's own.
    pub motd: Vec<String>,
    /// When the server started: µs since the Unix epoch.
    pub created_us: u64,
    /// Messages kept of each room, and as many other events; 0: none.
    pub history: usize,
    /// Bytes of them, again of each room.
    pub history_bytes: usize,
    /// Messages sent on entering to those whose program can't ask for them.
    pub replay: usize,
    /// From one connection, when as many as may have come at once; 0: any
    /// number. Those from this machine have no limit.
    pub messages_a_second: u32,
    /// Who may become an operator of the server, each with a name of its own.
    pub operators: Vec<Operator>,
    /// The log's: tells its message ids from those of every other. ASCII letters and digits.
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
///
/// After a [`Close`] a connection is heard no more until [`Hub::gone`]. Nothing
/// here waits, and nothing that a peer sends can make it panic.
#[derive(Debug)]
pub struct Hub {
    config: Config,
    log: Log,
    lobby: Lobby,
    /// Of the rooms that are in the lobby.
    history: History,
    /// By connection number.
    seats: Vec<Option<Seat>>,
    readers: Readers,
    rolls: Rolls,
    timers: Timers,
    /// Of those whose lines wait: at most one for each.
    delays: Timers,
    debts: Debts,
    monitors: Monitors,
    /// Batches opened so far, for their names.
    batches: u64,
    /// Checks asked for so far.
    checks: u64,
    generation: u32,
    /// Open ones.
    connections: usize,
    /// Closed after their socket was over, and still to be forgotten; empty between calls.
    closed_when_gone: Vec<SeatId>,
    most_users: usize,
    fan: Fan,
    // Memory kept from call to call; empty between them.
    own: Own,
    events: Events,
}

impl Hub {
    pub fn new(mut config: Config) -> Hub {
        config.server_name = irc::word(&config.server_name, SERVER_NAME_BYTES);
        let keep = Keep { messages: config.history, bytes: config.history_bytes };
        let log = Log::new(Nonce::new(&config.nonce));
        let lobby = Lobby::new(log.nonce().clone(), config.first_room.clone(), config.created_us);
        let debts = Debts::new(config.messages_a_second);
        Hub {
            config,
            log,
            lobby,
            history: History::new(keep),
            seats: Vec::new(),
            readers: Readers::default(),
            rolls: Rolls::default(),
            timers: Timers::default(),
            delays: Timers::default(),
            debts,
            monitors: Monitors::default(),
            batches: 0,
            checks: 0,
            generation: 0,
            connections: 0,
            closed_when_gone: Vec::new(),
            most_users: 0,
            fan: Fan::default(),
            own: Own::default(),
            events: Events::default(),
        }
    }

    /// A connection was accepted.
    pub fn open(&mut self, seat: SeatId, from: SocketAddr, now: Now, _batch: &mut Batch) {
        if self.seats.len() <= seat.index() {
            self.seats.resize_with(seat.index() + 1, || None);
        }
        self.generation = self.generation.wrapping_add(1);
        let budget = Budget::new(self.config.messages_a_second, self.debts.inherited(from.ip(), now.uptime));
        let opened = Seat::new(from, now.uptime, self.generation, budget);
        if let Some(at) = opened.deadline() {
            self.timers.arm(Alarm { at, seat, generation: self.generation });
        }
        self.connections += usize::from(self.seats[seat.index()].replace(opened).is_none());
    }

    /// Asks for a connection's end from our side.
    pub fn evict(&mut self, seat: SeatId, why: Departure, now: Now, batch: &mut Batch) {
        self.close(seat, why, None, now, batch);
        self.reap(batch);
    }

    /// Does what has become due: asks the silent for a sign of life, and closes
    /// what has not registered or not answered in time; and obeys lines that have
    /// waited for their time.
    pub fn tick(&mut self, now: Now, batch: &mut Batch) {
        self.resume_delayed(now, batch);
        while let Some(Alarm { seat, generation, .. }) = self.timers.due(now.uptime) {
            let Some(Some(open)) = self.seats.get(seat.index()) else { continue };
            if open.generation != generation {
                continue;
            }
            if open.deadline().is_some_and(|at| at <= now.uptime) {
                self.overdue(seat, now, batch);
            }
            if let Some(at) = self.seats[seat.index()].as_ref().and_then(Seat::deadline) {
                self.timers.arm(Alarm { at, seat, generation });
            }
        }
        self.reap(batch);
    }

    /// When [`Hub::tick`] may have something to do, as uptime.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.next().into_iter().chain(self.delays.next()).min()
    }

    /// Says goodbye to all. Nobody is told of anybody else's leaving.
    pub fn stop(&mut self, _now: Now, batch: &mut Batch) {
        for seat in 0..self.seats.len() {
            self.dismiss(SeatId(seat as u32), batch);
        }
        self.reap(batch);
    }
}
