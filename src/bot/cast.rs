//! The actors: each one connection to the server, and what came on it.

use super::expect::judge::Received;
use super::script::plan::ActorId;
use crate::link::{Event, Link};
use crate::wire::{Message, numeric};
use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Asked for where the server offers them.
const WANTED: [&str; 5] = ["server-time", "message-tags", "echo-message", "labeled-response", "batch"];

/// Protocol lines per actor that a report shows.
const LAST_LINES: usize = 5;

/// Commands that a server obeys before registration; to others it says 451.
const BEFORE_REGISTRATION: [&str; 7] = ["CAP", "NICK", "USER", "PASS", "PONG", "QUIT", "AUTHENTICATE"];

/// Why a step could not be finished.
#[derive(Debug)]
pub(super) enum Trouble {
    NoAnswer(ActorId),
    /// The server closed the connection; its last word.
    Closed(ActorId, String),
    NoServer(String),
}

/// Where the raw lines of all actors go.
#[derive(Clone)]
pub(super) struct Trace(Arc<Mutex<dyn Write + Send>>);

impl Trace {
    pub(super) fn new(out: impl Write + Send + 'static) -> Trace {
        Trace(Arc::new(Mutex::new(out)))
    }

    fn line(&self, at: Duration, who: &str, sign: char, line: &str) {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A trace that can't be written is no reason to fail a script.
        let _ = writeln!(out, "{:9.3} {who} {sign} {}", at.as_secs_f64(), line.escape_debug());
    }
}

/// Everybody of one script.
pub(super) struct Cast {
    host: String,
    port: u16,
    timeout: Duration,
    actors: Vec<Actor>,
    trace: Option<Trace>,
    begun: Instant,
    tokens: u64,
    /// 005 FIRSTROOM of whoever registered first.
    pub(super) first_room: Option<String>,
    /// Whether the server answers PING with 451 before registration.
    says_451: bool,
}

struct Actor {
    name: String,
    link: Option<Link>,
    /// We negotiate capabilities on this connection (not the script by hand).
    negotiating: bool,
    user_sent: bool,
    offered: Vec<String>,
    caps: Vec<String>,
    registered: bool,
    /// All of the greeting has come.
    greeted: bool,
    nick: String,
    /// Something was sent: a silent connection stays silent.
    spoke: bool,
    /// Bytes without their line end were sent: a PING would be glued to them.
    midway: bool,
    inbox: Vec<(Message, Instant, bool)>,
    last: VecDeque<String>,
}

impl Cast {
    pub(super) fn new(
        server: (String, u16),
        names: &[String],
        timeout: Duration,
        trace: Option<Trace>,
    ) -> Cast {
        let actor = |name: &String| Actor {
            name: name.clone(),
            link: None,
            negotiating: false,
            user_sent: false,
            offered: Vec::new(),
            caps: Vec::new(),
            registered: false,
            greeted: false,
            nick: name.clone(),
            spoke: false,
            midway: false,
            inbox: Vec::new(),
            last: VecDeque::new(),
        };
        Cast {
            host: server.0,
            port: server.1,
            timeout,
            actors: names.iter().map(actor).collect(),
            trace,
            begun: Instant::now(),
            tokens: 0,
            first_room: None,
            says_451: false,
        }
    }

    pub(super) fn is_connected(&self, id: ActorId) -> bool {
        self.actors[id.0].link.is_some()
    }

    pub(super) fn is_registered(&self, id: ActorId) -> bool {
        self.actors[id.0].registered
    }

    /// Whether this actor can be asked for a PONG now.
    pub(super) fn can_answer(&self, id: ActorId) -> bool {
        let actor = &self.actors[id.0];
        actor.link.is_some() && actor.spoke && !actor.midway
    }

    pub(super) fn nick(&self, id: ActorId) -> &str {
        &self.actors[id.0].nick
    }

    pub(super) fn echoes(&self, id: ActorId) -> bool {
        self.actors[id.0].caps.iter().any(|cap| cap == "echo-message")
    }

    pub(super) fn last_lines(&self, id: ActorId) -> Vec<String> {
        self.actors[id.0].last.iter().cloned().collect()
    }

    /// Takes what has come since the last time; times are since `begun`.
    pub(super) fn take_inbox(&mut self, id: ActorId, begun: Instant) -> Vec<Received> {
        let inbox = std::mem::take(&mut self.actors[id.0].inbox);
        let received = |(message, at, greeting): (Message, Instant, bool)| Received {
            message,
            after: at.saturating_duration_since(begun),
            greeting,
        };
        inbox.into_iter().map(received).collect()
    }

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
        self.says_451 = answer.map_err(|trouble| match trouble {
            Trouble::NoAnswer(_) => Trouble::NoAnswer(id),
            other => other,
        })?;
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

    /// Opens a connection and says nothing on it.
    pub(super) fn connect(&mut self, id: ActorId) -> Result<(), Trouble> {
        let link = Link::connect((self.host.as_str(), self.port), self.timeout)
            .map_err(|error| Trouble::NoServer(format!("{}:{}: {error}", self.host, self.port)))?;
        let actor = &mut self.actors[id.0];
        *actor = Actor {
            name: std::mem::take(&mut actor.name),
            inbox: std::mem::take(&mut actor.inbox),
            link: Some(link),
            negotiating: false,
            user_sent: false,
            offered: Vec::new(),
            caps: Vec::new(),
            registered: false,
            greeted: false,
            nick: String::new(),
            spoke: false,
            midway: false,
            last: VecDeque::new(),
        };
        Ok(())
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
            let refused = super::expect::event::is_refusal(message.command()) || message.is("FAIL");
            // A server without CAP says so in 421 or 451, which refuses nothing.
            let about_cap = message.params().any(|param| param == "CAP");
            let about_order = message.is(numeric::ERR_NOTREGISTERED);
            self.keep(id, message);
            if refused && !about_cap && !about_order {
                return Ok(false);
            }
            if self.actors[id.0].greeted {
                return Ok(true);
            }
        }
    }

    /// Sends one line.
    pub(super) fn send(&mut self, id: ActorId, line: &str) {
        self.send_bytes(id, &format!("{line}\r\n").into_bytes());
    }

    /// Sends exactly these bytes in one write.
    pub(super) fn send_bytes(&mut self, id: ActorId, bytes: &[u8]) {
        let at = self.begun.elapsed();
        let actor = &mut self.actors[id.0];
        if let Some(trace) = &self.trace {
            let text = String::from_utf8_lossy(bytes);
            trace.line(at, &actor.name, '>', text.strip_suffix("\r\n").unwrap_or(&text));
        }
        if let Some(link) = &actor.link {
            actor.spoke |= !bytes.is_empty();
            actor.midway = match bytes.last() {
                Some(&last) => last != b'\n',
                None => actor.midway,
            };
            // Where the connection is over, the reader tells it.
            link.send(bytes.to_vec());
        }
    }

    /// First phase: the server has handled what this actor sent. `sent`: the
    /// step's lines, for servers that answer each with 451 before registration.
    pub(super) fn fence(&mut self, id: ActorId, sent: &[String]) -> Result<(), Trouble> {
        let before = |line: &&String| {
            let command = Message::parse(line).map(|m| m.command().to_ascii_uppercase()).unwrap_or_default();
            !BEFORE_REGISTRATION.contains(&command.as_str())
        };
        let strangers = match !self.is_registered(id) && self.says_451 {
            true => sent.iter().filter(before).count(),
            false => 0,
        };
        let token = self.ping(id);
        self.answered(id, &token, strangers)
    }

    /// Second phase: all that the step caused has arrived at everybody else.
    /// Who does not answer is in the list; a server that is gone is not waited for twice.
    pub(super) fn fence_others(&mut self, id: ActorId) -> Vec<Trouble> {
        let others: Vec<ActorId> = (0..self.actors.len())
            .map(ActorId)
            .filter(|&other| other != id && self.can_answer(other))
            .collect();
        let tokens: Vec<String> = others.iter().map(|&other| self.ping(other)).collect();
        let asked = others.iter().zip(&tokens);
        asked.filter_map(|(&other, token)| self.answered(other, token, 0).err()).collect()
    }

    /// Waits for the end of a connection that is leaving.
    pub(super) fn fence_by_end(&mut self, id: ActorId) -> Result<(), Trouble> {
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
    pub(super) fn listen(&mut self, until: Instant) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        while Instant::now() < until {
            let connected: Vec<ActorId> =
                (0..self.actors.len()).map(ActorId).filter(|&id| self.is_connected(id)).collect();
            let mut select = crossbeam::channel::Select::new();
            for id in &connected {
                if let Some(link) = &self.actors[id.0].link {
                    select.recv(link.events());
                }
            }
            let Ok(ready) = select.ready_deadline(until) else { break };
            drop(select);
            match self.receive(connected[ready], until) {
                Ok(message) => self.keep(connected[ready], message),
                Err(Trouble::NoAnswer(_)) => {}
                Err(trouble) => troubles.push(trouble),
            }
        }
        troubles
    }

    /// Ends a connection without a word.
    pub(super) fn hang_up(&mut self, id: ActorId) {
        self.actors[id.0].link = None;
        self.actors[id.0].registered = false;
    }

    fn ping(&mut self, id: ActorId) -> String {
        self.tokens += 1;
        let token = format!("fence{}", self.tokens);
        self.send(id, &format!("PING {token}"));
        token
    }

    fn answered(&mut self, id: ActorId, token: &str, strangers: usize) -> Result<(), Trouble> {
        let deadline = self.deadline();
        let mut strangers = strangers;
        loop {
            let message = self.receive(id, deadline)?;
            if message.is("PONG") {
                if message.last() == Some(token) {
                    return Ok(());
                }
                continue;
            }
            let unknown = !self.is_registered(id) && self.says_451 && message.is(numeric::ERR_NOTREGISTERED);
            if unknown && strangers == 0 {
                return Ok(());
            }
            strangers -= usize::from(unknown);
            self.keep(id, message);
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// The next message to this actor; what the server wants of every client
    /// has been done.
    fn receive(&mut self, id: ActorId, deadline: Instant) -> Result<Message, Trouble> {
        loop {
            let Some(link) = &self.actors[id.0].link else {
                return Err(Trouble::Closed(id, "not connected".to_owned()));
            };
            let message = match link.next(deadline) {
                None => return Err(Trouble::NoAnswer(id)),
                Some(Event::Message(message)) => message,
                Some(Event::Garbage(line)) => {
                    self.note(id, &line);
                    continue;
                }
                Some(Event::Closed(error)) => return Err(self.closed(id, error)),
            };
            self.note(id, message.line());
            if message.is("PING") {
                self.send(id, &format!("PONG :{}", message.last().unwrap_or("")));
                continue;
            }
            self.learn(id, &message);
            return Ok(message);
        }
    }

    fn closed(&mut self, id: ActorId, error: Option<std::io::Error>) -> Trouble {
        self.hang_up(id);
        let actor = &self.actors[id.0];
        let word = actor.last.iter().rev().find(|line| line.contains("ERROR"));
        let why = error.map(|error| error.to_string()).or_else(|| word.cloned());
        Trouble::Closed(id, why.unwrap_or_else(|| "end of stream".to_owned()))
    }

    fn note(&mut self, id: ActorId, line: &str) {
        let at = self.begun.elapsed();
        let actor = &mut self.actors[id.0];
        if let Some(trace) = &self.trace {
            trace.line(at, &actor.name, '<', line);
        }
        if actor.last.len() == LAST_LINES {
            actor.last.pop_front();
        }
        actor.last.push_back(line.to_owned());
    }

    fn keep(&mut self, id: ActorId, message: Message) {
        let actor = &mut self.actors[id.0];
        let greeting = !actor.greeted || message.is(numeric::RPL_ENDOFMOTD);
        actor.inbox.push((message, Instant::now(), greeting));
    }

    fn learn(&mut self, id: ActorId, message: &Message) {
        let actor = &mut self.actors[id.0];
        match message.command() {
            numeric::RPL_WELCOME => {
                actor.registered = true;
                actor.nick = message.param(0).unwrap_or("").to_owned();
            }
            numeric::RPL_ISUPPORT => {
                let room = message.params().find_map(|token| token.strip_prefix("FIRSTROOM="));
                self.first_room = self.first_room.take().or(room.map(str::to_owned));
            }
            numeric::RPL_ENDOFMOTD | numeric::ERR_NOMOTD => actor.greeted |= actor.registered,
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
