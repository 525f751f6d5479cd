//! Questions about people and the server.

use super::kit::play;
use expect_test::expect;

#[test]
fn who_is_answered_as_irssi_and_weechat_ask() {
    expect![[r#"
        bob> AWAY :lunch
        bob< :irc 306 bob :You have been marked as being away
        alice> WHO #lobby
        alice< :irc 352 alice #lobby u 10.0.0.1 irc alice H@ :0 alice real
        alice< :irc 352 alice #lobby u 10.0.0.1 irc bob G :0 bob real
        alice< :irc 315 alice #lobby :End of WHO list
        alice> WHO #lobby %tcuhnfdar,743
        alice< :irc 354 alice 743 #lobby u 10.0.0.1 alice H@ 0 0 :alice real
        alice< :irc 354 alice 743 #lobby u 10.0.0.1 bob G 0 0 :bob real
        alice< :irc 315 alice #lobby :End of WHO list
        alice> WHO #lobby %cuhsnfdar
        alice< :irc 354 alice #lobby u 10.0.0.1 irc alice H@ 0 0 :alice real
        alice< :irc 354 alice #lobby u 10.0.0.1 irc bob G 0 0 :bob real
        alice< :irc 315 alice #lobby :End of WHO list
        alice> WHO bob
        alice< :irc 352 alice * u 10.0.0.1 irc bob G :0 bob real
        alice< :irc 315 alice bob :End of WHO list
        alice> WHO BO*
        alice< :irc 352 alice * u 10.0.0.1 irc bob G :0 bob real
        alice< :irc 315 alice BO* :End of WHO list
        alice> WHO #nowhere
        alice< :irc 315 alice #nowhere :End of WHO list
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        alice> MODE alice +i
        alice< :alice!u@10.0.0.1 MODE alice +i
        bob> WHO *
        bob< :irc 352 bob * u 10.0.0.1 irc bob H :0 bob real
        bob< :irc 315 bob * :End of WHO list
        bob> WHO alice %n
        bob< :irc 354 bob alice
        bob< :irc 315 bob alice :End of WHO list
        bob> WHO #lobby %n
        bob< :irc 315 bob #lobby :End of WHO list
        bob> NAMES #lobby
        bob< :irc 366 bob #lobby :End of /NAMES list
        bob> JOIN #lobby
        alice< :bob!u@10.0.0.1 JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        bob> WHO a* %n
        bob< :irc 354 bob alice
        bob< :irc 315 bob a* :End of WHO list
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        bob> JOIN #secret
        bob< :bob!u@10.0.0.1 JOIN #secret
        bob< :irc 353 bob = #secret :@bob
        bob< :irc 366 bob #secret :End of /NAMES list
        bob> MODE #secret +s
        bob< :bob!u@10.0.0.1 MODE #secret +s
        7 s
        alice> WHOIS BOB
        alice< :irc 311 alice bob u 10.0.0.1 * :bob real
        alice< :irc 319 alice bob :#lobby #lab
        alice< :irc 312 alice bob irc :A room that anybody can open
        alice< :irc 317 alice bob 7 1767225600 :seconds idle, signon time
        alice< :irc 318 alice BOB :End of /WHOIS list
        bob> AWAY :lunch
        bob< :irc 306 bob :You have been marked as being away
        alice> WHOIS irc bob
        alice< :irc 311 alice bob u 10.0.0.1 * :bob real
        alice< :irc 319 alice bob :#lobby #lab
        alice< :irc 312 alice bob irc :A room that anybody can open
        alice< :irc 301 alice bob :lunch
        alice< :irc 317 alice bob 7 1767225600 :seconds idle, signon time
        alice< :irc 318 alice bob :End of /WHOIS list
        alice> WHOIS nobody
        alice< :irc 401 alice nobody :No such nick/channel
        alice< :irc 318 alice nobody :End of /WHOIS list
        alice> WHOIS
        alice< :irc 431 alice :No nickname given
    "#]]
    .assert_eq(&play(
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
    expect![[r#"
        alice> ISON bob nobody ALICE
        alice< :irc 303 alice :bob alice
        alice> USERHOST bob nobody
        alice< :irc 302 alice :bob=+u@10.0.0.1
        alice> VERSION
        alice< :irc 351 alice roomchat-0.1.0 irc :A room that anybody can open
        alice< :irc 005 alice AWAYLEN=250 BOT=B CASEMAPPING=ascii CHANLIMIT=#:50 CHANMODES=beI,k,l,Cimnst CHANNELLEN=64 CHANTYPES=# CHATHISTORY=100 ELIST=CMNTU EXCEPTS=e EXTBAN=,m :are supported by this server
        alice< :irc 005 alice FIRSTROOM=#lobby INVEX=I KEEP=run KICKLEN=250 MAXLIST=b:64,e:64,I:64 MODES MONITOR=100 MSGREFTYPES=msgid,timestamp NAMELEN=100 NETWORK=roomchat NICKLEN=64 :are supported by this server
        alice< :irc 005 alice PREFIX=(ov)@+ STATUSMSG=@+ TARGMAX=PRIVMSG:4,NOTICE:4,TAGMSG:4,JOIN:,PART:,KICK:,LIST:8,NAMES:,WHOIS:1 TOPICLEN=300 USERLEN=10 UTF8ONLY WHOX :are supported by this server
        alice> TIME
        alice< :irc 391 alice irc :2026-01-01T00:00:00.005Z
        alice> TIME elsewhere
        alice< :irc 402 alice elsewhere :No such server
        alice> LUSERS
        alice< :irc 251 alice :There are 2 users and 0 invisible on 1 servers
        alice< :irc 252 alice 0 :operator(s) online
        alice< :irc 253 alice 0 :unknown connection(s)
        alice< :irc 254 alice 1 :channels formed
        alice< :irc 255 alice :I have 2 clients and 0 servers
        alice< :irc 265 alice 2 2 :Current local users 2, max 2
        alice< :irc 266 alice 2 2 :Current global users 2, max 2
        alice> MOTD
        alice< :irc 375 alice :- irc Message of the day - A room that anybody can open
        alice< :irc 372 alice :- hello
        alice< :irc 376 alice :End of /MOTD command.
    "#]]
    .assert_eq(&play(
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

/// Modern, WHO message; bot-mode's example asks for `robodan!*@*`: a mask of the
/// whole source found nobody.
#[test]
fn a_mask_of_the_whole_source_finds_people() {
    expect![[r#"
        alice> WHO bob!*@*
        alice< :irc 352 alice * u 10.0.0.1 irc bob H :0 bob real
        alice< :irc 315 alice bob!*@* :End of WHO list
        alice> WHO *!*@10.0.0.2
        alice< :irc 352 alice * u 10.0.0.2 irc far H :0 far real
        alice< :irc 315 alice *!*@10.0.0.2 :End of WHO list
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         far in no room
         alice> WHO bob!*@*
         alice> WHO *!*@10.0.0.2",
    ));
}
