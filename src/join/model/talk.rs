//! What people say: shown, remembered, and recognised where it is ours.

use super::backlog::Remembered;
use super::delivery::Pending;
use super::item::{Form, Item, Speaker, Why};
use super::mention::mentions;
use super::state::Model;
use crate::client::protocol::said::{Said, words};

/// When something was said, seen from when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Now,
    /// While there was no connection.
    Missed,
    /// Before we came.
    Earlier,
}

impl Model {
    /// A person or the server says something now.
    pub(super) fn on_said(&mut self, said: Said) {
        let Some(name) = said.name().map(str::to_owned) else {
            return self.on_server_notice(&said.text);
        };
        let Some((text, _)) = words(&said.text) else {
            return;
        };
        let is_mine = self.session.is_me(&name);
        // A message to oneself comes twice; only its echo has the label.
        if is_mine && let Some(pending) = self.outbox.echoed(&said, text, &self.session) {
            return self.delivered(&pending, Some((&said, When::Now)));
        }
        if self.output.held.is_some() {
            return self.output.hold(said);
        }
        let from = if is_mine { Speaker::Me } else { Speaker::Other(name) };
        if let Some(known) = self.remembered(&said, from) {
            self.show_said(known, When::Now);
        }
    }

    /// The server's own words: only once inside, for what it says before is
    /// about host names and the like.
    pub(super) fn on_server_notice(&mut self, text: &str) {
        if self.session.is_connected() {
            self.show(Item::Server { text: text.to_owned() });
        }
    }

    /// A message of the past; None where the person is not to see it.
    ///
    /// Ours is only what this program has said: earlier our name may have been
    /// anybody's.
    pub(super) fn known(&self, said: &Said) -> Option<Remembered> {
        let name = said.name()?;
        let known = self.backlog.find(said).map(|known| known.from.clone());
        self.remembered(said, known.unwrap_or_else(|| Speaker::Other(name.to_owned())))
    }

    /// A message as it is remembered; None where it is not for people, or from somebody ignored.
    fn remembered(&self, said: &Said, from: Speaker) -> Option<Remembered> {
        if matches!(&from, Speaker::Other(name) if self.settings.ignores(name, self.session.mapping())) {
            return None;
        }
        let (text, action) = words(&said.text)?;
        let (text, form) = (text.to_owned(), self.form(said, action));
        Some(Remembered { from, text, form, id: said.id.clone(), at: said.time, said_as: None })
    }

    /// Shows what somebody said, and remembers it.
    pub(super) fn show_said(&mut self, said: Remembered, when: When) {
        let Remembered { from, text, form, at, id, .. } = said.clone();
        let others = from != Speaker::Me;
        let called = others && !mentions(&text, self.session.name()).is_empty();
        if others && self.room.unread.begins_with(at) {
            self.show(Item::Unread);
        }
        if when != When::Earlier && self.settings.rings(called, &from, &form) {
            self.show(Item::Bell);
        }
        self.remember(said);
        let mention = called.then(|| self.session.name().to_owned());
        let at = at.filter(|_| when != When::Now);
        self.show(Item::Said { from, text, form, mention, at, id });
    }

    fn form(&self, said: &Said, action: bool) -> Form {
        let prefixes = self.session.registration.features.prefixes();
        let target = said.target.trim_start_matches(|c| prefixes.contains(c));
        match (self.is_here(target), action) {
            (true, true) => Form::Action,
            (true, false) => Form::Room,
            (false, _) => {
                Form::Private { to: (!self.session.is_me(&said.target)).then(|| said.target.clone()) }
            }
        }
    }

    /// A line of ours is in the room; its echo tells more, where there is one.
    pub(super) fn delivered(&mut self, pending: &Pending, echo: Option<(&Said, When)>) {
        let outgoing = &pending.piece.outgoing;
        let form = match self.session.is_room(&pending.target) {
            true if outgoing.action => Form::Action,
            true => Form::Room,
            false => Form::Private { to: Some(pending.target.clone()) },
        };
        let (id, at) = echo.map_or((None, None), |(said, _)| (said.id.clone(), said.time));
        let is_live = echo.is_none_or(|(_, when)| when == When::Now);
        let name = self.session.name();
        let said_as = (id.is_none() && at.is_none()).then(|| self.session.mapping().fold(name));
        let known = Remembered { from: Speaker::Me, text: outgoing.text.clone(), form, id, at, said_as };
        self.remember(known.clone());
        if !outgoing.on_screen {
            let Remembered { from, text, form, id, .. } = known;
            self.show(Item::Said { from, text, form, mention: None, at: at.filter(|_| !is_live), id });
        }
        if is_live && self.is_here(&pending.target) {
            self.mark_read(at);
        }
        self.outbox.has_arrived(pending, &mut self.output);
    }

    /// The server has handled a line of ours: where it echoes what is said and has not echoed
    /// this, the line was dropped.
    pub(super) fn handled(&mut self, pending: Pending) {
        match self.session.has("echo-message") || pending.doubtful {
            true => self.outbox.fails(pending, Why::Unanswered, &mut self.output),
            false => self.delivered(&pending, None),
        }
    }
}
