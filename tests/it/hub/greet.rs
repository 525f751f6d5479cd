//! Registration.

use super::kit::play;
use expect_test::expect;

#[test]
fn a_newcomer_is_told_where_they_are() {
    expect![[""]].assert_eq(&play(
        "alice> NICK alice
         alice> USER u 0 * :Alice",
    ));
}

#[test]
fn nick_and_user_come_in_any_order_and_with_stored_passwords() {
    expect![[""]].assert_eq(&play(
        "console
         alice>> PASS stored\\r\\nUSER u 0 * :Alice\\r\\nMODE\\r\\n
         alice>> PASS stored\\r\\n",
    ));
}

#[test]
fn before_registration_everything_else_is_451_and_nobody_is_thrown_out() {
    expect![[""]].assert_eq(&play(
        "alice> CAP LS 302
         alice> JOIN :
         alice> PRIVMSG #lobby :hi
         alice> NONSENSE
         alice> PING x",
    ));
}

#[test]
fn what_cannot_be_a_name_is_refused_with_a_reason_and_may_be_tried_again() {
    expect![[""]].assert_eq(&play(
        "alice> NICK *
         alice> NICK
         alice> NICK :小 明
         alice> NICK server
         alice> NICK -x
         alice> USER u 0 * :
         alice> USER u 0 *
         alice> QUIT :bye",
    ));
}

#[test]
fn a_user_name_that_cannot_be_is_replaced() {
    expect![[""]].assert_eq(
        &play(
            "bob in #lobby
         alice> NICK 小花
         alice>> USER 小花 0 * :x\\r\\nJOIN #lobby\\r\\nWHOIS 小花\\r\\n",
        )
        .lines()
        .filter(|line| line.contains("JOIN") || line.contains(" 311 "))
        .collect::<Vec<_>>()
        .join("\n"),
    );
}

#[test]
fn two_who_want_one_name_get_it_once() {
    let shown = play(
        "alice> NICK same
         bob> NICK same
         alice> USER u 0 * :a
         bob> USER u 0 * :b
         bob> NICK other",
    );
    let wanted = |line: &&str| line.contains(" 001 ") || line.contains(" 433 ");
    expect![[""]].assert_eq(&shown.lines().filter(wanted).collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_http_request_is_closed_without_an_answer() {
    expect![[""]].assert_eq(&play(
        "console
         alice> GET / HTTP/1.1
         alice> Host: localhost
         alice closes",
    ));
}

#[test]
fn who_speaks_no_irc_is_told_how_to_come_in_and_has_time_to_read() {
    expect![[""]].assert_eq(&play(
        "console
         alice> 哈囉
         8 s
         alice> anybody here?
         8 s
         3 s",
    ));
}

#[test]
fn registering_again_is_refused() {
    expect![[""]].assert_eq(&play(
        "alice in #lobby
         alice> USER u 0 * :again
         alice> PASS x",
    ));
}
