//! Modes of rooms and people.

use super::kit::play;
use expect_test::expect;

#[test]
fn modes_and_lists_are_told() {
    expect![[""]].assert_eq(&play(
        "alice in #lab
         bob in no room
         alice> MODE #lab
         alice> MODE #lab b
         alice> MODE #lab +b
         alice> MODE #lab +kl secret 5
         alice> MODE #lab
         bob> MODE #lab
         bob> MODE #nowhere",
    ));
}

#[test]
fn errors_come_in_order_and_one_at_a_time() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lab
         carol in no room
         carol> MODE #nowhere +o bob
         carol> MODE #lab +o bob
         bob> MODE #lab +o nobody
         alice> MODE #lab +o nobody
         alice> MODE #lab +o carol
         alice> MODE #lab +x
         alice> MODE #lab +l nonsense
         alice> MODE #lab +l
         alice> MODE #lab +k
         alice> MODE #lab +k :a b",
    ));
}

#[test]
fn changes_are_told_together_and_only_those_that_change_something() {
    expect![[""]].assert_eq(&play(
        "alice, bob, carol in #lab
         alice> MODE #lab +ov-t+n bob carol
         alice> MODE #lab +o bob
         alice> MODE #lab -o+v alice alice",
    ));
}

#[test]
fn doors_are_kept_by_key_limit_and_bans() {
    expect![[""]].assert_eq(&play(
        "alice in #lab
         bob, carol in no room
         alice> MODE #lab +k secret
         bob> JOIN #lab
         bob> JOIN #a,#lab x,wrong
         bob> JOIN #b,#lab ,secret
         alice> MODE #lab -k *
         alice> MODE #lab +l 2
         carol> JOIN #lab
         alice> MODE #lab -l
         alice> MODE #lab +b carol
         alice> MODE #lab b
         carol> JOIN #lab
         alice> MODE #lab +e *!*@10.0.0.1
         carol> JOIN #lab
         alice> MODE #lab e",
    ));
}

#[test]
fn a_moderated_room_hears_those_with_a_voice() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lab
         alice> MODE #lab +m
         bob> PRIVMSG #lab :hi
         alice> MODE #lab +v bob
         bob> PRIVMSG #lab :hi
         alice> MODE #lab -mv bob
         alice> MODE #lab +b bob
         bob> PRIVMSG #lab :hi
         bob> NOTICE #lab :hi",
    ));
}

#[test]
fn a_room_without_n_hears_strangers_and_with_capital_c_no_requests() {
    expect![[""]].assert_eq(
        &play(
            "alice in #lab
         bob in no room
         alice> MODE #lab -n+C
         bob> PRIVMSG #lab :hi
         bob>> PRIVMSG #lab :\\x01VERSION\\x01\\r\\n
         bob>> PRIVMSG #lab :\\x01ACTION waves\\x01\\r\\n",
        )
        .replace('\x01', "^A"),
    );
}

#[test]
fn people_have_modes_of_their_own() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         alice> MODE alice
         alice> MODE alice +i
         alice> MODE alice +i
         alice> MODE alice
         alice> MODE alice +x
         alice> MODE bob
         alice> MODE nobody",
    ));
}
