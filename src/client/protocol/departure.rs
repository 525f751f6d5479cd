//! Why somebody leaves, and why a server closes, without the words that servers add.

/// What was said as the reason of a QUIT: servers put a word or quotes around it.
pub fn as_said(reason: &str) -> Option<&str> {
    let quoted = || reason.strip_prefix('"')?.strip_suffix('"');
    reason.strip_prefix("Quit: ").or_else(quoted)
}

/// The person's own words in a reason for leaving; None where a server has filled it
/// in for an ordinary leave.
pub fn own_words<'a>(reason: &'a str, name: &str) -> Option<&'a str> {
    let reason = reason.trim();
    let reason = reason.strip_prefix("Quit:").unwrap_or(reason).trim();
    let bare = reason.trim_matches('"');
    let said_nothing = ["", "quit", "client quit", "leaving", "client exited", "closing connection"];
    let ordinary = bare == name || said_nothing.iter().any(|nothing| bare.eq_ignore_ascii_case(nothing));
    (!ordinary).then_some(reason)
}

/// Why the server closes, of the words of its ERROR without the address that servers put
/// before it: `Closing link: 10.0.0.1 (too slow)`, and of InspIRCd
/// `Closing link: (hua@10.0.0.1) [Excess Flood]`.
pub fn closing_reason(words: &str) -> &str {
    const HEAD: &str = "closing link:";
    let is_usual = words.get(..HEAD.len()).is_some_and(|head| head.eq_ignore_ascii_case(HEAD));
    let between = |begin, end| Some(words.strip_suffix(end)?.split_once(begin)?.1);
    let bracketed = between(" (", ')').or_else(|| between(") [", ']'));
    bracketed.filter(|reason| is_usual && !reason.is_empty()).unwrap_or(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that servers add to a reason are removed.
    #[test]
    fn added_words_are_removed() {
        assert_eq!(
            (as_said("Quit: tired"), as_said("\"tired\""), as_said("tired")),
            (Some("tired"), Some("tired"), None)
        );
        assert_eq!(own_words("Quit: tired", "bob"), Some("tired"));
        for ordinary in ["Quit: ", "Client Quit", "\"bob\"", "Quit: leaving"] {
            assert_eq!(own_words(ordinary, "bob"), None, "{ordinary}");
        }
        assert_eq!(closing_reason("Closing link: 10.0.0.1 (too slow)"), "too slow");
        assert_eq!(closing_reason("Closing link: (hua@10.0.0.1) [Excess Flood]"), "Excess Flood");
        assert_eq!(closing_reason("bye (now)"), "bye (now)");
    }
}
