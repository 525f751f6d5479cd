//! Those who were in a room before the server's last start. For some time they pass what keeps
//! others out, and have their ranks back.

use super::ids::{RoomKey, UserKey};
use super::modes::{Rank, Ranks};
use super::people::User;
use crate::text::Name;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after a start they are known.
pub const REMEMBERED: Duration = Duration::from_secs(600);

/// Somebody who was in a room at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Former {
    /// As they were then.
    pub(super) user: UserKey,
    pub(super) name: Name,
    pub(super) host: String,
    pub(super) right: Right,
}

/// What somebody has who comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) ranks: Ranks,
    /// They pass the bans that were set before the last start. Whoever was in the room before an
    /// earlier start does not: some of these bans may have been set since.
    pub(super) passes_bans: bool,
}

impl Former {
    fn is(&self, user: &User) -> bool {
        self.name == *user.name() && self.host == user.host()
    }
}

/// By room.
#[derive(Debug, Default)]
pub(super) struct Formers {
    /// The log's uptime until which they are known.
    pub(super) until: Duration,
    /// Each room has at least one.
    pub(super) rooms: BTreeMap<RoomKey, Vec<Former>>,
}

impl Formers {
    /// Whether an operator of this room may still come back.
    pub(super) fn have_operator(&self, room: &RoomKey, uptime: Duration) -> bool {
        let is_operator = |former: &Former| former.right.ranks.has(Rank::Operator);
        uptime < self.until && self.rooms.get(room).is_some_and(|formers| formers.iter().any(is_operator))
    }

    /// The right of somebody who was in this room; None for anybody else.
    pub(super) fn right(&self, room: &RoomKey, user: &User, uptime: Duration) -> Option<Right> {
        let formers = self.rooms.get(room).filter(|_| uptime < self.until)?;
        Some(formers.iter().find(|former| former.is(user))?.right)
    }

    /// Forgets somebody who has come back: each does so once.
    pub(super) fn forget(&mut self, room: &RoomKey, user: &User) {
        let Some(formers) = self.rooms.get_mut(room) else { return };
        formers.retain(|former| !former.is(user));
        if formers.is_empty() {
            self.rooms.remove(room);
        }
    }
}
