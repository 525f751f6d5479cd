//! Peers that are gone without a word, or do not read.

use super::network::Network;
use super::{over, small};
use crate::kit::{Server, installed};
use std::process::Stdio;

/// The timer of a connection's socket at the server's end, and the seconds until it goes off
/// (proc(5), /proc/net/tcp: 2 is keepalive's).
fn timer(server: &Server, client: &str) -> (u8, u64) {
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap();
    let client: u16 = client.trim_end_matches(')').rsplit(' ').next().unwrap().parse().unwrap();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let row = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    let row = row.filter(|row| (port(row[1]), port(row[2])) == (server.address.port(), client)).last();
    let row = row.expect("the connection is there");
    let (timer, ticks) = row[5].split_once(':').unwrap();
    (timer.parse().unwrap(), u64::from_str_radix(ticks, 16).unwrap() / 100)
}

/// Without it somebody who speaks lines and was cut off stayed in a quiet room for ever.
#[test]
fn each_connection_is_probed_where_nothing_comes() {
    let server = Server::start(&[]);
    let (lines, irc) = (server.connect(), server.enter("irc"));
    lines.send("ghost");
    lines.hears("聊天室人數");
    for client in [&lines, &irc] {
        // Right after it was sent something a socket waits for the acknowledgement first.
        let timer = loop {
            let timer = timer(&server, &client.address);
            if timer.0 != 1 {
                break timer;
            }
        };
        assert_eq!(timer.0, 2, "no keepalive");
        assert!(timer.1 <= 60, "{} s", timer.1);
    }
}

#[test]
#[ignore = "takes eleven minutes"]
fn a_peer_whose_cable_is_cut_goes_within_eleven_minutes() {
    let Some(mut network) = Network::start(&[]) else { return };
    if !installed("nc") {
        return;
    }
    const PEER: &str = "192.0.2.2";
    let address = |network: &Network, action| {
        network.inside("ip").args(["address", action, &format!("{PEER}/32"), "dev", "lo"]).status().unwrap()
    };
    assert!(address(&network, "add").success());
    let (ip, port) = network.1.rsplit_once(':').unwrap();
    let mut nc = network.inside("nc").args(["-s", PEER, ip, port]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(nc.stdin.as_mut().unwrap(), b"ghost\n").unwrap();
    loop {
        if network.0.next()["event"] == "entered" {
            break;
        }
    }
    assert!(address(&network, "delete").success());
    let fact = network.0.next();
    assert_eq!((&fact["event"], &fact["why"]), (&"closed".into(), &"timed out".into()), "{fact}");
    nc.kill().unwrap();
    nc.wait().unwrap();
}

#[test]
fn somebody_without_a_client_who_does_not_read_is_told_of_as_reading_too_slowly() {
    let server = Server::start(&["--lang", "en"]);
    let slow = over(&server, small());
    slow.send("ghost");
    server.shows("people in the room: 1");
    let talker = server.enter("talker");
    // More than a slow reader is granted and the buffers of both ends hold.
    let line = format!("PRIVMSG #lobby :{}\r\n", "x".repeat(400));
    for _ in 0..70 {
        talker.send_bytes(line.repeat(100).as_bytes());
    }
    server.shows(&format!("{} closed. (reads too slowly)", slow.address));
}
