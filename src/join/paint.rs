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

/// Mid-tones with a contrast of about 4.5 on black and on white alike, none near the own ground.
const NAMES: [(u8, u8, u8); NAME_COLOURS as usize] = [
    (0x2f, 0x7f, 0xd4),
    (0x1b, 0x8a, 0x4b),
    (0xb0, 0x5a, 0xc8),
    (0xd0, 0x4a, 0x4a),
    (0x0f, 0x88, 0x8f),
    (0x7a, 0x6c, 0xe0),
    (0x6b, 0x82, 0x1c),
    (0xc4, 0x48, 0x8c),
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

    /// Rows with their line ends.
    pub(super) fn rows(self, rows: &[Row]) -> String {
        let line = |row: &Row| {
            let spans = row.0.iter().map(|span| self.paint(span.style, &span.text));
            spans.chain(std::iter::once("\n".to_owned())).collect::<String>()
        };
        rows.iter().map(line).collect()
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

    #[test]
    fn the_environment_decides() {
        assert_eq!(choose(false, &[("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(choose(false, &[("NO_COLOR", "")]), Colours::Sixteen);
        assert_eq!(choose(false, &[("NO_COLOR", "1"), ("COLORTERM", "24bit")]), Colours::None);
        assert_eq!(choose(true, &[("COLORTERM", "24bit")]), Colours::None);
    }
}
