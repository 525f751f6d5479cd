//! Values that somebody has written into the tables by hand.

use super::*;

fn edit(folder: &Folder, sql: &str) {
    rusqlite::Connection::open(folder.0.join("room.db")).unwrap().execute_batch(sql).unwrap();
}

/// One such row ended the server each time that somebody entered its room, or let it not start.
#[test]
fn a_row_that_cannot_be_read_is_left_out_alone() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(Options { block_records: 4, ..OPTIONS });
    let lab = room("#lab");
    let records: Vec<_> = (1..=9).map(|seq| said(seq, &lab, &format!("w{seq}"))).collect();
    commit(&mut disk, &records);
    disk.catch_up().unwrap();
    drop(disk);
    // In a block and behind all of them.
    for (seq, value) in [(2, "text = CAST(x'68ff' AS TEXT)"), (3, "wall_us = 'late'"), (9, "source = x'ff'")]
    {
        edit(&folder, &format!("UPDATE record SET {value} WHERE seq = {seq}"));
    }
    edit(
        &folder,
        "UPDATE room SET topic = 'by hand', topic_by = NULL, topic_us = NULL, key_by_server = NULL",
    );
    let (disk, restored) = folder.open(OPTIONS);
    let topic = restored.rooms[0].topic.clone().unwrap();
    assert_eq!((topic.text.as_str(), topic.by.as_str(), topic.at), ("by hand", "", 0));
    let left = ["w1", "w4", "w5", "w6", "w7", "w8"];
    assert_eq!(texts(&disk, &lab, 99), left);
    assert_eq!(find(&mut patient(&disk), search("w", &lab, 99), 99).unwrap().len(), left.len());
}

/// Room #fresh got the row of a secret room that had ended, and once the index was made anew it had
/// the names of those who had been in that.
#[test]
fn a_room_gets_nothing_of_one_that_had_its_row() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let (lab, secret, fresh) = (room("#lab"), room("#secret"), room("#fresh"));
    commit(&mut disk, &[said(1, &lab, "x"), said(2, &secret, "y")]);
    let rooms = vec![lab.clone(), secret.clone()];
    commit(&mut disk, &[record(3, EventKind::Quit { reason: None, rooms })]);
    disk.commit(&[Persist { ended: vec![secret], ..Persist::default() }]).unwrap();
    while disk.upkeep(NOW).unwrap().has_more {}
    commit(&mut disk, &[said(4, &fresh, "z")]);
    drop(disk);
    edit(&folder, "DELETE FROM block; DELETE FROM place");
    let (disk, _) = folder.open(OPTIONS);
    let seqs = |room| disk.reader().unwrap().recent(room, 9).unwrap().iter().map(|r| r.seq().0).collect();
    let of_both: [Vec<u64>; 2] = [seqs(&lab), seqs(&fresh)];
    assert_eq!(of_both, [vec![1, 3], vec![4]]);
}
