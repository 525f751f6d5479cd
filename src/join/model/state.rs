//! The parts of the machine, and what is asked of several of them.

use super::backlog::{Backlog, Mark, Remembered};
use super::effect::{Effect, Ending};
use super::entry::Phase;
use super::item::Item;
use super::outbox::Outbox;
use super::output::Output;
use super::room::RoomView;
use super::session::Session;
use super::settings::Settings;
use crate::text::Name;
use crate::wire::Line;
use std::time::Duration;

/// A person's side of the conversation. One connection after the other; its owner hands on
/// what it reads, and does what [`Model::take`] says.
#[derive(Debug)]
pub struct Model {
    pub(super) session: Session,
    /// The room that the person is in.
    pub(super) room: RoomView,
    pub(super) outbox: Outbox,
    pub(super) backlog: Backlog,
    pub(super) settings: Settings,
    pub(super) output: Output,
    /// Shown in the header.
    address: String,
    /// Has been in a room at least once.
    pub(super) has_entered: bool,
    /// `/rooms` waits for its answer.
    pub(super) is_listing: bool,
    /// What the server refused last, and was told; until something is typed.
    pub(super) told_refusal: Option<String>,
}

impl Model {
    /// Begins the conversation with a server: its first lines are ready to be taken.
    pub fn new(name: &Name, room: Option<String>, address: String) -> Model {
        let mut model = Model {
            session: Session::new(room),
            room: RoomView::default(),
            outbox: Outbox::default(),
            backlog: Backlog::default(),
            settings: Settings::default(),
            output: Output::default(),
            address,
            has_entered: false,
            is_listing: false,
            told_refusal: None,
        };
        model.session.register(name.as_str()).iter().for_each(|line| model.output.send(line));
        model
    }

    /// Whether another line may be said now: few enough are under way.
    pub fn has_room(&self) -> bool {
        match self.session.phase {
            Phase::Inside => self.outbox.has_room() && self.room.fetches.next.is_none(),
            // It is queued, or refused where too much is.
            _ => true,
        }
    }

    /// Whether a person who is not to wait may type something: what can't be
    /// sent yet is queued.
    pub fn takes_more(&self) -> bool {
        self.session.phase != Phase::Inside || self.room.fetches.next.is_none()
    }

    /// Whether all that was said has been confirmed or reported, and all that
    /// was asked has been answered.
    pub fn is_settled(&self) -> bool {
        self.outbox.is_empty() && self.room.fetches.open.is_none() && self.room.fetches.next.is_none()
    }

    /// Whether something waits to be sent.
    pub fn has_waiting(&self) -> bool {
        !self.outbox.queue.queued.is_empty()
    }

    /// How many messages of ours have arrived.
    pub fn arrived(&self) -> u64 {
        self.outbox.arrived
    }

    /// Whether the server has all that was said.
    pub fn is_delivered(&self) -> bool {
        self.is_settled() && !self.outbox.has_refusals
    }

    /// When the oldest line that is neither confirmed nor reported was sent.
    pub fn unconfirmed_since(&self) -> Option<Duration> {
        self.outbox.delivery.since()
    }

    /// In the room: what is typed is sent.
    pub fn is_inside(&self) -> bool {
        self.session.phase == Phase::Inside
    }

    /// Bytes of a text that the room gets as one message; 0 outside a room.
    pub fn text_bytes(&self) -> usize {
        let line = self.room.name.as_ref().map_or(0, |room| self.session.text_bytes_to(room));
        let lines = self.session.multiline().filter(|_| line > 0);
        lines.map_or(line, |limits| line.max(limits.bytes))
    }

    /// Our name, as the server spells it.
    pub fn name(&self) -> &str {
        self.session.name()
    }

    /// The people of the room, in the order of their names.
    pub fn names(&self) -> Vec<String> {
        self.room.people.names()
    }

    /// The people of the room, where they have changed since the last call.
    pub fn take_names(&mut self) -> Option<Vec<String>> {
        std::mem::take(&mut self.room.people.changed).then(|| self.names())
    }

    pub(super) fn is_here(&self, room: &str) -> bool {
        self.room.is(room, self.session.mapping())
    }

    pub(super) fn show(&mut self, item: Item) {
        self.output.show(item);
    }

    pub(super) fn send(&mut self, line: &Line) {
        self.output.send(line);
    }

    pub(super) fn end(&mut self, ending: Ending) {
        self.session.phase = Phase::Over;
        self.output.effects.push(Effect::Over(ending));
    }

    /// Remembers a message that is shown.
    pub(super) fn remember(&mut self, known: Remembered) {
        if known.is_of_room() {
            self.room.has_shown(Mark { id: known.id.clone(), at: known.at });
        }
        self.backlog.add(known);
    }

    pub(super) fn show_header(&mut self) {
        let (name, room) = (self.session.name().to_owned(), self.room.name.clone().unwrap_or_default());
        self.show(Item::Header { name, room, address: self.address.clone(), people: self.names() });
        if let Some(topic) = self.room.topic.clone().filter(|topic| !topic.is_empty()) {
            self.show(Item::TopicIs { topic });
        }
    }

    /// Tells the server that we are away: a new connection does not know it.
    pub(super) fn tell_away(&mut self) {
        if let Some(text) = &self.settings.away {
            self.output.send(&Line::new("AWAY").text(text));
        }
    }

    /// Tells the server that all in the room was read up to now.
    pub(super) fn mark_read(&mut self, at: Option<jiff::Timestamp>) {
        if let (true, Some(room), Some(at)) = (self.session.has("draft/read-marker"), &self.room.name, at)
            && std::mem::take(&mut self.room.unread.news)
        {
            self.output.send(&Line::new("MARKREAD").param(room).param(&format!("timestamp={at:.3}")));
        }
    }
}
