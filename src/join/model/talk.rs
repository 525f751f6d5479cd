//! What people say: shown, remembered, and recognised where it is ours.

use super::backlog::Remembered;
use super::delivery::Pending;
use super::ids::RoomId;
use super::item::{Form, Item, Speaker, Why};
use super::mention::mentions;
use super::room::Stage;
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
    /// A message that is said now, by a person or by the server.
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
        let room = self.room_of(&said);
        // Messages of rooms that we are not in are not shown.
        if room.is_none() && self.session.is_room(&said.target) {
            return;
        }
        // To all, or to all of some servers (RFC 2812, 3.3.1).
        if !is_mine && said.target.starts_with('$') {
            return self.show(Item::ServerAbout { about: name, text: text.to_owned() });
        }
        let place = room.unwrap_or(self.rooms.current().id);
        let Some(said) = self.output.hold(place, said) else { return };
        let from = if is_mine { Speaker::Me } else { Speaker::Other(name) };
        if let Some(known) = self.remembered(&said, from) {
            self.show_said(known, When::Now);
        }
    }

    /// A notice of the server. It is shown once we are in a room; those before are about host names and the
    /// like.
    pub(super) fn on_server_notice(&mut self, text: &str) {
        if self.is_told_of_server() && self.outbox.full_disk.is_news(text) != Some(false) {
            self.show(Item::Server { text: text.to_owned() });
        }
    }

    /// The way in is over, or a room is tried from time to time.
    pub(super) fn is_told_of_server(&self) -> bool {
        let is_outside = self.rooms.current().stage == Stage::Outside;
        self.session.is_connected() && (self.session.entry.is_over || is_outside)
    }

    /// A message of the past; None where the person is not to see it.
    ///
    /// Ours is only what this program has said: earlier our name may have been
    /// anybody's.
    pub(super) fn known(&self, said: &Said) -> Option<Remembered> {
        let name = said.name()?;
        let known = self.backlog.find(said, self.room_of(said)).map(|known| known.from.clone());
        self.remembered(said, known.unwrap_or_else(|| Speaker::Other(name.to_owned())))
    }

    /// A message as it is remembered; None where it is not for people, or from somebody ignored.
    fn remembered(&self, said: &Said, from: Speaker) -> Option<Remembered> {
        if matches!(&from, Speaker::Other(name) if self.settings.ignores(name, self.session.mapping())) {
            return None;
        }
        let (text, action) = words(&said.text)?;
        let room = self.room_of(said);
        let form = match (room, action) {
            (Some(_), true) => Form::Action,
            (Some(_), false) => Form::Room,
            // By our name, or to us under whatever name the server has for us.
            (None, _) => {
                let is_ours = from == Speaker::Me || said.name().is_some_and(|name| self.session.is_me(name));
                let to = is_ours && !self.session.is_me(&said.target);
                Form::Private { to: to.then(|| said.target.clone()) }
            }
        };
        let text = text.to_owned();
        Some(Remembered { room, from, text, form, id: said.id.clone(), at: said.time, said_as: None })
    }

    /// Others see our name in an action of ours, and so do we.
    pub(super) fn form_shown(&self, from: &Speaker, form: Form) -> Form {
        match (from, form) {
            (Speaker::Me, Form::Action) => Form::OwnAction { name: self.session.name().to_owned() },
            (_, form) => form,
        }
    }

    /// The room of ours that it was said in.
    fn room_of(&self, said: &Said) -> Option<RoomId> {
        let prefixes = self.session.registration.features.prefixes();
        self.find(&said.target)
            .or_else(|| self.find(said.target.trim_start_matches(|c| prefixes.contains(c))))
    }

    /// Shows what somebody said, and remembers it.
    pub(super) fn show_said(&mut self, said: Remembered, when: When) {
        let Remembered { room, from, text, form, at, id, .. } = said.clone();
        let place = room.unwrap_or(self.rooms.current().id);
        let others = from != Speaker::Me;
        let called = others && !mentions(&text, self.session.name()).is_empty();
        let is_elsewhere = !self.rooms.is_current(place);
        let is_first_unread = others
            && self.rooms.get_mut(place).is_some_and(|room| {
                if is_elsewhere && when != When::Earlier {
                    room.unread.counts(called);
                }
                room.unread.begins_with(at)
            });
        if is_first_unread {
            self.show_in(place, Item::Unread);
        }
        if when != When::Earlier && self.settings.rings(called, &from, &form) {
            self.show(Item::Bell);
        }
        self.remember(said);
        let mention = called.then(|| self.session.name().to_owned());
        let at = at.filter(|_| when != When::Now);
        let form = self.form_shown(&from, form);
        self.show_in(place, Item::Said { from, text, form, mention, at, id });
    }

    /// A line of ours is in the room; its echo tells more, where there is one.
    pub(super) fn delivered(&mut self, pending: &Pending, echo: Option<(&Said, When)>) {
        let outgoing = &pending.piece.outgoing;
        let room = outgoing.room();
        let form = match room.is_some() || self.session.is_room(&pending.target) {
            true if outgoing.action => Form::Action,
            true => Form::Room,
            false => Form::Private { to: Some(pending.target.clone()) },
        };
        let (id, at) = echo.map_or((None, None), |(said, _)| (said.id.clone(), said.time));
        let is_live = echo.is_none_or(|(_, when)| when == When::Now);
        let name = self.session.name();
        let said_as = (id.is_none() && at.is_none()).then(|| self.session.mapping().fold(name));
        let (from, text) = (Speaker::Me, outgoing.text.clone());
        let known = Remembered { room, from, text, form, id, at, said_as };
        self.remember(known.clone());
        if !outgoing.on_screen {
            let Remembered { from, text, form, id, .. } = known;
            let form = self.form_shown(&from, form);
            let item = Item::Said { from, text, form, mention: None, at: at.filter(|_| !is_live), id };
            self.show_in(room.unwrap_or(self.rooms.current().id), item);
        }
        if let Some(room) = room.filter(|_| is_live) {
            self.mark_read(room, at);
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
