//! A clock that is set forward and back again.

use super::kit::Kit;
use expect_test::expect;

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
