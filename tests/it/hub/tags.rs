//! Tags, labels, echoes.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn each_reader_gets_the_tags_of_their_own_capabilities() {
    expect![[""]].assert_eq(&play(
        "plain in #lobby
         timed with server-time
         tagged with message-tags
         both with message-tags server-time
         alice with message-tags
         alice> @+x=a\\sb;y=1;+z PRIVMSG #lobby :hi
         alice> @+typing=active TAGMSG #lobby
         plain> TAGMSG #lobby",
    ));
}

#[test]
fn an_echo_is_the_message_as_all_got_it() {
    expect![[""]].assert_eq(&play(
        "bob with message-tags server-time
         alice with echo-message message-tags server-time
         alice> PRIVMSG #lobby :hi
         alice> PRIVMSG bob :hi
         alice> NOTICE #nowhere :hi",
    ));
}

#[test]
fn a_reply_of_one_line_has_the_label_and_a_longer_one_is_a_batch() {
    expect![[""]].assert_eq(&play(
        "alice with batch labeled-response
         alice> @label=1 PING x
         alice> @label=2 PONG x
         alice> @label=3 PRIVMSG #lobby :hi
         alice> @label=4 JOIN #lab,bad
         alice> @label=5 WHOIS nobody
         alice> @label=6 NONSENSE
         alice> @label= PING x",
    ));
}

#[test]
fn a_label_never_reaches_others() {
    expect![[""]].assert_eq(&play(
        "bob with batch labeled-response message-tags
         alice with batch labeled-response echo-message message-tags
         alice> @label=1;+a=b PRIVMSG #lobby :hi
         alice> @label=2 PRIVMSG bob,#lobby :hi",
    ));
}

#[test]
fn labels_need_no_message_tags_and_then_the_echo_has_the_label_alone() {
    expect![[""]].assert_eq(&play(
        "alice with batch labeled-response echo-message
         alice> @label=1 PRIVMSG #lobby :hi",
    ));
}

#[test]
fn a_label_without_batches_is_not_asked_for() {
    expect![[""]].assert_eq(&play(
        "alice with labeled-response
         alice> @label=1 PING x",
    ));
}

#[test]
fn a_message_to_oneself_makes_two_copies_and_only_the_echo_is_labelled() {
    expect![[""]].assert_eq(&play(
        "alice with batch labeled-response echo-message
         bob in #lobby
         alice> @label=1 PRIVMSG alice :hi
         bob> PRIVMSG bob :hi",
    ));
}

#[test]
fn client_tags_of_exactly_the_maximum_size_are_relayed() {
    let mut kit = Kit::new();
    kit.play("alice, bob with message-tags");
    let tags = format!("+a={}", "x".repeat(4094 - "+a=".len()));
    kit.play(&format!("alice> @{tags} PRIVMSG #lobby :hi"));
    assert!(kit.take().contains(&format!(";{tags} :alice!")));
    kit.play(&format!("alice> @{tags}x PRIVMSG #lobby :hi"));
    assert!(kit.take().contains("alice< :irc 417 "));
}

#[test]
fn setname_reaches_those_who_asked_for_it() {
    expect![[""]].assert_eq(&play(
        "alice, bob with setname
         carol in #lobby
         dave in #lobby
         alice> SETNAME :Alice L.
         carol> SETNAME :Carol
         alice> SETNAME :
         dave> WHOIS alice",
    ));
}
