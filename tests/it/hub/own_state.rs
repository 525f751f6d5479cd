//! AWAY, SETNAME, how long somebody has been silent, and what is told of it.

use super::kit::play;
use expect_test::expect;

/// The same words were told twice.
#[test]
fn what_changes_nothing_is_told_to_its_author_alone() {
    expect![[r#"
        alice> MONITOR + carol
        alice< :irc 730 alice :carol!u@10.0.0.1
        bob> AWAY
        bob< :irc 305 bob :You are no longer marked as being away
        bob> AWAY :tea
        alice< :bob!u@10.0.0.1 AWAY :tea
        bob< :irc 306 bob :You have been marked as being away
        bob> AWAY :tea
        bob< :irc 306 bob :You have been marked as being away
        bob> AWAY :lunch
        alice< :bob!u@10.0.0.1 AWAY :lunch
        bob< :irc 306 bob :You have been marked as being away
        bob> AWAY
        alice< :bob!u@10.0.0.1 AWAY
        bob< :irc 305 bob :You are no longer marked as being away
        bob> AWAY
        bob< :irc 305 bob :You are no longer marked as being away
        bob> SETNAME :Bob
        alice< :bob!u@10.0.0.1 SETNAME :Bob
        bob< :bob!u@10.0.0.1 SETNAME :Bob
        bob> SETNAME :Bob
        bob< :bob!u@10.0.0.1 SETNAME :Bob
        alice> @label=2 SETNAME :alice real
        alice< @label=2 :alice!u@10.0.0.1 SETNAME :alice real
        alice> @label=3 AWAY :x
        alice< @label=3 :irc 306 alice :You have been marked as being away
        bob< :alice!u@10.0.0.1 AWAY :x
        alice> @label=4 AWAY :x
        alice< @label=4 :irc 306 alice :You have been marked as being away
        carol> SETNAME :carol real
        carol> SETNAME :Carol
        alice< :carol!u@10.0.0.1 SETNAME :Carol
    "#]]
    .assert_eq(&play(
        "alice with away-notify setname extended-monitor batch labeled-response
         bob with away-notify setname
         carol in no room
         alice> MONITOR + carol
         bob> AWAY
         bob> AWAY :tea
         bob> AWAY :tea
         bob> AWAY :lunch
         bob> AWAY
         bob> AWAY
         bob> SETNAME :Bob
         bob> SETNAME :Bob
         alice> @label=2 SETNAME :alice real
         alice> @label=3 AWAY :x
         alice> @label=4 AWAY :x
         carol> SETNAME :carol real
         carol> SETNAME :Carol",
    ));
}

/// A notice is no person's, and tags alone say nothing.
#[test]
fn only_a_message_ends_the_time_of_silence() {
    expect![[r#"
        50 s
        alice> NOTICE #lobby :x
        alice> @+a=b TAGMSG #lobby
        alice> PRIVMSG #nowhere :x
        alice< :irc 403 alice #nowhere :No such channel
        alice> WHOIS alice
        alice< :irc 311 alice alice u 10.0.0.1 * :alice real
        alice< :irc 319 alice alice :@#lobby
        alice< :irc 312 alice alice irc :A room that anybody can open
        alice< :irc 317 alice alice 50 1767225600 :seconds idle, signon time
        alice< :irc 318 alice alice :End of /WHOIS list
        alice> WHO alice %l
        alice< :irc 354 alice 50
        alice< :irc 315 alice alice :End of WHO list
        alice> PRIVMSG alice :x
        alice< @msgid=n5 :alice!u@10.0.0.1 PRIVMSG alice :x
        5 s
        alice> WHOIS alice
        alice< :irc 311 alice alice u 10.0.0.1 * :alice real
        alice< :irc 319 alice alice :@#lobby
        alice< :irc 312 alice alice irc :A room that anybody can open
        alice< :irc 317 alice alice 5 1767225600 :seconds idle, signon time
        alice< :irc 318 alice alice :End of /WHOIS list
    "#]]
    .assert_eq(&play(
        "alice with message-tags
         50 s
         alice> NOTICE #lobby :x
         alice> @+a=b TAGMSG #lobby
         alice> PRIVMSG #nowhere :x
         alice> WHOIS alice
         alice> WHO alice %l
         alice> PRIVMSG alice :x
         5 s
         alice> WHOIS alice",
    ));
}

#[test]
fn an_operator_of_the_server_is_marked_in_userhost() {
    expect![[r#"
        alice> OPER root x
        [Check] argon x
        right
        alice< :alice!u@10.0.0.1 MODE alice +o
        alice< :irc 381 alice :You are now an IRC operator
        alice> AWAY :tea
        alice< :irc 306 alice :You have been marked as being away
        alice> USERHOST alice
        alice< :irc 302 alice :alice*=-u@10.0.0.1
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> OPER root x
         right
         alice> AWAY :tea
         alice> USERHOST alice",
    ));
}

/// message-tags: "of the same key … the last occurrence".
#[test]
fn of_a_tag_that_is_given_twice_the_last_is_relayed() {
    expect![[r#"
        alice> @+a=1;+b;+a=2 PRIVMSG #lobby :x
        bob< @msgid=n5;+b;+a=2 :alice!u@10.0.0.1 PRIVMSG #lobby :x
        alice> @+a=1;+a=\s TAGMSG #lobby
        bob< @msgid=n6;+a=\s :alice!u@10.0.0.1 TAGMSG #lobby
        alice> @+a=1;+a BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :one
        alice> @batch=1 PRIVMSG #lobby :two
        alice> BATCH -1
        bob< @msgid=n7;+a :alice!u@10.0.0.1 BATCH +n7 draft/multiline #lobby
        bob< @batch=n7 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        bob< @batch=n7 :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob< :alice!u@10.0.0.1 BATCH -n7
    "#]]
    .assert_eq(&play(
        r"alice, bob with message-tags draft/multiline batch
         alice> @+a=1;+b;+a=2 PRIVMSG #lobby :x
         alice> @+a=1;+a=\s TAGMSG #lobby
         alice> @+a=1;+a BATCH +1 draft/multiline #lobby
         alice> @batch=1 PRIVMSG #lobby :one
         alice> @batch=1 PRIVMSG #lobby :two
         alice> BATCH -1",
    ));
}

/// A line of 500 bytes changed one mode 250 times, and each was told.
#[test]
fn of_ones_own_modes_what_stands_last_is_done() {
    expect![[r#"
        alice> MODE alice +i-i+i-B+B
        alice< :alice!u@10.0.0.1 MODE alice +i
        alice< :alice!u@10.0.0.1 MODE alice +B
        alice> MODE alice -i+i-i
        alice< :alice!u@10.0.0.1 MODE alice -i
        alice> MODE alice +i-i
        alice> MODE alice
        alice< :irc 221 alice +B
    "#]]
    .assert_eq(&play(
        "alice in no room
         alice> MODE alice +i-i+i-B+B
         alice> MODE alice -i+i-i
         alice> MODE alice +i-i
         alice> MODE alice",
    ));
}
