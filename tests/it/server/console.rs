//! What the console tells.

use super::Console;
use crate::kit::{Server, roomchat};
use std::net::TcpStream;

/// The console's lines while somebody comes, talks and leaves.
fn visit(lang: &str) -> (Vec<String>, String) {
    let server = Server::start(&["--lang", lang]);
    let client = server.enter("小明");
    client.send("PRIVMSG #lobby :哈囉");
    client.send("QUIT");
    client.hears_to_the_end();
    let first = server.shows("");
    let lines = (0..6).map(|_| server.shows("").replace(&client.address, "ADDRESS"));
    let lines = [first.replace(&server.address.to_string(), "SERVER")].into_iter().chain(lines).collect();
    (lines, client.address)
}

#[test]
fn the_console_tells_who_comes_talks_and_leaves() {
    let (lines, address) = visit("zh-TW");
    assert!(address.starts_with("('127.0.0.1', "));
    assert_eq!(
        lines,
        [
            "朋友可以這樣加入: roomchat join --server SERVER",
            "client_name = 小明",
            "[NEW CONNECTION] ADDRESS connected.",
            "聊天室人數： 1",
            "小明: 哈囉 from ADDRESS",
            "[CLOSED] ADDRESS closed.",
            "聊天室人數： 0",
        ]
    );
}

#[test]
fn the_console_speaks_english_when_asked_to() {
    let (lines, _) = visit("en");
    assert_eq!(
        lines,
        [
            "friends join with: roomchat join --server SERVER",
            "client_name = 小明",
            "[NEW CONNECTION] ADDRESS connected.",
            "people in the room: 1",
            "小明: 哈囉 from ADDRESS",
            "[CLOSED] ADDRESS closed.",
            "people in the room: 0",
        ]
    );
}

#[test]
fn other_rooms_say_their_name_and_who_gave_none_is_told_so() {
    let server = Server::start(&[]);
    let client = server.enter("小明");
    client.send("JOIN #lab\r\nPRIVMSG #lab :哈囉\r\nPART #lab");
    assert_eq!(server.shows("#lab"), "[#lab] [小明進入聊天室]");
    assert_eq!(server.shows("#lab"), "[#lab] 聊天室人數： 1");
    assert_eq!(server.shows("#lab"), format!("[#lab] 小明: 哈囉 from {}", client.address));
    assert_eq!(server.shows("#lab"), "[#lab] 小明離開聊天室...");
    assert_eq!(server.shows("#lab"), "[#lab] 聊天室人數： 0");
    let nobody = server.connect();
    let address = nobody.address.clone();
    drop(nobody);
    assert_eq!(server.shows("關閉"), format!("{address} 關閉了登入視窗..."));
}

#[test]
fn a_console_that_nobody_reads_does_not_stop_the_room() {
    let server = Server::start_without_console(&[]);
    let (a, b) = (server.enter("小明"), server.enter("小花"));
    for number in 0..100 {
        a.send(&format!("PRIVMSG #lobby :{number}"));
        b.hears(&format!("PRIVMSG #lobby :{number}"));
    }
}

#[test]
fn the_console_is_written_for_programs_when_asked_to() {
    let mut command = roomchat();
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--max-clients", "9"]);
    command.args(["--local-operators", "off"]);
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = Console::of(child);
    let starting = lines.next();
    assert_eq!(starting["event"], "starting");
    assert!(starting["time"].as_str().unwrap().ends_with('Z'));
    let seats = lines.next();
    assert_eq!((&seats["event"], &seats["count"]), (&"seats".into(), &9.into()));
    let local = lines.next();
    assert_eq!((&local["event"], &local["on"]), (&"local operators".into(), &false.into()));
    let encryption = lines.next();
    assert!(encryption["key"].as_str().is_some_and(|key| key.starts_with("SHA256:")), "{encryption}");
    let listening = lines.next();
    let address = listening["address"].as_str().unwrap();
    let client = crate::kit::Client::over(TcpStream::connect(address).unwrap());
    client.say_name("小明");
    client.send("PRIVMSG #lobby :哈囉 \"all\"");
    client.send("QUIT :bye");
    let events: Vec<_> = std::iter::repeat_with(|| lines.next()).take(5).collect();
    let told: Vec<_> = events.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(told, ["connected", "entered", "said", "closed", "left"]);
    assert_eq!(events[2]["text"], "哈囉 \"all\"");
    assert_eq!((&events[3]["why"], &events[3]["text"]), (&"quit".into(), &"bye".into()));
}
