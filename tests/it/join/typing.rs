//! Nothing that is typed is lost, whatever the window's size, the terminal's answers and
//! the keys that never end.

use super::puppet::{CAPS, Client, Puppet};
use super::terminal::inside;
use super::tty::Tty;

fn inside_of(rows: u16, columns: u16) -> (Tty, Client) {
    let puppet = Puppet::new();
    let tty = Tty::open(rows, columns, puppet.address(), &["--name", "小花", "--lang", "en"], &[]);
    let client = puppet.welcome(CAPS, "");
    tty.ends_with(&["me:"]);
    (tty, client)
}

/// Letters behind the last that the window had room for were dropped without a word.
#[test]
fn a_line_longer_than_the_window_is_said_whole() {
    for (rows, columns, length) in [(5, 20, 46), (12, 40, 400), (3, 10, 100), (24, 80, 3000)] {
        let (mut tty, mut client) = inside_of(rows, columns);
        let text: String = (0..length).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
        tty.keys(&text);
        tty.keys("\r");
        let mut said = client.echo();
        while said.len() < text.len() {
            said += &client.echo();
        }
        assert_eq!(said, text, "{rows} x {columns}");
    }
}

#[test]
fn a_line_higher_than_its_rows_scrolls_sideways() {
    let (mut tty, mut client) = inside_of(5, 20);
    tty.keys("abcdefghijklmnopqrstuvwxyz");
    tty.ends_with(&["me: …stuvwxyz"]);
    tty.keys("\x01");
    tty.ends_with(&["me: abcdefghijkl…"]);
    tty.keys("0\x05!");
    tty.ends_with(&["me: …uvwxyz!"]);
    tty.keys("\r");
    assert_eq!(client.echo(), "0abcdefghijklmnopqrstuvwxyz!");
}

#[test]
fn the_bell_tells_that_nothing_more_fits() {
    let (mut tty, mut client) = inside_of(24, 80);
    // Alt-999 x, and what it brings is more than a line can be.
    for _ in 0..17 {
        tty.keys("\x1b9\x1b9\x1b9x");
    }
    tty.rings();
    tty.keys("\x15short\r");
    assert_eq!(client.echo(), "short");
}

/// 156 rows of a recalled line went into the scrollback with each key.
#[test]
fn a_long_line_that_is_called_back_in_a_small_window_takes_no_more_rows_than_it_has() {
    let (mut tty, mut client) = inside_of(50, 200);
    let wide = "字".repeat(300);
    tty.keys(&format!("{wide}\r"));
    let mut said = client.echo();
    while said.len() < wide.len() {
        said += &client.echo();
    }
    tty.resize(5, 20);
    tty.ends_with(&["me:"]);
    let before = tty.raw().len();
    tty.keys("\x1b[A");
    tty.until("the end of it", |rows| rows.last().is_some_and(|row| row.starts_with("me: …字")));
    tty.keys("\x17\x19\x19");
    client.others("bob", "PRIVMSG #lobby :hi");
    tty.until("a message above it", |rows| {
        rows.last().is_some_and(|row| row.starts_with("me: …字"))
            && rows.iter().rev().nth(1).is_some_and(|row| row == "bob: hi")
    });
    assert!(tty.raw().len() - before < 2000, "{:?}", &tty.raw()[before..]);
}

/// Enter, Ctrl-C and Ctrl-D all went into it.
#[test]
fn a_paste_whose_end_is_lost_is_ended_by_ctrl_c() {
    let (mut tty, mut client) = inside(80);
    tty.keys("\x1b[200~abc");
    client.others("小明", "PRIVMSG #lobby :hi");
    tty.ends_with(&["小明: hi", "我:"]);
    tty.keys("\x03");
    tty.ends_with(&["小明: hi", "我: abc"]);
    tty.keys("d\r");
    assert_eq!(client.echo(), "abcd");
}

/// Enter means no, and the paste was gone.
#[test]
fn a_refused_paste_is_within_reach() {
    let (mut tty, mut client) = inside(80);
    tty.keys("draft");
    let lines: String = (0..100).map(|n| format!("row {n}\n")).collect();
    tty.paste(&lines);
    tty.ends_with(&["共 100 行，要送出嗎? [y/N]"]);
    tty.keys("\r");
    tty.ends_with(&["[沒有送出；按 ↑ 可以找回貼上的內容]", "我: draft"]);
    client.fence();
    tty.keys("\x1b[A");
    tty.until("the end of what was pasted", |rows| rows.last().is_some_and(|row| row.contains("row 99")));
    tty.keys("\r");
    tty.ends_with(&["共 100 行，要送出嗎? [y/N]"]);
    tty.keys("y\r");
    for n in 0..100 {
        assert_eq!(client.echo(), format!("row {n}"));
    }
}

/// The line editor took the rest of what it did not know for text.
#[test]
fn answers_of_the_terminal_are_not_typed() {
    let (mut tty, mut client) = inside(80);
    for answer in
        ["\x1b[?62;1;4c", "\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1b[<0;12;5M", "\x1b[M#!!", "\x1b[24;80R"]
    {
        tty.keys(answer);
        tty.keys("a");
    }
    tty.ends_with(&["我: aaaaa"]);
    tty.keys("\r");
    assert_eq!(client.echo(), "aaaaa");
}

/// They were taken for the end of the input, which asks whether to leave.
#[test]
fn bytes_that_are_no_character_ring_the_bell_and_the_line_goes_on() {
    let (mut tty, mut client) = inside(80);
    tty.bytes(b"caf\xe9!");
    tty.rings();
    tty.ends_with(&["我: caf"]);
    tty.keys("é\r");
    assert_eq!(client.echo(), "café");
}

/// Reading from it failed at once, which left the room.
#[test]
fn a_terminal_that_others_have_made_non_blocking_is_waited_for() {
    let puppet = Puppet::new();
    let mut tty = Tty::non_blocking(puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["我:"]);
    for n in 0..200 {
        client.others("小明", &format!("PRIVMSG #lobby :{n} {}", "x".repeat(300)));
    }
    tty.sees("小明: 199");
    tty.keys("still here\r");
    assert_eq!(client.echo(), "still here");
}
