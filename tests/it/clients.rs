//! People who sit in the room with the client they already love: irssi,
//! weechat, ii and sic, as Debian ships them. Skipped aloud where they are not installed.

use crate::kit::{DEADLINE, Server, installed};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use roomchat::client::transport::{Event, Link};
use roomchat::wire::{Line, Message};
use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// Somebody in the room who sees what the client under test does.
struct Watcher {
    link: Link,
}

impl Watcher {
    fn enter(server: &Server) -> Watcher {
        let watcher = Watcher { link: Link::connect(server.address, DEADLINE).unwrap() };
        watcher.send(Line::new("NICK").param("watcher"));
        watcher.send(Line::new("USER").param("w").param("0").param("*").text("w"));
        watcher.send(Line::new("JOIN").param("#lobby"));
        watcher.until("the end of names", |m| m.is("366"));
        watcher
    }

    fn send(&self, line: Line) {
        assert!(self.link.send(line.to_bytes()));
    }

    fn say(&self, text: &str) {
        self.send(Line::new("PRIVMSG").param("#lobby").text(text));
    }

    /// Reads until a message fits; everything before it is passed over.
    fn until(&self, what: &str, fits: impl Fn(&Message) -> bool) -> Message {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            match self.link.next(deadline) {
                Some(Event::Message(m)) if fits(&m) => return m,
                Some(Event::Message(m)) => seen.push(m.line().to_owned()),
                other => panic!("waiting for {what}: {other:?} after\n{}", seen.join("\n")),
            }
        }
    }

    /// The whole visit, told how the client is made to do something and how
    /// to know that a text arrived.
    fn visit(&self, nick: &str, mut does: impl FnMut(Deed<'_>), mut heard: impl FnMut(&str)) {
        let is_from = |m: &Message, who: &str, command: &str| m.is(command) && m.nick() == Some(who);
        self.until("the client to join", |m| is_from(m, nick, "JOIN"));
        does(Deed::Say("你好 from a client"));
        let said = self.until("the client to speak", |m| is_from(m, nick, "PRIVMSG"));
        assert_eq!(said.last(), Some("你好 from a client"));
        self.say("哈囉 back to it");
        heard("哈囉 back to it");
        does(Deed::Topic("今天的主題"));
        let topic = self.until("the client to set a topic", |m| is_from(m, nick, "TOPIC"));
        assert_eq!(topic.last(), Some("今天的主題"));
        does(Deed::Nick("小花"));
        let renamed = self.until("the client to rename", |m| is_from(m, nick, "NICK"));
        assert_eq!(renamed.last(), Some("小花"));
        does(Deed::Say("我是小花"));
        self.until("小花 to speak", |m| is_from(m, "小花", "PRIVMSG"));
        does(Deed::Quit);
        self.until("the client to leave", |m| is_from(m, "小花", "QUIT"));
    }
}

/// What a client under test is made to do.
#[derive(Clone, Copy)]
enum Deed<'a> {
    Say(&'a str),
    Topic(&'a str),
    Nick(&'a str),
    Quit,
}

impl Deed<'_> {
    /// As irssi and weechat have it typed.
    fn typed(self) -> String {
        match self {
            Deed::Say(text) => text.to_owned(),
            Deed::Topic(text) => format!("/topic {text}"),
            Deed::Nick(name) => format!("/nick {name}"),
            Deed::Quit => "/quit".to_owned(),
        }
    }
}

/// A program that does not outlive its test.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn temporary(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_there() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn irssi_joins_talks_renames_and_leaves() {
    irssi_visits("irssi", "");
}

/// Encrypted, and pinned by the hash of the server's key, as README says.
#[test]
fn irssi_joins_by_a_key_that_it_knows() {
    irssi_visits("irssi-tls", "-tls -tls_pinned_pubkey");
}

/// With these options of its `/connect`, and the key's hash where one pins it.
fn irssi_visits(name: &str, options: &str) {
    if !installed("irssi") {
        return;
    }
    let data = temporary(&format!("{name}-data"));
    let server = Server::start(&["--data", data.to_str().unwrap()]);
    let options = match options.ends_with("pinned_pubkey") {
        true => format!("{options} {}", hash_of_key(&data.join("cert.pem"))),
        false => options.to_owned(),
    };
    let watcher = Watcher::enter(&server);
    let home = temporary(name);
    let pty = native_pty_system()
        .openpty(PtySize { rows: ROWS.get(), cols: COLUMNS.get(), ..PtySize::default() })
        .unwrap();
    let mut command = CommandBuilder::new("irssi");
    command.arg(format!("--home={}", home.display()));
    command.env("TERM", "xterm");
    command.env("LC_ALL", "C.UTF-8");
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);

    let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 1000)));
    let mut output = pty.master.try_clone_reader().unwrap();
    let drawn = Arc::clone(&screen);
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            drawn.lock().unwrap().process(&buffer[..count]);
        }
    });
    let mut keys = pty.master.take_writer().unwrap();
    let shown = |text: &str| screen.lock().unwrap().screen().contents().contains(text);

    wait_for("irssi's first window", || shown("[(status)]"));
    write!(keys, "/set nick 小安\r/connect {options} 127.0.0.1 {}\r", server.address.port()).unwrap();
    wait_for("irssi's welcome", || shown("End of /MOTD"));
    write!(keys, "/join #lobby\r").unwrap();
    let does = |deed: Deed<'_>| {
        // Words typed before its window is there go nowhere.
        wait_for("irssi's list of names", || shown("watcher"));
        write!(keys, "{}\r", deed.typed()).unwrap();
    };
    watcher.visit("小安", does, |text| wait_for(text, || shown(text)));
    child.wait().unwrap();
    drop(pty.master);
    reader.join().unwrap();
    assert!(!shown("Unknown command"), "{}", screen.lock().unwrap().screen().contents());
}

/// The SHA-256 of a certificate's public key, as irssi has it.
fn hash_of_key(certificate: &Path) -> String {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    let key = rustls::server::ParsedCertificate::try_from(&certificate).unwrap().subject_public_key_info();
    let hash = ring::digest::digest(&ring::digest::SHA256, &key);
    hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// The SHA-256 of a certificate, as weechat has it.
fn hash_of_certificate(certificate: &Path) -> String {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, &certificate);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn weechat_joins_talks_renames_and_leaves() {
    weechat_visits("weechat", false);
}

/// Encrypted, and pinned by the hash of the server's certificate.
#[test]
fn weechat_joins_by_a_certificate_that_it_knows() {
    weechat_visits("weechat-tls", true);
}

fn weechat_visits(name: &str, is_encrypted: bool) {
    if !installed("weechat-headless") {
        return;
    }
    let data = temporary(&format!("{name}-data"));
    let server = Server::start(&["--data", data.to_str().unwrap()]);
    let watcher = Watcher::enter(&server);
    let home = temporary(name);
    let fingerprint = hash_of_certificate(&data.join("cert.pem"));
    // Its options had another name before 4.0, and one of the two is unknown to it.
    let options = ["tls", "ssl"].map(|name| {
        let on = if is_encrypted { "on" } else { "off" };
        let set = |option: &str, value: &str| format!("/set irc.server.t.{name}{option} {value}");
        [set("", on), set("_fingerprint", if is_encrypted { &fingerprint } else { "\"\"" })]
    });
    let options = options.into_iter().flatten().flat_map(|set| ["-r".to_owned(), set]);
    let child = std::process::Command::new("weechat-headless")
        .arg("--dir")
        .arg(&home)
        .args(["-r", "/set logger.file.flush_delay 0"])
        .args(["-r", &format!("/server add t 127.0.0.1/{}", server.address.port())])
        .args(options)
        .args(["-r", "/set irc.server.t.nicks wee_user"])
        .args(["-r", "/set irc.server.t.autojoin #lobby"])
        .args(["-r", "/connect t"])
        .env("LC_ALL", "C.UTF-8")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let child = Ended(child);
    let pipe = home.join(format!("weechat_fifo_{}", child.0.id()));
    let does = |deed: Deed<'_>| {
        // Words sent before its buffer is there go nowhere.
        wait_for("weechat's pipe", || pipe.exists());
        if is_encrypted && matches!(deed, Deed::Topic(_)) {
            watcher.send(Line::new("WHOIS").param("wee_user"));
            watcher.until("that it is encrypted", |m| m.is("671"));
        }
        wait_for("weechat's buffer", || home.join("logs/irc.t.#lobby.weechatlog").exists());
        let mut pipe = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let buffer = if matches!(deed, Deed::Quit) { "core.weechat" } else { "irc.t.#lobby" };
        writeln!(pipe, "{buffer} *{}", deed.typed()).unwrap();
    };
    let logs = || {
        let files = fs::read_dir(home.join("logs")).into_iter().flatten();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default()).collect::<String>()
    };
    watcher.visit("wee_user", does, |text| wait_for(text, || logs().contains(text)));
    assert!(!logs().contains("Unknown command"), "{}", logs());
}

#[test]
fn ii_joins_talks_renames_and_leaves() {
    if !installed("ii") {
        return;
    }
    let server = Server::start(&[]);
    let watcher = Watcher::enter(&server);
    let home = temporary("ii");
    let child = std::process::Command::new("ii")
        .args(["-s", "127.0.0.1", "-p", &server.address.port().to_string(), "-n", "小安", "-f", "安"])
        .arg("-i")
        .arg(&home)
        .env("LC_ALL", "C.UTF-8")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let _child = Ended(child);
    let all = home.join("127.0.0.1");
    let room = all.join("#lobby");
    // Held open and written to in one piece: ii drops what is in a pipe whose
    // last writer has gone, and a line of which only a part is there.
    let open = |folder: &Path| {
        let pipe = folder.join("in");
        wait_for("ii's pipe", || pipe.exists());
        fs::OpenOptions::new().write(true).open(pipe).unwrap()
    };
    let mut server_pipe = open(&all);
    server_pipe.write_all(b"/j #lobby\n").unwrap();
    let mut room_pipe = open(&room);
    let does = |deed: Deed<'_>| {
        let line = match deed {
            Deed::Say(text) => text.to_owned(),
            Deed::Topic(text) => format!("/t {text}"),
            Deed::Nick(name) => format!("/n {name}"),
            Deed::Quit => return server_pipe.write_all(b"/q\n").unwrap(),
        };
        room_pipe.write_all(format!("{line}\n").as_bytes()).unwrap();
    };
    let out = |folder: &Path| fs::read_to_string(folder.join("out")).unwrap_or_default();
    watcher.visit("小安", does, |text| wait_for(text, || out(&room).contains(text)));
    let shown = out(&all) + &out(&room);
    assert!(!shown.contains("Unknown command"), "{shown}");
}

#[test]
fn sic_joins_talks_renames_and_leaves() {
    if !installed("sic") {
        return;
    }
    let server = Server::start(&[]);
    let watcher = Watcher::enter(&server);
    let mut child = std::process::Command::new("sic")
        .args(["-h", "127.0.0.1", "-p", &server.address.port().to_string(), "-n", "小安"])
        .env("LC_ALL", "C.UTF-8")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let _child = Ended(child);
    let shown = Arc::new(Mutex::new(Vec::new()));
    let drawn = Arc::clone(&shown);
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            drawn.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
    let shown = || String::from_utf8_lossy(&shown.lock().unwrap()).into_owned();
    // A line that is read together with the next is not heard: it takes what one read brings for one.
    wait_for("sic's welcome", || shown().contains(" 376 "));
    writeln!(keys, ":j #lobby").unwrap();
    wait_for("sic's names", || shown().contains(" 366 "));
    let does = |deed: Deed<'_>| {
        let line = match deed {
            Deed::Say(text) => format!(":m #lobby {text}"),
            Deed::Topic(text) => format!(":TOPIC #lobby :{text}"),
            Deed::Nick(name) => format!(":NICK {name}"),
            Deed::Quit => ":QUIT".to_owned(),
        };
        writeln!(keys, "{line}").unwrap();
    };
    watcher.visit("小安", does, |text| wait_for(text, || shown().contains(text)));
    reader.join().unwrap();
    assert!(!shown().contains("Unknown command"), "{}", shown());
}
