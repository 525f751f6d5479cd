//! How an actor gets in, and what it learns about the server there.

use super::cast::{Cast, Trouble};
use super::expect::refusal::is_refusal;
use super::script::plan::ActorId;
use crate::client::protocol::CaseMapping;
use crate::wire::{Message, numeric};
use std::time::{Duration, Instant};

/// Between two tries for a name that is still held.
pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Ends the greeting where the server was told that a bot speaks (IRCv3
/// bot-mode): such a one gets no history unasked, and what the mode brings
/// is no news.
const BOT_FENCE: &str = "roomchat-fence-bot";

/// Asked for where the server offers them.
const WANTED: [&str; 6] =
    ["server-time", "message-tags", "echo-message", "labeled-response", "batch", "draft/chathistory"];

impl Cast {
    /// Learns, on a connection of its own, how the server answers a PING
    /// before registration.
    pub(super) fn probe(&mut self) -> Result<(), Trouble> {
        let id = ActorId(self.actors.len());
        let mut probe = Cast::new(
            (self.host.clone(), self.port),
            &["probe".to_owned()],
            self.timeout,
            self.trace.clone(),
        );
        probe.begun = self.begun;
        std::mem::swap(&mut probe.actors, &mut self.actors);
        let answer = self.probe_first();
        std::mem::swap(&mut probe.actors, &mut self.actors);
        let answer = answer.map_err(|trouble| match trouble {
            Trouble::NoAnswer(_) => Trouble::NoAnswer(id),
            other => other,
        });
        self.says_451 = Some(answer?);
        Ok(())
    }

    fn probe_first(&mut self) -> Result<bool, Trouble> {
        let id = ActorId(0);
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
    pub(super) fn register_again(&mut self, id: ActorId, nick: &str) -> Result<bool, Trouble> {
        let deadline = self.deadline();
        while !self.register(id, nick)? {
            let held = self.forget_if(id, |message| message.is(numeric::ERR_NICKNAMEINUSE));
            if !held || Instant::now() > deadline {
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
    pub(super) fn register(&mut self, id: ActorId, nick: &str) -> Result<bool, Trouble> {
        if !self.is_connected(id) {
            self.connect(id)?;
        }
        if !self.actors[id.0].user_sent {
            self.actors[id.0].negotiating = true;
            self.send(id, "CAP LS 302");
        }
        self.send(id, &format!("NICK {nick}"));
        if !self.actors[id.0].user_sent {
            self.actors[id.0].user_sent = true;
            self.send(id, "USER bot 0 * :roomchat bot");
        }
        let deadline = self.deadline();
        loop {
            let message = self.receive(id, deadline)?;
            let refused = is_refusal(message.command()) || message.is("FAIL");
            // A server without CAP says so in 421 or 451, which refuses nothing.
            let about_cap = message.params().any(|param| param == "CAP");
            let about_order = message.is(numeric::ERR_NOTREGISTERED);
            // After the welcome only the bot mode can be refused, and may be.
            let registering = !self.actors[id.0].registered;
            self.keep(id, message);
            if refused && registering && !about_cap && !about_order {
                return Ok(false);
            }
            if self.actors[id.0].greeted {
                return Ok(true);
            }
        }
    }

    pub(super) fn learn(&mut self, id: ActorId, message: &Message) {
        self.welcomed |= message.is(numeric::RPL_WELCOME);
        let actor = &mut self.actors[id.0];
        match message.command() {
            // A second one is no change of name.
            numeric::RPL_WELCOME if !actor.registered => {
                actor.registered = true;
                actor.nick = message.param(0).unwrap_or("").to_owned();
            }
            numeric::RPL_MYINFO => {
                self.is_roomchat = message.param(2).is_some_and(|version| version.starts_with("roomchat-"));
            }
            numeric::RPL_ISUPPORT => {
                let room = message.params().find_map(|token| token.strip_prefix("FIRSTROOM="));
                self.first_room = self.first_room.take().or(room.map(str::to_owned));
                let most = message.params().find_map(|token| token.strip_prefix("CHATHISTORY="));
                actor.history_limit = actor.history_limit.or(most.and_then(|most| most.parse().ok()));
                let mapping = message.params().find_map(|token| token.strip_prefix("CASEMAPPING="));
                self.mapping = mapping.map_or(self.mapping, CaseMapping::named);
                let bot = message.params().find_map(|token| token.strip_prefix("BOT="));
                actor.bot_mode = actor.bot_mode.or(bot.and_then(|letter| letter.chars().next()));
            }
            numeric::RPL_ENDOFMOTD | numeric::ERR_NOMOTD => match actor.bot_mode {
                _ if !actor.registered || actor.greeted => {}
                Some(letter) if actor.negotiating => {
                    let line = format!("MODE {} +{letter}\r\nPING {BOT_FENCE}\r\n", actor.nick);
                    self.send_bytes(id, line.as_bytes());
                }
                _ => actor.greeted = true,
            },
            "PONG" if message.last() == Some(BOT_FENCE) => actor.greeted = true,
            "NICK" if message.nick() == Some(&actor.nick) => {
                actor.nick = message.last().unwrap_or("").to_owned();
            }
            "CAP" => self.capabilities(id, message),
            _ => {}
        }
    }

    fn capabilities(&mut self, id: ActorId, message: &Message) {
        let actor = &mut self.actors[id.0];
        let list = message.last().unwrap_or("").split_ascii_whitespace();
        let names = list.map(|cap| cap.split('=').next().unwrap_or(cap).to_owned());
        match message.param(1).map(str::to_ascii_uppercase).as_deref() {
            Some("LS") => {
                actor.offered.extend(names);
                let more = message.param_count() > 3 && message.param(2) == Some("*");
                if more || !actor.negotiating {
                    return;
                }
                let wanted: Vec<&str> =
                    WANTED.into_iter().filter(|want| actor.offered.iter().any(|o| o == want)).collect();
                let line = match wanted.is_empty() {
                    true => "CAP END".to_owned(),
                    false => format!("CAP REQ :{}", wanted.join(" ")),
                };
                self.send(id, &line);
            }
            Some("ACK") => {
                for name in names {
                    match name.strip_prefix('-') {
                        Some(off) => actor.caps.retain(|cap| cap != off),
                        None => actor.caps.push(name),
                    }
                }
                if actor.negotiating {
                    self.send(id, "CAP END");
                }
            }
            Some("NAK") if actor.negotiating => self.send(id, "CAP END"),
            _ => {}
        }
    }
}
