//! The proxy between the bot and a real server that tells one lie about one
//! deed.

use super::lies::{About, How, Lie};
use super::random::{Deed, Kind};
use crate::kit::DEADLINE;
use roomchat::wire::Message;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// One lie.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) lie: Lie,
    /// Whose line is the sign to tell it.
    pub(super) deed: Deed,
    /// What [`How::Early`] tells before its time.
    pub(super) next: Option<Deed>,
    /// By the first name, as in `deed`.
    pub(super) victim: String,
    /// Somebody else who is there.
    pub(super) third: String,
    /// The script is played a second time before a crowd: the lie is for that.
    pub(super) load: bool,
}

/// What all connections of a proxy know together.
#[derive(Default)]
struct Known {
    /// Who is called that, by the first name given, and the other way round.
    people: HashMap<String, String>,
    nicks: HashMap<String, String>,
    /// By the first name: the newest connection.
    near: HashMap<String, Arc<Near>>,
    /// A listener of the crowd was there.
    crowd: bool,
    /// How often the deed's line was sent.
    sent: usize,
    /// The deed's line has been sent.
    armed: bool,
    told: bool,
}

impl Known {
    fn is_called(&mut self, name: &str, nick: &str) {
        self.people.insert(nick.to_owned(), name.to_owned());
        self.nicks.insert(name.to_owned(), nick.to_owned());
    }
}

/// The bot's end of a connection.
struct Near {
    socket: Mutex<TcpStream>,
    /// The lie ended it: the server does not know.
    cut: AtomicBool,
}

impl Near {
    fn write(&self, bytes: &[u8]) -> bool {
        self.cut.load(Ordering::SeqCst) || self.socket.lock().unwrap().write_all(bytes).is_ok()
    }

    fn write_lines(&self, lines: &[Vec<u8>]) -> bool {
        let bytes: Vec<u8> = lines.iter().flat_map(|line| [line, b"\r\n".as_slice()].concat()).collect();
        self.write(&bytes)
    }
}

struct Proxy {
    plan: Plan,
    known: Mutex<Known>,
    /// Nobody comes any more.
    over: AtomicBool,
}

/// A proxy that is running. It takes connections until it is dropped; its
/// threads end with these.
pub(super) struct Liar {
    pub(super) address: SocketAddr,
    proxy: Arc<Proxy>,
}

impl Liar {
    pub(super) fn has_lied(&self) -> bool {
        self.proxy.known.lock().unwrap().told
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.proxy.over.store(true, Ordering::SeqCst);
        // Wakes the thread that takes connections.
        let _ = TcpStream::connect(self.address);
    }
}

/// Starts a proxy to `server`.
pub(super) fn liar(server: SocketAddr, plan: Plan) -> Liar {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Arc::new(Proxy { plan, known: Mutex::default(), over: AtomicBool::new(false) });
    let shared = Arc::clone(&proxy);
    thread::spawn(move || {
        for near in listener.incoming() {
            if shared.over.load(Ordering::SeqCst) {
                return;
            }
            let near = near.unwrap();
            let far = TcpStream::connect(server).unwrap();
            for socket in [&near, &far] {
                socket.set_nodelay(true).unwrap();
                socket.set_read_timeout(Some(DEADLINE)).unwrap();
            }
            let name = Arc::new(Mutex::new(String::new()));
            let reads = near.try_clone().unwrap();
            let near = Arc::new(Near { socket: Mutex::new(near), cut: AtomicBool::new(false) });
            let (far2, up) = (far.try_clone().unwrap(), Arc::clone(&shared));
            let (near2, name2) = (Arc::clone(&near), Arc::clone(&name));
            thread::spawn(move || up.forward(&reads, &near2, &far2, &name2));
            let down = Arc::clone(&shared);
            thread::spawn(move || down.back(&far, &near, &name));
        }
    });
    Liar { address, proxy }
}

impl Proxy {
    /// Client to server; learns who it is, and when the deed is done.
    fn forward(&self, from: &TcpStream, near: &Arc<Near>, mut to: &TcpStream, name: &Mutex<String>) {
        lines(from, |line| {
            let passes = match Message::parse(line.trim_end_matches(['\r', '\n'])) {
                Ok(message) => self.learn(&message, near, name),
                Err(_) => true,
            };
            !passes || to.write_all(line.as_bytes()).is_ok()
        });
        if !near.cut.load(Ordering::SeqCst) {
            let _ = to.shutdown(Shutdown::Write);
        }
    }

    /// Whether the line passes.
    fn learn(&self, message: &Message, near: &Arc<Near>, name: &Mutex<String>) -> bool {
        let (mut name, mut known) = (name.lock().unwrap(), self.known.lock().unwrap());
        if message.is("NICK") && name.is_empty() {
            let nick = message.param(0).unwrap_or_default();
            *name = known.people.get(nick).map_or(nick, String::as_str).to_owned();
            known.near.insert(name.clone(), Arc::clone(near));
            known.crowd |= nick == "crowd1";
            known.is_called(&name, nick);
        }
        let plan = &self.plan;
        if plan.deed.actor != *name || known.crowd != plan.load {
            return true;
        }
        let words: Vec<&str> = std::iter::once(message.command()).chain(message.params()).collect();
        if words != plan.deed.sent {
            return true;
        }
        known.sent += 1;
        if known.sent != plan.deed.nth + 1 {
            return true;
        }
        (known.armed, known.told) = (true, !plan.lie.is_about_a_line());
        let about = self.about(plan, &known);
        let lines = match plan.lie.how {
            How::Beside(lines) => lines(&about),
            How::Ghost(line) => vec![line.replace("{victim}", &about.victim).into_bytes()],
            How::Early => plan.next.iter().map(|next| next.line().into_bytes()).collect(),
            How::Undone => return false,
            _ => return true,
        };
        if let Some(near) = known.near.get(&plan.victim) {
            near.write_lines(&lines);
        }
        true
    }

    fn about(&self, plan: &Plan, known: &Known) -> About {
        let nick = |name: &String| known.nicks.get(name).unwrap_or(name).clone();
        About { deed: plan.deed.clone(), victim: nick(&plan.victim), third: nick(&plan.third) }
    }

    /// Server to client.
    fn back(&self, from: &TcpStream, near: &Near, name: &Mutex<String>) {
        // A line that waits, and until how many more PONGs.
        let mut held: Option<(String, usize)> = None;
        let mut mute = false;
        lines(from, |line| {
            let name = name.lock().unwrap().clone();
            let end = line.trim_end_matches(['\r', '\n']);
            let message = Message::parse(end).unwrap();
            let (plan, mut known) = (&self.plan, self.known.lock().unwrap());
            if message.is("NICK") && message.nick() == known.nicks.get(&name).map(String::as_str) {
                known.is_called(&name, message.param(0).unwrap_or_default());
            }
            if plan.victim != name || !known.armed {
                return near.write(line.as_bytes());
            }
            if matches!(plan.lie.how, How::Mute) {
                mute = true;
            }
            if message.is("PONG") {
                return self.pong(plan, line, near, &mut held, mute);
            }
            if !known.told && is_effect(&plan.deed, &message) {
                known.told = true;
                let about = self.about(plan, &known);
                return match plan.lie.how {
                    How::Instead(lines) => near.write_lines(&lines(end, &about)),
                    How::Late => {
                        held = Some((end.to_owned(), 3));
                        true
                    }
                    How::Swap { .. } | How::Join => {
                        held = Some((end.to_owned(), 1));
                        true
                    }
                    How::Elsewhere => {
                        known.near.get(&plan.third).is_none_or(|third| third.write(line.as_bytes()))
                    }
                    How::Close { instead } => {
                        if !instead {
                            near.write(line.as_bytes());
                        }
                        near.cut.store(true, Ordering::SeqCst);
                        let _ = near.socket.lock().unwrap().shutdown(Shutdown::Both);
                        true
                    }
                    How::Beside(_) | How::Ghost(_) | How::Early | How::Undone | How::Mute => {
                        near.write(line.as_bytes())
                    }
                };
            }
            drop(known);
            let same = message.nick() == Some(&plan.deed.nick);
            let said = message.is("PRIVMSG");
            match (&held, plan.lie.how) {
                (Some((first, _)), How::Swap { of_same }) if said && same == of_same => {
                    let both = format!("{line}{first}\r\n");
                    held = None;
                    near.write(both.as_bytes())
                }
                (Some((first, _)), How::Join) if said && same => {
                    let joined = format!("{first} {}\r\n", message.last().unwrap());
                    held = None;
                    near.write(joined.as_bytes())
                }
                _ => near.write(line.as_bytes()),
            }
        });
        if !near.cut.load(Ordering::SeqCst) {
            let _ = near.socket.lock().unwrap().shutdown(Shutdown::Both);
        }
    }

    fn pong(
        &self,
        plan: &Plan,
        line: &str,
        near: &Near,
        held: &mut Option<(String, usize)>,
        mute: bool,
    ) -> bool {
        let passes = mute || near.write(line.as_bytes());
        if let Some((first, left)) = held {
            *left -= 1;
            if *left == 0 {
                let first = format!("{first}\r\n");
                *held = None;
                // To change places with the answer to one's own PING is no lie while others still
                // speak: such a line is lost.
                return passes && (!matches!(plan.lie.how, How::Late) || near.write(first.as_bytes()));
            }
        }
        passes
    }
}

/// Whether the deed causes this line.
fn is_effect(deed: &Deed, message: &Message) -> bool {
    match deed.kind {
        Kind::Refused => {
            message.is("FAIL") || (message.command().len() == 3 && message.command().starts_with(['4', '5']))
        }
        Kind::Come => message.is("001"),
        _ => {
            let words = std::iter::once(message.command()).chain(message.params());
            message.nick() == Some(&deed.nick)
                && message.param_count() + 1 >= deed.caused.len()
                && deed.caused.iter().zip(words).all(|(caused, word)| is_same(deed.kind, caused, word))
        }
    }
}

/// In whatever case a server spells names; it may put a word of its own before
/// the reason of a QUIT.
fn is_same(kind: Kind, caused: &str, word: &str) -> bool {
    caused.to_lowercase() == word.to_lowercase() || (kind == Kind::Quit && word.ends_with(caused))
}

fn lines(from: &TcpStream, mut each: impl FnMut(&str) -> bool) {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0)
        && each(&String::from_utf8_lossy(&line))
    {
        line.clear();
    }
}
