//! The real store in a folder of its own. The end of a process is a copy of its files, as they are
//! in that moment, and a cut of the write-ahead log where a power cut would lose the end of it.

use super::disk::{Fate, RESERVE, SPACE, Unsynced};
use crossbeam::channel::{Sender, unbounded};
use roomchat::chat::Seq;
use roomchat::chat::kept::{Persist, Restored};
use roomchat::hub::{Found, Lookup};
use roomchat::server::disk::lookups::LookupWorker;
use roomchat::store::{self, Clock, Disk, Options, Store, StoreError, Sync, Upkeep};
use std::fs::{self, File};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Behind the commits of a simulation little is done but with sizes like these: the tables take 25 pages
/// where nothing is in them.
const SMALL: Options =
    Options { max_bytes: 29 * PAGE_BYTES, block_records: 8, log_pages: 40, ..Options::DEFAULT };

/// The smallest pages that SQLite can have: a message or two fill one.
const PAGE_BYTES: u64 = 512;

/// What the store and its owner share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) space: usize,
    reserved: usize,
    pub(super) fate: Fate,
    /// Bytes of the write-ahead log that the power cut leaves.
    cut: Option<u64>,
    /// Records before this one are too many, and removed.
    pub(super) oldest: Seq,
}

pub(super) struct Folder {
    base: PathBuf,
    /// Crashes so far: each has a folder of its own.
    crashes: u32,
    worker: Option<(Sender<(IpAddr, Lookup)>, LookupWorker)>,
    /// Messages of a room's last page.
    most: usize,
    options: Options,
    pub(super) state: Arc<Mutex<State>>,
}

pub(super) struct RealStore {
    disk: Disk,
    wal: PathBuf,
    state: Arc<Mutex<State>>,
}

impl Folder {
    pub(super) fn new(most: usize, is_small: bool) -> Folder {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let base = std::env::temp_dir().join(format!("roomchat-sim-{}-{number}", crate::kit::unique()));
        let state = State { space: SPACE, reserved: 0, fate: Fate::Fine, cut: None, oldest: Seq(0) };
        let options = Options { sync: Sync::Os, ..if is_small { SMALL } else { Options::DEFAULT } };
        Folder { base, crashes: 0, worker: None, most, options, state: Arc::new(Mutex::new(state)) }
    }

    fn path(&self) -> PathBuf {
        self.base.join(self.crashes.to_string())
    }

    pub(super) fn open(&mut self) -> (RealStore, Restored) {
        let file = self.path().join("room.db");
        if self.options.max_bytes == SMALL.max_bytes && !file.exists() {
            fs::create_dir_all(self.path()).unwrap();
            let new = rusqlite::Connection::open(file).unwrap();
            // A database has its pages as soon as something is written.
            new.execute_batch(&format!("PRAGMA page_size = {PAGE_BYTES}; PRAGMA user_version = 0")).unwrap();
        }
        let (disk, restored) = store::open(&self.path(), self.options, "n").unwrap();
        let reader = disk.reader().unwrap();
        let (ask, lookups) = unbounded();
        self.worker = Some((ask, LookupWorker::new(reader, lookups, self.most)));
        let wal = self.path().join("room.db-wal");
        (RealStore { disk, wal, state: Arc::clone(&self.state) }, restored)
    }

    pub(super) fn look_up(&mut self, lookup: Lookup) -> Found {
        let (ask, worker) = self.worker.as_mut().expect("it is open");
        ask.send((Ipv4Addr::LOCALHOST.into(), lookup)).unwrap();
        loop {
            if let Some(found) = worker.advance().unwrap() {
                return found;
            }
        }
    }

    /// Copies the files while the process still has them open.
    pub(super) fn crash(&mut self) {
        let before = self.path();
        self.crashes += 1;
        let after = self.path();
        fs::create_dir_all(&after).unwrap();
        for name in ["room.db", "room.db-wal"] {
            if before.join(name).exists() {
                fs::copy(before.join(name), after.join(name)).unwrap();
            }
        }
        let mut state = self.state.lock().unwrap();
        state.fate = Fate::Fine;
        if let Some(bytes) = state.cut.take() {
            File::options().write(true).open(after.join("room.db-wal")).unwrap().set_len(bytes).unwrap();
        }
        self.worker = None;
    }

    pub(super) fn holds(&self, words: &str) -> bool {
        let holds = |path: &Path| {
            let bytes = fs::read(path).unwrap_or_default();
            memchr::memmem::find(&bytes, words.as_bytes()).is_some()
        };
        fs::read_dir(self.path()).unwrap().any(|entry| holds(&entry.unwrap().path()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.base);
    }
}

impl RealStore {
    /// The head of the write-ahead log, which is another one after it was begun anew, and its length.
    fn wal(&self) -> (Vec<u8>, u64) {
        let mut head = Vec::new();
        let length = File::open(&self.wal).and_then(|file| {
            (&file).take(32).read_to_end(&mut head)?;
            Ok(file.metadata()?.len())
        });
        (head, length.unwrap_or(0))
    }
}

impl Store for RealStore {
    fn catch_up(&mut self) -> Result<(), StoreError> {
        self.disk.catch_up()
    }

    fn commit(&mut self, batches: &[Persist]) -> Result<(), StoreError> {
        let size = batches.iter().map(|batch| batch.records.len() + batch.rooms.len() + 1).sum();
        let (space, fate) = {
            let state = self.state.lock().unwrap();
            (state.space.checked_sub(size), state.fate)
        };
        let Some(space) = space else { return Err(StoreError::Full) };
        let before = self.wal();
        self.disk.commit(batches)?;
        let after = self.wal();
        let mut state = self.state.lock().unwrap();
        state.space = space;
        let (Fate::Cut(unsynced) | Fate::Fails(unsynced)) = fate else { return Ok(()) };
        if before.0 == after.0 && after.1 > before.1 {
            state.cut = match unsynced {
                Unsynced::Kept => None,
                Unsynced::Lost => Some(before.1),
                Unsynced::Torn => Some(before.1 + (after.1 - before.1) / 2),
            };
        }
        Err(StoreError::Failed("the sync failed".to_owned()))
    }

    fn reserve(&mut self) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.reserved == 0 && state.space > RESERVE {
            state.space -= RESERVE;
            state.reserved = RESERVE;
        }
        state.reserved > 0
    }

    fn release(&mut self) {
        let mut state = self.state.lock().unwrap();
        state.space += std::mem::take(&mut state.reserved);
    }

    fn upkeep(&mut self, now: Clock) -> Result<Upkeep, StoreError> {
        let upkeep = self.disk.upkeep(now)?;
        if upkeep.trimmed > 0 {
            let oldest = &mut self.state.lock().unwrap().oldest;
            *oldest = upkeep.oldest.max(*oldest);
        }
        Ok(upkeep)
    }

    fn close(&mut self, last: Seq, uptime: Duration) -> Result<(), StoreError> {
        self.disk.close(last, uptime)
    }
}
