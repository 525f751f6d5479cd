//! draft/message-redaction.

use super::kit::Kit;
use expect_test::expect;

/// The id of the last message in a transcript.
fn id(shown: &str) -> String {
    shown.rsplit("msgid=").next().unwrap().split([';', ' ']).next().unwrap().to_owned()
}

#[test]
fn authors_and_operators_may_take_back_a_message() {
    let mut kit = Kit::new();
    kit.play(
        "alice with message-tags draft/message-redaction draft/chathistory draft/event-playback
         bob with echo-message message-tags draft/message-redaction
         carol in #lobby
         dave with message-tags draft/message-redaction
         bob> PRIVMSG #lobby :one",
    );
    let one = id(&kit.take());
    kit.play(&format!("dave> REDACT #lobby {one} :mine"));
    kit.play(&format!("bob> REDACT #lobby {one}"));
    kit.play(&format!("bob> REDACT #lobby {one}"));
    kit.play("bob> PRIVMSG #lobby :two");
    let shown = kit.take();
    let two = id(&shown);
    expect![[r#"
        dave> REDACT #lobby n9 :mine
        dave< :irc FAIL REDACT REDACT_FORBIDDEN #lobby n9 :You are not authorised to delete this message
        bob> REDACT #lobby n9
        alice< @msgid=nb :bob!u@10.0.0.1 REDACT #lobby n9
        bob< @msgid=nb :bob!u@10.0.0.1 REDACT #lobby n9
        dave< @msgid=nb :bob!u@10.0.0.1 REDACT #lobby n9
        bob> REDACT #lobby n9
        bob< :irc FAIL REDACT UNKNOWN_MSGID #lobby n9 :This message does not exist or is too old
        bob> PRIVMSG #lobby :two
        alice< @msgid=nc :bob!u@10.0.0.1 PRIVMSG #lobby :two
        bob< @msgid=nc :bob!u@10.0.0.1 PRIVMSG #lobby :two
        carol< :bob!u@10.0.0.1 PRIVMSG #lobby :two
        dave< @msgid=nc :bob!u@10.0.0.1 PRIVMSG #lobby :two
    "#]]
    .assert_eq(&shown);
    kit.play(&format!("alice> REDACT #LOBBY {two} :not here"));
    kit.play("alice> CHATHISTORY LATEST #lobby * 2");
    expect![[r#"
        alice> REDACT #LOBBY nc :not here
        alice< @msgid=nd :alice!u@10.0.0.1 REDACT #lobby nc :not here
        bob< @msgid=nd :alice!u@10.0.0.1 REDACT #lobby nc :not here
        dave< @msgid=nd :alice!u@10.0.0.1 REDACT #lobby nc :not here
        alice> CHATHISTORY LATEST #lobby * 2
        alice< @msgid=nb :bob!u@10.0.0.1 REDACT #lobby n9
        alice< @msgid=nd :alice!u@10.0.0.1 REDACT #lobby nc :not here
    "#]]
    .assert_eq(&kit.take());
}

#[test]
fn a_name_that_was_taken_over_is_no_author() {
    let mut kit = Kit::new();
    kit.play(
        "alice with message-tags
         bob with message-tags
         bob> PRIVMSG #lobby :one",
    );
    let one = id(&kit.take());
    kit.play("bob closes");
    kit.play("bob2 with message-tags draft/message-redaction\nbob2> NICK bob");
    kit.take();
    kit.play(&format!("bob2> REDACT #lobby {one}"));
    expect![[r#"
        bob2> REDACT #lobby n5
        bob2< :irc FAIL REDACT REDACT_FORBIDDEN #lobby n5 :You are not authorised to delete this message
    "#]]
    .assert_eq(&kit.take());
}

#[test]
fn what_is_not_there_cannot_be_taken_back() {
    let mut kit = Kit::new();
    kit.play(
        "alice with message-tags draft/message-redaction
         bob in #lab
         alice> REDACT #lobby n1
         alice> REDACT #lobby nonsense
         alice> REDACT #lab n1
         alice> REDACT #nowhere n1
         alice> REDACT bob n1
         alice> REDACT #lobby
         bob> REDACT #lobby n1",
    );
    expect![[r#"
        alice> REDACT #lobby n1
        alice< :irc FAIL REDACT UNKNOWN_MSGID #lobby n1 :This message does not exist or is too old
        alice> REDACT #lobby nonsense
        alice< :irc FAIL REDACT UNKNOWN_MSGID #lobby nonsense :This message does not exist or is too old
        alice> REDACT #lab n1
        alice< :irc FAIL REDACT INVALID_TARGET #lab :You cannot delete messages from there
        alice> REDACT #nowhere n1
        alice< :irc FAIL REDACT INVALID_TARGET #nowhere :You cannot delete messages from there
        alice> REDACT bob n1
        alice< :irc FAIL REDACT INVALID_TARGET bob :You cannot delete messages from there
        alice> REDACT #lobby
        alice< :irc 461 alice REDACT :Not enough parameters
        bob> REDACT #lobby n1
        bob< :irc 421 bob REDACT :Unknown command
    "#]]
    .assert_eq(&kit.take());
}
