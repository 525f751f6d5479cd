//! Talking in rooms and in private.

use super::kit::play;
use expect_test::expect;

#[test]
fn everybody_in_the_room_hears_it_and_nobody_else() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         carol in #lab
         alice> PRIVMSG #lobby :哈囉 exit close
         alice> NOTICE #lobby :note
         carol> PRIVMSG #lobby :may I?
         carol> NOTICE #lobby :may I?",
    ));
}

#[test]
fn a_private_message_reaches_one_and_never_the_console() {
    expect![[""]].assert_eq(&play(
        "alice, bob, carol in #lobby
         console
         alice> PRIVMSG bob :psst
         alice> NOTICE bob :psst",
    ));
}

#[test]
fn a_message_that_cannot_be_delivered_is_answered_and_a_notice_never() {
    expect![[""]].assert_eq(&play(
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
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         alice> :bob!u@h PRIVMSG #lobby :I am alice",
    ));
}

#[test]
fn several_targets_each_get_it() {
    expect![[""]].assert_eq(&play(
        "alice, bob, carol in #lobby
         alice> PRIVMSG bob,nobody,#lobby :hi",
    ));
}

#[test]
fn operators_can_be_spoken_to_alone() {
    expect![[""]].assert_eq(&play(
        "alice, bob, carol in #lobby
         alice> MODE #lobby +v bob
         carol> PRIVMSG @#lobby :help
         carol> PRIVMSG +#lobby :help",
    ));
}

#[test]
fn who_writes_to_somebody_away_is_told() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         bob> AWAY :at lunch
         alice> PRIVMSG bob :hi
         alice> NOTICE bob :hi
         bob> AWAY
         alice> PRIVMSG bob :hi",
    ));
}
