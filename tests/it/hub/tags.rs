//! Tags, labels, echoes.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn each_reader_gets_the_tags_of_their_own_capabilities() {
    expect![[r#"
        alice> @+x=a\sb;y=1;+z PRIVMSG #lobby :hi
        plain< :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        timed< @time=2026-01-01T00:00:00.006Z :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        tagged< @msgid=nb;+x=a\sb;+z :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        both< @time=2026-01-01T00:00:00.006Z;msgid=nb;+x=a\sb;+z :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> @+typing=active TAGMSG #lobby
        tagged< @msgid=nc;+typing=active :alice!u@10.0.0.1 TAGMSG #lobby
        both< @time=2026-01-01T00:00:00.007Z;msgid=nc;+typing=active :alice!u@10.0.0.1 TAGMSG #lobby
        plain> TAGMSG #lobby
        plain< :irc 421 plain TAGMSG :Unknown command
    "#]]
    .assert_eq(&play(
        "plain in #lobby
         timed with server-time
         tagged with message-tags
         both with message-tags server-time
         alice with message-tags
         alice> @+x=a\\sb;y=1;+z PRIVMSG #lobby :hi
         alice> @+typing=active TAGMSG #lobby
         plain> TAGMSG #lobby",
    ));
}

#[test]
fn an_echo_is_the_message_as_all_got_it() {
    expect![[r#"
        alice> PRIVMSG #lobby :hi
        bob< @time=2026-01-01T00:00:00.003Z;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @time=2026-01-01T00:00:00.003Z;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> PRIVMSG bob :hi
        bob< @time=2026-01-01T00:00:00.004Z;msgid=n6 :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice< @time=2026-01-01T00:00:00.004Z;msgid=n6 :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice> NOTICE #nowhere :hi
    "#]]
    .assert_eq(&play(
        "bob with message-tags server-time
         alice with echo-message message-tags server-time
         alice> PRIVMSG #lobby :hi
         alice> PRIVMSG bob :hi
         alice> NOTICE #nowhere :hi",
    ));
}

/// A reply of one line has the label and a longer one is a batch.
#[test]
fn labels_of_short_and_long_replies() {
    expect![[r#"
        alice> @label=1 PING x
        alice< @label=1 :irc PONG irc :x
        alice> @label=2 PONG x
        alice< @label=2 :irc ACK
        alice> @label=3 PRIVMSG #lobby :hi
        alice< @label=3 :irc ACK
        alice> @label=4 JOIN #lab,bad
        alice< @label=4 :irc BATCH +b1 labeled-response
        alice< @batch=b1 :alice!u@10.0.0.1 JOIN #lab
        alice< @batch=b1 :irc 353 alice = #lab :@alice
        alice< @batch=b1 :irc 366 alice #lab :End of /NAMES list
        alice< @batch=b1 :irc 403 alice bad :a room's name begins with #
        alice< :irc BATCH -b1
        alice> @label=5 WHOIS nobody
        alice< @label=5 :irc BATCH +b2 labeled-response
        alice< @batch=b2 :irc 401 alice nobody :No such nick/channel
        alice< @batch=b2 :irc 318 alice nobody :End of /WHOIS list
        alice< :irc BATCH -b2
        alice> @label=6 NONSENSE
        alice< @label=6 :irc 421 alice NONSENSE :Unknown command
        alice> @label= PING x
        alice< :irc PONG irc :x
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response
         alice> @label=1 PING x
         alice> @label=2 PONG x
         alice> @label=3 PRIVMSG #lobby :hi
         alice> @label=4 JOIN #lab,bad
         alice> @label=5 WHOIS nobody
         alice> @label=6 NONSENSE
         alice> @label= PING x",
    ));
}

#[test]
fn a_label_never_reaches_others() {
    expect![[r#"
        alice> @label=1;+a=b PRIVMSG #lobby :hi
        bob< @msgid=n5;+a=b :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @label=1;msgid=n5;+a=b :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice> @label=2 PRIVMSG bob,#lobby :hi
        bob< @msgid=n6 :alice!u@10.0.0.1 PRIVMSG bob :hi
        bob< @msgid=n7 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< @label=2 :irc BATCH +b1 labeled-response
        alice< @batch=b1;msgid=n6 :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice< @batch=b1;msgid=n7 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        alice< :irc BATCH -b1
    "#]]
    .assert_eq(&play(
        "bob with batch labeled-response message-tags
         alice with batch labeled-response echo-message message-tags
         alice> @label=1;+a=b PRIVMSG #lobby :hi
         alice> @label=2 PRIVMSG bob,#lobby :hi",
    ));
}

/// Labels need no message tags and then the echo has the label alone.
#[test]
fn labels_without_message_tags() {
    expect![[r#"
        alice> @label=1 PRIVMSG #lobby :hi
        alice< @label=1 :alice!u@10.0.0.1 PRIVMSG #lobby :hi
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response echo-message
         alice> @label=1 PRIVMSG #lobby :hi",
    ));
}

#[test]
fn a_label_without_batches_is_not_asked_for() {
    expect![[r#"
        alice> @label=1 PING x
        alice< :irc PONG irc :x
    "#]]
    .assert_eq(&play(
        "alice with labeled-response
         alice> @label=1 PING x",
    ));
}

/// A message to oneself makes two copies and only the echo is labelled.
#[test]
fn a_message_to_oneself() {
    expect![[r#"
        alice> @label=1 PRIVMSG alice :hi
        alice< @label=1 :alice!u@10.0.0.1 PRIVMSG alice :hi
        alice< :alice!u@10.0.0.1 PRIVMSG alice :hi
        bob> PRIVMSG bob :hi
        bob< :bob!u@10.0.0.1 PRIVMSG bob :hi
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response echo-message
         bob in #lobby
         alice> @label=1 PRIVMSG alice :hi
         bob> PRIVMSG bob :hi",
    ));
}

#[test]
fn client_tags_of_exactly_the_maximum_size_are_relayed() {
    let mut kit = Kit::new();
    kit.play("alice, bob with message-tags");
    let tags = format!("+a={}", "x".repeat(4094 - "+a=".len()));
    kit.play(&format!("alice> @{tags} PRIVMSG #lobby :hi"));
    assert!(kit.take().contains(&format!(";{tags} :alice!")));
    kit.play(&format!("alice> @{tags}x PRIVMSG #lobby :hi"));
    assert!(kit.take().contains("alice< :irc 417 "));
}

#[test]
fn setname_reaches_those_who_asked_for_it() {
    expect![[r#"
        alice> SETNAME :Alice L.
        alice< :alice!u@10.0.0.1 SETNAME :Alice L.
        bob< :alice!u@10.0.0.1 SETNAME :Alice L.
        carol> SETNAME :Carol
        alice< :carol!u@10.0.0.1 SETNAME :Carol
        bob< :carol!u@10.0.0.1 SETNAME :Carol
        alice> SETNAME :
        alice< :irc FAIL SETNAME INVALID_REALNAME :Realname is not valid
        dave> WHOIS alice
        dave< :irc 311 dave alice u 10.0.0.1 * :Alice L.
        dave< :irc 319 dave alice :@#lobby
        dave< :irc 312 dave alice irc :A room that anybody can open
        dave< :irc 317 dave alice 0 1767225600 :seconds idle, signon time
        dave< :irc 318 dave alice :End of /WHOIS list
    "#]]
    .assert_eq(&play(
        "alice, bob with setname
         carol in #lobby
         dave in #lobby
         alice> SETNAME :Alice L.
         carol> SETNAME :Carol
         alice> SETNAME :
         dave> WHOIS alice",
    ));
}
