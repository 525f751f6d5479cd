//! What the console is told.

use super::kit::play;
use expect_test::expect;

#[test]
fn comings_words_and_goings_in_the_order_in_which_they_happen() {
    let shown = play(
        "console
         alice>> NICK 小明\\r\\nUSER u 0 * :x\\r\\nJOIN #lobby\\r\\nPRIVMSG #lobby :哈囉\\r\\n
         bob>> NICK bob\\r\\nUSER u 0 * :x\\r\\nJOIN #lobby,#lab\\r\\n
         alice> QUIT :bye
         bob> TOPIC #lobby :hi
         bob> PART #lab
         carol closes",
    );
    expect![[""]]
        .assert_eq(&shown.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>().join("\n"));
}

#[test]
fn kicks_and_names_have_lines_of_their_own_and_tags_alone_have_none() {
    let shown = play(
        "alice, bob with message-tags
         console
         alice> @+typing=active TAGMSG #lobby
         alice> NICK alicia
         alice> KICK #lobby bob :out",
    );
    expect![[""]]
        .assert_eq(&shown.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_stop_says_goodbye_to_all_and_to_each_once() {
    expect![[""]].assert_eq(&play(
        "alice, bob in #lobby
         carol> NICK carol
         console
         stop
         alice> PRIVMSG #lobby :still here?
         alice closes
         bob closes",
    ));
}
