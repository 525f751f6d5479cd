//! Wherever `join` waits, it can be left: by a key, by a signal, by closing the terminal.

use super::DEADLINE;
use super::puppet::{CAPS, Puppet};
use super::tty::Tty;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read;
use std::sync::mpsc::channel;
use std::thread;

/// They once waited for ever: the thread that reads names was joined by the one that asks it.
#[test]
fn a_key_at_the_name_prompt_leaves() {
    let puppet = Puppet::new();
    for key in ["\x03", "\x04"] {
        let mut tty = Tty::join(80, puppet.address(), &[]);
        tty.shows(&["請輸入您的名稱:"]);
        tty.keys(key);
        assert_eq!(tty.exit_code(), 0, "{key:?}");
        tty.assert_given_back();
    }
}

#[test]
fn a_key_at_the_prompt_after_a_taken_name_leaves() {
    for key in ["\x03", "\x04"] {
        let puppet = Puppet::new();
        let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
        let mut client = puppet.accept();
        client.expect("CAP LS 302");
        client.send(":s.local 433 * 小花 :Nickname is already in use.\n");
        tty.sees("名稱「小花」已經有人使用，請換一個");
        tty.ends_with(&["請輸入您的名稱:"]);
        tty.keys(key);
        assert_eq!(tty.exit_code(), 0, "{key:?}");
        tty.assert_given_back();
    }
}

/// A prompt stood above the sentence as if somebody could still type there.
#[test]
fn no_prompt_is_left_where_nothing_more_is_typed() {
    for (typed, above) in [("", "[小明進入聊天室]"), ("half", "我: half")] {
        let puppet = Puppet::new();
        let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
        let mut client = puppet.welcome(CAPS, "bob");
        client.others("小明", "JOIN #lobby");
        tty.ends_with(&["[小明進入聊天室]", "我:"]);
        tty.keys(typed);
        tty.ends_with(&["[小明進入聊天室]", format!("我: {typed}").trim_end()]);
        client.send("ERROR :Closing link: 小花[u@h] (Killed (root (no)))\n");
        drop(client);
        assert_eq!(tty.exit_code(), 1);
        let rows = tty.rows();
        let told = rows.iter().position(|row| row.contains("連線中斷")).unwrap();
        assert_eq!(rows[told - 1], above, "{rows:?}");
    }
}

#[test]
fn closing_the_terminal_ends_it_at_the_name_prompt_and_inside() {
    for name in [None, Some("小花")] {
        let puppet = Puppet::new();
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_roomchat"));
        command.args(["join", "--tls", "off", "--server", &puppet.address().to_string()]);
        name.iter().for_each(|name| command.args(["--name", name]));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let mut shown = String::new();
        let client = name.map(|_| puppet.welcome(CAPS, "小明"));
        while !shown.contains(if name.is_some() { "離開)" } else { "名稱" }) {
            let mut buffer = [0; 4096];
            let count = reader.read(&mut buffer).unwrap();
            shown += &String::from_utf8_lossy(&buffer[..count]);
        }
        drop((reader, pty.master));
        if let Some(mut client) = client {
            client.goodbye();
        }
        let (tx, ended) = channel();
        let mut killer = child.clone_killer();
        thread::spawn(move || tx.send(child.wait().unwrap()));
        let status = ended.recv_timeout(DEADLINE);
        let _ = killer.kill();
        let status = status.expect("it ends when its terminal is closed").exit_code();
        assert_eq!(status, 129, "{name:?}");
    }
}

/// A signal was only a number in a channel, which nobody takes while a thread is joined.
#[test]
fn a_signal_ends_it_while_it_says_goodbye() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["我:"]);
    tty.keys("exit\ry\r");
    client.expect("QUIT");
    // The server takes its time: the connection stays open.
    tty.signal("-TERM");
    assert_eq!(tty.exit_code(), 143);
    tty.assert_given_back();
}

/// A history file that nobody writes to, which once was waited for before anything else.
#[test]
fn a_history_file_that_never_ends_keeps_nobody() {
    let folder = std::env::temp_dir().join(format!("roomchat-fifo-{}", crate::kit::unique()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("roomchat")).unwrap();
    let fifo = folder.join("roomchat/history");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let puppet = Puppet::new();
    let env = [("XDG_STATE_HOME", folder.to_str().unwrap())];
    let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], &env);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["我:"]);
    tty.keys("哈囉\r");
    assert_eq!(client.echo(), "哈囉");
    tty.signal("-TERM");
    client.goodbye();
    assert_eq!(tty.exit_code(), 143);
    std::fs::remove_dir_all(folder).unwrap();
}

/// The goodbye waits for the server, and what is to be drawn for a terminal that takes nothing.
#[test]
fn a_second_signal_ends_it_at_once_whatever_it_waits_for() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["我:"]);
    tty.keys("exit\ry\r");
    client.expect("QUIT");
    tty.keys("\x03");
    tty.keys("\x03");
    assert_eq!(tty.exit_code(), 130);
    tty.assert_given_back();
}

#[test]
fn what_is_typed_while_connecting_is_not_left_for_the_shell() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let _silent = puppet.accept();
    tty.sees("連線到");
    tty.keys("rm -rf /\r");
    tty.signal("-TERM");
    assert_eq!(tty.exit_code(), 143);
    tty.assert_given_back();
    assert_eq!(tty.unread(), 0);
}
