//! What was said and is taken back, with our own server.

use super::terminal::look;
use super::tty::Tty;
use crate::kit::{Client, Server};

/// Says it, and tells its id.
fn say(client: &Client, text: &str) -> String {
    client.send(&format!("PRIVMSG #lobby :{text}"));
    id(&client.hears(&format!(" PRIVMSG #lobby :{text}")))
}

fn id(line: &str) -> String {
    let tags = line.strip_prefix('@').and_then(|line| line.split(' ').next()).unwrap();
    tags.split(';').find_map(|tag| tag.strip_prefix("msgid=")).unwrap().to_owned()
}

#[test]
fn it_is_told_and_neither_drawn_nor_found_again() {
    let server = Server::start(&[]);
    let alice = server.enter("alice");
    alice.send("CAP REQ :message-tags echo-message draft/message-redaction");
    alice.hears(" ACK ");
    let mut wide = Tty::join(80, server.address, &["--name", "小花"]);
    wide.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    let mut narrow = Tty::join(40, server.address, &["--name", "bob", "--lang", "en"]);
    narrow.ends_with(&["type a message (exit leaves)", "me:"]);
    wide.sees("[bob進入聊天室]");
    say(&alice, "stays");
    let oops = say(&alice, "oops, a secret");
    let same = say(&alice, "oops, a secret");
    wide.ends_with(&["alice: oops, a secret", "alice: oops, a secret", "我:"]);
    wide.keys("mine, by mistake\r");
    let mine = id(&alice.hears(" PRIVMSG #lobby :mine, by mistake"));
    narrow.keys("half a line");
    wide.ends_with(&["alice: oops, a secret", "我: mine, by mistake", "我:"]);
    narrow.ends_with(&["小花: mine, by mistake", "me: half a line"]);
    alice.send(&format!("REDACT #lobby {oops}"));
    alice.send(&format!("REDACT #lobby {mine} :wrong room"));
    let zh = [
        "alice: stays",
        "alice: [已收回]",
        "alice: oops, a secret",
        "我: [已收回]",
        "[alice收回了一則訊息]",
        "[alice移除了您的一則訊息] (wrong room)",
        "我:",
    ];
    wide.ends_with(&zh);
    assert!(look(&wide, "[已收回]").italic && look(&wide, "[alice收回").italic);
    narrow.ends_with(&[
        "alice: stays",
        "alice: [taken back]",
        "alice: oops, a secret",
        "小花: [taken back]",
        "[alice took back a message]",
        "[alice removed a message of 小花] (wrong",
        "  room)",
        "me: half a line",
    ]);
    wide.picture("redacted-80");
    narrow.picture("redacted-40");
    alice.send(&format!("REDACT #lobby {same}"));
    wide.resize(24, 60);
    wide.until("without the secret", |rows| !rows.iter().any(|row| row.contains("secret")));
    wide.keys("/grep secret\r");
    wide.ends_with(&["[沒有含「secret」的訊息]", "我:"]);
    wide.keys("/last 9\r");
    wide.ends_with(&["[最後 1 則訊息]", "alice: stays", "── 以上是先前的訊息 ──", "我:"]);
    narrow.keys("\x15/last 9\r");
    narrow.ends_with(&["alice: stays", "── earlier messages above ──", "me:"]);
    assert!(!narrow.rows().iter().any(|row| row.contains("secret")));
}
