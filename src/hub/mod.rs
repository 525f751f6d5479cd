//! The wire and the chat meet here: one session per connection, one value out of
//! each round. Pure: connections, lines and the time come in, a [`Batch`]
//! comes out.
//!
//! The files of a group depend on each other in one direction, and on those of the groups before.

// Leaves, which many need.
mod caps;
mod check;
mod config;
mod decoder;
pub mod fact;
mod ids;
mod input;
mod limits;
mod mode_table;
mod time;
mod timers;
mod unfinished;
mod words;
mod work;

// One session, and who is told of what.
mod audience;
pub mod batch;
mod commands;
mod lines;
mod names_cache;
mod rate_limit;
mod reply;
mod session;
mod silent;

// Everything that is known, and what happens to it.
mod close;
mod encode;
mod monitor;
mod publish;
mod state;

// The commands.
mod context;
mod irc;
mod line_mode;
mod registration;
mod sniff;

// From a line to its command.
mod dispatch;
pub mod manual;
mod schedule;

pub use batch::{Batch, Close, Frame, Gone, Parcel, Receivers};
pub use check::{Check, Secret, Verdict};
pub use config::{
    Config, DESCRIPTION, DESCRIPTION_BYTES, Operator, SERVER_NAME_BYTES, is_description, is_server_name,
};
pub use decoder::Decoder;
pub use fact::{Departure, Fact, Place};
pub use ids::{CheckId, SessionId};
pub use input::{BadLine, Input};
pub use limits::ENOUGH;
pub use time::Now;

pub use crate::chat::network::{network, site};

use context::Context;
use lines::{End, PendingCheck};
use session::Session;
use state::State;
use std::net::SocketAddr;
use std::time::Duration;

/// All connections and all rooms.
///
/// After a [`Close`] a connection is heard no more until [`Hub::gone`]. Nothing
/// here waits, and nothing that a peer sends can make it panic.
#[derive(Debug)]
pub struct Hub {
    state: State,
}

impl Hub {
    pub fn new(config: Config) -> Hub {
        Hub { state: State::new(config) }
    }

    /// A connection was accepted.
    pub fn open(&mut self, id: SessionId, from: SocketAddr, now: Now, _batch: &mut Batch) {
        self.state.open(id, from, now);
    }

    /// One read of a connection brought these, at most 64 lines; none where it ended no line. The batch says when the
    /// next may come.
    pub fn input(&mut self, id: SessionId, inputs: Vec<Input>, now: Now, batch: &mut Batch) {
        let Some(session) = self.state.session_mut(id) else {
            return batch.released.push(id);
        };
        (session.since, session.is_pinged) = (now.uptime, false);
        if let Some(registration) = session.registration()
            && (inputs.is_empty() || inputs.iter().any(|input| *input != Input::Blank))
        {
            registration.begin(now.uptime);
            if registration.silent.take().is_some() {
                self.state.silent.remove(id);
            }
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

    /// So much of what a connection asked for is not taken yet that its lines wait until
    /// [`Hub::drained`].
    pub fn backlogged(&mut self, id: SessionId) {
        if let Some(session) = self.state.session_mut(id) {
            session.set_backlogged();
        }
    }

    /// A connection that had much to take has taken some of it: it is alive.
    pub fn took(&mut self, id: SessionId, now: Now) {
        if let Some(session) = self.state.session_mut(id) {
            session.since = session.since.max(now.uptime);
        }
    }

    /// A connection has taken all that it was sent: lines that waited for that go on.
    pub fn drained(&mut self, id: SessionId, now: Now, batch: &mut Batch) {
        self.took(id, now);
        let Some(Session { few: Some(few), .. }) = self.state.session_mut(id) else { return };
        (few.lines.has_backlog, few.lines.ahead) = (false, 0);
        schedule::resume(&mut self.state, id, now, batch);
    }

    /// A password has been checked, or not: the lines that waited for it go on. An
    /// answer for a session that is gone is nobody's.
    pub fn checked(&mut self, id: CheckId, verdict: Verdict, now: Now, batch: &mut Batch) {
        let Some(Session { few: Some(few), .. }) = self.state.session_mut(id.session) else { return };
        let Some(PendingCheck { label, is_genuine, .. }) = few.lines.take_check(Some(id)) else { return };
        let mut ctx = Context::new(&mut self.state, id.session, now, batch);
        if !ctx.is_over() {
            ctx.put_label(label);
            let verdict = match verdict {
                Verdict::Right if !is_genuine => Verdict::Wrong,
                verdict => verdict,
            };
            irc::oper::answer(&mut ctx, verdict);
            ctx.finish();
        }
        ctx.end();
        schedule::resume(&mut self.state, id.session, now, batch);
    }

    /// The socket is over, also after our own close. Lines that were accepted and wait are
    /// obeyed first; who has only ended its half of the stream may still read the replies.
    /// The batch says when the number may be used again.
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

    /// Asks for a connection's end from our side.
    pub fn evict(&mut self, id: SessionId, why: Departure, now: Now, batch: &mut Batch) {
        self.state.close(id, why, None, now, batch);
        self.state.reap(batch);
    }

    /// Does what has become due: asks the silent for a sign of life, and closes
    /// what has not registered or not answered in time; obeys lines that have waited for
    /// their time; and ends what is left of rooms that have been empty for long.
    pub fn tick(&mut self, now: Now, batch: &mut Batch) {
        schedule::end_delays(&mut self.state, now);
        schedule::resume_ready(&mut self.state, now, batch);
        schedule::ask_the_silent(&mut self.state, now, batch);
        self.state.expire_rooms(now, batch);
        self.state.reap(batch);
        self.state.round = self.state.work.round();
    }

    /// Whether somebody has lines that go on in the next round.
    pub fn has_more(&self) -> bool {
        !self.state.ready.is_empty()
    }

    /// Whether those who were heard since the last [`Hub::tick`] have caused so much work that
    /// others should be sent what came of it first.
    pub fn is_round_over(&self) -> bool {
        self.state.work.is_spent(self.state.round)
    }

    /// All work that was ever done. A unit is about 0.1 µs of a release build.
    pub fn work(&self) -> u64 {
        self.state.work.done()
    }

    /// Changes the work that one session may cause at once; a round is ten times as much.
    pub fn set_slice(&mut self, work: u64) {
        self.state.work.set_slice(work);
    }

    /// When [`Hub::tick`] may have something to do, as uptime.
    pub fn next_deadline(&self) -> Option<Duration> {
        let state = &self.state;
        if self.has_more() {
            return Some(Duration::ZERO);
        }
        let expiry = state.lobby.next_expiry().map(|(at, _)| at);
        state.timers.next().into_iter().chain(state.delays.next()).chain(expiry).min()
    }

    /// Says goodbye to all. Nobody is told of anybody else's leaving.
    pub fn stop(&mut self, _now: Now, batch: &mut Batch) {
        for number in 0..self.state.sessions.len() {
            self.state.dismiss(SessionId(number as u32), batch);
        }
        // Nobody has anything left to be obeyed.
        self.state.ready.clear();
        self.state.reap(batch);
    }
}
