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
    kit.play(&format!("alice> NOTICE #lobby :{fits}y"));
    assert!(!kit.take().contains('<'));
    kit.play(&format!("alice> {}", "z".repeat(511)));
    assert!(kit.take().contains("alice< :irc 417 alice :"));
}

#[test]
fn texts_that_every_reply_must_hold_have_limits() {
    let mut kit = Kit::new();
    kit.play("alice, bob in #lobby");
    let long = "x".repeat(301);
    for command in ["TOPIC #lobby", "PART #lobby", "AWAY", "KICK #lobby bob"] {
        kit.play(&format!("alice> {command} :{long}"));
        let shown = kit.take();
        assert!(shown.contains(" 417 ") && !shown.contains("bob<"), "{shown}");
    }
    kit.play(&format!("alice> SETNAME :{long}"));
    assert!(kit.take().contains("FAIL SETNAME INVALID_REALNAME"));
}

#[test]
fn what_is_not_utf8_is_refused_with_its_label_and_never_relayed() {
    expect![[""]].assert_eq(&play(
        "bob in #lobby
         alice with batch labeled-response
         alice>> @label=7 PRIVMSG #lobby :\\xff\\r\\n
         alice>> \\xff\\r\\n
         carol>> USER \\xff 0 * :x\\r\\n",
    ));
}

#[test]
fn control_characters_are_not_relayed() {
    expect![[""]].assert_eq(
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
    expect![[""]].assert_eq(&play(
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
    expect![[""]].assert_eq(&kit.take());
}
