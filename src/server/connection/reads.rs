//! How much is read at once, and what it means where nothing more can be.

use crate::hub::Departure;
use std::io;

/// Read at once by a client that says a little now and then. It lies on the
/// stack: ten thousand who are silent have one each.
pub(super) const SMALL_READ: usize = 512;
/// Read at once while more keeps coming.
pub(super) const BULK_READ: usize = 16 * 1024;

/// Why a connection ended that can't be read.
pub(super) fn lost(error: &io::Error) -> Departure {
    if error.kind() == io::ErrorKind::TimedOut { Departure::TimedOut } else { Departure::Reset }
}
