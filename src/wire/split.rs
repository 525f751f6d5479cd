//! A text that is too long for one line, as several.

use unicode_segmentation::UnicodeSegmentation;

/// Cuts a text into pieces of at most `most` bytes: after a blank where one
/// is near enough, else between two grapheme clusters, and inside a cluster
/// (never inside a character) only where the cluster alone is longer.
///
/// Joined together the pieces are the text. `most` is at least 4, the longest
/// character in UTF-8; an empty text has no pieces.
pub fn split(text: &str, most: usize) -> Vec<&str> {
    let most = most.max(4);
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > most {
        let (piece, after) = rest.split_at(cut(rest, most));
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn cut(text: &str, most: usize) -> usize {
    let fits = |&at: &usize| at <= most;
    let word = text[..text.floor_char_boundary(most)].rfind(' ').map(|blank| blank + 1);
    let cluster = text.grapheme_indices(true).map(|(at, _)| at).take_while(fits).last();
    match (word, cluster) {
        (Some(at), _) if at > most / 2 => at,
        (_, Some(at)) if at > 0 => at,
        _ => text.floor_char_boundary(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(split("one two three", 9), ["one two ", "three"]);
        assert_eq!(split("哈囉你好", 7), ["哈囉", "你好"]);
        assert_eq!(split("👩‍👩‍👧👩‍👩‍👧", 20), ["👩‍👩‍👧", "👩‍👩‍👧"]);
        assert!(split("", 10).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_fit_and_make_up_the_text(text: String, most in 4usize..60) {
            let pieces = split(&text, most);
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= most));
            prop_assert_eq!(pieces.concat(), text);
        }
    }
}
