//! The thread between the network and the terminal.
//!
//! Printing takes as long as the terminal does; a thread that shows something here never
//! waits for it.

use super::model::Item;
use crate::text::Phrase;
use crossbeam::channel::{Receiver, Sender, bounded, select, unbounded};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Items that wait for the terminal; what comes beyond is only counted.
const WAITING: usize = 10_000;
/// Items printed in one go: as much as one redrawing of the input line is worth.
const AT_ONCE: usize = 64;

enum Job {
    /// With how many did not fit just before it.
    Show(Item, u64),
    Title(String),
    /// The current room, where there are several.
    Room(Option<String>),
    Again,
    End,
    /// Answered when all before it is printed.
    Flush(Sender<()>),
}

/// What one go of printing does.
#[derive(Debug)]
pub(super) enum Print<'a> {
    Items(&'a [Item]),
    /// The window's title.
    Title(&'a str),
    /// The current room, where there are several.
    Room(Option<&'a str>),
    /// The window's last rows once more, as wide as it is now.
    Again,
    /// Nothing more is typed.
    End,
}

/// Hands what is to be shown to the printing thread; all clones use the same thread.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    /// Bounded by who sends, and not by the channel: a bounded one sets all of its room aside at
    /// the start, and writes to it, which is 1.6 MB here.
    jobs: Sender<Job>,
    /// Items that did not fit since one did. Taken along by the next that does, or by
    /// the thread where none waits any more.
    passed_over: Arc<AtomicU64>,
}

impl Printer {
    /// `print` gets what is to be done in one go; an error ends the thread.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn start(
        print: impl FnMut(Print<'_>) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Printer> {
        let (jobs, rx) = unbounded();
        let passed_over = Arc::<AtomicU64>::default();
        let counter = Arc::clone(&passed_over);
        thread::Builder::new().name("print".into()).spawn(move || work(&rx, &counter, print))?;
        Ok(Printer { jobs, passed_over })
    }

    /// Never blocks. False where nothing can be shown any more.
    pub(super) fn show(&self, item: Item) -> bool {
        if self.is_full() {
            self.passed_over.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        let passed_over = self.passed_over.swap(0, Ordering::Relaxed);
        self.jobs.send(Job::Show(item, passed_over)).is_ok()
    }

    /// A few more may get in where several threads ask at once.
    fn is_full(&self) -> bool {
        self.jobs.len() >= WAITING
    }

    /// Sets the window's title; false where more waits than fits.
    pub(super) fn title(&self, title: String) -> bool {
        !self.is_full() && self.jobs.send(Job::Title(title)).is_ok()
    }

    /// Names the current room, where there are several; false where more waits than fits.
    pub(super) fn room(&self, room: Option<String>) -> bool {
        !self.is_full() && self.jobs.send(Job::Room(room)).is_ok()
    }

    /// Draws all anew: the window has changed. Where more waits than fits,
    /// so does this, in what comes next.
    pub(super) fn again(&self) {
        if !self.is_full() {
            let _ = self.jobs.send(Job::Again);
        }
    }

    /// Nothing more is typed: a prompt behind which nothing stands goes.
    pub(super) fn end(&self) {
        let _ = self.jobs.send(Job::End);
    }

    /// Waits until all that was shown is printed, but not for ever.
    pub(super) fn flush(&self, patience: Duration) {
        let (done, wait) = bounded(1);
        // Where the thread is gone, so is the other end.
        let _ = self.jobs.send(Job::Flush(done));
        let _ = wait.recv_timeout(patience);
    }

    /// Waits until all that was shown is printed, as long as some of it is printed within
    /// each `patience`.
    pub(super) fn drain(&self, patience: Duration, signals: &Receiver<u8>) -> Drained {
        let (done, all) = bounded(1);
        let _ = self.jobs.send(Job::Flush(done));
        loop {
            let before = self.jobs.len();
            select! {
                // Where the thread is gone, so is the other end.
                recv(all) -> _ => return Drained::All,
                recv(signals) -> signal => return Drained::Stopped(signal.unwrap_or_default()),
                default(patience) => if self.jobs.len() == before { return Drained::Stuck; },
            }
        }
    }
}

/// How the wait for a slow reader ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    /// All is printed, or nothing can be.
    All,
    /// Nothing more was taken.
    Stuck,
    /// By a signal.
    Stopped(u8),
}

fn work(jobs: &Receiver<Job>, passed_over: &AtomicU64, mut print: impl FnMut(Print<'_>) -> io::Result<()>) {
    let mut items = Vec::new();
    for first in jobs {
        let (mut flushed, mut again, mut title, mut room, mut end) = (None, false, None, None, false);
        for job in std::iter::once(first).chain(jobs.try_iter().take(AT_ONCE - 1)) {
            match job {
                Job::Show(item, passed_over) => items.extend(gap(passed_over).into_iter().chain([item])),
                Job::Again => again = true,
                Job::End => end = true,
                Job::Title(next) => title = Some(next),
                Job::Room(next) => room = Some(next),
                Job::Flush(done) => {
                    flushed = Some(done);
                    break;
                }
            }
        }
        if jobs.is_empty() {
            items.extend(gap(passed_over.swap(0, Ordering::Relaxed)));
        }
        let goes = title.is_none_or(|title| print(Print::Title(&title)).is_ok())
            && room.is_none_or(|room| print(Print::Room(room.as_deref())).is_ok())
            && (!again || print(Print::Again).is_ok())
            && (items.is_empty() || print(Print::Items(&items)).is_ok())
            && (!end || print(Print::End).is_ok());
        if !goes {
            return;
        }
        items.clear();
        flushed.map(|done| done.send(()));
    }
}

fn gap(count: u64) -> Option<Item> {
    (count > 0).then_some(Item::Told(Phrase::LinesNotShown { count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stay_in_order_and_gaps_are_counted() {
        let (open, gate) = bounded::<()>(0);
        let (begin, begun) = crossbeam::channel::unbounded();
        let (printed, all) = crossbeam::channel::unbounded();
        let printer = Printer::start(move |print| {
            let _ = begin.send(());
            let _ = gate.recv();
            let Print::Items(items) = print else { panic!("nothing changed") };
            items.iter().for_each(|item| printed.send(item.clone()).unwrap());
            Ok(())
        })
        .unwrap();
        let item = |n: usize| Item::Server { text: n.to_string() };
        assert!(printer.show(item(0)));
        begun.recv().unwrap();
        (1..=WAITING + 500).for_each(|n| assert!(printer.show(item(n))));
        // After the first batch there is room for as many more; the gap is told before them.
        open.send(()).unwrap();
        begun.recv().unwrap();
        let (late, last) = (WAITING + 501, WAITING + 500 + AT_ONCE);
        (late..=last + 7).for_each(|n| assert!(printer.show(item(n))));
        drop(open);
        printer.flush(Duration::from_secs(30));
        let all: Vec<Item> = all.try_iter().collect();
        let wanted = (0..=WAITING).map(item).chain([Item::Told(Phrase::LinesNotShown { count: 500 })]);
        let wanted =
            wanted.chain((late..=last).map(item)).chain([Item::Told(Phrase::LinesNotShown { count: 7 })]);
        assert!(all.into_iter().eq(wanted));
    }

    /// A slow reader is waited for, and one that takes nothing is not.
    #[test]
    fn slow_reader_is_waited_for() {
        const TICK: Duration = Duration::from_millis(1);
        let (open, gate) = bounded::<()>(0);
        let printer = Printer::start(move |_| {
            let _ = gate.recv();
            Ok(())
        })
        .unwrap();
        let (signal, signals) = bounded(1);
        (0..3 * AT_ONCE).for_each(|n| assert!(printer.show(Item::Server { text: n.to_string() })));
        assert_eq!(printer.drain(TICK, &signals), Drained::Stuck);
        signal.send(2).unwrap();
        assert_eq!(printer.drain(Duration::from_secs(30), &signals), Drained::Stopped(2));
        drop(open);
        assert_eq!(printer.drain(Duration::from_secs(30), &signals), Drained::All);
    }
}
