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
        tty.ends_with(&["名稱「小花」已經有人使用，請換一個", "請輸入您的名稱:"]);
        tty.keys(key);
        assert_eq!(tty.exit_code(), 0, "{key:?}");
        tty.assert_given_back();
    }
}

#[test]
fn closing_the_terminal_ends_it_at_the_name_prompt_and_inside() {
    for name in [None, Some("小花")] {
        let puppet = Puppet::new();
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_roomchat"));
        command.args(["join", "--server", &puppet.address().to_string()]);
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
        // The closed terminal is told by SIGHUP and by the end of the input: either may come first.
        let status = status.expect("it ends when its terminal is closed").exit_code();
        assert!(status == 129 || name.is_none() && status == 0, "{status}");
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
