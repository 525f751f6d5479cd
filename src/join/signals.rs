//! SIGINT, SIGTERM and SIGHUP: the first asks us to leave, and ends us where we do not.

use super::by_signal;
use crossbeam::channel::{Receiver, Sender, bounded};
use std::io;
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

/// Calls this whenever the window changes.
///
/// # Errors
/// When the handler or its thread can't be had.
#[cfg(unix)]
pub(super) fn watch_window(mut changed: impl FnMut() + Send + 'static) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGWINCH])?;
    let watch = move || signals.forever().for_each(|_| changed());
    std::thread::Builder::new().name("window".into()).spawn(watch)?;
    Ok(())
}

/// Where no signal tells, nothing is drawn anew.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(super) fn watch_window(_: impl FnMut() + Send + 'static) -> io::Result<()> {
    Ok(())
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
