//! What is listened at, and starts that fail.

use super::Console;
use super::operators::{SECRET, write_operators};
use crate::kit::{Server, roomchat};
use std::net::TcpListener;

#[test]
fn a_port_in_use_is_explained_in_one_sentence() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let output =
        roomchat().args(["serve", "--lang", "en", "--listen", &address.to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    let next = error.split("--listen ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
    assert_eq!(
        error,
        format!(
            "{address} is used by another program. Choose another port, such as:\n  --listen {next}\n\
             Friends then join with:\n  roomchat join --server {next}\n"
        )
    );
    let port: u16 = next.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    assert!(port > address.port());
}

/// The port that was proposed was another one of the same command.
#[test]
fn the_port_proposed_is_not_one_that_is_asked_for() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let mut serve = roomchat();
    serve.args(["serve", "--lang", "en", "--memory"]);
    for port in [port.wrapping_add(1).max(1024), port] {
        serve.args(["--listen", &format!("127.0.0.1:{port}")]);
    }
    let error = String::from_utf8(serve.output().unwrap().stderr).unwrap();
    let next = error.split("--listen 127.0.0.1:").nth(1).and_then(|rest| rest.lines().next());
    assert!(next.is_some_and(|next| next.parse::<u16>().unwrap() != port + 1), "{error}");
}

#[test]
fn a_bad_start_is_one_sentence_and_an_exit_code() {
    let ends = |code: i32, args: &[&str], part: &str| {
        let output = roomchat().args(["serve", "--lang", "en"]).args(args).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(code), 1), "{error}");
        assert!(error.contains(part), "{error}");
    };
    let fails = |args: &[&str], part: &str| ends(1, args, part);
    let is_usage = |args: &[&str], part: &str| ends(2, args, part);
    // An address for documentation (RFC 5737): nobody's.
    fails(&["--listen", "203.0.113.1:0"], "cannot open a room at 203.0.113.1:0");
    fails(&["--listen", "127.0.0.1:0", "--motd", "/no/such/file"], "cannot read /no/such/file");
    // It was read for ever.
    #[cfg(unix)]
    for endless in ["/dev/zero", "/dev/urandom"] {
        fails(&["--motd", endless], &format!("cannot read {endless}: "));
        fails(&["--operators", endless], &format!("cannot read {endless}: "));
    }
    is_usage(&["--listen", "127.0.0.1:0", "--room", "lobby"], "--room 'lobby': a room's name begins with #");
    is_usage(&["--room", "#a,b"], "--room '#a,b': a name cannot hold ','");
    is_usage(&["--room", &format!("#{}", "x".repeat(64))], "64 bytes of UTF-8 at most");
    // Each of these was mended or taken in silence.
    is_usage(&["--max-clients", "0"], "--max-clients 0 lets nobody in");
    for name in ["two words", ":irc", "", "a!b", "x".repeat(41).as_str()] {
        is_usage(&["--name", name], &format!("'{name}' is no name of a server"));
    }
    for text in ["", "two\nlines", "\u{1b}[2J", "x".repeat(201).as_str()] {
        is_usage(&["--description", text], "--description is one line of text, at most 200 bytes");
    }
    let operators = write_operators("bad-operators", &format!("# ours\nroot {SECRET}\nroot secret\n"));
    fails(&["--operators", &operators], &format!("{operators}:3: that is no Argon2 hash"));
}

/// It proposed a whole command, without the other flags of the one that was typed, and a port that nobody had looked at.
/// English sentences of the system stood within Chinese ones.
#[cfg(target_os = "linux")]
#[test]
fn what_the_system_refuses_is_told_in_the_persons_language() {
    let missing = "沒有這個檔案或資料夾 (os error 2)";
    let folder = std::env::temp_dir().display().to_string();
    for (args, told) in [
        (&["serve", "--listen", "203.0.113.1:0"][..], "這台電腦沒有這個位址 (os error 99)"),
        (&["serve", "--password-file", "/no/such"], missing),
        (&["serve", "--motd", &folder], "這是資料夾，不是檔案 (os error 21)"),
        (&["serve", "--cert", "/no/such", "--key", "/no/such"], missing),
        (&["serve", "--data", "/dev/null/x"], "路徑裡有一段不是資料夾 (os error 20)"),
        (&["join", "--name", "ann", "--password-file", "/no/such"], missing),
        // Nobody listens at port 1.
        (&["join", "--name", "ann", "--server", "127.0.0.1:1"], "對方拒絕連線 (os error 111)"),
    ] {
        let mut command = roomchat();
        command.args(args).args(["--lang", "zh-TW"]);
        if args[0] == "serve" && !args.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(told), "{args:?}: {error}");
    }
}

#[test]
fn all_of_v4_and_all_of_v6_can_be_listened_at_apart() {
    // The port is free a moment before; another program may be faster, so a few are tried.
    let both = |port: u16| {
        let mut command = roomchat();
        let (v4, v6) = (format!("0.0.0.0:{port}"), format!("[::]:{port}"));
        command.args(["serve", "--memory", "--lang", "en", "--listen", &v4, "--listen", &v6]);
        let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn();
        let Console(child, lines) = &mut Console::of(child.unwrap());
        let listening = lines.map(Result::unwrap).filter(|line| line.starts_with("[LISTENING]"));
        let count = listening.take(2).count();
        let _ = child.kill();
        count == 2
    };
    let free = || TcpListener::bind("[::]:0").map(|free| free.local_addr().unwrap().port());
    // A machine without v6 has nothing to show here.
    let Ok(_) = free() else { return };
    assert!((0..5).any(|_| both(free().unwrap())));
}

/// Its blank lines vanished, and its byte order mark was sent.
#[test]
fn a_file_s_lines_are_sent_as_they_stand() {
    let motd = std::env::temp_dir().join(format!("roomchat-motd-lines-{}", crate::kit::unique()));
    std::fs::write(&motd, "\u{feff}one\r\n\r\n\n  two\n").unwrap();
    let operators = write_operators("marked-operators", &format!("\u{feff}root {SECRET}\n"));
    let server = Server::start(&["--motd", motd.to_str().unwrap(), "--operators", &operators]);
    std::fs::remove_file(&motd).unwrap();
    let client = server.connect();
    client.send("NICK a\r\nUSER a 0 * :a");
    let lines: Vec<String> = (0..4).map(|_| client.hears(" 372 ")).collect();
    let texts: Vec<&str> =
        lines.iter().filter_map(|line| line.split_once(" :-")).map(|(_, text)| text).collect();
    assert_eq!(texts, [" one", "", "", "   two"]);
    client.send("OPER root secret");
    client.hears(" 381 ");
}

/// Nobody could set it.
#[test]
fn the_server_is_described_as_its_administrator_wants() {
    let server = Server::start(&["--description", "三年二班 :-)"]);
    let client = server.connect();
    client.send("NICK a\r\nUSER a 0 * :a\r\nLINKS\r\nWHOIS a");
    assert!(client.hears(" 375 ").ends_with(" :- roomchat.local Message of the day - 三年二班 :-)"));
    assert!(client.hears(" 364 ").ends_with(" :0 三年二班 :-)"));
    assert!(client.hears(" 312 ").ends_with(" roomchat.local :三年二班 :-)"));
}
