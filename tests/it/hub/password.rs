//! The password of the server.

use super::kit::Kit;
use expect_test::expect;
use roomchat::hub::Secret;

fn asks(script: &str) -> String {
    let mut kit = Kit::with(|config| config.password = Some(Secret::new("open sesame")));
    kit.play(script);
    kit.take()
}

/// Who gives it is let in, and nobody else, nor learns who is here.
#[test]
fn only_who_gives_it_comes_in() {
    let shown = asks(
        "alice>> PASS :open sesame\\r\\nNICK alice\\r\\nUSER a 0 * :a\\r\\n
         bob> NICK alice
         bob> USER b 0 * :b
         carol> PASS open
         dave> dave
         erin> CAP LS 302
         erin> PASS :open sesame
         erin> NICK erin
         erin> USER e 0 * :e
         erin> CAP END
         erin> PASS :open sesame",
    );
    let short: String = shown
        .lines()
        .filter(|line| {
            line.contains('>') || line.contains("<|") || line.contains(" 4") || line.contains(" 001 ")
        })
        .map(|line| format!("{line}\n"))
        .collect();
    expect![[r#"
        alice>> PASS :open sesame\r\nNICK alice\r\nUSER a 0 * :a\r\n
        alice< :irc 001 alice :Welcome to roomchat, alice!a@10.0.0.1
        bob> NICK alice
        bob> USER b 0 * :b
        bob< :irc 464 * :Password missing or wrong
        bob<| ERROR :Closing link: 10.0.0.1 (Password missing or wrong)
        carol> PASS open
        carol< :irc 464 * :Password missing or wrong
        carol<| ERROR :Closing link: 10.0.0.1 (Password missing or wrong)
        dave> dave
        dave<| closed. (沒有密碼，或密碼不對)
        erin> CAP LS 302
        erin> PASS :open sesame
        erin> NICK erin
        erin> USER e 0 * :e
        erin> CAP END
        erin< :irc 001 erin :Welcome to roomchat, erin!e@10.0.0.1
        erin> PASS :open sesame
        erin< :irc 462 erin :You may not reregister
    "#]]
    .assert_eq(&short);
}
