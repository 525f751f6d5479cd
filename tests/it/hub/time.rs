//! What happens by itself.

use super::kit::play;
use expect_test::expect;

#[test]
fn who_does_not_register_in_ten_seconds_goes() {
    expect![[r#"
        alice> NICK alice
        9 s
        1 s
        alice<| ERROR :Closing link: 10.0.0.1 (Not registered in 10 seconds)
        [Closed] None NoName(10s)
    "#]]
    .assert_eq(&play(
        "console
         alice> NICK alice
         9 s
         1 s",
    ));
}

#[test]
fn the_silent_are_asked_and_go_if_they_do_not_answer() {
    expect![[r#"
        89 s
        bob> PING x
        bob< :irc PONG irc :x
        1 s
        alice< PING :irc
        59 s
        1 s
        alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)
        bob< :alice!u@10.0.0.1 QUIT :Ping timeout: 150 seconds
        30 s
        bob< PING :irc
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         89 s
         bob> PING x
         1 s
         59 s
         1 s
         30 s",
    ));
}

#[test]
fn any_line_is_a_sign_of_life() {
    expect![[r#"
        90 s
        alice< PING :irc
        alice> PONG irc
        60 s
        30 s
        alice< PING :irc
        alice> PING x
        alice< :irc PONG irc :x
        89 s
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         90 s
         alice> PONG irc
         60 s
         30 s
         alice> PING x
         89 s",
    ));
}
