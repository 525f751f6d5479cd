//! Lines of ours that were under way when a connection was lost: the room has them or not, and its
//! past tells.

use super::delivery::Pending;
use super::ids::RoomId;
use crate::client::protocol::CaseMapping;
use crate::client::protocol::said::{Said, words};
use std::collections::VecDeque;

/// Oldest first; as many as were under way when the last connection was lost.
#[derive(Debug, Default)]
pub(super) struct UnsureLines(VecDeque<Pending>);

impl UnsureLines {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These were under way.
    pub(super) fn add(&mut self, pending: Vec<Pending>) {
        self.0.extend(pending);
    }

    /// The line of ours in this room that this is.
    pub(super) fn recognise(&mut self, said: &Said, room: RoomId, mapping: CaseMapping) -> Option<Pending> {
        let (text, action) = words(&said.text)?;
        let name = said.name()?;
        let is_it = |pending: &Pending| {
            let outgoing = &pending.piece.outgoing;
            let is_there = outgoing.room() == Some(room) && mapping.same(&pending.name, name);
            is_there && outgoing.text == text && outgoing.action == action
        };
        let at = self.0.iter().position(is_it)?;
        self.0.remove(at)
    }

    /// Takes out those to this room.
    pub(super) fn take(&mut self, room: RoomId) -> Vec<Pending> {
        let is_it = |pending: &Pending| pending.piece.outgoing.room() == Some(room);
        let (taken, rest) = self.take_all().into_iter().partition::<Vec<_>, _>(is_it);
        self.0 = rest.into();
        taken
    }

    pub(super) fn take_all(&mut self) -> VecDeque<Pending> {
        std::mem::take(&mut self.0)
    }
}
