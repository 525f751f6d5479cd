//! What happens by itself.

use super::kit::play;
use expect_test::expect;

#[test]
fn who_does_not_register_in_ten_seconds_goes() {
    expect![[""]].assert_eq(&play(
        "console
         alice> NICK alice
         9 s
         1 s",
    ));
}

#[test]
fn the_silent_are_asked_and_go_if_they_do_not_answer() {
    expect![[""]].assert_eq(&play(
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
    expect![[""]].assert_eq(&play(
        "alice in #lobby
         90 s
         alice> PONG irc
         60 s
         30 s
         alice> PING x
         89 s",
    ));
}
