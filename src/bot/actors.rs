//! The actors: each one connection to the server, and what came on it.

mod fencing;
pub(super) mod register;

use super::expect::event::is_by_person;
use super::expect::judge::{Received, ReceivedLine};
use super::options::Options;
use super::script::plan::ActorId;
use super::trace::Trace;
use crate::client::protocol::{Progress, Registration, ServerFeatures, fence};
use crate::client::transport::Event;
use crate::client::transport::polled::{Connection, Connections};
use crate::wire::{Message, numeric};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Protocol lines per actor that a report shows.
const LAST_LINES: usize = 3;

/// The receive buffer of somebody who stalls, in bytes.
pub(super) const SMALL: usize = 4096;

/// What may come to somebody in one step, in MiB: what is kept of it, and
/// what is only answered. The server of a real conversation sends far less.
pub(super) const INBOX_MIB: usize = 16;

/// Asked for where the server offers them.
const WANTED: &[&str] =
    &["server-time", "message-tags", "echo-message", "labeled-response", "batch", "draft/chathistory"];

/// For so long it is waited for the server to close the connections of a script that has failed.
const LEAVING: Duration = Duration::from_secs(1);

/// The fence that ends the greeting where the server was told that a bot speaks (IRCv3
/// bot-mode): such a one gets no history unasked, and what the mode brings is no news.
const BOT_FENCE: &str = "bot";

/// Messages asked for at once of a server that names no bound.
const PAGE: usize = 100;

/// Why a step could not be finished.
#[derive(Debug)]
pub(super) enum Trouble {
    NoAnswer(ActorId),
    /// The server closed the connection; its last word.
    Closed(ActorId, String),
    /// More than [`INBOX_MIB`] came: the connection was given up.
    Flooded(ActorId),
    NoServer(String),
}

/// All actors of one script and their connections.
pub(super) struct Actors {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) timeout: Duration,
    pub(super) connections: Connections,
    pub(super) actors: Vec<Actor>,
    pub(super) trace: Option<Trace>,
    pub(super) begun: Instant,
    pub(super) fences: u64,
    /// What the server told the one who was greeted last.
    pub(super) features: ServerFeatures,
    /// Whether the server answers PING with 451 before registration, where
    /// that was asked.
    pub(super) says_451: Option<bool>,
    /// Somebody was let in.
    pub(super) welcomed: bool,
}

/// A line, when it came, and whether it belongs to the greeting.
type Kept = (ReceivedLine, Instant, bool);

#[derive(Default)]
pub(super) struct Actor {
    name: String,
    /// Stalls somewhere in the script.
    small: bool,
    stalled: bool,
    pub(super) link: Option<Connection>,
    pub(super) registration: Registration,
    /// USER was sent, by us or by the script.
    pub(super) user_sent: bool,
    /// All of the greeting has come, and what follows from being a bot.
    pub(super) greeted: bool,
    /// Something was sent. A connection on which nothing was sent gets no PING either: its silence is part
    /// of the script.
    spoke: bool,
    /// Bytes without their line end were sent: a PING would be glued to them.
    midway: bool,
    /// No more than [`INBOX_MIB`], by `came`.
    inbox: Vec<Kept>,
    /// Bytes that came since the inbox was taken, with those of their keeping.
    came: usize,
    last: VecDeque<String>,
}

impl Actors {
    pub(super) fn new(
        server: (String, u16),
        names: &[String],
        options: &Options,
        trace: Option<Trace>,
    ) -> Actors {
        let Options { timeout, tls, .. } = *options;
        let mut actors = Actors {
            host: server.0,
            port: server.1,
            timeout,
            connections: if tls { Connections::encrypted() } else { Connections::default() },
            actors: Vec::with_capacity(names.len()),
            trace,
            begun: Instant::now(),
            fences: 0,
            features: ServerFeatures::default(),
            says_451: None,
            welcomed: false,
        };
        for name in names {
            actors.add(name);
        }
        actors
    }

    /// An actor that is not yet connected.
    pub(super) fn add(&mut self, name: &str) -> ActorId {
        self.actors.push(Actor { name: name.to_owned(), ..Actor::default() });
        ActorId(self.actors.len() - 1)
    }

    /// This actor will stall: its socket is to hold little.
    pub(super) fn expect_stall(&mut self, id: ActorId) {
        self.actors[id.0].small = true;
    }

    pub(super) fn is_connected(&self, id: ActorId) -> bool {
        self.actors[id.0].link.is_some()
    }

    pub(super) fn is_registered(&self, id: ActorId) -> bool {
        self.is_connected(id) && self.actors[id.0].registration.is_welcome()
    }

    /// Whether this actor can be asked for a PONG now.
    pub(super) fn can_answer(&self, id: ActorId) -> bool {
        let actor = &self.actors[id.0];
        actor.link.is_some() && actor.spoke && !actor.midway && !actor.stalled
    }

    pub(super) fn is_midway(&self, id: ActorId) -> bool {
        self.is_connected(id) && self.actors[id.0].midway
    }

    pub(super) fn is_stalled(&self, id: ActorId) -> bool {
        self.is_connected(id) && self.actors[id.0].stalled
    }

    pub(super) fn nick(&self, id: ActorId) -> &str {
        self.actors[id.0].registration.nick()
    }

    pub(super) fn has(&self, id: ActorId, cap: &str) -> bool {
        self.actors[id.0].registration.capabilities.has(cap)
    }

    /// Messages of a room's past that one question may ask for.
    pub(super) fn history_limit(&self, id: ActorId) -> usize {
        self.actors[id.0].registration.features.history_limit().unwrap_or(PAGE)
    }

    pub(super) fn last_lines(&self, id: ActorId) -> Vec<String> {
        self.actors[id.0].last.iter().cloned().collect()
    }

    /// Takes what has come since the last time; times are since `begun`.
    pub(super) fn take_inbox(&mut self, id: ActorId, begun: Instant) -> Vec<Received> {
        let actor = &mut self.actors[id.0];
        actor.came = 0;
        let inbox = std::mem::take(&mut actor.inbox);
        let received = |(line, at, greeting): Kept| Received {
            line,
            after: at.saturating_duration_since(begun),
            greeting,
        };
        inbox.into_iter().map(received).collect()
    }

    /// What has come since the last time it was taken.
    pub(super) fn received(&self, id: ActorId) -> impl Iterator<Item = &ReceivedLine> {
        self.actors[id.0].inbox.iter().map(|(line, ..)| line)
    }

    /// The messages that have come since the last time.
    pub(super) fn inbox(&self, id: ActorId) -> impl Iterator<Item = &Message> {
        self.received(id).filter_map(ReceivedLine::message)
    }

    /// Forgets what has come if there is such a message in it.
    pub(super) fn forget_if(&mut self, id: ActorId, there: impl Fn(&Message) -> bool) -> bool {
        let found = self.inbox(id).any(there);
        if found {
            self.actors[id.0].inbox.clear();
        }
        found
    }

    /// Opens a connection and says nothing on it.
    pub(super) fn connect(&mut self, id: ActorId) -> Result<(), Trouble> {
        let server = (self.host.as_str(), self.port);
        let actor = &mut self.actors[id.0];
        let link = self.connections.connect(server, self.timeout, actor.small.then_some(SMALL));
        let link =
            link.map_err(|error| Trouble::NoServer(format!("{}:{}: {error}", self.host, self.port)))?;
        *actor = Actor {
            name: std::mem::take(&mut actor.name),
            inbox: std::mem::take(&mut actor.inbox),
            came: actor.came,
            small: actor.small,
            link: Some(link),
            registration: Registration::new(WANTED),
            ..Actor::default()
        };
        Ok(())
    }

    /// Resets the connection.
    pub(super) fn drop_connection(&mut self, id: ActorId) {
        if let Some(link) = self.actors[id.0].link.take() {
            link.reset();
        }
        self.hang_up(id);
    }

    /// Reads nothing, or reads again.
    pub(super) fn stall(&mut self, id: ActorId, stalled: bool) {
        let actor = &mut self.actors[id.0];
        actor.stalled = stalled;
        if let Some(link) = &actor.link {
            link.stall(stalled);
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
            actor.user_sent |= bytes.split(|&byte| byte == b'\n').any(is_user);
            actor.midway = bytes.last().map_or(actor.midway, |&last| last != b'\n');
            // Where the connection is over, the next event tells it.
            link.send(bytes);
        }
    }

    /// All who are left go, so that the next script may have their names: those are free once the server
    /// has closed. Waits for [`LEAVING`] at most.
    pub(super) fn leave(&mut self) {
        let links: Vec<Connection> = self.actors.iter_mut().filter_map(|actor| actor.link.take()).collect();
        for link in &links {
            link.stall(false);
            link.send(b"\r\nQUIT\r\n");
        }
        let until = Instant::now() + LEAVING;
        for link in links {
            while link.next(until).is_some_and(|event| !matches!(event, Event::Closed(_))) {}
        }
    }

    /// Ends a connection without a word.
    pub(super) fn hang_up(&mut self, id: ActorId) {
        let actor = &mut self.actors[id.0];
        (actor.link, actor.midway, actor.stalled) = (None, false, false);
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// The next message to this actor; what the server wants of every client
    /// has been done.
    pub(super) fn receive(&mut self, id: ActorId, deadline: Instant) -> Result<Message, Trouble> {
        self.receive_with_progress(id, deadline).map(|(message, _)| message)
    }

    /// The next message to this actor, and how far it was let in by it.
    pub(super) fn receive_with_progress(
        &mut self,
        id: ActorId,
        deadline: Instant,
    ) -> Result<(Message, Progress), Trouble> {
        loop {
            let Some(link) = &self.actors[id.0].link else {
                return Err(Trouble::Closed(id, "not connected".to_owned()));
            };
            let message = match link.next(deadline) {
                None => return Err(Trouble::NoAnswer(id)),
                Some(Event::Message(message)) => message,
                Some(Event::Garbage { line, .. }) => {
                    self.takes(id, line.len())?;
                    self.traced(id, &line);
                    self.note(id, &line);
                    self.actors[id.0].inbox.push((ReceivedLine::Unreadable(line), Instant::now(), false));
                    continue;
                }
                Some(Event::Closed(error)) => return Err(self.closed(id, error)),
            };
            self.takes(id, message.line().len())?;
            self.traced(id, message.line());
            // Neither tags nor the answers to our own fences help a reader.
            if !fence::is_answer(&message) {
                self.note(id, message.body());
            }
            let (progress, answer) = self.actors[id.0].registration.receive(&message);
            if let Some(answer) = answer {
                self.send(id, answer.as_str());
            }
            // A person's PING is a line like any other.
            if message.is("PING") && !is_by_person(&message) {
                continue;
            }
            match progress {
                Progress::Welcome => self.welcomed = true,
                Progress::Greeted => self.greeted(id),
                Progress::Refused(_) | Progress::Nothing => {}
            }
            let actor = &mut self.actors[id.0];
            actor.greeted = actor.greeted || fence::answers(&message, &fence::token(BOT_FENCE));
            return Ok((message, progress));
        }
    }

    /// The greeting is complete, but for what follows from being a bot.
    fn greeted(&mut self, id: ActorId) {
        let registration = &self.actors[id.0].registration;
        self.features = registration.features.clone();
        match registration.features.bot_mode().filter(|_| registration.is_ours()) {
            Some(letter) => {
                let ping = fence::ping(&fence::token(BOT_FENCE));
                let lines = format!("MODE {} +{letter}\r\n{}\r\n", registration.nick(), ping.as_str());
                self.send_bytes(id, lines.as_bytes());
            }
            None => self.actors[id.0].greeted = true,
        }
    }

    /// Counts a line of so many bytes; a connection that gets too much is given up.
    fn takes(&mut self, id: ActorId, bytes: usize) -> Result<(), Trouble> {
        let actor = &mut self.actors[id.0];
        actor.came += bytes + size_of::<Kept>();
        if actor.came <= INBOX_MIB << 20 {
            return Ok(());
        }
        actor.inbox = Vec::new();
        self.hang_up(id);
        Err(Trouble::Flooded(id))
    }

    fn closed(&mut self, id: ActorId, error: Option<std::io::Error>) -> Trouble {
        self.hang_up(id);
        let actor = &self.actors[id.0];
        let word = actor.last.iter().rev().find(|line| line.contains("ERROR"));
        let why = error.map(|error| error.to_string()).or_else(|| word.cloned());
        Trouble::Closed(id, why.unwrap_or_else(|| "end of stream".to_owned()))
    }

    fn traced(&self, id: ActorId, line: &str) {
        if let Some(trace) = &self.trace {
            trace.line(self.begun.elapsed(), &self.actors[id.0].name, '<', line);
        }
    }

    /// Kept for reports.
    fn note(&mut self, id: ActorId, line: &str) {
        let last = &mut self.actors[id.0].last;
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line.to_owned());
    }

    pub(super) fn keep(&mut self, id: ActorId, message: Message) {
        let actor = &mut self.actors[id.0];
        if fence::is_answer(&message) || actor.is_formality(&message) {
            return;
        }
        let greeting = !actor.greeted || message.is(numeric::RPL_ENDOFMOTD);
        actor.inbox.push((ReceivedLine::Message(message), Instant::now(), greeting));
    }
}

impl Actor {
    /// An error in our own registration that refuses nothing, or that the server has no
    /// bot mode.
    fn is_formality(&self, message: &Message) -> bool {
        let no_mode = [numeric::ERR_UNKNOWNMODE, numeric::ERR_UMODEUNKNOWNFLAG].contains(&message.command());
        self.registration.is_ours()
            && !self.greeted
            && (no_mode && self.registration.is_welcome() || self.registration.is_formality(message))
    }
}

/// Whether a line begins a registration by hand.
fn is_user(line: &[u8]) -> bool {
    line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"USER "))
}
