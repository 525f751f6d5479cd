//! CHATHISTORY: which messages, in which order, and what is refused.

use super::kit::{Kit, play};
use expect_test::expect;

/// Seven messages, a second apart: `m1` at 00:00:02 to `m7` at 00:00:08.
const SEVEN: &str = "alice with batch draft/chathistory message-tags server-time labeled-response
    bob in #lobby
    1 s
    bob> PRIVMSG #lobby :m1
    1 s
    bob> PRIVMSG #lobby :m2
    1 s
    bob> NOTICE #lobby :m3
    1 s
    bob> PRIVMSG #lobby :m4
    1 s
    bob> PRIVMSG #lobby :m5
    1 s
    bob> PRIVMSG #lobby :m6
    1 s
    bob> PRIVMSG #lobby :m7";

fn time(second: usize) -> String {
    format!("timestamp=2026-01-01T00:00:{second:02}.000Z")
}

/// The texts of the messages that one question brings.
fn texts(question: &str) -> String {
    let mut kit = Kit::new();
    kit.play(SEVEN);
    let shown = kit.take();
    let ids: Vec<&str> =
        shown.split("msgid=").skip(1).map(|rest| rest.split([';', ' ']).next().unwrap()).collect();
    // The last seven are the messages; the first is a JOIN.
    let ids = &ids[ids.len() - 7..];
    let refer = |word: &str| match (word.split_at(1), word[1..].parse::<usize>()) {
        (("m", _), Ok(at)) => format!("msgid={}", ids[at - 1]),
        (("t", _), Ok(second)) => time(second),
        _ => word.to_owned(),
    };
    let question = question.split(' ').map(refer).collect::<Vec<_>>().join(" ");
    kit.play_line("alice", &format!("CHATHISTORY {question}"));
    let answer = kit.take();
    assert!(answer.starts_with("alice< :irc BATCH +b1 chathistory #lobby\n"), "{answer}");
    assert!(answer.ends_with("alice< :irc BATCH -b1\n"), "{answer}");
    answer
        .lines()
        .filter_map(|line| line.split_once("#lobby :"))
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn bounds_are_exclusive_and_the_oldest_comes_first() {
    for (question, expected) in [
        ("LATEST #lobby * 3", "m5 m6 m7"),
        ("LATEST #lobby * 1000", "m1 m2 m3 m4 m5 m6 m7"),
        ("LATEST #lobby m5 9", "m6 m7"),
        ("LATEST #lobby m2 2", "m6 m7"),
        ("LATEST #LOBBY m7 2", ""),
        ("BEFORE #lobby m4 2", "m2 m3"),
        ("BEFORE #lobby m1 2", ""),
        ("AFTER #lobby m4 2", "m5 m6"),
        ("AFTER #lobby m7 2", ""),
        ("AROUND #lobby m4 1", "m4"),
        ("AROUND #lobby m4 3", "m3 m4 m5"),
        ("AROUND #lobby m1 3", "m1 m2 m3"),
        ("AROUND #lobby m7 4", "m5 m6 m7"),
        ("BETWEEN #lobby m2 m6 9", "m3 m4 m5"),
        ("BETWEEN #lobby m2 m6 2", "m3 m4"),
        ("BETWEEN #lobby m6 m2 2", "m4 m5"),
        ("BETWEEN #lobby m6 m2 9", "m3 m4 m5"),
        ("BETWEEN #lobby m3 m3 9", ""),
        ("BEFORE #lobby t4 9", "m1 m2 m3"),
        ("AFTER #lobby t6 9", "m6 m7"),
        ("LATEST #lobby t6 1", "m7"),
        ("BETWEEN #lobby t2 t5 9", "m2 m3 m4"),
        ("between #lobby t5 m1 9", "m2 m3 m4"),
    ] {
        assert_eq!(texts(question), expected, "{question}");
    }
}

#[test]
fn a_time_stands_for_its_whole_millisecond() {
    let mut kit = Kit::new();
    kit.play("alice with batch draft/chathistory server-time\nbob in #lobby\nbob> PRIVMSG #lobby :one");
    let shown = kit.take();
    let time = shown.split("time=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    for subcommand in ["BEFORE", "AFTER"] {
        kit.play_line("alice", &format!("CHATHISTORY {subcommand} #lobby timestamp={time} 9"));
        assert_eq!(kit.take().lines().count(), 2);
    }
    kit.play_line("alice", &format!("CHATHISTORY AROUND #lobby timestamp={time} 1"));
    assert_eq!(kit.take().lines().count(), 3);
}

/// Messages come as they were sent and the label is on the batch.
#[test]
fn messages_come_as_they_were_sent() {
    expect![[r#"
        bob> @+x=1 PRIVMSG #lobby :one
        alice< @time=2026-01-01T00:00:00.003Z;msgid=n5;+x=1 :bob!u@10.0.0.1 PRIVMSG #lobby :one
        bob> NICK ben
        alice< @time=2026-01-01T00:00:00.004Z;msgid=n6 :bob!u@10.0.0.1 NICK ben
        bob< @msgid=n6 :bob!u@10.0.0.1 NICK ben
        alice> @label=7 CHATHISTORY LATEST #LOBBY * 5
        alice< @label=7 :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1;time=2026-01-01T00:00:00.003Z;msgid=n5;+x=1 :bob!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :irc BATCH -b1
        alice> @label=8 CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 5
        alice< @label=8 :irc BATCH +b2 draft/chathistory-targets
        alice< @batch=b2 :irc CHATHISTORY TARGETS #lobby 2026-01-01T00:00:00.003Z
        alice< :irc BATCH -b2
    "#]].assert_eq(&play(
        "alice with batch draft/chathistory message-tags server-time labeled-response echo-message
         bob with message-tags
         bob> @+x=1 PRIVMSG #lobby :one
         bob> NICK ben
         alice> @label=7 CHATHISTORY LATEST #LOBBY * 5
         alice> @label=8 CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 5",
    ));
}

#[test]
fn only_rooms_that_one_is_in_have_a_past() {
    expect![[r#"
        bob> PRIVMSG #lab :secret
        bob> PRIVMSG alice :secret
        alice< :bob!u@10.0.0.1 PRIVMSG alice :secret
        alice> CHATHISTORY LATEST #lab * 5
        alice< :irc FAIL CHATHISTORY INVALID_TARGET LATEST #lab :Messages could not be retrieved
        alice> CHATHISTORY LATEST #nowhere * 5
        alice< :irc FAIL CHATHISTORY INVALID_TARGET LATEST #nowhere :Messages could not be retrieved
        alice> CHATHISTORY LATEST bob * 5
        alice< :irc FAIL CHATHISTORY INVALID_TARGET LATEST bob :Messages could not be retrieved
        alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 5
        alice< :irc BATCH +b1 draft/chathistory-targets
        alice< :irc BATCH -b1
        alice> PART #lobby
        alice< :alice!u@10.0.0.1 PART #lobby
        alice> CHATHISTORY LATEST #lobby * 5
        alice< :irc FAIL CHATHISTORY INVALID_TARGET LATEST #lobby :Messages could not be retrieved
    "#]]
    .assert_eq(&play(
        "alice with draft/chathistory batch
         bob in #lab
         bob> PRIVMSG #lab :secret
         bob> PRIVMSG alice :secret
         alice> CHATHISTORY LATEST #lab * 5
         alice> CHATHISTORY LATEST #nowhere * 5
         alice> CHATHISTORY LATEST bob * 5
         alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 5
         alice> PART #lobby
         alice> CHATHISTORY LATEST #lobby * 5",
    ));
}

#[test]
fn a_room_takes_its_past_with_it() {
    expect![[r#"
        bob> JOIN #lab
        bob< :bob!u@10.0.0.1 JOIN #lab
        bob< :irc 353 bob = #lab :@bob
        bob< :irc 366 bob #lab :End of /NAMES list
        bob> PRIVMSG #lab :secret
        bob> PART #lab
        bob< :bob!u@10.0.0.1 PART #lab
        600 s
        alice< PING :irc
        alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        bob< PING :irc
        bob< :alice!u@10.0.0.1 QUIT :Ping timeout: 150 seconds
        bob<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        carol> JOIN #lab
        carol< :carol!u@10.0.0.1 JOIN #lab
        carol< :irc 353 carol = #lab :@carol
        carol< :irc 366 carol #lab :End of /NAMES list
        carol> CHATHISTORY LATEST #lab * 5
        carol< :irc BATCH +b1 chathistory #lab
        carol< :irc BATCH -b1
    "#]]
    .assert_eq(&play(
        "alice, bob with draft/chathistory batch
         bob> JOIN #lab
         bob> PRIVMSG #lab :secret
         bob> PART #lab
         600 s
         carol with draft/chathistory batch
         carol> JOIN #lab
         carol> CHATHISTORY LATEST #lab * 5",
    ));
}

#[test]
fn what_cannot_be_understood_is_refused() {
    expect![[r#"
        alice> CHATHISTORY
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS * :Unknown command
        alice> CHATHISTORY NONSENSE #lobby * 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS NONSENSE :Unknown command
        alice> CHATHISTORY LATEST #lobby *
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS LATEST :Insufficient parameters
        alice> CHATHISTORY LATEST #lobby * 5 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS LATEST :Too many parameters
        alice> CHATHISTORY LATEST #lobby * x
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS LATEST x :Invalid limit
        alice> CHATHISTORY LATEST #lobby * 0
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS LATEST 0 :Invalid limit
        alice> CHATHISTORY BEFORE #lobby * 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS BEFORE * :That refers to nothing here
        alice> CHATHISTORY BEFORE #lobby timestamp=yesterday 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS BEFORE timestamp=yesterday :That refers to nothing here
        alice> CHATHISTORY BEFORE #lobby timestamp=2026-01-01T00:00:00+08:00 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS BEFORE timestamp=2026-01-01T00:00:00+08:00 :That refers to nothing here
        alice> CHATHISTORY BEFORE #lobby msgid=other 5
        alice< :irc FAIL CHATHISTORY MESSAGE_ERROR BEFORE #lobby msgid=other :That refers to nothing here
        alice> CHATHISTORY BEFORE #lobby nzzzzzzzzzzzz 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS BEFORE nzzzzzzzzzzzz :That refers to nothing here
        alice> CHATHISTORY BEFORE #lobby msgid=n3w5e11264sgsf 5
        alice> CHATHISTORY BEFORE #lobby account=x 5
        alice< :irc FAIL CHATHISTORY INVALID_MSGREFTYPE BEFORE #lobby account=x :That refers to nothing here
        alice> CHATHISTORY TARGETS msgid=n1 * 5
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS TARGETS msgid=n1 :Invalid timestamp
    "#]].assert_eq(&play(
        "alice with draft/chathistory
         alice> CHATHISTORY
         alice> CHATHISTORY NONSENSE #lobby * 5
         alice> CHATHISTORY LATEST #lobby *
         alice> CHATHISTORY LATEST #lobby * 5 5
         alice> CHATHISTORY LATEST #lobby * x
         alice> CHATHISTORY LATEST #lobby * 0
         alice> CHATHISTORY BEFORE #lobby * 5
         alice> CHATHISTORY BEFORE #lobby timestamp=yesterday 5
         alice> CHATHISTORY BEFORE #lobby timestamp=2026-01-01T00:00:00+08:00 5
         alice> CHATHISTORY BEFORE #lobby msgid=other 5
         alice> CHATHISTORY BEFORE #lobby nzzzzzzzzzzzz 5
         alice> CHATHISTORY BEFORE #lobby msgid=n3w5e11264sgsf 5
         alice> CHATHISTORY BEFORE #lobby account=x 5
         alice> CHATHISTORY TARGETS msgid=n1 * 5",
    ));
}

/// Without the capability the command is unknown.
#[test]
fn chathistory_needs_its_capability() {
    expect![[r#"
        alice> CHATHISTORY LATEST #lobby * 5
        alice< :irc 421 alice CHATHISTORY :Unknown command
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> CHATHISTORY LATEST #lobby * 5",
    ));
}

#[test]
fn targets_are_rooms_with_messages_in_the_time() {
    expect![[r#"
        alice> JOIN #a,#b,#c,#d
        alice< :alice!u@10.0.0.1 JOIN #a
        alice< :irc 353 alice = #a :@bob alice
        alice< :irc 366 alice #a :End of /NAMES list
        alice< :alice!u@10.0.0.1 JOIN #b
        alice< :irc 353 alice = #b :@bob alice
        alice< :irc 366 alice #b :End of /NAMES list
        alice< :alice!u@10.0.0.1 JOIN #c
        alice< :irc 353 alice = #c :@bob alice
        alice< :irc 366 alice #c :End of /NAMES list
        alice< :alice!u@10.0.0.1 JOIN #d
        alice< :irc 353 alice = #d :@bob alice
        alice< :irc 366 alice #d :End of /NAMES list
        bob< :alice!u@10.0.0.1 JOIN #a
        bob< :alice!u@10.0.0.1 JOIN #b
        bob< :alice!u@10.0.0.1 JOIN #c
        bob< :alice!u@10.0.0.1 JOIN #d
        1 s
        bob> PRIVMSG #a :x
        alice< :bob!u@10.0.0.1 PRIVMSG #a :x
        1 s
        bob> PRIVMSG #b :x
        alice< :bob!u@10.0.0.1 PRIVMSG #b :x
        1 s
        bob> PRIVMSG #c :x
        alice< :bob!u@10.0.0.1 PRIVMSG #c :x
        alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2026-01-01T00:00:03.000Z 9
        alice< :irc BATCH +b1 draft/chathistory-targets
        alice< @batch=b1 :irc CHATHISTORY TARGETS #a 2026-01-01T00:00:01.005Z
        alice< @batch=b1 :irc CHATHISTORY TARGETS #b 2026-01-01T00:00:02.007Z
        alice< :irc BATCH -b1
        alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:09.000Z timestamp=2026-01-01T00:00:00.000Z 2
        alice< :irc BATCH +b2 draft/chathistory-targets
        alice< @batch=b2 :irc CHATHISTORY TARGETS #b 2026-01-01T00:00:02.007Z
        alice< @batch=b2 :irc CHATHISTORY TARGETS #c 2026-01-01T00:00:03.009Z
        alice< :irc BATCH -b2
        alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2026-01-01T00:00:09.000Z 2
        alice< :irc BATCH +b3 draft/chathistory-targets
        alice< @batch=b3 :irc CHATHISTORY TARGETS #a 2026-01-01T00:00:01.005Z
        alice< @batch=b3 :irc CHATHISTORY TARGETS #b 2026-01-01T00:00:02.007Z
        alice< :irc BATCH -b3
    "#]]
    .assert_eq(&play(
        "alice with draft/chathistory batch
         bob in #a,#b,#c,#d
         alice> JOIN #a,#b,#c,#d
         1 s
         bob> PRIVMSG #a :x
         1 s
         bob> PRIVMSG #b :x
         1 s
         bob> PRIVMSG #c :x
         alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2026-01-01T00:00:03.000Z 9
         alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:09.000Z timestamp=2026-01-01T00:00:00.000Z 2
         alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2026-01-01T00:00:09.000Z 2",
    ));
}

#[test]
fn what_is_kept_is_bounded_by_count_and_by_bytes() {
    let count = |messages: usize, bytes: usize| {
        let mut kit = Kit::with(|config| (config.history, config.history_bytes) = (messages, bytes));
        kit.play("alice with draft/chathistory\nbob in #lobby");
        for at in 0..20 {
            kit.play(&format!("bob> PRIVMSG #lobby :{at} {}", "x".repeat(300)));
        }
        kit.take();
        kit.play_line("alice", "CHATHISTORY LATEST #lobby * 100");
        kit.take().lines().count()
    };
    assert_eq!(count(5, 1 << 20), 5);
    assert_eq!(count(0, 1 << 20), 0);
    assert_eq!(count(100, 1 << 20), 20);
    assert!((1..10).contains(&count(100, 5000)));
}

/// Each room had a bound of its own, and all together none.
#[test]
fn the_past_of_all_rooms_together_is_bounded_by_the_largest() {
    let mut kit = Kit::with(|config| config.history_bytes_in_all = 40_000);
    kit.play("alice with draft/chathistory\nbob in #lobby,#large,#small\nalice> JOIN #large,#small");
    kit.play("bob> PRIVMSG #small :first");
    let text = "x".repeat(300);
    (0..20).for_each(|_| kit.play_line("bob", &format!("PRIVMSG #lobby :{text}")));
    (0..100).for_each(|_| kit.play_line("bob", &format!("PRIVMSG #large :{text}")));
    kit.take();
    let mut kept = |room: &str| {
        kit.play_line("alice", &format!("CHATHISTORY LATEST {room} * 100"));
        kit.take().lines().count()
    };
    assert_eq!((kept("#lobby"), kept("#small")), (20, 1));
    let large = kept("#large");
    assert!((10..60).contains(&large), "{large}");
}

/// chathistory, BETWEEN: bounds that meet, or that are the same, hold nothing.
#[test]
fn nothing_is_between_a_moment_and_itself() {
    expect![[r#"
        alice> PRIVMSG #lobby :one
        alice> CHATHISTORY BETWEEN #lobby timestamp=2026-01-01T00:00:00.002Z timestamp=2026-01-01T00:00:00.002Z 9
        alice< :irc BATCH +b1 chathistory #lobby
        alice< :irc BATCH -b1
        alice> CHATHISTORY BETWEEN #lobby timestamp=2026-01-01T00:00:00.003Z timestamp=2026-01-01T00:00:00.002Z 9
        alice< :irc BATCH +b2 chathistory #lobby
        alice< :irc BATCH -b2
        alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.002Z timestamp=2026-01-01T00:00:00.002Z 9
        alice< :irc BATCH +b3 draft/chathistory-targets
        alice< :irc BATCH -b3
    "#]].assert_eq(&play(
        "alice with batch draft/chathistory
         alice> PRIVMSG #lobby :one
         alice> CHATHISTORY BETWEEN #lobby timestamp=2026-01-01T00:00:00.002Z timestamp=2026-01-01T00:00:00.002Z 9
         alice> CHATHISTORY BETWEEN #lobby timestamp=2026-01-01T00:00:00.003Z timestamp=2026-01-01T00:00:00.002Z 9
         alice> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.002Z timestamp=2026-01-01T00:00:00.002Z 9",
    ));
}

/// The time that is shown is the wall clock's, which may step back; what orders
/// is what was said first.
#[test]
fn the_order_survives_a_clock_set_back() {
    let mut kit = Kit::new();
    kit.play("alice with batch draft/chathistory server-time\nbob in #lobby\nbob> PRIVMSG #lobby :one");
    kit.set_clock(-3_600);
    kit.play("bob> PRIVMSG #lobby :two");
    kit.take();
    let mut ask = |question: &str| {
        kit.play_line("alice", &format!("CHATHISTORY {question}"));
        let answer = kit.take();
        let lines =
            answer.lines().filter_map(|line| line.split_once(" PRIVMSG #lobby :").map(|(_, text)| text));
        let texts: Vec<&str> = lines.collect();
        (texts.join(" "), answer)
    };
    let (texts, answer) = ask("LATEST #lobby * 9");
    assert_eq!(texts, "one two");
    assert!(
        answer.contains("time=2026-01-01T00:00:00.003Z") && answer.contains("time=2025-12-31T23:00:00.004Z"),
        "{answer}"
    );
    assert_eq!(ask("BEFORE #lobby timestamp=2026-01-01T00:00:00.003Z 9").0, "two");
    assert_eq!(ask("AFTER #lobby timestamp=2025-12-31T23:00:00.004Z 9").0, "one");
    assert_eq!(ask("AROUND #lobby timestamp=2026-01-01T00:00:00.003Z 4").0, "one two");
}
