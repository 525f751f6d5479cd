use super::super::action::{ChatMessage, MessageKind, Part};
use super::super::ids::{Nonce, UserKey};
use super::super::record::SaidTo;
use super::*;
use crate::text::{Name, RoomName};
use proptest::prelude::*;
use std::sync::LazyLock;

const KEEP: Keep = Keep { messages: 6, bytes: 6000, bytes_in_all: 20_000 };
/// The first of them is the first room.
const ROOMS: [&str; 6] = ["#first", "#A", "#b", "#小", "#D", "#e"];

/// Made once: reading a name takes as long as all that is tested here.
static KEYS: LazyLock<[RoomKey; ROOMS.len()]> = LazyLock::new(|| {
    std::array::from_fn(|at| RoomKey { made: Seq(at as u64 / 2), name: RoomName::parse(ROOMS[at]).unwrap() })
});
static NAME: LazyLock<Name> = LazyLock::new(|| Name::parse("小Hua").unwrap());

fn key(at: usize) -> RoomKey {
    KEYS[at].clone()
}

fn history(bytes_in_all: usize) -> History {
    History::new(Keep { bytes_in_all, ..KEEP }, key(0))
}

fn record(seq: u64, kind: EventKind) -> Arc<Record> {
    Arc::new(Record {
        id: Nonce::new("n").message_id(Seq(seq)),
        wall_us: seq,
        author: UserKey(Seq(1)),
        name: NAME.clone(),
        source: "小Hua!u@10.0.0.1".into(),
        by_bot: false,
        kind,
    })
}

fn said(seq: u64, room: usize, bytes: usize) -> Arc<Record> {
    let part = Part { text: "x".repeat(bytes / 2), joins: false };
    let chat_message = ChatMessage {
        kind: MessageKind::Message,
        text: "x".repeat(bytes).into(),
        tags: "+a=b".to_owned(),
        parts: if bytes > 600 { vec![part.clone(), part] } else { Vec::new() },
        ephemeral: false,
        client_id: None,
    };
    record(seq, EventKind::Said { to: SaidTo::Room(key(room), None), chat_message })
}

#[derive(Debug, Clone)]
enum Step {
    Say {
        room: usize,
        bytes: usize,
    },
    Enter(usize),
    /// In each room of which the bit is set.
    Rename(u8),
    /// What was said or done so many records ago.
    Redact {
        room: usize,
        back: u64,
    },
    Forget(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let room = 0..ROOMS.len();
    prop_oneof![
        6 => (room.clone(), 0usize..1500).prop_map(|(room, bytes)| Step::Say { room, bytes }),
        3 => room.clone().prop_map(Step::Enter),
        2 => any::<u8>().prop_map(Step::Rename),
        2 => (room.clone(), 0u64..30).prop_map(|(room, back)| Step::Redact { room, back }),
        1 => room.prop_map(Step::Forget),
    ]
}

fn take(history: &mut History, step: &Step, seq: u64) {
    match *step {
        Step::Say { room, bytes } => history.add(&said(seq, room, bytes)),
        Step::Enter(room) => {
            history.add(&record(seq, EventKind::Entered { room: key(room), real: "r".to_owned() }))
        }
        Step::Rename(bits) => {
            let rooms = (0..ROOMS.len()).filter(|at| bits & (1 << at) != 0).map(key).collect();
            history.add(&record(seq, EventKind::Renamed { old: NAME.clone(), new: NAME.clone(), rooms }));
        }
        Step::Redact { room, back } => {
            let message = Nonce::new("n").message_id(Seq(seq.saturating_sub(back)));
            history.add(&record(seq, EventKind::Redacted { room: key(room), message, reason: None }));
        }
        Step::Forget(room) => history.forget(&key(room)),
    }
}

/// What is kept of each room, and the bytes of that.
fn contents(history: &History) -> Vec<(Vec<Arc<Record>>, usize)> {
    let room = |at| history.room(&key(at));
    let all = |at| (room(at).first(&Span::ALL, usize::MAX, |_| true), room(at).bytes());
    (0..ROOMS.len()).map(all).collect()
}

fn check_counts(history: &History) {
    let mut by_size = BTreeSet::new();
    for (key, room) in &history.rooms {
        assert!(!room.is_empty() || !room.is_whole(true), "of a room in the table something is known");
        let tracks = [&room.said, &room.done];
        for track in tracks {
            assert_eq!(track.bytes, track.records.iter().map(|record| size(record)).sum::<usize>());
            assert!(track.records.capacity() <= 2 * track.records.len() + SPARE);
            assert!(track.bytes <= KEEP.bytes && track.records.len() <= KEEP.messages);
        }
        let bytes = ROOM_BYTES + tracks.iter().map(|track| track.bytes).sum::<usize>();
        assert_eq!(room.bytes(), if room.is_empty() { 0 } else { bytes });
        if *key != history.first && !room.is_empty() {
            by_size.insert((room.bytes(), key.clone()));
        }
    }
    assert_eq!(history.by_size, by_size);
    assert_eq!(history.bytes, history.rooms.values().map(RoomHistory::bytes).sum::<usize>());
    assert!(history.bytes <= history.keep.bytes_in_all);
}

proptest! {
    /// The sum is right after any records, redactions and ends of rooms, and never over the
    /// bound; the first room keeps all that it would have by itself; and a room in which
    /// nothing happened loses only what makes it the largest.
    #[test]
    fn the_largest_room_loses_first(steps in proptest::collection::vec(step(), 0..120)) {
        let (mut bounded, mut alone) = (history(KEEP.bytes_in_all), history(usize::MAX));
        for (seq, step) in (2..).zip(&steps) {
            let before = contents(&bounded);
            take(&mut bounded, step, seq);
            take(&mut alone, step, seq);
            check_counts(&bounded);
            let after = contents(&bounded);
            prop_assert_eq!(&after[0], &contents(&alone)[0]);
            for at in 1..ROOMS.len() {
                let took_part = match *step {
                    Step::Say { room, .. } | Step::Enter(room) => room == at,
                    Step::Redact { room, .. } | Step::Forget(room) => room == at,
                    Step::Rename(bits) => bits & (1 << at) != 0,
                };
                let ((had, _), (has, bytes)) = (&before[at], &after[at]);
                let lost = had.iter().filter(|record| !has.contains(record)).map(|record| size(record)).max();
                if let Some(lost) = lost.filter(|_| !took_part) {
                    let at_most = bytes.max(&ROOM_BYTES) + lost;
                    prop_assert!(after[1..].iter().all(|(_, other)| *other <= at_most));
                }
            }
        }
    }
}

#[test]
fn what_was_taken_back_or_forgotten_is_given_back() {
    let mut history = history(KEEP.bytes_in_all);
    history.add(&said(2, 1, 100));
    let one = history.bytes;
    history.add(&said(3, 1, 700));
    history.add(&said(4, 2, 100));
    let take_back = |room, message| {
        let message = Nonce::new("n").message_id(Seq(message));
        record(9, EventKind::Redacted { room: key(room), message, reason: None })
    };
    history.add(&take_back(1, 3));
    assert_eq!(history.bytes, 2 * one);
    history.add(&take_back(2, 4));
    assert_eq!((history.bytes, history.rooms.len()), (one, 1));
    history.forget(&key(1));
    history.forget(&key(2));
    assert_eq!((history.bytes, history.rooms.len(), history.by_size.len()), (0, 0, 0));
}

/// The list of fifty rooms was kept in each of the fifty.
#[test]
fn a_record_of_many_rooms_holds_no_list_of_them() {
    let mut history = history(usize::MAX);
    take(&mut history, &Step::Rename(0b111), 2);
    for at in 0..3 {
        let kept = history.room(&key(at)).first(&Span::ALL, 9, |_| true);
        assert!(matches!(&kept[..], [kept] if kept.seq() == Seq(2) && kept.kind.rooms().is_empty()));
    }
}

/// Of events that others cause a room has as many as it may, and its messages stay.
#[test]
fn a_room_loses_of_what_takes_more_of_it() {
    let mut history = history(5000);
    history.add(&said(2, 1, 10));
    (3..9).for_each(|seq| take(&mut history, &Step::Enter(1), seq));
    (9..15).for_each(|seq| history.add(&said(seq, 2, 10)));
    let kept: Vec<bool> = contents(&history)[1].0.iter().map(|record| record.is_message()).collect();
    assert!(kept[0] && kept.len() < 7, "{kept:?}");
}

/// What the disk had trimmed was still shown.
#[test]
fn what_is_kept_nowhere_is_dropped() {
    let mut history = history(20_000);
    [(1, 0), (2, 1), (3, 0), (5, 1), (6, 1)]
        .into_iter()
        .for_each(|(seq, room)| history.add(&said(seq, room, 9)));
    history.drop_before(Seq(3));
    let left =
        |history: &History| [0, 1].map(|room| history.room(&key(room)).first(&Span::ALL, 9, |_| true).len());
    assert_eq!(left(&history), [1, 2]);
    history.drop_before(Seq(6));
    assert_eq!((left(&history), history.room(&key(0)).is_whole(false)), ([0, 1], false));
}

/// After a step of the clock, however small, each question by time looked at all records and then at the
/// disk, for ever.
#[test]
fn a_step_of_the_clock_is_over_with_the_records_before_it() {
    let mut history = History::new(Keep { messages: 3, ..KEEP }, key(0));
    let mut add = |seq: u64, wall_us| {
        let record = said(seq, 1, 1);
        history.add(&Arc::new(Record { wall_us, ..(*record).clone() }));
        let room = history.room(&key(1));
        let times: Vec<u64> =
            room.first(&Span::ALL, 9, |_| true).iter().map(|record| record.wall_us).collect();
        assert!(!room.is_ordered() || times.is_sorted(), "{times:?}");
        room.is_ordered()
    };
    let is_ordered =
        [10, 20, 15, 17, 18, 19, 20, 21].iter().zip(1..).map(|(&wall_us, seq)| add(seq, wall_us));
    assert_eq!(is_ordered.collect::<Vec<_>>(), [true, true, false, false, true, true, true, true]);
}
