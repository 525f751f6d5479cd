//! The real server on a disk that fails: strace shows its system calls, and lets some of them fail.

use super::outage::{come_in, since, speak};
use crate::kit::{Client, DEADLINE, Server, installed, is_proc_ours, roomchat, say_aloud};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A server whose system calls are seen.
struct Traced {
    strace: Child,
    /// None where it has ended before it listened.
    address: Option<SocketAddr>,
    said: String,
}

impl Traced {
    /// None where this system lets nobody trace.
    fn start(data: &Path, options: &[&str]) -> Option<Traced> {
        let mut command = Command::new("strace");
        if !is_proc_ours() {
            return None;
        }
        // Only the calls that are asked for stop the server.
        command.args(["-f", "-qq", "--seccomp-bpf"]).args(options).arg(roomchat().get_program());
        command.args(["serve", "--lang", "en", "--listen", "127.0.0.1:0", "--local-operators", "on"]);
        command.args(["--history", "50", "--data"]).arg(data).stdin(Stdio::null());
        let mut strace = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
        let mut out = BufReader::new(strace.stdout.take()?).lines().map_while(Result::ok);
        let listening = out.find(|line| line.starts_with("[LISTENING] "));
        let address = listening.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap());
        // Its console is to be read.
        thread::spawn(move || out.for_each(drop));
        let mut traced = Traced { strace, address, said: String::new() };
        if address.is_none() && traced.said().contains("ptrace") {
            return None;
        }
        Some(traced)
    }

    fn kill(&mut self) {
        let pid = self.strace.id();
        let server = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for server in server.split_whitespace() {
            let _ = Command::new("kill").args(["-9", server]).stderr(Stdio::null()).status();
        }
        let _ = self.strace.wait();
    }

    /// What it says on its standard error, until it ends.
    fn said(&mut self) -> &str {
        if let Some(mut pipe) = self.strace.stderr.take() {
            pipe.read_to_string(&mut self.said).unwrap();
        }
        &self.said
    }

    /// Whether it ends by itself within this time.
    fn ends_within(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.strace.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("roomchat-faults-{name}-{}", crate::kit::unique())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn skip() {
    say_aloud("SKIPPED: no strace, or nobody may trace");
}

/// The name of a call, and whether a line of strace is its beginning, its end, or both.
fn call(line: &str) -> Option<(&str, bool, bool)> {
    let (_, call) = line.split_once(' ')?;
    let call = call.trim_start();
    match call.strip_prefix("<... ") {
        Some(resumed) => Some((resumed.split(' ').next()?, false, true)),
        None => Some((call.split('(').next()?, true, !call.ends_with("<unfinished ...>"))),
    }
}

/// What kill -9 can't show: that the disk was told to keep a message before anybody was told of it.
#[test]
fn nobody_is_told_of_what_is_not_synced() {
    const MESSAGES: usize = 60;
    if !installed("strace") {
        return skip();
    }
    let folder = Folder::new("synced");
    let log = folder.0.with_extension("log");
    let calls = "trace=pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev";
    let options = ["-y", "-s", "100000", "-e", calls, "-o", log.to_str().unwrap()];
    let Some(mut traced) = Traced::start(&folder.0, &options) else { return skip() };
    let client = Client::over(TcpStream::connect(traced.address.unwrap()).unwrap());
    client.send("CAP REQ :message-tags echo-message\r\nCAP END");
    client.say_name("alice");
    for number in 0..MESSAGES {
        client.send(&format!("PRIVMSG #lobby :text-{number}."));
        if number % 7 == 0 {
            client.hears(&format!("text-{number}."));
        }
    }
    client.hears(&format!("text-{}.", MESSAGES - 1));
    traced.kill();
    let log = fs::read_to_string(&log).unwrap();
    // The last write of each text, those since the last sync, and calls that have begun.
    let (mut synced, mut written) = (Vec::new(), Vec::new());
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut told = 0;
    for line in log.lines() {
        let Some((name, begins, ends)) = call(line) else { continue };
        let thread = line.split(' ').next().unwrap();
        if begins {
            begun.insert(thread, line);
        }
        let first = begun.get(thread).copied().unwrap_or_default();
        let is_log = first.contains("room.db-wal>");
        let texts = first.match_indices("text-").map(|(at, _)| first[at..].split('.').next().unwrap());
        match name {
            "sendto" | "sendmsg" | "write" | "writev" if begins && first.contains("msgid=") => {
                for text in texts {
                    assert!(synced.contains(&text), "{text} is sent before it is synced");
                    told += 1;
                }
            }
            "pwrite64" if begins && is_log => written.extend(texts),
            "fsync" | "fdatasync" if ends && is_log && line.ends_with("= 0") => synced.append(&mut written),
            _ => {}
        }
    }
    assert_eq!(told, MESSAGES, "the log of strace is not understood");
    let _ = fs::remove_file(folder.0.with_extension("log"));
}

fn is_about_the_folder(said: &str) -> bool {
    ["nothing can be kept in ", "cannot write "].iter().any(|clear| said.contains(clear))
}

/// A server whose folder can't be made as it should be says so, and starts there as soon as it can.
#[test]
fn a_first_start_that_fails_says_why() {
    if !installed("strace") {
        return skip();
    }
    let folder = Folder::new("first");
    for kind in ["fdatasync,fsync:error=EIO", "pwrite64:error=ENOSPC", "rename:error=EIO"] {
        let calls = format!("trace={}", kind.split(':').next().unwrap());
        let mut failed = 0;
        for count in 1..=20 {
            let _ = fs::remove_dir_all(&folder.0);
            let fault = format!("inject={kind}:when={count}");
            let options = ["-o", "/dev/null", "-e", &calls, "-e", &fault];
            let Some(mut traced) = Traced::start(&folder.0, &options) else { return skip() };
            if traced.address.is_none() {
                failed += 1;
                let code = traced.strace.wait().unwrap().code();
                let said = traced.said();
                assert!(code == Some(1) && is_about_the_folder(said), "{fault}: {code:?} {said}");
            }
            traced.kill();
            drop(Server::start(&["--data", folder.0.to_str().unwrap()]));
        }
        assert!(failed > 0, "{kind}: each start is without such a call");
    }
}

/// Room was set aside for a full disk, and for a quota that is used up: a start is possible with it.
#[test]
fn a_start_without_room_uses_what_was_set_aside() {
    if !installed("strace") {
        return skip();
    }
    let folder = Folder::new("start");
    // A server sets room aside soon after its start.
    let set_aside = || {
        let _server = Server::start(&["--data", folder.0.to_str().unwrap()]);
        let until = Instant::now() + DEADLINE;
        loop {
            match fs::metadata(folder.0.join("reserve")) {
                Ok(file) if file.len() > 0 => break file.modified().unwrap(),
                _ => assert!(Instant::now() < until, "no room is set aside"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    };
    for kind in ["pwrite64:error=ENOSPC", "pwrite64:error=EDQUOT", "openat:error=ENOSPC"] {
        let (calls, mut used) = (format!("trace={}", kind.split(':').next().unwrap()), 0);
        for count in 1..=12 {
            let fault = format!("inject={kind}:when={count}");
            let mut options = ["-o", "/dev/null", "-e", &calls, "-e", &fault].to_vec();
            let files = ["room.db-wal", "room.db-shm"].map(|file| folder.0.join(file));
            files.iter().for_each(|file| options.extend(["-P", file.to_str().unwrap()]));
            let before = set_aside();
            let Some(mut traced) = Traced::start(&folder.0, &options) else { return skip() };
            let said = if traced.address.is_none() { traced.said() } else { "" };
            assert!(said.is_empty(), "{fault}: {said}");
            traced.kill();
            used += usize::from(set_aside() > before);
        }
        assert!(used > 0, "{kind}: each start is without such a call");
    }
}

/// Whatever call of the disk fails, is late or is the last: what was told is there afterwards, and a
/// server that ends by itself says why. `ROOMCHAT_FAULTS` says how many runs.
#[test]
fn a_disk_that_fails_loses_nothing_that_was_told() {
    const SPEAKERS: usize = 3;
    const FAULTS: [&str; 8] = [
        "fdatasync,fsync:error=EIO:when=",
        "pwrite64:error=ENOSPC:when=",
        "pwrite64:error=EDQUOT:when=",
        "pwrite64:error=EIO:when=",
        "fdatasync,fsync:delay_enter=1500000:when=",
        "fdatasync,fsync:signal=KILL:when=",
        "pwrite64:signal=KILL:when=",
        "fallocate,ftruncate:error=EIO:when=",
    ];
    if !installed("strace") {
        return skip();
    }
    let runs = std::env::var("ROOMCHAT_FAULTS").ok().and_then(|count| count.parse().ok());
    let folder = Folder::new("failing");
    let flags = ["--data", folder.0.to_str().unwrap(), "--history", "50"];
    let mut known: Vec<(String, String)> = Vec::new();
    let (mut told, mut ended) = (0, 0);
    for run in 0..runs.unwrap_or(FAULTS.len()) {
        let kind = FAULTS[run % FAULTS.len()];
        let most = if kind.starts_with("pwrite64") { 300 } else { 30 };
        let fault = format!("inject={kind}{}", fastrand::u32(1..most));
        let calls = format!("trace={}", kind.split(':').next().unwrap());
        let options = ["-o", "/dev/null", "-e", &calls, "-e", &fault];
        let Some(mut traced) = Traced::start(&folder.0, &options) else { return skip() };
        let mut heard: Vec<Vec<(String, String)>> = Vec::new();
        if let Some(address) = traced.address {
            thread::scope(|scope| {
                let clients: Vec<_> = (0..SPEAKERS)
                    .map(|number| scope.spawn(move || Some(speak(&enter(address, number)?, run, number))))
                    .collect();
                if !traced.ends_within(Duration::from_millis(900)) {
                    traced.kill();
                }
                heard.extend(clients.into_iter().filter_map(|client| client.join().unwrap()));
            });
        }
        let code = traced.strace.wait().unwrap().code();
        if code == Some(1) {
            ended += 1;
            let is_full = kind.contains("ENOSPC") || kind.contains("EDQUOT");
            assert!(!is_full || traced.address.is_none(), "{fault} has ended it");
            let said = traced.said();
            let is_clear = said.contains("what is said can be kept no more, so the server ends: ");
            assert!(is_clear || is_about_the_folder(said), "{fault}: {said}");
        }
        let server = Server::start(&flags);
        let kept = since(&come_in(&server, SPEAKERS), known.last());
        for heard in &heard {
            told += heard.len();
            let Some(first) = heard.first() else { continue };
            let behind = kept.iter().skip_while(|one| *one != first).take(heard.len());
            assert!(behind.eq(heard), "{fault}: something that was told is lost or is changed");
        }
        known.extend(kept);
    }
    let server = Server::start(&flags);
    assert!(since(&come_in(&server, SPEAKERS), None) == known, "what was there before a run is changed");
    if let Some(runs) = runs {
        let count = known.len();
        say_aloud(&format!(
            "{runs} runs, {ended} ended by themselves: {count} messages, told {told} times, none lost"
        ));
    }
}

/// None where the server ends meanwhile.
fn enter(address: SocketAddr, number: usize) -> Option<Client> {
    let client = Client::over(TcpStream::connect(address).ok()?);
    let caps = "CAP REQ :message-tags echo-message batch draft/chathistory\r\nCAP END\r\n";
    client.try_send_bytes(format!("{caps}NICK s{number}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n").as_bytes());
    Some(client)
}
