//! Who may come in, and how long one may take over it.

use super::Console;
use crate::kit::{DEADLINE, Server};
use std::net::TcpStream;
use std::thread;

#[test]
fn one_who_gives_no_name_holds_up_nobody_and_goes_after_ten_seconds() {
    let server = Server::start(&[]);
    let silent = server.connect();
    silent.send_bytes(b"x");
    for number in 0..20 {
        server.enter(&format!("學生{number}"));
    }
    assert_eq!(silent.hears_to_the_end(), "closed. (no name in 10 s)\r\n");
    assert_eq!(server.shows("no name"), format!("[CLOSED] {} closed. (no name in 10 s)", silent.address));
}

#[test]
fn three_hundred_who_say_nothing_keep_nobody_out() {
    let server = Server::start(&[]);
    let silent: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for number in 0..20 {
        server.enter(&format!("學生{number}"));
    }
    // So many may stay silent, and the others go for them.
    for _ in 256..silent.len() {
        server.shows("closed. (no name in ");
    }
}

#[cfg(unix)]
#[test]
fn the_cap_on_clients_follows_the_limit_on_open_files() {
    let mut shell = std::process::Command::new("sh");
    let serve = "ulimit -n 96 && exec \"$0\" serve --listen 127.0.0.1:0 --log-format json";
    shell.args(["-c", serve, env!("CARGO_BIN_EXE_roomchat")]);
    let mut lines = Console::of(shell.stdout(std::process::Stdio::piped()).spawn().unwrap());
    lines.next();
    let seats = lines.next();
    assert_eq!((&seats["count"], &seats["text"]), (&32.into(), &"ulimit -n".into()));
    let address = lines.listening().expect("a server listens");
    let connect = || crate::kit::Client::over(TcpStream::connect(&address).unwrap());
    let inside = (0..32).map(|number| {
        let client = connect();
        client.say_name(&format!("p{number}"));
        client
    });
    let inside: Vec<_> = inside.collect();
    assert!(connect().hears_to_the_end().starts_with("ERROR :Closing link: the server is full"));
    drop(inside);
}

#[test]
fn a_full_server_says_so_politely() {
    let server = Server::start(&["--max-clients", "2"]);
    let (first, _second) = (server.enter("a"), server.enter("b"));
    let third = server.connect();
    assert!(third.hears_to_the_end().starts_with("ERROR :Closing link: the server is full"));
    // Nothing on the console said so.
    assert_eq!(server.shows("伺服器已滿"), format!("[CLOSED] {} closed. (伺服器已滿)", third.address));
    first.send("QUIT");
    first.hears_to_the_end();
    server.shows("[CLOSED]");
    // The seat is free as soon as the server's end is closed as well, which nobody is told.
    let until = std::time::Instant::now() + DEADLINE;
    loop {
        let next = server.connect();
        next.send_bytes(b"PING x\r\n");
        if !next.hears("").starts_with("ERROR :Closing link: the server is full") {
            return;
        }
        assert!(std::time::Instant::now() < until, "the seat is never free");
        thread::yield_now();
    }
}
