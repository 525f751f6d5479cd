//! How a server ends, how the next one starts, and which rooms may have ended.

use super::client::{Ask, Before};
use super::disk::Fate;
use super::step::{End, ROOMS};
use super::world::World;
use std::time::Duration;

/// A room may have ended that has been empty for so long; two minutes less than it takes, since what
/// people know of it may be late.
const EMPTY: Duration = Duration::from_secs(480);

impl World {
    pub(super) fn end(&mut self, end: End) -> Result<(), String> {
        match end {
            End::Killed => self.restart(false),
            End::InCommit(unsynced) => {
                self.storage.set_fate(Fate::Cut(unsynced));
                Ok(())
            }
            End::DiskFails(unsynced) => {
                self.storage.set_fate(Fate::Fails(unsynced));
                Ok(())
            }
            End::Stopped => self.restart(true),
        }
    }

    /// The process ends, and the next one starts; those who were there come back as `join` does.
    pub(super) fn restart(&mut self, is_stopped: bool) -> Result<(), String> {
        let mut in_doubt = std::mem::take(&mut self.in_doubt);
        for ask in self.clients.iter().flat_map(|client| client.asks.values()) {
            in_doubt.extend(ask.changes());
        }
        let mut process = self.process.take().expect("one runs");
        if process.has_unkept {
            in_doubt.extend(ROOMS);
        }
        in_doubt.iter().for_each(|room| self.doubt(room));
        // A disk that stands still lets nobody stop: somebody kills it then.
        let is_stopped = is_stopped && !self.disk_stands_still && process.stop(self.clocks).is_ok();
        if !is_stopped {
            self.storage.crash();
        }
        let closing = std::mem::take(&mut process.closing);
        drop(process);
        self.truth.oldest = self.storage.oldest();
        self.trace.push(format!("    the server ends, stopped: {is_stopped}"));
        self.start();
        let restarted = self.uptime();
        for who in 0..self.clients.len() {
            let client = &mut self.clients[who];
            let rooms = std::mem::take(&mut client.rooms);
            let comes_back = client.is_open && !client.is_leaving;
            client.is_known = false;
            let nick = client.nick.clone();
            client.end();
            client.nick = nick;
            if !comes_back {
                continue;
            }
            self.connect(who);
            for (room, member) in rooms {
                let client = &self.clients[who];
                if client.has_labels() && !closing.contains(&client.id()) && !in_doubt.contains(room) {
                    let before = Before { is_operator: member.is_operator, restarted };
                    self.before.insert((who, room), before);
                }
                self.ask(who, &format!("JOIN {room}"), Ask::Join { room });
            }
        }
        Ok(())
    }

    pub(super) fn look_for_empty_rooms(&mut self) {
        let uptime = self.uptime();
        for room in ROOMS {
            let is_empty = !self.clients.iter().any(|client| client.rooms.contains_key(room));
            let has_messages = self.truth.to_be_found(room).next().is_some();
            let known = self.truth.rooms.get_mut(room).expect("it is known");
            if !is_empty {
                known.empty_since = None;
                continue;
            }
            if known.empty_since.is_none() && !has_messages && room != self.first {
                self.doubt(room);
            }
            let known = self.truth.rooms.get_mut(room).expect("it is known");
            let since = *known.empty_since.get_or_insert(uptime);
            if uptime >= since + EMPTY {
                // A closed one ends then, with all that was said in it.
                if !self.truth.rooms[room].is_open() && room != self.first {
                    self.truth.may_have_ended(room);
                }
                self.doubt(room);
            }
        }
    }
}
