//! OPER, whose password is checked elsewhere, and KILL.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn lines_wait_for_the_check_and_nobody_else_does() {
    expect![[r#"
        alice> @label=7 OPER root secret
        [Check] argon secret
        alice> PRIVMSG #lobby :waits
        bob> PRIVMSG #lobby :does not
        alice< :bob!u@10.0.0.1 PRIVMSG #lobby :does not
        right
        alice< @label=7 :irc BATCH +b1 labeled-response
        alice< @batch=b1 :alice!u@10.0.0.1 MODE alice +o
        alice< @batch=b1 :irc 381 alice :You are now an IRC operator
        alice< :irc BATCH -b1
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :waits
        alice> MODE alice
        alice< :irc 221 alice +o
        bob> WHOIS alice
        bob< :irc 311 bob alice u 10.0.0.1 * :alice real
        bob< :irc 319 bob alice :@#lobby
        bob< :irc 312 bob alice irc :A room that anybody can open
        bob< :irc 313 bob alice :is an IRC operator
        bob< :irc 317 bob alice 0 1767225600 :seconds idle, signon time
        bob< :irc 318 bob alice :End of /WHOIS list
        bob> WHO alice
        bob< :irc 352 bob * u 10.0.0.1 irc alice H* :0 alice real
        bob< :irc 315 bob alice :End of WHO list
        alice> LUSERS
        alice< :irc 251 alice :There are 2 users and 0 invisible on 1 servers
        alice< :irc 252 alice 1 :operator(s) online
        alice< :irc 253 alice 0 :unknown connection(s)
        alice< :irc 254 alice 1 :channels formed
        alice< :irc 255 alice :I have 2 clients and 0 servers
        alice< :irc 265 alice 2 2 :Current local users 2, max 2
        alice< :irc 266 alice 2 2 :Current global users 2, max 2
        alice> MODE alice -o
        alice< :alice!u@10.0.0.1 MODE alice -o
        alice> MODE alice +o
        alice> MODE alice
        alice< :irc 221 alice +
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response
         bob in #lobby
         alice> @label=7 OPER root secret
         alice> PRIVMSG #lobby :waits
         bob> PRIVMSG #lobby :does not
         right
         alice> MODE alice
         bob> WHOIS alice
         bob> WHO alice
         alice> LUSERS
         alice> MODE alice -o
         alice> MODE alice +o
         alice> MODE alice",
    ));
}

#[test]
fn a_wrong_password_or_name_is_refused_alike_and_only_so_often() {
    expect![[r#"
        alice> OPER root
        alice< :irc 461 alice OPER :Not enough parameters
        alice>> OPER root one\r\nOPER nobody two\r\nOPER root three\r\nOPER root four\r\n
        [Check] argon one
        wrong
        alice< :irc 464 alice :Password incorrect
        [Check] argon two
        right
        alice< :irc 464 alice :Password incorrect
        [Check] argon three
        wrong
        alice< :irc 464 alice :Password incorrect
        alice< :irc 464 alice :Password incorrect
        alice> KILL alice :x
        alice< :irc 481 alice :You're not an IRC operator
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> OPER root
         alice>> OPER root one\\r\\nOPER nobody two\\r\\nOPER root three\\r\\nOPER root four\\r\\n
         wrong
         right
         wrong
         alice> KILL alice :x",
    ));
}

#[test]
fn where_nobody_is_named_there_are_no_operators() {
    let mut kit = Kit::with(|config| config.operators.clear());
    kit.play("alice in #lobby");
    kit.play("alice> OPER root x");
    expect![[r#"
        alice> OPER root x
        alice< :irc 491 alice :No operators are named here
    "#]]
    .assert_eq(&kit.take());
}

#[test]
fn an_operator_ends_connections() {
    expect![[r#"
        nc> dave
        alice< :dave!plain@10.0.0.1 JOIN #lobby
        bob< :dave!plain@10.0.0.1 JOIN #lobby
        carol< :dave!plain@10.0.0.1 JOIN #lobby
        nc< 請輸入訊息 (輸入 exit 離開)
        nc< 聊天室人數： 4
        alice> OPER root x
        [Check] argon x
        right
        alice< :alice!u@10.0.0.1 MODE alice +o
        alice< :irc 381 alice :You are now an IRC operator
        alice> KILL nobody :x
        alice< :irc 401 alice nobody :No such nick/channel
        alice> KILL bob :spam
        alice< :bob!u@10.0.0.1 QUIT :Killed (alice (spam))
        bob< :alice!u@10.0.0.1 KILL bob :spam
        bob<| ERROR :Closing link: 10.0.0.1 (Killed (alice (spam)))
        carol< :bob!u@10.0.0.1 QUIT :Killed (alice (spam))
        nc< bob離開聊天室...
        [Closed] Some("bob") Killed { by: "alice", reason: "spam" }
        [Left] #lobby bob 3
        alice> KILL dave
        alice< :dave!plain@10.0.0.1 QUIT :Killed (alice (alice))
        carol< :dave!plain@10.0.0.1 QUIT :Killed (alice (alice))
        nc<| closed. (removed by alice)
        [Closed] Some("dave") Killed { by: "alice", reason: "alice" }
        [Left] #lobby dave 2
        alice> KILL alice :enough
        alice< :alice!u@10.0.0.1 KILL alice :enough
        alice<| ERROR :Closing link: 10.0.0.1 (Killed (alice (enough)))
        carol< :alice!u@10.0.0.1 QUIT :Killed (alice (enough))
        [Closed] Some("alice") Killed { by: "alice", reason: "enough" }
        [Left] #lobby alice 1
        carol> PING x
        carol< :irc PONG irc :x
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lobby
         nc> dave
         alice> OPER root x
         right
         console
         alice> KILL nobody :x
         alice> KILL bob :spam
         alice> KILL dave
         alice> KILL alice :enough
         carol> PING x",
    ));
}

#[test]
fn an_answer_for_somebody_who_is_gone_is_nobodys() {
    expect![[r#"
        alice> OPER root x
        [Check] argon x
        alice closes
        alice< :irc 263 alice OPER :The connection ends before the password is checked
        bob> OPER root y
        [Check] argon y
        right
        bob> MODE bob
        right
        bob< :bob!u@10.0.0.1 MODE bob +o
        bob< :irc 381 bob :You are now an IRC operator
        bob< :irc 221 bob +o
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> OPER root x
         alice closes
         bob in #lobby
         bob> OPER root y
         right
         bob> MODE bob
         right",
    ));
}

/// The lines of a client that ends its stream before its password is checked are obeyed without
/// the rights of an operator.
#[test]
fn half_closed_before_the_check() {
    expect![[r#"
        alice>> OPER root x\r\nKILL bob :x\r\nPRIVMSG #lobby :said\r\n
        [Check] argon x
        alice closes
        alice< :irc 263 alice OPER :The connection ends before the password is checked
        alice< :irc 481 alice :You're not an IRC operator
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :said
        bob< :alice!u@10.0.0.1 QUIT :Connection closed
        right
        bob> PING x
        bob< :irc PONG irc :x
    "#]]
    .assert_eq(&play(
        "alice, bob in #lobby
         alice>> OPER root x\\r\\nKILL bob :x\\r\\nPRIVMSG #lobby :said\\r\\n
         alice closes
         right
         bob> PING x",
    ));
}

/// standard-replies: "This capability allows servers to send arbitrary standard
/// replies other than ones enabled by a specific specification." Only their number was told,
/// and their labels were lost.
#[test]
fn a_full_queue_beside_a_check() {
    for (caps, told) in [
        ("batch labeled-response", ":irc 263 alice PING :Too many lines"),
        ("batch labeled-response standard-replies", ":irc FAIL PING TOO_MANY_LINES :Too many lines"),
    ] {
        let mut kit = Kit::new();
        kit.play(&format!("alice with {caps}\nalice> OPER root x"));
        kit.take();
        (0..300).for_each(|at| kit.play_line("alice", &format!("@label={at} PING {at}")));
        let shown = kit.take();
        assert_eq!(shown.lines().count(), 44, "{shown}");
        let refused = |at| format!("alice< @label={at} {told} wait until a password is checked\n");
        assert_eq!(shown, (256..300).map(refused).collect::<String>());
        kit.play("right");
        let shown = kit.take();
        assert!((0..256).all(|at| shown.contains(&format!("@label={at} :irc PONG irc :{at}\n"))), "{shown}");
    }
}

/// The other's QUIT came first, and so he stood in the list of names for ever.
#[test]
fn who_kills_sees_what_he_did_in_its_order() {
    expect![[r#"
        alice> OPER root x
        [Check] argon x
        right
        alice< :alice!u@10.0.0.1 MODE alice +o
        alice< :irc 381 alice :You are now an IRC operator
        alice>> JOIN #den\r\n@label=1 KILL bob\r\nNAMES #den\r\n
        alice< :alice!u@10.0.0.1 JOIN #den
        alice< :irc 353 alice = #den :@bob alice
        alice< :irc 366 alice #den :End of /NAMES list
        alice< @label=1 :irc ACK
        alice< :bob!u@10.0.0.1 QUIT :Killed (alice (alice))
        alice< :irc 353 alice = #den :alice
        alice< :irc 366 alice #den :End of /NAMES list
        bob< :alice!u@10.0.0.1 JOIN #den
        bob< :alice!u@10.0.0.1 KILL bob :alice
        bob<| ERROR :Closing link: 10.0.0.1 (Killed (alice (alice)))
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response
         bob in #den
         alice> OPER root x
         right
         alice>> JOIN #den\\r\\n@label=1 KILL bob\\r\\nNAMES #den\\r\\n",
    ));
}

/// The end waits for no second password either: what stands behind it was lost.
#[test]
fn a_connection_that_ends_asks_for_no_other_password() {
    expect![[r#"
        alice>> OPER root x\r\n@label=1 OPER root y\r\nPRIVMSG #lobby :said\r\nQUIT\r\n
        alice< :irc 263 alice OPER :The connection ends before the password is checked
        alice< @label=1 :irc 263 alice OPER :The connection ends before the password is checked
        alice<| ERROR :Closing link: 10.0.0.1 (Quit: )
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :said
        bob< :alice!u@10.0.0.1 QUIT :Quit: 
        dave< :alice!u@10.0.0.1 PRIVMSG #lobby :said
        dave< :alice!u@10.0.0.1 QUIT :Quit: 
        [Check] argon x
        bob>> OPER root x\r\nOPER root y\r\nPRIVMSG #lobby :too\r\n
        [Check] argon x
        bob closes
        bob< :irc 263 bob OPER :The connection ends before the password is checked
        bob< :irc 263 bob OPER :The connection ends before the password is checked
        dave< :bob!u@10.0.0.1 PRIVMSG #lobby :too
        dave< :bob!u@10.0.0.1 QUIT :Connection closed
        dave> PING x
        dave< :irc PONG irc :x
    "#]]
    .assert_eq(&play(
        "alice with labeled-response batch
         bob, dave in #lobby
         alice>> OPER root x\\r\\n@label=1 OPER root y\\r\\nPRIVMSG #lobby :said\\r\\nQUIT\\r\\n
         bob>> OPER root x\\r\\nOPER root y\\r\\nPRIVMSG #lobby :too\\r\\n
         bob closes
         dave> PING x",
    ));
}
