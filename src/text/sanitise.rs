//! Which characters may go over the wire, and which may be drawn.
//!
//! Two tables. [`for_wire`] keeps what other IRC clients draw themselves (bold,
//! colours); [`for_drawing`] keeps only what can't move the cursor, change
//! colours, reorder or hide text.

use std::borrow::Cow;
use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

/// Combining marks drawn after one base character; the rest is dropped.
pub const MARKS_PER_BASE: usize = 4;

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
const VS16: char = '\u{fe0f}';

/// The text as the server relays it: without C0 controls (but tab and IRC
/// formatting), DEL and C1 controls. Nothing is put in their place.
///
/// `\x01` is kept as the first and last character, where it marks a CTCP
/// message, and dropped elsewhere.
pub fn for_wire(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text) {
        return Cow::Borrowed(text);
    }
    let last = text.len().saturating_sub(1);
    keep(text, |at, c| match c {
        '\x01' => at == 0 || at == last,
        '\t' => true,
        c if is_formatting(c) => true,
        c => !c.is_control(),
    })
}

/// The text as a terminal or the console may show it: [`for_wire`] without
/// formatting (and the digits of its colour codes), bidi controls, line and
/// paragraph separators and invisible characters, with at most
/// [`MARKS_PER_BASE`] combining marks on a base. A tab becomes a blank.
pub fn for_drawing(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text) {
        return Cow::Borrowed(text);
    }
    let plain = without_formatting(text);
    let mut drawn = String::with_capacity(plain.len());
    for cluster in plain.graphemes(true) {
        draw_cluster(cluster, &mut drawn);
    }
    if drawn == text { Cow::Borrowed(text) } else { Cow::Owned(drawn) }
}

/// Asks no table: a look at the bytes is far quicker, and more so without a branch
/// for each, since the compiler then looks at many at once.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().fold(true, |all, b| all & (b' '..=b'~').contains(&b))
}

fn draw_cluster(cluster: &str, drawn: &mut String) {
    let emoji = cluster.chars().any(is_emoji);
    let mut marks = 0;
    let mut previous = None;
    for c in cluster.chars() {
        let joiner_needed = match c {
            ZWJ | VS16 if emoji => true,
            ZWJ | ZWNJ => previous.is_some_and(is_joining_script),
            _ => false,
        };
        match c {
            '\t' => drawn.push(' '),
            _ if joiner_needed => drawn.push(c),
            _ if c.is_control() || is_bidi_control(c) || is_invisible(c) => continue,
            _ if is_mark(c) => {
                marks += 1;
                if marks <= MARKS_PER_BASE {
                    drawn.push(c);
                }
            }
            _ => {
                marks = 0;
                drawn.push(c);
            }
        }
        previous = Some(c);
    }
}

/// Formatting codes as clients send them: <https://modern.ircdocs.horse/formatting.html>.
fn without_formatting(text: &str) -> Cow<'_, str> {
    if !text.contains(is_formatting) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\x03' => rest = after_colours(rest, 2, |b| b.is_ascii_digit()),
            '\x04' => rest = after_colours(rest, 6, |b| b.is_ascii_hexdigit()),
            c if is_formatting(c) => {}
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// Skips a foreground and, after a comma, a background of at most `most` digits.
fn after_colours(text: &str, most: usize, digit: fn(&u8) -> bool) -> &str {
    let count = |s: &str| s.bytes().take(most).take_while(digit).count();
    let foreground = count(text);
    if foreground == 0 {
        return text;
    }
    let rest = &text[foreground..];
    let ground = rest.strip_prefix(',').map(|ground| (ground, count(ground)));
    ground.filter(|(_, digits)| *digits > 0).map_or(rest, |(ground, digits)| &ground[digits..])
}

/// Bold, colour, hex colour, reset, monospace, reverse, italics, strikethrough, underline.
fn is_formatting(c: char) -> bool {
    matches!(c, '\x02' | '\x03' | '\x04' | '\x0f' | '\x11' | '\x16' | '\x1d' | '\x1e' | '\x1f')
}

/// Characters that reorder their neighbours (UAX 9, 2).
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Characters without a picture of their own: Default_Ignorable_Code_Point
/// (Unicode 16, DerivedCoreProperties), line and paragraph separators, the
/// blank Braille pattern, and interlinear annotation.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

pub(crate) fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

pub(crate) fn is_emoji(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

/// Scripts in which a joiner changes how a word is written: Arabic, Syriac,
/// N'Ko, Indic scripts, Khmer and Mongolian.
fn is_joining_script(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{7ff}' | '\u{8a0}'..='\u{dff}' | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{18af}')
}

fn keep(text: &str, mut keep: impl FnMut(usize, char) -> bool) -> Cow<'_, str> {
    if text.char_indices().all(|(at, c)| keep(at, c)) {
        return Cow::Borrowed(text);
    }
    let kept = text.char_indices().filter(|&(at, c)| keep(at, c));
    Cow::Owned(kept.map(|(_, c)| c).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_wire_keeps_formatting_and_ctcp_marks() {
        assert_eq!(for_wire("\x02b\x0f\ttab"), "\x02b\x0f\ttab");
        assert_eq!(for_wire("\x01ACTION waves\x01"), "\x01ACTION waves\x01");
        assert_eq!(for_wire("a\x01b\x1b[2Jc\u{9b}d\x7fe\x07"), "ab[2Jcde");
        assert_eq!(for_wire("\u{202e}bidi 小花"), "\u{202e}bidi 小花");
    }

    #[test]
    fn nothing_drawn_can_hide_reorder_or_steer() {
        assert_eq!(for_drawing("\x0304,12red\x03 \x02bold\x02 \x04ff0000,00ff00hex"), "red bold hex");
        assert_eq!(for_drawing("\x03,5"), ",5");
        assert_eq!(for_drawing("a\u{202e}b\u{2066}c\u{200f}d\u{61c}e"), "abcde");
        assert_eq!(for_drawing("a\u{2028}b\u{3164}c\u{e0041}d\u{200b}e"), "abcde");
        assert_eq!(for_drawing("a\tb"), "a b");
    }

    #[test]
    fn joiners_stay_where_writing_needs_them() {
        for whole in ["👩‍👩‍👧", "❤️", "می‌خواهم", "क्‍ष"] {
            assert_eq!(for_drawing(whole), whole);
        }
        assert_eq!(for_drawing("a\u{200d}b\u{fe0f}"), "ab");
    }

    #[test]
    fn marks_are_cut_at_four_a_base() {
        let zalgo = format!("e{}x", "\u{301}".repeat(50));
        assert_eq!(for_drawing(&zalgo), format!("e{}x", "\u{301}".repeat(4)));
    }

    proptest! {
        #[test]
        fn sanitising_twice_is_sanitising_once(text: String) {
            let wire = for_wire(&text).into_owned();
            prop_assert_eq!(for_wire(&wire), wire.as_str());
            let drawn = for_drawing(&text).into_owned();
            prop_assert_eq!(for_drawing(&drawn), drawn.as_str());
            prop_assert!(!drawn.chars().any(|c| c.is_control() || is_bidi_control(c)));
        }
    }
}
