//! Coming into rooms, leaving them, and what is done there.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn entering_shows_the_topic_and_who_is_there() {
    expect![[r#"
        alice> TOPIC #lobby :welcome
        alice< :alice!u@10.0.0.1 TOPIC #lobby :welcome
        bob> JOIN #lobby
        alice< :bob!u@10.0.0.1 JOIN #lobby
        bob< :bob!u@10.0.0.1 JOIN #lobby
        bob< :irc 332 bob #lobby :welcome
        bob< :irc 333 bob #lobby alice 1767225600
        bob< :irc 353 bob = #lobby :@alice bob
        bob< :irc 366 bob #lobby :End of /NAMES list
        bob> JOIN #LOBBY
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> TOPIC #lobby :welcome
         bob in no room
         bob> JOIN #lobby
         bob> JOIN #LOBBY",
    ));
}

#[test]
fn of_a_list_the_good_rooms_are_entered() {
    expect![[r#"
        alice> JOIN #a,bad,,#b
        alice< :alice!u@10.0.0.1 JOIN #a
        alice< :irc 353 alice = #a :@alice
        alice< :irc 366 alice #a :End of /NAMES list
        alice< :irc 403 alice bad :a room's name begins with #
        alice< :alice!u@10.0.0.1 JOIN #b
        alice< :irc 353 alice = #b :@alice
        alice< :irc 366 alice #b :End of /NAMES list
        alice> JOIN #!
        alice< :irc 403 alice #! :a name cannot hold '!' there
        alice> JOIN
        alice< :irc 461 alice JOIN :Not enough parameters
        alice> JOIN 0
        alice< :alice!u@10.0.0.1 PART #a
        alice< :alice!u@10.0.0.1 PART #b
    "#]]
    .assert_eq(&play(
        "alice in no room
         alice> JOIN #a,bad,,#b
         alice> JOIN #!
         alice> JOIN
         alice> JOIN 0",
    ));
}

#[test]
fn leaving_is_told_with_and_without_a_reason() {
    expect![[r#"
        alice> PART #a
        alice< :alice!u@10.0.0.1 PART #a
        bob< :alice!u@10.0.0.1 PART #a
        alice> PART #b :good bye
        alice< :alice!u@10.0.0.1 PART #b :good bye
        bob< :alice!u@10.0.0.1 PART #b :good bye
        alice> PART #b
        alice< :irc 442 alice #b :You're not on that channel
        alice> PART #nowhere
        alice< :irc 403 alice #nowhere :No such channel
        bob> PART #a,#b
        bob< :bob!u@10.0.0.1 PART #a
        bob< :bob!u@10.0.0.1 PART #b
    "#]]
    .assert_eq(&play(
        "alice, bob in #a,#b
         alice> PART #a
         alice> PART #b :good bye
         alice> PART #b
         alice> PART #nowhere
         bob> PART #a,#b",
    ));
}

#[test]
fn quitting_is_told_once_to_each_who_shares_a_room() {
    expect![[r#"
        alice> QUIT :bye
        alice<| ERROR :Closing link: 10.0.0.1 (Quit: bye)
        bob< :alice!u@10.0.0.1 QUIT :Quit: bye
        bob closes
    "#]]
    .assert_eq(&play(
        "alice, bob in #a,#b
         carol in #c
         alice> QUIT :bye
         bob closes",
    ));
}

#[test]
fn a_topic_is_set_by_operators_and_seen_by_all() {
    expect![[r#"
        bob> TOPIC #lab
        bob< :irc 331 bob #lab :No topic is set
        bob> TOPIC #lab :mine
        bob< :irc 482 bob #lab :You're not channel operator
        alice> TOPIC #lab :ours
        alice< :alice!u@10.0.0.1 TOPIC #lab :ours
        bob< :alice!u@10.0.0.1 TOPIC #lab :ours
        carol> TOPIC #lab
        carol< :irc 332 carol #lab :ours
        carol< :irc 333 carol #lab alice 1767225600
        carol> TOPIC #lab :mine
        carol< :irc 442 carol #lab :You're not on that channel
        alice> MODE #lab -t
        alice< :alice!u@10.0.0.1 MODE #lab -t
        bob< :alice!u@10.0.0.1 MODE #lab -t
        bob> TOPIC #lab :mine
        alice< :bob!u@10.0.0.1 TOPIC #lab :mine
        bob< :bob!u@10.0.0.1 TOPIC #lab :mine
        bob> TOPIC #lab :
        alice< :bob!u@10.0.0.1 TOPIC #lab :
        bob< :bob!u@10.0.0.1 TOPIC #lab :
        bob> TOPIC #lab
        bob< :irc 331 bob #lab :No topic is set
        bob> TOPIC #nowhere
        bob< :irc 403 bob #nowhere :No such channel
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         carol in no room
         bob> TOPIC #lab
         bob> TOPIC #lab :mine
         alice> TOPIC #lab :ours
         carol> TOPIC #lab
         carol> TOPIC #lab :mine
         alice> MODE #lab -t
         bob> TOPIC #lab :mine
         bob> TOPIC #lab :
         bob> TOPIC #lab
         bob> TOPIC #nowhere",
    ));
}

#[test]
fn a_kick_reaches_its_target_with_one_line_for_each() {
    expect![[r#"
        bob> KICK #lab alice
        bob< :irc 482 bob #lab :You're not channel operator
        eve> KICK #lab alice
        eve< :irc 442 eve #lab :You're not on that channel
        alice> KICK #lab eve
        alice< :irc 441 alice eve #lab :They aren't on that channel
        alice> KICK #lab nobody
        alice< :irc 401 alice nobody :No such nick/channel
        alice> KICK #nowhere bob
        alice< :irc 403 alice #nowhere :No such channel
        alice> KICK #lab bob,carol :out
        alice< :alice!u@10.0.0.1 KICK #lab bob :out
        alice< :alice!u@10.0.0.1 KICK #lab carol :out
        bob< :alice!u@10.0.0.1 KICK #lab bob :out
        carol< :alice!u@10.0.0.1 KICK #lab bob :out
        carol< :alice!u@10.0.0.1 KICK #lab carol :out
        dave< :alice!u@10.0.0.1 KICK #lab bob :out
        dave< :alice!u@10.0.0.1 KICK #lab carol :out
        alice> KICK #lab dave
        alice< :alice!u@10.0.0.1 KICK #lab dave :alice
        dave< :alice!u@10.0.0.1 KICK #lab dave :alice
    "#]]
    .assert_eq(&play(
        "alice, bob, carol, dave in #lab
         eve in no room
         bob> KICK #lab alice
         eve> KICK #lab alice
         alice> KICK #lab eve
         alice> KICK #lab nobody
         alice> KICK #nowhere bob
         alice> KICK #lab bob,carol :out
         alice> KICK #lab dave",
    ));
}

#[test]
fn names_of_what_does_not_exist_are_only_an_end() {
    expect![[r#"
        alice> NAMES #lab
        alice< :irc 353 alice = #lab :@alice bob
        alice< :irc 366 alice #lab :End of /NAMES list
        eve> NAMES #lab
        eve< :irc 353 eve = #lab :@alice bob
        eve< :irc 366 eve #lab :End of /NAMES list
        eve> NAMES #nowhere
        eve< :irc 366 eve #nowhere :End of /NAMES list
        eve> NAMES
        eve< :irc 366 eve * :End of /NAMES list
        alice> MODE #lab +s
        alice< :alice!u@10.0.0.1 MODE #lab +s
        bob< :alice!u@10.0.0.1 MODE #lab +s
        alice> NAMES #lab
        alice< :irc 353 alice @ #lab :@alice bob
        alice< :irc 366 alice #lab :End of /NAMES list
        eve> NAMES #lab
        eve< :irc 366 eve #lab :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         eve in no room
         alice> NAMES #lab
         eve> NAMES #lab
         eve> NAMES #nowhere
         eve> NAMES
         alice> MODE #lab +s
         alice> NAMES #lab
         eve> NAMES #lab",
    ));
}

#[test]
fn signs_and_sources_are_as_each_reader_wants_them() {
    expect![[r#"
        alice> MODE #lab +v alice
        alice< :alice!u@10.0.0.1 MODE #lab +v alice
        bob> JOIN #lab
        alice< :bob!u@10.0.0.1 JOIN #lab
        bob< :bob!u@10.0.0.1 JOIN #lab
        bob< :irc 353 bob = #lab :@+alice!u@10.0.0.1 bob!u@10.0.0.1
        bob< :irc 366 bob #lab :End of /NAMES list
        alice> NAMES #lab
        alice< :irc 353 alice = #lab :@alice bob
        alice< :irc 366 alice #lab :End of /NAMES list
        bob> WHO #lab
        bob< :irc 352 bob #lab u 10.0.0.1 irc alice H@+ :0 alice real
        bob< :irc 352 bob #lab u 10.0.0.1 irc bob H :0 bob real
        bob< :irc 315 bob #lab :End of WHO list
    "#]]
    .assert_eq(&play(
        "alice in #lab
         alice> MODE #lab +v alice
         bob with multi-prefix userhost-in-names
         bob> JOIN #lab
         alice> NAMES #lab
         bob> WHO #lab",
    ));
}

#[test]
fn names_are_up_to_date_after_every_change() {
    expect![[r#"
        alice> NAMES #lab
        alice< :irc 353 alice = #lab :@alice bob carol
        alice< :irc 366 alice #lab :End of /NAMES list
        bob> NICK 小花
        alice< :bob!u@10.0.0.1 NICK 小花
        bob< :bob!u@10.0.0.1 NICK 小花
        carol< :bob!u@10.0.0.1 NICK 小花
        alice> MODE #lab +o carol
        alice< :alice!u@10.0.0.1 MODE #lab +o carol
        bob< :alice!u@10.0.0.1 MODE #lab +o carol
        carol< :alice!u@10.0.0.1 MODE #lab +o carol
        alice> NAMES #lab
        alice< :irc 353 alice = #lab :@alice 小花 @carol
        alice< :irc 366 alice #lab :End of /NAMES list
        alice> PART #lab
        alice< :alice!u@10.0.0.1 PART #lab
        bob< :alice!u@10.0.0.1 PART #lab
        carol< :alice!u@10.0.0.1 PART #lab
        carol> NAMES #lab
        carol< :irc 353 carol = #lab :@carol 小花
        carol< :irc 366 carol #lab :End of /NAMES list
        carol> KICK #lab 小花
        bob< :carol!u@10.0.0.1 KICK #lab 小花 :carol
        carol< :carol!u@10.0.0.1 KICK #lab 小花 :carol
        carol> NAMES #lab
        carol< :irc 353 carol = #lab :@carol dave
        carol< :irc 366 carol #lab :End of /NAMES list
    "#]]
    .assert_eq(&play(
        "alice, bob, carol in #lab
         alice> NAMES #lab
         bob> NICK 小花
         alice> MODE #lab +o carol
         alice> NAMES #lab
         alice> PART #lab
         carol> NAMES #lab
         carol> KICK #lab 小花
         dave in #lab
         carol> NAMES #lab",
    ));
}

#[test]
fn rooms_are_listed_but_secret_ones() {
    expect![[r#"
        alice> TOPIC #lab :work
        alice< :alice!u@10.0.0.1 TOPIC #lab :work
        alice> JOIN #hidden
        alice< :alice!u@10.0.0.1 JOIN #hidden
        alice< :irc 353 alice = #hidden :@alice
        alice< :irc 366 alice #hidden :End of /NAMES list
        alice> MODE #hidden +s
        alice< :alice!u@10.0.0.1 MODE #hidden +s
        alice> LIST
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #hidden 1 :
        alice< :irc 322 alice #lab 1 :work
        alice< :irc 322 alice #lobby 0 :
        alice< :irc 323 alice :End of /LIST
        bob> LIST
        bob< :irc 321 bob Channel :Users  Name
        bob< :irc 322 bob #lab 1 :work
        bob< :irc 322 bob #lobby 0 :
        bob< :irc 323 bob :End of /LIST
        bob> LIST #lab,#nowhere
        bob< :irc 321 bob Channel :Users  Name
        bob< :irc 322 bob #lab 1 :work
        bob< :irc 323 bob :End of /LIST
        bob> LIST #nowhere
        bob< :irc 321 bob Channel :Users  Name
        bob< :irc 323 bob :End of /LIST
    "#]]
    .assert_eq(&play(
        "alice in #lab
         alice> TOPIC #lab :work
         alice> JOIN #hidden
         alice> MODE #hidden +s
         bob in no room
         alice> LIST
         bob> LIST
         bob> LIST #lab,#nowhere
         bob> LIST #nowhere",
    ));
}

/// The first room stays and who enters an empty room is its operator.
#[test]
fn the_first_room_stays() {
    expect![[r#"
        alice> PART #lobby
        alice< :alice!u@10.0.0.1 PART #lobby
        alice> NAMES #lobby
        alice< :irc 366 alice #lobby :End of /NAMES list
        alice> JOIN #lobby
        alice< :alice!u@10.0.0.1 JOIN #lobby
        alice< :irc 353 alice = #lobby :@alice
        alice< :irc 366 alice #lobby :End of /NAMES list
        localhost> JOIN #lobby
        alice< :localhost!u@127.0.0.1 JOIN #lobby
        alice< :irc MODE #lobby +o localhost
        localhost< :localhost!u@127.0.0.1 JOIN #lobby
        localhost< :irc 353 localhost = #lobby :@alice @localhost
        localhost< :irc 366 localhost #lobby :End of /NAMES list
        localhost> JOIN #lab
        localhost< :localhost!u@127.0.0.1 JOIN #lab
        localhost< :irc 353 localhost = #lab :@localhost
        localhost< :irc 366 localhost #lab :End of /NAMES list
        alice> PART #lobby
        alice< :alice!u@10.0.0.1 PART #lobby
        localhost< :alice!u@10.0.0.1 PART #lobby
    "#]]
    .assert_eq(&play(
        "alice in #lobby
         alice> PART #lobby
         alice> NAMES #lobby
         alice> JOIN #lobby
         localhost in no room
         localhost> JOIN #lobby
         localhost> JOIN #lab
         alice> PART #lobby",
    ));
}

#[test]
fn an_invitation_opens_the_door_once() {
    expect![[r#"
        alice> MODE #lab +i
        alice< :alice!u@10.0.0.1 MODE #lab +i
        bob< :alice!u@10.0.0.1 MODE #lab +i
        carol> JOIN #lab
        carol< :irc 473 carol #lab :Cannot join channel (+i)
        bob> INVITE carol #lab
        bob< :irc 482 bob #lab :You're not channel operator
        alice> INVITE carol #lab
        alice< :irc 341 alice carol #lab
        carol< :alice!u@10.0.0.1 INVITE carol #lab
        alice> INVITE bob #lab
        alice< :irc 443 alice bob #lab :is already on channel
        alice> INVITE nobody #lab
        alice< :irc 401 alice nobody :No such nick/channel
        dave> INVITE carol #lab
        dave< :irc 442 dave #lab :You're not on that channel
        carol> JOIN #lab
        alice< :carol!u@10.0.0.1 JOIN #lab
        bob< :carol!u@10.0.0.1 JOIN #lab
        carol< :carol!u@10.0.0.1 JOIN #lab
        carol< :irc 353 carol = #lab :@alice bob carol
        carol< :irc 366 carol #lab :End of /NAMES list
        carol> PART #lab
        alice< :carol!u@10.0.0.1 PART #lab
        bob< :carol!u@10.0.0.1 PART #lab
        carol< :carol!u@10.0.0.1 PART #lab
        carol> JOIN #lab
        carol< :irc 473 carol #lab :Cannot join channel (+i)
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         carol, dave in no room
         alice> MODE #lab +i
         carol> JOIN #lab
         bob> INVITE carol #lab
         alice> INVITE carol #lab
         alice> INVITE bob #lab
         alice> INVITE nobody #lab
         dave> INVITE carol #lab
         carol> JOIN #lab
         carol> PART #lab
         carol> JOIN #lab",
    ));
}

/// Modern, 405: "The text used in the last param of this message may vary." Each of them had
/// fifty rooms, and an address with 128 connections 6,400.
#[test]
fn the_people_of_an_address_make_so_many_rooms() {
    let mut kit = Kit::new();
    for who in 0..10 {
        let rooms: Vec<String> = (0..50).map(|room| format!("#r{}", who * 50 + room)).collect();
        kit.play(&format!("p{who} in {}", rooms.join(",")));
    }
    kit.take();
    kit.play("alice in no room\nalice> JOIN #more,#r0\np0> PART #r1\nalice> JOIN #more\nlocal in #other");
    expect![[r#"
        alice> JOIN #more,#r0
        p0< :alice!u@10.0.0.1 JOIN #r0
        alice< :irc 405 alice #more :Too many channels were made from your address, join one of them
        alice< :alice!u@10.0.0.1 JOIN #r0
        alice< :irc 353 alice = #r0 :@p0 alice
        alice< :irc 366 alice #r0 :End of /NAMES list
        p0> PART #r1
        p0< :p0!u@10.0.0.1 PART #r1
        alice> JOIN #more
        alice< :alice!u@10.0.0.1 JOIN #more
        alice< :irc 353 alice = #more :@alice
        alice< :irc 366 alice #more :End of /NAMES list
    "#]]
    .assert_eq(&kit.take());
}
