//! The thread that reads the past of rooms, so that neither the hub nor a commit waits for it.

use crate::chat::{Record, RoomKey};
use crate::store::{Reader, StoreError};
use crossbeam::channel::Receiver;
use std::sync::Arc;

/// The end of the thread that reads.
#[derive(Debug)]
pub(crate) struct PageWorker {
    pub(crate) reader: Reader,
    pub(crate) rooms: Receiver<RoomKey>,
    /// Messages of a page, and as many other events.
    pub(crate) most: usize,
}

impl PageWorker {
    /// The thread's whole life: until the hub's end is gone, or nobody takes its answers.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub(crate) fn run(
        mut self,
        answer: impl Fn(RoomKey, Vec<Arc<Record>>) -> bool,
    ) -> Result<(), StoreError> {
        for room in self.rooms.iter() {
            let records = self.reader.recent(&room, self.most)?;
            if !answer(room, records) {
                break;
            }
        }
        Ok(())
    }
}
