//! The thread that reads the past of rooms, so that neither the hub nor a commit waits for it.

use crate::chat::Record;
use crate::hub::{Found, Lookup, LookupId};
use crate::store::{Reader, StoreError};
use crossbeam::channel::Receiver;
use std::sync::Arc;

/// The end of the thread that reads.
#[derive(Debug)]
pub struct LookupWorker {
    pub reader: Reader,
    pub lookups: Receiver<Lookup>,
    /// Messages of a room's last page, and as many other events.
    pub most: usize,
}

impl LookupWorker {
    /// The thread's whole life: until the hub's end is gone, or nobody takes its answers.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn run(mut self, answer: impl Fn(Found) -> bool) -> Result<(), StoreError> {
        while let Ok(lookup) = self.lookups.recv() {
            let found = self.answer(lookup)?;
            if !answer(found) {
                break;
            }
        }
        Ok(())
    }

    /// What the disk has to say.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn answer(&mut self, lookup: Lookup) -> Result<Found, StoreError> {
        Ok(match lookup {
            Lookup::Recent(room) => {
                let records = self.reader.recent(&room, self.most)?;
                Found::Recent(room, records)
            }
            Lookup::Search { id, search, until } => found(id, self.reader.search(&search, until)?),
            Lookup::Answer { id, room, question, most, wanted, until } => {
                found(id, self.reader.answer(&room, until, &question, most, wanted)?)
            }
        })
    }
}

fn found(id: LookupId, records: Option<Vec<Arc<Record>>>) -> Found {
    records.map_or(Found::TooLong(id), |records| Found::Answer(id, records))
}
