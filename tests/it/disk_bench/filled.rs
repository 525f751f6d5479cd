//! A folder in which much was said: how soon a server on it lets people in, and what its past costs.

use super::{Folder, middle_and_slow, options, room, said, word};
use crate::kit::{Client, Server, say_aloud};
use roomchat::chat::Seq;
use roomchat::chat::kept::{Persist, RoomState};
use roomchat::chat::room::Emptied;
use roomchat::store::{self, Clock, Store, Sync};
use std::time::{Duration, Instant};

const ROOMS: u64 = 100;
const BATCH: u64 = 5000;
const QUESTIONS: usize = 50;

pub(super) fn figures() {
    let messages: u64 = std::env::var("ROOMCHAT_MESSAGES").map_or(1_000_000, |count| count.parse().unwrap());
    let folder = Folder::new("filled");
    fill(&folder, messages);
    let data = folder.0.to_str().unwrap();
    let began = Instant::now();
    let server = Server::start(&["--data", data, "--flood-limit", "0", "--lang", "en"]);
    let client = server.connect();
    client.send("CAP REQ :batch message-tags draft/chathistory soju.im/search labeled-response\r\nCAP END");
    client.say_name("reader");
    let entered = began.elapsed();
    let memory = server.memory("VmRSS");
    client.send("JOIN #r50");
    client.hears(" 366 ");
    let mut random = fastrand::Rng::with_seed(2);
    let pages = (0..QUESTIONS).map(|_| {
        let at = jiff::Timestamp::from_microsecond(1000 * random.i64(1000..i64::try_from(messages).unwrap()));
        ask(&client, &format!("CHATHISTORY BEFORE #r50 timestamp={:.3} 100", at.unwrap()))
    });
    let (page, slow_page) = middle_and_slow(pages.collect());
    let mut random = fastrand::Rng::with_seed(3);
    let of_one = (0..QUESTIONS).map(|_| ask(&client, &format!("SEARCH in=#r50;text={}", word(&mut random))));
    let (search, slow_search) = middle_and_slow(of_one.collect());
    say_aloud(&format!(
        "{messages} messages in {ROOMS} rooms: somebody is in after {entered:.1?}, RSS then {memory} kB; a page of \
         100 p50 {page:.1?}, p99 {slow_page:.1?}; a search of two characters p50 {search:.1?}, p99 {slow_search:.1?}"
    ));
}

fn ask(client: &Client, line: &str) -> Duration {
    let began = Instant::now();
    client.send(line);
    client.hears("BATCH -");
    began.elapsed()
}

fn fill(folder: &Folder, messages: u64) {
    let (mut disk, _) = store::open(&folder.0, options(Sync::Os), "n").unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let emptied = Emptied { seq: Seq(9), since: Duration::ZERO };
    let state = |number| RoomState { emptied: Some(emptied.clone()), ..RoomState::new(room(number)) };
    let rooms = (0..ROOMS).map(|number| (room(number), state(number))).collect();
    disk.commit(&[Persist { rooms, ..Persist::default() }]).unwrap();
    for from in (1000..1000 + messages).step_by(BATCH as usize) {
        let records = (from..from + BATCH).map(|seq| said(seq, room(seq % ROOMS), &mut random)).collect();
        disk.commit(&[Persist { records, ..Persist::default() }]).unwrap();
        disk.catch_up().unwrap();
    }
    while disk.upkeep(Clock { wall_us: 0, uptime: Duration::ZERO }).unwrap().has_more {}
    disk.close(Seq(1000 + messages), Duration::ZERO).unwrap();
}
