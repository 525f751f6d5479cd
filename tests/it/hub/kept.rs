//! A hub whose history is on disk: after a restart, and while the disk is full.

use super::kit::Kit;
use roomchat::chat::kept::{MemberChange, MemberState, Restored, RoomState};
use roomchat::chat::modes::Authority;
use roomchat::chat::room::{Emptied, Listed};
use roomchat::chat::{EventKind, RoomKey, Seq, UserKey};
use roomchat::text::{Name, RoomName};
use std::time::Duration;

/// A room with messages, which has become empty.
fn empty_room(name: &str, made: u64) -> RoomState {
    RoomState {
        emptied: Some(Emptied { seq: Seq(9), since: Duration::ZERO }),
        has_messages: true,
        ..RoomState::new(RoomKey { made: Seq(made), name: RoomName::parse(name).unwrap() })
    }
}

/// The same, which ends ten minutes after the last one has left it.
fn secret_room(name: &str, made: u64) -> RoomState {
    RoomState { flags: roomchat::chat::Flag::Secret as u8, ..empty_room(name, made) }
}

fn restored(rooms: Vec<RoomState>) -> Restored {
    Restored { nonce: "n".to_owned(), last: Seq(100), rooms, ..Restored::default() }
}

/// A wrong start with another `--room` ended it, with all its messages, ten minutes later.
#[test]
fn the_first_room_of_before_stays() {
    let mut locked = empty_room("#lobby", 0);
    locked.flags = roomchat::chat::Flag::InviteOnly as u8;
    let rooms = vec![locked, secret_room("#lab", 5)];
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

/// Somebody from [`Kit`]'s usual address.
fn member(room: &RoomState, user: u64, name: &str, ranks: u8) -> MemberState {
    let (room, name, host) = (room.room.clone(), Name::parse(name).unwrap(), "10.0.0.1".to_owned());
    MemberState { room, user: UserKey(Seq(user)), name, host, ranks }
}

/// For ten minutes nothing kept out somebody who was away.
#[test]
fn a_ban_set_after_a_restart_holds_for_a_member_of_before() {
    let mut room = empty_room("#lab", 5);
    let before = Listed::new("*!*@10.0.0.1".to_owned(), Name::parse("x").unwrap(), 0, Authority::Room);
    room.lists[0].push(before);
    let members = ["alice", "bob", "carol"].map(|name| member(&room, 6, name, 2)).into();
    let mut kit = Kit::restored(&Restored { members, ..restored(vec![room]) }, |_| {});
    kit.play("alice, bob, carol in no room\nalice> JOIN #lab");
    kit.found(Vec::new());
    kit.play("alice> MODE #lab +b bob!*@*\nbob> JOIN #lab\ncarol> JOIN #lab");
    let shown = kit.take();
    assert!(
        shown.contains("bob< :irc 474 ") && shown.contains("carol< :carol!u@10.0.0.1 JOIN #lab"),
        "{shown}"
    );
}

/// The ban of a run of ten minutes held for nobody who was there before it, once the next began.
#[test]
fn a_ban_holds_after_a_second_restart() {
    let mut room = empty_room("#lab", 5);
    let ban = Listed::new("bob!*@*".to_owned(), Name::parse("alice").unwrap(), 0, Authority::Room);
    room.lists[0].push(ban);
    let members = vec![member(&room, 6, "bob", 2), member(&room, 51, "carol", 2)];
    let started = Seq(50);
    let mut kit = Kit::restored(&Restored { started, members, ..restored(vec![room]) }, |_| {});
    kit.play("bob, carol in no room\nbob> JOIN #lab");
    kit.found(Vec::new());
    kit.play("carol> JOIN #lab");
    let shown = kit.take();
    assert!(shown.contains("bob< :irc 474 ") && shown.contains(" 353 carol = #lab :@carol"), "{shown}");
}

/// A room that was closed had become one that is open, and so was to end ten minutes after it was left
/// and a month after it was left: its end was written each round.
#[test]
fn a_refused_join_does_not_change_when_a_room_ends() {
    let mut room = empty_room("#lab", 5);
    room.flags = roomchat::chat::Flag::InviteOnly as u8;
    let mut kit = Kit::restored(&restored(vec![room]), |_| {});
    kit.pass(Duration::from_secs(480));
    kit.play("alice in no room");
    for number in 0..50 {
        kit.play(&format!("alice> JOIN #{number}"));
    }
    kit.play("60 s");
    kit.pass(Duration::from_secs(65));
    kit.play("alice> JOIN #lab");
    kit.found(Vec::new());
    assert!(kit.take().contains("alice< :irc 405 "));
    let before = kit.kept.len();
    kit.play("20 s\n20 s");
    let ended = kit.kept.iter().flat_map(|persist| &persist.ended);
    assert_eq!(ended.filter(|room| room.name.as_str() == "#lab").count(), 1);
    assert!(kit.kept[before..].iter().all(|persist| persist.rooms.is_empty()));
}

/// The modes of an empty room had ended in memory and stayed on disk, where the join that found them over
/// was refused for something else.
#[test]
fn what_a_refused_join_ends_is_kept() {
    let mut room = empty_room("#lobby", 0);
    let ban = |mask: &str, authority| Listed::new(mask.to_owned(), Name::parse("x").unwrap(), 0, authority);
    room.lists[0] = vec![ban("carol!*@*", Authority::Room), ban("alice!*@*", Authority::Server)];
    let mut kit = Kit::restored(&restored(vec![room]), |_| {});
    kit.play("alice in no room");
    kit.pass(Duration::from_secs(601));
    kit.kept.clear();
    kit.play("alice> JOIN #lobby");
    kit.found(Vec::new());
    let shown = kit.take();
    assert!(shown.contains("alice< :irc 474 "), "{shown}");
    let rooms = kit.kept.iter().flat_map(|persist| persist.rooms.values());
    let bans: Vec<_> = rooms.flat_map(|room| &room.lists[0]).map(|ban| ban.mask.as_str()).collect();
    assert_eq!(bans, ["alice!*@*"]);
}

/// Whoever entered it first was nobody's operator for as long as anybody stayed, though nobody
/// with a better right could come back.
#[test]
fn a_room_that_awaits_no_operator_takes_the_first_that_comes() {
    for (ranks, names) in [(0, "@bob"), (2, "bob")] {
        let room = empty_room("#lab", 5);
        let members = vec![member(&room, 6, "carol", ranks)];
        let mut kit = Kit::restored(&Restored { members, ..restored(vec![room]) }, |_| {});
        kit.play("bob in no room\nbob> JOIN #lab");
        kit.found(Vec::new());
        let shown = kit.take();
        assert!(shown.contains(&format!(" 353 bob = #lab :{names}\n")), "{shown}");
    }
}

/// Any passer-by could shorten the time of a room that was kept by closing it, or lock its people out; after
/// a restart somebody who had found it empty was an operator as its maker is.
#[test]
fn a_finder_is_one_after_a_restart() {
    let mut kit = Kit::restored(&restored(vec![empty_room("#lab", 5)]), |_| {});
    kit.pass(Duration::from_secs(601));
    kit.play("bob in no room\n20 s\nbob> JOIN #lab");
    kit.found(Vec::new());
    let members = kit.kept.iter().flat_map(|persist| &persist.members);
    let members: Vec<MemberState> = members
        .filter_map(|change| match change {
            MemberChange::In(member) if member.room.name.as_str() == "#lab" => Some(member.clone()),
            _ => None,
        })
        .collect();
    let mut kit = Kit::restored(&Restored { members, ..restored(vec![empty_room("#lab", 5)]) }, |_| {});
    kit.play("bob in no room\nbob> JOIN #lab");
    kit.found(Vec::new());
    let shown = kit.take();
    assert!(shown.contains(" 353 bob = #lab :@bob"), "{shown}");
    for change in ["+k x", "+i", "+s", "+l 1", "+b *!*@*", "+e a", "+I a", "-b x"] {
        kit.play(&format!("bob> MODE #lab {change}"));
        let shown = kit.take();
        assert!(shown.contains("bob< :irc 482 bob #lab :Operators who found"), "{change}: {shown}");
    }
    // Nor after coming in again.
    kit.play("bob> PART #lab\nbob> JOIN #lab\nbob> MODE #lab +k x");
    assert!(kit.take().contains("bob< :irc 482 bob #lab :Operators who found"));
    kit.play("carol in no room\ncarol> JOIN #lab");
    kit.play(
        "bob> MODE #lab +o carol\ncarol> MODE #lab +i\ncarol> MODE #lab +mb m:dave\ncarol> KICK #lab bob",
    );
    let shown = kit.take();
    for told in ["carol< :irc 482 ", "bob< :carol!u@10.0.0.1 MODE #lab +mb m:dave!*@*", "KICK #lab bob"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
}

/// What a class had said in a room of its own was gone ten minutes after the last one had left.
#[test]
fn an_open_room_on_disk_stays_for_a_month() {
    let mut closed = empty_room("#closed", 6);
    closed.flags = roomchat::chat::Flag::InviteOnly as u8;
    let mut banned = empty_room("#banned", 7);
    let everybody = Listed::new("*!*@*".to_owned(), Name::parse("x").unwrap(), 0, Authority::Room);
    banned.lists[0].push(everybody);
    let rooms = vec![empty_room("#lab", 5), closed, banned];
    let mut kit = Kit::restored(&restored(rooms), |_| {});
    let day = Duration::from_secs(24 * 3600);
    kit.pass(29 * day);
    kit.play("alice in no room\n20 s\nalice> LIST\nalice> JOIN #banned");
    kit.found(Vec::new());
    let shown = kit.take();
    assert!(shown.contains(" 322 alice #lab 0 ") && !shown.contains("#closed"), "{shown}");
    assert!(
        shown.contains(" 474 alice #banned "),
        "a ban lasts as long as what it keeps from being read: {shown}"
    );
    kit.pass(2 * day);
    kit.play("bob in no room\n20 s\nbob> LIST");
    let shown = kit.take();
    assert!(!shown.contains(" 322 bob #lab "), "{shown}");
}

/// A session that waited for its last page waited for ever.
#[test]
fn a_room_may_end_while_its_page_is_awaited() {
    let mut kit = Kit::restored(&restored(vec![secret_room("#lab", 5)]), |_| {});
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

/// A client without standard-replies was told that its notice had been handled, which nobody got.
#[test]
fn a_labelled_notice_that_is_refused_gets_an_error() {
    let mut kit = Kit::restored(&restored(Vec::new()), |_| {});
    kit.play("alice with batch labeled-response\nalice> JOIN #lobby");
    kit.set_full(true);
    kit.take();
    kit.play("alice> @label=1 NOTICE #lobby :x\nalice> NOTICE #lobby :x");
    let shown = kit.take();
    let answers: Vec<&str> = shown.lines().filter(|line| line.starts_with("alice<")).collect();
    let refused = "alice< @label=1 :irc 404 alice #lobby :The server's disk is full, try again later";
    assert_eq!(answers, [refused]);
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

/// The disk was told only of those who were there, and kept whoever had come back and gone meanwhile.
#[test]
fn members_of_before_who_are_still_away_are_told_when_the_disk_has_room() {
    let room = empty_room("#lab", 5);
    let members = ["alice", "bob"].map(|name| member(&room, 6, name, 2)).into();
    let mut kit = Kit::restored(&Restored { members, ..restored(vec![room]) }, |_| {});
    kit.play("alice in no room");
    kit.set_full(true);
    kit.play("alice> JOIN #lab");
    kit.found(Vec::new());
    kit.play("alice> PART #lab");
    kit.kept.clear();
    kit.set_full(false);
    let members =
        kit.kept.iter().filter_map(|persist| persist.everything.as_ref()).flat_map(|all| &all.members);
    let of_lab = members.filter(|member| member.room.name.as_str() == "#lab");
    let known: Vec<_> = of_lab.map(|member| (member.name.as_str(), member.user, member.ranks)).collect();
    assert_eq!(known, [("bob", UserKey(Seq(6)), 2)]);
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
