//! Who counts as local: operator in the first room, and free of limits.

use crate::kit::{Client, Server};
use std::net::TcpStream;

fn is_operator(client: &Client, name: &str) -> bool {
    client.send(&format!("NICK {name}\r\nUSER u 0 * :x\r\nJOIN #lobby"));
    client.hears(" 353 ").contains(&format!("@{name}"))
}

/// Only loopback was local.
#[test]
fn a_teacher_who_typed_the_advertised_address_is_operator() {
    let server = Server::start(&["--lang", "en", "--listen", "0.0.0.0:0"]);
    let advertised = server.shows("[LISTENING]");
    let address = advertised.rsplit(' ').next().unwrap();
    let first = server.enter("first");
    first.send("MODE #lobby -o first");
    let teacher = Client::over(TcpStream::connect(address).unwrap());
    assert!(is_operator(&teacher, "teacher"), "came by {address}");
    // Beyond a burst, whoever has the limit of others waits.
    teacher.send(&(0..200).map(|at| format!("PRIVMSG #lobby :{at}\r\n")).collect::<String>());
    first.hears(" :199");
}

#[test]
fn with_off_nobody_is_local() {
    let server = Server::start(&["--lang", "en", "--local-operators", "off", "--max-per-address", "3"]);
    let first = server.enter("first");
    let (second, _third) = (server.connect(), server.connect());
    assert!(!is_operator(&second, "second"));
    assert!(server.connect().hears_to_the_end().contains("connections from your address are open"));
    second.send("MODE #lobby +m");
    second.hears(" 482 ");
    drop(first);
}

#[test]
fn the_console_says_who_is_local() {
    use crate::kit::roomchat;
    use std::io::{BufRead, BufReader};
    for (switch, told) in [
        ("on", "people on this machine are operators of #lobby"),
        (
            "off",
            "people on this machine are like all others (--local-operators off); whoever comes first into the empty #lobby",
        ),
    ] {
        let mut serve = roomchat();
        serve.args(["serve", "--lang", "en", "--listen", "127.0.0.1:0", "--local-operators", switch]);
        let mut child = serve.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let start: Vec<String> = lines.take_while(|line| !line.starts_with("[LISTENING]")).collect();
        assert!(start.iter().any(|line| line.contains(told)), "{start:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
