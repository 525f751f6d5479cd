//! Servers that are none, and servers that refuse on the way back.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;

fn inside(name: &str) -> (Puppet, Tty, Client) {
    let puppet = Puppet::new();
    let tty = Tty::join(80, puppet.address(), &["--name", name]);
    let client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    (puppet, tty, client)
}

/// It was waited for two minutes.
#[test]
fn what_is_no_chat_server_is_left_at_once() {
    for banner in ["SSH-2.0-OpenSSH_9.2p1", "HTTP/1.1 400 Bad Request", "220 mail.example ESMTP"] {
        let puppet = Puppet::new();
        let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
        puppet.accept().send(&format!("{banner}\n"));
        assert_eq!(tty.exit_code(), 1);
        tty.sees(&format!("這不是聊天室伺服器，它說: {banner}"));
        tty.assert_given_back();
    }
}

#[test]
fn a_server_that_says_nothing_is_wondered_at() {
    let puppet = Puppet::new();
    let tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let _client = puppet.accept();
    tty.sees("還沒有回應；這是聊天室伺服器嗎?");
}

/// The prompt looked alive, and nothing that was typed was said.
#[test]
fn a_name_that_has_no_room_for_more_is_varied_on_the_way_back() {
    for (name, varied) in
        [("abcdefghijklmnopqrst", "abcdefghijklmnopqrs_"), ("一二三四五六七八九十", "一二三四五六七八九_")]
    {
        let (puppet, mut tty, client) = inside(name);
        drop(client);
        let mut client = puppet.accept();
        client.expect("CAP LS 302");
        client.expect(&format!("NICK {name}"));
        client.line();
        client.send(&format!(":s.local 433 * {name} :Nickname is already in use.\n"));
        client.expect(&format!("NICK {varied}"));
        client.send(&format!(":s.local 001 {varied} :Hi\n:s.local 422 {varied} :No MOTD\n"));
        client.rename(varied);
        client.enter(name);
        tty.sees(&format!("[名稱「{name}」還有人使用，您現在是「{varied}」"));
        tty.keys("哈囉\r");
        client.expect("PRIVMSG #lobby :哈囉");
        client.line();
        client.others(name, "QUIT :timeout");
        client.expect(&format!("NICK {name}"));
    }
}

#[test]
fn a_ban_on_the_way_back_ends_the_program() {
    let (puppet, mut tty, client) = inside("小花");
    drop(client);
    let mut client = puppet.accept();
    client.expect("CAP LS 302");
    client.send(":s.local 465 * :You are banned\n");
    assert_eq!(tty.exit_code(), 1);
    tty.sees("伺服器不讓您連線: You are banned");
    tty.assert_given_back();
}

#[test]
fn a_room_that_is_closed_on_the_way_back_is_told_of_and_can_be_joined() {
    let (puppet, mut tty, client) = inside("小花");
    drop(client);
    let mut client = puppet.accept();
    client.register(CAPS);
    client.expect("JOIN #lobby");
    client.send(":s.local 474 小花 #lobby :Banned\n");
    tty.sees("[連上了，但無法進入 #lobby: Banned；用 /join #lobby 再試]");
    tty.keys("哈囉\r");
    tty.sees("未送出: 您不在這個聊天室裡: 哈囉");
    tty.keys("/join lobby\r");
    client.enter("小明");
    tty.ends_with(&["聊天室人數： 2: 小明, 小花", "我:"]);
    tty.keys("哈囉\r");
    assert_eq!(client.echo(), "哈囉");
}
