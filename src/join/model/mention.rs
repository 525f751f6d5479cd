//! Whether a text calls somebody by name.

use crate::text::name::fold;
use crate::text::wrap::is_unspaced;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Where the name stands in the text, folded as names are. A name is no part of a longer
/// word; Chinese has no blanks between words.
pub fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let name = fold(name);
    if name.is_empty() || !fold(text).contains(&name) {
        return Vec::new();
    }
    let clusters: Vec<(usize, &str)> = text.grapheme_indices(true).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, &(start, _)) in clusters.iter().enumerate() {
        if found.last().is_some_and(|last| last.end > start) {
            continue;
        }
        if let Some(end) = end_of(&clusters[at..], &name).filter(|&end| !is_joined(text, start..end)) {
            found.push(start..end);
        }
    }
    found
}

/// Where the name ends that begins with the first of these clusters.
fn end_of(clusters: &[(usize, &str)], name: &str) -> Option<usize> {
    let mut rest = name;
    for (start, cluster) in clusters {
        rest = rest.strip_prefix(fold(cluster).as_str())?;
        if rest.is_empty() {
            return Some(start + cluster.len());
        }
    }
    None
}

/// Whether what stands there is a part of a longer word.
fn is_joined(text: &str, Range { start, end }: Range<usize>) -> bool {
    let is_letter = |c: char| (c.is_alphanumeric() || c == '_') && !is_unspaced(c);
    let joined = |before: Option<char>, after: Option<char>| {
        before.zip(after).is_some_and(|(before, after)| is_letter(before) && is_letter(after))
    };
    joined(text[..start].chars().next_back(), text[start..].chars().next())
        || joined(text[..end].chars().next_back(), text[end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the name begins and ends.
    fn found(text: &str, name: &str) -> Vec<(usize, usize)> {
        mentions(text, name).into_iter().map(|range| (range.start, range.end)).collect()
    }

    /// A name is found in any case, but not inside a word.
    #[test]
    fn name_is_a_whole_word() {
        assert_eq!(found("Bob: hi, bOB!", "bob"), [(0, 3), (9, 12)]);
        assert!(mentions("bobby kebob bob2", "bob").is_empty());
        assert_eq!(found("請問小花在嗎，小花", "小花"), [(6, 12), (21, 27)]);
        assert_eq!(found("小花小花", "小花"), [(0, 6), (6, 12)]);
        assert_eq!(found("問bob好", "bob"), [(3, 6)]);
        assert!(mentions("", "小花").is_empty());
        assert!(mentions("x", "").is_empty());
    }

    /// Words and letters are those of all scripts, and not of ASCII alone.
    #[test]
    fn words_of_all_scripts() {
        assert!(mentions("Anaïs and Банан", "Ana").is_empty());
        assert!(mentions("Иванов", "иван").is_empty());
        assert_eq!(found("Привет, ИВАН!", "иван"), [(14, 22)]);
        assert_eq!(found("jose\u{301}: hi", "José"), [(0, 6)]);
        assert!(mentions("jose\u{301}: hi", "jose").is_empty());
        assert_eq!(found("STRASSE", "Straße"), [(0, 7)]);
    }
}
