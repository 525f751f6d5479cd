mod client_ids;
mod cuts;
mod damaged;
mod index;
mod migration;
mod traces;
mod trims;

use super::writing::Writing;
use super::*;
use crate::chat::action::{ChatMessage, MessageKind};
use crate::chat::kept::{Everything, MemberChange, MemberState, Persist, Restored, RoomState};
use crate::chat::modes::{Authority, Flag};
use crate::chat::question::{Question, Search, Wanted};
use crate::chat::record::SaidTo;
use crate::chat::room::{Emptied, Listed, Setting, Topic};
use crate::chat::{Change, EventKind, List, Nonce, Rank, Record, RoomKey, Seq, UserKey};
use crate::text::{Name, RoomName};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const OPTIONS: Options = Options { sync: Sync::Os, ..Options::DEFAULT };
const NOW: Clock = Clock { wall_us: 1_000_000_000, uptime: Duration::ZERO };

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let name: String = std::iter::repeat_with(fastrand::alphanumeric).take(12).collect();
        Folder(std::env::temp_dir().join(format!("roomchat-{name}")).join("data"))
    }

    fn open(&self, options: Options) -> (Disk, Restored) {
        open(&self.0, options, "n").unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn room(text: &str) -> RoomKey {
    RoomKey { made: Seq(1), name: RoomName::parse(text).unwrap() }
}

fn record(seq: u64, kind: EventKind) -> Arc<Record> {
    let (id, author, name) = (Nonce::new("n").message_id(Seq(seq)), UserKey(Seq(7)), name("小明"));
    let source = "小明!~u@10.0.0.1".into();
    Arc::new(Record { id, wall_us: seq * 1000, author, name, source, by_bot: false, kind })
}

fn said(seq: u64, to: &RoomKey, text: &str) -> Arc<Record> {
    let (kind, text) = (MessageKind::Message, text.into());
    let chat_message =
        ChatMessage { kind, text, tags: String::new(), parts: Vec::new(), ephemeral: false, client_id: None };
    record(seq, EventKind::Said { to: SaidTo::Room(to.clone(), None), chat_message })
}

fn redacted(seq: u64, room: &RoomKey, message: u64) -> Arc<Record> {
    let message = Nonce::new("n").message_id(Seq(message));
    record(seq, EventKind::Redacted { room: room.clone(), message, reason: None })
}

fn state(key: &RoomKey) -> RoomState {
    RoomState {
        made_at: 5,
        maker: Some("10.0.0.1".into()),
        topic: Some(Topic { text: "今天".to_owned(), by: "a!b@c".to_owned(), at: 6 }),
        flags: Flag::Moderated as u8,
        key: Some(Setting { value: "k".to_owned(), authority: Authority::Server }),
        limit: Some(Setting { value: 3, authority: Authority::Room }),
        lists: [
            vec![Listed::new("b!*@*".to_owned(), name("b"), 1, Authority::Room)],
            Vec::new(),
            vec![
                Listed::new("z!*@*".to_owned(), name("b"), 2, Authority::Room),
                Listed::new("a!*@*".to_owned(), name("b"), 3, Authority::Server),
            ],
        ],
        ..RoomState::new(key.clone())
    }
}

/// Commits this to rooms that are there.
fn commit(disk: &mut Disk, records: &[Arc<Record>]) {
    let rooms: Vec<RoomKey> = records.iter().flat_map(|record| record.kind.rooms()).cloned().collect();
    let rooms = rooms.into_iter().map(|room| (room.clone(), state(&room))).collect();
    disk.commit(&[Persist { records: records.to_vec(), rooms, ..Persist::default() }]).unwrap();
}

fn texts(disk: &Disk, room: &RoomKey, most: usize) -> Vec<String> {
    let records = disk.reader().unwrap().recent(room, most).unwrap();
    let text = |record: &Arc<Record>| match &record.kind {
        EventKind::Said { chat_message, .. } => Some(chat_message.text.to_string()),
        _ => None,
    };
    records.iter().filter_map(text).collect()
}

fn search(text: &str, room: &RoomKey, most: usize) -> Search {
    Search { rooms: vec![room.clone()], text: text.to_owned(), from: None, times: 0..u64::MAX, most }
}

/// One that takes its time, as slow machines do.
fn patient(disk: &Disk) -> Reader {
    disk.reader().unwrap().patient()
}

/// What a search finds up to this number; None where it takes too long.
fn find(reader: &mut Reader, search: Search, until: u64) -> Option<Vec<Arc<Record>>> {
    let mut searching = Searching::new(search, Seq(until));
    loop {
        match reader.search(&mut searching).unwrap() {
            Slice::Last => return Some(searching.into_found()),
            Slice::TooLong => return None,
            Slice::More => {}
        }
    }
}

/// Whether one of the files holds these bytes.
fn is_in_a_file(folder: &Path, text: &str) -> bool {
    let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    fs::read_dir(folder).unwrap().any(|entry| holds(fs::read(entry.unwrap().path()).unwrap()))
}

#[test]
fn every_kind_of_record_comes_back_as_it_was() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    let message = |kind, tags: &str, parts: &[(&str, bool)]| ChatMessage {
        kind,
        text: "哈囉\n你好".into(),
        tags: tags.to_owned(),
        parts: parts
            .iter()
            .map(|&(text, joins)| crate::chat::action::Part { text: text.to_owned(), joins })
            .collect(),
        ephemeral: false,
        client_id: None,
    };
    let to = || SaidTo::Room(lab.clone(), None);
    let changes = vec![
        Change::Flag(Flag::Secret, true),
        Change::Key(Some("k\"".to_owned())),
        Change::Key(None),
        Change::Limit(Some(9)),
        Change::Limit(None),
        Change::List(List::Exceptions, false, "a!*@*".to_owned()),
        Change::Rank(Rank::Voice, true, UserKey(Seq(3)), name("b")),
    ];
    let kinds = [
        EventKind::Said { to: to(), chat_message: message(MessageKind::Message, "", &[]) },
        EventKind::Said {
            to: to(),
            chat_message: message(MessageKind::Notice, "+a=b", &[("哈囉", false), ("你好", true)]),
        },
        EventKind::Said { to: to(), chat_message: message(MessageKind::Tags, "+r=x", &[]) },
        EventKind::Entered { room: lab.clone(), real: "r".to_owned() },
        EventKind::Left(lab.clone(), Some("r".to_owned())),
        EventKind::Left(lab.clone(), None),
        EventKind::Topic(lab.clone(), String::new()),
        EventKind::Kicked {
            room: lab.clone(),
            whom: UserKey(Seq(3)),
            name: name("b"),
            reason: "r".to_owned(),
        },
        EventKind::Modes(lab.clone(), changes),
        EventKind::Renamed { old: name("小明"), new: name("大明"), rooms: Vec::new() },
        EventKind::Quit { reason: None, rooms: Vec::new() },
    ];
    let of_rooms = |kind: EventKind| match kind {
        EventKind::Renamed { old, new, .. } => EventKind::Renamed { old, new, rooms: vec![lab.clone()] },
        EventKind::Quit { reason, .. } => EventKind::Quit { reason, rooms: vec![lab.clone()] },
        kind => kind,
    };
    let kept: Vec<_> = (1..).zip(&kinds).map(|(seq, kind)| record(seq, of_rooms(kind.clone()))).collect();
    commit(&mut disk, &kept);
    let expected: Vec<_> = (1..).zip(kinds).map(|(seq, kind)| format!("{:?}", record(seq, kind))).collect();
    let read = disk.reader().unwrap().recent(&lab, 100).unwrap();
    let read: Vec<_> = read.iter().map(|record| format!("{record:?}")).collect();
    assert_eq!(read, expected);
}

#[test]
fn what_outlives_a_restart_comes_back() {
    let folder = Folder::new();
    let (mut disk, new) = folder.open(OPTIONS);
    assert_eq!((new.nonce.as_str(), new.last, new.rooms.len()), ("n", Seq(0), 0));
    let (lab, gone) = (room("#lab"), room("#gone"));
    let member =
        MemberState { room: lab.clone(), user: UserKey(Seq(2)), name: name("a"), host: "h".into(), ranks: 2 };
    let other = MemberState { user: UserKey(Seq(3)), name: name("b"), ..member.clone() };
    commit(&mut disk, &[said(5, &lab, "哈囉"), said(6, &gone, "x")]);
    disk.commit(&[
        Persist {
            members: vec![MemberChange::In(member.clone()), MemberChange::In(other.clone())],
            uptime: Duration::from_secs(9),
            ..Persist::default()
        },
        Persist {
            members: vec![MemberChange::Out(lab.clone(), other.user)],
            ended: vec![gone.clone()],
            reserved: Some(Seq(1000)),
            uptime: Duration::from_secs(10),
            ..Persist::default()
        },
    ])
    .unwrap();
    drop(disk);
    // As after kill -9: the numbers that were reserved may have been used.
    let (mut disk, restored) = open(&folder.0, OPTIONS, "other").unwrap();
    assert_eq!((restored.nonce.as_str(), restored.last), ("n", Seq(1000)));
    assert_eq!(restored.uptime, Duration::from_secs(10));
    let expected = RoomState { has_messages: true, ..state(&lab) };
    assert_eq!(format!("{:?}", restored.rooms), format!("{:?}", [expected]));
    assert_eq!(restored.members, std::slice::from_ref(&member));
    assert_eq!(disk.messages(), 2, "those of the room that has ended go in the upkeep");
    while disk.upkeep(NOW).unwrap().has_more {}
    assert_eq!((disk.messages(), texts(&disk, &lab, 9)), (1, vec!["哈囉".to_owned()]));

    // A person who comes back has another connection; one who does not is forgotten at the start after that.
    let back = MemberState { user: UserKey(Seq(1500)), ..member };
    disk.commit(&[Persist {
        members: vec![MemberChange::In(back.clone())],
        uptime: Duration::from_secs(700),
        ..Persist::default()
    }])
    .unwrap();
    disk.close(Seq(2000), Duration::from_secs(700)).unwrap();
    drop(disk);
    let (_, restored) = folder.open(OPTIONS);
    assert_eq!((restored.last, restored.members), (Seq(2000), vec![back]));
}

/// A copy that was put back gave numbers again that the server had given since: clients took what was
/// said then for what they had.
#[test]
fn a_copy_that_is_put_back_uses_no_number_again() {
    let folder = Folder::new();
    let at_least = Seq(1_700_000_000_000_000);
    let (_, restored) = folder.open(Options { at_least, ..OPTIONS });
    assert_eq!(restored.last, Seq(0), "a folder that is made has no copy");
    let (disk, restored) = folder.open(Options { at_least, ..OPTIONS });
    assert_eq!(restored.last, at_least);
    drop(disk);
    assert!(folder.open(OPTIONS).1.last > at_least, "also where the clock was set back");
}

#[test]
fn what_is_taken_back_is_gone() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    commit(&mut disk, &[said(5, &lab, "secret"), said(6, &lab, "stays")]);
    commit(&mut disk, &[redacted(7, &lab, 5), redacted(8, &lab, 99)]);
    assert_eq!((texts(&disk, &lab, 9), disk.messages()), (vec!["stays".to_owned()], 1));
    // Nobody reads, so it is done at once.
    let upkeep = disk.upkeep(NOW).unwrap();
    assert!(!upkeep.has_traces && !is_in_a_file(&folder.0, "secret") && is_in_a_file(&folder.0, "stays"));
    drop(disk);
    assert!(!is_in_a_file(&folder.0, "secret"));
}

/// A reader keeps old pages of the write-ahead log.
#[test]
fn what_is_taken_back_is_gone_once_nobody_reads() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    commit(&mut disk, &[said(5, &lab, "secret")]);
    let other = rusqlite::Connection::open(folder.0.join("room.db")).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM record;").unwrap();
    commit(&mut disk, &[redacted(7, &lab, 5)]);
    assert!(disk.upkeep(NOW).unwrap().has_traces && is_in_a_file(&folder.0, "secret"));
    other.execute_batch("ROLLBACK").unwrap();
    assert!(!disk.upkeep(NOW).unwrap().has_traces && !is_in_a_file(&folder.0, "secret"));
}

/// Something of them was not kept while the disk was full.
#[test]
fn all_rooms_and_members_are_replaced() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let (lab, gone) = (room("#lab"), room("#gone"));
    commit(&mut disk, &[said(5, &lab, "x"), said(6, &gone, "x")]);
    let member = |user, name_: &str| MemberState {
        room: lab.clone(),
        user: UserKey(Seq(user)),
        name: name(name_),
        host: "h".into(),
        ranks: 1,
    };
    let old = MemberChange::In(member(1, "a"));
    disk.commit(&[Persist { members: vec![old], ..Persist::default() }]).unwrap();
    let new = member(2, "b");
    let everything = Everything { rooms: [(lab.clone(), state(&lab))].into(), members: vec![new.clone()] };
    let ended = vec![gone];
    disk.commit(&[Persist { everything: Some(everything), ended, ..Persist::default() }]).unwrap();
    drop(disk);
    let (_, restored) = folder.open(OPTIONS);
    let rooms: Vec<&RoomKey> = restored.rooms.iter().map(|state| &state.room).collect();
    assert_eq!((rooms, restored.members), (vec![&lab], vec![new]));
}

/// Whoever had been in a room before the start, came back while the disk was full and was put out again
/// had his rank back after the next start.
#[test]
fn a_member_of_before_who_has_come_back_is_replaced_too() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    let member = |user, called: &str| MemberState {
        room: lab.clone(),
        user: UserKey(Seq(user)),
        name: name(called),
        host: "h".into(),
        ranks: 2,
    };
    let (back, away) = (member(1, "a"), member(2, "b"));
    commit(&mut disk, &[said(5, &lab, "x")]);
    let members = vec![MemberChange::In(back), MemberChange::In(away.clone())];
    disk.commit(&[Persist { members, ..Persist::default() }]).unwrap();
    drop(disk);
    let (mut disk, _) = folder.open(OPTIONS);
    let everything = Everything { rooms: [(lab.clone(), state(&lab))].into(), members: vec![away.clone()] };
    disk.commit(&[Persist { everything: Some(everything), ..Persist::default() }]).unwrap();
    drop(disk);
    assert_eq!(folder.open(OPTIONS).1.members, [away]);
}

/// A room whose name can't be read was ended with all its messages, and those who had not come back
/// since the start lost their ranks.
#[test]
fn what_the_lobby_does_not_know_is_not_replaced() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    let member =
        MemberState { room: lab.clone(), user: UserKey(Seq(1)), name: name("a"), host: "h".into(), ranks: 2 };
    commit(&mut disk, &[said(5, &lab, "x")]);
    let members = vec![MemberChange::In(member.clone())];
    disk.commit(&[Persist { members, ..Persist::default() }]).unwrap();
    drop(disk);
    let (mut disk, _) = folder.open(OPTIONS);
    let everything = Everything { rooms: Default::default(), members: Vec::new() };
    disk.commit(&[Persist { everything: Some(everything), ..Persist::default() }]).unwrap();
    drop(disk);
    let (_, restored) = folder.open(OPTIONS);
    let rooms: Vec<&RoomKey> = restored.rooms.iter().map(|state| &state.room).collect();
    assert_eq!((rooms, restored.members), (vec![&lab], vec![member]));
}

/// What was said in the new room went with what was left of the old one.
#[test]
fn a_room_that_has_ended_may_be_made_again() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    commit(&mut disk, &[said(5, &lab, "old")]);
    disk.commit(&[Persist { ended: vec![lab.clone()], ..Persist::default() }]).unwrap();
    commit(&mut disk, &[said(6, &lab, "new")]);
    while disk.upkeep(NOW).unwrap().has_more {}
    assert_eq!((texts(&disk, &lab, 9), disk.messages()), (vec!["new".to_owned()], 1));
}

/// It began again from zero, and with it all that ends by uptime.
#[test]
fn uptime_does_not_go_back() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let reserved = Some(Seq(5));
    disk.commit(&[Persist { reserved, uptime: Duration::from_secs(9), ..Persist::default() }]).unwrap();
    disk.commit(&[Persist { reserved, ..Persist::default() }]).unwrap();
    drop(disk);
    assert_eq!(folder.open(OPTIONS).1.uptime, Duration::from_secs(9));
}

/// A commit of messages writes neither how many there are nor the uptime, and neither is lost by a crash.
#[test]
fn what_is_seldom_written_is_known_after_a_crash() {
    let folder = Folder::new();
    let lab = room("#lab");
    let (mut messages, mut seq, mut last, mut uptime) = (0, 0, 0, Duration::ZERO);
    let mut random = fastrand::Rng::with_seed(7);
    for crash in 0..20 {
        let (mut disk, restored) = folder.open(OPTIONS);
        assert_eq!(disk.messages(), messages, "after crash {crash}");
        assert!(restored.uptime <= uptime && restored.uptime + Duration::from_secs(1) > uptime);
        let mut left = 1 + random.usize(..700);
        while left > 0 {
            let size = left.min(1 + random.usize(..200));
            (left, uptime) = (left - size, uptime + Duration::from_millis(random.u64(..700)));
            let mut records: Vec<_> = (0..size as u64).map(|nth| said(seq + 1 + nth, &lab, "x")).collect();
            (seq, messages) = (seq + size as u64, messages + size as u64);
            if random.u8(..4) == 0 {
                records.push(redacted(seq + 1, &lab, last + 1));
                (seq, messages, last) = (seq + 1, messages - 1, seq + 1);
            }
            let has_room = crash == 0 || random.bool();
            let rooms = has_room.then(|| (lab.clone(), state(&lab))).into_iter().collect();
            disk.commit(&[Persist { records, rooms, uptime, ..Persist::default() }]).unwrap();
            disk.catch_up().unwrap();
        }
        assert_eq!(disk.messages(), messages);
    }
}

/// The time since when a room is empty is one of the log's uptime, which is not behind it after a crash.
#[test]
fn no_room_was_emptied_later_than_now() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let (lab, since) = (room("#lab"), Duration::from_millis(10));
    let emptied = Some(Emptied { seq: Seq(3), since });
    let rooms = BTreeMap::from([(lab.clone(), RoomState { emptied, ..state(&lab) })]);
    disk.commit(&[Persist { rooms, uptime: since, ..Persist::default() }]).unwrap();
    drop(disk);
    assert_eq!(folder.open(OPTIONS).1.uptime, since);
}

/// A count of 0 with one message ended the server at its redaction, and an uptime near the largest integer
/// at the first commit.
#[test]
fn a_wrong_number_in_the_file_ends_no_server() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    commit(&mut disk, &[said(5, &lab, "x")]);
    drop(disk);
    let alter = |name: &str, value: i64| {
        let other = rusqlite::Connection::open(folder.0.join("room.db")).unwrap();
        other.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", (name, value)).unwrap();
    };
    alter("messages", 0);
    let (mut disk, _) = folder.open(OPTIONS);
    commit(&mut disk, &[redacted(7, &lab, 5)]);
    assert_eq!(disk.messages(), 0);
    drop(disk);
    for name in ["uptime_us", "seq", "messages"] {
        for value in [i64::MAX - 5, -1] {
            alter(name, value);
            let refused = open(&folder.0, OPTIONS, "n");
            let Err(OpenError::Failed(why)) = refused else { panic!("{name} was {value}: {refused:?}") };
            assert!(why.contains(&format!("{name} in the table meta can't be {value}")), "{why}");
        }
        alter(name, 9);
    }
    folder.open(OPTIONS);
}

#[test]
fn a_page_has_so_many_messages_and_as_many_other_events() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let (lab, other) = (room("#lab"), room("#other"));
    let mut records: Vec<_> = (10..20).map(|seq| said(seq, &lab, &seq.to_string())).collect();
    records.push(said(20, &other, "x"));
    records.extend((21..30).map(|seq| record(seq, EventKind::Left(lab.clone(), None))));
    commit(&mut disk, &records);
    let page = disk.reader().unwrap().recent(&lab, 3).unwrap();
    let seqs: Vec<u64> = page.iter().map(|record| record.seq().0).collect();
    assert_eq!(seqs, [17, 18, 19, 27, 28, 29]);
    assert!(disk.reader().unwrap().recent(&room("#none"), 3).unwrap().is_empty());
}

/// Each of them took a transaction, and five seconds where nothing else was to be done.
#[test]
fn many_rooms_that_have_ended_go_together() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let rooms: Vec<RoomKey> = (0..20).map(|number| room(&format!("#{number}"))).collect();
    let records: Vec<_> = (5..).zip(&rooms).map(|(seq, room)| said(seq, room, "x")).collect();
    commit(&mut disk, &records);
    disk.commit(&[Persist { ended: rooms, ..Persist::default() }]).unwrap();
    assert_eq!((disk.upkeep(NOW).unwrap().has_more, disk.messages()), (false, 0));
}

#[test]
fn what_happened_in_two_rooms_stays_until_both_have_ended() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let (lab, other) = (room("#lab"), room("#other"));
    let quit = EventKind::Quit { reason: None, rooms: vec![lab.clone(), other.clone()] };
    commit(&mut disk, &[record(5, quit)]);
    let mut end = |room: &RoomKey| {
        disk.commit(&[Persist { ended: vec![room.clone()], ..Persist::default() }]).unwrap();
        while disk.upkeep(NOW).unwrap().has_more {}
        disk.reader().unwrap().recent(&other, 9).unwrap().len()
    };
    assert_eq!((end(&lab), end(&other)), (1, 0));
}

#[test]
fn a_folder_is_for_one_process_and_for_nobody_else() {
    let folder = Folder::new();
    let (disk, _) = folder.open(OPTIONS);
    assert!(matches!(open(&folder.0, OPTIONS, "n"), Err(OpenError::Locked)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.0), 0o700);
        for entry in fs::read_dir(&folder.0).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }
    drop(disk);
    folder.open(OPTIONS);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("letter.txt");
    fs::write(&file, "dear").unwrap();
    assert!(matches!(open(&folder.0, OPTIONS, "n"), Err(OpenError::Foreign(_))));
    fs::remove_file(&file).unwrap();

    let database = folder.0.join("room.db");
    fs::write(&database, "no database at all").unwrap();
    assert!(matches!(open(&folder.0, OPTIONS, "n"), Err(OpenError::Foreign(_))));
    assert_eq!(fs::read(&database).unwrap(), b"no database at all");
    fs::remove_file(&database).unwrap();

    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.execute_batch("CREATE TABLE letter (text)").unwrap();
    #[cfg(unix)]
    let mode = |path: &Path, set: Option<u32>| {
        use std::os::unix::fs::PermissionsExt;
        set.into_iter().for_each(|mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap());
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    #[cfg(unix)]
    let _ = [&folder.0, &database].map(|path| mode(path, Some(0o755)));
    assert!(matches!(open(&folder.0, OPTIONS, "n"), Err(OpenError::Foreign(_))));
    #[cfg(unix)]
    assert_eq!([&folder.0, &database].map(|path| mode(path, None)), [0o755; 2]);
    assert!(!folder.0.join("lock").exists());
    drop(connection);
    fs::remove_file(&database).unwrap();

    folder.open(OPTIONS);
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    assert!(matches!(open(&folder.0, OPTIONS, "n"), Err(OpenError::Newer)));
}

/// Pages had no bound: other lookups waited, and the log of the writes grew meanwhile.
#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let folder = Folder::new();
    let (mut disk, _) = folder.open(OPTIONS);
    let lab = room("#lab");
    commit(&mut disk, &(1..500).map(|seq| said(seq, &lab, "今天")).collect::<Vec<_>>());
    let mut reader = patient(&disk);
    let wanted = Wanted { events: false, tags: false };
    let latest = Question::Latest(None);
    let answers = |reader: &mut Reader| {
        let page = reader.answer(&lab, Seq(9999), &latest, 400, wanted).unwrap();
        let found = find(reader, search("今天", &lab, 400), 9999);
        [page, found].map(|records| records.map(|records| records.len()))
    };
    assert_eq!(answers(&mut reader), [Some(400); 2]);
    reader.answer_time = Duration::ZERO;
    assert_eq!(answers(&mut reader), [None; 2]);
    assert_eq!(reader.recent(&lab, 400).unwrap().len(), 400, "it is needed to enter the room");
}
