//! What stands on the screen beside the words: times, highlights, the bell,
//! and what becomes of it all when the window changes.

use super::puppet::{CAPS, Puppet};
use super::terminal::{inside, look};
use super::tty::Tty;
use crate::kit::undisturbed;
use vt100::Color;

#[test]
fn a_time_stands_at_the_right_edge_once_a_minute() {
    for columns in [80, 40] {
        let (tty, _client) = inside(columns);
        tty.picture(&format!("header-{columns}"));
        let times = tty.look(|screen| {
            let rows = screen.rows(0, columns);
            rows.filter(|row| {
                row.chars().rev().nth(2) == Some(':') && row.ends_with(|c: char| c.is_ascii_digit())
            })
            .count()
        });
        // The second where a minute ends just now.
        assert!((1..=2).contains(&times), "{times}");
    }
}

#[test]
fn the_day_is_told_at_midnight_although_nobody_says_anything() {
    use jiff::{Timestamp, ToSpan, Unit};
    const SECONDS: i64 = 5;
    // A machine that takes longer to start gets another try.
    for _ in 0..5 {
        let midnight = Timestamp::now().round(Unit::Second).unwrap() + SECONDS.seconds();
        // A time zone where the day ends then (POSIX, 8.3: west is positive).
        let west = midnight.as_second().rem_euclid(24 * 60 * 60);
        let zone = format!("LOC{:02}:{:02}:{:02}", west / 3600, west / 60 % 60, west % 60);
        let puppet = Puppet::new();
        let tty = Tty::open(24, 80, puppet.address(), &["--name", "小花"], &[("TZ", &zone)]);
        let mut client = puppet.welcome(CAPS, "小明");
        tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
        if Timestamp::now() >= midnight {
            continue;
        }
        tty.until("a day", |rows| {
            rows.iter().rev().nth(1).is_some_and(|row| row.starts_with("── ") && row.contains(" 星期"))
        });
        client.fence();
        client.others("小明", "PRIVMSG #lobby :早安");
        tty.ends_with(&["小明: 早安", "我:"]);
        tty.picture("midnight-80");
        return;
    }
    panic!("it never starts in {SECONDS} s");
}

#[test]
fn a_burst_of_comings_and_goings_is_one_line() {
    undisturbed(|| {
        let (tty, mut client) = inside(80);
        let all: String = (0..20).map(|n| format!(":p{n}!u@h JOIN #lobby\n")).collect();
        client.send(&all);
        tty.ends_with(&["[20 人進入聊天室: p0, p1, p2, p3, p4, p5, p6, p7, …]", "我:"]);
        client.others("p0", "QUIT");
        client.others("p1", "QUIT :Quit: tea");
        client.others("p2", "QUIT :Quit: ");
        tty.ends_with(&["p0離開聊天室...", "p1離開聊天室... (tea)", "p2離開聊天室...", "我:"]);
        tty.picture("burst-80");
    });
}

/// They were as many lines as people.
#[test]
fn a_netsplit_is_one_line() {
    undisturbed(|| {
        for columns in [80, 40] {
            let (tty, mut client) = inside(columns);
            let all = |line: &str| (0..31).map(|n| format!(":p{n}!u@h {line}\n")).collect::<String>();
            client.send(&all("JOIN #lobby"));
            tty.sees("[31 人進入聊天室: p0, p1, p2, p3, p4, p5, p6, p7, …]");
            client.send(&all("QUIT :*.net *.split"));
            tty.sees("[31 人離開聊天室: p0, p1, p2, p3, p4, p5, p6, p7, …] (伺服器之間斷線)");
            assert_eq!(tty.rows().iter().filter(|row| row.contains("離開聊天室")).count(), 1);
            tty.picture(&format!("netsplit-{columns}"));
        }
    });
}

/// 300 names filled the screen.
#[test]
fn of_many_people_the_header_names_some() {
    let others: Vec<String> = (1..300).map(|n| format!("學生{n}")).collect();
    for columns in [80, 40] {
        let puppet = Puppet::new();
        let mut tty = Tty::join(columns, puppet.address(), &["--name", "小花"]);
        let mut client = puppet.welcome(CAPS, &others.join(" "));
        tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
        let rows = tty.rows();
        let first = rows.iter().position(|row| row.starts_with("聊天室人數： 300: ")).unwrap();
        let hint = rows.iter().position(|row| row.starts_with("請輸入訊息")).unwrap();
        assert_eq!(hint - first, 2, "{rows:?}");
        assert!(rows[first + 1].contains("… 還有 ") && rows[first].contains("學生1, 學生2, "), "{rows:?}");
        tty.picture(&format!("many-{columns}"));
        tty.keys("/who 6\r");
        tty.sees("學生299");
        client.fence();
    }
}

/// It named whoever one was before.
#[test]
fn a_name_that_the_server_changes_stands_in_the_title() {
    let (tty, mut client) = inside(80);
    client.send(":小花!u@h NICK Guest7\n");
    tty.ends_with(&["[小花改名為Guest7]", "我:"]);
    client.fence();
    assert_eq!(tty.titles().last().map(String::as_str), Some("Guest7的聊天室 (未加密) - 多人聊天室"));
}

/// The cursor stood one column off, since terminals draw nothing of it.
#[test]
fn a_soft_hyphen_takes_no_column() {
    let (mut tty, mut client) = inside(80);
    tty.keys("甲\u{ad}乙");
    tty.ends_with(&["我: 甲乙"]);
    assert_eq!(tty.look(|screen| screen.cursor_position().1), 8);
    tty.keys("丙\r");
    tty.ends_with(&["我: 甲乙丙", "我:"]);
    client.echo();
}

#[test]
fn my_name_is_highlighted_and_rings_the_bell() {
    undisturbed(|| {
        let (tty, mut client) = inside(80);
        client.others("小明", "PRIVMSG #lobby :大家好");
        tty.sees("小明: 大家好");
        assert_eq!(bells(&tty), 0);
        for n in 0..5 {
            client.others("小明", &format!("PRIVMSG #lobby :嗨 小花 {n}"));
        }
        tty.ends_with(&["小明: 嗨 小花 4", "我:"]);
        assert_eq!(bells(&tty), 1, "at most one in a second");
        let (name, text) = (look(&tty, "小花 4"), look(&tty, "嗨 小花 4"));
        assert_eq!(name.ground, Color::Idx(146));
        assert_eq!(text.ink, Color::Default);
        tty.picture("mention-80");
    });
}

#[test]
fn the_bell_can_be_turned_off_and_rung_for_everything() {
    let (mut tty, mut client) = inside(80);
    tty.keys("/bell off\r");
    tty.ends_with(&["[不響鈴]", "我:"]);
    client.others("小明", "PRIVMSG #lobby :嗨 小花");
    client.others("小明", "PRIVMSG 小花 :psst");
    tty.ends_with(&["小明: 嗨 小花", "[私] 小明: psst", "我:"]);
    assert_eq!(bells(&tty), 0);
    tty.keys("/bell all\r");
    tty.ends_with(&["[每則訊息都響鈴]", "我:"]);
    client.others("小明", "PRIVMSG #lobby :大家好");
    tty.ends_with(&["小明: 大家好", "我:"]);
    assert_eq!(bells(&tty), 1);
}

/// How often the bell was rung.
fn bells(tty: &Tty) -> usize {
    let raw = tty.raw();
    // The title ends with one too.
    raw.matches('\x07').count() - raw.matches("\x1b]2;").count()
}

#[test]
fn the_conversation_is_wrapped_anew_when_the_window_changes() {
    undisturbed(|| {
        let (mut tty, mut client) = inside(80);
        client.others("小明", "PRIVMSG #lobby :one two three four five six seven eight nine ten eleven");
        tty.sees("ten eleven");
        tty.keys("a line of my own that is long enough to be wrapped at forty\r");
        client.echo();
        tty.keys("half a line that is typed at eighty columns and wraps at forty");
        tty.ends_with(&[
            "小明: one two three four five six seven eight nine ten eleven",
            "我: a line of my own that is long enough to be wrapped at forty",
            "我: half a line that is typed at eighty columns and wraps at forty",
        ]);
        tty.resize(24, 40);
        tty.ends_with(&[
            "請輸入訊息 (輸入 exit 離開)",
            "小明: one two three four five six seven",
            "      eight nine ten eleven",
            "我: a line of my own that is long enough",
            "    to be wrapped at forty",
            "我: half a line that is typed at eighty",
            "columns and wraps at forty",
        ]);
        tty.picture("resized-40");
        client.others("小明", "PRIVMSG #lobby :after");
        tty.ends_with(&[
            "小明: after",
            "我: half a line that is typed at eighty",
            "columns and wraps at forty",
        ]);
        tty.resize(24, 80);
        tty.ends_with(&[
            "請輸入訊息 (輸入 exit 離開)",
            "小明: one two three four five six seven eight nine ten eleven",
            "我: a line of my own that is long enough to be wrapped at forty",
            "小明: after",
            "我: half a line that is typed at eighty columns and wraps at forty",
        ]);
        tty.keys("!\r");
        assert_eq!(client.echo(), "half a line that is typed at eighty columns and wraps at forty!");
        tty.picture("resized-80");
    });
}

#[test]
fn a_full_screen_is_wrapped_anew_too() {
    let (tty, mut client) = inside(80);
    for n in 0..60 {
        client.others("小明", &format!("PRIVMSG #lobby :line {n}"));
    }
    tty.ends_with(&["小明: line 59", "我:"]);
    for columns in [40, 100] {
        tty.resize(12, columns);
        let mut wanted: Vec<String> = (49..60).map(|n| format!("小明: line {n}")).collect();
        wanted.push("我:".to_owned());
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        tty.shows(&wanted);
    }
}

#[test]
fn joined_emoji_and_backspace_leave_the_prompt_alone() {
    for columns in [80, 40] {
        let (mut tty, mut client) = inside(columns);
        tty.keys("👩‍👩‍👧👍🏽x");
        tty.sees("x");
        tty.keys("\x7f\x7f\x7f");
        tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我:"]);
        tty.keys("ok👍\r");
        assert_eq!(client.echo(), "ok👍");
        tty.ends_with(&["請輸入訊息 (輸入 exit 離開)", "我: ok👍", "我:"]);
        tty.picture(&format!("emoji-{columns}"));
    }
}
