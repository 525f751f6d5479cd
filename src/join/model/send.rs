//! What we say: on its way to the room, there, or refused.

use super::delivery::Pending;
use super::pacing::Window;
use super::queue::Text;
use super::record::Known;
use super::said::When;
use super::{Form, Item, Model, Speaker, Why};
use crate::client::protocol::said::Said;
use crate::wire::multiline::{self, Limits, Part};
use crate::wire::{Line, Tags, ctcp};
use std::time::Duration;

/// Bytes of a line that a client may send (Modern, Message Format), its end included.
const LINE_BYTES: usize = 512;
/// What the server adds before our line until we have seen it: `:` name `!`
/// user `@` host and a blank, the two latter as long as servers let them be.
const SOURCE_BYTES: usize = 3 + 10 + 63;

impl Model {
    /// Bytes of a text that the room gets as one message; 0 outside a room.
    pub fn text_bytes(&self) -> usize {
        let line = self.room.as_ref().map_or(0, |room| self.text_bytes_to(room));
        if line > 0 && self.takes_lines() { line.max(self.multiline().bytes) } else { line }
    }

    /// Whether a message may have several lines.
    pub(super) fn takes_lines(&self) -> bool {
        self.has("batch") && self.has(multiline::NAME)
    }

    /// What a message of several lines may hold.
    pub(super) fn multiline(&self) -> Limits {
        Limits::read(self.registration.capabilities.value(multiline::NAME))
    }

    pub(super) fn text_bytes_to(&self, target: &str) -> usize {
        let overhead = Line::new("PRIVMSG").param(target).text("").wire_len();
        LINE_BYTES.saturating_sub(overhead + self.source_len())
    }

    fn source_len(&self) -> usize {
        self.source.as_ref().map_or(self.name().len() + SOURCE_BYTES, |source| source.len() + 2)
    }

    /// Sends one message; gives it back where it can't be sent yet.
    pub(super) fn send_text(
        &mut self,
        target: &str,
        parts: &[Part],
        said: Text,
        now: Duration,
    ) -> Option<Text> {
        let labels = self.has("labeled-response");
        let mut bytes = Vec::new();
        let written = write_message(target, parts, said.action, Tags::new(), &mut bytes);
        // A label or a PING follows.
        let cost = Window { lines: written + usize::from(!labels), bytes: bytes.len() + CONFIRMING_BYTES };
        if !self.pacing.has_room(self.window(), cost) {
            return Some(said);
        }
        if self.is_here(target) {
            self.unread.speaks();
        }
        let action = said.action;
        let number = self.pacing.send(cost);
        let pending = self.delivery.add(target, said, number, now);
        if labels {
            let tags = Tags::new().with("label", &pending.label());
            bytes.clear();
            write_message(target, parts, action, tags, &mut bytes);
        } else {
            let id = pending.id;
            self.fence(id).write(&Tags::new(), &mut bytes);
        }
        self.send_bytes(bytes);
        None
    }

    /// A line of ours is in the room; its echo tells more, where there is one.
    pub(super) fn delivered(&mut self, pending: &Pending, echo: Option<(&Said, When)>) {
        self.arrived += 1;
        self.pacing.handled(pending.number);
        let said = &pending.said;
        let form = match self.registration.features.is_room(&pending.target) {
            true if said.action => Form::Action,
            true => Form::Room,
            false => Form::Private { to: Some(pending.target.clone()) },
        };
        let (id, at) = echo.map_or((None, None), |(said, _)| (said.id.clone(), said.time));
        let is_live = echo.is_none_or(|(_, when)| when == When::Now);
        let (from, text) = (Speaker::Me, said.text.clone());
        let said_as = (id.is_none() && at.is_none()).then(|| self.mapping().fold(self.name()));
        let known = Known { from, text, form, id, at, said_as };
        self.record.add(known.clone());
        if !said.on_screen {
            let at = at.filter(|_| !is_live);
            let Known { from, text, form, id, .. } = known;
            self.show(Item::Said { from, text, form, mention: None, at, id });
        }
        if is_live && self.is_here(&pending.target) {
            self.mark_read(at);
        }
        if let Some(block) = said.block {
            self.block_goes_on(block, &said.text);
        }
        if self.has_said_all() && self.delivery.recovers() {
            self.show(Item::Arrived);
        }
    }

    pub(super) fn not_sent(&mut self, text: String, why: Why) {
        self.refusals = true;
        self.show(Item::NotSent { text, why });
        if self.has_said_all() {
            self.delivery.recovers();
        }
    }
}

/// Bytes of a label, or of the PING that follows.
const CONFIRMING_BYTES: usize = 32;

/// Writes a message of one line, or a batch of several; how many lines it took.
fn write_message(target: &str, parts: &[Part], action: bool, tags: Tags, bytes: &mut Vec<u8>) -> usize {
    match parts {
        [only] => {
            let line = Line::new("PRIVMSG").param(target);
            let line = match action {
                true => line.text(&ctcp::action(&only.text)),
                false => line.text(&only.text),
            };
            line.write(&tags, bytes);
            1
        }
        parts => {
            // One is open at a time, so one name does.
            multiline::write("m", target, parts, &tags, bytes);
            parts.len() + 2
        }
    }
}
