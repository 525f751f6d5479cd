//! LIST with the conditions that 005 advertises.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn every_advertised_condition_selects_rooms() {
    expect![[r#"
        80 s
        alice> PONG x
        80 s
        alice> PONG x
        20 s
        bob> TOPIC #lobby :x
        bob< :irc 482 bob #lobby :You're not channel operator
        alice> TOPIC #lab :new
        alice< :alice!u@10.0.0.1 TOPIC #lab :new
        80 s
        alice> PONG x
        bob> PONG x
        40 s
        bob> TOPIC #tea :hot
        bob< :bob!u@10.0.0.1 TOPIC #tea :hot
        alice> LIST >1
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lobby 2 :
        alice< :irc 323 alice :End of /LIST
        alice> LIST <2
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :new
        alice< :irc 322 alice #tea 1 :hot
        alice< :irc 323 alice :End of /LIST
        alice> LIST C>3
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :new
        alice< :irc 322 alice #lobby 2 :
        alice< :irc 323 alice :End of /LIST
        alice> LIST C<3
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #tea 1 :hot
        alice< :irc 323 alice :End of /LIST
        alice> LIST T>1
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :new
        alice< :irc 323 alice :End of /LIST
        alice> LIST T<1
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #tea 1 :hot
        alice< :irc 323 alice :End of /LIST
        alice> LIST #L*
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :new
        alice< :irc 322 alice #lobby 2 :
        alice< :irc 323 alice :End of /LIST
        alice> LIST !#l*
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #tea 1 :hot
        alice< :irc 323 alice :End of /LIST
        alice> LIST #l*,<2
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :new
        alice< :irc 323 alice :End of /LIST
        alice> LIST #tea,#nowhere
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #tea 1 :hot
        alice< :irc 323 alice :End of /LIST
        alice> LIST #nowhere
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 323 alice :End of /LIST
        alice> LIST T>,
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 323 alice :End of /LIST
        alice> LIST !
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :new
        alice< :irc 322 alice #lobby 2 :
        alice< :irc 322 alice #tea 1 :hot
        alice< :irc 323 alice :End of /LIST
    "#]]
    .assert_eq(&play(
        "alice in #lab
         80 s
         alice> PONG x
         80 s
         alice> PONG x
         20 s
         alice, bob in #lobby
         bob in #tea
         bob> TOPIC #lobby :x
         alice> TOPIC #lab :new
         80 s
         alice> PONG x
         bob> PONG x
         40 s
         bob> TOPIC #tea :hot
         alice> LIST >1
         alice> LIST <2
         alice> LIST C>3
         alice> LIST C<3
         alice> LIST T>1
         alice> LIST T<1
         alice> LIST #L*
         alice> LIST !#l*
         alice> LIST #l*,<2
         alice> LIST #tea,#nowhere
         alice> LIST #nowhere
         alice> LIST T>,
         alice> LIST !",
    ));
}

#[test]
fn the_advertised_letters_are_those() {
    let mut kit = Kit::new();
    kit.play("alice> NICK alice\nalice> USER u 0 * :a");
    assert!(kit.take().contains(" ELIST=CMNTU "));
}

/// Modern, LIST message: names and conditions are two parameters.
#[test]
fn list_takes_names_and_conditions_apart() {
    expect![[r#"
        alice> LIST #lab,#den >1
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 2 :
        alice< :irc 323 alice :End of /LIST
        alice> LIST >0 #den
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #den 1 :
        alice< :irc 323 alice :End of /LIST
    "#]]
    .assert_eq(&play(
        "alice, bob in #lab
         carol in #den
         alice> LIST #lab,#den >1
         alice> LIST >0 #den",
    ));
}

/// 165 patterns in one LIST kept the server busy for a second and more. A refused LIST ends in
/// 323 like any other.
#[test]
fn a_list_has_at_most_so_many_conditions() {
    let mut kit = Kit::new();
    kit.play("alice in #lab");
    kit.take();
    let patterns = |count| vec!["#l*"; count].join(",");
    kit.play_line("alice", &format!("LIST {} >0", patterns(7)));
    kit.play_line("alice", &format!("LIST {} >0", patterns(8)));
    kit.play_line("alice", &format!("LIST {}", vec!["a*"; 160].join(",")));
    expect![[r#"
        alice< :irc 321 alice Channel :Users  Name
        alice< :irc 322 alice #lab 1 :
        alice< :irc 323 alice :End of /LIST
        alice< :irc 407 alice >0 :Too many targets
        alice< :irc 323 alice :End of /LIST
        alice< :irc 407 alice a* :Too many targets
        alice< :irc 323 alice :End of /LIST
    "#]]
    .assert_eq(&kit.take());
}

/// A pattern of more bytes than a name and what stands around it can have means nothing,
/// also where it is one that rooms are not to be like.
#[test]
fn a_pattern_that_is_too_long_is_like_no_room() {
    let mut kit = Kit::new();
    kit.play("alice in #lab");
    kit.take();
    for condition in [
        format!("#la{}", "*".repeat(117)),
        format!("#la{}", "*".repeat(118)),
        format!("!{}", "x".repeat(121)),
    ] {
        kit.play_line("alice", &format!("LIST {condition}"));
    }
    let shown = kit.take();
    let told: Vec<&str> = shown.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(told, ["321", "322", "323", "321", "323", "321", "323"], "{shown}");
}
