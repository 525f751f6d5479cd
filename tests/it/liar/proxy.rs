//! A proxy between the bot and a real server that tells one lie.

use crate::kit::DEADLINE;
use roomchat::wire::Message;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to a line on its way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lie {
    Change,
    Drop,
    Double,
    /// It changes places with the next visible line; where none comes in the
    /// same step it comes too late. (Past the answer to a PING alone it may
    /// be in time: a block asks some people twice.)
    Swap,
    Add,
    /// Lines that nobody sent instead of it and of all that follow, without an end.
    Flood,
    /// The same with questions, and nothing more is taken from who is asked.
    Ask,
    /// Instead of it the connection ends, with words that would steer a terminal.
    Close,
    /// After it a line that is no text.
    Garble,
    /// After it a line that is longer than any may be.
    Stretch,
    /// This one's name is still held when it is asked for the `nth` time, and
    /// from then on.
    Hold,
}

/// Those that a step can be blamed for.
pub(super) const LIES: [Lie; 5] = [Lie::Change, Lie::Drop, Lie::Double, Lie::Swap, Lie::Add];

/// Said by nobody.
const GHOST: &str = ":幽靈!u@h PRIVMSG #lobby :我在這裡\r\n";

/// A lie about the `nth` line that a person would notice.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) to: String,
    pub(super) nth: usize,
    pub(super) lie: Lie,
}

/// What all connections of a proxy know together.
#[derive(Debug, Default)]
struct Known {
    /// Who is called that, by the first name given.
    people: HashMap<String, String>,
    /// How many visible lines each has got so far.
    seen: HashMap<String, usize>,
    /// How often each name was asked for.
    asked: HashMap<String, usize>,
    /// From whom nothing more is taken, by the first name given.
    unheard: Option<String>,
}

/// What a proxy has heard so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Known>>);

impl Heard {
    /// How often this name was asked for.
    pub(super) fn asked(&self, nick: &str) -> usize {
        self.0.lock().unwrap().asked.get(nick).copied().unwrap_or(0)
    }
}

/// Starts a proxy to `server`; its threads end with their connections.
pub(super) fn proxy(server: SocketAddr, plan: Option<Plan>) -> SocketAddr {
    proxy_that_counts(server, plan).0
}

/// The same, with what it hears.
pub(super) fn proxy_that_counts(server: SocketAddr, plan: Option<Plan>) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Heard::default();
    let known = Arc::clone(&heard.0);
    thread::spawn(move || {
        for near in listener.incoming() {
            let near = near.unwrap();
            let far = TcpStream::connect(server).unwrap();
            for socket in [&near, &far] {
                socket.set_nodelay(true).unwrap();
                socket.set_read_timeout(Some(DEADLINE)).unwrap();
            }
            let name = Arc::new(Mutex::new(String::new()));
            let (up, down) = (Arc::clone(&name), name);
            let (near2, far2) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            let (names, counts) = (Arc::clone(&known), Arc::clone(&known));
            let (held, plan) = (plan.clone().filter(|plan| matches!(plan.lie, Lie::Hold)), plan.clone());
            thread::spawn(move || forward(&near2, &far2, &up, held.as_ref(), &names));
            thread::spawn(move || lie_to(&far, &near, &down, plan.as_ref(), &counts));
        }
    });
    (address, heard)
}

/// Client to server, word for word, but a name that is held; learns who it is.
fn forward(
    mut from: &TcpStream,
    mut to: &TcpStream,
    name: &Mutex<String>,
    held: Option<&Plan>,
    known: &Mutex<Known>,
) {
    let unheard = || {
        let name = name.lock().unwrap();
        known.lock().unwrap().unheard.as_ref() == Some(&*name)
    };
    lines(from, |line| {
        if unheard() {
            return false;
        }
        if let Some(nick) = line.strip_prefix("NICK ") {
            let (nick, mut name, mut known) = (nick.trim_end(), name.lock().unwrap(), known.lock().unwrap());
            let asked = known.asked.entry(nick.to_owned()).or_default();
            *asked += 1;
            if held.is_some_and(|plan| plan.to == nick && *asked >= plan.nth) {
                return write!(from, ":liar 433 * {nick} :Still held\r\n").is_ok();
            }
            if name.is_empty() {
                *name = known.people.get(nick).map_or(nick, String::as_str).to_owned();
            }
            known.people.insert(nick.to_owned(), name.clone());
        }
        to.write_all(line.as_bytes()).is_ok()
    });
    // Who is not heard has not left.
    if !unheard() {
        let _ = to.shutdown(Shutdown::Write);
    }
}

/// Whether a person would notice it.
fn is_visible(message: &Message) -> bool {
    ["JOIN", "PART", "PRIVMSG", "QUIT", "NICK", "TOPIC", "KICK"].iter().any(|command| message.is(command))
        || is_refusal(message)
}

/// Those that the scripts ask for.
fn is_refusal(message: &Message) -> bool {
    ["403", "404", "442"].iter().any(|code| message.is(code))
}

fn lie_to(
    from: &TcpStream,
    mut to: &TcpStream,
    name: &Mutex<String>,
    plan: Option<&Plan>,
    counts: &Mutex<Known>,
) {
    let mut held: Option<String> = None;
    lines(from, |line| {
        let message = Message::parse(line.trim_end()).unwrap();
        let (mut out, mut after) = (vec![line.to_owned()], Vec::new());
        if is_visible(&message) {
            let name = name.lock().unwrap().clone();
            let mut known = counts.lock().unwrap();
            let seen = known.seen.entry(name.clone()).or_default();
            let mine = plan.filter(|plan| plan.to == name && plan.nth == *seen);
            *seen += 1;
            drop(known);
            match mine.map(|plan| plan.lie) {
                None => {}
                Some(_) if is_refusal(&message) => out.clear(),
                Some(Lie::Change) => out = vec![changed(&message)],
                Some(Lie::Drop) => out.clear(),
                Some(Lie::Double) => out.push(line.to_owned()),
                Some(Lie::Swap) => held = out.pop(),
                Some(Lie::Add) => out.push(GHOST.to_owned()),
                Some(lie @ (Lie::Flood | Lie::Ask)) => {
                    let asks = matches!(lie, Lie::Ask);
                    let flood = if asks { format!("PING :{:400}\r\n", "?") } else { GHOST.to_owned() };
                    let flood = flood.repeat(1000);
                    counts.lock().unwrap().unheard = asks.then_some(name);
                    while to.write_all(flood.as_bytes()).is_ok() {}
                    out.clear();
                }
                Some(Lie::Close) => {
                    let _ = to.write_all(b"ERROR :\x1b]0;owned\x07\x1b[2Jbye\r\n");
                    return false;
                }
                Some(Lie::Garble) => after = b":ghost!u@h PRIVMSG #lobby :\xff\r\n".to_vec(),
                Some(Lie::Stretch) => after = format!("{}\r\n", GHOST.trim_end().repeat(1000)).into_bytes(),
                Some(Lie::Hold) => {}
            }
            // The same twice: to change places is no lie, so one is lost.
            let alike = held.as_ref().is_some_and(|held| body(held) == body(line));
            if mine.is_none() && !alike {
                out.extend(held.take());
            } else if mine.is_none() {
                held = None;
            }
        } else if message.is("PONG") {
            // To change places with the answer to one's own PING is no lie
            // while others still speak, so the line is lost.
            held = None;
        }
        to.write_all(out.concat().as_bytes()).is_ok() && to.write_all(&after).is_ok()
    });
    let _ = to.shutdown(Shutdown::Both);
}

fn body(line: &str) -> String {
    Message::parse(line.trim_end()).unwrap().body().to_owned()
}

/// A text loses a character; somebody who does something else is somebody else.
fn changed(message: &Message) -> String {
    let mut line = message.line().to_owned();
    if message.is("PRIVMSG") || message.is("TOPIC") {
        // A CTCP message ends in its own sign.
        let end = if line.ends_with('\x01') { line.len() - 1 } else { line.len() };
        let last = line[..end].char_indices().next_back().unwrap().0;
        line.replace_range(last..end, "");
        return format!("{line}\r\n");
    }
    format!("{}\r\n", line.replacen(message.nick().unwrap(), "某人", 1))
}

fn lines(from: &TcpStream, mut each: impl FnMut(&str) -> bool) {
    let mut reader = BufReader::new(from.take(u64::MAX));
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 0) && each(&line) {
        line.clear();
    }
}
