//! A connection that drops and comes back, and what was typed meanwhile.

use super::puppet::{CAPS, Client, Puppet};
use super::tty::Tty;
use crate::kit::undisturbed;
use std::time::{Duration, Instant};

fn inside(puppet: &Puppet, columns: u16) -> (Tty, Client) {
    let tty = Tty::join(columns, puppet.address(), &["--name", "小花"]);
    let client = puppet.welcome(CAPS, "小明");
    tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
    (tty, client)
}

#[test]
fn what_is_said_meanwhile_is_sent_once_and_in_order() {
    let puppet = Puppet::new();
    let (mut tty, mut client) = inside(&puppet, 80);
    tty.keys("in flight\r");
    client.message();
    tty.keys("half a");
    tty.ends_with(&["我: half a"]);
    client.send("ERROR :Closing link: too slow\n");
    drop(client);
    tty.ends_with(&[
        "不確定有沒有送到 (伺服器沒有回應): in flight",
        "[連線中斷: Closing link: too slow；重新連線中 …]",
        "我: half a",
    ]);
    tty.keys(" line\rsecond\rthi");
    tty.sees("[沒有連線，您說的話會在連上後送出]");
    tty.ends_with(&["我: thi"]);
    tty.picture("disconnected-80");
    let mut client = puppet.accept();
    client.register(CAPS);
    client.enter("小明 bob");
    assert_eq!(client.echo(), "half a line");
    assert_eq!(client.echo(), "second");
    client.fence();
    tty.ends_with(&["[重新連上了，聊天室人數： 3]", "[已送達]", "我: thi"]);
    tty.keys("rd\r");
    assert_eq!(client.echo(), "third");
    tty.ends_with(&["我: third", "我:"]);
    tty.picture("back-80");
    // What was in flight may have been said: it is there to be said again.
    tty.keys("\x1b[A\x1b[A\x1b[A\x1b[A");
    tty.ends_with(&["我: in flight"]);
}

/// It once took two minutes to notice that, like a line on which nobody says anything.
#[test]
fn a_dead_line_on_which_something_was_said_is_left_after_twenty_seconds() {
    let puppet = Puppet::new();
    let (mut tty, mut client) = inside(&puppet, 80);
    tty.keys("one\r");
    client.message();
    tty.ends_with(&["我: one", "[還沒送達，等待伺服器 …]", "我:"]);
    tty.ends_with(&[
        "不確定有沒有送到 (伺服器沒有回應): one",
        "[連線中斷: 太久沒有回應；重新連線中 …]",
        "我:",
    ]);
    puppet.accept().expect("CAP LS 302");
}

#[test]
fn a_name_that_is_taken_meanwhile_is_no_reason_to_stay_away() {
    let puppet = Puppet::new();
    let (tty, client) = inside(&puppet, 80);
    drop(client);
    let mut client = puppet.accept();
    client.expect("CAP LS 302");
    client.expect("NICK 小花");
    client.line();
    client.send(":s.local 433 * 小花 :Nickname is already in use.\n");
    client.expect("NICK 小花_");
    client.send(":s.local 001 小花_ :Hi\n:s.local 422 小花_ :No MOTD\n");
    client.expect("JOIN #lobby");
    client
        .send(":小花_!u@h JOIN #lobby\n:s.local 353 小花_ = #lobby :小花_\n:s.local 366 小花_ #lobby :End\n");
    tty.sees("[名稱「小花」還有人使用，您現在是「小花_」；空出來就會自動改回]");
    // After five seconds, without being told.
    client.expect("NICK 小花");
}

#[test]
fn leaving_needs_no_connection() {
    let puppet = Puppet::new();
    let (mut tty, client) = inside(&puppet, 80);
    drop(puppet);
    drop(client);
    tty.sees("重新連線中");
    tty.keys("/rooms\r");
    tty.sees("[沒有連線]");
    tty.keys("exit\ry\r");
    assert_eq!(tty.exit_code(), 0);
    tty.assert_given_back();
}

#[test]
fn what_was_typed_is_there_in_the_next_sitting_but_nothing_private() {
    undisturbed(|| {
        let folder = std::env::temp_dir().join(format!("roomchat-state-{}", crate::kit::unique()));
        // Of a try before this one.
        let _ = std::fs::remove_dir_all(&folder);
        let state = folder.to_str().unwrap();
        let env = [("XDG_STATE_HOME", state)];
        let sit = |puppet: &Puppet| {
            let tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], &env);
            let client = puppet.welcome(CAPS, "小明");
            tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
            (tty, client)
        };
        let puppet = Puppet::new();
        let (mut tty, mut client) = sit(&puppet);
        tty.keys("public 哈囉\r");
        client.echo();
        tty.keys("/msg 小明 secret\r");
        assert!(client.line().contains("secret"));
        tty.signal("-HUP");
        client.goodbye();
        assert_eq!(tty.exit_code(), 129);
        let file = folder.join("roomchat/history");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "public 哈囉\n");
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        let (mut tty, _client) = sit(&puppet);
        tty.keys("\x1b[A");
        tty.ends_with(&["我: public 哈囉"]);
        tty.keys("\x03n\r\x15\x12pub");
        tty.sees("public 哈囉");
        std::fs::remove_dir_all(folder).unwrap();
    });
}

/// It was called again a second later each time, for ever, and two lines told of each.
#[test]
fn a_server_that_closes_at_once_is_called_less_and_less_and_told_of_once() {
    let puppet = Puppet::new();
    let (tty, client) = inside(&puppet, 80);
    drop(client);
    let first = puppet.welcome(CAPS, "小明");
    // Before the pauses begin, and afterwards after they have ended: a late look makes them longer only.
    let since = Instant::now();
    drop(first);
    for _ in 0..3 {
        drop(puppet.welcome(CAPS, "小明"));
    }
    // Of 2, 4 and 8 s at least the half.
    let paused = since.elapsed();
    assert!(paused >= Duration::from_secs(7), "{paused:?}");
    let rows = tty.rows();
    let count = |text: &str| rows.iter().filter(|row| row.contains(text)).count();
    assert_eq!((count("[連線中斷"), count("[重新連上了")), (1, 1), "{rows:?}");
}
