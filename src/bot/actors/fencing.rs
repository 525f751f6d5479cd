//! How it is known that all has come: by an answer to a PING, by the end of a
//! connection, or by what others are told.

use super::register::BETWEEN_TRIES;
use super::{Actors, Trouble};
use crate::bot::expect::event::is_numeric;
use crate::bot::script::plan::ActorId;
use crate::client::protocol::fence;
use crate::client::transport::polled::Connection;
use crate::wire::{Line, Message, numeric};
use std::time::{Duration, Instant};

/// Commands that a server obeys before registration; to others it says 451.
const BEFORE_REGISTRATION: [&str; 7] = ["CAP", "NICK", "USER", "PASS", "PONG", "QUIT", "AUTHENTICATE"];

/// After this, a PING that the server has dropped is sent again.
const PUT_OFF: Duration = Duration::from_millis(250);

impl Actors {
    /// How many of these lines a server answers with 451 because their sender
    /// is not registered.
    pub(in crate::bot) fn strangers(&self, id: ActorId, sent: &[String]) -> usize {
        let after = |line: &&String| {
            let command = Message::parse(line).map(|m| m.command().to_ascii_uppercase()).unwrap_or_default();
            !BEFORE_REGISTRATION.contains(&command.as_str())
        };
        if self.may_say_451(id) { sent.iter().filter(after).count() } else { 0 }
    }

    /// Asks all of these for a PONG, each with the number of its lines that 451 answers, and waits for the
    /// answers until one common deadline. With them, what went wrong.
    pub(in crate::bot) fn fence(&mut self, asked: &[(ActorId, usize)]) -> Vec<Trouble> {
        let tokens: Vec<String> = asked.iter().map(|&(id, _)| self.ping(id)).collect();
        let deadline = self.deadline();
        let answers = asked.iter().zip(&tokens);
        answers
            .filter_map(|(&(id, strangers), token)| self.answered(id, token, strangers, deadline, None).err())
            .collect()
    }

    /// Asks what is no part of the script; gives the numerics that answer.
    pub(in crate::bot) fn ask(&mut self, id: ActorId, lines: &[Line]) -> Result<Vec<Message>, Trouble> {
        lines.iter().for_each(|line| self.send(id, line.as_str()));
        let token = self.ping(id);
        let mut answers = Vec::new();
        let deadline = self.deadline();
        self.answered(id, &token, 0, deadline, Some(&mut answers))?;
        Ok(answers)
    }

    /// All actors that can be asked for a PONG.
    pub(in crate::bot) fn able(&self) -> Vec<ActorId> {
        (0..self.actors.len()).map(ActorId).filter(|&id| self.can_answer(id)).collect()
    }

    /// Waits until this observer has been told that somebody is gone, or long
    /// enough: that nothing came is then judged.
    pub(in crate::bot) fn await_departure(&mut self, observer: ActorId, nick: &str) -> Result<(), Trouble> {
        let mapping = self.features.casemapping();
        let told = |message: &Message| {
            message.is("QUIT") && message.nick().is_some_and(|who| mapping.same(who, nick))
        };
        if self.inbox(observer).any(told) {
            return Ok(());
        }
        let deadline = self.deadline();
        loop {
            match self.receive(observer, deadline) {
                Ok(message) => {
                    let done = told(&message);
                    self.keep(observer, message);
                    if done {
                        return Ok(());
                    }
                }
                Err(Trouble::NoAnswer(_)) => return Ok(()),
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Waits until the server knows nobody of this name, or long enough: the next step shows the rest.
    pub(in crate::bot) fn await_free_name(&mut self, asking: ActorId, nick: &str) -> Vec<Trouble> {
        let mapping = self.features.casemapping();
        let mut troubles = Vec::new();
        let deadline = self.deadline();
        let mut pause = BETWEEN_TRIES;
        while troubles.is_empty() && Instant::now() < deadline {
            match self.ask(asking, &[Line::new("ISON").param(nick)]) {
                Ok(answers) => {
                    let here = answers.iter().filter(|message| message.is(numeric::RPL_ISON));
                    let mut names = here.flat_map(|message| message.last().unwrap_or("").split(' '));
                    if !names.any(|name| mapping.same(name, nick)) {
                        break;
                    }
                    troubles.extend(self.listen(deadline.min(Instant::now() + pause)));
                    pause = PUT_OFF.min(2 * pause);
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        troubles
    }

    /// Waits for the end of a connection that is leaving.
    pub(in crate::bot) fn fence_by_end(&mut self, id: ActorId) -> Result<(), Trouble> {
        let deadline = self.deadline();
        loop {
            match self.receive(id, deadline) {
                Ok(message) => self.keep(id, message),
                Err(Trouble::Closed(..)) => return Ok(()),
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Takes what comes to anybody, until then.
    pub(in crate::bot) fn listen(&mut self, until: Instant) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        while Instant::now() < until {
            let mut connected =
                (0..self.actors.len()).map(ActorId).filter(|&id| self.is_connected(id)).peekable();
            if connected.peek().is_none() && !troubles.is_empty() {
                break;
            }
            let is_ready = |id: &ActorId| self.actors[id.0].link.as_ref().is_some_and(Connection::is_ready);
            let Some(id) = connected.find(is_ready) else {
                self.connections.wait(until);
                continue;
            };
            match self.receive(id, until) {
                Ok(message) => self.keep(id, message),
                Err(Trouble::NoAnswer(_)) => {}
                Err(trouble) => troubles.push(trouble),
            }
        }
        troubles
    }

    /// Whether a PING may be answered with 451: before registration that has been asked, but
    /// for an actor whose registration was refused.
    fn may_say_451(&self, id: ActorId) -> bool {
        !self.is_registered(id) && self.says_451 != Some(false)
    }

    fn ping(&mut self, id: ActorId) -> String {
        self.fences += 1;
        let token = fence::token(self.fences);
        self.send(id, fence::ping(&token).as_str());
        token
    }

    /// Numerics that come meanwhile go to `numerics`, where that is given, and not into the inbox.
    fn answered(
        &mut self,
        id: ActorId,
        token: &str,
        mut strangers: usize,
        deadline: Instant,
        mut numerics: Option<&mut Vec<Message>>,
    ) -> Result<(), Trouble> {
        let mut again = None;
        loop {
            let until = again.map_or(deadline, |again| deadline.min(again));
            let message = match self.receive(id, until) {
                Err(Trouble::NoAnswer(_)) if until < deadline => {
                    self.send(id, fence::ping(token).as_str());
                    again = None;
                    continue;
                }
                received => received?,
            };
            if fence::answers(&message, token) {
                return Ok(());
            }
            if fence::is_put_off(&message) {
                again = Some(Instant::now() + PUT_OFF);
                continue;
            }
            let unknown = self.may_say_451(id) && message.is(numeric::ERR_NOTREGISTERED);
            if fence::is_refused(&message) || (unknown && strangers == 0) {
                return Ok(());
            }
            strangers -= usize::from(unknown);
            match numerics.as_deref_mut().filter(|_| is_numeric(message.command())) {
                Some(numerics) => numerics.push(message),
                None => self.keep(id, message),
            }
        }
    }
}
