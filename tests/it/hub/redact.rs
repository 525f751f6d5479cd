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
        alice< @msgid=n6 :carol!u@10.0.0.1 JOIN #lobby
        alice< @msgid=n8 :dave!u@10.0.0.1 JOIN #lobby
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

/// A reaction could not be taken back, and stayed in the past.
#[test]
fn a_reaction_is_taken_back_as_a_message_is() {
    let mut kit = Kit::new();
    kit.play(
        "alice with message-tags draft/message-redaction draft/chathistory draft/event-playback batch
         bob with message-tags echo-message draft/message-redaction
         carol with message-tags draft/message-redaction
         bob> @+draft/react=👍;+draft/reply=n5 TAGMSG #lobby",
    );
    let reaction = id(&kit.take());
    kit.play(&format!("carol> REDACT #lobby {reaction}"));
    kit.play(&format!("bob> REDACT #lobby {reaction}"));
    kit.play(&format!("bob> REDACT #lobby {reaction}"));
    kit.play("bob> @+draft/react=x TAGMSG #lobby");
    kit.play("alice> REDACT #lobby na :rude");
    // Neither is something that was said.
    kit.play("alice> REDACT #lobby n4\nalice> REDACT #lobby n9");
    kit.play("alice> CHATHISTORY LATEST #lobby * 9");
    expect![[r#"
        carol> REDACT #lobby n7
        carol< :irc FAIL REDACT REDACT_FORBIDDEN #lobby n7 :You are not authorised to delete this message
        bob> REDACT #lobby n7
        alice< @msgid=n9 :bob!u@10.0.0.1 REDACT #lobby n7
        bob< @msgid=n9 :bob!u@10.0.0.1 REDACT #lobby n7
        carol< @msgid=n9 :bob!u@10.0.0.1 REDACT #lobby n7
        bob> REDACT #lobby n7
        bob< :irc FAIL REDACT UNKNOWN_MSGID #lobby n7 :This message does not exist or is too old
        bob> @+draft/react=x TAGMSG #lobby
        alice< @msgid=na;+draft/react=x :bob!u@10.0.0.1 TAGMSG #lobby
        bob< @msgid=na;+draft/react=x :bob!u@10.0.0.1 TAGMSG #lobby
        carol< @msgid=na;+draft/react=x :bob!u@10.0.0.1 TAGMSG #lobby
        alice> REDACT #lobby na :rude
        alice< @msgid=nb :alice!u@10.0.0.1 REDACT #lobby na :rude
        bob< @msgid=nb :alice!u@10.0.0.1 REDACT #lobby na :rude
        carol< @msgid=nb :alice!u@10.0.0.1 REDACT #lobby na :rude
        alice> REDACT #lobby n4
        alice< :irc FAIL REDACT UNKNOWN_MSGID #lobby n4 :This message does not exist or is too old
        alice> REDACT #lobby n9
        alice< :irc FAIL REDACT UNKNOWN_MSGID #lobby n9 :This message does not exist or is too old
        alice> CHATHISTORY LATEST #lobby * 9
        alice< :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1;msgid=n2 :alice!u@10.0.0.1 JOIN #lobby
        alice< @batch=b1;msgid=n4 :bob!u@10.0.0.1 JOIN #lobby
        alice< @batch=b1;msgid=n6 :carol!u@10.0.0.1 JOIN #lobby
        alice< :irc BATCH -b1
    "#]]
    .assert_eq(&kit.take());
}

/// The past told of the redaction of a message that it did not hold, instead of another
/// message.
#[test]
fn what_was_taken_back_leaves_nothing_in_the_past() {
    let mut kit = Kit::new();
    kit.play(
        "alice with message-tags draft/message-redaction draft/chathistory draft/event-playback batch
         alice> PRIVMSG #lobby :one
         alice> PRIVMSG #lobby :two
         alice> PRIVMSG #lobby :three
         alice> REDACT #lobby n4
         alice> CHATHISTORY LATEST #lobby * 2
         alice> CHATHISTORY AFTER #lobby msgid=n4 2
         alice> CHATHISTORY AROUND #lobby msgid=n4 2",
    );
    expect![[r#"
        alice> PRIVMSG #lobby :one
        alice> PRIVMSG #lobby :two
        alice> PRIVMSG #lobby :three
        alice> REDACT #lobby n4
        alice< @msgid=n6 :alice!u@10.0.0.1 REDACT #lobby n4
        alice> CHATHISTORY LATEST #lobby * 2
        alice< :irc BATCH +b1 chathistory #lobby
        alice< @batch=b1;msgid=n3 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< @batch=b1;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :three
        alice< :irc BATCH -b1
        alice> CHATHISTORY AFTER #lobby msgid=n4 2
        alice< :irc BATCH +b2 chathistory #lobby
        alice< @batch=b2;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :three
        alice< :irc BATCH -b2
        alice> CHATHISTORY AROUND #lobby msgid=n4 2
        alice< :irc BATCH +b3 chathistory #lobby
        alice< @batch=b3;msgid=n3 :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< @batch=b3;msgid=n5 :alice!u@10.0.0.1 PRIVMSG #lobby :three
        alice< :irc BATCH -b3
    "#]]
    .assert_eq(&kit.take());
}
