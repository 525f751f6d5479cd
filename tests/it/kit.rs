//! The real server, and clients that speak raw lines to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// For whatever has to happen at all; nothing takes nearly as long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A `--timeout` that no loaded machine exceeds.
pub(crate) const PATIENT: &str = "30";

/// The executable under test, its locale's language and colours not ours.
pub(crate) fn roomchat() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomchat"));
    for key in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(key);
    }
    // Nothing of a test is kept among the user's own things.
    command.env("ROOMCHAT_HISTORY", "off");
    command.stdin(Stdio::null());
    command
}

/// `roomchat bot`, in this package's folder, with all the time that a loaded machine needs.
pub(crate) fn bot() -> assert_cmd::Command {
    bot_within(PATIENT)
}

/// The same with another `--timeout`.
pub(crate) fn bot_within(timeout: &str) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::from_std(roomchat());
    command.args(["bot", "--timeout", timeout]).current_dir(env!("CARGO_MANIFEST_DIR"));
    // For what hangs: a long conversation takes a minute where others want the machine, too.
    command.timeout(10 * DEADLINE);
    command
}

/// A running `roomchat serve`, ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The console, line by line, from the line after `[LISTENING]`.
    console: Receiver<String>,
}

impl Server {
    /// Starts it on a free loopback port and waits until it listens.
    pub(crate) fn start(args: &[&str]) -> Server {
        Server::start_at(([127, 0, 0, 1], 0).into(), args)
    }

    /// The same at another address.
    pub(crate) fn start_at(at: SocketAddr, args: &[&str]) -> Server {
        let (child, address, out) = Server::start_unread(at, args);
        let (tx, console) = channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tx.send(line)));
        Server { child, address, console }
    }

    fn start_unread(at: SocketAddr, args: &[&str]) -> (Child, SocketAddr, BufReader<ChildStdout>) {
        let mut command = roomchat();
        command.args(["serve", "--listen", &at.to_string()]).args(args);
        // A test may run in a container, where nobody is local by default.
        if !args.contains(&"--local-operators") {
            command.args(["--local-operators", "on"]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("[LISTENING] ") {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "the server ended before it listened");
        }
        let address = line.trim_end().rsplit(' ').next().unwrap().parse().unwrap();
        (child, address, out)
    }

    /// The same with a console that nobody reads from now on: its pipe is broken.
    pub(crate) fn start_without_console(args: &[&str]) -> Server {
        let (child, address, out) = Server::start_unread(([127, 0, 0, 1], 0).into(), args);
        drop(out);
        Server { child, address, console: channel().1 }
    }

    /// The same with a console that is open, and read no more.
    pub(crate) fn start_with_stuck_console(args: &[&str]) -> (Server, impl Sized) {
        let (child, address, out) = Server::start_unread(([127, 0, 0, 1], 0).into(), args);
        (Server { child, address, console: channel().1 }, out)
    }

    /// Waits for a line of the console that holds this.
    pub(crate) fn shows(&self, part: &str) -> String {
        let mut seen = Vec::new();
        let until = Instant::now() + DEADLINE;
        loop {
            match self.console.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("{error}: the console does not show {part:?}, but {seen:#?}"),
            }
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::over(TcpStream::connect(self.address).unwrap())
    }

    /// Somebody who is in the first room.
    pub(crate) fn enter(&self, name: &str) -> Client {
        let client = self.connect();
        client.say_name(name);
        client
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// One of its figures in kB (proc(5)).
    pub(crate) fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
        line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }

    /// Processor time that it has taken (proc(5), stat): in steps of 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(10 * ticks)
    }

    /// The exit code and what the console still showed.
    pub(crate) fn wait(mut self) -> (Option<i32>, Vec<String>) {
        let until = Instant::now() + DEADLINE;
        let mut rest = Vec::new();
        // The console ends with the process.
        while let Ok(line) = self.console.recv_timeout(until.saturating_duration_since(Instant::now())) {
            rest.push(line);
        }
        assert!(Instant::now() < until, "the server does not end; its console: {rest:#?}");
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who speaks raw IRC lines.
pub(crate) struct Client {
    socket: TcpStream,
    reader: Mutex<BufReader<TcpStream>>,
    /// As the server's console writes it.
    pub(crate) address: String,
}

impl Client {
    pub(crate) fn over(socket: TcpStream) -> Client {
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let from = socket.local_addr().unwrap();
        let address = format!("('{}', {})", from.ip(), from.port());
        let reader = Mutex::new(BufReader::new(socket.try_clone().unwrap()));
        Client { socket, reader, address }
    }

    pub(crate) fn say_name(&self, name: &str) {
        self.send(&format!("NICK {name}\r\nUSER {} 0 * :x\r\nJOIN #lobby", "u"));
        self.hears(" 366 ");
    }

    /// A line, its end added.
    pub(crate) fn send(&self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes());
    }

    /// One write.
    pub(crate) fn send_bytes(&self, bytes: &[u8]) {
        (&self.socket).write_all(bytes).unwrap();
    }

    /// As far as the peer takes it.
    pub(crate) fn try_send_bytes(&self, bytes: &[u8]) {
        let _ = (&self.socket).write_all(bytes);
    }

    /// Whole lines, until the connection ends in whatever way.
    pub(crate) fn hears_while_it_lasts(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        while matches!(self.reader.lock().unwrap().read_line(&mut line), Ok(count) if count > 0) {
            if line.ends_with('\n') {
                lines.push(std::mem::take(&mut line));
            }
        }
        lines
    }

    /// Nothing more will be said.
    pub(crate) fn finish(&self) {
        self.socket.shutdown(std::net::Shutdown::Write).unwrap();
    }

    /// Waits for a line that holds this.
    pub(crate) fn hears(&self, part: &str) -> String {
        let mut heard = Vec::new();
        loop {
            let mut line = String::new();
            match self.reader.lock().unwrap().read_line(&mut line) {
                Ok(0) => panic!("closed without {part:?}, but {heard:#?}"),
                Ok(_) if line.contains(part) => return line.trim_end().to_owned(),
                Ok(_) => heard.push(line),
                Err(error) => panic!("{error}: no {part:?}, but {heard:#?}"),
            }
        }
    }

    /// All up to a line that holds this.
    pub(crate) fn hears_until(&self, part: &str) -> Vec<String> {
        let mut heard = Vec::new();
        while !heard.last().is_some_and(|line: &String| line.contains(part)) {
            let mut line = String::new();
            let count = self.reader.lock().unwrap().read_line(&mut line).unwrap();
            assert!(count > 0, "closed without {part:?}, but {heard:#?}");
            heard.push(line);
        }
        heard
    }

    /// All that comes until the server ends the stream.
    pub(crate) fn hears_to_the_end(&self) -> String {
        let mut all = String::new();
        self.reader.lock().unwrap().read_to_string(&mut all).unwrap();
        all
    }
}

/// In the names of files and folders of this process: another one of the same number, as there are in
/// containers, may have left some behind.
pub(crate) fn unique() -> &'static str {
    static NAME: LazyLock<String> =
        LazyLock::new(|| format!("{}-{:08x}", std::process::id(), fastrand::u32(..)));
    &NAME
}

/// An address of this machine and, where the system has as many, of this process alone:
/// what is free there stays so until it is asked for.
pub(crate) fn own_address() -> std::net::Ipv4Addr {
    static NUMBER: LazyLock<[u8; 3]> = LazyLock::new(|| [(); 3].map(|()| fastrand::u8(1..=254)));
    let [first, second, third] = *NUMBER;
    match cfg!(target_os = "linux") {
        true => [127, first, second, third].into(),
        false => std::net::Ipv4Addr::LOCALHOST,
    }
}

/// Whether what /proc says of a process is about ours of that number; says aloud what is skipped where it is
/// that of another PID namespace.
pub(crate) fn is_proc_ours() -> bool {
    let own = std::fs::read_link("/proc/self");
    let is_ours = own.is_ok_and(|own| own == std::path::Path::new(&std::process::id().to_string()));
    if !is_ours {
        say_aloud("SKIPPED: /proc is not that of these processes");
    }
    is_ours
}

/// For what a machine can upset that stops for long at the wrong moment, and a fault
/// each time: it is tried up to three times.
pub(crate) fn undisturbed(test: fn()) {
    (0..2).all(|_| std::panic::catch_unwind(test).is_err()).then(test);
}

/// Whether a program from outside is here; says aloud what is skipped where it is not.
pub(crate) fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).exists());
    if !found {
        say_aloud(&format!("SKIPPED: {program} is not installed"));
    }
    found
}

/// Past the test harness, which hides what passing tests print: a skipped test
/// must not look like one that passed.
pub(crate) fn say_aloud(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
