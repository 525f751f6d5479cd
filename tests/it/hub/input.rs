//! Lines that are too long, no text, or no commands.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn what_does_not_fit_with_its_source_is_refused_whole() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    let source = ":alice!u@10.0.0.1 ".len();
    let body = "PRIVMSG #lobby :".len();
    let fits = "x".repeat(512 - 2 - source - body);
    kit.play(&format!("alice> PRIVMSG #lobby :{fits}"));
    assert!(kit.take().contains(&format!("bob< :alice!u@10.0.0.1 PRIVMSG #lobby :{fits}\n")));
    kit.play(&format!("alice> PRIVMSG #lobby :{fits}y"));
    let shown = kit.take();
    assert!(shown.contains("alice< :irc 417 alice :"), "{shown}");
    assert!(!shown.contains("bob<"), "{shown}");
    kit.play(&format!("alice> NOTICE #lobby :{fits}yy"));
    assert!(!kit.take().contains('<'));
    kit.play(&format!("alice> {}", "z".repeat(511)));
    assert!(kit.take().contains("alice< :irc 417 alice :"));
}

#[test]
fn texts_that_every_reply_must_hold_have_limits() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    let long = "x".repeat(301);
    for command in ["TOPIC #lobby", "AWAY", "KICK #lobby bob"] {
        kit.play(&format!("alice> {command} :{long}"));
        let shown = kit.take();
        assert!(shown.contains(" 417 ") && !shown.contains("bob<"), "{shown}");
    }
    kit.play(&format!("alice> SETNAME :{long}"));
    assert!(kit.take().contains("FAIL SETNAME INVALID_REALNAME"));
}

#[test]
fn what_is_not_utf8_is_refused_with_its_label_and_never_relayed() {
    expect![[r#"
        alice>> @label=7 PRIVMSG #lobby :\xff\r\n
        alice< @label=7 :irc FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not valid UTF-8
        alice>> \xff\r\n
        alice< :irc FAIL * INVALID_UTF8 :Message rejected, it is not valid UTF-8
        carol>> USER \xff 0 * :x\r\n
        carol< :irc FAIL USER INVALID_UTF8 :Message rejected, it is not valid UTF-8
    "#]]
    .assert_eq(&play(
        "bob in #lobby
         alice with batch labeled-response
         alice>> @label=7 PRIVMSG #lobby :\\xff\\r\\n
         alice>> \\xff\\r\\n
         carol>> USER \\xff 0 * :x\\r\\n",
    ));
}

#[test]
fn control_characters_are_not_relayed() {
    expect![[r#"
        alice>> PRIVMSG #lobby :a\x1b[2Jb\x07\x02c\r\n
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :a[2Jb^Bc
        alice>> PRIVMSG #lobby :\x07\r\n
        alice< :irc 412 alice :No text to send
        alice>> TOPIC #lobby :a\x1bb\r\n
        alice< :alice!u@10.0.0.1 TOPIC #lobby :ab
        bob< :alice!u@10.0.0.1 TOPIC #lobby :ab
        alice>> PART #lobby :\x1bbye\r\n
        alice< :alice!u@10.0.0.1 PART #lobby :bye
        bob< :alice!u@10.0.0.1 PART #lobby :bye
    "#]]
    .assert_eq(
        &play(
            "alice, bob in #lobby
         alice>> PRIVMSG #lobby :a\\x1b[2Jb\\x07\\x02c\\r\\n
         alice>> PRIVMSG #lobby :\\x07\\r\\n
         alice>> TOPIC #lobby :a\\x1bb\\r\\n
         alice>> PART #lobby :\\x1bbye\\r\\n",
        )
        .replace('\x02', "^B"),
    );
}

#[test]
fn unknown_commands_and_garbage_are_answered() {
    expect![[r#"
        alice> @label=x NONSENSE
        alice< @label=x :irc 421 alice NONSENSE :Unknown command
        alice> 哈囉
        alice< :irc 421 alice * :That is no command
        alice> :alice
        alice< :irc 421 alice * :That is no command
        alice> PING
        alice< :irc 409 alice :No origin specified
    "#]]
    .assert_eq(&play(
        "alice with batch labeled-response
         alice> @label=x NONSENSE
         alice> 哈囉
         alice> :alice
         alice> PING",
    ));
}

#[test]
fn a_line_without_an_end_ends_the_connection() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    kit.send("alice", &[b'x'; 70_000]);
    kit.play("bob> PING x");
    expect![[r#"
        bob> PING x
        alice< :irc 417 alice :Input line was too long
        alice<| ERROR :Closing link: 10.0.0.1 (This is no IRC)
        bob< :alice!u@10.0.0.1 QUIT :This is no IRC
        bob< :irc PONG irc :x
    "#]]
    .assert_eq(&kit.take());
}

/// The first command was unknown, so that nobody was registered.
#[test]
fn a_byte_order_mark_at_the_start_of_the_stream_is_dropped() {
    let mut kit = Kit::new();
    kit.send("alice", "\u{feff}NICK alice\r\nUSER a 0 * :a\r\nPING x\r\n".as_bytes());
    kit.play("0 s");
    let shown = kit.take();
    assert!(shown.contains("alice< :irc 001 alice ") && shown.contains("alice< :irc PONG irc :x"), "{shown}");
}
