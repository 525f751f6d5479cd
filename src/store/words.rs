//! The words of a text, as the index of the search has them.
//!
//! A text in an alphabet is cut at what is no letter or digit. Chinese has no blanks between its
//! words: each two neighbours are a word of the index, and the last one alone, so that one or more
//! characters are found wherever they stand.

use crate::text::name::fold;

/// What the index has of a text: words between blanks.
pub(super) fn words(text: &str) -> String {
    let mut words = String::new();
    for run in runs(&fold(text)) {
        match run {
            Run::Letters(word) => push(&mut words, &[&word]),
            Run::Chinese(chars) => {
                chars.windows(2).for_each(|pair| push(&mut words, &[&pair.iter().collect::<String>()]));
                chars.last().into_iter().for_each(|last| push(&mut words, &[&last.to_string()]));
            }
        }
    }
    words
}

/// A query of FTS5 that finds at least all texts in which [`Terms`] are; None where the index does
/// not help.
pub(super) fn query(text: &str) -> Option<String> {
    let mut query = String::new();
    for run in runs(&fold(text)) {
        match run {
            Run::Letters(word) => push(&mut query, &["\"", &word, "\"*"]),
            Run::Chinese(chars) if chars.len() == 1 => {
                push(&mut query, &["\"", &chars[0].to_string(), "\"*"])
            }
            Run::Chinese(chars) => {
                for pair in chars.windows(2) {
                    push(&mut query, &["\"", &pair.iter().collect::<String>(), "\""]);
                }
            }
        }
    }
    Some(query).filter(|query| !query.is_empty())
}

/// What is searched for: all of it must be in a text, in any case and order.
pub(super) struct Terms(Vec<String>);

impl Terms {
    pub(super) fn new(text: &str) -> Terms {
        Terms(fold(text).split_whitespace().map(str::to_owned).collect())
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.0.iter().all(|term| text.contains(term))
    }
}

enum Run {
    Letters(String),
    Chinese(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut continues = false;
    for c in text.chars() {
        match (runs.last_mut(), is_chinese(c)) {
            _ if !c.is_alphanumeric() => {}
            (Some(Run::Chinese(chars)), true) if continues => chars.push(c),
            (Some(Run::Letters(word)), false) if continues => word.push(c),
            (_, true) => runs.push(Run::Chinese(vec![c])),
            (_, false) => runs.push(Run::Letters(c.to_string())),
        }
        continues = c.is_alphanumeric();
    }
    runs
}

/// Whether words of this script have no blanks between them.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

fn push(words: &mut String, parts: &[&str]) {
    if !words.is_empty() {
        words.push(' ');
    }
    words.extend(parts.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_found_by_its_neighbours() {
        assert_eq!(words("今天Hello, 哈囉你好 A1!"), "今天 天 hello 哈囉 囉你 你好 好 a1");
        assert_eq!(query("囉你好 HEL").as_deref(), Some("\"囉你\" \"你好\" \"hel\"*"));
        assert_eq!((query("好").as_deref(), query("?! 👍")), (Some("\"好\"*"), None));
        assert!(Terms::new("你好 HELLO").are_in("hello, 你好") && !Terms::new("a b").are_in("ac"));
    }
}
