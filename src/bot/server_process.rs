//! A server of our own for one script: a child process on a free loopback port, which ends when
//! its [`ServerProcess`] is dropped.

use super::pattern::Pattern;
use crate::cli;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Lines of the console that wait to be looked at; past these the server's
/// console waits, and drops lines of its own.
const WAITING: usize = 64 * 1024;

/// Lines of the console that a message about a dead server shows.
const LAST_LINES: usize = 8;

/// Servers that a signal must end.
#[derive(Debug, Clone, Default)]
pub(super) struct Children(Arc<Mutex<Vec<Arc<Mutex<Child>>>>>);

impl Children {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Mutex<Child>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock, so that a signal finds each that was started.
    fn start(&self, command: &mut Command) -> io::Result<Arc<Mutex<Child>>> {
        let mut children = self.lock();
        let child = Arc::new(Mutex::new(command.spawn()?));
        children.push(Arc::clone(&child));
        Ok(child)
    }

    fn remove(&self, child: &Arc<Mutex<Child>>) {
        self.lock().retain(|other| !Arc::ptr_eq(other, child));
    }

    /// The lock is held to the end of the process: no server starts any more, and a thread
    /// whose server dies waits in `drop`, and so can't report that as a failure.
    pub(super) fn end_all_and_exit(&self, status: i32) -> ! {
        let children = self.lock();
        children.iter().for_each(|child| end(child));
        std::process::exit(status)
    }
}

/// A server that listens.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Arc<Mutex<Child>>,
    children: Children,
    console: Receiver<String>,
    /// Not yet looked at by `server sees`, oldest first.
    unread: VecDeque<String>,
    last: VecDeque<String>,
    pub(super) port: u16,
    pub(super) host: String,
    flags: Vec<String>,
    /// What it keeps while the script is played; removed at the end.
    folder: Option<Folder>,
}

/// A folder that is removed at the end.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // It is not there where the server has not begun to keep anything.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl ServerProcess {
    /// Starts `roomchat serve` and waits until it listens. What it keeps outlives it if `keeps`.
    ///
    /// # Errors
    /// A sentence, with the server's own last words.
    pub(super) fn start(
        flags: &[String],
        keeps: bool,
        timeout: Duration,
        children: &Children,
    ) -> Result<ServerProcess, String> {
        let mut flags = flags.to_vec();
        let mut folder = None;
        if keeps && !flags.iter().any(|flag| flag.starts_with("--data") || flag == "--memory") {
            let name: String = std::iter::repeat_with(fastrand::alphanumeric).take(12).collect();
            let path = std::env::temp_dir().join(format!("roomchat-bot-{name}"));
            flags.push(format!("--data={}", path.display()));
            folder = Some(Folder(path));
        }
        ServerProcess::spawn(flags, folder, timeout, children)
    }

    /// Kills it.
    pub(super) fn kill(&mut self) {
        end(&self.child);
        self.children.remove(&self.child);
    }

    /// Starts it again after [`ServerProcess::kill`], on the same port.
    ///
    /// # Errors
    /// As [`ServerProcess::start`].
    pub(super) fn restart(&mut self, timeout: Duration) -> Result<(), String> {
        let mut flags = self.flags.clone();
        flags.retain(|flag| !flag.starts_with("--port"));
        flags.push(format!("--port={}", self.port));
        let folder = self.folder.take();
        *self = ServerProcess::spawn(flags, folder, timeout, &self.children)?;
        Ok(())
    }

    fn spawn(
        flags: Vec<String>,
        folder: Option<Folder>,
        timeout: Duration,
        children: &Children,
    ) -> Result<ServerProcess, String> {
        let program =
            std::env::current_exe().map_err(|error| format!("no executable of our own: {error}"))?;
        let mut command = Command::new(program);
        command.arg("serve");
        for (flag, value) in
            [("--lang", "zh-TW"), ("--listen", "127.0.0.1"), ("--port", "0"), ("--local-operators", "on")]
        {
            if !flags.iter().any(|given| given == flag || given.starts_with(&format!("{flag}="))) {
                command.args([flag, value]);
            }
        }
        // Nothing of a playing is to be left, unless its flags say so.
        let keeps = |flag: &String| {
            ["--data", "--memory", "--keep", "--sync"].iter().any(|known| flag.starts_with(known))
        };
        if !flags.iter().any(keeps) {
            command.arg("--memory");
        }
        // Its actors give none.
        command.env_remove(cli::PASSWORD_VARIABLE);
        command.args(&flags).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child =
            children.start(&mut command).map_err(|error| format!("cannot start the server: {error}"))?;
        let (out, err) = {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            (child.stdout.take(), child.stderr.take())
        };
        let (lines, console) = bounded(WAITING);
        let out = out.map(|out| read(out, lines.clone()));
        let err = err.map(|err| read(err, lines));
        let mut process = ServerProcess {
            child,
            children: children.clone(),
            console,
            unread: VecDeque::new(),
            last: VecDeque::new(),
            port: 0,
            host: String::new(),
            flags,
            folder,
        };
        if out.is_none_or(|started| !started) || err.is_none_or(|started| !started) {
            return Err("cannot read the server's console".to_owned());
        }
        process.wait_until_it_listens(timeout)?;
        Ok(process)
    }

    fn wait_until_it_listens(&mut self, timeout: Duration) -> Result<(), String> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Err(why) = self.hear(deadline) {
                let why = match why {
                    RecvTimeoutError::Timeout => "the server did not say that it listens",
                    RecvTimeoutError::Disconnected => "the server ended at its start",
                };
                return Err(format!("{why}\n{}", self.last_words()));
            }
            let line = self.last.back().and_then(|line| line.strip_prefix("[LISTENING] "));
            let address = line.and_then(|rest| rest.rsplit_once(' '));
            let address = address.and_then(|(_, address)| address.rsplit_once(':'));
            if let Some((host, port)) = address
                && let Ok(port) = port.parse()
            {
                self.host = host.trim_matches(['[', ']']).to_owned();
                self.port = port;
                return Ok(());
            }
        }
    }

    /// Waits for a matching line of the console, after those that matched before.
    pub(super) fn sees(&mut self, pattern: &Pattern, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            while let Some(line) = self.unread.pop_front() {
                if pattern.matches(&line) {
                    return true;
                }
            }
            if self.hear(deadline).is_err() {
                return false;
            }
        }
    }

    /// Takes the next line of the console.
    fn hear(&mut self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        let line = self.console.recv_deadline(deadline)?;
        self.note(line.clone());
        self.unread.push_back(line);
        Ok(())
    }

    /// The last words of a child that has ended by itself, or does so within this time: no script can fail
    /// for that.
    pub(super) fn death(&mut self, timeout: Duration) -> Option<String> {
        self.is_dead(timeout).then(|| format!("the server died; its last lines:\n{}", self.last_words()))
    }

    /// A child's connections end before it does, and its console with it.
    fn is_dead(&mut self, timeout: Duration) -> bool {
        let patience = if self.takes_connections(timeout) { Duration::ZERO } else { timeout };
        let deadline = Instant::now() + patience;
        loop {
            match self.hear(deadline) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Whether a new connection is taken and not ended before anything comes on it.
    fn takes_connections(&self, timeout: Duration) -> bool {
        let address = (self.host.as_str(), self.port).to_socket_addrs().ok().and_then(|mut all| all.next());
        let tries = |address: SocketAddr| -> io::Result<bool> {
            let mut connection = TcpStream::connect_timeout(&address, timeout)?;
            connection.set_read_timeout(Some(timeout))?;
            connection.write_all(b"PING alive\r\n")?;
            match connection.read(&mut [0]) {
                Ok(count) => Ok(count > 0),
                // It is silent, and so it is there.
                Err(error) => Ok(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)),
            }
        };
        address.is_some_and(|address| tries(address).unwrap_or(false))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// Its last lines on the console, indented.
    pub(super) fn last_words(&mut self) -> String {
        while let Ok(line) = self.console.recv_timeout(Duration::from_millis(100)) {
            self.note(line);
        }
        self.last_lines().iter().map(|line| format!("  {line}\n")).collect()
    }

    pub(super) fn last_lines(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    fn note(&mut self, line: String) {
        if self.last.len() == LAST_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // In this order, so that a signal between the two still finds it.
        end(&self.child);
        self.children.remove(&self.child);
    }
}

fn end(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // Both fail only where it has ended already.
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads lines in a thread of their own until the pipe ends; false where none
/// could be started.
fn read(pipe: impl Read + Send + 'static, lines: Sender<String>) -> bool {
    let each = move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(count) if count > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
            line.clear();
            if lines.send(text).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("console".into()).spawn(each).is_ok()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// A child that runs this long, and is said to listen at this port.
    fn running(seconds: &str, port: u16) -> ServerProcess {
        let children = Children::default();
        let mut command = Command::new("sleep");
        let child = children.start(command.arg(seconds).stdout(Stdio::piped())).unwrap();
        let (lines, console) = bounded(WAITING);
        let out = child.lock().unwrap().stdout.take().unwrap();
        assert!(read(out, lines));
        ServerProcess {
            child,
            children,
            console,
            unread: VecDeque::new(),
            last: VecDeque::new(),
            port,
            host: "127.0.0.1".to_owned(),
            flags: Vec::new(),
            folder: None,
        }
    }

    /// One that needed longer than 200 ms for its end was once taken for alive, and the script's expectation
    /// for failed.
    #[test]
    fn a_server_that_dies_slowly_is_dead() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answering = thread::spawn(move || (&listener.accept().unwrap().0).write_all(b"PONG\r\n"));
        let minute = Duration::from_secs(60);
        assert!(!running("1000", port).is_dead(minute), "it answers");
        answering.join().unwrap().unwrap();
        // Nobody listens there any more.
        assert!(running("1", port).is_dead(minute));
        assert!(!running("1000", port).is_dead(Duration::from_millis(1)), "it does not end");
    }
}
