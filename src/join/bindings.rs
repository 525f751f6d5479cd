//! What keys do beyond the line editor's own: Ctrl-C keeps the draft, a paste is looked at
//! as a whole, and no line grows without bound.

use super::canvas::Canvas;
use super::keyboard::Keyboard;
use super::prompt::Line;
use rustyline::{
    Anchor, Cmd, ConditionalEventHandler, Event, EventContext, EventHandler, KeyCode, KeyEvent, Modifiers,
    RepeatCount,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a line that is edited; past them the bell rings.
const LONGEST: usize = 16 * 1024;

/// Why a line has ended, other than by Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    Interrupt,
    /// This was pasted into it, and has no room in the window.
    Pasted(String),
}

/// What the handlers have seen.
#[derive(Debug)]
pub(super) struct Keys {
    ended: Mutex<Option<Ended>>,
    canvas: Canvas,
    keyboard: Arc<Keyboard>,
}

impl Keys {
    pub(super) fn new(canvas: Canvas, keyboard: Arc<Keyboard>) -> Keys {
        Keys { ended: Mutex::default(), canvas, keyboard }
    }

    /// Takes out why the line that was just read has ended.
    pub(super) fn take_ended(&self) -> Option<Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn end(&self, why: Ended) -> Cmd {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Cmd::AcceptLine
    }

    fn pasted(&self, line: &str) -> Cmd {
        let Some(pasted) = self.keyboard.take_pasted() else {
            return Cmd::Noop;
        };
        let whole = Line { text: format!("{line}{pasted}"), ..Line::default() };
        if whole.text.len() <= LONGEST && self.canvas.fits(&whole) {
            Cmd::Insert(1, pasted)
        } else {
            self.end(Ended::Pasted(pasted))
        }
    }

    fn refuse(&self) -> Cmd {
        self.canvas.ring();
        Cmd::Noop
    }
}

/// Ctrl-C ends the line like Enter, but marked, so that the draft is kept.
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
        Some(self.0.end(Ended::Interrupt))
    }
}

struct Any(Arc<Keys>);

impl ConditionalEventHandler for Any {
    fn handle(&self, event: &Event, count: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let KeyEvent(key, modifiers) = event.get(0)?;
        let length = context.line().len();
        match (key, *modifiers) {
            (KeyCode::BracketedPasteStart, _) => Some(self.0.pasted(context.line())),
            (KeyCode::Char('L'), Modifiers::CTRL) => {
                self.0.canvas.clear();
                Some(Cmd::Noop)
            }
            (KeyCode::Char(c), Modifiers::NONE | Modifiers::SHIFT) if !c.is_control() => {
                let added = c.len_utf8() * usize::from(count.max(1));
                (length + added > LONGEST).then(|| self.0.refuse())
            }
            (KeyCode::Char('Y'), Modifiers::CTRL) => Some(match length < LONGEST {
                // Once, however often it was asked for: a repeated text has no bound.
                true => Cmd::Yank(1, Anchor::Before),
                false => self.0.refuse(),
            }),
            _ => None,
        }
    }
}
