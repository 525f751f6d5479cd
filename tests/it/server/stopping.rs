//! Signals, and who does not read.

use super::{over, small};
use crate::kit::{Client, DEADLINE, Server, undisturbed};
use std::thread;

#[test]
fn a_signal_says_goodbye_to_everybody_and_exits_with_0() {
    let server = Server::start(&[]);
    let clients = [server.enter("小明"), server.enter("小花"), server.connect()];
    // Known to the hub once it is answered.
    clients[2].send("CAP LIST");
    clients[2].hears("LIST");
    server.signal();
    for client in &clients {
        let heard = client.hears_to_the_end();
        assert!(heard.lines().last().is_some_and(|line| line.starts_with("ERROR :")), "{heard}");
    }
    let (code, console) = server.wait();
    assert_eq!(code, Some(0));
    assert_eq!(console.iter().filter(|line| line.ends_with("closed. (server stopping)")).count(), 3);
}

/// Somebody who reads nothing, and whose buffers are small.
fn stalled(server: &Server) -> Client {
    let client = over(server, small());
    client.say_name("stalled");
    client
}

/// `count` lines of about 400 bytes.
fn flood(count: usize) -> Vec<u8> {
    let line = |number| format!("PRIVMSG #lobby :{number:06} {}\r\n", "x".repeat(380)).into_bytes();
    (0..count).flat_map(line).collect()
}

/// It waited for ever for the console to show its last lines.
#[test]
fn a_console_that_is_full_does_not_keep_it_from_ending() {
    let (server, _unread) = Server::start_with_stuck_console(&[]);
    let client = server.enter("a");
    client.send_bytes(&flood(1000));
    client.send("PING told");
    client.hears("told");
    server.signal();
    let (tx, ended) = std::sync::mpsc::channel();
    thread::spawn(move || tx.send(server.wait().0));
    assert_eq!(ended.recv_timeout(DEADLINE), Ok(Some(0)));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    undisturbed(|| {
        let server = Server::start(&[]);
        let (_stalled, talker) = (stalled(&server), server.enter("talker"));
        talker.send_bytes(&flood(1500));
        talker.send("PING done");
        talker.hears("done");
        server.signal();
        server.shows("server stopping");
        server.signal();
        assert_eq!(server.wait().0, Some(130));
    });
}

#[test]
fn who_does_not_read_is_disconnected_and_the_others_miss_nothing() {
    // The other one, too, may be late by no more than a few of these.
    const PARTS: usize = 12;
    const LINES: usize = 500;
    let server = Server::start(&[]);
    let (stalled, talker, other) = (stalled(&server), server.enter("talker"), server.enter("other"));
    for _ in 0..PARTS {
        talker.send_bytes(&flood(LINES));
        (0..LINES).for_each(|number| drop(other.hears(&format!(":{number:06} x"))));
    }
    let line = server.shows("slowly");
    assert_eq!(line, format!("[CLOSED] {} closed. (reads too slowly)", stalled.address));
}

/// Nobody can keep a server from stopping, or leave a thread behind in it.
#[test]
fn a_hundred_rounds_of_start_and_stop() {
    const SIDE_BY_SIDE: usize = 10;
    let round = || {
        let server = Server::start(&[]);
        let (_stalled, talker, half) = (stalled(&server), server.enter("talker"), server.connect());
        half.send_bytes(b"NICK ha");
        talker.send_bytes(&flood(100));
        talker.send("PING done");
        talker.hears("done");
        server.signal();
        assert_eq!(server.wait().0, Some(0));
    };
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| (0..100 / SIDE_BY_SIDE).for_each(|_| round()));
        }
    });
}
