//! The ids that clients give their messages, over a restart.

use super::*;
use crate::chat::ClientId;
use crate::chat::client_ids::KNOWN_TIME;

fn with_id(record: &Arc<Record>, id: &str, wall_us: u64) -> Arc<Record> {
    let mut record = Record { wall_us, ..Record::clone(record) };
    if let EventKind::Said { chat_message, .. } = &mut record.kind {
        chat_message.client_id = ClientId::parse(id);
    }
    Arc::new(record)
}

fn known(restored: &Restored) -> Vec<(&str, u64, u64)> {
    let ids = restored.client_ids.iter();
    ids.map(|known| (known.client_id.as_str(), known.seq.0, known.wall_us)).collect()
}

/// As kill -9 leaves it: nothing is closed.
#[test]
fn a_start_knows_the_ids_of_what_is_kept() {
    let folder = Folder::new();
    let lab = room("#lab");
    let (mut disk, _) = folder.open(OPTIONS);
    let ids = [(3, "a"), (4, ""), (5, "b"), (6, "c")];
    commit(&mut disk, &ids.map(|(seq, id)| with_id(&said(seq, &lab, "hi"), id, seq)));
    commit(&mut disk, &[redacted(7, &lab, 5)]);
    drop(disk);
    let (_, restored) = folder.open(OPTIONS);
    assert_eq!(known(&restored), [("a", 3, 3), ("c", 6, 6)]);
    let first = &restored.client_ids[0];
    assert_eq!((&*first.name.to_string(), &*first.host, &first.room), ("小明", "10.0.0.1", &lab));
}

#[test]
fn an_id_goes_with_its_message() {
    let folder = Folder::new();
    let lab = room("#lab");
    let (mut disk, _) = folder.open(OPTIONS);
    commit(&mut disk, &[with_id(&said(3, &lab, "hi"), "xyzzy-plugh", 3), said(4, &lab, "x")]);
    commit(&mut disk, &[redacted(5, &lab, 3)]);
    while disk.upkeep(NOW).unwrap().has_traces {}
    assert!(!is_in_a_file(&folder.0, "xyzzy-plugh"));
}

/// Somebody whose client counts its messages said them once: the last record says since when ids count, and
/// a clock that was set back between two records hides none.
#[test]
fn old_ids_are_not_known_after_a_start() {
    let folder = Folder::new();
    let (lab, time) = (room("#lab"), KNOWN_TIME.as_micros() as u64);
    let (mut disk, _) = folder.open(OPTIONS);
    let walls = [(1, 5), (2, 6 + time), (3, 5), (4, 6 + time)];
    commit(&mut disk, &walls.map(|(seq, wall)| with_id(&said(seq, &lab, "hi"), &format!("{seq}"), wall)));
    drop(disk);
    let (_, restored) = folder.open(OPTIONS);
    assert_eq!(known(&restored), [("2", 2, 6 + time), ("4", 4, 6 + time)]);
}

#[test]
fn an_author_has_128_ids_after_a_start() {
    let folder = Folder::new();
    let lab = room("#lab");
    let (mut disk, _) = folder.open(OPTIONS);
    let ids = (1..=130).map(|seq| with_id(&said(seq, &lab, "hi"), &format!("{seq}"), 5));
    commit(&mut disk, &ids.collect::<Vec<_>>());
    drop(disk);
    let (_, restored) = folder.open(OPTIONS);
    assert_eq!((restored.client_ids.len(), known(&restored)[0]), (128, ("3", 3, 5)));
}
