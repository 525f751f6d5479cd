//! The server's console: one line per event, in the order in which it happened,
//! written by a thread of its own.

use super::json;
use super::output::Output;
use super::words::{Notice, Wording};
use crate::hub::ConsoleEvent;
use crossbeam::channel::{Receiver, Sender, TryRecvError, unbounded};
use crossbeam::sync::{Parker, Unparker};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Events that wait to be shown, each started KiB of a longer text for one more. More are
/// counted and not shown, so that a console that nobody reads neither stops the room nor
/// fills the memory.
const MAX_WAITING: usize = 16 * 1024;
/// What comes so soon after the last lines waits for the rest of this time, and is
/// written together: a wake-up for each line costs a busy hub's thread more than what
/// it does for it.
const WRITE_INTERVAL: Duration = Duration::from_millis(5);

#[derive(Debug)]
enum Entry {
    Notice(Notice),
    Events(Vec<ConsoleEvent>),
    Missed(usize),
}

/// How the console is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    People(Wording),
    /// One JSON object a line.
    Programs,
}

/// An end of the console for a thread that has something to show: the hub's, and another's.
#[derive(Debug)]
pub(crate) struct Console {
    /// Each with its time, µs since the Unix epoch. Bounded by `waiting`.
    tx: Sender<(u64, Entry)>,
    waiting: Arc<AtomicUsize>,
    /// Events that found no room and were not told of yet.
    missed: usize,
    /// When events came last.
    told_us: u64,
    /// Wakes the console's thread. The channel could do that too, but a thread that waits for one
    /// first yields a few times, and each time takes the core back from a busy hub's thread.
    unparker: Unparker,
}

/// The console thread's end.
#[derive(Debug)]
pub(crate) struct ConsoleWriter {
    rx: Receiver<(u64, Entry)>,
    parker: Parker,
    waiting: Arc<AtomicUsize>,
    format: Format,
}

pub(crate) fn open(format: Format) -> (Console, ConsoleWriter) {
    let (tx, rx) = unbounded();
    let waiting = Arc::new(AtomicUsize::new(0));
    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    let console = Console { tx, waiting: Arc::clone(&waiting), missed: 0, told_us: 0, unparker };
    (console, ConsoleWriter { rx, parker, waiting, format })
}

impl Console {
    /// Shows something of the server's own.
    pub(crate) fn notice(&self, notice: Notice, wall_us: u64) {
        self.send(wall_us, Entry::Notice(notice));
    }

    /// For another thread, which has notices to show.
    pub(crate) fn another(&self) -> Console {
        let (tx, unparker) = (self.tx.clone(), self.unparker.clone());
        Console { tx, waiting: Arc::clone(&self.waiting), missed: 0, told_us: 0, unparker }
    }

    /// Takes the events of a round. Never waits.
    pub(crate) fn show(&mut self, events: &mut Vec<ConsoleEvent>, wall_us: u64) {
        if events.is_empty() {
            return;
        }
        self.told_us = wall_us;
        let room = MAX_WAITING.saturating_sub(self.waiting.load(Ordering::Acquire));
        let mut taken = 0;
        let fits = |event: &&ConsoleEvent| {
            let with_it = taken + weight(event);
            let fits = with_it <= room;
            taken = if fits { with_it } else { taken };
            fits
        };
        let count = events.iter().take_while(fits).count();
        if count == 0 {
            self.missed += events.len();
            return events.clear();
        }
        self.report_missed();
        self.missed = events.len() - count;
        events.truncate(count);
        self.waiting.fetch_add(taken, Ordering::AcqRel);
        // The batch keeps its memory, which else would grow anew in each round.
        let mut told = Vec::with_capacity(events.len());
        told.append(events);
        self.send(wall_us, Entry::Events(told));
    }

    fn report_missed(&mut self) {
        let missed = std::mem::take(&mut self.missed);
        if missed > 0 {
            self.send(self.told_us, Entry::Missed(missed));
        }
    }

    fn send(&self, wall_us: u64, entry: Entry) {
        // The console's thread may have ended first; nobody reads it then.
        let _ = self.tx.send((wall_us, entry));
        self.unparker.unpark();
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.report_missed();
        // The thread ends where it finds that there is no sender any more.
        self.tx = unbounded().0;
        self.unparker.unpark();
    }
}

impl ConsoleWriter {
    /// The console thread's whole life: until the last [`Console`] is gone.
    /// Where nobody reads the output any more, the room goes on without it; where it fails otherwise, that is
    /// told, and it is tried again.
    pub(crate) fn run(self, out: impl Write, tell: impl Fn(&io::Error)) {
        let mut output = Output::new(out);
        // When the last entry was made.
        let mut last_us = 0;
        loop {
            let pause = match self.rx.try_recv() {
                Ok(entry) => {
                    last_us = entry.0;
                    output.push(&self.text(entry));
                    if !output.is_large() {
                        continue;
                    }
                    None
                }
                Err(pause) => Some(pause),
            };
            let written = Instant::now();
            let missed = |count| self.text((last_us, Entry::Missed(count)));
            output.write(written, missed).unwrap_or_else(|error| tell(&error));
            match pause {
                None => {}
                Some(TryRecvError::Disconnected) => break,
                Some(TryRecvError::Empty) => {
                    match output.retry_in(Instant::now()) {
                        Some(time) => self.parker.park_timeout(time),
                        None => self.parker.park(),
                    }
                    thread::sleep(WRITE_INTERVAL.saturating_sub(written.elapsed()));
                }
            }
        }
    }

    fn text(&self, (wall_us, entry): (u64, Entry)) -> String {
        let mut text = String::new();
        let out = &mut text;
        match (self.format, &entry) {
            (Format::People(wording), Entry::Notice(notice)) => wording.notice(notice, out),
            (Format::People(wording), Entry::Missed(count)) => wording.missed(*count, out),
            (Format::People(wording), Entry::Events(events)) => {
                events.iter().for_each(|event| wording.event(event, out));
            }
            (Format::Programs, Entry::Notice(notice)) => json::notice(notice, wall_us, out),
            (Format::Programs, Entry::Missed(count)) => json::missed(*count, wall_us, out),
            (Format::Programs, Entry::Events(events)) => {
                events.iter().for_each(|event| json::event(event, wall_us, out));
            }
        }
        if let Entry::Events(events) = entry {
            self.waiting.fetch_sub(events.iter().map(weight).sum(), Ordering::AcqRel);
        }
        text
    }
}

/// For how many events one counts.
fn weight(event: &ConsoleEvent) -> usize {
    match event {
        ConsoleEvent::Said { text, .. } => 1 + text.len() / 1024,
        // Their texts are those of one line of the wire.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Place;
    use crate::text::{Lang, Name, RoomName};

    const ENGLISH: Format = Format::People(Wording { lang: Lang::En, colour: false });

    fn named() -> ConsoleEvent {
        ConsoleEvent::Named { name: Name::parse("小明").unwrap(), from: ([127, 0, 0, 1], 5).into() }
    }

    /// A console that is not read tells, in its place, how many lines are not shown.
    #[test]
    fn unread_console_tells_what_is_missed() {
        let (mut console, screen) = open(ENGLISH);
        console.show(&mut vec![named(); MAX_WAITING - 1], 1);
        console.show(&mut vec![named(); 3], 1);
        console.show(&mut vec![named(); 5], 1);
        drop(console);
        let mut out = Vec::new();
        screen.run(&mut out, |_| {});
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("client_name").count(), MAX_WAITING);
        assert!(text.ends_with("connected.\n… 7 lines not shown\n"), "{}", &text[text.len() - 99..]);
    }

    /// Sixteen thousand texts of 4 KiB waited: 64 MiB.
    #[test]
    fn a_long_text_counts_for_several_facts() {
        let (mut console, screen) = open(ENGLISH);
        let room = Place { room: RoomName::parse("#lobby").unwrap(), is_first: true };
        let said = |bytes: usize| {
            let (name, from) = (Name::parse("alice").unwrap(), ([10, 0, 0, 1], 1).into());
            ConsoleEvent::Said { room: room.clone(), name, from, text: "x".repeat(bytes).into() }
        };
        console.show(&mut vec![said(4096); MAX_WAITING], 1);
        console.show(&mut vec![said(1)], 1);
        console.show(&mut vec![said(4096)], 1);
        drop(console);
        let mut out = Vec::new();
        screen.run(&mut out, |_| {});
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches("alice: xx").count(), MAX_WAITING / 5);
        assert_eq!(text.matches("alice: x ").count(), 1, "a short one finds room");
        assert!(text.contains("not shown"), "the last is missed and told of");
    }

    /// Each line is written while the console lives; its thread ends with it.
    #[test]
    fn lines_are_written_at_once() {
        struct Pipe(Sender<String>);
        impl Write for Pipe {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        const DEADLINE: Duration = Duration::from_secs(30);
        let (tx, lines) = unbounded();
        let (mut console, screen) = open(ENGLISH);
        let thread = thread::spawn(|| screen.run(Pipe(tx), |_| {}));
        for _ in 0..20 {
            console.show(&mut vec![named()], 1);
            assert!(lines.recv_timeout(DEADLINE).unwrap().starts_with("client_name"));
        }
        drop(console);
        assert!(lines.recv_timeout(DEADLINE).is_err_and(|error| error.is_disconnected()));
        thread.join().unwrap();
    }

    #[test]
    fn broken_pipe_does_not_end_the_console() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        }
        let (mut console, screen) = open(ENGLISH);
        for _ in 0..3 {
            console.show(&mut vec![named(); MAX_WAITING / 2], 1);
        }
        drop(console);
        screen.run(Broken, |error| panic!("nobody is told of {error}"));
    }
}
