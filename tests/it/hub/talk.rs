//! Talking in rooms and in private.

use super::kit::play;
use expect_test::expect;

#[test]
fn everybody_in_the_room_hears_it_and_nobody_else() {
    expect![[r#"
        alice> PRIVMSG #lobby :哈囉 exit close
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :哈囉 exit close
        alice> NOTICE #lobby :note
        bob< :alice!u@10.0.0.1 NOTICE #lobby :note
        carol> PRIVMSG #lobby :may I?
        carol< :irc 404 carol #lobby :Cannot send to channel
        carol> NOTICE #lobby :may I?
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         carol in #lab
         alice> PRIVMSG #lobby :哈囉 exit close
         alice> NOTICE #lobby :note
         carol> PRIVMSG #lobby :may I?
         carol> NOTICE #lobby :may I?",
    ));
}

/// Whom the last message went to, and how it was written for them, is kept.
#[test]
fn who_hears_the_next_message_is_known_after_each_change() {
    expect![[r#"
        alice> PRIVMSG #lobby :one
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :one
        bob> CAP REQ server-time
        bob< :irc CAP bob ACK :server-time
        alice> PRIVMSG #lobby :two
        bob< @time=2026-01-01T00:00:00.004Z :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob> CAP REQ -server-time
        bob< :irc CAP bob ACK :-server-time
        alice> PRIVMSG #lobby :three
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :three
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         alice> PRIVMSG #lobby :one
         bob> CAP REQ server-time
         alice> PRIVMSG #lobby :two
         bob> CAP REQ -server-time
         alice> PRIVMSG #lobby :three",
    ));
}

#[test]
fn a_private_message_reaches_one_and_never_the_console() {
    expect![[r#"
        alice> PRIVMSG bob :psst
        bob< :alice!u@10.0.0.1 PRIVMSG bob :psst
        alice> NOTICE bob :psst
        bob< :alice!u@10.0.0.1 NOTICE bob :psst
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lobby
         console
         alice> PRIVMSG bob :psst
         alice> NOTICE bob :psst",
    ));
}

/// A message that cannot be delivered is answered and a notice never.
#[test]
fn undeliverable_messages_and_notices() {
    expect![[r#"
        alice> PRIVMSG
        alice< :irc 411 alice :No recipient given
        alice> PRIVMSG #lobby
        alice< :irc 412 alice :No text to send
        alice> PRIVMSG #lobby :
        alice< :irc 412 alice :No text to send
        alice> PRIVMSG nobody :hi
        alice< :irc 401 alice nobody :No such nick/channel
        alice> PRIVMSG #nowhere :hi
        alice< :irc 403 alice #nowhere :No such channel
        alice> PRIVMSG a,b,c,d,e :hi
        alice< :irc 407 alice a,b,c,d,e :Too many targets
        alice> NOTICE
        alice> NOTICE nobody
        alice> NOTICE nobody :hi
        alice> NOTICE #nowhere :hi
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> PRIVMSG
         alice> PRIVMSG #lobby
         alice> PRIVMSG #lobby :
         alice> PRIVMSG nobody :hi
         alice> PRIVMSG #nowhere :hi
         alice> PRIVMSG a,b,c,d,e :hi
         alice> NOTICE
         alice> NOTICE nobody
         alice> NOTICE nobody :hi
         alice> NOTICE #nowhere :hi",
    ));
}

#[test]
fn a_forged_source_is_ignored() {
    expect![[r#"
        alice> :bob!u@h PRIVMSG #lobby :I am alice
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :I am alice
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         alice> :bob!u@h PRIVMSG #lobby :I am alice",
    ));
}

#[test]
fn several_targets_each_get_it() {
    expect![[r#"
        alice> PRIVMSG bob,nobody,#lobby :hi
        alice< :irc 401 alice nobody :No such nick/channel
        bob< :alice!u@10.0.0.1 PRIVMSG bob :hi
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :hi
        carol< :alice!u@10.0.0.1 PRIVMSG #lobby :hi
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lobby
         alice> PRIVMSG bob,nobody,#lobby :hi",
    ));
}

#[test]
fn operators_can_be_spoken_to_alone() {
    expect![[r#"
        alice> MODE #lobby +v bob
        alice< :alice!u@10.0.0.1 MODE #lobby +v bob
        bob< :alice!u@10.0.0.1 MODE #lobby +v bob
        carol< :alice!u@10.0.0.1 MODE #lobby +v bob
        carol> PRIVMSG @#lobby :help
        alice< :carol!u@10.0.0.1 PRIVMSG @#lobby :help
        carol> PRIVMSG +#lobby :help
        alice< :carol!u@10.0.0.1 PRIVMSG +#lobby :help
        bob< :carol!u@10.0.0.1 PRIVMSG +#lobby :help
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lobby
         alice> MODE #lobby +v bob
         carol> PRIVMSG @#lobby :help
         carol> PRIVMSG +#lobby :help",
    ));
}

#[test]
fn who_writes_to_somebody_away_is_told() {
    expect![[r#"
        bob> AWAY :at lunch
        bob< :irc 306 bob :You have been marked as being away
        alice> PRIVMSG bob :hi
        alice< :irc 301 alice bob :at lunch
        bob< :alice!u@10.0.0.1 PRIVMSG bob :hi
        alice> NOTICE bob :hi
        bob< :alice!u@10.0.0.1 NOTICE bob :hi
        bob> AWAY
        bob< :irc 305 bob :You are no longer marked as being away
        alice> PRIVMSG bob :hi
        bob< :alice!u@10.0.0.1 PRIVMSG bob :hi
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         bob> AWAY :at lunch
         alice> PRIVMSG bob :hi
         alice> NOTICE bob :hi
         bob> AWAY
         alice> PRIVMSG bob :hi",
    ));
}

/// Modern, PRIVMSG message: "it may be prefixed with one or more channel membership
/// prefix character … members of that channel with the given or higher status".
#[test]
fn several_signs_before_a_room_mean_the_lowest() {
    expect![[r#"
        alice> MODE #lab +v bob
        alice< :alice!u@10.0.0.1 MODE #lab +v bob
        bob< :alice!u@10.0.0.1 MODE #lab +v bob
        carol< :alice!u@10.0.0.1 MODE #lab +v bob
        carol> PRIVMSG @+#lab :to both
        alice< :carol!u@10.0.0.1 PRIVMSG +#lab :to both
        bob< :carol!u@10.0.0.1 PRIVMSG +#lab :to both
        carol> PRIVMSG +@#lab :to both
        alice< :carol!u@10.0.0.1 PRIVMSG +#lab :to both
        bob< :carol!u@10.0.0.1 PRIVMSG +#lab :to both
        carol> PRIVMSG @@#lab :to one
        alice< :carol!u@10.0.0.1 PRIVMSG @#lab :to one
        carol> PRIVMSG @alice :to nobody
        carol< :irc 401 carol @alice :No such nick/channel
        carol> PRIVMSG @+ :to nobody
        carol< :irc 401 carol @+ :No such nick/channel
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lab
         alice> MODE #lab +v bob
         carol> PRIVMSG @+#lab :to both
         carol> PRIVMSG +@#lab :to both
         carol> PRIVMSG @@#lab :to one
         carol> PRIVMSG @alice :to nobody
         carol> PRIVMSG @+ :to nobody",
    ));
}
