//! When two names are the same to a server.

use crate::text::name;

/// 005 CASEMAPPING: the letters that a server takes for one another, beside
/// those that Unicode does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseMapping {
    #[default]
    Ascii,
    /// `{}|^` are the small letters of `[]\\~` (RFC 2812, 2.2).
    Rfc1459,
    /// The same without `^` and `~`.
    StrictRfc1459,
}

impl CaseMapping {
    /// Of the token's value; one that is not known folds as ASCII does.
    pub fn named(value: &str) -> CaseMapping {
        match value {
            "rfc1459" => CaseMapping::Rfc1459,
            "strict-rfc1459" | "rfc1459-strict" => CaseMapping::StrictRfc1459,
            _ => CaseMapping::Ascii,
        }
    }

    /// The same for all spellings of one name.
    pub fn fold(self, name: &str) -> String {
        let folded = if name.is_ascii() { name.to_ascii_lowercase() } else { name::fold(name) };
        let small = |c| match (self, c) {
            (CaseMapping::Ascii, c) | (CaseMapping::StrictRfc1459, c @ '~') => c,
            (_, '[') => '{',
            (_, ']') => '}',
            (_, '\\') => '|',
            (_, '~') => '^',
            (_, c) => c,
        };
        folded.chars().map(small).collect()
    }

    pub fn same(self, one: &str, other: &str) -> bool {
        one == other || self.fold(one) == self.fold(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_which_names_are_the_same() {
        let [ascii, rfc, strict] = ["ascii", "rfc1459", "strict-rfc1459"].map(CaseMapping::named);
        for mapping in [ascii, rfc, strict] {
            assert!(mapping.same("#Lab", "#lAB") && mapping.same("JOSÉ", "jose\u{301}"));
            assert!(!mapping.same("#lab", "#lob"));
        }
        assert!(
            !ascii.same("a[b]", "a{b}") && rfc.same("a[b]\\~", "a{b}|^") && strict.same("a[b]\\", "a{b}|")
        );
        assert!(!strict.same("~", "^") && rfc.same("~", "^"));
    }
}
