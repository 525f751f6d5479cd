//! Conversations as text: what is sent, and what everybody is sent then.
//!
//! ```text
//! alice, bob in #lobby              # registered and in the room; not shown
//! alice with batch: echo-message    # capabilities; not shown
//! alice> PRIVMSG #lobby :hi         # one line
//! alice>> NICK a\r\nUSER a 0 * a    # bytes, with \r \n \xHH
//! alice connects                    # and says nothing yet
//! alice is encrypted                # her handshake is over
//! alice pauses                      # nothing comes after what she has sent, for half a second
//! alice closes                      # the socket is over: her half of the stream has ended
//! alice is lost                     # the socket is over: nobody reads what she is sent
//! alice is full                     # she has yet to take much of what she was sent, and so on
//! alice takes                       # some of it; or "takes all"
//! 90 s                              # time passes
//! right                             # the oldest password in check is; or wrong
//! console                           # from here on facts are shown
//! ```

use roomchat::chat::Record;
use roomchat::chat::kept::{Persist, Restored};
use roomchat::hub::{
    Batch, Check, CheckResult, Config, ConsoleEvent, Decoder, Departure, Encryption, Found, Hub, Input,
    Lookup, Now, Operator, Origin, SessionId,
};
use roomchat::text::{Lang, RoomName};
use std::collections::VecDeque;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000_000;

pub(super) struct Kit {
    hub: Hub,
    batch: Batch,
    now: Now,
    /// Asked for and not answered.
    checks: VecDeque<Check>,
    /// The same of the disk.
    lookups: VecDeque<Lookup>,
    /// What was to be kept.
    pub(super) kept: Vec<Persist>,
    /// Names of the connections, by number.
    people: Vec<Connection>,
    shows_console: bool,
    /// Rounds come only when they are asked for.
    by_rounds: bool,
    shown: String,
}

struct Connection {
    name: String,
    decoder: Decoder,
    /// False once its socket is over.
    open: bool,
    /// Its Close was issued: nothing may be sent to it any more.
    closed: bool,
    /// It takes nothing of what it is sent until it is told to.
    full: bool,
    /// Reads that wait: the server reads no further until the last one is released.
    unread: VecDeque<Vec<Input>>,
    /// The last one is not released.
    held: bool,
    /// The hub has forgotten it: its number may be used again.
    is_free: bool,
}

/// Plays a conversation and gives it back with all that was received.
pub(super) fn play(script: &str) -> String {
    let mut kit = Kit::new();
    kit.play(script);
    kit.shown
}

impl Kit {
    pub(super) fn new() -> Kit {
        Kit::with(|_| {})
    }

    /// With other settings.
    pub(super) fn with(change: impl FnOnce(&mut Config)) -> Kit {
        Kit::made(change, Hub::new)
    }

    /// After a restart; what is asked of the disk is answered by [`Kit::found`].
    pub(super) fn restored(restored: &Restored, change: impl FnOnce(&mut Config)) -> Kit {
        Kit::made(change, |config| Hub::restored(Config { persists: true, ..config }, restored))
    }

    fn made(change: impl FnOnce(&mut Config), hub: impl FnOnce(Config) -> Hub) -> Kit {
        let mut config = Config {
            server_name: "irc".to_owned(),
            description: "A room that anybody can open".to_owned(),
            first_room: RoomName::parse("#lobby").unwrap(),
            lang: Lang::ZhTw,
            motd: vec!["hello".to_owned()],
            created_us: START,
            history: 1000,
            history_bytes: 1 << 20,
            history_bytes_in_all: 1 << 30,
            replay: 0,
            messages_a_second: 0,
            operators: vec![Operator { name: "root".to_owned(), hash: "argon".into() }],
            nonce: "n".to_owned(),
            keep: "run".to_owned(),
            persists: false,
            encryption: Encryption::Off,
            password: None,
        };
        change(&mut config);
        Kit {
            hub: hub(config),
            batch: Batch::default(),
            now: Now { wall_us: START, uptime: Duration::ZERO },
            checks: VecDeque::new(),
            lookups: VecDeque::new(),
            kept: Vec::new(),
            people: Vec::new(),
            shows_console: false,
            by_rounds: false,
            shown: String::new(),
        }
    }

    pub(super) fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.pass(Duration::from_millis(1));
            self.step(line);
        }
    }

    /// One line from one person, whatever is in it.
    pub(super) fn play_line(&mut self, who: &str, line: &str) {
        self.pass(Duration::from_millis(1));
        self.send(who, format!("{line}\r\n").as_bytes());
        self.show();
    }

    /// From here on one session may cause so much work at once, and rounds come one by one.
    pub(super) fn by_rounds(&mut self, slice: u64) {
        self.hub.set_slice(slice);
        self.by_rounds = true;
    }

    /// One round, in which those go on who have more; false where nobody has.
    pub(super) fn round(&mut self) -> bool {
        let has_more = self.hub.has_more();
        self.hub.tick(self.now, &mut self.batch);
        self.show();
        has_more
    }

    /// All work that was ever done.
    pub(super) fn work(&self) -> u64 {
        self.hub.work()
    }

    /// Whether the last connection of that name is over and forgotten.
    pub(super) fn is_gone(&self, who: &str) -> bool {
        self.people.iter().rfind(|person| person.name == who).is_none_or(|person| person.is_free)
    }

    /// Sends what nobody need see the answers to.
    pub(super) fn send_unseen(&mut self, who: &str, lines: &str) {
        self.send(who, lines.as_bytes());
        self.batch.clear();
    }

    /// A step that is not a line, of which nobody need see anything.
    pub(super) fn happen_unseen(&mut self, step: &str) {
        self.happen(step);
        self.read_on();
        self.batch.clear();
    }

    /// What was received since the last call.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.shown)
    }

    fn step(&mut self, line: &str) {
        match line.split_once('>') {
            Some((who, rest)) => {
                let _ = writeln!(self.shown, "{line}");
                match rest.strip_prefix('>') {
                    Some(bytes) => self.send(who, &unescape(bytes.trim_start())),
                    None => self.send(who, format!("{}\r\n", rest.trim_start()).as_bytes()),
                }
            }
            None => self.stage(line),
        }
        self.show();
    }

    /// A step that is not a line from anybody.
    fn stage(&mut self, line: &str) {
        if line == "console" {
            self.shows_console = true;
        } else if let Some((people, room)) = line.split_once(" in ") {
            self.quietly(|kit| people.split(", ").for_each(|who| kit.comes(who, "", room)));
        } else if let Some((people, caps)) = line.split_once(" with ") {
            self.quietly(|kit| people.split(", ").for_each(|who| kit.comes(who, caps, "#lobby")));
        } else {
            let _ = writeln!(self.shown, "{line}");
            self.happen(line);
        }
    }

    fn happen(&mut self, line: &str) {
        if let Some(seconds) = line.strip_suffix(" s") {
            self.wait(Duration::from_secs(seconds.parse().unwrap()));
        } else if let Some(who) = line.strip_suffix(" connects") {
            self.seat(who);
        } else if let Some(who) = line.strip_suffix(" pauses") {
            let seat = self.seat(who);
            let person = &mut self.people[seat.index()];
            let mut inputs = Vec::new();
            person.decoder.pause(|input| inputs.push(input));
            person.unread.push_back(inputs);
            self.read_on();
        } else if let Some(who) = line.strip_suffix(" is encrypted") {
            let seat = self.seat(who);
            self.hub.encrypted(seat, self.now);
        } else if let Some(who) = line.strip_suffix(" closes") {
            let seat = self.seat(who);
            self.ends(seat, Departure::Closed);
        } else if let Some(who) = line.strip_suffix(" is lost") {
            let seat = self.seat(who);
            self.ends(seat, Departure::Reset);
        } else if let Some(who) = line.strip_suffix(" is full") {
            let seat = self.seat(who);
            self.people[seat.index()].full = true;
            self.hub.backlogged(seat);
        } else if let Some(who) = line.strip_suffix(" takes") {
            let seat = self.last(who);
            self.hub.took(seat, self.now);
        } else if let Some(who) = line.strip_suffix(" takes all") {
            let seat = self.last(who);
            self.hub.drained(seat, self.now, &mut self.batch);
        } else if matches!(line, "right" | "wrong") {
            self.answer(line == "right");
        } else if line == "stop" {
            self.hub.stop(&mut self.batch);
        } else {
            panic!("not a step: {line}");
        }
    }

    /// Answers the oldest check, if there is one.
    pub(super) fn answer(&mut self, right: bool) -> bool {
        let Some(check) = self.checks.pop_front() else { return false };
        let verdict = if right { CheckResult::Right } else { CheckResult::Wrong };
        self.hub.checked(check.id, verdict, self.now, &mut self.batch);
        self.show();
        true
    }

    /// Answers the oldest question to the disk with these records.
    pub(super) fn found(&mut self, records: Vec<Arc<Record>>) {
        let found = match self.lookups.pop_front().expect("the disk is asked") {
            Lookup::Recent(room) => Found::Recent(room, records),
            Lookup::Answer { id, .. } | Lookup::Search { id, .. } => Found::Answer(id, records),
        };
        self.hub.found(found);
        self.show();
    }

    /// What the disk is asked first.
    pub(super) fn asked(&self) -> &Lookup {
        self.lookups.front().expect("the disk is asked")
    }

    /// The disk takes too long to answer that.
    pub(super) fn too_long(&mut self) {
        let lookup = self.lookups.pop_front().expect("the disk is asked");
        let (Lookup::Answer { id, .. } | Lookup::Search { id, .. }) = lookup else {
            panic!("{lookup:?} may take its time")
        };
        self.hub.found(Found::TooLong(id));
        self.show();
    }

    /// The disk is full, or has room again.
    pub(super) fn set_full(&mut self, is_full: bool) {
        self.hub.set_full(is_full, &mut self.batch);
        self.show();
    }

    /// As the server's thread does: a tick whenever the hub asks for one.
    fn wait(&mut self, time: Duration) {
        let until = self.now.uptime + time;
        while let Some(next) = self.hub.next_deadline().filter(|next| *next < until) {
            self.pass(next.saturating_sub(self.now.uptime));
            self.hub.tick(self.now, &mut self.batch);
            self.read_on();
        }
        self.pass(until - self.now.uptime);
        self.hub.tick(self.now, &mut self.batch);
    }

    /// Time passes, and nothing is done in it.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now.uptime += time;
        self.now.wall_us += time.as_micros() as u64;
    }

    /// Somebody sets the wall clock, so many seconds forwards or back.
    pub(super) fn set_clock(&mut self, seconds: i64) {
        self.now.wall_us = self.now.wall_us.saturating_add_signed(seconds * 1_000_000);
    }

    fn quietly(&mut self, act: impl FnOnce(&mut Kit)) {
        let before = self.shown.len();
        act(self);
        self.show();
        self.shown.truncate(before);
    }

    fn comes(&mut self, who: &str, caps: &str, room: &str) {
        if !caps.is_empty() {
            self.send(who, format!("CAP REQ :{caps}\r\nCAP END\r\n").as_bytes());
        }
        self.send(who, format!("NICK {who}\r\nUSER u 0 * :{who} real\r\n").as_bytes());
        if room != "no room" {
            self.send(who, format!("JOIN {room}\r\n").as_bytes());
        }
        self.show();
    }

    fn seat(&mut self, who: &str) -> SessionId {
        let known = self.people.iter().rposition(|person| person.name == who);
        if let Some(known) = known.filter(|known| self.people[*known].open) {
            return SessionId(known as u32);
        }
        // The number of one who is gone is used again.
        let known = known.filter(|known| self.people[*known].is_free);
        let id = SessionId(known.unwrap_or(self.people.len()) as u32);
        let person = Connection {
            name: who.to_owned(),
            decoder: Decoder::default(),
            open: true,
            closed: false,
            full: false,
            unread: VecDeque::new(),
            held: false,
            is_free: false,
        };
        match known {
            Some(at) => self.people[at] = person,
            None => self.people.push(person),
        }
        // Some are on the server's own machine.
        let ip = match who {
            _ if who.starts_with("local") => "127.0.0.1",
            _ if who.starts_with("far") => "10.0.0.2",
            _ => "10.0.0.1",
        };
        let from = SocketAddr::new(ip.parse().unwrap(), 1000 + id.0 as u16);
        self.hub.open(id, Origin { address: from, is_local: who.starts_with("local") }, self.now);
        id
    }

    pub(super) fn send(&mut self, who: &str, bytes: &[u8]) {
        let id = self.seat(who);
        let mut inputs = Vec::new();
        self.people[id.index()].decoder.feed(bytes, |input| inputs.push(input));
        self.people[id.index()].unread.push_back(inputs);
        self.read_on();
    }

    /// As the server does: gives each connection's next read when its last is released, says who
    /// has taken all, which is everybody who is not full, and begins rounds while somebody has more.
    fn read_on(&mut self) {
        loop {
            for gone in std::mem::take(&mut self.batch.gone) {
                let person = &mut self.people[gone.session.index()];
                assert!(!std::mem::replace(&mut person.is_free, true), "forgotten twice");
            }
            for seat in std::mem::take(&mut self.batch.released) {
                assert!(std::mem::take(&mut self.people[seat.index()].held), "released twice");
            }
            let next = (0u32..).zip(&mut self.people).find(|(_, one)| !one.held && !one.unread.is_empty());
            if let Some((id, person)) = next {
                person.held = true;
                let inputs = person.unread.pop_front().unwrap();
                self.hub.input(SessionId(id), inputs, self.now, &mut self.batch);
                continue;
            }
            let waiting = &mut self.batch.backlogged;
            if let Some(at) = waiting.iter().position(|seat| !self.people[seat.index()].full) {
                let seat = waiting.swap_remove(at);
                self.hub.drained(seat, self.now, &mut self.batch);
            } else if self.hub.has_more() && !self.by_rounds {
                self.hub.tick(self.now, &mut self.batch);
            } else {
                return;
            }
        }
    }

    /// The number of the last connection of that name, perhaps one that has ended.
    fn last(&self, who: &str) -> SessionId {
        SessionId(self.people.iter().rposition(|person| person.name == who).unwrap() as u32)
    }

    fn ends(&mut self, seat: SessionId, why: Departure) {
        let person = &mut self.people[seat.index()];
        person.open = false;
        if why == Departure::Closed && person.unread.is_empty() && !person.held {
            let mut inputs = Vec::new();
            person.decoder.end(|input| inputs.push(input));
            // The end is a read as well, and its release may come later.
            person.held = true;
            self.hub.input(seat, inputs, self.now, &mut self.batch);
            if self.batch.released.pop_if(|released| *released == seat).is_some() {
                self.people[seat.index()].held = false;
            }
        }
        self.people[seat.index()].unread.clear();
        self.hub.gone(seat, why, self.now, &mut self.batch);
    }

    /// Appends what everybody was sent, connection by connection.
    fn show(&mut self) {
        self.read_on();
        self.batch.parcels().for_each(|parcel| check(parcel.bytes));
        for (at, person) in self.people.iter_mut().enumerate() {
            let name = &person.name;
            let id = SessionId(at as u32);
            let own = self.batch.parcels().filter(|parcel| parcel.to.iter().any(|seat| seat == id));
            let bytes: Vec<u8> = own.flat_map(|parcel| parcel.bytes).copied().collect();
            assert!(bytes.is_empty() || !person.closed, "{name} is sent something after its end");
            person.closed |= self.batch.close.iter().any(|close| close.session == id);
            for line in String::from_utf8(bytes).unwrap().lines() {
                let _ = writeln!(self.shown, "{name}< {line}");
            }
            for close in self.batch.close.iter().filter(|close| close.session == id) {
                let farewell = String::from_utf8_lossy(&close.farewell).trim_end().to_owned();
                let _ = writeln!(self.shown, "{name}<| {farewell}");
            }
        }
        if self.shows_console {
            self.batch.console.iter().for_each(|fact| write_fact(fact, &mut self.shown));
        }
        for check in &self.batch.checks {
            let _ = writeln!(self.shown, "[Check] {} {}", check.hash, check.password.expose());
        }
        self.checks.extend(self.batch.checks.drain(..));
        self.lookups.extend(self.batch.lookups.drain(..).map(|(_, lookup)| lookup));
        self.kept.push(std::mem::take(&mut self.batch.persist));
        self.batch.clear();
    }
}

/// What is true of everything that is sent: whole lines, which fit.
fn check(frame: &[u8]) {
    let text = std::str::from_utf8(frame).expect("what is sent is UTF-8");
    assert!(text.ends_with("\r\n"), "{text:?}");
    for line in text.split_terminator("\r\n") {
        assert!(!line.is_empty() && !line.contains(['\r', '\n', '\0']), "{line:?}");
        let (tags, body) = match line.starts_with('@') {
            true => line.split_once(' ').expect("tags end with a blank"),
            false => ("", line),
        };
        assert!(!body.starts_with(':') || body.len() + 2 <= 512, "{line}");
        assert!(tags.len() < 8191, "{line}");
    }
}

fn write_fact(fact: &ConsoleEvent, out: &mut String) {
    let _ = match fact {
        ConsoleEvent::Named { name, from } => writeln!(out, "[Named] {name} {from}"),
        ConsoleEvent::Entered { room, name, count, .. } => {
            writeln!(out, "[Entered] {} {name} {count}", room.room)
        }
        ConsoleEvent::Left { room, name, count, .. } => writeln!(out, "[Left] {} {name} {count}", room.room),
        ConsoleEvent::Said { room, name, text, .. } => writeln!(out, "[Said] {} {name}: {text}", room.room),
        ConsoleEvent::Renamed { old, new, .. } => writeln!(out, "[Renamed] {old} {new}"),
        ConsoleEvent::Topic { room, name, topic, .. } => {
            writeln!(out, "[Topic] {} {name}: {topic}", room.room)
        }
        ConsoleEvent::Kicked { room, name, by, reason, count } => {
            writeln!(out, "[Kicked] {} {name} by {by} ({reason}) {count}", room.room)
        }
        ConsoleEvent::Operator { name, .. } => writeln!(out, "[Operator] {name}"),
        ConsoleEvent::WrongPassword { name, .. } => writeln!(out, "[WrongPassword] {name}"),
        ConsoleEvent::Closed { name, departure, .. } => writeln!(out, "[Closed] {name:?} {departure:?}"),
    };
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, rest) {
            (b'\\', [b'r', after @ ..]) => (bytes.push(b'\r'), rest = after).1,
            (b'\\', [b'n', after @ ..]) => (bytes.push(b'\n'), rest = after).1,
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = after;
            }
            _ => bytes.push(first),
        }
    }
    bytes
}
