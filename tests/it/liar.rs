//! The liar: a proxy between the bot and a real server that tells one person
//! one lie. Whatever the lie, the bot names the step and the person.

use crate::stage::{DEADLINE, Server, roomchat};
use predicates::prelude::*;
use roomchat::wire::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to a line on its way.
#[derive(Debug, Clone, Copy)]
enum Lie {
    Change,
    Drop,
    Double,
    /// It changes places with the answer to the next PING.
    Swap,
    Add,
}

const LIES: [Lie; 5] = [Lie::Change, Lie::Drop, Lie::Double, Lie::Swap, Lie::Add];

/// The lines of `fixtures/demo.txt` in which each person sees something, own
/// messages included: our server echoes.
const SEEN: [(&str, &[usize]); 3] = [
    ("小明", &[5, 6, 7, 9, 10, 11]),
    ("小花", &[6, 7, 9, 10, 11, 13, 14]),
    ("小安", &[7, 9, 10, 11, 13, 14]),
];

/// A lie about the `nth` line that a person would notice.
#[derive(Debug, Clone, Copy)]
struct Plan {
    to: &'static str,
    nth: usize,
    lie: Lie,
}

#[test]
fn every_lie_about_every_step_is_caught_and_named() {
    let mut caught = 0;
    for (to, lines) in SEEN {
        for (nth, line) in lines.iter().enumerate() {
            for lie in LIES {
                let plan = Plan { to, nth, lie };
                let server = Server::ours();
                let headline = format!("fixtures/demo.txt:{line}: {to} ");
                roomchat()
                    .args([
                        "bot",
                        "fixtures/demo.txt",
                        "--server",
                        &proxy(server.address, Some(plan)).to_string(),
                    ])
                    .assert()
                    .code(1)
                    .stdout(predicate::str::starts_with(headline));
                caught += 1;
            }
        }
    }
    assert_eq!(caught, 95);
}

#[test]
fn an_honest_proxy_changes_nothing() {
    let server = Server::ours();
    let address = proxy(server.address, None).to_string();
    roomchat().args(["bot", "fixtures/demo.txt", "--server", &address]).assert().code(0);
}

/// Starts a proxy to `server`; its threads end with their connections.
fn proxy(server: SocketAddr, plan: Option<Plan>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
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
            thread::spawn(move || forward(&near2, &far2, &up));
            thread::spawn(move || lie_to(&far, &near, &down, plan));
        }
    });
    address
}

/// Client to server, word for word; learns who it is.
fn forward(from: &TcpStream, mut to: &TcpStream, name: &Mutex<String>) {
    lines(from, |line| {
        if let Some(nick) = line.strip_prefix("NICK ") {
            nick.trim_end().clone_into(&mut name.lock().unwrap());
        }
        to.write_all(line.as_bytes()).is_ok()
    });
    let _ = to.shutdown(Shutdown::Write);
}

fn lie_to(from: &TcpStream, mut to: &TcpStream, name: &Mutex<String>, plan: Option<Plan>) {
    let mut seen = 0;
    let mut held = None;
    lines(from, |line| {
        let message = Message::parse(line.trim_end()).unwrap();
        let mut out = vec![line.to_owned()];
        if ["JOIN", "PRIVMSG", "QUIT"].iter().any(|command| message.is(command)) {
            let mine = plan.filter(|plan| plan.to == *name.lock().unwrap() && plan.nth == seen);
            seen += 1;
            match mine.map(|plan| plan.lie) {
                None => {}
                Some(Lie::Change) => out = vec![changed(&message)],
                Some(Lie::Drop) => out.clear(),
                Some(Lie::Double) => out.push(line.to_owned()),
                Some(Lie::Swap) => held = out.pop(),
                Some(Lie::Add) => out.push(":幽靈!u@h PRIVMSG #lobby :我在這裡\r\n".to_owned()),
            }
        } else if message.is("PONG") {
            out.extend(held.take());
        }
        to.write_all(out.concat().as_bytes()).is_ok()
    });
    let _ = to.shutdown(Shutdown::Both);
}

/// A text loses its last character; somebody who comes or goes is somebody else.
fn changed(message: &Message) -> String {
    if message.is("PRIVMSG") {
        let mut line = message.line().to_owned();
        line.pop();
        return format!("{line}\r\n");
    }
    format!("{}\r\n", message.line().replacen(message.nick().unwrap(), "某人", 1))
}

fn lines(from: &TcpStream, mut each: impl FnMut(&str) -> bool) {
    let mut reader = BufReader::new(from.take(u64::MAX));
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 0) && each(&line) {
        line.clear();
    }
}
