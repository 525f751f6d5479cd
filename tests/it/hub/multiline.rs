//! draft/multiline.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn those_who_know_batches_get_one_and_the_others_get_lines() {
    expect![[r#"
        alice> @label=7;+x=1 BATCH +1a draft/multiline #LOBBY
        alice> @batch=1a PRIVMSG #lobby :hello
        alice> @batch=1a PRIVMSG #lobby :
        alice> @batch=1a;label=8 PRIVMSG #lobby :how is
        alice> @batch=1a;draft/multiline-concat PRIVMSG #lobby :everyone?
        alice> BATCH -1a
        alice< @label=7;time=2026-01-01T00:00:00.011Z;msgid=n9;+x=1 :alice!u@10.0.0.1 BATCH +n9 draft/multiline #lobby
        alice< @batch=n9 :alice!u@10.0.0.1 PRIVMSG #lobby :hello
        alice< @batch=n9 :alice!u@10.0.0.1 PRIVMSG #lobby :
        alice< @batch=n9 :alice!u@10.0.0.1 PRIVMSG #lobby :how is
        alice< @batch=n9;draft/multiline-concat :alice!u@10.0.0.1 PRIVMSG #lobby :everyone?
        alice< :alice!u@10.0.0.1 BATCH -n9
        bob< @msgid=n9;+x=1 :alice!u@10.0.0.1 BATCH +n9 draft/multiline #lobby
        bob< @batch=n9 :alice!u@10.0.0.1 PRIVMSG #lobby :hello
        bob< @batch=n9 :alice!u@10.0.0.1 PRIVMSG #lobby :
        bob< @batch=n9 :alice!u@10.0.0.1 PRIVMSG #lobby :how is
        bob< @batch=n9;draft/multiline-concat :alice!u@10.0.0.1 PRIVMSG #lobby :everyone?
        bob< :alice!u@10.0.0.1 BATCH -n9
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :hello
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :how is
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :everyone?
        dave< @time=2026-01-01T00:00:00.011Z;msgid=n9;+x=1 :alice!u@10.0.0.1 PRIVMSG #lobby :hello
        dave< @time=2026-01-01T00:00:00.011Z;+x=1 :alice!u@10.0.0.1 PRIVMSG #lobby :how is
        dave< @time=2026-01-01T00:00:00.011Z;+x=1 :alice!u@10.0.0.1 PRIVMSG #lobby :everyone?
        [Said] #lobby alice: hello
        [Said] #lobby alice: how iseveryone?
    "#]].assert_eq(&play(
        "alice with batch draft/multiline echo-message message-tags server-time labeled-response
         bob with batch draft/multiline message-tags
         carol in #lobby
         dave with message-tags server-time draft/multiline
         console
         alice> @label=7;+x=1 BATCH +1a draft/multiline #LOBBY
         alice> @batch=1a PRIVMSG #lobby :hello
         alice> @batch=1a PRIVMSG #lobby :
         alice> @batch=1a;label=8 PRIVMSG #lobby :how is
         alice> @batch=1a;draft/multiline-concat PRIVMSG #lobby :everyone?
         alice> BATCH -1a",
    ));
}

/// Readers are sorted anew where an event is written differently for some of them.
#[test]
fn before_and_after_a_batch_everybody_is_told_as_ever() {
    expect![[r#"
        alice> PRIVMSG #lobby :one
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :one
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :two
        alice> @batch=1 PRIVMSG #lobby :three
        alice> BATCH -1
        bob< :alice!u@10.0.0.1 BATCH +n8 draft/multiline #lobby
        bob< @batch=n8 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob< @batch=n8 :alice!u@10.0.0.1 PRIVMSG #lobby :three
        bob< :alice!u@10.0.0.1 BATCH -n8
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :two
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :three
        alice> PRIVMSG #lobby :four
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :four
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :four
    "#]]
    .assert_eq(&play(
        "alice with batch draft/multiline
         bob with batch draft/multiline
         carol in #lobby
         alice> PRIVMSG #lobby :one
         alice> BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :two
         alice> @batch=1 PRIVMSG #lobby :three
         alice> BATCH -1
         alice> PRIVMSG #lobby :four",
    ));
}

/// A message to oneself is two batches and only the echo is labelled.
#[test]
fn a_batch_to_oneself() {
    expect![[r#"
        alice> CAP REQ -message-tags
        alice< :irc CAP alice ACK :-message-tags
        alice> @label=7 BATCH +1 draft/multiline alice
        alice> @batch=1 NOTICE alice one
        alice> @batch=1 NOTICE alice two
        alice> BATCH -1
        alice< @label=7 :alice!u@10.0.0.1 BATCH +n3 draft/multiline alice
        alice< @batch=n3 :alice!u@10.0.0.1 NOTICE alice :one
        alice< @batch=n3 :alice!u@10.0.0.1 NOTICE alice :two
        alice< :alice!u@10.0.0.1 BATCH -n3
        alice< :alice!u@10.0.0.1 BATCH +n3 draft/multiline alice
        alice< @batch=n3 :alice!u@10.0.0.1 NOTICE alice :one
        alice< @batch=n3 :alice!u@10.0.0.1 NOTICE alice :two
        alice< :alice!u@10.0.0.1 BATCH -n3
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby alone
        alice> BATCH -1
        alice< :alice!u@10.0.0.1 PRIVMSG #lobby :alone
    "#]]
    .assert_eq(&play(
        "alice with batch echo-message labeled-response draft/multiline message-tags
         alice> CAP REQ -message-tags
         alice> @label=7 BATCH +1 draft/multiline alice
         alice> @batch=1 NOTICE alice one
         alice> @batch=1 NOTICE alice two
         alice> BATCH -1
         alice> BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby alone
         alice> BATCH -1",
    ));
}

#[test]
fn what_is_no_multiline_message_is_refused_once_and_not_sent() {
    for (lines, code) in [
        ("@batch=1 PRIVMSG #lobby :\n@batch=1 PRIVMSG #lobby :", "MULTILINE_INVALID :"),
        (
            "@batch=1 PRIVMSG #lobby :a\n@batch=1;draft/multiline-concat PRIVMSG #lobby :",
            "MULTILINE_INVALID :",
        ),
        ("@batch=1 PRIVMSG #lobby :a\n@batch=1 NOTICE #lobby :a", "MULTILINE_INVALID :"),
        ("@batch=1 JOIN #a", "MULTILINE_INVALID :"),
        ("", "MULTILINE_INVALID :"),
        ("@batch=1 BATCH +2 draft/multiline #lobby", "MULTILINE_INVALID :"),
        ("@batch=1 PRIVMSG #foo :a", "MULTILINE_INVALID_TARGET #lobby #foo :"),
    ] {
        let mut kit = Kit::new();
        kit.play("bob in #lobby\nalice with batch draft/multiline labeled-response");
        kit.play_line("alice", "@label=x BATCH +1 draft/multiline #lobby");
        lines.lines().for_each(|line| kit.play_line("alice", line));
        kit.play_line("alice", "BATCH -1");
        kit.play_line("alice", "PING end");
        let shown = kit.take();
        let expected = format!("alice< @label=x :irc FAIL BATCH {code}");
        assert!(shown.starts_with(&expected), "{lines}: {shown}");
        assert_eq!(shown.lines().count(), 2, "{lines}: {shown}");
    }
}

#[test]
fn the_advertised_limits_are_those() {
    let mut kit = Kit::new();
    kit.play("alice> CAP LS 302");
    assert!(kit.take().contains(" draft/multiline=max-bytes=4096,max-lines=24 "));
    let send = |count: usize, length: usize| {
        let mut kit = Kit::new();
        kit.play("bob in #lobby\nalice with batch draft/multiline");
        kit.play_line("alice", "BATCH +1 draft/multiline #lobby");
        (0..count).for_each(|_| {
            kit.play_line("alice", &format!("@batch=1 PRIVMSG #lobby :{}", "x".repeat(length)))
        });
        kit.play_line("alice", "BATCH -1");
        kit.take()
    };
    assert_eq!(send(24, 1).lines().count(), 24);
    assert_eq!(send(25, 1), "alice< :irc FAIL BATCH MULTILINE_MAX_LINES 24 :max-lines exceeded\n");
    // With the line breaks between them.
    assert_eq!(send(17, 240).lines().count(), 17);
    assert_eq!(send(17, 241), "alice< :irc FAIL BATCH MULTILINE_MAX_BYTES 4096 :max-bytes exceeded\n");
    assert!(send(2, 485).starts_with("alice< :irc 417 "));
}

#[test]
fn a_batch_is_opened_and_ended_once() {
    expect![[r#"
        alice> BATCH
        alice< :irc 461 alice BATCH :Not enough parameters
        alice> BATCH x
        alice< :irc FAIL BATCH INVALID_REFTAG x :Invalid reference tag
        alice> BATCH +
        alice< :irc FAIL BATCH INVALID_REFTAG * :Invalid reference tag
        alice> BATCH +a_b draft/multiline #lobby
        alice< :irc FAIL BATCH INVALID_REFTAG a_b :Invalid reference tag
        alice> BATCH +1
        alice< :irc FAIL BATCH UNKNOWN_TYPE 1 * :Unknown batch type
        alice> BATCH +1 chathistory #lobby
        alice< :irc FAIL BATCH UNKNOWN_TYPE 1 chathistory :Unknown batch type
        alice> BATCH +1 draft/multiline
        alice< :irc FAIL BATCH MULTILINE_INVALID :A multiline batch has a target
        alice> BATCH -1
        alice< :irc FAIL BATCH INVALID_REFTAG 1 :No such batch is open
        alice> @batch=1 PRIVMSG #lobby :lost
        alice< :irc FAIL BATCH INVALID_REFTAG 1 :No such batch is open
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :lost
        alice> PRIVMSG #lobby :in between
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :in between
        alice> BATCH +2 draft/multiline #lobby
        alice< :irc FAIL BATCH MULTILINE_INVALID :Another batch was open: both are dropped
        alice> BATCH -1
        alice< :irc FAIL BATCH INVALID_REFTAG 1 :No such batch is open
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :lost
        31 s
        alice> @batch=1 PRIVMSG #lobby :late
        alice> BATCH -1
        alice< :irc FAIL BATCH TIMEOUT 1 :The batch was open for too long
        alice> BATCH +1 draft/multiline #nowhere
        alice> @batch=1 PRIVMSG #nowhere :lost
        alice> @batch=1 PRIVMSG #nowhere :lost
        alice> BATCH -1
        alice< :irc 403 alice #nowhere :No such channel
    "#]]
    .assert_eq(&play(
        "bob in #lobby
         alice with batch draft/multiline
         alice> BATCH
         alice> BATCH x
         alice> BATCH +
         alice> BATCH +a_b draft/multiline #lobby
         alice> BATCH +1
         alice> BATCH +1 chathistory #lobby
         alice> BATCH +1 draft/multiline
         alice> BATCH -1
         alice> @batch=1 PRIVMSG #lobby :lost
         alice> BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :lost
         alice> PRIVMSG #lobby :in between
         alice> BATCH +2 draft/multiline #lobby
         alice> BATCH -1
         alice> BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :lost
         31 s
         alice> @batch=1 PRIVMSG #lobby :late
         alice> BATCH -1
         alice> BATCH +1 draft/multiline #nowhere
         alice> @batch=1 PRIVMSG #nowhere :lost
         alice> @batch=1 PRIVMSG #nowhere :lost
         alice> BATCH -1",
    ));
}

#[test]
fn it_is_one_message_of_the_past() {
    expect![[r#"
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :one
        alice> @batch=1 PRIVMSG #lobby :
        alice> @batch=1 PRIVMSG #lobby :two
        alice> BATCH -1
        bob< @msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :two
        alice> @label=7 CHATHISTORY LATEST #lobby * 1
        alice< @label=7 :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1;msgid=n5 :alice!u@10.0.0.1 BATCH +n5 draft/multiline #lobby
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :
        alice< @batch=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        alice< @batch=b1 :alice!u@10.0.0.1 BATCH -n5
        alice< :irc BATCH -b1
        bob> CHATHISTORY LATEST #lobby * 1
        bob< :irc BATCH +b2 chathistory #lobby
        bob< @batch=b2;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        bob< @batch=b2 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob< :irc BATCH -b2
    "#]]
    .assert_eq(&play(
        "alice with batch draft/multiline message-tags draft/chathistory labeled-response
         bob with batch message-tags draft/chathistory
         alice> BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :one
         alice> @batch=1 PRIVMSG #lobby :
         alice> @batch=1 PRIVMSG #lobby :two
         alice> BATCH -1
         alice> @label=7 CHATHISTORY LATEST #lobby * 1
         bob> CHATHISTORY LATEST #lobby * 1",
    ));
}

/// multiline, Errors: "Servers MUST use `FAIL` messages … to notify clients of errors
/// with multiline batches".
#[test]
fn a_batch_without_a_target_fails_as_a_batch() {
    expect![[r#"
        alice> @label=1 BATCH +1 draft/multiline
        alice< @label=1 :irc FAIL BATCH MULTILINE_INVALID :A multiline batch has a target
        alice> BATCH +2 draft/other #lobby
        alice< :irc FAIL BATCH UNKNOWN_TYPE 2 draft/other :Unknown batch type
    "#]]
    .assert_eq(&play(
        "alice with batch draft/multiline labeled-response
         alice> @label=1 BATCH +1 draft/multiline
         alice> BATCH +2 draft/other #lobby",
    ));
}

/// In a room without CTCP a request hides in no line of a longer text, joined or not.
#[test]
fn what_a_room_does_not_allow_is_allowed_in_no_line() {
    expect![[r#"
        bob> MODE #lobby +C
        bob< :bob!u@10.0.0.1 MODE #lobby +C
        alice< :bob!u@10.0.0.1 MODE #lobby +C
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :hello
        alice> @batch=1 PRIVMSG #lobby :^AVERSION^A
        alice> BATCH -1
        alice< :irc 404 alice #lobby :Cannot send to channel
        alice> BATCH +2 draft/multiline #lobby
        alice> @batch=2 PRIVMSG #lobby :hello
        alice> @batch=2;draft/multiline-concat PRIVMSG #lobby :^AVERSION^A
        alice> BATCH -2
        alice< :irc 404 alice #lobby :Cannot send to channel
        alice> BATCH +3 draft/multiline #lobby
        alice> @batch=3 PRIVMSG #lobby :hello
        alice> @batch=3 PRIVMSG #lobby :^AACTION waves^A
        alice> BATCH -3
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :hello
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :^AACTION waves^A
    "#]]
    .assert_eq(
        &play(
            &"bob in #lobby
         alice with batch draft/multiline
         bob> MODE #lobby +C
         alice> BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :hello
         alice> @batch=1 PRIVMSG #lobby :^AVERSION^A
         alice> BATCH -1
         alice> BATCH +2 draft/multiline #lobby
         alice> @batch=2 PRIVMSG #lobby :hello
         alice> @batch=2;draft/multiline-concat PRIVMSG #lobby :^AVERSION^A
         alice> BATCH -2
         alice> BATCH +3 draft/multiline #lobby
         alice> @batch=3 PRIVMSG #lobby :hello
         alice> @batch=3 PRIVMSG #lobby :^AACTION waves^A
         alice> BATCH -3"
                .replace("^A", "\x01"),
        )
        .replace('\x01', "^A"),
    );
}

/// Lines that waited for a password were taken for ones that came late.
#[test]
fn a_batch_does_not_age_while_it_waits() {
    let shown = play(
        "bob in #lobby
         alice with batch draft/multiline
         alice>> BATCH +1 draft/multiline #lobby\\r\\nOPER root x\\r\\n@batch=1 PRIVMSG #lobby :a\\r\\nBATCH -1\\r\\n
         40 s
         wrong",
    );
    assert!(shown.contains("bob< :alice!u@10.0.0.1 PRIVMSG #lobby :a"), "{shown}");
}
