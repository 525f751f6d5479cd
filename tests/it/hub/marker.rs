//! draft/read-marker.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn a_marker_only_grows() {
    expect![[r#"
        5 s
        alice> MARKREAD #LOBBY
        alice< :irc MARKREAD #lobby *
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:02.000Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:03.124Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:03.124Z
        alice> MARKREAD #lobby timestamp=2027-01-01T00:00:00.000Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:05.007Z
        alice> MARKREAD Bob timestamp=2026-01-01T00:00:01.000Z
        alice< :irc MARKREAD Bob timestamp=2026-01-01T00:00:01.000Z
        alice> MARKREAD bob
        alice< :irc MARKREAD bob timestamp=2026-01-01T00:00:01.000Z
        alice> MARKREAD
        alice< :irc FAIL MARKREAD NEED_MORE_PARAMS :Missing parameters
        alice> MARKREAD #nowhere
        alice< :irc MARKREAD #nowhere *
        alice> MARKREAD #lobby *
        alice< :irc FAIL MARKREAD INVALID_PARAMS * :Invalid parameters
        alice> MARKREAD #lobby timestamp=x
        alice< :irc FAIL MARKREAD INVALID_PARAMS timestamp=x :Invalid parameters
    "#]]
    .assert_eq(&play(
        "alice with draft/read-marker
         5 s
         alice> MARKREAD #LOBBY
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:02.000Z
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:03.124Z
         alice> MARKREAD #lobby timestamp=2027-01-01T00:00:00.000Z
         alice> MARKREAD Bob timestamp=2026-01-01T00:00:01.000Z
         alice> MARKREAD bob
         alice> MARKREAD
         alice> MARKREAD #nowhere
         alice> MARKREAD #lobby *
         alice> MARKREAD #lobby timestamp=x",
    ));
}

/// Nobody but who has set it may know of it, whoever takes the name later.
#[test]
fn a_marker_stays_with_the_person_and_goes_with_the_connection() {
    expect![[r#"
        5 s
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
        alice> NICK carol
        alice< :alice!u@10.0.0.1 NICK carol
        alice> MARKREAD #lobby
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
        eve> NICK alice
        alice< :eve!u@10.0.0.1 NICK alice
        eve< :eve!u@10.0.0.1 NICK alice
        eve> MARKREAD #lobby
        eve< :irc MARKREAD #lobby *
        alice closes
        eve< :carol!u@10.0.0.1 QUIT :Connection closed
        eve> NICK carol
        eve< :alice!u@10.0.0.1 NICK carol
        eve> MARKREAD #lobby
        eve< :irc MARKREAD #lobby *
    "#]]
    .assert_eq(&play(
        "alice with draft/read-marker
         5 s
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:03.123Z
         alice> NICK carol
         alice> MARKREAD #lobby
         eve with draft/read-marker
         eve> NICK alice
         eve> MARKREAD #lobby
         alice closes
         eve> NICK carol
         eve> MARKREAD #lobby",
    ));
}

#[test]
fn the_marker_is_told_on_entering_before_the_end_of_names() {
    expect![[r#"
        alice> JOIN #lab
        alice< :alice!u@10.0.0.1 JOIN #lab
        alice< :irc MARKREAD #lab *
        alice< :irc 353 alice = #lab :@alice
        alice< :irc 366 alice #lab :End of /NAMES list
        alice> MARKREAD #lab timestamp=2026-01-01T00:00:00.001Z
        alice< :irc MARKREAD #lab timestamp=2026-01-01T00:00:00.001Z
        alice> PART #lab
        alice< :alice!u@10.0.0.1 PART #lab
        alice> JOIN #lab
        alice< :alice!u@10.0.0.1 JOIN #lab
        alice< :irc MARKREAD #lab timestamp=2026-01-01T00:00:00.001Z
        alice< :irc 353 alice = #lab :@alice
        alice< :irc 366 alice #lab :End of /NAMES list
        bob> JOIN #lab
        alice< :bob!u@10.0.0.1 JOIN #lab
        bob< :bob!u@10.0.0.1 JOIN #lab
        bob< :irc 353 bob = #lab :@alice bob
        bob< :irc 366 bob #lab :End of /NAMES list
        bob> MARKREAD #lab
        bob< :irc 421 bob MARKREAD :Unknown command
    "#]]
    .assert_eq(&play(
        "alice with draft/read-marker
         bob in no room
         alice> JOIN #lab
         alice> MARKREAD #lab timestamp=2026-01-01T00:00:00.001Z
         alice> PART #lab
         alice> JOIN #lab
         bob> JOIN #lab
         bob> MARKREAD #lab",
    ));
}

/// What was said before bears a time that the clock has not reached, and what is said
/// after it a time before that of the marker.
#[test]
fn a_clock_that_is_set_back_strands_no_marker() {
    let mut kit = Kit::new();
    kit.play(
        "alice with draft/read-marker server-time
         bob in #lobby
         100 s
         bob> PRIVMSG #lobby :before",
    );
    kit.set_clock(-60);
    kit.play(
        "alice> MARKREAD #lobby timestamp=2026-01-01T00:01:40.004Z
         bob> PRIVMSG #lobby :after
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:30.000Z
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:40.006Z
         alice> MARKREAD #lobby timestamp=2026-01-01T00:01:40.004Z
         alice> MARKREAD #lobby timestamp=2027-01-01T00:00:00.000Z
         1 s
         bob> PRIVMSG #lobby :later
         alice> MARKREAD #lobby timestamp=2026-01-01T00:00:41.012Z",
    );
    expect![[r#"
        100 s
        alice< PING :irc
        bob< PING :irc
        bob> PRIVMSG #lobby :before
        alice< @time=2026-01-01T00:01:40.004Z :bob!u@10.0.0.1 PRIVMSG #lobby :before
        alice> MARKREAD #lobby timestamp=2026-01-01T00:01:40.004Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:01:40.004Z
        bob> PRIVMSG #lobby :after
        alice< @time=2026-01-01T00:00:40.006Z :bob!u@10.0.0.1 PRIVMSG #lobby :after
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:30.000Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:01:40.004Z
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:40.006Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:40.006Z
        alice> MARKREAD #lobby timestamp=2026-01-01T00:01:40.004Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:40.006Z
        alice> MARKREAD #lobby timestamp=2027-01-01T00:00:00.000Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:40.006Z
        1 s
        bob> PRIVMSG #lobby :later
        alice< @time=2026-01-01T00:00:41.012Z :bob!u@10.0.0.1 PRIVMSG #lobby :later
        alice> MARKREAD #lobby timestamp=2026-01-01T00:00:41.012Z
        alice< :irc MARKREAD #lobby timestamp=2026-01-01T00:00:41.012Z
    "#]]
    .assert_eq(&kit.take());
}

/// No message of a person is kept: nothing tells what was said before the clock was set back.
#[test]
fn markers_survive_a_clock_set_back() {
    let mut kit = Kit::new();
    kit.play(
        "alice with draft/read-marker
         100 s
         alice> MARKREAD bob timestamp=2026-01-01T00:01:40.000Z",
    );
    kit.set_clock(-60);
    kit.play(
        "alice> MARKREAD bob timestamp=2026-01-01T00:00:40.000Z
         alice> MARKREAD bob timestamp=2026-01-01T00:00:39.000Z
         1 s
         alice> MARKREAD bob timestamp=2026-01-01T00:00:41.000Z",
    );
    expect![[r#"
        100 s
        alice< PING :irc
        alice> MARKREAD bob timestamp=2026-01-01T00:01:40.000Z
        alice< :irc MARKREAD bob timestamp=2026-01-01T00:01:40.000Z
        alice> MARKREAD bob timestamp=2026-01-01T00:00:40.000Z
        alice< :irc MARKREAD bob timestamp=2026-01-01T00:00:40.000Z
        alice> MARKREAD bob timestamp=2026-01-01T00:00:39.000Z
        alice< :irc MARKREAD bob timestamp=2026-01-01T00:00:40.000Z
        1 s
        alice> MARKREAD bob timestamp=2026-01-01T00:00:41.000Z
        alice< :irc MARKREAD bob timestamp=2026-01-01T00:00:41.000Z
    "#]]
    .assert_eq(&kit.take());
}
