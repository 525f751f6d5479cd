//! All of a simulation: people, one server after another, a disk, clocks, and what must hold after
//! each step. Nothing in it depends on anything but the steps.

use super::bugs::Bug;
use super::client::{Ask, Client, NAMES, Page, caps};
use super::disk::{Fate, SPACE};
use super::process::{Clocks, Item, Process};
use super::step::{End, Manner, Part, ROOMS, Setup, Step};
use super::store::Storage;
use super::truth::Truth;
use roomchat::chat::Seq;
use roomchat::hub::{Batch, Config, DESCRIPTION, Departure, Encryption, Origin};
use roomchat::text::{Lang, RoomName};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000_000;

/// For so long after a restart people have their ranks back; a minute less than it is.
pub(super) const REMEMBERED: Duration = Duration::from_secs(540);

/// A room may have ended that has been empty for so long; two minutes less than it takes, since what
/// people know of it may be late.
const EMPTY: Duration = Duration::from_secs(480);

/// Nobody waits for longer when nothing is wrong any more: with a limit of four messages a second,
/// 64 lines may wait for their time.
const PATIENCE: u32 = 300;

/// Somebody who was in a room when the server ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) is_operator: bool,
    /// The hub's uptime at the start after that.
    pub(super) restarted: Duration,
}

pub(super) struct World {
    setup: Setup,
    bug: Option<Bug>,
    pub(super) storage: Storage,
    clocks: Clocks,
    process: Option<Process>,
    /// The last of them is the auditor's.
    pub(super) clients: Vec<Client>,
    pub(super) truth: Truth,
    /// By client and room.
    pub(super) before: BTreeMap<(usize, &'static str), Before>,
    /// Redactions in the batch that is being delivered, with those who were told of them.
    pub(super) redacted: BTreeSet<(usize, String)>,
    /// Rooms that somebody may still change who has left.
    in_doubt: BTreeSet<&'static str>,
    /// Labels, and words that only one text has.
    count: u32,
    disk_stands_still: bool,
    /// What happened last.
    pub(super) trace: Vec<String>,
}

impl World {
    pub(super) fn new(setup: Setup, bug: Option<Bug>) -> World {
        let mut world = World {
            setup,
            bug,
            storage: Storage::new(setup.is_real, setup.history, bug),
            clocks: Clocks { wall_us: START, monotonic: Duration::ZERO },
            process: None,
            clients: (0..NAMES.len()).map(Client::new).collect(),
            truth: Truth::new(),
            before: BTreeMap::new(),
            redacted: BTreeSet::new(),
            in_doubt: BTreeSet::new(),
            count: 0,
            disk_stands_still: false,
            trace: Vec::new(),
        };
        world.start();
        world
    }

    pub(super) fn process(&self) -> &Process {
        self.process.as_ref().expect("one runs between two steps")
    }

    fn running(&mut self) -> &mut Process {
        self.process.as_mut().expect("one runs between two steps")
    }

    pub(super) fn uptime(&mut self) -> Duration {
        let clocks = self.clocks;
        self.running().now(clocks).uptime
    }

    fn start(&mut self) {
        let config = Config {
            server_name: "irc".to_owned(),
            description: DESCRIPTION.to_owned(),
            first_room: RoomName::parse("#lobby").unwrap(),
            lang: Lang::En,
            motd: vec!["hello".to_owned()],
            created_us: START,
            history: self.setup.history,
            history_bytes: 1 << 20,
            history_bytes_in_all: 1 << 22,
            replay: 5,
            messages_a_second: self.setup.messages_a_second,
            operators: Vec::new(),
            nonce: "n".to_owned(),
            keep: "*".to_owned(),
            persists: true,
            encryption: Encryption::Off,
            password: None,
        };
        let (slice, clocks) = (self.setup.slice, self.clocks);
        self.process = Some(Process::start(&mut self.storage, config, slice, clocks, self.bug));
    }

    /// Does a step, and looks whether all is as it must be.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), String> {
        self.trace.push(format!("{step:?}"));
        self.act(step)?;
        self.look_for_empty_rooms();
        Ok(())
    }

    fn act(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Step::Connect { who } => self.connect(who.into()),
            Step::Join { who, room } => {
                let room = ROOMS[usize::from(room)];
                self.ask(who.into(), &format!("JOIN {room}"), Ask::Join { room });
            }
            Step::Leave { who, room } => self.change(who, room, |room| format!("PART {room}")),
            Step::Say { who, room, manner } => self.say(who.into(), ROOMS[usize::from(room)], manner),
            Step::Whisper { who, whom } => {
                let word = self.word();
                let whom = NAMES[usize::from(whom)];
                self.ask(who.into(), &format!("PRIVMSG {whom} :{word}"), Ask::Say { word: None });
            }
            Step::Redact { who, nth } => {
                if let Some(id) = self.nth_message(nth).map(|(id, _)| id) {
                    let room = self.truth.room_of(&id).to_owned();
                    if self.ask(who.into(), &format!("REDACT {room} {id}"), Ask::Redact) {
                        self.truth.said.get_mut(&id).expect("it is known").may_be_redacted = true;
                    }
                }
            }
            Step::Page { who, room, part, nth, most } => {
                self.page(who.into(), ROOMS[usize::from(room)], part, nth, most.into());
            }
            Step::Search { who, nth } => {
                if let Some((id, _)) = self.nth_message(nth) {
                    let (who, word) = (usize::from(who), self.truth.word(&id).to_owned());
                    let is_settled = self.clients[who].asks.is_empty();
                    let is_member = self.clients[who].rooms.contains_key(self.truth.room_of(&id));
                    let must_be_found = is_settled && is_member && !word.is_empty();
                    let line = format!("SEARCH text={word}");
                    self.ask(who, &line, Ask::Search { word, id, must_be_found });
                }
            }
            Step::Topic { who, room } => {
                let word = self.word();
                self.change(who, room, |room| format!("TOPIC {room} :{word}"));
            }
            Step::Rank { who, room, whom, on } => {
                let (sign, whom) = (if on { '+' } else { '-' }, NAMES[usize::from(whom)]);
                self.change(who, room, |room| format!("MODE {room} {sign}o {whom}"));
            }
            Step::Ban { who, room, whom, on } => {
                let (sign, whom) = (if on { '+' } else { '-' }, NAMES[usize::from(whom)]);
                self.change(who, room, |room| format!("MODE {room} {sign}b {whom}!*@*"));
            }
            Step::Moderate { who, room, on } => {
                let sign = if on { '+' } else { '-' };
                self.change(who, room, |room| format!("MODE {room} {sign}m"));
            }
            Step::Kick { who, room, whom } => {
                let whom = NAMES[usize::from(whom)];
                self.change(who, room, |room| format!("KICK {room} {whom} :out"));
            }
            Step::Quit { who } => {
                let client = &mut self.clients[usize::from(who)];
                if client.is_open && !client.is_leaving {
                    client.send("QUIT");
                    self.leaves(who.into());
                }
            }
            Step::Lose { who } => {
                if self.clients[usize::from(who)].is_open {
                    self.leaves(who.into());
                    self.clients[usize::from(who)].end();
                    let id = self.clients[usize::from(who)].id();
                    self.running().inbox.push_back(Item::Gone(id, Departure::Reset));
                }
            }
            Step::Slow { who, on } => self.set_slow(who.into(), on),
            Step::Evict { who } => {
                let (id, clocks) = (self.clients[usize::from(who)].id(), self.clocks);
                if self.clients[usize::from(who)].is_open {
                    self.leaves(who.into());
                    self.running().evict(id, clocks);
                }
            }
            Step::Round => return self.round(),
            Step::Commit => return self.commit(),
            Step::Answer => self.answer(),
            Step::Stall { on } => self.disk_stands_still = on,
            Step::Fill { left } => self.storage.set_space(left.into()),
            Step::Free => self.storage.set_space(SPACE),
            Step::Pass { ms } => return self.pass(Duration::from_millis(ms.into())),
            Step::SetClock { seconds } => {
                self.clocks.wall_us =
                    self.clocks.wall_us.saturating_add_signed(i64::from(seconds) * 1_000_000);
            }
            Step::End(end) => return self.end(end),
        }
        Ok(())
    }

    fn connect(&mut self, who: usize) {
        let client = &mut self.clients[who];
        if client.is_known {
            return;
        }
        (client.is_known, client.is_open) = (true, true);
        let (id, from) = (client.id(), Origin { address: client.address(), is_local: false });
        if !caps(who).is_empty() {
            client.send(&format!("CAP REQ :{}", caps(who)));
            client.send("CAP END");
        }
        client.send(&format!("NICK {}", NAMES[who]));
        client.send("USER u 0 * :real");
        self.running().inbox.push_back(Item::Open(id, from));
    }

    /// A client asks for something; false where it is not there.
    fn ask(&mut self, who: usize, line: &str, ask: Ask) -> bool {
        self.count += 1;
        let (client, count) = (&mut self.clients[who], self.count);
        if !client.is_open || client.is_leaving {
            return false;
        }
        match client.has_labels() {
            true => {
                client.send(&match line.strip_prefix('@') {
                    Some(tagged) => format!("@label={count};{tagged}"),
                    None => format!("@label={count} {line}"),
                });
                client.asks.insert(count, ask);
            }
            false => client.send(line),
        }
        true
    }

    /// A client with labels asks to change something of a room.
    fn change(&mut self, who: u8, room: u8, line: impl FnOnce(&str) -> String) {
        let (who, room) = (usize::from(who), ROOMS[usize::from(room)]);
        if self.clients[who].has_labels() {
            self.ask(who, &line(room), Ask::Change { room });
        }
    }

    fn word(&mut self) -> String {
        self.count += 1;
        format!("wo{}rd", self.count)
    }

    fn say(&mut self, who: usize, room: &'static str, manner: Manner) {
        let word = self.word();
        let line = match manner {
            Manner::Message => format!("PRIVMSG {room} :哈囉 {word}"),
            Manner::Notice => format!("NOTICE {room} :{word} there"),
            Manner::Tags => format!("@+x={word} TAGMSG {room}"),
            Manner::Long => format!("PRIVMSG {room} :{word} {}", "long ".repeat(60)),
            // In the second room nobody may have heard it, so nothing is known of its words.
            Manner::Twice => format!("PRIVMSG #lobby,#lab :twice {}", self.count),
        };
        let is_one = !matches!(manner, Manner::Twice);
        self.ask(who, &line, Ask::Say { word: Some(word).filter(|_| is_one) });
    }

    /// One of the messages to rooms that people know.
    fn nth_message(&self, nth: u16) -> Option<(String, Seq)> {
        let known: Vec<_> =
            self.truth.said.iter().filter(|(id, _)| self.truth.room_of(id).starts_with('#')).collect();
        // The latest are chosen more often.
        let nth = usize::from(nth) % known.len().clamp(1, 1 << (nth % 7));
        known.iter().rev().nth(nth).map(|(id, said)| ((*id).clone(), said.seq))
    }

    fn page(&mut self, who: usize, room: &'static str, part: Part, nth: u16, most: usize) {
        let of_room = |world: &World, nth: u16| {
            let known: Vec<_> = world.truth.to_be_found(room).collect();
            let (id, said) = known.get(usize::from(nth) % known.len().max(1))?;
            Some(((*id).clone(), said.seq))
        };
        let (one, other) = (of_room(self, nth), of_room(self, nth / 7));
        let (line, from, to, newest) = match (part, one, other) {
            (Part::Before, Some((id, seq)), _) => {
                (format!("BEFORE {room} msgid={id}"), Seq(0), seq, Some(true))
            }
            (Part::After, Some((id, seq)), _) => {
                (format!("AFTER {room} msgid={id}"), seq, Seq(u64::MAX), Some(false))
            }
            (Part::Around, Some((id, _)), _) => {
                (format!("AROUND {room} msgid={id}"), Seq(0), Seq(u64::MAX), None)
            }
            (Part::Between, Some((id, seq)), Some((other, end))) => {
                let line = format!("BETWEEN {room} msgid={id} msgid={other}");
                (line, seq.min(end), seq.max(end), Some(seq > end))
            }
            _ => (format!("LATEST {room} *"), Seq(0), Seq(u64::MAX), Some(true)),
        };
        let page = Page { room, from, to, most, newest, told: self.truth.tellings };
        self.ask(who, &format!("CHATHISTORY {line} {most}"), Ask::Page(page));
    }

    /// What a client has asked for and is not answered may have happened or not.
    fn leaves(&mut self, who: usize) {
        let client = &mut self.clients[who];
        client.is_leaving = true;
        client.rooms.clear();
        for ask in std::mem::take(&mut client.asks).into_values() {
            if let Ask::Change { room } | Ask::Join { room } = ask {
                self.in_doubt.insert(room);
                self.doubt(room);
            }
        }
    }

    /// What is known of a room may be wrong.
    fn doubt(&mut self, room: &'static str) {
        self.truth.rooms.get_mut(room).expect("it is known").topic = None;
        self.before.retain(|(_, other), _| *other != room);
    }

    fn set_slow(&mut self, who: usize, on: bool) {
        let client = &mut self.clients[who];
        client.is_slow = on && client.is_open;
        if !client.is_slow {
            client.has_more = false;
            for pong in std::mem::take(&mut client.pings) {
                client.send(&pong);
            }
        }
    }

    /// The threads of clients read, and the hub's thread does a round.
    fn round(&mut self) -> Result<(), String> {
        let process = self.process.as_mut().expect("one runs");
        for client in &mut self.clients {
            if client.is_known && !process.tickets.contains(&client.id()) && !client.unread.is_empty() {
                // What one read brings.
                let count = client.unread.len().min(3);
                let inputs = client.unread.drain(..count).flatten().collect();
                process.tickets.insert(client.id());
                process.inbox.push_back(Item::Lines(client.id(), inputs));
            }
        }
        let clocks = self.clocks;
        for batch in self.running().round(clocks)? {
            self.output(&batch)?;
        }
        if self.process().is_quiet() {
            self.in_doubt.clear();
        }
        for who in 0..self.clients.len() {
            let client = &mut self.clients[who];
            if client.is_awaited && !client.has_more {
                client.is_awaited = false;
                let id = client.id();
                self.running().drained(id, clocks);
            }
        }
        Ok(())
    }

    /// Does what a batch asks for.
    fn output(&mut self, batch: &Batch) -> Result<(), String> {
        for session in &batch.backlogged {
            self.clients[session.index()].is_awaited = true;
        }
        for parcel in batch.parcels() {
            let text = std::str::from_utf8(parcel.bytes).map_err(|error| error.to_string())?;
            for session in parcel.to.iter() {
                let who = session.index();
                self.clients[who].has_more |= self.clients[who].is_slow;
                if !self.clients[who].is_open || self.clients[who].is_leaving {
                    continue;
                }
                for line in text.lines() {
                    self.trace.push(format!("    {} < {line}", NAMES[who]));
                    self.hear(who, line).map_err(|why| format!("{}: {why}", NAMES[who]))?;
                }
            }
        }
        // Those who come later in a batch may get what came before a redaction.
        std::mem::take(&mut self.redacted).into_iter().for_each(|(_, id)| self.truth.redacted(&id));
        for close in &batch.close {
            let who = close.session.index();
            if self.clients[who].is_open {
                self.leaves(who);
                self.clients[who].end();
                self.running().inbox.push_back(Item::Gone(close.session, Departure::Closed));
            }
        }
        for gone in &batch.gone {
            self.clients[gone.session.index()].is_known = false;
            self.running().tickets.remove(&gone.session);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), String> {
        if self.disk_stands_still {
            return Ok(());
        }
        let clocks = self.clocks;
        match self.running().commit(clocks) {
            Ok(()) => Ok(()),
            // The process says why, and ends.
            Err(_) => self.restart(false),
        }
    }

    fn answer(&mut self) {
        let Ok(lookup) = self.process().lookups.try_recv() else { return };
        let found = self.storage.look_up(lookup);
        if self.bug != Some(Bug::AnswerLost) || !self.count.is_multiple_of(3) {
            self.running().inbox.push_back(Item::Found(found));
        }
    }

    /// Time passes, in which all threads do what is due.
    fn pass(&mut self, time: Duration) -> Result<(), String> {
        let until = self.clocks.monotonic + time;
        while self.clocks.monotonic < until {
            let process = self.process();
            let worker = (!self.disk_stands_still).then_some(process.worker_at);
            let next = match self.is_busy() {
                true => self.clocks.monotonic,
                false => process.hub_at().into_iter().chain(worker).min().unwrap_or(until),
            };
            let next = next.max(self.clocks.monotonic + Duration::from_millis(1)).min(until);
            self.clocks.wall_us += (next - self.clocks.monotonic).as_micros() as u64;
            self.clocks.monotonic = next;
            self.round()?;
            if self.process().has_jobs() || self.clocks.monotonic >= self.process().worker_at {
                self.commit()?;
            }
            self.answer();
        }
        Ok(())
    }

    /// Whether a thread has something to do now.
    fn is_busy(&self) -> bool {
        let process = self.process();
        let reads = |client: &Client| !client.unread.is_empty() && !process.tickets.contains(&client.id());
        process.is_busy(self.disk_stands_still) || self.clients.iter().any(reads)
    }

    fn end(&mut self, end: End) -> Result<(), String> {
        match end {
            End::Killed => self.restart(false),
            End::InCommit(unsynced) => {
                self.storage.set_fate(Fate::Cut(unsynced));
                Ok(())
            }
            End::DiskFails(unsynced) => {
                self.storage.set_fate(Fate::Fails(unsynced));
                Ok(())
            }
            End::Stopped => self.restart(true),
        }
    }

    /// The process ends, and the next one starts; those who were there come back as `join` does.
    fn restart(&mut self, is_stopped: bool) -> Result<(), String> {
        let mut in_doubt = std::mem::take(&mut self.in_doubt);
        for ask in self.clients.iter().flat_map(|client| client.asks.values()) {
            if let Ask::Change { room } | Ask::Join { room } = ask {
                in_doubt.insert(room);
            }
        }
        let mut process = self.process.take().expect("one runs");
        if process.has_unkept {
            in_doubt.extend(ROOMS);
        }
        in_doubt.iter().for_each(|room| self.doubt(room));
        // A disk that stands still lets nobody stop: somebody kills it then.
        let is_stopped = is_stopped && !self.disk_stands_still && process.stop(self.clocks).is_ok();
        if !is_stopped {
            self.storage.crash();
        }
        let closing = std::mem::take(&mut process.closing);
        drop(process);
        self.trace.push(format!("    the server ends, stopped: {is_stopped}"));
        self.start();
        let restarted = self.uptime();
        for who in 0..self.clients.len() {
            let client = &mut self.clients[who];
            let rooms = std::mem::take(&mut client.rooms);
            let comes_back = client.is_open && !client.is_leaving;
            client.is_known = false;
            client.end();
            if !comes_back {
                continue;
            }
            self.connect(who);
            for (room, member) in rooms {
                let client = &self.clients[who];
                if client.has_labels() && !closing.contains(&client.id()) && !in_doubt.contains(room) {
                    let before = Before { is_operator: member.is_operator, restarted };
                    self.before.insert((who, room), before);
                }
                self.ask(who, &format!("JOIN {room}"), Ask::Join { room });
            }
        }
        Ok(())
    }

    pub(super) fn look_for_empty_rooms(&mut self) {
        let uptime = self.uptime();
        for room in ROOMS {
            let is_empty = !self.clients.iter().any(|client| client.rooms.contains_key(room));
            let has_messages = self.truth.to_be_found(room).next().is_some();
            let known = self.truth.rooms.get_mut(room).expect("it is known");
            if !is_empty {
                known.empty_since = None;
                continue;
            }
            if known.empty_since.is_none() && !has_messages && room != "#lobby" {
                self.doubt(room);
            }
            let known = self.truth.rooms.get_mut(room).expect("it is known");
            let since = *known.empty_since.get_or_insert(uptime);
            if uptime >= since + EMPTY && room != "#lobby" {
                self.truth.forget(room);
                self.doubt(room);
            }
        }
    }

    /// Nothing is wrong any more: everybody gets all that they have asked for, and what was redacted
    /// is gone.
    fn settle(&mut self) -> Result<(), String> {
        self.trace.push("all is well from here on".to_owned());
        self.storage.set_space(SPACE);
        self.storage.set_fate(Fate::Fine);
        self.disk_stands_still = false;
        (0..self.clients.len()).for_each(|who| self.set_slow(who, false));
        self.pass(Duration::from_secs(1))?;
        for who in 0..self.clients.len() {
            let token = self.count + 1;
            self.ask(who, &format!("PING {token}"), Ask::Fence);
            if self.clients[who].is_open && !self.clients[who].has_labels() {
                self.clients[who].asks.insert(token, Ask::Fence);
            }
        }
        let mut waited = 0;
        while self.waits() {
            waited += 1;
            if waited > PATIENCE {
                let waiting = self.clients.iter().filter(|client| client.waits());
                let waiting: Vec<_> =
                    waiting.map(|client| (client.name(), &client.asks, client.unread.len())).collect();
                let process = self.process();
                return Err(format!("somebody waits for ever: {waiting:?}, {}", process.what_waits()));
            }
            self.pass(Duration::from_secs(1))?;
        }
        // For so long what was redacted may be in the files.
        self.pass(Duration::from_secs(12))?;
        self.look_for_empty_rooms();
        self.truth.look_for_traces(&self.storage)
    }

    fn waits(&self) -> bool {
        self.clients.iter().any(Client::waits) || !self.process().is_quiet()
    }

    /// Somebody who has seen nothing of it looks at all that must be there.
    fn audit(&mut self) -> Result<(), String> {
        let auditor = NAMES.len() - 1;
        self.connect(auditor);
        for room in ROOMS {
            if self.truth.to_be_found(room).next().is_none() {
                continue;
            }
            self.ask(auditor, &format!("JOIN {room}"), Ask::Join { room });
            let page = Page {
                room,
                from: Seq(0),
                to: Seq(u64::MAX),
                most: 100,
                newest: Some(true),
                told: self.truth.tellings,
            };
            self.ask(auditor, &format!("CHATHISTORY LATEST {room} * 100"), Ask::Page(page));
            let mut ids: Vec<_> =
                self.truth.to_be_found(room).map(|(id, said)| (said.seq, id.clone())).collect();
            ids.sort();
            for (seq, id) in ids.iter().skip(20).step_by(20) {
                let page = Page {
                    room,
                    from: Seq(0),
                    to: *seq,
                    most: 100,
                    newest: Some(true),
                    told: self.truth.tellings,
                };
                self.ask(auditor, &format!("CHATHISTORY BEFORE {room} msgid={id} 100"), Ask::Page(page));
            }
        }
        self.settle()?;
        let is_in = |room: &&&str| {
            self.truth.to_be_found(room).next().is_some() && !self.clients[auditor].rooms.contains_key(**room)
        };
        if let Some(room) = ROOMS.iter().find(is_in) {
            return Err(format!("{room} can't be looked at"));
        }
        Ok(())
    }

    /// The end of each simulation.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.settle()?;
        self.audit()?;
        self.restart(false)?;
        self.settle()?;
        self.audit()
    }
}
