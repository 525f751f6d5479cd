//! SIGINT, SIGTERM and SIGHUP: the first asks us to leave, and ends us where we do not.

use super::by_signal;
#[cfg(unix)]
use super::terminal::Terminal;
use crossbeam::channel::{Receiver, Sender, bounded};
use std::io;
#[cfg(unix)]
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long the first signal may take to end us.
const PATIENCE: Duration = Duration::from_millis(1700);

/// The first signal's number, for the thread that says goodbye. Wherever that thread
/// is, the process ends once [`PATIENCE`] is over, and with a second signal at once:
/// `give_back` is called, and must not block.
///
/// While the line editor reads, an interrupt is its business.
///
/// # Errors
/// When the handlers or their thread can't be had.
#[cfg(unix)]
pub(super) fn watch(give_back: impl Fn() + Clone + Send + 'static) -> io::Result<Receiver<u8>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (tx, rx) = bounded(1);
    let watch = move || {
        let mut numbers = signals.forever().filter_map(|signal| u8::try_from(signal).ok());
        if let Some(first) = numbers.next() {
            leave(first, &tx, give_back.clone());
        }
        if let Some(second) = numbers.next() {
            end(second, &give_back);
        }
    };
    thread::Builder::new().name("signals".into()).spawn(watch)?;
    Ok(rx)
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
    std::process::exit(by_signal(number).into());
}

/// Watches what happens to the window: it is called `again` when its size changes, and when
/// we go on after we were stopped. Meanwhile the shell has its terminal as it was.
///
/// # Errors
/// When the handlers or their thread can't be had.
#[cfg(unix)]
pub(super) fn watch_window(terminal: Arc<Terminal>, again: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGCONT, SIGTSTP, SIGWINCH};
    let mut signals = signal_hook::iterator::Signals::new([SIGWINCH, SIGTSTP, SIGCONT])?;
    let watch = move || {
        for signal in signals.forever() {
            match signal {
                SIGTSTP if is_orphaned() => {}
                SIGTSTP => {
                    terminal.leave_alone();
                    // Returns once we go on.
                    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
                }
                SIGCONT => {
                    terminal.take_again();
                    again();
                }
                _ => again(),
            }
        }
    };
    thread::Builder::new().name("window".into()).spawn(watch)?;
    Ok(())
}

/// Whether nobody is there who could let us go on once we are stopped (POSIX, 3.264,
/// orphaned process group): no shell of our session has us as its job.
#[cfg(unix)]
fn is_orphaned() -> bool {
    use rustix::process::{getpgid, getpgrp, getppid, getsid};
    let Some(parent) = getppid() else {
        return true;
    };
    let session = getsid(None).ok();
    let is_job =
        getsid(Some(parent)).ok() == session && getpgid(Some(parent)).is_ok_and(|group| group != getpgrp());
    !is_job
}

/// Where there are no signals, only Ctrl-C.
///
/// # Errors
/// When the handler can't be had.
#[cfg(not(unix))]
pub(super) fn watch(give_back: impl Fn() + Clone + Send + 'static) -> io::Result<Receiver<u8>> {
    const SIGINT: u8 = 2;
    let (tx, rx) = bounded(1);
    let mut is_first = true;
    let handle = move || match std::mem::take(&mut is_first) {
        true => leave(SIGINT, &tx, give_back.clone()),
        false => end(SIGINT, &give_back),
    };
    ctrlc::set_handler(handle).map_err(io::Error::other)?;
    Ok(rx)
}
