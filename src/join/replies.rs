//! Keys that nobody has pressed: what a terminal answers, or tells of its mouse.
//!
//! The line editor stops at the first byte of a control sequence that it does not know, and
//! takes the rest for text; of a control string it knows only the beginning, as a key with
//! Alt. The rest is passed over here: of a sequence to its final byte, of a string to its
//! terminator (ECMA-48, 5.4 and 5.6). Nobody types as fast as a terminal answers, so a
//! pause ends either.

use std::time::Duration;

/// The longest pause within an answer.
const PAUSE: Duration = Duration::from_millis(20);

/// A key, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    /// With Alt: ESC came before it.
    Alt(char),
    /// Ctrl-G.
    Bell,
    /// The editor has given up a sequence.
    Unknown,
    Other,
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUse {
    Key,
    /// A part of an answer.
    Part,
    /// A key, and what came before it was passed over and had no end: it may have been typed.
    KeyAfterLoss,
}

#[derive(Debug, Default)]
pub(super) struct Replies {
    inside: Option<Inside>,
    /// When the last key came, from any origin.
    last: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// The editor has passed on its beginning as keys, after which it may be over: only what can be a
    /// parameter is taken for its rest.
    Begun,
    Sequence,
    String,
    /// An old report of a mouse: so many bytes are still to come.
    Mouse(u8),
}

impl Replies {
    /// `now` is monotonic.
    pub(super) fn on_key(&mut self, key: Key, now: Duration) -> KeyUse {
        let is_fast = now.saturating_sub(std::mem::replace(&mut self.last, now)) <= PAUSE;
        let before = self.inside.take();
        let inside = before.filter(|_| is_fast);
        let (next, is_part) = match (inside, key) {
            (_, Key::Unknown) | (_, Key::Char('\u{9b}')) => (Some(Inside::Begun), true),
            (Some(Inside::String), Key::Bell | Key::Alt('\\')) => (None, true),
            (Some(Inside::String), Key::Char(_)) => (Some(Inside::String), true),
            (_, Key::Alt(']' | 'P' | 'X' | '^' | '_') | Key::Char('\u{90}' | '\u{9d}'..='\u{9f}')) => {
                (Some(Inside::String), true)
            }
            (Some(Inside::Begun), Key::Char(' '..='/')) => (Some(Inside::Mouse(2)), true),
            (Some(Inside::Mouse(left)), Key::Char(_)) => {
                (left.checked_sub(2).map(|left| Inside::Mouse(left + 1)), true)
            }
            (Some(Inside::Begun | Inside::Sequence), Key::Char(' '..='?')) => (Some(Inside::Sequence), true),
            (Some(Inside::Sequence), Key::Char('@'..='~')) => (None, true),
            _ => (None, false),
        };
        self.inside = next;
        match (is_part, before) {
            (true, _) => KeyUse::Part,
            (false, None | Some(Inside::Begun)) => KeyUse::Key,
            (false, Some(_)) => KeyUse::KeyAfterLoss,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Duration = Duration::ZERO;

    /// What remains of these keys, each so long after the one before.
    fn left(keys: &[Key], pause: Duration) -> String {
        let mut replies = Replies::default();
        let mut now = Duration::from_secs(1);
        let mut left = String::new();
        for key in keys {
            now += pause;
            match (replies.on_key(*key, now), key) {
                (KeyUse::Part, _) => {}
                (KeyUse::KeyAfterLoss, Key::Char(c)) => left.extend(['!', *c]),
                (_, Key::Char(c)) => left.push(*c),
                _ => {}
            }
        }
        left
    }

    fn chars(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    /// Of a terminal's answer nothing is left, and keys after it stay.
    #[test]
    fn answers_are_removed_keys_stay() {
        for (first, rest) in [
            (Key::Unknown, "62;1;4c"),
            (Key::Unknown, "0;12;5M"),
            (Key::Unknown, "2026;2$y"),
            (Key::Unknown, "0R"),
            (Key::Unknown, "#!!"),
            (Key::Char('\u{9b}'), "?62;1c"),
        ] {
            let keys = [vec![first], chars(rest), chars("x1")].concat();
            assert_eq!(left(&keys, ZERO), "x1", "{rest}");
        }
        for (first, rest, end) in [
            (Key::Alt(']'), "11;rgb:0000/0000/0000", Key::Alt('\\')),
            (Key::Alt(']'), "11;rgb:0000/0000/0000", Key::Bell),
            (Key::Alt('P'), "1$r0m", Key::Alt('\\')),
        ] {
            let keys = [vec![first], chars(rest), vec![end], chars("x")].concat();
            assert_eq!(left(&keys, ZERO), "x", "{rest}");
        }
        // The editor knew that it was whole, for example a window that gets the focus.
        let keys = [vec![Key::Unknown], chars("x1")].concat();
        assert_eq!(left(&keys, ZERO), "x1");
    }

    #[test]
    fn what_a_person_types_is_no_answer() {
        let slow = PAUSE + Duration::from_millis(1);
        for (first, told) in [(Key::Alt(']'), "!"), (Key::Alt('P'), "!"), (Key::Unknown, "")] {
            let keys = [vec![first], chars("12 hello")].concat();
            assert_eq!(left(&keys, slow), format!("{told}12 hello"), "{first:?}");
        }
        // Keys typed at the same moment can't be told apart; that they are lost is told.
        let keys = [vec![Key::Alt(']')], chars("ls"), vec![Key::Other], chars("x")].concat();
        let mut replies = Replies::default();
        let heard: Vec<KeyUse> = keys.iter().map(|key| replies.on_key(*key, ZERO)).collect();
        assert_eq!(heard, [KeyUse::Part, KeyUse::Part, KeyUse::Part, KeyUse::KeyAfterLoss, KeyUse::Key]);
        assert_eq!(left(&[Key::Other, Key::Char('1')], ZERO), "1");
    }
}
