//! How the program ends: its status, and a last sentence.

use std::io::{self, Write};

/// Left normally.
pub(super) const LEFT: u8 = 0;
/// Refused, or lost for good.
pub(super) const REFUSED: u8 = 1;
/// A wrong argument.
pub(super) const USAGE: u8 = 2;

/// Says something on standard error, where that is open.
pub(super) fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}
