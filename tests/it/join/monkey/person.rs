//! The monkey's hands and eyes: it types beside looking, and knows what stands before the
//! cursor.

use crate::join::tty::Tty;
use portable_pty::ExitStatus;
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use vt100::Screen;

/// What the input line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sight {
    /// A message is typed, so far this, without its blanks.
    Message(String),
    /// `[y/N]`.
    Question,
    /// A name is asked for.
    Name,
    /// No prompt at all.
    Nothing,
}

pub(super) struct Person {
    pub(super) tty: Tty,
    /// None once nothing is typed any more.
    keys: Option<Sender<Vec<u8>>>,
    typist: Option<JoinHandle<()>>,
}

impl Person {
    pub(super) fn sit_down(rows: u16, columns: u16, server: SocketAddr, name: Option<&str>) -> Person {
        let args = name.map(|name| vec!["--name", name]).unwrap_or_default();
        let mut tty = Tty::open(rows, columns, server, &args, &[]);
        let mut terminal = tty.take_keys();
        let (keys, typed) = channel::<Vec<u8>>();
        // A terminal takes no more where nobody reads it: whoever looks must not wait for that.
        let typist = thread::spawn(move || {
            for bytes in typed {
                if terminal.write_all(&bytes).and_then(|()| terminal.flush()).is_err() {
                    return;
                }
            }
        });
        Person { tty, keys: Some(keys), typist: Some(typist) }
    }

    pub(super) fn types(&self, keys: impl AsRef<[u8]>) {
        if let Some(typist) = &self.keys {
            // Nobody takes keys once the terminal is gone.
            let _ = typist.send(keys.as_ref().to_vec());
        }
    }

    pub(super) fn sees(&self) -> Sight {
        self.tty.look(before_cursor)
    }

    /// The room that the prompt names, where it names one.
    pub(super) fn room(&self) -> Option<String> {
        self.tty.look(|screen| {
            let (row, _) = screen.cursor_position();
            let rows: Vec<String> =
                screen.rows(0, screen.size().1.get()).take(usize::from(row) + 1).collect();
            let prompt = rows.iter().rev().find_map(|row| row.split_once("我:"))?.0.trim_end();
            Some(prompt.to_owned()).filter(|prompt| prompt.starts_with('#') && !prompt.contains(' '))
        })
    }

    /// Whether this stands before the cursor in this time.
    pub(super) fn sees_within(&self, time: Duration, mut wanted: impl FnMut(&Sight) -> bool) -> bool {
        self.tty.within(time, |screen, _| wanted(&before_cursor(screen)))
    }

    /// Whether this is written in this time, somewhere behind the first `from` bytes.
    pub(super) fn reads_within(&self, time: Duration, from: usize, text: &str) -> bool {
        self.tty.within(time, |_, raw| words(&raw[from.min(raw.len())..]).contains(text))
    }

    /// All that was written so far, without escape codes and blanks.
    pub(super) fn has_read(&self) -> String {
        words(self.tty.raw().as_bytes())
    }

    /// Signals that come too late hurt nobody.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.tty.process()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    pub(super) fn ended(&mut self, time: Duration) -> Option<ExitStatus> {
        self.tty.ended(time)
    }

    /// Closes the window. False where the terminal takes no more keys, so that it can't be closed.
    pub(super) fn hang_up(&mut self) -> bool {
        self.keys = None;
        let patience = std::time::Instant::now();
        while self.typist.as_ref().is_some_and(|typist| !typist.is_finished()) {
            if patience.elapsed() > Duration::from_secs(2) {
                return false;
            }
            thread::yield_now();
        }
        self.tty.hang_up();
        true
    }
}

fn before_cursor(screen: &Screen) -> Sight {
    let (row, column) = screen.cursor_position();
    let (_, columns) = screen.size();
    let mut text: String = screen.rows(0, columns.get()).take(usize::from(row)).collect();
    text += &screen.contents_between(row, 0, row, column);
    text.retain(|c| !c.is_whitespace());
    let prompts = [("我:", 0), ("[y/N]", 1), ("您的名稱:", 2)];
    let found =
        prompts.into_iter().filter_map(|(prompt, which)| Some((text.rfind(prompt)? + prompt.len(), which)));
    match found.max() {
        Some((at, 0)) => Sight::Message(text[at..].to_owned()),
        Some((_, 1)) => Sight::Question,
        // The name is given, and keys go to the room.
        Some((at, _)) if text[at..].contains("連線到") => Sight::Nothing,
        Some(_) => Sight::Name,
        None => Sight::Nothing,
    }
}

/// What is written without escape codes, blanks and line ends, which depend on the width.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut words = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => skip_escape(&mut rest),
            c if c.is_control() || c.is_whitespace() => {}
            c => words.push(c),
        }
    }
    words
}

fn skip_escape(rest: &mut std::str::Chars<'_>) {
    match rest.next() {
        Some('[') => {
            rest.find(|c| ('@'..='~').contains(c));
        }
        Some(']') => {
            let mut before = ' ';
            rest.find(|&c| c == '\x07' || std::mem::replace(&mut before, c) == '\x1b' && c == '\\');
        }
        _ => {}
    }
}
