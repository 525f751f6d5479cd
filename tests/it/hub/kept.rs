//! A hub whose history is on disk: after a restart, and while the disk is full.

use super::kit::Kit;
use roomchat::chat::empty_rooms::Emptied;
use roomchat::chat::kept::{Restored, RoomState};
use roomchat::chat::{EventKind, RoomKey, Seq};
use roomchat::text::RoomName;
use std::time::Duration;

/// A room with messages, which has become empty.
fn empty_room(name: &str, made: u64) -> RoomState {
    RoomState {
        emptied: Some(Emptied { seq: Seq(9), since: Duration::ZERO, network: "10.0.0.1".into() }),
        has_messages: true,
        ..RoomState::new(RoomKey { made: Seq(made), name: RoomName::parse(name).unwrap() })
    }
}

fn restored(rooms: Vec<RoomState>) -> Restored {
    Restored { nonce: "n".to_owned(), last: Seq(100), rooms, ..Restored::default() }
}

/// A wrong start with another `--room` ended it, with all its messages, ten minutes later.
#[test]
fn the_first_room_of_before_stays() {
    let mut locked = empty_room("#lobby", 0);
    locked.flags = roomchat::chat::Flag::InviteOnly as u8;
    let rooms = vec![locked, empty_room("#lab", 5)];
    let mut kit =
        Kit::restored(&restored(rooms), |config| config.first_room = RoomName::parse("#hall").unwrap());
    kit.pass(Duration::from_secs(590));
    kit.play("alice in #hall\n20 s\nalice> LIST\nalice> JOIN #lobby");
    kit.found(Vec::new());
    let shown = kit.take();
    assert!(shown.contains(" 322 alice #lobby 0 ") && !shown.contains("#lab"), "{shown}");
    assert!(shown.contains(" 366 alice #lobby "), "whoever left it empty has locked it for ever: {shown}");
    assert!(kit.kept.iter().flat_map(|persist| &persist.ended).all(|room| room.name.as_str() == "#lab"));
    kit.play("alice> PART #lobby");
    kit.pass(Duration::from_secs(601));
    kit.play("bob in #hall\nbob> LIST");
    assert!(kit.take().contains(" 322 bob #lobby 0 "));
}

/// A session that waited for its last page waited for ever.
#[test]
fn a_room_may_end_while_its_page_is_awaited() {
    let mut kit = Kit::restored(&restored(vec![empty_room("#lab", 5)]), |_| {});
    kit.pass(Duration::from_secs(590));
    kit.play("alice, bob in #lobby\nalice> JOIN #lab\n20 s");
    kit.play("bob> PING x");
    assert!(kit.take().contains("alice< :alice!u@10.0.0.1 JOIN #lab"));
}

/// It was dropped in silence.
#[test]
fn an_old_message_is_redacted_before_its_author_leaves() {
    let mut kit = Kit::restored(&restored(Vec::new()), |config| config.history = 1);
    kit.play("alice, bob with echo-message message-tags draft/message-redaction");
    kit.play("alice> PRIVMSG #lobby :wrong\nalice> PRIVMSG #lobby :right");
    let records: Vec<_> = kit.kept.iter().flat_map(|persist| persist.records.clone()).collect();
    let is_wrong = |kind: &EventKind| matches!(kind, EventKind::Said { chat_message, .. } if &*chat_message.text == "wrong");
    let wrong = records.iter().find(|record| is_wrong(&record.kind)).unwrap().clone();
    kit.take();
    kit.play(&format!("alice>> REDACT #lobby {}\\r\\nQUIT\\r\\n", wrong.id));
    assert!(!kit.take().contains("bob<"), "nothing is told before it is known whose it is");
    kit.found(vec![wrong]);
    let shown = kit.take();
    let told = |what: &str| shown.lines().position(|line| line.starts_with("bob< ") && line.contains(what));
    let (redacted, left) = (told(" REDACT #lobby "), told(" QUIT "));
    assert!(redacted.is_some() && redacted < left, "{shown}");
}

/// They were found by their absence among those that there are.
#[test]
fn rooms_that_end_while_the_disk_is_full_are_told_when_it_has_room() {
    let mut kit = Kit::restored(&restored(Vec::new()), |_| {});
    kit.play("alice in #before");
    kit.set_full(true);
    kit.kept.clear();
    kit.play("alice> PART #before\nalice> JOIN #since\nalice> PART #since");
    assert!(kit.kept.iter().all(|persist| persist.ended.is_empty()));
    kit.set_full(false);
    let ended: Vec<&str> =
        kit.kept.iter().flat_map(|persist| &persist.ended).map(|room| room.name.as_str()).collect();
    assert_eq!(ended, ["#before"]);
}

/// Memory had the latest messages and events of long ago, and gave them for all that had happened.
#[test]
fn memory_gives_no_page_with_a_hole() {
    let mut kit = Kit::restored(&restored(Vec::new()), |config| config.history = 1);
    kit.play("alice with batch message-tags draft/chathistory draft/event-playback");
    kit.play("bob in #lobby\nbob> PRIVMSG #lobby :one\nbob> PRIVMSG #lobby :two");
    kit.take();
    kit.play("alice> CHATHISTORY LATEST #lobby * 1");
    assert!(kit.take().contains(":two"));
    kit.play("alice> CHATHISTORY LATEST #lobby * 2");
    assert!(!kit.take().contains(":two"), "it is the disk that knows what was between");
    kit.found(Vec::new());
    assert!(kit.take().contains("BATCH -"));
}
