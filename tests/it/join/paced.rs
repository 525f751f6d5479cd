//! A server that takes little at a time, and answers no PING with its token.

use super::puppet::{Client, Puppet};
use super::tty::Tty;

/// The next line for the room, and the PING behind it.
fn said(client: &mut Client) -> String {
    let line = client.line();
    assert!(client.line().starts_with("PING roomchat-"));
    line.strip_prefix("PRIVMSG #lobby :").unwrap_or_else(|| panic!("{line:?}")).to_owned()
}

/// All was sent at once, which such servers end with "RecvQ exceeded"; and a
/// PONG without its token was none, so that the connection was left.
#[test]
fn a_large_paste_waits_for_each_answer_and_what_is_typed_next_comes_after_it() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.accept();
    client.register_with("", "PREFIX=(ov)@+");
    client.enter("小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    let lines: Vec<String> = (0..12).map(|number| format!("{number:0>200}")).collect();
    tty.paste(&lines.join("\n"));
    tty.sees("[y/N]");
    tty.keys("y\r");
    // As many as fit into 1 KiB.
    let mut heard: Vec<String> = (0..4).map(|_| said(&mut client)).collect();
    tty.until("the paste and a prompt", |rows| {
        rows.len() > 1 && rows[rows.len() - 2].ends_with("00011") && rows[rows.len() - 1] == "我:"
    });
    tty.keys("after\r");
    tty.ends_with(&["我: after", "我:"]);
    client.fence();
    while heard.len() < 13 {
        client.send(":s.local PONG s.local\n");
        heard.push(said(&mut client));
    }
    assert_eq!(heard[..12], lines);
    assert_eq!(heard[12], "after");
    client.send(&":s.local PONG s.local\n".repeat(4));
    tty.keys("/who\r");
    tty.ends_with(&["我: after", "我: /who", "[聊天室人數： 2: 小明, 小花]", "我:"]);
}

/// Nothing told of it: a text that was not sent to its end was told of at its end.
#[test]
fn whoever_leaves_in_the_middle_of_a_paste_is_told_what_was_not_said() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.accept();
    client.register_with("", "PREFIX=(ov)@+");
    client.enter("小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    let lines: Vec<String> = (0..30).map(|number| format!("line {number}")).collect();
    tty.paste(&lines.join("\n"));
    tty.sees("[y/N]");
    tty.keys("y\r");
    (0..5).for_each(|number| assert_eq!(said(&mut client), lines[number]));
    client.send(":s.local PONG s.local\n");
    tty.keys("exit\r");
    tty.sees("確定要離開嗎?");
    tty.keys("y\r");
    assert_eq!(said(&mut client), "line 5");
    client.goodbye();
    assert_eq!(tty.exit_code(), 1);
    assert!(tty.raw().contains("不確定有沒有送到 (伺服器沒有回應): line 1\x1b"), "{}", tty.raw());
}
