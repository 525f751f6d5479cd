//! What people are told of those around them when they ask for it:
//! away-notify, extended-join, invite-notify, pre-away.

use super::kit::play;
use expect_test::expect;

#[test]
fn being_away_is_told_to_those_who_asked() {
    expect![[r#"
        alice> AWAY :lunch
        alice< :irc 306 alice :You have been marked as being away
        bob> AWAY :tea
        alice< @time=2026-01-01T00:00:00.004Z :bob!u@10.0.0.1 AWAY :tea
        bob< :irc 306 bob :You have been marked as being away
        bob> AWAY
        alice< @time=2026-01-01T00:00:00.005Z :bob!u@10.0.0.1 AWAY
        bob< :irc 305 bob :You are no longer marked as being away
        dave> AWAY :asleep
        dave< :irc 306 dave :You have been marked as being away
        dave> JOIN #lobby
        alice< @time=2026-01-01T00:00:00.008Z :dave!u@10.0.0.1 JOIN #lobby
        alice< @time=2026-01-01T00:00:00.008Z :dave!u@10.0.0.1 AWAY :asleep
        bob< :dave!u@10.0.0.1 JOIN #lobby
        carol< :dave!u@10.0.0.1 JOIN #lobby
        dave< :dave!u@10.0.0.1 JOIN #lobby
        dave< :irc 353 dave = #lobby :@alice bob carol dave
        dave< :irc 366 dave #lobby :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice with away-notify server-time
         bob, carol in #lobby
         alice> AWAY :lunch
         bob> AWAY :tea
         bob> AWAY
         dave in no room
         dave> AWAY :asleep
         dave> JOIN #lobby",
    ));
}

#[test]
fn extended_join_tells_the_real_name_and_no_account() {
    expect![[r#"
        carol> JOIN #lobby
        alice< :carol!u@10.0.0.1 JOIN #lobby * :carol real
        bob< :carol!u@10.0.0.1 JOIN #lobby
        carol< :carol!u@10.0.0.1 JOIN #lobby
        carol< :irc 353 carol = #lobby :@alice bob carol
        carol< :irc 366 carol #lobby :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice with extended-join
         bob in #lobby
         carol in no room
         carol> JOIN #lobby",
    ));
}

#[test]
fn an_invitation_is_told_to_those_who_could_invite() {
    expect![[r#"
        carol> JOIN #lab
        carol< :carol!u@10.0.0.1 JOIN #lab
        carol< :irc 353 carol = #lab :@carol
        carol< :irc 366 carol #lab :End of /NAMES list
        dave> JOIN #lab
        carol< :dave!u@10.0.0.1 JOIN #lab
        dave< :dave!u@10.0.0.1 JOIN #lab
        dave< :irc 353 dave = #lab :@carol dave
        dave< :irc 366 dave #lab :End of /NAMES list
        alice> JOIN #lab
        alice< :alice!u@10.0.0.1 JOIN #lab
        alice< :irc 353 alice = #lab :@carol dave alice
        alice< :irc 366 alice #lab :End of /NAMES list
        carol< :alice!u@10.0.0.1 JOIN #lab
        dave< :alice!u@10.0.0.1 JOIN #lab
        dave> INVITE erin #lab
        alice< :dave!u@10.0.0.1 INVITE erin #lab
        dave< :irc 341 dave erin #lab
        erin< :dave!u@10.0.0.1 INVITE erin #lab
        carol> MODE #lab +i
        alice< :carol!u@10.0.0.1 MODE #lab +i
        carol< :carol!u@10.0.0.1 MODE #lab +i
        dave< :carol!u@10.0.0.1 MODE #lab +i
        carol> INVITE erin #lab
        carol< :irc 341 carol erin #lab
        erin< :carol!u@10.0.0.1 INVITE erin #lab
        carol> MODE #lab +o alice
        alice< :carol!u@10.0.0.1 MODE #lab +o alice
        carol< :carol!u@10.0.0.1 MODE #lab +o alice
        dave< :carol!u@10.0.0.1 MODE #lab +o alice
        carol> INVITE erin #lab
        alice< :carol!u@10.0.0.1 INVITE erin #lab
        carol< :irc 341 carol erin #lab
        erin< :carol!u@10.0.0.1 INVITE erin #lab
    "#]]
    .assert_eq(&play(
        "alice, bob with invite-notify
         carol, dave in #lobby
         erin in no room
         carol> JOIN #lab
         dave> JOIN #lab
         alice> JOIN #lab
         dave> INVITE erin #lab
         carol> MODE #lab +i
         carol> INVITE erin #lab
         carol> MODE #lab +o alice
         carol> INVITE erin #lab",
    ));
}

#[test]
fn one_may_come_without_being_there() {
    let shown = play(
        "alice with away-notify
         bob> CAP END
         bob> AWAY :early
         bob> CAP REQ draft/pre-away
         bob> AWAY :early
         bob> AWAY
         bob> AWAY *
         bob> NICK bob
         bob> USER u 0 * :b
         bob> CAP END
         alice> PRIVMSG bob :there?
         bob> JOIN #lobby",
    );
    let shown: String = shown
        .lines()
        .filter(|line| {
            !["00", "25", "26", "37"].iter().any(|code| line.starts_with(&format!("bob< :irc {code}")))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    expect![[r#"
        bob> CAP END
        bob> AWAY :early
        bob< :irc 451 * :You have not registered
        bob> CAP REQ draft/pre-away
        bob< :irc CAP * ACK :draft/pre-away
        bob> AWAY :early
        bob< :irc 306 * :You have been marked as being away
        bob> AWAY
        bob< :irc 305 * :You are no longer marked as being away
        bob> AWAY *
        bob< :irc 306 * :You have been marked as being away
        bob> NICK bob
        bob> USER u 0 * :b
        bob> CAP END
        alice> PRIVMSG bob :there?
        alice< :irc 301 alice bob :*
        bob< :alice!u@10.0.0.1 PRIVMSG bob :there?
        bob> JOIN #lobby
        alice< :bob!u@10.0.0.1 JOIN #lobby
        alice< :bob!u@10.0.0.1 AWAY :*
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list
    "#]]
    .assert_eq(&shown);
}

/// away-notify: "Clients SHOULD NOT be sent AWAY messages to notify them of
/// their own away status"; bot-mode: the tag "SHOULD be added by the server to all
/// commands sent by a bot", so to AWAY beside JOIN as well.
#[test]
fn nobody_is_told_of_his_own_absence_and_a_bots_is_tagged() {
    expect![[r#"
        alice> AWAY :lunch
        alice< :irc 306 alice :You have been marked as being away
        alice> @label=1 AWAY
        alice< @label=1 :irc 305 alice :You are no longer marked as being away
        bob> MODE bob +B
        bob< :bob!u@10.0.0.1 MODE bob +B
        bob> AWAY :busy
        bob< :irc 306 bob :You have been marked as being away
        bob> JOIN #lobby
        alice< @msgid=n8;bot :bob!u@10.0.0.1 JOIN #lobby
        alice< @bot :bob!u@10.0.0.1 AWAY :busy
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice with away-notify batch labeled-response message-tags
         alice> AWAY :lunch
         alice> @label=1 AWAY
         bob in no room
         bob> MODE bob +B
         bob> AWAY :busy
         bob> JOIN #lobby",
    ));
}
