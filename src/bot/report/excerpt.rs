//! A text as a report shows it: nothing in it is hidden, and a long one is cut.

use crate::text::sanitise::for_drawing;
use std::fmt::Write;
use std::ops::Range;

/// Bytes of a text that is shown whole: a protocol line has 512.
const WHOLE: usize = 600;

/// Bytes of each part of a longer one: at its beginning, on both sides of the
/// place that matters, and at its end.
const PART: usize = 150;

/// The text, or the parts of it that matter; `at` is the byte of interest.
pub fn excerpt(text: &str, at: usize) -> String {
    if text.len() <= WHOLE {
        return visible(text);
    }
    let part = |from: usize, to: usize| text.floor_char_boundary(from)..text.ceil_char_boundary(to);
    let (at, end) = (at.min(text.len()), text.len() - PART);
    let parts =
        [part(0, PART), part(at.saturating_sub(PART), at.saturating_add(PART)), part(end, text.len())];
    let mut out = String::new();
    let mut shown = 0;
    for Range { start, end } in parts {
        if start > shown {
            let _ = write!(out, " …({} bytes left out)… ", start - shown);
        }
        out.push_str(&visible(&text[start.max(shown).min(end)..end]));
        shown = shown.max(end);
    }
    out
}

/// A text of which nothing is hidden: what could not be drawn is escaped.
pub fn visible(text: &str) -> String {
    if for_drawing(text) == text {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match for_drawing(c.encode_utf8(&mut [0; 4])).chars().next() {
            Some(_) => out.push(c),
            None => out.extend(c.escape_unicode()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_drawn_is_escaped() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}小"), "a\\u{1b}[2Jb\\u{202e}小");
    }

    /// Of a long text the beginning, the place that matters and the end are shown.
    #[test]
    fn long_text_is_cut_around_its_place() {
        let text = format!("{}小X花{}", "a".repeat(5000), "b".repeat(5000));
        let shown = excerpt(&text, 5003);
        assert_eq!(
            shown,
            format!(
                "{} …(4703 bytes left out)… {}小X花{} …(4704 bytes left out)… {}",
                "a".repeat(150),
                "a".repeat(147),
                "b".repeat(146),
                "b".repeat(150)
            )
        );
    }

    #[test]
    fn parts_that_touch_are_one() {
        let text = "x".repeat(1000);
        assert_eq!(
            excerpt(&text, 200),
            format!("{} …(500 bytes left out)… {}", "x".repeat(350), "x".repeat(150))
        );
        assert_eq!(
            excerpt(&text, 5000),
            format!("{} …(700 bytes left out)… {}", "x".repeat(150), "x".repeat(150))
        );
        assert_eq!(excerpt(&"x".repeat(600), 0).len(), 600);
        let wide = "小".repeat(1000);
        assert!((0..3000).all(|at| excerpt(&wide, at).len() < 700));
    }
}
