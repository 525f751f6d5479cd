//! The thread that reads the past of rooms, so that neither the hub nor a commit waits for it.

use super::round_robin::RoundRobin;
use crate::chat::{Record, RoomKey};
use crate::hub::{Found, Lookup, LookupId};
use crate::store::{Reader, Searching, Slice, StoreError};
use crossbeam::channel::{Receiver, TryRecvError};
use std::net::IpAddr;
use std::sync::Arc;

/// Questions of one network that wait. A session has one, but its question stays when it ends.
const MOST: usize = 1000;

/// The end of the thread that reads.
#[derive(Debug)]
pub struct LookupWorker {
    reader: Reader,
    /// Each with the network that asks.
    lookups: Receiver<(IpAddr, Lookup)>,
    /// Messages of a room's last page, and as many other events.
    most: usize,
    open: RoundRobin<IpAddr, Open>,
    /// Nobody asks any more, nor waits.
    is_over: bool,
}

/// A question without its answer.
#[derive(Debug)]
enum Open {
    Waiting(Lookup),
    Begun(LookupId, Box<Searching>),
}

impl LookupWorker {
    pub fn new(reader: Reader, lookups: Receiver<(IpAddr, Lookup)>, most: usize) -> LookupWorker {
        LookupWorker { reader, lookups, most, open: RoundRobin::default(), is_over: false }
    }

    /// The thread's whole life: until the hub's end is gone, or nobody takes its answers.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn run(mut self, answer: impl Fn(Found) -> bool) -> Result<(), StoreError> {
        loop {
            if self.open.is_empty() {
                let Ok((from, lookup)) = self.lookups.recv() else { return Ok(()) };
                self.open.push(from, Open::Waiting(lookup));
            }
            if let Some(found) = self.advance()?
                && !answer(found)
            {
                return Ok(());
            }
            if self.is_over {
                return Ok(());
            }
        }
    }

    /// Does a slice of the next question, each network's in turn; gives the answer where it was the
    /// last slice.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn advance(&mut self) -> Result<Option<Found>, StoreError> {
        loop {
            match self.lookups.try_recv() {
                // Others may wait for the page of a room, and it is asked for once.
                Ok((_, Lookup::Recent(room))) => return self.recent(room).map(Some),
                Ok((from, Lookup::Search { id, .. } | Lookup::Answer { id, .. }))
                    if self.open.count(from) >= MOST =>
                {
                    return Ok(Some(Found::TooLong(id)));
                }
                Ok((from, lookup)) => self.open.push(from, Open::Waiting(lookup)),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.is_over = true;
                    return Ok(None);
                }
            }
        }
        let Some((from, open)) = self.open.pop() else { return Ok(None) };
        let (id, mut searching) = match open {
            Open::Waiting(Lookup::Recent(room)) => return self.recent(room).map(Some),
            Open::Waiting(Lookup::Answer { id, room, question, most, wanted, until }) => {
                let records = self.reader.answer(&room, until, &question, most, wanted)?;
                return Ok(Some(found(id, records)));
            }
            Open::Waiting(Lookup::Search { id, search, until }) => {
                (id, Box::new(Searching::new(search, until)))
            }
            Open::Begun(id, searching) => (id, searching),
        };
        Ok(match self.reader.search(&mut searching)? {
            Slice::Last => Some(Found::Answer(id, searching.into_found())),
            Slice::TooLong => Some(Found::TooLong(id)),
            Slice::More => {
                self.open.push(from, Open::Begun(id, searching));
                None
            }
        })
    }
}

impl LookupWorker {
    fn recent(&mut self, room: RoomKey) -> Result<Found, StoreError> {
        let records = self.reader.recent(&room, self.most)?;
        Ok(Found::Recent(room, records))
    }
}

fn found(id: LookupId, records: Option<Vec<Arc<Record>>>) -> Found {
    records.map_or(Found::TooLong(id), |records| Found::Answer(id, records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::action::{ChatMessage, MessageKind};
    use crate::chat::kept::{Persist, RoomState};
    use crate::chat::question::{Question, Search, Wanted};
    use crate::chat::record::SaidTo;
    use crate::chat::{EventKind, Nonce, RoomKey, Seq, UserKey};
    use crate::hub::SessionId;
    use crate::store::{Options, Store, Sync, open};
    use crate::text::{Name, RoomName};
    use crossbeam::channel::unbounded;

    fn said(seq: u64, to: &RoomKey) -> Arc<Record> {
        let (kind, tags, parts) = (MessageKind::Message, String::new(), Vec::new());
        let chat_message =
            ChatMessage { kind, text: "x".into(), tags, parts, ephemeral: false, client_id: None };
        Arc::new(Record {
            id: Nonce::new("n").message_id(Seq(seq)),
            wall_us: seq,
            author: UserKey(Seq(1)),
            name: Name::parse("a").unwrap(),
            source: "a!u@h".into(),
            by_bot: false,
            kind: EventKind::Said { to: SaidTo::Room(to.clone(), None), chat_message },
        })
    }

    fn network(number: u8) -> IpAddr {
        [10, 0, 0, number].into()
    }

    fn id(number: u64) -> LookupId {
        LookupId { session: SessionId(number as u32), number, as_of: Seq(0) }
    }

    /// Whoever asked waited for all searches before, whose ever they were.
    #[test]
    fn nobody_waits_for_all_that_others_ask() {
        let path = std::env::temp_dir().join(format!("roomchat-lookups-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let options = Options { sync: Sync::Os, ..Options::DEFAULT };
        let (mut disk, _) = open(&path, options, "n").unwrap();
        let room = RoomKey { made: Seq(1), name: RoomName::parse("#lab").unwrap() };
        let rooms = [(room.clone(), RoomState::new(room.clone()))].into();
        let records = (2..10_002).map(|seq| said(seq, &room)).collect();
        disk.commit(&[Persist { rooms, records, ..Persist::default() }]).unwrap();
        disk.catch_up().unwrap();
        let (ask, lookups) = unbounded();
        let mut worker = LookupWorker::new(disk.reader().unwrap().patient(), lookups, 50);
        let (text, times, most) = ("x".to_owned(), 0..u64::MAX, 20_000);
        let search = Search { rooms: vec![room.clone()], text, from: None, times, most };
        for number in 0..3 {
            let lookup = Lookup::Search { id: id(number), search: search.clone(), until: Seq(20_000) };
            ask.send((network(1), lookup)).unwrap();
        }
        let page = |number| Lookup::Answer {
            id: id(number),
            room: room.clone(),
            question: Question::Latest(None),
            most: 9,
            wanted: Wanted { events: false, tags: false },
            until: Seq(20_000),
        };
        [(1, 7), (2, 8), (3, 9)].into_iter().for_each(|(from, number)| {
            ask.send((network(from), page(number))).unwrap();
        });
        let mut answered = Vec::new();
        for slice in 1.. {
            match worker.advance().unwrap() {
                Some(Found::Answer(id, records)) => answered.push((slice, id.number, records.len())),
                Some(other) => panic!("{other:?}"),
                None if worker.open.is_empty() => break,
                None => {}
            }
        }
        // One slice of a search, then the others; of the same network one slice of each search.
        assert_eq!(answered[..3], [(2, 8, 9), (3, 9, 9), (6, 7, 9)], "{answered:?}");
        assert_eq!(answered.len(), 6);
        drop(worker);
        drop(disk);
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn each_is_served_in_turn() {
        let mut open: RoundRobin<IpAddr, u32> = RoundRobin::default();
        (0..3).for_each(|item| open.push(network(1), item));
        open.push(network(2), 9);
        assert_eq!((open.count(network(1)), open.count(network(3))), (3, 0));
        let order: Vec<u32> = std::iter::from_fn(|| open.pop()).map(|(_, item)| item).collect();
        assert_eq!((order, open.is_empty()), (vec![0, 9, 1, 2], true));
    }
}
