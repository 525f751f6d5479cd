//! A message that may have been said already, on a connection that was lost before the answer came. A server that
//! offers it knows each message by its id and says it once, so it is sent again there.

use super::session::Session;
use crate::wire::{Tags, vendor};
use std::time::Duration;

/// For so long after it was first sent: a minute less than our server knows an id.
const KNOWN: Duration = Duration::from_secs(540);

/// The ids of messages. Those of different runs begin differently.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) prefix: String,
    made: u64,
}

impl Ids {
    fn next(&mut self) -> String {
        self.made += 1;
        format!("{}{:x}", self.prefix, self.made)
    }
}

/// The tags of a message to this server: its id, which it keeps, where the server knows messages by that.
pub(super) fn tags(session: &Session, id: &mut Option<String>, ids: &mut Ids) -> Tags {
    let mut tags = Tags::new();
    if session.has(vendor::ID) {
        tags.push(vendor::ID_TAG, id.get_or_insert_with(|| ids.next()));
    }
    tags
}

/// How a message was sent that may have been said.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    /// Our name then: the server knows the id by that too.
    pub(super) name: String,
    /// When it was first sent.
    pub(super) since: Duration,
}

impl Repeat {
    /// Whether the server would know it again now. Else it waits for our name, which the lost connection may still
    /// have.
    pub(super) fn is_ready(&self, session: &Session) -> bool {
        session.has(vendor::ID) && session.is_me(&self.name)
    }

    /// Whether it can't be sent any more, so that nobody will know whether it was said.
    pub(super) fn is_over(&self, session: &Session, now: Duration) -> bool {
        let is_trying = !session.entry.is_over || session.reclaim.is_trying(&self.name, session.mapping());
        let may_be_ready = self.is_ready(session) || session.has(vendor::ID) && is_trying;
        session.is_connected() && (!may_be_ready || now >= self.since + KNOWN)
    }
}
