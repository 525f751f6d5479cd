//! Nothing of what was removed is left in the files.

use super::*;

/// Texts in the files that are none of those.
fn traces(folder: &Path, kept: &BTreeSet<String>) -> Vec<String> {
    let word = regex::bytes::Regex::new("secret[0-9]{6}").unwrap();
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let words = |bytes: Vec<u8>| -> Vec<String> {
        word.find_iter(&bytes).map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned()).collect()
    };
    files.flat_map(words).filter(|word| !kept.contains(word)).collect()
}

/// The pages of a table are balanced as rows come and go, and copies of rows that moved stayed.
#[test]
fn no_trace_stays_in_pages_that_are_balanced() {
    for seed in 0..3 {
        let folder = Folder::new();
        let (mut disk, _) = folder.open(OPTIONS);
        let lab = room("#lab");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut kept: BTreeMap<u64, String> = BTreeMap::new();
        let mut next = 0;
        if seed == 1 {
            // As if nothing were known of the file: several slices, with commits between them.
            (disk.checkpoints.scrubber.next, disk.checkpoints.scrubber.slice_bytes) = (Some(0), 1 << 14);
        }
        for _ in 0..20 {
            let lines = std::iter::repeat_with(|| {
                next += 1;
                let word = format!("secret{next:06}");
                let tens = if random.u8(..) < 9 { 10 } else { 1 };
                let text = format!(
                    "{} {word} {}",
                    "a".repeat(random.usize(..300)),
                    "z".repeat(tens * random.usize(..900))
                );
                kept.insert(next, word);
                said(next, &lab, &text)
            });
            let lines: Vec<_> = lines.take(40).collect();
            commit(&mut disk, &lines);
            let reader = rusqlite::Connection::open(folder.0.join("room.db")).unwrap();
            if seed == 2 {
                // The log goes on behind what was moved, as long as somebody reads.
                reader.execute_batch("BEGIN; SELECT count(*) FROM record;").unwrap();
                disk.checkpoints.has_traces = true;
                assert!(disk.upkeep(NOW).unwrap().has_traces);
            }
            let trimmed = random.usize(..30);
            disk.transact(|writing| writing.drop_oldest(0, 0, trimmed)).unwrap();
            (0..trimmed).for_each(|_| drop(kept.pop_first()));
            let taken_back: Vec<u64> = kept.keys().copied().filter(|_| random.u8(..) < 60).collect();
            for message in taken_back {
                kept.remove(&message);
                next += 1;
                commit(&mut disk, &[redacted(next, &lab, message)]);
            }
            drop(reader);
            while disk.upkeep(NOW).unwrap().has_more {}
            assert_eq!(traces(&folder.0, &kept.values().cloned().collect()), [""; 0], "seed {seed}");
        }
        let check = |writing: &mut Writing<'_>| {
            writing.connection().query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
        };
        assert_eq!(disk.transact(check).unwrap(), "ok");
        assert_eq!(texts(&disk, &lab, 9999).len(), kept.len());
    }
}

/// Whether one of these words, all of so many bytes, is in one of the files.
fn is_one_in_a_file(folder: &Path, words: &BTreeSet<Vec<u8>>, bytes: usize) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        fs::read(entry.unwrap().path()).unwrap().windows(bytes).any(|window| words.contains(window))
    })
}

/// The index of the search had whole words as keys, and kept some of them.
#[test]
fn no_word_of_thousands_stays() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    let mut random = fastrand::Rng::with_seed(1);
    // Neighbours in the index are told apart by their last digits alone.
    let letters: Vec<String> = (0..4000).map(|number| format!("secret{number:04}")).collect();
    let pair = |random: &mut fastrand::Rng| -> String {
        (0..2).map(|_| char::from_u32(random.u32(0x6000..0x9000)).unwrap()).collect()
    };
    let pairs: Vec<String> = (0..4000).map(|_| pair(&mut random)).collect();
    let texts: Vec<String> =
        letters.iter().zip(&pairs).map(|(word, pair)| format!("common {word} {pair}")).collect();
    for (part, texts) in texts.chunks(100).enumerate() {
        let from = 100 * part as u64;
        commit(
            &mut disk,
            &(from..).zip(texts).map(|(seq, text)| said(seq + 1, &lab, text)).collect::<Vec<_>>(),
        );
        disk.catch_up().unwrap();
        disk.upkeep(NOW).unwrap();
    }
    // Every other message stays.
    let kept: BTreeSet<String> = pairs.iter().skip(1).step_by(2).cloned().collect();
    let letters: BTreeSet<Vec<u8>> = letters.into_iter().step_by(2).map(String::into_bytes).collect();
    let pairs = pairs.into_iter().step_by(2).filter(|pair| !kept.contains(pair));
    let pairs: BTreeSet<Vec<u8>> = pairs.map(String::into_bytes).collect();
    let is_left =
        || [(&letters, 10), (&pairs, 6)].map(|(words, bytes)| is_one_in_a_file(&folder.0, words, bytes));
    assert_eq!(is_left(), [true; 2]);
    for part in 0..40 {
        let taken_back = (1 + 100 * part..101 + 100 * part).step_by(2);
        commit(&mut disk, &taken_back.map(|seq| redacted(5000 + seq, &lab, seq)).collect::<Vec<_>>());
        disk.upkeep(NOW).unwrap();
    }
    while disk.upkeep(NOW).unwrap().has_more {}
    assert_eq!(is_left(), [false; 2]);
    assert_eq!(disk.messages(), 2000);
}

/// Each removal and each start read the whole file.
#[test]
fn a_file_is_looked_at_whole_once() {
    let folder = Folder::new();
    let file = folder.0.join("room.db");
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    assert_eq!(disk.checkpoints.scrubber.next, None, "it is new");
    let records: Vec<_> = (1..2000).map(|seq| said(seq, &lab, &format!("text {seq}"))).collect();
    commit(&mut disk, &records);
    disk.close(Seq(5000), Duration::ZERO).unwrap();
    drop(disk);
    // As a copy of a row that moved would stay in a page.
    let mut bytes = fs::read(&file).unwrap();
    let row = bytes.windows(9).position(|bytes| bytes == b"text 1000").unwrap();
    let page = row / 4096 * 4096;
    let (space, end) = scrub::unallocated(&bytes[page..page + 4096], 0).unwrap();
    assert!(end - space > 6);
    bytes[page + space..page + space + 6].copy_from_slice(b"plante");
    let mut planted = fs::OpenOptions::new().write(true).open(&file).unwrap();
    std::io::Write::write_all(&mut planted, &bytes).unwrap();

    let (mut disk, _) = folder.open(OPTIONS);
    let is_known = disk.checkpoints.scrubber.next.is_none();
    while disk.upkeep(NOW).unwrap().has_more {}
    commit(&mut disk, &[redacted(3000, &lab, 1999)]);
    assert!(!disk.upkeep(NOW).unwrap().has_traces && !is_in_a_file(&folder.0, "text 1999"));
    assert_eq!(is_in_a_file(&folder.0, "plante"), is_known, "that page was not written");
    // It ends without being closed, and another program moves the log.
    commit(&mut disk, &[said(4000, &lab, "x")]);
    drop(disk);
    assert!(!folder.0.join("room.db-wal").exists());
    let (mut disk, _) = folder.open(OPTIONS);
    assert_eq!(disk.checkpoints.scrubber.next, Some(0));
    while disk.upkeep(NOW).unwrap().has_more {}
    assert!(!is_in_a_file(&folder.0, "plante"));
    disk.close(Seq(6000), Duration::ZERO).unwrap();
    drop(disk);
    // A copy may be made by a program that leaves traces.
    let copy = Folder::new();
    fs::create_dir_all(&copy.0).unwrap();
    fs::copy(&file, copy.0.join("room.db")).unwrap();
    assert_eq!(copy.open(OPTIONS).0.checkpoints.scrubber.next, Some(0));
}
