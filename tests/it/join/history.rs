//! What was said before one came, and while the connection was gone, with our
//! own server.

use super::LATE;
use super::relay::Relay;
use super::tty::Tty;
use crate::kit::{Client, Server};

fn say(client: &Client, text: &str) {
    client.send(&format!("PRIVMSG #lobby :{text}"));
}

#[test]
fn nothing_said_meanwhile_is_missing_and_nothing_is_there_twice() {
    // More than one page of them.
    const MEANWHILE: usize = 150;
    let server = Server::start(&[]);
    let alice = server.enter("alice");
    say(&alice, "before");
    let relay = Relay::to(server.address);
    let mut tty = Tty::open(MEANWHILE as u16 + 40, 80, relay.address, &["--name", "小花"], &[]);
    tty.ends_with(&["alice: before", "── 以上是先前的訊息 ──", "請輸入訊息 (輸入 exit 離開)", "我:"]);
    tty.keys("heard\r");
    alice.hears(" PRIVMSG #lobby :heard");
    say(&alice, "last of the first connection");
    tty.ends_with(&["我: heard", "alice: last of the first connection", "我:"]);
    // The room has this one, although nobody tells us so; and not the next.
    relay.deafen();
    tty.keys("kept\r");
    alice.hears(" PRIVMSG #lobby :kept");
    relay.mute();
    tty.keys("lost\r");
    tty.ends_with(&["我: kept", "我: lost", "我:"]);
    relay.cut();
    tty.sees("重新連線中");
    alice.hears("小花!guest@127.0.0.1 QUIT");
    for n in 0..MEANWHILE {
        say(&alice, &format!("meanwhile {n}"));
    }
    tty.keys("half");
    relay.mend();
    alice.hears("小花!guest@127.0.0.1 JOIN #lobby");
    say(&alice, "live");
    alice.hears(" PRIVMSG #lobby :lost");
    tty.ends_with(&["alice: live", "我: half"]);
    tty.keys(" a line\r");
    alice.hears(" PRIVMSG #lobby :half a line");
    tty.ends_with(&["我: half a line", "我:"]);
    let rows = tty.rows();
    let after = rows.iter().position(|row| row == "我: heard").unwrap();
    let shown: Vec<&str> =
        rows[after..].iter().map(String::as_str).filter(|row| !LATE.contains(row)).collect();
    let mut wanted: Vec<String> =
        ["我: heard", "alice: last of the first connection", "我: kept", "我: lost"]
            .map(str::to_owned)
            .to_vec();
    wanted.push("[連線中斷: 伺服器關閉了連線；重新連線中 …]".to_owned());
    wanted.push("[沒有連線，您說的話會在連上後送出]".to_owned());
    wanted.push("[重新連上了，聊天室人數： 2]".to_owned());
    wanted.push("── 未讀 ──".to_owned());
    wanted.extend((0..MEANWHILE).map(|n| format!("alice: meanwhile {n}")));
    wanted.extend(["alice: live", "我: half a line", "我:"].map(str::to_owned));
    assert_eq!(shown, wanted);
    tty.keys("/grep kept\r");
    tty.ends_with(&["[含「kept」的訊息有 1 則]", "我: kept", "── 以上是先前的訊息 ──", "我:"]);
    tty.picture("history-80");
}

/// The room's past can't tell, and to whisper again was never tried.
#[test]
fn what_the_server_took_before_the_connection_was_cut_is_said_once() {
    let server = Server::start(&["--history", "0"]);
    let alice = server.enter("alice");
    let relay = Relay::to(server.address);
    let mut tty = Tty::join(80, relay.address, &["--name", "小花"]);
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    relay.deafen();
    tty.keys("kept\r/msg alice psst\r");
    alice.hears(" PRIVMSG #lobby :kept");
    alice.hears(" PRIVMSG alice :psst");
    relay.mute();
    tty.keys("lost\r/msg alice listen\r");
    tty.sees("listen");
    relay.cut();
    alice.hears("小花!guest@127.0.0.1 QUIT");
    relay.mend();
    tty.sees("[已送達]");
    tty.keys("after\r");
    let told = alice.hears_until(" PRIVMSG #lobby :after");
    let said: Vec<&str> = told
        .iter()
        .filter_map(|line| line.split_once(" PRIVMSG "))
        .map(|(_, said)| said.trim_end())
        .collect();
    assert_eq!(said.len(), 3, "{told:#?}");
    for once in ["#lobby :lost", "alice :listen", "#lobby :after"] {
        assert!(said.contains(&once), "{told:#?}");
    }
}

#[test]
fn a_paste_is_one_message_for_everybody() {
    let server = Server::start(&[]);
    let mut wide = Tty::join(80, server.address, &["--name", "小花"]);
    wide.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    let mut narrow = Tty::join(40, server.address, &["--name", "小明", "--lang", "en"]);
    narrow.ends_with(&["type a message (exit leaves)", "me:"]);
    let plain = server.enter("alice");
    wide.paste("fn main() {\n    println!();\n\n}");
    wide.sees("共 4 行，要送出嗎?");
    wide.keys("ｙ\r");
    wide.ends_with(&["我: fn main() {", "        println!();", "", "    }", "我:"]);
    narrow.ends_with(&["小花: fn main() {", "          println!();", "", "      }", "me:"]);
    plain.hears("PRIVMSG #lobby :fn main() {");
    plain.hears("PRIVMSG #lobby :    println!();");
    narrow.keys("/last 1\r");
    narrow.ends_with(&["      }", "── earlier messages above ──", "me:"]);
    narrow.picture("paste-40");
}
