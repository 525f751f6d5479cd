//! A liar between a crowd and its server, and figures that must be right.

use super::proxy::{Lie, Plan, proxy, proxy_that_counts};
use crate::kit::{PATIENT, Server, bot, bot_within};
use predicates::prelude::*;
use std::net::SocketAddr;
use std::time::Instant;

/// What each listener is told of `fixtures/demo.txt`: three come, four
/// messages, three leave.
const TOLD: u64 = 10;

#[test]
fn every_delivery_is_counted() {
    let output =
        bot().args(["--json", "--crowd", "30", "--repeat", "4", "fixtures/demo.txt"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let verdict: serde_json::Value =
        serde_json::from_slice(output.stdout.split(|b| *b == b'\n').next().unwrap()).unwrap();
    let load = &verdict["load"];
    assert_eq!(load["listeners"], 30);
    assert_eq!(load["times"], 4);
    assert_eq!(load["deliveries"], 30 * 4 * TOLD);
    for fault in ["lost", "doubled", "reordered", "strange"] {
        assert_eq!(load[fault], 0, "{fault}");
    }
    let ms = |what: &str| load["delivery_ms"][what].as_f64().unwrap();
    assert!(0.0 < ms("p50") && ms("p50") <= ms("p99") && ms("p99") <= ms("max"), "{load}");
}

#[test]
fn people_get_the_same_figures_in_words() {
    bot().args(["--crowd", "3", "--rate", "500", "fixtures/demo.txt"]).assert().success().stdout(
        predicate::str::contains("3 listeners came in within")
            .and(predicate::str::contains("8 steps in "))
            .and(predicate::str::contains("  30 deliveries, "))
            .and(predicate::str::contains("0 lost, 0 doubled, 0 reordered, 0 strange")),
    );
}

#[test]
fn steps_of_all_kinds_are_played_under_load() {
    for script in ["fixtures/together.txt", "fixtures/topic.txt", "fixtures/rooms.txt", "fixtures/storm.txt"]
    {
        bot().args(["--crowd", "5", "--repeat", "2", script]).assert().success();
    }
}

#[test]
fn what_no_load_test_plays_is_said_before_it_begins() {
    bot().args(["--crowd", "2", "fixtures/stalled.txt"]).assert().code(2).stderr(predicate::str::contains(
        "fixtures/stalled.txt:25: no load test plays `重連`: write `斷線` and `進入聊天室`",
    ));
    // The last of these were once a panic.
    for rate in ["0", "-1", "inf", "1e-300"] {
        let rate = format!("--rate={rate}");
        bot()
            .args(["--crowd", "1", &rate, "fixtures/demo.txt"])
            .assert()
            .code(2)
            .stderr(predicate::str::contains("no rate"));
    }
    bot()
        .args(["--crowd", "65536", "fixtures/demo.txt"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("65536 is not in 1..=65535"));
}

/// Where nobody is told of a reset connection, the server's still holding its
/// name was once taken for a refusal.
#[test]
fn who_drops_comes_back_by_its_name() {
    let script = std::env::temp_dir().join(format!("roomchat-back-{}.txt", crate::kit::unique()));
    std::fs::write(&script, "a joins\na joins #lab\nb joins #lab\nb drops\nb joins #lab\nb #lab: back\n")
        .unwrap();
    bot().args(["--crowd", "2", "--repeat", "50"]).arg(&script).assert().success();
    std::fs::remove_file(script).unwrap();
}

/// A script's modes once stayed for the next playing, as the crowd keeps the
/// room alive.
#[test]
fn each_playing_begins_in_the_same_room() {
    let script = std::env::temp_dir().join(format!("roomchat-same-{}.txt", crate::kit::unique()));
    for left in ["+m", "+i", "+k secret", "+l 1", "+b 乙!*@*", "+t", "+mit"] {
        let text = format!("甲 joins\n乙 joins\n乙: hi\n乙 /topic one\n甲 /mode {left}\n");
        std::fs::write(&script, text).unwrap();
        bot().args(["--crowd", "2", "--repeat", "3"]).arg(&script).assert().success();
    }
    std::fs::write(&script, "甲 joins\n甲 /topic today\n").unwrap();
    let output = bot().args(["--json", "--crowd", "2", "--repeat", "3"]).arg(&script).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout).unwrap();
    // A coming, a topic and a leaving three times, and the topic twice back again.
    assert!(told.contains(&format!("\"deliveries\":{},", 2 * (3 * 3 + 2))), "{told}");
    std::fs::remove_file(script).unwrap();
}

/// It was once asked for again as often as the server refused it, thousands of
/// times a second.
#[test]
fn a_name_that_is_held_is_asked_for_at_leisure() {
    let server = Server::start(&["--replay", "0"]);
    let script = Script::new("held", "a joins\nb joins\nb drops\nb joins\n");
    let told = |timeout| {
        // Twice where it is played strictly, and once before it drops.
        let plan = Plan { to: "b".to_owned(), nth: 4, lie: Lie::Hold };
        let (address, heard) = proxy_that_counts(server.address, Some(plan));
        let begun = Instant::now();
        let mut bot = bot_within(timeout);
        let output = bot.args(["--crowd", "1", "--server", &address.to_string()]).arg(&script.0).output();
        let told = String::from_utf8(output.unwrap().stdout).unwrap();
        if !told.contains(&format!("but to line 4: no answer to b for {timeout} s")) {
            return Err(told);
        }
        let pauses = begun.elapsed().as_millis() / 10;
        let asked = heard.asked("b") as u128;
        assert!(4 < asked && asked <= 4 + pauses, "{asked} times in {pauses} pauses");
        Ok(())
    };
    // A short time that ran out because the machine had none for us proves nothing.
    told("5").or_else(|_| told(PATIENT)).unwrap();
}

/// A file of this process's own, gone when this is.
struct Script(std::path::PathBuf);

impl Script {
    fn new(name: &str, text: &str) -> Script {
        let path = std::env::temp_dir().join(format!("roomchat-{name}-{}.txt", crate::kit::unique()));
        std::fs::write(&path, text).unwrap();
        Script(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// They set the window's title, or cleared the log of a CI.
#[test]
fn words_of_the_server_are_escaped_in_reports_on_a_crowd() {
    let server = Server::start(&["--replay", "0"]);
    let plan = Plan { to: "crowd1".to_owned(), nth: 1, lie: Lie::Close };
    bot()
        .args([
            "--crowd",
            "2",
            "--server",
            &proxy(server.address, Some(plan)).to_string(),
            "fixtures/demo.txt",
        ])
        .assert()
        .code(1)
        .stdout(
            predicate::str::contains(r"the connection of crowd1: \u{1b}]0;owned\u{7}\u{1b}[2Jbye")
                .and(predicate::str::contains('\x1b').not()),
        );
}

/// An actor of that name was once refused, as a listener had it.
#[test]
fn nobody_in_a_script_is_called_like_a_listener() {
    let script = Script::new("called", "crowd1 joins\nAnn joins as crowd2\nAnn: hi\ncrowd1 /nick crowd3\n");
    bot().args(["--crowd", "3"]).arg(&script.0).assert().success();
}

/// What the server refused the actors was once nobody's business.
#[test]
fn what_is_refused_under_load_is_compared_with_the_script() {
    // Before a crowd the name looks like a listener's.
    let taken = Script::new("taken", "甲 joins\n乙 joins\n乙 /nick cr0wd1\n甲 joins #lab\n");
    bot().args(["--crowd", "2"]).arg(&taken.0).assert().code(1).stdout(
        predicate::str::contains(":3: under load: ")
            .and(predicate::str::contains(", 1 wrongly refused, 0 wrongly allowed\n"))
            .and(predicate::str::contains("  the server refused 乙 (line 3): 432 ")),
    );
    let server = Server::start(&["--replay", "0"]);
    let script =
        Script::new("allowed", "甲 joins\n乙 joins\n! 甲 #nowhere: x\n! 甲 >> TOPIC #nowhere :x\n乙: hi\n");
    let path = script.0.to_str().unwrap();
    bot().args(["--crowd", "2", "--repeat", "3", path]).assert().success();
    // 甲 sees five lines where it is played strictly; two more come in before it is refused again.
    let plan = Plan { to: "甲".to_owned(), nth: 5 + 2, lie: Lie::Drop };
    let address = proxy(server.address, Some(plan)).to_string();
    bot().args(["--crowd", "2", "--server", &address, path]).assert().code(1).stdout(
        predicate::str::contains(format!(
            "{path}:3: under load: 0 lost, 0 doubled, 0 reordered, 0 strange, 0 wrongly refused, 1 wrongly allowed\n"
        ))
        .and(predicate::str::contains("  the server did not refuse 甲 (line 3)\n")),
    );
}

/// Which modes change, and in how many lines, is up to the server; that all are
/// told the same is not.
#[test]
fn modes_and_notices_are_compared_under_load() {
    let script = Script::new(
        "modes",
        "甲 joins\n乙 joins\n甲 /mode +m\n甲 /mode +mt\n甲 >> NOTICE #lobby :psst\n甲 >> PRIVMSG #lobby :\u{1}VERSION\u{1}\n\
         甲 /kick 乙\n甲 /mode -m\n甲 leaves: bye\n",
    );
    let path = script.0.to_str().unwrap();
    bot().args(["--crowd", "3", "--repeat", "3", path]).assert().success();
}

/// What a server that takes no answers asks was once answered into memory.
#[test]
fn who_asks_and_takes_no_answer_is_left() {
    let server = Server::start(&["--replay", "0"]);
    let wanted = ["under load: ", "the server asks crowd2 and takes none of the answers"];
    lied_to(server.address, 4, Lie::Ask, &wanted);
}

/// Lies about one line to the second of two listeners; it hears its own
/// coming in first, and then `fixtures/demo.txt` from its beginning.
fn lied_to(server: SocketAddr, nth: usize, lie: Lie, wanted: &[&str]) -> String {
    let told = |timeout| {
        let address = proxy(server, Some(Plan { to: "crowd2".to_owned(), nth, lie })).to_string();
        let output = bot_within(timeout)
            .args(["--crowd", "2", "--server", &address, "fixtures/demo.txt"])
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let well = output.status.code() == Some(1) && wanted.iter().all(|wanted| told.contains(wanted));
        if well { Ok(told) } else { Err(told) }
    };
    // What is lied away costs the whole timeout; a short one that ran out because the machine had
    // no time for us proves nothing. What is owed to the liar fills the system's buffers first.
    let timeouts: &[&str] = if matches!(lie, Lie::Ask) { &[PATIENT] } else { &["3", PATIENT] };
    let mut last = String::new();
    for timeout in timeouts {
        match told(timeout) {
            Ok(told) => return told,
            Err(told) => last = told,
        }
    }
    panic!("{lie:?}, {wanted:?}: {last}");
}

/// What nobody sent was once taken for progress, and read as long as there was
/// more of it.
#[test]
fn a_flood_does_not_keep_the_bot_from_its_end() {
    let server = Server::start(&["--replay", "0"]);
    let wanted = ["under load: ", "'幽靈: 我在這裡' was sent by nobody and came to crowd2"];
    lied_to(server.address, 4, Lie::Flood, &wanted);
}

#[test]
fn every_lie_to_a_listener_is_caught_and_named() {
    let server = Server::start(&["--replay", "0"]);
    // Lines 1 to 3 are comings, 4 to 6 the messages that are on their way together.
    for (nth, lie, faults, example) in [
        (4, Lie::Drop, "1 lost, 0 doubled, 0 reordered, 0 strange", "did not reach 1 of 2, crowd2 first"),
        (4, Lie::Double, "0 lost, 1 doubled, 0 reordered, 0 strange", "came again to crowd2"),
        (
            5,
            Lie::Change,
            "1 lost, 0 doubled, 0 reordered, 1 strange",
            "was sent by nobody and came to crowd2",
        ),
        (5, Lie::Add, "0 lost, 0 doubled, 0 reordered, 1 strange", "'幽靈: 我在這裡' was sent by nobody"),
        // Both were once overheard.
        (
            5,
            Lie::Garble,
            "0 lost, 0 doubled, 0 reordered, 1 strange",
            "a line that is not UTF-8 came to crowd2",
        ),
        (
            5,
            Lie::Stretch,
            "0 lost, 0 doubled, 0 reordered, 1 strange",
            "a line that is too long came to crowd2",
        ),
    ] {
        let told = lied_to(server.address, nth, lie, &[&format!("under load: {faults}"), example]);
        // The four messages are on their way together; the last three comings are seen before.
        let line = told.strip_prefix("fixtures/demo.txt:").and_then(|told| told.split(':').next());
        let line: usize = line.and_then(|line| line.parse().ok()).unwrap();
        let lines = match lie {
            // What is altered is told at its own line, whoever was heard first.
            Lie::Change => {
                let author = told.split_once("  '").unwrap().1.split(':').next().unwrap();
                let line = 9 + ["小明", "小花", "小安"].iter().position(|name| *name == author).unwrap();
                line..=line
            }
            _ => 9..=14,
        };
        assert!(lines.contains(&line), "{lie:?}: {told}");
    }
}

#[test]
fn without_a_crowd_the_script_is_played_strictly_as_often_as_wanted() {
    bot()
        .args(["--repeat", "3", "fixtures/demo.txt"])
        .assert()
        .success()
        .stdout(predicate::str::contains("ok, 24 steps"));
    let server = Server::start(&["--replay", "0"]);
    // 小安 sees seven lines each time, the last when all leave.
    let plan = Plan { to: "小安".to_owned(), nth: 7 + 1, lie: Lie::Drop };
    let address = proxy(server.address, Some(plan)).to_string();
    bot().args(["--repeat", "3", "--server", &address, "fixtures/demo.txt"]).assert().code(1).stdout(
        predicate::str::contains("小安 did not see what 小明 said")
            .and(predicate::str::contains("this was playing 2 of 3")),
    );
}
