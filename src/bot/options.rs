//! How scripts are to be played.

use std::time::Duration;

/// What the player needs besides the script.
pub(super) struct Options {
    pub(super) timeout: Duration,
    pub(super) keep_going: bool,
    /// Expectations that are not met are rewritten.
    pub(super) update: bool,
    /// Play only up to this line.
    pub(super) line: Option<usize>,
    /// All connections are encrypted.
    pub(super) tls: bool,
}
