//! Every script in `fixtures/` passes; every one in `fixtures/fails/` fails at
//! the line that its first line names: `# fails at line N: why`.

use crate::kit::{PATIENT, Server, bot, bot_within, own_address};
use crate::others::Other;
use predicates::prelude::*;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn scripts(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy())).collect();
    names.retain(|name| name.ends_with(".txt"));
    names.sort();
    assert!(!names.is_empty());
    names
}

#[test]
fn every_script_passes() {
    let scripts = scripts("fixtures");
    let count = format!("{} passed, 0 failed\n", scripts.len());
    bot().args(&scripts).assert().code(0).stdout(predicate::str::ends_with(count));
}

#[test]
fn every_failing_script_fails_at_its_line() {
    for script in scripts("fixtures/fails") {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&script)).unwrap();
        let named = source.strip_prefix("# fails at line ").and_then(|rest| rest.split_once(':'));
        let line: usize = named.expect("the first line names the failing one").0.parse().unwrap();
        let at_its_line = |timeout: &&str| {
            let output = bot_within(timeout).arg(&script).output().unwrap();
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            let well = told.starts_with(&format!("{script}:{line}:"));
            match output.status.code() {
                Some(1 | 3) if well => Ok(()),
                code => Err(format!("{script} must fail at {line} and ended with {code:?}:\n{told}")),
            }
        };
        // A console line that never comes costs the whole timeout; a short one that ran out
        // because the machine had no time for us proves nothing.
        let timeouts: &[&str] = if source.contains("server sees") { &["1", PATIENT] } else { &[PATIENT] };
        let wrong: Vec<String> = timeouts.iter().map_while(|timeout| at_its_line(timeout).err()).collect();
        assert!(wrong.len() < timeouts.len(), "{}", wrong.concat());
    }
}

#[test]
fn several_scripts_are_counted_and_a_failure_is_told_in_full() {
    bot()
        .args(["fixtures/demo.txt", "fixtures/fails/altered.txt"])
        .assert()
        .code(1)
        .stdout(predicate::str::contains("fixtures/demo.txt (多人聊天室): ok, "))
        .stdout(predicate::str::contains("fixtures/fails/altered.txt:5: 小花 did not see what 小明 said\n"))
        .stdout(predicate::str::contains(
            "  小花  - 小明: 你好        expected\n        + 小明: 哈囉        got, differs at character 5\n",
        ))
        .stdout(predicate::str::contains(
            "again: roomchat bot fixtures/fails/altered.txt --line 5 --trace -\n",
        ))
        .stdout(predicate::str::ends_with("1 passed, 1 failed\n"));
}

#[test]
fn the_exit_status_tells_what_went_wrong() {
    let code = |args: &[&str], code: i32| bot().args(args).assert().code(code);
    code(&["fixtures/no such file"], 2).stderr(predicate::str::contains("no such file"));
    bot_within("-1").arg("fixtures/demo.txt").assert().code(2);
    code(&["--line", "0", "fixtures/demo.txt"], 2).stderr(predicate::str::contains("--line"));
    bot_within("1e19").arg("fixtures/demo.txt").assert().code(2);
    code(&["--server", "a:b", "fixtures/demo.txt"], 2);
    code(&["fixtures/fails/unknown-word.txt"], 3)
        .stdout("")
        .stderr(predicate::str::contains("did you mean: joins"));
    // Port 1 is nobody's.
    code(&["--server", "127.0.0.1:1", "fixtures/demo.txt"], 4);
    for none in [["--jobs", "0"], ["--repeat", "0"], ["--line", "0"], ["--crowd", "0"], ["--coming", "0"]] {
        let none =
            [&["fixtures/demo.txt", "--crowd", "1"][..if none[0] == "--coming" { 3 } else { 1 }], &none]
                .concat();
        code(&none, 2).stderr(predicate::str::contains("invalid value '0'"));
    }
    code(&["--line", "4", "fixtures/demo.txt"], 2)
        .stderr("fixtures/demo.txt:4: --line 4 is before the first step, in line 5\n");
}

/// One script that did not parse once kept all others from being played.
#[test]
fn a_script_that_cannot_be_played_is_a_failed_one_and_the_highest_status_counts() {
    let play = |scripts: &[&str], code: i32, told: &str| {
        bot().args(scripts).assert().code(code).stdout(predicate::str::ends_with(told.to_owned()));
    };
    let (well, fails, invalid) =
        ("fixtures/demo.txt", "fixtures/fails/altered.txt", "fixtures/fails/unknown-word.txt");
    play(&[invalid, "no such file", fails, well], 3, "1 passed, 3 failed\n");
    play(&[fails, "no such file", well], 2, "1 passed, 2 failed\n");
    play(&["no such file"], 2, "");
    play(&["--server", "127.0.0.1:1", invalid, well], 4, "0 passed, 1 failed, 1 without a server\n");
    play(&["--crowd", "1", "fixtures/stalled.txt", well], 2, "1 passed, 1 failed\n");
}

#[test]
fn a_script_can_be_played_up_to_a_line_with_its_raw_lines_shown() {
    bot()
        .args(["fixtures/demo.txt", "--line", "9", "--trace", "-"])
        .assert()
        .code(0)
        .stdout(predicate::str::contains("ok, 4 steps"))
        .stderr(predicate::str::contains("小明 > PRIVMSG #lobby :哈囉"))
        .stderr(predicate::str::contains("晚安").not());
}

#[test]
fn after_a_failure_it_goes_on_where_it_is_told_to() {
    let folder = std::env::temp_dir().join(format!("roomchat-going-on-{}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    let script = folder.join("two.txt");
    fs::write(&script, "甲 joins\n乙 joins\n! 甲: 一\n甲: 二\n  乙 sees 甲: 三\n甲: 四\n").unwrap();
    let path = script.to_str().unwrap();
    let told = |line: usize| predicate::str::contains(format!("{path}:{line}:"));
    bot().args([path]).assert().code(1).stdout(told(3).and(told(5).not()));
    bot().args(["--keep-going", path]).assert().code(1).stdout(told(3).and(told(5)).and(told(6).not()));
    fs::remove_dir_all(&folder).unwrap();
}

/// Who comes in later was once sent what was said before, as an extra line.
#[test]
fn a_server_that_replays_unasked_does_not_replay_to_the_bot() {
    let server = Server::start(&["--replay", "20"]);
    let folder = std::env::temp_dir().join(format!("roomchat-replayed-{}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    let script = folder.join("later.txt");
    // What tells the server that a bot speaks is no news, also where every line counts.
    fs::write(&script, "@strict\n甲 joins\n甲: 一\n乙 joins\n甲: 二\n").unwrap();
    let address = server.address.to_string();
    bot().args(["--server", &address, script.to_str().unwrap()]).assert().code(0);
    fs::remove_dir_all(&folder).unwrap();
}

/// `steps` fenced steps by 20 people, with names that any server takes.
fn crowd(steps: usize) -> String {
    let mut script = String::from("@room #crowd\neach i 1..20 p${i} joins\n");
    for step in 0..steps {
        let person = step * 7 % 20 + 1;
        writeln!(script, "p{person}: message {step}").unwrap();
    }
    script
}

fn played(script: &str, steps: usize, server: Option<&Other>) {
    let folder = std::env::temp_dir().join(format!("roomchat-crowd-{}-{steps}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("crowd.txt");
    fs::write(&path, script).unwrap();
    let mut command = bot();
    command.arg(&path);
    if let Some(server) = server {
        command.args(["--server", &server.address.to_string()]);
    }
    command.assert().code(0).stdout(predicate::str::contains(format!("ok, {} steps", steps + 20)));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn two_thousand_steps_by_twenty_people_are_all_right() {
    played(&crowd(2000), 2000, None);
}

#[test]
fn another_server_is_played_against_in_the_same_way() {
    if let Some(server) = Other::ngircd() {
        played(&crowd(100), 100, Some(&server));
        anywhere(Some(&server));
    }
}

/// Who is refused at the door is a stranger to whom a PING is answered with
/// 451: the bot once waited for another answer.
#[test]
fn another_server_that_refuses_a_name_is_quoted() {
    let Some(server) = Other::ngircd() else { return };
    let folder = std::env::temp_dir().join(format!("roomchat-taken-{}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("taken.txt");
    fs::write(&path, "Ann joins\nBob joins\n! Cid joins as Ann\nBob: hi\nDora joins as Ann\n").unwrap();
    let address = server.address.to_string();
    let told = bot().args(["--server", &address, path.to_str().unwrap()]).assert().code(1);
    told.stdout(predicate::str::contains(
        "taken.txt:5: Dora could not come in: 433 Nickname already in use\n",
    ));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn and_another_one_that_knows_capabilities() {
    if let Some(server) = Other::inspircd() {
        anywhere(Some(&server));
    }
}

#[test]
fn our_own_server_does_what_every_server_does() {
    anywhere(None);
}

/// The script for any server passes.
fn anywhere(server: Option<&Other>) {
    let mut command = bot();
    command.arg("fixtures/anywhere.txt");
    if let Some(server) = server {
        command.args(["--server", &server.address.to_string()]);
    }
    // Only ours keeps what was said while somebody was gone.
    let unasked =
        predicate::str::contains("skipped: what was missed is not asked for, as the server keeps no history");
    let told = command.assert().code(0).stdout(predicate::str::contains("anywhere): ok, "));
    match server {
        Some(_) => told.stdout(unasked),
        None => told.stdout(unasked.not()),
    };
}

/// Only the crowd was once allowed to be more than the usual limit.
#[cfg(unix)]
#[test]
fn more_people_than_open_files_are_allowed_unless_asked() {
    let folder = std::env::temp_dir().join(format!("roomchat-files-{}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    let script = folder.join("many.txt");
    fs::write(&script, "each i 1..100 p${i} joins\np1: hi\n").unwrap();
    let limited =
        format!("ulimit -Sn 64; exec '{}' bot --timeout {PATIENT} \"$0\"", env!("CARGO_BIN_EXE_roomchat"));
    assert_cmd::Command::new("sh").args(["-c", &limited]).arg(&script).assert().code(0);
    fs::remove_dir_all(&folder).unwrap();
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_bot_and_the_servers_that_it_started() {
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::process::ExitStatusExt;
    // Several at once, each at work: all see their servers die before the bot does.
    const SCRIPTS: usize = 8;
    let talk = "甲: 嗨\n".repeat(10_000);
    let folder = std::env::temp_dir().join(format!("roomchat-signal-{}", crate::kit::unique()));
    fs::create_dir_all(&folder).unwrap();
    // Free a moment ago; the scripts ask for these, so that the test knows where to look.
    let address = own_address();
    let free = [(); SCRIPTS].map(|()| std::net::TcpListener::bind((address, 0)).unwrap());
    let ports = free.map(|listener| listener.local_addr().unwrap().port());
    let scripts = ports.map(|port| {
        let script = folder.join(format!("{port}.txt"));
        fs::write(&script, format!("@serve --listen {address} --port {port}\n甲 joins\n{talk}wait 1m\n"))
            .unwrap();
        script
    });
    let mut bot = std::process::Command::new(env!("CARGO_BIN_EXE_roomchat"))
        .arg("bot")
        .args(&scripts)
        .args(["--timeout", PATIENT, "--jobs", &SCRIPTS.to_string(), "--trace", "-"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut trace = BufReader::new(bot.stderr.take().unwrap()).lines().map_while(Result::ok);
    let joined = |line: &String| line.contains("< ") && line.contains(" 366 ");
    assert_eq!(trace.by_ref().filter(joined).take(SCRIPTS).count(), SCRIPTS);
    let id = rustix::process::Pid::from_child(&bot);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let no_server: Vec<String> = trace.filter(|line| line.contains("no server")).collect();
    assert_eq!(no_server, [""; 0]);
    let mut told = String::new();
    bot.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    let status = bot.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(128 + 15), None));
    for port in ports {
        let found = std::net::TcpStream::connect((address, port));
        assert!(found.is_err(), "the server on port {port} is still there");
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Encrypted, the same script is played, checked and put under load.
#[test]
fn a_script_is_played_over_tls() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("bot-tls.txt");
    let script = "@serve --tls only --local-operators off\n@only-if cap batch\nann joins\nbob joins\nann: hi\nbob drops\nbob joins\nbob: again\n";
    std::fs::write(&folder, script).unwrap();
    crate::kit::bot().arg(&folder).assert().code(4);
    crate::kit::bot().arg("--tls").arg(&folder).assert().success();
    let mut load = crate::kit::bot();
    load.args(["--tls", "--crowd", "30", "--repeat", "3", "--json", "fixtures/talk.txt"]).assert().success();
}
