//! The end of each simulation: all faults are over, nobody waits, and all that must be there is found.

use super::client::{Ask, Client, NAMES, Page};
use super::disk::{Fate, SPACE};
use super::step::ROOMS;
use super::world::World;
use roomchat::chat::Seq;
use std::time::Duration;

/// Nobody waits for longer when nothing is wrong any more: with a limit of four messages a second,
/// 64 lines may wait for their time.
const PATIENCE: u32 = 300;

impl World {
    /// Nothing is wrong any more: everybody gets all that they have asked for, and what was redacted
    /// is gone.
    fn settle(&mut self) -> Result<(), String> {
        self.trace.push("all is well from here on".to_owned());
        self.storage.set_space(SPACE);
        self.storage.set_fate(Fate::Fine);
        self.disk_stands_still = false;
        (0..self.clients.len()).for_each(|who| self.set_slow(who, false));
        self.pass(Duration::from_secs(1))?;
        for who in 0..self.clients.len() {
            let token = self.count + 1;
            self.ask(who, &format!("PING {token}"), Ask::Fence);
            if self.clients[who].is_open && !self.clients[who].has_labels() {
                self.clients[who].asks.insert(token, Ask::Fence);
            }
        }
        let mut waited = 0;
        while self.waits() {
            waited += 1;
            if waited > PATIENCE {
                let waiting = self.clients.iter().filter(|client| client.waits());
                let waiting: Vec<_> =
                    waiting.map(|client| (client.name(), &client.asks, client.unread.len())).collect();
                let process = self.process();
                return Err(format!("somebody waits for ever: {waiting:?}, {}", process.what_waits()));
            }
            self.pass(Duration::from_secs(1))?;
        }
        // For so long what was redacted may be in the files.
        self.pass(Duration::from_secs(12))?;
        self.look_for_empty_rooms();
        self.truth.look_for_traces(&self.storage)
    }

    fn waits(&self) -> bool {
        self.clients.iter().any(Client::waits) || !self.process().is_quiet()
    }

    /// Somebody who has seen nothing of it looks at all that must be there.
    fn audit(&mut self) -> Result<(), String> {
        self.connect(NAMES.len() - 1);
        for room in ROOMS {
            if self.truth.to_be_found(room).next().is_none() {
                continue;
            }
            let auditor = self.auditor_of(room);
            self.ask(auditor, &format!("JOIN {room}"), Ask::Join { room });
            let page = Page {
                room,
                from: Seq(0),
                to: Seq(u64::MAX),
                most: 100,
                newest: Some(true),
                told: self.truth.tellings,
            };
            self.ask(auditor, &format!("CHATHISTORY LATEST {room} * 100"), Ask::Page(page));
            self.ask(auditor, &format!("MODE {room}"), Ask::Modes { room });
            self.ask(auditor, &format!("MODE {room} b"), Ask::Modes { room });
            self.ask(auditor, &format!("MODE {room} I"), Ask::Modes { room });
            let mut ids: Vec<_> =
                self.truth.to_be_found(room).map(|(id, said)| (said.seq, id.clone())).collect();
            ids.sort();
            for (seq, id) in ids.iter().skip(20).step_by(20) {
                let page = Page {
                    room,
                    from: Seq(0),
                    to: *seq,
                    most: 100,
                    newest: Some(true),
                    told: self.truth.tellings,
                };
                self.ask(auditor, &format!("CHATHISTORY BEFORE {room} msgid={id} 100"), Ask::Page(page));
            }
        }
        self.settle()?;
        let is_closed_to_all = |room: &&&str| {
            self.truth.to_be_found(room).next().is_some()
                && self.truth.rooms[**room].is_open()
                && !self.clients.iter().any(|client| client.rooms.contains_key(**room))
        };
        if let Some(room) = ROOMS.iter().find(is_closed_to_all) {
            return Err(format!("{room} can't be looked at"));
        }
        Ok(())
    }

    /// A member of a room that others can't enter.
    fn auditor_of(&self, room: &str) -> usize {
        let is_member = |client: &&Client| client.has_labels() && client.rooms.contains_key(room);
        let member = self.clients.iter().find(is_member).filter(|_| !self.truth.rooms[room].is_open());
        member.map_or(NAMES.len() - 1, |client| client.who)
    }

    /// The end of each simulation.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.settle()?;
        self.audit()?;
        self.restart(false)?;
        self.settle()?;
        self.audit()
    }
}
