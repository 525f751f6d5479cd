//! How results are told: to people, to programs, and when there is no server.

use crate::kit::{DEADLINE, PATIENT, Server, bot, bot_within, is_proc_ours, own_address};
use predicates::prelude::*;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::thread;

/// A folder that is gone when this is.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("roomchat-{name}-{}", crate::kit::unique()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One script of each kind of ending.
const KINDS: [&str; 4] =
    ["fixtures/demo.txt", "fixtures/fails/altered.txt", "fixtures/xfail.txt", "fixtures/own.txt"];

#[test]
fn scripts_side_by_side_are_told_in_their_order() {
    let jobs = |jobs: &str| {
        let output = bot().args(["--jobs", jobs]).args(KINDS).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stdout).unwrap();
        // Times differ.
        told.lines()
            .map(|line| line.split(" in ").next().unwrap().split(" after ").next().unwrap().to_owned() + "\n")
            .collect::<String>()
    };
    let told = jobs("4");
    assert_eq!(told, jobs("1"));
    assert!(told.ends_with("3 passed, 1 failed\n"), "{told}");
    assert!(told.contains("fails at line 8 as expected: nobody hears"), "{told}");
}

#[test]
fn programs_get_one_object_a_line() {
    let output = bot().args(["--json"]).args(KINDS).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let all: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let results: Vec<&str> = all.iter().filter_map(|one| one["result"].as_str()).collect();
    assert_eq!(results, ["passed", "failed", "xfailed", "passed"]);
    assert_eq!(all[0]["title"], "多人聊天室");
    assert_eq!(all[0]["steps"], 8);
    assert_eq!(all[1]["failures"][0]["line"], 5);
    assert!(all[1]["failures"][0]["report"].as_str().unwrap().contains("differs at character 5"));
    assert_eq!(all[4], serde_json::json!({"passed": 3, "failed": 1, "skipped": 0, "no_server": 0}));
}

#[test]
fn a_junit_report_is_read_by_somebody_else_s_reader() {
    let server = Server::start(&[]);
    let folder = Folder::new("junit");
    let file = folder.file("report.xml", "");
    bot()
        .args(["--report", &format!("junit={file}"), "--server", &server.address.to_string()])
        .args(KINDS)
        .assert()
        .code(1);
    let report = junit_parser::from_reader(BufReader::new(fs::File::open(&file).unwrap())).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (4, 1, 0));
    let suite = &report.suites[0];
    let of = |name: &str| suite.cases.iter().find(|case| case.classname.as_deref() == Some(name)).unwrap();
    assert!(of(KINDS[0]).status.is_success());
    assert!(of(KINDS[2]).status.is_skipped());
    assert!(of(KINDS[3]).status.is_skipped());
    let failure = of(KINDS[1]).status.failure_as_ref();
    assert_eq!(failure.message, "小花 did not see what 小明 said");
    assert!(failure.text.contains("got, differs at character 5"), "{}", failure.text);
    bot().args(["--report", "xml", KINDS[0]]).assert().code(2);
}

/// Where a script was missing or did not parse, neither report nor object were once made.
#[test]
fn scripts_that_cannot_be_played_are_in_every_report() {
    let folder = Folder::new("unplayable");
    let file = folder.file("report.xml", "");
    let invalid = folder.file("invalid.txt", "小明 joins\n小明 jions\n小花: hi\n");
    let empty = folder.file("empty.txt", "@title nothing\n# no step\n");
    let latin = folder.file("latin.txt", "");
    fs::write(&latin, b"Ann joins\nAnn: caf\xe9\n").unwrap();
    let missing = folder.0.join("missing.txt").to_str().unwrap().to_owned();
    let marked = folder.file("marked.txt", "@title <\u{b}&\">\n小明 joins\n");
    let scripts = [invalid.as_str(), &empty, &latin, &missing, KINDS[0], &marked];
    let output = bot().args(["--json", "--report", &format!("junit={file}")]).args(scripts).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(3), &b""[..]));
    let lines = String::from_utf8(output.stdout).unwrap();
    let all: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let results: Vec<&str> = all.iter().filter_map(|one| one["result"].as_str()).collect();
    assert_eq!(results, ["invalid", "invalid", "invalid", "unreadable", "passed", "passed"]);
    let mistakes = |nth: usize| {
        let mistakes = all[nth]["failures"].as_array().unwrap().iter();
        mistakes.map(|one| (one["line"].as_u64().unwrap(), one["what"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(mistakes(0)[0], (2, "`jions` is not known"));
    assert_eq!(mistakes(0).len(), 2);
    assert_eq!(mistakes(1), [(1, "no step")]);
    assert_eq!(mistakes(2), [(2, "not UTF-8")]);
    assert!(all[3]["why"].as_str().unwrap().contains("o such file"), "{}", all[3]);
    assert_eq!(all[6], serde_json::json!({"passed": 2, "failed": 4, "skipped": 0, "no_server": 0}));
    let report = junit_parser::from_reader(BufReader::new(fs::File::open(&file).unwrap())).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (6, 0, 4));
    assert!(report.suites[0].cases[5].name.ends_with("::<&\">"), "without what XML may not have");
    let error = report.suites[0].cases[0].status.error_as_ref();
    assert_eq!(error.message, "the script does not parse: `jions` is not known");
    assert!(error.text.contains("did you mean: joins") && error.text.contains(":3:"), "{}", error.text);
}

#[test]
fn what_a_server_cannot_do_is_skipped_aloud() {
    let server = Server::start(&[]);
    let folder = Folder::new("skip");
    let cap = folder.file("cap.txt", "@only-if cap example.org/fly\n小明 joins\n");
    let token = folder.file("token.txt", "@skip-if token FIRSTROOM\n小明 joins\n");
    let play = |script: &str| bot().args(["--server", &server.address.to_string(), script]).assert().code(0);
    play(&cap).stdout(predicate::str::ends_with(
        "skipped: only if the server has the capability example.org/fly\n",
    ));
    play(&token).stdout(predicate::str::ends_with("skipped: not if the server has the token FIRSTROOM\n"));
    play("fixtures/own.txt").stdout(predicate::str::contains("skipped: only if the server is the bot's own"));
    let console = folder.file("console.txt", "甲 joins\n  server sees x\n甲: hi\n  server sees y\n");
    play(&console)
        .stdout(predicate::str::contains("skipped: another's server shows no console (line 2, 4)\n"))
        .stdout(predicate::str::contains("ok, 2 steps"));
}

/// Why somebody could not come in, or was not heard, was once the third line,
/// and a line of a block that was missing was not named at all.
#[test]
fn the_headline_says_what_the_server_refused_and_which_line_is_missing() {
    let server = Server::start(&[]);
    let somebody = server.enter("Ann");
    let folder = Folder::new("refused");
    let play = |name: &str, script: &str| {
        let path = folder.file(name, script);
        let output = bot().args(["--server", &server.address.to_string(), &path]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{script}");
        let told = String::from_utf8(output.stdout).unwrap();
        told.lines().next().unwrap().strip_prefix(&path).unwrap().to_owned()
    };
    let told = play("taken.txt", "@room #lab\nBob joins\nAnn joins\n  Bob sees Ann joins\n");
    assert!(told.starts_with(":3: Ann could not come in: 433 "), "{told}");
    let told = play("nowhere.txt", "@room #lab\nBob joins\nCid joins #two\nBob #two: hi\n");
    assert!(
        told.starts_with(":4: Bob and Cid did not see what Bob said; the server refused Bob: 404 "),
        "{told}"
    );
    let together = "@room #lab\nCid joins\nBob joins\nCid joins #two\nBob joins #two\nCid /kick #two Bob\ntogether {\n  \
                    Cid: 1\n  Bob: 2\n  Bob #two: 3\n}\n";
    let told = play("block.txt", together);
    assert!(
        told.starts_with(":10: Cid and Bob did not see what Bob said; the server refused Bob: 404 "),
        "{told}"
    );
    let written = together.replace("  Bob #two: 3\n", "") + "  Cid sees Cid: 1\n  Cid sees Bob: 3\n";
    assert_eq!(play("written.txt", &written), ":12: Cid did not see what line 12 says");
    drop(somebody);
}

/// It was once said that he did not see what he sent himself.
#[test]
fn what_came_late_or_never_is_named_by_the_step_that_made_it_due() {
    let folder = Folder::new("owed");
    let play = |script: &str| {
        let path = folder.file("script.txt", script);
        let server = Server::start(&[]);
        // After her own coming in she sees what is done in line 5.
        let address = crate::liar::without("Carol", 1, server.address).to_string();
        let output = bot().args(["--server", &address, &path]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{script}");
        let told = String::from_utf8(output.stdout).unwrap().replace(&path, "");
        let (headline, rest) = told.split_once('\n').unwrap();
        (headline.to_owned(), rest.to_owned())
    };
    let come = "Ann joins\nBob joins\nCarol joins\nCarol stalls\n";
    let (headline, context) = play(&format!("{come}Ann: one\nBob: two\nCarol resumes\n"));
    assert_eq!(headline, ":5: Carol did not see what Ann said");
    assert!(context.starts_with("   4 | Carol stalls\n > 5 | Ann: one\n"), "{context}");
    let (headline, _) = play(&format!("{come}Ann: one\nBob: two\n"));
    assert_eq!(headline, ":5: at the end, Carol did not see what Ann said");
    let (headline, _) = play(&format!("{come}together {{\n  Ann: one\n  Bob /me waves\n}}\nCarol resumes\n"));
    assert!(
        [":6: Carol did not see what Ann said", ":7: Carol did not see what Bob did"]
            .contains(&headline.as_str()),
        "{headline}"
    );
    let (headline, context) =
        play(&format!("{come}Bob /topic news\n  Carol sees topic: news\nBob: two\nCarol resumes\n"));
    assert_eq!(headline, ":6: Carol did not see the topic that Bob set");
    assert!(
        context.starts_with("   4 | Carol stalls\n   5 | Bob /topic news\n > 6 |   Carol sees topic: news\n"),
        "{context}"
    );
    let (headline, _) = play(&format!("{come}each i 1..2 Ann: ${{i}}\nCarol resumes\n"));
    assert_eq!(headline, ":5: Carol did not see what Ann said");
}

/// A server that answers each line of each connection by this function; None
/// closes the connection.
fn answering(answer: fn(usize, &str) -> Option<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (nth, socket) in listener.incoming().enumerate() {
            let mut socket = socket.unwrap();
            socket.set_read_timeout(Some(DEADLINE)).unwrap();
            thread::spawn(move || {
                // What a connection gets before it said anything.
                match answer(nth, "") {
                    Some(hello) => socket.write_all(hello.as_bytes()).unwrap(),
                    None => return,
                }
                let lines = BufReader::new(socket.try_clone().unwrap()).lines();
                for line in lines.map_while(Result::ok) {
                    match answer(nth, &line) {
                        Some(text) => socket.write_all(text.as_bytes()).unwrap(),
                        None => return,
                    }
                }
            });
        }
    });
    address
}

#[test]
fn a_connection_that_is_closed_while_waiting_is_told() {
    // The first connection asks how PING is answered; the second is closed at once.
    let address = answering(|nth, line| match nth {
        0 => Some(line.strip_prefix("PING ").map_or(String::new(), |token| format!("PONG s {token}\r\n"))),
        _ => None,
    });
    let folder = Folder::new("wait");
    let server = address.to_string();
    let play = |script: &str| bot().args(["--server", &server, script]).assert();
    play(&folder.file("wait.txt", "路人 connects\nwait 1m\n"))
        .code(1)
        .stdout(predicate::str::contains("wait.txt:2: the server closed the connection of 路人\n"));
}

/// These were once failed expectations.
#[test]
fn a_server_that_lets_nobody_in_is_none() {
    let folder = Folder::new("nobody");
    let script = folder.file("joins.txt", "甲 joins\n");
    let block = folder.file("block.txt", "甲 connects\n甲 >> NICK 甲\n");
    let refused = folder.file("refused.txt", "! 甲 joins\n");
    let silent = answering(|_, _| Some(String::new()));
    let closing = answering(|_, _| None);
    let banned = answering(|_, line| match line {
        "" => Some(String::new()),
        line if line.starts_with("USER") => Some("ERROR :Closing link (banned)\r\n".to_owned()),
        _ => None,
    });
    let other = answering(|_, line| Some(if line.is_empty() { "SSH-2.0-x\r\n" } else { "" }.to_owned()));
    for (server, scripts) in [
        (silent, &[&script, &block, &refused][..]),
        (closing, &[&script, &block]),
        (banned, &[&script]),
        (other, &[&script]),
    ] {
        for script in scripts {
            bot_within("1")
                .args(["--server", &server.to_string(), script])
                .assert()
                .code(4)
                .stdout("")
                .stderr(predicate::str::contains(format!("no server: {server}: ")));
        }
    }
}

/// The reason was lost, and the script waited for the rest of its time.
#[test]
fn a_server_that_lets_nobody_ask_is_quoted() {
    let folder = Folder::new("ask");
    let script = folder.file("cap.txt", "@only-if cap batch\n甲 joins\n");
    let banned = answering(|_, line| {
        Some(if line.starts_with("USER") { ":s 465 * :You are banned\r\n" } else { "" }.to_owned())
    });
    bot()
        .args(["--server", &banned.to_string(), &script])
        .assert()
        .code(4)
        .stderr(predicate::str::contains("the server lets nobody in: You are banned"));
}

#[test]
fn reports_are_english_whatever_the_locale() {
    let folder = Folder::new("locale");
    let script = folder.file("script.txt", "Ann joins\nBob joins\nBob leaves\n  Ann sees Bob joins\n");
    let told = |locale: &str| {
        let output = bot().env("LC_ALL", locale).args([&script, "fixtures/own.txt"]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        // Times differ.
        told.lines()
            .map(|line| line.split(" in ").next().unwrap().split(" after ").next().unwrap().to_owned() + "\n")
            .collect::<String>()
    };
    let one = told("C");
    assert!(one.starts_with(&format!("{script}:4: Ann did not see Bob leave\n")), "{one}");
    assert!(one.contains("  Ann  - Bob joins           expected\n       + Bob leaves"), "{one}");
    assert!(one.ends_with("1 passed, 1 failed\n"), "{one}");
    assert_eq!(one, told("zh_TW.UTF-8"));
    assert_eq!(one, told("en_US.UTF-8"));
}

#[test]
fn who_does_not_answer_is_named_with_the_last_lines() {
    // Takes everybody in, and answers no PING.
    let address = answering(|_, line| {
        Some(match line.split(' ').next() {
            Some("USER") => ":s 001 甲 :hi\r\n:s 422 甲 :no motd\r\n".to_owned(),
            Some("JOIN") => ":甲!u@h JOIN #lobby\r\n".to_owned(),
            _ => String::new(),
        })
    });
    let folder = Folder::new("mute");
    let script = folder.file("mute.txt", "甲 joins\n");
    // A short time that ran out because the machine had none for us proves nothing.
    let wrong = |timeout: &&str| {
        let output = bot_within(timeout).args(["--server", &address.to_string(), &script]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let is_well = [
            format!("mute.txt:1: the server did not answer 甲 within {timeout} s\n"),
            format!("  甲  no answer for {timeout} s\n"),
            "  last lines to 甲:  :s 001 甲 :hi\n".to_owned(),
            ":甲!u@h JOIN #lobby\n".to_owned(),
        ];
        let is_well = is_well.iter().all(|part| told.contains(part)) && output.status.code() == Some(1);
        (!is_well).then_some(told)
    };
    let timeouts = ["5", PATIENT];
    let wrong: Vec<String> = timeouts.iter().map_while(wrong).collect();
    assert!(wrong.len() < timeouts.len(), "{}", wrong.concat());
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_dies_says_so_with_its_last_lines() {
    if !is_proc_ours() {
        return;
    }
    let folder = Folder::new("dies");
    let script = folder.file("long.txt", "甲 joins\nwait 1m\n");
    let mut bot = std::process::Command::new(env!("CARGO_BIN_EXE_roomchat"))
        .args(["bot", &script, "--trace", "-"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut trace = BufReader::new(bot.stderr.take().unwrap());
    let mut line = String::new();
    // The fence after the JOIN is over: it waits.
    while !line.contains("< ") || !line.contains("PONG") {
        line.clear();
        assert!(trace.read_line(&mut line).unwrap() > 0, "the bot ended");
    }
    kill_child(bot.id());
    let mut rest = String::new();
    trace.read_to_string(&mut rest).unwrap();
    assert_eq!(bot.wait().unwrap().code(), Some(4), "{rest}");
    let told = &rest[rest.find("no server: ").unwrap()..];
    assert!(told.starts_with("no server: the server died; its last lines:\n"), "{told}");
    assert!(told.contains("  [LISTENING] "), "{told}");
}

/// Ends the only child of a process.
#[cfg(target_os = "linux")]
fn kill_child(parent: u32) {
    let children = fs::read_dir(format!("/proc/{parent}/task")).unwrap().flat_map(|task| {
        fs::read_to_string(task.unwrap().path().join("children"))
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let child: i32 = children.last().unwrap().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
}

/// Before a crowd the same was once the end of some person's connection, and a
/// failed expectation.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_dies_under_load_says_so_as_well() {
    if !is_proc_ours() {
        return;
    }
    // Free a moment ago; the script asks for this one, so that the test knows where to look.
    let address = own_address();
    let port = std::net::TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port();
    let folder = Folder::new("dies-under-load");
    let script =
        folder.file("long.txt", &format!("@serve --listen {address} --port {port}\n甲 joins\n甲: hi\n"));
    let mut bot = std::process::Command::new(env!("CARGO_BIN_EXE_roomchat"))
        .args(["bot", "--crowd", "1", "--repeat", "1000000", &script])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever is in no room disturbs nobody. The crowd comes after the strict playing.
    let begun = std::time::Instant::now();
    while !is_there(port, "crowd1") {
        assert!(begun.elapsed() < DEADLINE, "no crowd came");
        std::thread::yield_now();
    }
    kill_child(bot.id());
    let mut told = String::new();
    bot.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(bot.wait().unwrap().code(), Some(4), "{told}");
    assert!(told.contains("no server: the server died; its last lines:\n  "), "{told}");
}

/// Whether a server is listening and has somebody of this name.
#[cfg(target_os = "linux")]
fn is_there(port: u16, nick: &str) -> bool {
    let Ok(mut socket) = std::net::TcpStream::connect((own_address(), port)) else { return false };
    let ask = format!("NICK looker\r\nUSER u 0 * :x\r\nISON {nick}\r\nQUIT\r\n");
    let mut answer = String::new();
    // It may be the server of the strict playing, which ends meanwhile.
    let answered = socket.write_all(ask.as_bytes()).and_then(|()| socket.read_to_string(&mut answer));
    let found = format!(" 303 looker :{nick}\r\n");
    answered.is_ok() && answer.contains(&found)
}

#[test]
fn a_conversation_is_shown_with_a_tick_per_step() {
    let folder = Folder::new("show");
    let path = folder.file("script.txt", "甲 joins\n乙 joins\n! 甲 #x: no\n甲: 好\n  乙 sees 甲: 壞\n");
    bot()
        .args(["--show", &path])
        .assert()
        .code(1)
        .stdout(predicate::str::starts_with("✓ 甲 joins\n✓ 乙 joins\n✓ ! 甲 #x: no\n✗ 甲: 好\n"));
}
