//! `join` as a line filter whose ends fail, or do not block.

use super::pipe::Filter;
use super::puppet::{CAPS, Client, Puppet};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

const HINT: &str = "請輸入訊息 (輸入 exit 離開)";

/// Two ends: the one for `join` does not block.
fn non_blocking() -> (UnixStream, Stdio) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    (ours, OwnedFd::from(theirs).into())
}

fn enter(puppet: &Puppet, stdin: Stdio, stdout: Stdio) -> (Filter, Client) {
    let filter = Filter::between(puppet.address(), &["--name", "小花"], stdin, stdout);
    (filter, puppet.welcome(CAPS, "小明"))
}

/// It left without having said it, and with 0.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_nothing_from_being_said() {
    let puppet = Puppet::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (mut filter, mut client) = enter(&puppet, Stdio::piped(), full.into());
    filter.write(b"deploy done\n");
    client.others("小明", "PRIVMSG #lobby :unheard");
    assert_eq!(client.echo(), "deploy done");
    filter.write(b"and tested\n");
    filter.end_input();
    assert_eq!(client.echo(), "and tested");
    client.goodbye();
    assert_eq!(filter.end(), (Some(1), "無法寫到標準輸出: 空間不足 (os error 28)\n".to_owned()));
}

/// `| head -1`: the reader is content, and so is everybody.
#[test]
fn a_reader_that_goes_keeps_nothing_from_being_said() {
    for (refused, code) in [(false, 0), (true, 1)] {
        let puppet = Puppet::new();
        let (mut filter, mut client) = enter(&puppet, Stdio::piped(), Stdio::piped());
        assert!(filter.line().starts_with("連線到 "));
        filter = filter.reading(std::io::empty());
        for n in 0..3 {
            client.others("小明", &format!("PRIVMSG #lobby :{n}"));
            client.fence();
        }
        filter.write(b"deploy done\n");
        filter.end_input();
        let (label, text) = client.message();
        assert_eq!(text, "deploy done");
        match refused {
            true => client.send(&format!("@label={label} :s.local 404 小花 #lobby :Muted\n")),
            false => client.send(&format!("@label={label} :小花!u@h PRIVMSG #lobby :{text}\n")),
        }
        client.goodbye();
        assert_eq!(filter.end(), (Some(code), String::new()));
    }
}

/// What was not there yet was taken for the end.
#[test]
fn an_input_that_does_not_block_is_waited_for() {
    let puppet = Puppet::new();
    let (mut input, stdin) = non_blocking();
    let (mut filter, mut client) = enter(&puppet, stdin, Stdio::piped());
    filter.until(HINT);
    client.fence();
    input.write_all(b"one\nhalf").unwrap();
    assert_eq!(client.echo(), "one");
    client.fence();
    input.write_all(b" a line\n").unwrap();
    assert_eq!(client.echo(), "half a line");
    drop(input);
    client.goodbye();
    assert_eq!(filter.end(), (Some(0), String::new()));
}

/// An output that took nothing at the moment was taken for one that is gone.
#[test]
fn an_output_that_does_not_block_gets_all_of_it() {
    // Far more than a socket holds, and less than is kept for a reader.
    const LINES: usize = 3000;
    let long = "長".repeat(120);
    let puppet = Puppet::new();
    let (output, stdout) = non_blocking();
    let (mut filter, mut client) = enter(&puppet, Stdio::piped(), stdout);
    for n in 0..LINES {
        client.others("小明", &format!("PRIVMSG #lobby :{n} {long}"));
    }
    filter.write(b"deploy done\n");
    filter.end_input();
    assert_eq!(client.echo(), "deploy done");
    client.goodbye();
    let mut filter = filter.reading(output);
    filter.until(HINT);
    let mut said = false;
    for n in 0..LINES {
        let mut line = filter.line();
        // Said whenever the input was read.
        if !said && line == "我: deploy done" {
            said = true;
            line = filter.line();
        }
        assert_eq!(line, format!("小明: {n} {long}"));
    }
    assert_eq!(filter.end(), (Some(0), String::new()));
}

/// What the reader had not taken a second after the connection was lost was lost with it.
#[test]
fn a_slow_reader_gets_all_of_it_also_where_the_connection_is_lost() {
    const LINES: usize = 3000;
    let long = "長".repeat(120);
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    for n in 0..LINES {
        client.others("小明", &format!("PRIVMSG #lobby :{n} {long}"));
    }
    drop(client);
    assert!(filter.goes_on(Duration::from_secs(4)));
    for n in 0..LINES {
        assert_eq!(filter.line(), format!("小明: {n} {long}"));
    }
    assert_eq!(filter.end(), (Some(1), "伺服器關閉了連線\n".to_owned()));
}

#[test]
fn an_input_that_cannot_be_read_is_a_failure() {
    let puppet = Puppet::new();
    let folder = std::fs::File::open(std::env::temp_dir()).unwrap();
    let (filter, mut client) = enter(&puppet, folder.into(), Stdio::piped());
    client.goodbye();
    let (code, complaint) = filter.end();
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with("無法讀取標準輸入: "), "{complaint}");
}
