//! The plain door, for `nc` and telnet.

use super::kit::{Kit, play};
use expect_test::expect;

/// A first line that is no command is a name and the next are said.
#[test]
fn a_first_line_is_a_name() {
    expect![[r#"
        nc> 小明
        alice< :小明!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        [Named] 小明 10.0.0.1:1001
        [Entered] #lobby 小明 2
        nc> 哈囉 大家
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :哈囉 大家
        [Said] #lobby 小明: 哈囉 大家
        nc> JOIN #lab
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :JOIN #lab
        [Said] #lobby 小明: JOIN #lab
        nc>  Exit please
        alice< :小明!plain@10.0.0.1 PRIVMSG #lobby :Exit please
        [Said] #lobby 小明: Exit please
        alice> PRIVMSG #lobby :hi
        nc< alice: hi
        [Said] #lobby alice: hi
        alice> PRIVMSG #lobby :ACTION waves
        nc< * alice waves
        [Said] #lobby alice: ACTION waves
        alice> PRIVMSG #lobby :VERSION
        [Said] #lobby alice: VERSION
        alice> PRIVMSG 小明 :psst
        nc< [私] alice: psst
        alice> NOTICE #lobby :look
        nc< alice: look
        [Said] #lobby alice: look
        alice> TOPIC #lobby :tea
        alice< :alice!u@10.0.0.1 TOPIC #lobby :tea
        nc< [alice把主題改為: tea]
        [Topic] #lobby alice: tea
        alice> MODE #lobby +v 小明
        alice< :alice!u@10.0.0.1 MODE #lobby +v 小明
        alice> AWAY :x
        alice< :irc 306 alice :You have been marked as being away
        bob> NICK ben
        alice< :bob!u@10.0.0.1 NICK ben
        nc< [bob改名為ben]
        bob< :bob!u@10.0.0.1 NICK ben
        [Renamed] bob ben
        alice> KICK #lobby ben :out
        alice< :alice!u@10.0.0.1 KICK #lobby ben :out
        nc< [alice把ben請出聊天室] (out)
        bob< :alice!u@10.0.0.1 KICK #lobby ben :out
        [Kicked] #lobby ben by alice (out) 2
        carol> PART #lobby :bye
        alice< :carol!u@10.0.0.1 PART #lobby :bye
        nc< carol離開聊天室... (bye)
        carol< :carol!u@10.0.0.1 PART #lobby :bye
        [Left] #lobby carol 2
        alice> WHOIS 小明
        alice< :irc 311 alice 小明 plain 10.0.0.1 * :小明
        alice< :irc 319 alice 小明 :+#lobby
        alice< :irc 312 alice 小明 irc :A room that anybody can open
        alice< :irc 317 alice 小明 0 1767225600 :seconds idle, signon time
        alice< :irc 318 alice 小明 :End of /WHOIS list
        nc>  EXIT
        alice< :小明!plain@10.0.0.1 QUIT :Quit: 
        nc<| 
        [Closed] Some("小明") Quit(None)
        [Left] #lobby 小明 1
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         console
         nc> 小明
         nc> 哈囉 大家
         nc> JOIN #lab
         nc>  Exit please
         alice> PRIVMSG #lobby :hi
         alice> PRIVMSG #lobby :\u{1}ACTION waves\u{1}
         alice> PRIVMSG #lobby :\u{1}VERSION\u{1}
         alice> PRIVMSG 小明 :psst
         alice> NOTICE #lobby :look
         alice> TOPIC #lobby :tea
         alice> MODE #lobby +v 小明
         alice> AWAY :x
         bob in #lobby
         bob> NICK ben
         alice> KICK #lobby ben :out
         carol in #lobby
         carol> PART #lobby :bye
         alice> WHOIS 小明
         nc> \u{20}EXIT\u{20}",
    ));
}

/// A refused name is explained in one line and the next line is the next try.
#[test]
fn a_refused_name_is_explained() {
    expect![[r#"
        nc> my name
        nc< 名稱不能有空白，例如: myname
        nc> ALICE
        nc< 名稱「ALICE」已經有人使用，請換一個
        nc> JOIN
        alice< :JOIN!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        nc> 系統
        alice< :JOIN!plain@10.0.0.1 PRIVMSG #lobby :系統
        8 s
        nc> CAP LS
        alice< :JOIN!plain@10.0.0.1 PRIVMSG #lobby :CAP LS
        8 s
        nc> bob
        alice< :JOIN!plain@10.0.0.1 PRIVMSG #lobby :bob
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         nc> my name
         nc> ALICE
         nc> JOIN
         nc> 系統
         8 s
         nc> CAP LS
         8 s
         nc> bob",
    ));
}

#[test]
fn one_who_says_exit_or_nothing_goes() {
    expect![[r#"
        nc> hello there
        nc< 名稱不能有空白，例如: hellothere
        nc> exit
        nc<| 
        nd> hello there
        nd< 名稱不能有空白，例如: hellothere
        11 s
        nd<| closed. (no name in 10 s)
    "#]]
    .assert_eq(&play(
        "nc> hello there
         nc> exit
         nd> hello there
         11 s",
    ));
}

/// `STARTTLS` and tags once made a connection IRC, and everybody who speaks lines was told 451.
#[test]
fn only_a_command_with_which_irc_begins_decides_for_irc() {
    expect![[r#"
        a> AUTHENTICATE PLAIN
        a< :irc 451 * :You have not registered
        a> 小明
        a< :irc 451 * :You have not registered
        b> @a=b hello
        b< 名稱不能有「@」，例如: abhello
        b> JOIN #lobby
        b< 名稱不能有空白，例如: JOINlobby
        b> PING x
        b< :irc PONG irc :x
        b> @all hello
        b< 名稱不能有「@」，例如: allhello
        b> NICK bob
        b> 小明
        b< :irc 451 * :You have not registered
        c> STARTTLS
        c< 請輸入訊息 (輸入 exit 離開)
        c< 聊天室人數： 1
        d> QUIT
        d<| ERROR :Closing link: 10.0.0.1 (Quit: )
        e> GET / HTTP/1.1
        e<| 
        f> GET
        c< [GET進入聊天室]
        f< 請輸入訊息 (輸入 exit 離開)
        f< 聊天室人數： 2
        g>> NICK \xe4\xbd\r\n
        g< :irc FAIL NICK INVALID_UTF8 :Message rejected, it is not valid UTF-8
        g> 小花
        g< :irc 451 * :You have not registered
    "#]]
    .assert_eq(&play(
        "a> AUTHENTICATE PLAIN
         a> 小明
         b> @a=b hello
         b> JOIN #lobby
         b> PING x
         b> @all hello
         b> NICK bob
         b> 小明
         c> STARTTLS
         d> QUIT
         e> GET / HTTP/1.1
         f> GET
         g>> NICK \\xe4\\xbd\\r\\n
         g> 小花",
    ));
}

/// After each of these first lines every name was answered 451.
#[test]
fn an_invalid_name_is_explained() {
    let mut kit = Kit::new();
    let first_lines: [(&str, &[u8]); 9] = [
        ("big5", b"\xa4\xa4\xa4\xe5"),
        ("long", &[b'x'; 600]),
        ("help", b"Help"),
        ("all", b"@all hello"),
        ("colon", b":hello"),
        ("telnet", b"\xff\xfb\x1f\xff\xfb\x20"),
        ("empty", b""),
        ("join", b"JOIN #lobby"),
        ("nul", b"a b\0"),
    ];
    for (name, line) in first_lines {
        kit.send(name, &[line, b"\r\n"].concat());
        kit.send(name, format!("the-{name}\r\n").as_bytes());
        kit.play("0 s");
        let shown = kit.take();
        let own: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix(name)).collect();
        assert_eq!(own.len(), 3, "one sentence, and two on entering: {shown}");
        assert!(own[2].starts_with("< 聊天室人數"), "{shown}");
    }
    expect![[r#"
        a> help
        a< 請輸入一個名稱，之後每一行都會說給大家聽 (輸入 exit 離開)
        a>>\xa4\xa4\r\n
        a< 這一行不是 UTF-8，請把編碼設成 UTF-8 再輸入一次
        a>>\r\n
        a< 請輸入您的名稱:
    "#]]
    .assert_eq(&play("a> help\na>>\\xa4\\xa4\\r\\n\na>>\\r\\n"));
}

/// They were commands, and whoever typed one was told 451 from then on.
#[test]
fn words_that_begin_no_irc_are_names() {
    for word in ["info", "Mode", "Nick", "users", "STATS", "GET", "who"] {
        let mut kit = Kit::new();
        kit.play(&format!("alice in #lobby\nnc> {word}"));
        let shown = kit.take();
        assert!(shown.contains(&format!("alice< :{word}!plain@10.0.0.1 JOIN #lobby")), "{shown}");
    }
}

/// Its negotiation spoiled the name, its Ctrl-C a later line, and where it sends each key by
/// itself no line ever ended.
#[test]
fn telnet_s_own_bytes_are_no_text() {
    expect![[r#"
        nc>> \xff\xfb\x1f\xff\xfb\x20
        nc< 請輸入您的名稱:
        nc>> Cat\r\x00
        alice< :Cat!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        nc>> hel\xff\xf4\xff\xfd\x06lo\r\x00
        alice< :Cat!plain@10.0.0.1 PRIVMSG #lobby :hello
        nc>> \xff\xf4\xff\xfd\x06\r\n
        nd>> \xff\xfb\x1fCAP LIST\r\n
        nd< :irc CAP * LIST :
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         nc>> \\xff\\xfb\\x1f\\xff\\xfb\\x20
         nc>> Cat\\r\\x00
         nc>> hel\\xff\\xf4\\xff\\xfd\\x06lo\\r\\x00
         nc>> \\xff\\xf4\\xff\\xfd\\x06\\r\\n
         nd>> \\xff\\xfb\\x1fCAP LIST\\r\\n",
    ));
}

/// It was lost.
#[test]
fn the_last_line_needs_no_end() {
    expect![[r#"
        nc>> bob\nhello
        alice< :bob!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        nc closes
        alice< :bob!plain@10.0.0.1 PRIVMSG #lobby :hello
        alice< :bob!plain@10.0.0.1 QUIT :Connection closed
        nd>> carol
        nd closes
        alice< :carol!plain@10.0.0.1 JOIN #lobby
        alice< :carol!plain@10.0.0.1 QUIT :Connection closed
        nd< 請輸入訊息 (輸入 exit 離開)
        nd< 聊天室人數： 2
        ne>> NICK dave
        ne closes
        nf>> PRIVMSG #lobby :cut of
        nf closes
        alice< :nf!u@10.0.0.1 QUIT :Connection closed
        ng>> erin\nPass the salt\nbye two
        alice< :erin!plain@10.0.0.1 JOIN #lobby
        alice< :erin!plain@10.0.0.1 PRIVMSG #lobby :Pass the salt
        ng< 請輸入訊息 (輸入 exit 離開)
        ng< 聊天室人數： 2
        ng closes
        alice< :erin!plain@10.0.0.1 PRIVMSG #lobby :bye two
        alice< :erin!plain@10.0.0.1 QUIT :Connection closed
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         nc>> bob\\nhello
         nc closes
         nd>> carol
         nd closes
         ne>> NICK dave
         ne closes
         nf in #lobby
         nf>> PRIVMSG #lobby :cut of
         nf closes
         ng>> erin\\nPass the salt\\nbye two
         ng closes",
    ));
}

/// It was IRC's ERROR.
#[test]
fn an_undecided_peer_is_closed_with_a_sentence() {
    expect![[r#"
        nc>> bo
        11 s
        nc<| closed. (no name in 10 s)
        irc> CAP LS
        irc< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        11 s
        irc<| ERROR :Closing link: 10.0.0.1 (Not registered in 10 seconds)
    "#]]
    .assert_eq(&play(
        "nc>> bo
         11 s
         irc> CAP LS
         11 s",
    ));
}

#[test]
fn a_silent_person_is_not_asked_for_a_sign_of_life() {
    expect![[r#"
        nc> bob
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 1
        95 s
        400 s
        stop
        nc<| 伺服器關閉中，再見
    "#]]
    .assert_eq(&play(
        "nc> bob
         95 s
         400 s
         stop",
    ));
}

#[test]
fn a_long_line_is_said_in_pieces_that_everybody_can_have() {
    let mut kit = Kit::new();
    kit.play("alice in #lobby\nnc> bob");
    kit.take();
    kit.play_line("nc", &"x".repeat(510));
    let shown = kit.take();
    let said: Vec<&str> =
        shown.lines().filter_map(|line| line.split_once("#lobby :")).map(|(_, text)| text).collect();
    assert_eq!((said.len(), said.concat().len()), (2, 510), "{shown}");
    kit.send("nc", &[&b"x".repeat(600)[..], b"\n\xff\n", &b"y".repeat(70_000)].concat());
    kit.play("alice> PING x");
    expect![[r#"
        alice> PING x
        alice< :bob!plain@10.0.0.1 QUIT :This is no IRC
        alice< :irc PONG irc :x
        nc< 未送出: Input line was too long
        nc< 未送出: It is not valid UTF-8
        nc<| closed. (not IRC)
    "#]]
    .assert_eq(&kit.take());
}

#[test]
fn who_may_not_speak_or_enter_is_told_so() {
    expect![[r#"
        nc> bob
        alice< :bob!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        alice> MODE #lobby +m
        alice< :alice!u@10.0.0.1 MODE #lobby +m
        nc> hello
        nc< 未送出: Cannot send to channel
        alice> MODE #lobby -m
        alice< :alice!u@10.0.0.1 MODE #lobby -m
        alice> KICK #lobby bob
        alice< :alice!u@10.0.0.1 KICK #lobby bob :alice
        nc< [alice把bob請出聊天室] (alice)
        nc> back
        alice< :bob!plain@10.0.0.1 JOIN #lobby
        alice< :bob!plain@10.0.0.1 PRIVMSG #lobby :back
        alice> MODE #lobby +b bob
        alice< :alice!u@10.0.0.1 MODE #lobby +b bob!*@*
        alice> KICK #lobby bob
        alice< :alice!u@10.0.0.1 KICK #lobby bob :alice
        nc< [alice把bob請出聊天室] (alice)
        nc> back
        nc< 未送出: Cannot join channel (+b)
        alice> MODE #lobby +i
        alice< :alice!u@10.0.0.1 MODE #lobby +i
        nd> carol
        nd< 無法進入 #lobby: Cannot join channel (+i)
        nd<| 
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         nc> bob
         alice> MODE #lobby +m
         nc> hello
         alice> MODE #lobby -m
         alice> KICK #lobby bob
         nc> back
         alice> MODE #lobby +b bob
         alice> KICK #lobby bob
         nc> back
         alice> MODE #lobby +i
         nd> carol",
    ));
}

#[test]
fn the_past_is_told_in_the_same_words() {
    let mut kit = Kit::with(|config| config.replay = 5);
    kit.play("alice in #lobby\nalice> PRIVMSG #lobby :one\nnc> bob");
    expect![[r#"
        alice> PRIVMSG #lobby :one
        nc> bob
        alice< :bob!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        nc< alice: one
    "#]]
    .assert_eq(&kit.take());
}

#[test]
fn a_terminal_is_not_steered() {
    expect![[r#"
        nc> bob
        alice< :bob!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 2
        alice> PRIVMSG #lobby :a^Rb^Bc^C04d
        nc< alice: abcd
    "#]]
    .assert_eq(
        &play(
            "alice in #lobby
         nc> bob
         alice> PRIVMSG #lobby :a\u{202e}b\u{2}c\u{3}04d",
        )
        .replace('\u{202e}', "^R")
        .replace('\u{2}', "^B")
        .replace('\u{3}', "^C"),
    );
}

/// Each sentence about a name began the minute anew, so that a connection without a name could stay
/// for ever.
#[test]
fn help_does_not_keep_a_connection_for_ever() {
    let mut kit = Kit::new();
    kit.play(&format!("nc connects\n{}", "nc>> help\\r\\n\n8 s\n".repeat(7)));
    assert!(!kit.take().contains("nc<|"));
    kit.play("nc>> help\\r\\n\n5 s");
    assert!(kit.take().contains("nc<|"), "60 seconds");
}
