//! Rooms and words of the records, before they are in a block and after that.

use super::blocks::index;
use super::*;
use crate::chat::history::{History, Keep};
use crate::chat::question::{InMemory, Moment};
use std::cell::Cell;

const RECORDS: usize = Options::DEFAULT.block_records;

/// All of the tail gets into blocks.
fn index_all(disk: &mut Disk) -> usize {
    std::iter::repeat_with(|| disk.transact(|writing| index(writing.connection(), RECORDS)).unwrap())
        .take_while(|&records| records > 0)
        .count()
}

/// What is in blocks is found as what is not, wherever they end; and forgotten when it is taken back.
#[test]
fn blocks_have_what_the_tail_has_and_keep_no_trace() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let (lab, other) = (room("#lab"), room("#other"));
    let mut records: Vec<_> = (2000..3000)
        .map(|seq| match seq % 7 {
            0 => record(seq, EventKind::Quit { reason: None, rooms: vec![lab.clone(), other.clone()] }),
            1 => said(seq, &other, "今天 other"),
            _ => said(seq, &lab, &format!("number{seq} 今天")),
        })
        .collect();
    records.extend([said(3000, &other, "今天"), said(3001, &lab, "zanzibar 孤獨"), said(3002, &lab, "昨天")]);
    commit(&mut disk, &records);
    let texts = ["今天", "number275", "zanzibar", "孤獨", "獨", "昨", "天 NUMBER2999", "?", "other", "none"];
    let found = |disk: &Disk, text: &str, most| {
        let search = Search { rooms: vec![lab.clone()], ..search(text, &lab, most) };
        let found = find(&mut patient(disk), search, 3001).unwrap();
        found.iter().map(|record| record.seq().0).collect::<Vec<u64>>()
    };
    let time = |seq: u64| Moment::Time(seq * 1000..seq * 1000 + 1000);
    let questions = [
        Question::Latest(None),
        Question::Before(Moment::Message(Seq(2514))),
        Question::After(time(2400)),
        Question::Around(Moment::Message(Seq(2511))),
        Question::Between(Moment::Message(Seq(2490)), time(2530)),
        Question::Between(time(2530), time(2490)),
    ];
    let all = |disk: &Disk| {
        let mut reader = patient(disk);
        let mut seqs: Vec<Vec<u64>> =
            texts.iter().flat_map(|text| [3, 500].map(|most| found(disk, text, most))).collect();
        for question in &questions {
            for wanted in [false, true].map(|events| Wanted { events, tags: true }) {
                let page = reader.answer(&lab, Seq(2900), question, 50, wanted).unwrap().unwrap();
                seqs.push(page.iter().map(|record| record.seq().0).collect());
            }
        }
        seqs.push(reader.recent(&lab, 60).unwrap().iter().map(|record| record.seq().0).collect());
        seqs
    };
    let before = all(&disk);
    assert_eq!((&before[0][..], before[1].len()), (&[2995, 2998, 2999][..], 500));
    assert!(before.iter().filter(|seqs| seqs.len() > 1).count() > 12, "{before:?}");
    disk.catch_up().unwrap();
    assert_eq!(all(&disk), before, "half of it is the tail");
    assert_eq!((index_all(&mut disk), all(&disk)), (1, before));

    assert!(is_in_a_file(&folder.0, "zanzibar") && is_in_a_file(&folder.0, "孤獨"));
    commit(&mut disk, &[redacted(4000, &lab, 3001)]);
    let filters = |disk: &mut Disk| {
        let all = |writing: &mut Writing<'_>| {
            let mut all = writing.connection().prepare("SELECT words FROM block")?;
            all.query_map([], |row| row.get::<_, Vec<u8>>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        };
        disk.transact(all).unwrap()
    };
    let with_hole = filters(&mut disk);
    assert!(!disk.upkeep(NOW).unwrap().has_traces);
    assert_eq!((found(&disk, "zanzibar", 3), found(&disk, "孤獨", 3)), (Vec::new(), Vec::new()));
    assert!(!is_in_a_file(&folder.0, "zanzibar") && !is_in_a_file(&folder.0, "孤獨"));
    // As if it had never been said.
    let unsaid = Folder::new();
    let (mut disk, _) = unsaid.open(OPTIONS);
    records.retain(|record| record.seq() != Seq(3001));
    commit(&mut disk, &records);
    index_all(&mut disk);
    assert_eq!(filters(&mut disk), with_hole);
}

/// Somebody's messages, signs and times were looked for in all records, and not found in time on a large
/// file.
#[test]
fn what_has_no_word_is_found_by_the_index() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    let mut records: Vec<_> = (100..3000).map(|seq| said(seq, &lab, "今天")).collect();
    let of_bob =
        Record { name: name("Bob"), source: "Bob!~u@h".into(), ..(*said(900, &lab, "今天")).clone() };
    records[800] = Arc::new(of_bob);
    records[900] = said(1000, &lab, "ok👍");
    commit(&mut disk, &records);
    // Like the messages that are searched for, but in no place: whoever looks at all records finds it.
    let plant = |writing: &mut Writing<'_>| {
        let row: i64 = writing.connection().query_row("SELECT id FROM room", [], |row| row.get(0))?;
        writing.connection().execute(
            "INSERT INTO record (seq, wall_us, author, source, by_bot, kind, text, rooms)
             VALUES (2, 950000, 0, 'Bob!~u@h', 0, 'message', '👍', '[' || ?1 || ']')",
            [row],
        )
    };
    index_all(&mut disk);
    disk.transact(plant).unwrap();
    let found = |disk: &Disk, search: &Search| {
        let found = find(&mut patient(disk), search.clone(), 9999).unwrap();
        found.iter().map(|record| record.seq().0).collect::<Vec<u64>>()
    };
    let searches = [
        Search { from: Some(name("bob")), ..search("", &lab, 9) },
        Search { from: Some(name("bob")), ..search("天", &lab, 9) },
        Search { from: Some(name("bob")), times: 0..900_000, ..search("", &lab, 9) },
        search("👍", &lab, 9),
        Search { times: 940_000..952_000, ..search("", &lab, 2) },
        search("", &lab, 2),
    ];
    let expected = [&[900][..], &[900], &[], &[1000], &[950, 951], &[2998, 2999]];
    let all = |disk: &Disk| searches.iter().map(|search| found(disk, search)).collect::<Vec<_>>();
    assert_eq!(all(&disk), expected);
    // Blocks of version 2 have nothing of it, and are made anew.
    let age = |writing: &mut Writing<'_>| {
        writing.connection().execute_batch(
            "DELETE FROM record WHERE seq = 2; UPDATE block SET words = x''; DROP TABLE clock_behind; PRAGMA user_version = 2",
        )
    };
    disk.transact(age).unwrap();
    assert_eq!(found(&disk, &searches[0]), [0; 0]);
    drop(disk);
    let (disk, _) = folder.open(OPTIONS);
    assert_eq!(all(&disk), expected);
}

/// A block without a message was asked for each hash.
#[test]
fn blocks_without_messages_are_passed_over() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    commit(&mut disk, &[said(1, &lab, "first")]);
    index_all(&mut disk);
    let records = 2..2 + RECORDS as u64;
    commit(
        &mut disk,
        &records.map(|seq| record(seq, EventKind::Left(lab.clone(), None))).collect::<Vec<_>>(),
    );
    disk.catch_up().unwrap();
    let found = find(&mut patient(&disk), search("first", &lab, 9), 9999).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(index_all(&mut disk), 0);
}

/// Records that were not in a block were not trimmed, nor were those of rooms that have ended.
#[test]
fn the_tail_is_trimmed_as_all_else() {
    let folder = Folder::new();
    let keep = Some(Duration::from_secs(10));
    let (mut disk, _) = folder.open(Options { keep, ..OPTIONS });
    let (lab, gone) = (room("#lab"), room("#gone"));
    commit(&mut disk, &[said(5, &lab, "old"), said(6, &gone, "x"), said(1_000_000, &lab, "new")]);
    assert_eq!(disk.upkeep(NOW).unwrap().trimmed, 2);
    commit(&mut disk, &[said(1_000_001, &gone, "secret")]);
    disk.commit(&[Persist { ended: vec![gone.clone()], ..Persist::default() }]).unwrap();
    assert!(!disk.upkeep(NOW).unwrap().has_traces && !is_in_a_file(&folder.0, "secret"));
    assert_eq!((disk.messages(), texts(&disk, &lab, 9)), (1, vec!["new".to_owned()]));
}

/// After the clock was set back memory chose by number, and the disk by time.
#[test]
fn memory_and_disk_choose_alike_by_time() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(Options { block_records: 64, ..OPTIONS });
    let lab = room("#lab");
    let mut random = fastrand::Rng::with_seed(5);
    let keep = Keep { messages: 1000, bytes: 1 << 20, bytes_in_all: 1 << 22 };
    let mut history = History::new(keep, lab.clone());
    for seq in 1..200 {
        let happened = match random.bool() {
            true => said(seq, &lab, "x"),
            false => record(seq, EventKind::Left(lab.clone(), None)),
        };
        let happened = Arc::new(Record { wall_us: 1000 * random.u64(..50), ..(*happened).clone() });
        history.add(&happened);
        commit(&mut disk, &[happened]);
        disk.catch_up().unwrap();
    }
    let mut reader = patient(&disk);
    for _ in 0..300 {
        let mut moment = || {
            let time = 1000 * random.u64(..50);
            Moment::Time(time..time + 1000)
        };
        let (one, other) = (moment(), moment());
        let question = match random.u8(..5) {
            0 => Question::Latest(Some(one)),
            1 => Question::Before(one),
            2 => Question::After(one),
            3 => Question::Around(one),
            _ => Question::Between(one, other),
        };
        let (most, wanted) = (random.usize(1..20), Wanted { events: random.bool(), tags: true });
        let past = InMemory { history: history.room(&lab), looked_at: Cell::new(0) };
        let Ok(in_memory) = question.answer(&past, most, wanted);
        let on_disk = reader.answer(&lab, Seq(9999), &question, most, wanted).unwrap().unwrap();
        let [in_memory, on_disk] =
            [in_memory, on_disk].map(|records| records.iter().map(|record| record.seq()).collect::<Vec<_>>());
        assert_eq!(in_memory, on_disk, "{question:?}, {most}, {wanted:?}");
    }
}

/// Between two slices of a search messages come, are taken back, and get into blocks.
#[test]
fn a_search_goes_on_where_it_was() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    let texts = |seqs: std::ops::Range<u64>| seqs.map(|seq| said(seq, &lab, "今天")).collect::<Vec<_>>();
    commit(&mut disk, &texts(1..3000));
    index_all(&mut disk);
    commit(&mut disk, &texts(3000..9000));
    let (mut reader, mut next) = (patient(&disk), 9000);
    for (text, from) in [("今天", None), ("", Some(name("小明")))] {
        let search = Search { from, ..search(text, &lab, 9000) };
        let mut searching = Searching::new(search.clone(), Seq(8000));
        let mut slices = 1;
        while reader.search(&mut searching).unwrap() == Slice::More {
            slices += 1;
            next += 10;
            // The later ones were looked at.
            commit(&mut disk, &[said(next, &lab, "今天"), redacted(next + 1, &lab, 7990 - slices * 5)]);
            disk.transact(|writing| index(writing.connection(), RECORDS)).unwrap();
        }
        let found = searching.into_found();
        assert!(slices >= 4, "{slices}");
        let seqs: Vec<u64> = found.iter().map(|record| record.seq().0).collect();
        assert!(seqs.is_sorted() && seqs.ends_with(&[7998, 7999, 8000]));
        let again = find(&mut reader, search, 8000).unwrap();
        assert!(again.iter().all(|record| seqs.contains(&record.seq().0)));
        assert!(seqs.len() - again.len() < 20, "{} {}", seqs.len(), again.len());
    }
}
