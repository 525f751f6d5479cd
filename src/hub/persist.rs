//! What is kept on disk of the events of an entry. It is committed before anybody is told of them.

use super::batch::Batch;
use super::state::State;
use crate::chat::kept::{MemberChange, Persist, RESERVED};
use crate::chat::{Change, Event, EventKind, Events, RoomKey, Seq, UserKey};
use std::time::Duration;

impl State {
    /// Adds to the batch what is to be kept of the events of an entry.
    pub(super) fn persist(&mut self, (seq, uptime): (Seq, Duration), events: &Events, batch: &mut Batch) {
        let persist = &mut batch.persist;
        // Half of what was reserved is left when more is asked for, since that takes a commit.
        if seq.0 + RESERVED / 2 > self.reserved.0 {
            self.reserved = Seq(seq.0 + RESERVED);
            persist.reserved = Some(self.reserved);
        }
        persist.uptime = uptime;
        if self.is_full {
            // A room that was made since the disk is full has no row.
            let kept = events.ended.iter().filter(|room| room.made <= self.full_since);
            self.ended_unkept.extend(kept.cloned());
            return;
        }
        events.iter().for_each(|event| self.persist_event(event, persist));
        events.changed.iter().for_each(|room| self.persist_room(room, persist));
        for room in &events.ended {
            persist.rooms.remove(room);
            persist.ended.push(room.clone());
        }
    }

    fn persist_event(&self, Event { record, places, .. }: Event<'_>, persist: &mut Persist) {
        if self.config.history > 0 && record.kind.is_kept() {
            persist.records.push(record.clone());
        }
        match &record.kind {
            EventKind::Entered { room, .. } => self.persist_member(record.author, room, persist),
            EventKind::Renamed { rooms, .. } => {
                rooms.iter().for_each(|room| self.persist_member(record.author, room, persist));
            }
            EventKind::Left(room, _) => persist.members.push(MemberChange::Out(room.clone(), record.author)),
            EventKind::Kicked { room, whom, .. } => {
                persist.members.push(MemberChange::Out(room.clone(), *whom));
            }
            EventKind::Quit { rooms, .. } => {
                let out = |room: &RoomKey| MemberChange::Out(room.clone(), record.author);
                persist.members.extend(rooms.iter().map(out));
            }
            EventKind::Modes(room, changes) => {
                for change in changes {
                    if let Change::Rank(_, _, user, _) = change {
                        self.persist_member(*user, room, persist);
                    }
                }
                self.persist_room(room, persist);
            }
            EventKind::Topic(room, _) => self.persist_room(room, persist),
            _ => {}
        }
        // A room changes with its first member, and with its last.
        let is_first_or_last = |count: usize| match &record.kind {
            EventKind::Entered { .. } => count == 1,
            EventKind::Left(..) | EventKind::Kicked { .. } | EventKind::Quit { .. } => count == 0,
            _ => false,
        };
        for (room, place) in record.kind.rooms().iter().zip(places) {
            if is_first_or_last(place.count) {
                self.persist_room(room, persist);
            }
        }
    }

    fn persist_member(&self, user: UserKey, room: &RoomKey, persist: &mut Persist) {
        let member = self.lobby.member_state(user, room);
        persist.members.extend(member.map(MemberChange::In));
    }

    pub(super) fn persist_room(&self, room: &RoomKey, persist: &mut Persist) {
        if let Some(state) = self.lobby.room_state(room) {
            persist.rooms.insert(room.clone(), state);
        }
    }
}
