//! `join` in the rooms of other people's servers, with the limits that they come with.

use super::relay::Relay;
use super::tty::Tty;
use crate::kit::Client;
use crate::others::Other;
use std::net::TcpStream;

/// Somebody else in the room.
fn enter(server: &Other, name: &str) -> Client {
    let client = Client::over(TcpStream::connect(server.address).unwrap());
    client.send(&format!("NICK {name}\r\nUSER {name} 0 * :x"));
    client.hears(" 001 ");
    client.send("JOIN #lobby");
    client.hears(" 366 ");
    client
}

fn sit(address: std::net::SocketAddr, name: &str) -> Tty {
    let tty = Tty::join(80, address, &["--name", name]);
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    tty
}

/// More than a window holds, so that the paste asks at once.
fn long_lines(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number:0>200}")).collect()
}

/// Pastes this, and types something after it.
fn paste(tty: &mut Tty, lines: &[String]) {
    tty.paste(&lines.join("\n"));
    tty.sees("[y/N]");
    tty.keys("y\r");
    tty.until("the paste and a prompt", |rows| rows.last().is_some_and(|row| row == "我:"));
    tty.keys("after\r");
}

/// It was "RecvQ exceeded", and all of it was lost.
#[test]
fn a_large_paste_arrives_at_inspircd_whole_and_in_order() {
    // Debian's limits, but twenty times as fast, and the smallest queue that servers have.
    let limits = "threshold=\"10\" commandrate=\"20000\" recvq=\"1024\"";
    let Some(server) = Other::inspircd_with(&[], limits) else { return };
    let watcher = enter(&server, "watcher");
    let mut tty = sit(server.address, "hua");
    let lines = long_lines(60);
    paste(&mut tty, &lines);
    for line in lines.iter().map(String::as_str).chain(["after"]) {
        let heard = watcher.hears("PRIVMSG #lobby");
        assert_eq!(heard.split_once(" :").unwrap().1, line);
    }
    tty.sees("[已送達 60/60]");
}

/// Each connection was closed with "Excess Flood" like the one before, and
/// lost what was under way.
#[test]
fn inspircd_without_fakelag_closes_once_and_then_gets_one_message_at_a_time() {
    let Some(server) = Other::inspircd_with(&[], "threshold=\"10\" fakelag=\"off\"") else { return };
    let watcher = enter(&server, "watcher");
    let mut tty = sit(server.address, "hua");
    watcher.hears(":hua!");
    paste(&mut tty, &long_lines(10));
    let mut heard = Vec::new();
    let mut entered = 0;
    while heard.last().is_none_or(|text| text != "after") {
        let line = watcher.hears(":hua!");
        match line.split_once(" PRIVMSG #lobby :") {
            Some((_, text)) => heard.push(text.to_owned()),
            None => entered += usize::from(line.contains(" JOIN ")),
        }
    }
    assert_eq!(entered, 1, "{heard:?}");
    assert!(heard.is_sorted() && heard.len() > 5, "{heard:?}");
    // What was under way is told.
    tty.sees("不確定有沒有送到 (伺服器沒有回應):");
}

/// The name was refused as too long, and the client sat there for ever.
#[test]
fn ngircd_has_somebody_else_with_our_name_of_nine_letters_for_a_while() {
    let Some(server) = Other::ngircd_with("MaxNickLength = 9") else { return };
    let watcher = enter(&server, "watcher");
    let relay = Relay::to(server.address);
    let mut tty = sit(relay.address, "alexander");
    relay.cut();
    watcher.hears(":alexander!~alexander@127.0.0.1 QUIT");
    let ghost = enter(&server, "alexander");
    tty.sees("重新連線中");
    tty.keys("meanwhile\r");
    relay.mend();
    assert!(watcher.hears("PRIVMSG #lobby :meanwhile").starts_with(":alexande_!"));
    tty.sees("[名稱「alexander」還有人使用，您現在是「alexande_」");
    drop(ghost);
    assert!(watcher.hears(" NICK :alexander").starts_with(":alexande_!"));
    tty.keys("again\r");
    assert!(watcher.hears("PRIVMSG #lobby :again").starts_with(":alexander!"));
}

/// Neither answers TLS, and the one without capabilities says nothing to CAP: it was waited for a minute.
#[test]
fn servers_without_tls_are_found_to_be_plain() {
    let limits = "threshold=\"10\" fakelag=\"off\"";
    for server in [Other::inspircd_with(&[], limits), Other::ngircd_with("")].into_iter().flatten() {
        let tty = Tty::join(80, server.address, &["--name", "hua", "--tls", "auto"]);
        tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
        assert!(tty.rows().iter().any(|row| row.ends_with("，未加密")));
    }
}
