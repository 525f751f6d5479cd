//! The server's console: one line per fact, in the order in which it happened,
//! written by a thread of its own.

use super::facts::Wording;
use crate::hub::Fact;
use crate::text::{Lang, Phrase};
use crossbeam::channel::{Receiver, Sender, TryRecvError, unbounded};
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Facts that wait to be shown. More are counted and not shown, so that a
/// console that nobody reads neither stops the room nor fills the memory.
const WAITING: usize = 16 * 1024;

#[derive(Debug)]
enum Entry {
    Line(String),
    Facts(Vec<Fact>),
    Missed(usize),
}

/// The hub thread's end of the console.
#[derive(Debug)]
pub(super) struct Console {
    /// Bounded by `waiting`.
    tx: Sender<Entry>,
    waiting: Arc<AtomicUsize>,
    /// Facts that found no room and were not owned up to yet.
    missed: usize,
}

/// The console thread's end.
#[derive(Debug)]
pub(super) struct Screen {
    rx: Receiver<Entry>,
    waiting: Arc<AtomicUsize>,
    wording: Wording,
}

pub(super) fn open(lang: Lang, colour: bool) -> (Console, Screen) {
    let (tx, rx) = unbounded();
    let waiting = Arc::new(AtomicUsize::new(0));
    let console = Console { tx, waiting: Arc::clone(&waiting), missed: 0 };
    (console, Screen { rx, waiting, wording: Wording { lang, colour } })
}

impl Console {
    /// Shows a line of the server's own.
    pub(super) fn line(&self, line: String) {
        // The console may have ended first; nobody reads it then.
        let _ = self.tx.send(Entry::Line(line));
    }

    /// Takes the facts of a round. Never waits.
    pub(super) fn tell(&mut self, facts: &mut Vec<Fact>) {
        if facts.is_empty() {
            return;
        }
        let room = WAITING.saturating_sub(self.waiting.load(Ordering::Acquire));
        if room == 0 {
            self.missed += facts.len();
            return facts.clear();
        }
        self.own_up();
        self.missed = facts.len().saturating_sub(room);
        facts.truncate(room);
        self.waiting.fetch_add(facts.len(), Ordering::AcqRel);
        let _ = self.tx.send(Entry::Facts(std::mem::take(facts)));
    }

    fn own_up(&mut self) {
        let missed = std::mem::take(&mut self.missed);
        if missed > 0 {
            let _ = self.tx.send(Entry::Missed(missed));
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.own_up();
    }
}

impl Screen {
    /// The console thread's whole life: until the last [`Console`] is gone.
    /// Where nobody reads the output any more, the room goes on without it.
    pub(super) fn run(self, out: impl Write) {
        let mut out = BufWriter::new(out);
        let mut open = true;
        loop {
            let entry = match self.rx.try_recv() {
                Ok(entry) => entry,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    open = open && out.flush().is_ok();
                    match self.rx.recv() {
                        Ok(entry) => entry,
                        Err(_) => break,
                    }
                }
            };
            let text = self.show(entry);
            open = open && out.write_all(text.as_bytes()).is_ok();
        }
        if open {
            let _ = out.flush();
        }
        // What could not be written would be tried again, and block, on drop.
        let _ = out.into_parts();
    }

    fn show(&self, entry: Entry) -> String {
        let mut text = String::new();
        match entry {
            Entry::Line(line) => self.wording.own(&line, &mut text),
            Entry::Missed(count) => {
                text.push_str(&Phrase::LinesNotShown { count: count as u64 }.say(self.wording.lang));
                text.push('\n');
            }
            Entry::Facts(facts) => {
                facts.iter().for_each(|fact| self.wording.tell(fact, &mut text));
                self.waiting.fetch_sub(facts.len(), Ordering::AcqRel);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Name;

    fn named() -> Fact {
        Fact::Named { name: Name::parse("小明").unwrap(), from: ([127, 0, 0, 1], 5).into() }
    }

    #[test]
    fn a_console_that_is_not_read_owns_up_in_its_place() {
        let (mut console, screen) = open(Lang::En, false);
        console.tell(&mut vec![named(); WAITING - 1]);
        console.tell(&mut vec![named(); 3]);
        console.tell(&mut vec![named(); 5]);
        drop(console);
        let mut out = Vec::new();
        screen.run(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("client_name").count(), WAITING);
        assert!(text.ends_with("connected.\n… 7 lines not shown\n"), "{}", &text[text.len() - 99..]);
    }

    #[test]
    fn a_broken_pipe_does_not_end_the_console() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let (mut console, screen) = open(Lang::ZhTw, false);
        for _ in 0..3 {
            console.tell(&mut vec![named(); WAITING / 2]);
        }
        drop(console);
        screen.run(Broken);
    }
}
