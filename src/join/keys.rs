//! The bytes that a terminal sends, as whole keys.
//!
//! The line editor stops at the first byte of a sequence that it does not know, and takes
//! the rest for text; in the midst of a sequence or of a paste it waits for ever. So it
//! gets only what it knows, and only in one piece: here a control sequence is read to its
//! final byte, a control string to its terminator (ECMA-48, 5.4 and 5.6), a character to
//! its last byte and a paste to its end. What never ends is given up by [`Decoder::expire`],
//! or by Ctrl-C.

/// What the keyboard has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// Bytes that the line editor knows, as many keys as have come together.
    Typed(Vec<u8>),
    /// A text that was pasted; its lines end with `\n`.
    Pasted(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    Suspend,
}

/// Bytes of a sequence or control string that are kept; a longer one is passed over to its end.
const LONGEST: usize = 256;

const INTERRUPT: u8 = 0x03;
const ABORT: u8 = 0x07;
const ENTER: u8 = b'\r';
const SUSPEND: u8 = 0x1a;
const ESCAPE: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";
/// Shown for what is no character in UTF-8.
const REPLACEMENT: &str = "\u{fffd}";

/// Where in a sequence we are.
#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// The first bytes of a character.
    Character(Vec<u8>),
    Escape,
    /// Behind `ESC [`: parameters and intermediate bytes.
    Sequence(Vec<u8>),
    /// Behind `ESC O`, with its parameters.
    SingleShift(Vec<u8>),
    /// Behind `ESC ]` and its like, with what was typed if it is no control string after all.
    Control {
        text: Vec<u8>,
        /// The last byte was ESC: `\` ends it.
        escape: bool,
    },
    /// So many bytes of an old mouse report are still to come.
    Skip(u8),
    Paste(Vec<u8>),
}

/// Makes keys of bytes, however they are cut.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    state: State,
    /// Keys that are whole; taken with each call.
    keys: Vec<Key>,
}

impl Decoder {
    /// The keys that these bytes complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        for &byte in bytes {
            self.take(byte);
        }
        std::mem::take(&mut self.keys)
    }

    /// Whether a key has begun that nobody ends but the next byte, or [`Decoder::expire`].
    /// A paste may take as long as it likes.
    pub(super) fn is_waiting(&self) -> bool {
        !matches!(self.state, State::Ground | State::Paste(_))
    }

    /// Nothing has come for a while: what has begun was typed by hand, or is cut off.
    pub(super) fn expire(&mut self) -> Vec<Key> {
        match std::mem::take(&mut self.state) {
            State::Ground | State::Skip(_) => {}
            State::Character(_) => self.typed(REPLACEMENT.as_bytes()),
            // A lone ESC ends a search; Ctrl-G does so without waiting for what follows.
            State::Escape => self.typed(&[ABORT]),
            State::Sequence(text) | State::SingleShift(text) | State::Control { text, .. } => {
                self.typed_by_hand(&text);
            }
            paste @ State::Paste(_) => self.state = paste,
        }
        std::mem::take(&mut self.keys)
    }

    fn take(&mut self, byte: u8) {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte),
            State::Character(begun) => self.character(begun, byte),
            State::Escape => self.escape(byte),
            State::Sequence(parameters) => self.sequence(parameters, byte),
            State::SingleShift(parameters) => self.single_shift(parameters, byte),
            State::Control { text, escape } => self.control(text, escape, byte),
            State::Skip(left) => {
                if let Some(left @ 1..) = left.checked_sub(1) {
                    self.state = State::Skip(left);
                }
            }
            State::Paste(text) => self.paste(text, byte),
        }
    }

    fn ground(&mut self, byte: u8) {
        match byte {
            ESCAPE => self.state = State::Escape,
            INTERRUPT => self.keys.push(Key::Interrupt),
            SUSPEND => self.keys.push(Key::Suspend),
            0..=0x7f => self.typed(&[byte]),
            // The introducers in eight bits (ECMA-48, 5.3), which begin no character.
            0x80..=0xbf => self.introducer(byte),
            0xc0..=0xff => self.state = State::Character(vec![byte]),
        }
    }

    /// A C1 control; most of them stand for nothing that is typed.
    fn introducer(&mut self, byte: u8) {
        self.state = match byte {
            0x8f => State::SingleShift(Vec::new()),
            0x9b => State::Sequence(Vec::new()),
            0x90 | 0x98 | 0x9d..=0x9f => State::Control { text: Vec::new(), escape: false },
            0x80..=0x9f => State::Ground,
            _ => return self.typed(REPLACEMENT.as_bytes()),
        };
    }

    fn character(&mut self, mut begun: Vec<u8>, byte: u8) {
        if !(0x80..=0xbf).contains(&byte) {
            self.typed(REPLACEMENT.as_bytes());
            return self.ground(byte);
        }
        begun.push(byte);
        match std::str::from_utf8(&begun) {
            // C1 controls, encoded.
            Ok(_) if begun[0] == 0xc2 && byte < 0xa0 => self.introducer(byte),
            Ok(_) => self.typed(&begun),
            Err(error) if error.error_len().is_none() => self.state = State::Character(begun),
            Err(_) => self.typed(REPLACEMENT.as_bytes()),
        }
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'[' => self.state = State::Sequence(Vec::new()),
            b'O' => self.state = State::SingleShift(Vec::new()),
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.state = State::Control { text: Vec::new(), escape: false };
            }
            ESCAPE => {
                self.typed(&[ABORT]);
                self.state = State::Escape;
            }
            // Alt with a key.
            b' '..=b'~' | 0x7f | 0x08 => self.typed(&[ESCAPE, byte]),
            // ESC by itself, and another key soon after it.
            _ => {
                self.typed(&[ABORT]);
                self.ground(byte);
            }
        }
    }

    fn sequence(&mut self, mut parameters: Vec<u8>, byte: u8) {
        match byte {
            b' '..=b'?' => {
                parameters.truncate(LONGEST);
                parameters.push(byte);
                self.state = State::Sequence(parameters);
            }
            // The Linux console's function keys have one byte more.
            b'[' if parameters.is_empty() => self.state = State::Sequence(vec![b'[']),
            b'@'..=b'~' => self.act(&parameters, byte),
            _ => self.ground(byte),
        }
    }

    /// A whole control sequence.
    fn act(&mut self, parameters: &[u8], last: u8) {
        let text = str::from_utf8(parameters).unwrap_or_default();
        match (text, last) {
            ("200", b'~') => self.state = State::Paste(Vec::new()),
            // The old reports of a mouse: button, column, row, each as one byte.
            ("", b'M') => self.state = State::Skip(3),
            ("", b'A'..=b'D' | b'F' | b'H' | b'Z') => self.typed(&[ESCAPE, b'[', last]),
            ("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8", b'~') => {
                self.typed(&[ESCAPE, b'[', parameters[0], b'~']);
            }
            (_, b'A'..=b'D' | b'F' | b'H') => {
                if let Some(modifier) = text.strip_prefix("1;").and_then(modifier) {
                    self.typed(&[ESCAPE, b'[', b'1', b';', modifier, last]);
                }
            }
            // Keys as kitty's protocol and xterm's modifyOtherKeys report them, which a
            // program that died may have left on.
            (_, b'u') => self.reported(text),
            (_, b'~') => match text.strip_prefix("27;").and_then(|rest| rest.split_once(';')) {
                Some((modifier, code)) => self.reported(&format!("{code};{modifier}")),
                None => self.tilde(text),
            },
            _ => {}
        }
    }

    /// Insert, Delete, Page Up and Page Down with a modifier.
    fn tilde(&mut self, text: &str) {
        if let Some((number @ ("2" | "3" | "5" | "6"), modifiers)) = text.split_once(';')
            && let Some(modifier) = modifier(modifiers)
        {
            self.typed(&[ESCAPE, b'[', number.as_bytes()[0], b';', modifier, b'~']);
        }
    }

    /// `code;modifiers`: one more than the sum of 1 Shift, 2 Alt, 4 Ctrl.
    fn reported(&mut self, text: &str) {
        let (code, modifiers) = text.split_once(';').unwrap_or((text, "1"));
        let first = |text: &str| text.split(':').next().and_then(|number| number.parse::<u32>().ok());
        let (Some(c), Some(modifiers)) = (first(code).and_then(char::from_u32), first(modifiers)) else {
            return;
        };
        let held = modifiers.saturating_sub(1);
        let (alt, ctrl) = (held & 2 != 0, held & 4 != 0);
        let byte = u8::try_from(c).ok().filter(u8::is_ascii);
        match byte {
            Some(byte @ (b'@'..=b'_' | b'a'..=b'z')) if ctrl => self.ground(byte & 0x1f),
            Some(byte) if alt => self.escape(byte),
            Some(ESCAPE) => self.typed(&[ABORT]),
            Some(byte) => self.ground(byte),
            None if !ctrl && !alt && !c.is_control() => self.typed(c.to_string().as_bytes()),
            None => {}
        }
    }

    fn single_shift(&mut self, mut parameters: Vec<u8>, byte: u8) {
        match byte {
            b'0'..=b'9' | b';' if parameters.len() < LONGEST => {
                parameters.push(byte);
                self.state = State::SingleShift(parameters);
            }
            b'A'..=b'D' | b'F' | b'H' | b'M' => self.typed(&[ESCAPE, b'O', byte]),
            // Function keys and a keypad: nothing of ours.
            b'P'..=b'S' | b'j'..=b'y' | b'I' | b'X' => {}
            _ => {
                self.typed_by_hand(&parameters);
                self.ground(byte);
            }
        }
    }

    fn control(&mut self, mut text: Vec<u8>, escape: bool, byte: u8) {
        match byte {
            ABORT | 0x9c => {}
            b'\\' if escape => {}
            ESCAPE => self.state = State::Control { text, escape: true },
            // No terminal's answer has these: it was a key by itself, and text after it.
            ENTER | INTERRUPT | SUSPEND => {
                self.typed_by_hand(&text);
                self.ground(byte);
            }
            _ if escape => {
                self.typed_by_hand(&text);
                self.escape(byte);
            }
            _ => {
                if text.len() < LONGEST {
                    text.push(byte);
                }
                self.state = State::Control { text, escape: false };
            }
        }
    }

    fn paste(&mut self, mut text: Vec<u8>, byte: u8) {
        // A paste whose end was lost takes every key: Ctrl-C, which terminals leave out of
        // what they paste, ends it.
        if byte == INTERRUPT {
            return self.pasted(&text);
        }
        text.push(byte);
        match text.strip_suffix(PASTE_END) {
            Some(whole) => self.pasted(whole),
            None => self.state = State::Paste(text),
        }
    }

    fn pasted(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().filter(|&c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        if !text.is_empty() {
            self.keys.push(Key::Pasted(text));
        }
    }

    /// What looked like the inside of a sequence was text.
    fn typed_by_hand(&mut self, text: &[u8]) {
        for c in String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()) {
            self.typed(c.to_string().as_bytes());
        }
    }

    fn typed(&mut self, bytes: &[u8]) {
        match self.keys.last_mut() {
            Some(Key::Typed(typed)) => typed.extend_from_slice(bytes),
            _ => self.keys.push(Key::Typed(bytes.to_vec())),
        }
    }
}

/// The digit of a modifier that the line editor knows.
fn modifier(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [digit @ b'2'..=b'8'] => Some(*digit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &str) -> Vec<Key> {
        vec![Key::Typed(text.as_bytes().to_vec())]
    }

    fn keys(bytes: &[u8]) -> Vec<Key> {
        Decoder::default().feed(bytes)
    }

    #[test]
    fn keys_that_the_editor_knows_pass_whole() {
        let all = "a字\r\x7f\x01\x1b[A\x1b[1;5D\x1b[3~\x1b[3;5~\x1b[Z\x1bOH\x1bb\x1b\x7f";
        assert_eq!(keys(all.as_bytes()), typed(all));
    }

    #[test]
    fn answers_of_the_terminal_leave_nothing_behind() {
        for answer in [
            "\x1b[?62;1;4c",
            "\x1b[>41;354;0c",
            "\x1b[24;80R",
            "\x1b[?2026;2$y",
            "\x1b[<0;12;5M",
            "\x1b[<0;12;5m",
            "\x1b[M !!",
            "\x1b[I",
            "\x1b[15~",
            "\x1b[15;5~",
            "\x1b[[A",
            "\x1bOP",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1b]11;rgb:0000/0000/0000\x07",
            "\x1bP1$r0m\x1b\\",
            "\x1bP>|XTerm(370)\x1b\\",
            "\x1b_Gi=1;OK\x1b\\",
            "\u{9b}?62;1c",
            "\u{90}1$r0m\u{9c}",
        ] {
            let all = format!("{answer}x");
            assert_eq!(keys(all.as_bytes()), typed("x"), "{answer:?}");
        }
        assert_eq!(keys(b"\x9b?62;1cx"), typed("x"));
    }

    #[test]
    fn reported_keys_are_what_they_stand_for() {
        assert_eq!(keys(b"\x1b[97u\x1b[97;5u\x1b[27;5;97~"), typed("a\x01\x01"));
        assert_eq!(keys(b"\x1b[99;5u"), [Key::Interrupt]);
        assert_eq!(keys(b"\x1b[13;2u\x1b[98;3u"), typed("\r\x1bb"));
        assert_eq!(keys("\x1b[23567u".as_bytes()), typed("小"));
        assert_eq!(keys(b"\x1b[57441;2u\x1b[9999999u"), typed("\u{e061}"));
    }

    #[test]
    fn a_paste_is_one_key_and_may_be_cut_off() {
        let pasted = |text: &str| vec![Key::Pasted(text.to_owned())];
        assert_eq!(keys(b"\x1b[200~one\r\ntwo\rthree\tx\x1b[31m\x1b[201~"), pasted("one\ntwo\nthree\tx[31m"));
        let mut decoder = Decoder::default();
        assert!(decoder.feed(b"\x1b[200~abc").is_empty());
        assert!(!decoder.is_waiting());
        assert!(decoder.expire().is_empty(), "a slow paste is not cut");
        assert!(decoder.feed(b"\r\x04").is_empty());
        assert_eq!(decoder.feed(b"\x03"), pasted("abc\n"));
        assert_eq!(decoder.feed(b"\x03x"), [Key::Interrupt, Key::Typed(b"x".to_vec())]);
    }

    #[test]
    fn what_was_typed_by_hand_is_given_back() {
        for (bytes, wanted) in [
            (&b"\x1b"[..], "\x07"),
            (b"\x1b[", ""),
            (b"\x1b[12", "12"),
            (b"\x1b]hello", "hello"),
            ("\x1b]字".as_bytes(), "字"),
            (b"\xe5\xb0", "\u{fffd}"),
            (b"\x1bO", ""),
        ] {
            let mut decoder = Decoder::default();
            assert!(decoder.feed(bytes).is_empty() && decoder.is_waiting(), "{bytes:?}");
            let wanted = if wanted.is_empty() { Vec::new() } else { typed(wanted) };
            assert_eq!(decoder.expire(), wanted, "{bytes:?}");
            assert_eq!(decoder.feed(b"x"), typed("x"), "{bytes:?}");
        }
        assert_eq!(keys(b"\x1b]ls\rx"), typed("ls\rx"));
        assert_eq!(keys(b"\x1b\r"), typed("\x07\r"));
        assert_eq!(keys(b"caf\xe9 \xff!"), typed("caf\u{fffd} \u{fffd}!"));
    }

    proptest! {
        #[test]
        fn cutting_the_stream_anywhere_changes_nothing(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "字", "👩\u{200d}👧", "\r", "\x1b[A", "\x1b[1;5C", "\x1b]0;t\x1b\\", "\x1b[200~p\r\nq\x1b[201~",
                "\x1b[?1;2c", "\x1bb", "\x1a", "\x1bOH", "\x1b[M#!!", "\u{9b}5n", "\x1b[99;5u",
            ]), 0..20),
            cuts in prop::collection::vec(1usize..9, 1..40),
        ) {
            let stream = parts.concat().into_bytes();
            let mut decoder = Decoder::default();
            let mut cut = Vec::new();
            let mut rest = &stream[..];
            for length in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (next, after) = rest.split_at((*length).min(rest.len()));
                cut.extend(decoder.feed(next));
                rest = after;
            }
            let join = |keys: Vec<Key>| keys.into_iter().fold(Vec::new(), |mut all: Vec<Key>, key| {
                match (all.last_mut(), key) {
                    (Some(Key::Typed(begun)), Key::Typed(more)) => begun.extend(more),
                    (_, key) => all.push(key),
                }
                all
            });
            prop_assert_eq!(join(cut), join(keys(&stream)));
        }

        #[test]
        fn any_bytes_become_whole_characters_and_known_sequences(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::default();
            let mut all = decoder.feed(&bytes);
            all.extend(decoder.expire());
            for key in all {
                if let Key::Typed(typed) = key {
                    prop_assert!(str::from_utf8(&typed).is_ok(), "{:?}", typed);
                    prop_assert!(!typed.contains(&INTERRUPT) && !typed.ends_with(&[ESCAPE]));
                }
            }
        }
    }
}
