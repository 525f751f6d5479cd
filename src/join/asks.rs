//! What the main thread and the input thread say to each other.

use super::input::UserIntent;
use super::secret::Secret;
use crossbeam::channel::Sender;

/// What the input thread is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    Name,
    /// Whether the server is trusted although its key has changed.
    Trust,
    /// The server's password, which nobody is to see.
    Password,
    /// Everything from now on.
    Talk,
    /// Whether all that was entered so far has been told.
    AllTold,
}

/// What the input thread answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// None: the person leaves.
    Name(Option<String>),
    Trust(bool),
    /// None, or empty: the person leaves.
    Password(Option<Secret>),
    UserIntent {
        intent: UserIntent,
        /// The line stands on the screen as it was typed.
        on_screen: bool,
    },
    /// All that was entered before the question came before this.
    AllTold,
    /// Dropped once all before it was done.
    Handled(Sender<()>),
}
