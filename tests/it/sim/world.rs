//! All of a simulation: people, one server after another, a disk, clocks, and what must hold after
//! each step. Nothing in it depends on anything but the steps.

use super::bugs::Bug;
use super::client::{Again, Ask, Before, Client, NAMES, Page, caps};
use super::disk::SPACE;
use super::process::{Clocks, Item, Process};
use super::step::{Manner, Mode, Part, ROOMS, Setup, Step};
use super::store::Storage;
use super::truth::{Truth, lines_of, pair_of};
use roomchat::chat::Seq;
use roomchat::hub::{Config, DESCRIPTION, Departure, Encryption, Origin};
use roomchat::text::{Lang, RoomName};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000_000;

/// For so long after a restart people have their ranks back; a minute less than it is.
pub(super) const REMEMBERED: Duration = Duration::from_secs(540);

/// For so long the id of a message is known; a minute less than it is.
const ID_KNOWN: Duration = Duration::from_secs(540);

pub(super) struct World {
    setup: Setup,
    pub(super) bug: Option<Bug>,
    /// The first room of the next server.
    pub(super) first: &'static str,
    pub(super) storage: Storage,
    pub(super) clocks: Clocks,
    pub(super) process: Option<Process>,
    /// The last of them is the auditor's.
    pub(super) clients: Vec<Client>,
    pub(super) truth: Truth,
    /// By client and room.
    pub(super) before: BTreeMap<(usize, &'static str), Before>,
    /// Redactions in the batch that is being delivered, with those who were told of them.
    pub(super) redacted: BTreeSet<(usize, String)>,
    /// Rooms that somebody may still change who has left.
    pub(super) in_doubt: BTreeSet<&'static str>,
    /// Labels, and words that only one text has.
    pub(super) count: u32,
    pub(super) disk_stands_still: bool,
    clock_sets: u32,
    /// What happened last.
    pub(super) trace: Vec<String>,
}

impl World {
    pub(super) fn new(setup: Setup, bug: Option<Bug>) -> World {
        let mut world = World {
            setup,
            bug,
            first: ROOMS[0],
            storage: Storage::new(setup, bug),
            clocks: Clocks { wall_us: START, monotonic: Duration::ZERO },
            process: None,
            clients: (0..NAMES.len()).map(Client::new).collect(),
            truth: Truth::new(),
            before: BTreeMap::new(),
            redacted: BTreeSet::new(),
            in_doubt: BTreeSet::new(),
            count: 0,
            disk_stands_still: false,
            clock_sets: 0,
            trace: Vec::new(),
        };
        world.start();
        world
    }

    pub(super) fn process(&self) -> &Process {
        self.process.as_ref().expect("one runs between two steps")
    }

    pub(super) fn running(&mut self) -> &mut Process {
        self.process.as_mut().expect("one runs between two steps")
    }

    pub(super) fn uptime(&mut self) -> Duration {
        let clocks = self.clocks;
        self.running().now(clocks).uptime
    }

    pub(super) fn start(&mut self) {
        let config = Config {
            server_name: "irc".to_owned(),
            description: DESCRIPTION.to_owned(),
            first_room: RoomName::parse(self.first).unwrap(),
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
                let key = self.truth.rooms[room].key().unwrap_or_default().to_owned();
                self.ask(who.into(), &format!("JOIN {room} {key}"), Ask::Join { room });
            }
            Step::Leave { who, room } => self.change(who, room, |room| format!("PART {room}")),
            Step::Say { who, room, manner } => self.say(who.into(), ROOMS[usize::from(room)], manner),
            Step::Whisper { who, whom } => {
                let word = self.word();
                let whom = self.clients[usize::from(whom)].nick.clone();
                self.ask(
                    who.into(),
                    &format!("PRIVMSG {whom} :{word}"),
                    Ask::Say { word: None, again: None },
                );
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
                let (sign, whom) = (if on { '+' } else { '-' }, self.clients[usize::from(whom)].nick.clone());
                self.change(who, room, |room| format!("MODE {room} {sign}o {whom}"));
            }
            Step::Ban { who, room, whom, on } => {
                let (sign, whom) = (if on { '+' } else { '-' }, self.clients[usize::from(whom)].nick.clone());
                self.change(who, room, |room| format!("MODE {room} {sign}b {whom}!*@*"));
            }
            Step::Mode { who, room, mode, on } => {
                let (sign, count) = (if on { '+' } else { '-' }, self.count);
                let change = match mode {
                    Mode::Moderated => "m".to_owned(),
                    Mode::InviteOnly => "i".to_owned(),
                    Mode::Key => format!("k key{count}"),
                    Mode::Limit(most) if on => format!("l {most}"),
                    Mode::Limit(_) => "l".to_owned(),
                    Mode::Named(whom) => format!("I {}!*@*", NAMES[usize::from(whom)]),
                };
                self.change(who, room, |room| format!("MODE {room} {sign}{change}"));
            }
            Step::Invite { who, room, whom } => {
                let whom = self.clients[usize::from(whom)].nick.clone();
                self.change(who, room, |room| format!("INVITE {whom} {room}"));
            }
            Step::Kick { who, room, whom } => {
                let whom = self.clients[usize::from(whom)].nick.clone();
                self.change(who, room, |room| format!("KICK {room} {whom} :out"));
            }
            Step::Rename { who } => {
                let client = &self.clients[usize::from(who)];
                let new = match client.nick == client.name() {
                    true => format!("{}2", client.name()),
                    false => client.name().to_owned(),
                };
                if client.has_labels() {
                    self.ask(who.into(), &format!("NICK {new}"), Ask::Rename);
                }
            }
            Step::First { room } => self.first = ROOMS[usize::from(room)],
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
                self.clock_sets += 1;
                self.clocks.wall_us =
                    self.clocks.wall_us.saturating_add_signed(i64::from(seconds) * 1_000_000);
            }
            Step::End(end) => return self.end(end),
        }
        Ok(())
    }

    pub(super) fn connect(&mut self, who: usize) {
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
        client.send(&format!("NICK {}", client.nick));
        client.send("USER u 0 * :real");
        self.running().inbox.push_back(Item::Open(id, from));
    }

    /// A client asks for something; false where it is not there.
    pub(super) fn ask(&mut self, who: usize, line: &str, ask: Ask) -> bool {
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
        if matches!(manner, Manner::Lines) && self.clients[who].has_multiline() {
            return self.say_lines(who, room, word);
        }
        let line = match manner {
            Manner::Message => format!("PRIVMSG {room} :哈囉{} {word}", pair_of(&word)),
            Manner::Notice => format!("NOTICE {room} :{word} there"),
            Manner::Tags => format!("@+x={word} TAGMSG {room}"),
            Manner::Long | Manner::Lines => format!("PRIVMSG {room} :{word} {}", "long ".repeat(60)),
            // In the second room nobody may have heard it, so nothing is known of its words.
            Manner::Twice => format!("PRIVMSG #lobby,#lab :twice {}", self.count),
        };
        let is_one = !matches!(manner, Manner::Twice);
        let again = self.again(who, room, manner, &line, &word);
        let line = again.as_ref().map_or(line, |again| again.line.clone());
        self.ask(who, &line, Ask::Say { word: Some(word).filter(|_| is_one), again });
    }

    fn say_lines(&mut self, who: usize, room: &str, word: String) {
        let (batch, whole) = (self.count, lines_of(&word));
        let ask = Ask::Say { word: Some(word), again: None };
        if self.ask(who, &format!("BATCH +{batch} draft/multiline {room}"), ask) {
            let client = &mut self.clients[who];
            for (at, line) in whole.split('\n').enumerate() {
                let (first, rest) = line.split_at(line.len() / 2);
                client
                    .send(&format!("@batch={batch} PRIVMSG {room} :{}", if at == 0 { line } else { first }));
                if at > 0 && !rest.is_empty() {
                    client.send(&format!("@batch={batch};draft/multiline-concat PRIVMSG {room} :{rest}"));
                }
            }
            client.send(&format!("BATCH -{batch}"));
        }
    }

    /// What is sent again where no answer comes. Old messages go where there is little room, with their ids.
    fn again(&self, who: usize, room: &'static str, manner: Manner, line: &str, word: &str) -> Option<Again> {
        let client = &self.clients[who];
        let has_id = matches!(manner, Manner::Message | Manner::Notice | Manner::Long);
        let nick = client.certain_nick().filter(|_| has_id && client.has_labels() && !self.setup.is_small)?;
        let (line, word) = (format!("@+roomchat.invalid/id={word} {line}"), word.to_owned());
        Some(Again { line, word, room, nick, sent: self.clocks.monotonic, clock_sets: self.clock_sets })
    }

    /// Somebody is in a room, and sends again what may not have come on an earlier connection.
    pub(super) fn say_again(&mut self, who: usize, room: &'static str) {
        let client = &mut self.clients[who];
        let (here, elsewhere) = std::mem::take(&mut client.unsure).into_iter().partition(|a| a.room == room);
        client.unsure = elsewhere;
        let here: Vec<Again> = here;
        for again in here {
            // An id goes with what was redacted, and is known for ten minutes: at a start by the wall clock.
            let is_clock_set = self.setup.is_real && self.clock_sets > again.clock_sets;
            let is_known = self.clocks.monotonic < again.sent + ID_KNOWN && !is_clock_set;
            let is_same = self.clients[who].certain_nick().as_ref() == Some(&again.nick);
            if is_known && is_same && !self.truth.may_be_redacted(room, &again.word) {
                self.ask(who, &again.line.clone(), Ask::SayAgain(again));
            }
        }
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
    pub(super) fn leaves(&mut self, who: usize) {
        let client = &mut self.clients[who];
        client.is_leaving = true;
        client.rooms.clear();
        for ask in client.take_asks() {
            for room in ask.changes() {
                self.in_doubt.insert(room);
                self.doubt(room);
            }
        }
    }

    /// What is known of a room may be wrong.
    pub(super) fn doubt(&mut self, room: &'static str) {
        self.truth.rooms.get_mut(room).expect("it is known").doubt();
        self.before.retain(|(_, other), _| *other != room);
    }

    pub(super) fn set_slow(&mut self, who: usize, on: bool) {
        let client = &mut self.clients[who];
        client.is_slow = on && client.is_open;
        if !client.is_slow {
            client.has_more = false;
            for pong in std::mem::take(&mut client.pings) {
                client.send(&pong);
            }
        }
    }
}
