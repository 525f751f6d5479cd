//! What the index of the search has of a message: hashes of the beginnings of its words, and of its sender.
//!
//! A text in an alphabet is cut at what is no letter or digit. Chinese has no blanks between its
//! words: each character is a word of the index, and each two neighbours are. So is each other sign.

use crate::text::name::fold;

/// Letters of a word that count.
const LETTERS: usize = 10;

/// Gives the hashes of a text in a room. Those of what is searched for are among those of each text in
/// which the index finds it; there are none of nothing but blanks.
pub(super) fn hashes(room: i64, text: &str, mut each: impl FnMut(u64)) {
    let start = Hash(room as u64).with('\0');
    let (mut word, mut letters, mut neighbour) = (start, 0, None::<Hash>);
    for c in fold(text).chars() {
        if !c.is_alphanumeric() {
            if !c.is_whitespace() {
                each(start.with(c).mixed());
            }
            (word, letters, neighbour) = (start, 0, None);
        } else if is_chinese(c) {
            let alone = start.with(c);
            each(alone.mixed());
            if let Some(neighbour) = neighbour.replace(alone) {
                each(neighbour.with(c).mixed());
            }
            (word, letters) = (start, 0);
        } else {
            neighbour = None;
            if letters < LETTERS {
                word = word.with(c);
                letters += 1;
                each(word.mixed());
            }
        }
    }
}

/// The hash of somebody who has said something in a room.
pub(super) fn hash_of_sender(room: i64, name: &str) -> u64 {
    fold(name).chars().fold(Hash(room as u64).with('\u{1}'), Hash::with).mixed()
}

/// FNV-1a, of characters in place of bytes.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn with(self, c: char) -> Hash {
        Hash((self.0 ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3))
    }

    /// Each bit depends on all others (the end of SplitMix64).
    fn mixed(self) -> u64 {
        let hash = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ hash >> 31
    }
}

/// What is searched for: all of it must be in a text, in any case and order, and begin there where a
/// word does. So the index finds what looking through the texts would.
pub(super) struct Terms(Vec<String>);

impl Terms {
    pub(super) fn new(text: &str) -> Terms {
        Terms(fold(text).split_whitespace().map(str::to_owned).collect())
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.0.iter().all(|term| begins_a_word_of(&text, term))
    }
}

/// Whether a text has this term where a word begins, or where the term begins with no letter or digit of
/// an alphabet, anywhere.
fn begins_a_word_of(text: &str, term: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() && !is_chinese(c);
    let within_word = term.starts_with(is_letter);
    // Occurrences may overlap.
    let starts = text.char_indices().filter(|(at, _)| text[*at..].starts_with(term));
    let mut befores = starts.map(|(at, _)| text[..at].chars().next_back());
    befores.any(|before| !within_word || !before.is_some_and(is_letter))
}

/// Whether words of this script have no blanks between them.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<u64> {
        let mut all = Vec::new();
        hashes(1, text, |hash| all.push(hash));
        all
    }

    #[test]
    fn words_are_found_by_their_beginnings_and_chinese_by_its_neighbours() {
        let text = all("今天Hello, 哈囉你好 A1!");
        assert_eq!(text.len(), 3 + 5 + 1 + 7 + 2 + 1);
        for found in ["囉你好 HEL", "好", "a", "哈囉你好", "天 hello"] {
            assert!(all(found).iter().all(|hash| text.contains(hash)), "{found}");
        }
        for other in ["ello", "天哈", "天今", "hellos", "1"] {
            assert!(!all(other).iter().all(|hash| text.contains(hash)), "{other}");
        }
        assert_eq!((all("?! 👍").len(), all(" \n")), (3, Vec::new()));
        assert_eq!(all("abcdefghijklm"), all("abcdefghijnop"));
        assert_eq!(hash_of_sender(1, "MING"), hash_of_sender(1, "ming"));
        assert_ne!(hash_of_sender(1, "ming"), hash_of_sender(2, "ming"));
        let mut elsewhere = Vec::new();
        hashes(2, "今", |hash| elsewhere.push(hash));
        assert!(!text.contains(&elsewhere[0]));
        assert!(Terms::new("你好 HELLO").are_in("hello, 你好") && !Terms::new("a b").are_in("ac"));
        for (term, text, is_found) in [
            ("ello", "hello", false),
            ("o-b", "foo-bar", false),
            ("a-a", "xa-a-a", true),
            ("hel", "今hello", true),
            ("?x", "a?x", true),
            ("👍", "ok👍👍", true),
            ("你", "a你", true),
        ] {
            assert_eq!(Terms::new(term).are_in(text), is_found, "{term}");
            let (of_term, of_text) = (all(term), all(text));
            assert!(!is_found || of_term.iter().all(|hash| of_text.contains(hash)), "{term}");
        }
    }
}
