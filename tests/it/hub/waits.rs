//! Lines wait in one place: until their time has come, until their sender has taken what it
//! asked for, until a password is checked.

use super::kit::Kit;
use expect_test::expect;

/// A message of the day that is more than one reader should have to take at once.
fn with_motd(messages_a_second: u32) -> Kit {
    let mut kit = Kit::with(|config| {
        config.messages_a_second = messages_a_second;
        config.motd = vec!["a long message of the day".to_owned(); 3_000];
    });
    kit.play("alice, bob in #lobby\n60 s");
    kit.take();
    kit
}

/// All that is shown but for the message of the day.
fn told(kit: &mut Kit) -> String {
    let shown = kit.take();
    let told = shown.lines().filter(|line| ![" 375 ", " 372 "].iter().any(|code| line.contains(code)));
    told.map(|line| format!("{line}\n")).collect()
}

/// Lines of those without a limit were obeyed as fast as they came, and those behind OPER
/// all at once.
#[test]
fn who_has_not_taken_what_he_asked_for_is_heard_later_whatever_waits_else() {
    for limit in [0, 4] {
        let mut kit = with_motd(limit);
        kit.send("alice", b"OPER root x\r\nMOTD\r\nPING 1\r\nMOTD\r\nPING 2\r\nPRIVMSG #lobby :hi\r\n");
        kit.play("alice is full\n0 s\nright");
        kit.play("bob> PRIVMSG #lobby :waits for nobody");
        // A long answer is paid for when it is made.
        kit.play("alice takes all\n10 s\nalice takes all\n10 s\nalice takes all\n10 s");
        expect![[r#"
            alice is full
            [Check] argon x
            0 s
            right
            alice< :alice!u@10.0.0.1 MODE alice +o
            alice< :irc 381 alice :You are now an IRC operator
            bob> PRIVMSG #lobby :waits for nobody
            alice< :bob!u@10.0.0.1 PRIVMSG #lobby :waits for nobody
            alice takes all
            10 s
            alice takes all
            alice< :irc 376 alice :End of /MOTD command.
            alice< :irc PONG irc :1
            10 s
            alice takes all
            alice< :irc 376 alice :End of /MOTD command.
            alice< :irc PONG irc :2
            bob< :alice!u@10.0.0.1 PRIVMSG #lobby :hi
            10 s
        "#]]
        .assert_eq(&told(&mut kit));
    }
}

/// QUIT does not wait, and the lines before it are obeyed.
#[test]
fn who_quits_or_ends_the_stream_waits_for_nothing_that_he_does_not_read() {
    let mut kit = with_motd(0);
    kit.play("alice is full");
    kit.send("alice", b"MOTD\r\nPRIVMSG #lobby :said\r\nQUIT :bye\r\n");
    kit.play("0 s");
    let last = told(&mut kit);
    assert!(last.contains("bob< :alice!u@10.0.0.1 PRIVMSG #lobby :said\n"), "{last}");
    assert!(last.contains("bob< :alice!u@10.0.0.1 QUIT :Quit: bye\n"), "{last}");
    // A client that reads gets all answers before it is gone, piece by piece.
    let mut kit = with_motd(0);
    kit.play("alice is full");
    kit.send("alice", b"MOTD\r\nMOTD\r\nPRIVMSG #lobby :said\r\n");
    kit.play("alice closes\nalice takes all\nalice takes all\nbob> WHOIS alice");
    kit.play("alice takes all");
    expect![[r#"
        alice is full
        alice closes
        alice takes all
        alice takes all
        alice< :irc 376 alice :End of /MOTD command.
        bob> WHOIS alice
        bob< :irc 311 bob alice u 10.0.0.1 * :alice real
        bob< :irc 319 bob alice :@#lobby
        bob< :irc 312 bob alice irc :A room that anybody can open
        bob< :irc 317 bob alice 60 1767225600 :seconds idle, signon time
        bob< :irc 318 bob alice :End of /WHOIS list
        alice takes all
        alice< :irc 376 alice :End of /MOTD command.
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :said
        bob< :alice!u@10.0.0.1 QUIT :Connection closed
    "#]]
    .assert_eq(&told(&mut kit));
    // Nobody reads what is said to one who is lost.
    let mut kit = with_motd(0);
    kit.play("alice is full");
    kit.send("alice", b"MOTD\r\nMOTD\r\nPRIVMSG #lobby :said\r\n");
    kit.play("alice is lost");
    expect![[r#"
        alice is full
        alice is lost
        bob< :alice!u@10.0.0.1 PRIVMSG #lobby :said
        bob< :alice!u@10.0.0.1 QUIT :Connection reset
    "#]]
    .assert_eq(&kit.take());
}

/// Somebody was ended for no answer to a PING that he had yet to come to.
#[test]
fn who_reads_slowly_is_alive_for_as_long_as_he_takes_something() {
    let mut kit = with_motd(0);
    kit.play("alice is full");
    for _ in 0..30 {
        kit.play("20 s\nalice takes\nbob> PONG x");
    }
    let shown = kit.take();
    assert!(!shown.contains("alice<|"), "{shown}");
    kit.play("89 s\nbob> PONG x\n2 s\nbob> PONG x\n59 s\nbob> PONG x\n2 s");
    let shown = kit.take();
    assert!(shown.contains("alice<| ERROR :Closing link: 10.0.0.1 (Ping timeout: 150 seconds)"), "{shown}");
}

/// An answer to PING proves all that was sent before it.
#[test]
fn a_fence_waits_in_its_place() {
    let mut kit = with_motd(0);
    kit.play("alice is full");
    kit.send("alice", b"MOTD\r\nPING fence\r\n");
    kit.play("60 s\nalice takes all");
    assert!(!kit.take().contains("fence"));
    kit.play("alice takes all");
    assert!(kit.take().contains("alice< :irc PONG irc :fence"));
}

/// Work that was paid for afterwards was not told of, and made the seconds wrong.
#[test]
fn who_waits_for_a_long_answer_is_told_so_and_for_how_long() {
    let mut kit = Kit::with(|config| config.messages_a_second = 4);
    kit.play("alice with standard-replies");
    for number in 0..5_000 {
        kit.send_unseen(&format!("local{number}"), &format!("NICK p{number}\r\nUSER u 0 * :x\r\n"));
    }
    kit.play("60 s");
    kit.take();
    kit.send("alice", b"WHO *\r\nPING 0\r\n");
    kit.play("0 s");
    let shown = kit.take();
    let warning = shown.lines().find(|line| line.contains(" WARN ")).expect("a warning");
    let seconds = |line: &str| line.split(" RATE_LIMITED ").nth(1)?.split(' ').next()?.parse::<u64>().ok();
    let first = seconds(warning).unwrap();
    assert!(first > 2 && warning.contains(" WARN PING RATE_LIMITED "), "{warning}");
    assert!(warning.ends_with(
        ":A long answer counts as many messages, of which at most 4 a second after 40 at once: it waits"
    ));
    kit.play("1 s");
    kit.send("alice", "PING x\r\n".repeat(64).as_bytes());
    kit.play("0 s");
    let shown = kit.take();
    let refused = shown.lines().find(|line| line.contains(" FAIL PING RATE_LIMITED ")).expect("a refusal");
    assert!(refused.contains(":A long answer counts as many messages"), "{refused}");
    let all = seconds(refused).unwrap();
    kit.play(&format!("{} s", first - 3));
    assert!(!kit.take().contains("PONG"), "{warning}");
    kit.play("2 s");
    assert!(kit.take().contains("PONG irc :0"), "{warning}");
    kit.play(&format!("{} s", all - first - 1));
    assert!(kit.take().matches("PONG").count() < 64, "{refused}");
    kit.send("alice", b"PING last\r\n");
    kit.play("2 s");
    assert!(kit.take().contains("PONG irc :last"), "{refused}");
}
