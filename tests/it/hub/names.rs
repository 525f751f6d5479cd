//! Who may be called what.

use super::kit::play;
use expect_test::expect;

#[test]
fn a_name_reserves_its_cases_and_what_looks_like_it() {
    expect![[r#"
        bob> NICK ALICE
        bob< :irc 433 bob ALICE :Nickname is already in use
        bob> NICK aIice
        bob< :irc 432 bob aIice :That looks like alice, who is here
        bob> NICK Bob
        alice< :bob!u@10.0.0.1 NICK Bob
        bob< :bob!u@10.0.0.1 NICK Bob
        bob> NICK Bob
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         bob> NICK ALICE
         bob> NICK aIice
         bob> NICK Bob
         bob> NICK Bob",
    ));
}

#[test]
fn everybody_in_the_room_sees_a_change_from_the_old_name() {
    expect![[r#"
        alice> NICK 小花
        alice< :alice!u@10.0.0.1 NICK 小花
        bob< :alice!u@10.0.0.1 NICK 小花
        [Renamed] alice 小花
        carol> NICK alice
        carol< :carol!u@10.0.0.1 NICK alice
        [Renamed] carol alice
        bob> PRIVMSG alice :hi
        carol< :bob!u@10.0.0.1 PRIVMSG alice :hi
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        alice> QUIT
        alice<| ERROR :Closing link: 10.0.0.1 (Quit: )
        bob< :alice!u@10.0.0.1 QUIT :Quit: 
        bob> NICK alice
        bob< :bob!u@10.0.0.1 NICK alice
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         alice> QUIT
         bob> NICK alice",
    ));
}

#[test]
fn names_are_spelled_as_their_owners_do() {
    expect![[r#"
        bob> PRIVMSG aLICE :hi
        Alice< :bob!u@10.0.0.1 PRIVMSG Alice :hi
        bob> PRIVMSG #LAB :hi
        Alice< :bob!u@10.0.0.1 PRIVMSG #Lab :hi
    "#]]
    .assert_eq(&play(
        "Alice, bob in #Lab
         bob> PRIVMSG aLICE :hi
         bob> PRIVMSG #LAB :hi",
    ));
}

/// A room that looks like another is refused while that is there.
#[test]
fn look_alike_rooms_are_refused() {
    expect![[r#"
        alice> JOIN #1obby
        alice< :irc 403 alice #1obby :That looks like #lobby, which is there
        alice> JOIN #lоbby,#Lab
        alice< :irc 403 alice #lоbby :That looks like #lobby, which is there
        alice< :alice!u@10.0.0.1 JOIN #Lab
        alice< :irc 353 alice = #Lab :@alice
        alice< :irc 366 alice #Lab :End of /NAMES list
        alice> JOIN #LOBBY
        alice> JOIN #Iab
        alice< :irc 403 alice #Iab :That looks like #Lab, which is there
        alice> PART #lab
        alice< :alice!u@10.0.0.1 PART #Lab
        alice> JOIN #Iab
        alice< :alice!u@10.0.0.1 JOIN #Iab
        alice< :irc 353 alice = #Iab :@alice
        alice< :irc 366 alice #Iab :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> JOIN #1obby
         alice> JOIN #lоbby,#Lab
         alice> JOIN #LOBBY
         alice> JOIN #Iab
         alice> PART #lab
         alice> JOIN #Iab",
    ));
}
