//! What is too old, or too much, goes.

use super::*;

#[test]
fn the_oldest_go_by_age_and_by_size() {
    let folder = Folder::new();
    let keep = Some(Duration::from_secs(10));
    let (mut disk, _) = folder.open(Options { keep, ..OPTIONS });
    let lab = room("#lab");
    commit(&mut disk, &[said(5, &lab, "old"), said(1_000_000, &lab, "new")]);
    while disk.upkeep(NOW).unwrap().has_more {}
    assert_eq!(texts(&disk, &lab, 9), ["new"]);

    let (text, max_bytes) = ("x".repeat(400), 2 << 20);
    let records: Vec<_> = (0..10_000).map(|at| said(2_000_000 + at, &lab, &text)).collect();
    commit(&mut disk, &records);
    drop(disk);
    let (mut disk, _) = folder.open(Options { max_bytes, ..OPTIONS });
    while disk.upkeep(NOW).unwrap().has_more {}
    let left = disk.messages();
    assert!((2000..5000).contains(&left), "{left}");
    let last = disk.reader().unwrap().recent(&lab, 1).unwrap();
    assert_eq!(last[0].seq(), Seq(2_009_999));
}

/// One byte too much removed a thousand records, however large: all that there were.
#[test]
fn no_more_goes_than_makes_room() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(Options { max_bytes: 1 << 20, ..OPTIONS });
    let (lab, text, mut trims) = (room("#lab"), "x".repeat(4300), 0);
    for seq in 1..=400 {
        commit(&mut disk, &[said(seq, &lab, &text)]);
        let Upkeep { trimmed, oldest, .. } = disk.upkeep(NOW).unwrap();
        if trimmed > 0 {
            trims += 1;
            let left = disk.reader().unwrap().recent(&lab, 9999).unwrap();
            assert!((150..230).contains(&left.len()), "{}", left.len());
            assert_eq!(oldest, left[0].seq());
        }
    }
    assert!((5..30).contains(&trims), "{trims}");
    drop(disk);
    // Nothing is left: what is in memory is to be forgotten as well.
    let (mut disk, _) = folder.open(Options { max_bytes: 1, ..OPTIONS });
    assert_eq!((disk.upkeep(NOW).unwrap().oldest, disk.messages()), (Seq(401), 0));
}

/// A clock that is a year ahead, at a start or later, took all at once.
#[test]
fn what_only_a_clock_makes_old_stays() {
    let folder = Folder::new();
    let keep = Some(Duration::from_secs(90 * 24 * 3600));
    let (mut disk, _) = folder.open(Options { keep, ..OPTIONS });
    let lab = room("#lab");
    commit(&mut disk, &[said(5, &lab, "fresh")]);
    let later = |seconds: u64, uptime: u64| Clock {
        wall_us: NOW.wall_us + seconds * 1_000_000,
        uptime: Duration::from_secs(uptime),
    };
    const YEAR: u64 = 365 * 24 * 3600;
    assert_eq!(disk.upkeep(NOW).unwrap().trimmed + disk.upkeep(later(YEAR, 5)).unwrap().trimmed, 0);
    drop(disk);
    let (mut disk, _) = folder.open(Options { keep, ..OPTIONS });
    assert_eq!(disk.upkeep(later(YEAR, 0)).unwrap().trimmed, 0);
    let since = disk.upkeep(later(YEAR + 24 * 3600, 24 * 3600)).unwrap();
    assert_eq!((since.trimmed, texts(&disk, &lab, 9).len()), (1, 0));
}

/// Each start was doubted anew, so on a server that runs some hours now and then nothing was removed.
#[test]
fn what_is_old_goes_where_no_run_lasts_a_day() {
    let folder = Folder::new();
    let options = Options { keep: Some(Duration::from_secs(24 * 3600)), ..OPTIONS };
    let lab = room("#lab");
    let mut left = Vec::new();
    for week in 0..10 {
        let (mut disk, _) = folder.open(options);
        for minute in (0..=8 * 60).step_by(10) {
            let uptime = Duration::from_secs(60 * minute);
            let wall_us = NOW.wall_us + (week * 7 * 24 * 3600 + 60 * minute) * 1_000_000;
            disk.upkeep(Clock { wall_us, uptime }).unwrap();
            if minute == 0 {
                let message = Record { wall_us, ..(*said(5 + week, &lab, &format!("week {week}"))).clone() };
                commit(&mut disk, &[Arc::new(message)]);
            }
        }
        left.push(texts(&disk, &lab, 99).len());
        // Every other run ends by a crash.
        if week % 2 > 0 {
            disk.close(Seq(100 * (week + 1)), Duration::ZERO).unwrap();
        }
    }
    assert!(left.iter().all(|&messages| messages <= 5), "{left:?}");
}

/// A clock that was years behind had made all that was said meanwhile old, once it was set right.
#[test]
fn what_was_said_at_a_clock_that_was_behind_is_as_old_as_it_is() {
    const HALF: u64 = 12 * 3600 * 1_000_000;
    let folder = Folder::new();
    let options = Options { keep: Some(Duration::from_micros(HALF)), ..OPTIONS };
    let lab = room("#lab");
    let now = 40_000 * HALF;
    let after = |wall_us, micros| Clock { wall_us: wall_us + micros, uptime: Duration::from_micros(micros) };
    let say = |disk: &mut Disk, seq, wall_us, text| {
        commit(disk, &[Arc::new(Record { wall_us, ..(*said(seq, &lab, text)).clone() })]);
    };
    let open = |wall_us| {
        let (mut disk, _) = folder.open(options);
        let trimmed = disk.upkeep(after(wall_us, 0)).unwrap().trimmed;
        (disk, trimmed)
    };
    let (mut disk, _) = open(now - 2 * HALF);
    say(&mut disk, 1, now - 2 * HALF, "long ago");
    disk.close(Seq(1), Duration::ZERO).unwrap();
    drop(disk);
    // All that was kept goes, and then the machine starts without knowing the time.
    let (mut disk, trimmed) = open(now);
    assert_eq!(trimmed, 1);
    disk.close(Seq(2), Duration::ZERO).unwrap();
    drop(disk);
    let (mut disk, _) = open(5);
    say(&mut disk, 3, 5, "behind");
    say(&mut disk, 4, 6, "still behind");
    drop(disk);
    let (mut disk, _) = open(now);
    say(&mut disk, 5, now, "right");
    // What a clock that was ahead has said keeps nothing else.
    say(&mut disk, 6, 9 * now, "ahead");
    say(&mut disk, 7, now + 1, "right again");
    assert_eq!(disk.upkeep(after(now, HALF - 1)).unwrap().trimmed, 0);
    assert_eq!(texts(&disk, &lab, 9), ["behind", "still behind", "right", "ahead", "right again"]);
    assert_eq!(disk.upkeep(after(now, HALF + 1)).unwrap().trimmed, 3);
    assert_eq!(disk.upkeep(after(now, HALF + 2)).unwrap().trimmed, 2);
}

/// For how long the machine was off was known only once its clock was set: what was said until then was as
/// old as what was said before.
#[test]
fn what_was_said_before_the_clock_was_set_is_of_this_run() {
    const HOUR: u64 = 3600 * 1_000_000;
    let folder = Folder::new();
    let options = Options { keep: Some(Duration::from_micros(12 * HOUR)), ..OPTIONS };
    let (lab, now) = (room("#lab"), 400_000 * HOUR);
    let at = |wall_us, seconds| Clock { wall_us, uptime: Duration::from_secs(seconds) };
    let (mut disk, _) = folder.open(options);
    disk.upkeep(at(now - 20 * HOUR, 0)).unwrap();
    commit(&mut disk, &[Arc::new(Record { wall_us: now - 20 * HOUR, ..(*said(1, &lab, "before")).clone() })]);
    disk.close(Seq(1), Duration::ZERO).unwrap();
    drop(disk);
    let (mut disk, _) = folder.open(options);
    disk.upkeep(at(5, 0)).unwrap();
    commit(&mut disk, &[Arc::new(Record { wall_us: 6, ..(*said(2, &lab, "behind")).clone() })]);
    disk.upkeep(at(now, 60)).unwrap();
    assert_eq!(texts(&disk, &lab, 9), ["behind"]);
}

/// A clock that was years ahead when the folder was made kept for years all that was said after it.
#[test]
fn what_was_said_after_a_clock_that_was_ahead_goes_in_its_time() {
    const DAY: u64 = 24 * 3600 * 1_000_000;
    let folder = Folder::new();
    let options = Options { keep: Some(Duration::from_micros(DAY)), ..OPTIONS };
    let (lab, now) = (room("#lab"), 20_000 * DAY);
    let after = |wall_us, micros| Clock { wall_us: wall_us + micros, uptime: Duration::from_micros(micros) };
    let say = |disk: &mut Disk, seq, wall_us| {
        commit(disk, &[Arc::new(Record { wall_us, ..(*said(seq, &lab, "x")).clone() })]);
    };
    let (mut disk, _) = folder.open(options);
    disk.upkeep(after(2 * now, 0)).unwrap();
    say(&mut disk, 1, 2 * now);
    disk.close(Seq(1), Duration::ZERO).unwrap();
    drop(disk);
    let (mut disk, _) = folder.open(options);
    disk.upkeep(after(now, 0)).unwrap();
    say(&mut disk, 2, now);
    assert_eq!(disk.upkeep(after(now, DAY - 1)).unwrap().trimmed, 0);
    assert_eq!(disk.upkeep(after(now, DAY + 1)).unwrap().trimmed, 2);
}

/// The names of those who had taken something back were kept for ever.
#[test]
fn redactions_go_with_what_is_as_old() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(Options { keep: Some(Duration::from_secs(10)), ..OPTIONS });
    let lab = room("#lab");
    let records: Vec<_> = [5, 6, 1_000_000, 1_000_001].map(|seq| said(seq, &lab, "x")).into();
    commit(&mut disk, &records);
    commit(&mut disk, &[redacted(1_000_002, &lab, 5), redacted(1_000_003, &lab, 1_000_001)]);
    let upkeep = disk.upkeep(NOW).unwrap();
    assert_eq!((upkeep.trimmed, upkeep.oldest), (1, Seq(1_000_000)));
    let other = rusqlite::Connection::open(folder.0.join("room.db")).unwrap();
    let left: Vec<u64> = other
        .prepare("SELECT seq FROM redacted")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(left, [1_000_001]);
}
