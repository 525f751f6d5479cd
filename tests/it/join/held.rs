//! What arrives is shown at once, whatever the line editor waits for.

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

/// The editor drew nothing of others while it waited for the rest of such a key.
#[test]
fn what_arrives_is_shown_while_a_key_is_open() {
    for (keys, shown) in [
        ("\x12hel", "(reverse-i-search)`hel': hello"),
        ("小\t", "我: 小明:"),
        ("\x1b", "我:"),
        ("\x1b[", "我:"),
        ("\x1b]", "我:"),
        ("\x1bO", "我:"),
        ("\x16", "我:"),
        ("\x18", "我:"),
        ("\x1d", "我:"),
        ("\x1b-", "(arg: -1)"),
        ("\x1b[200~abc", "我:"),
    ] {
        let (mut tty, mut client) = inside(MANY + 20);
        tty.keys(keys);
        tty.ends_with(&["我: hello", shown]);
        for n in 0..5 {
            client.others("小明", &format!("PRIVMSG #lobby :嗨 小花 {n}"));
        }
        client.send("ERROR :Closing link: too slow\n");
        drop(client);
        let lost = "[連線中斷: Closing link: too slow；重新連線中 …]";
        tty.ends_with(&["小明: 嗨 小花 3", "小明: 嗨 小花 4", lost, shown]);
        let rung = tty.raw().matches('\x07').count() - tty.raw().matches("\x1b]2;").count();
        assert!(rung > 0, "{keys:?}");
    }
}

#[test]
fn nothing_is_lost_while_a_search_or_a_completion_is_open() {
    for (opening, open, closing, after) in [
        ("\x12hel", "(reverse-i-search)`hel': hello", "\x07", "我:"),
        ("\x12hel", "(reverse-i-search)`hel': hello", "\x1b", "我:"),
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
        let last = format!("小明: line {}", MANY - 1);
        tty.ends_with(&[&last, open]);
        tty.keys(closing);
        if closing == "\r" {
            assert_eq!(client.echo(), "hello");
            tty.ends_with(&["我: hello", after]);
        } else {
            tty.ends_with(&[&last, after]);
        }
        let rows = tty.rows();
        let lines: Vec<&str> = rows.iter().filter_map(|row| row.strip_prefix("小明: line ")).collect();
        assert_eq!(lines, (0..MANY).map(|n| n.to_string()).collect::<Vec<_>>(), "after {opening:?}");
    }
}
