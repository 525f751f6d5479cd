//! HELP and INFO.

use super::kit::play;
use expect_test::expect;

#[test]
fn help_lists_the_commands_and_tells_about_each() {
    expect![[r#"
        alice> HELP
        alice< :irc 704 alice * :HELP <command> tells about one of these
        alice< :irc 705 alice * :
        alice< :irc 705 alice * :AWAY BATCH CAP CHATHISTORY HELP INFO INVITE ISON JOIN KICK KILL LINKS LIST LUSERS MARKREAD MODE MONITOR MOTD NAMES NICK NOTICE OPER PART PASS PING PONG PRIVMSG QUIT REDACT SEARCH SETNAME TAGMSG TIME TOPIC USER USERHOST VERSION WHO WHOIS WHOWAS
        alice< :irc 706 alice * :End of /HELP
        alice> HELP part
        alice< :irc 704 alice PART :PART <room>{,<room>} [<reason>]
        alice< :irc 705 alice PART :
        alice< :irc 705 alice PART :Leaves a room.
        alice< :irc 706 alice PART :End of /HELP
        alice> HELP nonsense
        alice< :irc 524 alice nonsense :There is no help on that
    "#]].assert_eq(&play(
        "alice in no room
         alice> HELP
         alice> HELP part
         alice> HELP nonsense",
    ));
}

#[test]
fn info_tells_what_the_server_is() {
    expect![[r#"
        alice> INFO
        alice< :irc 371 alice :roomchat-0.1.0: a room that anybody can open
        alice< :irc 371 alice :This server was started 2026-01-01T00:00:00.000Z
        alice< :irc 374 alice :End of INFO list
        alice> INFO elsewhere
        alice< :irc 402 alice elsewhere :No such server
    "#]]
    .assert_eq(&play(
        "alice in no room
         alice> INFO
         alice> INFO elsewhere",
    ));
}

/// Modern, ERR_HELPNOTFOUND: the subject is one word of the reply.
#[test]
fn a_subject_of_several_words_is_not_repeated() {
    expect![[r#"
        alice> HELP :un known
        alice< :irc 524 alice * :There is no help on that
    "#]]
    .assert_eq(&play("alice in #lobby\nalice> HELP :un known"));
}
