//! What is typed, drawn so that its width is beyond dispute.
//!
//! Terminals disagree about what is joined of several characters: a family of
//! three takes two columns in one and six in another. Where the editor thinks
//! of more than the terminal draws, each redrawing eats a row of the
//! conversation above the line. So while a line is typed its joined characters
//! stand side by side; once it is said it is drawn as it is.

use rustyline::GraphemeClusterMode;
use std::borrow::Cow;
use std::iter::repeat_n;
use unicode_segmentation::UnicodeSegmentation;

/// Of a tab stop, as the editor counts.
const TAB: usize = 8;

/// Columns of a text as the editor counts.
pub(super) fn width(text: &str) -> usize {
    let mode = GraphemeClusterMode::from_env();
    text.graphemes(true).map(|cluster| usize::from(mode.width(cluster))).sum()
}

/// The line as it is drawn from this column on. `mode` is how the editor
/// counts; where it counts whole clusters the terminal is known to draw them so.
pub(super) fn in_pieces(line: &str, start: usize, columns: usize, mode: GraphemeClusterMode) -> Cow<'_, str> {
    if mode == GraphemeClusterMode::Unicode || !line.contains(joins) {
        return Cow::Borrowed(line);
    }
    let mut drawn = String::with_capacity(line.len());
    let mut at = start;
    for (offset, cluster) in line.grapheme_indices(true) {
        let width = match cluster {
            "\t" => TAB - at % TAB,
            cluster => usize::from(mode.width(cluster)),
        };
        if cluster == "\n" {
            at = 0;
        } else if at + width > columns {
            // The editor takes the whole of it to the next row.
            let is_divided = cluster.contains(joins);
            let rest = if is_divided { columns.saturating_sub(at) } else { 0 };
            drawn.extend(repeat_n(' ', rest));
            at = width;
        } else {
            at += width;
        }
        for (place, c) in cluster.char_indices() {
            let next = line[offset + place + c.len_utf8()..].chars().next();
            match c {
                // In scripts that need it, it joins letters.
                ZWJ if next.is_some_and(char::is_alphabetic) => drawn.push(c),
                ZWJ | EMOJI_STYLE => {}
                // Apart from what it colours it would be a block of colour.
                c if is_tone(c) => drawn.push_str("  "),
                c => drawn.push(c),
            }
        }
    }
    Cow::Owned(drawn)
}

const ZWJ: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';

/// Modifiers of skin tone (UTS 51, 1.4.4): two columns each, or none.
fn is_tone(c: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)
}

/// Whether it is, or makes, a part of something joined; two regional
/// indicators make a flag.
fn joins(c: char) -> bool {
    c == ZWJ || c == EMOJI_STYLE || is_tone(c) || ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthChar;

    const MODE: GraphemeClusterMode = GraphemeClusterMode::WcWidth;

    /// Where the cursor is after a text, as the editor counts.
    fn editor(line: &str, start: usize, columns: usize) -> (usize, usize) {
        line.graphemes(true).fold((0, start), |(row, at), cluster| {
            let width = usize::from(MODE.width(cluster));
            if at + width > columns { (row + 1, width) } else { (row, at + width) }
        })
    }

    /// And in a terminal that draws character by character.
    fn terminal(drawn: &str, start: usize, columns: usize) -> (usize, usize) {
        drawn.chars().fold((0, start), |(row, at), c| {
            let width = c.width().unwrap_or(0);
            if at + width > columns { (row + 1, width) } else { (row, at + width) }
        })
    }

    #[test]
    fn nothing_joined_is_left_but_in_scripts_that_join_letters() {
        let drawn = |line| in_pieces(line, 4, 80, MODE).into_owned();
        assert_eq!(drawn("👩\u{200d}👩\u{200d}👧 👍🏽!"), "👩👩👧 👍  !");
        assert_eq!(drawn("❤\u{fe0f}1\u{fe0f}\u{20e3}🇹🇼"), "❤1\u{20e3}🇹🇼");
        assert_eq!(drawn("ක්\u{200d}ෂ"), "ක්\u{200d}ෂ");
        assert!(matches!(in_pieces("哈囉 👍", 4, 80, MODE), Cow::Borrowed(_)));
        let whole = in_pieces("👍🏽", 4, 80, GraphemeClusterMode::Unicode);
        assert_eq!(whole, "👍🏽", "this terminal draws it as the editor counts it");
    }

    proptest! {
        #[test]
        fn editor_and_terminal_agree_where_the_cursor_is(
            parts in prop::collection::vec(
                prop::sample::select(vec!["a", "字", " ", "👍🏽", "👩\u{200d}👩\u{200d}👧", "❤\u{fe0f}", "🇹🇼", "👍"]),
                0..60,
            ),
            columns in 10usize..60,
        ) {
            let line = parts.concat();
            for (end, _) in line.grapheme_indices(true).chain([(line.len(), "")]) {
                let typed = &line[..end];
                let drawn = in_pieces(typed, 4, columns, MODE);
                prop_assert_eq!(terminal(&drawn, 4, columns), editor(typed, 4, columns), "{:?}", typed);
            }
        }
    }
}
