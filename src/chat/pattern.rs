//! Patterns with `*` and `?`.

use super::work::Work;
use crate::text::name::fold;

/// The most bytes of a pattern as it is typed, such that every reply with a mask fits into a line.
pub const PATTERN_BYTES: usize = 120;

/// `*` stands for any characters, `?` for one, all others for themselves in any case.
///
/// It is folded and compiled once, to an automaton with one state for each part of the pattern. The
/// states are the bits of one number, so that all are followed at once (the shift-and algorithm of
/// Baeza-Yates and Gonnet). A text costs one step for each of its characters, whatever the pattern
/// is, and no allocation.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// For each character of the pattern its parts; sorted by character.
    letters: Vec<(char, u128)>,
    /// The parts that are `?`.
    any: u128,
    /// The parts that follow a star.
    stars: u128,
    /// The bit behind the last part. 0 for a pattern that is longer than every text here.
    end: u128,
}

impl Pattern {
    /// Folds and compiles a pattern. None if it has more than [`PATTERN_BYTES`].
    pub fn parse(typed: &str) -> Option<Pattern> {
        (typed.len() <= PATTERN_BYTES).then(|| Pattern::compile(&fold(typed)))
    }

    /// Compiles a pattern that is folded already.
    pub(super) fn compile(folded: &str) -> Pattern {
        let bit = |at: u32| 1_u128.checked_shl(at).unwrap_or(0);
        let (mut letters, mut any, mut stars, mut at) = (Vec::new(), 0, 0, 0);
        for c in folded.chars() {
            match c {
                '*' => stars |= bit(at),
                _ => {
                    if c == '?' {
                        any |= bit(at);
                    } else {
                        letters.push((c, bit(at)));
                    }
                    at += 1;
                }
            }
        }
        letters.sort_unstable();
        letters.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            first.1 |= if is_same { next.1 } else { 0 };
            is_same
        });
        Pattern { letters, any, stars, end: bit(at) }
    }

    /// Whether it matches a text that is folded already.
    pub fn matches(&self, folded: &str, work: &mut Work) -> bool {
        work.add(1);
        // The text needs at least one byte for each part.
        if folded.len() < self.end.trailing_zeros() as usize {
            return false;
        }
        work.add((folded.len() / 16) as u32);
        // The bit of each part that may match next.
        let mut state = 1;
        for c in folded.chars() {
            state = (state & self.parts(c)) << 1 | state & self.stars;
            if state == 0 {
                return false;
            }
        }
        state & self.end != 0
    }

    /// The parts that match a character.
    fn parts(&self, c: char) -> u128 {
        let found = self.letters.binary_search_by_key(&c, |(letter, _)| *letter);
        self.any | found.map_or(0, |at| self.letters[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(&fold(text), &mut Work::default())
    }

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("A?C", "abc"),
            ("小?!*@*", "小花!u@h"),
            ("*b*b*", "abab"),
            ("**", "x"),
            ("*ab", "aab"),
            ("", ""),
            ("straße*", "STRASSE 1"),
            ("E\u{301}*", "éa"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("?", ""),
            ("a*c", "ab"),
            ("a", "ab"),
            ("*a", "ab"),
            ("*?", ""),
            ("ab", "a"),
            ("e*", "éa"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    /// One parameter with 240 stars kept the server busy for 15 ms.
    #[test]
    fn a_text_costs_the_same_whatever_the_pattern_is() {
        let text = "a".repeat(100);
        let work = |pattern: &str| {
            let mut work = Work::default();
            assert!(!Pattern::parse(pattern).unwrap().matches(&text, &mut work), "{pattern}");
            work.units()
        };
        assert_eq!(work("b"), 7);
        assert_eq!(work(&("*a".repeat(58) + "*b")), work("b"));
        assert_eq!(work(&("*?".repeat(58) + "*b")), work("b"));
        assert_eq!(work(&("a".repeat(99) + "b")), work("b"));
        assert_eq!(work(&("a".repeat(119) + "b")), 1);
    }

    #[test]
    fn a_pattern_has_a_bound() {
        let long = "a".repeat(PATTERN_BYTES);
        assert!(matches(&long, &long));
        assert!(Pattern::parse(&format!("{long}a")).is_none());
        for parts in [126, 127, 128, 200] {
            let long = "a".repeat(parts);
            let found = Pattern::compile(&long).matches(&long, &mut Work::default());
            assert_eq!(found, parts <= 127, "{parts}");
        }
    }

    /// Everything that a star may stand for is tried.
    fn is_like(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', behind)), _) => (0..=text.len()).any(|taken| is_like(behind, &text[taken..])),
            (Some((wanted, behind)), Some((c, rest))) => {
                (*wanted == '?' || wanted == c) && is_like(behind, rest)
            }
            _ => false,
        }
    }

    fn chars(text: &str) -> Vec<char> {
        fold(text).chars().collect()
    }

    proptest! {
        #[test]
        fn a_text_is_as_itself(text in "[a-zA-Z小ßé\u{301}*?]{0,24}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
        }

        #[test]
        fn a_pattern_means_what_it_says(
            pattern in "[abA小é*?\u{301}]{0,7}",
            text in "[abB小花É\u{301}]{0,7}",
        ) {
            prop_assert_eq!(matches(&pattern, &text), is_like(&chars(&pattern), &chars(&text)));
        }

        /// Texts that are made of the pattern, so that many are like it.
        #[test]
        fn what_a_pattern_stands_for_matches(parts in proptest::collection::vec(("[ab小ß]{0,3}", "[ab小É]{0,4}", any::<bool>()), 0..6)) {
            let (mut pattern, mut text) = (String::new(), String::new());
            for (letters, between, is_star) in parts {
                pattern.push_str(&letters);
                text.push_str(&letters);
                let stands_for = if is_star { "*".to_owned() } else { "?".repeat(chars(&between).len()) };
                pattern.push_str(&stands_for);
                text.push_str(&between);
            }
            prop_assert!(matches(&pattern, &text));
        }
    }
}
