//! What the person has set for all rooms: the bell, whom to ignore, and being away.

use super::item::{Form, Speaker};
use crate::client::protocol::CaseMapping;
use crate::join::slash_command::Bell;

/// People ignored at once.
const MAX_IGNORED: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) bell: Bell,
    /// At most [`MAX_IGNORED`].
    pub(super) ignored: Vec<String>,
    /// What `/away` said.
    pub(super) away: Option<String>,
    /// Something was said since, and the person knows that others see them as away.
    pub(super) told_away: bool,
}

impl Settings {
    /// Ignores somebody.
    pub(super) fn ignore(&mut self, name: String, mapping: CaseMapping) {
        if !self.ignores(&name, mapping) && self.ignored.len() < MAX_IGNORED {
            self.ignored.push(name);
        }
    }

    pub(super) fn unignore(&mut self, name: &str, mapping: CaseMapping) {
        self.ignored.retain(|ignored| !mapping.same(ignored, name));
    }

    pub(super) fn ignores(&self, name: &str, mapping: CaseMapping) -> bool {
        self.ignored.iter().any(|ignored| mapping.same(ignored, name))
    }

    /// Whether the bell rings for a message; `called`: it calls us by our name.
    pub(super) fn rings(&self, called: bool, from: &Speaker, form: &Form) -> bool {
        let to_me = called || matches!(form, Form::Private { .. });
        *from != Speaker::Me && (self.bell == Bell::All || self.bell == Bell::Mention && to_me)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_number_of_people_is_ignored() {
        let mut settings = Settings::default();
        settings.ignore("a[b]".to_owned(), CaseMapping::Rfc1459);
        assert!(settings.ignores("A{B}", CaseMapping::Rfc1459));
        settings.ignore("a{b}".to_owned(), CaseMapping::Rfc1459);
        assert_eq!(settings.ignored.len(), 1);
        settings.unignore("a{b}", CaseMapping::Rfc1459);
        assert!(settings.ignored.is_empty());
        (0..=MAX_IGNORED).for_each(|n| settings.ignore(n.to_string(), CaseMapping::Ascii));
        assert_eq!(settings.ignored.len(), MAX_IGNORED);
    }
}
