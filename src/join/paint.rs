//! Styles as the colours of this terminal.

use super::show::{NAME_COLOURS, Row, Span, Style};
use colored::{Color, Colorize};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    None,
    Sixteen,
    /// xterm's 256: 16 to 231 are a cube of six steps a channel.
    Cube,
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

/// The nearest of the cube. As names, those with a contrast of more than 4 on black and on white.
const HEADER_256: u8 = 152;
const OWN_256: u8 = 223;
const QUESTION_256: u8 = 146;
const NAMES_256: [u8; NAME_COLOURS as usize] = [63, 29, 163, 131, 31, 98, 64, 130];

/// Black on these can be read in every theme.
const OWN_16: Color = Color::Cyan;
const QUESTION_16: Color = Color::Yellow;

/// Black of the cube: that of the sixteen is the theme's own.
const BLACK_256: u8 = 16;

impl Colours {
    /// Decided once, and for the colour crate too: left alone it asks other
    /// variables, and makes the palette white where COLORTERM is unset.
    pub(super) fn choose(plain: bool, var: impl Fn(&str) -> Option<String>) -> Colours {
        let set = |key| var(key).filter(|value| !value.is_empty());
        let colours = match set("COLORTERM").as_deref() {
            _ if plain || set("NO_COLOR").is_some() => Colours::None,
            Some("truecolor" | "24bit") => Colours::True,
            _ if set("TERM").is_some_and(|term| term.contains("256color")) => Colours::Cube,
            _ => Colours::Sixteen,
        };
        colored::control::set_override(colours != Colours::None);
        colours
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if text.is_empty() || self == Colours::None {
            return text.to_owned();
        }
        let of_cube = |colour: u8| Color::AnsiColor(colour);
        let on_cube = |ground: u8| text.color(of_cube(BLACK_256)).on_color(of_cube(ground));
        let painted = match (self, style) {
            (_, Style::Plain) => text.normal(),
            (_, Style::Notice) => text.italic().dimmed(),
            (_, Style::Faint) => text.dimmed(),
            // No coloured text on the theme's own ground: each of the sixteen colours is unreadable on some
            // themes.
            (Colours::Sixteen, Style::Header) => text.reversed(),
            (Colours::Sixteen, Style::Own) => text.black().on_color(OWN_16),
            (Colours::Sixteen, Style::Question) => text.black().on_color(QUESTION_16),
            (Colours::Sixteen, Style::Name(_)) => text.bold(),
            (Colours::Cube, Style::Header) => on_cube(HEADER_256),
            (Colours::Cube, Style::Own) => on_cube(OWN_256),
            (Colours::Cube, Style::Question) => on_cube(QUESTION_256),
            (Colours::Cube, Style::Name(n)) => text.color(of_cube(NAMES_256[usize::from(n % NAME_COLOURS)])),
            (_, Style::Header) => text.black().on_color(HEADER),
            (_, Style::Own) => text.black().on_color(OWN),
            (_, Style::Question) => text.black().on_color(QUESTION),
            (_, Style::Name(number)) => {
                let (r, g, b) = NAMES[usize::from(number % NAME_COLOURS)];
                text.truecolor(r, g, b)
            }
        };
        painted.to_string()
    }

    /// A row without its end. `links`: the terminal takes what it does not know for nothing, as the control
    /// string that makes a part of a web address open all of it (OSC 8).
    pub(super) fn row(self, row: &Row, links: bool) -> String {
        let painted = |span: &Span| {
            let text = self.paint(span.style, &span.text);
            match span.link.as_ref().filter(|link| links && link.len() <= LINK_BYTES) {
                Some(link) => format!("\x1b]8;;{}\x1b\\{text}\x1b]8;;\x1b\\", encoded(link)),
                None => text,
            }
        };
        row.0.iter().map(painted).collect()
    }
}

/// The longest web address that is opened from a part of it: each row has all of it.
const LINK_BYTES: usize = 700;

/// A web address in ASCII alone (RFC 3986, 2.1), as control strings want it.
fn encoded(link: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii_graphic() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    link.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A click opened the part of an address that stood in one row.
    #[test]
    fn a_part_of_an_address_opens_all_of_it() {
        let link = Some("https://a.b/字\u{7}".into());
        let row =
            Row::of(Style::Plain, "see ").with(Span { style: Style::Plain, text: "https:".to_owned(), link });
        let address = "https://a.b/%E5%AD%97%07";
        let told = format!("see \x1b]8;;{address}\x1b\\https:\x1b]8;;\x1b\\");
        assert_eq!(Colours::None.row(&row, true), told);
        assert_eq!(Colours::None.row(&row, false), "see https:");
    }

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

    /// A colour of the cube.
    fn of_cube(number: u8) -> (u8, u8, u8) {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let [r, g, b] = [36, 6, 1].map(|place| STEPS[usize::from((number - 16) / place % 6)]);
        (r, g, b)
    }

    #[test]
    fn the_cube_can_be_read_like_truecolor() {
        for ground in [HEADER_256, OWN_256, QUESTION_256] {
            assert!(contrast(of_cube(ground), of_cube(BLACK_256)) >= 7.0, "{ground}");
        }
        for name in NAMES_256.map(of_cube) {
            let (on_black, on_white) = (contrast(name, (0, 0, 0)), contrast(name, (255, 255, 255)));
            assert!(on_black >= 4.0 && on_white >= 4.0, "{name:?}: {on_black:.2} {on_white:.2}");
        }
    }

    /// Each style is readable in each of these themes: once yellow notices, bold cyan lines and blue names
    /// were not.
    #[test]
    fn sixteen_colours_are_readable() {
        type Rgb = (u8, u8, u8);
        // Black, cyan, yellow.
        let themes: [(&str, [Rgb; 3]); 6] = [
            ("xterm", [(0, 0, 0), (0, 205, 205), (205, 205, 0)]),
            ("VGA", [(0, 0, 0), (0, 170, 170), (170, 85, 0)]),
            ("Terminal.app", [(0, 0, 0), (0, 166, 178), (153, 153, 0)]),
            ("Windows Console", [(12, 12, 12), (58, 150, 221), (193, 156, 0)]),
            ("Windows Console, legacy", [(0, 0, 0), (0, 128, 128), (128, 128, 0)]),
            ("Solarized, light and dark", [(7, 54, 66), (42, 161, 152), (181, 137, 0)]),
        ];
        for (theme, [black, cyan, yellow]) in themes {
            for (color, ground) in [(OWN_16, cyan), (QUESTION_16, yellow)] {
                let ratio = contrast(black, ground);
                assert!(ratio >= 3.9, "{theme}, {color:?}: {ratio:.2}");
            }
        }
        let _ = choose(false, &[("TERM", "xterm")]);
        let painted = [Style::Notice, Style::Faint, Style::Plain, Style::Name(3)]
            .map(|style| Colours::Sixteen.paint(style, "x"));
        assert_eq!(painted, ["\x1b[2;3mx\x1b[0m", "\x1b[2mx\x1b[0m", "x", "\x1b[1mx\x1b[0m"]);
    }

    #[test]
    fn no_two_names_colours_are_alike() {
        let apart = |(r, g, b): (u8, u8, u8), (x, y, z): (u8, u8, u8)| {
            r.abs_diff(x).max(g.abs_diff(y)).max(b.abs_diff(z))
        };
        for names in [NAMES, NAMES_256.map(of_cube)] {
            for (at, one) in names.iter().enumerate() {
                assert!(names[..at].iter().all(|other| apart(*one, *other) >= 40), "{one:?}");
            }
        }
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(choose(false, &[("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(choose(false, &[("NO_COLOR", "")]), Colours::Sixteen);
        assert_eq!(choose(false, &[("NO_COLOR", "1"), ("COLORTERM", "24bit")]), Colours::None);
        assert_eq!(choose(true, &[("COLORTERM", "24bit")]), Colours::None);
        assert_eq!(choose(false, &[("TERM", "xterm-256color")]), Colours::Cube);
        assert_eq!(choose(false, &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Colours::True);
        assert_eq!(choose(false, &[("TERM", "linux")]), Colours::Sixteen);
    }
}
