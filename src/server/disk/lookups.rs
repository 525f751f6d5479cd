//! The thread that reads the past of rooms, so that neither the hub nor a commit waits for it.

use crate::chat::Record;
use crate::hub::{Found, Lookup, LookupId};
use crate::store::{Reader, StoreError};
use crossbeam::channel::Receiver;
use std::sync::Arc;

/// The end of the thread that reads.
#[derive(Debug)]
pub(crate) struct LookupWorker {
    pub(crate) reader: Reader,
    pub(crate) lookups: Receiver<Lookup>,
    /// Messages of a room's last page, and as many other events.
    pub(crate) most: usize,
}

impl LookupWorker {
    /// The thread's whole life: until the hub's end is gone, or nobody takes its answers.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub(crate) fn run(mut self, answer: impl Fn(Found) -> bool) -> Result<(), StoreError> {
        for lookup in self.lookups.iter() {
            let answered = match lookup {
                Lookup::Recent(room) => {
                    let records = self.reader.recent(&room, self.most)?;
                    Found::Recent(room, records)
                }
                Lookup::Search { id, search, until } => found(id, self.reader.search(&search, until)?),
                Lookup::Answer { id, room, question, most, wanted, until } => {
                    found(id, self.reader.answer(&room, until, &question, most, wanted)?)
                }
            };
            if !answer(answered) {
                break;
            }
        }
        Ok(())
    }
}

fn found(id: LookupId, records: Option<Vec<Arc<Record>>>) -> Found {
    records.map_or(Found::TooLong(id), |records| Found::Answer(id, records))
}
