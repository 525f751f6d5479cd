//! How an actor registers.

use super::{Actors, Trouble};
use crate::bot::script::plan::ActorId;
use crate::client::protocol::Progress;
use crate::wire::{Message, numeric};
use std::time::{Duration, Instant};

/// Between two tries for a name that is still held.
pub(in crate::bot) const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// The real name that a bot gives (USER).
pub(in crate::bot) const REALNAME: &str = "roomchat bot";

impl Actors {
    /// Learns, on a connection of its own, how the server answers a PING
    /// before registration.
    pub(in crate::bot) fn probe(&mut self) -> Result<(), Trouble> {
        let id = self.add("probe");
        let answer = self.is_told_451(id);
        self.actors.pop();
        self.says_451 = Some(answer?);
        Ok(())
    }

    fn is_told_451(&mut self, id: ActorId) -> Result<bool, Trouble> {
        self.connect(id)?;
        self.send(id, "PING probe");
        let deadline = self.deadline();
        loop {
            let message = self.receive(id, deadline)?;
            if message.is("PONG") || message.is(numeric::ERR_NOTREGISTERED) {
                return Ok(message.is(numeric::ERR_NOTREGISTERED));
            }
        }
    }

    /// Registers under a name that the server may still think taken, trying
    /// again until the fence's deadline.
    pub(in crate::bot) fn register_again(&mut self, id: ActorId, nick: &str) -> Result<bool, Trouble> {
        let deadline = self.deadline();
        while !self.register(id, nick)? {
            let is_held = |message: &Message| message.is(numeric::ERR_NICKNAMEINUSE);
            // The last refusal stays in the inbox.
            if Instant::now() > deadline || !self.forget_if(id, is_held) {
                return Ok(false);
            }
            let next = Instant::now() + BETWEEN_TRIES;
            loop {
                match self.receive(id, next) {
                    Ok(message) => self.keep(id, message),
                    Err(Trouble::NoAnswer(_)) => break,
                    Err(trouble) => return Err(trouble),
                }
            }
        }
        Ok(true)
    }

    /// Registers under a name; false where the server refused, which is in the
    /// inbox then.
    pub(in crate::bot) fn register(&mut self, id: ActorId, nick: &str) -> Result<bool, Trouble> {
        if !self.is_connected(id) {
            self.connect(id)?;
        }
        let actor = &mut self.actors[id.0];
        let lines = if actor.user_sent {
            vec![actor.registration.ask_for(nick)]
        } else {
            actor.registration.begin(nick, "bot", REALNAME).to_vec()
        };
        lines.iter().for_each(|line| self.send(id, line.as_str()));
        let deadline = self.deadline();
        loop {
            let (message, progress) = self.receive_with_progress(id, deadline)?;
            self.keep(id, message);
            if let Progress::Refused(_) = progress {
                return Ok(false);
            }
            if self.actors[id.0].greeted {
                return Ok(true);
            }
        }
    }
}
