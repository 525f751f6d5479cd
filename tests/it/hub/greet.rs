//! Registration.

use super::kit::play;
use expect_test::expect;

#[test]
fn a_newcomer_is_told_where_they_are() {
    expect![[r#"
        alice> NICK alice
        alice> USER u 0 * :Alice
        alice< :irc 001 alice :Welcome to roomchat, alice!u@10.0.0.1
        alice< :irc 002 alice :Your host is irc, running roomchat-0.1.0
        alice< :irc 003 alice :This server was started 2026-01-01T00:00:00.000Z
        alice< :irc 004 alice irc roomchat-0.1.0 Bio CIbeiklmnostv Ibeklov
        alice< :irc 005 alice AWAYLEN=250 BOT=B CASEMAPPING=ascii CHANLIMIT=#:50 CHANMODES=beI,k,l,Cimnst CHANNELLEN=64 CHANTYPES=# CHATHISTORY=100 ELIST=CMNTU EXCEPTS=e EXTBAN=,m :are supported by this server
        alice< :irc 005 alice FIRSTROOM=#lobby INVEX=I KEEP=run KICKLEN=250 MAXLIST=b:64,e:64,I:64 MODES MONITOR=100 MSGREFTYPES=msgid,timestamp NAMELEN=100 NETWORK=roomchat NICKLEN=64 :are supported by this server
        alice< :irc 005 alice PREFIX=(ov)@+ STATUSMSG=@+ TARGMAX=PRIVMSG:4,NOTICE:4,TAGMSG:4,JOIN:,PART:,KICK:,LIST:8,NAMES:,WHOIS:1 TOPICLEN=300 USERLEN=10 UTF8ONLY WHOX :are supported by this server
        alice< :irc 251 alice :There are 1 users and 0 invisible on 1 servers
        alice< :irc 252 alice 0 :operator(s) online
        alice< :irc 253 alice 0 :unknown connection(s)
        alice< :irc 254 alice 1 :channels formed
        alice< :irc 255 alice :I have 1 clients and 0 servers
        alice< :irc 265 alice 1 1 :Current local users 1, max 1
        alice< :irc 266 alice 1 1 :Current global users 1, max 1
        alice< :irc 375 alice :- irc Message of the day - A room that anybody can open
        alice< :irc 372 alice :- hello
        alice< :irc 376 alice :End of /MOTD command.
    "#]].assert_eq(&play(
        "alice> NICK alice
         alice> USER u 0 * :Alice",
    ));
}

#[test]
fn nick_and_user_come_in_any_order_and_with_stored_passwords() {
    expect![[r#"
        alice>> PASS stored\r\nUSER u 0 * :Alice\r\n
        alice>> NICK alice\r\n
        alice< :irc 001 alice :Welcome to roomchat, alice!u@10.0.0.1"#]]
    .assert_eq(
        &play(
            "alice>> PASS stored\\r\\nUSER u 0 * :Alice\\r\\n
         alice>> NICK alice\\r\\n",
        )
        .lines()
        .take(3)
        .collect::<Vec<_>>()
        .join("\n"),
    );
}

#[test]
fn before_registration_everything_else_is_451_and_nobody_is_thrown_out() {
    expect![[r#"
        alice> CAP LS 302
        alice< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline=max-bytes=4096,max-lines=24 draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        alice> JOIN :
        alice< :irc 451 * :You have not registered
        alice> PRIVMSG #lobby :hi
        alice< :irc 451 * :You have not registered
        alice> NONSENSE
        alice< :irc 451 * :You have not registered
        alice> PING x
        alice< :irc PONG irc :x
    "#]].assert_eq(&play(
        "alice> CAP LS 302
         alice> JOIN :
         alice> PRIVMSG #lobby :hi
         alice> NONSENSE
         alice> PING x",
    ));
}

/// What cannot be a name is refused with a reason and may be tried again.
#[test]
fn an_invalid_name_is_refused() {
    expect![[r#"
        alice> NICK *
        alice< :irc 432 * * :a name cannot hold '*' there
        alice> NICK
        alice< :irc 431 * :No nickname given
        alice> NICK :小 明
        alice< :irc 432 * 小_明 :a name cannot hold a blank, for example: 小明
        alice> NICK server
        alice< :irc 432 * server :that name is reserved
        alice> NICK -x
        alice< :irc 432 * -x :a name cannot hold '-' there, for example: x
        alice> USER u 0 * :
        alice< :irc 461 * USER :Not enough parameters
        alice> USER u 0 *
        alice< :irc 461 * USER :Not enough parameters
        alice> QUIT :bye
        alice<| ERROR :Closing link: 10.0.0.1 (Quit: bye)
    "#]]
    .assert_eq(&play(
        "alice> NICK *
         alice> NICK
         alice> NICK :小 明
         alice> NICK server
         alice> NICK -x
         alice> USER u 0 * :
         alice> USER u 0 *
         alice> QUIT :bye",
    ));
}

#[test]
fn a_user_name_that_cannot_be_is_replaced() {
    expect![[r#"
        alice>> USER 小花 0 * :x\r\nJOIN #lobby\r\nWHOIS 小花\r\n
        bob< :小花!user@10.0.0.1 JOIN #lobby
        alice< :irc 005 小花 PREFIX=(ov)@+ STATUSMSG=@+ TARGMAX=PRIVMSG:4,NOTICE:4,TAGMSG:4,JOIN:,PART:,KICK:,LIST:8,NAMES:,WHOIS:1 TOPICLEN=300 USERLEN=10 UTF8ONLY WHOX :are supported by this server
        alice< :小花!user@10.0.0.1 JOIN #lobby
        alice< :irc 311 小花 小花 user 10.0.0.1 * :x"#]].assert_eq(
        &play(
            "bob in #lobby
         alice> NICK 小花
         alice>> USER 小花 0 * :x\\r\\nJOIN #lobby\\r\\nWHOIS 小花\\r\\n",
        )
        .lines()
        .filter(|line| line.contains("JOIN") || line.contains(" 311 "))
        .collect::<Vec<_>>()
        .join("\n"),
    );
}

#[test]
fn two_who_want_one_name_get_it_once() {
    let shown = play(
        "alice> NICK same
         bob> NICK same
         alice> USER u 0 * :a
         bob> USER u 0 * :b
         bob> NICK other",
    );
    let wanted = |line: &&str| line.contains(" 001 ") || line.contains(" 433 ");
    expect![[r#"
        alice< :irc 001 same :Welcome to roomchat, same!u@10.0.0.1
        bob< :irc 433 * same :Nickname is already in use
        bob< :irc 001 other :Welcome to roomchat, other!u@10.0.0.1"#]]
    .assert_eq(&shown.lines().filter(wanted).collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_http_request_is_closed_without_an_answer() {
    expect![[r#"
        alice> GET / HTTP/1.1
        alice<| 
        [Closed] None NotIrc
        alice> Host: localhost
        alice closes
    "#]]
    .assert_eq(&play(
        "console
         alice> GET / HTTP/1.1
         alice> Host: localhost
         alice closes",
    ));
}

#[test]
fn registering_again_is_refused() {
    expect![[r#"
        alice> USER u 0 * :again
        alice< :irc 462 alice :You may not reregister
        alice> PASS x
        alice< :irc 462 alice :You may not reregister
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> USER u 0 * :again
         alice> PASS x",
    ));
}

/// Modern, LINKS message: "usually including the server itself".
#[test]
fn links_lists_this_server() {
    expect![[r#"
        alice> LINKS
        alice< :irc 364 alice irc irc :0 A room that anybody can open
        alice< :irc 365 alice * :End of /LINKS list
    "#]]
    .assert_eq(&play("alice in #lobby\nalice> LINKS"));
}
