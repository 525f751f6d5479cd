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
         far> PASS open
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
        far> PASS open
        far< :irc 464 * :Password missing or wrong
        far<| ERROR :Closing link: 10.0.0.2 (Password missing or wrong)
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

/// Who has guessed wrong waits before the next guess is looked at, and nobody at another address does.
#[test]
fn guesses_wait_by_address() {
    let shown = asks(
        "alice> PASS one
         bob> PASS two
         far> PASS :open sesame
         far> NICK far
         far> USER f 0 * :f
         1 s
         carol>> PASS :open sesame\\r\\nNICK carol\\r\\nUSER c 0 * :c\\r\\n
         dave> dave
         1 s",
    );
    let short: String = shown
        .lines()
        .filter(|line| {
            !line.contains('<') || line.contains("<|") || line.contains(" 464 ") || line.contains(" 001 ")
        })
        .map(|line| format!("{line}\n"))
        .collect();
    expect![[r#"
        alice> PASS one
        alice< :irc 464 * :Password missing or wrong
        alice<| ERROR :Closing link: 10.0.0.1 (Password missing or wrong)
        bob> PASS two
        far> PASS :open sesame
        far> NICK far
        far> USER f 0 * :f
        far< :irc 001 far :Welcome to roomchat, far!f@10.0.0.2
        1 s
        bob< :irc 464 * :Password missing or wrong
        bob<| ERROR :Closing link: 10.0.0.1 (Password missing or wrong)
        carol>> PASS :open sesame\r\nNICK carol\r\nUSER c 0 * :c\r\n
        dave> dave
        dave<| closed. (沒有密碼，或密碼不對)
        1 s
        carol< :irc 001 carol :Welcome to roomchat, carol!c@10.0.0.1
    "#]]
    .assert_eq(&short);
}

/// Wrong passwords wait for each other on however many connections they come, and too many are not
/// looked at; somebody at another address comes in at once.
#[test]
fn guesses_of_many_connections_wait_for_each_other() {
    let guesses: String = (0..20).map(|number| format!("guesser{number}> PASS wrong\n")).collect();
    let honest = "bob> PASS :open sesame\nfar> PASS :open sesame\nfar> NICK far\nfar> USER f 0 * :f\n";
    let shown = asks(&format!("{guesses}{honest}9 s\n"));
    let count = |part: &str| shown.lines().filter(|line| line.contains(part)).count();
    assert_eq!((count(" 464 "), count(" 001 far ")), (8, 1), "{shown}");
    assert_eq!(count("(Too many wrong passwords have come from your address, try again in a minute)"), 13);
}
