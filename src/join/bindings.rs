//! What keys do beyond the line editor's own: Ctrl-C keeps the draft, a paste is looked at
//! as a whole, and no line grows without bound.

use super::canvas::Canvas;
use super::keys::{is_call, number};
use super::replies::{Key, KeyUse, Replies};
use super::signals::is_orphaned;
use rustix::process::{Signal, kill_current_process_group};
use rustyline::{
    Anchor, Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Bytes of a line that is edited; past them the bell rings.
const LONGEST: usize = 16 * 1024;

/// Bytes of a text that is pasted; past them the bell rings.
const LONGEST_PASTE: usize = 16 * 1024 * 1024;

/// How the reading of a line has ended.
#[derive(Debug)]
pub(super) enum Read {
    Line(String),
    /// More was pasted than the window has room for; not the line around it.
    Pasted(String),
    Interrupt,
    /// Ctrl-D on an empty line.
    End,
    /// Something was typed that can't be read; the line is edited on.
    Again,
    /// The line goes on in the room with this number.
    GoTo(usize),
    /// The main thread wants something.
    Called,
}

/// What the handlers have seen.
#[derive(Debug)]
pub(super) struct Bindings {
    canvas: Canvas,
    /// Why the line has ended, where that was not by Enter.
    ended: Mutex<Option<Read>>,
    /// What is being pasted, as far as it has come.
    pasting: Mutex<Option<String>>,
    replies: Mutex<Replies>,
    /// A search of the history is open; set by the helper.
    pub(super) searching: AtomicBool,
    /// What is typed is no message: ↑ has nothing for it. Set by the input thread.
    pub(super) answering: AtomicBool,
    /// The clock of `replies` counts from here.
    start: Instant,
}

impl Bindings {
    pub(super) fn new(canvas: Canvas) -> Bindings {
        Bindings {
            canvas,
            ended: Mutex::default(),
            pasting: Mutex::default(),
            replies: Mutex::default(),
            searching: AtomicBool::default(),
            answering: AtomicBool::default(),
            start: Instant::now(),
        }
    }

    /// Takes out why the line that was just read has ended.
    pub(super) fn take_ended(&self) -> Option<Read> {
        lock(&self.ended).take()
    }

    fn end(&self, why: Read) -> Cmd {
        *lock(&self.ended) = Some(why);
        Cmd::AcceptLine
    }

    /// A key that is part of something else: of a paste, or of a terminal's answer.
    fn takes_part(&self, key: KeyEvent, line: &str) -> Option<Cmd> {
        let mut pasting = lock(&self.pasting);
        // Ctrl-C right behind a pasted ESC looks like a key with Alt; it is the person's.
        let is_interrupt = key.0 == KeyCode::Char('C') && key.1.contains(Modifiers::CTRL);
        if key.0 == KeyCode::BracketedPasteEnd || is_interrupt {
            let pasted = pasting.take()?;
            return Some(self.pasted(&pasted, line));
        }
        match pasting.as_mut() {
            None if key.0 == KeyCode::BracketedPasteStart => *pasting = Some(String::new()),
            Some(pasting) if pasting.len() < LONGEST_PASTE => pasting.extend(character(key)),
            Some(_) => self.canvas.ring(),
            None => match lock(&self.replies).on_key(seen(key), self.start.elapsed()) {
                KeyUse::Part => {}
                KeyUse::Key => return None,
                KeyUse::KeyAfterLoss => {
                    self.canvas.ring();
                    return None;
                }
            },
        }
        Some(Cmd::Noop)
    }

    fn pasted(&self, pasted: &str, line: &str) -> Cmd {
        let pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
        // Several lines are asked about at once, and a key that answers is no part of them.
        let is_one_line = !pasted.trim_end().contains('\n');
        if is_one_line && line.len() + pasted.len() <= LONGEST && self.canvas.fits(format!("{line}{pasted}"))
        {
            Cmd::Insert(1, pasted)
        } else {
            self.end(Read::Pasted(pasted))
        }
    }

    fn refuse(&self) -> Cmd {
        self.canvas.ring();
        Cmd::Noop
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ctrl-C ends the line like Enter, but marked, so that the draft is kept. It ends a search
/// first, and a paste whose end was lost, which takes every other key.
pub(super) struct Interrupt(pub(super) Arc<Bindings>);

impl ConditionalEventHandler for Interrupt {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let pasting = lock(&self.0.pasting).take();
        Some(match pasting {
            Some(pasted) => self.0.pasted(&pasted, context.line()),
            None if self.0.searching.load(Ordering::Relaxed) => Cmd::Abort,
            None => self.0.end(Read::Interrupt),
        })
    }
}

/// Every other key.
pub(super) struct Any(pub(super) Arc<Bindings>);

impl ConditionalEventHandler for Any {
    fn handle(&self, event: &Event, count: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let key = *event.get(0)?;
        let length = context.line().len();
        // Also in the middle of a paste, which goes on after it.
        if matches!(key.0, KeyCode::Char(c) if is_call(c)) {
            return Some(self.0.end(Read::Called));
        }
        if let Some(part) = self.0.takes_part(key, context.line()) {
            return Some(part);
        }
        match (key.0, key.1) {
            (KeyCode::Up | KeyCode::Down, _) | (KeyCode::Char('P' | 'N' | 'R' | 'S'), Modifiers::CTRL)
                if self.0.answering.load(Ordering::Relaxed) =>
            {
                Some(self.0.refuse())
            }
            (KeyCode::Char(c), Modifiers::NONE) if let Some(number) = number(c) => {
                let is_message =
                    !self.0.searching.load(Ordering::Relaxed) && !self.0.answering.load(Ordering::Relaxed);
                Some(if is_message { self.0.end(Read::GoTo(number)) } else { self.0.refuse() })
            }
            (KeyCode::Char('L'), Modifiers::CTRL) => {
                self.0.canvas.clear();
                Some(Cmd::Noop)
            }
            (KeyCode::Char('Z'), Modifiers::CTRL) => {
                // The whole process group stops, as by the terminal, and all of it at once: `fg` must
                // not come before our own stop. So the terminal is the shell's before.
                if !is_orphaned() {
                    self.0.canvas.pause();
                    let _ = kill_current_process_group(Signal::STOP);
                }
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

/// The character that a pasted key stands for.
fn character(KeyEvent(code, modifiers): KeyEvent) -> Option<char> {
    match (code, modifiers) {
        (KeyCode::Enter, _) => Some('\r'),
        (KeyCode::Char('J'), Modifiers::CTRL) => Some('\n'),
        (KeyCode::Tab, _) => Some('\t'),
        // ESC and a digit in what is pasted are no key.
        (KeyCode::Char(c), Modifiers::NONE | Modifiers::SHIFT) if number(c).is_none() => Some(c),
        _ => None,
    }
}

fn seen(KeyEvent(code, modifiers): KeyEvent) -> Key {
    match (code, modifiers) {
        (KeyCode::UnknownEscSeq, _) => Key::Unknown,
        (KeyCode::Char('G'), Modifiers::CTRL) => Key::Bell,
        (KeyCode::Char(c), Modifiers::NONE | Modifiers::SHIFT) => Key::Char(c),
        (KeyCode::Char(c), modifiers) if modifiers.contains(Modifiers::ALT) => Key::Alt(c),
        _ => Key::Other,
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
