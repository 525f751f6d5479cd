//! Client-to-client protocol: a text between two delimiters (Modern, CTCP).

/// Begins and ends such a text.
pub const DELIMITER: char = '\x01';

const ACTION: &str = "ACTION";

/// Bytes that [`action`] adds to a text.
pub const ACTION_BYTES: usize = 2 * DELIMITER.len_utf8() + ACTION.len() + 1;

/// A text of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ctcp<'a> {
    /// What is between the delimiters: a command and its parameters.
    pub body: &'a str,
    /// "The final delimiter is optional", and some servers cut it off.
    pub is_closed: bool,
}

impl<'a> Ctcp<'a> {
    /// None where the text is one for people.
    pub fn parse(text: &'a str) -> Option<Ctcp<'a>> {
        let inside = text.strip_prefix(DELIMITER)?;
        let closed = inside.strip_suffix(DELIMITER);
        Some(Ctcp { body: closed.unwrap_or(inside), is_closed: closed.is_some() })
    }

    /// What somebody does, in words for people (`/me`).
    pub fn action(self) -> Option<&'a str> {
        let deed = self.body.strip_prefix(ACTION)?;
        deed.strip_prefix(' ').or_else(|| deed.is_empty().then_some(""))
    }
}

/// The text that tells what its author does (`/me`).
pub fn action(deed: &str) -> String {
    format!("{DELIMITER}{ACTION} {deed}{DELIMITER}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_told_from_other_requests() {
        let read = |text| Ctcp::parse(text).map(|ctcp| (ctcp.action(), ctcp.is_closed));
        let waves = action("waves");
        assert_eq!(read(&waves), Some((Some("waves"), true)));
        assert_eq!(waves.len(), "waves".len() + ACTION_BYTES);
        assert_eq!(read("\x01ACTION waves"), Some((Some("waves"), false)));
        assert_eq!(read("\x01ACTION\x01"), Some((Some(""), true)));
        assert_eq!(read("\x01ACTIONwaves\x01"), Some((None, true)));
        assert_eq!(read("\x01VERSION\x01"), Some((None, true)));
        assert_eq!(read("waves \x01"), None);
    }
}
