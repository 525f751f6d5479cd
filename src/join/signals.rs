//! SIGINT, SIGTERM and SIGHUP as numbers in a channel.

use crossbeam::channel::{Receiver, bounded};
use std::io;

/// Signals not yet looked at; more of them say nothing more.
const WAITING: usize = 8;

/// The numbers of the signals that ask us to leave, from now on.
///
/// While the line editor reads, an interrupt is its business.
///
/// # Errors
/// When the handlers or their thread can't be had.
#[cfg(unix)]
pub(super) fn watch() -> io::Result<Receiver<u8>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let (tx, rx) = bounded(WAITING);
    let forward = move || {
        for number in signals.forever().filter_map(|signal| u8::try_from(signal).ok()) {
            let _ = tx.try_send(number);
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(forward)?;
    Ok(rx)
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
pub(super) fn watch() -> io::Result<Receiver<u8>> {
    const SIGINT: u8 = 2;
    let (tx, rx) = bounded(WAITING);
    let forward = move || {
        let _ = tx.try_send(SIGINT);
    };
    ctrlc::set_handler(forward).map_err(io::Error::other)?;
    Ok(rx)
}
