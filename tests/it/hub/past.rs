//! WHOWAS.

use super::kit::play;
use expect_test::expect;

#[test]
fn names_that_were_given_up_are_told_newest_first() {
    expect![[r#"
        alice> WHOWAS bob
        alice< :irc 406 alice bob :There was no such nickname
        alice< :irc 369 alice bob :End of WHOWAS
        bob> SETNAME :first
        bob> NICK BOB
        bob< :bob!u@10.0.0.1 NICK BOB
        alice> WHOWAS bob
        alice< :irc 406 alice bob :There was no such nickname
        alice< :irc 369 alice bob :End of WHOWAS
        bob> NICK ben
        bob< :BOB!u@10.0.0.1 NICK ben
        bob2> NICK bob
        bob2< :bob2!u@10.0.0.1 NICK bob
        bob2> QUIT
        bob2<| ERROR :Closing link: 10.0.0.1 (Quit: )
        alice> WHOWAS Bob
        alice< :irc 314 alice bob u 10.0.0.1 * :bob2 real
        alice< :irc 312 alice bob irc :2026-01-01T00:00:00.009Z
        alice< :irc 314 alice BOB u 10.0.0.1 * :first
        alice< :irc 312 alice BOB irc :2026-01-01T00:00:00.006Z
        alice< :irc 369 alice Bob :End of WHOWAS
        alice> WHOWAS bob 1
        alice< :irc 314 alice bob u 10.0.0.1 * :bob2 real
        alice< :irc 312 alice bob irc :2026-01-01T00:00:00.009Z
        alice< :irc 369 alice bob :End of WHOWAS
        alice> WHOWAS bob 0
        alice< :irc 314 alice bob u 10.0.0.1 * :bob2 real
        alice< :irc 312 alice bob irc :2026-01-01T00:00:00.009Z
        alice< :irc 314 alice BOB u 10.0.0.1 * :first
        alice< :irc 312 alice BOB irc :2026-01-01T00:00:00.006Z
        alice< :irc 369 alice bob :End of WHOWAS
        alice> WHOWAS bob -1
        alice< :irc 314 alice bob u 10.0.0.1 * :bob2 real
        alice< :irc 312 alice bob irc :2026-01-01T00:00:00.009Z
        alice< :irc 314 alice BOB u 10.0.0.1 * :first
        alice< :irc 312 alice BOB irc :2026-01-01T00:00:00.006Z
        alice< :irc 369 alice bob :End of WHOWAS
        alice> WHOWAS nobody,ben
        alice< :irc 406 alice nobody :There was no such nickname
        alice< :irc 406 alice ben :There was no such nickname
        alice< :irc 369 alice nobody,ben :End of WHOWAS
        alice> WHOWAS
        alice< :irc 431 alice :No nickname given
    "#]]
    .assert_eq(&play(
        "alice, bob in no room
         alice> WHOWAS bob
         bob> SETNAME :first
         bob> NICK BOB
         alice> WHOWAS bob
         bob> NICK ben
         bob2 in no room
         bob2> NICK bob
         bob2> QUIT
         alice> WHOWAS Bob
         alice> WHOWAS bob 1
         alice> WHOWAS bob 0
         alice> WHOWAS bob -1
         alice> WHOWAS nobody,ben
         alice> WHOWAS",
    ));
}
