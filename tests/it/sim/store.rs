//! What a simulated server keeps its things in: the double of a disk, or the real store.

use super::bugs::Bug;
use super::disk::{Disk, Fate, Shared, Unsynced};
use super::folder::{Folder, RealStore};
use super::step::Setup;
use roomchat::chat::Seq;
use roomchat::chat::kept::{Persist, Restored};
use roomchat::hub::{Found, Lookup};
use roomchat::store::{Clock, Store, StoreError, Upkeep};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What outlives the processes.
pub(super) enum Storage {
    Double { disk: Arc<Mutex<Disk>>, most: usize },
    Real(Box<Folder>),
}

/// The end of the thread that commits.
pub(super) enum AnyStore {
    Double(Shared),
    Real(Box<RealStore>),
}

impl Storage {
    pub(super) fn new(Setup { is_real, is_small, history: most, .. }: Setup, bug: Option<Bug>) -> Storage {
        match is_real {
            true => Storage::Real(Box::new(Folder::new(most, is_small))),
            false => Storage::Double { disk: Arc::new(Mutex::new(Disk::new(bug))), most },
        }
    }

    pub(super) fn open(&mut self) -> (AnyStore, Restored) {
        match self {
            Storage::Double { disk, .. } => {
                let restored = disk.lock().unwrap().open();
                (AnyStore::Double(Shared(Arc::clone(disk))), restored)
            }
            Storage::Real(folder) => {
                let (store, restored) = folder.open();
                (AnyStore::Real(Box::new(store)), restored)
            }
        }
    }

    pub(super) fn look_up(&mut self, lookup: Lookup) -> Found {
        match self {
            Storage::Double { disk, most } => disk.lock().unwrap().look_up(lookup, *most),
            Storage::Real(folder) => folder.look_up(lookup),
        }
    }

    /// The process has ended without closing it.
    pub(super) fn crash(&mut self) {
        match self {
            Storage::Double { disk, .. } => disk.lock().unwrap().crash(Unsynced::Lost),
            Storage::Real(folder) => folder.crash(),
        }
    }

    /// Records that still find room.
    pub(super) fn set_space(&mut self, space: usize) {
        match self {
            Storage::Double { disk, .. } => disk.lock().unwrap().space = space,
            Storage::Real(folder) => folder.state.lock().unwrap().space = space,
        }
    }

    pub(super) fn set_fate(&mut self, fate: Fate) {
        match self {
            Storage::Double { disk, .. } => disk.lock().unwrap().fate = fate,
            Storage::Real(folder) => folder.state.lock().unwrap().fate = fate,
        }
    }

    /// Whether a record would survive a power cut now, where that can be told.
    pub(super) fn has(&self, seq: Seq) -> Option<bool> {
        match self {
            Storage::Double { disk, .. } => Some(disk.lock().unwrap().has(seq)),
            Storage::Real(_) => None,
        }
    }

    /// Records before this one are too many, and removed.
    pub(super) fn oldest(&self) -> Seq {
        match self {
            Storage::Double { .. } => Seq(0),
            Storage::Real(folder) => folder.state.lock().unwrap().oldest,
        }
    }

    /// Whether these words stand anywhere on the disk.
    pub(super) fn holds(&self, words: &str) -> bool {
        match self {
            Storage::Double { disk, .. } => disk.lock().unwrap().holds(words),
            Storage::Real(folder) => folder.holds(words),
        }
    }
}

impl Store for AnyStore {
    fn catch_up(&mut self) -> Result<(), StoreError> {
        match self {
            AnyStore::Double(store) => store.catch_up(),
            AnyStore::Real(store) => store.catch_up(),
        }
    }

    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
        match self {
            AnyStore::Double(store) => store.commit(batches),
            AnyStore::Real(store) => store.commit(batches),
        }
    }

    fn reserve(&mut self) -> bool {
        match self {
            AnyStore::Double(store) => store.reserve(),
            AnyStore::Real(store) => store.reserve(),
        }
    }

    fn release(&mut self) {
        match self {
            AnyStore::Double(store) => store.release(),
            AnyStore::Real(store) => store.release(),
        }
    }

    fn upkeep(&mut self, now: Clock) -> Result<Upkeep, StoreError> {
        match self {
            AnyStore::Double(store) => store.upkeep(now),
            AnyStore::Real(store) => store.upkeep(now),
        }
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        match self {
            AnyStore::Double(store) => store.close(last, uptime),
            AnyStore::Real(store) => store.close(last, uptime),
        }
    }
}
