//! Capability negotiation.

use super::kit::play;
use expect_test::expect;

#[test]
fn capabilities_are_listed_with_and_without_302() {
    expect![[""]].assert_eq(&play(
        "alice> CAP LS
         alice> CAP LS 302
         alice> CAP LIST
         alice> CAP
         alice> CAP NONSENSE",
    ));
}

#[test]
fn a_request_is_granted_whole_or_not_at_all() {
    expect![[""]].assert_eq(&play(
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
    expect![[""]].assert_eq(
        &shown
            .lines()
            .filter(|line| line.contains('>') || line.contains(" 001 "))
            .collect::<Vec<_>>()
            .join("\n"),
    );
}

#[test]
fn a_capability_that_is_given_up_is_gone_at_once() {
    expect![[""]].assert_eq(&play(
        "bob in #lobby
         alice with echo-message
         alice> PRIVMSG #lobby :one
         alice> CAP REQ :-echo-message
         alice> PRIVMSG #lobby :two",
    ));
}

#[test]
fn cap_notify_is_part_of_302() {
    expect![[""]].assert_eq(&play(
        "alice> CAP LS 302
         alice> CAP REQ -cap-notify
         bob> CAP REQ cap-notify
         bob> CAP REQ -cap-notify",
    ));
}
