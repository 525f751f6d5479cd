//! One connection to the odd server, from its first line to its last.

use super::server::{Door, Manner, Said, Shared, Up};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// One connection, in a thread of its own.
pub(super) struct Visit {
    shared: Arc<Shared>,
    door: Door,
    number: usize,
    reader: BufReader<TcpStream>,
    name: Option<String>,
    has_user: bool,
    /// Capabilities are being asked for.
    asking: bool,
    greeted: bool,
}

impl Visit {
    /// None where the server is over.
    pub(super) fn begin(shared: &Arc<Shared>, socket: TcpStream) -> Option<Visit> {
        // One that does not read must not keep the others waiting.
        socket.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        let reader = BufReader::new(socket.try_clone().unwrap());
        let mut state = shared.state.lock().unwrap();
        if state.over {
            return None;
        }
        state.connections += 1;
        state.readers += 1;
        let number = state.connections;
        let door = state.doors.pop_front().unwrap_or(Door::Open);
        let silent = door == Door::Silence;
        state.up = Some(Up { socket, number, name: String::new(), rooms: BTreeSet::new(), silent });
        drop(state);
        let shared = Arc::clone(shared);
        let visit = Visit {
            shared,
            door,
            number,
            reader,
            name: None,
            has_user: false,
            asking: false,
            greeted: false,
        };
        Some(visit)
    }

    pub(super) fn run(mut self) {
        if let Door::Banner(bytes) = self.door {
            self.with(|_, up| {
                up.send_bytes(bytes);
            });
        }
        let mut line = Vec::new();
        while self.reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.hear(&text);
            line.clear();
        }
        let mut state = self.shared.state.lock().unwrap();
        state.readers -= 1;
        if state.up.as_ref().is_some_and(|up| up.number == self.number) {
            state.close();
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    fn hear(&mut self, line: &str) {
        let (tags, line) = match line.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
            Some((tags, line)) => (format!("@{tags} "), line),
            None => (String::new(), line),
        };
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let said = rest.split_once(" :").filter(|(room, _)| command == "PRIVMSG" && room.starts_with('#'));
        if let Some((room, text)) = said {
            let said = Said { room: room.to_owned(), text: text.to_owned() };
            self.shared.state.lock().unwrap().said.push(said);
            self.shared.changed.notify_all();
        }
        if matches!(self.door, Door::Banner(_) | Door::Silence) {
            return;
        }
        self.wait();
        let last = rest.strip_prefix(':').unwrap_or(rest);
        match command {
            "CAP" => self.cap(rest),
            "NICK" => self.nick(last),
            "USER" => {
                self.has_user = true;
                self.greet();
            }
            "JOIN" => last.split(',').for_each(|room| self.join(room)),
            "PART" => self.with(|_, up| {
                let answer = match up.rooms.remove(last) {
                    true => format!(":{}!u@h PART {last}\n", up.name),
                    false => format!(":s.local 442 {} {last} :You're not on that channel\n", up.name),
                };
                up.send(&answer);
            }),
            "PRIVMSG" => self.said(&tags, rest),
            "PING" => self.with(|manner, up| match manner.token {
                true => up.send(&format!(":s.local PONG s.local :{last}\n")),
                false => up.send("PONG s.local\n"),
            }),
            "QUIT" => self.with(|_, up| up.send("ERROR :bye\n")),
            _ => self.with(|_, up| {
                let answer = answer(&up.name, line);
                up.send(&answer);
            }),
        }
        if command == "QUIT" {
            let _ = self.reader.get_ref().shutdown(Shutdown::Both);
        }
    }

    /// As long as the server is slow.
    fn wait(&self) {
        let state = self.shared.state.lock().unwrap();
        let slow = state.manner.slow;
        drop(self.shared.changed.wait_timeout_while(state, slow, |state| !state.well).unwrap());
    }

    /// Does something for this connection, where it is the last one.
    fn with(&self, act: impl FnOnce(Manner, &mut Up)) {
        let mut state = self.shared.state.lock().unwrap();
        let manner = state.manner;
        if let Some(up) = state.up.as_mut().filter(|up| up.number == self.number) {
            act(manner, up);
        }
    }

    fn cap(&mut self, rest: &str) {
        let offered = self.shared.kind.capabilities;
        if rest.starts_with("LS") && !offered.is_empty() {
            self.asking = true;
            self.with(|_, up| up.send(&format!("CAP * LS :{offered}\n")));
        } else if let Some(wanted) = rest.strip_prefix("REQ :") {
            self.with(|_, up| up.send(&format!("CAP * ACK :{wanted}\n")));
        } else if rest == "END" {
            self.asking = false;
            self.greet();
        }
    }

    fn nick(&mut self, name: &str) {
        let before = self.name.clone().unwrap_or_else(|| "*".to_owned());
        let fits =
            name.len() <= self.shared.kind.name_bytes && unicode_width::UnicodeWidthStr::width(name) <= 20;
        let refused = match &mut self.door {
            _ if !fits => Some("432"),
            Door::Name(numeric, times) if *times > 0 => {
                *times -= 1;
                Some(*numeric)
            }
            _ => None,
        };
        match refused {
            Some(numeric) => {
                self.with(|_, up| up.send(&format!(":s.local {numeric} {before} {name} :Refused\n")));
            }
            None if self.greeted => self.with(|_, up| {
                up.send(&format!(":{before}!u@h NICK :{name}\n"));
                up.name = name.to_owned();
            }),
            None => {}
        }
        if refused.is_none() {
            self.name = Some(name.to_owned());
            self.greet();
        }
    }

    /// Once there is a name, USER, and an end of CAP.
    fn greet(&mut self) {
        let Some(name) = self.name.clone().filter(|_| self.has_user && !self.asking && !self.greeted) else {
            return;
        };
        self.greeted = true;
        let bytes = self.shared.kind.name_bytes;
        let door = self.door.clone();
        self.with(|_, up| {
            up.name.clone_from(&name);
            up.send(&format!(
                ":s.local 001 {name} :Hi\n:s.local 005 {name} NICKLEN={bytes} PREFIX=(ov)@+ CHANMODES=b,k,l,imnst EXTBAN=,m :are supported\n:s.local 422 {name} :No MOTD\n"
            ));
            match door {
                Door::Closes => drop(up.socket.shutdown(Shutdown::Both)),
                Door::Error => {
                    up.send("ERROR :Closing link: too many\n");
                    drop(up.socket.shutdown(Shutdown::Both));
                }
                _ => {}
            }
        });
    }

    fn join(&mut self, room: &str) {
        if matches!(self.door, Door::Closes | Door::Error) {
            return;
        }
        // What was refused once is granted to whoever asks again.
        let refusal = self.shared.state.lock().unwrap().refusal.take().map(Door::Room);
        let door = std::mem::replace(&mut self.door, Door::Open);
        let door = refusal.unwrap_or(door);
        if !matches!(door, Door::Room(_)) {
            self.shared.state.lock().unwrap().entered = true;
        }
        self.with(|_, up| {
            let name = up.name.clone();
            let enter = |up: &mut Up, room: &str| {
                up.send(&format!(
                    ":{name}!u@h JOIN {room}\n:s.local 353 {name} = {room} :{name} ada\n:s.local 366 {name} {room} :End\n"
                ));
                up.rooms.insert(room.to_owned());
            };
            match door {
                Door::Room("263") => up.send(&format!(":s.local 263 {name} JOIN :Try again\n")),
                Door::Room(numeric) => up.send(&format!(":s.local {numeric} {name} {room} :Refused\n")),
                Door::Forward => {
                    up.send(&format!(":s.local 470 {name} {room} ##overflow :Forwarding\n"));
                    enter(up, "##overflow");
                }
                _ => enter(up, room),
            }
        });
        self.shared.changed.notify_all();
    }

    fn said(&mut self, tags: &str, rest: &str) {
        let label = if tags.contains("label=") { tags } else { "" };
        let echo = !self.shared.kind.capabilities.is_empty();
        self.with(|manner, up| {
            let name = up.name.clone();
            if manner.mute {
                let room = rest.split(' ').next().unwrap_or_default();
                up.send(&format!("{label}:s.local 404 {name} {room} :Muted\n"));
            } else if manner.echoes && echo {
                up.send(&format!("{label}:{name}!u@h PRIVMSG {rest}\n"));
            }
        });
    }
}

/// What somebody of this name hears to a line about people and modes.
fn answer(name: &str, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["WHO", room] => {
            format!(":s.local 352 {name} {room} u h s ada H :0 x\n:s.local 315 {name} {room} :End\n")
        }
        ["WHOIS", of @ "ada"] => {
            format!(":s.local 311 {name} {of} u h * :x\n:s.local 318 {name} {of} :End\n")
        }
        ["WHOIS", of] => format!(":s.local 401 {name} {of} :No such nick\n:s.local 318 {name} {of} :End\n"),
        ["WHOWAS", of] => format!(":s.local 406 {name} {of} :Never\n:s.local 369 {name} {of} :End\n"),
        ["MODE", room] => format!(":s.local 324 {name} {room} +n\n"),
        ["MODE", room, "+b"] => {
            format!(":s.local 367 {name} {room} *!u@h ada 1\n:s.local 368 {name} {room} :End\n")
        }
        ["MODE" | "KICK", ..] => format!(":{name}!u@h {line}\n"),
        ["INVITE", of, room] => format!(":s.local 341 {name} {of} {room}\n"),
        _ => String::new(),
    }
}
