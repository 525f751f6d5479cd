//! Patterns with `*` and `?`.

use crate::text::name::fold;

/// Whether the text is as the pattern says: `*` stands for any characters,
/// `?` for one, all others for themselves in any case.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (fold(pattern).chars().collect(), fold(text).chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last star stood, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, seen));
                at += 1;
            }
            (Some(&c), _) if c == '?' || c == text[seen] => {
                at += 1;
                seen += 1;
            }
            (_, Some((stood, taken))) => {
                star = Some((stood, taken + 1));
                at = stood + 1;
                seen = taken + 1;
            }
            _ => return false,
        }
    }
    pattern[at..].iter().all(|&c| c == '*')
}

/// A pattern for `name!user@host` out of what people type: `name`,
/// `name!user`, `user@host` or the whole.
pub fn complete(typed: &str) -> String {
    let or_any = |part: &str| if part.is_empty() { "*".to_owned() } else { part.to_owned() };
    let (name, rest) = match (typed.split_once('!'), typed.contains('@')) {
        (Some((name, rest)), _) => (name, rest),
        (None, true) => ("*", typed),
        (None, false) => (typed, "*"),
    };
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    format!("{}!{}@{}", or_any(name), or_any(user), or_any(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("A?C", "abc"),
            ("小?!*@*", "小花!u@h"),
            ("*b*b*", "abab"),
            ("**", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("a*c", "ab"), ("a", "ab"), ("*a", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_was_left_out_is_anything() {
        for (typed, whole) in [
            ("bob", "bob!*@*"),
            ("bob!u", "bob!u@*"),
            ("u@h", "*!u@h"),
            ("@h", "*!*@h"),
            ("a!b@c", "a!b@c"),
            ("", "*!*@*"),
        ] {
            assert_eq!(complete(typed), whole);
        }
    }

    proptest! {
        #[test]
        fn a_text_is_as_itself(text in "[a-z小*?]{0,12}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
        }
    }
}
