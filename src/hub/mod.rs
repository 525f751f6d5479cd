//! Connects the wire to the chat: sessions, commands, replies, and who is told of what. It is pure:
//! connections, lines and the time come in, and each round gives one [`Batch`].
//!
//! The files of a group depend on each other in one direction, and on those of the groups before.

// Leaf modules that many others use.
mod caps;
mod check;
mod config;
pub mod console_event;
mod decoder;
mod guesses;
mod ids;
mod input;
mod limits;
mod lookup;
mod mode_table;
mod time;
mod timers;
mod unfinished;
mod words;
mod work;

// One session, and the recipients of an event.
mod audience;
pub mod batch;
mod lines;
mod names_cache;
mod rate_limit;
mod reply;
mod session;
mod silent;

// The state of the hub, and how it changes.
mod close;
mod encode;
mod full;
mod liveness;
mod monitor;
mod persist;
mod publish;
mod state;

// The commands.
mod context;
mod irc;
mod line_mode;
mod registration;

// From a line to its command.
mod commands;
mod dispatch;
pub mod manual;
mod schedule;

pub use batch::{Batch, Close, Frame, Gone, Parcel, Recipients};
pub use check::{Check, CheckResult, Secret};
pub use config::{
    Config, DESCRIPTION, DESCRIPTION_BYTES, Encryption, Operator, SERVER_NAME_BYTES, is_description,
    is_server_name,
};
pub use console_event::{ConsoleEvent, Departure, Place};
pub use decoder::Decoder;
pub use ids::{CheckId, Origin, SessionId};
pub use input::{BadLine, Input};
pub use limits::REPLY_BACKLOG_BYTES;
pub use lookup::{Found, Lookup, LookupId};
pub use time::Now;

pub use crate::chat::network::{network, site};

use crate::chat::kept::Restored;
use crate::chat::{RoomKey, Seq};
use context::Context;
use lines::{End, PendingCheck};
use session::Session;
use state::State;
use std::time::Duration;
use unfinished::{Records, Rest};

/// The state machine of the server: all connections and all rooms.
///
/// After a [`Close`] the hub ignores a connection until [`Hub::gone`]. No function waits, and
/// nothing that a peer sends causes a panic.
#[derive(Debug)]
pub struct Hub {
    state: State,
}

impl Hub {
    /// The hub of a new log.
    pub fn new(config: Config) -> Hub {
        Hub { state: State::new(config, None) }
    }

    /// The hub of a log that goes on after a restart. The pages of the rooms are asked for when
    /// somebody enters them.
    pub fn restored(config: Config, restored: &Restored) -> Hub {
        Hub { state: State::new(config, Some(restored)) }
    }

    /// The first room, which is always there.
    pub fn first_room(&self) -> RoomKey {
        let lobby = &self.state.lobby;
        lobby.room_key(lobby.first_room).expect("the first room is always there")
    }

    /// Adds to the batch what is to be kept of the first room before anybody comes.
    pub fn begin(&self, batch: &mut Batch) {
        self.state.persist_room(&self.first_room(), &mut batch.persist);
    }

    /// The answer to a lookup: those who wait for it go on.
    pub fn found(&mut self, found: Found) {
        match found {
            Found::Recent(room, records) => self.state.add_page(&room, &records),
            Found::TooLong(id) => self.answered(id, Rest::TooLong),
            Found::Answer(id, records) => {
                let records = records.into_iter();
                self.answered(id, Rest::Found(Records { as_of: id.as_of, records }));
            }
        }
    }

    fn answered(&mut self, id: LookupId, rest: Rest) {
        // The number may be that of another session by now.
        let few = self.state.session_mut(id.session).and_then(|session| session.few.as_mut());
        if few.is_some_and(|few| few.lines.end_wait_for_answer(id, rest)) {
            self.state.make_ready(id.session);
        }
    }

    /// The disk is full (true): what would have to be kept is refused. Or it has room again.
    pub fn set_full(&mut self, is_full: bool, batch: &mut Batch) {
        self.state.set_full(is_full, batch);
    }

    /// The disk has nothing from before this number any more.
    pub fn trimmed(&mut self, oldest: Seq) {
        self.state.history.drop_before(oldest);
    }

    /// The log's uptime when this hub was made: that of [`Now`] goes on from there.
    pub fn uptime_before(&self) -> Duration {
        self.state.uptime_before
    }

    /// The number of the last entry of the log.
    pub fn last(&self) -> Seq {
        self.state.log.last()
    }

    /// A connection was accepted.
    pub fn open(&mut self, id: SessionId, from: Origin, now: Now) {
        self.state.open(id, from, now);
    }

    /// A connection is encrypted from now on: its handshake is over, and it has as much time to
    /// register as another one has.
    pub fn encrypted(&mut self, id: SessionId, now: Now) {
        let Some(session) = self.state.session_mut(id) else { return };
        session.is_encrypted = true;
        self.state.has_begun(id, now);
    }

    /// Handles the lines that one read of a connection has completed: at most 64, or none. The I/O
    /// layer gives no more until the batch releases the session.
    pub fn input(&mut self, id: SessionId, inputs: Vec<Input>, now: Now, batch: &mut Batch) {
        let Some(session) = self.state.session_mut(id) else {
            return batch.released.push(id);
        };
        (session.since, session.is_pinged) = (now.uptime, false);
        if inputs.is_empty() || inputs.iter().any(|input| *input != Input::Blank) {
            self.state.has_begun(id, now);
        }
        let mut ctx = Context::new(&mut self.state, id, now, batch);
        for input in inputs {
            if ctx.is_over() {
                break;
            }
            schedule::hear(&mut ctx, input);
        }
        ctx.end();
        schedule::release(&mut self.state, id, true, batch);
        self.state.reap(batch);
    }

    /// Lets the lines of a connection wait until [`Hub::drained`], because it has not taken the
    /// replies that it asked for.
    pub fn backlogged(&mut self, id: SessionId) {
        if let Some(session) = self.state.session_mut(id) {
            session.set_backlogged();
        }
    }

    /// A slow connection has taken some of its data, which is a sign of life.
    pub fn took(&mut self, id: SessionId, now: Now) {
        if let Some(session) = self.state.session_mut(id) {
            session.since = session.since.max(now.uptime);
        }
    }

    /// A connection has taken all that it was sent: its waiting lines go on.
    pub fn drained(&mut self, id: SessionId, now: Now, batch: &mut Batch) {
        self.took(id, now);
        let Some(Session { few: Some(few), .. }) = self.state.session_mut(id) else { return };
        (few.lines.has_backlog, few.lines.ahead) = (false, 0);
        schedule::resume(&mut self.state, id, now, batch);
    }

    /// The result of a password check: the lines that waited for it go on. A result for a session
    /// that is gone is ignored.
    pub fn checked(&mut self, id: CheckId, result: CheckResult, now: Now, batch: &mut Batch) {
        let Some(Session { few: Some(few), .. }) = self.state.session_mut(id.session) else { return };
        let Some(PendingCheck { label, is_genuine, .. }) = few.lines.take_check(Some(id)) else { return };
        let mut ctx = Context::new(&mut self.state, id.session, now, batch);
        if !ctx.is_over() {
            ctx.label = label;
            let result = match result {
                CheckResult::Right if !is_genuine => CheckResult::Wrong,
                result => result,
            };
            irc::oper::answer(&mut ctx, result);
            ctx.finish();
        }
        ctx.end();
        schedule::resume(&mut self.state, id.session, now, batch);
    }

    /// The socket has ended, possibly after our own close. Lines that were accepted and wait are
    /// obeyed first, because a peer that has ended only its half of the stream may still read the
    /// replies. The batch says when the number may be used again.
    pub fn gone(&mut self, id: SessionId, why: Departure, now: Now, batch: &mut Batch) {
        let Some(session) = self.state.session_mut(id) else {
            return batch.gone.push(Gone { session: id, may_read: why == Departure::Closed });
        };
        if let Some(few) = &mut session.few {
            few.lines.end = End::Gone(why);
            let mut ctx = Context::new(&mut self.state, id, now, batch);
            schedule::obey_before_the_end(&mut ctx);
            ctx.end();
            schedule::end_if_done(&mut self.state, id, now, batch);
        } else {
            self.state.forget(id, why, now, batch);
        }
        self.state.reap(batch);
    }

    /// Closes a connection from our side.
    pub fn evict(&mut self, id: SessionId, why: Departure, now: Now, batch: &mut Batch) {
        self.state.close(id, why, None, now, batch);
        self.state.reap(batch);
    }

    /// Does what is due: sends PING to silent connections, closes those that have not registered or
    /// not answered in time, obeys lines whose delay is over, and ends rooms that have been empty
    /// for long enough.
    pub fn tick(&mut self, now: Now, batch: &mut Batch) {
        schedule::end_delays(&mut self.state, now);
        schedule::resume_ready(&mut self.state, now, batch);
        liveness::ask_the_silent(&mut self.state, now, batch);
        self.state.expire_rooms(now, batch);
        self.state.reap(batch);
        self.state.round = self.state.work.round();
    }

    /// Sends PING to everybody who has registered up to this entry, out of turn: while a disk stalls, the I/O layer delivers
    /// this batch before others, so that clients see that the connection is not cut. Nobody has to answer it.
    pub fn ping_all(&self, until: Seq, batch: &mut Batch) {
        liveness::ping_all(&self.state, until, batch);
    }

    /// Whether a session has lines that go on in the next round.
    pub fn has_more(&self) -> bool {
        !self.state.ready.is_empty()
    }

    /// Whether the input since the last [`Hub::tick`] has spent the budget of a round, so that its
    /// results should be sent before more is read.
    pub fn is_round_over(&self) -> bool {
        self.state.work.is_spent(self.state.round)
    }

    /// All work that was ever done. A unit is about 0.1 µs of a release build.
    pub fn work(&self) -> u64 {
        self.state.work.done()
    }

    /// Sets the work that one session may cause in one slice; a round has ten slices.
    pub fn set_slice(&mut self, work: u64) {
        self.state.work.set_slice(work);
    }

    /// The uptime at which [`Hub::tick`] may have something to do.
    pub fn next_deadline(&self) -> Option<Duration> {
        let state = &self.state;
        if self.has_more() {
            return Some(Duration::ZERO);
        }
        let expiry = state.lobby.next_expiry().map(|(at, _)| at);
        state.timers.next().into_iter().chain(state.delays.next()).chain(expiry).min()
    }

    /// Closes all connections. Nobody is told that the others leave.
    pub fn stop(&mut self, batch: &mut Batch) {
        for number in 0..self.state.sessions.len() {
            self.state.dismiss(SessionId(number as u32), batch);
        }
        // No session has lines left to obey.
        self.state.ready.clear();
        self.state.reap(batch);
    }
}
