//! What people say, live or in the server's past.

use super::record::Known;
use super::{Bell, Form, Item, Model, Speaker, mentions};
use crate::client::protocol::said::{Said, words};

/// When something was said, for whoever is shown it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Now,
    /// While there was no connection.
    Missed,
    /// Before one came.
    Earlier,
}

impl Model {
    /// Something is said now.
    pub(super) fn hear_said(&mut self, said: Said) {
        let Some(name) = said.name().map(str::to_owned) else {
            return self.hear_server(&said.text);
        };
        let Some((text, action)) = words(&said.text) else {
            return;
        };
        // A message to oneself comes twice; only its echo has the label.
        if self.is_me(&name) && self.is_own_echo(&said, text) {
            return;
        }
        if self.held.is_some() {
            return self.hold(said);
        }
        let from = match self.is_me(&name) {
            true => Speaker::Me,
            false => Speaker::Other(name),
        };
        let form = self.form(&said, action);
        let (id, at) = (said.id.clone(), said.time);
        let known = Known { from, text: text.to_owned(), form, id, at, said_as: None };
        if self.is_heard(&known) {
            self.show_said(known, When::Now);
        }
    }

    /// Whether the person wants to hear it.
    pub(super) fn is_heard(&self, said: &Known) -> bool {
        !matches!(&said.from, Speaker::Other(name) if self.ignores(name))
    }

    /// Shows what somebody said, and remembers it.
    pub(super) fn show_said(&mut self, said: Known, when: When) {
        let Known { from, text, form, at, id, .. } = said.clone();
        let others = from != Speaker::Me;
        let called = others && !mentions(&text, self.name()).is_empty();
        if others && self.unread.begins_with(at) {
            self.show(Item::Unread);
        }
        if when != When::Earlier && self.bell.rings(called, &from, &form) {
            self.show(Item::Bell);
        }
        self.record.add(said);
        let mention = called.then(|| self.name().to_owned());
        let at = at.filter(|_| when != When::Now);
        self.show(Item::Said { from, text, form, mention, at, id });
    }

    pub(super) fn form(&self, said: &Said, action: bool) -> Form {
        let prefixes = self.registration.features.prefixes();
        let target = said.target.trim_start_matches(|c| prefixes.contains(c));
        match (self.is_here(target), action) {
            (true, true) => Form::Action,
            (true, false) => Form::Room,
            (false, _) => Form::Private { to: (!self.is_me(&said.target)).then(|| said.target.clone()) },
        }
    }

    /// Whether this is the echo of a line of ours that is under way.
    fn is_own_echo(&mut self, said: &Said, text: &str) -> bool {
        let found = match &said.label {
            Some(label) => self.delivery.labelled(label),
            None if self.has("labeled-response") => None,
            None => self.delivery.echoed(&said.target, text, self.mapping()),
        };
        if let Some(pending) = &found {
            self.delivered(pending, Some((said, When::Now)));
        }
        found.is_some()
    }

    /// The server's own words: only once inside, for what it says before is
    /// about host names and the like.
    pub(super) fn hear_server(&mut self, text: &str) {
        if self.is_connected() {
            self.show(Item::Server { text: text.to_owned() });
        }
    }
}

impl Bell {
    fn rings(self, called: bool, from: &Speaker, form: &Form) -> bool {
        let to_me = called || matches!(form, Form::Private { .. });
        *from != Speaker::Me && (self == Bell::All || self == Bell::Mention && to_me)
    }
}
