//! `join` with one end at a terminal and the other in a pipe.

use super::LATE;
use super::puppet::{CAPS, Puppet};
use super::tty::Tty;
use std::io::{BufRead, BufReader, Read, Write};

#[test]
fn a_person_at_a_terminal_fills_a_pipe_with_lines() {
    let puppet = Puppet::new();
    let (mut tty, output) = Tty::only_input(puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    let mut output = BufReader::new(output);
    let mut written = String::new();
    while !written.ends_with("請輸入訊息 (輸入 exit 離開)\n") {
        assert!(output.read_line(&mut written).unwrap() > 0, "{written:?}");
    }
    tty.keys("哈囉\r");
    client.echo();
    client.others("小明", "PRIVMSG #lobby :嗨 小花");
    // The terminal itself shows what is typed.
    tty.shows(&["哈囉"]);
    tty.keys("\x04");
    client.goodbye();
    output.read_to_string(&mut written).unwrap();
    let said = written.split_once("(輸入 exit 離開)\n").unwrap().1;
    let said: Vec<&str> = said.lines().filter(|line| !LATE.contains(line)).collect();
    assert_eq!(said, ["我: 哈囉", "小明: 嗨 小花"]);
    assert_eq!(tty.exit_code(), 0);
    let escape = |text: &str| text.contains(['\x1b', '\x07']);
    assert!(!escape(&written) && !escape(&tty.raw()), "{written:?} {:?}", tty.raw());
}

#[test]
fn a_pipe_of_lines_fills_a_terminal_without_a_prompt() {
    let puppet = Puppet::new();
    let (mut tty, mut input) = Tty::only_output(puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)"]);
    input.write_all("哈囉\n/nick evil\n".as_bytes()).unwrap();
    assert_eq!(client.echo(), "哈囉");
    assert_eq!(client.echo(), "/nick evil");
    client.others("小明", "PRIVMSG #lobby :嗨");
    tty.ends_with(&["我: 哈囉", "我: /nick evil", "小明: 嗨"]);
    drop(input);
    client.goodbye();
    assert_eq!(tty.exit_code(), 0);
    tty.ends_with(&["小明: 嗨"]);
    assert!(!tty.raw().contains(['\x1b', '\x07']), "{:?}", tty.raw());
}

/// A password that was typed after Ctrl-C was said in the room: the screen still looked as if it were
/// asked for, and what answers no question is said.
#[test]
fn a_password_after_ctrl_c_is_not_said() {
    let puppet = Puppet::new();
    let mut tty = Tty::open(24, 80, puppet.address(), &["--name", "小花", "--lang", "en", "--plain"], &[]);
    let mut client = puppet.welcome(CAPS, "小明");
    tty.sees("type a message (exit leaves)");
    tty.keys("/oper root\r");
    tty.ends_with(&["password:"]);
    tty.keys("\x03");
    tty.until("the question", |rows| rows.last().is_some_and(|row| row.ends_with("are you sure? [y/N]")));
    tty.keys("geheim\r");
    // What is typed is seen again.
    tty.ends_with(&["geheim"]);
    tty.keys("hello\r");
    assert_eq!(client.echo(), "hello");
    tty.keys("\x04");
    client.goodbye();
    assert_eq!(tty.exit_code(), 0);
}

/// Commands are obeyed, mistyped or not, and a reader that goes changes nothing.
#[test]
fn a_person_at_a_terminal_has_commands_without_an_editor() {
    let puppet = Puppet::new();
    let (mut tty, output) = Tty::only_input(puppet.address(), &["--name", "小花"]);
    let mut client = puppet.welcome(CAPS, "小明");
    let mut output = BufReader::new(output);
    let mut line = String::new();
    while line != "請輸入訊息 (輸入 exit 離開)\n" {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0);
    }
    tty.keys("/topic tea\r/dev/sda1 is full\r/hepl\r");
    client.expect("TOPIC #lobby :tea");
    assert_eq!(client.echo(), "/dev/sda1 is full");
    drop(output);
    for text in ["one", "two"] {
        client.others("小明", &format!("PRIVMSG #lobby :{text}"));
        tty.keys(&format!("{text}\r"));
        assert_eq!(client.echo(), text);
    }
    tty.keys("\x04");
    client.goodbye();
    assert_eq!(tty.exit_code(), 0);
}
