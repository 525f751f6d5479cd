//! What those are told on entering whose program can't ask.

use super::kit::Kit;
use expect_test::expect;

fn shown(last: &str) -> String {
    let mut kit = Kit::with(|config| config.replay = 2);
    kit.play(
        "alice in #lobby
         alice> PRIVMSG #lobby :one
         alice> PRIVMSG #lobby :two
         alice> TOPIC #lobby :t
         alice> PRIVMSG #lobby :three",
    );
    kit.take();
    kit.play(last);
    let shown = kit.take();
    shown.lines().filter(|line| line.starts_with("bob")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_last_messages_are_told_on_entering() {
    expect![[r#"
        bob> JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 332 bob #lobby :t
        bob< :irc 333 bob #lobby alice 1767225600
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        bob< :irc NOTICE #lobby :Earlier messages: 2
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :three"#]]
    .assert_eq(&shown("bob in no room\nbob> JOIN #lobby"));
    expect![[r#"
        bob> PART #lobby
        bob< @time=2026-01-01T00:00:00.007Z :bob!u@10.0.0.1 PART #lobby
        bob> @label=7 JOIN #lobby
        bob< @label=7 :irc BATCH +b3 labeled-response
        bob< @batch=b3;time=2026-01-01T00:00:00.008Z :bob!u@10.0.0.1 JOIN #lobby
        bob< @batch=b3 :irc 332 bob #lobby :t
        bob< @batch=b3 :irc 333 bob #lobby alice 1767225600
        bob< @batch=b3 :irc 353 bob = #lobby :@alice bob
        bob< @batch=b3 :irc 366 bob #lobby :End of /NAMES list
        bob< @batch=b3 :irc BATCH +b2 chathistory #lobby
        bob< @batch=b2;time=2026-01-01T00:00:00.003Z :alice!u@10.0.0.1 PRIVMSG #lobby :two
        bob< @batch=b2;time=2026-01-01T00:00:00.005Z :alice!u@10.0.0.1 PRIVMSG #lobby :three
        bob< @batch=b3 :irc BATCH -b2
        bob< :irc BATCH -b3"#]]
    .assert_eq(&shown(
        "bob with batch server-time labeled-response\nbob> PART #lobby\nbob> @label=7 JOIN #lobby",
    ));
}

#[test]
fn nothing_is_replayed_to_bots_nor_to_those_who_can_ask() {
    expect![[r#"
        bob> MODE bob +B
        bob< :bob!u@10.0.0.1 MODE bob +B
        bob> JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 332 bob #lobby :t
        bob< :irc 333 bob #lobby alice 1767225600
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list"#]]
    .assert_eq(&shown("bob in no room\nbob> MODE bob +B\nbob> JOIN #lobby"));
    expect![[r#"
        bob> PART #lobby
        bob< :bob!u@10.0.0.1 PART #lobby
        bob> JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 332 bob #lobby :t
        bob< :irc 333 bob #lobby alice 1767225600
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list"#]]
    .assert_eq(&shown("bob with draft/chathistory\nbob> PART #lobby\nbob> JOIN #lobby"));
}

#[test]
fn an_empty_past_is_no_batch() {
    let mut kit = Kit::with(|config| config.replay = 2);
    kit.play("alice with batch\nalice> JOIN #lab");
    expect![[r#"
        alice> JOIN #lab
        alice< :alice!u@10.0.0.1 JOIN #lab
        alice< :irc 353 alice = #lab :@alice
        alice< :irc 366 alice #lab :End of /NAMES list
    "#]]
    .assert_eq(&kit.take());
}

/// Each client that came later told its name and version to whoever had asked once, for as long as the
/// request was among the last messages.
#[test]
fn ctcp_requests_are_not_replayed() {
    let mut kit = Kit::with(|config| config.replay = 9);
    kit.play(
        "alice in #lobby
         alice> PRIVMSG #lobby :\x01VERSION\x01
         alice> PRIVMSG #lobby :\x01ACTION waves\x01",
    );
    kit.play("bob in no room");
    kit.take();
    kit.play("bob> JOIN #lobby");
    let shown = kit.take();
    assert!(shown.contains("ACTION waves") && !shown.contains("VERSION"), "{shown}");
}
