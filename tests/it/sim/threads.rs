//! What the threads of a server, of its clients and of its disk do, one after another.

use super::bugs::Bug;
use super::client::{Client, NAMES};
use super::process::Item;
use super::world::World;
use roomchat::hub::{Batch, Departure};
use std::time::Duration;

impl World {
    /// The threads of clients read, and the hub's thread does a round.
    pub(super) fn round(&mut self) -> Result<(), String> {
        let process = self.process.as_mut().expect("one runs");
        for client in &mut self.clients {
            if client.is_known && !process.tickets.contains(&client.id()) && !client.unread.is_empty() {
                // What one read brings.
                let count = client.unread.len().min(3);
                let inputs = client.unread.drain(..count).flatten().collect();
                process.tickets.insert(client.id());
                process.inbox.push_back(Item::Lines(client.id(), inputs));
            }
        }
        let clocks = self.clocks;
        for batch in self.running().round(clocks)? {
            self.output(&batch)?;
        }
        if self.process().is_quiet() {
            self.in_doubt.clear();
        }
        for who in 0..self.clients.len() {
            let client = &mut self.clients[who];
            if client.is_awaited && !client.has_more {
                client.is_awaited = false;
                let id = client.id();
                self.running().drained(id, clocks);
            }
        }
        Ok(())
    }

    /// Does what a batch asks for.
    fn output(&mut self, batch: &Batch) -> Result<(), String> {
        for session in &batch.backlogged {
            self.clients[session.index()].is_awaited = true;
        }
        for parcel in batch.parcels() {
            let text = std::str::from_utf8(parcel.bytes).map_err(|error| error.to_string())?;
            for session in parcel.to.iter() {
                let who = session.index();
                self.clients[who].has_more |= self.clients[who].is_slow;
                if !self.clients[who].is_open || self.clients[who].is_leaving {
                    continue;
                }
                for line in text.lines() {
                    self.trace.push(format!("    {} < {line}", NAMES[who]));
                    self.hear(who, line).map_err(|why| format!("{}: {why}", NAMES[who]))?;
                }
            }
        }
        // Those who come later in a batch may get what came before a redaction.
        std::mem::take(&mut self.redacted).into_iter().for_each(|(_, id)| self.truth.redacted(&id));
        for close in &batch.close {
            let who = close.session.index();
            if self.clients[who].is_open {
                self.leaves(who);
                self.clients[who].end();
                self.running().inbox.push_back(Item::Gone(close.session, Departure::Closed));
            }
        }
        for gone in &batch.gone {
            self.clients[gone.session.index()].is_known = false;
            self.running().tickets.remove(&gone.session);
        }
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), String> {
        if self.disk_stands_still {
            return Ok(());
        }
        let clocks = self.clocks;
        let committed = self.running().commit(clocks);
        self.truth.oldest = self.storage.oldest();
        // A process says why, and ends.
        if committed.is_err() { self.restart(false) } else { Ok(()) }
    }

    pub(super) fn answer(&mut self) {
        let Ok((_, lookup)) = self.process().lookups.try_recv() else { return };
        let found = self.storage.look_up(lookup);
        if self.bug != Some(Bug::AnswerLost) || !self.count.is_multiple_of(3) {
            self.running().inbox.push_back(Item::Found(found));
        }
    }

    /// Time passes, in which all threads do what is due.
    pub(super) fn pass(&mut self, time: Duration) -> Result<(), String> {
        let until = self.clocks.monotonic + time;
        while self.clocks.monotonic < until {
            let process = self.process();
            let worker = (!self.disk_stands_still).then_some(process.worker_at);
            let next = match self.is_busy() {
                true => self.clocks.monotonic,
                false => process.hub_at().into_iter().chain(worker).min().unwrap_or(until),
            };
            let next = next.max(self.clocks.monotonic + Duration::from_millis(1)).min(until);
            self.clocks.wall_us += (next - self.clocks.monotonic).as_micros() as u64;
            self.clocks.monotonic = next;
            self.round()?;
            if self.process().has_jobs() || self.clocks.monotonic >= self.process().worker_at {
                self.commit()?;
            }
            self.answer();
        }
        Ok(())
    }

    /// Whether a thread has something to do now.
    fn is_busy(&self) -> bool {
        let process = self.process();
        let reads = |client: &Client| !client.unread.is_empty() && !process.tickets.contains(&client.id());
        process.is_busy(self.disk_stands_still) || self.clients.iter().any(reads)
    }
}
