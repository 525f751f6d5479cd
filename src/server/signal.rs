//! Ctrl-C, SIGTERM and SIGHUP.

use crossbeam::channel::{Receiver, bounded};
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a program that SIGINT ended, as shells count.
const INTERRUPTED: i32 = 130;

/// Something comes out at the first signal. The second ends the process at
/// once: somebody is in a hurry.
///
/// # Errors
/// When another handler is installed already.
pub(super) fn first() -> Result<Receiver<()>, ctrlc::Error> {
    let (tx, rx) = bounded(1);
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || match asked.swap(true, Ordering::AcqRel) {
        false => drop(tx.try_send(())),
        true => std::process::exit(INTERRUPTED),
    })?;
    Ok(rx)
}
