//! What a piece of text is, which decides how it looks.

use std::sync::Arc;

/// What is drawn, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(pub Vec<Span>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub style: Style,
    /// Fit for drawing: without controls, line ends or escape codes.
    pub text: String,
    /// The web address of which this is a part, where it is broken over rows.
    pub link: Option<Arc<str>>,
}

/// The kind of text; its colours are chosen where the terminal is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Header,
    /// What we said ourselves.
    Own,
    Question,
    /// Everything that no person said.
    Notice,
    /// Somebody's name; the number chooses one of [`NAME_COLOURS`].
    Name(u8),
    /// What matters least.
    Faint,
}

/// As many colours as other people's names may have.
pub const NAME_COLOURS: u8 = 8;

/// The same for the same name on every machine and in every sitting (FNV-1a).
pub fn name_style(key: &str) -> Style {
    let hash =
        key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // The high bits differ most between short names.
    Style::Name((hash >> 24) as u8 % NAME_COLOURS)
}

impl Row {
    pub fn of(style: Style, text: impl Into<String>) -> Row {
        Row::default().and(style, text)
    }

    #[must_use]
    pub fn and(self, style: Style, text: impl Into<String>) -> Row {
        self.with(Span { style, text: text.into(), link: None })
    }

    #[must_use]
    pub fn with(mut self, span: Span) -> Row {
        self.0.push(span);
        self
    }

    /// The text without styles.
    pub fn text(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}
