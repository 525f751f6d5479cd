//! Coming into rooms, leaving them, and what is done there.

use super::kit::play;
use expect_test::expect;

#[test]
fn entering_shows_the_topic_and_who_is_there() {
    expect![[""]].assert_eq(&play(
        "alice in #lobby
         alice> TOPIC #lobby :welcome
         bob in no room
         bob> JOIN #lobby
         bob> JOIN #LOBBY",
    ));
}

#[test]
fn of_a_list_the_good_rooms_are_entered() {
    expect![[""]].assert_eq(&play(
        "alice in no room
         alice> JOIN #a,bad,,#b
         alice> JOIN #!
         alice> JOIN
         alice> JOIN 0",
    ));
}

#[test]
fn leaving_is_told_with_and_without_a_reason() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #a,#b
         alice> PART #a
         alice> PART #b :good bye
         alice> PART #b
         alice> PART #nowhere
         bob> PART #a,#b",
    ));
}

#[test]
fn quitting_is_told_once_to_each_who_shares_a_room() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #a,#b
         carol in #c
         alice> QUIT :bye
         bob closes",
    ));
}

#[test]
fn a_topic_is_set_by_operators_and_seen_by_all() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lab
         carol in no room
         bob> TOPIC #lab
         bob> TOPIC #lab :mine
         alice> TOPIC #lab :ours
         carol> TOPIC #lab
         carol> TOPIC #lab :mine
         alice> MODE #lab -t
         bob> TOPIC #lab :mine
         bob> TOPIC #lab :
         bob> TOPIC #lab
         bob> TOPIC #nowhere",
    ));
}

#[test]
fn a_kick_reaches_its_target_with_one_line_for_each() {
    expect![[""]].assert_eq(&play(
        "alice, bob, carol, dave in #lab
         eve in no room
         bob> KICK #lab alice
         eve> KICK #lab alice
         alice> KICK #lab eve
         alice> KICK #lab nobody
         alice> KICK #nowhere bob
         alice> KICK #lab bob,carol :out
         alice> KICK #lab dave",
    ));
}

#[test]
fn names_of_what_does_not_exist_are_only_an_end() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lab
         eve in no room
         alice> NAMES #lab
         eve> NAMES #lab
         eve> NAMES #nowhere
         eve> NAMES
         alice> MODE #lab +s
         alice> NAMES #lab
         eve> NAMES #lab",
    ));
}

#[test]
fn signs_and_sources_are_as_each_reader_wants_them() {
    expect![[""]].assert_eq(&play(
        "alice in #lab
         alice> MODE #lab +v alice
         bob with multi-prefix userhost-in-names
         bob> JOIN #lab
         alice> NAMES #lab
         bob> WHO #lab",
    ));
}

#[test]
fn names_are_up_to_date_after_every_change() {
    expect![[""]].assert_eq(&play(
        "alice, bob, carol in #lab
         alice> NAMES #lab
         bob> NICK 小花
         alice> MODE #lab +o carol
         alice> NAMES #lab
         alice> PART #lab
         carol> NAMES #lab
         carol> KICK #lab 小花
         dave in #lab
         carol> NAMES #lab",
    ));
}

#[test]
fn rooms_are_listed_but_secret_ones() {
    expect![[""]].assert_eq(&play(
        "alice in #lab
         alice> TOPIC #lab :work
         alice> JOIN #hidden
         alice> MODE #hidden +s
         bob in no room
         alice> LIST
         bob> LIST
         bob> LIST #lab,#nowhere
         bob> LIST #nowhere",
    ));
}

#[test]
fn the_first_room_stays_and_who_enters_an_empty_room_is_its_operator() {
    expect![[""]].assert_eq(&play(
        "alice in #lobby
         alice> PART #lobby
         alice> NAMES #lobby
         alice> JOIN #lobby
         localhost in no room
         localhost> JOIN #lobby
         localhost> JOIN #lab
         alice> PART #lobby",
    ));
}

#[test]
fn an_invitation_opens_the_door_once() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lab
         carol, dave in no room
         alice> MODE #lab +i
         carol> JOIN #lab
         bob> INVITE carol #lab
         alice> INVITE carol #lab
         alice> INVITE bob #lab
         alice> INVITE nobody #lab
         dave> INVITE carol #lab
         carol> JOIN #lab
         carol> PART #lab
         carol> JOIN #lab",
    ));
}
