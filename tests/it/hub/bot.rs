//! bot-mode.

use super::kit::{Kit, play};
use expect_test::expect;

#[test]
fn a_bot_is_known_as_one() {
    expect![[r#"
        robo> MODE robo +B
        robo< :robo!u@10.0.0.1 MODE robo +B
        robo> MODE robo
        robo< :irc 221 robo +B
        robo> PRIVMSG #lobby :beep
        alice< @msgid=n8;bot :robo!u@10.0.0.1 PRIVMSG #lobby :beep
        bob< :robo!u@10.0.0.1 PRIVMSG #lobby :beep
        robo> PART #lobby
        alice< @msgid=n9;bot :robo!u@10.0.0.1 PART #lobby
        bob< :robo!u@10.0.0.1 PART #lobby
        robo< :robo!u@10.0.0.1 PART #lobby
        alice> WHOIS robo
        alice< :irc 311 alice robo u 10.0.0.1 * :robo real
        alice< :irc 312 alice robo irc :A room that anybody can open
        alice< :irc 335 alice robo :is a bot
        alice< :irc 317 alice robo 0 1767225600 :seconds idle, signon time
        alice< :irc 318 alice robo :End of /WHOIS list
        alice> WHO robo
        alice< :irc 352 alice * u 10.0.0.1 irc robo HB :0 robo real
        alice< :irc 315 alice robo :End of WHO list
        robo> MODE robo -B
        robo< :robo!u@10.0.0.1 MODE robo -B
        robo> PRIVMSG alice :beep
        alice< @msgid=nb :robo!u@10.0.0.1 PRIVMSG alice :beep
    "#]]
    .assert_eq(&play(
        "alice with message-tags
         bob, robo in #lobby
         robo> MODE robo +B
         robo> MODE robo
         robo> PRIVMSG #lobby :beep
         robo> PART #lobby
         alice> WHOIS robo
         alice> WHO robo
         robo> MODE robo -B
         robo> PRIVMSG alice :beep",
    ));
}

#[test]
fn the_letter_is_advertised() {
    let mut kit = Kit::new();
    kit.play("alice> NICK alice\nalice> USER u 0 * :a");
    assert!(kit.take().contains(" BOT=B "));
}
