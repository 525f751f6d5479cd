//! Who may be called what.

use super::kit::play;
use expect_test::expect;

#[test]
fn a_name_reserves_its_cases_and_what_looks_like_it() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         bob> NICK ALICE
         bob> NICK aIice
         bob> NICK Bob
         bob> NICK Bob",
    ));
}

#[test]
fn everybody_in_the_room_sees_a_change_from_the_old_name() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         carol in no room
         console
         alice> NICK 小花
         carol> NICK alice
         bob> PRIVMSG alice :hi",
    ));
}

#[test]
fn a_name_is_free_after_its_owner_has_gone() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         alice> QUIT
         bob> NICK alice",
    ));
}

#[test]
fn names_are_spelled_as_their_owners_do() {
    expect![[""]].assert_eq(&play(
        "Alice, bob in #Lab
         bob> PRIVMSG aLICE :hi
         bob> PRIVMSG #LAB :hi",
    ));
}
