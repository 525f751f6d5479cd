//! Whether a text calls somebody by name.

use std::ops::Range;

/// Where the name stands in the text, in whatever case. A name of ASCII
/// letters is no part of a longer word; Chinese has no blanks between words.
pub fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.char_indices() {
        if found.last().is_some_and(|last| last.end > start) {
            continue;
        }
        let Some(len) = begins_with(&text[start..], name) else {
            continue;
        };
        let (before, after) = (text[..start].chars().next_back(), text[start + len..].chars().next());
        let joined = before.zip(name.chars().next()).is_some_and(|(a, b)| is_word(a) && is_word(b))
            || name.chars().next_back().zip(after).is_some_and(|(a, b)| is_word(a) && is_word(b));
        if !joined {
            found.push(start..start + len);
        }
    }
    found
}

/// The bytes of the text that are the name.
fn begins_with(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.chars();
    let mut wanted = name.chars().peekable();
    wanted.peek()?;
    for c in wanted {
        if !rest.next()?.to_lowercase().eq(c.to_lowercase()) {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_case_but_not_inside_a_word() {
        assert_eq!(mentions("Bob: hi, bOB!", "bob"), [0..3, 9..12]);
        assert!(mentions("bobby kebob bob2", "bob").is_empty());
        assert_eq!(mentions("請問小花在嗎，小花", "小花"), [6..12, 21..27]);
        assert_eq!(mentions("小花小花", "小花"), [0..6, 6..12]);
        assert!(mentions("", "小花").is_empty());
        assert!(mentions("x", "").is_empty());
    }
}
