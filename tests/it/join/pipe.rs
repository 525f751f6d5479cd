//! `join` as a line filter: lines in are said, lines out are one per event.

use super::LATE;
use super::puppet::{CAPS, Client, Puppet};
use crate::kit::undisturbed;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

/// `join` between three pipes.
pub(super) struct Filter {
    child: Child,
    /// None once it is closed.
    input: Option<ChildStdin>,
    output: BufReader<Box<dyn Read + Send>>,
}

impl Filter {
    pub(super) fn join(server: SocketAddr, args: &[&str]) -> Filter {
        Filter::between(server, args, Stdio::piped(), Stdio::piped())
    }

    /// Between these ends.
    pub(super) fn between(server: SocketAddr, args: &[&str], stdin: Stdio, stdout: Stdio) -> Filter {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roomchat"));
        // A puppet speaks no TLS.
        let plain: &[&str] = if args.contains(&"--tls") { &[] } else { &["--tls", "off"] };
        command.args(["join", "--server", &server.to_string()]).args(plain).args(args);
        command.env_clear().env("TERM", "xterm-256color").env("COLORTERM", "truecolor");
        command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output: Box<dyn Read + Send> = match child.stdout.take() {
            Some(pipe) => Box::new(pipe),
            None => Box::new(std::io::empty()),
        };
        Filter { child, input, output: BufReader::new(output) }
    }

    /// Its output is read from here.
    pub(super) fn reading(mut self, output: impl Read + Send + 'static) -> Filter {
        self.output = BufReader::new(Box::new(output));
        self
    }

    /// As 小花, in the room with 小明; the lines about that are read.
    pub(super) fn inside(puppet: &Puppet, caps: &str) -> (Filter, Client) {
        let mut filter = Filter::join(puppet.address(), &["--name", "小花"]);
        let client = puppet.welcome(caps, "小明");
        filter.until("請輸入訊息 (輸入 exit 離開)");
        (filter, client)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// The next line, but what is told where the machine was slow for a second.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        while line.is_empty() || LATE.contains(&line.trim_end()) {
            line.clear();
            if self.output.read_line(&mut line).unwrap() == 0 {
                break;
            }
        }
        line.trim_end().to_owned()
    }

    pub(super) fn until(&mut self, wanted: &str) {
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "never {wanted:?}");
            if line == wanted {
                return;
            }
        }
    }

    pub(super) fn end_input(&mut self) {
        self.input = None;
    }

    /// The exit code and what stands on standard error. Does not end the input.
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        let mut complaint = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        (self.child.wait().unwrap().code(), complaint)
    }

    /// Whether it goes on for so long.
    #[cfg(unix)]
    pub(super) fn goes_on(&mut self, time: Duration) -> bool {
        let started = Instant::now();
        while started.elapsed() < time {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn lines_in_are_said_and_lines_out_are_one_per_event() {
    let puppet = Puppet::new();
    let mut filter = Filter::join(puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "@小明");
    let address = puppet.address();
    for line in [
        &*format!("連線到 {address} …"),
        "小花的聊天室",
        &format!("#lobby，{address}，未加密"),
        "聊天室人數： 2: @小明, 小花",
        "請輸入訊息 (輸入 exit 離開)",
    ] {
        assert_eq!(filter.line(), line);
    }
    client.others("小安", "JOIN #lobby");
    client.others("小安", &format!("PRIVMSG #lobby :{}\x1b[31m", "長 ".repeat(100)));
    client.others("小安", "QUIT");
    assert_eq!(filter.line(), "[小安進入聊天室]");
    assert_eq!(filter.line(), format!("小安: {}[31m", "長 ".repeat(100)));
    assert_eq!(filter.line(), "小安離開聊天室...");
    filter.write("哈囉\n\n  \r\nsecond\r\n".as_bytes());
    assert_eq!(client.echo(), "哈囉");
    assert_eq!(client.echo(), "second");
    assert_eq!(filter.line(), "我: 哈囉");
    assert_eq!(filter.line(), "我: second");
    filter.end_input();
    client.goodbye();
    assert_eq!(filter.end(), (Some(0), String::new()));
}

#[test]
fn the_end_of_the_input_leaves_only_once_the_server_has_it() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    filter.write("哈囉".as_bytes());
    filter.end_input();
    let (label, text) = client.message();
    assert_eq!(text, "哈囉");
    client.fence();
    client.send(&format!("@label={label} :小花!u@h PRIVMSG #lobby :哈囉\n"));
    client.goodbye();
    assert_eq!(filter.end(), (Some(0), String::new()));
}

#[test]
fn a_server_without_capabilities_confirms_by_its_pong() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, "");
    filter.write("one\ntwo\n".as_bytes());
    filter.end_input();
    for text in ["one", "two"] {
        client.expect(&format!("PRIVMSG #lobby :{text}"));
        let fence = client.line();
        let token = fence.strip_prefix("PING ").unwrap().to_owned();
        client.send(&format!(":s.local PONG s.local :{token}\n"));
        assert_eq!(filter.line(), format!("我: {text}"));
    }
    client.goodbye();
    assert_eq!(filter.end().0, Some(0));
}

#[test]
fn what_was_not_sent_is_told_and_is_a_failure() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    filter.write(b"one\n");
    filter.end_input();
    let (label, _) = client.message();
    client.send(&format!("@label={label} :s.local 404 小花 #lobby :Muted\n"));
    assert_eq!(filter.line(), "未送出: Muted: one");
    client.goodbye();
    assert_eq!(filter.end().0, Some(1));
}

#[test]
fn exit_asks_and_the_next_line_answers() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    filter.write(b"exit\nno\nstill here, no exit\nExit\ny\nnever said\n");
    assert_eq!(filter.line(), "確定要離開嗎? are you sure? [y/N]");
    assert_eq!(client.echo(), "still here, no exit");
    client.goodbye();
    assert_eq!(filter.end().0, Some(0));
}

/// It was swallowed as a no.
#[test]
fn a_line_that_is_no_answer_is_said() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    filter.write(b"one\nexit\nIMPORTANT\nthree\n");
    filter.end_input();
    for text in ["one", "IMPORTANT", "three"] {
        assert_eq!(client.echo(), text);
    }
    client.goodbye();
    assert_eq!(filter.end().0, Some(0));
}

/// `/dev/…` was an unknown command, and what else begins with `/` was obeyed.
#[test]
fn each_line_of_a_pipe_is_said_as_it_stands() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    let lines = ["/dev/sda1 97% /", "/nick evil", "//x", "/quit", "/hepl"];
    filter.write(format!("{}\n", lines.join("\n")).as_bytes());
    filter.end_input();
    for line in lines {
        assert_eq!(client.echo(), line);
    }
    client.goodbye();
    assert_eq!(filter.end().0, Some(0));
}

#[test]
fn commands_of_a_pipe_have_to_be_asked_for_and_to_make_sense() {
    for (mistake, code) in [("", 0), ("/hepl\n", 1), ("/last none\n", 1)] {
        let puppet = Puppet::new();
        let mut filter = Filter::join(puppet.address(), &["--name", "小花", "--commands"]);
        let mut client = puppet.welcome(CAPS, "小明");
        // An editor may begin with a byte order mark: then the first command was said in the room.
        filter.write(format!("\u{feff}/topic tea\n/dev/sda1\n{mistake}//x\n").as_bytes());
        filter.end_input();
        client.expect("TOPIC #lobby :tea");
        assert_eq!(client.echo(), "/dev/sda1");
        assert_eq!(client.echo(), "/x");
        client.goodbye();
        assert_eq!(filter.end().0, Some(code), "{mistake:?}");
    }
}

#[test]
fn the_end_of_the_input_at_the_question_leaves() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    filter.write(b"exit\n");
    filter.end_input();
    client.goodbye();
    assert_eq!(filter.end().0, Some(0));
}

#[test]
fn invalid_utf_8_does_not_stop_it() {
    let puppet = Puppet::new();
    let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
    filter.write(b"a\xffb\nnext\n");
    assert_eq!(client.echo(), "a\u{fffd}b");
    assert_eq!(client.echo(), "next");
    filter.end_input();
    client.goodbye();
    assert_eq!(filter.end().0, Some(0));
}

#[test]
fn the_name_is_asked_for_first_and_a_blank_one_again() {
    let puppet = Puppet::new();
    let mut filter = Filter::join(puppet.address(), &["--lang", "en"]);
    assert_eq!(filter.line(), "your name:");
    assert!(!puppet.is_called());
    filter.write(b"\n");
    assert_eq!(filter.line(), "your name:");
    filter.write(b"bob\n");
    let _client = puppet.welcome(CAPS, "");
    filter.until("bob's chat room");
}

#[test]
fn a_refused_name_ends_it_with_a_sentence() {
    let puppet = Puppet::new();
    let filter = Filter::join(puppet.address(), &["--name", "小花"]);
    let mut client = puppet.accept();
    client.expect("CAP LS 302");
    client.send(":s.local 433 * 小花 :Nickname is already in use.\n");
    assert_eq!(filter.end(), (Some(1), "名稱「小花」已經有人使用，請換一個\n".to_owned()));
    let filter = Filter::join(puppet.address(), &["--name", "小 明"]);
    assert_eq!(filter.end(), (Some(2), "名稱不能有空白，例如: 小明\n".to_owned()));
}

#[test]
fn a_lost_connection_is_told_with_the_servers_words() {
    let puppet = Puppet::new();
    let (filter, mut client) = Filter::inside(&puppet, CAPS);
    client.send("ERROR :Closing link: too slow\n");
    drop(client);
    assert_eq!(filter.end(), (Some(1), "連線中斷: Closing link: too slow\n".to_owned()));
}

#[test]
fn without_a_server_it_says_how_to_start_one() {
    let puppet = Puppet::new();
    let address = puppet.address();
    drop(puppet);
    let (code, complaint) = Filter::join(address, &["--name", "bob", "--lang", "en"]).end();
    assert_eq!(code, Some(1));
    assert!(complaint.starts_with(&format!("cannot connect to {address}: ")), "{complaint}");
    assert!(complaint.contains("roomchat serve"), "{complaint}");
    // No server is missing where its name is wrong.
    let nowhere = format!("{}:7000", "x".repeat(64));
    let join = Command::new(env!("CARGO_BIN_EXE_roomchat"))
        .args(["join", "--name", "bob", "--lang", "en", "--server", &nowhere])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&join.stderr);
    assert_eq!(join.status.code(), Some(1));
    assert!(complaint.starts_with("cannot connect to x") && !complaint.contains("serve"), "{complaint}");
}

#[test]
fn wrong_arguments_are_told_from_refusals() {
    let server = "127.0.0.1:1".parse().unwrap();
    for args in [&["--room", "two words"][..], &["--server", "a:b:c:"], &["--nonsense"]] {
        assert_eq!(Filter::join(server, args).end().0, Some(2), "{args:?}");
    }
    // The last of them was left out without a word.
    let rooms: Vec<String> = (0..101).flat_map(|n| ["--room".to_owned(), format!("#r{n}")]).collect();
    let rooms: Vec<&str> = rooms.iter().map(String::as_str).collect();
    let (code, complaint) = Filter::join(server, &rooms).end();
    assert!(code == Some(2) && complaint.contains("100"), "{complaint}");
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_at_once_and_says_goodbye() {
    undisturbed(|| {
        for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
            let puppet = Puppet::new();
            let (mut filter, mut client) = Filter::inside(&puppet, CAPS);
            filter.write(b"unanswered\n");
            client.message();
            filter.signal(signal);
            client.goodbye();
            assert_eq!(filter.end().0, Some(code), "{signal}");
        }
    });
}
