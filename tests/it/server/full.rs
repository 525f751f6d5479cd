//! A disk that is full, and has room again: a small file system of the server's own.

use crate::kit::{Client, DEADLINE, installed, is_proc_ours, say_aloud};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Servers, one after another, in a mount namespace with a file system of this size.
struct Small {
    shell: Child,
    out: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Small {
    /// None where no namespace is to be had. No two have the same name: to remove one's folder takes the
    /// file system in it from the other.
    fn start(name: &str) -> Option<Small> {
        if !installed("unshare") || !is_proc_ours() {
            return None;
        }
        let folder = std::env::temp_dir().join(format!("roomchat-{name}-{}", crate::kit::unique()));
        fs::create_dir_all(&folder).unwrap();
        let script = "mount -t tmpfs -o size=4m none \"$1\" || exit 9
            echo mounted
            while :; do \"$0\" serve --lang en --listen 127.0.0.1:0 --data \"$1/data\" \
                --name \"$(cat \"$1/name\" || echo roomchat.local)\"
            while [ -e \"$1/hold\" ]; do sleep 0.1; done; done";
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_roomchat")]);
        command.arg(&folder);
        let mut shell = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut out = BufReader::new(shell.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let small = Small { shell, out, folder };
        (line == "mounted\n").then_some(small)
    }

    fn console(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the console ended before {part:?}");
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The address of the next server, when it listens.
    fn listens(&mut self) -> String {
        self.console("[LISTENING]").trim_end().rsplit(' ').next().unwrap().to_owned()
    }

    fn enter(&self, address: &str, name: &str) -> Client {
        let client = Client::over(TcpStream::connect(address).unwrap());
        client.send("CAP REQ :echo-message standard-replies labeled-response draft/chathistory batch");
        client.send("CAP END");
        client.say_name(name);
        client
    }

    fn server(&self) -> String {
        let pid = self.shell.id();
        fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap().trim().to_owned()
    }

    /// A file in the small file system, seen from here.
    fn file(&self, name: &str) -> PathBuf {
        let inside = self.folder.strip_prefix("/").unwrap().join(name);
        PathBuf::from(format!("/proc/{}/root", self.shell.id())).join(inside)
    }

    fn fill(&self) {
        let mut file = File::create(self.file("filler")).unwrap();
        let written = (0..).take_while(|_| file.write_all(&[1; 4096]).is_ok()).take(2000).count();
        assert!(written < 2000, "this is not the small file system");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // The shell first, so that it starts no other server.
        let server = self.server();
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        let _ = Command::new("kill").args(["-9", &server]).status();
        let _ = fs::remove_dir(&self.folder);
    }
}

fn skip() {
    say_aloud("SKIPPED: no namespace with a disk of its own");
}

/// Says something until it is refused; how often it was not, and that answer.
fn say_until_refused(client: &Client) -> (usize, String) {
    for said in 0..100_000 {
        client.send(&format!("PRIVMSG #lobby :{said} {}", "x".repeat(300)));
        let answer = client.hears(" #lobby :");
        // All are told before the first is refused.
        let answer = if answer.contains(" NOTICE ") { client.hears(" #lobby :") } else { answer };
        if answer.contains(" FAIL ") {
            return (said, answer);
        }
    }
    panic!("it is never full");
}

/// What was echoed is kept, what is not kept is refused, all else goes on; and within 12 seconds
/// after there is room again, it is used.
#[test]
fn a_full_disk_refuses_what_it_cannot_keep() {
    let Some(mut small) = Small::start("full") else { return skip() };
    let address = small.listens();
    let alice = small.enter(&address, "alice");
    let bob = small.enter(&address, "bob");
    small.fill();
    let (said, refused) = say_until_refused(&alice);
    let expected = " FAIL PRIVMSG NOT_KEPT #lobby :The server's disk is full, try again later";
    assert!(refused.ends_with(expected), "{refused}");
    bob.hears("NOTICE #lobby :the server's disk is full: nothing can be said until it has room again");
    small.console("[DATA] the server's disk is full");
    alice.send("NOTICE #lobby :x\r\n@label=1 NOTICE #lobby :x\r\nTOPIC #lobby :x\r\nMODE #lobby +m\r\nPRIVMSG bob :alone");
    assert!(alice.hears("FAIL").starts_with("@label=1 "));
    alice.hears("FAIL TOPIC NOT_KEPT #lobby ");
    alice.hears("FAIL MODE NOT_KEPT #lobby ");
    bob.hears("PRIVMSG bob :alone");
    bob.send("PART #lobby\r\nJOIN #other");
    alice.hears("PART #lobby");
    bob.hears(" 366 ");
    let carol = Client::over(TcpStream::connect(&address).unwrap());
    carol.send("NICK carol\r\nUSER u 0 * :x\r\nJOIN #lobby\r\nPRIVMSG #lobby :x\r\nTOPIC #lobby :x");
    carol.hears(" 404 carol #lobby :");
    carol.hears(" 400 carol TOPIC :");

    fs::remove_file(small.file("filler")).unwrap();
    let freed = Instant::now();
    alice.hears("NOTICE #lobby :the server's disk has room again");
    assert!(freed.elapsed() < Duration::from_secs(12));
    small.console("[DATA] the server's disk has room again");
    alice.send("PRIVMSG #lobby :after");
    alice.hears("PRIVMSG #lobby :after");
    Command::new("kill").args(["-9", &small.server()]).status().unwrap();

    let again = small.console(" messages, kept up to 1GiB");
    assert!(again.contains(&format!(" {} messages, kept up to 1GiB", said + 1)), "{again}, {said} were said");
    let address = small.listens();
    let alice = small.enter(&address, "alice");
    alice.send("CHATHISTORY LATEST #lobby * 2");
    alice.hears(&format!("PRIVMSG #lobby :{} ", said - 1));
    alice.hears("PRIVMSG #lobby :after");
    // Where bob went is known although his coming was not kept.
    let bob = Client::over(TcpStream::connect(&address).unwrap());
    bob.send("NICK bob\r\nUSER u 0 * :x\r\nJOIN #other");
    assert!(bob.hears(" 353 ").ends_with(":@bob"));
    assert!(freed.elapsed() < DEADLINE);
}

fn wait(is_done: impl Fn() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !is_done() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_set_aside(reserve: &Path) -> bool {
    fs::metadata(reserve).is_ok_and(|file| file.len() > 0)
}

/// It ended with `disk I/O error`, though room was set aside for a full disk. With another name it needs
/// another certificate, too.
#[test]
fn a_server_comes_back_on_a_full_disk() {
    let Some(mut small) = Small::start("start") else { return skip() };
    small.listens();
    let reserve = small.file("data/reserve");
    let mut kept = 0;
    for signal in ["-TERM", "-9"] {
        // The next one waits until the disk is full.
        File::create(small.file("hold")).unwrap();
        wait(|| is_set_aside(&reserve));
        let server = small.server();
        Command::new("kill").args([signal, &server]).status().unwrap();
        wait(|| !PathBuf::from(format!("/proc/{server}")).exists());
        fs::write(small.file("name"), format!("name{signal}.example")).unwrap();
        small.fill();
        fs::remove_file(small.file("hold")).unwrap();
        small.console(&format!(": {kept} messages, kept up to 1GiB"));
        let address = small.listens();
        let alice = small.enter(&address, "alice");
        let (said, refused) = say_until_refused(&alice);
        assert!(refused.contains(" FAIL PRIVMSG NOT_KEPT #lobby "), "{refused}");
        alice.send("CHATHISTORY LATEST #lobby * 1");
        if kept + said > 0 {
            alice.hears("PRIVMSG #lobby :");
        }

        fs::remove_file(small.file("filler")).unwrap();
        let freed = Instant::now();
        wait(|| is_set_aside(&reserve));
        let is_kept = || {
            alice.send("PRIVMSG #lobby :again");
            !alice.hears(" PRIVMSG ").contains(" FAIL ")
        };
        wait(is_kept);
        assert!(freed.elapsed() < Duration::from_secs(12));
        kept += said + 1;
    }
}
