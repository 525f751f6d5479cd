//! SIGINT, SIGTERM and SIGHUP: the first asks us to leave, and ends us where we do not.

#[cfg(unix)]
use super::canvas::Canvas;
#[cfg(unix)]
use super::printer::Printer;
#[cfg(unix)]
use super::terminal::{Hold, Terminal};
use crate::signals::{self, SIGHUP, SIGINT};
use crossbeam::channel::{Receiver, Sender, bounded};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long the first signal may take to end us.
const PATIENCE: Duration = Duration::from_millis(1400);

/// What the watching thread tells.
#[derive(Debug, Clone)]
pub(super) struct Signals {
    /// The number of the first signal: a goodbye is to be said.
    pub(super) endings: Receiver<u8>,
    /// SIGINT while `asks` is set: the person is to be asked.
    pub(super) interrupts: Receiver<()>,
    /// Somebody is there to be asked whether to leave.
    pub(super) asks: Arc<AtomicBool>,
}

/// Begins to watch. Wherever the thread is that says goodbye, the process ends once
/// [`PATIENCE`] is over, and with a second signal at once: `give_back` is called, and must
/// not block.
///
/// # Errors
/// When the handlers or their thread can't be had.
pub(super) fn watch(give_back: impl Fn() + Clone + Send + 'static) -> io::Result<Signals> {
    let (ending, endings) = bounded(1);
    let (interrupt, interrupts) = bounded(1);
    let asks = Arc::<AtomicBool>::default();
    let is_asked = Arc::clone(&asks);
    let mut first = None;
    signals::watch(move |number| {
        // A second interrupt before the first was handled is no question any more.
        let is_question = cfg!(unix) && number == SIGINT && is_asked.load(Ordering::SeqCst);
        if is_question && interrupt.try_send(()).is_ok() {
            return;
        }
        match first {
            None => {
                first = Some(number);
                leave(number, &ending, give_back.clone());
            }
            // A closed terminal may be told twice: by the kernel, and by `hang_up`.
            Some(SIGHUP) if number == SIGHUP => {}
            Some(_) => end(number, &give_back),
        }
    })?;
    Ok(Signals { endings, interrupts, asks })
}

/// Asks for a goodbye, and ends the process where it takes too long.
fn leave(number: u8, tx: &Sender<u8>, give_back: impl Fn() + Send + 'static) {
    // The first of them always has room.
    let _ = tx.try_send(number);
    let wait = move || {
        thread::sleep(PATIENCE);
        end(number, &give_back);
    };
    // Without the thread there is still the second signal.
    let _ = thread::Builder::new().name("patience".into()).spawn(wait);
}

/// The process ends here, whatever its other threads wait for.
fn end(number: u8, give_back: &impl Fn()) {
    give_back();
    std::process::exit(signals::exit_status(number).into());
}

/// The terminal is gone, which the kernel need not have told: ends us as if it had.
#[cfg(unix)]
pub(super) fn hang_up() {
    use rustix::process::{Signal, getpid, kill_process};
    // A process may always send signals to itself.
    let _ = kill_process(getpid(), Signal::HUP);
}

/// Watches what happens to the window: it is drawn anew when its size changes. While we are
/// stopped the shell has its terminal as it was.
///
/// # Errors
/// When the handlers or their thread can't be had.
#[cfg(unix)]
pub(super) fn watch_window(terminal: Arc<Terminal>, canvas: Canvas, printer: Printer) -> io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGTSTP, SIGWINCH};
    let mut signals = signal_hook::iterator::Signals::new([SIGWINCH, SIGTSTP, SIGCONT])?;
    let watch = move || {
        for signal in signals.forever() {
            match signal {
                SIGTSTP if is_orphaned() => {}
                SIGTSTP => {
                    canvas.pause();
                    // Returns once we go on.
                    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
                }
                SIGCONT => match terminal.take_again() {
                    Hold::Lent => canvas.resume(),
                    // Stopped by SIGSTOP, which can't be handled.
                    Hold::Ours => printer.again(),
                    Hold::Over => {}
                },
                _ => printer.again(),
            }
        }
    };
    thread::Builder::new().name("window".into()).spawn(watch)?;
    Ok(())
}

/// Whether nobody is there who could let us go on once we are stopped (POSIX, 3.264,
/// orphaned process group): no shell of our session has our group as its job.
///
/// A script may have started us, so the shell is looked for among all that stand above us.
/// A group that is led from outside our PID namespace reads as 0: whoever leads it stops
/// with us, and is somebody's job.
#[cfg(target_os = "linux")]
pub(super) fn is_orphaned() -> bool {
    let job = |process: &str| -> Option<[u32; 3]> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // proc(5): the name may hold blanks and brackets; after it the state, parent, group, session.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(str::parse);
        let mut next = || fields.next()?.ok();
        Some([next()?, next()?, next()?])
    };
    let Some([mut above, group, session]) = job("self") else {
        return true;
    };
    if group == 0 {
        return false;
    }
    loop {
        match job(&above.to_string()) {
            None => return true,
            Some([next, its, _]) if its == group => above = next,
            Some([_, _, its]) => return its != session,
        }
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn is_orphaned() -> bool {
    use rustix::process::{getpgid, getpgrp, getppid, getsid};
    let Some(parent) = getppid() else {
        return true;
    };
    let session = getsid(None).ok();
    let is_job =
        getsid(Some(parent)).ok() == session && getpgid(Some(parent)).is_ok_and(|group| group != getpgrp());
    !is_job
}
