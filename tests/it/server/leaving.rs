//! How clients leave, and what they still get.

use crate::kit::Server;
use std::io::Write;
use std::net::TcpStream;

#[test]
fn who_ends_the_stream_at_once_still_gets_all_answers() {
    let server = Server::start(&[]);
    let client = server.connect();
    client.send("NICK 小明\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPING last");
    client.finish();
    let heard = client.hears_to_the_end();
    assert!(heard.contains(" 366 ") && heard.trim_end().ends_with("last"), "{heard}");
    assert_eq!(server.shows("[CLOSED]"), format!("[CLOSED] {} closed.", client.address));
}

/// The last line was queued, and the socket cut before it left.
#[test]
fn who_quits_and_ends_the_stream_at_once_still_gets_the_last_line() {
    let server = Server::start(&[]);
    for number in 0..100 {
        let client = server.connect();
        client.send_bytes(format!("NICK n{number}\r\nUSER u 0 * :x\r\nQUIT :bye\r\n").as_bytes());
        client.finish();
        let heard = client.hears_to_the_end();
        assert!(heard.contains(" 001 "), "{heard}");
        let last = heard.lines().last().unwrap_or_default();
        assert_eq!(last, "ERROR :Closing link: 127.0.0.1 (Quit: bye)");
    }
}

/// A room with a long past.
fn with_past() -> Server {
    let server = Server::start(&["--history", "100", "--lang", "en"]);
    let talker = server.enter("talker");
    (0..100).for_each(|_| talker.send(&format!("PRIVMSG #lobby :{}", "x".repeat(380))));
    talker.send("PING said");
    talker.hears("said");
    server
}

/// Somebody comes into the room and asks so often for so many of its last messages.
fn comes_and_asks(name: &str, times: usize, messages: usize) -> String {
    let caps = "CAP REQ :draft/chathistory batch\r\nCAP END\r\n";
    let asks = format!("CHATHISTORY LATEST #lobby * {messages}\r\n").repeat(times);
    format!("{caps}NICK {name}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n{asks}")
}

/// More than may wait for one reader was given to him at once, and he was given up.
#[test]
fn who_reads_gets_however_much_he_asks_for_at_once_and_so_does_who_ends_the_stream() {
    let server = with_past();
    for (name, ends) in [("stays", false), ("ends", true)] {
        let reader = server.connect();
        reader.send_bytes(format!("{}PING last\r\n", comes_and_asks(name, 200, 100)).as_bytes());
        if ends {
            reader.finish();
        }
        let heard = if ends { reader.hears_to_the_end() } else { reader.hears("PONG roomchat.local :last") };
        assert!(heard.contains("PONG roomchat.local :last"), "{} bytes", heard.len());
    }
}

/// What one read brought was counted, and no more.
#[test]
fn who_reads_slowly_gets_however_much_he_asks_for_little_by_little() {
    let server = with_past();
    let reader = super::over(&server, super::small());
    reader.send_bytes(format!("{}PING last\r\n", comes_and_asks("slow", 2000, 8)).as_bytes());
    // Before he reads anything, the server has had time for all of it.
    let other = server.enter("other");
    for number in 0..200 {
        other.send(&format!("PING {number}"));
        other.hears(&format!("PONG roomchat.local :{number}"));
    }
    reader.hears("PONG roomchat.local :last");
}

#[test]
fn who_asks_for_much_and_reads_nothing_is_missed_as_soon_as_he_is_lost() {
    let server = with_past();
    let deaf = super::over(&server, super::small());
    deaf.send_bytes(comes_and_asks("deaf", 1000, 100).as_bytes());
    server.shows("deaf");
    let closed = format!("[CLOSED] {} closed.", deaf.address);
    drop(deaf);
    server.shows(&closed);
}

/// A client that could not take at once the answer to one question was given up for it, such
/// as a phone that asked who is in a room of ten thousand.
#[test]
fn the_answer_to_one_question_has_no_bound_for_one_who_reads() {
    let motd = std::env::temp_dir().join(format!("roomchat-motd-{}", crate::kit::unique()));
    std::fs::write(&motd, format!("{}\n", "x".repeat(280)).repeat(10_000)).unwrap();
    let server = Server::start(&["--motd", motd.to_str().unwrap()]);
    std::fs::remove_file(&motd).unwrap();
    let slow = super::over(&server, super::small());
    slow.send_bytes(b"NICK slow\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPING last\r\n");
    // Before he reads anything, the server has had time for all of it.
    server.enter("other").send("PRIVMSG #lobby :hi");
    server.shows("hi");
    let last = slow.hears("PONG roomchat.local :last");
    assert_eq!(last, ":roomchat.local PONG roomchat.local :last");
}

/// What waited for one who reads slowly was dropped when he ended his half.
#[test]
fn who_ends_the_stream_and_reads_slowly_gets_all_answers_too() {
    let server = with_past();
    let slow = super::small();
    let slow = super::over(&server, slow);
    slow.send("CAP REQ :draft/chathistory batch\r\nCAP END\r\nNICK slow\r\nUSER u 0 * :x\r\nJOIN #lobby");
    // More than the buffers of both ends hold.
    slow.send_bytes("CHATHISTORY LATEST #lobby * 100\r\n".repeat(20).as_bytes());
    slow.send("PING last");
    slow.finish();
    server.shows("[CLOSED]");
    let heard = slow.hears_to_the_end();
    assert!(heard.trim_end().ends_with("PONG roomchat.local :last"), "{} bytes", heard.len());
}

/// Less than a slow reader is granted waits for each of them.
#[test]
fn a_hundred_and_ten_who_do_not_read_delay_nobody() {
    const LINES: usize = 300;
    let server = Server::start(&[]);
    let stalled = (0..110).map(|number| {
        let client = super::over(&server, super::small());
        client.say_name(&format!("stalled{number}"));
        client
    });
    let stalled: Vec<_> = stalled.collect();
    let (talker, other) = (server.enter("talker"), server.enter("other"));
    for number in 0..LINES {
        talker.send(&format!("PRIVMSG #lobby :{number:06} {}", "x".repeat(380)));
    }
    (0..LINES).for_each(|number| drop(other.hears(&format!(":{number:06} x"))));
    server.enter("newcomer");
    // Who begins to read has missed nothing.
    for slow in stalled.iter().take(3) {
        (0..LINES).for_each(|number| drop(slow.hears(&format!(":{number:06} x"))));
    }
}

#[test]
fn everybody_leaving_in_every_way_leaves_the_server_whole() {
    let server = Server::start(&[]);
    for number in 0..50 {
        let client = server.enter(&format!("n{number}"));
        match number % 4 {
            0 => client.send("QUIT :bye"),
            1 => client.finish(),
            2 => client.send_bytes(b"PRIVMSG #lobby :half a li"),
            _ => drop(TcpStream::connect(server.address).unwrap().write_all(&[b'x'; 100_000])),
        }
    }
    server.enter("last").send("PRIVMSG #lobby :still here");
    server.shows("still here");
}
