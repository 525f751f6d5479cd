//! Keeps the printing thread out from the last redrawing of a typed line
//! until the editor reads the next one.
//!
//! The printer hands a message to the editor while that reads, and writes
//! straight to the terminal otherwise. Between two lines the latter would
//! glue the message to the line before, or overtake a message that still
//! waits for the editor.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than any print that does not wait for the editor. One that does
/// wait writes nothing before the editor reads again, so it can be let be.
const PATIENCE: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By the input thread.
    closed: bool,
    /// By the printing thread.
    printing: bool,
}

impl Gate {
    /// Prints, once nobody is finishing a line.
    pub(super) fn pass<T>(&self, print: impl FnOnce() -> T) -> T {
        let open = self.changed.wait_while(self.lock(), |state| state.closed);
        open.unwrap_or_else(PoisonError::into_inner).printing = true;
        let printed = print();
        self.change(|state| state.printing = false);
        printed
    }

    /// The line's end begins: returns when nothing more is written to the terminal.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.closed, true) {
            return;
        }
        drop(self.changed.wait_timeout_while(state, PATIENCE, |state| state.printing));
    }

    pub(super) fn open(&self) {
        self.change(|state| state.closed = false);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Two flags are whole at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    #[test]
    fn nothing_is_printed_while_a_line_is_finished() {
        let (gate, printed) = (Gate::default(), AtomicBool::new(false));
        gate.close();
        thread::scope(|scope| {
            scope.spawn(|| gate.pass(|| printed.store(true, Ordering::SeqCst)));
            assert!(!printed.load(Ordering::SeqCst));
            gate.open();
        });
        assert!(printed.load(Ordering::SeqCst));
    }

    #[test]
    fn a_print_that_waits_for_the_editor_holds_nobody_up() {
        let gate = Gate::default();
        let (release, wait) = crossbeam::channel::bounded::<()>(0);
        let (started, start) = crossbeam::channel::bounded::<()>(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                gate.pass(|| {
                    started.send(()).unwrap();
                    let _ = wait.recv();
                })
            });
            start.recv().unwrap();
            gate.close();
            gate.open();
            drop(release);
        });
    }
}
