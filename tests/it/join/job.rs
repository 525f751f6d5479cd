//! `join` as a job of a shell: stopped, and brought back.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;
use crate::kit::{installed, say_aloud};
use std::process::Command;

/// Inside the room, started by hand from this shell.
fn inside(shell: &str) -> Option<(Tty, Client)> {
    started(shell, "")
}

/// Inside the room, started from this shell with these words before the command.
fn started(shell: &str, by: &str) -> Option<(Tty, Client)> {
    if !installed(shell) {
        return None;
    }
    let puppet = Puppet::new();
    let mut tty = Tty::shell(shell);
    tty.sees("$");
    tty.keys(&format!(
        "{by} {} join --tls off --lang en --name bob --server {}\r",
        env!("CARGO_BIN_EXE_roomchat"),
        puppet.address()
    ));
    let client = puppet.welcome(CAPS, "ann");
    tty.ends_with(&["me:"]);
    Some((tty, client))
}

/// dash takes the terminal as it is left: without echo, and with Enter dead.
#[test]
fn after_ctrl_z_the_shell_has_its_terminal_and_fg_brings_the_room_back() {
    for shell in ["dash", "bash"] {
        let Some((mut tty, mut client)) = inside(shell) else {
            continue;
        };
        tty.keys("half");
        tty.ends_with(&["me: half"]);
        tty.keys("\x1a");
        tty.until("the shell's prompt", |rows| rows.last().is_some_and(|row| row.ends_with('$')));
        // Drawn by the terminal, and read as a line.
        tty.keys("echo 1$((1+1))3\r");
        tty.until("the shell's answer", |rows| rows.iter().any(|row| row == "123"));
        let titles = |tty: &Tty, code: &str| tty.raw().matches(code).count();
        assert_eq!((titles(&tty, "\x1b[22;2t"), titles(&tty, "\x1b[23;2t")), (1, 1), "the shell's title");
        client.others("ann", "PRIVMSG #lobby :meanwhile");
        tty.keys("fg\r");
        tty.ends_with(&["ann: meanwhile", "me: half"]);
        assert!(tty.rows().iter().any(|row| row == "123"), "what the shell wrote stays");
        assert_eq!(
            tty.titles().last().map(String::as_str),
            Some("bob's chat room (not encrypted) - roomchat")
        );
        tty.keys(" a line\r");
        assert_eq!(client.echo(), "half a line", "{shell}");
        tty.ends_with(&["me: half a line", "me:"]);
        tty.keys("exit\ry\r");
        client.goodbye();
        tty.until("the shell's prompt", |rows| rows.last().is_some_and(|row| row.ends_with('$')));
        tty.keys("stty -a | grep -o '[-]*icanon'\r");
        tty.until("a cooked terminal", |rows| rows.iter().any(|row| row == "icanon"));
    }
}

#[test]
fn a_stop_that_others_send_gives_the_terminal_back_too() {
    let Some((mut tty, mut client)) = inside("dash") else {
        return;
    };
    tty.signal_group("-TSTP");
    tty.until("the shell's prompt", |rows| rows.last().is_some_and(|row| row.ends_with('$')));
    tty.keys("echo 1$((1+1))3\r");
    tty.until("the shell's answer", |rows| rows.iter().any(|row| row == "123"));
    tty.keys("fg\r");
    tty.ends_with(&["me:"]);
    tty.keys("back\r");
    assert_eq!(client.echo(), "back");
}

/// A script that waits for us, also in a PID namespace of its own, is one job with us:
/// the shell has the terminal, and `fg` brings the room back.
#[test]
fn ctrl_z_stops_the_script_that_started_us_too() {
    let script = "sh -c '\"$@\"; exit' sh";
    let namespace = "unshare --map-root-user --pid --fork";
    let can_have_one = || {
        let tried = Command::new("sh").args(["-c", &format!("{namespace} true")]).output().unwrap();
        tried.status.success()
    };
    let mut starts = vec![script.to_owned()];
    if can_have_one() {
        starts.push(format!("{namespace} {script}"));
    } else {
        say_aloud("SKIPPED: this machine lets nobody have a PID namespace of one's own");
    }
    for start in starts {
        let Some((mut tty, mut client)) = started("dash", &start) else {
            return;
        };
        tty.keys("half\x1a");
        tty.until("the shell's prompt", |rows| rows.last().is_some_and(|row| row.ends_with('$')));
        tty.keys("echo 1$((1+1))3\r");
        tty.until("the shell's answer", |rows| rows.iter().any(|row| row == "123"));
        tty.keys("fg\r");
        tty.ends_with(&["me: half"]);
        tty.keys(" a line\r");
        assert_eq!(client.echo(), "half a line", "{start}");
    }
}

/// Nobody could let it go on: there is no shell.
#[test]
fn ctrl_z_where_nobody_can_bring_us_back_does_nothing() {
    let (mut tty, mut client) = super::terminal::inside(80);
    tty.keys("a\x1ab\r");
    assert_eq!(client.echo(), "ab");
    tty.ends_with(&["我: ab", "我:"]);
}
