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
    expect![[r#"
        [Named] 小明 10.0.0.1:1000
        [Entered] #lobby 小明 1
        [Said] #lobby 小明: 哈囉
        [Named] bob 10.0.0.1:1001
        [Entered] #lobby bob 2
        [Entered] #lab bob 1
        [Closed] Some("小明") Quit(Some("bye"))
        [Left] #lobby 小明 1
        [Left] #lab bob 0
        [Closed] None Closed"#]]
    .assert_eq(&shown.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>().join("\n"));
}

/// Kicks and names have lines of their own and tags alone have none.
#[test]
fn kicks_names_and_tags() {
    let shown = play(
        "alice, bob with message-tags
         console
         alice> @+typing=active TAGMSG #lobby
         alice> NICK alicia
         alice> KICK #lobby bob :out",
    );
    expect![[r#"
        [Renamed] alice alicia
        [Kicked] #lobby bob by alicia (out) 1"#]]
    .assert_eq(&shown.lines().filter(|line| line.starts_with('[')).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_is_said_to_operators_alone_is_not_shown() {
    expect![[r#"
        bob> PRIVMSG @#lobby :psst
        alice< :bob!u@10.0.0.1 PRIVMSG @#lobby :psst
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         console
         bob> PRIVMSG @#lobby :psst",
    ));
}

#[test]
fn a_stop_says_goodbye_to_all_and_to_each_once() {
    expect![[r#"
        carol> NICK carol
        stop
        alice<| ERROR :Closing link: 10.0.0.1 (The server is closing)
        bob<| ERROR :Closing link: 10.0.0.1 (The server is closing)
        carol<| ERROR :Closing link: 10.0.0.1 (The server is closing)
        [Closed] Some("alice") ServerStopping
        [Closed] Some("bob") ServerStopping
        [Closed] None ServerStopping
        alice> PRIVMSG #lobby :still here?
        alice closes
        bob closes
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         carol> NICK carol
         console
         stop
         alice> PRIVMSG #lobby :still here?
         alice closes
         bob closes",
    ));
}
