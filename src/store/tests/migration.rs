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
