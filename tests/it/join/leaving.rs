//! A person who leaves waits for what was said, as long as the server takes it.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;
use std::thread;
use std::time::{Duration, Instant};

/// The rest of a paste was given up after three seconds, while the server took it.
#[test]
fn whoever_leaves_waits_for_a_long_text_and_ctrl_c_does_not() {
    for interrupted in [false, true] {
        let puppet = Puppet::new();
        let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
        let mut client = puppet.accept();
        client.register_with("", "PREFIX=(ov)@+");
        client.enter("小明");
        tty.ends_with(&["我:"]);
        let lines: Vec<String> = (1..=12).map(|number| number.to_string()).collect();
        tty.paste(&lines.join("\n"));
        tty.sees("[y/N]");
        tty.keys("y\r");
        let message = |client: &mut Client| {
            let line = client.line();
            assert!(client.line().starts_with("PING "));
            line.strip_prefix("PRIVMSG #lobby :").unwrap_or_else(|| panic!("{line:?}")).to_owned()
        };
        let mut heard: Vec<String> = (0..5).map(|_| message(&mut client)).collect();
        tty.keys("exit\ry\r");
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(4) {
            client.fence();
        }
        if interrupted {
            tty.keys("\x03");
            client.goodbye();
            assert_eq!(tty.exit_code(), 130);
            tty.sees("不確定有沒有送到 (伺服器沒有回應): 1");
            continue;
        }
        while heard.len() < lines.len() {
            client.send(":s.local PONG s.local\n");
            heard.push(message(&mut client));
        }
        assert_eq!(heard, lines);
        client.send(&":s.local PONG s.local\n".repeat(5));
        client.goodbye();
        assert_eq!(tty.exit_code(), 0);
    }
}

/// It ended with 1 and without a word.
#[test]
fn what_the_server_never_confirms_is_told_when_somebody_leaves() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["我:"]);
    tty.keys("one\r");
    client.message();
    tty.keys("exit\ry\r");
    client.goodbye();
    assert_eq!(tty.exit_code(), 1);
    tty.sees("不確定有沒有送到 (伺服器沒有回應): one");
}

/// The thread that everything waits for waited for the server to read.
#[test]
fn a_server_that_asks_and_does_not_read_the_answers_holds_up_nobody() {
    let puppet = Puppet::new();
    let mut tty = Tty::join(80, puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["我:"]);
    let flood = thread::spawn(move || client.floods(&format!("PING :{}\r\n", "x".repeat(12_000))));
    tty.sees("[連線中斷: 太久沒有回應；重新連線中 …]");
    tty.keys("exit\ry\r");
    assert_eq!(tty.exit_code(), 0);
    flood.join().unwrap();
}
