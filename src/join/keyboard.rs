//! Between the terminal and the line editor: a thread that reads what is typed.
//!
//! The editor reads standard input and writes standard output, and both have to be
//! terminals or what looks like them. It gets one end of a pseudo-terminal and a place
//! where nothing arrives: its keys come whole and known from [`super::keys`], and what
//! stands on the real terminal is drawn by [`super::canvas`].

use super::keys::{Decoder, Key};
use super::terminal::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A key that has begun and does not go on was typed by hand. A slow line cuts sequences,
/// but hardly for so long.
const KEY_PATIENCE: Duration = Duration::from_millis(500);
/// Bytes for the editor that it has not taken yet; past them the terminal keeps the keys.
const WAITING: usize = 64 * 1024;

/// What the keyboard tells the line editor besides its keys.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    /// The editor takes keys, Ctrl-C among them; else Ctrl-C is a signal. Set by the input thread.
    pub(super) editing: AtomicBool,
    /// Texts that were pasted, announced to the editor by the key that begins a paste.
    pasted: Mutex<VecDeque<String>>,
}

impl Keyboard {
    /// Standard input and output become the editor's, and the thread begins to read.
    ///
    /// # Errors
    /// When there is no pseudo-terminal or thread to be had.
    pub(super) fn start(terminal: Arc<Terminal>) -> io::Result<Arc<Keyboard>> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let editors =
            rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut mode = tcgetattr(&editors)?;
        mode.make_raw();
        tcsetattr(&editors, OptionalActions::Now, &mode)?;
        rustix::fs::fcntl_setfl(&ours, OFlags::NONBLOCK)?;
        let nowhere = rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
        rustix::stdio::dup2_stdin(&editors)?;
        rustix::stdio::dup2_stdout(&nowhere)?;
        let keyboard = Arc::<Keyboard>::default();
        let shared = Arc::clone(&keyboard);
        let reader = Reader { terminal, editor: ours, keyboard: shared, waiting: VecDeque::new() };
        thread::Builder::new().name("keyboard".into()).spawn(move || -> () { reader.run() })?;
        Ok(keyboard)
    }

    /// The text that the editor was told of.
    pub(super) fn take_pasted(&self) -> Option<String> {
        self.pasted.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// What one wait brought.
enum Turn {
    /// The terminal has keys, or its end.
    Keys,
    /// The editor takes more.
    Room,
    /// A key that has begun does not go on.
    Nothing,
}

struct Reader {
    terminal: Arc<Terminal>,
    /// Our end of the editor's terminal.
    editor: OwnedFd,
    keyboard: Arc<Keyboard>,
    /// At most [`WAITING`], and what one read brings.
    waiting: VecDeque<u8>,
}

impl Reader {
    fn run(mut self) -> ! {
        let mut decoder = Decoder::default();
        let mut buffer = [0; 4096];
        loop {
            match self.wait(decoder.is_waiting()) {
                Ok(Turn::Keys) => match rustix::io::read(self.terminal.input(), &mut buffer) {
                    Ok(count @ 1..) => {
                        let keys = decoder.feed(&buffer[..count]);
                        self.act(keys);
                    }
                    // Somebody else who has this terminal made it non-blocking, or has the keys.
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Ok(0) | Err(_) => break,
                },
                Ok(Turn::Room) => {}
                Ok(Turn::Nothing) => {
                    let keys = decoder.expire();
                    self.act(keys);
                }
                Err(_) => break,
            }
            self.hand_over();
        }
        // The terminal is gone, which the kernel need not have told. The editor is not told
        // at all: its end would leave as if somebody had wanted to.
        signal(Signal::HUP);
        loop {
            thread::park();
        }
    }

    /// Waits for a key, for the editor to take what waits, and for a key that has begun
    /// not too long.
    fn wait(&self, begun: bool) -> io::Result<Turn> {
        let patience = Timespec::try_from(KEY_PATIENCE).ok().filter(|_| begun);
        loop {
            let keys = if self.waiting.len() < WAITING { PollFlags::IN } else { PollFlags::empty() };
            let room = if self.waiting.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
            let input = self.terminal.input();
            let mut ends = [PollFd::new(&input, keys), PollFd::new(&self.editor, room)];
            match poll(&mut ends, patience.as_ref()) {
                Ok(0) => return Ok(Turn::Nothing),
                Ok(_) if ends[0].revents().is_empty() => return Ok(Turn::Room),
                Ok(_) => return Ok(Turn::Keys),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn act(&mut self, keys: Vec<Key>) {
        for key in keys {
            match key {
                Key::Typed(bytes) => self.waiting.extend(bytes),
                Key::Pasted(text) => {
                    const PASTE: &[u8] = b"\x1b[200~";
                    let mut pasted = self.keyboard.pasted.lock().unwrap_or_else(PoisonError::into_inner);
                    pasted.push_back(text);
                    self.waiting.extend(PASTE);
                }
                Key::Interrupt if self.keyboard.editing.load(Ordering::SeqCst) => {
                    const INTERRUPT: u8 = 0x03;
                    self.waiting.push_back(INTERRUPT);
                }
                Key::Interrupt => signal(Signal::INT),
                // The whole job, as the terminal would.
                Key::Suspend => {
                    let _ = kill_current_process_group(Signal::TSTP);
                }
            }
        }
    }

    /// Gives the editor as much as it takes.
    fn hand_over(&mut self) {
        while !self.waiting.is_empty() {
            let (bytes, _) = self.waiting.as_slices();
            match rustix::io::write(&self.editor, bytes) {
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

/// To ourselves: the one place where signals end us takes it.
fn signal(signal: Signal) {
    // We may.
    let _ = kill_process(getpid(), signal);
}
