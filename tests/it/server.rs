//! `roomchat serve` as its users meet it: the console, coming and going.

use crate::kit::{Client, DEADLINE, Server, installed, roomchat};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// The console's lines while somebody comes, talks and leaves.
fn visit(lang: &str) -> (Vec<String>, String) {
    let server = Server::start(&["--lang", lang]);
    let client = server.enter("小明");
    client.send("PRIVMSG #lobby :哈囉");
    client.send("QUIT");
    client.hears_to_the_end();
    let first = server.shows("");
    let lines = (0..6).map(|_| server.shows("").replace(&client.address, "ADDRESS"));
    let lines = [first.replace(&server.address.to_string(), "SERVER")].into_iter().chain(lines).collect();
    (lines, client.address)
}

#[test]
fn the_console_tells_who_comes_talks_and_leaves() {
    let (lines, address) = visit("zh-TW");
    assert!(address.starts_with("('127.0.0.1', "));
    assert_eq!(
        lines,
        [
            "朋友可以這樣加入: roomchat join --server SERVER",
            "client_name = 小明",
            "[NEW CONNECTION] ADDRESS connected.",
            "聊天室人數： 1",
            "小明: 哈囉 from ADDRESS",
            "[CLOSED] ADDRESS closed.",
            "聊天室人數： 0",
        ]
    );
}

#[test]
fn the_console_speaks_english_when_asked_to() {
    let (lines, _) = visit("en");
    assert_eq!(
        lines,
        [
            "friends join with: roomchat join --server SERVER",
            "client_name = 小明",
            "[NEW CONNECTION] ADDRESS connected.",
            "people in the room: 1",
            "小明: 哈囉 from ADDRESS",
            "[CLOSED] ADDRESS closed.",
            "people in the room: 0",
        ]
    );
}

#[test]
fn other_rooms_say_their_name_and_who_gave_none_is_told_so() {
    let server = Server::start(&[]);
    let client = server.enter("小明");
    client.send("JOIN #lab\r\nPRIVMSG #lab :哈囉");
    assert_eq!(server.shows("#lab"), "[#lab] 聊天室人數： 1");
    assert_eq!(server.shows("#lab"), format!("[#lab] 小明: 哈囉 from {}", client.address));
    let nobody = server.connect();
    let address = nobody.address.clone();
    drop(nobody);
    assert_eq!(server.shows("關閉"), format!("{address} 關閉了登入視窗..."));
}

#[test]
fn one_who_says_nothing_holds_up_nobody_and_goes_after_ten_seconds() {
    let server = Server::start(&[]);
    let silent = server.connect();
    for number in 0..20 {
        server.enter(&format!("學生{number}"));
    }
    assert!(silent.hears_to_the_end().starts_with("ERROR :"));
    assert_eq!(server.shows("no name"), format!("[CLOSED] {} closed. (no name in 10 s)", silent.address));
}

#[test]
fn who_ends_the_stream_at_once_still_gets_all_answers() {
    let server = Server::start(&[]);
    let client = server.connect();
    client.send("NICK 小明\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPING last");
    client.finish();
    let heard = client.hears_to_the_end();
    assert!(heard.contains(" 366 ") && heard.trim_end().ends_with("last"), "{heard}");
    assert_eq!(server.shows("[CLOSED]"), format!("[CLOSED] {} closed.", client.address));
}

#[test]
fn three_hundred_who_say_nothing_keep_nobody_out() {
    let server = Server::start(&[]);
    let silent: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for number in 0..20 {
        server.enter(&format!("學生{number}"));
    }
    let cut =
        silent.iter().filter(|silent| silent.hears_to_the_end().starts_with("ERROR :Closing link: 127"));
    assert_eq!(cut.count(), 300);
}

#[cfg(unix)]
#[test]
fn the_cap_on_clients_follows_the_limit_on_open_files() {
    let mut shell = std::process::Command::new("sh");
    let serve = "ulimit -n 96 && exec \"$0\" serve --listen 127.0.0.1:0 --log-format json";
    shell.args(["-c", serve, env!("CARGO_BIN_EXE_roomchat")]);
    let mut lines = Console::of(shell.stdout(std::process::Stdio::piped()).spawn().unwrap());
    lines.next();
    let seats = lines.next();
    assert_eq!((&seats["count"], &seats["text"]), (&32.into(), &"ulimit -n".into()));
    let listening = lines.next();
    let connect =
        || crate::kit::Client::over(TcpStream::connect(listening["address"].as_str().unwrap()).unwrap());
    let inside = (0..32).map(|number| {
        let client = connect();
        client.say_name(&format!("p{number}"));
        client
    });
    let inside: Vec<_> = inside.collect();
    assert!(connect().hears_to_the_end().starts_with("ERROR :Closing link: the server is full"));
    drop(inside);
}

#[test]
fn a_full_server_says_so_politely() {
    let server = Server::start(&["--max-clients", "2"]);
    let (first, _second) = (server.enter("a"), server.enter("b"));
    let third = server.connect();
    assert!(third.hears_to_the_end().starts_with("ERROR :Closing link: the server is full"));
    first.send("QUIT");
    first.hears_to_the_end();
    server.shows("[CLOSED]");
    // The seat is free as soon as the server's end is closed as well, which nobody is told.
    let until = std::time::Instant::now() + DEADLINE;
    loop {
        let next = server.connect();
        next.send_bytes(b"PING x\r\n");
        if !next.hears("").starts_with("ERROR :Closing link: the server is full") {
            return;
        }
        assert!(std::time::Instant::now() < until, "the seat is never free");
        thread::yield_now();
    }
}

#[test]
fn a_console_that_nobody_reads_does_not_stop_the_room() {
    let server = Server::start_without_console(&[]);
    let (a, b) = (server.enter("小明"), server.enter("小花"));
    for number in 0..100 {
        a.send(&format!("PRIVMSG #lobby :{number}"));
        b.hears(&format!("PRIVMSG #lobby :{number}"));
    }
}

#[test]
fn a_port_in_use_is_explained_in_one_sentence() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let output =
        roomchat().args(["serve", "--lang", "en", "--listen", &address.to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let next = format!("127.0.0.1:{}", address.port() + 1);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        format!(
            "{address} is used by another program. Choose another port:\n  roomchat serve --listen {next}\n\
             Friends then join with:\n  roomchat join --server {next}\n"
        )
    );
}

#[test]
fn a_bad_start_is_one_sentence_and_exit_code_1() {
    let fails = |args: &[&str], part: &str| {
        let output = roomchat().args(["serve", "--lang", "en"]).args(args).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
        assert!(error.contains(part), "{error}");
    };
    // An address for documentation (RFC 5737): nobody's.
    fails(&["--listen", "203.0.113.1:0"], "cannot open a room at 203.0.113.1:0");
    fails(&["--listen", "127.0.0.1:0", "--motd", "/no/such/file"], "cannot read /no/such/file");
    fails(&["--listen", "127.0.0.1:0", "--room", "lobby"], "begins with #");
    // Each of these was mended or taken in silence.
    fails(&["--max-clients", "0"], "--max-clients 0 lets nobody in");
    for name in ["two words", ":irc", "", "a!b", "x".repeat(41).as_str()] {
        fails(&["--name", name], &format!("'{name}' is no name of a server"));
    }
    let operators = write_operators("bad-operators", &format!("# ours\nroot {SECRET}\nroot secret\n"));
    fails(&["--operators", &operators], &format!("{operators}:3: that is no Argon2 hash"));
}

/// What `printf secret | argon2 somesalt -id -e` prints.
const SECRET: &str = "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$JSTtCfuzyWAVVZF1mjNyip+A7CCi5xkKhBoPdXSPbqs";

fn write_operators(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_operator_ends_a_connection_and_one_who_guesses_does_not() {
    let file = write_operators("operators", &format!("root {SECRET}\n"));
    let server = Server::start(&["--operators", &file, "--lang", "en"]);
    let (keeper, pest) = (server.enter("keeper"), server.enter("pest"));
    pest.send("OPER root guess\r\nKILL keeper :mine");
    pest.hears(" 464 ");
    pest.hears(" 481 ");
    assert_eq!(server.shows("wrong"), format!("pest gave a wrong password from {}", pest.address));
    keeper.send("OPER root secret\r\nKILL pest :enough");
    keeper.hears(" 381 ");
    assert!(pest.hears_to_the_end().contains("Killed (keeper (enough))"));
    let operator = format!("keeper is now an operator of the server from {}", keeper.address);
    assert_eq!(server.shows("operator"), operator);
}

/// What `serve --help` tells to type makes an operator. It did not say where
/// the password goes.
#[test]
fn an_operator_is_made_as_the_help_says() {
    if !["bash", "argon2", "openssl"].into_iter().all(installed) {
        return;
    }
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("made-operators");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let help = String::from_utf8(roomchat().args(["serve", "--help"]).output().unwrap().stdout).unwrap();
    let example = help.split("  read -rs p\n").nth(1).unwrap();
    let (example, _) = example.split_once("  roomchat serve --operators operators").unwrap();
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", &format!("read -rs p\n{example}")]).current_dir(&folder);
    let mut shell = shell.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), "小心 \"$x\n".as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
    let server = Server::start(&["--operators", folder.join("operators").to_str().unwrap()]);
    let keeper = server.enter("keeper");
    keeper.send("OPER root :小心 \"$x");
    keeper.hears(" 381 ");
}

#[test]
fn the_console_is_written_for_programs_when_asked_to() {
    let mut command = roomchat();
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--max-clients", "9"]);
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = Console::of(child);
    let starting = lines.next();
    assert_eq!(starting["event"], "starting");
    assert!(starting["time"].as_str().unwrap().ends_with('Z'));
    let seats = lines.next();
    assert_eq!((&seats["event"], &seats["count"]), (&"seats".into(), &9.into()));
    let listening = lines.next();
    let address = listening["address"].as_str().unwrap();
    let client = crate::kit::Client::over(TcpStream::connect(address).unwrap());
    client.say_name("小明");
    client.send("PRIVMSG #lobby :哈囉 \"all\"");
    client.send("QUIT :bye");
    let events: Vec<_> = std::iter::repeat_with(|| lines.next()).take(5).collect();
    let told: Vec<_> = events.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(told, ["connected", "entered", "said", "closed", "left"]);
    assert_eq!(events[2]["text"], "哈囉 \"all\"");
    assert_eq!((&events[3]["why"], &events[3]["text"]), (&"quit".into(), &"bye".into()));
}

/// A server's console, an object a line.
struct Console(std::process::Child, std::io::Lines<std::io::BufReader<std::process::ChildStdout>>);

impl Console {
    fn of(mut child: std::process::Child) -> Console {
        let out = std::io::BufReader::new(child.stdout.take().unwrap());
        Console(child, std::io::BufRead::lines(out))
    }

    fn next(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.1.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn all_of_v4_and_all_of_v6_can_be_listened_at_apart() {
    // The port is free a moment before; another program may be faster, so a few are tried.
    let both = |port: u16| {
        let mut command = roomchat();
        let (v4, v6) = (format!("0.0.0.0:{port}"), format!("[::]:{port}"));
        command.args(["serve", "--lang", "en", "--listen", &v4, "--listen", &v6]);
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

#[cfg(unix)]
mod stopping {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::io::Write;

    #[test]
    fn a_signal_says_goodbye_to_everybody_and_exits_with_0() {
        let server = Server::start(&[]);
        let clients = [server.enter("小明"), server.enter("小花"), server.connect()];
        // Known to the hub once it is answered.
        clients[2].send("PING x");
        clients[2].hears("x");
        server.signal();
        for client in &clients {
            let heard = client.hears_to_the_end();
            assert!(heard.lines().last().is_some_and(|line| line.starts_with("ERROR :")), "{heard}");
        }
        let (code, console) = server.wait();
        assert_eq!(code, Some(0));
        assert_eq!(console.iter().filter(|line| line.ends_with("closed. (server stopping)")).count(), 3);
    }

    /// Somebody who reads nothing, and whose buffers are small.
    fn stalled(server: &Server) -> Client {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&server.address.into()).unwrap();
        let client = Client::over(TcpStream::from(socket));
        client.say_name("stalled");
        client
    }

    /// `count` lines of about 400 bytes.
    fn flood(count: usize) -> Vec<u8> {
        let line = |number| format!("PRIVMSG #lobby :{number:06} {}\r\n", "x".repeat(380)).into_bytes();
        (0..count).flat_map(line).collect()
    }

    /// It waited for ever for the console to show its last lines.
    #[test]
    fn a_console_that_is_full_does_not_keep_it_from_ending() {
        let (server, _unread) = Server::start_with_stuck_console(&[]);
        let client = server.enter("a");
        client.send_bytes(&flood(1000));
        client.send("PING told");
        client.hears("told");
        server.signal();
        let (tx, ended) = std::sync::mpsc::channel();
        thread::spawn(move || tx.send(server.wait().0));
        assert_eq!(ended.recv_timeout(DEADLINE), Ok(Some(0)));
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        let server = Server::start(&[]);
        let (_stalled, talker) = (stalled(&server), server.enter("talker"));
        talker.send_bytes(&flood(1500));
        talker.send("PING done");
        talker.hears("done");
        server.signal();
        server.shows("server stopping");
        server.signal();
        assert_eq!(server.wait().0, Some(130));
    }

    #[test]
    fn who_does_not_read_is_disconnected_and_the_others_miss_nothing() {
        const LINES: usize = 6000;
        let server = Server::start(&[]);
        let (stalled, talker, other) = (stalled(&server), server.enter("talker"), server.enter("other"));
        thread::scope(|scope| {
            scope.spawn(|| (0..LINES).for_each(|number| drop(other.hears(&format!(":{number:06} x")))));
            scope.spawn(|| talker.send_bytes(&flood(LINES)));
        });
        let line = server.shows("slowly");
        assert_eq!(line, format!("[CLOSED] {} closed. (reads too slowly)", stalled.address));
    }

    /// Nobody can keep a server from stopping, or leave a thread behind in it.
    #[test]
    fn a_hundred_rounds_of_start_and_stop() {
        const SIDE_BY_SIDE: usize = 10;
        let round = || {
            let server = Server::start(&[]);
            let (_stalled, talker, half) = (stalled(&server), server.enter("talker"), server.connect());
            half.send_bytes(b"NICK ha");
            talker.send_bytes(&flood(100));
            talker.send("PING done");
            talker.hears("done");
            server.signal();
            assert_eq!(server.wait().0, Some(0));
        };
        thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| (0..100 / SIDE_BY_SIDE).for_each(|_| round()));
            }
        });
    }

    #[test]
    fn everybody_leaving_in_every_way_leaves_the_server_whole() {
        let server = Server::start(&[]);
        for number in 0..50 {
            let client = server.enter(&format!("n{number}"));
            match number % 4 {
                0 => client.send("QUIT :bye"),
                1 => client.finish(),
                2 => client.send_bytes(b"PRIVMSG #lobby :half a li"),
                _ => drop(TcpStream::connect(server.address).unwrap().write_all(&[b'x'; 100_000])),
            }
        }
        server.enter("last").send("PRIVMSG #lobby :still here");
        server.shows("still here");
    }
}
