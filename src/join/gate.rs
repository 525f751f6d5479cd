//! Who may write to the terminal: the line editor or the printing thread.
//!
//! While the editor reads, a text is handed to it, and it draws the text above
//! its line. Handed is not drawn: the editor may end its line first, and
//! draws it in the next one, or never, when there is no next one. So one text
//! at a time is under way, and the printing thread keeps it until it is drawn.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By the input thread.
    editor: Editor,
    /// The editor has a text that it has not drawn.
    handed: bool,
    /// The printing thread writes to the terminal.
    writing: bool,
}

/// What the editor does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Editor {
    /// Nothing: the terminal is free.
    #[default]
    Idle,
    /// It begins or ends a line: whatever is written now would be torn.
    Busy,
    /// It waits for keys, and draws what it is handed.
    Reading,
    /// It is no more, and what it did not draw it never will.
    Gone,
}

impl Gate {
    /// Returns when the text stands on the terminal.
    ///
    /// # Errors
    /// Those of `hand` and `write`.
    pub(super) fn print(
        &self,
        text: &str,
        hand: impl FnOnce(&str) -> io::Result<()>,
        write: impl FnOnce(&str) -> io::Result<()>,
    ) -> io::Result<()> {
        let busy = |state: &mut State| state.editor == Editor::Busy;
        let mut state = self.wait(self.lock(), busy);
        if state.editor == Editor::Reading {
            state.handed = true;
            // Under the lock, so that the line can't end meanwhile; it never
            // blocks, since the editor has nothing else in hand.
            hand(text)?;
            state = self.wait(state, |state| state.handed && state.editor != Editor::Gone);
            if !std::mem::take(&mut state.handed) {
                return Ok(());
            }
        }
        state.writing = true;
        drop(state);
        let written = write(text);
        self.change(|state| state.writing = false);
        written
    }

    /// A line begins or ends: returns when nothing else writes.
    pub(super) fn busy(&self) {
        let mut state = self.lock();
        state.editor = Editor::Busy;
        drop(self.wait(state, |state| state.writing));
    }

    pub(super) fn reading(&self) {
        self.change(|state| state.editor = Editor::Reading);
    }

    pub(super) fn idle(&self) {
        self.change(|state| state.editor = Editor::Idle);
    }

    pub(super) fn gone(&self) {
        self.change(|state| state.editor = Editor::Gone);
    }

    /// The editor has drawn what it was handed.
    pub(super) fn drawn(&self) {
        self.change(|state| state.handed = false);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        condition: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed.wait_while(state, condition).unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Three flags are whole at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam::channel::unbounded;
    use std::thread;

    /// Prints "x" while `meanwhile` runs, and tells which way it went.
    fn way(gate: &Gate, meanwhile: impl FnOnce()) -> Vec<&'static str> {
        let (tx, rx) = unbounded();
        thread::scope(|scope| {
            scope.spawn(|| {
                let tell = |way| move |_: &str| tx.send(way).map_err(io::Error::other);
                let (hand, write) = (tell.clone()("handed"), tell("written"));
                gate.print("x", hand, write).unwrap();
            });
            meanwhile();
        });
        rx.try_iter().collect()
    }

    #[test]
    fn nothing_is_written_while_a_line_ends() {
        let gate = Gate::default();
        assert_eq!(way(&gate, || ()), ["written"]);
        gate.busy();
        assert_eq!(way(&gate, || gate.idle()), ["written"]);
    }

    #[test]
    fn what_the_editor_draws_is_not_written_again() {
        let gate = Gate::default();
        gate.reading();
        let wait_until_handed = || {
            while !gate.lock().handed {
                thread::yield_now();
            }
        };
        assert_eq!(
            way(&gate, || {
                wait_until_handed();
                gate.busy();
                gate.reading();
                gate.drawn();
            }),
            ["handed"]
        );
        // An editor that is gone draws nothing.
        assert_eq!(
            way(&gate, || {
                wait_until_handed();
                gate.busy();
                gate.gone();
            }),
            ["handed", "written"]
        );
    }
}
