//! `join` in tmux, which draws joined emoji as it sees fit.

use super::DEADLINE;
use super::puppet::{CAPS, Puppet};
use crate::kit::installed;
use std::process::Command;
use std::time::Instant;

/// A window of a tmux of its own, ended when dropped.
struct Window(String);

impl Window {
    fn open(columns: u16, command: &str) -> Window {
        let window = Window(format!("roomchat-test-{}", crate::kit::unique()));
        let (columns, rows) = (columns.to_string(), "24");
        window.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", rows, command]);
        window
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux")
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("LC_ALL", "C.UTF-8")
            .args(["-u", "-L", &self.0])
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn keys(&self, keys: &str) {
        self.tmux(&["send-keys", "-l", keys]);
    }

    /// Waits until the rows satisfy this.
    fn until(&self, what: &str, satisfied: impl Fn(&[&str]) -> bool) {
        let started = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            let rows: Vec<&str> = screen.trim_end().lines().map(str::trim_end).collect();
            if satisfied(&rows) {
                return;
            }
            assert!(started.elapsed() < DEADLINE, "never {what}:\n{screen}");
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.0, "kill-server"]).output();
    }
}

#[test]
fn joined_emoji_at_the_edge_eat_no_row_above() {
    if !installed("tmux") {
        return;
    }
    let puppet = Puppet::new();
    let (program, address) = (env!("CARGO_BIN_EXE_roomchat"), puppet.address());
    let join = format!("{program} join --name 小花 --server {address} --lang zh-TW --tls off");
    let window = Window::open(40, &join);
    let mut client = puppet.welcome(CAPS, "小明");
    window.until("the prompt", |rows| rows.last().is_some_and(|row| *row == "我:"));
    let header = |rows: &[&str]| {
        let has = |part: &str| rows.iter().any(|row| row.starts_with(part));
        has("小花的聊天室") && has("#lobby") && has("聊天室人數") && has("請輸入訊息")
    };
    // Every key draws the line anew.
    let mut typed = String::new();
    for part in ["👩‍👩‍👧", "👍🏽", "❤️", "🇹🇼"].into_iter().cycle().take(24).chain([" ", "end"])
    {
        window.keys(part);
        typed += part;
    }
    window.until("the whole line below the header", |rows| {
        header(rows) && rows.last().is_some_and(|row| row.ends_with("end"))
    });
    window.tmux(&["send-keys", "Enter"]);
    assert_eq!(client.echo(), typed);
    window.until("the next prompt", |rows| header(rows) && rows.last().is_some_and(|row| *row == "我:"));
}
