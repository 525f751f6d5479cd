//! Folders of earlier versions.

use super::*;

const VERSION_1: &str = include_str!("../../../fixtures/data/version-1.sql");

/// All that was kept is there, and the old index is gone, with a word of what was taken back in it.
#[test]
fn a_folder_of_version_1_is_taken_over() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    let old = rusqlite::Connection::open(folder.0.join("room.db")).unwrap();
    old.execute_batch(VERSION_1).unwrap();
    drop(old);
    assert!(is_in_a_file(&folder.0, "zanzibar"));
    let (mut disk, restored) = folder.open(OPTIONS);
    let lab = RoomKey { made: Seq(0), name: RoomName::parse("#lobby").unwrap() };
    assert_eq!((restored.nonce.as_str(), disk.messages()), ("abc", 2));
    assert!(restored.rooms.iter().any(|state| state.room == lab && state.has_messages));
    assert_eq!(texts(&disk, &lab, 9), ["哈囉 world", "今天"]);
    let found = find(&mut patient(&disk), search("哈囉", &lab, 9), 1 << 30).unwrap();
    assert_eq!(found.len(), 1);
    while disk.upkeep(NOW).unwrap().has_more {}
    assert!(!is_in_a_file(&folder.0, "zanzibar") && !is_in_a_file(&folder.0, "search"));
    let exported = |disk: &mut Disk| {
        let sql = "SELECT count(*) FROM message WHERE room = '#lobby'";
        disk.transact(|writing| writing.connection().query_row(sql, [], |row| row.get::<_, u64>(0))).unwrap()
    };
    assert_eq!(exported(&mut disk), 2);
    let wall_us = 1_800_000_000_709_999;
    commit(&mut disk, &[Arc::new(Record { wall_us, ..(*said(2_000_000, &lab, "new")).clone() })]);
    assert_eq!(exported(&mut disk), 3, "the tail as well");
    let time: String = disk
        .transact(|writing| {
            let sql = "SELECT time FROM message ORDER BY seq DESC LIMIT 1";
            writing.connection().query_row(sql, [], |row| row.get(0))
        })
        .unwrap();
    assert_eq!(time, "2027-01-15T08:00:00.709Z", "cut, as clients are told it");
    drop(disk);
    folder.open(OPTIONS);
}

/// All messages were looked at before anybody was let in: at a million for many seconds.
#[test]
fn blocks_of_earlier_versions_are_renewed_behind_the_start() {
    const TO_VERSION_2: &str = "
        DELETE FROM meta WHERE name = 'outdated';
        UPDATE block SET words = zeroblob(length(words));
        DROP TABLE clock_behind;
        PRAGMA user_version = 2";
    const MORE_OF_VERSION_1: &str = "
        INSERT INTO record (seq, wall_us, author, source, by_bot, kind, text, rooms)
            WITH RECURSIVE number (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM number WHERE n < 1700)
            SELECT n, 1000 * n, 3, 'ann!u@10.0.0.1', 0, 'message', 'text' || n || ' ok', '[1]' FROM number;
        INSERT INTO place SELECT 1, 1, seq, wall_us FROM record WHERE seq >= 100";
    let lobby = RoomKey { made: Seq(0), name: RoomName::parse("#lobby").unwrap() };
    let make = |script: &str| {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        let database = rusqlite::Connection::open(folder.0.join("room.db")).unwrap();
        database.execute_batch(&[VERSION_1, MORE_OF_VERSION_1, script].join(";")).unwrap();
        folder
    };
    let version_1 = make("");
    let version_2 = make("");
    drop(version_2.open(OPTIONS));
    rusqlite::Connection::open(version_2.0.join("room.db")).unwrap().execute_batch(TO_VERSION_2).unwrap();
    for folder in [version_1, version_2] {
        let (mut disk, _) = folder.open(OPTIONS);
        let number = |disk: &mut Disk, sql: &str| {
            disk.transact(|writing| writing.connection().query_row(sql, [], |row| row.get::<_, u64>(0)))
                .unwrap()
        };
        let all = |disk: &Disk| {
            let from = Search { from: Some(name("ann")), ..search("", &lobby, 9) };
            let searches = ["text1", "TEXT1699", "text150", "zanzibar"].map(|text| search(text, &lobby, 9));
            let found = |search| find(&mut patient(disk), search, 9999).unwrap();
            let seqs = |found: Vec<Arc<Record>>| found.iter().map(|record| record.seq().0).collect();
            let mut all: Vec<Vec<u64>> =
                searches.into_iter().chain([from]).map(|search| seqs(found(search))).collect();
            all.push(seqs(disk.reader().unwrap().recent(&lobby, 600).unwrap()));
            all
        };
        let before = all(&disk);
        let found: Vec<usize> = before.iter().map(Vec::len).collect();
        assert_eq!(found, [9, 1, 9, 0, 9, 601]);
        let outdated = "SELECT coalesce(sum(value), 0) FROM meta WHERE name = 'outdated'";
        assert!(number(&mut disk, outdated) > 1500, "nothing is made anew yet");
        disk.upkeep(NOW).unwrap();
        while disk.upkeep(NOW).unwrap().has_more {
            assert_eq!(all(&disk), before);
        }
        assert_eq!((number(&mut disk, outdated), all(&disk)), (0, before));
        let without_words = "SELECT count(*) FROM block WHERE words = zeroblob(length(words))";
        assert_eq!(number(&mut disk, without_words), 0);
    }
}
