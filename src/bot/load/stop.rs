//! How a load test ends early.

/// Why there are no figures, or not all of them.
#[derive(Debug)]
pub(in crate::bot) enum Stop {
    NoServer(String),
    /// The script's line where it stopped, and a sentence.
    Failed(usize, String),
}
