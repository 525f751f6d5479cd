//! How the program ends: its status, and a last sentence.

use std::io::{self, Write};

/// Left normally.
pub(super) const LEFT: u8 = 0;
/// Refused, or lost for good.
pub(super) const REFUSED: u8 = 1;
/// A wrong argument.
pub(super) const USAGE: u8 = 2;
/// Ended by the signal of this number, as shells count it.
pub(super) const fn by_signal(number: u8) -> u8 {
    128u8.saturating_add(number)
}

/// Says something on standard error; where that is gone nobody listens.
pub(super) fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}
