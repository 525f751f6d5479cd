//! What keys do beyond the line editor's own: Ctrl-C keeps the draft, and no
//! line grows higher than the screen, where it would be drawn over and over
//! into the scrollback.

use super::pieces::width;
use super::terminal::{columns, rows};
use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, EventHandler, KeyCode, KeyEvent, Modifiers,
    RepeatCount,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows that a typed line leaves to the conversation.
const SPARE_ROWS: usize = 6;

/// Why a line has ended, other than by Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    Interrupt,
    /// This was pasted into it, and has no room on the screen.
    Pasted(String),
}

/// What the handlers have seen; shared with the helper.
#[derive(Debug, Default)]
pub(super) struct Keys {
    ended: Mutex<Option<Ended>>,
    /// What is being pasted, as far as it has come.
    pasting: Mutex<Option<String>>,
}

impl Keys {
    /// Takes out why the line that was just read has ended.
    pub(super) fn take_ended(&self) -> Option<Ended> {
        lock(&self.ended).take()
    }

    pub(super) fn has_ended(&self) -> bool {
        lock(&self.ended).is_some()
    }

    fn end(&self, why: Ended) -> Cmd {
        *lock(&self.ended) = Some(why);
        Cmd::AcceptLine
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a line has room on the screen.
pub(super) fn fits(line: &str) -> bool {
    let columns = columns();
    let height = |line: &str| width(line).div_ceil(columns).max(1);
    line.split('\n').map(height).sum::<usize>() <= most_rows()
}

fn most_rows() -> usize {
    rows().saturating_sub(SPARE_ROWS).max(1)
}

/// Ctrl-C ends the line like Enter, but marked: so its last refresh can show
/// that it was not said, and the draft is kept.
pub(super) fn interrupt(keys: &Arc<Keys>) -> EventHandler {
    EventHandler::Conditional(Box::new(Interrupt(Arc::clone(keys))))
}

/// Every other key.
pub(super) fn any(keys: &Arc<Keys>) -> EventHandler {
    EventHandler::Conditional(Box::new(Any(Arc::clone(keys))))
}

struct Interrupt(Arc<Keys>);

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        // Pasted, it is a character like any other, and one that nobody says.
        let is_typed = lock(&self.0.pasting).is_none();
        Some(if is_typed { self.0.end(Ended::Interrupt) } else { Cmd::Noop })
    }
}

struct Any(Arc<Keys>);

impl ConditionalEventHandler for Any {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let key = event.get(0)?;
        let mut pasting = lock(&self.0.pasting);
        if let KeyEvent(KeyCode::BracketedPasteStart, _) = key {
            *pasting = Some(String::new());
            return Some(Cmd::Noop);
        }
        if let KeyEvent(KeyCode::BracketedPasteEnd, _) = key {
            let pasted = pasting.take()?.replace("\r\n", "\n").replace('\r', "\n");
            let whole = format!("{}{pasted}", context.line());
            return Some(if fits(&whole) {
                Cmd::Insert(1, pasted)
            } else {
                self.0.end(Ended::Pasted(pasted))
            });
        }
        if let Some(pasting) = pasting.as_mut() {
            pasting.extend(character(*key));
            return Some(Cmd::Noop);
        }
        let typed =
            matches!(key, KeyEvent(KeyCode::Char(c), Modifiers::NONE | Modifiers::SHIFT) if !c.is_control());
        let full = typed && width(context.line()) >= columns() * most_rows();
        full.then_some(Cmd::Noop)
    }
}

/// The character that a pasted key stands for.
fn character(KeyEvent(code, modifiers): KeyEvent) -> Option<char> {
    match (code, modifiers) {
        (KeyCode::Enter, _) => Some('\r'),
        (KeyCode::Char('J'), Modifiers::CTRL) => Some('\n'),
        (KeyCode::Tab, _) => Some('\t'),
        (KeyCode::Char(c), Modifiers::NONE | Modifiers::SHIFT) => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_keys_are_characters() {
        let paste = [
            KeyEvent::from('a'),
            KeyEvent(KeyCode::Enter, Modifiers::NONE),
            KeyEvent::ctrl('J'),
            KeyEvent(KeyCode::Tab, Modifiers::NONE),
            KeyEvent(KeyCode::Up, Modifiers::NONE),
            KeyEvent::from('字'),
        ];
        assert_eq!(paste.into_iter().filter_map(character).collect::<String>(), "a\r\n\t字");
    }
}
