//! Capability negotiation.

use super::kit::play;
use expect_test::expect;

#[test]
fn capabilities_are_listed_with_and_without_302() {
    expect![[r#"
        alice> CAP LS
        alice< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        alice> CAP LS 302
        alice< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline=max-bytes=4096,max-lines=24 draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        alice> CAP LIST
        alice< :irc CAP * LIST :cap-notify
        alice> CAP
        alice< :irc 461 * CAP :Not enough parameters
        alice> CAP NONSENSE
        alice< :irc 410 * NONSENSE :Invalid CAP command
    "#]].assert_eq(&play(
        "alice> CAP LS
         alice> CAP LS 302
         alice> CAP LIST
         alice> CAP
         alice> CAP NONSENSE",
    ));
}

#[test]
fn a_request_is_granted_whole_or_not_at_all() {
    expect![[r#"
        alice> CAP LIST
        alice< :irc CAP * LIST :
        alice> CAP REQ :batch  nonsense
        alice< :irc CAP * NAK :batch  nonsense
        alice> CAP LIST
        alice< :irc CAP * LIST :
        alice> CAP REQ :batch server-time
        alice< :irc CAP * ACK :batch server-time
        alice> CAP REQ :-batch
        alice< :irc CAP * ACK :-batch
        alice> CAP LIST
        alice< :irc CAP * LIST :server-time
        alice> CAP REQ :-nonsense
        alice< :irc CAP * NAK :-nonsense
    "#]]
    .assert_eq(&play(
        "alice> CAP LIST
         alice> CAP REQ :batch  nonsense
         alice> CAP LIST
         alice> CAP REQ :batch server-time
         alice> CAP REQ :-batch
         alice> CAP LIST
         alice> CAP REQ :-nonsense",
    ));
}

#[test]
fn registration_waits_for_the_end_of_the_negotiation() {
    let shown = play(
        "alice> CAP LS
         alice> NICK alice
         alice> USER u 0 * :a
         alice> CAP END",
    );
    expect![[r#"
        alice> CAP LS
        alice> NICK alice
        alice> USER u 0 * :a
        alice> CAP END
        alice< :irc 001 alice :Welcome to roomchat, alice!u@10.0.0.1"#]]
    .assert_eq(
        &shown
            .lines()
            .filter(|line| line.contains('>') || line.contains(" 001 "))
            .collect::<Vec<_>>()
            .join("\n"),
    );
}

#[test]
fn a_capability_that_is_given_up_is_gone_at_once() {
    expect![[r#"
        alice> PRIVMSG #lobby :one
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice< :alice!u@10.0.0.1 PRIVMSG #lobby :one
        alice> CAP REQ :-echo-message
        alice< :irc CAP alice ACK :-echo-message
        alice> PRIVMSG #lobby :two
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :two
    "#]]
    .assert_eq(&play(
        "bob in #lobby
         alice with echo-message
         alice> PRIVMSG #lobby :one
         alice> CAP REQ :-echo-message
         alice> PRIVMSG #lobby :two",
    ));
}

#[test]
fn cap_notify_is_part_of_302() {
    expect![[r#"
        alice> CAP LS 302
        alice< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline=max-bytes=4096,max-lines=24 draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        alice> CAP REQ -cap-notify
        alice< :irc CAP * NAK :-cap-notify
        bob> CAP REQ cap-notify
        bob< :irc CAP * ACK :cap-notify
        bob> CAP REQ -cap-notify
        bob< :irc CAP * ACK :-cap-notify
    "#]].assert_eq(&play(
        "alice> CAP LS 302
         alice> CAP REQ -cap-notify
         bob> CAP REQ cap-notify
         bob> CAP REQ -cap-notify",
    ));
}

/// capability-negotiation, CAP LS Version: "servers SHOULD return a CAP LS reply
/// consistent with the request's version, but keep storing the original (higher)
/// version".
#[test]
fn cap_ls_is_answered_as_it_is_asked() {
    expect![[r#"
        a> CAP LS 302
        a< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline=max-bytes=4096,max-lines=24 draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        a> CAP LS
        a< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        a> CAP LS 307
        a< :irc CAP * LS :away-notify batch cap-notify draft/chathistory draft/event-playback draft/message-redaction draft/multiline=max-bytes=4096,max-lines=24 draft/pre-away draft/read-marker echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix roomchat.invalid/id server-time setname standard-replies userhost-in-names
        a> CAP REQ -cap-notify
        a< :irc CAP * NAK :-cap-notify
    "#]].assert_eq(&play(
        "a> CAP LS 302
         a> CAP LS
         a> CAP LS 307
         a> CAP REQ -cap-notify",
    ));
}
