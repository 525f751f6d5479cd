//! What is kept of the lines that were typed, for ↑ in later sittings.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A state folder of a test; removed when dropped.
struct State(PathBuf);

impl State {
    fn new() -> State {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("roomchat-kept-{}-{number}", crate::kit::unique()));
        fs::create_dir_all(folder.join("roomchat")).unwrap();
        State(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("roomchat/history")
    }

    fn kept(&self) -> String {
        fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// In the room, with this history.
    fn sit(&self, puppet: &Puppet, env: &[(&str, &str)]) -> (Tty, Client) {
        let env = [env, &[("XDG_STATE_HOME", self.0.to_str().unwrap())]].concat();
        let tty = Tty::open(24, 80, puppet.address(), &["--name", "小花", "--lang", "en"], &env);
        let client = puppet.welcome(CAPS, "小明");
        tty.ends_with(&["type a message (exit leaves)", "me:"]);
        (tty, client)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn leave(mut tty: Tty, mut client: Client) -> u32 {
    tty.keys("\x15exit\ry\r");
    client.goodbye();
    tty.exit_code()
}

/// The advice was to say it aloud, and then it was kept.
/// It stood on the screen, and among the lines that come back.
#[test]
fn a_password_is_asked_for_without_showing_it() {
    let state = State::new();
    let puppet = Puppet::new();
    let (mut tty, mut client) = state.sit(&puppet, &[]);
    tty.keys("/oper root\r");
    tty.ends_with(&["me: /oper root", "password:"]);
    tty.keys("gehe\x7fim");
    tty.ends_with(&["me: /oper root", "password:"]);
    tty.keys("\r");
    client.expect("OPER root :gehim");
    client.send(":s.local 381 小花 :You are now an IRC operator\n");
    tty.ends_with(&["[you are an operator of the server now: you may end connections /kill]", "me:"]);
    // Ctrl-C wants nothing more of it, and leaves nothing behind.
    tty.keys("/oper root\r");
    tty.ends_with(&["password:"]);
    tty.keys("geheim\x03");
    tty.ends_with(&["me: /oper root", "me:"]);
    tty.keys("\x1b[A");
    tty.ends_with(&["me: /oper root"]);
    tty.keys("\x15");
    leave(tty, client);
    assert_eq!(state.kept(), "");
}

#[test]
fn a_password_is_neither_advised_to_be_said_nor_kept() {
    let state = State::new();
    let puppet = Puppet::new();
    let (mut tty, mut client) = state.sit(&puppet, &[]);
    tty.keys("/oper root geheim\r");
    tty.ends_with(&["[write /oper NAME]", "me:"]);
    tty.keys("/login geheim\r");
    tty.ends_with(&["[there is no /login, and nothing was sent; /help lists the commands]", "me:"]);
    client.fence();
    for (typed, said) in [
        ("//oper root geheim", "/oper root geheim"),
        ("opre root geheim", "opre root geheim"),
        ("tea?", "tea?"),
    ] {
        tty.keys(&format!("{typed}\r"));
        assert_eq!(client.echo(), said);
    }
    assert_eq!(state.kept(), "tea?\n");
    // In this sitting they come back.
    tty.keys("\x1b[A\x1b[A");
    tty.ends_with(&["me: tea?", "me: opre root geheim"]);
    leave(tty, client);
    let (mut tty, client) = state.sit(&puppet, &[]);
    tty.keys("\x1b[A\x1b[A\x1b[A");
    tty.ends_with(&["me: tea?"]);
    leave(tty, client);
    assert_eq!(state.kept(), "tea?\n");
}

#[test]
fn what_was_not_sent_is_not_kept() {
    let state = State::new();
    let puppet = Puppet::new();
    let (mut tty, mut client) = state.sit(&puppet, &[]);
    tty.keys("first\r");
    client.echo();
    tty.keys("refused\r");
    let (label, _) = client.message();
    client.send(&format!("@label={label} :s.local 404 小花 #lobby :Muted\n"));
    tty.ends_with(&["not sent: Muted: refused", "me:"]);
    assert_eq!(state.kept(), "first\n");
    tty.keys("\x1b[A");
    tty.ends_with(&["me: refused"]);
    assert_eq!(leave(tty, client), 1);
}

/// What waited for a connection stayed, and nobody was told.
#[test]
fn what_waits_is_told_at_a_signal_and_not_kept() {
    let state = State::new();
    let puppet = Puppet::new();
    let (mut tty, client) = state.sit(&puppet, &[]);
    drop((client, puppet));
    tty.sees("connecting again");
    tty.keys("waits\r");
    tty.sees("what you say is sent once you are back");
    tty.signal("-TERM");
    assert_eq!(tty.exit_code(), 143);
    tty.sees("not sent: not connected: waits");
    assert_eq!(state.kept(), "");
}

#[test]
fn nothing_is_kept_where_the_history_is_off() {
    let state = State::new();
    fs::write(state.file(), "earlier\n").unwrap();
    let puppet = Puppet::new();
    let (mut tty, mut client) = state.sit(&puppet, &[("ROOMCHAT_HISTORY", "off")]);
    tty.keys("\x1b[A");
    tty.keys("now\r");
    assert_eq!(client.echo(), "now");
    leave(tty, client);
    assert_eq!(state.kept(), "earlier\n");
}

/// Nobody writes into the FIFO: join waited for ever.
#[test]
fn a_history_that_is_no_file_is_left_alone() {
    let fifo = |file: &PathBuf| assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
    let folder = |file: &PathBuf| fs::create_dir(file).unwrap();
    let device = |file: &PathBuf| std::os::unix::fs::symlink("/dev/zero", file).unwrap();
    for make in [&fifo as &dyn Fn(&PathBuf), &folder, &device] {
        let state = State::new();
        make(&state.file());
        let puppet = Puppet::new();
        let (mut tty, mut client) = state.sit(&puppet, &[]);
        tty.keys("hello\r");
        assert_eq!(client.echo(), "hello");
        assert_eq!(leave(tty, client), 0);
    }
}
