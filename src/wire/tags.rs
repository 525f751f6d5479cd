//! Message tags (IRCv3 message-tags).

use std::borrow::Cow;

/// The tags that stand before a line, encoded: empty, or `@a=b;c ` with its blank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags(String);

impl Tags {
    pub const fn new() -> Tags {
        Tags(String::new())
    }

    /// Adds a tag. An empty value is written without `=` ("implementations
    /// MUST interpret empty tag values as equivalent to missing tag values").
    pub fn push(&mut self, key: &str, value: &str) {
        self.begin(key);
        if !value.is_empty() {
            self.0.push('=');
            escape(value, &mut self.0);
        }
        self.0.push(' ');
    }

    /// Adds a tag as it was received, `key` or `key=value`, its escapes untouched.
    pub fn push_raw(&mut self, tag: &str) {
        self.begin(tag);
        self.0.push(' ');
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Tags {
        self.push(key, value);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn begin(&mut self, start: &str) {
        let before = if self.0.pop().is_some() { ';' } else { '@' };
        self.0.push(before);
        self.0.push_str(start);
    }
}

/// Writes a value so that it holds no `;`, blank, backslash, CR or LF; a NUL
/// can't be written and is dropped (message-tags, Escaping values).
pub fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            ';' => out.push_str("\\:"),
            ' ' => out.push_str("\\s"),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            '\0' => {}
            c => out.push(c),
        }
    }
}

/// The value that was escaped. A lone backslash at the end is dropped, as is
/// one before any other character (message-tags, Escaping values).
pub fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next().map(|escaped| match escaped {
                ':' => ';',
                's' => ' ',
                'r' => '\r',
                'n' => '\n',
                other => other,
            })),
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_joined_and_end_with_a_blank() {
        let tags = Tags::new().with("msgid", "a1").with("+x", "").with("label", "a;b c");
        assert_eq!(tags.as_str(), r"@msgid=a1;+x;label=a\:b\sc ");
    }

    #[test]
    fn invalid_escapes_lose_their_backslash() {
        assert_eq!(unescape(r"a\b\"), "ab");
    }

    proptest! {
        #[test]
        fn unescape_undoes_escape(value in "[^\0]*") {
            let mut escaped = String::new();
            escape(&value, &mut escaped);
            prop_assert!(!escaped.contains([';', ' ', '\r', '\n']));
            prop_assert_eq!(unescape(&escaped), value);
        }
    }
}
