//! `join` under a pseudo-terminal, looked at through a terminal emulator.

use super::{DEADLINE, LATE};
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;
use vt100::{Callbacks, Parser, Screen};

/// A person at a terminal of a certain size.
pub(super) struct Tty {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// The terminal's mode before `join` came.
    mode: String,
}

/// What of a child is no terminal.
struct Pipes {
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
}

struct Seen {
    parser: Parser<Signs>,
    /// All that was written to the terminal.
    raw: Vec<u8>,
    over: bool,
    /// Nobody looks at the terminal any more: it is about to be closed.
    closing: bool,
}

impl Seen {
    fn set_size(&mut self, rows: u16, columns: u16) {
        // The emulator can't draw over a half of a wide character at its edge.
        let screen = self.parser.screen();
        let is_cut = |row: &u16| screen.cell(*row, columns - 1).is_some_and(vt100::Cell::is_wide);
        let cut: Vec<u16> = (0..screen.size().0.get()).filter(is_cut).collect();
        for row in cut {
            self.parser.process(format!("\x1b7\x1b[{};{columns}H\x1b[K\x1b8", row + 1).as_bytes());
        }
        self.parser.screen_mut().set_size(nonzero(rows), nonzero(columns));
    }
}

/// What of a terminal is no picture.
#[derive(Default)]
pub(super) struct Signs {
    titles: Vec<String>,
    bells: usize,
}

impl Callbacks for Signs {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }
}

/// `O_NOCTTY` of open(2): a terminal that a test looks at is never the one that it hangs on.
const NO_CONTROLLING_TERMINAL: i32 = if cfg!(target_os = "linux") { 0o400 } else { 0x2_0000 };

/// The executable under test; ROOMCHAT_EXE names another one, such as an older build.
fn executable() -> String {
    std::env::var("ROOMCHAT_EXE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_roomchat").to_owned())
}

/// A puppet speaks no TLS, and most tests are not about it.
fn plain_by_itself(args: &[&str]) -> &'static [&'static str] {
    if args.contains(&"--tls") { &[] } else { &["--tls", "off"] }
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

impl Tty {
    /// `join` to this server, in Chinese, with nothing else set.
    pub(super) fn join(columns: u16, server: SocketAddr, args: &[&str]) -> Tty {
        Tty::open(24, columns, server, args, &[])
    }

    pub(super) fn open(
        rows: u16,
        columns: u16,
        server: SocketAddr,
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Tty {
        let mut command = CommandBuilder::new(executable());
        command.args(["join", "--server", &server.to_string()]);
        command.args(plain_by_itself(args));
        command.args(args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        env.iter().for_each(|(key, value)| command.env(key, value));
        Tty::run(rows, columns, command)
    }

    /// A shell that waits for commands.
    pub(super) fn shell(program: &str) -> Tty {
        let path = std::env::var_os("PATH").unwrap();
        let program =
            std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists());
        let program = program.unwrap();
        let mut command = CommandBuilder::new(&program);
        // Its own file would set another prompt.
        command.args(if program.ends_with("bash") { &["--norc", "-i"][..] } else { &["-i"] });
        command.env_clear();
        command.env("PATH", path);
        command.env("HOME", std::env::temp_dir());
        for (key, value) in [("TERM", "xterm-256color"), ("PS1", "$ "), ("HISTFILE", "/dev/null")] {
            command.env(key, value);
        }
        Tty::run(24, 80, command)
    }

    fn run(rows: u16, columns: u16, command: CommandBuilder) -> Tty {
        let pty = native_pty_system().openpty(size(rows, columns)).unwrap();
        let mode = mode(&*pty.master);
        let child = pty.slave.spawn_command(command).unwrap();
        Tty::watch(pty.master, child, mode)
    }

    /// `join` at a terminal of which somebody has made reading and writing non-blocking.
    pub(super) fn non_blocking(server: SocketAddr, args: &[&str]) -> Tty {
        let (tty, _) = Tty::half(server, args, |command, terminal| {
            rustix::fs::fcntl_setfl(&terminal, rustix::fs::OFlags::NONBLOCK).unwrap();
            command.stdin(terminal.try_clone().unwrap()).stdout(terminal);
        });
        tty
    }

    /// `join` whose input is the terminal, but whose output is a pipe.
    pub(super) fn only_input(server: SocketAddr, args: &[&str]) -> (Tty, ChildStdout) {
        let (tty, pipes) = Tty::half(server, args, |command, terminal| {
            command.stdin(terminal).stdout(Stdio::piped());
        });
        (tty, pipes.stdout.unwrap())
    }

    /// `join` whose output is the terminal, but whose input is a pipe.
    pub(super) fn only_output(server: SocketAddr, args: &[&str]) -> (Tty, ChildStdin) {
        let (tty, pipes) = Tty::half(server, args, |command, terminal| {
            command.stdin(Stdio::piped()).stdout(terminal);
        });
        (tty, pipes.stdin.unwrap())
    }

    fn half(server: SocketAddr, args: &[&str], ends: impl FnOnce(&mut Command, File)) -> (Tty, Pipes) {
        let pty = native_pty_system().openpty(size(24, 80)).unwrap();
        let mode = mode(&*pty.master);
        let terminal = pty.master.tty_name().unwrap();
        let terminal = File::options().read(true).write(true).open(terminal).unwrap();
        let mut command = Command::new(executable());
        command.args(["join", "--server", &server.to_string()]).args(plain_by_itself(args)).args(args);
        command.env_clear().env("TERM", "xterm-256color").env("COLORTERM", "truecolor");
        ends(&mut command, terminal);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let pipes = Pipes { stdin: child.stdin.take(), stdout: child.stdout.take() };
        (Tty::watch(pty.master, Box::new(child), mode), pipes)
    }

    fn watch(master: Box<dyn MasterPty + Send>, child: Box<dyn Child + Send + Sync>, mode: String) -> Tty {
        let size = master.get_size().unwrap();
        let (rows, columns) = (nonzero(size.rows), nonzero(size.cols));
        let parser = Parser::new_with_callbacks(rows, columns, 0, Signs::default());
        let seen = Arc::new((
            Mutex::new(Seen { parser, raw: Vec::new(), over: false, closing: false }),
            Condvar::new(),
        ));
        let mut reader = master.try_clone_reader().unwrap();
        let keys = master.take_writer().unwrap();
        let eyes = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let count = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = eyes.0.lock().unwrap();
                seen.parser.process(&buffer[..count]);
                seen.raw.extend_from_slice(&buffer[..count]);
                seen.over = count == 0 || seen.closing;
                eyes.1.notify_all();
                if seen.over {
                    return;
                }
            }
        });
        Tty { master, keys, child, seen, mode }
    }

    /// Types keys as they are; `\r` is Enter.
    pub(super) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types bytes that are no characters.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).unwrap();
        self.keys.flush().unwrap();
    }

    /// Pastes as terminals do that know what a paste is.
    pub(super) fn paste(&mut self, text: &str) {
        self.keys(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until the rows from the top, blanks at their ends and empty rows
    /// at the end left out, satisfy this; also without what is told where the machine was
    /// slow for a second.
    pub(super) fn until(&self, what: &str, mut satisfied: impl FnMut(&[String]) -> bool) {
        let rows = |seen: &Seen| rows(seen.parser.screen());
        let lock = self.seen.0.lock().unwrap();
        let mut satisfied = |rows: &[String]| {
            let calm =
                || rows.iter().filter(|row| !LATE.contains(&row.as_str())).cloned().collect::<Vec<_>>();
            satisfied(rows) || satisfied(&calm())
        };
        let waiting = |seen: &mut Seen| !satisfied(&rows(seen)) && !seen.over;
        let (seen, _) = self.seen.1.wait_timeout_while(lock, DEADLINE, waiting).unwrap();
        let rows = rows(&seen);
        drop(seen);
        assert!(satisfied(&rows), "never {what}:\n{}", rows.join("\n"));
    }

    /// The rows as they are now.
    pub(super) fn rows(&self) -> Vec<String> {
        self.look(rows)
    }

    /// Waits until this is somewhere on the screen, also where a time beside it has it wrapped.
    pub(super) fn sees(&self, text: &str) {
        let squeeze = |text: &str| text.split_whitespace().collect::<String>();
        self.until(&format!("{text:?}"), |rows| squeeze(&rows.concat()).contains(&squeeze(text)));
    }

    /// Waits until the screen ends with these rows.
    pub(super) fn ends_with(&self, tail: &[&str]) {
        self.until(&format!("ended with {tail:?}"), |rows| rows.ends_with(&owned(tail)));
    }

    /// Waits until the screen is exactly this.
    pub(super) fn shows(&self, picture: &[&str]) {
        let mut wanted = String::new();
        picture.iter().for_each(|row| writeln!(wanted, "{row}").unwrap());
        self.until(&format!("the picture\n{wanted}but"), |rows| rows == owned(picture));
    }

    /// Whether the emulator has panicked: vt100 0.18 does where a wide character stands cut at
    /// the window's edge and another is drawn over it.
    pub(super) fn is_broken(&self) -> bool {
        self.seen.0.is_poisoned()
    }

    /// Looks at the screen as it is now.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.seen.0.lock().unwrap().parser.screen())
    }

    /// The window gets another size.
    pub(super) fn resize(&self, rows: u16, columns: u16) {
        self.seen.0.lock().unwrap().set_size(rows, columns);
        self.master.resize(size(rows, columns)).unwrap();
    }

    /// Keeps the picture as it is now where ROOMCHAT_PICTURES names a folder.
    pub(super) fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("ROOMCHAT_PICTURES") else {
            return;
        };
        let picture = self.look(|screen| {
            let rows = screen.rows(0, screen.size().1.get());
            rows.map(|row| format!("{}\n", row.trim_end())).collect::<String>()
        });
        std::fs::create_dir_all(&folder).unwrap();
        let file = std::path::Path::new(&folder).join(format!("{name}.txt"));
        std::fs::write(file, picture.trim_end_matches('\n').to_owned() + "\n").unwrap();
    }

    /// Waits until the bell rings.
    pub(super) fn rings(&self) {
        let lock = self.seen.0.lock().unwrap();
        let silent = |seen: &mut Seen| seen.parser.callbacks().bells == 0 && !seen.over;
        let (seen, _) = self.seen.1.wait_timeout_while(lock, DEADLINE, silent).unwrap();
        assert!(seen.parser.callbacks().bells > 0, "the bell never rings");
    }

    /// All that was written so far, escape codes included.
    pub(super) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().raw).into_owned()
    }

    pub(super) fn titles(&self) -> Vec<String> {
        self.seen.0.lock().unwrap().parser.callbacks().titles.clone()
    }

    /// Resident memory in kB (proc(5), VmRSS).
    #[cfg(target_os = "linux")]
    pub(super) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.process_id().unwrap()));
        let status = status.unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(super) fn signal(&self, signal: &str) {
        let process = self.child.process_id().unwrap().to_string();
        let sent = std::process::Command::new("kill").args([signal, &process]).status().unwrap();
        assert!(sent.success());
    }

    /// To the job in the foreground.
    pub(super) fn signal_group(&self, signal: &str) {
        let group = self.master.process_group_leader().unwrap();
        let sent = Command::new("kill").args([signal, "--", &format!("-{group}")]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code, once it has one.
    pub(super) fn exit_code(&mut self) -> u32 {
        let lock = self.seen.0.lock().unwrap();
        // Reading ends when the last holder of the terminal is gone.
        let (seen, _) = self.seen.1.wait_timeout_while(lock, DEADLINE, |seen| !seen.over).unwrap();
        let over = seen.over;
        drop(seen);
        if !over {
            let _ = self.child.kill();
            panic!("it never ended:\n{}", self.raw());
        }
        self.child.wait().unwrap().exit_code()
    }

    /// The typing end, for somebody who types beside the one who looks.
    pub(super) fn take_keys(&mut self) -> Box<dyn Write + Send> {
        std::mem::replace(&mut self.keys, Box::new(std::io::sink()))
    }

    /// Whether this became true of the screen and of all that was written, in this time.
    pub(super) fn within(&self, time: Duration, mut satisfied: impl FnMut(&Screen, &[u8]) -> bool) -> bool {
        let lock = self.seen.0.lock().unwrap();
        let mut missing = |seen: &mut Seen| !satisfied(seen.parser.screen(), &seen.raw);
        let waiting = |seen: &mut Seen| missing(seen) && !seen.over;
        let (mut seen, _) = self.seen.1.wait_timeout_while(lock, time, waiting).unwrap();
        !missing(&mut seen)
    }

    /// How often the bell has rung.
    pub(super) fn bells(&self) -> usize {
        self.seen.0.lock().unwrap().parser.callbacks().bells
    }

    /// Bytes written so far.
    pub(super) fn written(&self) -> usize {
        self.seen.0.lock().unwrap().raw.len()
    }

    pub(super) fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Whether it was stopped and not continued (proc(5)); false where that can't be told.
    pub(super) fn is_stopped(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", self.process())).unwrap_or_default();
        status.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// How it ended, where it ends in this time. All that it wrote has then been seen.
    pub(super) fn ended(&mut self, time: Duration) -> Option<ExitStatus> {
        const GLANCE: Duration = Duration::from_millis(5);
        let started = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.within(DEADLINE, |_, _| false);
                return Some(status);
            }
            if started.elapsed() >= time {
                return None;
            }
            let lock = self.seen.0.lock().unwrap();
            drop(self.seen.1.wait_timeout(lock, GLANCE).unwrap());
        }
    }

    /// Closes the terminal, as a window is closed: whoever sits in it is hung up on. Every
    /// typing end that was taken must be gone.
    pub(super) fn hang_up(&mut self) {
        self.seen.0.lock().unwrap().closing = true;
        // Whatever is written wakes the reader, which then lets go of the terminal.
        let terminal = self.master.tty_name().unwrap();
        let mut options = File::options();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NO_CONTROLLING_TERMINAL);
        let _ = options.write(true).open(terminal).and_then(|mut slave| slave.write_all(b" "));
        self.within(DEADLINE, |_, _| false);
        self.keys = Box::new(std::io::sink());
        self.master = native_pty_system().openpty(size(24, 80)).unwrap().master;
    }

    /// Bytes that were typed and that nobody has read.
    pub(super) fn unread(&self) -> u64 {
        let terminal = File::options().read(true).write(true).open(self.master.tty_name().unwrap()).unwrap();
        rustix::io::ioctl_fionread(&terminal).unwrap()
    }

    /// Whether the terminal is as it was: its mode, its title, pasting.
    pub(super) fn assert_given_back(&self) {
        assert_eq!(mode(&*self.master), self.mode);
        let raw = self.raw();
        // Where keys are signals again, one that follows at once throws away what was written
        // and not yet read (termios(3), ISIG); the terminal draws it as `^C`.
        if ["^C", "^Z", "^\\"].iter().any(|key| raw.contains(key)) {
            return;
        }
        assert_eq!(raw.matches("\x1b[22;2t").count(), raw.matches("\x1b[23;2t").count(), "the title");
        let last = |code: &str| raw.rfind(code).map_or(0, |at| at + 1);
        assert!(last("\x1b[?2004l") >= last("\x1b[?2004h"), "bracketed paste is still on");
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.child.kill();
    }
}

fn mode(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios())
}

fn owned(rows: &[&str]) -> Vec<String> {
    rows.iter().map(|row| (*row).to_owned()).collect()
}

/// A row without the time at its right edge, which depends on when the test runs.
fn without_time(row: &str) -> &str {
    let row = row.trim_end();
    let is_time = |text: &str| {
        let (hours, minutes) = text.split_once(':').unwrap_or_default();
        hours.len() == 2 && minutes.len() == 2 && text.bytes().all(|b| b == b':' || b.is_ascii_digit())
    };
    match row.rsplit_once("  ") {
        Some((before, time)) if is_time(time) => before.trim_end(),
        _ => row,
    }
}

fn rows(screen: &Screen) -> Vec<String> {
    let width = screen.size().1.get();
    let mut rows: Vec<String> = screen.rows(0, width).map(|row| without_time(&row).to_owned()).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}
