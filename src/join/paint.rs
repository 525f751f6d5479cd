//! Styles as the colours of this terminal.

use super::show::{NAME_COLOURS, Row, Style};
use colored::{Color, ColoredString, Colorize};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    None,
    Sixteen,
    True,
}

/// The original's palette, used as grounds under black text.
const HEADER: Color = Color::TrueColor { r: 0xa3, g: 0xd1, b: 0xd1 };
const OWN: Color = Color::TrueColor { r: 0xff, g: 0xd1, b: 0xa4 };
const QUESTION: Color = Color::TrueColor { r: 0xb8, g: 0xb8, b: 0xdc };

/// Mid-tones with a contrast of at least 4.5 on black and on white alike (WCAG
/// 2.2, 1.4.3), which leaves one brightness for all; none is near the own ground.
const NAMES: [(u8, u8, u8); NAME_COLOURS as usize] = [
    (0x2a, 0x77, 0xc9),
    (0x1a, 0x87, 0x49),
    (0xaa, 0x4e, 0xc4),
    (0xcf, 0x45, 0x45),
    (0x0e, 0x82, 0x89),
    (0x73, 0x64, 0xde),
    (0x67, 0x7e, 0x1b),
    (0xc3, 0x46, 0x8b),
];

/// Cyan is the own line's, yellow the notices', magenta the questions'.
const NAMES_16: [Color; 6] =
    [Color::Blue, Color::Green, Color::Red, Color::BrightBlue, Color::BrightGreen, Color::BrightRed];

impl Colours {
    /// Decided once, and for the colour crate too: left alone it asks other
    /// variables, and makes the palette white where COLORTERM is unset.
    pub(super) fn choose(plain: bool, var: impl Fn(&str) -> Option<String>) -> Colours {
        let set = |key| var(key).filter(|value| !value.is_empty());
        let colours = match set("COLORTERM").as_deref() {
            _ if plain || set("NO_COLOR").is_some() => Colours::None,
            Some("truecolor" | "24bit") => Colours::True,
            _ => Colours::Sixteen,
        };
        colored::control::set_override(colours != Colours::None);
        colours
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self {
            _ if text.is_empty() => String::new(),
            Colours::None => text.to_owned(),
            Colours::Sixteen => sixteen(style, text).to_string(),
            Colours::True => truecolor(style, text).to_string(),
        }
    }

    /// A row without its end.
    pub(super) fn row(self, row: &Row) -> String {
        row.0.iter().map(|span| self.paint(span.style, &span.text)).collect()
    }
}

fn truecolor(style: Style, text: &str) -> ColoredString {
    match style {
        Style::Plain => text.normal(),
        Style::Header => text.black().on_color(HEADER),
        Style::Own => text.black().on_color(OWN),
        Style::Question => text.black().on_color(QUESTION),
        Style::Notice => text.italic().dimmed(),
        Style::Faint => text.dimmed(),
        Style::Name(number) => {
            let (r, g, b) = NAMES[usize::from(number % NAME_COLOURS)];
            text.truecolor(r, g, b)
        }
    }
}

fn sixteen(style: Style, text: &str) -> ColoredString {
    match style {
        Style::Plain => text.normal(),
        Style::Header => text.reversed(),
        Style::Own => text.cyan().bold(),
        Style::Question => text.magenta().bold(),
        Style::Notice => text.yellow().italic(),
        Style::Faint => text.dimmed(),
        Style::Name(number) => text.color(NAMES_16[usize::from(number) % NAMES_16.len()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(plain: bool, pairs: &[(&str, &str)]) -> Colours {
        Colours::choose(plain, |key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned()))
    }

    /// WCAG 2.2, relative luminance.
    fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
        let linear = |channel: u8| match f64::from(channel) / 255.0 {
            c if c <= 0.04045 => c / 12.92,
            c => ((c + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// WCAG 2.2, contrast ratio.
    fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn names_can_be_read_on_black_and_on_white() {
        let (black, white) = ((0, 0, 0), (255, 255, 255));
        assert!((contrast(black, white) - 21.0).abs() < 1e-9);
        for name in NAMES {
            let (on_black, on_white) = (contrast(name, black), contrast(name, white));
            assert!(on_black >= 4.5 && on_white >= 4.5, "{name:?}: {on_black:.2} {on_white:.2}");
        }
    }

    #[test]
    fn black_text_can_be_read_on_every_ground() {
        for ground in [HEADER, OWN, QUESTION] {
            let Color::TrueColor { r, g, b } = ground else { panic!("{ground:?}") };
            let ratio = contrast((r, g, b), (0, 0, 0));
            assert!(ratio >= 7.0, "{ground:?}: {ratio:.2}");
        }
    }

    #[test]
    fn no_two_names_colours_are_alike() {
        let apart = |(r, g, b): (u8, u8, u8), (x, y, z): (u8, u8, u8)| {
            r.abs_diff(x).max(g.abs_diff(y)).max(b.abs_diff(z))
        };
        for (at, one) in NAMES.iter().enumerate() {
            assert!(NAMES[..at].iter().all(|other| apart(*one, *other) >= 40), "{one:?}");
        }
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(choose(false, &[("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(choose(false, &[("NO_COLOR", "")]), Colours::Sixteen);
        assert_eq!(choose(false, &[("NO_COLOR", "1"), ("COLORTERM", "24bit")]), Colours::None);
        assert_eq!(choose(true, &[("COLORTERM", "24bit")]), Colours::None);
    }
}
