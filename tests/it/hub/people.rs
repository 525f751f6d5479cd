//! Questions about people and the server.

use super::kit::play;
use expect_test::expect;

#[test]
fn who_is_answered_as_irssi_and_weechat_ask() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         bob> AWAY :lunch
         alice> WHO #lobby
         alice> WHO #lobby %tcuhnfdar,743
         alice> WHO #lobby %cuhsnfdar
         alice> WHO bob
         alice> WHO BO*
         alice> WHO #nowhere",
    ));
}

#[test]
fn the_invisible_are_hidden_from_masks_but_not_from_their_name() {
    expect![[""]].assert_eq(&play(
        "alice in #lobby
         alice> MODE alice +i
         bob in no room
         bob> WHO *
         bob> WHO alice %n
         bob> WHO #lobby %n
         bob> NAMES #lobby
         bob> JOIN #lobby
         bob> WHO a* %n",
    ));
}

#[test]
fn whois_always_has_an_end() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby,#lab
         bob> JOIN #secret
         bob> MODE #secret +s
         7 s
         alice> WHOIS BOB
         bob> AWAY :lunch
         alice> WHOIS irc bob
         alice> WHOIS nobody
         alice> WHOIS",
    ));
}

#[test]
fn small_questions_are_answered() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         alice> ISON bob nobody ALICE
         alice> USERHOST bob nobody
         alice> VERSION
         alice> TIME
         alice> TIME elsewhere
         alice> LUSERS
         alice> MOTD",
    ));
}
