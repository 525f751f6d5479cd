//! A clock that is set forward and back again.

use super::kit::Kit;
use expect_test::expect;

const TEN_YEARS: i64 = 315_532_800;

/// All that was said and set afterwards bore a time of ten years later, for ever.
#[test]
fn what_is_shown_is_the_time_of_the_clock() {
    let mut kit = Kit::new();
    kit.play(
        "alice with message-tags server-time batch draft/chathistory draft/read-marker
         bob in #lobby",
    );
    kit.set_clock(TEN_YEARS);
    kit.play(
        "alice> PRIVMSG #lobby :in 2036
         bob> PRIVMSG #lobby :then
         carol in #lobby",
    );
    kit.set_clock(-TEN_YEARS);
    kit.play(
        "60 s
         bob> PRIVMSG #lobby :back
         bob> JOIN #new
         bob> MODE #new
         bob> TOPIC #new :new
         bob> TOPIC #new
         2 s
         alice> WHOIS bob
         alice> WHOIS carol
         alice> TIME
         alice> CHATHISTORY BEFORE #lobby timestamp=2026-01-01T00:01:10.000Z 9
         alice> CHATHISTORY AFTER #lobby timestamp=2026-01-01T00:00:30.000Z 9
         alice> MARKREAD #lobby timestamp=2036-01-01T00:00:00.004Z
         alice> MARKREAD #lobby timestamp=2026-01-01T00:01:00.007Z",
    );
    expect![[r#"
        alice> PRIVMSG #lobby :in 2036
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :in 2036
        bob> PRIVMSG #lobby :then
        alice< @time=2036-01-01T00:00:00.004Z;msgid=n6 :bob!u@10.0.0.1 PRIVMSG #lobby :then
        60 s
        bob> PRIVMSG #lobby :back
        alice< @time=2026-01-01T00:01:00.007Z;msgid=n9 :bob!u@10.0.0.1 PRIVMSG #lobby :back
        carol< :bob!u@10.0.0.1 PRIVMSG #lobby :back
        bob> JOIN #new
        bob< :bob!u@10.0.0.1 JOIN #new
        bob< :irc 353 bob = #new :@bob
        bob< :irc 366 bob #new :End of /NAMES list
        bob> MODE #new
        bob< :irc 324 bob #new +nt
        bob< :irc 329 bob #new 1767225660
        bob> TOPIC #new :new
        bob< :bob!u@10.0.0.1 TOPIC #new :new
        bob> TOPIC #new
        bob< :irc 332 bob #new :new
        bob< :irc 333 bob #new bob 1767225660
        2 s
        alice> WHOIS bob
        alice< :irc 311 alice bob u 10.0.0.1 * :bob real
        alice< :irc 319 alice bob :#lobby @#new
        alice< :irc 312 alice bob irc :A room that anybody can open
        alice< :irc 317 alice bob 2 1767225600 :seconds idle, signon time
        alice< :irc 318 alice bob :End of /WHOIS list
        alice> WHOIS carol
        alice< :irc 311 alice carol u 10.0.0.1 * :carol real
        alice< :irc 319 alice carol :#lobby
        alice< :irc 312 alice carol irc :A room that anybody can open
        alice< :irc 317 alice carol 62 2082758400 :seconds idle, signon time
        alice< :irc 318 alice carol :End of /WHOIS list
        alice> TIME
        alice< :irc 391 alice irc :2026-01-01T00:01:02.015Z
        alice> CHATHISTORY BEFORE #lobby timestamp=2026-01-01T00:01:10.000Z 9
        alice< :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1;time=2026-01-01T00:01:00.007Z;msgid=n9 :bob!u@10.0.0.1 PRIVMSG #lobby :back
        alice< :irc BATCH -b1
        alice> CHATHISTORY AFTER #lobby timestamp=2026-01-01T00:00:30.000Z 9
        alice< :irc BATCH +b2 chathistory #lobby
        alice< @batch=b2;time=2036-01-01T00:00:00.003Z;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :in 2036
        alice< @batch=b2;time=2036-01-01T00:00:00.004Z;msgid=n6 :bob!u@10.0.0.1 PRIVMSG #lobby :then
        alice< @batch=b2;time=2026-01-01T00:01:00.007Z;msgid=n9 :bob!u@10.0.0.1 PRIVMSG #lobby :back
        alice< :irc BATCH -b2
        alice> MARKREAD #lobby timestamp=2036-01-01T00:00:00.004Z
        alice< :irc MARKREAD #lobby timestamp=2036-01-01T00:00:00.004Z
        alice> MARKREAD #lobby timestamp=2026-01-01T00:01:00.007Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:01:00.007Z
    "#]]
    .assert_eq(&kit.take());
}

/// Times before and after all that can be are clamped.
#[test]
fn any_time_is_a_time() {
    let mut kit = Kit::new();
    kit.play(
        "alice with batch draft/chathistory draft/read-marker
         alice> PRIVMSG #lobby :one",
    );
    kit.play(
        "alice> CHATHISTORY AFTER #lobby timestamp=0001-01-01T00:00:00.000Z 9
         alice> CHATHISTORY BEFORE #lobby timestamp=0001-01-01T00:00:00.000Z 9
         alice> CHATHISTORY BEFORE #lobby timestamp=9999-12-31T23:59:59.999Z 9
         alice> CHATHISTORY LATEST #lobby timestamp=0000-01-01T00:00:00.000Z 9
         alice> CHATHISTORY AROUND #lobby timestamp=1969-12-31T23:59:59.999Z 9
         alice> CHATHISTORY BETWEEN #lobby timestamp=9999-12-31T23:59:59.999Z timestamp=0001-01-01T00:00:00.000Z 9
         alice> CHATHISTORY TARGETS timestamp=0001-01-01T00:00:00.000Z timestamp=9999-12-31T23:59:59.999Z 9
         alice> MARKREAD #lobby timestamp=0001-01-01T00:00:00.000Z
         alice> MARKREAD #lobby timestamp=9999-12-31T23:59:59.999Z
         alice> CHATHISTORY AFTER #lobby timestamp=0001-02-30T00:00:00.000Z 9
         alice> CHATHISTORY AFTER #lobby timestamp=2026-01-01 9",
    );
    expect![[r#"
        alice> PRIVMSG #lobby :one
        alice> CHATHISTORY AFTER #lobby timestamp=0001-01-01T00:00:00.000Z 9
        alice< :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :irc BATCH -b1
        alice> CHATHISTORY BEFORE #lobby timestamp=0001-01-01T00:00:00.000Z 9
        alice< :irc BATCH +b2 chathistory #lobby
        alice< :irc BATCH -b2
        alice> CHATHISTORY BEFORE #lobby timestamp=9999-12-31T23:59:59.999Z 9
        alice< :irc BATCH +b3 chathistory #lobby
        alice< @batch=b3 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :irc BATCH -b3
        alice> CHATHISTORY LATEST #lobby timestamp=0000-01-01T00:00:00.000Z 9
        alice< :irc BATCH +b4 chathistory #lobby
        alice< @batch=b4 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :irc BATCH -b4
        alice> CHATHISTORY AROUND #lobby timestamp=1969-12-31T23:59:59.999Z 9
        alice< :irc BATCH +b5 chathistory #lobby
        alice< @batch=b5 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :irc BATCH -b5
        alice> CHATHISTORY BETWEEN #lobby timestamp=9999-12-31T23:59:59.999Z timestamp=0001-01-01T00:00:00.000Z 9
        alice< :irc BATCH +b6 chathistory #lobby
        alice< @batch=b6 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :irc BATCH -b6
        alice> CHATHISTORY TARGETS timestamp=0001-01-01T00:00:00.000Z timestamp=9999-12-31T23:59:59.999Z 9
        alice< :irc BATCH +b7 draft/chathistory-targets
        alice< @batch=b7 :irc CHATHISTORY TARGETS #lobby 2026-01-01T00:00:00.002Z
        alice< :irc BATCH -b7
        alice> MARKREAD #lobby timestamp=0001-01-01T00:00:00.000Z
        alice< :irc MARKREAD #lobby timestamp=1970-01-01T00:00:00.000Z
        alice> MARKREAD #lobby timestamp=9999-12-31T23:59:59.999Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:00.011Z
        alice> CHATHISTORY AFTER #lobby timestamp=0001-02-30T00:00:00.000Z 9
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS AFTER timestamp=0001-02-30T00:00:00.000Z :That refers to nothing here
        alice> CHATHISTORY AFTER #lobby timestamp=2026-01-01 9
        alice< :irc FAIL CHATHISTORY INVALID_PARAMS AFTER timestamp=2026-01-01 :That refers to nothing here
    "#]]
    .assert_eq(&kit.take());
}
