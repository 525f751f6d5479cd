//! The connection of a conversation: the one that there is, or the way to the next.

use super::backoff::Backoff;
use super::dial::{Dialling, dial};
use super::model::liveness::{Liveness, Quiet};
use super::plan::Plan;
use super::registration_hold::RegistrationHold;
use super::state_folder::StateFolder;
use super::trust::Trust;
use crate::cli::JoinTls;
use crate::client::transport::{Event, Link};
use crate::wire::Message;
use crossbeam::channel::{Receiver, never};
use std::time::Duration;

/// A connection that exists, or the attempts to have one again.
pub(super) struct Connection {
    state: State,
    pub(super) liveness: Liveness,
    /// When the next attempt is due, and what is told of it.
    pub(super) backoff: Backoff,
    /// What is not to be said in plain yet.
    hold: Option<RegistrationHold>,
}

enum State {
    Up(Link),
    Dialling(Receiver<Dialling>),
    /// The next attempt is due at this time; None: not before something else is done.
    Down(Option<Duration>),
}

impl Connection {
    pub(super) fn new(link: Link, tls: JoinTls, now: Duration) -> Connection {
        let hold = hold(&link, tls, now);
        let (liveness, backoff) = (Liveness::new(now), Backoff::default());
        Connection { state: State::Up(link), liveness, backoff, hold }
    }

    /// None while there is none.
    pub(super) fn link(&mut self) -> Option<&mut Link> {
        match &mut self.state {
            State::Up(link) => Some(link),
            State::Dialling(_) | State::Down(_) => None,
        }
    }

    /// What comes from the server, for `select!`.
    pub(super) fn events(&self) -> Receiver<Event> {
        match &self.state {
            State::Up(link) => link.events().clone(),
            State::Dialling(_) | State::Down(_) => never(),
        }
    }

    /// The result of an attempt, for `select!`.
    pub(super) fn dialled(&self) -> Receiver<Dialling> {
        match &self.state {
            State::Dialling(dialled) => dialled.clone(),
            State::Up(_) | State::Down(_) => never(),
        }
    }

    /// False where too much waits to be written. Where the connection is over, its end comes as an event.
    pub(super) fn send(&mut self, bytes: Vec<u8>) -> bool {
        match &mut self.hold {
            Some(hold) => {
                let bytes = hold.take(bytes);
                self.send_on(bytes)
            }
            None => self.send_on(bytes),
        }
    }

    fn send_on(&self, bytes: Vec<u8>) -> bool {
        match &self.state {
            State::Up(_) if bytes.is_empty() => {}
            State::Up(link) if link.is_full() => return false,
            State::Up(link) => drop(link.send(bytes)),
            State::Dialling(_) | State::Down(_) => {}
        }
        true
    }

    pub(super) fn on_connected(&mut self, link: Link, tls: JoinTls, now: Duration) {
        self.hold = hold(&link, tls, now);
        self.state = State::Up(link);
        self.liveness.on_received(now);
    }

    /// The server has said this, and that it encrypts is not in it.
    pub(super) fn on_message(&mut self, message: &Message) {
        if RegistrationHold::ends_with(message) {
            self.release();
        }
    }

    /// What waited is said. Where too much waits to be written, that is noticed by the next line.
    fn release(&mut self) {
        if let Some(hold) = self.hold.take() {
            self.send_on(hold.release());
        }
    }

    /// There is none; another is tried after a pause.
    pub(super) fn on_lost(&mut self, now: Duration) {
        self.state = State::Down(Some(self.backoff.next(now, fastrand::f64())));
    }

    /// There is none that is of use; another is tried at once.
    pub(super) fn on_refused(&mut self, now: Duration) {
        self.state = State::Down(Some(now));
    }

    /// There is none, and another is tried once the person has answered.
    pub(super) fn on_doubted(&mut self) {
        self.state = State::Down(None);
    }

    /// When [`Connection::check`] has something to do. `unconfirmed`: since when somebody
    /// waits for something to arrive.
    pub(super) fn deadline(&self, unconfirmed: Option<Duration>) -> Option<Duration> {
        match &self.state {
            State::Up(_) => {
                let alive = self.liveness.deadline(unconfirmed);
                Some(self.hold.as_ref().map_or(alive, |hold| alive.min(hold.until)))
            }
            State::Dialling(_) => None,
            State::Down(until) => *until,
        }
    }

    /// Dials when it is time; else what is to be done about a server that is quiet.
    pub(super) fn check(
        &mut self,
        unconfirmed: Option<Duration>,
        now: Duration,
        plan: &Plan,
        (trust, state): (&mut Trust, &StateFolder),
    ) -> Option<Quiet> {
        if self.hold.as_ref().is_some_and(|hold| hold.until <= now) {
            self.release();
        }
        match &self.state {
            State::Up(_) => return self.liveness.check(unconfirmed, now),
            State::Dialling(_) => {}
            State::Down(until) if until.is_none_or(|until| until > now) => {}
            State::Down(_) => match dial(plan, trust, state) {
                Ok(dialled) => self.state = State::Dialling(dialled),
                Err(_) => self.on_lost(now),
            },
        }
        None
    }
}

/// Where the connection may still turn out to be one to leave for an encrypted one.
fn hold(link: &Link, tls: JoinTls, now: Duration) -> Option<RegistrationHold> {
    (!link.is_encrypted() && tls != JoinTls::Off).then(|| RegistrationHold::new(now))
}
