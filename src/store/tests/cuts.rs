//! A write-ahead log of which a power cut has left a part, or has left a part wrong.

use super::*;

/// The store of a database and of so much of its log.
fn opened(database: &[u8], log: &[u8]) -> (Folder, Disk) {
    let copy = Folder::new();
    fs::create_dir_all(&copy.0).unwrap();
    fs::write(copy.0.join("room.db"), database).unwrap();
    fs::write(copy.0.join("room.db-wal"), log).unwrap();
    let (disk, _) = copy.open(OPTIONS);
    (copy, disk)
}

/// All that was committed in what is left is there, and of what was not nothing is: a beginning,
/// without a hole.
#[test]
fn a_part_of_the_log_is_a_beginning_of_what_was_committed() {
    let (folder, lab) = (Folder::new(), room("#lab"));
    let (mut disk, _) = folder.open(OPTIONS);
    commit(&mut disk, &[said(1, &lab, "text 1")]);
    while disk.upkeep(NOW).unwrap().has_traces {}
    let log = folder.0.join("room.db-wal");
    let mut lengths = Vec::new();
    for seq in 2..=20 {
        let (one, other) = (said(2 * seq, &lab, &format!("text {seq}")), said(2 * seq + 1, &lab, "more"));
        commit(&mut disk, &[one, other]);
        lengths.push(fs::metadata(&log).unwrap().len() as usize);
    }
    let all = texts(&disk, &lab, 100);
    let (database, log) = (fs::read(folder.0.join("room.db")).unwrap(), fs::read(&log).unwrap());
    let cuts = lengths.iter().flat_map(|&length| [length - 1, length, (length + 1).min(log.len())]);
    for cut in cuts.chain((0..log.len()).step_by(5003)) {
        let (_copy, disk) = opened(&database, &log[..cut]);
        let kept = 1 + 2 * lengths.iter().filter(|&&length| length <= cut).count();
        assert_eq!(texts(&disk, &lab, 100), all[..kept], "cut at {cut}");
    }
    for wrong in (40..log.len()).step_by(7919) {
        let mut log = log.clone();
        log[wrong] ^= 1;
        let (_copy, disk) = opened(&database, &log);
        let kept = 1 + 2 * lengths.iter().filter(|&&length| length <= wrong).count();
        assert_eq!(texts(&disk, &lab, 100), all[..kept], "wrong at {wrong}");
    }
}
