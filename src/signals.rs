//! SIGINT, SIGTERM and SIGHUP, which ask a process to end: once for `serve`, `join` and `bot`.

use std::io;

pub(crate) const SIGHUP: u8 = 1;
pub(crate) const SIGINT: u8 = 2;

/// Calls `each` at every such signal, in a thread of its own, for those to whom all are one. From
/// then on nothing else ends the process at a signal.
///
/// # Errors
/// When another handler is installed already, or its thread can't be had.
pub(crate) fn on_any(each: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(each).map_err(io::Error::other)
}

/// Calls `each` with the number of every such signal, in a thread of its own. From then on
/// nothing else ends the process at a signal.
///
/// # Errors
/// When the handlers or their thread can't be had: signals then have their default effect.
#[cfg(unix)]
pub(crate) fn watch(mut each: impl FnMut(u8) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts;
    let mut signals = signal_hook::iterator::Signals::new([consts::SIGINT, consts::SIGTERM, consts::SIGHUP])?;
    let watch = move || signals.forever().filter_map(|number| u8::try_from(number).ok()).for_each(&mut each);
    std::thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

/// Where there are no signals, Ctrl-C counts as SIGINT.
///
/// # Errors
/// When the handler can't be had.
#[cfg(not(unix))]
pub(crate) fn watch(mut each: impl FnMut(u8) + Send + 'static) -> io::Result<()> {
    on_any(move || each(SIGINT))
}

/// The exit status of a process that the signal of this number ended, as shells count it.
pub(crate) const fn exit_status(number: u8) -> u8 {
    128u8.saturating_add(number)
}
