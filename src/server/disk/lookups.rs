//! The thread that reads the past of rooms, so that neither the hub nor a commit waits for it.

use crate::hub::{Found, Lookup};
use crate::store::{Reader, StoreError};
use crossbeam::channel::Receiver;

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
            let found = match lookup {
                Lookup::Recent(room) => {
                    let records = self.reader.recent(&room, self.most)?;
                    Found::Recent(room, records)
                }
                Lookup::Search { id, search, until } => match self.reader.search(&search, until)? {
                    Some(records) => Found::Answer(id, records),
                    None => Found::TooLong(id),
                },
                Lookup::Answer { id, room, question, most, wanted, until } => {
                    Found::Answer(id, self.reader.answer(&room, until, &question, most, wanted)?)
                }
            };
            if !answer(found) {
                break;
            }
        }
        Ok(())
    }
}
