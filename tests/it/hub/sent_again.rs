//! A message that its client sends again, with the same id, is said once.

use super::kit::{Kit, play};
use expect_test::expect;
use roomchat::chat::kept::{KeptId, Restored, RoomState};
use roomchat::chat::{ClientId, RoomKey, Seq};
use roomchat::text::{Name, RoomName};
use std::time::Duration;

const ID: &str = "+roomchat.invalid/id";

#[test]
fn its_author_alone_is_answered_with_the_first_one() {
    expect![[r#"
        alice> @+roomchat.invalid/id=a1;+x=1;label=1 PRIVMSG #lobby :hi
        bob< @time=2026-01-01T00:00:00.003Z;msgid=n5;+x=1 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @label=1;time=2026-01-01T00:00:00.003Z;msgid=n5;+x=1 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> @label=2;+roomchat.invalid/id=a1;+x=1 PRIVMSG #lobby :hi
        alice< @label=2;time=2026-01-01T00:00:00.003Z;msgid=n5;+x=1 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> @+roomchat.invalid/id=a2 NOTICE #lobby :hi
        bob< @time=2026-01-01T00:00:00.005Z;msgid=n7 :alice!u@10.0.0.1 NOTICE #lobby :hi
        alice< @time=2026-01-01T00:00:00.005Z;msgid=n7 :alice!u@10.0.0.1 NOTICE #lobby :hi
        alice> @+roomchat.invalid/id=a2 NOTICE #lobby :hi
        alice< @time=2026-01-01T00:00:00.005Z;msgid=n7 :alice!u@10.0.0.1 NOTICE #lobby :hi
        alice> @+roomchat.invalid/id=a1 PRIVMSG bob :hi
        bob< @time=2026-01-01T00:00:00.007Z;msgid=n9 :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice< @time=2026-01-01T00:00:00.007Z;msgid=n9 :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice> @+roomchat.invalid/id=a1 PRIVMSG bob :hi
        alice< @time=2026-01-01T00:00:00.007Z;msgid=n9 :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice> @+roomchat.invalid/id=a3 PRIVMSG alice :hi
        alice< @time=2026-01-01T00:00:00.009Z;msgid=nb :alice!u@10.0.0.1 PRIVMSG alice :hi
        alice< @time=2026-01-01T00:00:00.009Z;msgid=nb :alice!u@10.0.0.1 PRIVMSG alice :hi
        alice> @+roomchat.invalid/id=a3 PRIVMSG alice :hi
        alice< @time=2026-01-01T00:00:00.009Z;msgid=nb :alice!u@10.0.0.1 PRIVMSG alice :hi
        alice> @+roomchat.invalid/id=a4 PRIVMSG bob,#lobby :both
        bob< @time=2026-01-01T00:00:00.011Z;msgid=nd :alice!u@10.0.0.1 PRIVMSG bob :both
        bob< @time=2026-01-01T00:00:00.011Z;msgid=ne :alice!u@10.0.0.1 PRIVMSG #lobby :both
        alice< @time=2026-01-01T00:00:00.011Z;msgid=nd :alice!u@10.0.0.1 PRIVMSG bob :both
        alice< @time=2026-01-01T00:00:00.011Z;msgid=ne :alice!u@10.0.0.1 PRIVMSG #lobby :both
        alice> @+roomchat.invalid/id=a4 PRIVMSG bob,#lobby :both
        alice< @time=2026-01-01T00:00:00.011Z;msgid=nd :alice!u@10.0.0.1 PRIVMSG bob :both
        alice< @time=2026-01-01T00:00:00.011Z;msgid=ne :alice!u@10.0.0.1 PRIVMSG #lobby :both
    "#]]
    .assert_eq(&play(
        "bob with message-tags server-time
         alice with echo-message message-tags server-time batch labeled-response roomchat.invalid/id
         alice> @+roomchat.invalid/id=a1;+x=1;label=1 PRIVMSG #lobby :hi
         alice> @label=2;+roomchat.invalid/id=a1;+x=1 PRIVMSG #lobby :hi
         alice> @+roomchat.invalid/id=a2 NOTICE #lobby :hi
         alice> @+roomchat.invalid/id=a2 NOTICE #lobby :hi
         alice> @+roomchat.invalid/id=a1 PRIVMSG bob :hi
         alice> @+roomchat.invalid/id=a1 PRIVMSG bob :hi
         alice> @+roomchat.invalid/id=a3 PRIVMSG alice :hi
         alice> @+roomchat.invalid/id=a3 PRIVMSG alice :hi
         alice> @+roomchat.invalid/id=a4 PRIVMSG bob,#lobby :both
         alice> @+roomchat.invalid/id=a4 PRIVMSG bob,#lobby :both",
    ));
}

/// A client that uses an id for another text is shown what was said.
#[test]
fn the_echo_is_that_of_the_first_text() {
    let mut kit = Kit::new();
    kit.play("bob with message-tags\nalice with message-tags echo-message");
    kit.take();
    kit.play(&format!("alice> @{ID}=a1 PRIVMSG #lobby :one\nalice> @{ID}=a1;+x NOTICE #lobby :two"));
    let shown = kit.take();
    let echo = "alice< @msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one";
    assert_eq!(shown.lines().filter(|line| *line == echo).count(), 2, "{shown}");
    assert_eq!(shown.matches("bob<").count(), 1, "{shown}");
}

/// A label needs an answer, and there is no echo.
#[test]
fn without_echoes_it_is_acknowledged_or_not_answered() {
    expect![[r#"
        alice> @+roomchat.invalid/id=a1;label=1 PRIVMSG #lobby :hi
        alice< @label=1 :irc ACK
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> @+roomchat.invalid/id=a1;label=2 PRIVMSG #lobby :hi
        alice< @label=2 :irc ACK
        bob> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
        alice< :bob!u@10.0.0.1 PRIVMSG #lobby :hi
        bob> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response roomchat.invalid/id
         bob with roomchat.invalid/id
         alice> @+roomchat.invalid/id=a1;label=1 PRIVMSG #lobby :hi
         alice> @+roomchat.invalid/id=a1;label=2 PRIVMSG #lobby :hi
         bob> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
         bob> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi",
    ));
}

/// Another name is another author, and the dead connection's name is free after it has gone.
#[test]
fn on_another_connection_it_is_known_by_name_and_address() {
    expect![[r#"
        alice> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        [Said] #lobby alice: hi
        alice_> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
        bob< :alice_!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @msgid=n8 :alice_!u@10.0.0.1 PRIVMSG #lobby :hi
        alice_< @msgid=n8 :alice_!u@10.0.0.1 PRIVMSG #lobby :hi
        [Said] #lobby alice_: hi
        alice is lost
        bob< :alice!u@10.0.0.1 QUIT :Connection reset
        alice_< @msgid=n9 :alice!u@10.0.0.1 QUIT :Connection reset
        [Closed] Some("alice") Reset
        [Left] #lobby alice 2
        alice_> NICK Alice
        bob< :alice_!u@10.0.0.1 NICK Alice
        alice_< @msgid=na :alice_!u@10.0.0.1 NICK Alice
        [Renamed] alice_ Alice
        alice_> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
        alice_< @msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
    "#]]
    .assert_eq(&play(
        "bob in #lobby
         alice with echo-message message-tags
         console
         alice> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
         alice_ with echo-message message-tags
         alice_> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi
         alice is lost
         alice_> NICK Alice
         alice_> @+roomchat.invalid/id=a1 PRIVMSG #lobby :hi",
    ));
}

#[test]
fn a_batch_has_it_on_its_opening() {
    expect![[r#"
        alice> @label=1;+roomchat.invalid/id=a1 BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :one
        alice> @batch=1 PRIVMSG #lobby :two
        alice> BATCH -1
        bob< @msgid=n5 :alice!u@10.0.0.1 BATCH +n5 draft/multiline #lobby
        bob< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        bob< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob< :alice!u@10.0.0.1 BATCH -n5
        alice< @label=1;msgid=n5 :alice!u@10.0.0.1 BATCH +n5 draft/multiline #lobby
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        alice< :alice!u@10.0.0.1 BATCH -n5
        alice> @label=2;+roomchat.invalid/id=a1 BATCH +2 draft/multiline #lobby
        alice> @batch=2 PRIVMSG #lobby :one
        alice> @batch=2 PRIVMSG #lobby :two
        alice> BATCH -2
        alice< @label=2;msgid=n5 :alice!u@10.0.0.1 BATCH +n5 draft/multiline #lobby
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        alice< :alice!u@10.0.0.1 BATCH -n5
    "#]]
    .assert_eq(&play(
        "bob with batch draft/multiline message-tags
         alice with batch draft/multiline echo-message message-tags labeled-response
         alice> @label=1;+roomchat.invalid/id=a1 BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :one
         alice> @batch=1 PRIVMSG #lobby :two
         alice> BATCH -1
         alice> @label=2;+roomchat.invalid/id=a1 BATCH +2 draft/multiline #lobby
         alice> @batch=2 PRIVMSG #lobby :one
         alice> @batch=2 PRIVMSG #lobby :two
         alice> BATCH -2",
    ));
}

/// What is refused can be said later; and what is no id, or has no text, is sent each time, without it.
#[test]
fn refused_ones_and_odd_ids_are_not_known() {
    let mut kit = Kit::new();
    kit.play("bob with message-tags\nalice with message-tags echo-message\nbob> MODE #lobby +m");
    kit.take();
    let say = format!("alice> @{ID}=a1 PRIVMSG #lobby :hi");
    kit.play(&say);
    assert!(kit.take().contains(" 404 alice #lobby "));
    kit.play("bob> MODE #lobby -m");
    kit.take();
    kit.play(&say);
    assert!(kit.take().contains("bob< @msgid="));
    kit.play("bob> MODE #lobby +m");
    kit.take();
    kit.play(&say);
    let shown = kit.take();
    assert!(shown.contains("alice< @msgid=") && !shown.contains("bob<"), "{shown}");
    kit.play("bob> MODE #lobby -m");
    let long = "x".repeat(65);
    for tag in [ID.to_owned(), format!("{ID}=a\\sb"), format!("{ID}=花"), format!("{ID}={long}")] {
        for _ in 0..2 {
            kit.take();
            kit.play(&format!("alice> @{tag} PRIVMSG #lobby :hi"));
            let shown = kit.take();
            let told = shown.lines().find(|line| line.starts_with("bob<")).unwrap_or_default();
            assert!(told.contains("PRIVMSG #lobby :hi") && !told.contains("roomchat.invalid"), "{shown}");
        }
    }
    for _ in 0..2 {
        kit.play(&format!("alice> @{ID}=t1;+x TAGMSG #lobby"));
        let shown = kit.take();
        let told = shown.lines().find(|line| line.starts_with("bob<")).unwrap_or_default();
        assert!(told.contains("+x :alice") && !told.contains("roomchat.invalid"), "{shown}");
    }
}

/// It is not applied, and so its id is not known either.
#[test]
fn what_a_full_disk_refuses_can_be_said_later() {
    let mut kit = Kit::with(|config| config.persists = true);
    kit.play("bob with message-tags\nalice with message-tags echo-message");
    kit.set_full(true);
    kit.take();
    let say = format!("alice> @{ID}=a1 PRIVMSG #lobby :hi");
    kit.play(&say);
    assert!(kit.take().contains(" 404 alice #lobby "));
    kit.set_full(false);
    kit.take();
    kit.play(&say);
    assert!(kit.take().contains("bob< @msgid="));
}

/// The author is told what was said, and the room has forgotten it.
#[test]
fn what_was_taken_back_comes_back_to_nobody_else() {
    let mut kit = Kit::new();
    let caps = "message-tags echo-message draft/message-redaction draft/chathistory";
    kit.play(&format!("bob with {caps}\nalice with {caps}"));
    kit.take();
    let say = format!("alice> @{ID}=a1 PRIVMSG #lobby :hi");
    kit.play(&say);
    let shown = kit.take();
    let id = shown.split("msgid=").nth(1).and_then(|rest| rest.split([' ', ';']).next()).unwrap().to_owned();
    kit.play(&format!("bob> REDACT #lobby {id}"));
    kit.take();
    kit.play(&say);
    let shown = kit.take();
    assert!(shown.contains(&format!("alice< @msgid={id} ")) && !shown.contains("bob<"), "{shown}");
    kit.play("bob> CHATHISTORY LATEST #lobby * 10");
    assert!(!kit.take().contains(":hi"));
}

/// The time is that of the log, which stands still while the server does.
#[test]
fn after_a_restart_it_is_known_for_ten_minutes() {
    let room = RoomKey { made: Seq(0), name: RoomName::parse("#lobby").unwrap() };
    let client_ids = vec![KeptId {
        name: Name::parse("alice").unwrap(),
        host: "10.0.0.1".to_owned(),
        client_id: ClientId::parse("a1").unwrap(),
        room: room.clone(),
        seq: Seq(71),
        wall_us: 1_767_225_601_000_000,
    }];
    let rooms = vec![RoomState::new(room)];
    let uptime = Duration::from_secs(1000);
    let restored =
        Restored { nonce: "n".to_owned(), last: Seq(100), uptime, rooms, client_ids, ..Restored::default() };
    let mut kit = Kit::restored(&restored, |_| {});
    kit.pass(uptime);
    kit.play("bob with message-tags");
    kit.found(Vec::new());
    kit.play("alice with message-tags echo-message server-time");
    let say = format!("alice> @{ID}=a1 PRIVMSG #lobby :hi");
    kit.take();
    kit.play(&say);
    let shown = kit.take();
    let echo = "alice< @time=2026-01-01T00:00:01.000Z;msgid=n1z :alice!u@10.0.0.1 PRIVMSG #lobby :hi";
    assert!(shown.contains(echo) && !shown.contains("bob<"), "{shown}");
    kit.pass(Duration::from_secs(600));
    kit.take();
    kit.play(&say);
    assert!(kit.take().contains("bob< @msgid="));
}
