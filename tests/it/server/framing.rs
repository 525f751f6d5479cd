//! Lines over real sockets, however the stream is cut.

use crate::kit::Server;

#[test]
fn one_byte_at_a_time_is_the_same_line() {
    let server = Server::start(&[]);
    let (a, b) = (server.enter("小明"), server.enter("小花"));
    "PRIVMSG #lobby :哈囉\r\n".bytes().for_each(|byte| a.send_bytes(&[byte]));
    assert!(b.hears("PRIVMSG").ends_with("PRIVMSG #lobby :哈囉"));
}

#[test]
fn many_lines_in_one_write_are_all_heard_in_order() {
    let server = Server::start(&[]);
    let (a, b) = (server.enter("小明"), server.enter("小花"));
    // Beyond one small read, one large read and one item of the inbox.
    const LINES: usize = 3000;
    a.send_bytes(
        (0..LINES).map(|number| format!("PRIVMSG #lobby :{number}\n")).collect::<String>().as_bytes(),
    );
    for number in 0..LINES {
        assert!(b.hears("PRIVMSG").ends_with(&format!(":{number}")));
    }
}

#[test]
fn a_character_may_be_cut_between_two_writes() {
    let server = Server::start(&[]);
    let (a, b) = (server.enter("小明"), server.enter("小花"));
    let line = "PRIVMSG #lobby :花\r\n".as_bytes();
    let (start, end) = line.split_at(line.len() - 4);
    a.send_bytes(start);
    // The first half has been read once others were heard after it.
    b.send("PING between");
    b.hears("between");
    a.send_bytes(end);
    assert!(b.hears("PRIVMSG").ends_with(":花"));
}

#[test]
fn a_line_has_512_bytes_with_its_end_and_one_more_is_refused_alone() {
    let server = Server::start(&[]);
    let (a, b) = (server.enter("a"), server.enter("b"));
    let names =
        |length: usize| format!("NAMES #lobby {}\r\n", "x".repeat(length - "NAMES #lobby \r\n".len()));
    a.send_bytes(names(512).as_bytes());
    a.hears(" 366 ");
    a.send_bytes(names(513).as_bytes());
    a.hears(" 417 ");
    a.send("PRIVMSG #lobby :still here");
    b.hears("still here");
}

#[test]
fn a_line_without_an_end_costs_its_sender_the_connection_and_nobody_else() {
    let server = Server::start(&[]);
    let (a, b) = (server.enter("a"), server.enter("b"));
    a.send_bytes(&[b'x'; 64 * 1024]);
    assert!(a.hears_to_the_end().contains("ERROR :"));
    b.send("PRIVMSG #lobby :still here");
    server.shows("still here");
}
