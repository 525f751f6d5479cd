//! What arrives while the line editor draws nothing of others: it searches the
//! history, or offers a completion.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;

const MANY: usize = 300;

/// With one line said, which a search can find.
fn inside(rows: usize) -> (Tty, Client) {
    let puppet = Puppet::new();
    let rows = u16::try_from(rows).unwrap();
    let mut tty = Tty::open(rows, 80, puppet.address(), &["--name", "小花"], &[]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    tty.keys("hello\r");
    client.echo();
    tty.ends_with(&["我: hello", "我:"]);
    (tty, client)
}

#[test]
fn what_arrives_while_searching_or_completing_is_read_at_once_and_shown_afterwards() {
    for (opening, open, closing, after) in [
        ("\x12hel", "(reverse-i-search)`hel': hello", "\x07", "我:"),
        ("\x12hel", "(reverse-i-search)`hel': hello", "\r", "我:"),
        ("小\t", "我: 小明:", "!", "我: 小明: !"),
    ] {
        let (mut tty, mut client) = inside(MANY + 20);
        tty.keys(opening);
        tty.ends_with(&["我: hello", open]);
        // A numeric that no person is shown makes much of it.
        let filler = format!(":s.local 399 小花 :{}\n", "x".repeat(400)).repeat(20);
        for n in 0..MANY {
            client.send(&format!("{filler}:小明!u@h PRIVMSG #lobby :line {n}\n"));
        }
        client.fence();
        tty.ends_with(&["我: hello", open]);
        tty.keys(closing);
        if closing == "\r" {
            assert_eq!(client.echo(), "hello");
        }
        let last = format!("小明: line {}", MANY - 1);
        tty.ends_with(&[&last, after]);
        let rows = tty.rows();
        let lines: Vec<&str> = rows.iter().filter_map(|row| row.strip_prefix("小明: line ")).collect();
        assert_eq!(lines, (0..MANY).map(|n| n.to_string()).collect::<Vec<_>>(), "after {opening:?}");
    }
}
