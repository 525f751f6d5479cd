//! What was said and is taken back (IRCv3 message-redaction).
//!
//! Its text is not said again, neither in the notice nor by `/last`, `/grep`
//! or a window that is drawn anew.

use super::arrive::Held;
use super::record::Known;
use super::{Item, Model, Speaker};
use crate::wire::Message;

impl Model {
    pub(super) fn hear_redact(&mut self, message: &Message) {
        let (Some(by), Some(id)) = (message.nick(), message.param(1)) else {
            return;
        };
        self.batches.forget(id);
        self.fetches.forget(id);
        if let Some(held) = &mut self.held {
            held.retain(|held| !matches!(held, Held::Said(said) if said.id.as_deref() == Some(id)));
        }
        // Who was not shown it misses nothing.
        let Some(Known { from, text, .. }) = self.record.take_out(id) else {
            return;
        };
        let whose = match &from {
            Speaker::Me => self.name(),
            Speaker::Other(name) => name.as_str(),
        };
        let is_own = self.same(whose, by);
        let own = (from == Speaker::Me).then_some(text);
        self.show(Item::Redacted {
            by: by.to_owned(),
            of: (!is_own).then_some(from),
            reason: message.param(2).filter(|reason| !reason.is_empty()).map(str::to_owned),
            id: id.to_owned(),
            own,
        });
    }
}
