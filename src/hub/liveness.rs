//! Whether connections are alive: each has a deadline, at which it is asked for a sign of life, or closed.

use super::batch::{Batch, Recipients};
use super::console_event::Departure;
use super::ids::SessionId;
use super::limits::{SILENCE, TO_ANSWER, TO_BEGIN, TO_REGISTER, TO_REGISTER_IN_ALL};
use super::session::{Session, Stage};
use super::state::State;
use super::time::Now;
use super::timers::Alarm;
use super::work;
use crate::chat::Seq;
use crate::chat::network::network;
use crate::wire::{Line, Tags};

/// Asks those who were silent for a sign of life, and closes who has not registered or
/// not answered in time; what is too much for one round is done in the next.
pub(super) fn ask_the_silent(state: &mut State, now: Now, batch: &mut Batch) {
    let round = state.work.round();
    while !state.work.is_spent(round)
        && let Some(Alarm { session: id, generation, .. }) = state.timers.due(now.uptime)
    {
        let Some(session) = state.session(id).filter(|open| open.generation == generation) else {
            continue;
        };
        if session.deadline().is_some_and(|at| at <= now.uptime) {
            state.work.add(work::OF_DEADLINE + state.silent.work());
            overdue(state, id, now, batch);
        }
        if let Some(at) = state.session(id).and_then(Session::deadline) {
            state.timers.arm(Alarm { at, session: id, generation });
        }
    }
}

/// A connection's time is up: it is asked for a sign of life, or closed.
fn overdue(state: &mut State, id: SessionId, now: Now, batch: &mut Batch) {
    let Some(session) = state.session_mut(id) else { return };
    let is_ending = session.is_ending();
    match (&mut session.stage, session.is_pinged) {
        (Stage::Registering(registration), _) => match registration.begun {
            None if now.uptime < registration.since + TO_BEGIN => {
                let is_new = registration.silent.replace(now.uptime).is_none();
                let (from, is_local) = (network(session.from.ip()), session.is_local);
                if is_new && let Some(oldest) = state.silent.admit(id, from, is_local) {
                    close_silent(state, oldest, now, batch);
                }
            }
            None => close_silent(state, id, now, batch),
            Some(begun) => {
                let is_in_all = now.uptime >= begun + TO_REGISTER_IN_ALL;
                let time = if is_in_all { TO_REGISTER_IN_ALL } else { TO_REGISTER };
                state.close(id, Departure::NoName(time), None, now, batch);
            }
        },
        // What it has asked for waits for its time, and it can give no sign of life any more.
        (Stage::Here(_), _) if is_ending => session.since = now.uptime,
        (Stage::Here(_), true) => {
            state.close(id, Departure::PingTimeout(SILENCE + TO_ANSWER), None, now, batch);
        }
        (Stage::Here(_), false) => {
            (session.since, session.is_pinged) = (now.uptime, true);
            ping(state, Recipients::Alone(id), batch);
        }
        (Stage::Leaving, _) => {}
    }
}

fn ping(state: &State, to: Recipients, batch: &mut Batch) {
    let ping = Line::new("PING").text(&state.config.server_name);
    batch.deliver(to, |out| ping.write(&Tags::new(), out));
}

/// Sends PING to all who have registered up to this entry, so that they have been welcomed, and can
/// answer it.
pub(super) fn ping_all(state: &State, until: Seq, batch: &mut Batch) {
    let can_answer = |id: &SessionId| {
        let session = state.session(*id).filter(|session| !session.is_line_mode());
        let user = session.and_then(Session::user).and_then(|user| state.lobby.user(user));
        user.is_some_and(|user| user.key().0 <= until)
    };
    let all = (0..state.sessions.len()).map(|number| SessionId(number as u32)).filter(can_answer);
    ping(state, Recipients::all(all), batch);
}

impl State {
    /// Something has come from a connection: if it has not registered, its time to do so runs.
    pub(super) fn has_begun(&mut self, id: SessionId, now: Now) {
        let Some(registration) = self.session_mut(id).and_then(Session::registration) else { return };
        registration.begin(now.uptime);
        if registration.silent.take().is_some() {
            self.silent.remove(id);
        }
    }
}

fn close_silent(state: &mut State, id: SessionId, now: Now, batch: &mut Batch) {
    let Some(registration) = state.session_mut(id).and_then(Session::registration) else { return };
    let time = now.uptime.saturating_sub(registration.since);
    state.close(id, Departure::NoName(time), None, now, batch);
}
