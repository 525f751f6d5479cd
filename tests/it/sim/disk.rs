//! The double of a disk: a log of transactions, of which those that were not synced may be lost.
//!
//! It keeps what the real store keeps, by the same rules (`src/store/writing.rs`, `open.rs`), in
//! maps. What is in `tables` survives a power cut, what is in `unsynced` may not.

use super::bugs::Bug;
use roomchat::chat::history::{History, Keep};
use roomchat::chat::kept::{
    Everything, KeptId, MemberChange, MemberState, Persist, REMEMBERED, RESERVED, Restored, RoomState,
};
use roomchat::chat::question::{InMemory, Search};
use roomchat::chat::{EventKind, MessageId, Record, RoomKey, Seq, UserKey};
use roomchat::hub::{Found, Lookup};
use roomchat::store::{Clock, Store, StoreError, Upkeep};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Records that the room which is set aside holds: less than what may be in flight.
pub(super) const RESERVE: usize = 4;
/// Records that an empty disk holds.
pub(super) const SPACE: usize = 1_000_000;

/// What a power cut leaves of a transaction that is written and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsynced {
    Kept,
    Lost,
    /// A part of it, which its checksum tells.
    Torn,
}

/// How the next commit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Fine,
    /// The process ends between the write and the sync.
    Cut(Unsynced),
    /// The sync fails, and it is not known what was written.
    Fails(Unsynced),
}

/// The tables of the store.
#[derive(Debug, Clone, Default)]
struct Tables {
    rooms: BTreeMap<RoomKey, RoomState>,
    members: BTreeMap<(RoomKey, UserKey), MemberState>,
    records: BTreeMap<Seq, Arc<Record>>,
    seq: Seq,
    uptime: Duration,
    started_seq: Seq,
    started_uptime: Duration,
}

#[derive(Debug)]
pub(super) struct Disk {
    tables: Tables,
    unsynced: Option<Tables>,
    /// The last two transactions, each with what was before; only for bugs.
    last: VecDeque<(Tables, Vec<Persist>)>,
    pub(super) fate: Fate,
    /// Records that still find room.
    pub(super) space: usize,
    reserved: usize,
    bug: Option<Bug>,
}

/// The end of the thread that commits.
#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<Mutex<Disk>>);

impl Disk {
    pub(super) fn new(bug: Option<Bug>) -> Disk {
        Disk {
            tables: Tables::default(),
            unsynced: None,
            last: VecDeque::new(),
            fate: Fate::Fine,
            space: SPACE,
            reserved: 0,
            bug,
        }
    }

    /// The ids of clients of all that is kept, as the store knows them of its last 4,096 records.
    fn client_ids(&self) -> Vec<KeptId> {
        let known = self.tables.records.values().filter_map(|record| {
            let EventKind::Said { chat_message, .. } = &record.kind else { return None };
            let (client_id, room) = (chat_message.client_id.clone()?, record.kind.rooms().first()?.clone());
            let (_, host) = record.source.split_once('@')?;
            let (name, host) = (record.name.clone(), host.to_owned());
            Some(KeptId { name, host, client_id, room, seq: record.seq(), wall_us: record.wall_us })
        });
        known.filter(|_| self.bug != Some(Bug::ClientIdsForgotten)).collect()
    }

    /// What a server finds at its start.
    pub(super) fn open(&mut self) -> Restored {
        let client_ids = self.client_ids();
        let tables = &mut self.tables;
        if tables.uptime >= tables.started_uptime + REMEMBERED {
            tables.members.retain(|(_, user), _| user.0 > tables.started_seq);
        }
        let mut last = tables.seq;
        if self.bug == Some(Bug::IdsUsedAgain) {
            last = tables.records.keys().next_back().copied().unwrap_or_default();
        }
        let restored = Restored {
            nonce: "n".to_owned(),
            started: tables.started_seq,
            last,
            uptime: tables.uptime,
            rooms: tables.rooms.values().map(|state| tables.with_messages(state)).collect(),
            members: tables.members.values().cloned().collect(),
            client_ids,
        };
        tables.seq = Seq(last.0 + RESERVED);
        (tables.started_seq, tables.started_uptime) = (last, tables.uptime);
        restored
    }

    /// The power is cut, or the process ends.
    pub(super) fn crash(&mut self, unsynced: Unsynced) {
        self.fate = Fate::Fine;
        match (self.unsynced.take(), unsynced) {
            (Some(tables), Unsynced::Kept) => self.tables = tables,
            (_, Unsynced::Kept | Unsynced::Lost | Unsynced::Torn) => {}
        }
        match (self.bug, std::mem::take(&mut self.last).as_slices().0) {
            (Some(Bug::LastLost), [.., (before, _)]) => self.tables = before.clone(),
            (Some(Bug::CommitsReordered), [(before, _), (_, last)]) => {
                self.tables = before.clone();
                self.tables.apply_all(last, self.bug);
            }
            _ => {}
        }
    }

    /// Whether a record would survive a power cut now.
    pub(super) fn has(&self, seq: Seq) -> bool {
        self.tables.records.contains_key(&seq)
    }

    /// Whether these words stand in something that was said.
    pub(super) fn holds(&self, words: &str) -> bool {
        self.tables.records.values().any(|record| match &record.kind {
            EventKind::Said { chat_message, .. } => chat_message.text.contains(words),
            _ => false,
        })
    }

    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
        let size = batches.iter().map(|batch| batch.records.len() + batch.rooms.len() + 1).sum();
        let Some(left) = self.space.checked_sub(size) else {
            return if self.bug == Some(Bug::FullKeepsNothing) { Ok(()) } else { Err(StoreError::Full) };
        };
        if let Fate::Cut(unsynced) | Fate::Fails(unsynced) = self.fate {
            let mut tables = self.tables.clone();
            tables.apply_all(batches, self.bug);
            self.unsynced = Some(tables);
            self.crash(unsynced);
            return Err(StoreError::Failed("the sync failed".to_owned()));
        }
        self.space = left;
        if matches!(self.bug, Some(Bug::LastLost | Bug::CommitsReordered)) {
            self.last.push_back((self.tables.clone(), batches.to_vec()));
            self.last.drain(..self.last.len().saturating_sub(2));
            self.last.make_contiguous();
        }
        self.tables.apply_all(batches, self.bug);
        Ok(())
    }

    /// What the thread that reads would answer.
    pub(super) fn look_up(&self, lookup: Lookup, most: usize) -> Found {
        let tables = &self.tables;
        match lookup {
            Lookup::Recent(room) => {
                let (mut records, mut others): (Vec<_>, Vec<_>) =
                    tables.of_room(&room).cloned().partition(|record| record.is_message());
                records.drain(..records.len().saturating_sub(most));
                others.drain(..others.len().saturating_sub(most));
                records.append(&mut others);
                records.sort_by_key(|record| record.seq());
                Found::Recent(room, records)
            }
            Lookup::Search { id, search, until } => Found::Answer(id, tables.search(&search, until)),
            Lookup::Answer { id, room, question, most, wanted, until } => {
                let keep = Keep { messages: usize::MAX, bytes: usize::MAX, bytes_in_all: usize::MAX };
                let mut history = History::new(keep, room.clone());
                tables.of_room(&room).filter(|record| record.seq() <= until).for_each(|record| {
                    history.add(record);
                });
                let past = InMemory { history: history.room(&room), looked_at: Cell::new(0) };
                let Ok(mut records) = question.answer(&past, most, wanted);
                if self.bug == Some(Bug::PageByTime) {
                    records.sort_by_key(|record| record.wall_us);
                }
                Found::Answer(id, records)
            }
        }
    }
}

impl Tables {
    fn of_room(&self, room: &RoomKey) -> impl Iterator<Item = &Arc<Record>> {
        let is_here = self.rooms.contains_key(room);
        self.records.values().filter(move |record| is_here && record.kind.rooms().contains(room))
    }

    fn with_messages(&self, state: &RoomState) -> RoomState {
        let has_messages = self.of_room(&state.room).any(|record| record.is_message());
        RoomState { has_messages, ..state.clone() }
    }

    fn apply_all(&mut self, batches: &[Persist], bug: Option<Bug>) {
        let mut order: Vec<&Persist> = batches.iter().collect();
        if let [.., before, last] = &mut order[..]
            && bug == Some(Bug::BatchesReordered)
        {
            std::mem::swap(before, last);
        }
        order.into_iter().for_each(|batch| self.apply(batch, bug));
    }

    fn apply(&mut self, batch: &Persist, bug: Option<Bug>) {
        if let Some(Everything { rooms, members }) = &batch.everything {
            rooms.values().for_each(|state| drop(self.rooms.insert(state.room.clone(), state.clone())));
            self.members.retain(|(room, _), _| !rooms.contains_key(room));
            members.iter().for_each(|member| self.set_member(member, bug));
        }
        for state in batch.rooms.values() {
            let mut state = state.clone();
            if bug == Some(Bug::BansDropped) {
                state.lists = Default::default();
            }
            if bug == Some(Bug::KeyDropped) {
                state.key = None;
            }
            self.rooms.insert(state.room.clone(), state);
        }
        for record in &batch.records {
            match &record.kind {
                EventKind::Redacted { .. } if bug == Some(Bug::RedactionForgotten) => {}
                EventKind::Redacted { room, message, .. } => self.redact(room, message),
                kind if kind.rooms().iter().any(|room| self.rooms.contains_key(room)) => {
                    let mut record = Arc::clone(record);
                    if bug == Some(Bug::LinesDropped)
                        && let EventKind::Said { chat_message, .. } = &mut Arc::make_mut(&mut record).kind
                    {
                        chat_message.parts.truncate(1);
                    }
                    self.records.insert(record.seq(), record);
                }
                _ => {}
            }
        }
        for change in &batch.members {
            match change {
                MemberChange::In(member) => self.set_member(member, bug),
                MemberChange::Out(room, user) => drop(self.members.remove(&(room.clone(), *user))),
            }
        }
        for room in &batch.ended {
            self.rooms.remove(room);
            self.members.retain(|(member_of, _), _| member_of != room);
            let known: BTreeSet<RoomKey> = self.rooms.keys().cloned().collect();
            self.records.retain(|_, record| record.kind.rooms().iter().any(|room| known.contains(room)));
        }
        self.seq = batch.reserved.unwrap_or(self.seq);
        // As the store does: with messages alone the uptime is seldom written.
        let Persist { rooms, members, ended, .. } = batch;
        let has_uptimes = batch.everything.is_some() || batch.reserved.is_some();
        let has_uptimes = has_uptimes || !(rooms.is_empty() && members.is_empty() && ended.is_empty());
        if has_uptimes || batch.uptime >= self.uptime + Duration::from_secs(1) {
            self.uptime = self.uptime.max(batch.uptime);
        }
    }

    fn redact(&mut self, room: &RoomKey, message: &MessageId) {
        if self.rooms.contains_key(room) {
            self.records.remove(&message.seq);
        }
    }

    fn set_member(&mut self, member: &MemberState, bug: Option<Bug>) {
        if !self.rooms.contains_key(&member.room) {
            return;
        }
        self.members.retain(|(room, user), old| {
            *room != member.room || old.name != member.name || old.host != member.host || *user >= member.user
        });
        let mut member = member.clone();
        if bug == Some(Bug::RankDropped) {
            member.ranks = 0;
        }
        self.members.insert((member.room.clone(), member.user), member);
    }

    fn search(&self, Search { rooms, text, from, times, most }: &Search, until: Seq) -> Vec<Arc<Record>> {
        let is_found = |record: &&Arc<Record>| {
            let EventKind::Said { chat_message, .. } = &record.kind else { return false };
            record.is_message()
                && record.seq() <= until
                && record.kind.rooms().iter().any(|room| rooms.contains(room))
                && times.contains(&record.wall_us)
                && from.as_ref().is_none_or(|from| *from == record.name)
                && text.split_whitespace().all(|term| chat_message.text.contains(term))
        };
        let mut found: Vec<_> = self.records.values().filter(is_found).cloned().collect();
        found.drain(..found.len().saturating_sub(*most));
        found
    }
}

impl Store for Shared {
    fn catch_up(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
        self.0.lock().unwrap().commit(batches)
    }

    fn reserve(&mut self) -> bool {
        let mut disk = self.0.lock().unwrap();
        if disk.reserved == 0 && disk.space > RESERVE {
            disk.space -= RESERVE;
            disk.reserved = RESERVE;
        }
        disk.reserved > 0
    }

    fn release(&mut self) {
        let mut disk = self.0.lock().unwrap();
        disk.space += std::mem::take(&mut disk.reserved);
    }

    fn upkeep(&mut self, _now: Clock) -> Result<Upkeep, StoreError> {
        Ok(Upkeep::default())
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        let mut disk = self.0.lock().unwrap();
        (disk.tables.seq, disk.tables.uptime) = (last, uptime);
        Ok(())
    }
}
