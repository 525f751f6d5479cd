//! One thread plays the script and reads for all listeners.

use super::conn::{Conn, How};
use super::cpu;
use super::crowd::Crowd;
use super::figures::Figures;
use super::ledger::{Ledger, Room};
use super::load_plan::{ConnectionAction, LoadPlan, LoadStep, Move};
use super::options::Load;
use super::refusals::Refusals;
use super::stop::Stop;
use super::upkeep::Upkeep;
use crate::bot::actors::register::BETWEEN_TRIES;
use crate::bot::expect::refusal::Asked;
use crate::bot::expect::{Event, EventKind};
use crate::bot::report::excerpt;
use crate::bot::script::plan::{ActorId, Plan};
use crate::client::protocol::refusal::refuses;
use crate::client::protocol::{CaseMapping, Progress, ServerFeatures, fence};
use crate::client::transport::{Found, POLL_EVENTS, READ_BYTES, first_that_answers};
use crate::wire::{Frame, Line, Message, numeric};
use indicatif::ProgressBar;
use mio::{Events, Poll, Token};
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Steps that somebody has not seen, where no rate is given: the next one waits.
const WINDOW: usize = 128;

/// Faults after which no further step is worth playing.
const ENOUGH: u64 = 1000;

/// How often it is looked for what is overdue.
const TICK: Duration = Duration::from_millis(100);

/// Reads of one connection before the next one's turn.
const READS: usize = 16;

/// Bytes that may wait to be sent: a server that takes less gets no more answers to its PINGs.
const MOST_OWED: usize = 1 << 20;

/// Other names that a listener asks for where its own is taken.
const MOST_NAMES: usize = 8;

pub(super) struct Drive<'a> {
    plan: &'a Plan,
    load: &'a Load,
    server: SocketAddr,
    /// Our own server's process.
    pid: Option<u32>,
    timeout: Duration,
    poll: Poll,
    /// What the last poll told.
    events: Events,
    /// The listeners, and after them the actors.
    conns: Vec<Conn>,
    ledger: Ledger,
    crowd: Crowd,
    refusals: Refusals,
    /// Follows what the first listener is told.
    upkeep: Upkeep,
    /// All listeners are in the room: what comes to them counts.
    listening: bool,
    /// Actors who did something since the last settling.
    busy: BTreeSet<usize>,
    /// Connections whose name the server still holds, and when each asks for it again.
    again: VecDeque<(Instant, usize)>,
    begun: Instant,
    /// When a rate allows the next step. Time that was lost is made up for,
    /// but no more than a [`TICK`] of it.
    due: Instant,
    /// When something came that was waited for.
    progress: Instant,
    fences: u64,
    /// The script's line that is being played.
    line: usize,
    refusal: Option<String>,
    trouble: Option<String>,
    buffer: Vec<u8>,
}

impl<'a> Drive<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        load: &'a Load,
        server: &(String, u16),
        pid: Option<u32>,
        timeout: Duration,
    ) -> Result<Drive<'a>, Stop> {
        let wrong = |error: io::Error| Stop::NoServer(format!("{}:{}: {error}", server.0, server.1));
        let connect = |address| TcpStream::connect_timeout(&address, timeout).map(|_| address);
        let server = first_that_answers((server.0.as_str(), server.1), connect).map_err(wrong)?;
        let conns = (0..load.crowd + plan.actors.len()).map(|_| Conn::default()).collect();
        let now = Instant::now();
        let (crowd, mapping) = (Crowd::of(plan), CaseMapping::default());
        let nowhere = Room { home: String::new(), lang: plan.lang, mapping, crowd: crowd.clone() };
        Ok(Drive {
            plan,
            load,
            server,
            pid,
            timeout,
            poll: Poll::new().map_err(wrong)?,
            events: Events::with_capacity(POLL_EVENTS),
            conns,
            ledger: Ledger::new(nowhere, load.crowd),
            crowd,
            refusals: Refusals::default(),
            upkeep: Upkeep::default(),
            listening: false,
            busy: BTreeSet::new(),
            again: VecDeque::new(),
            begun: now,
            due: now,
            progress: now,
            fences: 0,
            line: 1,
            refusal: None,
            trouble: None,
            buffer: vec![0; READ_BYTES],
        })
    }

    /// Plays it all; the figures also tell of faults.
    pub(super) fn play(mut self, bar: &ProgressBar) -> Result<Figures, Stop> {
        let home = self.come_in()?;
        let entering = self.begun.elapsed();
        let (lang, mapping, crowd) = (self.plan.lang, self.mapping(), self.crowd.clone());
        self.ledger = Ledger::new(Room { home: home.clone(), lang, mapping, crowd }, self.load.crowd);
        self.listening = true;
        let load_plan =
            LoadPlan::new(self.plan, &home, mapping).map_err(|(line, why)| Stop::Failed(line, why))?;
        bar.set_length(load_plan.steps() as u64 * u64::from(self.load.repeat));
        let (cpu_before, played) = (self.pid.and_then(cpu::used), Instant::now());
        let mut steps = 0;
        let played_through = (0..self.load.repeat).try_for_each(|time| {
            if time > 0 {
                self.tidy_up()?;
            }
            self.perform(&load_plan.moves, |steps_done| {
                steps += steps_done;
                bar.set_position(steps);
            })?;
            self.perform(&load_plan.ending, |_| {})
        });
        let ended = played_through.and_then(|()| self.settle_listeners());
        // The time in which nothing came any more does not count.
        let over = if ended.is_ok() { Instant::now() } else { self.progress };
        let playing = over.saturating_duration_since(played);
        let cpu_after = self.pid.and_then(cpu::used);
        let stopped = match ended {
            // What has not come when time is up is lost, and counted below.
            Err(Stop::Failed(line, why)) if self.ledger.in_flight() > 0 => Some((line, why)),
            Err(stop) => return Err(stop),
            Ok(()) => None,
        };
        self.conns.iter_mut().filter(|conn| conn.is_connected()).for_each(|conn| {
            conn.say("QUIT\r\n");
            conn.socket.flush();
        });
        let mut tally = self.ledger.finish();
        if let (Some(refusal), true) = (self.refusal, tally.lost > 0) {
            // Probably the reason why the rest did not come.
            tally.examples.insert(0, refusal);
        }
        let server_cpu = cpu_after.zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
        let (listeners, times) = (self.load.crowd, self.load.repeat);
        Ok(Figures { listeners, times, steps, entering, playing, server_cpu, stopped, tally })
    }

    /// All listeners enter the room, whose name this is.
    fn come_in(&mut self) -> Result<String, Stop> {
        let mut next = 0;
        let mut coming: BTreeSet<usize> = BTreeSet::new();
        loop {
            // The first listener learns the room's name before the others come.
            let most = if self.conns[0].registration.is_greeted() { self.load.coming } else { 1 };
            while next < self.load.crowd && coming.len() < most {
                self.enter(next, &self.crowd.name(next), "")?;
                coming.insert(next);
                next += 1;
            }
            if coming.is_empty() {
                break;
            }
            self.pump(TICK)?;
            self.progress_within()?;
            for listener in coming.clone() {
                let conn = &mut self.conns[listener];
                if conn.registration.is_greeted() && conn.last_word.is_none() && conn.fence.is_none() {
                    coming.remove(&listener);
                }
            }
        }
        self.fence_listeners()?;
        Ok(self.home())
    }

    /// What the server told the first listener.
    fn features(&self) -> &ServerFeatures {
        &self.conns[0].registration.features
    }

    fn mapping(&self) -> CaseMapping {
        self.features().casemapping()
    }

    fn home(&self) -> String {
        let home = self.plan.room.as_deref().or_else(|| self.features().first_room());
        home.unwrap_or(crate::bot::script_run::state::HOME).to_owned()
    }

    fn enter(&mut self, at: usize, nick: &str, then: &str) -> Result<(), Stop> {
        let small = at.checked_sub(self.load.crowd).is_some_and(|actor| self.plan.stalls(ActorId(actor)));
        let entered = self.conns[at].enter(
            self.poll.registry(),
            Token(at),
            self.server,
            (nick, then),
            How { small, tls: self.load.tls },
        );
        entered.map_err(|error| Stop::NoServer(format!("{nick} can't connect: {error}")))?;
        self.progress = Instant::now();
        Ok(())
    }

    /// Tells of each step that is taken.
    fn perform(&mut self, moves: &[Move], mut done: impl FnMut(u64)) -> Result<(), Stop> {
        for one in moves {
            match one {
                Move::Step(step) => {
                    self.line = step.line;
                    self.wait_for_rate()?;
                    self.step(step)?;
                    done(1);
                }
                Move::Settle => self.settle()?,
                Move::GrantOp(nick) => {
                    let line = format!("MODE {} +o {nick}\r\n", self.home());
                    self.first_says(&line);
                }
                Move::Wait(time) => {
                    let until = Instant::now() + *time;
                    self.wait_until(until)?;
                }
            }
            if self.ledger.tally.faults() > ENOUGH {
                return Err(Stop::Failed(self.line, "too many faults to go on".to_owned()));
            }
        }
        Ok(())
    }

    /// The room is again as it was before the first run: the first
    /// listener has the right to change it, since it was there first.
    fn tidy_up(&mut self) -> Result<(), Stop> {
        let home = self.home();
        let mut lines = self.upkeep.modes_back(&home, self.features());
        if let Some(topic) = self.upkeep.topic_back() {
            let line = Line::new("TOPIC").param(&home).text(&topic);
            lines.push_str(&format!("{}\r\n", line.as_str()));
            // Everybody is told.
            let back = Event::by(self.conns[0].nick(), EventKind::Topic { room: home, topic });
            self.ledger.sent(&[back], self.line, self.begun.elapsed());
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.first_says(&lines);
        self.settle()
    }

    /// The first listener's own lines; all are told of the modes that they change.
    fn first_says(&mut self, lines: &str) {
        let who = self.conns[0].nick();
        let events = lines.lines().filter_map(|line| Message::parse(line).ok());
        let events =
            events.flat_map(|message| Event::of(&message, "")).map(|event| Event::by(who, event.kind));
        let modes: Vec<Event> = events.filter(|event| matches!(event.kind, EventKind::Mode { .. })).collect();
        self.ledger.sent(&modes, self.line, self.begun.elapsed());
        self.conns[0].say(lines);
        self.busy.insert(0);
    }

    /// The next step is not before its time, or not while too much is on its way.
    fn wait_for_rate(&mut self) -> Result<(), Stop> {
        match self.load.rate {
            // Half of the window at a time: people's lines come in bursts, too.
            None if self.ledger.in_flight() >= WINDOW => {
                self.pump_while(|drive| drive.ledger.in_flight() > WINDOW / 2)
            }
            None => Ok(()),
            Some(rate) => {
                // A clock may have no instant before its start.
                let earliest = Instant::now().checked_sub(TICK);
                let due = earliest.map_or(self.due, |earliest| self.due.max(earliest));
                self.due = due + Duration::from_secs_f64(1.0 / rate);
                self.wait_until(due)
            }
        }
    }

    /// Takes what comes until then.
    fn wait_until(&mut self, time: Instant) -> Result<(), Stop> {
        while let Some(left) = time.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.pump(left.min(TICK))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &LoadStep) -> Result<(), Stop> {
        let at = self.load.crowd + step.actor.0;
        self.busy.insert(at);
        self.ledger.sent(&step.told, step.line, self.begun.elapsed());
        for event in &step.told {
            if let EventKind::Topic { topic, .. } = &event.kind {
                self.upkeep.topic_is(topic);
            }
        }
        self.refusals.took(at, step.line, step.refused, &step.asked);
        for ended in step.ended.iter().map(|id| self.load.crowd + id.0) {
            self.busy.insert(ended);
            self.conns[ended].leaving = true;
        }
        match &step.action {
            ConnectionAction::Enter { nick, then } => self.enter(at, nick, then)?,
            ConnectionAction::Send(lines) => self.conns[at].say(lines),
            ConnectionAction::Leave(lines) => {
                self.conns[at].say(lines);
                self.conns[at].leaving = true;
            }
            ConnectionAction::Drop => {
                self.refusals.forget(at);
                self.conns[at].reset();
            }
            ConnectionAction::Stall => self.conns[at].stalled = true,
            ConnectionAction::Resume => {
                self.conns[at].stalled = false;
                // What came meanwhile is announced no second time.
                self.read(at);
            }
        }
        Ok(())
    }

    /// The server has handled everything, and all have seen it.
    fn settle(&mut self) -> Result<(), Stop> {
        for at in std::mem::take(&mut self.busy) {
            let conn = &self.conns[at];
            if conn.is_connected() && !conn.stalled {
                self.busy.insert(at);
                if !conn.leaving {
                    self.ask(at);
                }
            }
        }
        let owes = |conn: &Conn| conn.fence.is_some() || (conn.leaving && conn.is_connected());
        self.pump_while(|drive| {
            drive.ledger.in_flight() > 0 || drive.busy.iter().any(|&at| owes(&drive.conns[at]))
        })?;
        for at in std::mem::take(&mut self.busy) {
            for line in self.refusals.settled(at) {
                self.ledger.allowed(&self.conns[at].shown_nick(), line);
            }
        }
        Ok(())
    }

    /// What has not come to a listener by its PONG does not come.
    fn settle_listeners(&mut self) -> Result<(), Stop> {
        self.settle()?;
        self.fence_listeners()
    }

    fn fence_listeners(&mut self) -> Result<(), Stop> {
        (0..self.load.crowd).for_each(|at| self.ask(at));
        self.pump_while(|drive| drive.conns[..drive.load.crowd].iter().any(|conn| conn.fence.is_some()))
    }

    fn ask(&mut self, at: usize) {
        self.fences += 1;
        let token = fence::token(self.fences);
        self.conns[at].say(&format!("{}\r\n", fence::ping(&token).as_str()));
        self.conns[at].fence = Some(token);
    }

    fn pump_while(&mut self, waiting: impl Fn(&Drive<'_>) -> bool) -> Result<(), Stop> {
        self.progress = Instant::now();
        while waiting(self) {
            self.pump(TICK)?;
            self.progress_within()?;
        }
        Ok(())
    }

    /// Whether something of what is waited for still comes.
    fn progress_within(&self) -> Result<(), Stop> {
        match self.progress.elapsed() > self.timeout {
            true => Err(Stop::Failed(self.line, self.missing_answer())),
            false => Ok(()),
        }
    }

    fn missing_answer(&self) -> String {
        let owes = |conn: &&Conn| conn.fence.is_some() || conn.is_registering();
        let time = self.timeout.as_secs_f64();
        match self.conns.iter().find(owes) {
            Some(conn) => format!("no answer to {} for {time} s", conn.shown_nick()),
            None => format!("nothing more came for {time} s"),
        }
    }
}

/// What comes to everybody: news of the room goes to the ledger, the rest is what every
/// client has to answer.
impl Drive<'_> {
    /// Sends what waits, takes what has come, for at most this long.
    fn pump(&mut self, most: Duration) -> Result<(), Stop> {
        for conn in self.conns.iter_mut().filter(|conn| conn.socket.owed() > 0) {
            conn.socket.flush();
        }
        let most = self.ask_again(most);
        match self.poll.poll(&mut self.events, Some(most)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(Stop::NoServer(format!("can't wait for the server: {error}")));
            }
            _ => {}
        }
        let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        ready.into_iter().for_each(|at| self.read(at));
        self.trouble.clone().map_or(Ok(()), |why| Err(Stop::Failed(self.line, why)))
    }

    /// Asks for names that are due to be asked for; how long until the next is,
    /// at most so long.
    fn ask_again(&mut self, most: Duration) -> Duration {
        while let Some(&(due, at)) = self.again.front() {
            let left = due.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                return most.min(left);
            }
            self.again.pop_front();
            let conn = &mut self.conns[at];
            if conn.is_registering() {
                let line = conn.registration.ask_again();
                conn.socket.queue(&line.to_bytes());
                conn.socket.flush();
            }
        }
        most
    }

    /// Takes all that has come to one, or as much as others can wait for.
    fn read(&mut self, at: usize) {
        let (mut messages, mut changes) = (Vec::new(), Vec::new());
        for _ in 0..READS {
            let (ledger, begun) = (&mut self.ledger, self.begun);
            let listens = self.listening && at < self.load.crowd;
            let deliveries = ledger.tally.deliveries();
            let mut now = None;
            let found = self.conns[at].read(&mut self.buffer, |frame| {
                let now = *now.get_or_insert_with(|| begun.elapsed());
                let (what, bytes) = match frame {
                    Frame::Line(line) if listens && ledger.arrived(at, line, now) => {
                        // Modes that it changes are changed back by the first listener.
                        changes
                            .extend((at == 0 && line.contains(" MODE ")).then(|| Message::parse(line).ok()));
                        return;
                    }
                    Frame::Line(line) => return messages.extend(Message::parse(line).ok()),
                    Frame::TooLong(begun, _) => ("a line that is too long", begun),
                    Frame::NotUtf8(line) => ("a line that is not UTF-8", line),
                    // What is lost in it is counted as missing, and its end is told as a line that is too
                    // long.
                    Frame::Endless => return,
                };
                if listens {
                    ledger.unreadable(at, what, &String::from_utf8_lossy(bytes));
                }
            });
            // Lines that were not sent are no progress: they may come for ever.
            if self.ledger.tally.deliveries() > deliveries {
                self.progress = Instant::now();
            }
            for message in changes.drain(..).flatten() {
                self.keep_up(at, &message);
            }
            for message in messages.drain(..) {
                self.on_message(at, &message);
            }
            match found {
                Ok(Found::Some(_)) => {}
                Ok(Found::Nothing) => return,
                Ok(Found::End) => return self.ended(at, "end of stream"),
                Err(error) => return self.ended(at, &error.to_string()),
            }
        }
        if let Err(error) = self.conns[at].socket.register_again(self.poll.registry(), Token(at)) {
            self.ended(at, &error.to_string());
        }
    }

    fn ended(&mut self, at: usize, how: &str) {
        let conn = &mut self.conns[at];
        let expected = conn.leaving;
        if !expected {
            let (who, why) = (conn.shown_nick(), excerpt(conn.last_word.as_deref().unwrap_or(how), 0));
            self.trouble.get_or_insert(format!("the server ended the connection of {who}: {why}"));
        }
        conn.close();
        self.progress = Instant::now();
    }

    /// Takes a message that is no news of the room.
    fn on_message(&mut self, at: usize, message: &Message) {
        let listener = at < self.load.crowd;
        let conn = &mut self.conns[at];
        if message.is("PING") && conn.socket.owed() > MOST_OWED {
            let why = format!("the server asks {} and takes none of the answers", conn.shown_nick());
            self.trouble.get_or_insert(why);
            return;
        }
        let (progress, answer) = conn.registration.receive(message);
        answer.iter().for_each(|line| conn.socket.queue(&line.to_bytes()));
        let is_taken = message.is(numeric::ERR_NICKNAMEINUSE);
        match progress {
            Progress::Greeted => {
                conn.enters();
                if at > 0 {
                    // What the first was told is looked at: thousands need no copy.
                    conn.registration.features = ServerFeatures::default();
                }
                if listener {
                    let line = format!("JOIN {}\r\n", self.home());
                    self.conns[at].say(&line);
                    self.ask(at);
                }
            }
            Progress::Refused(_) if listener && is_taken => match conn.registration.vary(MOST_NAMES) {
                Some(line) => conn.socket.queue(&line.to_bytes()),
                None => return self.refused(at, message),
            },
            // Asked again until the time is up; that is no progress.
            Progress::Refused(_) if conn.comes_back && is_taken => {
                if self.again.iter().all(|(_, who)| *who != at) {
                    self.again.push_back((Instant::now() + BETWEEN_TRIES, at));
                }
                return;
            }
            Progress::Welcome => {}
            Progress::Refused(_) | Progress::Nothing => {
                if conn.fence.as_deref().is_some_and(|token| fence::answers(message, token)) {
                    conn.fence = None;
                } else if message.is("ERROR") {
                    conn.last_word = message.last().map(str::to_owned);
                } else if refuses(message) {
                    return self.refused(at, message);
                } else {
                    return self.keep_up(at, message);
                }
            }
        }
        self.progress = Instant::now();
    }

    /// Lets `upkeep` see what the first listener is told of the room.
    fn keep_up(&mut self, at: usize, message: &Message) {
        if at == 0 {
            let home = self.home();
            self.upkeep.on_message(message, &home, &self.conns[0].registration.features);
        }
    }

    /// An error has come to a connection.
    fn refused(&mut self, at: usize, error: &Message) {
        let (conn, home, mapping) = (&self.conns[at], self.home(), self.mapping());
        let said = excerpt(&format!("{} {}", error.command(), error.last().unwrap_or("")), 0);
        let who = conn.shown_nick();
        let listener = at < self.load.crowd;
        if conn.is_registering() || (listener && !self.listening) {
            self.trouble.get_or_insert(format!("the server refused {who}: {said}"));
        } else if listener {
            // The first listener restores what a run has changed, where the server lets it.
            let own = [format!("MODE {home}"), format!("TOPIC {home}")];
            match at == 0 && Asked::by(&own, mapping).is_answered_by(error, mapping) {
                true => self.refusal = Some(format!("the server refused {who}: {said}")),
                false => self.ledger.strange(at, &format!("the error {said} that nobody asked for"), None),
            }
        } else if let Some(line) = self.refusals.on_error(at, error, mapping) {
            self.ledger.refused(&who, &said, line);
        }
    }
}
