//! MONITOR and extended-monitor.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn coming_renaming_and_going_are_told_to_who_watches() {
    expect![[r#"
        alice> MONITOR + Bob,CAROL,*!*@*
        alice< :irc 730 alice :bob!u@10.0.0.1
        alice< :irc 731 alice :CAROL
        alice> MONITOR + bob
        alice< :irc 730 alice :bob!u@10.0.0.1
        bob> NICK BOB
        bob< :bob!u@10.0.0.1 NICK BOB
        bob> NICK carol
        alice< :irc 731 alice :BOB
        alice< :irc 730 alice :carol!u@10.0.0.1
        bob< :BOB!u@10.0.0.1 NICK carol
        alice> MONITOR S
        alice< :irc 730 alice :carol!u@10.0.0.1
        alice< :irc 731 alice :Bob
        alice> MONITOR L
        alice< :irc 732 alice :Bob,CAROL
        alice< :irc 733 alice :End of MONITOR list
        alice> MONITOR - carol
        bob> NICK Bob
        alice< :irc 730 alice :Bob!u@10.0.0.1
        bob< :carol!u@10.0.0.1 NICK Bob
        bob> QUIT
        alice< :irc 731 alice :Bob
        bob<| ERROR :Closing link: 10.0.0.1 (Quit: )
        alice> MONITOR C
        alice> MONITOR L
        alice< :irc 733 alice :End of MONITOR list
        alice> MONITOR S
        alice> MONITOR
        alice< :irc 461 alice MONITOR :Not enough parameters
        alice> MONITOR x
        alice< :irc 461 alice MONITOR :It wants one of + - C L S
        bob2> NICK bob
        bob2< :bob2!u@10.0.0.1 NICK bob
    "#]]
    .assert_eq(&play(
        "alice, bob in no room
         alice> MONITOR + Bob,CAROL,*!*@*
         alice> MONITOR + bob
         bob> NICK BOB
         bob> NICK carol
         alice> MONITOR S
         alice> MONITOR L
         alice> MONITOR - carol
         bob> NICK Bob
         bob> QUIT
         alice> MONITOR C
         alice> MONITOR L
         alice> MONITOR S
         alice> MONITOR
         alice> MONITOR x
         bob2 in no room
         bob2> NICK bob",
    ));
}

#[test]
fn one_may_watch_oneself() {
    expect![[r#"
        alice> MONITOR + alice,alix
        alice< :irc 730 alice :alice!u@10.0.0.1
        alice< :irc 731 alice :alix
        alice> NICK alix
        alice< :alice!u@10.0.0.1 NICK alix
        alice< :irc 731 alix :alice
        alice< :irc 730 alix :alix!u@10.0.0.1
    "#]]
    .assert_eq(&play(
        "alice in no room
         alice> MONITOR + alice,alix
         alice> NICK alix",
    ));
}

#[test]
fn somebody_who_comes_is_told_at_once() {
    expect![[r#"
        alice> MONITOR + bob
        alice< :irc 731 alice :bob
        alice< :irc 730 alice :bob!u@10.0.0.1
        alice< :irc 731 alice :bob"#]]
    .assert_eq(
        &play(
            "alice in no room
         alice> MONITOR + bob
         bob> NICK bob
         bob>> USER u 0 * :b\\r\\nQUIT\\r\\n",
        )
        .lines()
        .filter(|line| line.contains("alice"))
        .collect::<Vec<_>>()
        .join("\n"),
    );
}

#[test]
fn the_list_has_an_end() {
    let mut kit = Kit::new();
    kit.play("alice in no room");
    for at in 0..100 {
        kit.play(&format!("alice> MONITOR + n{at}"));
    }
    kit.take();
    kit.play("alice> MONITOR + one,two");
    expect![[r#"
        alice> MONITOR + one,two
        alice< :irc 734 alice 100 one,two :Monitor list is full
    "#]]
    .assert_eq(&kit.take());
    kit.play("alice> MONITOR L");
    assert!(kit.take().lines().all(|line| line.len() < 512));
}

#[test]
fn who_leaves_watches_nothing_any_more() {
    expect![[r#"
        alice> MONITOR + bob
        alice< :irc 731 alice :bob
        alice closes
        carol> MONITOR L
        carol< :irc 733 carol :End of MONITOR list
    "#]]
    .assert_eq(&play(
        "alice in no room
         alice> MONITOR + bob
         alice closes
         carol in no room
         bob in no room
         carol> MONITOR L",
    ));
}

#[test]
fn extended_monitor_tells_more_without_sharing_a_room() {
    expect![[r#"
        alice> MONITOR + bob,dave
        alice< :irc 730 alice :bob!u@10.0.0.1,dave!u@10.0.0.1
        carol> MONITOR + bob
        carol< :irc 730 carol :bob!u@10.0.0.1
        bob> AWAY :gone
        alice< :bob!u@10.0.0.1 AWAY :gone
        bob< :irc 306 bob :You have been marked as being away
        bob> SETNAME :Robert
        alice< :bob!u@10.0.0.1 SETNAME :Robert
        dave> AWAY :once
        alice< :dave!u@10.0.0.1 AWAY :once
        dave< :irc 306 dave :You have been marked as being away
    "#]]
    .assert_eq(&play(
        "alice with extended-monitor away-notify setname
         carol with extended-monitor
         bob in #elsewhere
         dave with extended-monitor away-notify
         alice> MONITOR + bob,dave
         carol> MONITOR + bob
         bob> AWAY :gone
         bob> SETNAME :Robert
         dave> AWAY :once",
    ));
}

/// monitor, 734: "the list of targets, as the client sent them, that cannot be
/// added"; a long one was a `*`.
#[test]
fn a_full_list_names_what_it_refuses() {
    let mut kit = Kit::new();
    kit.play("alice in #lobby");
    let names = |range: std::ops::Range<usize>| {
        range.map(|number| format!("name{number:010}")).collect::<Vec<_>>().join(",")
    };
    for from in (0..100).step_by(25) {
        kit.play_line("alice", &format!("MONITOR + {}", names(from..from + 25)));
    }
    kit.take();
    kit.play_line("alice", &format!("MONITOR + {}", names(100..130)));
    expect![[r#"
        alice< :irc 734 alice 100 name0000000100,name0000000101,name0000000102,name0000000103,name0000000104,name0000000105,name0000000106,name0000000107,name0000000108,name0000000109,name0000000110,name0000000111,name0000000112,name0000000113,name0000000114,name0000000115,name0000000116,name0000000117,name0000000118,name0000000119 :Monitor list is full
        alice< :irc 734 alice 100 name0000000120,name0000000121,name0000000122,name0000000123,name0000000124,name0000000125,name0000000126,name0000000127,name0000000128,name0000000129 :Monitor list is full
    "#]].assert_eq(&kit.take());
}
