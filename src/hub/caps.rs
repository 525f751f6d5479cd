//! Capabilities: parts of the protocol that a client has asked for.

use crate::wire::{multiline, vendor};

/// A set of capabilities (capability-negotiation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Caps(u32);

impl Caps {
    pub(super) const NONE: Caps = Caps(0);
    pub(super) const BATCH: Caps = Caps(1);
    pub(super) const CAP_NOTIFY: Caps = Caps(1 << 1);
    pub(super) const ECHO_MESSAGE: Caps = Caps(1 << 2);
    pub(super) const LABELED_RESPONSE: Caps = Caps(1 << 3);
    pub(super) const MESSAGE_TAGS: Caps = Caps(1 << 4);
    pub(super) const MULTI_PREFIX: Caps = Caps(1 << 5);
    pub(super) const SERVER_TIME: Caps = Caps(1 << 6);
    pub(super) const SETNAME: Caps = Caps(1 << 7);
    pub(super) const STANDARD_REPLIES: Caps = Caps(1 << 8);
    pub(super) const USERHOST_IN_NAMES: Caps = Caps(1 << 9);

    pub(super) const AWAY_NOTIFY: Caps = Caps(1 << 10);
    pub(super) const EXTENDED_JOIN: Caps = Caps(1 << 11);
    pub(super) const EXTENDED_MONITOR: Caps = Caps(1 << 12);
    pub(super) const INVITE_NOTIFY: Caps = Caps(1 << 13);
    pub(super) const PRE_AWAY: Caps = Caps(1 << 14);

    pub(super) const CHATHISTORY: Caps = Caps(1 << 15);
    pub(super) const EVENT_PLAYBACK: Caps = Caps(1 << 16);
    pub(super) const REDACTION: Caps = Caps(1 << 17);
    pub(super) const READ_MARKER: Caps = Caps(1 << 18);

    pub(super) const MULTILINE: Caps = Caps(1 << 19);
    /// Offered only where messages are kept on disk.
    pub(super) const SEARCH: Caps = Caps(1 << 20);
    pub(super) const CLIENT_ID: Caps = Caps(1 << 21);
    /// Not a capability of the protocol: the reader is a person in line mode.
    pub(super) const LINE_MODE: Caps = Caps(1 << 31);

    /// All that are offered, by name. Of those about accounts there is only extended-join, with the
    /// account `*` for everybody.
    pub(super) const OFFERED: [(&'static str, Caps); 22] = [
        ("away-notify", Caps::AWAY_NOTIFY),
        ("batch", Caps::BATCH),
        ("cap-notify", Caps::CAP_NOTIFY),
        ("draft/chathistory", Caps::CHATHISTORY),
        ("draft/event-playback", Caps::EVENT_PLAYBACK),
        ("draft/message-redaction", Caps::REDACTION),
        (multiline::NAME, Caps::MULTILINE),
        ("draft/pre-away", Caps::PRE_AWAY),
        ("draft/read-marker", Caps::READ_MARKER),
        ("echo-message", Caps::ECHO_MESSAGE),
        ("extended-join", Caps::EXTENDED_JOIN),
        ("extended-monitor", Caps::EXTENDED_MONITOR),
        ("invite-notify", Caps::INVITE_NOTIFY),
        ("labeled-response", Caps::LABELED_RESPONSE),
        ("message-tags", Caps::MESSAGE_TAGS),
        ("multi-prefix", Caps::MULTI_PREFIX),
        (vendor::ID, Caps::CLIENT_ID),
        ("server-time", Caps::SERVER_TIME),
        ("setname", Caps::SETNAME),
        ("soju.im/search", Caps::SEARCH),
        ("standard-replies", Caps::STANDARD_REPLIES),
        ("userhost-in-names", Caps::USERHOST_IN_NAMES),
    ];

    /// The capability of this name, which is compared exactly.
    pub(super) fn find(name: &str) -> Option<Caps> {
        Caps::OFFERED.iter().find(|(offered, _)| *offered == name).map(|(_, cap)| *cap)
    }

    /// Whether all of `other` are among these.
    pub(super) fn has(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn with(self, other: Caps) -> Caps {
        Caps(self.0 | other.0)
    }

    pub(super) fn without(self, other: Caps) -> Caps {
        Caps(self.0 & !other.0)
    }

    /// The capabilities that are in both sets.
    pub(super) fn only(self, other: Caps) -> Caps {
        Caps(self.0 & other.0)
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        Caps::OFFERED.into_iter().filter(move |(_, cap)| self.has(*cap)).map(|(name, _)| name)
    }
}
