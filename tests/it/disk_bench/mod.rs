//! What it costs to keep what is said on disk, printed where somebody asks:
//!
//! `ROOMCHAT_BENCH=1 cargo test --release --test it disk_bench:: -- --nocapture`
//!
//! `commits`, `paced` or `filled` in place of 1 is one part of it. `ROOMCHAT_MESSAGES` says how many messages the large folder has, else a
//! million. With `ROOMCHAT_IDS` each message has an id of its client's, of one of 512. All is beside
//! the time that the same disk needs for fdatasync in the same minute. Nothing here fails because
//! of a slow machine.

mod filled;
mod paced;

use crate::kit::say_aloud;
use roomchat::chat::action::{ChatMessage, MessageKind};
use roomchat::chat::kept::{Persist, RoomState};
use roomchat::chat::record::SaidTo;
use roomchat::chat::{ClientId, EventKind, Nonce, Record, RoomKey, Seq, UserKey};
use roomchat::store::{self, Options, Store, Sync};
use roomchat::text::{Name, RoomName};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SYNCS: usize = 300;
/// Messages of a batch, and batches.
const FULL_SPEED: [(u64, u64); 3] = [(100, 1000), (10, 5000), (1, 5000)];

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("roomchat-bench-{name}-{}", crate::kit::unique())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn figures() {
    let Ok(part) = std::env::var("ROOMCHAT_BENCH") else { return };
    let is_asked = |name: &str| part == "1" || part == name;
    if is_asked("commits") {
        FULL_SPEED.into_iter().for_each(|(size, count)| commit_at_full_speed(size, count));
    }
    if is_asked("paced") {
        paced::figures();
    }
    if is_asked("filled") {
        filled::figures();
    }
}

/// The times of so many in their order: in the middle, and that of the slowest hundredth.
fn middle_and_slow(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// What the disk needs to have a page that was appended.
fn fdatasync(folder: &Path) -> (Duration, Duration) {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join("sync");
    let mut file = File::create(&path).unwrap();
    let time = |_| {
        file.write_all(&[1; 4096]).unwrap();
        let began = Instant::now();
        file.sync_data().unwrap();
        began.elapsed()
    };
    let times = (0..SYNCS).map(time).collect();
    std::fs::remove_file(&path).unwrap();
    middle_and_slow(times)
}

fn options(sync: Sync) -> Options {
    Options { sync, max_bytes: u64::MAX >> 1, ..Options::DEFAULT }
}

fn room(number: u64) -> RoomKey {
    RoomKey { made: Seq(number + 1), name: RoomName::parse(&format!("#r{number}")).unwrap() }
}

/// Two characters of five hundred: each such word is in one message of some twenty thousand.
fn word(random: &mut fastrand::Rng) -> String {
    (0..2).map(|_| char::from_u32(0x4e00 + random.u32(..500)).unwrap()).collect()
}

/// A message of twelve characters.
fn said(seq: u64, room: RoomKey, random: &mut fastrand::Rng) -> Arc<Record> {
    let text = (0..6).map(|_| word(random)).collect::<String>().into();
    let (kind, tags, parts) = (MessageKind::Message, String::new(), Vec::new());
    let has_ids = std::env::var_os("ROOMCHAT_IDS").is_some();
    let client_id = if has_ids { ClientId::parse(&format!("AbCdEfGhIjK{seq:x}")) } else { None };
    let name = if has_ids { format!("n{}", seq % 512) } else { "小明".to_owned() };
    let chat_message = ChatMessage { kind, text, tags, parts, ephemeral: false, client_id };
    Arc::new(Record {
        id: Nonce::new("n").message_id(Seq(seq)),
        wall_us: seq * 1000,
        author: UserKey(Seq(7)),
        source: format!("{name}!~u@10.0.0.1").into(),
        name: Name::parse(&name).unwrap(),
        by_bot: false,
        kind: EventKind::Said { to: SaidTo::Room(room, None), chat_message },
    })
}

/// The processor time of this thread.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

/// With what the thread that commits does behind it: the index of the search, and checkpoints.
fn commit_at_full_speed(size: u64, count: u64) {
    let folder = Folder::new("speed");
    let (sync, slow_sync) = fdatasync(&folder.0);
    let data = folder.0.join("data");
    let (mut disk, _) = store::open(&data, options(Sync::Disk), "n").unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let rooms = (0..20).map(|number| (room(number), RoomState::new(room(number)))).collect();
    disk.commit(&[Persist { rooms, ..Persist::default() }]).unwrap();
    let batches: Vec<Persist> = (0..count)
        .map(|batch| {
            let seqs = 1000 + batch * size..1000 + (batch + 1) * size;
            let records = seqs.map(|seq| said(seq, room(seq % 20), &mut random)).collect();
            Persist { records, uptime: Duration::from_millis(batch), ..Persist::default() }
        })
        .collect();
    let (began, cpu_before) = (Instant::now(), cpu());
    let (mut times, mut behind) = (Vec::new(), Duration::ZERO);
    for batch in batches {
        let began = Instant::now();
        disk.commit(std::slice::from_ref(&batch)).unwrap();
        times.push(began.elapsed());
        let began = Instant::now();
        disk.catch_up().unwrap();
        behind = behind.max(began.elapsed());
    }
    let messages = size * count;
    let per_second = messages as f64 / began.elapsed().as_secs_f64();
    let cpu = (cpu() - cpu_before) / u32::try_from(messages).unwrap();
    let (commit, slow_commit) = middle_and_slow(times);
    say_aloud(&format!(
        "batches of {size}: {per_second:.0} messages/s, CPU {cpu:.1?} a message; commit p50 {commit:.1?}, \
         p99 {slow_commit:.1?}; fdatasync p50 {sync:.1?}, p99 {slow_sync:.1?}: {:.1} times its p99; index and \
         checkpoint at most {behind:.1?}",
        slow_commit.as_secs_f64() / slow_sync.as_secs_f64()
    ));
}
